///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 10 · kill -9, and each effect happens once
// SQLite keeps effects and offset in one file. Why not H2: see below.
//DEPS org.xerial:sqlite-jdbc:3.54.1.0
// picocli reads the command line.
//DEPS info.picocli:picocli:4.7.7
// SQLite is a native library.
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES 09-supervision-tree.java
//MAIN DurableOffsets

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Phaser;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// # 10 · Durable offsets
class DurableOffsets extends SupervisionTree {

  // region the log in a file

  /// A log in a file, with a line of 49 bytes for each click. So an offset says where to read.
  static class FileLog implements Log, AutoCloseable {
    private static final String LINE = "%s %-11s\n";
    private static final int LENGTH = LINE.formatted(new UUID(0, 0), "").length();

    private final FileChannel file;

    FileLog(Path path) throws IOException {
      file = FileChannel.open(path);
    }

    /// @throws InvalidOffset also for a last line that was not written to its end: it isn't there yet
    @Override
    public Click take(long offset) {
      var line = ByteBuffer.allocate(LENGTH);
      try {
        if (offset < 0 || file.read(line, offset * LENGTH) < LENGTH) throw new InvalidOffset(offset);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      String[] words = new String(line.array(), StandardCharsets.US_ASCII).split("\\s+");
      return new Click(UUID.fromString(words[0]), Action.valueOf(words[1]));
    }

    static void write(Path path, List<Click> clicks) throws IOException {
      var lines = new StringBuilder();
      for (Click click : clicks) lines.append(LINE.formatted(click.userId(), click.action()));
      Files.writeString(path, lines);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  // endregion

  // region the ledger

  /// What has been done, and where to go on: two tables in one SQLite database.
  static class Ledger implements AutoCloseable {
    private final Connection connection;
    private final String log;

    /// Opens the ledger in `file`, for the log of that name. If there's none, it begins at 0.
    static Ledger open(Path file, String log) throws SQLException {
      return new Ledger(DriverManager.getConnection("jdbc:sqlite:" + file), log);
    }

    Ledger(Connection connection, String log) throws SQLException {
      this.connection = connection;
      this.log = log;
      run("PRAGMA busy_timeout = 5000"); // other processes write, too
      run("PRAGMA journal_mode = WAL");
      run("PRAGMA synchronous = FULL");
      // No key forbids the same effect twice: an audit should be able to find it.
      run("CREATE TABLE IF NOT EXISTS effects (log TEXT, at INTEGER, user TEXT, action TEXT)");
      run("CREATE TABLE IF NOT EXISTS progress (log TEXT PRIMARY KEY, next INTEGER)");
      run("INSERT INTO progress VALUES (?, 0) ON CONFLICT DO NOTHING", log);
    }

    /// The effect.
    void book(Item item) throws SQLException {
      Click click = item.click();
      run(
          "INSERT INTO effects VALUES (?, ?, ?, ?)",
          log,
          item.offset(),
          "" + click.userId(),
          "" + click.action());
    }

    /// Where to go on: the first offset whose effect has not happened.
    long next() throws SQLException {
      try (var query = prepared("SELECT next FROM progress WHERE log = ?", log);
          var rows = query.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }

    void save(long next) throws SQLException {
      run("UPDATE progress SET next = ? WHERE log = ?", next, log);
    }

    /// Saves `next`, if `from` is what was saved.
    boolean advance(long from, long next) throws SQLException {
      return run("UPDATE progress SET next = ? WHERE log = ? AND next = ?", next, log, from) == 1;
    }

    /// All that `work` does, or nothing of it.
    <T> T inOneTransaction(Callable<T> work) throws Exception {
      connection.setAutoCommit(false);
      try {
        T result = work.call();
        connection.commit();
        return result;
      } catch (Throwable e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
    }

    private int run(String sql, Object... values) throws SQLException {
      try (var statement = prepared(sql, values)) {
        return statement.execute() ? 0 : statement.getUpdateCount();
      }
    }

    private PreparedStatement prepared(String sql, Object... values) throws SQLException {
      var statement = connection.prepareStatement(sql);
      for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
      return statement;
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  // endregion

  /// How an effect and its offset get into the ledger. It says where to go on.
  interface Booking {
    long book(Ledger ledger, long from, Item item) throws Exception;
  }

  static Step<Long> bookEach(Log log, Ledger ledger, Booking booking) {
    return offset -> {
      try {
        var item = new Item(offset, log.take(offset));
        return new Continue<>(booking.book(ledger, offset, item));
      } catch (InvalidOffset e) {
        if (offset < 0) throw e;
        return new Done<>(offset);
      }
    };
  }

  static long inMemory(Ledger ledger, long from, Item item) throws SQLException {
    ledger.book(item);
    return item.offset() + 1;
  }

  static long saveFirst(Ledger ledger, long from, Item item) throws SQLException {
    ledger.save(item.offset() + 1);
    ledger.book(item);
    return item.offset() + 1;
  }

  static long saveLast(Ledger ledger, long from, Item item) throws SQLException {
    ledger.book(item);
    ledger.save(item.offset() + 1);
    return item.offset() + 1;
  }

  static long inOneTransaction(Ledger ledger, long from, Item item) throws Exception {
    return ledger.inOneTransaction(
        () -> {
          if (!ledger.advance(from, item.offset() + 1)) return ledger.next(); // it's done already
          ledger.book(item);
          return item.offset() + 1;
        });
  }

  /// The four ways, in the order of this chapter.
  enum Way {
    IN_MEMORY("in memory", DurableOffsets::inMemory),
    SAVED_FIRST("saved first", DurableOffsets::saveFirst),
    SAVED_LAST("saved last", DurableOffsets::saveLast),
    IN_ONE_TRANSACTION("in one transaction", DurableOffsets::inOneTransaction);

    final String words;
    final Booking booking;

    Way(String words, Booking booking) {
      this.words = words;
      this.booking = booking;
    }

    Path ledgerIn(Path folder) {
      return folder.resolve(this + ".db");
    }
  }

  /// A child that waits for its siblings after each step, so that a kill finds all of them at work.
  record InStep(Step<Long> step, Phaser siblings) implements Step<Long> {
    @Override
    public void open(Long from) {
      siblings.register();
    }

    @Override
    public Outcome<Long> run(Long from) throws Exception {
      var outcome = step.run(from);
      siblings.awaitAdvanceInterruptibly(siblings.arrive());
      return outcome;
    }

    @Override
    public void close() {
      siblings.arriveAndDeregister();
    }
  }

  void main(String... args) throws Exception {
    if (args.length == 2 && args[0].equals("worker")) work(Path.of(args[1]));
    else System.exit(commandLine(new KillDemo()).execute(args));
  }

  static Path logIn(Path folder) {
    return folder.resolve("clicks.log");
  }

  /// The process that gets killed: chapter 9's supervisor, and a child for each way.
  static void work(Path folder) throws Exception {
    endWithOurParent(folder);
    var siblings = new Phaser();
    var ledgers = new ArrayList<Ledger>();
    var children = new ArrayList<ChildSpec<?>>();
    try (var log = new FileLog(logIn(folder))) {
      for (Way way : Way.values()) {
        var ledger = Ledger.open(way.ledgerIn(folder), "clicks");
        ledgers.add(ledger);
        Booking booking =
            (books, from, item) -> {
              long next = way.booking.book(books, from, item);
              if (way == Way.IN_ONE_TRANSACTION) IO.println(next); // our parent counts
              return next;
            };
        var step = new InStep(bookEach(log, ledger, booking), siblings);
        children.add(ChildSpec.of(way.words, ledger.next(), step));
      }
      Listener listener =
          event -> {
            if (event instanceof Crashed) System.err.println(words(event));
          };
      var shop =
          new Supervisor(Strategy.ONE_FOR_ONE, new Intensity(10, Duration.ofMinutes(1)), listener);
      try (var root = shop.untilAllAreDone().start("shop", children.toArray(ChildSpec<?>[]::new))) {
        if (root.join() instanceof Failed<?>) System.exit(1);
      }
    } finally {
      for (Ledger ledger : ledgers) ledger.close();
    }
  }

  // region a process and its parent

  /// Starts this program once more, as another process. It has its input from us, and ends when that does.
  static Process startAgain(Class<?> program, Path folder, String... args) throws IOException {
    return again(program, folder, args).start();
  }

  static ProcessBuilder again(Class<?> program, Path folder, String... args) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.sqlite.tmpdir=" + folder, // who is killed can't clean up
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  /// Ends this process when the one that started it has ended, in whatever way, and cleans up for it.
  static void endWithOurParent(Path folder) {
    Thread.ofPlatform()
        .daemon()
        .name("our parent")
        .start(
            () -> {
              try {
                while (System.in.read() >= 0) {}
              } catch (IOException e) {
                // it's gone
              }
              try {
                deleteAll(folder);
              } finally {
                Runtime.getRuntime().halt(1);
              }
            });
  }

  static void deleteAll(Path folder) {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
    } catch (IOException | UncheckedIOException e) { // the latter if somebody else deletes, too
      System.err.println("Could not delete " + folder + ": " + e);
    }
  }

  // endregion

  @Command(
      name = "10-durable-offsets",
      description = "Kills a process again and again, and looks what became of its effects.")
  static class KillDemo implements Callable<Integer> {
    @Option(names = "--events", paramLabel = "N", description = "How many clicks the log holds.")
    int events = 1_000;

    @Option(names = "--kills", paramLabel = "N", description = "How often the process is killed.")
    int kills = 20;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed, the same moments.")
    long seed = 42;

    @Option(names = "--help", usageHelp = true, description = "This text.")
    boolean help;

    @Override
    public Integer call() throws Exception {
      IO.println(
          "10 · durable offsets: %d clicks in a file, and %d kills".formatted(events, kills));
      Path folder = Files.createTempDirectory("durable-offsets");
      try {
        FileLog.write(logIn(folder), clicks(events, seed));
        killAndFinish(folder);
        return audit(folder);
      } finally {
        deleteAll(folder);
      }
    }

    private void killAndFinish(Path folder) throws Exception {
      var moments = new Random(seed);
      for (int kill = 0; kill < kills; kill++) {
        int after = 1 + moments.nextInt(Math.max(1, events / (2 * kills)));
        Process process = startAgain(DurableOffsets.class, folder, "worker", "" + folder);
        try (var progress = process.inputReader()) {
          for (int i = 0; i < after && progress.readLine() != null; i++) {}
          process.destroyForcibly().waitFor(); // kill -9
        } finally {
          process.destroyForcibly();
        }
        IO.print(" " + after);
      }
      IO.println();
      Process process = startAgain(DurableOffsets.class, folder, "worker", "" + folder);
      try (var progress = process.inputReader()) {
        while (progress.readLine() != null) {}
        if (process.waitFor() != 0) throw new IllegalStateException("The last process failed.");
      } finally {
        process.destroyForcibly();
      }
    }

    private int audit(Path folder) throws Exception {
      try (var log = new FileLog(logIn(folder))) {
        for (Way way : Way.values()) 
          IO.println("%-20s %s".formatted(way.words, Audit.of(log, events, way.ledgerIn(folder), "clicks")));
      }
      return 0;
    }
  }

  record Audit(int effects, int lost, int twice) {
    static Audit of(Log log, int events, Path ledger, String name) throws Exception {
      var times = new int[events];
      int effects = 0;
      try (var connection = DriverManager.getConnection("jdbc:sqlite:" + ledger);
          var query = connection.prepareStatement("SELECT at, user, action FROM effects");
          var rows = query.executeQuery()) {
        for (; rows.next(); effects++) {
          times[rows.getInt(1)]++;
          var click = new Click(UUID.fromString(rows.getString(2)), Action.valueOf(rows.getString(3)));
          if (!click.equals(log.take(rows.getInt(1)))) throw new IllegalStateException("Not in the log: " + click);
        }
      }
      int lost = 0, twice = 0;
      for (int time : times) {
        if (time == 0) lost++;
        if (time > 1) twice++;
      }
      return new Audit(effects, lost, twice);
    }
  }

  static List<Click> clicks(int events, long seed) {
    var random = new Random(seed);
    var clicks = new ArrayList<Click>();
    for (int i = 0; i < events; i++)
      clicks.add(
          new Click(
              new UUID(random.nextLong(), random.nextLong()),
              Action.values()[random.nextInt(3)]));
    return clicks;
  }

  static CommandLine commandLine(Object command) {
    return new CommandLine(command)
        .setExecutionExceptionHandler(
            (e, line, parsed) -> {
              System.err.println(e.getMessage());
              return 1;
            });
  }
}
