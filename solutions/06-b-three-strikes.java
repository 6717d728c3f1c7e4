///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 06-b · Three strikes

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// # Solution 06-b · Three strikes
///
/// **The goal.** Somebody has updated the decoder. At a bad click it used to
/// throw an `IllegalArgumentException`, and since this morning it's a
/// `NoSuchElementException`. Chapter 6's verdict has never heard of that one,
/// so one bad click stops the stream again: it's retried until the restarts are
/// spent.
///
/// There's a middle way for what one doesn't know. Try it three times at its
/// place. If it has failed three times in a row, put it aside and go on.
///
/// **Given.** Chapter 6, complete. Its verdicts get one more argument, which is
/// always 0 so far.
///
/// **To write.** Two things, each of a line or two.
///
/// - `supervise` counts the failures in a row at one place, this one included,
///   and tells the verdict. Behind a click that was put aside, it begins again
///   at 1.
/// - `verdictOnClicks` has three strikes for exceptions that it doesn't know.
///   To the others it answers as before: poison goes aside at once, and a
///   timeout is retried until the restarts are spent.
class ThreeStrikes {

  /// ## As in chapter 6
  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Click(UUID userId, Action action) {}

  interface Log {
    Click take(long offset) throws InterruptedException;
  }

  static class LogException extends RuntimeException {
    LogException(String message) {
      super(message);
    }

    @Override
    public String toString() {
      return getMessage();
    }
  }

  static class SessionTimeout extends LogException {
    SessionTimeout() {
      super("Session has timed out.");
    }
  }

  static class InvalidOffset extends LogException {
    InvalidOffset() {
      super("An invalid offset has been specified!");
    }
  }

  record Failure(Throwable exception, long offset, String operation) {
    @Override
    public String toString() {
      return operation + "@" + offset + " " + exception;
    }
  }

  sealed interface Outcome permits Read, Exit {}

  record Read(long nextOffset) implements Outcome {}

  sealed interface Exit extends Outcome permits Done, Failed {}

  record Done(long offset) implements Exit {}

  record Failed(Failure failure) implements Exit {}

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

  /// At most `max` restarts within any `period`.
  record Intensity(int max, Duration period) {}

  record Pauses(Duration first, double factor, Duration cap, double jitter) {
    Duration before(int inARow, RandomGenerator random) {
      double full = Math.min(cap.toNanos(), first.toNanos() * Math.pow(factor, inARow - 1));
      return Duration.ofNanos((long) (full * (1 - jitter * random.nextDouble())));
    }
  }

  interface Time {
    long nanos();

    void sleep(Duration pause) throws InterruptedException;
  }

  static class Restarts {
    private final Intensity intensity;
    private final Pauses pauses;
    private final Deque<Long> times = new ArrayDeque<>();
    private int inARow;

    Restarts(Intensity intensity, Pauses pauses) {
      this.intensity = intensity;
      this.pauses = pauses;
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
      BlockingQueue<Failure> deadLetters,
      Policy policy,
      Time time,
      RandomGenerator random,
      Consumer<String> out) {
    return go(() -> {
      Exit exit = supervise(log, clicks, deadLetters, policy, time, random, out);
      clicks.put(new End(exit));
      return exit;
    });
  }

  /// ## The verdict
  ///
  /// Its second argument is how many failures in a row there were at this
  /// offset, this one included.
  sealed interface Verdict permits Retry, SkipTo, GiveUp {}

  record Retry() implements Verdict {}

  record SkipTo(long next) implements Verdict {}

  record GiveUp() implements Verdict {}

  record Policy(
      Intensity intensity, Pauses pauses, BiFunction<Failure, Integer, Verdict> verdict) {}

  static Verdict verdictOnClicks(Failure failure, int strikes) {
    return switch (failure.exception()) {
      case SessionTimeout _ -> new Retry();
      case InvalidOffset _ -> new GiveUp();
      case IllegalArgumentException _ -> new SkipTo(failure.offset() + 1);
      default -> strikes < 3 ? new Retry() : new SkipTo(failure.offset() + 1);
    };
  }

