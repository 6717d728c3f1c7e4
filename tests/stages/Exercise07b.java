import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;

/// Exercise 07-b as the harness sees it: chapter 7, whose end has a latch. The harness is the consumer,
/// so when it takes the end, this adapter opens the latch for it.
public final class Exercise07b implements Stage<DrainBeforeYouLeave.Click> {

  /// Each run has an adapter of its own, made by the one who takes.
  private final Thread consumer = Thread.currentThread();

  private DrainBeforeYouLeave.Supervision supervision;
  private long last = -1;

  @Override
  public DrainBeforeYouLeave.Click event(long offset) {
    return click(offset);
  }

  private static DrainBeforeYouLeave.Click click(long offset) {
    return new DrainBeforeYouLeave.Click(new UUID(0, offset), DrainBeforeYouLeave.Action.PAYMENT);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new DrainBeforeYouLeave.InvalidOffset();
  }

  @Override
  public void start(Run<DrainBeforeYouLeave.Click> run) {
    resume(run, 0);
  }

  @Override
  public void resume(Run<DrainBeforeYouLeave.Click> run, long from) {
    supervision =
        DrainBeforeYouLeave.startSupervisor(
            run::take,
            run.channel(this::event, this::isNew),
            from,
            () -> run.sleep(Duration.ofMillis(100)),
            run::print);
    run.hold(supervision.exit);
  }

  private Optional<DrainBeforeYouLeave.Click> event(DrainBeforeYouLeave.Message message) {
    return switch (message) {
      case DrainBeforeYouLeave.Item(_, var click) -> Optional.of(click);
      case DrainBeforeYouLeave.End(_, var taken) -> {
        if (Thread.currentThread() == consumer) taken.countDown(); // it asks when it has taken it
        yield Optional.empty();
      }
    };
  }

  private boolean isNew(DrainBeforeYouLeave.Message message) {
    if (!(message instanceof DrainBeforeYouLeave.Item(long offset, _))) return true;
    if (offset <= last) return false;
    last = offset;
    return true;
  }

  @Override
  public Optional<String> stop(Duration within) throws InterruptedException {
    return supervision.stop(within);
  }

  @Override
  public long stoppedAt() throws Exception {
    if (supervision.exit.isDone()
        && supervision.exit.get() instanceof DrainBeforeYouLeave.Stopped(long offset))
      return offset;
    throw new NotOffered("it did not stop: " + supervision.exit);
  }

  @Override
  public boolean drain(Duration within) throws InterruptedException {
    return supervision.drain(within);
  }

  @Override
  public List<String> failures(Run<DrainBeforeYouLeave.Click> run) {
    return run.printed();
  }

  // --- the ways in which drain() can be called ---

  @Override
  public Optional<String> complaint(Run<DrainBeforeYouLeave.Click> run) throws Exception {
    if (run.printed().stream().noneMatch(line -> line.contains("@3")))
      return Optional.empty(); // the check runs two scripts, and once is enough
    // each of them waits for a while, so they wait together
    var answers =
        java.util.stream.Stream.<Callable<Optional<String>>>of(
                Exercise07b::nobodyTakes,
                Exercise07b::nobodyTakesTheEnd,
                Exercise07b::endedAndTold,
                Exercise07b::endedAndWaiting,
                Exercise07b::died,
                Exercise07b::atOnce,
                Exercise07b::slowToStop)
            .map(FutureTask::new)
            .toList();
    for (var answer : answers) Thread.ofVirtual().name("question").start(answer);
    Optional<String> complaint = Optional.empty();
    Optional<Throwable> thrown = Optional.empty();
    for (var answer : answers) {
      try {
        var next = answer.get();
        complaint = complaint.or(() -> next);
      } catch (ExecutionException e) {
        thrown = thrown.or(() -> Optional.of(e.getCause()));
      }
    }
    if (thrown.isEmpty()) return complaint;
    throw thrown.get() instanceof Exception e ? e : new IllegalStateException(thrown.get());
  }

  private static Optional<String> nobodyTakes() throws Exception {
    try (var stream = new Stream(2, TestLog.endless())) {
      await(() -> stream.clicks.remainingCapacity() == 0);
      String what = "the channel is full, and nobody takes. ";
      var first = stream.drain(SHORT);
      if (first.complaint().isPresent()) return first.complaint().map(what::concat);
      if (first.went) return Optional.of(what + "drain() returned true.");
      stream.startTaking();
      return stream.ends(2, what + AGAIN, stream.drain(LONG));
    }
  }

