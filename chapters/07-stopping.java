///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 07 · It stops when it's asked to, and nothing is left behind

import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// # 7 · Stopping
///
/// **The question.** You have seen all the clicks that you wanted, and leave.
/// Behind you, chapter 6's producer waits in `put`, for a consumer that won't
/// come back. No one holds its thread. (`./jbang draw 06 --fault stop@1` says
/// so.) And if you could interrupt it, its supervisor would report:
///
/// ```text
/// An error has occurred: publish-click@5 java.lang.InterruptedException
/// Restarting producer in 85 ms.
/// ```
///
/// It's very good at not dying. How do we ask it to?
///
/// After this chapter you can
///
/// - stop a thread in Java, and say what to do with one that won't stop;
/// - tell a stop from a failure, also when it comes in disguise;
/// - say what becomes of the click in hand, wherever the stop finds it.
///
/// *Reading: 20 minutes. Exercises: 60 minutes.*
///
/// **Predict.** The consumer takes five clicks and closes the supervisor. The
/// producer has put two more on the channel, and holds the next one in its
/// hand. A second supervisor gets the same channel. Where must it begin?
class Stopping {

  /// ## Carried over
  ///
  /// The click, the log, the failure; of chapters 4 to 6 the intensity, time,
  /// pauses, books, verdicts and policy.

  // region the click

  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Click(UUID userId, Action action) {}

  // endregion

  // region the log

  interface Log {
    Click take(long offset) throws InterruptedException;
  }

  /// What a log throws. It prints as its message, and knows its offset.
  static class LogException extends RuntimeException {
    final long offset;

    LogException(String message, long offset) {
      super(message);
      this.offset = offset;
    }

    @Override
    public String toString() {
      return getMessage();
    }
  }

  /// The network failed us. The same read may well work the next time.
  static class SessionTimeout extends LogException {
    SessionTimeout(long offset) {
      super("Session has timed out.", offset);
    }
  }

  /// Nothing is there: before the first click, or after the last one.
  static class InvalidOffset extends LogException {
    InvalidOffset(long offset) {
      super("An invalid offset has been specified!", offset);
    }
  }

  /// A pretend log in memory. It fails when `fails` says so.
  record SimpleLog(List<Click> clicks, LongPredicate fails) implements Log {
    @Override
    public Click take(long offset) {
      if (fails.test(offset)) throw new SessionTimeout(offset);
      if (offset < 0 || offset >= clicks.size()) throw new InvalidOffset(offset);
      return clicks.get((int) offset);
    }
  }

  // endregion

  // region the failure

  /// What went wrong, where, and what we were doing. Whoever gets this can act.
  record Failure(Throwable exception, long offset, String operation) {
    @Override
    public String toString() {
      return operation + "@" + offset + " " + exception;
    }
  }

  // endregion

  // region the intensity

  /// At most `max` restarts within any `period`.
  record Intensity(int max, Duration period) {
    Intensity {
      if (max < 0 || !period.isPositive())
        throw new IllegalArgumentException("No intensity: " + max + " restarts in " + period);
    }

    @Override
    public String toString() {
      return "at most %d restarts in %d ms".formatted(max, TimeUnit.MILLISECONDS.convert(period));
    }
  }

  // endregion

  // region the time

  /// What time it is, and how to let it pass. Nanoseconds, good for differences only.
  interface Time {
    long nanos();

    void sleep(Duration pause) throws InterruptedException;

    Time REAL =
        new Time() {
          @Override
          public long nanos() {
            return System.nanoTime();
          }

          @Override
          public void sleep(Duration pause) throws InterruptedException {
            Thread.sleep(pause);
          }
        };
  }

  // endregion

  // region the pauses

  /// Pauses of `first`, then `factor` times as long each time, up to `cap`. Of each, chance takes
  /// off a part between 0 and `jitter`.
  record Pauses(Duration first, double factor, Duration cap, double jitter) {
    static final Pauses NONE = new Pauses(Duration.ZERO, 1, Duration.ZERO, 0);

