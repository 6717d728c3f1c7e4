///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 03 · A supervisor restarts the producer at the failed offset

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/// # 3 · The supervisor
///
/// **The question.** Chapter 2 gave us a value that says what failed, where,
/// and at what. It lay in a `Future`, and the consumer starved all the same.
/// Who acts on it?
///
/// After this chapter you can
///
/// - write a supervisor in a dozen lines, and say which of them does the work;
/// - explain why a consumer need not know that its producer died;
/// - name the moment at which this supervisor delivers a click twice.
///
/// *Reading: 12 minutes. Exercises: 45 minutes.*
///
/// **Predict.** The producer fails at offset 7 and is restarted. After that
/// first fault, what does the consumer see? And what happens at the end of the
/// log?
class Supervisor {

  /// ## Carried over
  ///
  /// The click, the log and the go block of chapter 1; the step and the
  /// producer of chapter 2. Not a word has changed.

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

  // region the outcome

  sealed interface Outcome permits Read, Failed {}

  record Read(long nextOffset) implements Outcome {}

  record Failed(Failure failure) implements Outcome {}

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

  // region the step

  static Outcome publishClick(Log log, long offset, BlockingQueue<Click> clicks) {
    try {
      Click click = log.take(offset);
      clicks.put(click);
      return new Read(offset + 1);
    } catch (Throwable e) {
      return new Failed(new Failure(e, offset, "publish-click"));
    }
  }

  // endregion

  // region the producer

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

  // endregion

  /// ## The supervisor
  ///
  /// A supervisor starts a producer and waits for it to end. When it does, the
  /// supervisor says why, and starts another one.
  ///
  /// Two words carry it. The new producer begins at `failure.offset()`, so no
  /// click is left out. It puts on the same `clicks`, so the consumer need not
  /// reconnect: from where it stands there was a pause, and no death at all.
  /// This is what Joe Armstrong means by isolating errors.
  ///
  /// The essay says of it that this "will probably get us in trouble later". It
  /// will. It also prints "Starting producer." after the start rather than
  /// before; we've kept that, and so have its messages.
  ///
  /// *In the margin:* the essay's `start` makes a new connection at each
  /// restart, and its pretend connection brings new random clicks along. A log
  /// that changes its past is no log, so ours is made once and handed in.

  static void startSupervisor(Log log, BlockingQueue<Click> clicks, Consumer<String> out) {
    go(() -> {
      for (Future<Failure> producer = start(log, clicks, 0); ; ) {
        out.accept("Starting producer.");
        Failure failure = producer.get();
        out.accept("An error has occurred: " + failure);
        out.accept("Restarting producer.");
        producer = start(log, clicks, failure.offset());
      }
    });
  }

