///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 09 · Supervisors of supervisors: three strategies, and a way up

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// # 9 · The supervision tree
///
/// **The question.** Clicks and orders come from the same broker, through one
/// session. The client counts who holds it: whoever comes first logs in, and
/// whoever leaves last logs out. (Your connection pool may well do that.)
///
/// The session expires. The clicks' producer fails, lets go of it, and is
/// restarted. It gets the session again: the same, expired one, since the
/// orders' producer still holds it. Then that one fails. By then the first one
/// holds it.
///
/// Each supervisor of chapter 8 does what it should, and each keeps the other
/// one's dead session alive. For ever.
///
/// Who can see that those two belong together?
///
/// After this chapter you can
///
/// - choose between one-for-one, one-for-all and rest-for-one;
/// - draw a tree for a system of yours, and say where a failure ends;
/// - start in order, stop in reverse, and bound the time that it takes.
///
/// *Reading: 40 minutes. Exercises: 65 minutes.*
///
/// **Predict.** One supervisor for both producers, clicks first, three restarts
/// allowed. The session expires at the clicks' third read. It is one-for-one.
/// How often does anybody log in, and how does it end? And with another
/// supervisor above this one?
class SupervisionTree {

  /// ## Carried over
  ///
  /// The intensity, time and pauses; from chapter 8 the outcomes, verdicts and
  /// events. From here to the end of the tree you can copy everything.

  // region the intensity

  /// At most `max` restarts within any `period`.
  record Intensity(int max, Duration period) {
    Intensity {
      if (max < 0 || !period.isPositive())
        throw new IllegalArgumentException("No intensity: " + max + " restarts in " + period);
    }

    @Override
    public String toString() {
      return "at most %d restarts in %d ms".formatted(max, TimeUnit.MILLISECONDS.convert(period));
    }
  }

  // endregion

  // region the time

  /// What time it is, and how to let it pass. Nanoseconds, good for differences only.
  interface Time {
    long nanos();

    void sleep(Duration pause) throws InterruptedException;

    Time REAL =
        new Time() {
          @Override
          public long nanos() {
            return System.nanoTime();
          }

          @Override
          public void sleep(Duration pause) throws InterruptedException {
            Thread.sleep(pause);
          }
        };
  }

  // endregion

  // region the pauses

  /// Pauses of `first`, then `factor` times as long each time, up to `cap`. Of each, chance takes
  /// off a part between 0 and `jitter`.
  record Pauses(Duration first, double factor, Duration cap, double jitter) {
    static final Pauses NONE = new Pauses(Duration.ZERO, 1, Duration.ZERO, 0);

    Pauses {
      boolean inOrder = !first.isNegative() && first.compareTo(cap) <= 0 && cap.toDays() < 365;
      // written so that NaN is refused, too
      if (!inOrder || !(factor >= 1) || !(jitter >= 0 && jitter <= 1))
        throw new IllegalArgumentException(
            "No pauses: first %s, factor %s, cap %s, jitter %s"
                .formatted(first, factor, cap, jitter));
    }

    /// The pause before restart number `inARow`, from 1.
    Duration before(int inARow, RandomGenerator random) {
      double full = Math.min(cap.toNanos(), first.toNanos() * Math.pow(factor, inARow - 1));
      return Duration.ofNanos((long) (full * (1 - jitter * random.nextDouble())));
    }
  }

  // endregion

  // region the outcomes

  sealed interface Outcome<S> permits Continue, Exit {}

  record Continue<S>(S next) implements Outcome<S> {
    Continue {
      Objects.requireNonNull(next, "A step must say where to go on.");
    }
  }

  /// How the work ends.
  sealed interface Exit<S> extends Outcome<S> permits Done, Failed, Stopped, Died {

    /// Where to go on, if it says so, or else at `last`.
    default S at(S last) {
      return switch (this) {
        case Done<S>(S state) -> state;
        case Failed<S>(Failure<S> failure) -> failure.state();
        case Stopped<S>(S state) -> state;
        case Died<S> _ -> last;
      };
    }
  }

  record Done<S>(S state) implements Exit<S> {
    Done {
      Objects.requireNonNull(state, "Who is done must say where.");
    }
  }

  record Failed<S>(Failure<S> failure) implements Exit<S> {
    Failed {
      Objects.requireNonNull(failure, "Who has failed must say how.");
    }
  }

  record Stopped<S>(S state) implements Exit<S> {
    Stopped {
      Objects.requireNonNull(state, "Who stops must say where.");
    }
  }

  record Died<S>(Throwable cause) implements Exit<S> {}

  /// What went wrong, from where to try again, and what we were doing.
  record Failure<S>(Exception exception, S state, String operation) {
    Failure {
      Objects.requireNonNull(exception, "A failure must say what went wrong.");
      Objects.requireNonNull(state, "A failure must say where to go on.");
    }

    @Override
    public String toString() {
      return operation + "@" + state + " " + exception;
    }
  }

  // endregion

  // region the verdicts

  /// After which exits a child is restarted: all but a stop, a failure alone, or none.
  enum Restart {
    PERMANENT,
    TRANSIENT,
    TEMPORARY
  }

  sealed interface Verdict<S> permits Retry, SkipTo, GiveUp {}

  /// It may get better: wait, and try again where it failed.
  record Retry<S>() implements Verdict<S> {}

  /// It won't get better: go on at `next`.
  record SkipTo<S>(S next) implements Verdict<S> {
    SkipTo {
      Objects.requireNonNull(next, "Who skips must say where to go on.");
    }
  }

  /// It's no use, and no small matter.
  record GiveUp<S>() implements Verdict<S> {}

  /// Is asked about each failure. It may wait, as for room on a dead-letter channel.
  interface Judge<S> {
    Verdict<S> verdictOn(Failure<S> failure) throws Exception;

    /// Asks, and gets an answer. Who can't judge gives up; who is interrupted tries again.
    default Verdict<S> answer(Failure<S> failure) {
      try {
        return Objects.requireNonNull(verdictOn(failure), "There is no verdict.");
      } catch (InterruptedException e) {
        return new Retry<>();
      } catch (Exception e) {
        if (e != failure.exception()) failure.exception().addSuppressed(e);
        return new GiveUp<>();
      }
    }
  }

  // endregion

  // region the events

  /// What a supervisor tells of a child.
  sealed interface Event permits Started, Crashed, Restarting, Skipping, GaveUp, Ended, Unstopped {
    String id();
  }

  record Started(String id, Object from) implements Event {}

  record Crashed(String id, Failure<?> failure) implements Event {}

  record Restarting(String id, Object from, Duration pause) implements Event {}

  record Skipping(String id, Object next) implements Event {}

  record GaveUp(String id, String why) implements Event {}

  /// It has come to an end. Until it's started again, if ever, no step is run.
  record Ended(String id, Exit<?> exit) implements Event {}