    Pauses {
      boolean inOrder = !first.isNegative() && first.compareTo(cap) <= 0 && cap.toDays() < 365;
      // written so that NaN is refused, too
      if (!inOrder || !(factor >= 1) || !(jitter >= 0 && jitter <= 1))
        throw new IllegalArgumentException(
            "No pauses: first %s, factor %s, cap %s, jitter %s"
                .formatted(first, factor, cap, jitter));
    }

    /// The pause before restart number `inARow`, from 1.
    Duration before(int inARow, RandomGenerator random) {
      double full = Math.min(cap.toNanos(), first.toNanos() * Math.pow(factor, inARow - 1));
      return Duration.ofNanos((long) (full * (1 - jitter * random.nextDouble())));
    }
  }

  // endregion

  // region the books

  /// Whether there may be one more restart, and after which pause.
  static class Restarts {
    private final Intensity intensity;
    private final Pauses pauses;
    private final Deque<Long> times = new ArrayDeque<>();
    private int inARow;

    Restarts(Intensity intensity, Pauses pauses) {
      this.intensity = intensity;
      this.pauses = pauses;
    }

    /// It got further: all is forgiven.
    void progress() {
      times.clear();
      inARow = 0;
    }

    /// One that is exactly a period old still counts.
    boolean allowOneMore(long now) {
      times.addLast(now);
      while (isOver(now - times.getFirst())) times.removeFirst();
      return times.size() <= intensity.max();
    }

    private boolean isOver(long age) {
      return Duration.ofNanos(age).compareTo(intensity.period()) > 0;
    }

    Duration pause(RandomGenerator random) {
      return pauses.before(++inARow, random);
    }
  }

  // endregion

  // region the verdict

  sealed interface Verdict permits Retry, SkipTo, GiveUp {}

  /// It may get better: wait, and try the same offset again.
  record Retry() implements Verdict {}

  /// It won't get better: put it aside, and go on at `next`.
  record SkipTo(long next) implements Verdict {}

  /// It's no use, and no small matter.
  record GiveUp() implements Verdict {}

  static Verdict verdictOnClicks(Failure failure) {
    return switch (failure.exception()) {
      case SessionTimeout _ -> new Retry();
      case InvalidOffset _ -> new GiveUp();
      case IllegalArgumentException _ -> new SkipTo(failure.offset() + 1);
      default -> new Retry();
    };
  }

  // endregion

  // region the policy

  record Policy(Intensity intensity, Pauses pauses, Function<Failure, Verdict> verdict) {}

  // endregion

  /// ## Two more ways to end
  ///
  /// A stop is not a failure: nothing went wrong, and nothing needs a restart.
  /// So it gets an exit of its own. `Stopped` knows where to go on: what lies
  /// before is on the channel, or aside. Begin there another time, on the same
  /// channel, and nothing is missing. On a new channel, begin behind the last
  /// click that you took.
  ///
  /// `Died` is for what nobody should handle. We come to it below.

  sealed interface Outcome permits Read, Exit {}

  record Read(long nextOffset) implements Outcome {}

  /// How a producer or its supervisor ends.
  sealed interface Exit extends Outcome permits Done, Failed, Stopped, Died {}

  record Done(long offset) implements Exit {}

  record Failed(Failure failure) implements Exit {}

  record Stopped(long offset) implements Exit {}

  record Died(Throwable cause) implements Exit {}

  /// ## Twice, and how to undo it
  ///
  /// A put can succeed and still throw: the click got through, and its
  /// acknowledgement got lost. The step can't know. It must put again, or risk
  /// a loss, so on the channel there will be duplicates, now and for ever.
  ///
  /// The consumer can know, if the click tells its offset. Offsets only grow.
  /// So one number is memory enough: whatever is not above the last one came
  /// before. Hohpe and Woolf call this an *idempotent receiver*.
  ///
  /// *In the margin:* don't compare the clicks. A customer may really put the
  /// same thing into the cart twice. And a dead letter that you've mended is an
  /// old offset: send it on another channel, or the receiver will drop it.

  sealed interface Message permits Item, End {}

  record Item(long offset, Click click) implements Message {
    Item {
      Objects.requireNonNull(click, "The log gave out a null.");
    }
  }

  /// Nothing comes after this one.
  record End(Exit exit) implements Message {}

