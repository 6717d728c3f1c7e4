//SOURCES Chapter09.java

import harness.Machine;
import harness.MortalProcess;
import harness.Run;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import org.sqlite.SQLiteConfig;

/// Chapter 10 as the harness sees it: chapter 9's tree runs another step. In a run its effect is to put a
/// click on the channel. Where it may be killed, its effect and its offset are in a database.
public class Chapter10 extends Chapter09 {

  @Override
  SupervisionTree.Step<Long> clicks(
      Run<SupervisionTree.Click> run, BlockingQueue<SupervisionTree.Message> channel) {
    return DurableOffsets.bookEach(logOf(run), null, put(channel));
  }

  /// Where the clicks come from.
  SupervisionTree.Log logOf(Run<SupervisionTree.Click> run) {
    return run::take;
  }

  static DurableOffsets.Booking put(BlockingQueue<SupervisionTree.Message> channel) {
    return (_, _, item) -> {
      channel.put(item);
      return item.offset() + 1;
    };
  }

  @Override
  public void live(MortalProcess<SupervisionTree.Click> process) throws Exception {
    try (var connection = process.connection(connect(ledgerOn(process.disk())))) {
      var ledger = new DurableOffsets.Ledger(connection, "clicks");
      work(
          process,
          ledger.next(),
          DurableOffsets.bookEach(logOf(process), ledger, DurableOffsets::saveTogether));
    }
  }

  /// Where the clicks come from, if it may be killed.
  SupervisionTree.Log logOf(MortalProcess<SupervisionTree.Click> process) throws Exception {
    return process::take;
  }

  @Override
  public List<Long> effects(Machine<?> machine) throws Exception {
    var offsets = new ArrayList<Long>();
    try (var connection = connect(ledgerOn(machine.disk()));
        var query = connection.prepareStatement("SELECT at FROM effects ORDER BY rowid");
        var rows = query.executeQuery()) {
      while (rows.next()) offsets.add(rows.getLong(1));
    }
    return offsets;
  }

  static Path ledgerOn(Path disk) {
    return disk.resolve("ledger.db");
  }

  /// In place of the chapter's own, which waits for the disk: nobody cuts the power here, and who is
  /// killed rolls back first.
  static Connection connect(Path file) throws SQLException {
    var config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.MEMORY);
    config.setSynchronous(SQLiteConfig.SynchronousMode.OFF);
    return config.createConnection("jdbc:sqlite:" + file);
  }

  static Connection inMemory() throws SQLException {
    return new SQLiteConfig().createConnection("jdbc:sqlite::memory:");
  }

  /// A database in which no effect can be booked.
  ///
  /// @param whenBooking hears of each attempt
  static Connection full(Connection real, Runnable whenBooking) {
    return (Connection)
        Proxy.newProxyInstance(
            Chapter10.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (_, method, arguments) -> {
              if (arguments != null && ("" + arguments[0]).startsWith("INSERT INTO effects")) {
                whenBooking.run();
                throw new SQLException("The disk is full.");
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
