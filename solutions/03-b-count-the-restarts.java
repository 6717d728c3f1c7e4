///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 03-b · Count the restarts

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// # Solution 03-b · Count the restarts
///
/// **The goal.** Chapter 3's supervisor restarts, and prints that it did. Its
/// lines are for eyes. Whoever wants to decide something needs values.
///
/// What would one want to decide? Ten restarts at ten offsets are a bad network
/// and good progress. Ten restarts at one offset are a wall.
///
/// **Given.** Chapter 3, complete. Its supervisor reports each restart as a
/// value, but it can't count yet.
///
/// **To write.** The supervisor again, with true numbers in its reports.
///
/// - `count`: how many restarts there were so far, this one included.
/// - `inARow`: how many of them, up to this one, were at this same offset with
///   no failure elsewhere in between. It begins again at 1 when the offset has
///   moved.
///
/// The counts are nobody else's business. Keep them where no one else can see
/// them.
class CountTheRestarts {

  /// ## As in chapter 3
  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Click(UUID userId, Action action) {}

  interface Log {
    Click take(long offset) throws InterruptedException;
  }

  sealed interface Outcome permits Read, Failed {}

  record Read(long nextOffset) implements Outcome {}

  record Failed(Failure failure) implements Outcome {}

  record Failure(Throwable exception, long offset, String operation) {
    @Override
    public String toString() {
      return operation + "@" + offset + " " + exception;
    }
  }

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  static Outcome publishClick(Log log, long offset, BlockingQueue<Click> clicks) {
    try {
      Click click = log.take(offset);
      clicks.put(click);
      return new Read(offset + 1);
    } catch (Throwable e) {
      return new Failed(new Failure(e, offset, "publish-click"));
    }
  }

  static Future<Failure> start(Log log, BlockingQueue<Click> clicks, long from) {
    return go(() -> {
      for (long offset = from; ; ) {
        switch (publishClick(log, offset, clicks)) {
          case Read(long next) -> offset = next;
          case Failed(Failure failure) -> {
            return failure;
          }
        }
      }
    });
  }

  /// ## The supervisor
  record Restart(int count, int inARow, Failure failure) {}

  static Future<?> startSupervisor(
      Log log, BlockingQueue<Click> clicks, Consumer<Restart> restarts) {
    return go(() -> {
      int count = 0, inARow = 0;
      long offset = -1;
      for (Future<Failure> producer = start(log, clicks, 0); ; ) {
        Failure failure = producer.get();
        count++;
        inARow = failure.offset() == offset ? inARow + 1 : 1;
        offset = failure.offset();
        restarts.accept(new Restart(count, inARow, failure));
        producer = start(log, clicks, offset);
      }
    });
  }

  /// ## Watch it
  ///
  /// The log times out once at offset 1, and three times at offset 4.
  void main() throws InterruptedException {
    var faults = new ArrayList<>(List.of(1L, 4L, 4L, 4L));
    Log log =
        offset -> {
          if (faults.remove(offset)) throw new IllegalStateException("Session has timed out.");
          if (offset == 6) new CountDownLatch(1).await(); // nobody clicks any more
          return new Click(new UUID(0, offset), Action.PAYMENT);
        };
    var clicks = new ArrayBlockingQueue<Click>(10);
    var restarts = Collections.synchronizedList(new ArrayList<Restart>());
    Future<?> supervisor = startSupervisor(log, clicks, restarts::add);

    int arrived = 0;
    while (arrived < 6 && clicks.poll(1, TimeUnit.SECONDS) != null) arrived++;
    IO.println(arrived + " of 6 clicks arrived, in spite of 4 faults.");
    restarts.forEach(IO::println);
    if (supervisor.state() == Future.State.FAILED)
      System.err.println("The supervisor died: " + supervisor.exceptionNow());
    else if (restarts.isEmpty() || restarts.getFirst().count() != 1)
      System.err.println("03-b is not finished. The first restart should say that its count is 1.");
    else return;
    System.exit(1);
  }

  /// **Why this way.** The counts are local variables of the supervisor's loop,
  /// as the offset is one of the producer's. Two supervisors can't mix up
  /// theirs, and no lock is needed.
  ///
  /// `inARow` starts anew when the offset has moved, so it measures a lack of
  /// progress. `count` only grows, and says how bad the network is. A
  /// supervisor that gave up by `count` would, sooner or later, give up on a
  /// stream in good health. Chapters 4 and 5 live on that difference.
  ///
  /// Each report is made before the restart. If the consumer of reports fails,
  /// then the supervisor dies, and its `Future` says so. Would you have it
  /// otherwise?
}
