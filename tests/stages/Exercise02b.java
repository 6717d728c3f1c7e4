import harness.Run;
import harness.Stage;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Future;

/// Exercise 02-b as the harness sees it: chapter 2, where a failure says "take" or "put".
public final class Exercise02b implements Stage<NameTheOperation.Click> {

  private Future<NameTheOperation.Failure> producer;

  @Override
  public NameTheOperation.Click event(long offset) {
    return new NameTheOperation.Click(new UUID(0, offset), NameTheOperation.Action.PAYMENT);
  }

  @Override
  public void start(Run<NameTheOperation.Click> run) {
    producer = NameTheOperation.start(run::take, run.channel(), 0);
    run.hold(producer);
  }

  @Override
  public Object step(Run<NameTheOperation.Click> run, long offset) {
    return NameTheOperation.publishClick(run::take, offset, run.channel());
  }

  @Override
  public List<String> failures(Run<NameTheOperation.Click> run) throws Exception {
    return producer.isDone() ? List.of("" + producer.get()) : List.of();
  }

  @Override
  public String operation(String what) {
    return what.equals("read") ? "take" : "put";
  }

  /// A failure that names both operations names none.
  @Override
  public Optional<String> complaint(Run<NameTheOperation.Click> run) {
    String operation = producer.resultNow().operation();
    return operation.contains("take") && operation.contains("put")
        ? Optional.of("one operation failed, and the failure names two: \"" + operation + "\".")
        : Optional.empty();
  }
}
