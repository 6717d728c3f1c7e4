import static conformance.Behaviour.differs;
import static conformance.Behaviour.own;
import static conformance.Behaviour.same;

import conformance.Behaviour;
import conformance.Behaviours;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// What chapter 9's supervisors do, one behaviour after the other.
public final class Behaviours09 implements Behaviours {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final SupervisionTree.Strategy ONE_FOR_ONE = SupervisionTree.Strategy.ONE_FOR_ONE,
      ONE_FOR_ALL = SupervisionTree.Strategy.ONE_FOR_ALL,
      REST_FOR_ONE = SupervisionTree.Strategy.REST_FOR_ONE;
  private static final SupervisionTree.Restart PERMANENT = SupervisionTree.Restart.PERMANENT,
      TRANSIENT = SupervisionTree.Restart.TRANSIENT,
      TEMPORARY = SupervisionTree.Restart.TEMPORARY;

  // What a behaviour is shown with

  /// Time that passes when it's told to.
  private static final class Clock implements SupervisionTree.Time {
    private long now;
    private int sleepers;

    @Override
    public synchronized long nanos() {
      return now;
    }

    @Override
    public synchronized void sleep(Duration pause) throws InterruptedException {
      long until = now + pause.toNanos();
      sleepers++;
      notifyAll();
      try {
        while (now < until) wait();
      } finally {
        sleepers--;
      }
    }

    synchronized void advance(Duration time) {
      now += time.toNanos();
      notifyAll();
    }

    synchronized void awaitSleepers(int count) throws InterruptedException {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (sleepers != count) {
        if (System.nanoTime() > deadline) throw new AssertionError(sleepers + " sleep");
        wait(100);
      }
    }
  }

  /// A child that does what it's ordered to, and else waits.
  private static class Worker implements SupervisionTree.Step<Integer> {
    final String id;
    final LinkedBlockingQueue<SupervisionTree.Step<Integer>> orders = new LinkedBlockingQueue<>();
    final Queue<Callable<?>> openings = new ConcurrentLinkedQueue<>();
    final Queue<Callable<?>> closings = new ConcurrentLinkedQueue<>();
    final AtomicInteger alive = new AtomicInteger();
    final LinkedBlockingQueue<Integer> begun = new LinkedBlockingQueue<>();
    volatile boolean twoAtOnce;

    Worker(String id) {
      this.id = id;
    }

    @Override
    public void open(Integer from) throws Exception {
      if (alive.incrementAndGet() > 1) twoAtOnce = true;
      boolean isOpen = false;
      try {
        var opening = openings.poll();
        if (opening != null) opening.call();
        isOpen = true;
      } finally {
        if (!isOpen) alive.decrementAndGet();
      }
    }

    @Override
    public SupervisionTree.Outcome<Integer> run(Integer state) throws Exception {
      begun.add(state);
      return orders.take().run(state);
    }

    @Override
    public void close() throws Exception {
      alive.decrementAndGet();
      var closing = closings.poll();
      if (closing != null) closing.call();
    }

    Worker fails() {
      return does(_ -> {
        throw new IllegalStateException(id + " fails.");
      });
    }

    Worker moves() {
      return does(state -> new SupervisionTree.Continue<>(state + 1));
    }

    Worker isDone() {
      return does(SupervisionTree.Done::new);
    }

    Worker does(SupervisionTree.Step<Integer> step) {
      orders.add(step);
      return this;
    }

    /// At its next start.
    Worker refuses() {
      openings.add(() -> {
        throw new IllegalStateException(id + " does not start.");
      });
      return this;
    }

    void awaitStep(int state) throws InterruptedException {
      expect(state, begun.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS), "the state of its step");
    }

    /// Transient, without pauses.
    SupervisionTree.ChildSpec<Integer> spec() {
      return pausing().with(SupervisionTree.Pauses.NONE);
    }

    SupervisionTree.ChildSpec<Integer> pausing() {
      return SupervisionTree.ChildSpec.of(id, 0, this).withShutdown(PATIENCE);
    }

