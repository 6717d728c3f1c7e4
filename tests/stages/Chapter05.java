import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Chapter 5 as the harness sees it: chapter 4 with the time and the dice of the run.
public final class Chapter05 implements Stage<Backoff.Click> {

  private static final Limits LIMITS = new Limits(9, Duration.ofHours(1), Duration.ofSeconds(2));

  @Override
  public Backoff.Click event(long offset) {
    return new Backoff.Click(new UUID(0, offset), Backoff.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new Backoff.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new Backoff.InvalidOffset(offset);
  }

  @Override
  public void start(Run<Backoff.Click> run) {
    var policy =
        new Backoff.Policy(
            new Backoff.Intensity(run.restarts(LIMITS.maxRestarts()), LIMITS.period()),
            new Backoff.Pauses(Duration.ofMillis(100), 2, LIMITS.cap(), 0.2));
    run.hold(
        Backoff.startSupervisor(
            run::take,
            run.channel(Chapter05::event),
            policy,
            timeOf(run),
            run.random(),
            run::print));
  }

  private static Backoff.Time timeOf(Run<?> run) {
    return new Backoff.Time() {
      @Override
      public long nanos() {
        return run.nanos();
      }

      @Override
      public void sleep(Duration pause) throws InterruptedException {
        run.sleep(pause);
      }
    };
  }

  private static Optional<Backoff.Click> event(Backoff.Message message) {
    return message instanceof Backoff.Item(var click) ? Optional.of(click) : Optional.empty();
  }

  @Override
  public Object step(Run<Backoff.Click> run, long offset) {
    return Backoff.publishClick(run::take, offset, run.channel(Chapter05::event));
  }

  @Override
  public List<String> failures(Run<Backoff.Click> run) {
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
