///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 06 · A poison click goes aside, and the rest arrives

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
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// # 6 · Poison
///
/// **The question.** Someone wrote SHIPING into the log, once. Chapter 5 waits
/// for that to get better:
///
/// ```console
/// $ ./jbang chapters/05-backoff.java --events 10 --fault poison@3 | head -19
/// 05 · backoff: 10 events, at most 5 restarts in 60000 ms
/// Starting producer.
/// An error has occurred: publish-click@3 There is no action SHIPING.
/// Restarting producer in 85 ms.
/// Starting producer.
/// An error has occurred: publish-click@3 There is no action SHIPING.
/// Restarting producer in 172 ms.
/// Starting producer.
/// An error has occurred: publish-click@3 There is no action SHIPING.
/// Restarting producer in 375 ms.
/// Starting producer.
/// An error has occurred: publish-click@3 There is no action SHIPING.
/// Restarting producer in 755 ms.
/// Starting producer.
/// An error has occurred: publish-click@3 There is no action SHIPING.
/// Restarting producer in 1387 ms.
/// Starting producer.
/// An error has occurred: publish-click@3 There is no action SHIPING.
/// Giving up: at most 5 restarts in 60000 ms.
/// ```
///
/// Ten clicks, one of them bad, three delivered. A message that kills whoever
/// reads it, again and again, is called a *poison message*. How do we get
/// around it, and lose nothing in silence?
///
/// After this chapter you can
///
/// - give each failure a verdict: retry, skip, or give up;
/// - put poison aside where somebody will find it;
/// - say why a skip must cost as much as a restart.
///
/// *Reading: 10 minutes. Exercises: 50 minutes.*
///
/// **Predict.** Five failures without progress are allowed; the sixth is too
/// many. Out of ten clicks the one at 3 is poison, and the read at 5 fails
/// once. How many arrive? And if every click from 3 on is poison, how many go
/// aside?
class Poison {

  /// ## Carried over
  ///
  /// All of chapter 5, but for its supervisor.

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

  // region the go block

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
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

  // region the exit

  sealed interface Outcome permits Read, Exit {}

  record Read(long nextOffset) implements Outcome {}

  /// How a producer ends.
  sealed interface Exit extends Outcome permits Done, Failed {}

  record Done(long offset) implements Exit {}

  record Failed(Failure failure) implements Exit {}

  // endregion

  // region the message

  sealed interface Message permits Item, End {}

  record Item(Click click) implements Message {
    Item {
      Objects.requireNonNull(click, "The log gave out a null.");
    }
  }

  /// Nothing comes after this one.
  record End(Exit exit) implements Message {}

  // endregion

  // region the step to the end

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

  // endregion

  // region the producer with exits

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

  // endregion

  // region the consumer

