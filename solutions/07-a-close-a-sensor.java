///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 07-a · Close a sensor

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// # Solution 07-a · Close a sensor
///
/// **The goal.** A thermometer is read at every tick, and its samples go onto a
/// channel. When the cable is loose, the read is tried again after a pause, for
/// as long as it takes. So it never ends by itself. Whoever starts it must be
/// able to close it: in a `put`, in a pause, or in a read.
///
/// The sensor's driver was written by others. When it's interrupted, it throws
/// an `InterruptedException`, or one that's wrapped into something else, or
/// something else altogether, and sets the thread's flag. Or it doesn't listen.
///
/// **Given.** The sensor, the tags, and a handle that starts the thread. Its
/// `close` calls your `stop`.
///
/// **To write.** Three things, from the inside out.
///
/// - `readSensor`: one step. A failure is a value, and its operation is
///   "read-sensor". A stop is none: it throws an `InterruptedException`,
///   however it looked. An `Error` is not ours.
/// - `read`: the loop. It says each failure to `out`, pauses, and tries the
///   same tick again. When it's stopped, it returns the first tick that was not
///   delivered.
/// - `stop`: asks the thread to stop, and waits for it, but no longer than
///   `within`. It returns a sentence that names the thread, if that's still
///   there.
class CloseASensor {

  /// ## The sensor
  interface Sensor {
    double sample(long tick) throws Exception;
  }

  record Sample(long tick, double celsius) {}

  /// How long a pause is, is its own business.
  interface Pause {
    void pause() throws InterruptedException;
  }

  /// ## How a step ends
  sealed interface Reading permits Sampled, Failed {}

  record Sampled(long nextTick) implements Reading {}

  record Failed(Failure failure) implements Reading {}

  record Failure(Throwable exception, long tick, String operation) {
    @Override
    public String toString() {
      return operation + "@" + tick + " " + exception;
    }
  }

  /// ## The step
  static Reading readSensor(Sensor sensor, long tick, BlockingQueue<Sample> samples)
      throws InterruptedException {
    try {
      double celsius = sensor.sample(tick);
      samples.put(new Sample(tick, celsius));
      return new Sampled(tick + 1);
    } catch (Exception e) {
      if (isStop(e)) throw new InterruptedException();
      return new Failed(new Failure(e, tick, "read-sensor"));
    }
  }

  /// Whether somebody asked us to stop, whatever the exception looks like.
  private static boolean isStop(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause())
      if (cause instanceof InterruptedException) return true;
    return Thread.currentThread().isInterrupted();
  }

  /// ## The loop
  ///
  /// @return the first tick that was not delivered
  static long read(
      Sensor sensor, BlockingQueue<Sample> samples, long from, Pause pause, Consumer<String> out) {
    for (long tick = from; ; ) {
      try {
        if (Thread.interrupted()) throw new InterruptedException();
        switch (readSensor(sensor, tick, samples)) {
          case Sampled(long next) -> tick = next;
          case Failed(Failure failure) -> {
            out.accept("An error has occurred: " + failure);
            pause.pause();
          }
        }
      } catch (InterruptedException stop) {
        return tick;
      }
    }
  }

  /// ## The handle
  static class Reader implements AutoCloseable {
    static final Duration SHUTDOWN = Duration.ofSeconds(5);

    /// Holds the first tick that was not delivered, once the reader has
    /// stopped.
    final FutureTask<Long> end;

    private final Thread thread;
    private final Consumer<String> out;

    Reader(
        Sensor sensor,
        BlockingQueue<Sample> samples,
        long from,
        Pause pause,
        Consumer<String> out) {
      this.out = out;
      this.end = new FutureTask<>(() -> read(sensor, samples, from, pause, out));
      this.thread = Thread.ofVirtual().name("thermometer").unstarted(end);
      thread.start();
    }

    /// @return who did not stop `within` that time, or empty
    Optional<String> stop(Duration within) throws InterruptedException {
      thread.interrupt();
      if (thread.join(within)) return Optional.empty();
      return Optional.of(
          "The %s did not stop within %d ms.".formatted(thread.getName(), within.toMillis()));
    }

    @Override
    public void close() {
      boolean interrupted = Thread.interrupted(); // we're asked to stop, and so is this
      try {
        stop(SHUTDOWN).ifPresent(out);
      } catch (InterruptedException e) { // asked again: then we don't wait any longer
        out.accept("Nobody waited for the " + thread.getName() + " to stop.");
        interrupted = true;
      }
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  /// ## Watch it
  ///
  /// First a step by hand. Then a reader of which we take three samples, and
  /// one that goes on where the first one stopped. The cable is loose once, at
  /// tick 1. At last a driver that does not listen, until it has its answer.
  void main() throws Exception {
    var loose = new AtomicBoolean(true);
    Sensor sensor =
        tick -> {
          Thread.sleep(10);
          if (tick == 1 && loose.getAndSet(false))
            throw new IllegalStateException("The cable is loose.");
          return 20 + tick / 10.0;
        };
    var question = new CountDownLatch(1);
    var answer = new CountDownLatch(1);
    Sensor deaf =
        _ -> {
          question.countDown();
          for (boolean interrupted = false; ; ) {
            try {
              answer.await();
              if (interrupted) Thread.currentThread().interrupt();
              return 20;
            } catch (InterruptedException e) {
              interrupted = true; // not now
            }
          }
        };
    var samples = new ArrayBlockingQueue<Sample>(2);
    Pause pause = () -> Thread.sleep(20);
    try {
      IO.println("A step: " + readSensor(_ -> 20, 0, new ArrayBlockingQueue<>(1)));
      long next = 0;
      for (int round = 1; round <= 2; round++) {
        try (var reader = new Reader(sensor, samples, next, pause, IO::println)) {
          for (int i = 0; i < 3 && !reader.end.isDone(); i++)
            IO.println("arrived: " + samples.poll(1, TimeUnit.SECONDS));
          if (!reader.end.isDone()) reader.stop(Duration.ofSeconds(1)).ifPresent(IO::println);
          next = reader.end.get(1, TimeUnit.SECONDS);
          IO.println("It has stopped, and would go on at tick " + next + ".");
        }
      }
      try (var reader = new Reader(deaf, samples, 0, pause, IO::println)) {
        if (!question.await(1, TimeUnit.SECONDS)) throw new TimeoutException();
        IO.println(reader.stop(Duration.ofMillis(100)).orElse("The deaf one has stopped, too."));
        answer.countDown();
      }
    } catch (UnsupportedOperationException e) {
      fail("07-a is not finished. " + e.getMessage() + ".");
    } catch (ExecutionException e) {
      fail("The reader died: " + e.getCause());
    } catch (TimeoutException e) {
      fail("A second later nothing had happened.");
    }
  }

  static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }

  /// **Why this way.** The step decides whether it's a stop, since nobody else
  /// sees the exception. It looks in two places, because there are two kinds of
  /// drivers: some keep the `InterruptedException` as a cause, and some throw
  /// it away and set the flag. What comes out has one shape.
  ///
  /// The loop has one `catch` for all of its waits, the pause included, and the
  /// tick in hand is always the answer. After a put that was interrupted it may
  /// be on the channel already. Then it comes twice, and the consumer drops it.
  /// To add 1 would be a guess, and a wrong guess loses a sample.
  ///
  /// The loop also looks at the flag before each step. A put would notice, but
  /// by then the sensor has been read once more.
  ///
  /// `stop` first asks, and then waits. And `catch (Exception e)` lets an
  /// `Error` through, into the handle's future: whoever asks for the end gets
  /// to know what it was.
}