  static class IdempotentReceiver {
    private long last = -1;

    boolean isNew(Item item) {
      if (item.offset() <= last) return false;
      last = item.offset();
      return true;
    }
  }

  /// ## A stop, also in disguise
  ///
  /// Java stops a thread by asking it. `interrupt()` sets a flag, and a method
  /// that waits, such as `put`, `take` or `sleep`, throws an
  /// `InterruptedException` and clears the flag again. That exception must not
  /// be caught as a failure. It goes through, to whoever can end things.
  ///
  /// It doesn't always look like one. Libraries wrap it into exceptions of
  /// their own; NIO throws `ClosedByInterruptException`; Kafka's client throws
  /// an unchecked `InterruptException`, and sets the flag again. So after every
  /// failure we ask: was it really one?
  ///
  /// *In the margin:* a client may work on threads of its own, and one of those
  /// may be interrupted. Its exception comes wrapped as well, and we take it
  /// for a stop. We'd rather stop once too often: the consumer is told.
  ///
  /// And `catch (Throwable e)` has become `catch (Exception e)`. Running out of
  /// memory is no fact about offset 7. It's about the whole process, and it is
  /// not for us to survive.

  static Outcome publishClick(Log log, long offset, BlockingQueue<Message> clicks)
      throws InterruptedException {
    try {
      Click click = log.take(offset);
      clicks.put(new Item(offset, click));
      return new Read(offset + 1);
    } catch (Exception e) {
      if (isStop(e)) throw new InterruptedException();
      if (e instanceof InvalidOffset && offset >= 0) return new Done(offset);
      return new Failed(new Failure(e, offset, "publish-click"));
    }
  }