    SupervisionTree.ChildSpec<Integer> spec(SupervisionTree.Restart restart) {
      return spec().with(restart);
    }
  }

  private static Worker worker(String id) {
    return new Worker(id);
  }

  /// A tree under observation.
  private static class Scene implements AutoCloseable {
    final Clock clock = new Clock();
    final LinkedBlockingQueue<String> notes = new LinkedBlockingQueue<>();
    final Queue<SupervisionTree.Event> events = new ConcurrentLinkedQueue<>();
    final SupervisionTree.Supervisor supervisor;
    volatile SupervisionTree.Listener listener = _ -> {};
    volatile SupervisionTree.Running<List<SupervisionTree.ChildSpec<?>>> root;

    Scene(SupervisionTree.Strategy strategy, int maxRestarts) {
      supervisor = supervisor(strategy, maxRestarts);
    }

    SupervisionTree.Supervisor supervisor(SupervisionTree.Strategy strategy, int maxRestarts) {
      var intensity = new SupervisionTree.Intensity(maxRestarts, Duration.ofSeconds(10));
      return new SupervisionTree.Supervisor(strategy, intensity, this::on, clock, new Random(1));
    }

    /// A supervisor as a child of another one, without pauses.
    SupervisionTree.ChildSpec<?> nested(
        String id, SupervisionTree.Supervisor nested, SupervisionTree.ChildSpec<?>... children) {
      return nested.as(id, children).with(SupervisionTree.Pauses.NONE);
    }

    private void on(SupervisionTree.Event event) throws Exception {
      events.add(event);
      String kind = event.getClass().getSimpleName() + " " + event.id();
      notes.add(
          event instanceof SupervisionTree.Ended(_, var exit)
              ? kind + " " + exit.getClass().getSimpleName()
              : kind);
      listener.on(event);
    }

    /// Starts the tree, and waits until all its children have started.
    Scene start(SupervisionTree.ChildSpec<?>... children) throws InterruptedException {
      root = supervisor.start("root", children);
      told("Started root");
      for (var child : children) told("Started " + child.id());
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!supervisor.children().stream()
          .allMatch(child -> child.phase() == SupervisionTree.Phase.RUNS)) {
        if (System.nanoTime() > deadline) throw new AssertionError(phases());
        Thread.onSpinWait();
        Thread.yield();
      }
      return this;
    }

    /// What is told next.
    void told(String... next) throws InterruptedException {
      for (String expected : next)
        expect(expected, notes.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS), "what is told next");
    }

    void toldNoMore() {
      expect(List.of(), List.copyOf(notes), "what is told then");
    }

    /// Stops the tree.
    void stops(String... told) throws InterruptedException {
      expect(true, root.stop(PATIENCE).isEmpty(), "whether the root stops");
      told(told);
      toldNoMore();
    }

    String phases() {
      return phases(supervisor.children());
    }

    static String phases(List<SupervisionTree.Status> children) {
      var words = new ArrayList<String>();
      for (var child : children)
        words.add(
            child.id()
                + " "
                + child.phase()
                + (child.children().isEmpty() ? "" : " [" + phases(child.children()) + "]"));
      return String.join(", ", words);
    }

    SupervisionTree.Exit<List<SupervisionTree.ChildSpec<?>>> exit() throws Exception {
      return root.exit.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /// What the root failed of.
    String failure() throws Exception {
      return exit() instanceof SupervisionTree.Failed<?>(var failure)
          ? failure.exception().getMessage()
          : "" + exit();
    }

    @Override
    public void close() throws InterruptedException {
      if (root != null) root.stop(PATIENCE);
    }
  }

  private static Scene scene(SupervisionTree.Strategy strategy, int maxRestarts) {
    return new Scene(strategy, maxRestarts);
  }

  private static SupervisionTree.Pauses pauses(Duration each) {
    return new SupervisionTree.Pauses(each, 1, each, 0);
  }

  private static void expect(Object expected, Object actual, String what) {
    if (!Objects.equals(expected, actual))
      throw new AssertionError(
          "Expected as %s: %s\nbut it is: %s".formatted(what, expected, actual));
  }

  private static Throwable thrownBy(Behaviour.Check check) {
    try {
      check.run();
    } catch (Throwable e) {
      return e;
    }
    throw new AssertionError("Nothing was thrown.");
  }

  private static void refused(Class<?> type, String message, Behaviour.Check check) {
    Throwable thrown = thrownBy(check);
    expect(type, thrown.getClass(), "what is thrown");
    expect(message, thrown.getMessage(), "its message");
  }

  private static <T> T elsewhere(Callable<T> body) throws Exception {
    var task = new FutureTask<>(body);
    Thread.ofVirtual().name("elsewhere").start(task);
    return task.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    if (!latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
      throw new AssertionError("It did not come so far.");
  }

  /// Waits for something that nobody tells.
  private static void becomes(String expected, Callable<String> actual) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!actual.call().equals(expected)) {
      if (System.nanoTime() > deadline) expect(expected, actual.call(), "what it becomes");
      Thread.onSpinWait();
      Thread.yield();
    }
  }

  /// Waits, and hears no interrupt until `release`.
  private static void ignoresInterrupts(CountDownLatch release) {
    boolean released = false;
    while (!released) {
      try {
        await(release);
        released = true;
      } catch (InterruptedException e) {
        // and on it goes
      }
    }
  }

  // The table

  @Override
  public List<Behaviour> all() {
    var all = new ArrayList<Behaviour>();
    all.addAll(starts());
    all.addAll(restartTypes());
    all.addAll(intensities());
    all.addAll(strategies());
    all.addAll(stops());
    all.addAll(nested());
    all.addAll(dynamic());
    all.addAll(closes());
    all.addAll(others());
    return all;
  }

  private static List<Behaviour> starts() {
    return List.of(
        same(
            9,
            "start and stop order",
            "OTP `sup_start_normal`",
            "starts from left to right, each when the one before has started; stops in reverse",
            () -> {
              var hold = new CountDownLatch(1);
              var a = worker("a");
              a.openings.add(() -> hold.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.root = scene.supervisor.start("root", a.spec(), worker("b").spec());
                scene.told("Started root", "Started a");
                becomes("a STARTS, b WAITS", scene::phases);
                hold.countDown();
                scene.told("Started b");
                scene.stops("Ended b Stopped", "Ended a Stopped", "Ended root Stopped");
              }
            }),
        same(
            9,
            "a first start that fails",
            "OTP `sup_start_fail`, `sup_start_child_returns_error`",
            "those that have started are stopped in reverse, the others never start, the tree"
                + " fails",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 9)) {
                scene.root =
                    scene.supervisor.start(
                        "root",
                        worker("a").spec(),
                        worker("b").spec(),
                        worker("c").refuses().spec());
                scene.told("Started root", "Started a", "Started b", "Started c");
                scene.told(
                    "Ended c Failed", "Ended b Stopped", "Ended a Stopped", "Ended root Failed");
                expect("c: it did not start", scene.failure(), "the failure");
                expect("a ENDED, b ENDED, c ENDED", scene.phases(), "the phases");
              }
            }),
        same(
            9,
            "an empty tree",
            "OTP `sup_start_normal`",
            "runs until it's stopped",
            () -> {
              try (var scene = scene(ONE_FOR_ALL, 1).start()) {
                scene.stops("Ended root Stopped");
              }
            }),
        same(
            9,
            "specifications that make no sense",
            "OTP `child_specs`, `sup_flags`; suture `TestNilSupervisorAdd`",
            "are refused at once, with an exception",
            () -> {
              var spec = worker("a").spec();
              expect(
                  NullPointerException.class,
                  thrownBy(() -> spec.with((SupervisionTree.Restart) null)).getClass(),
                  "for a null");
              refused(
                  IllegalArgumentException.class,
                  "No bound: PT-1S",
                  () -> spec.withShutdown(Duration.ofSeconds(-1)));
              refused(
                  IllegalArgumentException.class,
                  "No intensity: -1 restarts in PT1S",
                  () -> new SupervisionTree.Intensity(-1, Duration.ofSeconds(1)));
              refused(
                  IllegalArgumentException.class,
                  "No intensity: 1 restarts in PT0S",
                  () -> new SupervisionTree.Intensity(1, Duration.ZERO));
            }),
        differs(
            9,
            "two children of one name",
            "OTP `child_specs`",
            "none is started, and the tree fails",
            "OTP refuses before it starts the supervisor; ours is a failed start",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.root = scene.supervisor.start("root", worker("a").spec(), worker("a").spec());
                scene.told("Started root", "Ended root Failed");
                expect("There is a child 'a' already.", scene.failure(), "the failure");
              }
            }),
        differs(
            9,
            "a supervisor that is used again after its end",
            "suture `TestRunningAlreadyRunning`",
            "starts anew, with a fresh count of restarts, from what it's given",
            "suture refuses to run twice at the same time; ours as long as a child of it runs",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec())) {
                a.moves().fails();
                scene.told("Crashed a", "Restarting a", "Started a");
                scene.stops("Ended a Stopped", "Ended root Stopped");
                scene.start(a.spec());
                a.fails();
                scene.told("Crashed a", "Restarting a", "Started a");
                var twice = scene.supervisor.start("twice", a.spec());
                scene.told("Started twice", "Ended twice Failed");
                expect(
                    "Failed[failure=start twice@[a@0] a: it still runs]",
                    "" + twice.join(),
                    "how the second one ends");
                scene.stops("Ended a Stopped", "Ended root Stopped");
              }
            }));
  }

  private static List<Behaviour> restartTypes() {
    var all = new ArrayList<Behaviour>();
    for (var restart : List.of(PERMANENT, TRANSIENT, TEMPORARY)) {
      String name = restart.name().toLowerCase(java.util.Locale.ROOT);
      boolean whenDone = restart == PERMANENT, whenFailed = restart != TEMPORARY;
      all.add(
          same(
              9,
              "a " + name + " child is done",
              "OTP `" + name + "_normal`",
              whenDone
                  ? "it's restarted, and that counts"
                  : restart == TRANSIENT ? "it stays in the list" : "it's forgotten",
              () -> {
                var a = worker("a");
                try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec(restart))) {
                  a.isDone();
                  if (whenDone) scene.told("Crashed a", "Restarting a", "Started a");
                  else scene.told("Ended a Done");
                  becomes(
                      whenDone ? "a RUNS" : restart == TRANSIENT ? "a ENDED" : "", scene::phases);
                }
              }));
      all.add(
          same(
              9,
              "a " + name + " child fails",
              "OTP `" + name + "_abnormal`",
              whenFailed ? "it's restarted" : "it's forgotten",
              () -> {
                var a = worker("a");
                try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec(restart))) {
                  a.fails();
                  if (whenFailed) scene.told("Crashed a", "Restarting a", "Started a");
                  else scene.told("Crashed a", "Ended a Failed");
                  becomes(whenFailed ? "a RUNS" : "", scene::phases);
                }
              }));
      String stopped = restart == TEMPORARY ? "it's forgotten" : "it stays in the list, ended";
      Behaviour.Check stops =
          () -> {
            var a = worker("a");
            try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec(restart))) {
              a.does(SupervisionTree.Stopped::new);
              scene.told("Ended a Stopped");
              becomes(restart == TEMPORARY ? "" : "a ENDED", scene::phases);
            }
          };
      all.add(
          restart == PERMANENT
              ? differs(
                  9,
                  "a permanent child stops by itself",
                  "OTP `permanent_shutdown`",
                  stopped,
                  "OTP restarts it; ours takes a stop for somebody's wish, whoever it was",
                  stops)
              : same(
                  9,
                  "a " + name + " child stops by itself",
                  "OTP `" + name + "_shutdown`",
                  stopped,
                  stops));
      all.add(
          same(
              9,
              "a " + name + " child is terminated",
              "OTP `child_adm`",
              restart == TEMPORARY
                  ? "it's forgotten, and can't be restarted"
                  : "it's not restarted by itself, only by `restartChild`",
              () -> {
                var a = worker("a");
                try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec(restart))) {
                  scene.supervisor.terminateChild("a");
                  scene.told("Ended a Stopped");
                  if (restart == TEMPORARY)
                    refused(
                        NoSuchElementException.class,
                        "There is no child 'a'.",
                        () -> scene.supervisor.restartChild("a"));
                  else {
                    scene.supervisor.restartChild("a");
                    scene.told("Started a");
                  }
                }
              }));
    }
    all.add(
        differs(
            9,
            "the restart type that nobody chose",
            "OTP `sup_start_map`",
            "transient, and permanent for a supervisor; 5 s to stop, and for ever for a supervisor",
            "OTP: permanent; a stream that has come to its end is no failure",
            () -> {
              var spec = SupervisionTree.ChildSpec.of("a", 0, worker("a"));
              expect(TRANSIENT, spec.restart(), "a worker's type");
              expect(Duration.ofSeconds(5), spec.shutdown(), "a worker's time to stop");
              var scene = scene(ONE_FOR_ONE, 1);
              expect(PERMANENT, scene.supervisor.as("s").restart(), "a supervisor's type");
              expect(true, scene.supervisor.as("s").shutdown().toDays() > 100_000, "a long time");
            }));
    return all;
  }

  private static List<Behaviour> intensities() {
    return List.of(
        same(
            9,
            "as many restarts as allowed, and one more",
            "OTP `one_for_one`, `multiple_restarts`",
            "`max` restarts pass, the next failure ends the supervisor, the children in reverse",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 3).start(a.spec(), worker("b").spec())) {
                for (int i = 0; i < 3; i++) {
                  a.fails();
                  scene.told("Crashed a", "Restarting a", "Started a");
                }
                a.fails();
                scene.told("Crashed a", "GaveUp a", "Ended b Stopped", "Ended root Failed");
                expect("a: at most 3 restarts in 10000 ms", scene.failure(), "the failure");
              }
            }),
        same(
            9,
            "the children share one count",
            "OTP `one_for_one`",
            "one child's restarts use up its siblings'",
            () -> {
              Worker a = worker("a"), b = worker("b");
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec(), b.spec())) {
                a.fails();
                scene.told("Crashed a", "Restarting a", "Started a");
                b.fails();
                scene.told("Crashed b", "GaveUp b", "Ended a Stopped", "Ended root Failed");
              }
            }),
        same(
            9,
            "a restart that is exactly a period old",
            "OTP `multiple_restarts`; `supervisor.erl`",
            "still counts; one that is a nanosecond older doesn't",
            () -> {
              for (long nanos : List.of(0L, 1L)) {
                Worker a = worker("a"), b = worker("b");
                try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec(), b.spec())) {
                  a.fails();
                  scene.told("Crashed a", "Restarting a", "Started a");
                  scene.clock.advance(Duration.ofSeconds(10).plusNanos(nanos));
                  b.fails();
                  if (nanos == 0) scene.told("Crashed b", "GaveUp b", "Ended a Stopped");
                  else scene.told("Crashed b", "Restarting b", "Started b");
                }
              }
            }),
        same(
            9,
            "no restarts at all",
            "Broadway, for its batch processors",
            "an intensity of 0 ends the supervisor at the first failure",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ALL, 0).start(a.spec())) {
                a.fails();
                scene.told("Crashed a", "GaveUp a", "Ended root Failed");
              }
            }),
        differs(
            9,
            "progress",
            "OTP `multiple_restarts`; suture `TestFailures`",
            "a child that got further than where it started is forgiven its restarts, not its"
                + " siblings'",
            "OTP counts restarts in a time, suture lets the count decay: they can't see the state",
            () -> {
              Worker a = worker("a"), b = worker("b");
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec(), b.spec())) {
                for (int i = 0; i < 5; i++) {
                  a.moves().fails();
                  scene.told("Crashed a", "Restarting a", "Started a");
                }
                b.moves().fails();
                scene.told("Crashed b", "GaveUp b", "Ended a Stopped", "Ended root Failed");
              }
            }),
        differs(
            9,
            "a child that ran for longer than a period",
            "OTP `multiple_restarts`",
            "is forgiven its restarts, too",
            "in OTP they are simply too old by then",
            () -> {
              var a = worker("a");
              var pauses =
                  new SupervisionTree.Pauses(Duration.ofSeconds(1), 4, Duration.ofSeconds(100), 0);
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec().with(pauses))) {
                for (int i = 0; i < 2; i++) {
                  a.awaitStep(0);
                  scene.clock.advance(Duration.ofSeconds(11));
                  a.fails();
                  scene.told("Crashed a", "Restarting a");
                  scene.clock.awaitSleepers(1);
                  scene.clock.advance(Duration.ofSeconds(1));
                  scene.told("Started a");
                }
              }
            }),
        own(
            9,
            "a period that never ends",
            "no restart is too old to count",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 0)) {
                var once = new SupervisionTree.Intensity(1, Duration.ofSeconds(Long.MAX_VALUE));
                var n =
                    new SupervisionTree.Supervisor(
                        ONE_FOR_ONE, once, scene::on, scene.clock, new Random(1));
                scene.start(scene.nested("n", n, a.spec()));
                scene.told("Started a");
                a.fails();
                scene.told("Crashed a", "Restarting a", "Started a");
                scene.clock.advance(Duration.ofDays(10_000));
                a.fails();
                scene.told("Crashed a", "GaveUp a", "Crashed n", "GaveUp n", "Ended root Failed");
              }
            }),
        own(
            9,
            "a child that pauses, when one that was started before it is restarted",
            "keeps to its own pause, and the rest waits for it",
            () -> {
              Worker a = worker("a"), b = worker("b");
              try (var scene =
                  scene(REST_FOR_ONE, 9).start(a.spec().with(pauses(Duration.ofSeconds(1))))) {
                a.fails();
                scene.told("Crashed a", "Restarting a");
                scene.clock.awaitSleepers(1);
                scene.supervisor.startChild(b.spec().with(pauses(Duration.ofSeconds(3))));
                scene.told("Started b");
                b.fails();
                scene.told("Crashed b", "Restarting b");
                scene.clock.awaitSleepers(2);
                scene.clock.advance(Duration.ofSeconds(1));
                scene.told("Started a");
                becomes("a RUNS, b PAUSES", scene::phases);
                scene.clock.advance(Duration.ofSeconds(2));
                scene.told("Started b");
              }
            }),
        differs(
            9,
            "backoff",
            "suture `TestFailures`",
            "a child pauses before each restart, for longer each time; its siblings go on",
            "OTP has none; suture pauses all restarts at once when there were too many",
            () -> {
              Worker a = worker("a"), b = worker("b");
              var pauses =
                  new SupervisionTree.Pauses(Duration.ofSeconds(1), 2, Duration.ofSeconds(4), 0);
              try (var scene = scene(ONE_FOR_ONE, 9).start(a.spec().with(pauses), b.spec())) {
                for (int seconds : List.of(1, 2, 4, 4)) {
                  a.fails();
                  scene.told("Crashed a", "Restarting a");
                  scene.clock.awaitSleepers(1);
                  becomes("a PAUSES, b RUNS", scene::phases);
                  scene.clock.advance(Duration.ofSeconds(seconds).minusNanos(1));
                  scene.toldNoMore();
                  scene.clock.advance(Duration.ofNanos(1));
                  scene.told("Started a");
                }
              }
            }),
        differs(
            9,
            "where a restart begins",
            "OTP `do_not_save_start_parameters_for_temporary_children`, docs",
            "at the state where the child failed",
            "everywhere else a restart begins with the specification",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec())) {
                a.moves().moves().fails();
                scene.told("Crashed a", "Restarting a", "Started a");
                for (int state : List.of(0, 1, 2, 2)) a.awaitStep(state);
                expect(2, scene.supervisor.children().getFirst().state(), "its state");
                expect(1, scene.supervisor.children().getFirst().restarts(), "its restarts");
              }
            }));
  }

  private static List<Behaviour> strategies() {
    return List.of(
        same(
            9,
            "one for one",
            "OTP `one_for_one`",
            "nobody else is restarted",
            () -> fails(ONE_FOR_ONE, "b", "Restarting b", "Started b")),
        same(
            9,
            "one for all",
            "OTP `one_for_all`",
            "all others are stopped in reverse, and then all are started in order",
            () ->
                fails(
                    ONE_FOR_ALL,
                    "b",
                    "Ended c Stopped",
                    "Ended a Stopped",
                    "Restarting b",
                    "Started a",
                    "Started b",
                    "Started c")),
        same(
            9,
            "rest for one, the first",
            "OTP `rest_for_one`",
            "as one for all",
            () ->
                fails(
                    REST_FOR_ONE,
                    "a",
                    "Ended c Stopped",
                    "Ended b Stopped",
                    "Restarting a",
                    "Started a",
                    "Started b",
                    "Started c")),
        same(
            9,
            "rest for one, the middle one",
            "OTP `rest_for_one`",
            "those that were started after it are restarted with it",
            () ->
                fails(
                    REST_FOR_ONE,
                    "b",
                    "Ended c Stopped",
                    "Restarting b",
                    "Started b",
                    "Started c")),
        same(
            9,
            "rest for one, the last",
            "OTP `rest_for_one`",
            "as one for one",
            () -> fails(REST_FOR_ONE, "c", "Restarting c", "Started c")),
        same(
            9,
            "another one doesn't start, in a restart of all",
            "OTP `one_for_all_other_child_fails_restart`",
            "those that have started are stopped again, and it's tried anew; that counts",
            () -> {
              Worker a = worker("a"), b = worker("b");
              try (var scene =
                  scene(ONE_FOR_ALL, 2).start(a.spec(), b.spec(), worker("c").spec())) {
                b.refuses();
                a.fails();
                scene.told("Crashed a", "Ended c Stopped", "Ended b Stopped", "Restarting a");
                scene.told("Started a", "Started b", "Crashed b");
                scene.told("Ended a Stopped", "Restarting b");
                scene.told("Started a", "Started b", "Started c");
                a.fails();
                scene.told("Crashed a", "GaveUp a");
              }
            }),
        same(
            9,
            "another one doesn't start, in a restart of the rest",
            "OTP `rest_for_one_other_child_fails_restart`",
            "the one before it goes on, and it's tried anew with the rest",
            () -> {
              Worker a = worker("a"), b = worker("b");
              try (var scene =
                  scene(REST_FOR_ONE, 2).start(a.spec(), b.spec(), worker("c").spec())) {
                b.refuses();
                a.fails();
                scene.told("Crashed a", "Ended c Stopped", "Ended b Stopped", "Restarting a");
                scene.told("Started a", "Started b", "Crashed b", "Restarting b");
                scene.told("Started b", "Started c");
                scene.stops(
                    "Ended c Stopped", "Ended b Stopped", "Ended a Stopped", "Ended root Stopped");
              }
            }),
        same(
            9,
            "a child that never starts again",
            "OTP `one_for_one_escalation`, `one_for_all_escalation`, `rest_for_one_escalation`",
            "each try counts, until the supervisor gives up",
            () -> {
              for (var strategy : SupervisionTree.Strategy.values()) {
                var a = worker("a");
                try (var scene = scene(strategy, 4).start(a.spec())) {
                  for (int i = 0; i < 9; i++) a.refuses();
                  a.fails();
                  for (int i = 0; i < 4; i++) scene.told("Crashed a", "Restarting a", "Started a");
                  scene.told("Crashed a", "GaveUp a", "Ended root Failed");
                }
              }
            }),
        same(
            9,
            "temporary bystanders",
            "OTP `temporary_bystander`",
            "are stopped with the group, not restarted, and forgotten",
            () -> {
              for (var strategy : List.of(ONE_FOR_ALL, REST_FOR_ONE)) {
                var a = worker("a");
                try (var scene =
                    scene(strategy, 2)
                        .start(a.spec(), worker("b").spec(TEMPORARY), worker("c").spec())) {
                  a.fails();
                  scene.told("Crashed a", "Ended c Stopped", "Ended b Stopped", "Restarting a");
                  scene.told("Started a", "Started c");
                  becomes("a RUNS, c RUNS", scene::phases);
                }
              }
            }),
        differs(
            9,
            "siblings that are done, or were terminated",
            "OTP docs",
            "aren't restarted with the group",
            "OTP starts them again; a stream that has been read to its end need not be read again",
            () -> {
              Worker a = worker("a"), b = worker("b");
              try (var scene =
                  scene(ONE_FOR_ALL, 2).start(a.spec(), b.spec(), worker("c").spec())) {
                b.isDone();
                scene.told("Ended b Done");
                scene.supervisor.terminateChild("c");
                scene.told("Ended c Stopped");
                a.fails();
                scene.told("Crashed a", "Restarting a", "Started a");
                becomes("a RUNS, b ENDED, c ENDED", scene::phases);
              }
            }),
        own(
            9,
            "a sibling that is done just when all are stopped",
            "is done, and not restarted",
            () -> {
              Worker a = worker("a"), b = worker("b");
              var hold = new CountDownLatch(1);
              try (var scene = scene(ONE_FOR_ALL, 1)) {
                scene.listener =
                    event -> {
                      if (event instanceof SupervisionTree.Crashed) await(hold);
                    };
                scene.start(a.spec(), b.spec());
                a.fails();
                scene.told("Crashed a");
                b.isDone();
                becomes("0", () -> "" + b.alive.get());
                hold.countDown();
                scene.told("Ended b Done", "Restarting a", "Started a");
                scene.stops("Ended a Stopped", "Ended root Stopped");
              }
            }),
        same(
            9,
            "many failures at the same time",
            "OTP docs",
            "one group restart answers those of the group that have failed meanwhile",
            () -> {
              var workers = new ArrayList<Worker>();
              for (String id : "abcdefgh".split("")) workers.add(worker(id));
              var hold = new CountDownLatch(1);
              try (var scene = scene(ONE_FOR_ALL, 1)) {
                scene.listener =
                    event -> {
                      if (event instanceof SupervisionTree.Crashed) await(hold);
                    };
                scene.start(
                    workers.stream()
                        .map(Worker::spec)
                        .toArray(SupervisionTree.ChildSpec<?>[]::new));
                workers.getFirst().fails();
                scene.told("Crashed a");
                for (var worker : workers.subList(1, workers.size())) worker.fails();
                for (var worker : workers) becomes("0", () -> "" + worker.alive.get());
                hold.countDown();
                for (String id : "hgfedcb".split("")) {
                  String end = scene.notes.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                  // it may have been asked to stop before its failure was noted
                  expect(true, ("" + end).matches("Ended " + id + " (Failed|Stopped)"), "" + end);
                }
                scene.told("Restarting a");
                for (String id : "abcdefgh".split("")) scene.told("Started " + id);
                scene.stops(
                    "Ended h Stopped",
                    "Ended g Stopped",
                    "Ended f Stopped",
                    "Ended e Stopped",
                    "Ended d Stopped",
                    "Ended c Stopped",
                    "Ended b Stopped",
                    "Ended a Stopped",
                    "Ended root Stopped");
              }
            }));
  }

  private static void fails(SupervisionTree.Strategy strategy, String failing, String... told)
      throws Exception {
    Worker a = worker("a"), b = worker("b"), c = worker("c");
    try (var scene = scene(strategy, 1).start(a.spec(), b.spec(), c.spec())) {
      for (var worker : List.of(a, b, c)) if (worker.id.equals(failing)) worker.fails();
      scene.told("Crashed " + failing);
      scene.told(told);
      scene.stops("Ended c Stopped", "Ended b Stopped", "Ended a Stopped", "Ended root Stopped");
    }
  }

  /// Has a child hang, deaf to interrupts, until `release`.
  private static void hangs(Worker worker, CountDownLatch release) throws InterruptedException {
    var hangs = new CountDownLatch(1);
    worker.does(state -> {
      hangs.countDown();
      ignoresInterrupts(release);
      return new SupervisionTree.Continue<>(state + 1);
    });
    await(hangs);
  }

  private static final Duration SHORT = Duration.ofMillis(5);

  private static List<Behaviour> stops() {
    return List.of(
        differs(
            9,
            "a child that does not stop",
            "OTP `sup_stop_timeout`, `sup_stop_brutal_kill`; suture"
                + " `TestStoppingStillWorksWithHungServices`, `TestServiceReport`",
            "after its time it's told, with its name and place; the others are stopped; the tree"
                + " fails",
            "OTP kills it; Java can't, and says so, as suture does",
            () -> {
              var release = new CountDownLatch(1);
              var b = worker("b");
              try (var scene =
                  scene(ONE_FOR_ONE, 1).start(worker("a").spec(), b.spec().withShutdown(SHORT))) {
                hangs(b, release);
                scene.root.stop(PATIENCE);
                scene.told("Unstopped b", "Ended a Stopped", "Ended root Failed");
                expect("b: it does not stop", scene.failure(), "the failure");
                for (var event : scene.events)
                  if (event instanceof SupervisionTree.Unstopped unstopped)
                    expect(true, unstopped.place().startsWith("Behaviours09."), "a place of ours");
                expect("a ENDED, b RUNS", scene.phases(), "the phases");
              } finally {
                release.countDown();
                becomes("0", () -> "" + b.alive.get());
              }
            }),
        differs(
            9,
            "a sibling that does not stop in a restart",
            "OTP docs; suture `TestEverMultistarted`",
            "the supervisor gives up: never do two incarnations of a child run at once",
            "OTP kills it, and goes on",
            () -> {
              var release = new CountDownLatch(1);
              Worker a = worker("a"), b = worker("b");
              try (var scene =
                  scene(ONE_FOR_ALL, 9).start(a.spec(), b.spec().withShutdown(SHORT))) {
                hangs(b, release);
                a.fails();
                scene.told("Crashed a", "Unstopped b", "Unstopped b", "Ended root Failed");
                expect("b: it does not stop", scene.failure(), "the failure");
              } finally {
                release.countDown();
                becomes("0", () -> "" + b.alive.get());
                expect(false, b.twoAtOnce, "two at once");
              }
            }),
        differs(
            9,
            "a grandchild that does not stop, when its supervisor fails",
            "OTP docs; suture `TestEverMultistarted`",
            "nobody above restarts it: all give up, up to the root",
            "OTP kills it, and goes on",
            () -> {
              var release = new CountDownLatch(1);
              Worker a = worker("a"), b = worker("b");
              try (var scene = scene(ONE_FOR_ONE, 9)) {
                var nested = scene.supervisor(ONE_FOR_ALL, 9);
                scene.start(scene.nested("n", nested, a.spec(), b.spec().withShutdown(SHORT)));
                scene.told("Started a", "Started b");
                hangs(b, release);
                a.fails();
                scene.told("Crashed a", "Unstopped b", "Unstopped b");
                scene.told("Crashed n", "GaveUp n", "Ended root Failed");
              } finally {
                release.countDown();
                becomes("0", () -> "" + b.alive.get());
                expect(false, b.twoAtOnce, "two at once");
              }
            }),
        differs(
            9,
            "a grandchild that does not stop, when its supervisor is stopped for a restart",
            "OTP docs; suture `TestEverMultistarted`",
            "the supervisor above gives up, and doesn't start it a second time",
            "OTP kills it, and goes on",
            () -> {
              var release = new CountDownLatch(1);
              Worker a = worker("a"), b = worker("b");
              try (var scene = scene(ONE_FOR_ALL, 9)) {
                var nested = scene.supervisor(ONE_FOR_ONE, 9);
                scene.start(a.spec(), scene.nested("n", nested, b.spec().withShutdown(SHORT)));
                scene.told("Started b");
                hangs(b, release);
                a.fails();
                scene.told("Crashed a", "Unstopped b", "Ended n Failed", "Ended root Failed");
                expect("n: it does not stop", scene.failure(), "the failure");
              } finally {
                release.countDown();
                becomes("0", () -> "" + b.alive.get());
                expect(false, b.twoAtOnce, "two at once");
              }
            }),
        same(
            9,
            "a stop during a pause",
            "OTP `hanging_restart_loop`",
            "ends the pause at once; the state isn't forgotten",
            () -> {
              var a = worker("a");
              var spec = a.pausing();
              try (var scene = scene(ONE_FOR_ONE, 1).start(spec, worker("b").spec())) {
                a.moves().fails();
                scene.told("Crashed a", "Restarting a");
                scene.clock.awaitSleepers(1);
                scene.stops("Ended b Stopped", "Ended root Stopped");
                scene.clock.awaitSleepers(0);
                expect("Stopped[state=[a@1, b@0]]", "" + scene.exit(), "the exit");
              }
            }),
        same(
            9,
            "a stop during a start that hangs",
            "OTP `hanging_restart_loop`",
            "interrupts it; those that have started are stopped; no state is forgotten",
            () -> {
              Worker a = worker("a"), b = worker("b");
              b.openings.add(() -> new CountDownLatch(1).await(60, TimeUnit.SECONDS));
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.root = scene.supervisor.start("root", a.spec(), b.spec(), worker("c").spec());
                scene.told("Started root", "Started a", "Started b");
                a.moves().moves();
                for (int state = 0; state < 3; state++) a.awaitStep(state);
                scene.stops("Ended b Stopped", "Ended a Stopped", "Ended root Stopped");
                expect("Stopped[state=[a@2, b@0, c@0]]", "" + scene.exit(), "the exit");
              }
            }),
        same(
            9,
            "a stop during a restart that hangs",
            "OTP `hanging_restart_loop`",
            "as at the first start",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ALL, 1).start(a.spec(), worker("b").spec())) {
                a.openings.add(() -> new CountDownLatch(1).await(60, TimeUnit.SECONDS));
                a.moves().fails();
                scene.told("Crashed a", "Ended b Stopped", "Restarting a", "Started a");
                becomes("a STARTS, b WAITS", scene::phases);
                scene.stops("Ended a Stopped", "Ended root Stopped");
                expect("Stopped[state=[a@1, b@0]]", "" + scene.exit(), "the exit");
              }
            }),
        same(
            9,
            "many supervisors, stopped as soon as they are started",
            "suture `TestSupervisorManagementIssue35`",
            "end without a failure",
            () -> {
              for (int i = 0; i < 50; i++)
                try (var scene = scene(ONE_FOR_ONE, 1)) {
                  var nested = new ArrayList<SupervisionTree.ChildSpec<?>>();
                  for (int n = 0; n < 10; n++)
                    nested.add(scene.nested("n" + n, scene.supervisor(ONE_FOR_ALL, 1)));
                  scene.root =
                      scene.supervisor.start(
                          "root", nested.toArray(SupervisionTree.ChildSpec<?>[]::new));
                  expect(true, scene.root.stop(PATIENCE).isEmpty(), "whether it stops");
                  expect(
                      SupervisionTree.Stopped.class, scene.exit().getClass(), "the kind of exit");
                }
            }));
  }

  private static List<Behaviour> nested() {
    return List.of(
        same(
            9,
            "a supervisor as a child",
            "OTP `tree`; suture `TestNestedSupervisors`",
            "starts and stops its own children when it's started and stopped",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                var nested = scene.supervisor(ONE_FOR_ONE, 1);
                scene.start(scene.nested("n", nested, worker("a").spec(), worker("b").spec()));
                scene.told("Started a", "Started b");
                becomes("n RUNS [a RUNS, b RUNS]", scene::phases);
                scene.stops(
                    "Ended b Stopped", "Ended a Stopped", "Ended n Stopped", "Ended root Stopped");
              }
            }),
        differs(
            9,
            "a supervisor that gave up",
            "OTP `tree`; suture `TestFailingSupervisors`",
            "fails; the one above restarts it, with a fresh count, where its children were",
            "OTP restarts the children from their specifications; suture's don't escalate",
            () -> {
              Worker a = worker("a"), b = worker("b");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                var nested = scene.supervisor(ONE_FOR_ONE, 1);
                scene.start(scene.nested("n", nested, a.spec(), b.spec()));
                scene.told("Started a", "Started b");
                b.moves().moves();
                for (int state = 0; state < 3; state++) b.awaitStep(state);
                a.moves().fails().fails();
                scene.told("Crashed a", "Restarting a", "Started a");
                scene.told("Crashed a", "GaveUp a", "Ended b Stopped");
                scene.told("Crashed n", "Restarting n", "Started n", "Started a", "Started b");
                b.awaitStep(2);
                a.fails();
                scene.told("Crashed a", "Restarting a", "Started a");
                scene.stops(
                    "Ended b Stopped", "Ended a Stopped", "Ended n Stopped", "Ended root Stopped");
                expect("Stopped[state=[n@[a@1, b@2]]]", "" + scene.exit(), "the exit");
              }
            }),
        same(
            9,
            "escalation, up to the root",
            "OTP `one_for_one_escalation`, `tree`",
            "each level multiplies: 1 restart on each of two levels make 3 restarts of the child",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.start(scene.nested("n", scene.supervisor(ONE_FOR_ONE, 1), a.spec()));
                scene.told("Started a");
                for (int i = 0; i < 9; i++) a.fails();
                scene.told("Crashed a", "Restarting a", "Started a", "Crashed a", "GaveUp a");
                scene.told("Crashed n", "Restarting n", "Started n", "Started a");
                scene.told("Crashed a", "Restarting a", "Started a", "Crashed a", "GaveUp a");
                scene.told("Crashed n", "GaveUp n", "Ended root Failed");
                expect("n: at most 1 restarts in 10000 ms", scene.failure(), "the failure");
              }
            }),
        differs(
            9,
            "a start of a nested supervisor that fails",
            "OTP `sup_start_fail`",
            "counts as its failure, and has never been: the next one begins where this one began",
            "a child that made steps meanwhile makes them again, here as in OTP, but only here",
            () -> {
              Worker a = worker("a"), b = worker("b");
              try (var scene = scene(ONE_FOR_ONE, 2)) {
                var nested = scene.supervisor(ONE_FOR_ONE, 0);
                scene.start(scene.nested("n", nested, a.spec(), b.spec()));
                scene.told("Started a", "Started b");
                b.refuses();
                a.fails();
                scene.told("Crashed a", "GaveUp a", "Ended b Stopped");
                scene.told("Crashed n", "Restarting n", "Started n", "Started a", "Started b");
                scene.told("Ended b Failed", "Ended a Stopped");
                scene.told("Crashed n", "Restarting n", "Started n", "Started a", "Started b");
              }
            }),
        differs(
            9,
            "a tree that is done when its children are",
            "OTP docs, `auto_shutdown`",
            "with `untilAllAreDone` a supervisor is done when no child has anything left to do",
            "OTP ends on significant children, any or all of them",
            () -> {
              Worker a = worker("a"), b = worker("b"), c = worker("c");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.supervisor.untilAllAreDone();
                scene.start(a.spec(), b.spec(TEMPORARY), c.spec());
                a.isDone();
                scene.told("Ended a Done");
                b.fails();
                scene.told("Crashed b", "Ended b Failed");
                scene.supervisor.terminateChild("c");
                scene.told("Ended c Stopped", "Ended root Done");
                expect("Done[state=[a@0, c@0]]", "" + scene.exit(), "the exit");
              }
            }),
        own(
            9,
            "… and one of them has ignored its termination",
            "it's not done before that one has ended",
            () -> {
              var release = new CountDownLatch(1);
              Worker a = worker("a"), b = worker("b");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.supervisor.untilAllAreDone();
                scene.start(a.spec(), b.spec().withShutdown(SHORT));
                hangs(b, release);
                refused(
                    SupervisionTree.ChildFailed.class,
                    "b: it does not stop",
                    () -> scene.supervisor.terminateChild("b"));
                scene.told("Unstopped b");
                a.isDone();
                scene.told("Ended a Done");
                release.countDown();
                scene.told("Ended b Stopped", "Ended root Done");
              } finally {
                release.countDown();
              }
            }));
  }

  private static List<Behaviour> dynamic() {
    return List.of(
        same(
            9,
            "one more child",
            "OTP `child_adm`; suture `TestAddingToRunningSupervisor`",
            "is started behind all others, and takes part in everything",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ALL, 1).start(a.spec())) {
                scene.supervisor.startChild(worker("b").spec());
                scene.told("Started b");
                a.fails();
                scene.told("Crashed a", "Ended b Stopped", "Restarting a", "Started a");
                scene.told("Started b");
              }
            }),
        same(
            9,
            "one more child that doesn't start",
            "OTP `sup_start_child_returns_error`",
            "is told to the caller, and forgotten; the others go on",
            () -> {
              try (var scene = scene(ONE_FOR_ALL, 1).start(worker("a").spec())) {
                refused(
                    SupervisionTree.ChildFailed.class,
                    "b: it did not start",
                    () -> scene.supervisor.startChild(worker("b").refuses().spec()));
                scene.told("Started b", "Ended b Failed");
                expect("a RUNS", scene.phases(), "the phases");
              }
            }),
        same(
            9,
            "a restart by hand that fails",
            "OTP `sup_start_restart_child_returns_error`",
            "is told to the caller; the child stays in the list, ended",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec())) {
                scene.supervisor.terminateChild("a");
                a.refuses();
                refused(
                    SupervisionTree.ChildFailed.class,
                    "a: it did not start",
                    () -> scene.supervisor.restartChild("a"));
                scene.told("Ended a Stopped", "Started a", "Ended a Failed");
                expect("a ENDED", scene.phases(), "the phases");
                scene.supervisor.restartChild("a");
                scene.told("Started a");
              }
            }),
        same(
            9,
            "names that exist, or don't",
            "OTP `child_adm`, `extra_return`; suture `TestRemoveService`",
            "two of one name, and unknown names, are refused",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1).start(worker("a").spec())) {
                var supervisor = scene.supervisor;
                refused(
                    IllegalArgumentException.class,
                    "There is a child 'a' already.",
                    () -> supervisor.startChild(worker("a").spec()));
                for (Behaviour.Check check :
                    List.<Behaviour.Check>of(
                        () -> supervisor.terminateChild("x"),
                        () -> supervisor.restartChild("x"),
                        () -> supervisor.deleteChild("x")))
                  refused(NoSuchElementException.class, "There is no child 'x'.", check);
              }
            }),
        same(
            9,
            "a running child",
            "OTP `child_adm`, `extra_return`",
            "can't be restarted or deleted; once terminated it can",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1).start(worker("a").spec())) {
                idleOnly(scene, "a");
                scene.supervisor.terminateChild("a");
                scene.supervisor.terminateChild("a"); // again
                scene.supervisor.restartChild("a");
                scene.supervisor.terminateChild("a");
                scene.supervisor.deleteChild("a");
                scene.told("Ended a Stopped", "Started a", "Ended a Stopped");
                expect("", scene.phases(), "the phases");
                scene.supervisor.startChild(worker("a").spec());
                scene.told("Started a");
              }
            }),
        same(
            9,
            "a child that pauses before its restart",
            "OTP docs, `{error, restarting}`",
            "can't be restarted or deleted; it can be terminated, which ends the pause",
            () -> {
              var a = worker("a");
              var spec = a.pausing();
              try (var scene = scene(ONE_FOR_ALL, 1).start(spec, worker("b").spec())) {
                a.fails();
                scene.told("Crashed a", "Ended b Stopped", "Restarting a");
                becomes("a PAUSES, b WAITS", scene::phases);
                idleOnly(scene, "a");
                scene.supervisor.terminateChild("a");
                scene.told("Started b"); // it needn't wait any more
                expect("a ENDED, b RUNS", scene.phases(), "the phases");
                scene.clock.awaitSleepers(0);
              }
            }),
        same(
            9,
            "a child that waits for a sibling's restart",
            "OTP docs, `{error, restarting}`",
            "can't be restarted or deleted before its turn; terminated, it stays behind",
            () -> {
              var a = worker("a");
              var spec = a.pausing();
              try (var scene =
                  scene(REST_FOR_ONE, 1).start(spec, worker("b").spec(), worker("c").spec())) {
                a.fails();
                scene.told("Crashed a", "Ended c Stopped", "Ended b Stopped", "Restarting a");
                idleOnly(scene, "b");
                scene.supervisor.terminateChild("b");
                becomes("a PAUSES, b ENDED, c WAITS", scene::phases);
                scene.clock.awaitSleepers(1);
                scene.clock.advance(Duration.ofSeconds(1));
                scene.told("Started a", "Started c");
              }
            }),
        own(
            9,
            "a child is terminated whose restart has just failed",
            "those that wait for it are started without it",
            () -> {
              Worker a = worker("a"), b = worker("b");
              var crashed = new CountDownLatch(1);
              var hold = new CountDownLatch(1);
              try (var scene = scene(ONE_FOR_ALL, 9)) {
                scene.start(a.spec(), b.spec(), worker("c").spec());
                scene.listener =
                    event -> {
                      if (!(event instanceof SupervisionTree.Crashed)) return;
                      crashed.countDown();
                      await(hold);
                    };
                b.refuses();
                a.fails();
                await(crashed);
                var terminated =
                    new FutureTask<>(() -> {
                      scene.supervisor.terminateChild("b");
                      return null;
                    });
                var thread = Thread.startVirtualThread(terminated);
                becomes("WAITING", () -> "" + thread.getState());
                hold.countDown();
                terminated.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                scene.told("Crashed a", "Ended c Stopped", "Ended b Stopped", "Restarting a");
                scene.told("Started a", "Started b", "Ended b Failed", "Started c");
                becomes("a RUNS, b ENDED, c RUNS", scene::phases);
              }
            }),
        same(
            9,
            "a supervisor is terminated whose child is hung",
            "suture `TestRemovingHungService`; docs, `TestEverMultistarted`",
            "the caller is told; it can't be started again while the child runs",
            () -> {
              var release = new CountDownLatch(1);
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                var nested = scene.supervisor(ONE_FOR_ONE, 1);
                scene.start(scene.nested("n", nested, a.spec().withShutdown(SHORT)));
                scene.told("Started a");
                hangs(a, release);
                refused(
                    SupervisionTree.ChildFailed.class,
                    "n: it does not stop",
                    () -> scene.supervisor.terminateChild("n"));
                scene.told("Unstopped a", "Ended n Failed");
                refused(
                    SupervisionTree.ChildFailed.class,
                    "n: it did not start",
                    () -> scene.supervisor.restartChild("n"));
                scene.told("Started n", "Ended n Failed");
                release.countDown();
                becomes("0", () -> "" + a.alive.get());
                expect(false, a.twoAtOnce, "two at once");
              } finally {
                release.countDown();
              }
            }),
        same(
            9,
            "a hung child is terminated",
            "suture `TestRemovingHungService`, `TestRemoveAndWait`",
            "the caller is told; the supervisor goes on, and won't start the child while it runs",
            () -> {
              var release = new CountDownLatch(1);
              var b = worker("b");
              try (var scene =
                  scene(ONE_FOR_ONE, 1).start(worker("a").spec(), b.spec().withShutdown(SHORT))) {
                hangs(b, release);
                refused(
                    SupervisionTree.ChildFailed.class,
                    "b: it does not stop",
                    () -> scene.supervisor.terminateChild("b"));
                scene.told("Unstopped b");
                idleOnly(scene, "b");
                release.countDown();
                scene.told("Ended b Stopped");
                scene.supervisor.restartChild("b");
                scene.told("Started b");
                expect(false, b.twoAtOnce, "two at once");
                b.awaitStep(0);
                b.awaitStep(1);
              } finally {
                release.countDown();
              }
            }),
        same(
            9,
            "after the end",
            "OTP `child_adm` (`noproc`); suture `TestStoppingSupervisorStopsServices`",
            "everything is refused",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1).start(worker("a").spec())) {
                scene.root.stop(PATIENCE);
                for (Behaviour.Check check : asks(scene.supervisor))
                  refused(IllegalStateException.class, "The supervisor has ended.", check);
                expect("a ENDED", scene.phases(), "the phases");
              }
            }),
        own(
            9,
            "before the start",
            "a caller waits for the start, or until it's interrupted",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                expect("", scene.phases(), "the phases");
                var asks =
                    new FutureTask<>(() -> {
                      scene.supervisor.startChild(worker("b").spec());
                      return null;
                    });
                var thread = Thread.startVirtualThread(asks);
                becomes("WAITING", () -> "" + thread.getState());
                scene.start(worker("a").spec());
                scene.told("Started b");
                asks.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
              }
              var nobody = scene(ONE_FOR_ONE, 1);
              Thread.currentThread().interrupt();
              refused(
                  InterruptedException.class, null, () -> nobody.supervisor.terminateChild("a"));
            }),
        same(
            9,
            "from a listener of its own supervisor",
            "OTP docs: a supervisor that calls itself hangs",
            "is refused, since it would wait for itself",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                var refusals = new LinkedBlockingQueue<String>();
                scene.listener =
                    event -> {
                      if (!event.id().equals("a")) return;
                      for (Behaviour.Check check : asks(scene.supervisor))
                        refusals.add(thrownBy(check).getMessage());
                    };
                scene.start(worker("a").spec());
                for (int i = 0; i < 4; i++)
                  expect(
                      "A listener can't wait for its own supervisor.",
                      refusals.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS),
                      "the refusal");
              }
            }),
        same(
            9,
            "from a child's step",
            "OTP docs",
            "is done; a child that terminates itself is interrupted while it waits",
            () -> {
              Worker a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec())) {
                a.does(state -> {
                  scene.supervisor.startChild(worker("b").spec());
                  scene.supervisor.terminateChild("a");
                  return new SupervisionTree.Continue<>(state);
                });
                scene.told("Started b", "Ended a Stopped");
              }
            }),
        same(
            9,
            "a caller that is interrupted",
            "OTP docs: a call may time out",
            "leaves; what it asked for is not done, if it hasn't begun",
            () -> {
              var hold = new CountDownLatch(1);
              try (var scene = scene(ONE_FOR_ONE, 1).start(worker("a").spec())) {
                scene.listener =
                    event -> {
                      if (event.id().equals("b")) await(hold);
                    };
                var first = asking(() -> scene.supervisor.startChild(worker("b").spec()));
                scene.told("Started b");
                var second = asking(() -> scene.supervisor.startChild(worker("c").spec()));
                for (var asking : List.of(second, first)) {
                  asking.thread().interrupt();
                  expect(InterruptedException.class, asking.failure().getClass(), "its failure");
                }
                hold.countDown();
                scene.supervisor.terminateChild("b"); // it had begun, and was done
                scene.told("Ended b Stopped");
                expect("a RUNS, b ENDED", scene.phases(), "the phases");
              }
            }),
        same(
            9,
            "the children, and how they are",
            "OTP `count_children`; suture `TestServiceReport`",
            "can be seen in each phase, by anyone, without waiting",
            () -> {
              var hold = new CountDownLatch(1);
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ALL, 1)) {
                scene.listener =
                    event -> {
                      if (event instanceof SupervisionTree.Crashed) await(hold);
                    };
                var spec = a.pausing();
                expect("", scene.phases(), "the phases before the start");
                scene.start(spec, worker("b").spec());
                becomes("a RUNS, b RUNS", scene::phases);
                a.moves().fails();
                scene.told("Crashed a"); // and now the supervisor waits for its listener
                expect("a WAITS, b RUNS", scene.phases(), "the phases while the listener waits");
                var status = scene.supervisor.children().getFirst();
                expect(1, status.state(), "its state");
                expect(
                    "a fails.",
                    status.lastFailure().orElseThrow().exception().getMessage(),
                    "its failure");
                hold.countDown();
                scene.told("Ended b Stopped", "Restarting a");
                becomes("a PAUSES, b WAITS", scene::phases);
                scene.stops("Ended root Stopped");
                expect("a ENDED, b ENDED", scene.phases(), "the phases after the end");
              }
            }));
  }

  /// One that waits for a supervisor's answer.
  private record Asking(Thread thread, FutureTask<Throwable> answer) {
    Throwable failure() throws Exception {
      return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private static Asking asking(Behaviour.Check check) throws Exception {
    var answer = new FutureTask<>(() -> thrownBy(check));
    var thread = Thread.startVirtualThread(answer);
    becomes("WAITING", () -> "" + thread.getState());
    return new Asking(thread, answer);
  }

  private static List<Behaviour.Check> asks(SupervisionTree.Supervisor supervisor) {
    return List.of(
        () -> supervisor.startChild(worker("x").spec()),
        () -> supervisor.terminateChild("a"),
        () -> supervisor.restartChild("a"),
        () -> supervisor.deleteChild("a"));
  }

  private static void idleOnly(Scene scene, String id) {
    String message = "'" + id + "' runs, or is about to: terminate it first.";
    refused(IllegalStateException.class, message, () -> scene.supervisor.restartChild(id));
    refused(IllegalStateException.class, message, () -> scene.supervisor.deleteChild(id));
  }

  private static List<Behaviour> closes() {
    return List.of(
        own(
            9,
            "a close from two threads",
            "stops it once; both wait for the end",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1).start(worker("a").spec())) {
                var other =
                    new FutureTask<>(() -> {
                      scene.root.close();
                      return scene.root.exit.isDone();
                    });
                Thread.startVirtualThread(other);
                scene.root.close();
                expect(true, scene.root.exit.isDone(), "whether it has ended");
                expect(
                    true, other.get(PATIENCE.toSeconds(), TimeUnit.SECONDS), "the other's answer");
                scene.told("Ended a Stopped", "Ended root Stopped");
                scene.toldNoMore();
              }
            }),
        own(
            9,
            "a close from inside: a child's step, its opening, its closing, a verdict",
            "asks for the stop; nobody waits for himself for ever",
            () -> {
              for (String place : List.of("step", "open", "close", "judge")) {
                Worker a = worker("a");
                try (var scene = scene(ONE_FOR_ONE, 1)) {
                  Callable<?> closes =
                      () -> {
                        becomes("true", () -> "" + (scene.root != null));
                        scene.root.close();
                        return null;
                      };
                  var spec =
                      a.spec()
                          .with(_ -> {
                            if (place.equals("judge")) closes.call();
                            return new SupervisionTree.Retry<>();
                          });
                  if (place.equals("open")) a.openings.add(closes);
                  if (place.equals("close")) a.closings.add(closes);
                  if (place.equals("step"))
                    a.does(state -> {
                      closes.call();
                      return new SupervisionTree.Continue<>(state);
                    });
                  else a.fails();
                  scene.root = scene.supervisor.start("root", spec);
                  scene.told("Started root", "Started a");
                  String end = scene.notes.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                  if (!end.equals("Ended a Stopped"))
                    throw new AssertionError("From a " + place + ": " + end);
                  scene.told("Ended root Stopped");
                }
              }
            }),
        own(
            9,
            "a close from a listener",
            "asks for the stop; the supervisor stops as soon as the listener returns",
            () -> {
              Worker a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.listener =
                    event -> {
                      if (event instanceof SupervisionTree.Crashed) scene.root.close();
                    };
                scene.start(a.spec());
                a.fails();
                scene.told("Crashed a");
                scene.told("Restarting a", "Started a"); // it had begun to answer the failure
                scene.told("Ended a Stopped", "Ended root Stopped");
              }
            }),
        own(
            9,
            "a close by a thread that is interrupted already",
            "waits all the same, and leaves the thread interrupted",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1).start(worker("a").spec())) {
                boolean interrupted =
                    elsewhere(() -> {
                      Thread.currentThread().interrupt();
                      scene.root.close();
                      return Thread.interrupted();
                    });
                expect(true, interrupted, "whether it's still interrupted");
                expect(true, scene.root.exit.isDone(), "whether it has ended");
              }
            }),
        own(
            9,
            "an interrupt during a close",
            "who closes waits no longer, and is left interrupted; the stop goes on",
            () -> {
              var release = new CountDownLatch(1);
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec())) {
                hangs(a, release);
                var closes =
                    new FutureTask<>(() -> {
                      scene.root.close();
                      return Thread.interrupted() && !scene.root.exit.isDone();
                    });
                var thread = Thread.startVirtualThread(closes);
                becomes("true", () -> "" + thread.getState().name().endsWith("WAITING"));
                thread.interrupt();
                expect(
                    true, closes.get(PATIENCE.toSeconds(), TimeUnit.SECONDS), "what it has seen");
                release.countDown();
                scene.told("Ended a Stopped", "Ended root Stopped");
              } finally {
                release.countDown();
              }
            }),
        own(
            9,
            "a tree that was stopped is started again where it was",
            "the exit holds the children as they were",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec())) {
                a.moves().moves();
                for (int state : List.of(0, 1, 2)) a.awaitStep(state);
                scene.stops("Ended a Stopped", "Ended root Stopped");
                if (!(scene.exit()
                    instanceof
                    SupervisionTree.Stopped<List<SupervisionTree.ChildSpec<?>>>(var children)))
                  throw new AssertionError(scene.exit());
                scene.start(children.toArray(SupervisionTree.ChildSpec<?>[]::new));
                a.awaitStep(2);
              }
            }));
  }

  private static List<Behaviour> others() {
    return List.of(
        same(
            9,
            "a listener that throws",
            "OTP docs: reports can't harm",
            "is told to the thread's handler of uncaught exceptions; all goes on",
            () -> {
              var breaches =
                  Behaviour.breaches(() -> {
                    var a = worker("a");
                    try (var scene = scene(ONE_FOR_ONE, 1)) {
                      scene.listener =
                          event -> {
                            if (event instanceof SupervisionTree.Crashed)
                              throw new IllegalStateException("The listener is tired.");
                          };
                      scene.start(a.spec());
                      a.fails();
                      scene.told("Crashed a", "Restarting a", "Started a");
                      scene.stops("Ended a Stopped", "Ended root Stopped");
                    }
                  });
              expect(1, breaches.size(), "the number of uncaught exceptions");
              expect(true, breaches.toString().contains("The listener is tired."), "" + breaches);
            }),
        differs(
            9,
            "a listener that blocks",
            "OTP docs: reports are sent, and not waited for",
            "holds up its supervisor, until it's stopped",
            "a listener may wait for room on a channel: backpressure, and nothing is told out of"
                + " turn",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.listener =
                    event -> {
                      if (event instanceof SupervisionTree.Crashed) new CountDownLatch(1).await();
                    };
                scene.start(a.spec(), worker("b").spec());
                a.fails();
                scene.told("Crashed a");
                scene.stops(
                    "Restarting a",
                    "Started a",
                    "Ended b Stopped",
                    "Ended a Stopped",
                    "Ended root Stopped");
              }
            }),
        own(
            9,
            "a listener that swallows an interrupt",
            "does not swallow the stop with it",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.listener =
                    event -> {
                      if (event instanceof SupervisionTree.Crashed)
                        thrownBy(() -> new CountDownLatch(1).await());
                    };
                scene.start(a.spec());
                a.fails();
                scene.told("Crashed a");
                scene.stops("Restarting a", "Started a", "Ended a Stopped", "Ended root Stopped");
              }
            }),
        own(
            9,
            "a listener that waits while its supervisor stops",
            "is interrupted each time: a stop waits for nobody's room",
            () -> {
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.listener =
                    event -> {
                      if (event instanceof SupervisionTree.Ended) new CountDownLatch(1).await();
                    };
                scene.start(worker("a").spec(), worker("b").spec());
                scene.stops("Ended b Stopped", "Ended a Stopped", "Ended root Stopped");
              }
            }),
        own(
            9,
            "a stranger interrupts a listener, and so the supervisor",
            "it's a failure of the supervisor",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                var thread = new LinkedBlockingQueue<Thread>();
                scene.listener =
                    event -> {
                      if (!(event instanceof SupervisionTree.Ended(var id, _)) || !id.equals("a"))
                        return;
                      if (scene.root.exit.isDone() || !thread.isEmpty()) return;
                      thread.add(Thread.currentThread());
                      new CountDownLatch(1).await();
                    };
                scene.start(a.spec(), worker("b").spec());
                a.isDone();
                scene.told("Ended a Done");
                becomes("false", () -> "" + thread.isEmpty());
                thread.peek().interrupt();
                scene.told("Ended b Stopped", "Ended root Failed");
              }
            }),
        own(
            9,
            "a listener that throws an Error",
            "ends the tree; all are stopped",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1)) {
                scene.listener =
                    event -> {
                      if (event instanceof SupervisionTree.Crashed)
                        throw new AssertionError("The listener has had enough.");
                    };
                scene.start(a.spec(), worker("b").spec());
                a.fails();
                scene.told("Crashed a", "Ended b Stopped", "Ended root Died");
                expect(
                    "The listener has had enough.",
                    thrownBy(scene.root::join).getCause().getMessage(),
                    "what it died of");
              }
            }),
        own(
            9,
            "verdicts: try again, skip, give up",
            "skipping has no pause, and counts; giving up is the supervisor's failure",
            () -> {
              Worker a = worker("a");
              SupervisionTree.Judge<Integer> judge =
                  failure ->
                      switch (failure.state()) {
                        case 0 -> new SupervisionTree.SkipTo<>(7);
                        case 7 -> new SupervisionTree.Retry<>();
                        default -> new SupervisionTree.GiveUp<>();
                      };
              try (var scene = scene(ONE_FOR_ONE, 9).start(a.spec().with(judge))) {
                a.fails();
                scene.told("Crashed a", "Skipping a", "Restarting a", "Started a");
                a.fails().moves();
                scene.told("Crashed a", "Restarting a", "Started a");
                for (int state : List.of(0, 7, 7, 8)) a.awaitStep(state);
                a.fails();
                scene.told("Crashed a", "GaveUp a", "Ended root Failed");
                expect("a: so says the verdict", scene.failure(), "the failure");
              }
            }),
        own(
            9,
            "a judge that throws, or has no verdict",
            "gives up; what it threw is with the failure",
            () -> {
              for (boolean isNull : List.of(true, false)) {
                Worker a = worker("a");
                SupervisionTree.Judge<Integer> judge =
                    _ -> {
                      if (isNull) return null;
                      throw new IllegalStateException("Who am I to judge?");
                    };
                try (var scene = scene(ONE_FOR_ONE, 9).start(a.spec().with(judge))) {
                  a.fails();
                  scene.told("Crashed a", "GaveUp a", "Ended root Failed");
                  for (var event : scene.events)
                    if (event instanceof SupervisionTree.Crashed(_, var failure))
                      expect(
                          isNull ? "There is no verdict." : "Who am I to judge?",
                          failure.exception().getSuppressed()[0].getMessage(),
                          "what is with the failure");
                }
              }
            }),
        own(
            9,
            "a judge that waits",
            "holds up its own child alone; a stop interrupts it",
            () -> {
              Worker a = worker("a"), b = worker("b");
              var judges = new CountDownLatch(1);
              SupervisionTree.Judge<Integer> judge =
                  _ -> {
                    judges.countDown();
                    new CountDownLatch(1).await();
                    return new SupervisionTree.Retry<>();
                  };
              try (var scene = scene(ONE_FOR_ONE, 9).start(a.spec().with(judge), b.spec())) {
                a.moves().fails();
                await(judges);
                b.fails();
                scene.told("Crashed b", "Restarting b", "Started b");
                scene.stops("Ended b Stopped", "Ended a Stopped", "Ended root Stopped");
                expect("Stopped[state=[a@1, b@0]]", "" + scene.exit(), "the exit");
              }
            }),
        own(
            9,
            "a stop while a judge has just set an event aside",
            "it's skipped all the same: nothing is set aside twice",
            () -> {
              var a = worker("a");
              var judges = new CountDownLatch(1);
              SupervisionTree.Judge<Integer> judge =
                  failure -> {
                    judges.countDown();
                    thrownBy(() -> new CountDownLatch(1).await());
                    return new SupervisionTree.SkipTo<>(failure.state() + 1);
                  };
              try (var scene = scene(ONE_FOR_ONE, 9).start(a.spec().with(judge))) {
                a.fails();
                await(judges);
                scene.stops("Ended a Stopped", "Ended root Stopped");
                expect("Stopped[state=[a@1]]", "" + scene.exit(), "the exit");
              }
            }),
        own(
            9,
            "a step that returns null, or an outcome without a state",
            "has failed, and is restarted",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 9).start(a.spec())) {
                for (SupervisionTree.Step<Integer> step :
                    List.<SupervisionTree.Step<Integer>>of(
                        _ -> null,
                        _ -> new SupervisionTree.Continue<>(null),
                        _ -> new SupervisionTree.Done<>(null),
                        _ -> new SupervisionTree.Stopped<>(null),
                        _ -> new SupervisionTree.Failed<>(null))) {
                  a.does(step);
                  scene.told("Crashed a", "Restarting a", "Started a");
                }
                expect(
                    List.of(
                        "A step must have an outcome.",
                        "A step must say where to go on.",
                        "Who is done must say where.",
                        "Who stops must say where.",
                        "Who has failed must say how."),
                    scene.events.stream()
                        .filter(SupervisionTree.Crashed.class::isInstance)
                        .map(event ->
                            ((SupervisionTree.Crashed) event).failure().exception().getMessage())
                        .toList(),
                    "the failures");
              }
            }),
        differs(
            9,
            "an Error in a child",
            "OTP: any exit is a failure; suture `TestFailures` (panic)",
            "is no failure: it's told, all else is stopped, and the root dies of it",
            "an OutOfMemoryError or a failed assertion is nobody's to survive",
            () -> {
              for (String place : List.of("step", "open", "judge")) {
                var a = worker("a");
                Callable<?> dies =
                    () -> {
                      throw new StackOverflowError("so deep");
                    };
                try (var scene = scene(ONE_FOR_ONE, 9)) {
                  scene.start(
                      worker("b").spec(),
                      a.spec()
                          .with(_ -> {
                            dies.call();
                            return null;
                          }));
                  switch (place) {
                    case "step" ->
                        a.does(_ -> {
                          dies.call();
                          return null;
                        });
                    case "judge" -> a.fails();
                    default -> {
                      scene.supervisor.terminateChild("a");
                      scene.told("Ended a Stopped");
                      a.openings.add(dies);
                      thrownBy(() -> scene.supervisor.restartChild("a"));
                      scene.told("Started a");
                    }
                  }
                  scene.told("Ended a Died", "Ended b Stopped", "Ended root Died");
                  expect(
                      "so deep", thrownBy(scene.root::join).getCause().getMessage(), "the cause");
                }
              }
            }),
        own(
            9,
            "an Error in a grandchild",
            "goes up to the root; on each level all else is stopped",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 9)) {
                scene.start(
                    worker("b").spec(),
                    scene.nested(
                        "n", scene.supervisor(ONE_FOR_ALL, 9), worker("c").spec(), a.spec()));
                scene.told("Started c", "Started a");
                a.does(_ -> {
                  throw new StackOverflowError("so deep");
                });
                scene.told("Ended a Died", "Ended c Stopped");
                scene.told("Ended n Died", "Ended b Stopped", "Ended root Died");
              }
            }),
        own(
            9,
            "an Error in a child that is asked to stop",
            "the others are stopped, and then the root dies of it",
            () -> {
              var b = worker("b");
              b.closings.add(() -> {
                throw new StackOverflowError("so deep");
              });
              try (var scene = scene(ONE_FOR_ONE, 9).start(worker("a").spec(), b.spec())) {
                scene.stops("Ended b Died", "Ended a Stopped", "Ended root Died");
              }
            }),
        own(
            9,
            "a closing that throws",
            "is a failure after a good step, and hides neither a failure nor an Error",
            () -> {
              var a = worker("a");
              Callable<?> throwing =
                  () -> {
                    throw new IllegalStateException("It does not close.");
                  };
              try (var scene = scene(ONE_FOR_ONE, 9).start(a.spec())) {
                a.closings.add(throwing);
                a.isDone();
                scene.told("Crashed a", "Restarting a", "Started a");
                a.closings.add(throwing);
                a.fails();
                scene.told("Crashed a", "Restarting a", "Started a");
                var same = new IllegalStateException("So does it.");
                a.closings.add(() -> {
                  throw same;
                });
                a.does(_ -> {
                  throw same;
                });
                scene.told("Crashed a", "Restarting a", "Started a");
                expect(
                    List.of("It does not close.", "a fails.", "So does it."),
                    scene.events.stream()
                        .filter(SupervisionTree.Crashed.class::isInstance)
                        .map(event ->
                            ((SupervisionTree.Crashed) event).failure().exception().getMessage())
                        .toList(),
                    "the failures");
                a.closings.add(throwing);
                a.does(_ -> {
                  throw new StackOverflowError("so deep");
                });
                scene.told("Ended a Died", "Ended root Died");
                var cause = thrownBy(scene.root::join).getCause();
                expect("so deep", cause.getMessage(), "the cause");
                expect("It does not close.", cause.getSuppressed()[0].getMessage(), "beside it");
              }
            }),
        differs(
            9,
            "a stranger interrupts a child",
            "suture docs: a `context.Canceled` that is not its own",
            "it's a failure, and no stop: the child is restarted",
            "as in suture; in OTP it depends on the reason that the stranger gives",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec())) {
                a.does(state -> {
                  Thread.currentThread().interrupt();
                  return new SupervisionTree.Continue<>(state);
                });
                scene.told("Crashed a", "Restarting a", "Started a");
                a.awaitStep(0);
              }
            }),
        own(
            9,
            "an interrupt in disguise",
            "is a stop if somebody asked for one, and else a failure",
            () -> {
              Worker a = worker("a");
              SupervisionTree.Step<Integer> disguises =
                  _ -> {
                    try {
                      new CountDownLatch(1).await();
                      return null;
                    } catch (InterruptedException e) {
                      throw new IllegalStateException("The connection was lost.", e);
                    }
                  };
              try (var scene = scene(ONE_FOR_ONE, 1).start(a.spec())) {
                a.does(state -> {
                  Thread.currentThread().interrupt();
                  return disguises.run(state);
                });
                scene.told("Crashed a", "Restarting a", "Started a");
                a.does(disguises);
                a.awaitStep(0);
                a.awaitStep(0);
                scene.stops("Ended a Stopped", "Ended root Stopped");
              }
            }),
        own(
            9,
            "many callers at once, while the children fail",
            "each gets an answer; never do two incarnations of a child run at once; all stops",
            () -> {
              for (var strategy : SupervisionTree.Strategy.values())
                for (long seed = 1; seed <= 3; seed++) manyCallers(strategy, seed);
            }),
        differs(
            9,
            "what is told of a child that is given up, or stopped in its pause",
            "OTP docs: a report for each child",
            "its failure, and no end of its own: the end of its supervisor says it",
            "OTP reports each child's end when it gives up, too",
            () -> {
              var a = worker("a");
              try (var scene = scene(ONE_FOR_ONE, 0).start(a.spec())) {
                a.fails();
                scene.told("Crashed a", "GaveUp a", "Ended root Failed");
                scene.toldNoMore();
              }
            }));
  }

  private static void manyCallers(SupervisionTree.Strategy strategy, long seed) throws Exception {
    var workers = new ArrayList<Worker>();
    for (String id : List.of("a", "b", "c", "d"))
      workers.add(
          new Worker(id) {
            private final Random random = new Random(seed + id.charAt(0));

            @Override
            public SupervisionTree.Outcome<Integer> run(Integer state) throws Exception {
              switch (random.nextInt(8)) {
                case 0 -> fails();
                case 1 -> isDone();
                case 2 -> refuses().fails();
                default -> moves();
              }
              return super.run(state);
            }
          });
    try (var scene = scene(strategy, 1_000_000)) {
      scene.root = scene.supervisor.start("root");
      var callers = new ArrayList<FutureTask<Void>>();
      for (int caller = 0; caller < 3; caller++) {
        var random = new Random(10 * seed + caller);
        callers.add(
            new FutureTask<>(() -> {
              for (int i = 0; i < 60; i++) {
                var worker = workers.get(random.nextInt(workers.size()));
                call(scene, worker, random.nextInt(6));
              }
              return null;
            }));
      }
      for (var caller : callers) Thread.startVirtualThread(caller);
      for (var caller : callers) caller.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      expect(true, scene.root.stop(PATIENCE).isEmpty(), "whether it stops");
      for (var worker : workers) {
        expect(false, worker.twoAtOnce, "two of " + worker.id + " at once");
        expect(0, worker.alive.get(), "those of " + worker.id + " that are left");
      }
      expect(SupervisionTree.Stopped.class, scene.exit().getClass(), "the exit");
    }
  }

  private static void call(Scene scene, Worker worker, int what) throws Exception {
    try {
      switch (what) {
        case 0 -> scene.supervisor.startChild(worker.spec());
        case 1 -> scene.supervisor.startChild(worker.pausing());
        case 2 -> scene.supervisor.terminateChild(worker.id);
        case 3 -> scene.supervisor.restartChild(worker.id);
        case 4 -> scene.supervisor.deleteChild(worker.id);
        default -> scene.clock.advance(Duration.ofSeconds(1));
      }
    } catch (IllegalArgumentException
        | NoSuchElementException
        | IllegalStateException
        | SupervisionTree.ChildFailed e) {
      boolean hasEnded = ("" + e.getMessage()).contains("has ended");
      expect(false, hasEnded, "whether the supervisor has ended");
    }
  }
}
