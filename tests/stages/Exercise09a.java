import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Exercise 09-a as the harness sees it: a pipeline whose reader reads the log and whose writer puts on
/// the channel. It has no end: after the last line, the reader waits.
public final class Exercise09a implements Stage<String> {

  private static final int MANY = 50;

  @Override
  public String event(long offset) {
    return "line " + offset;
  }

  private static final class NoMore extends RuntimeException {}

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new NoMore();
  }

  @Override
  public void start(Run<String> run) throws Exception {
    var handover = new SynchronousQueue<String>();
    rooted(
        new RestartAPipeline.Supervisor(
            RestartAPipeline.Strategy.REST_FOR_ONE,
            MANY,
            run::print,
            new RestartAPipeline.Child("connection", () -> new CountDownLatch(1).await()),
            new RestartAPipeline.Child("reader", new Reader(run, handover)),
            new RestartAPipeline.Child("writer", new Writer(run.channel(), handover))));
  }

  /// Keeps its place from one start to the next.
  private static final class Reader implements RestartAPipeline.Work {
    private final Run<String> run;
    private final BlockingQueue<String> handover;
    private volatile long offset;

    Reader(Run<String> run, BlockingQueue<String> handover) {
      this.run = run;
      this.handover = handover;
    }

    @Override
    public void run() throws InterruptedException {
      while (true) {
        handover.put(read());
        offset++;
      }
    }

    private String read() throws InterruptedException {
      try {
        return run.take(offset);
      } catch (NoMore e) {
        new CountDownLatch(1).await();
        return null;
      } catch (RuntimeException e) {
        throw new Broken("read@" + offset + " " + e);
      }
    }
  }

  /// Keeps the line in its hand from one start to the next.
  private static final class Writer implements RestartAPipeline.Work {
    private final BlockingQueue<String> channel;
    private final BlockingQueue<String> handover;
    private volatile String inHand;

    Writer(BlockingQueue<String> channel, BlockingQueue<String> handover) {
      this.channel = channel;
      this.handover = handover;
    }

    @Override
    public void run() throws InterruptedException {
      while (true) {
        if (inHand == null) inHand = handover.take();
        try {
          channel.put(inHand);
        } catch (RuntimeException e) {
          throw new Broken("put " + inHand + " " + e);
        }
        inHand = null;
      }
    }
  }

  private static final class Broken extends RuntimeException {
    Broken(String message) {
      super(message);
    }

    @Override
    public String toString() {
      return getMessage();
    }
  }

  @Override
  public List<String> failures(Run<String> run) {
    return run.printed();
  }

  @Override
  public String operation(String what) {
    return what.equals("read") ? "reader" : "writer";
  }

  // ---- siblings ----

  @Override
  public AutoCloseable tree(Run<String> run, String strategy, List<Sibling> siblings)
      throws Exception {
    return rooted(
        new RestartAPipeline.Supervisor(
            RestartAPipeline.Strategy.valueOf(strategy),
            MANY,
            _ -> {},
            siblings.stream()
                .map(it -> new RestartAPipeline.Child(it.name(), workOf(it)))
                .toArray(RestartAPipeline.Child[]::new)));
  }

  private static RestartAPipeline.Work workOf(Sibling sibling) {
    return new RestartAPipeline.Work() {
      private int state;

      @Override
      public void open() {
        sibling.started(state);
      }

      @Override
      public void run() throws Exception {
        while (true) state = sibling.work(state);
      }

      @Override
      public void close() {
        sibling.ended();
      }
    };
  }

  /// Starts a tree. To close it says what went wrong meanwhile.
  private static AutoCloseable rooted(RestartAPipeline.Supervisor supervisor) throws Exception {
    var ends = new LinkedBlockingQueue<RestartAPipeline.Failure>();
    var root = new RestartAPipeline.Child("root", supervisor);
    rethrow(root.start(ends::add));
    return () -> {
      root.stop();
      rethrow(Optional.ofNullable(ends.poll(2, TimeUnit.SECONDS)));
    };
  }

  private static void rethrow(Optional<RestartAPipeline.Failure> failure) throws Exception {
    if (failure.isEmpty()) return;
    Throwable why = failure.get().why();
    for (Throwable hidden : why.getSuppressed())
      if (hidden instanceof UnsupportedOperationException e) throw e;
    switch (why) {
      case InterruptedException _ -> {}
      case Exception e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(why);
    }
  }

  // ---- what the harness doesn't ask ----

  /// A start that fails, at first and in the middle of a restart; giving up, and beginning anew; a stop
  /// that comes meanwhile.
  @Override
  public Optional<String> complaint(Run<String> run) throws Exception {
    return complaintAboutOpen()
        .or(Exercise09a::complaintAboutBadStarts)
        .or(Exercise09a::complaintAboutGivingUp)
        .or(Exercise09a::complaintAboutTheBooks)
        .or(Exercise09a::complaintAboutInterrupts);
  }

  private static Optional<String> complaintAboutOpen() {
    try (var scene = new Scene(RestartAPipeline.Strategy.REST_FOR_ONE, 2)) {
      scene.reader.badStarts = 1;
      scene.start();
      scene.stop();
      return scene
          .complaint(
              "at first, the reader doesn't start, so none should run.",
              "start connection, no start reader, end connection")
          .or(() ->
              scene.startFailed.filter(why -> why instanceof RestartAPipeline.GaveUp).isPresent()
                  ? Optional.empty()
                  : Optional.of(
                      "at first, the reader doesn't start. open should throw a GaveUp, and "
                          + scene.startFailed.map(why -> "throws " + why).orElse("throws nothing")
                          + "."));
    }
  }

  private static Optional<String> complaintAboutBadStarts() {
    String story = "the connection fails, and then the reader doesn't start, %s. Under %s";
    String stops =
        "start connection, start reader, start writer, end connection, end writer, end reader, ";
    String end = ", end writer, end reader, end connection";
    return played(
            RestartAPipeline.Strategy.REST_FOR_ONE,
            story.formatted("twice", "REST_FOR_ONE, the connection stays then."),
            scene -> scene.reader.badStarts = 2,
            stops
                + "start connection, no start reader, no start reader, start reader, start writer"
                + end,
            3)
        .or(() ->
            played(
                RestartAPipeline.Strategy.ONE_FOR_ALL,
                story.formatted("once", "ONE_FOR_ALL, the connection has to go again."),
                scene -> scene.reader.badStarts = 1,
                stops
                    + "start connection, no start reader, end connection, start connection, start"
                    + " reader, start writer"
                    + end,
                2))
        .or(() ->
            played(
                RestartAPipeline.Strategy.ONE_FOR_ONE,
                "the connection fails, and then doesn't start, once. Under ONE_FOR_ONE, that's its"
                    + " own business.",
                scene -> scene.connection.badStarts = 1,
                "start connection, start reader, start writer, end connection, no start"
                    + " connection, start connection"
                    + end,
                2));
  }

  private interface Preparation {
    void of(Scene scene);
  }

  /// The connection fails, once, and something doesn't start after that.
  private static Optional<String> played(
      RestartAPipeline.Strategy strategy,
      String story,
      Preparation preparation,
      String expected,
      int failures) {
    try (var scene = new Scene(strategy, MANY)) {
      scene.start();
      preparation.of(scene);
      scene.connection.fail();
      scene.await(expected.split(", ").length - 3);
      scene.stop();
      return scene
          .complaint(story, expected)
          .or(() ->
              scene.said.size() == failures
                  ? Optional.empty()
                  : Optional.of(
                      "%s That makes %d failures, each to be said to out. What was said is %s."
                          .formatted(story, failures, scene.said)));
    }
  }

  private static Optional<String> complaintAboutGivingUp() {
    String starts = "start connection, start reader, start writer, ";
    for (int most : List.of(0, 2))
      try (var scene = new Scene(RestartAPipeline.Strategy.REST_FOR_ONE, most)) {
        scene.start();
        for (int i = 0; i <= most; i++) scene.failAndAwait(scene.writer, i < most);
        var complaint =
            scene.complaintAboutTheEnd(
                "with at most %d restarts, the writer fails %s. That's one too many."
                    .formatted(most, most == 0 ? "once" : most + 1 + " times"),
                starts
                    + "end writer, start writer, ".repeat(most)
                    + "end writer, end reader, end connection",
                "writer");
        if (complaint.isPresent()) return complaint;
      }
    try (var scene = new Scene(RestartAPipeline.Strategy.ONE_FOR_ALL, 2)) {
      scene.start();
      scene.reader.badStarts = MANY;
      scene.writer.fail();
      return scene.complaintAboutTheEnd(
          "with at most 2 restarts, the writer fails, and from then on the reader doesn't start."
              + " That's one failure, and one more for each restart.",
          starts
              + "end writer, end reader, end connection, start connection, no start reader, end"
              + " connection, start connection, no start reader, end connection",
          "reader");
    }
  }

  private static Optional<String> complaintAboutTheBooks() {
    try (var scene = new Scene()) {
      scene.start();
      for (int i = 0; i < 4; i++) scene.failAndAwait(scene.reader, true);
      scene.stop();
      String again = "end reader, end connection, start connection, start reader, ";
      String story =
          "a supervisor of connection and reader, ONE_FOR_ALL with at most 1 restart, is itself the"
              + " child of another one, and the writer is that one's second child. The reader"
              + " fails four times.";
      return scene
          .complaint(
              story,
              "start connection, start reader, start writer, "
                  + again.repeat(4)
                  + "end writer, end reader, end connection")
          .or(() ->
              scene.said.size() == 2
                  ? Optional.empty()
                  : Optional.of(
                      "%s Every second time it gives up, is started again, and begins to count anew: that makes 2 failures for the other one. There were %d: %s."
                          .formatted(story, scene.said.size(), scene.said)));
    }
  }

  private static Optional<String> complaintAboutInterrupts() {
    try (var scene = new Scene(RestartAPipeline.Strategy.ONE_FOR_ALL, MANY)) {
      scene.reader.slowStart = true;
      Thread start = Thread.ofVirtual().start(scene::start);
      scene.reader.awaitSlowStart();
      start.interrupt();
      await(start);
      scene.stop();
      var complaint =
          scene.complaint(
              "at first, while the reader starts, somebody interrupts the one who starts it all, so"
                  + " none should run.",
              "start connection, end connection");
      if (complaint.isPresent()) return complaint;
      if (scene.startFailed.filter(InterruptedException.class::isInstance).isEmpty())
        return Optional.of(
            "at first, while the reader starts, somebody interrupts the one who starts it all. open"
                + " should throw the InterruptedException, and "
                + scene.startFailed.map(why -> "throws " + why).orElse("throws nothing")
                + ".");
    }
    try (var scene = new Scene(RestartAPipeline.Strategy.ONE_FOR_ALL, MANY)) {
      scene.start();
      scene.reader.slowStart = true;
      scene.writer.fail();
      scene.reader.awaitSlowStart();
      scene.stop();
      return scene.complaint(
          "the writer has failed, and while the reader starts again, all are stopped. That's no"
              + " failure of the reader's.",
          "start connection, start reader, start writer, end writer, end reader, end connection,"
              + " start connection, end connection");
    }
  }

  private static void await(Thread thread) {
    try {
      thread.join(Duration.ofSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Three parts below one supervisor, or two, and what they do.
  private static final class Scene implements AutoCloseable {
    final BlockingQueue<String> noted = new LinkedBlockingQueue<>();
    final List<String> seen = new ArrayList<>();
    final List<String> said = new ArrayList<>();
    final Part connection = new Part("connection", noted);
    final Part reader = new Part("reader", noted);
    final Part writer = new Part("writer", noted);
    final BlockingQueue<RestartAPipeline.Failure> ends = new LinkedBlockingQueue<>();
    final RestartAPipeline.Child root;
    volatile Optional<Throwable> startFailed = Optional.empty();
    private Optional<String> trouble = Optional.empty();

    Scene(RestartAPipeline.Strategy strategy, int most) {
      root =
          child(
              "root",
              new RestartAPipeline.Supervisor(
                  strategy,
                  most,
                  said::add,
                  child("connection", connection),
                  child("reader", reader),
                  child("writer", writer)));
    }

    Scene() {
      var inner =
          new RestartAPipeline.Supervisor(
              RestartAPipeline.Strategy.ONE_FOR_ALL,
              1,
              _ -> {},
              child("connection", connection),
              child("reader", reader));
      root =
          child(
              "root",
              new RestartAPipeline.Supervisor(
                  RestartAPipeline.Strategy.ONE_FOR_ONE,
                  MANY,
                  said::add,
                  child("inner", inner),
                  child("writer", writer)));
    }

    private static RestartAPipeline.Child child(String name, RestartAPipeline.Work work) {
      return new RestartAPipeline.Child(name, work);
    }

    void start() {
      try {
        startFailed = root.start(ends::add).map(RestartAPipeline.Failure::why);
      } catch (InterruptedException | RuntimeException e) {
        startFailed = Optional.of(e);
      }
    }

    void failAndAwait(Part part, boolean restart) {
      int before = part.starts;
      part.fail();
      long end = System.nanoTime() + PATIENCE_NANOS;
      while (restart && part.starts == before && System.nanoTime() < end && ends.isEmpty()) pause();
    }

    void await(int notes) {
      long end = System.nanoTime() + PATIENCE_NANOS;
      while (noted.size() < notes && System.nanoTime() < end && ends.isEmpty()) pause();
    }

    private static void pause() {
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void stop() {
      var stop = new FutureTask<Void>(root::stop, null);
      Thread.startVirtualThread(stop);
      try {
        stop.get(2, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        trouble = Optional.of(" Two seconds after it was asked to stop, it was still there.");
      } catch (Exception e) {
        trouble = Optional.of(" The stop threw " + e + ".");
      }
      noted.drainTo(seen);
    }

    Optional<String> complaint(String story, String expected) {
      if (String.join(", ", seen).equals(expected) && trouble.isEmpty()) return Optional.empty();
      return Optional.of(
          "%s It went: %s. It should go: %s.%s"
              .formatted(
                  story, String.join(", ", seen), expected, trouble.orElse("") + unwritten()));
    }

    private String unwritten() {
      for (var end : ends)
        if (!(end.why() instanceof InterruptedException))
          return " It ended with " + end.why() + ".";
      return "";
    }

    /// It ends by itself, and says why.
    Optional<String> complaintAboutTheEnd(String story, String expected, String culprit) {
      RestartAPipeline.Failure end = null;
      try {
        end = ends.poll(2, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      stop();
      if (end == null)
        return Optional.of(
            story
                + " Two seconds later it had not given up. It went: "
                + String.join(", ", seen.subList(0, Math.min(seen.size(), 20)))
                + ".");
      var complaint = complaint(story, expected);
      if (complaint.isPresent()) return complaint;
      if (end.why() instanceof RestartAPipeline.GaveUp gaveUp
          && gaveUp.getMessage().startsWith(culprit)) return Optional.empty();
      return Optional.of(
          "%s It should end with a GaveUp that names the %s, and ended with %s."
              .formatted(story, culprit, end.why()));
    }

    @Override
    public void close() {
      stop();
    }
  }

  private static final long PATIENCE_NANOS = 2_000_000_000;

  private static final class Over extends Error {}

  /// Notes when it starts and ends, and fails when it's told to.
  private static final class Part implements RestartAPipeline.Work {
    final String name;
    final BlockingQueue<String> noted;
    final BlockingQueue<String> faults = new LinkedBlockingQueue<>();
    final CountDownLatch isSlow = new CountDownLatch(1);
    volatile boolean slowStart;
    volatile int badStarts;
    volatile int starts;

    Part(String name, BlockingQueue<String> noted) {
      this.name = name;
      this.noted = noted;
    }

    @Override
    public void open() throws InterruptedException {
      if (noted.size() > 4 * MANY) throw new Over(); // or else it would never end
      if (slowStart) {
        if (isSlow.getCount() == 0) {
          noted.add("start " + name + " once more");
          throw new Over();
        }
        isSlow.countDown();
        new CountDownLatch(1).await();
      }
      if (badStarts > 0) {
        badStarts--;
        noted.add("no start " + name);
        throw new IllegalStateException("the " + name + " does not answer");
      }
      noted.add("start " + name);
      starts++;
    }

    @Override
    public void run() throws InterruptedException {
      throw new IllegalStateException(faults.take());
    }

    @Override
    public void close() {
      noted.add("end " + name);
    }

    void fail() {
      faults.add("the " + name + " is broken");
    }

    void awaitSlowStart() {
      try {
        isSlow.await(2, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
