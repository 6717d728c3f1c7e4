///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 02-a · Read a sensor

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// # Solution 02-a · Read a sensor
///
/// **The goal.** A thermometer is read at every tick of a clock. Sometimes the
/// cable is loose, and the read throws. Sometimes it throws nothing and answers
/// `NaN`, *not a number*, which is how sensors say that they don't know.
///
/// Both are failures, and a failure shall be a value.
///
/// **Given.** The sensor, one of the two tags, the failure, and chapter 1's
/// `go`.
///
/// **To write.** Three things, from the inside out.
///
/// - The second tag of `Reading`.
/// - `readSensor`: one step, by a plain call. It never throws because a sample
///   failed, and it never puts a `NaN`. The operation is called "read-sensor".
/// - `start`: the loop around the step. It looks at tags, and returns the
///   failure that ended it.
class ReadASensor {

  /// ## The sensor
  interface Sensor {
    double sample(long tick) throws InterruptedException;
  }

  /// ## How a step ends
  sealed interface Reading permits Sampled, Failed {}

  record Sampled(long nextTick) implements Reading {}

  record Failed(Failure failure) implements Reading {}

  /// The reason is a sentence. There isn't always an exception to keep.
  record Failure(String reason, long tick, String operation) {
    @Override
    public String toString() {
      return operation + "@" + tick + " " + reason;
    }
  }

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  /// ## The step
  static Reading readSensor(Sensor sensor, long tick, BlockingQueue<Double> samples) {
    try {
      double sample = sensor.sample(tick);
      if (Double.isNaN(sample)) return failed("The sample is not a number.", tick);
      samples.put(sample);
      return new Sampled(tick + 1);
    } catch (Exception e) {
      return failed(e.toString(), tick);
    }
  }

  private static Reading failed(String reason, long tick) {
    return new Failed(new Failure(reason, tick, "read-sensor"));
  }

  /// ## The producer
  static Future<Failure> start(Sensor sensor, BlockingQueue<Double> samples, long from) {
    return go(() -> {
      for (long tick = from; ; ) {
        switch (readSensor(sensor, tick, samples)) {
          case Sampled(long next) -> tick = next;
          case Failed(Failure failure) -> {
            return failure;
          }
        }
      }
    });
  }

  /// ## Watch it
  ///
  /// The cable of this sensor is loose at tick 2, and at tick 4 it does not
  /// know. First two steps by hand, then a producer on either side of tick 2.
  void main() throws Exception {
    Sensor sensor =
        tick -> {
          if (tick == 2) throw new IllegalStateException("The cable is loose.");
          return tick == 4 ? Double.NaN : 20 + tick / 10.0;
        };
    var samples = new ArrayBlockingQueue<Double>(10);
    try {
      IO.println("A step at tick 1: " + readSensor(sensor, 1, samples));
      IO.println("A step at tick 2: " + readSensor(sensor, 2, samples));
      IO.println("From tick 0, until: " + start(sensor, samples, 0).get(1, TimeUnit.SECONDS));
      IO.println("From tick 3, until: " + start(sensor, samples, 3).get(1, TimeUnit.SECONDS));
      IO.println("On the channel: " + samples);
    } catch (TimeoutException e) {
      System.err.println("After a second it still runs. On the channel: " + samples);
      System.exit(1);
    } catch (UnsupportedOperationException e) {
      System.err.println("02-a is not finished. " + e.getMessage() + ".");
      System.exit(1);
    }
  }

  /// **Why this way.** Most failures are thrown, and some are only odd values:
  /// `NaN`, `null`, -1, an empty page, a 200 that says "error" inside. The step
  /// is the place where both become the same thing. The loop and everyone
  /// behind it need to know one shape only.
  ///
  /// The test for `NaN` comes before the put. A value that is on the channel
  /// can't be taken back.
  ///
  /// `start` does not know that there is such a thing as `NaN`. It looks at
  /// tags, and so does whoever restarts it.
}
