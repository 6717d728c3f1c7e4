package harness;

import harness.Timeline.Kind;
import harness.Timeline.Lane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// One run of a stage on a scripted log and channel: what the harness offers to the program, and what
/// it sees of it.
///
/// The program calls [#take], [#channel] and [#print] from its own threads. The harness is the consumer
/// ([#next]). Nothing here depends on the clock: a wait ends when the thing waited for happens, or when
/// no thread of the program can move any more. Only a program that keeps moving without end meets the
/// deadline, [#PATIENCE].
///
/// @param <E> what comes out of the channel
public final class Run<E> implements AutoCloseable {

  /// How long a run may go without anything happening, though some thread could still move.
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /// How long a consumer that takes nothing waits for a program in which some thread sleeps.
  private static final Duration SLEEPERS_PATIENCE = Duration.ofSeconds(1);

  /// So often we throw [RunIsOver] into a program whose run is over, before we park it.
  private static final int PATIENT_REFUSALS = 50;

  /// We can't look at all threads in one instant: one may wake another meanwhile. If several looks in a
  /// row show nobody who could move, and nothing happened meanwhile, then nobody can.
  ///
  /// A check is a few hundred runs, and a person waits for it. So we look again at once, and that's
  /// enough where nothing more need happen, or where nobody is left.
  private static final int LOOKS_AT_ONCE = 6;

  /// Where something may be missing, the last looks are a millisecond apart. On a busy machine a thread
  /// may look as if it waited, and not yet have got the time to go on: it was woken while it linked a
  /// class, say, which pins it to a platform thread.
  private static final int LOOKS_TO_BE_SURE = LOOKS_AT_ONCE + 3;

  /// After so many looks at which nothing had happened, they are a millisecond apart, too.
  private static final int IMPATIENT_LOOKS = 30;

  /// After so many looks a thread that still moves is either busy or asleep, and looking often would only
  /// slow others down.
  private static final int FREQUENT_LOOKS = 100;

  private static final int RARE_LOOK_MILLIS = 10;

  /// A virtual thread that may go on says so at once. A platform thread that was woken looks as if it
  /// waited until the operating system finds time for it, which on a busy machine takes a while.
  private static final int LOOKS_AT_PLATFORM_THREADS = 100;

  private static final int LOOKS_AT_SLEEPERS = 50;

  private final Script script;
  private final Stage<E> stage;
  private final Timeline timeline = new Timeline();
  private final Set<Long> before;
  private final BlockingQueue<Object> channel;
  private Function<Object, Optional<E>> eventOf = Run::itself;
  private Predicate<Object> isNew = _ -> true;

  /// Whether the program puts messages, of which one is the end, rather than events alone.
  private boolean hasMessages;

  private final Set<Thread> readers = new LinkedHashSet<>();
  private final Map<E, Long> offsets = new HashMap<>();
  private final List<String> pendingFaults;
  private final Set<Long> faultyOffsets = new HashSet<>();
  private final List<String> printed = new ArrayList<>();
  private final List<Long> arrived = new ArrayList<>();
  private final List<Future<?>> held = new ArrayList<>();
  private final Set<Future<?>> mourned = new HashSet<>();
  private int refusals;
  private int refusedOffers;
  private final List<Turn> turns = new ArrayList<>();
  private final long consumer = Thread.currentThread().threadId();
  private boolean started;
  private boolean lockstep;

  /// After so many failed reads in a row, the log stops answering: the program spins.
  private int enoughFailures;

  private int failedReads;
  private int reads;
  private final List<Duration> pauses = new ArrayList<>();
  private RandomGenerator random = Conditions.USUAL.dice.get();
  private long now;
  private Conditions conditions = Conditions.USUAL;
  private boolean interruptedOnce;

  /// Waits for the program with a timeout, and yet can do nothing that the program doesn't.
  private volatile Thread asker;

  private final boolean oneOfMany;
  private int stopAt;
  private int moments;

  /// There is somebody who can be asked to stop.
  private final CountDownLatch begun = new CountDownLatch(1);

  private volatile boolean told;
  private String end = "";
  private int afterTheEnd;
  private volatile boolean spinning;
  private volatile boolean over;
  private Optional<Threads.Seen> busy = Optional.empty();

  /// Starts `stage` on `script`.
  ///
  /// @throws StartFailed if its `start` throws or doesn't come back
  static <E> Run<E> start(Stage<E> stage, Script script) {
    return start(stage, script, Conditions.USUAL);
  }

