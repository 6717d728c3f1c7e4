///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 08 · One supervisor for any work, that knows nothing of clicks

import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// # 8 · The reusable supervisor
///
/// **The question.** The shop has orders, too. They come page by page, and
/// where the next page begins is a token such as `kF3x`. There is no offset to
/// add 1 to. Chapter 7 could supervise it, if you copied two hundred lines and
/// changed each `long`, each `Click` and each `clicks.put` in them. And for the
/// next producer again.
///
/// The essay ends on that note: "next time we'll see if we can't work all of
/// these great ad-hoc patterns into something a little more reusable". There
/// was no next time. So: what does a supervisor really have to know?
///
/// After this chapter you can
///
/// - cut any stream of work into a state and a step;
/// - specify a child: when it's restarted, how often, how soon, and when not;
/// - copy this supervisor into a project of yours, and say when you shouldn't.
///
/// *Reading: 30 minutes. Exercises: 60 minutes.*
///
/// **Predict.** The shop has three pages: `first`, `kF3x`, `9uQa`. It fails
/// once, at the second one. A supervisor of Erlang/OTP would start its child
/// anew, as its specification says. What will ours ask the shop for, in which
/// order?
class ReusableSupervisor {

  /// ## Carried over
  ///
  /// Of chapters 4 and 5: the intensity, time, pauses, and the books. They knew
  /// nothing of clicks before, either.
  ///
  /// They come first this time, since from here to the end of the supervisor
  /// you can copy everything.

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

  // region the books

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

  // endregion

  /// ## A step of any work
  ///
  /// Look at what a producer does with its offset. It asks the log for it, and
  /// adds 1. The supervisor never adds anything: it compares, keeps, and hands
  /// it back. So for a supervisor an offset is just a *state*, `S`, and what a
  /// producer does is a *step* from one state to the next.
  ///
  /// A step may simply throw. Whoever wants a value instead, as in chapter 2,
  /// calls `attempt`. The supervisor does, and so can you, at a prompt.

  // region any step

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

  // endregion

  /// Chapter 7's outcomes, with an `S` where there was a `long`. A step may
  /// also return `Failed` itself, if it knows better than its caller how far it
  /// got.

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

  /// ## What the supervisor has to know
  ///
  /// Chapter 7's `startSupervisor` took eight parameters. Most of them are
  /// facts about one child, so they get together, and get a name: the *child
  /// specification*. The words are OTP's. The first of them is new.
  ///
  /// A *permanent* child must always be there. If it's done, that's a failure,
  /// too. A *transient* one may end, and is restarted only when it fails. A
  /// *temporary* one is never restarted. A log with an end makes a transient
  /// child, so that's our default. (OTP's is permanent.)
  ///
  /// The verdicts are chapter 6's. The judge may wait now, for room on a
  /// dead-letter channel, say. So dead letters are its business, and no longer
  /// the supervisor's.
  ///
  /// *In the margin:* a judge gets a state and an exception, and no more. If
  /// the state is "the last file that I saw", then which file is the bad one?
  /// Only the step knows. Let its exception carry what the judge needs for a
  /// skip.

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

  /// The defaults are meant to be used. Ten restarts in a row, with those
  /// pauses, take 21 to 26 seconds: a broker may be away for so long. And they
  /// fit into the minute, so the limit does come. (With too long pauses it
  /// never would: systemd's users fall into that one.)
  ///
  /// A copy with one part changed is `spec.with(Restart.PERMANENT)`. Elixir
  /// does it that way: the module has a specification, and the caller overrides
  /// it.

  // region the child

  /// What a supervisor has to know of a child.
  ///
  /// @param shutdown how long it may take to stop
  record ChildSpec<S>(
      String id,
      S initial,
      Step<S> step,
      Restart restart,
      Intensity intensity,
      Pauses pauses,
      Judge<S> judge,
      Duration shutdown) {

    ChildSpec {
      for (Object part : new Object[] {id, initial, step, restart, intensity, pauses, judge})
        Objects.requireNonNull(part, "A child needs all of its specification.");
      if (shutdown.isNegative()) throw new IllegalArgumentException("No bound: " + shutdown);
    }

    /// Transient; at most 10 restarts a minute without progress; pauses of 0.1 s, 0.2 s, and so on up to
    /// 5 s, less up to a fifth; tries again after any failure; has 5 s to stop.
    static <S> ChildSpec<S> of(String id, S initial, Step<S> step) {
      return new ChildSpec<>(
          id,
          initial,
          step,
          Restart.TRANSIENT,
          new Intensity(10, Duration.ofMinutes(1)),
          new Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(5), 0.2),
          _ -> new Retry<>(),
          Duration.ofSeconds(5));
    }

