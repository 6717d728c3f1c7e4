import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Chapter 4 as the harness sees it: its channel carries messages, and its supervisor returns its exit.
public final class Chapter04 implements Stage<GivingUp.Click> {

  private static final Limits LIMITS = new Limits(3, Duration.ofSeconds(5), Duration.ZERO);

  @Override
  public GivingUp.Click event(long offset) {
    return new GivingUp.Click(new UUID(0, offset), GivingUp.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new GivingUp.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new GivingUp.InvalidOffset(offset);
  }

  @Override
  public void start(Run<GivingUp.Click> run) {
    var intensity = new GivingUp.Intensity(LIMITS.maxRestarts(), LIMITS.period());
    run.hold(
        GivingUp.startSupervisor(
            run::take, run.channel(Chapter04::event), intensity, run::nanos, run::print));
  }

  private static Optional<GivingUp.Click> event(GivingUp.Message message) {
    return message instanceof GivingUp.Item(var click) ? Optional.of(click) : Optional.empty();
  }

  @Override
  public Object step(Run<GivingUp.Click> run, long offset) {
    return GivingUp.publishClick(run::take, offset, run.channel(Chapter04::event));
  }

  @Override
  public List<String> failures(Run<GivingUp.Click> run) {
    return run.printed();
  }

  @Override
  public boolean hasABeginning() {
    return true;
  }

  @Override
  public Optional<Limits> limits() {
    return Optional.of(LIMITS);
  }
}