  private static Optional<String> nobodyTakesTheEnd() throws Exception {
    try (var stream = new Stream(9, TestLog.stuckAt(3, 0))) {
      await(() -> stream.clicks.size() == 3);
      String what = "on the channel are three clicks, and room for more; nobody takes. ";
      var first = stream.drain(SHORT);
      if (first.complaint().isPresent()) return first.complaint().map(what::concat);
      String early = "drain() returned true after %d ms. Nobody has taken the end.";
      if (first.went) return Optional.of(what + early.formatted(first.millis));
      stream.startTaking();
      return stream.ends(3, what + AGAIN, stream.drain(LONG));
    }
  }

  private static final String AGAIN =
      "The first drain() had too little time. Then somebody takes again, and there's a second one."
          + " ";

  private static Optional<String> endedAndTold() throws Exception {
    try (var stream = new Stream(9, TestLog.of(2))) {
      stream.startTaking();
      await(stream.supervision.exit::isDone);
      String what = "the supervisor came to the log's end by itself, and told the consumer. ";
      return stream
          .ends(2, what, stream.drain(LONG))
          .or(() -> stream.ends(2, what + "Then came a second drain(). ", stream.drain(LONG)));
    }
  }

  private static Optional<String> endedAndWaiting() throws Exception {
    try (var stream = new Stream(2, TestLog.of(2))) {
      await(() -> stream.log.ended);
      Thread.sleep(20); // now it waits for room; and if it doesn't yet, all should go well, too
      String what =
          "the supervisor came to the log's end by itself, and waits for room to tell the consumer."
              + " ";
      var drain = stream.startDraining(LONG);
      Thread.sleep(20);
      stream.startTaking();
      return stream.ends(2, what, stream.finish(drain));
    }
  }

  private static Optional<String> died() throws Exception {
    try (var stream = new Stream(9, TestLog.dyingAt(1))) {
      stream.startTaking();
      await(stream.supervision.exit::isDone);
      String what = "the supervisor died of an Error, and told the consumer. ";
      return stream.ends(1, what, stream.drain(LONG));
    }
  }

  private static Optional<String> atOnce() throws Exception {
    try (var stream = new Stream(2, TestLog.endless())) {
      await(() -> stream.clicks.remainingCapacity() == 0);
      var one = stream.startDraining(LONG);
      var other = stream.startDraining(LONG);
      Thread.sleep(20);
      stream.startTaking();
      String what = "two threads called drain() at once. ";
      return stream
          .ends(2, what, stream.finish(one))
          .or(() -> stream.ends(2, what, stream.finish(other)));
    }
  }

  /// Whoever takes the bound twice is late each time; an honest drain() may be, on a busy machine.
  private static Optional<String> slowToStop() throws Exception {
    var bound = Duration.ofMillis(100);
    long millis = 0;
    for (int i = 0; i < 3; i++) {
      try (var stream = new Stream(9, TestLog.stuckAt(1, 80))) {
        await(() -> stream.clicks.size() == 1);
        millis = stream.drain(bound).millis;
        if (millis < 165) return Optional.empty();
      }
    }
    return Optional.of(
        "drain() has %d ms. The log needs 80 of them to stop, and nobody takes. It came back after %d ms."
            .formatted(bound.toMillis(), millis));
  }

  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(2);

  private static void await(BooleanSupplier happened) throws InterruptedException {
    for (int i = 0; i < 2000 && !happened.getAsBoolean(); i++) Thread.sleep(1);
  }

  /// How a call of drain() went.
  private record Drain(boolean went, long millis, Duration within, Optional<Throwable> thrown) {
    Optional<String> complaint() {
      if (thrown.isPresent() && thrown.get() instanceof UnsupportedOperationException todo)
        throw todo;
      if (thrown.isPresent()) return Optional.of("drain() threw " + thrown.get() + ".");
      return millis > within.toMillis() + 700
          ? Optional.of(
              "drain() had %d ms, and %s."
                  .formatted(
                      within.toMillis(),
                      millis >= FOR_EVER ? "never came back" : "took " + millis + " of them"))
          : Optional.empty();
    }
  }

  private static final long FOR_EVER = 5000;

  /// A supervision of which the harness sees nothing, and a consumer that can be late.
  private static final class Stream implements AutoCloseable {
    final TestLog log;
    final BlockingQueue<DrainBeforeYouLeave.Message> clicks;
    final DrainBeforeYouLeave.Supervision supervision;
    final List<DrainBeforeYouLeave.Message> taken = Collections.synchronizedList(new ArrayList<>());
    private Duration within;
    private final Thread taker = Thread.ofVirtual().name("consumer").unstarted(this::take);