  static <E> Run<E> start(Stage<E> stage, Script script, Conditions conditions) {
    var run = new Run<>(stage, script);
    run.conditions = conditions;
    run.random = conditions.dice.get();
    run.now = conditions.clock;
    run.start();
    return run;
  }

  /// What a check can do to time and chance: how long each read takes, the last of them standing for all
  /// that follow, whether the pauses' time is added to that, whether a pause lasts until someone
  /// interrupts it, how many dead letters there is room for, what the dice are, where the clock begins,
  /// and how many restarts are allowed, if not as many as usual.
  record Conditions(
      List<Duration> readsTake,
      boolean pausesTakeTime,
      boolean pausesLast,
      int deadLetters,
      Supplier<RandomGenerator> dice,
      long clock,
      OptionalInt restarts) {
    static final Conditions USUAL =
        new Conditions(
            List.of(Duration.ZERO), true, false, 20, () -> new Random(1), 0, OptionalInt.empty());

    /// Reads take their time, and nothing else does.
    static Conditions readsTake(List<Duration> durations) {
      return new Conditions(
          durations, false, false, USUAL.deadLetters, USUAL.dice, USUAL.clock, USUAL.restarts);
    }

    static Conditions otherDice(long seed) {
      return USUAL.dice(() -> new Random(seed));
    }

    /// Dice that always show `part` of what they can.
    static Conditions loadedDice(double part) {
      long thrown = (long) (part * 0x1p52) << 12;
      return USUAL.dice(() -> () -> thrown);
    }

    private Conditions dice(Supplier<RandomGenerator> dice) {
      return new Conditions(
          readsTake, pausesTakeTime, pausesLast, deadLetters, dice, clock, restarts);
    }

    Conditions lastingPauses() {
      return new Conditions(readsTake, pausesTakeTime, true, deadLetters, dice, clock, restarts);
    }

    Conditions deadLetters(int capacity) {
      return new Conditions(readsTake, pausesTakeTime, pausesLast, capacity, dice, clock, restarts);
    }

    Conditions clockBegins(long nanos) {
      return new Conditions(
          readsTake, pausesTakeTime, pausesLast, deadLetters, dice, nanos, restarts);
    }

    Conditions restarts(int most) {
      return new Conditions(
          readsTake, pausesTakeTime, pausesLast, deadLetters, dice, clock, OptionalInt.of(most));
    }

    private Duration timeOf(int read) {
      return readsTake.get(Math.min(read, readsTake.size()) - 1);
    }
  }

  /// As [#start], but one thread moves at a time, in an order that depends on the script alone: the
  /// supervisor first, then the producers, and the consumer when nobody else can. Slower, and the
  /// timeline of one script is always the same.
  public static <E> Run<E> inLockstep(Stage<E> stage, Script script) {
    var run = new Run<>(stage, script);
    run.lockstep = true;
    int restarts = stage.limits().map(Stage.Limits::maxRestarts).orElse(0);
    run.enoughFailures = script.faults().size() + restarts + 2;
    run.start();
    return run;
  }

  /// One of many thousands: started on the caller's thread, and nobody looks at threads. It's for
  /// programs of which we know that they come to an end: see [#drainToTheEnd].
  ///
  /// @param stopAt at which moment it is asked to stop; 0 for never. The beginning and the end
  ///     of each of its calls are a moment, counted from 1
  static <E> Run<E> oneOfMany(Stage<E> stage, Script script, int stopAt) throws Exception {
    var run = new Run<>(stage, script, true);
    run.stopAt = stopAt;
    run.started = true;
    stage.start(run);
    run.begun.countDown();
    return run;
  }

  /// A run without a start: for calls of a single step.
  Run(Stage<E> stage, Script script) {
    this(stage, script, false);
  }

  private Run(Stage<E> stage, Script script, boolean oneOfMany) {
    this.oneOfMany = oneOfMany;
    this.stage = stage;
    this.script = script;
    this.pendingFaults = new ArrayList<>(script.faults());
    for (String fault : script.faults()) faultyOffsets.add((long) Script.offsetOf(fault));
    this.channel = oneOfMany ? plainChannel() : new ScriptedChannel<>(this, script.capacity());
    this.before = oneOfMany ? Set.of() : Threads.ids();
    boolean forEver = script.faults().stream().anyMatch(Script::isForEver);
    this.enoughFailures = forEver ? 50 : script.faults().size() + 5;
  }

