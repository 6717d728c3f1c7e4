import harness.MortalProcess;
import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// Chapter 9 as the harness sees it: a tree of one supervisor and one child, the clicks, that is done when
/// they are; and trees with siblings.
public class Chapter09 implements Stage<SupervisionTree.Click> {

  private static final Limits LIMITS = new Limits(9, Duration.ofHours(1), Duration.ofSeconds(2));

  private final SupervisionTree.IdempotentReceiver receiver =
      new SupervisionTree.IdempotentReceiver();
  private BlockingQueue<SupervisionTree.Failure<Long>> deadLetters;
  private SupervisionTree.Running<List<SupervisionTree.ChildSpec<?>>> root;
  private SupervisionTree.EndOfChannel end;

  @Override
  public SupervisionTree.Click event(long offset) {
    return new SupervisionTree.Click(new UUID(0, offset), SupervisionTree.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new SupervisionTree.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new SupervisionTree.InvalidOffset(offset);
  }

  @Override
  public void start(Run<SupervisionTree.Click> run) {
    deadLetters = run.deadLetters();
    resume(run, 0);
  }

  @Override
  public void resume(Run<SupervisionTree.Click> run, long from) {
    var channel = channelOf(run);
    var spec =
        SupervisionTree.ChildSpec.of("clicks", from, clicks(run, channel))
            .with(new SupervisionTree.Pauses(Duration.ofMillis(100), 2, LIMITS.cap(), 0.2))
            .with(judge(deadLetters));
    end = new SupervisionTree.EndOfChannel(channel, "clicks", "root");
    SupervisionTree.Listener listener =
        event -> {
          if (!event.id().equals("root")) run.print(SupervisionTree.words(event));
          end.on(event);
        };
    root =
        supervisor(run, SupervisionTree.Strategy.ONE_FOR_ONE, listener)
            .untilAllAreDone()
            .start("root", spec);
    run.hold(root.exit);
  }

  private static SupervisionTree.Supervisor supervisor(
      Run<?> run, SupervisionTree.Strategy strategy, SupervisionTree.Listener listener) {
    return new SupervisionTree.Supervisor(
        strategy,
        new SupervisionTree.Intensity(run.restarts(LIMITS.maxRestarts()), LIMITS.period()),
        listener,
        timeOf(run),
        run.random());
  }

  /// The step that the tree runs.
  SupervisionTree.Step<Long> clicks(
      Run<SupervisionTree.Click> run, BlockingQueue<SupervisionTree.Message> channel) {
    return SupervisionTree.publishClick(run::take, channel);
  }

  /// What becomes of a click that can't be decoded.
  SupervisionTree.Judge<Long> judge(BlockingQueue<SupervisionTree.Failure<Long>> deadLetters) {
    return SupervisionTree.putAside(deadLetters);
  }

  private BlockingQueue<SupervisionTree.Message> channelOf(Run<SupervisionTree.Click> run) {
    return run.channel(
        Chapter09::event,
        message -> !(message instanceof SupervisionTree.Item item) || receiver.isNew(item));
  }

  @Override
  public Optional<String> stop(Duration within) throws InterruptedException {
    return root.stop(within).map(Object::toString);
  }

  @Override
  public long stoppedAt() throws Exception {
    return switch (root.join()) {
      case SupervisionTree.Stopped<List<SupervisionTree.ChildSpec<?>>>(var children) ->
          (long) children.getFirst().initial();
      case SupervisionTree.Exit<?> other ->
          throw new NotOffered("it did not stop, it returned " + other);
    };
  }

  @Override
  public boolean drain(Duration within) throws InterruptedException {
    return root.stop(within).isEmpty() && end.tell(within);
  }

  @Override
  public void otherWork(Run<SupervisionTree.Click> run, OtherWork work, String initial)
      throws Exception {
    SupervisionTree.Step<String> step =
        state -> {
          Optional<String> next = work.next(state);
          return next.isPresent()
              ? new SupervisionTree.Continue<>(next.get())
              : new SupervisionTree.Done<>(state);
        };
    supervisor(run, SupervisionTree.Strategy.ONE_FOR_ONE, _ -> {})
        .untilAllAreDone()
        .start("root", SupervisionTree.ChildSpec.of("other", initial, step))
        .join();
  }

  @Override
  public AutoCloseable tree(
      Run<SupervisionTree.Click> run, String strategy, List<Sibling> siblings) {
    return supervisor(run, SupervisionTree.Strategy.valueOf(strategy), _ -> {})
        .start(
            "root",
            siblings.stream()
                .map(sibling -> SupervisionTree.ChildSpec.of(sibling.name(), 0, stepOf(sibling)))
                .toArray(SupervisionTree.ChildSpec<?>[]::new));
  }

  private static SupervisionTree.Step<Integer> stepOf(Sibling sibling) {
    return new SupervisionTree.Step<>() {
      @Override
      public void open(Integer from) {
        sibling.started(from);
      }

      @Override
      public SupervisionTree.Outcome<Integer> run(Integer state) throws Exception {
        return new SupervisionTree.Continue<>(sibling.work(state));
      }

      @Override
      public void close() {
        sibling.ended();
      }
    };
  }

  /// Its consumer has the effects, and takes whatever comes.
  @Override
  public void live(MortalProcess<SupervisionTree.Click> process) throws Exception {
    var channel =
        new LinkedBlockingQueue<SupervisionTree.Message>() {
          @Override
          public void put(SupervisionTree.Message message) {
            for (var item : message.items()) effect(process, item.click());
          }
        };
    work(process, 0, SupervisionTree.publishClick(process::take, channel));
  }

  /// Pauses are over at once.
  static final SupervisionTree.Time NO_TIME =
      new SupervisionTree.Time() {
        @Override
        public long nanos() {
          return 0;
        }

        @Override
        public void sleep(Duration pause) {}
      };

  /// Runs `step` from an offset to its end, or to that of its process.
  static void work(
      MortalProcess<SupervisionTree.Click> process, long from, SupervisionTree.Step<Long> step)
      throws Exception {
    work(SupervisionTree.ChildSpec.of("clicks", from, step));
  }

  /// Runs `children` to their end, or to that of their process.
  static void work(SupervisionTree.ChildSpec<?>... children) throws Exception {
    var intensity = new SupervisionTree.Intensity(3, Duration.ofMinutes(1));
    try (var root =
        new SupervisionTree.Supervisor(
                SupervisionTree.Strategy.ONE_FOR_ONE, intensity, _ -> {}, NO_TIME, new Random())
            .untilAllAreDone()
            .start("root", children)) {
      join(root);
    }
  }

  /// Waits until `root` has ended, and well: who gives up leaves the rest to another process.
  static void join(SupervisionTree.Running<?> root) throws Exception {
    if (!(root.join() instanceof SupervisionTree.Failed<?>(var failure))) return;
    Exception why = failure.exception();
    throw why.getCause() instanceof Exception cause ? cause : why; // a child's own words
  }

  private static void effect(
      MortalProcess<SupervisionTree.Click> process, SupervisionTree.Click click) {
    try {
      process.effect(click);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static SupervisionTree.Time timeOf(Run<?> run) {
    return new SupervisionTree.Time() {
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

  private static Optional<SupervisionTree.Click> event(SupervisionTree.Message message) {
    return message instanceof SupervisionTree.Item(_, var click)
        ? Optional.of(click)
        : Optional.empty();
  }

  @Override
  public Object step(Run<SupervisionTree.Click> run, long offset) throws Exception {
    return clicks(run, channelOf(run)).attempt(offset, "clicks");
  }

  @Override
  public String operation(String what) {
    return "clicks";
  }

  @Override
  public List<String> failures(Run<SupervisionTree.Click> run) {
    return run.printed();
  }

  @Override
  public List<String> deadLetters() {
    return deadLetters.stream().map(Object::toString).toList();
  }

  @Override
  public boolean tellsEqualEventsApart() {
    var another = new SupervisionTree.IdempotentReceiver();
    return another.isNew(new SupervisionTree.Item(0, event(0)))
        && another.isNew(new SupervisionTree.Item(1, event(0)));
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
