///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 08-a · Tail a growing file

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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

/// # Solution 08-a · Tail a growing file
///
/// **The goal.** A server writes a log file, line by line, and you follow it,
/// as `tail -F` does. Perhaps the file isn't there yet. It grows while you
/// read, and may end in half a line. At midnight somebody cuts it to nothing,
/// and the server begins again. The disk is far away, so a read fails now and
/// then.
///
/// Chapter 8's supervisor has never heard of files. It will do, unchanged.
///
/// **Given.** The file, the lines, and a place in the file, which is the state.
/// At the end stands the supervisor, as in chapter 8.
///
/// **To write.** Three things. None of them starts a thread.
///
/// - `tail` is one step, for one line. It puts the line that begins at its
///   place, without the newline, and goes on behind it. If no whole line is
///   there yet, or no file, nothing is wrong: it sleeps for `POLL`, once, on
///   the time that it was given, and goes on at the same place. If the file has
///   become shorter than that, lines may be lost, and somebody should hear of
///   it: it throws a `FileWasCut`. All other failures come out as they are.
/// - `verdictOn` goes on at the beginning of a file that was cut. Where access
///   is denied it gives up, since that doesn't pass. All else is tried again.
/// - `specOf` is the child "tail", which begins at `from`. It lacks its judge.
///   And a file that grows is never done: whoever says that it is, is mistaken,
///   and should be restarted.
class TailAGrowingFile {

  /// ## The file
  interface GrowingFile {
    /// What is there from `position` on.
    ///
    /// @throws NoSuchFileException if the file isn't there, at the moment
    Piece read(long position) throws IOException;
  }

  /// @param bytes up to the end of the line, its `\n` included, or up to the
  ///     end of the file, if that comes first; behind that end, none
  /// @param fileSize how many bytes the file held when it was read
  record Piece(byte[] bytes, long fileSize) {}

  record DiskFile(Path path) implements GrowingFile {
    @Override
    public Piece read(long position) throws IOException {
      try (var file = FileChannel.open(path)) {
        long size = file.size();
        var in = new BufferedInputStream(Channels.newInputStream(file.position(position)));
        var bytes = new ByteArrayOutputStream();
        for (int b; (b = in.read()) >= 0; ) {
          bytes.write(b);
          if (b == '\n') break;
        }
        return new Piece(bytes.toByteArray(), size);
      }
    }
  }

  static class FileWasCut extends IOException {
    FileWasCut(long size) {
      super("The file was cut to " + size + " bytes.");
    }
  }

  /// ## Where we are, and what comes out
  ///
  /// @param position in bytes
  /// @param lines how many come before that
  record Place(long position, long lines) {
    static final Place START = new Place(0, 0);
  }

  /// @param number of the line in its file, from 1
  /// @param text in UTF-8 when it's in the file
  record Line(long number, String text) {}

  static final Duration POLL = Duration.ofMillis(50);

  /// ## The step
  static Step<Place> tail(GrowingFile file, BlockingQueue<Line> lines, Time time) {
    return place -> {
      Piece piece;
      try {
        piece = file.read(place.position());
      } catch (NoSuchFileException e) {
        time.sleep(POLL);
        return new Continue<>(place);
      }
      if (piece.fileSize() < place.position()) throw new FileWasCut(piece.fileSize());
      int length = piece.bytes().length;
      if (length == 0 || piece.bytes()[length - 1] != '\n') {
        time.sleep(POLL);
        return new Continue<>(place);
      }
      String text = new String(piece.bytes(), 0, length - 1, StandardCharsets.UTF_8);
      lines.put(new Line(place.lines() + 1, text));
      return new Continue<>(new Place(place.position() + length, place.lines() + 1));
    };
  }

  /// ## The verdict
  static Verdict<Place> verdictOn(Failure<Place> failure) {
    return switch (failure.exception()) {
      case FileWasCut _ -> new SkipTo<>(Place.START);
      case AccessDeniedException _ -> new GiveUp<>();
      default -> new Retry<>();
    };
  }

  /// ## The child
  static ChildSpec<Place> specOf(
      GrowingFile file, BlockingQueue<Line> lines, Time time, Place from) {
    return ChildSpec.of("tail", from, tail(file, lines, time))
        .with(Restart.PERMANENT)
        .with(TailAGrowingFile::verdictOn);
  }

  /// ## Watch it
  ///
  /// A file on your disk. One of its reads fails.
  void main() throws Exception {
    Path folder = Files.createTempDirectory("tail");
    Path path = folder.resolve("server.log");
    folder.toFile().deleteOnExit();
    path.toFile().deleteOnExit();
    var disk = new DiskFile(path);
    var reads = new AtomicInteger();
    GrowingFile file =
        position -> {
          if (reads.incrementAndGet() == 5) throw new IOException("The disk is far away.");
          return disk.read(position);
        };
    var lines = new ArrayBlockingQueue<Line>(10);
    try (var _ =
        Supervisor.start(
            specOf(file, lines, Time.REAL, Place.START), event -> IO.println("  " + event))) {
      show("There is no file yet", lines);
      Files.writeString(path, "The server has started.\nNext comes half");
      show("A line and a half", lines);
      Files.writeString(path, " a line.\nGrüße!\n", StandardOpenOption.APPEND);
      show("The rest, and one more", lines);
      Files.writeString(path, "It's midnight.\n");
      show("The file was cut, and begun again", lines);
    } catch (UnsupportedOperationException e) {
      fail("08-a is not finished. " + e.getMessage() + ".");
    }
  }

  static void show(String what, BlockingQueue<Line> lines) throws InterruptedException {
    IO.println(what + ":");
    for (Line line; (line = lines.poll(300, TimeUnit.MILLISECONDS)) != null; ) IO.println(line);
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

    /// Transient; at most 10 restarts a minute without progress; pauses of 0.1
    /// s, 0.2 s, and so on up to 5 s, less up to a fifth; tries again after any
    /// failure; has 5 s to stop.
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

    /// Steps until there is an exit. Only `asked` tells whether an interrupt is
    /// a stop.
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

  /// @param state where the child is, or would go on
  record Status<S>(
      String id, boolean runs, S state, int restarts, Optional<Failure<S>> lastFailure) {}

  /// **Why this way.** The step has no memory. All that it knows is its place,
  /// and so it can be asked twice, or after a week, or by hand. Had it counted
  /// the lines in a variable of its own, then a put that got through and failed
  /// would have been counted twice. The state is a record, since the supervisor
  /// compares: only a state that has changed is progress.
  ///
  /// The place counts bytes, since that's what a file can go to. A ü is one
  /// character and two bytes. And half a line may end in half a ü, so nothing
  /// is decoded before its newline has come.
  ///
  /// "Nothing yet" is a `Continue` at the same place. As a failure it would be
  /// counted, and a quiet night would end in a `GaveUp`. The wait is in the
  /// step, where a stop can reach it. It waits once and returns: the supervisor
  /// looks in between whether it was asked to stop.
  ///
  /// A cut file is a failure, though the step could just go on at the start.
  /// Its last lines may never have been read. As a failure it's told to whoever
  /// listens, and what it means is for the judge to say, in one place. The cut
  /// is looked for first. A file of no bytes is no quiet file, if we were at
  /// byte 8.
  ///
  /// What the size can't tell: a new file that has already grown past our
  /// place. `tail -F` looks at the file's identity, its `fileKey()` in Java.
  /// That would be one more part of `Place`, and the supervisor wouldn't
  /// notice.
}
