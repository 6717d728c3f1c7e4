import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;

/// Chapter 8 as the harness sees it: its supervisor runs the step of the clicks, and any other.
public final class Chapter08 implements Stage<ReusableSupervisor.Click> {

  private static final Limits LIMITS = new Limits(9, Duration.ofHours(1), Duration.ofSeconds(2));

  private final ReusableSupervisor.IdempotentReceiver receiver =
      new ReusableSupervisor.IdempotentReceiver();
  private BlockingQueue<ReusableSupervisor.Failure<Long>> deadLetters;
  private ReusableSupervisor.Supervisor<Long> supervisor;
  private ReusableSupervisor.EndOfChannel end;

  @Override
  public ReusableSupervisor.Click event(long offset) {
    return new ReusableSupervisor.Click(new UUID(0, offset), ReusableSupervisor.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new ReusableSupervisor.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new ReusableSupervisor.InvalidOffset(offset);
  }

  @Override
  public void start(Run<ReusableSupervisor.Click> run) {
    deadLetters = run.deadLetters();
    resume(run, 0);
  }

  @Override
  public void resume(Run<ReusableSupervisor.Click> run, long from) {
    var channel = channelOf(run);
    var spec =
        ReusableSupervisor.ChildSpec.of(
                "clicks", from, ReusableSupervisor.publishClick(run::take, channel))
            .with(
                new ReusableSupervisor.Intensity(
                    run.restarts(LIMITS.maxRestarts()), LIMITS.period()))
            .with(new ReusableSupervisor.Pauses(Duration.ofMillis(100), 2, LIMITS.cap(), 0.2))
            .with(ReusableSupervisor.putAside(deadLetters));
    end = new ReusableSupervisor.EndOfChannel(channel, "clicks");
    supervisor =
        ReusableSupervisor.Supervisor.start(
            spec,
            event -> {
              run.print(ReusableSupervisor.words(event));
              end.on(event);
            },
            timeOf(run),
            run.random());
    run.hold(supervisor.exit);
  }

  private BlockingQueue<ReusableSupervisor.Message> channelOf(Run<ReusableSupervisor.Click> run) {
    return run.channel(
        Chapter08::event,
        message -> !(message instanceof ReusableSupervisor.Item item) || receiver.isNew(item));
  }

  @Override
  public Optional<String> stop(Duration within) throws InterruptedException {
    return supervisor.stop(within).map(Object::toString);
  }

  @Override
  public long stoppedAt() throws Exception {
    return switch (supervisor.join()) {
      case ReusableSupervisor.Stopped<Long>(Long offset) -> offset;
      case ReusableSupervisor.Exit<Long> other ->
          throw new NotOffered("it did not stop, it returned " + other);
    };
  }

  @Override
  public boolean drain(Duration within) throws InterruptedException {
    return supervisor.stop(within).isEmpty() && end.tell(within);
  }

  @Override
  public void otherWork(Run<ReusableSupervisor.Click> run, OtherWork work, String initial)
      throws Exception {
    ReusableSupervisor.Step<String> step =
        state -> {
          Optional<String> next = work.next(state);
          return next.isPresent()
              ? new ReusableSupervisor.Continue<>(next.get())
              : new ReusableSupervisor.Done<>(state);
        };
    ReusableSupervisor.Supervisor.start(
            ReusableSupervisor.ChildSpec.of("other", initial, step),
            _ -> {},
            timeOf(run),
            run.random())
        .join();
  }

  private static ReusableSupervisor.Time timeOf(Run<?> run) {
    return new ReusableSupervisor.Time() {
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

  private static Optional<ReusableSupervisor.Click> event(ReusableSupervisor.Message message) {
    return message instanceof ReusableSupervisor.Item(_, var click)
        ? Optional.of(click)
        : Optional.empty();
  }

  @Override
  public Object step(Run<ReusableSupervisor.Click> run, long offset) throws Exception {
    return ReusableSupervisor.publishClick(run::take, channelOf(run)).attempt(offset, "clicks");
  }

  @Override
  public String operation(String what) {
    return "clicks";
  }

  @Override
  public List<String> failures(Run<ReusableSupervisor.Click> run) {
    return run.printed();
  }

  @Override
  public List<String> deadLetters() {
    return deadLetters.stream().map(Object::toString).toList();
  }

  @Override
  public boolean tellsEqualEventsApart() {
    var another = new ReusableSupervisor.IdempotentReceiver();
    return another.isNew(new ReusableSupervisor.Item(0, event(0)))
        && another.isNew(new ReusableSupervisor.Item(1, event(0)));
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