  /// ## The supervisor
  static Exit supervise(
      Log log,
      BlockingQueue<Message> clicks,
      BlockingQueue<Failure> deadLetters,
      Policy policy,
      Time time,
      RandomGenerator random,
      Consumer<String> out)
      throws Exception {
    var restarts = new Restarts(policy.intensity(), policy.pauses());
    int strikes = 0;
    long place = -1;
    for (long from = 0; ; ) {
      Exit exit = start(log, clicks, from).get();
      if (!(exit instanceof Failed(Failure failure))) return exit;
      strikes = failure.offset() == place ? strikes + 1 : 1;
      place = failure.offset();
      out.accept("An error has occurred: " + failure);
      if (failure.offset() > from) restarts.progress();
      boolean oneMore = restarts.allowOneMore(time.nanos());
      switch (oneMore ? policy.verdict().apply(failure, strikes) : new GiveUp()) {
        case Retry() -> {
          Duration pause = restarts.pause(random);
          out.accept("Restarting producer in " + pause.toMillis() + " ms.");
          time.sleep(pause);
          from = failure.offset();
        }
        case SkipTo(long next) -> {
          deadLetters.put(failure);
          out.accept("Skipping to " + next + ".");
          from = next;
        }
        case GiveUp() -> {
          out.accept("Giving up.");
          return exit;
        }
      }
    }
  }

  /// ## Watch it
  ///
  /// The click at offset 1 is bad, and fails in a way that nobody has heard of.
  /// So does the one at 3, but only once. And offset 4 times out four times.
  void main() throws Exception {
    var faults = new ArrayList<>(List.of(3L, 4L, 4L, 4L, 4L));
    Log log =
        offset -> {
          if (offset == 6) throw new InvalidOffset();
          if (offset == 4 && faults.remove(offset)) throw new SessionTimeout();
          if (offset == 1 || faults.remove(offset))
            throw new NoSuchElementException("There is no action SHIPING.");
          return new Click(new UUID(0, offset), Action.PAYMENT);
        };
    var clicks = new ArrayBlockingQueue<Message>(10);
    var deadLetters = new ArrayBlockingQueue<Failure>(10);
    var policy =
        new Policy(
            new Intensity(5, Duration.ofMinutes(1)),
            new Pauses(Duration.ofMillis(10), 2, Duration.ofMillis(50), 0.2),
            ThreeStrikes::verdictOnClicks);
    var supervisor =
        startSupervisor(
            log, clicks, deadLetters, policy, new RealTime(), new Random(1), IO::println);

    int arrived = 0;
    while (clicks.poll(2, TimeUnit.SECONDS) instanceof Item) arrived++;
    IO.println("\n" + arrived + " of 6 clicks arrived. Dead letters:");
    deadLetters.forEach(letter -> IO.println("  " + letter));
    if (supervisor.state() == Future.State.FAILED)
      System.err.println("The supervisor died: " + supervisor.exceptionNow());
    else if (arrived != 5 || deadLetters.size() != 1)
      System.err.println("06-b is not finished. 5 clicks should arrive, and 1 go aside.");
    else return;
    System.exit(1);
  }

  static class RealTime implements Time {
    @Override
    public long nanos() {
      return System.nanoTime();
    }

    @Override
    public void sleep(Duration pause) throws InterruptedException {
      Thread.sleep(pause);
    }
  }

  /// **Why this way.** There are two counts now, and they look alike. The
  /// books' is about the stream: how much has failed since it last moved. Ours
  /// is about one click. A bad click behind another bad click is no progress,
  /// so the books go on counting, but it has its own three strikes. That's why
  /// the count can't come from the books.
  ///
  /// The supervisor counts, and the verdict decides what a count means. So the
  /// supervisor needn't know that it's three, nor for whom.
  ///
  /// Each strike costs a restart. If every click fails like that, and five
  /// restarts are allowed, then the sixth failure ends it: the third strike of
  /// the second click.
  ///
  /// A strike is a strike, whatever it was. Two timeouts and one exception that
  /// nobody knows are three in a row at one place, and the click goes aside. If
  /// that's too hard on it, then the verdict needs to be told more than a
  /// number. What would you tell it?
}
