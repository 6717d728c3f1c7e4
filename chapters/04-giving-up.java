///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 04 · The log ends, and the supervisor gives up when it should

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
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// # 4 · Giving up
///
/// **The question.** This is chapter 3 at the end of its log:
///
/// ```console
/// $ ./jbang chapters/03-supervisor.java --events 3 --fault none
/// 03 · supervisor: 3 events, a channel of 1024
/// Starting producer.
/// An error has occurred: publish-click@3 An invalid offset has been specified!
/// Restarting producer.
/// Starting producer.
///   … and so on: 10000 restarts in which nothing moved, ≈ 75000 a second.
///
/// 3 of 3 clicks arrived, in log order. Twice: 0. Faults on the way: 0.
/// At the end of the log it restarts for ever. Chapter 4 will teach it to give up.
/// Replay: ./jbang chapters/03-supervisor.java --events 3 --fault none --seed 42
/// ```
///
/// Nothing was wrong with that log. It had no more clicks, that's all. Who
/// should have said so, and to whom? And if something had been wrong, for good:
/// how often do you try?
///
/// After this chapter you can
///
/// - give a step a third way to end, so that an end is not an error;
/// - limit restarts as Erlang/OTP does, and say what happens on the limit;
/// - give up in such a way that someone can act on it.
///
/// *Reading: 12 minutes. Exercises: 50 minutes.*
///
/// **Predict.** At most three restarts are allowed in five seconds. Ten clicks,
/// and the read at offset 7 fails three times in a row. How many arrive? And if
/// it fails four times?
class GivingUp {

  /// ## Carried over
  ///
  /// The click, the log and the go block of chapter 1, and the failure of
  /// chapter 2.

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

  /// ## The third tag
  ///
  /// A read told us two things: here's the next click, or something failed.
  /// There was no word for "that was all". So the end came along as an error,
  /// and our supervisor did to it what it does to errors.
  ///
  /// `Done` is that word. Together with `Failed` it makes the two ways in which
  /// a producer *exits*, and an exit is all that a supervisor ever sees of one.
  /// The compiler knows that `Read` is none: it can't come out of a producer.

  // region the exit

  sealed interface Outcome permits Read, Exit {}

  record Read(long nextOffset) implements Outcome {}

  /// How a producer ends.
  sealed interface Exit extends Outcome permits Done, Failed {}

  record Done(long offset) implements Exit {}

  record Failed(Failure failure) implements Exit {}

  // endregion

  /// The consumer has to hear of it as well. A `BlockingQueue` can't be closed,
  /// and takes no `null`, and a click that means "no click" would be a lie. So
  /// what travels on the channel is a message: an item, or the end.
  ///
  /// An end says which exit it was. Erlang's processes do the same for those
  /// who watch them, `{'DOWN', …, Reason}`. Who takes from a channel should
  /// never have to guess from a silence.

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

  /// The step learns the new word. Behind the last click our log knows no
  /// offset, and says so in the same words as for -1. The first is an end. The
  /// second is a mistake of ours, and stays a failure.
  ///
  /// *In the margin:* our log can't tell "behind the last click" from "far
  /// behind it", and so neither can we. Kafka's can. And a log that is still
  /// being written has no end, only a last click so far. There `take` waits.

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

  /// The producer's loop ends with any exit. It need not know which there are.

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

  /// And a consumer is now something that one can write down.

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

  /// ## How often is too often?
  ///
  /// "At most five restarts" is not it. A producer that runs for a year may
  /// fail once a month. What we mean is a rate: so many, in such a time.
  ///
  /// Erlang/OTP calls the two numbers *intensity* and *period*, and has counted
  /// in the same way for decades. Write down when each restart happened. Forget
  /// those that are older than the period. If more are left than the intensity
  /// allows, that's enough.
  ///
  /// Two things are easy to get wrong. An intensity of 3 allows three restarts:
  /// it's the fourth that is refused. And a restart that is *exactly* one
  /// period old still counts.
  ///
  /// The clock is a parameter. It's `System.nanoTime()`, and in a test it's
  /// whatever the test says. It is not `currentTimeMillis()`, which jumps when
  /// someone sets the clock, and a jump could forget a restart, or keep one
  /// for ever.

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

