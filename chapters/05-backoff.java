///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 05 · Restarts wait longer and longer, and progress forgives

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
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
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// # 5 · Backoff
///
/// **The question.** Chapter 4 gave up on a producer that was in good health,
/// after four faults at four different places. It is no better at one place.
/// Say that a log is away for 300 ms. Without a pause, four reads fail at once:
///
/// ```console
/// $ ./jbang chapters/04-giving-up.java --events 10 --fault read@7,read@7,read@7,read@7
/// 04 · giving up: 10 events, at most 3 restarts in 5000 ms
/// Starting producer.
/// An error has occurred: publish-click@7 Session has timed out.
/// Restarting producer.
/// Starting producer.
/// An error has occurred: publish-click@7 Session has timed out.
/// Restarting producer.
/// Starting producer.
/// An error has occurred: publish-click@7 Session has timed out.
/// Restarting producer.
/// Starting producer.
/// An error has occurred: publish-click@7 Session has timed out.
/// Giving up: at most 3 restarts in 5000 ms.
///
/// 7 of 10 clicks arrived. Twice: 0.
/// The consumer was told:   Failed[failure=publish-click@7 Session has timed out.]
/// The supervisor returned: Failed[failure=publish-click@7 Session has timed out.]
/// Replay: ./jbang chapters/04-giving-up.java --events 10 --fault read@7,read@7,read@7,read@7 --seed 42
/// ```
///
/// Its three restarts were over before anyone could have noticed. How do we
/// give a log the time to come back, and still not knock for ever?
///
/// After this chapter you can
///
/// - write an exponential backoff with a cap that holds, and with jitter;
/// - say why time and chance should be parameters, and test without waiting;
/// - tell a producer that fails often from one that gets nowhere.
///
/// *Reading: 13 minutes. Exercises: 50 minutes.*
///
/// **Predict.** The first pause is 100 ms, and each is twice as long as the one
/// before. The read at offset 3 fails three times, and later the one at 7
/// fails once. How long are the four pauses, give or take?
class Backoff {

  /// ## Carried over
  ///
  /// From chapter 4: the messages, the exits, the step, the producer, the
  /// consumer and the intensity.

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

  /// ## Time and chance come from outside
  ///
  /// We are about to wait, and to throw dice. Both make tests slow and moody,
  /// if the program helps itself to the clock and to `Math.random()`.
  ///
  /// So both are parameters. A test hands in a clock that jumps: a pause of
  /// thirty seconds takes no time there, and is thirty seconds long all the
  /// same. It hands in dice with a seed, and gets the same throws each time.

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

  /// ## How long to wait
  ///
  /// A log that is down is not helped by a thousand questions a second. So wait
  /// a little. If that wasn't enough, wait longer: each pause is `factor` times
  /// the one before. That's *exponential backoff*. It finds out how long the
  /// trouble lasts, and comes late by about as much, never by much more.
  ///
  /// But 2, 4, 8 … is a day before long. So there is a *cap*.
  ///
  /// And when a broker goes down, it throws out its thousand clients in the
  /// same instant. With equal pauses they all come back in the same instant,
  /// and it goes down again. *Jitter* spreads them: each takes a random part
  /// off its pause.
  ///
  /// It takes off, and never puts on. Pekko multiplies after the cap, so that
  /// there a pause may be longer than the longest one. A cap is a promise to
  /// someone; ours holds.

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

  /// ## What progress is
  ///
  /// OTP counts restarts in a time, because it can't look into its processes.
  /// All it sees is that one died. We see more: a failure tells its offset. If
  /// the offset has moved, the restart was a success, whatever came after.
  ///
  /// So progress forgives everything. It clears the count, and the next pause
  /// is a first one. `Restarts` keeps these books. What remains in them are
  /// failures *in a row at one place*, and that is what we've meant by "it does
  /// not get better" all along.
  ///
  /// The period stays as a second fence, and it needs care. Restarts at 0, 2
  /// and 6 s are never three within five seconds. So "three in five seconds",
  /// with pauses of 2, 4 and 8, never gives up. Choose the two together: the
  /// period must be longer than all of the pauses that the intensity allows.
  /// Without jitter, their sum is also the longest outage that you'll survive.
  /// Jitter takes its part off that, too.

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

  /// ## The supervisor
  ///
  /// Intensity and pauses together are its *policy*: what it does about a
  /// failure, as data.

  record Policy(Intensity intensity, Pauses pauses) {}

  /// Compare it with chapter 4's. Two ideas are new: the line on progress, and
  /// the lines that wait.

  static Future<Exit> startSupervisor(
      Log log,
      BlockingQueue<Message> clicks,
      Policy policy,
      Time time,
      RandomGenerator random,
      Consumer<String> out) {
    return go(() -> {
      Exit exit = supervise(log, clicks, policy, time, random, out);
      clicks.put(new End(exit));
      return exit;
    });
  }

