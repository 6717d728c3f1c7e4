///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 02 · One step, one tagged result: the failure becomes a value

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

/// # 2 · The step function
///
/// **The question.** Chapter 1 ended in silence. The producer was dead, and the
/// only witness was a `Future` that nobody kept. What did it die of, and how
/// far had it come?
///
/// After this chapter you can
///
/// - turn the body of a loop into a *step*: a function that you can call by
///   hand;
/// - return a *tagged result*, so that a failure is a value like any other;
/// - say which three things a failure must tell whoever wants to act on it.
///
/// *Reading: 10 minutes. Exercises: 40 minutes.*
///
/// **Predict.** The log holds 10,000 clicks, and one read in 1000 times out.
/// How many clicks does the consumer get, give or take? All of them?
class StepFunction {

  /// ## Carried over
  ///
  /// The click, the log, and the go block are those of chapter 1.

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

  /// ## A result with a tag
  ///
  /// One turn of the loop can end in two ways. We read a click, and know the
  /// next offset. Or we failed, and know at what.
  ///
  /// The essay tags its results with keywords, `[:read n]` and `[:error {…}]`.
  /// Java has a type for that: a sealed interface says which tags there are,
  /// and the compiler won't let a `switch` forget one.

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

  /// ## The step
  ///
  /// Here's the body of the loop on its own. It has no thread, no loop and no
  /// memory: everything that it needs comes in, and everything that it has to
  /// say goes out. You can call it at a prompt, once, and look at the result.
  /// (Do: the session beside this file lets you.)
  ///
  /// *In the margin:* the essay runs each step in a go block of its own,
  /// because there a put may only wait inside one. A virtual thread may wait
  /// anywhere, so a plain call will do, and costs next to nothing.

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

  /// ## The producer
  ///
  /// What remains of the loop does nothing but look at tags. And it *returns*
  /// something: the failure that ended it. That's what the `Future` is for.
  ///
  /// It also starts wherever we like. Keep that in mind.

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

  /// ## Run it
  ///
  /// ```console
  /// $ ./jbang chapters/02-step-function.java --fault read@3
  /// 02 · step function: 10000 events, no buffer
  ///   (a second of silence)
  ///
  /// 3 of 10000 clicks arrived, and then none.
  /// But this time someone kept the Future, and it holds a value:
  ///   publish-click@3 Session has timed out.
  /// Replay: ./jbang chapters/02-step-function.java --events 10000 --fault read@3 --seed 42
  /// ```
  ///
  /// Now leave the faults to chance, as the network does:
  ///
  /// ```console
  /// $ ./jbang chapters/02-step-function.java
  /// 02 · step function: 10000 events, no buffer
  ///   (a second of silence)
  ///
  /// 412 of 10000 clicks arrived, and then none.
  /// But this time someone kept the Future, and it holds a value:
  ///   publish-click@412 Session has timed out.
  /// Replay: ./jbang chapters/02-step-function.java --events 10000 --fault chance --seed 42
  /// ```
  ///
  /// One read in 1000 fails, so a run of 10,000 has a chance of about one in
  /// 22,000 to get through. Was your prediction close?
  void main(String... args) throws Exception {
    var demo = new Demo("02-step-function", 10_000, args);
    var log = new SimpleLog(demo.clicks, demo::readFails);
    var clicks =
        new SynchronousQueue<Click>() {
          @Override
          public void put(Click click) throws InterruptedException {
            super.put(click);
            demo.afterPut();
          }
        };

    IO.println("02 · step function: " + demo.events() + " events, no buffer");
    Future<Failure> producer = start(log, clicks, 0);

    int arrived = 0;
    while (clicks.poll(1, TimeUnit.SECONDS) != null) arrived++;
    IO.println("  (a second of silence)");
    IO.println();
    IO.println(arrived + " of " + demo.events() + " clicks arrived, and then none.");
    IO.println("But this time someone kept the Future, and it holds a value:");
    IO.println("  " + producer.get());
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
  /// One step can be taken and looked at by hand. A failure is a value that
  /// names the exception, the offset and the operation.
  ///
  /// The consumer is no better off. It still waits for clicks that won't come,
  /// because the value lies in a `Future` and no one acts on it. The end of the
  /// log still looks like a failure, too: two tags are one too few.
  ///
  /// And there is a trap in the step that is easy to miss. `catch (Throwable
  /// e)` is the essay's, and it catches more than the network's moods: an
  /// `OutOfMemoryError` becomes a `Failure`, and so does the interrupt with
  /// which someone wanted to stop us. [Chapter 3](03-supervisor.java) will make
  /// that worse before chapter 7 makes it right.
  ///
  /// **Exercises:** `exercises/02-a-read-a-sensor.java`,
  /// `exercises/02-b-name-the-operation.java`.
  ///
  /// **Sources:** the same essay; JEP 409 (sealed classes); JEP 440 (record
  /// patterns); Joe Armstrong's thesis "Making reliable systems in the presence
  /// of software errors" (2003), for errors as something that one *sends*.
}