  /// The restarts that still count. Source: `add_restart/1` in OTP's
  /// supervisor.erl, which counts in whole seconds; we count nanoseconds.
  static class Restarts {
    private final Intensity intensity;
    private final Deque<Long> times = new ArrayDeque<>();

    Restarts(Intensity intensity) {
      this.intensity = intensity;
    }

    /// Whether there may be one more, at the time `now`.
    boolean allowOneMore(long now) {
      times.addLast(now);
      while (isOver(now - times.getFirst())) times.removeFirst();
      return times.size() <= intensity.max();
    }

    private boolean isOver(long age) {
      return Duration.ofNanos(age).compareTo(intensity.period()) > 0;
    }
  }

  /// ## The supervisor
  ///
  /// It is chapter 3's, with two ways out. When the producer is done, so is its
  /// supervisor. And when the restarts are spent, it gives up.
  ///
  /// Giving up is not dying. The supervisor puts the last failure on the
  /// channel as an end, and then *returns* it, as a value. Whoever started the
  /// supervisor can now act: try another log, wake someone up, or exit with 1.
  /// (If the channel is full, the end waits for room, and so does the caller.)
  /// Handing a problem to somebody who has more to lose is called *escalation*,
  /// and chapter 9 builds a tree of it.

  static Future<Exit> startSupervisor(
      Log log,
      BlockingQueue<Message> clicks,
      Intensity intensity,
      LongSupplier clock,
      Consumer<String> out) {
    return go(() -> {
      Exit exit = supervise(log, clicks, intensity, clock, out);
      clicks.put(new End(exit));
      return exit;
    });
  }

  static Exit supervise(
      Log log,
      BlockingQueue<Message> clicks,
      Intensity intensity,
      LongSupplier clock,
      Consumer<String> out)
      throws Exception {
    var restarts = new Restarts(intensity);
    for (Future<Exit> producer = start(log, clicks, 0); ; ) {
      out.accept("Starting producer.");
      Exit exit = producer.get();
      if (!(exit instanceof Failed(Failure failure))) return exit;
      out.accept("An error has occurred: " + failure);
      if (!restarts.allowOneMore(clock.getAsLong())) {
        out.accept("Giving up: " + intensity + ".");
        return exit;
      }
      out.accept("Restarting producer.");
      producer = start(log, clicks, failure.offset());
    }
  }

