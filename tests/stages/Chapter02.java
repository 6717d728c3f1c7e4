import harness.Run;
import harness.Stage;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Future;

/// Chapter 2 as the harness sees it: one step by hand, and a producer that returns its failure.
public final class Chapter02 implements Stage<StepFunction.Click> {

  private Future<StepFunction.Failure> producer;

  @Override
  public StepFunction.Click event(long offset) {
    return new StepFunction.Click(new UUID(0, offset), StepFunction.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new StepFunction.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new StepFunction.InvalidOffset(offset);
  }

  @Override
  public void start(Run<StepFunction.Click> run) {
    producer = StepFunction.start(run::take, run.channel(), 0);
    run.hold(producer);
  }

  @Override
  public Object step(Run<StepFunction.Click> run, long offset) throws Exception {
    return StepFunction.publishClick(run::take, offset, run.channel());
  }

  @Override
  public List<String> failures(Run<StepFunction.Click> run) throws Exception {
    return producer.isDone() ? List.of(producer.get().toString()) : List.of();
  }
}