  /// A thread that was asked to stop, and did not. There is no more to be done than to say so.
  record Unstopped(String id, Duration within, String place) implements Event {

    static Unstopped now(Thread thread, Duration within) {
      String place =
          Stream.of(thread.getStackTrace())
              .filter(frame -> frame.getModuleName() == null) // ours, not the JDK's
              .findFirst()
              .map(frame -> frame.getClassName() + "." + frame.getMethodName())
              .orElse("an unknown place");
      return new Unstopped(thread.getName(), within, place);
    }

    @Override
    public String toString() {
      return "%s did not stop within %d ms. It stands in %s."
          .formatted(id, within.toMillis(), place);
    }
  }

  /// Is told on the supervisor's thread, or on that of whoever closes it, which waits for it. A stop
  /// interrupts it.
  interface Listener {
    void on(Event event) throws Exception;
  }

  // endregion

  /// ## A child starts
  ///
  /// A group is started in order: first who opens the session, then who needs
  /// it. For that, a child must be able to say "I have started". So a step gets
  /// a beginning and an end. `open` is called before its first run, each time
  /// that it's started, and `close` after its last. Whatever a step needs, it
  /// opens there: a connection that failed is no good for another try.
  ///
  /// (A step that has nothing to open is still a lambda.)

  // region a step that opens

  /// One step, from a state to the next one. It may wait, and it may throw.
  interface Step<S> {
    Outcome<S> run(S state) throws Exception;

    /// One attempt. What it throws becomes a value.
    default Outcome<S> attempt(S state, String operation) {
      try {
        return Objects.requireNonNull(run(state), "A step must have an outcome.");
      } catch (Exception e) {
        return new Failed<>(new Failure<>(e, state, operation));
      }
    }

    /// Comes before the first step of each start, on the child's thread. Only when it has returned has
    /// the child started.
    default void open(S from) throws Exception {}

    /// Comes after the last one, if `open` has returned.
    default void close() throws Exception {}

    /// Is told that `thread`, which makes these steps, was asked to stop. An interrupt may be swallowed.
    default void askedToStop(Thread thread) {}
  }

  // endregion

  /// The specification is chapter 8's, less the intensity. That moves to the
  /// supervisor, as in OTP: what's counted is the restarts of all its children
  /// together. A noisy child spends its siblings' budget. If that's wrong, they
  /// need two supervisors.

  // region a child without an intensity

  /// What a supervisor has to know of a child.
  ///
  /// @param shutdown how long it may take to stop
  record ChildSpec<S>(
      String id,
      S initial,
      Step<S> step,
      Restart restart,
      Pauses pauses,
      Judge<S> judge,
      Duration shutdown) {

    @Override
    public String toString() {
      return id + "@" + initial;
    }

    ChildSpec {
      for (Object part : new Object[] {id, initial, step, restart, pauses, judge})
        Objects.requireNonNull(part, "A child needs all of its specification.");
      if (shutdown.isNegative()) throw new IllegalArgumentException("No bound: " + shutdown);
    }

    /// Transient; pauses of 0.1 s, 0.2 s, and so on up to 5 s, less up to a fifth; tries again after any
    /// failure; has 5 s to stop.
    static <S> ChildSpec<S> of(String id, S initial, Step<S> step) {
      return new ChildSpec<>(
          id,
          initial,
          step,
          Restart.TRANSIENT,
          new Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(5), 0.2),
          _ -> new Retry<>(),
          Duration.ofSeconds(5));
    }

    ChildSpec<S> with(Restart restart) {
      return new ChildSpec<>(id, initial, step, restart, pauses, judge, shutdown);
    }

    ChildSpec<S> with(Pauses pauses) {
      return new ChildSpec<>(id, initial, step, restart, pauses, judge, shutdown);
    }

    ChildSpec<S> with(Judge<S> judge) {
      return new ChildSpec<>(id, initial, step, restart, pauses, judge, shutdown);
    }

    ChildSpec<S> withInitial(S initial) {
      return new ChildSpec<>(id, initial, step, restart, pauses, judge, shutdown);
    }

