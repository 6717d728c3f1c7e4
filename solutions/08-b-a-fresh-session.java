///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 08-b · A fresh session

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// # Solution 08-b · A fresh session
///
/// **The goal.** "Session has timed out." In chapter 8 the same read works the
/// next time. Real sessions aren't so kind: one that has timed out stays so. A
/// restart that goes on with it will fail again, wait longer, fail again, and
/// give up. When Erlang restarts a process, whatever it held is gone, and its
/// `init` gets it anew. So a restart isn't only "once more". It's "once more,
/// from a state that is known to be good".
///
/// **Given.** Chapter 8. But a child has no step in its specification. It has
/// an `Opening`, which opens a session, and a session is a step that can be
/// closed. The supervisor opens one, and keeps it for ever.
///
/// **To write.** Some lines in `Supervisor`.
///
/// - Each start opens a session of its own. It's closed when its steps are
///   over: after a failure, at the end, in a stop, and also when they die of an
///   `Error`. Who waits in a pause has no session, and nobody has two.
/// - A session that can't be opened is a failure like any other. It happened
///   where we wanted to go on. So it's told, judged, and tried again.
/// - A close that fails is a failure, too, but it must not hide another one. If
///   the steps have failed, then that's the failure, and what close threw is
///   added to its suppressed exceptions.
/// - Who is asked to stop meanwhile has stopped, whatever else fails. Once
///   asked, nobody waits for a session to open.
class AFreshSession {

  /// ## What a child is made of
  interface Session<S> extends Step<S>, AutoCloseable {}

  interface Opening<S> {
    Session<S> open() throws Exception;
  }

  /// What a supervisor has to know of a child.
  ///
  /// @param shutdown how long it may take to stop
  record ChildSpec<S>(
      String id,
      S initial,
      Opening<S> opening,
      Restart restart,
      Intensity intensity,
      Pauses pauses,
      Judge<S> judge,
      Duration shutdown) {

    ChildSpec {
      for (Object part : new Object[] {id, initial, opening, restart, intensity, pauses, judge})
        Objects.requireNonNull(part, "A child needs all of its specification.");
      if (shutdown.isNegative()) throw new IllegalArgumentException("No bound: " + shutdown);
    }

    /// Transient; at most 10 restarts a minute without progress; pauses of 0.1
    /// s, 0.2 s, and so on up to 5 s, less up to a fifth; tries again after any
    /// failure; has 5 s to stop.
    static <S> ChildSpec<S> of(String id, S initial, Opening<S> opening) {
      return new ChildSpec<>(
          id,
          initial,
          opening,
          Restart.TRANSIENT,
          new Intensity(10, Duration.ofMinutes(1)),
          new Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(5), 0.2),
          _ -> new Retry<>(),
          Duration.ofSeconds(5));
    }

