//SOURCES OnALog.java

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/// Clicks in a table of a database, a row for each: what an outbox is.
public final class OnATable extends OnALog {

  @Override
  void write(Path folder, List<SupervisionTree.Click> clicks, Set<Integer> poison)
      throws Exception {
    try (var connection = DurableOffsets.Ledger.connect(folder.resolve("clicks.db"))) {
      connection.setAutoCommit(false);
      try (var create = connection.createStatement()) {
        create.execute("CREATE TABLE clicks (at INTEGER PRIMARY KEY, user TEXT, action TEXT)");
      }
      try (var insert = connection.prepareStatement("INSERT INTO clicks VALUES (?, ?, ?)")) {
        for (int at = 0; at < clicks.size(); at++) {
          insert.setInt(1, at);
          insert.setString(2, "" + clicks.get(at).userId());
          insert.setString(3, poison.contains(at) ? "SHIPING" : "" + clicks.get(at).action());
          insert.execute();
        }
      }
      connection.commit();
    }
  }

  @Override
  SupervisionTree.Log open(Path folder) throws Exception {
    var connection = toClose(DurableOffsets.Ledger.connect(folder.resolve("clicks.db")));
    var query =
        toClose(connection.prepareStatement("SELECT user, action FROM clicks WHERE at = ?"));
    return offset -> {
      try {
        synchronized (connection) {
          query.setLong(1, offset);
          try (var rows = query.executeQuery()) {
            if (!rows.next()) throw new SupervisionTree.InvalidOffset(offset);
            return new SupervisionTree.Click(
                UUID.fromString(rows.getString(1)),
                SupervisionTree.Action.valueOf(rows.getString(2)));
          }
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    };
  }
}
