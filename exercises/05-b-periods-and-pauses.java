///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 05-b · Periods and pauses

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// # Exercise 05-b · Periods and pauses
///
/// **The goal.** At most 3 restarts in 5 s, with pauses of 2, 4 and 8 s. It
/// reads well, and it never gives up: when the fourth failure comes, the first
/// one is 14 s old, and forgotten.
///
/// Nobody would find that in a test. It is found in production, on the day on
/// which giving up would have helped. So such a policy should not exist.
///
/// **Given.** Chapter 5, complete. It accepts every policy.
///
/// **To write.** The constructor of `Policy`. It adds up the pauses before all
/// restarts that the intensity allows, as long as they are before jitter takes
/// off its part. The period must be longer than that, since the reads take
/// their time as well. If it isn't, an `IllegalArgumentException` says so, and
/// says what to do: its message tells how many ms the period must be longer
/// than.
///
/// **It fails now with:**
///
/// > it accepts at most 3 restarts in 5000 ms, with pauses that add up to 14000
/// > ms: such a supervisor never gives up.
///
/// **Check it** with `./jbang test 05-b`, and watch it with
/// `./jbang exercises/05-b-periods-and-pauses.java`. When you're stuck, ask for
/// a hint: `./jbang test 05-b --hint 1`. There are three.
class PeriodsAndPauses {

  /// ## As in chapter 5
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

  interface Time {
    long nanos();

    void sleep(Duration pause) throws InterruptedException;
  }

  record Intensity(int max, Duration period) {
    @Override
    public String toString() {
      return "at most %d restarts in %d ms".formatted(max, period.toMillis());
    }
  }

  static class Restarts {
    private final Intensity intensity;
    private final Pauses pauses;
    private final Deque<Long> times = new ArrayDeque<>();
    private int inARow;

    Restarts(Policy policy) {
      this.intensity = policy.intensity();
      this.pauses = policy.pauses();
    }

    void progress() {
      times.clear();
      inARow = 0;
    }

    boolean allowOneMore(long now) {
      times.addLast(now);
      while (now - times.getFirst() > intensity.period().toNanos()) times.removeFirst();
      return times.size() <= intensity.max();
    }

    Duration pause(RandomGenerator random) {
      return pauses.before(++inARow, random);
    }
  }

  static Future<Exit> startSupervisor(
      Log log,
      BlockingQueue<Message> clicks,
      Policy policy,
      Time time,
      RandomGenerator random,
      Consumer<String> out) {
    return go(() -> {
      Exit exit = supervise(log, clicks, new Restarts(policy), time, random, out);
      clicks.put(new End(exit));
      return exit;
    });
  }

  static Exit supervise(
      Log log,
      BlockingQueue<Message> clicks,
      Restarts restarts,
      Time time,
      RandomGenerator random,
      Consumer<String> out)
      throws Exception {
    for (long from = 0; ; ) {
      Exit exit = start(log, clicks, from).get();
      if (!(exit instanceof Failed(Failure failure))) return exit;
      out.accept("An error has occurred: " + failure);
      if (failure.offset() > from) restarts.progress();
      if (!restarts.allowOneMore(time.nanos())) return exit;
      time.sleep(restarts.pause(random));
      from = failure.offset();
    }
  }

  /// ## The pauses
  record Pauses(Duration first, double factor, Duration cap, double jitter) {

    /// The pause before restart number `inARow`, from 1.
    Duration before(int inARow, RandomGenerator random) {
      double full = Math.min(cap.toNanos(), first.toNanos() * Math.pow(factor, inARow - 1));
      return Duration.ofNanos((long) (full * (1 - jitter * random.nextDouble())));
    }
  }

  /// ## The policy
  record Policy(Intensity intensity, Pauses pauses) {
    // TODO refuse a policy that can never give up
  }

  /// ## Watch it
  ///
  /// Three policies for a log that's gone for good. Time jumps. Whoever hasn't
  /// given up after a thousand attempts never will.
  void main() throws Exception {
    var seconds = new Pauses(Duration.ofSeconds(2), 2, Duration.ofSeconds(30), 0.2);
    for (var intensity :
        List.of(
            new Intensity(5, Duration.ofMinutes(2)),
            new Intensity(3, Duration.ofSeconds(15)),
            new Intensity(3, Duration.ofSeconds(5)))) {
      IO.println(intensity + ", with pauses of 2, 4, 8, 16 and 30 s:");
      try {
        IO.println("  " + attempts(new Policy(intensity, seconds)) + " attempts");
      } catch (IllegalArgumentException e) {
        IO.println("  refused: " + e.getMessage());
      } catch (IllegalStateException e) {
        System.err.println("05-b is not finished. " + e.getMessage());
        System.exit(1);
      }
    }
  }

  /// How often it tries before it gives up.
  static int attempts(Policy policy) throws Exception {
    var time = new Jumping();
    Log log =
        offset -> {
          if (++time.reads > 1000) throw new InvalidOffset();
          throw new IllegalArgumentException("There is no such log.");
        };
    var clicks = new ArrayBlockingQueue<Message>(10);
    var exit = startSupervisor(log, clicks, policy, time, new Random(5), _ -> {});
    if (exit.get(5, TimeUnit.SECONDS) instanceof Failed) return time.reads;
    String after = "A thousand attempts and %d hours later it has not given up.";
    throw new IllegalStateException(after.formatted(time.nanos() / 3_600_000_000_000L));
  }

  /// A time in which pauses are over at once.
  static class Jumping implements Time {
    volatile int reads;
    private volatile long now;

    @Override
    public long nanos() {
      return now;
    }

    @Override
    public void sleep(Duration pause) {
      now += pause.toNanos();
    }
  }
}
