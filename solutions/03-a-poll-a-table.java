///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 03-a · Poll a table

import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// # Solution 03-a · Poll a table
///
/// **The goal.** New orders land in a table, and you want each of them on a
/// channel. The database is sometimes away for a moment.
///
/// The rows have ids, and the ids have gaps, because someone cancels or a
/// transaction rolls back. So there may be no row number 7 to ask for. What you
/// can ask for is the first row after the last one that you've delivered.
///
/// **Given.** The table, the two tags, the failure, and chapter 1's `go`.
///
/// **To write.** Three things, from the inside out.
///
/// - `publishRow`: one step. Its state is an id: the last one that was
///   delivered. The operation is called "publish-row".
/// - `start`: the producer, which returns the failure that ended it.
/// - `startSupervisor`: it says each failure to `out`, and goes on where the
///   producer failed. It returns its `Future`, so that it can't die in silence
///   either. The first row is the first one after id 0.
class PollATable {

  /// ## The table
  ///
  /// Where no such row is, `firstAfter` waits for one.
  interface Table {
    Row firstAfter(long id) throws InterruptedException;
  }

  record Row(long id, String text) {}

  /// ## How a step ends
  sealed interface Outcome permits Delivered, Failed {}

  record Delivered(long id) implements Outcome {}

  record Failed(Failure failure) implements Outcome {}

  record Failure(Throwable exception, long after, String operation) {
    @Override
    public String toString() {
      return operation + " after " + after + ": " + exception;
    }
  }

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  /// ## The step
  static Outcome publishRow(Table table, long after, BlockingQueue<Row> rows) {
    try {
      Row row = table.firstAfter(after);
      rows.put(row);
      return new Delivered(row.id());
    } catch (Exception e) {
      return new Failed(new Failure(e, after, "publish-row"));
    }
  }

  /// ## The producer
  static Future<Failure> start(Table table, BlockingQueue<Row> rows, long after) {
    return go(() -> {
      for (long last = after; ; ) {
        switch (publishRow(table, last, rows)) {
          case Delivered(long id) -> last = id;
          case Failed(Failure failure) -> {
            return failure;
          }
        }
      }
    });
  }

  /// ## The supervisor
  static Future<?> startSupervisor(Table table, BlockingQueue<Row> rows, Consumer<String> out) {
    return go(() -> {
      for (long after = 0; ; ) {
        Failure failure = start(table, rows, after).get();
        out.accept("An error has occurred: " + failure);
        after = failure.after();
      }
    });
  }

  /// ## Watch it
  ///
  /// One step by hand, and then all of it. This table is away at every third
  /// query.
  void main() throws InterruptedException {
    try {
      IO.println("A step: " + publishRow(new FlakyTable(), 0, new ArrayBlockingQueue<>(1)));

      var table = new FlakyTable();
      var rows = new ArrayBlockingQueue<Row>(2);
      Future<?> supervisor = startSupervisor(table, rows, IO::println);
      for (int i = 0; i < table.orders.size(); i++)
        IO.println("arrived: " + rows.poll(1, TimeUnit.SECONDS));

      if (supervisor.state() != Future.State.FAILED) return;
      System.err.println("The supervisor died: " + supervisor.exceptionNow());
    } catch (UnsupportedOperationException e) {
      System.err.println("03-a is not finished. " + e.getMessage() + ".");
    }
    System.exit(1);
  }

  static class FlakyTable implements Table {
    final ConcurrentSkipListMap<Long, String> orders =
        new ConcurrentSkipListMap<>(Map.of(1L, "tea", 2L, "a pot", 5L, "two cups", 9L, "more tea"));
    private int queries;

    @Override
    public Row firstAfter(long id) throws InterruptedException {
      if (++queries % 3 == 0) throw new IllegalStateException("The database is away.");
      var order = orders.higherEntry(id);
      if (order == null) new CountDownLatch(1).await(); // nobody orders any more
      return new Row(order.getKey(), order.getValue());
    }
  }

  /// **Why this way.** The state is the last id that was delivered, because
  /// that's what one can go on from. `id + 1` is nobody's id, and a count of
  /// rows says nothing about where they are. The supervisor does not care: it
  /// hands on what the failure says, and never computes with it.
  ///
  /// A row counts as delivered when the put has come back, so `Delivered` is
  /// made after it. If it were the other way round, a fault in between would
  /// lose a row. This way round, it repeats one.
  ///
  /// There's one trap in polling by id that no supervisor can cure. Two
  /// transactions may take the ids 7 and 8, and 8 may be committed first. Who
  /// has seen 8 never asks for 7 again.
}
