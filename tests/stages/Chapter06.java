import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;

/// Chapter 6 as the harness sees it: chapter 5 with a channel for dead letters.
public final class Chapter06 implements Stage<Poison.Click> {

  private static final Limits LIMITS = new Limits(9, Duration.ofHours(1), Duration.ofSeconds(2));

  private BlockingQueue<Poison.Failure> deadLetters;

  @Override
  public Poison.Click event(long offset) {
    return new Poison.Click(new UUID(0, offset), Poison.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new Poison.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new Poison.InvalidOffset(offset);
  }

  @Override
  public void start(Run<Poison.Click> run) {
    var policy =
        new Poison.Policy(
            new Poison.Intensity(run.restarts(LIMITS.maxRestarts()), LIMITS.period()),
            new Poison.Pauses(Duration.ofMillis(100), 2, LIMITS.cap(), 0.2),
            Poison::verdictOnClicks);
    deadLetters = run.deadLetters();
    run.hold(
        Poison.startSupervisor(
            run::take,
            run.channel(Chapter06::event),
            deadLetters,
            policy,
            timeOf(run),
            run.random(),
            run::print));
  }

  private static Poison.Time timeOf(Run<?> run) {
    return new Poison.Time() {
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

  private static Optional<Poison.Click> event(Poison.Message message) {
    return message instanceof Poison.Item(var click) ? Optional.of(click) : Optional.empty();
  }

  @Override
  public Object step(Run<Poison.Click> run, long offset) {
    return Poison.publishClick(run::take, offset, run.channel(Chapter06::event));
  }

  @Override
  public List<String> failures(Run<Poison.Click> run) {
    return run.printed();
  }

  @Override
  public List<String> deadLetters() {
    return deadLetters.stream().map(Object::toString).toList();
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
