import harness.Run;
import harness.Stage;
import java.util.UUID;

/// Chapter 1 as the harness sees it: it can be started, and that is all.
public final class Chapter01 implements Stage<NaiveProducer.Click> {

  @Override
  public NaiveProducer.Click event(long offset) {
    return new NaiveProducer.Click(new UUID(0, offset), NaiveProducer.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new NaiveProducer.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new NaiveProducer.InvalidOffset(offset);
  }

  @Override
  public void start(Run<NaiveProducer.Click> run) {
    NaiveProducer.start(run::take, run.channel());
  }
}
