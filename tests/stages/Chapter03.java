import harness.Run;
import harness.Stage;
import java.util.List;
import java.util.UUID;

/// Chapter 3 as the harness sees it: one step by hand, and a supervisor that prints what it does.
public final class Chapter03 implements Stage<Supervisor.Click> {

  @Override
  public Supervisor.Click event(long offset) {
    return new Supervisor.Click(new UUID(0, offset), Supervisor.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new Supervisor.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new Supervisor.InvalidOffset(offset);
  }

  @Override
  public void start(Run<Supervisor.Click> run) {
    Supervisor.startSupervisor(run::take, run.channel(), run::print);
  }

  @Override
  public Object step(Run<Supervisor.Click> run, long offset) throws Exception {
    return Supervisor.publishClick(run::take, offset, run.channel());
  }

  @Override
  public List<String> failures(Run<Supervisor.Click> run) {
    return run.printed();
  }
}
