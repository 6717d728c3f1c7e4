///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 02-a · Read a sensor

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// # Exercise 02-a · Read a sensor
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
///
/// **It fails now with:**
///
/// > it threw java.lang.UnsupportedOperationException: TODO: take one sample,
/// > put it, and say how that went.
///
/// **Check it** with `./jbang test 02-a`, and watch it with
/// `./jbang exercises/02-a-read-a-sensor.java`. When you're stuck, ask for a
/// hint: `./jbang test 02-a --hint 1`. There are three.
class ReadASensor {

  /// ## The sensor
  interface Sensor {
    double sample(long tick) throws InterruptedException;
  }

  /// ## How a step ends
  sealed interface Reading permits Sampled {}

  record Sampled(long nextTick) implements Reading {}

  // TODO the other tag

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
    throw new UnsupportedOperationException("TODO: take one sample, put it, and say how that went");
  }

  /// ## The producer
  static Future<Failure> start(Sensor sensor, BlockingQueue<Double> samples, long from) {
    throw new UnsupportedOperationException("TODO: step from tick to tick, until one step fails");
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
}