  static Exit supervise(
      Log log,
      BlockingQueue<Message> clicks,
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
      if (!restarts.allowOneMore(time.nanos())) {
        out.accept("Giving up: " + policy.intensity() + ".");
        return exit;
      }
      Duration pause = restarts.pause(random);
      out.accept("Restarting producer in " + pause.toMillis() + " ms.");
      time.sleep(pause);
      from = failure.offset();
    }
  }

  /// ## Run it
  ///
  /// ```console
  /// $ ./jbang chapters/05-backoff.java --events 10 --fault read@3,read@3,read@3,read@7
  /// 05 · backoff: 10 events, at most 5 restarts in 60000 ms
  /// Starting producer.
  /// An error has occurred: publish-click@3 Session has timed out.
  /// Restarting producer in 85 ms.
  /// Starting producer.
  /// An error has occurred: publish-click@3 Session has timed out.
  /// Restarting producer in 172 ms.
  /// Starting producer.
  /// An error has occurred: publish-click@3 Session has timed out.
  /// Restarting producer in 375 ms.
  /// Starting producer.
  /// An error has occurred: publish-click@7 Session has timed out.
  /// Restarting producer in 94 ms.
  /// Starting producer.
  ///
  /// 10 of 10 clicks arrived. Twice: 0.
  /// The consumer was told:   Done[offset=10]
  /// The supervisor returned: Done[offset=10]
  /// Replay: ./jbang chapters/05-backoff.java --events 10 --fault read@3,read@3,read@3,read@7 --seed 42
  ///
  /// Whole logs of 2000          pauses       all count   progress forgives
  ///   1 in  5 s                 none           0.10 %          98.60 %
  ///   3 in  5 s                 none           0.90 %         100.00 %
  ///   5 in 60 s                 none           6.70 %         100.00 %
  ///   1 in  5 s                 1, 2, 4 … s    0.10 %          98.60 %
  ///   3 in  5 s                 1, 2, 4 … s  100.00 %         100.00 %
  ///   5 in 60 s                 1, 2, 4 … s    6.70 %         100.00 %
  /// ```
  ///
  /// The pauses grow at offset 3, and begin again at 7. Jitter takes up to a
  /// fifth off each of them. In a picture a pause takes no time, which is what
  /// a time that comes from outside is good for:
  ///
  /// ```console
  /// $ ./jbang draw 05 --events 1 --fault read@0,read@0
  /// ✗ fails  ↻ a new producer  ~ waits  » aside  ■ the end   05-backoff.java
  ///
  ///   time log             producer    channel      supervisor            consumer
  ///      1 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻    2 ┆               #1 from 0   ┆            ┆                     ┆
  /// ✗    3 read 0 fails    ┆           ┆            ┆                     ┆
  ///      4 ┆           An error has occurred: publish-click@0 Session has timed out.
  ///      5 ┆               ┆           ┆            Restarting producer in 85 ms.
  /// ~    6 ┆               ┆           ┆            waits 85 ms           ┆
  ///      7 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻    8 ┆               #2 from 0   ┆            ┆                     ┆
  /// ✗    9 read 0 fails    ┆           ┆            ┆                     ┆
  ///     10 ┆           An error has occurred: publish-click@0 Session has timed out.
  ///     11 ┆               ┆           ┆            Restarting producer in 183 ms.
  /// ~   12 ┆               ┆           ┆            waits 183 ms          ┆
  ///     13 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻   14 ┆               #3 from 0   ┆            ┆                     ┆
  ///     15 read 0          ┆           ┆            ┆                     ┆
  ///     16 ┆               ┆           put 0        ┆                     ┆
  ///     17 ┆               ┆           ┆            ┆                     takes 0
  /// ✗   18 read 1: the end ┆           ┆            ┆                     ┆
  /// ■   19 ┆               ┆           put the end  ┆                     ┆
  /// ■   20 ┆               ┆           ┆            ┆ takes End[exit=Done[offset=1]]
  ///
  /// Replay: ./jbang draw 05 --events 1 --capacity 0 --fault read@0,read@0
  /// ```
  ///
  /// Below the run stands a table. For it, `Restarts`, which knows nothing of
  /// threads and clocks, went through 2000 runs of the essay's log: 10,000
  /// clicks, a fault in a thousand reads, about ten faults a run. Time is made
  /// up, so the pauses cost nothing.
  ///
  /// "All count" says how many of the runs delivered their whole log, if every
  /// restart in the period counts. The last column, if progress forgives.
  ///
  /// With OTP's own default, 1 in 5 s, a healthy producer has no chance. Pauses
  /// don't help it either. They do wonders for 3 in 5 s, by accident: when the
  /// fourth failure comes, the first is older than five seconds. Such a
  /// supervisor wouldn't give up on a broken log any more. And look at 5 in a
  /// minute, which sounds so much more generous. Pauses do nothing for it: five
  /// of them add up to 31 s, and a minute is longer.
  ///
  /// The right-hand column doesn't care. Where progress forgives, the faults
  /// that count are those that stand in the way.
  void main(String... args) throws Exception {
    var demo = new Demo("05-backoff", 10_000, args);
    var log = new SimpleLog(demo.clicks, demo::readFails);
    var clicks =
        new ArrayBlockingQueue<Message>(1024) {
          @Override
          public void put(Message message) throws InterruptedException {
            super.put(message);
            demo.afterPut();
          }
        };
    var intensity = new Intensity(5, Duration.ofMinutes(1));
    var pauses = new Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0.2);

    var dice = new Random(Long.parseLong(demo.options.get("--seed"))); // in earnest, without a seed

    IO.println("05 · backoff: " + demo.events() + " events, " + intensity);
    Future<Exit> supervisor =
        startSupervisor(log, clicks, new Policy(intensity, pauses), Time.REAL, dice, IO::println);
    var arrived = new ArrayList<Click>();
    Exit told = consume(clicks, arrived::add);

    var distinct = new LinkedHashSet<>(arrived);
    IO.println(
        "\n%d of %d clicks arrived. Twice: %d."
            .formatted(distinct.size(), demo.events(), arrived.size() - distinct.size()));
    IO.println("The consumer was told:   " + told);
    IO.println("The supervisor returned: " + supervisor.get());
    demo.printReplay();
    printTable();
  }

  static void printTable() {
    var seconds = new Pauses(Duration.ofSeconds(1), 2, Duration.ofSeconds(30), 0.2);
    IO.println("\nWhole logs of 2000          pauses       all count   progress forgives");
    for (Pauses pauses : List.of(Pauses.NONE, seconds))
      for (var intensity :
          List.of(
              new Intensity(1, Duration.ofSeconds(5)),
              new Intensity(3, Duration.ofSeconds(5)),
              new Intensity(5, Duration.ofMinutes(1)))) {
        var policy = new Policy(intensity, pauses);
        IO.println(
            String.format(
                Locale.ROOT,
                "  %d in %2d s                 %-11s %7.2f %%        %7.2f %%",
                intensity.max(),
                intensity.period().toSeconds(),
                pauses == seconds ? "1, 2, 4 … s" : "none",
                wholeLogs(policy, false),
                wholeLogs(policy, true)));
      }
  }

  /// How many of 2000 logs a supervisor with this policy delivers, in percent. Reads take no time.
  static double wholeLogs(Policy policy, boolean progressForgives) {
    var random = new Random(2016);
    int whole = 0;
    for (int run = 0; run < 2000; run++) {
      var restarts = new Restarts(policy.intensity(), policy.pauses());
      long now = 0;
      for (long offset = 0, from = 0; ; from = offset) {
        offset +=
            (long) (Math.log(1 - random.nextDouble()) / Math.log(0.999)); // up to the next fault
        if (offset >= 10_000) whole++;
        if (progressForgives && offset > from) restarts.progress();
        if (offset >= 10_000 || !restarts.allowOneMore(now)) break;
        now += restarts.pause(random).toNanos();
      }
    }
    return whole / 20.0;
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
  /// It waits, it forgives, and it gives up on what stands in the way. "Nothing
  /// lost" is back: no schedule of transient faults stops it, as long as there
  /// are not more in a row at one place than we allow.
  ///
  /// And here is a click that nobody will ever decode:
  ///
  /// ```console
  /// $ ./jbang chapters/05-backoff.java --events 10 --fault poison@3
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
  ///
  /// 3 of 10 clicks arrived. Twice: 0.
  /// The consumer was told:   Failed[failure=publish-click@3 There is no action SHIPING.]
  /// The supervisor returned: Failed[failure=publish-click@3 There is no action SHIPING.]
  /// Replay: ./jbang chapters/05-backoff.java --events 10 --fault poison@3 --seed 42
  ///
  /// Whole logs of 2000          pauses       all count   progress forgives
  ///   1 in  5 s                 none           0.10 %          98.60 %
  ///   3 in  5 s                 none           0.90 %         100.00 %
  ///   5 in 60 s                 none           6.70 %         100.00 %
  ///   1 in  5 s                 1, 2, 4 … s    0.10 %          98.60 %
  ///   3 in  5 s                 1, 2, 4 … s  100.00 %         100.00 %
  ///   5 in 60 s                 1, 2, 4 … s    6.70 %         100.00 %
  /// ```
  ///
  /// We waited for nearly three seconds, politely, for something that won't
  /// change.
  /// Then we threw away six good clicks because of a bad one.
  ///
  /// - **One bad record** stops everything behind it. Chapter 6 begins here.
  /// - **It can't be stopped**, it delivers twice, and it cures what it should
  ///   not.
  ///
  /// **Exercises:** `exercises/05-a-ask-a-weather-station.java`,
  /// `exercises/05-b-periods-and-pauses.java`.
  ///
  /// **Sources:** Marc Brooker, "Exponential Backoff And Jitter", on the AWS
  /// Architecture Blog; Pekko's `RestartSettings` and Kubernetes'
  /// `CrashLoopBackOff`, for what others reset, and when.
}