  /// Whether somebody asked us to stop, whatever the exception looks like.
  static boolean isStop(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause())
      if (cause instanceof InterruptedException || cause instanceof ClosedByInterruptException)
        return true;
    return Thread.currentThread().isInterrupted();
  }

  /// ## One thread less
  ///
  /// Until now a supervisor had a thread, and its producer had another. A stop
  /// would have to find its way from the one to the other. (`cancel(true)` on
  /// chapter 6's `Future` ends the supervisor alone, and the producer goes on.)
  /// But while the producer runs, its supervisor does nothing but wait for it.
  /// So it may as well make the call itself.
  ///
  /// That's the producer, then: a loop on its caller's thread. It looks at the
  /// flag before each step, for the sake of steps that never wait.

  static Exit produce(Log log, BlockingQueue<Message> clicks, long from) {
    for (long offset = from; ; ) {
      try {
        if (Thread.interrupted()) throw new InterruptedException();
        switch (publishClick(log, offset, clicks)) {
          case Read(long next) -> offset = next;
          case Exit exit -> {
            return exit;
          }
        }
      } catch (InterruptedException stop) {
        return new Stopped(offset);
      }
    }
  }

  /// Whatever the click in hand was doing, `offset` is where to go on:
  ///
  /// | the stop comes during | the click at `offset` is | begin again there, and it is |
  /// |---|---|---|
  /// | the start | not read | read |
  /// | `take` | not read | read |
  /// | `put`, and waits for room | in hand | read again |
  /// | `put`, after it got through | on the channel | put twice, and dropped once |
  /// | a pause | failed | tried again |
  /// | a put of a dead letter | poison | poison again |
  ///
  /// ## The supervisor
  ///
  /// It's chapter 6's, with a `catch` around it all: it waits in places of its
  /// own.

  static Exit supervise(
      Log log,
      BlockingQueue<Message> clicks,
      BlockingQueue<Failure> deadLetters,
      long from,
      Policy policy,
      Time time,
      RandomGenerator random,
      Consumer<String> out)
      throws Exception {
    var restarts = new Restarts(policy.intensity(), policy.pauses());
    for (long at = from; ; ) {
      try {
        out.accept("Starting producer.");
        Exit exit = produce(log, clicks, at);
        if (!(exit instanceof Failed(Failure failure))) return exit;
        if (failure.offset() > at) restarts.progress();
        at = failure.offset();
        out.accept("An error has occurred: " + failure);
        boolean oneMore = restarts.allowOneMore(time.nanos());
        switch (oneMore ? policy.verdict().apply(failure) : new GiveUp()) {
          case Retry() -> {
            Duration pause = restarts.pause(random);
            out.accept("Restarting producer in " + pause.toMillis() + " ms.");
            time.sleep(pause);
          }
          case SkipTo(long next) -> {
            deadLetters.put(failure);
            at = Math.max(next, at + 1); // a skip goes forward
            out.accept("Skipping to " + at + ".");
          }
          case GiveUp() -> {
            out.accept(
                "Giving up: " + (oneMore ? "so says the verdict." : policy.intensity() + "."));
            return exit;
          }
        }
      } catch (Exception e) {
        if (isStop(e)) return new Stopped(at);
        throw e;
      }
    }
  }

  /// ## Somebody owns it
  ///
  /// (This is the longest part. On a first reading, follow `stop`, and come back
  /// for `tell` and `drain`.)
  ///
  /// Every thread needs an owner that ends it. Whoever starts this one gets a
  /// handle that can be closed, so that `try` can do it.
  ///
  /// `stop` interrupts the thread and waits for it, but not for ever. OTP gives
  /// a worker five seconds, and then kills it. Java can't: `Thread.stop()` only
  /// throws by now. A thread that is killed lets go of its locks, and what they
  /// guarded may be half changed. So we say which thread won't listen, and
  /// where it stands. suture, in Go, names such services, too, and calls it an
  /// unstopped service report.
  ///
  /// `stop` is for a consumer that leaves. A consumer that stays wants the rest
  /// of what is on the channel, and then to be told. So `drain` stops the
  /// reading, and puts the end behind all the rest, as soon as there's room.
  /// Nothing may come behind an end: whoever starts again takes a new channel.
  ///
  /// A supervisor that ends by itself puts that end itself. So does one that
  /// *dies*, of an `Error` or of a mistake in these lines. Then the consumer is
  /// told, and `join` throws what it died of. Who supervises the supervisor?
  /// Whoever calls `join`.

  static Supervision startSupervisor(
      Log log,
      BlockingQueue<Message> clicks,
      BlockingQueue<Failure> deadLetters,
      long from,
      Policy policy,
      Time time,
      RandomGenerator random,
      Consumer<String> out) {
    return new Supervision(
        clicks, out, () -> supervise(log, clicks, deadLetters, from, policy, time, random, out));
  }

  static class Supervision implements AutoCloseable {
    /// OTP's default for a worker.
    static final Duration SHUTDOWN = Duration.ofSeconds(5);

    private final BlockingQueue<Message> clicks;
    private final Consumer<String> out;
    final FutureTask<Exit> exit;
    private final Thread thread;
    private volatile boolean asked;
    private volatile End untold;

    Supervision(BlockingQueue<Message> clicks, Consumer<String> out, Callable<Exit> supervise) {
      this.clicks = clicks;
      this.out = out;
      this.exit = new FutureTask<>(() -> run(supervise));
      this.thread = Thread.ofVirtual().name("supervisor").unstarted(exit);
      thread.start();
    }

    private Exit run(Callable<Exit> supervise) throws Exception {
      Exit result;
      try {
        result = supervise.call();
      } catch (Throwable e) { // not ours to survive: the consumer is told, and join() throws it
        tell(new Died(e));
        throw e;
      }
      tell(result);
      return result;
    }

    /// Waits for room, since somebody may wait to be told; unless it was asked to stop: who did so
    /// knows, and may have left.
    private void tell(Exit result) {
      untold = new End(result);
      while (!asked) {
        try {
          clicks.put(untold);
          untold = null;
          return;
        } catch (InterruptedException e) {
          // by stop(), or by somebody who isn't us
        }
      }
      if (clicks.offer(untold)) untold = null;
    }

    /// Waits until the supervisor ends.
    ///
    /// @throws ExecutionException with the `Error` or the mistake that it died of
    Exit join() throws InterruptedException, ExecutionException {
      return exit.get();
    }

    /// Asks it to stop, and waits until it has. From inside, from a step or a listener, it only asks.
    ///
    /// @return who did not stop `within` that time
    Optional<Unstopped> stop(Duration within) throws InterruptedException {
      asked = true;
      thread.interrupt();
      if (Thread.currentThread() == thread || thread.join(within)) return Optional.empty();
      return Optional.of(Unstopped.now(thread, within));
    }

    /// Stops reading, and puts the end behind all that is on the channel.
    ///
    /// @return whether there was room for it `within` that time
    synchronized boolean drain(Duration within) throws InterruptedException {
      if (Thread.currentThread() == thread) throw new IllegalStateException("drains itself");
      long deadline = System.nanoTime() + within.toNanos();
      if (stop(within).isPresent()) return false;
      long left = deadline - System.nanoTime();
      if (untold != null && !clicks.offer(untold, left, TimeUnit.NANOSECONDS)) return false;
      untold = null;
      return true;
    }

    @Override
    public void close() {
      boolean interrupted = Thread.interrupted(); // we're asked to stop, and so is this
      try {
        stop(SHUTDOWN).ifPresent(unstopped -> out.accept("" + unstopped));
      } catch (InterruptedException e) { // asked again: then we don't wait any longer
        interrupted = true;
        out.accept("" + Unstopped.now(thread, SHUTDOWN));
      }
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  /// A thread that was asked to stop, and did not. There is no more to be done than to say so.
  record Unstopped(String thread, Duration within, String place) {

    static Unstopped now(Thread thread, Duration within) {
      String place =
          Stream.of(thread.getStackTrace())
              .filter(frame -> frame.getModuleName() == null) // ours, not the JDK's
              .findFirst()
              .map(frame -> frame.getClassName() + "." + frame.getMethodName())
              .orElse("an unknown place");
      return new Unstopped(thread.getName(), within, place);
    }

    @Override
    public String toString() {
      return "The %s did not stop within %d ms. It stands in %s."
          .formatted(thread, within.toMillis(), place);
    }
  }

  /// ## Run it
  ///
  /// ```console
  /// $ ./jbang chapters/07-stopping.java --events 10 --fault read@2,put@8
  /// 07 · stopping: 10 events, a channel of 2
  /// Starting producer.
  /// An error has occurred: publish-click@2 Session has timed out.
  /// Restarting producer in 85 ms.
  /// Starting producer.
  /// 5 clicks taken, 2 on the channel: Stopped[offset=7]
  /// Starting producer.
  /// An error has occurred: publish-click@8 Session has timed out.
  /// Restarting producer in 86 ms.
  /// Starting producer.
  /// 10 clicks taken, 1 on the channel: Done[offset=10]
  ///
  /// 10 of 10 clicks arrived. Twice: 0. Dead letters: 0.
  /// The supervisor did not stop within 100 ms. It stands in Stopping$DeafLog.take.
  /// Replay: ./jbang chapters/07-stopping.java --events 10 --fault read@2,put@8 --seed 42
  /// ```
  ///
  /// The first supervisor stopped with the click at 7 in its hand, and 5 and 6
  /// on the channel. The second began at 7. Of the put at 8 the acknowledgement
  /// got lost, so 8 was put twice, and the receiver dropped the second one. The
  /// 1 that is left on the channel at last is no click: it's the end.
  ///
  /// The last line is the best one can do about a log that doesn't listen.
  ///
  /// A stop that finds the producer in `take`, as a picture:
  ///
  /// ```console
  /// $ ./jbang draw 07 --events 2 --fault stop@1
  /// ✗ fails  ↻ a new producer  ~ waits  » aside  ■ the end   07-stopping.java
  ///
  ///   time log             producer    channel      supervisor            consumer
  ///      1 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻    2 ┆               #1 from 0   ┆            ┆                     ┆
  ///      3 read 0          ┆           ┆            ┆                     ┆
  ///      4 ┆               ┆           put 0        ┆                     ┆
  ///      5 ┆               ┆           ┆            ┆                     takes 0
  /// ■    6 ┆               ┆           ┆            ┆                   asks to stop
  /// ■    7 ┆               ┆           ┆            ┆                 it has stopped
  ///
  /// Replay: ./jbang draw 07 --events 2 --capacity 0 --fault stop@1
  /// ```
  ///
  /// *In the margin:* virtual threads are daemons. When `main` returns, the JVM
  /// exits, and cuts them off in the middle of a put. That looks like a clean
  /// end, and is none. So `main` waits: `close` at the end of the `try` does.
  void main(String... args) throws Exception {
    var demo = new Demo("07-stopping", 10_000, args);
    var log = new SimpleLog(demo.clicks, demo::readFails);
    var clicks =
        new ArrayBlockingQueue<Message>(2) {
          @Override
          public void put(Message message) throws InterruptedException {
            super.put(message);
            demo.afterPut();
          }
        };
    var deadLetters = new ArrayBlockingQueue<Failure>(demo.events());
    var policy =
        new Policy(
            new Intensity(5, Duration.ofMinutes(1)),
            new Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0.2),
            Stopping::verdictOnClicks);
    var receiver = new IdempotentReceiver();
    var arrived = new ArrayList<Click>();

    var dice = new Random(Long.parseLong(demo.options.get("--seed"))); // in earnest, without a seed

    IO.println("07 · stopping: " + demo.events() + " events, a channel of 2");
    long next = 0;
    for (int enough : List.of(demo.events() / 2, demo.events())) {
      try (var supervision =
          startSupervisor(log, clicks, deadLetters, next, policy, Time.REAL, dice, IO::println)) {
        consume(clicks, receiver, enough, arrived);
        letItRun(supervision);
        supervision.stop(Supervision.SHUTDOWN);
        IO.println(
            "%d clicks taken, %d on the channel: %s"
                .formatted(arrived.size(), clicks.size(), supervision.join()));
        next =
            switch (supervision.join()) {
              case Stopped(long offset) -> offset;
              case Failed(Failure failure) -> failure.offset();
              case Done(long offset) -> offset;
              case Died(Throwable cause) -> throw new IllegalStateException(cause);
            };
      }
    }
    var distinct = new LinkedHashSet<>(arrived);
    IO.println(
        "\n%d of %d clicks arrived. Twice: %d. Dead letters: %d."
            .formatted(
                distinct.size(),
                demo.events(),
                arrived.size() - distinct.size(),
                deadLetters.size()));
    deadLetters.forEach(letter -> IO.println("  " + letter));

    var answer = new CountDownLatch(1);
    try (var supervision =
        startSupervisor(
            new DeafLog(answer), clicks, deadLetters, 0, policy, Time.REAL, dice, _ -> {})) {
      letItRun(supervision);
      supervision.stop(Duration.ofMillis(100)).ifPresent(IO::println);
      answer.countDown();
    }
    demo.printReplay();
  }

  /// Takes clicks until it has `enough`, or is told that no more will come.
  static void consume(
      BlockingQueue<Message> clicks, IdempotentReceiver receiver, int enough, List<Click> arrived)
      throws InterruptedException {
    while (arrived.size() < enough) {
      switch (clicks.take()) {
        case Item item -> {
          if (receiver.isNew(item)) arrived.add(item.click());
        }
        case End _ -> {
          return;
        }
      }
    }
  }

  /// Waits until it can do no more, so that the demo's output doesn't depend on who is faster.
  static void letItRun(Supervision supervision) throws InterruptedException {
    while (supervision.thread.getState() != Thread.State.WAITING && supervision.thread.isAlive())
      Thread.sleep(1);
  }

  /// A client of a log that takes an interrupt for a nuisance.
  record DeafLog(CountDownLatch answer) implements Log {
    @Override
    public Click take(long offset) {
      while (true) {
        try {
          answer.await();
          throw new InvalidOffset(offset);
        } catch (InterruptedException e) {
          // this is what not to do
        }
      }
    }
  }

  /// ## The apparatus
  ///
  /// Carried over, word for word.

  // region the apparatus

  /// A run: its options, its clicks, and the faults that will happen in it.
  static class Demo {
    static final String HELP =
        """
        --events N    how many clicks the log holds, 1 to 999999
        --fault PLAN  chance (one read in 1000 times out), none, or a plan such as
                      read@7,put@9: the read at offset 7 times out, once, and so
                      does the put at offset 9, after the click got through;
                      poison@7: the click at offset 7 can never be decoded
        --seed N      a whole number; the same seed gives the same run
        --help        this text\
        """;
    static final Map<String, String> FORMS =
        Map.of(
            "--events", "[1-9]\\d{0,5}",
            "--fault", "chance|none|(read|put|poison)@\\d{1,6}(,(read|put|poison)@\\d{1,6})*",
            "--seed", "-?\\d{1,18}");

    final String script;
    final Map<String, String> options = new TreeMap<>(Map.of("--fault", "chance", "--seed", "42"));
    final List<Click> clicks = new ArrayList<>();
    final List<String> faults;
    final Random random;
    long lastRead;

    Demo(String script, int defaultEvents, String... args) {
      this.script = script;
      options.put("--events", "" + defaultEvents);
      var words = Stream.of(args).flatMap(arg -> Stream.of(arg.split("=", 2))).toList();
      for (int i = 0; i < words.size(); i += 2) {
        String option = words.get(i), value = i + 1 < words.size() ? words.get(i + 1) : "";
        if (option.equals("--help")) exit(0, "Options of " + script + ":\n" + HELP);
        if (!FORMS.containsKey(option)) exit(2, "There is no option " + option + ".\n" + HELP);
        if (!value.matches(FORMS.get(option)))
          exit(2, option + " can't be '" + value + "'.\n" + HELP);
        options.put(option, value);
      }
      faults = new ArrayList<>(List.of(options.get("--fault").split(",")));
      for (String fault : faults)
        if (fault.contains("@") && Integer.parseInt(fault.split("@")[1]) >= events())
          exit(2, fault + " can't happen: the last offset is " + (events() - 1) + ".");
      random = new Random(Long.parseLong(options.get("--seed")));
      for (int i = 0; i < events(); i++)
        clicks.add(
            new Click(
                new UUID(random.nextLong(), random.nextLong()),
                Action.values()[random.nextInt(3)]));
    }

    int events() {
      return Integer.parseInt(options.get("--events"));
    }

    boolean readFails(long offset) {
      lastRead = offset;
      if (faults.contains("poison@" + offset)) throw new BadRecord();
      return faults.remove("read@" + offset)
          || faults.contains("chance") && random.nextInt(1000) == 0;
    }

    /// The click got through. Its acknowledgement may not.
    void afterPut() {
      if (faults.remove("put@" + lastRead)) throw new SessionTimeout(lastRead);
    }

    void printReplay() {
      boolean alone = Files.exists(Path.of(script + ".java"));
      IO.print(alone ? "Replay: java " + script : "Replay: ./jbang chapters/" + script);
      IO.print(".java");
      options.forEach((option, value) -> IO.print(" " + option + " " + value));
      IO.println();
    }

    /// What a decoder throws at a record that makes no sense.
    static class BadRecord extends IllegalArgumentException {
      @Override
      public String toString() {
        return "There is no action SHIPING.";
      }
    }

    static void exit(int code, String message) {
      (code == 0 ? System.out : System.err).println(message);
      System.exit(code);
    }
  }

  // endregion

  /// ## What we have, and what still breaks
  ///
  /// Every promise that we've made so far is kept, and each trap that chapter 3
  /// named is gone. Look at the table in README.md: the only ✗ in column 07 is
  /// "Any producer".
  ///
  /// For this is a supervisor of clicks. For orders, you'd have to copy it, and
  /// change it in dozens of places. So the essay's own question is still open:
  /// can we "work all of these great ad-hoc patterns into something a little
  /// more reusable"? That's chapter 8.
  ///
  /// **Exercises:** `exercises/07-a-close-a-sensor.java`,
  /// `exercises/07-b-drain-before-you-leave.java`.
  ///
  /// **Sources:** *Java Concurrency in Practice*, chapter 7, "Cancellation and
  /// Shutdown"; OTP's `shutdown` in a child specification, `supervisor(3)`;
  /// suture's `UnstoppedServiceReport`; Hohpe and Woolf, "Idempotent Receiver";
  /// the JDK's "Java Thread Primitive Deprecation", on why there is no kill.
}
