import harness.Run;
import harness.Stage;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/// Exercise 02-a as the harness sees it: a sensor whose ticks are the log's offsets. The harness throws
/// its faults; a sensor that answers `NaN` is this adapter's own.
public final class Exercise02a implements Stage<Double> {

  private Future<ReadASensor.Failure> producer;

  @Override
  public Double event(long offset) {
    return 20 + offset / 10.0;
  }

  @Override
  public void start(Run<Double> run) {
    producer = ReadASensor.start(run::take, run.channel(), 0);
    run.hold(producer);
  }

  @Override
  public Object step(Run<Double> run, long offset) {
    return ReadASensor.readSensor(run::take, offset, run.channel());
  }

  @Override
  public List<String> failures(Run<Double> run) throws Exception {
    return producer.isDone() ? List.of("" + producer.get()) : List.of();
  }

  @Override
  public String operation(String what) {
    return "read-sensor";
  }

  @Override
  public Optional<String> complaint(Run<Double> run) throws Exception {
    String what = "the sensor answered NaN at tick 7, and ";
    var asked = new AtomicInteger();
    ReadASensor.Sensor sensor = tick -> asked.incrementAndGet() <= 3 ? Double.NaN : 21;
    var samples = new ArrayBlockingQueue<Double>(1);
    String outcome = "" + run.inTime("the step", () -> ReadASensor.readSensor(sensor, 7, samples));
    if (asked.get() > 1) return Optional.of(what + "the step asked again. A step is one attempt.");
    if (!samples.isEmpty()) return Optional.of(what + "the step put " + samples + ".");
    if (!outcome.matches("(?s).*\\b7\\b.*") || !outcome.contains("read-sensor"))
      return Optional.of(
          what + "the step should return a failure that says 7 and \"read-sensor\": " + outcome);
    return complaintAboutStart(run);
  }

  private static Optional<String> complaintAboutStart(Run<Double> run) throws Exception {
    var samples = new ArrayBlockingQueue<Double>(20);
    var producer = ReadASensor.start(tick -> tick == 7 ? Double.NaN : tick, samples, 7);
    String failure = "" + run.inTime("the producer", producer::get);
    if (samples.isEmpty() && failure.contains("7")) return Optional.empty();
    return Optional.of(
        "started from tick 7, where the sensor answers NaN, the producer put %s and returned '%s'."
            .formatted(samples, failure));
  }
}
