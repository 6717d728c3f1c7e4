import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import trees.Grove;
import trees.Tree;

/// Trees of chapter 9's supervisors, under a clock that is as far as it is told to be.
public final class Grove09 implements Grove {

  private static final class Skipped extends RuntimeException {}

  private static final class Hopeless extends RuntimeException {}

  @Override
  public Running start(Tree tree, boolean untilDone) {
    return new Planted(tree, untilDone);
  }

  private static final class Planted implements Running {
    private final List<String> notes = new ArrayList<>();
    private final Map<String, Integer> entries = new HashMap<>();
    private final Queue<String> breaches = new ConcurrentLinkedQueue<>();
    private final Map<String, Worker> workers = new HashMap<>();
    private final AtomicLong now = new AtomicLong();
    private final int pause;
    private final boolean untilDone;
    private final String rootId;
    private final SupervisionTree.Running<List<SupervisionTree.ChildSpec<?>>> root;

    Planted(Tree tree, boolean untilDone) {
      this.pause = tree.pause();
      this.untilDone = untilDone;
      this.rootId = tree.root().id();
      for (String id : tree.workers()) workers.put(id, new Worker(id));
      if (untilDone) tree.actions().forEach(this::order);
      root = supervisor(tree.root()).start(tree.root().id(), specs(tree.root()));
    }

    private SupervisionTree.Supervisor supervisor(Tree.Node node) {
      var supervisor =
          new SupervisionTree.Supervisor(
              switch (node.strategy()) {
                case "one" -> SupervisionTree.Strategy.ONE_FOR_ONE;
                case "all" -> SupervisionTree.Strategy.ONE_FOR_ALL;
                default -> SupervisionTree.Strategy.REST_FOR_ONE;
              },
              new SupervisionTree.Intensity(node.max(), Duration.ofSeconds(Tree.PERIOD)),
              this::note,
              time,
              new Random(1));
      return untilDone ? supervisor.untilAllAreDone() : supervisor;
    }

    private SupervisionTree.ChildSpec<?>[] specs(Tree.Node node) {
      return node.children().stream().map(this::spec).toArray(SupervisionTree.ChildSpec<?>[]::new);
    }

    private SupervisionTree.ChildSpec<?> spec(Tree.Node node) {
      var length = Duration.ofSeconds(pause);
      var pauses = new SupervisionTree.Pauses(length, 1, length, 0);
      var restart =
          switch (node.restart()) {
            case '!' -> SupervisionTree.Restart.PERMANENT;
            case '~' -> SupervisionTree.Restart.TEMPORARY;
            default -> SupervisionTree.Restart.TRANSIENT;
          };
      if (!node.isWorker())
        return supervisor(node).as(node.id(), specs(node)).with(restart).with(pauses);
      return SupervisionTree.ChildSpec.of(node.id(), 0, workers.get(node.id()))
          .with(restart)
          .with(pauses)
          .withShutdown(Duration.ofMinutes(1))
          .with(failure ->
              switch (failure.exception()) {
                case Skipped _ -> workers.get(node.id()).skips(failure.state());
                case Hopeless _ -> new SupervisionTree.GiveUp<>();
                default -> new SupervisionTree.Retry<>();
              });
    }

    private final SupervisionTree.Time time =
        new SupervisionTree.Time() {
          @Override
          public long nanos() {
            return now.get();
          }

          @Override
          public void sleep(Duration pause) {
            now.addAndGet(pause.toNanos());
          }
        };

    private synchronized void note(SupervisionTree.Event event) {
      notes.add(words(event));
      notifyAll();
    }