  /// ## Run it
  ///
  /// ```console
  /// $ ./jbang chapters/04-giving-up.java --events 10 --fault read@7
  /// 04 · giving up: 10 events, at most 3 restarts in 5000 ms
  /// Starting producer.
  /// An error has occurred: publish-click@7 Session has timed out.
  /// Restarting producer.
  /// Starting producer.
  ///
  /// 10 of 10 clicks arrived. Twice: 0.
  /// The consumer was told:   Done[offset=10]
  /// The supervisor returned: Done[offset=10]
  /// Replay: ./jbang chapters/04-giving-up.java --events 10 --fault read@7 --seed 42
  /// ```
  ///
  /// One restart, and an end. The program stops because its work is over, and
  /// not because someone stopped watching. With three failures in a row it is
  /// the same. Now four:
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
  /// Three restarts, and then the failure came out at both ends: to the
  /// consumer and to the one who called. Nobody waits, and nobody guesses.
  ///
  /// The same as a picture, for a log of one click:
  ///
  /// ```console
  /// $ ./jbang draw 04 --events 1 --fault read@0*
  /// ✗ fails  ↻ a new producer  ~ waits  » aside  ■ the end   04-giving-up.java
  ///
  ///   time log             producer    channel      supervisor            consumer
  ///      1 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻    2 ┆               #1 from 0   ┆            ┆                     ┆
  /// ✗    3 read 0 fails    ┆           ┆            ┆                     ┆
  ///      4 ┆           An error has occurred: publish-click@0 Session has timed out.
  ///      5 ┆               ┆           ┆            Restarting producer.  ┆
  ///      6 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻    7 ┆               #2 from 0   ┆            ┆                     ┆
  /// ✗    8 read 0 fails    ┆           ┆            ┆                     ┆
  ///      9 ┆           An error has occurred: publish-click@0 Session has timed out.
  ///     10 ┆               ┆           ┆            Restarting producer.  ┆
  ///     11 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻   12 ┆               #3 from 0   ┆            ┆                     ┆
  /// ✗   13 read 0 fails    ┆           ┆            ┆                     ┆
  ///     14 ┆           An error has occurred: publish-click@0 Session has timed out.
  ///     15 ┆               ┆           ┆            Restarting producer.  ┆
  ///     16 ┆               ┆           ┆            Starting producer.    ┆
  /// ↻   17 ┆               #4 from 0   ┆            ┆                     ┆
  /// ✗   18 read 0 fails    ┆           ┆            ┆                     ┆
  ///     19 ┆           An error has occurred: publish-click@0 Session has timed out.
  ///     20 ┆               ┆           ┆   Giving up: at most 3 restarts in 5000 ms.
  /// ■   21 ┆               ┆           put the end  ┆                     ┆
  /// ■   22 ┆  takes End[exit=Failed[failure=publish-click@0 Session has timed out.]]
  ///
  /// Replay: ./jbang draw 04 --events 1 --capacity 0 --fault read@0*
  /// ```
  void main(String... args) throws Exception {
    var demo = new Demo("04-giving-up", 10_000, args);
    var log = new SimpleLog(demo.clicks, demo::readFails);
    var clicks =
        new ArrayBlockingQueue<Message>(1024) {
          @Override
          public void put(Message message) throws InterruptedException {
            super.put(message);
            demo.afterPut();
          }
        };
    var intensity = new Intensity(3, Duration.ofSeconds(5));

    IO.println("04 · giving up: " + demo.events() + " events, " + intensity);
    Future<Exit> supervisor =
        startSupervisor(log, clicks, intensity, System::nanoTime, IO::println);
    var arrived = new ArrayList<Click>();
    Exit told = consume(clicks, arrived::add);

    var distinct = new LinkedHashSet<>(arrived);
    IO.println(
        "\n%d of %d clicks arrived. Twice: %d."
            .formatted(distinct.size(), demo.events(), arrived.size() - distinct.size()));
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
  /// It ends, and it gives up. Look at the table in README.md, though: a
  /// promise has got lost. Run it without a plan, as the essay does, with one
  /// fault in a thousand reads:
  ///
  /// ```console
  /// $ ./jbang chapters/04-giving-up.java
  /// 04 · giving up: 10000 events, at most 3 restarts in 5000 ms
  /// Starting producer.
  /// An error has occurred: publish-click@412 Session has timed out.
  /// Restarting producer.
  /// Starting producer.
  /// An error has occurred: publish-click@3386 Session has timed out.
  /// Restarting producer.
  /// Starting producer.
  /// An error has occurred: publish-click@5566 Session has timed out.
  /// Restarting producer.
  /// Starting producer.
  /// An error has occurred: publish-click@5873 Session has timed out.
  /// Giving up: at most 3 restarts in 5000 ms.
  ///
  /// 5873 of 10000 clicks arrived. Twice: 0.
  /// The consumer was told:   Failed[failure=publish-click@5873 Session has timed out.]
  /// The supervisor returned: Failed[failure=publish-click@5873 Session has timed out.]
  /// Replay: ./jbang chapters/04-giving-up.java --events 10000 --fault chance --seed 42
  /// ```
  ///
  /// Nothing is wrong with this producer. It failed four times, each time at
  /// another place, and each restart got it further. But it is fast, and so all
  /// of its honest faults fall into the same five seconds.
  ///
  /// - **Nothing lost** is broken: a healthy producer is given up.
  /// - **It never waits.** A log that is away for a moment finds a supervisor
  ///   that has used up its three restarts before the moment is over.
  /// - **One bad record** still stops everything behind it.
  /// - **It can't be stopped**, it delivers twice, and it cures what it should
  ///   not: as before. And if the supervisor itself dies, because its `out`
  ///   throws, say, the consumer is not told. Chapter 7 sees to all of these.
  ///
  /// A larger intensity is no cure. Chapter 5 shows why.
  ///
  /// **Exercises:** `exercises/04-a-copy-a-file.java`,
  /// `exercises/04-b-half-life.java`.
  ///
  /// **Sources:** the OTP manual, `supervisor(3)`, "Tuning the intensity and
  /// period"; `add_restart/1` in OTP's `supervisor.erl`; systemd's
  /// `StartLimitIntervalSec=` and `StartLimitBurst=`, the same two numbers.
}
