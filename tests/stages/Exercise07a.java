import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Exercise 07-a as the harness sees it: a sensor whose ticks are the log's offsets, and which has no
/// answer after the last one until it's interrupted. It never ends by itself, so draining it is this
/// adapter's business, and a consumer who wants to know of its death asks its future.
public final class Exercise07a implements Stage<CloseASensor.Sample> {

  private static final CloseASensor.Sample THE_END = new CloseASensor.Sample(-1, 0);

  private BlockingQueue<CloseASensor.Sample> samples;
  private CloseASensor.Reader reader;
  private long last = -1;

  @Override
  public CloseASensor.Sample event(long offset) {
    return new CloseASensor.Sample(offset, 20 + offset / 10.0);
  }

  private static final class NoMore extends RuntimeException {}

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new NoMore();
  }

  private static double sample(Run<CloseASensor.Sample> run, long tick)
      throws InterruptedException {
    try {
      return run.take(tick).celsius();
    } catch (NoMore e) {
      new CountDownLatch(1).await();
      return 0;
    }
  }

  @Override
  public void start(Run<CloseASensor.Sample> run) {
    resume(run, 0);
  }

  @Override
  public void resume(Run<CloseASensor.Sample> run, long from) {
    samples = channelOf(run);
    reader =
        new CloseASensor.Reader(
            tick -> sample(run, tick),
            samples,
            from,
            () -> run.sleep(Duration.ofMillis(100)),
            run::print);
    run.hold(reader.end);
  }

  private BlockingQueue<CloseASensor.Sample> channelOf(Run<CloseASensor.Sample> run) {
    return run.channel(
        sample -> sample == THE_END ? Optional.empty() : Optional.of(sample), this::isNew);
  }

  private boolean isNew(CloseASensor.Sample sample) {
    if (sample.tick() <= last) return false;
    last = sample.tick();
    return true;
  }

  @Override
  public Object step(Run<CloseASensor.Sample> run, long offset) throws InterruptedException {
    return CloseASensor.readSensor(tick -> sample(run, tick), offset, channelOf(run));
  }

  @Override
  public boolean tellsItsEnd() {
    return false;
  }

  @Override
  public List<String> failures(Run<CloseASensor.Sample> run) {
    return run.printed();
  }

  @Override
  public String operation(String what) {
    return "read-sensor";
  }

  @Override
  public boolean ended() {
    return reader.end.isDone();
  }

  @Override
  public Optional<String> stop(Duration within) throws InterruptedException {
    return reader.stop(within);
  }

  @Override
  public long stoppedAt() throws Exception {
    if (!reader.end.isDone()) throw new NotOffered("after the stop, its future holds nothing");
    if (reader.end.isCancelled())
      throw new NotOffered(
          "its future was cancelled, so it will never hold the tick to go on from");
    return reader.end.get();
  }

  @Override
  public boolean drain(Duration within) throws InterruptedException {
    if (reader.stop(within).isPresent()) return false;
    return samples.offer(THE_END, within.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// What the harness doesn't ask: each disguise of a stop by itself, the pauses, and a stop's bound.
  @Override
  public Optional<String> complaint(Run<CloseASensor.Sample> run) throws Exception {
    if (run.printed().stream().noneMatch(line -> line.contains("@3")))
      return Optional.empty(); // the check runs two scripts, and once is enough
    var noStop = new IllegalStateException("The driver is closed.");
    var wrapped = new IllegalStateException(new RuntimeException(new InterruptedException()));
    return complaintAboutStep(
            run,
            "an exception that has an InterruptedException as its cause's cause",
            wrapped,
            false)
        .or(() ->
            complaintAboutStep(
                run, "an exception without a cause, and set the thread's flag", noStop, true))
        .or(Exercise07a::complaintAboutPauses)
        .or(Exercise07a::complaintAboutTheTick)
        .or(Exercise07a::complaintAboutTheDeaf);
  }

  private static Optional<String> complaintAboutStep(
      Run<CloseASensor.Sample> run, String how, RuntimeException thrown, boolean flag) {
    CloseASensor.Sensor sensor =
        _ -> {
          if (flag) Thread.currentThread().interrupt();
          throw thrown;
        };
    String what =
        "the sensor was interrupted, and threw "
            + how
            + ". The step should throw an InterruptedException";
    try {
      Object reading =
          run.inTime(
              "the step", () -> CloseASensor.readSensor(sensor, 7, new ArrayBlockingQueue<>(1)));
      return Optional.of(what + ", and returned " + reading + ".");
    } catch (InterruptedException e) {
      return Optional.empty();
    } catch (Exception e) {
      return Optional.of(what + ", and threw " + e + ".");
    }
  }

  private static Optional<String> complaintAboutPauses() {
    var reads = new AtomicInteger();
    var pauses = new AtomicInteger();
    var deaf = new DeafSensor();
    CloseASensor.Sensor sensor =
        tick -> {
          if (reads.incrementAndGet() <= 3) throw new IllegalStateException("The cable is loose.");
          return deaf.sample(tick);
        };
    var reader =
        new CloseASensor.Reader(
            sensor, new ArrayBlockingQueue<>(1), 0, pauses::incrementAndGet, _ -> {});
    boolean asked = deaf.wasAsked();
    int paused = pauses.get();
    deaf.end(reader);
    if (asked && paused == 3) return Optional.empty();
    return Optional.of(
        "the sensor failed three times at tick 0. There should be as many pauses, and there were %d."
            .formatted(paused));
  }

  private static Optional<String> complaintAboutTheTick() {
    var asked = new CountDownLatch(1);
    CloseASensor.Sensor sensor =
        tick -> {
          if (tick == 2) asked.countDown();
          return 20;
        };
    var reader = new CloseASensor.Reader(sensor, new ArrayBlockingQueue<>(2), 0, () -> {}, _ -> {});
    String what = "two samples are on the channel, and the third waits for room. ";
    try {
      asked.await(2, TimeUnit.SECONDS);
      long start = System.nanoTime();
      reader.stop(Duration.ofSeconds(2));
      long millis = (System.nanoTime() - start) / 1_000_000;
      for (int i = 0; i < 200 && !reader.end.isDone(); i++) Thread.sleep(1);
      if (!reader.end.isDone())
        return Optional.of(
            what
                + "A put listens to an interrupt, but after the stop the thread was still there. Is"
                + " it interrupted, and does the loop end then?");
      if (millis > 1500)
        return Optional.of(
            what + "The stop took %d ms. Does it ask first, and then wait?".formatted(millis));
      if (reader.end.isCancelled())
        return Optional.of(
            what + "The stop cancels the future, and nobody gets to know where to go on.");
      long tick = reader.end.get(2, TimeUnit.SECONDS);
      return tick == 2
          ? Optional.empty()
          : Optional.of(
              what
                  + "After a stop, the first tick that was not delivered is 2, and it says "
                  + tick
                  + ".");
    } catch (TimeoutException e) {
      return Optional.of(what + "Two seconds after the stop, the future still holds nothing.");
    } catch (Exception e) {
      return Optional.of(what + "Then it was stopped, and there came " + e + ".");
    }
  }

  private static final Duration BOUND = Duration.ofMillis(40);

  /// Whoever waits for longer is late each time; an honest stop() may be, on a busy machine.
  private static Optional<String> complaintAboutTheDeaf() {
    Optional<String> complaint = Optional.empty();
    for (int i = 0; i < 3; i++) {
      complaint = complaintAboutOneDeaf();
      if (complaint.filter(it -> it.contains("took")).isEmpty()) break;
    }
    return complaint;
  }

  private static Optional<String> complaintAboutOneDeaf() {
    var deaf = new DeafSensor();
    var reader = new CloseASensor.Reader(deaf, new ArrayBlockingQueue<>(1), 0, () -> {}, _ -> {});
    deaf.wasAsked();
    long start = System.nanoTime();
    var stop = new FutureTask<>(() -> reader.stop(BOUND));
    Thread.startVirtualThread(stop);
    String what = "the sensor doesn't listen to interrupts, and stop() has 40 ms. It ";
    try {
      Optional<String> said = stop.get(2, TimeUnit.SECONDS);
      long millis = (System.nanoTime() - start) / 1_000_000;
      if (millis > 75) return Optional.of(what + "took " + millis + " ms.");
      if (said.isPresent() && said.get().contains("thermometer")) return Optional.empty();
      return Optional.of(what + "should name the thermometer, and it returned " + said + ".");
    } catch (TimeoutException e) {
      return Optional.of(what + "was still waiting two seconds later.");
    } catch (Exception e) {
      return Optional.of(what + "threw " + e.getCause() + ".");
    } finally {
      deaf.end(reader);
    }
  }

  /// Gives no answer until the test is over, and then ends whoever asks.
  private static final class DeafSensor implements CloseASensor.Sensor {
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicBoolean ended = new AtomicBoolean();

    @Override
    public double sample(long tick) {
      asked.countDown();
      while (true) {
        try {
          over.await();
          break;
        } catch (InterruptedException e) {
          // not now
        }
      }
      if (!ended.getAndSet(true)) throw new Over();
      while (true) LockSupport.park(); // who survives even that is asked no more
    }

    boolean wasAsked() {
      try {
        return asked.await(2, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    void end(CloseASensor.Reader reader) {
      over.countDown();
      try {
        reader.end.get(2, TimeUnit.SECONDS);
      } catch (Exception e) {
        // as it should
      }
    }
  }

  private static final class Over extends Error {}
}
