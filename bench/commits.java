///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Measures what a commit is worth: its time, and what kill -9 leaves of it
// The two that chapter 10 had to choose from.
//DEPS org.xerial:sqlite-jdbc:3.54.1.0
//DEPS com.h2database:h2:2.5.252
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES ../chapters/10-durable-offsets.java
//MAIN Commits

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Random;

/// A process commits row after row, and says each time that it did. It's killed, and we count the rows.
class Commits extends DurableOffsets {

  private static final int ROUNDS = 20;
  private static final int AT_MOST = 2_000;

  enum Store {
    SQLITE_FULL("SQLite, WAL, synchronous = FULL"),
    SQLITE_NORMAL("SQLite, WAL, synchronous = NORMAL"),
    H2("H2, as it comes"),
    H2_WITHOUT_DELAY("H2, WRITE_DELAY=0");

    final String words;

    Store(String words) {
      this.words = words;
    }

    Connection open(Path folder) throws SQLException {
      return switch (this) {
        case SQLITE_FULL -> Ledger.connect(folder.resolve("rows.db"));
        case SQLITE_NORMAL -> {
          var connection = Ledger.connect(folder.resolve("rows.db"));
          connection.createStatement().execute("PRAGMA synchronous = NORMAL");
          yield connection;
        }
        case H2 -> DriverManager.getConnection("jdbc:h2:file:" + folder.resolve("rows"));
        case H2_WITHOUT_DELAY ->
            DriverManager.getConnection(
                "jdbc:h2:file:" + folder.resolve("rows") + ";WRITE_DELAY=0");
      };
    }
  }

  @Override
  void main(String... args) throws Exception {
    if (args.length == 2) {
      endWithOurParent(Path.of(args[1]));
      commitForEver(Store.valueOf(args[0]), Path.of(args[1]));
      return;
    }
    IO.println("| | a commit, median / p99, µs | rounds that lost commits | most lost | torn |");
    IO.println("|---|---|---|---|---|");
    for (Store store : Store.values()) IO.println(row(store));
  }

  /// Two rows in each transaction, and a line when it has been committed: how long it took, in ns.
  private static void commitForEver(Store store, Path folder) throws SQLException {
    try (var connection = store.open(folder)) {
      createTables(connection);
      connection.setAutoCommit(false);
      try (var one = connection.prepareStatement("INSERT INTO one VALUES (?)");
          var other = connection.prepareStatement("INSERT INTO other VALUES (?)")) {
        for (int id = 1; id <= 10 * AT_MOST; id++) {
          long start = System.nanoTime();
          one.setInt(1, id);
          one.execute();
          other.setInt(1, id);
          other.execute();
          connection.commit();
          IO.println(System.nanoTime() - start);
        }
      }
    }
  }

  /// A database may have forgotten even these.
  private static void createTables(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS one (id INTEGER)");
      statement.execute("CREATE TABLE IF NOT EXISTS other (id INTEGER)");
    }
  }

  private static String row(Store store) throws IOException, InterruptedException, SQLException {
    var random = new Random(42);
    var times = new ArrayList<Long>();
    int lossy = 0, most = 0, torn = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Path folder = temporaryFolder("commits");
      int told = 0;
      int kill = AT_MOST / 4 + random.nextInt(AT_MOST / 2);
      Process process = startAgain(Commits.class, folder, "" + store, "" + folder);
      try (var lines = process.inputReader()) {
        for (String line; (line = lines.readLine()) != null; told++) {
          if (told > 200) times.add(Long.valueOf(line)); // warm by then
          if (told == kill) process.toHandle().destroyForcibly(); // what it said can be read
        }
      } finally {
        process.destroyForcibly().waitFor();
      }
      try (var connection = store.open(folder)) {
        createTables(connection);
        int left = count(connection, "one");
        if (left != count(connection, "other")) torn++;
        if (left < told) lossy++;
        most = Math.max(most, told - left);
      }
      deleteAll(folder);
    }
    times.sort(null);
    return "| %s | %.0f / %.0f | %d of %d | %d | %d |"
        .formatted(
            store.words,
            times.get(times.size() / 2) / 1e3,
            times.get(times.size() * 99 / 100) / 1e3,
            lossy,
            ROUNDS,
            most,
            torn);
  }

  private static int count(Connection connection, String table) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT count(*) FROM " + table)) {
      rows.next();
      return rows.getInt(1);
    }
  }
}
