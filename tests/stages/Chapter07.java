import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;

/// Chapter 7 as the harness sees it: it can be stopped, goes on where it was, and has a receiver that
/// drops what came before.
public final class Chapter07 implements Stage<Stopping.Click> {

  private static final Limits LIMITS = new Limits(9, Duration.ofHours(1), Duration.ofSeconds(2));

  private final Stopping.IdempotentReceiver receiver = new Stopping.IdempotentReceiver();
  private BlockingQueue<Stopping.Failure> deadLetters;
  private Stopping.Supervision supervision;

  @Override
  public Stopping.Click event(long offset) {
    return new Stopping.Click(new UUID(0, offset), Stopping.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new Stopping.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new Stopping.InvalidOffset(offset);
  }

  @Override
  public void start(Run<Stopping.Click> run) {
    deadLetters = run.deadLetters();
    resume(run, 0);
  }

  @Override
  public void resume(Run<Stopping.Click> run, long from) {
    var policy =
        new Stopping.Policy(
            new Stopping.Intensity(run.restarts(LIMITS.maxRestarts()), LIMITS.period()),
            new Stopping.Pauses(Duration.ofMillis(100), 2, LIMITS.cap(), 0.2),
            Stopping::verdictOnClicks);
    supervision =
        Stopping.startSupervisor(
            run::take,
            channelOf(run),
            deadLetters,
            from,
            policy,
            timeOf(run),
            run.random(),
            run::print);
    run.hold(supervision.exit);
  }

  private BlockingQueue<Stopping.Message> channelOf(Run<Stopping.Click> run) {
    return run.channel(
        Chapter07::event,
        message -> !(message instanceof Stopping.Item item) || receiver.isNew(item));
  }

  @Override
  public Optional<String> stop(Duration within) throws InterruptedException {
    return supervision.stop(within).map(Object::toString);
  }

  @Override
  public long stoppedAt() throws Exception {
    return switch (supervision.join()) {
      case Stopping.Stopped(long offset) -> offset;
      case Stopping.Exit other -> throw new NotOffered("it did not stop, it returned " + other);
    };
  }

  @Override
  public boolean drain(Duration within) throws InterruptedException {
    return supervision.drain(within);
  }

  private static Stopping.Time timeOf(Run<?> run) {
    return new Stopping.Time() {
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

  private static Optional<Stopping.Click> event(Stopping.Message message) {
    return message instanceof Stopping.Item(_, var click) ? Optional.of(click) : Optional.empty();
  }

  @Override
  public Object step(Run<Stopping.Click> run, long offset) throws InterruptedException {
    return Stopping.publishClick(run::take, offset, channelOf(run));
  }

  @Override
  public List<String> failures(Run<Stopping.Click> run) {
    return run.printed();
  }

  @Override
  public List<String> deadLetters() {
    return deadLetters.stream().map(Object::toString).toList();
  }

  @Override
  public boolean tellsEqualEventsApart() {
    var another = new Stopping.IdempotentReceiver();
    return another.isNew(new Stopping.Item(0, event(0)))
        && another.isNew(new Stopping.Item(1, event(0)));
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
