///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 04-b · Half-life

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// # Exercise 04-b · Half-life
///
/// **The goal.** Chapter 4 keeps a list of times. A failure counts in full for
/// a whole period, and a nanosecond later it never happened.
///
/// Suture, a supervisor for Go, forgets as a radiator cools down. It keeps one
/// number. Each failure adds 1 to it, and as time passes the number decays:
/// after each *half-life*, half of it is left. If a failure lifts it over a
/// threshold, that's enough.
///
/// **Given.** Chapter 4, complete but for its counter. This one allows
/// everything.
///
/// **To write.** The counter. A failure, and one more a half-life later, make
/// 1.5. In general, at each failure,
///
/// > number = number × 0.5^(time since the last failure / half-life) + 1
///
/// One more restart is allowed if the number is then at most the threshold.
///
/// **It fails now with:**
///
/// > a counter that is told of failures at 0 s, 0 s, 0 s and 0 s should be at
/// > 4.00. The threshold is 3.00, so that's enough, and it allows one more
/// > restart.
///
/// **Check it** with `./jbang test 04-b`, and watch it with
/// `./jbang exercises/04-b-half-life.java`. When you're stuck, ask for a
/// hint: `./jbang test 04-b --hint 1`. There are three.
class HalfLife {

  /// ## As in chapter 4
  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Click(UUID userId, Action action) {}

  interface Log {
    Click take(long offset) throws InterruptedException;
  }

  static class InvalidOffset extends RuntimeException {}

  sealed interface Outcome permits Read, Exit {}

  record Read(long nextOffset) implements Outcome {}

  sealed interface Exit extends Outcome permits Done, Failed {}

  record Done(long offset) implements Exit {}

  record Failed(Failure failure) implements Exit {}

  record Failure(Throwable exception, long offset, String operation) {
    @Override
    public String toString() {
      return operation + "@" + offset + " " + exception;
    }
  }

  sealed interface Message permits Item, End {}

  record Item(Click click) implements Message {}

  record End(Exit exit) implements Message {}

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  static Outcome publishClick(Log log, long offset, BlockingQueue<Message> clicks) {
    try {
      Click click = log.take(offset);
      clicks.put(new Item(click));
      return new Read(offset + 1);
    } catch (Throwable e) {
      if (e instanceof InvalidOffset && offset >= 0) return new Done(offset);
      return new Failed(new Failure(e, offset, "publish-click"));
    }
  }

  static Future<Exit> start(Log log, BlockingQueue<Message> clicks, long from) {
    return go(() -> {
      for (long offset = from; ; ) {
        switch (publishClick(log, offset, clicks)) {
          case Read(long next) -> offset = next;
          case Exit exit -> {
            return exit;
          }
        }
      }
    });
  }

  /// ## The counter
  record Tolerance(double threshold, Duration halfLife) {}

  static class Failures {
    private final Tolerance tolerance;

    Failures(Tolerance tolerance) {
      this.tolerance = tolerance;
    }

    /// There was one more failure, at the time `now`, in nanoseconds. Whether
    /// there may be one more restart.
    boolean allowOneMore(long now) {
      // TODO let the number decay, add this failure, and compare it with the threshold
      return true;
    }
  }

  /// ## The supervisor
  static Future<Exit> startSupervisor(
      Log log,
      BlockingQueue<Message> clicks,
      Tolerance tolerance,
      LongSupplier clock,
      Consumer<String> out) {
    return go(() -> {
      Exit exit = supervise(log, clicks, new Failures(tolerance), clock, out);
      clicks.put(new End(exit));
      return exit;
    });
  }

  static Exit supervise(
      Log log,
      BlockingQueue<Message> clicks,
      Failures failures,
      LongSupplier clock,
      Consumer<String> out)
      throws Exception {
    for (Future<Exit> producer = start(log, clicks, 0); ; ) {
      Exit exit = producer.get();
      if (!(exit instanceof Failed(Failure failure))) return exit;
      out.accept("An error has occurred: " + failure);
      if (!failures.allowOneMore(clock.getAsLong())) return exit;
      producer = start(log, clicks, failure.offset());
    }
  }

  /// ## Watch it
  ///
  /// Each read of this log takes two seconds, on a clock that jumps, so you
  /// need not wait. Every fifth click needs a second read: a failure each
  /// twelve seconds is no reason to give up. The click at offset 20 can't be
  /// read at all. The half-life is ten seconds, and the threshold is 3.
  void main() throws InterruptedException {
    var nanos = new AtomicLong();
    var faults = new ArrayList<>(List.of(4L, 9L, 14L, 19L));
    var attempts = new AtomicLong();
    Log log =
        offset -> {
          nanos.addAndGet(2_000_000_000);
          if (attempts.get() == 20) throw new InvalidOffset();
          if (offset == 20) attempts.incrementAndGet();
          if (offset == 20 || faults.remove(offset))
            throw new IllegalStateException("Session has timed out.");
          return new Click(new UUID(0, offset), Action.PAYMENT);
        };
    var clicks = new ArrayBlockingQueue<Message>(100);
    var tolerance = new Tolerance(3, Duration.ofSeconds(10));
    Consumer<String> out =
        line -> IO.println("after %d s: %s".formatted(nanos.get() / 1_000_000_000, line));
    Future<Exit> supervisor = startSupervisor(log, clicks, tolerance, nanos::get, out);

    int arrived = 0;
    Exit told = null;
    while (told == null) {
      switch (clicks.poll(1, TimeUnit.SECONDS)) {
        case Item _ -> arrived++;
        case End(Exit exit) -> told = exit;
        case null -> told = new Done(-1);
      }
    }
    IO.println(arrived + " clicks arrived, and then: " + told);
    if (supervisor.state() == Future.State.FAILED)
      System.err.println("The supervisor died: " + supervisor.exceptionNow());
    else if (arrived < 20) System.err.println("It gave up too soon: all of 20 clicks can be read.");
    else if (attempts.get() == 20)
      System.err.println("04-b is not finished. It has tried 20 times to read what can't be read.");
    else return;
    System.exit(1);
  }
}