    ChildSpec<S> with(Restart restart) {
      return new ChildSpec<>(id, initial, opening, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> with(Intensity intensity) {
      return new ChildSpec<>(id, initial, opening, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> with(Pauses pauses) {
      return new ChildSpec<>(id, initial, opening, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> with(Judge<S> judge) {
      return new ChildSpec<>(id, initial, opening, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> withInitial(S initial) {
      return new ChildSpec<>(id, initial, opening, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> withShutdown(Duration shutdown) {
      return new ChildSpec<>(id, initial, opening, restart, intensity, pauses, judge, shutdown);
    }
  }

  /// Runs the steps of one child on a thread of its own, and restarts it where
  /// it failed.
  static class Supervisor<S> implements AutoCloseable {
    private final ChildSpec<S> spec;
    private final Listener listener;
    private final Time time;
    private final RandomGenerator random;
    private final Thread thread;
    final FutureTask<Exit<S>> exit = new FutureTask<>(this::run);
    private volatile boolean asked;
    private final AtomicReference<S> state;
    private volatile int restarts;
    private volatile Failure<S> lastFailure;

    private Supervisor(ChildSpec<S> spec, Listener listener, Time time, RandomGenerator random) {
      this.spec = spec;
      this.listener = Objects.requireNonNull(listener, "A supervisor needs a listener.");
      this.time = time;
      this.random = random;
      this.state = new AtomicReference<>(spec.initial());
      this.thread = Thread.ofVirtual().name(spec.id()).unstarted(exit);
    }

    static <S> Supervisor<S> start(ChildSpec<S> spec, Listener listener) {
      return start(spec, listener, Time.REAL, new Random());
    }

    static <S> Supervisor<S> start(
        ChildSpec<S> spec, Listener listener, Time time, RandomGenerator random) {
      var supervisor = new Supervisor<>(spec, listener, time, random);
      supervisor.thread.start();
      return supervisor;
    }

    private Exit<S> run() {
      Exit<S> result;
      try {
        result = supervise();
      } catch (Throwable e) { // not ours to survive: the listener is told, and join() throws it
        tell(new Ended(spec.id(), new Died<>(e)));
        throw e;
      }
      tell(new Ended(spec.id(), result));
      return result;
    }

    private Exit<S> supervise() {
      var books = new Restarts(spec.intensity(), spec.pauses());
      for (; !asked; restarts++) {
        S from = state.get();
        long start = time.nanos();
        tell(new Started(spec.id(), from));
        Exit<S> exit = drive();
        S at = exit.at(state.get());
        state.set(at);
        if (exit instanceof Done && spec.restart() == Restart.PERMANENT)
          exit =
              new Failed<>(
                  new Failure<>(new IllegalStateException("It has ended."), at, spec.id()));
        if (!(exit instanceof Failed<S>(Failure<S> failure))) return exit;
        if (asked) break; // whatever failed, it's a stop now
        lastFailure = failure;
        tell(new Crashed(spec.id(), failure));
        if (spec.restart() == Restart.TEMPORARY) return exit;
        boolean longAgo = books.isOver(time.nanos() - start);
        if (!at.equals(from) || longAgo) books.progress();
        boolean oneMore = books.allowOneMore(time.nanos());
        switch (oneMore ? spec.judge().answer(failure) : new GiveUp<S>()) {
          case Retry<S>() -> pause(books.pause(random));
          case SkipTo<S>(S next) -> {
            state.set(next);
            tell(new Skipping(spec.id(), next));
          }
          case GiveUp<S>() -> {
            tell(new GaveUp(spec.id(), oneMore ? "so says the verdict" : "" + spec.intensity()));
            return exit;
          }
        }
      }
      return new Stopped<>(state.get());
    }

    /// Opens a session, steps until there is an exit, and closes it. Only
    /// `asked` tells whether an interrupt is a stop.
    private Exit<S> drive() {
      Thread.interrupted(); // an old one, or a stranger's
      if (asked) return new Stopped<>(state.get());
      Exit<S> exit = null;
      try (Session<S> session = spec.opening().open()) {
        exit = steps(session);
      } catch (Exception e) { // from open or close: what the steps throw is a value by now
        if (!(exit instanceof Failed<S>(Failure<S> failure)))
          return new Failed<>(new Failure<>(e, state.get(), spec.id()));
        if (e != failure.exception()) failure.exception().addSuppressed(e);
      }
      return exit;
    }

    private Exit<S> steps(Session<S> session) {
      S at = state.get();
      while (!asked) {
        switch (session.attempt(at, spec.id())) {
          case Continue<S>(S next) -> state.setRelease(at = next); // others may see it a bit later
          case Exit<S> exit -> {
            return exit;
          }
        }
      }
      return new Stopped<>(at);
    }

    private void pause(Duration pause) {
      tell(new Restarting(spec.id(), state.get(), pause));
      try {
        if (!asked && pause.isPositive()) time.sleep(pause);
      } catch (InterruptedException e) {
        // the pause is over
      }
    }

    /// A listener that throws is no reason to stop, and one that a stranger
    /// interrupts is told again.
    private void tell(Event event) {
      while (true) {
        try {
          listener.on(event);
          return;
        } catch (InterruptedException e) {
          if (!asked) continue;
          Thread.currentThread().interrupt();
          return;
        } catch (Exception e) {
          var me = Thread.currentThread(); // it's told by whoever closes it, too
          me.getUncaughtExceptionHandler().uncaughtException(me, e);
          return;
        }
      }
    }

    /// What can be seen from outside, at any time, without waiting.
    Status<S> status() {
      return new Status<>(
          spec.id(), !exit.isDone(), state.get(), restarts, Optional.ofNullable(lastFailure));
    }

    /// Waits until it ends.
    ///
    /// @throws ExecutionException with the `Error` that it died of
    Exit<S> join() throws InterruptedException, ExecutionException {
      return exit.get();
    }

    /// Asks it to stop, and waits for that as long as the specification says.
    /// From inside, from a step or a listener, it only asks.
    ///
    /// @return who did not stop
    Optional<Unstopped> stop() throws InterruptedException {
      return stop(spec.shutdown());
    }

    Optional<Unstopped> stop(Duration within) throws InterruptedException {
      asked = true;
      thread.interrupt();
      if (Thread.currentThread() == thread || thread.join(within)) return Optional.empty();
      return Optional.of(Unstopped.now(thread, within));
    }

    /// Stops it. Who won't stop is told to the listener.
    @Override
    public void close() {
      boolean interrupted = Thread.interrupted(); // we're asked to stop, and so is this
      try {
        var unstopped = stop();
        if (unstopped.isPresent()) {
          Thread.currentThread().interrupt(); // we wait for nobody now, and no listener either
          tell(unstopped.get());
          Thread.interrupted();
        }
      } catch (InterruptedException e) { // asked again: then we don't wait any longer
        interrupted = true;
      }
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  /// ## Watch it
  ///
  /// A letter box at some distance. After three letters, each session times
  /// out. And once, the box can't be reached at all.
  void main() throws Exception {
    var sessions = new AtomicInteger();
    var letters = new ArrayBlockingQueue<String>(8);
    Opening<Integer> opening =
        () -> {
          int number = sessions.incrementAndGet();
          if (number == 2) throw new IllegalStateException("No route to host.");
          IO.println("  session " + number + " is open");
          return new LetterBox(number, letters);
        };
    var spec =
        ChildSpec.of("letters", 0, opening)
            .with(new Intensity(3, Duration.ofMinutes(1)))
            .with(new Pauses(Duration.ofMillis(20), 2, Duration.ofMillis(100), 0));
    try (var supervisor = Supervisor.start(spec, event -> IO.println("  " + event))) {
      Exit<Integer> exit = supervisor.join();
      IO.println(letters.size() + " of 8 letters have come: " + exit);
      if (!(exit instanceof Done))
        fail("08-b is not finished. A session that has timed out was asked again and again.");
    }
  }

  static class LetterBox implements Session<Integer> {
    private final int number;
    private final BlockingQueue<String> letters;
    private int reads;

    LetterBox(int number, BlockingQueue<String> letters) {
      this.number = number;
      this.letters = letters;
    }

    @Override
    public Outcome<Integer> run(Integer letter) throws Exception {
      if (letter == 8) return new Done<>(letter);
      if (++reads > 3) throw new IllegalStateException("Session has timed out.");
      letters.put("letter " + letter);
      return new Continue<>(letter + 1);
    }

    @Override
    public void close() {
      IO.println("  session " + number + " is closed");
    }
  }

  static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }

  /// ## As in chapter 8
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

  /// What time it is, and how to let it pass. Nanoseconds, good for differences
  /// only.
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

  /// Pauses of `first`, then `factor` times as long each time, up to `cap`. Of
  /// each, chance takes off a part between 0 and `jitter`.
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

  /// Whether there may be one more restart, and after which pause.
  static class Restarts {
    private final Intensity intensity;
    private final Pauses pauses;
    private final Deque<Long> times = new ArrayDeque<>();
    private int inARow;

    Restarts(Intensity intensity, Pauses pauses) {
      this.intensity = intensity;
      this.pauses = pauses;
    }

    /// It got further: all is forgiven.
    void progress() {
      times.clear();
      inARow = 0;
    }

    /// One that is exactly a period old still counts.
    boolean allowOneMore(long now) {
      times.addLast(now);
      while (isOver(now - times.getFirst())) times.removeFirst();
      return times.size() <= intensity.max();
    }

    private boolean isOver(long age) {
      return Duration.ofNanos(age).compareTo(intensity.period()) > 0;
    }

    Duration pause(RandomGenerator random) {
      return pauses.before(++inARow, random);
    }
  }

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
  }

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

  /// After which exits a child is restarted: all but a stop, a failure alone,
  /// or none.
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

  /// Is asked about each failure. It may wait, as for room on a dead-letter
  /// channel.
  interface Judge<S> {
    Verdict<S> verdictOn(Failure<S> failure) throws Exception;

    /// Asks, and gets an answer. Who can't judge gives up; who is interrupted
    /// tries again.
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

  /// A thread that was asked to stop, and did not. There is no more to be done
  /// than to say so.
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

  /// Is told on the supervisor's thread, or on that of whoever closes it, which
  /// waits for it. A stop interrupts it.
  interface Listener {
    void on(Event event) throws Exception;
  }

  /// @param state where the child is, or would go on
  record Status<S>(
      String id, boolean runs, S state, int restarts, Optional<Failure<S>> lastFailure) {}

  /// **Why this way.** One method owns the session from its opening to its
  /// close, so `try` with resources can do what it's for. It closes whatever
  /// happens, an `Error` included, to which it adds what close threw.
  ///
  /// But it knows about exceptions only, and our failures are values. When
  /// close throws, the `try` has already come to an exit, and a `return` inside
  /// of it would lose that exit to the exception. That's why `exit` is declared
  /// before it: in the `catch` one can still see what the steps had to say.
  ///
  /// `catch (Exception e)` sees two kinds of trouble, open and close, and needs
  /// no flag to tell them apart. If there's no failure yet, this is the
  /// failure. So work whose close fails at the end is started again, and comes
  /// to its end once more. That's right where close is what writes the rest to
  /// the disk. If your close is only a farewell, catch its exception there.
  ///
  /// `asked` is looked at after the old interrupt has been forgotten, and
  /// before the opening. The other way round, a stop could be forgotten
  /// together with its interrupt, and `open` would wait for somebody who
  /// doesn't answer. And all that fails after a stop is a stop for `supervise`,
  /// which looks at `asked` first.
  ///
  /// The state is not the session's. It's a value, it survives, and the next
  /// session begins with it. What can break is made anew. What must not get
  /// lost lies outside of it.
}
