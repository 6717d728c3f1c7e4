///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 01 · A producer that loops naively, and dies in silence

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/// # 1 · The naive producer
///
/// **The question.** A web shop writes every click of its customers to an
/// append-only log, such as Kafka. You want those clicks in your program, one
/// after the other. How hard can it be?
///
/// A *producer* is the answer that everybody writes first. It does two things:
/// it fetches values from somewhere outside, and it puts them on a channel.
/// That's all. Message queues, tables, log files, sensors, key presses: the
/// world is full of producers.
///
/// After this chapter you can
///
/// - read a log by offset, and put what you read on a channel;
/// - say what *backpressure* is, and point at the word that gives it to us;
/// - make this producer die, and hear the sound that it makes.
///
/// *Reading: 10 minutes. Exercises: 35 minutes.*
///
/// **Predict.** Before you run anything: the read of offset 3 fails. What does
/// the consumer print next? Write your answer down; you'll check it below.
class NaiveProducer {

  /// ## A click
  ///
  /// Someone did something. That is all we know, and all we need.

  // region the click

  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Click(UUID userId, Action action) {}

  // endregion

  /// ## The log
  ///
  /// A log remembers, and it remembers in order. The first click has offset 0,
  /// the second one offset 1, and reading does not remove anything. So the log
  /// needn't know who has read how far: *the reader* keeps the offset. That
  /// small fact will carry us through this whole tutorial.
  ///
  /// A read waits for the network, and whatever waits can be interrupted.

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

  /// ## Something that runs beside us
  ///
  /// The essay that we follow is written in Clojure, where such a loop lives in
  /// a *go block*. A go block runs beside its caller, and gives back a channel
  /// on which its result will appear. Java's word for the first half is virtual
  /// thread, and for the second half `Future`.

  // region the go block

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  // endregion

  /// ## The producer
  ///
  /// Here it is, and it's as short as you hoped.
  ///
  /// Look at `put`. The channel is a `BlockingQueue`, so `put` waits until
  /// there is room. With a `SynchronousQueue`, which has no room at all, it
  /// waits until somebody takes the click out of its hand. A slow consumer
  /// slows down the producer, and nobody had to write a line for it. That is
  /// *backpressure*.
  ///
  /// Look at `offset`. It is a local variable of one loop in one thread. No one
  /// else can see it, so no one else can spoil it.
  ///
  /// *In the margin:* the essay's `start` makes the log and the channel itself.
  /// Ours is handed both, so that a test can hand in a log that fails on cue.
  static void start(Log log, BlockingQueue<Click> clicks) {
    go(() -> {
      for (long offset = 0; ; offset++) {
        Click click = log.take(offset);
        clicks.put(click);
      }
    });
  }

  /// ## Run it
  ///
  /// ```console
  /// $ ./jbang chapters/01-naive-producer.java --events 5
  /// 01 · naive producer: 5 events, no buffer
  ///   offset 0: ADD_TO_CART
  ///   offset 1: PAYMENT
  ///   offset 2: PAYMENT
  ///   offset 3: PAYMENT
  ///   offset 4: PAYMENT
  ///   (a second of silence)
  ///
  /// 5 of 5 clicks arrived. The end? A crash? Nobody says.
  /// Replay: ./jbang chapters/01-naive-producer.java --events 5 --fault chance --seed 42
  /// ```
  ///
  /// The consumer waits a second for each click, and then shrugs. Now let the
  /// read of offset 3 time out:
  ///
  /// ```console
  /// $ ./jbang chapters/01-naive-producer.java --events 5 --fault read@3
  /// 01 · naive producer: 5 events, no buffer
  ///   offset 0: ADD_TO_CART
  ///   offset 1: PAYMENT
  ///   offset 2: PAYMENT
  ///   (a second of silence)
  ///
  /// 3 of 5 clicks arrived. The end? A crash? Nobody says.
  /// Replay: ./jbang chapters/01-naive-producer.java --events 5 --fault read@3 --seed 42
  /// ```
  ///
  /// Compare the two endings. In the first run the log was read to its end. In
  /// the second one the network hiccuped *once*, and two clicks will never
  /// come. The consumer sees the same thing in both: nothing.
  void main(String... args) throws InterruptedException {
    var demo = new Demo("01-naive-producer", 10, args);
    var log = new SimpleLog(demo.clicks, demo::readFails);
    var clicks =
        new SynchronousQueue<Click>() {
          @Override
          public void put(Click click) throws InterruptedException {
            super.put(click);
            demo.afterPut();
          }
        };

    IO.println("01 · naive producer: " + demo.events() + " events, no buffer");
    start(log, clicks);

    int arrived = 0;
    for (Click click; (click = clicks.poll(1, TimeUnit.SECONDS)) != null; arrived++) {
      if (arrived < 10) IO.println("  offset " + arrived + ": " + click.action());
    }
    IO.println("  (a second of silence)");
    IO.println();
    IO.println(
        arrived + " of " + demo.events() + " clicks arrived. The end? A crash? Nobody says.");
    demo.printReplay();
  }

  /// ## The apparatus
  ///
  /// Every chapter's demo understands the same four options, and ends with the
  /// command that repeats it. You may skip this part for ever.

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
  /// Clicks come out in log order, and a slow consumer is safe. None comes twice,
  /// either; but then, the dead repeat nothing.
  ///
  /// Then there is the silence. The exception did not vanish: `go` put it into
  /// a `Future`, and `start` threw the `Future` away. You've seen this before,
  /// in every `executor.submit(…)` whose result nobody keeps.
  ///
  /// More traps lie in these few lines, and each gets its chapter: the end of
  /// the log kills the producer as surely as a fault does; when the consumer
  /// leaves, the producer waits in `put` for ever; and no one can tell it to
  /// stop.
  ///
  /// It died, and nobody knows. [Chapter 2](02-step-function.java) starts
  /// there.
  ///
  /// **Exercises:** `exercises/01-a-tail-a-file.java`,
  /// `exercises/01-b-last-words.java`.
  ///
  /// **Sources:** Angus Fletcher's essay of 2016, "The puts and takes of
  /// core.async: error handling for producers"; JEP 444 (virtual threads); the
  /// documentation of `java.util.concurrent.BlockingQueue`.
}