  private void start() {
    started = true;
    try {
      inTime(
          "start()",
          () -> {
            stage.start(this);
            return null;
          });
    } catch (RunIsOver e) {
      // the run was ended meanwhile, and the consumer will notice
    } catch (Throwable e) { // the program's: whatever it is, it goes to its author
      close();
      throw startFailed(e);
    }
  }

  private static StartFailed startFailed(Throwable thrown) {
    return switch (thrown) {
      case StartFailed e -> e;
      case NeverCameBack e ->
          new StartFailed(
              e.getMessage()
                  + ": the loop runs on its caller's thread, and blocks the consumer. Run it in a"
                  + " thread of its own.");
      case ExceptionInInitializerError e ->
          new StartFailed(
              "a static field or block threw " + e.getCause() + Law.placeOf(e.getCause()));
      case LinkageError e ->
          new StartFailed("the harness can't call the program: " + e.getMessage());
      default -> new StartFailed("start() threw " + thrown);
    };
  }

  /// Calls the program on a thread of its own, and waits for that thread.
  ///
  /// @param what what is called, for the message
  /// @throws NeverCameBack if it doesn't return, though nothing else can happen
  /// @throws Exception what the program throws; an `Error` comes out as it is
  public <T> T inTime(String what, Callable<T> body) throws Exception {
    var task =
        new FutureTask<>(body) {
          @Override
          protected void done() {
            synchronized (Run.this) {
              Run.this.notifyAll();
            }
          }
        };
    var caller = new Thread(task, "caller");
    caller.setContextClassLoader(stage.getClass().getClassLoader()); // Kafka looks there, for one
    caller.start();
    if (!waitFor(task::isDone, () -> false, PATIENCE))
      throw new NeverCameBack(what + " never came back");
    caller.join();
    try {
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case Exception cause -> throw cause;
        case Error cause -> throw cause;
        case Throwable cause -> throw e;
      }
    }
  }

  // ---- what the program calls ----

  /// The log: the event at `offset`, or what the script has in store for this read.
  public E take(long offset) throws InterruptedException {
    awaitTurn(Lane.LOG);
    try {
      return read(offset);
    } finally {
      maybeStop();
    }
  }

  /// Tells that an event was fetched from where it lies, before anybody read it.
  public synchronized void fetched(long offset) {
    timeline.add(Lane.LOG, Kind.FETCHED, offset, "fetches " + offset);
  }

  private synchronized E read(long offset) throws InterruptedException {
    if (readers.add(Thread.currentThread()))
      timeline.add(Lane.PRODUCER, Kind.START, offset, "#" + readers.size() + " from " + offset);
    if (++failedReads > enoughFailures || ++reads > 20 * script.events() + 500) {
      if (!spinning)
        timeline.add(Lane.LOG, Kind.NOTE, offset, "and so on: the log answers no more");
      spinning = true;
      awaitTheEnd();
    }
    now += conditions.timeOf(reads).toNanos();
    if (faultyOffsets.contains(offset)) meetFaults(offset);
    if (offset < 0 || offset >= script.events()) {
      timeline.add(Lane.LOG, Kind.END, offset, "read " + offset + ": the end");
      notifyAll();
      throw stage.invalidOffset(offset);
    }
    failedReads = 0;
    timeline.add(Lane.LOG, Kind.READ, offset, "read " + offset);
    notifyAll();
    E event = stage.event(offset);
    offsets.put(event, offset);
    return event;
  }

  /// What the script has in store for a read at `offset`, one after the other.
  private void meetFaults(long offset) throws InterruptedException {
    if (pendingFaults.contains("wait@" + offset) && !interruptedOnce) {
      timeline.add(Lane.LOG, Kind.NOTE, offset, "read " + offset + " waits");
      awaitTheEndOnce();
    }
    if (pendingFaults.remove("stop@" + offset)) askToStop();
    if (pendingFaults.remove("disguised@" + offset)) {
      timeline.add(Lane.LOG, Kind.NOTE, offset, "read " + offset + " waits");
      try {
        awaitTheEnd();
      } catch (InterruptedException e) {
        throw new IllegalStateException("the client was closed", new RuntimeException(e));
      }
    }
    if (pendingFaults.contains("deaf@" + offset)) {
      timeline.add(Lane.LOG, Kind.NOTE, offset, "read " + offset + " is deaf");
      awaitTheEndDeafly();
    }
    if (pendingFaults.contains("poison@" + offset)) {
      timeline.add(Lane.LOG, Kind.FAULT, offset, "poison at " + offset);
      notifyAll();
      throw stage.poison(offset);
    }
    if (pendingFaults.contains("read@" + offset + "*") || pendingFaults.remove("read@" + offset)) {
      timeline.add(Lane.LOG, Kind.FAULT, offset, "read " + offset + " fails");
      notifyAll();
      throw stage.timeout(offset);
    }
    if (pendingFaults.remove("odd@" + offset)) {
      timeline.add(Lane.LOG, Kind.FAULT, offset, "read " + offset + ": odd");
      notifyAll();
      throw new UnsupportedOperationException("scripted, at offset " + offset);
    }
    if (pendingFaults.remove("fatal@" + offset)) {
      timeline.add(Lane.LOG, Kind.FAULT, offset, "read " + offset + ": out of memory");
      throw new OutOfMemoryError("scripted, at offset " + offset);
    }
    if (pendingFaults.remove("overflow@" + offset)) {
      timeline.add(Lane.LOG, Kind.FAULT, offset, "read " + offset + ": out of stack");
      throw new StackOverflowError("scripted, at offset " + offset);
    }
  }

  /// The consumer asks the program to stop, while it reads. The read lasts until it's interrupted, or
  /// until it turns out that there's no way to stop.
  private void askToStop() throws InterruptedException {
    timeline.add(Lane.CONSUMER, Kind.TOLD, -1, "asks to stop");
    var answer = new FutureTask<>(() -> stage.stop(PATIENCE));
    var asker =
        new Thread(
            () -> {
              answer.run();
              noteAnswer(answer);
            },
            "asker");
    this.asker = asker;
    asker.start();
    while (!answer.isDone()) wait();
  }

  private synchronized void noteAnswer(Future<Optional<String>> answer) {
    String text =
        answer.state() == Future.State.FAILED
            ? "can't: " + answer.exceptionNow().getMessage()
            : answer.resultNow().orElse("it has stopped");
    timeline.add(Lane.CONSUMER, Kind.TOLD, -1, text);
    notifyAll();
  }

  /// The channel that the consumer holds.
  @SuppressWarnings("unchecked") // only the program puts, and it puts events
  public BlockingQueue<E> channel() {
    return (BlockingQueue<E>) (BlockingQueue<?>) channel;
  }

  /// The channel, for a program that puts messages on it. One without an event is the end.
  public <M> BlockingQueue<M> channel(Function<M, Optional<E>> eventOf) {
    return channel(eventOf, _ -> true);
  }

  /// The channel, for a program whose consumer drops messages that aren't new to it.
  @SuppressWarnings("unchecked") // only the program puts, and it puts what it says
  public <M> BlockingQueue<M> channel(Function<M, Optional<E>> eventOf, Predicate<M> isNew) {
    this.hasMessages = true;
    this.eventOf = (Function<Object, Optional<E>>) (Function<?, Optional<E>>) eventOf;
    this.isNew = (Predicate<Object>) (Predicate<?>) isNew;
    return (BlockingQueue<M>) (BlockingQueue<?>) channel;
  }

  @SuppressWarnings("unchecked")
  private static <E> Optional<E> itself(Object message) {
    return Optional.of((E) message);
  }

  /// Where a program puts aside what it can't deliver. Nobody reads it during a run.
  public <D> BlockingQueue<D> deadLetters() {
    return new ArrayBlockingQueue<>(conditions.deadLetters) {
      @Override
      public void put(D letter) throws InterruptedException {
        awaitTurn(Lane.SUPERVISOR);
        super.put(letter);
        timeline.add(Lane.SUPERVISOR, Kind.ASIDE, -1, "aside: " + letter);
        maybeStop();
      }
    };
  }

  /// Where a supervisor prints its messages.
  public void print(String line) {
    awaitTurn(Lane.SUPERVISOR);
    synchronized (this) {
      printed.add(line);
      if (printed.size() > 20 * script.events() + 500) spin();
      timeline.add(Lane.SUPERVISOR, Kind.SAID, -1, line);
      notifyAll();
    }
  }

  /// The program's clock, in nanoseconds. It stands still but for the pauses, and for what a check adds.
  public synchronized long nanos() {
    return now;
  }

  /// How the program lets time pass: at once, on its clock alone.
  public void sleep(Duration pause) throws InterruptedException {
    awaitTurn(Lane.SUPERVISOR);
    synchronized (this) {
      if (Thread.interrupted()) throw new InterruptedException();
      pauses.add(pause);
      timeline.add(Lane.SUPERVISOR, Kind.PAUSE, -1, "waits " + pause.toMillis() + " ms");
      notifyAll();
      if (conditions.pausesLast && !interruptedOnce) awaitTheEndOnce();
      if (conditions.pausesTakeTime) now += pause.toNanos();
    }
    maybeStop();
  }

  /// The program's dice. All runs throw alike, unless a check has other dice.
  public RandomGenerator random() {
    return random;
  }

  /// How many restarts the program should allow: as many as `usual`, unless a check needs more.
  public int restarts(int usual) {
    return conditions.restarts.orElse(usual);
  }

  /// Keeps the `Future` that the program's start returned, and looks at it: what it died of is shown.
  public void hold(Future<?> future) {
    if (future == null)
      throw new StartFailed("start() should return its Future, and returned null.");
    held.add(future);
  }

  // ---- what the harness does as the consumer ----

  /// Takes the next event.
  ///
  /// @return its offset, or empty if none is there and none will come: nothing of the program can move,
  ///     or it spins, or our patience is at its end
  public Optional<Long> next() {
    return next(PATIENCE);
  }

  private Optional<Long> next(Duration patience) {
    if (lockstep) quiet();
    // who spins is parked, and others may still be on their way: so spinning doesn't end this wait
    while (waitFor(() -> !channel.isEmpty(), () -> over, patience)) {
      Object message = channel.poll();
      if (message == null) continue; // its put was interrupted just now, and took it back
      if (isEnd(message)) return Optional.empty();
      if (isNew.test(message)) return eventOf.apply(message).map(this::arrived);
    }
    return Optional.empty();
  }

  /// Takes events until no more come; they are in [#arrived].
  public Run<E> drain() {
    while (next().isPresent() && arrived.size() < 3 * script.events() + 10) {}
    if (lockstep) awaitTheAnswer();
    return noteDeaths();
  }

  /// The answer to who asked for a stop belongs into the picture. It comes as soon as the program's
  /// threads have ended; if they don't, that's in the picture already.
  private void awaitTheAnswer() {
    Thread asker = this.asker;
    if (asker == null || Threads.since(before).stream().anyMatch(it -> it.thread() != asker))
      return;
    try {
      asker.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// As [#drain], from a program that may wait by looking again and again.
  Run<E> drainFromASleeper() {
    while (next(SLEEPERS_PATIENCE).isPresent()) {}
    return noteDeaths();
  }

  /// Takes events until the end comes, and waits for the program to return. Who calls this has a
  /// deadline for a program that doesn't.
  Run<E> drainToTheEnd() throws InterruptedException {
    while (!told) take(channel.take());
    return awaitResults();
  }

  /// Waits for the program to return, however often it is interrupted and goes on where it stopped,
  /// while another thread takes events.
  Run<E> drainAcrossStops() throws Exception {
    var consumer = Thread.startVirtualThread(this::takeUntilInterrupted);
    awaitResults();
    while (results().getLast().contains("Stopped")) {
      stage.resume(this, stage.stoppedAt());
      awaitResults();
    }
    consumer.interrupt();
    consumer.join();
    for (Object message; (message = channel.poll()) != null; ) take(message);
    return this;
  }

  private void takeUntilInterrupted() {
    try {
      while (true) take(channel.take());
    } catch (InterruptedException e) {
      // the rest is taken by the one who asked
    }
  }

  private void take(Object message) {
    noteTaken(message, "something");
    if (!isEnd(message) && isNew.test(message)) eventOf.apply(message).ifPresent(this::arrived);
  }

  private interface Put {
    void of(Object message) throws InterruptedException;
  }

  /// The JDK's own queues. Virtual threads change places on them quickly, which they don't on a monitor.
  private BlockingQueue<Object> plainChannel() {
    if (script.capacity() == 0)
      return new SynchronousQueue<>() {
        @Override
        public void put(Object message) throws InterruptedException {
          putPlainly(super::put, message);
        }
      };
    return new ArrayBlockingQueue<>(script.capacity()) {
      @Override
      public void put(Object message) throws InterruptedException {
        putPlainly(super::put, message);
      }
    };
  }

  private void putPlainly(Put put, Object message) throws InterruptedException {
    maybeStop();
    try {
      put.of(message);
      long offset = offsetOf(message);
      timeline.add(Lane.CHANNEL, Kind.PUT, offset, offset < 0 ? "put the end" : "put " + offset);
      if (offset >= 0 && putFails(offset)) throw stage.timeout(offset);
    } finally {
      maybeStop();
    }
  }

  private Run<E> awaitResults() throws InterruptedException {
    for (Future<?> future : held) {
      try {
        future.get();
      } catch (ExecutionException e) {
        // that's a result, too
      }
    }
    return this;
  }

  /// Takes nothing, and waits until the program can't move, spins, or tries our patience.
  Run<E> quiet() {
    return quiet(SLEEPERS_PATIENCE);
  }

  /// As [#quiet()], with less patience with a program that sleeps.
  Run<E> quiet(Duration patience) {
    waitFor(NOTHING, () -> spinning || over, patience);
    return noteDeaths();
  }

  private Run<E> noteDeaths() {
    for (Future<?> future : held)
      if (future.state() == Future.State.FAILED && mourned.add(future)) {
        Throwable e = future.exceptionNow();
        timeline.add(Lane.PRODUCER, Kind.DIED, -1, "died" + Law.placeOf(e) + " of " + e);
      }
    return this;
  }

  private synchronized long arrived(E event) {
    long offset = offsets.getOrDefault(event, -1L);
    arrived.add(offset);
    return offset;
  }

  /// The offset at which the log gave out the event in `message`; -1 for one that it never gave out.
  synchronized long offsetOf(Object message) {
    return eventOf.apply(message).map(event -> offsets.getOrDefault(event, -1L)).orElse(-1L);
  }

  /// Whether `message` says that no event will come.
  boolean isEnd(Object message) {
    return eventOf.apply(message).isEmpty();
  }

  void noteTaken(Object message, String name) {
    if (told) afterTheEnd++;
    else if (isEnd(message)) end = "" + message;
    told |= isEnd(message);
    Kind kind = isEnd(message) ? Kind.TOLD : Kind.TAKEN;
    timeline.add(Lane.CONSUMER, kind, offsetOf(message), "takes " + name);
  }

  /// Waits until `happened`, or until nothing can happen any more.
  ///
  /// @param patience how long nothing may happen while some thread sleeps or moves. One that only
  ///     sleeps, after less than [#PATIENCE], is no reason to complain
  private boolean waitFor(BooleanSupplier happened, BooleanSupplier hopeless, Duration patience) {
    int seen = -1;
    int stuck = 0;
    int looks = LOOKS_TO_BE_SURE;
    int idle = 0;
    long deadline = 0;
    while (true) {
      if (happened.getAsBoolean()) return true;
      if (hopeless.getAsBoolean() || stuck >= looks) return false;
      if (stuck == looks - 1 && grantTurn()) stuck = 0;
      if (timeline.size() != seen) {
        deadline = System.nanoTime() + patience.toNanos();
        stuck = 0;
        idle = 0;
      }
      seen = timeline.size();
      if (System.nanoTime() > deadline) {
        var awake = Threads.since(before).stream().filter(thread -> !thread.waits()).toList();
        boolean asleep = awake.stream().allMatch(Threads.Seen::waitsOrSleeps);
        if (asleep && patience != PATIENCE) return false;
        // one that looks again and again is awake at times, and is seen asleep at the next look
        if (System.nanoTime() > deadline + PATIENCE.minus(patience).toNanos()) {
          busy = awake.stream().findFirst();
          return false;
        }
      }
      boolean rarely = stuck == 0 && idle > FREQUENT_LOOKS;
      if (++idle > IMPATIENT_LOOKS || stuck >= LOOKS_AT_ONCE) {
        // Only here do we take the monitor. Who takes it at each look gets into the way of the
        // program's
        // virtual threads, one of which may then stay BLOCKED on a free monitor (seen with JDK
        // 25.0.3).
        synchronized (this) {
          try {
            if (!happened.getAsBoolean() && timeline.size() == seen)
              wait(rarely ? RARE_LOOK_MILLIS : 1);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
          }
        }
      }
      Thread.yield();
      var threads = Threads.since(before).stream().filter(it -> it.thread() != asker).toList();
      boolean virtual = threads.stream().allMatch(thread -> thread.thread().isVirtual());
      boolean nothingMissing = threads.isEmpty() || isComplete() && happened != NOTHING;
      looks =
          !virtual ? LOOKS_AT_PLATFORM_THREADS : nothingMissing ? LOOKS_AT_ONCE : LOOKS_TO_BE_SURE;
      boolean allWait = threads.stream().allMatch(Threads.Seen::waits) && !Threads.poolHasWork();
      stuck = allWait && timeline.size() == seen ? stuck + 1 : 0;
    }
  }

  private static final BooleanSupplier NOTHING = () -> false;

  /// Whether all has come that can come.
  private boolean isComplete() {
    return !lockstep
        && (told || !hasMessages || !stage.tellsItsEnd())
        && arrived.stream().filter(offset -> offset >= 0).distinct().count() >= script.events();
  }

  // ---- lockstep ----

  /// A call of the program that waits until it may go on.
  private static final class Turn implements Comparable<Turn> {
    final Lane lane;
    final long thread = Thread.currentThread().threadId();
    boolean granted;

    Turn(Lane lane) {
      this.lane = lane;
    }

    @Override
    public int compareTo(Turn other) {
      int byLane = other.lane.compareTo(lane); // supervisor, channel, log
      return byLane == 0 ? Long.compare(thread, other.thread) : byLane;
    }
  }

  /// Where every call of the program begins: it waits for its turn in lockstep, and ends with the run.
  void awaitTurn(Lane lane) {
    endIfOver();
    maybeStop();
    if (!lockstep) return;
    boolean interrupted = false;
    synchronized (this) {
      var turn = new Turn(lane);
      turns.add(turn);
      while (!turn.granted && !over) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true; // for the call itself to notice
        }
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
    endIfOver();
  }

  /// Where a call of the program begins or ends, the program may be interrupted.
  /// Asks the program to stop, from inside, if this is the moment.
  void maybeStop() {
    if (stopAt == 0 || !isTheMoment()) return;
    try {
      begun.await();
      stage.stop(Duration.ZERO);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new IllegalStateException("It can't be asked to stop.", e);
    }
  }

  private synchronized boolean isTheMoment() {
    return ++moments == stopAt;
  }

  synchronized int moments() {
    return moments;
  }

  private synchronized boolean grantTurn() {
    if (turns.isEmpty()) return false;
    Collections.sort(turns);
    turns.removeFirst().granted = true;
    notifyAll();
    return true;
  }

  // ---- what the harness knows ----

  public Script script() {
    return script;
  }

  public Stage<E> stage() {
    return stage;
  }

  public Timeline timeline() {
    return timeline;
  }

  /// The offsets that reached the consumer, in order of arrival.
  public List<Long> arrived() {
    return List.copyOf(arrived);
  }

  public synchronized List<String> printed() {
    return List.copyOf(printed);
  }

  /// Whether the program read so often in vain that the log stopped answering.
  public synchronized boolean spinning() {
    return spinning;
  }

  /// The thread that was still moving when our patience ended.
  synchronized Optional<Threads.Seen> busy() {
    return busy;
  }

  synchronized List<Duration> pauses() {
    return List.copyOf(pauses);
  }

  /// Whether the consumer took a message that says that no event will come.
  public boolean told() {
    return told;
  }

  /// What the message said that no event will come, or nothing.
  String end() {
    return end;
  }

  /// How many messages the consumer took after the one that should be the last.
  int afterTheEnd() {
    return afterTheEnd;
  }

  /// What the program's futures have come to, as text: values, and `Error`s that ended them.
  List<String> results() {
    return held.stream()
        .filter(Future::isDone)
        .map(future ->
            switch (future.state()) {
              case SUCCESS -> "" + future.resultNow();
              case FAILED -> "" + future.exceptionNow();
              default -> "" + future.state();
            })
        .toList();
  }

  /// The threads that read the log, in order of their first read.
  synchronized List<Thread> readers() {
    return List.copyOf(readers);
  }

  /// The thread that takes from the channel: the one that made this run.
  long consumer() {
    return consumer;
  }

  /// Whether the stage was started, rather than asked for single steps.
  boolean started() {
    return started;
  }

  Set<Long> threadsBefore() {
    return before;
  }

  /// An offer that the channel refused. Who offers again and again is busy waiting: that's a spin, too.
  synchronized void offerRefused() {
    if (++refusedOffers > enoughFailures) spin();
  }

  /// The program does the same thing without end: whoever does it waits here until the run is over.
  private void spin() {
    spinning = true;
    notifyAll();
    try {
      awaitTheEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // for the program to notice
    }
  }

  /// What a plan of the demos knows as `put@N`: the put got through, its acknowledgement did not.
  synchronized boolean putFails(long offset) {
    return pendingFaults.remove("put@" + offset);
  }

  // ---- the end of a run ----

  /// Ends the run: whoever still calls the log, the channel or the printer gets a [RunIsOver].
  /// The first three chapters' programs can't be stopped in any other way.
  @Override
  public void close() {
    synchronized (this) {
      over = true;
      notifyAll();
    }
    if (busy.isEmpty() && !oneOfMany)
      waitForThreadsToEnd(); // a busy thread has shown already that it doesn't end
    held.forEach(Future::state); // looked at
    try {
      stage.over();
    } catch (Exception e) {
      throw new IllegalStateException("The adapter can't close what it has opened", e);
    }
  }

  /// A thread that waits for something else than this run is interrupted, if it ever read the log. If
  /// that doesn't help it is left to [Law]; and so is one that sleeps, after a while.
  private void waitForThreadsToEnd() {
    int waiting = 0;
    int sleeping = 0;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      var left = Threads.since(before);
      if (left.isEmpty()) return;
      waiting = left.stream().allMatch(Threads.Seen::waits) ? waiting + 1 : 0;
      sleeping = left.stream().allMatch(Threads.Seen::waitsOrSleeps) ? sleeping + 1 : 0;
      if (waiting == LOOKS_TO_BE_SURE || sleeping == LOOKS_AT_SLEEPERS) return;
      for (Thread reader : readers()) reader.interrupt();
      boolean noSleeper = sleeping == waiting;
      boolean soon = noSleeper && left.stream().allMatch(seen -> seen.thread().isVirtual());
      if (soon) Thread.yield();
      else LockSupport.parkNanos(1_000_000);
    }
  }

  /// Ends the calling thread's work if the run is over. A program that catches even that, and comes
  /// back again and again, is parked for good.
  void endIfOver() {
    synchronized (this) {
      if (!over) return;
      if (++refusals <= PATIENT_REFUSALS) throw new RunIsOver();
    }
    while (true) {
      LockSupport.park(this);
      Thread.interrupted(); // or else park() would come back at once, and we'd spin
    }
  }

  /// Whether one of the program's futures ended with such a throwable.
  boolean diedOf(Class<? extends Throwable> type) {
    return held.stream()
        .anyMatch(future ->
            future.state() == Future.State.FAILED && type.isInstance(future.exceptionNow()));
  }

  private void awaitTheEnd() throws InterruptedException {
    while (!over) wait();
    throw new RunIsOver();
  }

  /// As [#awaitTheEnd], but who comes again after an interrupt need not wait.
  private void awaitTheEndOnce() throws InterruptedException {
    try {
      awaitTheEnd();
    } finally {
      interruptedOnce = true;
    }
  }

  private void awaitTheEndDeafly() {
    for (boolean noted = false; ; noted = true) {
      try {
        awaitTheEnd();
      } catch (InterruptedException e) { // one note: who interrupts for ever should look idle
        if (!noted) timeline.add(Lane.LOG, Kind.NOTE, -1, "interrupted, and deaf");
      }
    }
  }

  /// Thrown into a program whose run is over.
  static final class RunIsOver extends Error {
    RunIsOver() {
      super("the run is over", null, false, false);
    }
  }

  /// Whether it's only what we throw into a program to end its run, however often wrapped.
  public static boolean isItsEnd(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause())
      if (cause instanceof RunIsOver || cause instanceof MortalProcess.Killed) return true;
    return false;
  }

  /// A call of the program does not return.
  static final class NeverCameBack extends RuntimeException {
    NeverCameBack(String message) {
      super(message);
    }
  }

  /// The program could not be started.
  public static final class StartFailed extends RuntimeException {
    StartFailed(String message) {
      super(message);
    }
  }

  /// What the scripted log and channel throw, with the chapters' own words.
  private static class LogException extends RuntimeException {
    LogException(String message) {
      super(message);
    }

    @Override
    public String toString() {
      return getMessage();
    }
  }

  /// The transient fault of every chapter.
  static final class SessionTimeout extends LogException {
    static final String TEXT = "Session has timed out.";

    SessionTimeout() {
      super(TEXT);
    }
  }

  /// There is an event, and it makes no sense.
  static final class BadRecord extends IllegalArgumentException {
    static final String TEXT = "There is no action SHIPING.";

    @Override
    public String toString() {
      return TEXT;
    }
  }

  /// There is nothing at this offset.
  static final class InvalidOffset extends LogException {
    static final String TEXT = "An invalid offset has been specified!";

    InvalidOffset() {
      super(TEXT);
    }
  }
}