    private static String words(SupervisionTree.Event event) {
      return switch (event) {
        case SupervisionTree.Started(var id, var from) -> "Started " + id + "@" + from;
        case SupervisionTree.Crashed(var id, var failure) ->
            "Crashed " + id + "@" + failure.state();
        case SupervisionTree.Restarting(var id, var from, _) -> "Restarting " + id + "@" + from;
        case SupervisionTree.Skipping(var id, var next) -> "Skipping " + id + "@" + next;
        case SupervisionTree.GaveUp(var id, _) -> "GaveUp " + id;
        case SupervisionTree.Ended(var id, SupervisionTree.Done<?>(var at)) ->
            "Ended " + id + " Done@" + at;
        case SupervisionTree.Ended(var id, SupervisionTree.Stopped<?>(var at)) ->
            "Ended " + id + " Stopped@" + at;
        case SupervisionTree.Ended(var id, SupervisionTree.Failed<?>(var failure)) ->
            "Ended " + id + " Failed@" + failure.state();
        case SupervisionTree.Ended(var id, SupervisionTree.Died<?>(var cause)) ->
            "Ended " + id + " Died: " + cause;
        case SupervisionTree.Unstopped unstopped -> "Unstopped " + unstopped.id();
      };
    }

    @Override
    public void order(Tree.Action action) {
      workers.get(action.id()).orders.add(action);
    }

    @Override
    public void advance(Duration time) {
      now.addAndGet(time.toNanos());
    }

    @Override
    public synchronized boolean await(
        List<String> expected, Map<String, Integer> begun, Duration patience)
        throws InterruptedException {
      await(
          () -> notes.equals(expected) && entries.equals(begun) || !isPrefix(notes, expected),
          patience.toNanos());
      return notes.equals(expected) && entries.equals(begun);
    }

    private static boolean isPrefix(List<String> notes, List<String> of) {
      return notes.size() <= of.size() && notes.equals(of.subList(0, notes.size()));
    }

    @Override
    public synchronized boolean awaitEnd(Duration patience) throws InterruptedException {
      return await(
          () -> !notes.isEmpty() && notes.getLast().startsWith("Ended " + rootId + " "),
          patience.toNanos());
    }

    private boolean await(BooleanSupplier condition, long nanos) throws InterruptedException {
      long deadline = System.nanoTime() + nanos;
      while (!condition.getAsBoolean()) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) return false;
        wait(left);
      }
      return true;
    }

    @Override
    public boolean stop(Duration patience) throws InterruptedException {
      return root.stop(patience).isEmpty();
    }

    @Override
    public synchronized List<String> notes() {
      return List.copyOf(notes);
    }

    @Override
    public List<String> breaches() {
      return List.copyOf(breaches);
    }

    @Override
    public List<List<Integer>> journeys(String worker) {
      return workers.get(worker).journeys;
    }

    private final class Worker implements SupervisionTree.Step<Integer> {
      private final String id;
      final LinkedBlockingQueue<Tree.Action> orders = new LinkedBlockingQueue<>();
      final List<List<Integer>> journeys = new ArrayList<>();
      private volatile boolean isOpen;
      private volatile int refusals;

      Worker(String id) {
        this.id = id;
      }

      @Override
      public void open(Integer from) {
        if (isOpen) breaches.add("Two incarnations of " + id + " at once");
        if (refusals > 0) {
          refusals--;
          throw new IllegalStateException(id + " does not start.");
        }
        journeys.add(new ArrayList<>(List.of(from)));
        isOpen = true;
      }

      @Override
      public SupervisionTree.Outcome<Integer> run(Integer state) throws InterruptedException {
        if (!isOpen) breaches.add("A step of " + id + ", which isn't open");
        synchronized (Planted.this) {
          entries.merge(id, 1, Integer::sum);
          Planted.this.notifyAll();
        }
        Tree.Action action = untilDone ? orders.peek() : orders.take();
        if (action == null || action.what() == '.') return new SupervisionTree.Done<>(state);
        if (untilDone && action.what() != '>') orders.remove();
        if (action.what() == '+') {
          journeys.getLast().add(state + 1);
          return new SupervisionTree.Continue<>(state + 1);
        }
        if (action.times() > 0) refusals = action.times();
        throw switch (action.what()) {
          case '>' -> new Skipped();
          case '#' -> new Hopeless();
          default -> new IllegalStateException(id + " fails.");
        };
      }

      /// The verdict. Until then the event is still there.
      SupervisionTree.Verdict<Integer> skips(int state) {
        if (untilDone) orders.remove();
        journeys.getLast().add(state + 1);
        return new SupervisionTree.SkipTo<>(state + 1);
      }

      @Override
      public void close() {
        isOpen = false;
      }
    }
  }
}