    Stream(int capacity, TestLog log) {
      this.log = log;
      clicks = new ArrayBlockingQueue<>(capacity);
      supervision = DrainBeforeYouLeave.startSupervisor(log, clicks, 0, () -> {}, _ -> {});
    }

    void startTaking() {
      taker.start();
    }

    private void take() {
      try {
        while (true) {
          var message = clicks.take();
          taken.add(message);
          if (!(message instanceof DrainBeforeYouLeave.End(_, var latch))) continue;
          latch.countDown();
          return;
        }
      } catch (InterruptedException e) {
        // see close()
      }
    }

    Drain drain(Duration within) {
      return finish(startDraining(within));
    }

    FutureTask<Drain> startDraining(Duration within) {
      this.within = within;
      var drain =
          new FutureTask<>(() -> {
            long start = System.nanoTime();
            boolean went = supervision.drain(within);
            long millis = (System.nanoTime() - start) / 1_000_000;
            return new Drain(went, millis, within, Optional.empty());
          });
      Thread.ofVirtual().name("drain").start(drain);
      return drain;
    }

    Drain finish(FutureTask<Drain> drain) {
      try {
        return drain.get(FOR_EVER, TimeUnit.MILLISECONDS);
      } catch (ExecutionException e) {
        return new Drain(false, 0, within, Optional.of(e.getCause()));
      } catch (TimeoutException e) {
        drain.cancel(true);
        return new Drain(false, FOR_EVER, within, Optional.empty());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Drain(false, 0, within, Optional.of(e));
      }
    }

    /// That the drain went well, and that the consumer has everything, at least `enough` clicks, and
    /// the end once.
    Optional<String> ends(int enough, String what, Drain drain) {
      if (drain.complaint().isPresent()) return drain.complaint().map(what::concat);
      String took = "the consumer has taken " + shown(taken) + ".";
      if (!drain.went)
        return Optional.of(
            what + "drain() returned false after %d ms, and ".formatted(drain.millis) + took);
      if (!clicks.isEmpty())
        return Optional.of(
            what + "Behind the end, there's more on the channel: " + shown(clicks) + ".");
      var offsets = new ArrayList<Long>();
      for (var message : List.copyOf(taken))
        if (message instanceof DrainBeforeYouLeave.Item(long offset, _)) offsets.add(offset);
      boolean complete =
          offsets.size() >= enough
              && offsets.equals(LongStream.range(0, offsets.size()).boxed().toList());
      return complete && taken.size() == offsets.size() + 1
          ? Optional.empty()
          : Optional.of(what + "drain() returned true, and " + took);
    }

    /// The last of very many are enough.
    private static List<String> shown(Collection<DrainBeforeYouLeave.Message> messages) {
      var all = List.copyOf(messages);
      return all.stream()
          .skip(Math.max(0, all.size() - 10))
          .map(message ->
              message instanceof DrainBeforeYouLeave.Item(long offset, _) ? "" + offset : "the end")
          .toList();
    }

    @Override
    public void close() {
      taker.interrupt();
      supervision.close();
      supervision.exit.state(); // looked at
    }
  }

  /// A log that may get stuck, until it's interrupted and for `slowness` milliseconds more.
  private static final class TestLog implements DrainBeforeYouLeave.Log {
    private final long events, stuckAt, slowness, diesAt;
    volatile boolean ended;

    private TestLog(long events, long stuckAt, long slowness, long diesAt) {
      this.events = events;
      this.stuckAt = stuckAt;
      this.slowness = slowness;
      this.diesAt = diesAt;
    }

    static TestLog of(long events) {
      return new TestLog(events, -1, 0, -1);
    }

    static TestLog endless() {
      return of(Long.MAX_VALUE);
    }

    static TestLog stuckAt(long offset, long slowness) {
      return new TestLog(Long.MAX_VALUE, offset, slowness, -1);
    }

    static TestLog dyingAt(long offset) {
      return new TestLog(Long.MAX_VALUE, -1, 0, offset);
    }

    @Override
    public DrainBeforeYouLeave.Click take(long offset) throws InterruptedException {
      if (offset == diesAt) throw new AssertionError("The decoder is broken.");
      if (offset == stuckAt)
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          Thread.sleep(slowness);
          throw e;
        }
      if (offset < events) return click(offset);
      ended = true;
      throw new DrainBeforeYouLeave.InvalidOffset();
    }
  }
}