  /// ## Run it
  ///
  /// ```console
  /// $ ./jbang chapters/03-supervisor.java --events 10 --fault read@7
  /// 03 · supervisor: 10 events, a channel of 1024
  /// Starting producer.
  /// An error has occurred: publish-click@7 Session has timed out.
  /// Restarting producer.
  /// Starting producer.
  /// An error has occurred: publish-click@10 An invalid offset has been specified!
  /// Restarting producer.
  /// Starting producer.
  ///   … and so on: 10000 restarts in which nothing moved, ≈ 87000 a second.
  ///
  /// 10 of 10 clicks arrived, in log order. Twice: 0. Faults on the way: 1.
  /// At the end of the log it restarts for ever. Chapter 4 will teach it to give up.
  /// Replay: ./jbang chapters/03-supervisor.java --events 10 --fault read@7 --seed 42
  /// ```
  ///
  /// Ten of ten. The consumer did not notice a thing. That was the easy part.
  ///
  /// Then comes the end of the log. Reading past it fails, for ever, and our
  /// supervisor knows one answer to everything. It would go on till the power
  /// fails; the demo stops watching after ten thousand restarts.
  ///
  /// Now lose an acknowledgement. The click at offset 7 gets through, and only
  /// then does the put fail:
  ///
  /// ```console
  /// $ ./jbang chapters/03-supervisor.java --events 10 --fault put@7
  /// 03 · supervisor: 10 events, a channel of 1024
  /// Starting producer.
  /// An error has occurred: publish-click@7 Session has timed out.
  /// Restarting producer.
  /// Starting producer.
  /// An error has occurred: publish-click@10 An invalid offset has been specified!
  /// Restarting producer.
  /// Starting producer.
  ///   … and so on: 10000 restarts in which nothing moved, ≈ 87000 a second.
  ///
  /// 10 of 10 clicks arrived, in log order. Twice: 1. Faults on the way: 1.
  /// At the end of the log it restarts for ever. Chapter 4 will teach it to give up.
  /// Replay: ./jbang chapters/03-supervisor.java --events 10 --fault put@7 --seed 42
  /// ```
  ///
  /// Ten clicks, and one of them twice. The step failed *after* its effect, and
  /// the supervisor repeats a failed step. This is called at-least-once.
  void main(String... args) throws InterruptedException {
    var demo = new Demo("03-supervisor", 10_000, args);
    var log = new SimpleLog(demo.clicks, demo::readFails);
    var clicks =
        new ArrayBlockingQueue<Click>(1024) {
          @Override
          public void put(Click click) throws InterruptedException {
            super.put(click);
            demo.afterPut();
          }
        };
    var screen = new Screen();

    IO.println("03 · supervisor: " + demo.events() + " events, a channel of 1024");
    startSupervisor(log, clicks, screen);

    var arrived = new ArrayList<Click>();
    for (int idle = 0; idle < 1000; idle++) {
      if (arrived.size() >= demo.events() && screen.isSpinning()) break;
      Click click = clicks.poll(10, TimeUnit.MILLISECONDS);
      if (click == null) continue;
      arrived.add(click);
      idle = 0;
    }
    clicks.drainTo(arrived);
    var distinct = new LinkedHashSet<>(arrived);

    if (screen.isSpinning())
      IO.println(
          "  … and so on: %d restarts in which nothing moved, ≈ %s a second."
              .formatted(Screen.ENOUGH, screen.aSecond()));
    else IO.println("  (ten seconds of silence)");
    IO.println();
    IO.println(
        "%d of %d clicks arrived, %s. Twice: %d. Faults on the way: %d."
            .formatted(
                distinct.size(),
                demo.events(),
                List.copyOf(distinct).equals(demo.clicks) ? "in log order" : "out of order",
                arrived.size() - distinct.size(),
                screen.faults));
    if (screen.isSpinning())
      IO.println("At the end of the log it restarts for ever. Chapter 4 will teach it to give up.");
    demo.printReplay();
  }

  /// Shows what the supervisor says, until it only repeats itself.
  static class Screen implements Consumer<String> {
    static final int ENOUGH = 10_000;

    final CountDownLatch spinning = new CountDownLatch(ENOUGH);
    int faults;
    long first, last;

    @Override
    public void accept(String line) {
      boolean end = line.contains("An invalid offset");
      if (end) {
        if (spinning.getCount() == ENOUGH) first = System.nanoTime();
        if (!isSpinning()) last = System.nanoTime();
        spinning.countDown();
      } else if (line.startsWith("An error") && spinning.getCount() == ENOUGH) faults++;
      if (spinning.getCount() > ENOUGH - 2) IO.println(line);
    }

    boolean isSpinning() {
      return spinning.getCount() == 0;
    }

    /// To two digits. The others differ from run to run.
    String aSecond() {
      return new BigDecimal(ENOUGH * 1e9 / (last - first))
          .round(new MathContext(2))
          .toPlainString();
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
  /// Downstream lives on, on the same channel, and nothing is lost. That is
  /// what the essay promised. Here is what it didn't mention:
  ///
  /// - **Twice.** A failure after the put delivers a click again.
  /// - **It never ends.** To this supervisor the end of the log is one more
  ///   error.
  /// - **It never gives up, and never waits.** A fault that stays is retried as
  ///   fast as the machine allows. One bad record stops everything behind it.
  /// - **It can't be stopped.** Interrupt its producer, and that is a failure
  ///   like any other: restarted. Its own thread belongs to nobody.
  /// - **It cures what it should not.** Out of memory? "Restarting producer."
  ///
  /// Ten thousand restarts went by at the end of the log. Chapter 4 begins
  /// right there.
  ///
  /// **Exercises:** `exercises/03-a-poll-a-table.java`,
  /// `exercises/03-b-count-the-restarts.java`.
  ///
  /// **Sources:** the same essay; Joe Armstrong's thesis, chapter 5 for
  /// supervisors; the OTP manual, `supervisor(3)`.
}