    ChildSpec<S> with(Restart restart) {
      return new ChildSpec<>(id, initial, step, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> with(Intensity intensity) {
      return new ChildSpec<>(id, initial, step, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> with(Pauses pauses) {
      return new ChildSpec<>(id, initial, step, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> with(Judge<S> judge) {
      return new ChildSpec<>(id, initial, step, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> withInitial(S initial) {
      return new ChildSpec<>(id, initial, step, restart, intensity, pauses, judge, shutdown);
    }

    ChildSpec<S> withShutdown(Duration shutdown) {
      return new ChildSpec<>(id, initial, step, restart, intensity, pauses, judge, shutdown);
    }
  }

  // endregion

  /// ## What happens, as values
  ///
  /// Chapter 7 told its story in strings. A string can be printed. A value can
  /// be printed, counted, measured, and waited for. That's how the consumer
  /// gets to know of the end from now on: somebody listens for `Ended`.
  ///
  /// *In the margin:* a listener runs on the supervisor's thread, which waits
  /// for it. It's a hook, and no queue. If it's slow, so is the child; if it
  /// throws, that's reported, and the child goes on.

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

  /// ## The supervisor
  ///
  /// And here it is. There's no click in it, no log, no channel. Read
  /// `supervise` first. You know each of its lines from chapters 4 to 7; the
  /// books are asked before the judge, as before.
  ///
  /// The line to look at is `state.set(at);`. A supervisor of OTP starts the
  /// child anew, from its specification. What the process was doing is its own
  /// secret, and perhaps what killed it. suture calls `Serve` again, on
  /// whatever the service has left in its fields.
  ///
  /// Our step has no secrets. Its state comes in as an argument and goes out as
  /// a value, so we can try again exactly where it failed.
  ///
  /// (`setRelease`, in `drive`, is a `set` for those in a hurry. It's done
  /// after each step, and who looks from outside may see it a bit later.)
  ///
  /// One thing is better than in chapter 7. There, each interrupt was a stop,
  /// in whatever disguise it came. Now whoever asks for a stop says so, in
  /// `asked`, and the interrupt is only the knock on the door. A knock without
  /// a request is a failure like any other. And a request is heard even if a
  /// client swallows the knock: the flag stays up.

  // region the supervisor

  /// Runs the steps of one child on a thread of its own, and restarts it where it failed.
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

    /// Steps until there is an exit. Only `asked` tells whether an interrupt is a stop.
    private Exit<S> drive() {
      Thread.interrupted(); // an old one, or a stranger's
      S at = state.get();
      while (!asked) {
        switch (spec.step().attempt(at, spec.id())) {
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

    /// A listener that throws is no reason to stop, and one that a stranger interrupts is told again.
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

    /// Asks it to stop, and waits for that as long as the specification says. From inside, from a step or
    /// a listener, it only asks.
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

  /// @param state where the child is, or would go on
  record Status<S>(
      String id, boolean runs, S state, int restarts, Optional<Failure<S>> lastFailure) {}

  // endregion

  /// ## The clicks, again
  ///
  /// All that was about clicks is still here, outside of the supervisor. First,
  /// carried over, the click and the log.

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

  /// Then the channel, with chapter 7's receiver. `EndOfChannel` is a listener
  /// that puts the end on it. A `Batch` will be explained below.

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

  /// This is a whole producer now, and its judge.

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

  /// And the lines that you know, from the events.

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

  /// ## Another step: many at a time
  ///
  /// A channel costs far more than a read. So put a list of clicks on it at a
  /// time. The state is still an offset, and the supervisor doesn't notice.
  ///
  /// What if the sixth read of eight fails? Five clicks are good. They go on
  /// the channel, and the step returns a `Failed` with the state that it really
  /// reached. Thrown away, they would be read again; forgotten, they'd be lost.

  static Step<Long> publishBatch(Log log, BlockingQueue<Message> clicks, int size) {
    return first -> {
      var batch = new ArrayList<Item>();
      long offset = first;
      try {
        for (; batch.size() < size; offset++) batch.add(new Item(offset, log.take(offset)));
      } catch (Exception e) {
        if (batch.isEmpty() && e instanceof InvalidOffset && offset >= 0) return new Done<>(offset);
        if (batch.isEmpty() || isInterrupt(e)) throw e;
        clicks.put(new Batch(batch));
        return e instanceof InvalidOffset
            ? new Done<>(offset)
            : new Failed<>(new Failure<>(e, offset, "clicks"));
      }
      clicks.put(new Batch(batch));
      return new Continue<>(offset);
    };
  }

  static boolean isInterrupt(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause())
      if (cause instanceof InterruptedException || cause instanceof ClosedByInterruptException)
        return true;
    return false;
  }

  /// ## Another producer: pages of orders
  ///
  /// Seven lines of a step, and it's supervised.
  ///
  /// *In the margin:* a page is put order by order. If a put fails in the
  /// middle, the page comes again: at least once, a page at a time. Offsets on
  /// the orders and chapter 7's receiver would mend that here, too.

  record Page(List<String> orders, Optional<String> next) {}

  /// A shop hands out its orders page by page. A token stands for each page,
  /// and means nothing to us.
  interface Shop {
    Page page(String token) throws Exception;
  }

  static Step<String> publishPage(Shop shop, BlockingQueue<String> orders) {
    return token -> {
      Page page = shop.page(token);
      for (String order : page.orders()) orders.put(order);
      return page.next().isPresent() ? new Continue<>(page.next().get()) : new Done<>(token);
    };
  }

  /// ## Run it
  ///
  /// ```console
  /// $ ./jbang chapters/08-reusable-supervisor.java --events 10 --fault read@2,poison@5,put@8
  /// 08 · reusable supervisor: 10 events, a channel of 2
  /// Starting clicks at 0.
  /// An error has occurred: clicks@2 Session has timed out.
  /// Restarting clicks in 85 ms.
  /// Starting clicks at 2.
  /// An error has occurred: clicks@5 There is no action SHIPING.
  /// Skipping clicks to 6.
  /// Starting clicks at 6.
  /// An error has occurred: clicks@8 Session has timed out.
  /// Restarting clicks in 86 ms.
  /// Starting clicks at 8.
  /// clicks is done at 10.
  /// 9 of 10 clicks arrived, in 10 messages. Dead letters: 1.
  ///   clicks@5 There is no action SHIPING.
  ///
  /// The same clicks, in batches of 4:
  /// Starting clicks at 0.
  /// An error has occurred: clicks@2 Session has timed out.
  /// Restarting clicks in 85 ms.
  /// Starting clicks at 2.
  /// An error has occurred: clicks@5 There is no action SHIPING.
  /// Skipping clicks to 6.
  /// Starting clicks at 6.
  /// clicks is done at 10.
  /// 9 of 10 clicks arrived, in 3 messages. Dead letters: 1.
  ///   clicks@5 There is no action SHIPING.
  ///
  /// Orders, page by page:
  /// Starting orders at first.
  /// An error has occurred: orders@kF3x Session has timed out.
  /// Restarting orders in 85 ms.
  /// Starting orders at kF3x.
  /// orders is done at 9uQa.
  /// Orders: [a teapot, two cups, a spoon, six saucers]
  /// Replay: ./jbang chapters/08-reusable-supervisor.java --events 10 --fault read@2,poison@5,put@8 --seed 42
  /// ```
  ///
  /// Twice the same log with the same faults. The batches took three messages
  /// instead of ten. (The acknowledgement of the put at 8 got lost only the
  /// first time: with batches, no put ends with 8.)
  ///
  /// **The prediction.** Ours asks for `first`, `kF3x`, `kF3x`, `9uQa`. OTP's
  /// would ask for `first`, `kF3x`, and then from the beginning: `first`,
  /// `kF3x`, `9uQa`. The teapot would come twice.
  ///
  /// ## Why not use …?
  ///
  /// You should know what else there is.
  ///
  /// | | its child | after a failure | limits | pauses |
  /// |---|---|---|---|---|
  /// | OTP `supervisor` | a process; `id`, `start`, `restart`, `shutdown`, `type` | starts anew from the specification | 1 in 5 s | none |
  /// | suture (Go) | `Serve(ctx) error` | calls `Serve` again | 5, with a half-life of 30 s; then it pauses | 15 s |
  /// | Pekko `RestartSource` | a factory of sources | makes a new source | none, unless you say so | first, cap, jitter on top |
  /// | core.async.flow | a step function with a state | **skips the message**, keeps the old state | none | none |
  /// | Jox `supervised` | forks in a scope | cancels them all, and throws | – | – |
  /// | ours | a step with a state | tries again **at the failed state** | 10 in a minute without progress | first, cap, jitter below |
  ///
  /// core.async.flow is the nearest relative: its step functions, too, take a
  /// state and return the next one. But it isn't a supervisor. It puts the
  /// error on a channel, and takes the next message. (It's an alpha as we write
  /// this.) And in Jox a supervisor is somebody who collects failures. Nothing
  /// is restarted.
  ///
  /// **StructuredTaskScope** is for work that *ends*: some calls at the same
  /// time, and their results or their first failure. Use it inside a step. It
  /// restarts nothing, and ends with the block that opened it. In JDK 25 it's a
  /// preview (JEP 505), and so it still was in 26 and 27.
  ///
  /// **Resilience4j** and **Failsafe** retry *a call*. That's all that you need
  /// if the work is a call, such as an HTTP request for a user who waits. Ours
  /// restarts *a loop with a state*.
  ///
  /// If you use both, they multiply. A client that tries three times, in a step
  /// that Failsafe tries three times, below a supervisor with ten restarts,
  /// asks for that page 3 · 3 · 11 = 99 times, and only then somebody gets to
  /// know. One layer should do the waiting. All others should fail at once.
  void main(String... args) throws Exception {
    var demo = new Demo(SCRIPT, EVENTS, args);
    IO.println("08 · reusable supervisor: " + demo.events() + " events, a channel of 2");
    var channel = channelOf(demo);
    consumeAll(demo, channel, publishClick(logOf(demo), channel));

    IO.println("\nThe same clicks, in batches of 4:");
    var again = new Demo(SCRIPT, EVENTS, args);
    var another = channelOf(again);
    consumeAll(again, another, publishBatch(logOf(again), another, 4));

    IO.println("\nOrders, page by page:");
    var orders = new ArrayBlockingQueue<String>(100);
    var expired = new AtomicBoolean(true);
    Shop shop =
        token ->
            switch (token) {
              case "first" -> new Page(List.of("a teapot", "two cups"), Optional.of("kF3x"));
              case "kF3x" -> {
                if (expired.getAndSet(false)) throw new SessionTimeout(1);
                yield new Page(List.of("a spoon"), Optional.of("9uQa"));
              }
              default -> new Page(List.of("six saucers"), Optional.empty());
            };
    var spec = ChildSpec.of("orders", "first", publishPage(shop, orders));
    try (var supervisor = start(spec, demo, event -> IO.println(words(event)))) {
      supervisor.join();
      IO.println("Orders: " + orders);
    }
    demo.printReplay();
  }

  static final String SCRIPT = "08-reusable-supervisor";
  static final int EVENTS = 2_000;

  static Log logOf(Demo demo) {
    return new SimpleLog(demo.clicks, demo::readFails);
  }

  static BlockingQueue<Message> channelOf(Demo demo) {
    return new ArrayBlockingQueue<>(2) {
      @Override
      public void put(Message message) throws InterruptedException {
        super.put(message);
        demo.afterPut();
      }
    };
  }

  static <S> Supervisor<S> start(ChildSpec<S> spec, Demo demo, Listener listener) {
    // in earnest, without a seed
    var dice = new Random(Long.parseLong(demo.options.get("--seed")));
    return Supervisor.start(spec, listener, Time.REAL, dice);
  }

  static void consumeAll(Demo demo, BlockingQueue<Message> channel, Step<Long> step)
      throws InterruptedException {
    var deadLetters = new ArrayBlockingQueue<Failure<Long>>(demo.events());
    var spec = ChildSpec.of("clicks", 0L, step).with(putAside(deadLetters));
    var end = new EndOfChannel(channel, "clicks");
    Listener listener =
        event -> {
          IO.println(words(event));
          end.on(event);
        };
    var receiver = new IdempotentReceiver();
    var arrived = new ArrayList<Click>();
    int messages = 0;
    try (var _ = start(spec, demo, listener)) {
      for (Message message; !((message = channel.take()) instanceof End); messages++)
        for (Item item : message.items()) if (receiver.isNew(item)) arrived.add(item.click());
    }
    IO.println(
        "%d of %d clicks arrived, in %d messages. Dead letters: %d."
            .formatted(arrived.size(), demo.events(), messages, deadLetters.size()));
    deadLetters.forEach(letter -> IO.println("  " + letter));
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
  /// The essay's promise is kept. Each promise of the table in README.md that
  /// chapter 7 kept is kept by this supervisor, with the same checks. And there
  /// is one more: it runs *any producer*. The next one will cost you a step.
  ///
  /// (Did the code shrink? The file didn't: a specification, events, and two
  /// more producers want to be written down. What you'd have to copy for the
  /// next producer did: from two hundred lines to seven.)
  ///
  /// **Take it to work.** It depends on nothing but the JDK, from the line
  /// `// region the intensity` to the end of `// region the supervisor`.
  /// README.md has an example.
  ///
  /// What still breaks: two children that need each other. When a session
  /// expires, say, that both of them hold. Each has a supervisor that knows
  /// nothing of the other one. One is restarted, then the other, then the first
  /// one again. That's chapter 9.
  ///
  /// **Exercises:** `exercises/08-a-tail-a-growing-file.java`,
  /// `exercises/08-b-a-fresh-session.java`.
  ///
  /// **Sources:** the essay, its last paragraph; OTP's `supervisor(3)`, "Child
  /// Specification"; suture's `v4/supervisor.go`; Pekko's `RestartSettings`;
  /// core.async's flow guide; JEP 505, 525 and 533; Jox's documentation on
  /// structured concurrency.
}
