///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 03-a · Poll a table

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

/// # Exercise 03-a · Poll a table
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
///
/// **It fails now with:**
///
/// > it threw java.lang.UnsupportedOperationException: TODO: deliver the first
/// > row after this id, and say how that went.
///
/// **Check it** with `./jbang test 03-a`, and watch it with
/// `./jbang exercises/03-a-poll-a-table.java`. When you're stuck, ask for a
/// hint: `./jbang test 03-a --hint 1`. There are three.
///
/// The checker counts rows by offset, from 0 on, as you would count clicks. Its
/// table has the ids 1, 2, 3, 7, 8, 12, 13, 17 and so on.
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
    throw new UnsupportedOperationException(
        "TODO: deliver the first row after this id, and say how that went");
  }

  /// ## The producer
  static Future<Failure> start(Table table, BlockingQueue<Row> rows, long after) {
    throw new UnsupportedOperationException("TODO: step from row to row, until one step fails");
  }

  /// ## The supervisor
  static Future<?> startSupervisor(Table table, BlockingQueue<Row> rows, Consumer<String> out) {
    throw new UnsupportedOperationException(
        "TODO: wait for the producer's failure, say it, and start the next producer");
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
}