    ChildSpec<S> withShutdown(Duration shutdown) {
      return new ChildSpec<>(id, initial, step, restart, pauses, judge, shutdown);
    }
  }

  // endregion

  /// ## A child runs, once
  ///
  /// Chapter 8's loop did everything on the child's own thread: run, judge,
  /// pause, restart. But now somebody else decides on restarts, since they may
  /// concern others. So what's left for the child's thread is one life: open,
  /// drive, close, and the judgement on the failure, if any. Then it's over,
  /// and `whenEnded` is told.

  // region the running child

  /// A child from one start to its end: a thread, and how it ended. It's never restarted.
  static class Running<S> implements AutoCloseable {
    private final ChildSpec<S> spec;
    private final S from;
    private final Thread thread;
    private final CountDownLatch opened = new CountDownLatch(1);
    final FutureTask<Exit<S>> exit;
    private volatile boolean asked;
    private volatile boolean isOpen;
    private volatile S state; // at the end: where to go on
    private Verdict<S> verdict; // on its failure

    /// @param whenEnded is called at last, on the child's thread
    Running(ChildSpec<S> spec, S from, Consumer<Running<S>> whenEnded) {
      this.spec = spec;
      this.from = from;
      this.state = from;
      this.exit =
          new FutureTask<>(this::run) {
            @Override
            protected void done() {
              opened.countDown();
              whenEnded.accept(Running.this);
            }
          };
      this.thread = Thread.ofVirtual().name(spec.id()).unstarted(exit);
    }

    /// Not in the constructor: whoever looks at the tree should find it there.
    Running<S> start() {
      thread.start();
      return this;
    }

    private Exit<S> run() {
      Exit<S> end;
      try {
        end = openAndDrive();
      } catch (Exception e) {
        end = failed(e, state);
      } // an Error is not ours to survive
      state = end.at(state);
      if (end instanceof Done && spec.restart() == Restart.PERMANENT)
        end = failed(new IllegalStateException("It has ended."), state);
      if (!(end instanceof Failed<S>(Failure<S> failure))) return end;
      if (!asked && spec.restart() != Restart.TEMPORARY) verdict = spec.judge().answer(failure);
      if (verdict instanceof SkipTo<S>(S next)) state = next;
      boolean isStop = asked && !ChildFailed.stillRuns(failure); // whatever failed
      return isStop ? new Stopped<>(state) : end;
    }

    private Exit<S> openAndDrive() throws Exception {
      spec.step().open(state);
      isOpen = true;
      opened.countDown();
      Exit<S> end = null;
      try (AutoCloseable _ = spec.step()::close) {
        do {
          switch (spec.step().attempt(state, spec.id())) {
            case Continue<S>(S next) -> state = next;
            case Exit<S> exit -> {
              end = exit;
              state = exit.at(state);
            }
          }
        } while (end == null && !asked);
      } catch (Exception e) { // from close(), and no news if the step has failed
        if (!(end instanceof Failed<S>(Failure<S> failure))) throw e;
        if (e != failure.exception()) failure.exception().addSuppressed(e);
      }
      return end == null ? new Stopped<>(state) : end;
    }

    private Failed<S> failed(Exception e, S at) {
      return new Failed<>(new Failure<>(e, at, isOpen ? spec.id() : "start " + spec.id()));
    }

    /// How it ended.
    Exit<S> end() {
      boolean died = exit.state() == Future.State.FAILED;
      return died ? new Died<>(exit.exceptionNow()) : exit.resultNow();
    }

    /// Waits until it ends.
    ///
    /// @throws ExecutionException with the `Error` that it died of
    Exit<S> join() throws InterruptedException, ExecutionException {
      if (Thread.currentThread() != thread) thread.join(); // until its end is told, too
      return exit.get();
    }

    /// Asks it to stop, and waits for that as long as the specification says. From inside, from a step or
    /// a listener, it only asks.
    ///
    /// @return who did not stop
    Optional<Unstopped> stop() throws InterruptedException {
      return stop(spec.shutdown());
    }

    Optional<Unstopped> stop(Duration within) throws InterruptedException {
      asked = true;
      spec.step().askedToStop(thread);
      thread.interrupt();
      if (Thread.currentThread() == thread || thread.join(within)) return Optional.empty();
      return Optional.of(Unstopped.now(thread, within));
    }

    @Override
    public void close() {
      boolean interrupted = Thread.interrupted(); // we're asked to stop, and so is this
      try {
        stop();
      } catch (InterruptedException e) { // asked again: then we don't wait any longer
        interrupted = true;
      }
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  // endregion

  /// ## The supervisor
  ///
  /// In OTP everything is a process, and a supervisor is one too. Here
  /// everything is a step. What would be a supervisor's state? Its children,
  /// each with its own state. And its one step goes on until it's stopped, or
  /// can do no more.
  ///
  /// That's no trick. It means that a supervisor can be the child of another
  /// one, with hardly a further line of code. It fails like any child: with a
  /// state from where to go on. So a supervisor that is restarted doesn't
  /// forget how far its children had come. (OTP's does: it starts them as
  /// specified.)
  ///
  /// What follows is the longest listing of them all. Get a coffee, and read
  /// `open`, `run` and `restart`: they're the chapter. What stands below
  /// `// From outside` can wait for another day.
  ///
  /// *In the margin:* there is one thread that does everything, one errand
  /// after the other, from a mailbox. A child that ends leaves an errand there.
  /// So does a pause that is over. Two children that fail in the same instant
  /// are handled one after the other, and there is no lock to forget. OTP's
  /// supervisors have a mailbox, too.
  ///
  /// The price is that nobody may keep the supervisor waiting. So judges wait
  /// on their child's thread, and pauses on one of their own.

  // region the tree

  /// Who else is restarted when a child fails: nobody, all the others, or those that were started after it.
  enum Strategy {
    ONE_FOR_ONE,
    ONE_FOR_ALL,
    REST_FOR_ONE
  }

  /// A child that its supervisor can do no more for. Its own supervisor has to know.
  static class ChildFailed extends Exception {
    final String id;
    private final boolean stillRuns;

    ChildFailed(String id, String why, boolean stillRuns, Exception cause) {
      super(id + ": " + why, cause);
      this.id = id;
      this.stillRuns = stillRuns;
    }

    static boolean stillRuns(Failure<?> failure) {
      return failure.exception() instanceof ChildFailed e && e.stillRuns;
    }

    @Override
    public String toString() {
      return getCause() == null ? getMessage() : id + ": " + getCause();
    }
  }

  /// Starts children in order, stops them in reverse, and restarts them as its strategy says. It's a step
  /// whose state is its children, so it can be a child itself. All it does happens on its own thread,
  /// one errand after the other.
  static class Supervisor implements Step<List<ChildSpec<?>>> {
    private static final Duration FOR_EVER = Duration.ofNanos(Long.MAX_VALUE);

    private final Strategy strategy;
    private final Intensity intensity;
    private final Listener listener;
    private final Time time;
    private final RandomGenerator random;
    private final Map<String, Child<?>> children =
        Collections.synchronizedMap(new LinkedHashMap<>());
    private final List<Restarted> restarts = new ArrayList<>();

    /// No more of them than there are children, pauses and callers.
    private final BlockingQueue<Errand> mailbox = new LinkedBlockingQueue<>();

    private volatile Thread thread;
    private volatile Thread toStop;
    private volatile CompletableFuture<Void> ended = new CompletableFuture<>();
    private boolean endsWhenDone;
    private boolean inAHurry;

    private interface Errand {
      void run() throws InterruptedException, ChildFailed;
    }

    private record Restarted(Child<?> child, long nanos) {}

    /// What is remembered of a child from one start to the next.
    private static class Child<S> {
      final ChildSpec<S> spec;
      volatile S from;
      volatile Running<S> running;
      volatile Thread pause;
      volatile int restarts;
      volatile Failure<S> lastFailure;
      volatile boolean wanted = true;
      long started;
      int inARow;

      Child(ChildSpec<S> spec) {
        this.spec = spec;
        this.from = spec.initial();
      }

      boolean hasStarted() {
        return running != null && running.isOpen;
      }

      boolean mayRun() {
        return wanted || running != null;
      }

      ChildSpec<S> fromHere() {
        return spec.withInitial(from);
      }

      private Phase idle() {
        return pause != null ? Phase.PAUSES : wanted ? Phase.WAITS : Phase.ENDED;
      }

      Status status(boolean isOver) {
        var now = running;
        return new Status(
            spec.id(),
            now == null ? (isOver ? Phase.ENDED : idle()) : now.isOpen ? Phase.RUNS : Phase.STARTS,
            now != null ? now.state : from,
            restarts,
            Optional.ofNullable(lastFailure),
            spec.step() instanceof Supervisor supervisor ? supervisor.children() : List.of());
      }
    }

    Supervisor(Strategy strategy, Intensity intensity, Listener listener) {
      this(strategy, intensity, listener, Time.REAL, new Random());
    }

    Supervisor(
        Strategy strategy,
        Intensity intensity,
        Listener listener,
        Time time,
        RandomGenerator random) {
      this.strategy = Objects.requireNonNull(strategy, "A supervisor needs a strategy.");
      this.intensity = Objects.requireNonNull(intensity, "A supervisor needs an intensity.");
      this.listener = Objects.requireNonNull(listener, "A supervisor needs a listener.");
      this.time = time;
      this.random = random;
    }

    /// Makes it done as soon as none of its children has anything left to do. Else it waits for more.
    Supervisor untilAllAreDone() {
      endsWhenDone = true;
      return this;
    }

    /// This supervisor as a child: permanent, and with all the time that its own children need to stop.
    ChildSpec<List<ChildSpec<?>>> as(String id, ChildSpec<?>... children) {
      return ChildSpec.<List<ChildSpec<?>>>of(id, List.of(children), this)
          .with(Restart.PERMANENT)
          .withShutdown(FOR_EVER);
    }

    /// This supervisor as the root of a tree. If it fails, nobody restarts it.
    Running<List<ChildSpec<?>>> start(String id, ChildSpec<?>... children) {
      var root = as(id, children).with(Restart.TEMPORARY);
      inAHurry = false; // as it may have been at its last end
      tell(new Started(id, root.initial()));
      return new Running<>(root, root.initial(), running -> tell(new Ended(id, running.end())))
          .start();
    }

    // As a step: its children are started, supervised, and stopped

    /// Starts all the children, one after the other, or none.
    @Override
    public void open(List<ChildSpec<?>> from) throws Exception {
      for (Child<?> old : all())
        if (old.running != null && !old.running.exit.isDone())
          throw new ChildFailed(old.spec.id(), "it still runs", true, null);
      thread = Thread.currentThread();
      inAHurry = false;
      if (ended.isDone()) ended = new CompletableFuture<>();
      restarts.clear();
      children.clear();
      try {
        for (ChildSpec<?> spec : from) add(spec);
        for (Child<?> child : all()) startFirst(child);
      } catch (InterruptedException e) {
        thread.interrupt(); // run() will stop, and knows where the children are
      } catch (Throwable e) {
        throw stopAll(e);
      }
    }

    /// Does one errand after the other, until it is interrupted or has to give up.
    ///
    /// @return a failure at the children as they are now, and none of them runs
    @Override
    public Outcome<List<ChildSpec<?>>> run(List<ChildSpec<?>> from) throws Exception {
      try {
        while (!(endsWhenDone && mailbox.isEmpty() && all().stream().noneMatch(Child::mayRun)))
          mailbox.take().run();
        ended.complete(null);
        return new Done<>(fromHere());
      } catch (Throwable e) {
        return new Failed<>(new Failure<>(stopAll(e), fromHere(), "run"));
      }
    }

    // One child: it starts, and that is awaited; it stops, and its end is settled

    private <S> Child<S> add(ChildSpec<S> spec) {
      var child = new Child<>(spec);
      if (children.putIfAbsent(spec.id(), child) != null)
        throw new IllegalArgumentException("There is a child '" + spec.id() + "' already.");
      return child;
    }

    private void remove(Child<?> child) {
      children.remove(child.spec.id(), child);
    }

    /// Starts a child, and waits until it has started, or has failed to.
    private <S> void start(Child<S> child) throws InterruptedException {
      tell(new Started(child.spec.id(), child.from));
      child.wanted = true;
      child.started = time.nanos();
      child.running =
          new Running<>(
              child.spec, child.from, running -> mailbox.add(() -> whenEnded(child, running)));
      child.running.start().opened.await();
    }

    /// Starts a child of which nobody depends on a restart yet.
    private <S> void startFirst(Child<S> child) throws InterruptedException, ChildFailed {
      start(child);
      if (child.hasStarted()) return;
      Exit<S> exit = settle(child);
      child.wanted = false;
      tell(new Ended(child.spec.id(), exit));
      Exception cause = exit instanceof Failed<S>(Failure<S> f) ? f.exception() : null;
      throw new ChildFailed(child.spec.id(), "it did not start", false, cause);
    }

    /// Stops a child, or its pause.
    private <S> void stop(Child<S> child) throws InterruptedException, ChildFailed {
      if (child.pause != null) child.pause.interrupt();
      child.pause = null;
      if (child.running == null) return;
      var unstopped = child.running.stop();
      if (unstopped.isPresent()) {
        child.wanted = false;
        tell(unstopped.get());
        throw new ChildFailed(child.spec.id(), "it does not stop", true, null);
      }
      Exit<S> exit = settle(child);
      tell(new Ended(child.spec.id(), exit));
      if (child.spec.restart() == Restart.TEMPORARY) remove(child);
      if (exit instanceof Failed<S>(Failure<S> failure) && ChildFailed.stillRuns(failure))
        throw new ChildFailed(child.spec.id(), "it does not stop", true, failure.exception());
    }

    /// Takes note of the end of a child. What it died of, we die of, too.
    private <S> Exit<S> settle(Child<S> child) {
      Exit<S> exit = child.running.end();
      child.from = child.running.state;
      child.running = null;
      if (exit instanceof Died<S>(Throwable cause)) {
        tell(new Ended(child.spec.id(), exit));
        throw cause instanceof Error error ? error : new Error(cause);
      }
      if (exit instanceof Done) child.wanted = false;
      return exit;
    }

    // Failures: the count is asked, then the verdict; the group is stopped, and started again

    private <S> void whenEnded(Child<S> child, Running<S> running)
        throws InterruptedException, ChildFailed {
      if (child.running != running) return; // it was stopped meanwhile
      Exit<S> exit = settle(child);
      boolean temporary = child.spec.restart() == Restart.TEMPORARY;
      if (exit instanceof Failed<S>(Failure<S> failure)) {
        child.lastFailure = failure;
        tell(new Crashed(child.spec.id(), failure));
        if (!temporary && child.wanted) {
          answer(child, running, failure);
          return;
        }
      }
      child.wanted = false;
      tell(new Ended(child.spec.id(), exit));
      if (temporary) remove(child);
    }

    private <S> void answer(Child<S> child, Running<S> running, Failure<S> failure)
        throws InterruptedException, ChildFailed {
      if (ChildFailed.stillRuns(failure))
        throw giveUp(child, "what still runs can't be restarted", failure);
      long now = time.nanos();
      if (!failure.state().equals(running.from) || isOver(now - child.started)) {
        restarts.removeIf(restarted -> restarted.child() == child);
        child.inARow = 0;
      }
      restarts.add(new Restarted(child, now));
      restarts.removeIf(restarted -> isOver(now - restarted.nanos()));
      if (restarts.size() > intensity.max()) throw giveUp(child, "" + intensity, failure);
      switch (running.verdict) {
        case GiveUp<S>() -> throw giveUp(child, "so says the verdict", failure);
        case SkipTo<S>(S next) -> {
          tell(new Skipping(child.spec.id(), next));
          restart(child, Duration.ZERO);
        }
        case Retry<S>() -> restart(child, child.spec.pauses().before(++child.inARow, random));
      }
    }

    private boolean isOver(long age) {
      return Duration.ofNanos(age).compareTo(intensity.period()) > 0;
    }

    private ChildFailed giveUp(Child<?> child, String why, Failure<?> failure) {
      tell(new GaveUp(child.spec.id(), why));
      return new ChildFailed(
          child.spec.id(), why, ChildFailed.stillRuns(failure), failure.exception());
    }

    private void restart(Child<?> child, Duration pause) throws InterruptedException, ChildFailed {
      for (Child<?> other : groupOf(child).reversed()) stop(other);
      tell(new Restarting(child.spec.id(), child.from, pause));
      if (pause.isPositive())
        child.pause =
            Thread.ofVirtual().name("pause of " + child.spec.id()).start(() -> sleep(child, pause));
      else startGroup(child);
    }

    /// On a thread of its own, so that everybody else can go on.
    private void sleep(Child<?> child, Duration pause) {
      Thread me = Thread.currentThread();
      try {
        time.sleep(pause);
      } catch (InterruptedException e) {
        // it's over
      } finally { // whatever the time throws
        mailbox.add(() -> {
          if (child.pause == me) startGroup(child);
        });
      }
    }

    /// Those that are to be stopped, and started again, when `child` fails, in the order of their start.
    private List<Child<?>> groupOf(Child<?> child) {
      if (strategy == Strategy.ONE_FOR_ONE) return List.of(child);
      var all = all();
      return strategy == Strategy.ONE_FOR_ALL ? all : all.subList(all.indexOf(child), all.size());
    }

    private List<Child<?>> all() {
      return List.copyOf(children.values());
    }

    private void startGroup(Child<?> failed) throws InterruptedException {
      failed.pause = null;
      for (Child<?> child : groupOf(failed)) {
        if (!child.wanted || child.running != null) continue;
        if (child.pause != null) return; // it pauses by itself, and then starts the rest
        child.restarts++;
        start(child);
        if (!child.hasStarted()) return; // that's the next failure, and lies in the mailbox
      }
    }

    // The end: all are stopped, whatever comes in between

    /// Stops all children, the last one first, whatever happens meanwhile.
    ///
    /// @return why we end: as given, or because of a child that still runs
    private Exception stopAll(Throwable why) {
      ended.complete(null);
      inAHurry = why instanceof InterruptedException;
      for (var left = new ArrayDeque<>(all()); !left.isEmpty(); ) {
        try {
          stop(left.getLast());
          left.removeLast();
        } catch (InterruptedException e) { // asked again, or while we gave up
          inAHurry = true;
        } catch (ChildFailed | Error e) {
          if (!(why instanceof Error)) why = e;
          left.removeLast();
        }
      }
      mailbox.clear(); // who asks has been refused, and who ended was stopped
      if (inAHurry) thread.interrupt();
      if (why instanceof Error e) throw e;
      return (Exception) why;
    }

    private List<ChildSpec<?>> fromHere() {
      return all().stream().<ChildSpec<?>>map(Child::fromHere).toList();
    }

    /// A listener that throws is no reason to stop. Who is asked to stop doesn't wait for it.
    private void tell(Event event) {
      if (inAHurry) Thread.currentThread().interrupt();
      try {
        listener.on(event);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        var me = Thread.currentThread();
        me.getUncaughtExceptionHandler().uncaughtException(me, e);
      }
      if (inAHurry) Thread.interrupted();
      else if (toStop == Thread.currentThread())
        toStop.interrupt(); // the listener may have swallowed it
    }

    @Override
    public void askedToStop(Thread thread) {
      toStop = thread;
    }

    // From outside, by any thread: children come and go

    /// Starts one more child, behind all others.
    ///
    /// @throws IllegalArgumentException if there is one with that id
    /// @throws ChildFailed if it did not start; then it's forgotten
    void startChild(ChildSpec<?> spec) throws InterruptedException, ChildFailed {
      ask(() -> {
        var child = add(spec);
        try {
          startFirst(child);
        } catch (ChildFailed e) {
          remove(child);
          throw e;
        }
      });
    }

    /// Stops a child, which stays in the list: `restartChild` starts it again, `deleteChild` removes it.
    ///
    /// @throws NoSuchElementException if there is none
    /// @throws ChildFailed if it does not stop
    void terminateChild(String id) throws InterruptedException, ChildFailed {
      ask(() -> {
        var child = find(id);
        child.wanted = false;
        boolean othersWait = child.pause != null || child.running != null && !child.running.isOpen;
        stop(child);
        if (othersWait) startGroup(child); // they needn't any more
      });
    }

    /// Starts a child that has ended, or was terminated, where it was.
    ///
    /// @throws IllegalStateException if it runs, or is about to
    void restartChild(String id) throws InterruptedException, ChildFailed {
      ask(() -> startFirst(idle(id)));
    }

    /// Removes a child that has ended, or was terminated.
    ///
    /// @throws IllegalStateException if it runs, or is about to
    void deleteChild(String id) throws InterruptedException, ChildFailed {
      ask(() -> remove(idle(id)));
    }

    private Child<?> find(String id) {
      Child<?> child = children.get(id);
      if (child != null) return child;
      throw new NoSuchElementException("There is no child '" + id + "'.");
    }

    private Child<?> idle(String id) {
      Child<?> child = find(id);
      if (!child.mayRun()) return child;
      throw new IllegalStateException("'" + id + "' runs, or is about to: terminate it first.");
    }

    /// Has an errand done by the supervisor, between two others.
    private void ask(Errand errand) throws InterruptedException, ChildFailed {
      if (Thread.currentThread() == thread)
        throw new IllegalStateException("A listener can't wait for its own supervisor.");
      var answer = new CompletableFuture<Void>();
      var end = ended;
      if (!end.isDone())
        mailbox.add(() -> {
          if (answer.isDone()) return; // whoever asked has left
          try {
            errand.run();
            answer.complete(null);
          } catch (ChildFailed | RuntimeException e) { // all else is the supervisor's
            answer.completeExceptionally(e);
          }
        });
      try {
        CompletableFuture.anyOf(answer, end).get();
        if (answer.cancel(false)) throw new IllegalStateException("The supervisor has ended.");
        answer.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof ChildFailed failed) throw failed;
        throw (RuntimeException) e.getCause();
      } finally {
        answer.cancel(false);
      }
    }

    /// The children as they are now, in the order of their start. Nobody has to wait for that.
    List<Status> children() {
      return all().stream().map(child -> child.status(ended.isDone())).toList();
    }
  }

  /// It pauses before its own restart, or waits for that of a sibling.
  enum Phase {
    STARTS,
    RUNS,
    PAUSES,
    WAITS,
    ENDED
  }

  /// @param state where the child is, or would go on
  /// @param children those of a supervisor
  record Status(
      String id,
      Phase phase,
      Object state,
      int restarts,
      Optional<? extends Failure<?>> lastFailure,
      List<Status> children) {}

  // endregion

  /// ## The clicks, again

  // region the click

  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Click(UUID userId, Action action) {}

  // endregion

  // region the log

  interface Log {
    Click take(long offset) throws InterruptedException;
  }

  /// What a log throws. It prints as its message, and knows its offset.
  static class LogException extends RuntimeException {
    final long offset;

    LogException(String message, long offset) {
      super(message);
      this.offset = offset;
    }

    @Override
    public String toString() {
      return getMessage();
    }
  }

  /// The network failed us. The same read may well work the next time.
  static class SessionTimeout extends LogException {
    SessionTimeout(long offset) {
      super("Session has timed out.", offset);
    }
  }

  /// Nothing is there: before the first click, or after the last one.
  static class InvalidOffset extends LogException {
    InvalidOffset(long offset) {
      super("An invalid offset has been specified!", offset);
    }
  }

  /// A pretend log in memory. It fails when `fails` says so.
  record SimpleLog(List<Click> clicks, LongPredicate fails) implements Log {
    @Override
    public Click take(long offset) {
      if (fails.test(offset)) throw new SessionTimeout(offset);
      if (offset < 0 || offset >= clicks.size()) throw new InvalidOffset(offset);
      return clicks.get((int) offset);
    }
  }

  // endregion

  // region the channel of clicks

  sealed interface Message permits Item, Batch, End {
    default List<Item> items() {
      return List.of();
    }
  }

  record Item(long offset, Click click) implements Message {
    Item {
      Objects.requireNonNull(click, "The log gave out a null.");
    }

    @Override
    public List<Item> items() {
      return List.of(this);
    }
  }

  record Batch(List<Item> items) implements Message {}

  /// Nothing comes after this one.
  record End(Exit<?> exit) implements Message {}

  static class IdempotentReceiver {
    private long last = -1;

    boolean isNew(Item item) {
      if (item.offset() <= last) return false;
      last = item.offset();
      return true;
    }
  }

  /// Puts the end on a channel, once, when one of `ids` has ended. It waits for room, until somebody
  /// asks for a stop.
  static class EndOfChannel implements Listener {
    private final BlockingQueue<Message> channel;
    private final List<String> ids;
    private volatile End untold;
    private volatile boolean told;

    EndOfChannel(BlockingQueue<Message> channel, String... ids) {
      this.channel = channel;
      this.ids = List.of(ids);
    }

    @Override
    public void on(Event event) throws InterruptedException {
      if (!(event instanceof Ended(String id, Exit<?> exit)) || !ids.contains(id) || told) return;
      untold = new End(exit);
      if (exit instanceof Stopped) return; // who asked for it knows, and may have left
      channel.put(untold);
      told = true;
    }

    /// After a stop, puts the end behind all that is on the channel.
    ///
    /// @return whether there was room for it `within` that time
    synchronized boolean tell(Duration within) throws InterruptedException {
      if (told || untold == null) return told;
      return told = channel.offer(untold, within.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  // endregion

  // region the step of clicks

  static Step<Long> publishClick(Log log, BlockingQueue<Message> clicks) {
    return offset -> {
      try {
        clicks.put(new Item(offset, log.take(offset)));
        return new Continue<>(offset + 1);
      } catch (InvalidOffset e) {
        if (offset < 0) throw e;
        return new Done<>(offset);
      }
    };
  }

  static Judge<Long> putAside(BlockingQueue<Failure<Long>> deadLetters) {
    return failure ->
        switch (failure.exception()) {
          case InvalidOffset _ -> new GiveUp<>();
          case IllegalArgumentException _ -> {
            deadLetters.put(failure);
            yield new SkipTo<>(failure.state() + 1);
          }
          default -> new Retry<>();
        };
  }

  // endregion

  // region the words

  /// What a listener prints.
  static String words(Event event) {
    return switch (event) {
      case Started(String id, Object from) -> "Starting %s at %s.".formatted(id, from);
      case Crashed(_, Failure<?> failure) -> "An error has occurred: " + failure;
      case Restarting(String id, _, Duration pause) ->
          "Restarting %s in %d ms.".formatted(id, pause.toMillis());
      case Skipping(String id, Object next) -> "Skipping %s to %s.".formatted(id, next);
      case GaveUp(String id, String why) -> "Giving up on %s: %s.".formatted(id, why);
      case Ended(String id, Done<?>(Object at)) -> "%s is done at %s.".formatted(id, at);
      case Ended(String id, Stopped<?>(Object at)) -> "%s has stopped at %s.".formatted(id, at);
      case Ended(String id, Failed<?> _) -> id + " has failed.";
      case Ended(String id, Died<?>(Throwable cause)) -> id + " has died: " + cause;
      case Unstopped unstopped -> "" + unstopped;
    };
  }

  // endregion

  /// ## A session that two producers share
  ///
  /// This is the trouble that we began with. Only the turns are for the stage:
  /// in earnest nobody takes turns, and once in a while both producers fail at
  /// the same time, the session is let go of, and the system heals. By luck,
  /// which is the worst way.

  /// Whoever comes first logs in, and whoever leaves last logs out. The two
  /// read in turns, so that you'll see the same run as we do.
  static class Session {
    private final Set<String> holders = new TreeSet<>();
    private String turn = "clicks";
    private boolean expired;
    private boolean hasRead; // whoever's turn it is
    private boolean oneIsDone;
    int logins;

    synchronized void join(String who) {
      if (holders.isEmpty()) {
        logins++;
        expired = false;
      }
      holders.add(who);
      notifyAll();
    }

    synchronized void leave(String who) {
      holders.remove(who);
      pass(who);
    }

    private synchronized void pass(String who) {
      boolean alone = holders.equals(Set.of(who));
      if (turn.equals(who)) hasRead = false;
      if (turn.equals(who) && !alone) turn = who.equals("clicks") ? "orders" : "clicks";
      notifyAll();
    }

    Outcome<Long> inTurn(String who, Step<Long> read, long offset) throws Exception {
      synchronized (this) {
        if (hasRead && turn.equals(who)) pass(who);
        while (!(turn.equals(who) && (holders.size() == 2 || oneIsDone))) wait();
        if (expired) throw new SessionTimeout(offset);
      }
      try {
        Outcome<Long> outcome = read.run(offset);
        oneIsDone |= outcome instanceof Done;
        hasRead = true;
        return outcome;
      } catch (SessionTimeout e) {
        expired = true;
        throw e;
      }
    }
  }

  /// A producer that holds the session as long as it runs.
  record Reader(String id, Session session, Step<Long> read) implements Step<Long> {
    @Override
    public void open(Long from) {
      session.join(id);
    }

    @Override
    public Outcome<Long> run(Long offset) throws Exception {
      return session.inTurn(id, read, offset);
    }

    @Override
    public void close() {
      session.leave(id);
    }
  }

  /// ## Run it
  ///
  /// Three times the same failure.
  ///
  /// ```console
  /// $ ./jbang chapters/09-supervision-tree.java --events 4 --fault read@2
  /// 09 · supervision tree: 4 clicks, and as many orders
  ///
  /// One for one:
  /// Starting shop at [clicks@0, orders@0].
  /// Starting clicks at 0.
  /// Starting orders at 0.
  /// An error has occurred: clicks@2 Session has timed out.
  /// Restarting clicks in 85 ms.
  ///   ├─ ~ clicks at 2
  ///   └─ ● orders at 2
  /// Starting clicks at 2.
  /// An error has occurred: orders@2 Session has timed out.
  /// Restarting orders in 86 ms.
  ///   ├─ ● clicks at 2
  ///   └─ ~ orders at 2
  /// Starting orders at 2.
  /// An error has occurred: clicks@2 Session has timed out.
  /// Restarting clicks in 187 ms.
  ///   ├─ ~ clicks at 2
  ///   └─ ● orders at 2
  /// Starting clicks at 2.
  /// An error has occurred: orders@2 Session has timed out.
  /// Giving up on orders: at most 3 restarts in 60000 ms.
  /// clicks has stopped at 2.
  /// shop has failed.
  ///   ├─ ■ clicks at 2
  ///   └─ ■ orders at 2
  /// 4 clicks and orders arrived. Logins: 1.
  ///
  /// One for all:
  /// Starting shop at [clicks@0, orders@0].
  /// Starting clicks at 0.
  /// Starting orders at 0.
  /// An error has occurred: clicks@2 Session has timed out.
  /// orders has stopped at 2.
  /// Restarting clicks in 85 ms.
  ///   ├─ ~ clicks at 2
  ///   └─ ~ orders at 2
  /// Starting clicks at 2.
  /// Starting orders at 2.
  ///   ├─ ■ clicks at 4
  ///   └─ ■ orders at 4
  /// 8 clicks and orders arrived. Logins: 2.
  ///
  /// One for one, with a supervisor above:
  /// Starting app at [shop@[clicks@0, orders@0]].
  /// Starting shop at [clicks@0, orders@0].
  /// Starting clicks at 0.
  /// Starting orders at 0.
  /// An error has occurred: clicks@2 Session has timed out.
  /// Restarting clicks in 85 ms.
  ///   └─ ● shop
  ///      ├─ ~ clicks at 2
  ///      └─ ● orders at 2
  /// Starting clicks at 2.
  /// An error has occurred: orders@2 Session has timed out.
  /// Restarting orders in 86 ms.
  ///   └─ ● shop
  ///      ├─ ● clicks at 2
  ///      └─ ~ orders at 2
  /// Starting orders at 2.
  /// An error has occurred: clicks@2 Session has timed out.
  /// Restarting clicks in 187 ms.
  ///   └─ ● shop
  ///      ├─ ~ clicks at 2
  ///      └─ ● orders at 2
  /// Starting clicks at 2.
  /// An error has occurred: orders@2 Session has timed out.
  /// Giving up on orders: at most 3 restarts in 60000 ms.
  /// clicks has stopped at 2.
  /// An error has occurred: run@[clicks@2, orders@2] orders: Session has timed out.
  /// Restarting shop in 94 ms.
  ///   └─ ~ shop
  ///      ├─ ■ clicks at 2
  ///      └─ ■ orders at 2
  /// Starting shop at [clicks@2, orders@2].
  /// Starting clicks at 2.
  /// Starting orders at 2.
  ///   └─ ■ shop
  ///      ├─ ■ clicks at 4
  ///      └─ ■ orders at 4
  /// 8 clicks and orders arrived. Logins: 2.
  /// Replay: ./jbang chapters/09-supervision-tree.java --events 4 --fault read@2 --seed 42
  /// ```
  ///
  /// **One for one** gives up after one login. Each restart was one of a
  /// healthy producer that got a dead session.
  ///
  /// **One for all** stops the orders, too. So nobody holds the session, and
  /// the next one to come logs in. One restart, and both go on where they were.
  ///
  /// **With a supervisor above**, the wrong strategy heals in the end. The shop
  /// couldn't help itself, so it failed, as a whole. Its supervisor restarted
  /// it, as a whole. That's what escalation is: the same remedy, one size
  /// larger.
  ///
  /// Above the root stands whoever started the process, such as Kubernetes, and
  /// above that somebody with a pager.
  ///
  /// (`./jbang draw 09` draws one producer below one supervisor. A whole tree
  /// wouldn't fit between the columns.)
  ///
  /// *In the margin:* budgets multiply, as retries do. A shop with three
  /// restarts, below an app with three, fails 4 · 4 = 16 times before the
  /// process ends. And in between there are pauses. Broadway allows its
  /// processors no restart at all: any crash there goes up at once.
  ///
  /// ## Which strategy?
  ///
  /// | if a child fails | then | for example |
  /// |---|---|---|
  /// | and the others don't notice | one-for-one | a producer for each partition |
  /// | and the others can't go on without it | rest-for-one, with what they need first | a session, and then its producers |
  /// | and they all share something that may be broken now | one-for-all | our two |
  ///
  /// When in doubt, ask what each child *knows* of the others. If it's nothing,
  /// take one-for-one.
  ///
  /// ## What we do otherwise
  ///
  /// We know OTP's tests and suture's, and have run their cases against this
  /// chapter; the table is in `tests/CONFORMANCE.md`. Where we differ, it's on
  /// purpose:
  ///
  /// - A child goes on **where it failed**; the same with all of a supervisor's
  ///   children after an escalation.
  /// - Restarts **pause**, and progress forgives. OTP restarts at once.
  /// - There is **no kill**. Who doesn't stop is named, and its supervisor
  ///   fails for good: two of one child at the same time would be worse. The
  ///   next larger thing that one *can* kill in Java is the process.
  /// - An **`Error`** goes up to the root, and everything stops on its way.
  /// - A sibling that **has ended**, or that you terminated, stays so when its
  ///   group is restarted.
  /// - suture never gives up by itself: it pauses. OTP can end with the last
  ///   *significant* child (`auto_shutdown`). Here that's `untilAllAreDone`,
  ///   and each child counts.
  void main(String... args) throws Exception {
    var demo = new Demo(SCRIPT, EVENTS, args);
    IO.println("09 · supervision tree: " + demo.events() + " clicks, and as many orders");

    IO.println("\nOne for one:");
    run(new Demo(SCRIPT, EVENTS, args), Strategy.ONE_FOR_ONE, false);
    IO.println("\nOne for all:");
    run(new Demo(SCRIPT, EVENTS, args), Strategy.ONE_FOR_ALL, false);
    IO.println("\nOne for one, with a supervisor above:");
    run(new Demo(SCRIPT, EVENTS, args), Strategy.ONE_FOR_ONE, true);
    demo.printReplay();
  }

  static final String SCRIPT = "09-supervision-tree";
  static final int EVENTS = 2_000;
  static final Intensity THREE_A_MINUTE = new Intensity(3, Duration.ofMinutes(1));

  static void run(Demo demo, Strategy strategy, boolean withApp)
      throws InterruptedException, ExecutionException {
    var session = new Session();
    var channel = new ArrayBlockingQueue<Message>(3 * demo.events());
    var log = new SimpleLog(demo.clicks, demo::readFails);
    var orders = new SimpleLog(demo.clicks, _ -> false);
    var deadLetters = new ArrayBlockingQueue<Failure<Long>>(demo.events());
    Step<Long> clicks =
        offset -> {
          var outcome = publishClick(log, channel).run(offset);
          demo.afterPut();
          return outcome;
        };
    var top = new AtomicReference<Supervisor>();
    Listener listener =
        event -> {
          if (event instanceof Ended(_, Done<?> _))
            return; // which of the two comes first is chance
          IO.println(words(event));
          if (event instanceof Restarting) IO.print(drawn(top.get().children(), "  "));
        };
    var dice = new Random(Long.parseLong(demo.options.get("--seed"))); // in earnest, without a seed
    var shop =
        new Supervisor(strategy, THREE_A_MINUTE, listener, Time.REAL, dice).untilAllAreDone();
    var app =
        new Supervisor(Strategy.ONE_FOR_ONE, THREE_A_MINUTE, listener, Time.REAL, dice)
            .untilAllAreDone();
    ChildSpec<?>[] producers = {
      ChildSpec.of("clicks", 0L, new Reader("clicks", session, clicks)).with(putAside(deadLetters)),
      ChildSpec.of("orders", 0L, new Reader("orders", session, publishClick(orders, channel)))
    };
    top.set(withApp ? app : shop);
    try (var root =
        withApp
            ? app.start("app", shop.as("shop", producers).with(Restart.TRANSIENT))
            : shop.start("shop", producers)) {
      root.join();
    }
    IO.print(drawn(top.get().children(), "  "));
    IO.println(
        "%d clicks and orders arrived. Logins: %d.".formatted(channel.size(), session.logins));
    deadLetters.forEach(letter -> IO.println("  dead letter: " + letter));
  }

  /// The tree as it is now.
  static String drawn(List<Status> children, String indent) {
    var drawn = new StringBuilder();
    for (Status child : children) {
      boolean last = child == children.getLast();
      String mark =
          switch (child.phase()) {
            case STARTS -> "○";
            case RUNS -> "●";
            case PAUSES, WAITS -> "~";
            case ENDED -> "■";
          };
      drawn.append(
          "%s%s %s %s%s%n"
              .formatted(
                  indent,
                  last ? "└─" : "├─",
                  mark,
                  child.id(),
                  child.children().isEmpty() ? " at " + child.state() : ""));
      drawn.append(drawn(child.children(), indent + (last ? "   " : "│  ")));
    }
    return drawn.toString();
  }

  /// ## The apparatus
  ///
  /// Carried over, word for word.

  // region the apparatus

  /// A run: its options, its clicks, and the faults that will happen in it.
  static class Demo {
    static final String HELP =
        """
        --events N    how many clicks the log holds, 1 to 999999
        --fault PLAN  chance (one read in 1000 times out), none, or a plan such as
                      read@7,put@9: the read at offset 7 times out, once, and so
                      does the put at offset 9, after the click got through;
                      poison@7: the click at offset 7 can never be decoded
        --seed N      a whole number; the same seed gives the same run
        --help        this text\
        """;
    static final Map<String, String> FORMS =
        Map.of(
            "--events", "[1-9]\\d{0,5}",
            "--fault", "chance|none|(read|put|poison)@\\d{1,6}(,(read|put|poison)@\\d{1,6})*",
            "--seed", "-?\\d{1,18}");

    final String script;
    final Map<String, String> options = new TreeMap<>(Map.of("--fault", "chance", "--seed", "42"));
    final List<Click> clicks = new ArrayList<>();
    final List<String> faults;
    final Random random;
    long lastRead;

    Demo(String script, int defaultEvents, String... args) {
      this.script = script;
      options.put("--events", "" + defaultEvents);
      var words = Stream.of(args).flatMap(arg -> Stream.of(arg.split("=", 2))).toList();
      for (int i = 0; i < words.size(); i += 2) {
        String option = words.get(i), value = i + 1 < words.size() ? words.get(i + 1) : "";
        if (option.equals("--help")) exit(0, "Options of " + script + ":\n" + HELP);
        if (!FORMS.containsKey(option)) exit(2, "There is no option " + option + ".\n" + HELP);
        if (!value.matches(FORMS.get(option)))
          exit(2, option + " can't be '" + value + "'.\n" + HELP);
        options.put(option, value);
      }
      faults = new ArrayList<>(List.of(options.get("--fault").split(",")));
      for (String fault : faults)
        if (fault.contains("@") && Integer.parseInt(fault.split("@")[1]) >= events())
          exit(2, fault + " can't happen: the last offset is " + (events() - 1) + ".");
      random = new Random(Long.parseLong(options.get("--seed")));
      for (int i = 0; i < events(); i++)
        clicks.add(
            new Click(
                new UUID(random.nextLong(), random.nextLong()),
                Action.values()[random.nextInt(3)]));
    }

    int events() {
      return Integer.parseInt(options.get("--events"));
    }

    boolean readFails(long offset) {
      lastRead = offset;
      if (faults.contains("poison@" + offset)) throw new BadRecord();
      return faults.remove("read@" + offset)
          || faults.contains("chance") && random.nextInt(1000) == 0;
    }

    /// The click got through. Its acknowledgement may not.
    void afterPut() {
      if (faults.remove("put@" + lastRead)) throw new SessionTimeout(lastRead);
    }

    void printReplay() {
      boolean alone = Files.exists(Path.of(script + ".java"));
      IO.print(alone ? "Replay: java " + script : "Replay: ./jbang chapters/" + script);
      IO.print(".java");
      options.forEach((option, value) -> IO.print(" " + option + " " + value));
      IO.println();
    }

    /// What a decoder throws at a record that makes no sense.
    static class BadRecord extends IllegalArgumentException {
      @Override
      public String toString() {
        return "There is no action SHIPING.";
      }
    }

    static void exit(int code, String message) {
      (code == 0 ? System.out : System.err).println(message);
      System.exit(code);
    }
  }

  // endregion

  /// ## What we have, and what still breaks
  ///
  /// A tree that mends what it can at the smallest place, and the rest one size
  /// larger. All the promises of the table are kept, as long as the process
  /// lives.
  ///
  /// That's the next thing to break. All our states are in memory. Somebody
  /// types `kill -9`, and the next process begins at 0. That's chapter 10.
  ///
  /// **Exercises:** `exercises/09-a-restart-a-pipeline.java`,
  /// `exercises/09-b-contain-the-damage.java`.
  ///
  /// **Sources:** OTP's "Supervisor Behaviour" in *Design Principles*, and
  /// `supervisor(3)`; Armstrong's thesis, chapter 5, "Programming
  /// fault-tolerant systems"; Broadway's `topology.ex`; suture's
  /// `v4/supervisor.go`.
}