  /// Takes clicks until it is told that no more will come, and returns why.
  static Exit consume(BlockingQueue<Message> clicks, Consumer<Click> each)
      throws InterruptedException {
    while (true) {
      switch (clicks.take()) {
        case Item(Click click) -> each.accept(click);
        case End(Exit exit) -> {
          return exit;
        }
      }
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

  /// ## A verdict
  ///
  /// Not all failures are alike. A session that timed out may well work the
  /// next time. A word that isn't one won't become one. And a negative offset
  /// is a mistake of ours: to repeat it is silly, and to step over it is worse.
  ///
  /// The exception's type tells them apart. So the policy gets a third part, a
  /// function from failures to verdicts. It's data about *your* log, and no
  /// supervisor can know it for you.

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

  /// What of an exception that we've never heard of? Spring's handler for Kafka
  /// retries it nine times, and then logs it and goes on: lost, unless you told
  /// it where to put it. Ours retries until the restarts are spent, and then
  /// gives up. To stop loudly is better than to lose quietly. When you've seen
  /// what it was, give it a line above.
  ///
  /// The books are those of chapter 5. Only the policy has grown.

  // region the policy

  record Policy(Intensity intensity, Pauses pauses, Function<Failure, Verdict> verdict) {}

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

  /// ## Aside, but not away
  ///
  /// Poison goes to a *dead-letter channel*, with the failure: what it was,
  /// where, and why. Someone can look at it, mend it, and feed it in again.
  /// Brokers call it a dead-letter queue, or topic. (Hohpe and Woolf would say
  /// *invalid message channel*: the reader can't read it. Their dead letters
  /// are those that the broker can't deliver.)
  ///
  /// It's a channel like any other, with a bound and with backpressure. If
  /// nobody reads dead letters, it fills up, and then the whole stream waits.
  /// That's on purpose. core.async.flow keeps its errors in a sliding buffer of
  /// 100, and forgets the oldest, and then who would know?
  ///
  /// ## The supervisor
  ///
  /// Here's what is easily forgotten. Suppose that we ship a decoder with a
  /// mistake in it. Now every click looks like poison. A supervisor that skips
  /// for free would put the whole log aside, at full speed, and report success.
  ///
  /// So a skip *costs*. It is entered in the books like a restart, and a click
  /// that fails right behind a skipped one is no progress. Poison here and
  /// there costs nothing in the end, since each good click clears the books.
  /// Six in a row, and the supervisor gives up.
  ///
  /// And only poison should go aside. A put that failed may have got through,
  /// and then the letter would be about a click that nobody misses.
  ///
  /// A skip doesn't wait, though. What for?

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
    for (long from = 0; ; ) {
      Future<Exit> producer = start(log, clicks, from);
      out.accept("Starting producer.");
      Exit exit = producer.get();
      if (!(exit instanceof Failed(Failure failure))) return exit;
      out.accept("An error has occurred: " + failure);
      if (failure.offset() > from) restarts.progress();
      boolean oneMore = restarts.allowOneMore(time.nanos());
      switch (oneMore ? policy.verdict().apply(failure) : new GiveUp()) {
        case Retry() -> {
          Duration pause = restarts.pause(random);
          out.accept("Restarting producer in " + pause.toMillis() + " ms.");
          time.sleep(pause);
          from = failure.offset();
        }
        case SkipTo(long next) -> {
          deadLetters.put(failure);
          from = Math.max(next, failure.offset() + 1); // a skip goes forward
          out.accept("Skipping to " + from + ".");
        }
        case GiveUp() -> {
          out.accept("Giving up: " + (oneMore ? "so says the verdict." : policy.intensity() + "."));
          return exit;
        }
      }
    }
  }

  /// ## Run it
  ///
  /// ```console
  /// $ ./jbang chapters/06-poison.java --events 10 --fault poison@3,read@5
  /// 06 · poison: 10 events, at most 5 restarts in 60000 ms
  /// Starting producer.
  /// An error has occurred: publish-click@3 There is no action SHIPING.
  /// Skipping to 4.
  /// Starting producer.
  /// An error has occurred: publish-click@5 Session has timed out.
  /// Restarting producer in 85 ms.
  /// Starting producer.
  ///
  /// 9 of 10 clicks arrived. Twice: 0. Dead letters: 1.
  ///   publish-click@3 There is no action SHIPING.
  /// The consumer was told:   Done[offset=10]
  /// The supervisor returned: Done[offset=10]
  /// Replay: ./jbang chapters/06-poison.java --events 10 --fault poison@3,read@5 --seed 42
  /// ```
  ///
  /// Nine clicks, and one dead letter that says which one is missing. First the
  /// letter, and then the skip:
  ///
  /// ```console
  /// $ ./jbang draw 06 --events 2 --fault poison@0
  /// ✗ fails  ↻ a new producer  ~ waits  » aside  ■ the end   06-poison.java
  ///
  ///   time log             producer    channel      supervisor            consumer
  ///      1 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻    2 ┆               #1 from 0   ┆            ┆                     ┆
  /// ✗    3 poison at 0     ┆           ┆            ┆                     ┆
  ///      4 ┆      An error has occurred: publish-click@0 There is no action SHIPING.
  /// »    5 ┆               ┆      aside: publish-click@0 There is no action SHIPING.
  ///      6 ┆               ┆           ┆            Skipping to 1.        ┆
  ///      7 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻    8 ┆               #2 from 1   ┆            ┆                     ┆
  ///      9 read 1          ┆           ┆            ┆                     ┆
  ///     10 ┆               ┆           put 1        ┆                     ┆
  ///     11 ┆               ┆           ┆            ┆                     takes 1
  /// ✗   12 read 2: the end ┆           ┆            ┆                     ┆
  /// ■   13 ┆               ┆           put the end  ┆                     ┆
  /// ■   14 ┆               ┆           ┆            ┆ takes End[exit=Done[offset=2]]
  ///
  /// Replay: ./jbang draw 06 --events 2 --capacity 0 --fault poison@0
  /// ```
  ///
  /// And here is a decoder that can't read anything from 3 on:
  ///
  /// ```console
  /// $ ./jbang chapters/06-poison.java --events 10 --fault poison@3,poison@4,poison@5,poison@6,poison@7,poison@8,poison@9
  /// 06 · poison: 10 events, at most 5 restarts in 60000 ms
  /// Starting producer.
  /// An error has occurred: publish-click@3 There is no action SHIPING.
  /// Skipping to 4.
  /// Starting producer.
  /// An error has occurred: publish-click@4 There is no action SHIPING.
  /// Skipping to 5.
  /// Starting producer.
  /// An error has occurred: publish-click@5 There is no action SHIPING.
  /// Skipping to 6.
  /// Starting producer.
  /// An error has occurred: publish-click@6 There is no action SHIPING.
  /// Skipping to 7.
  /// Starting producer.
  /// An error has occurred: publish-click@7 There is no action SHIPING.
  /// Skipping to 8.
  /// Starting producer.
  /// An error has occurred: publish-click@8 There is no action SHIPING.
  /// Giving up: at most 5 restarts in 60000 ms.
  ///
  /// 3 of 10 clicks arrived. Twice: 0. Dead letters: 5.
  ///   publish-click@3 There is no action SHIPING.
  ///   publish-click@4 There is no action SHIPING.
  ///   publish-click@5 There is no action SHIPING.
  ///   publish-click@6 There is no action SHIPING.
  ///   publish-click@7 There is no action SHIPING.
  /// The consumer was told:   Failed[failure=publish-click@8 There is no action SHIPING.]
  /// The supervisor returned: Failed[failure=publish-click@8 There is no action SHIPING.]
  /// Replay: ./jbang chapters/06-poison.java --events 10 --fault poison@3,poison@4,poison@5,poison@6,poison@7,poison@8,poison@9 --seed 42
  /// ```
  ///
  /// The sixth failure without progress ends it. Five dead letters are easily
  /// fed in again; a whole log would not be.
  void main(String... args) throws Exception {
    var demo = new Demo("06-poison", 10_000, args);
    var log = new SimpleLog(demo.clicks, demo::readFails);
    var clicks =
        new ArrayBlockingQueue<Message>(1024) {
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
            Poison::verdictOnClicks);

    var dice = new Random(Long.parseLong(demo.options.get("--seed"))); // in earnest, without a seed

    IO.println("06 · poison: " + demo.events() + " events, " + policy.intensity());
    Future<Exit> supervisor =
        startSupervisor(log, clicks, deadLetters, policy, Time.REAL, dice, IO::println);
    var arrived = new ArrayList<Click>();
    Exit told = consume(clicks, arrived::add);

    var distinct = new LinkedHashSet<>(arrived);
    IO.println(
        "\n%d of %d clicks arrived. Twice: %d. Dead letters: %d."
            .formatted(
                distinct.size(),
                demo.events(),
                arrived.size() - distinct.size(),
                deadLetters.size()));
    deadLetters.forEach(letter -> IO.println("  " + letter));
    IO.println("The consumer was told:   " + told);
    IO.println("The supervisor returned: " + supervisor.get());
    demo.printReplay();
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
  /// One bad event no longer takes the others with it. Look at the signature of
  /// `startSupervisor`, though: seven parameters, and not one of them knows of
  /// clicks but the first two. Chapter 8 will do something about that.
  ///
  /// First there is worse. Take ten clicks out of this channel, and walk away.
  /// Behind you a producer waits in `put`, for ever. Its supervisor waits for
  /// it. You could interrupt the producer, but to `catch (Throwable e)` an
  /// interrupt is a failure like any other:
  ///
  /// - **It can't be stopped**: who is interrupted is restarted.
  /// - **It cures what it should not.** An `OutOfMemoryError` is retried, with
  ///   pauses.
  /// - **Twice**: a failure after the put delivers a click again.
  ///
  /// Three traps of chapter 3 are left, and they are all chapter 7's.
  ///
  /// **Exercises:** `exercises/06-a-import-a-file.java`,
  /// `exercises/06-b-three-strikes.java`.
  ///
  /// **Sources:** Hohpe and Woolf, *Enterprise Integration Patterns*, "Invalid
  /// Message Channel" and "Dead Letter Channel"; Spring Kafka's
  /// `DefaultErrorHandler` and `DeadLetterPublishingRecoverer`; OTP's transient
  /// children, whose exit reason decides on a restart.
}
