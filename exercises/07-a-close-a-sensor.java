///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 07-a · Close a sensor

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

/// # Exercise 07-a · Close a sensor
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
///
/// **It fails now with:**
///
/// > it threw java.lang.UnsupportedOperationException: TODO: put one sample,
/// > and tell a stop from a failure.
///
/// **Check it** with `./jbang test 07-a`, and watch it with
/// `./jbang exercises/07-a-close-a-sensor.java`. When you're stuck, ask for a
/// hint: `./jbang test 07-a --hint 1`. There are three.
///
/// The checker's consumer drops a sample whose tick came before, as chapter 7's
/// does. It must never miss one.
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
    throw new UnsupportedOperationException("TODO: put one sample, and tell a stop from a failure");
  }

  /// ## The loop
  ///
  /// @return the first tick that was not delivered
  static long read(
      Sensor sensor, BlockingQueue<Sample> samples, long from, Pause pause, Consumer<String> out) {
    throw new UnsupportedOperationException("TODO: step from tick to tick, until you're stopped");
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
      throw new UnsupportedOperationException(
          "TODO: ask the thread to stop, wait, and say if it's still there");
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
  /// one that goes on where the first one stopped. The cable is loose at tick 1,
  /// once. At last a driver that doesn't listen, until it has its answer.
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
}
