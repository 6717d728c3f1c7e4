package harness;

import harness.Timeline.Kind;
import harness.Timeline.Lane;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Where processes live, one after the other, and what outlives them: a log, a disk, and a world in
/// which their effects happen.
///
/// @param <E> what the log holds
public final class Machine<E> implements AutoCloseable {

  /// How long one process may take.
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Subject subject;
  private final int events;
  private final Path disk;
  private final Timeline timeline = new Timeline();
  private final List<Long> seen = new ArrayList<>();
  private final Set<Long> known = new HashSet<>();
  private final Set<Long> keyed = new HashSet<>();
  private final Set<Object> keys = new HashSet<>();
  private int processes;

  /// With a log of `events` events, for processes that run `subject`.
  Machine(Subject subject, int events) {
    this.subject = subject;
    this.events = events;
    this.disk = temporaryFolder("disk");
  }

  /// What happens when three processes in a row are killed at the moment that `script` says, or something
  /// fails once at that moment, and the next process may finish.
  public static Timeline timeline(Subject subject, Script script) {
    int moment = Script.offsetOf(script.faults().getFirst());
    try (var machine = new Machine<>(subject, script.events())) {
      try {
        if (script.faults().getFirst().startsWith("kill@"))
          for (int kill = 0; kill < KillChecks.KILLS; kill++) machine.run(moment);
        else if (machine.runFailing(moment).hasEndedWell()) return machine.timeline;
        machine.run(0);
      } catch (Exception | Error e) { // the program's: it belongs into the picture
        machine.timeline.add(Lane.SUPERVISOR, Kind.DIED, -1, "" + e);
      }
      return machine.timeline;
    }
  }

  /// Runs one process, up to its end or to its `lastMoment`, counted from 1; 0 for none.
  ///
  /// @return the process, which can't do anything any more
  /// @throws NeverEnded if it does neither
  /// @throws Exception what the program throws; an `Error` comes out as it is
  MortalProcess<E> run(int lastMoment) throws Exception {
    return run(lastMoment, true);
  }

  /// Runs one process, up to its end, in which something fails at its `moment`, once.
  MortalProcess<E> runFailing(int moment) throws Exception {
    return run(moment, false);
  }

  @SuppressWarnings("unchecked")
  private MortalProcess<E> run(int moment, boolean isLast) throws Exception {
    var stage = (Stage<E>) subject.stage();
    var process = new MortalProcess<>(this, stage, moment, isLast);
    String name = "process " + ++processes;
    timeline.add(Lane.SUPERVISOR, Kind.START, -1, name + " starts");
    var work =
        new FutureTask<>(() -> {
          stage.live(process);
          process.endsWell();
          return null;
        });
    var thread = new Thread(work, name);
    thread.setContextClassLoader(stage.getClass().getClassLoader()); // Kafka looks there, for one
    thread.start();
    try {
      work.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      thread.join();
    } catch (TimeoutException e) {
      process.kill();
      thread.interrupt();
      throw new NeverEnded(
          "a process did not come to the end of the log within %d s."
              .formatted(PATIENCE.toSeconds()));
    } catch (ExecutionException e) {
      boolean mayEnd =
          process.wasKilled() || process.hasFailed(); // somebody will start another one
      if (!mayEnd || e.getCause() instanceof NeverEnded) rethrow(e.getCause());
    }
    return process;
  }

  private static void rethrow(Throwable e) throws Exception {
    switch (e) {
      case Exception exception -> throw exception;
      case Error error -> throw error;
      default -> throw new IllegalStateException(e);
    }
  }

  /// The offsets of all effects so far, read back from wherever the program has them.
  List<Long> effects() throws Exception {
    return subject.stage().effects(this);
  }

  /// What the program's stage takes for its mistake, if it knows better than we.
  Optional<Mistake> mistake(Verdict.Way way) throws Exception {
    return subject.stage().mistake(this, way);
  }

  /// The offsets of the effects that the world has seen, oldest first.
  public synchronized List<Long> seen() {
    return List.copyOf(seen);
  }

  /// @return whether the effect is one, rather than known by its key
  synchronized boolean see(Object key, long offset) {
    boolean isNew = keys.add(key);
    if (isNew) seen.add(offset);
    if (isNew && key instanceof String) keyed.add(offset);
    else known.add(offset);
    return isNew;
  }

  /// Whether the effect of `offset` has come with a key by which it could be known.
  synchronized boolean knowsTheKeyOf(long offset) {
    return keyed.contains(offset);
  }

  /// Whether the effect of `offset` has come, and only with a key that was known.
  synchronized boolean tookForARepetition(long offset) {
    return known.contains(offset) && !seen.contains(offset);
  }

  /// The offset of an event, or -1.
  long offsetOf(Stage<E> stage, E event) {
    for (long offset = 0; offset < events; offset++)
      if (stage.event(offset).equals(event)) return offset;
    return -1;
  }

  /// What outlives processes: a folder, empty at first.
  public Path disk() {
    return disk;
  }

  int events() {
    return events;
  }

  Timeline timeline() {
    return timeline;
  }

  @Override
  public void close() {
    deleteAll(disk);
  }

  /// What there is of them, for somebody who types Ctrl-C.
  private static final Set<Path> FOLDERS = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> FOLDERS.forEach(Machine::tryToDelete)));
  }

  private static void tryToDelete(Path folder) {
    try {
      deleteAll(folder);
    } catch (UncheckedIOException e) {
      // somebody still writes there, and deletes it: see SharedBroker
    }
  }

  /// A folder that somebody deletes by [#deleteAll], or else the end of this JVM does.
  public static Path temporaryFolder(String name) {
    try {
      Path folder = Files.createTempDirectory(name);
      FOLDERS.add(folder);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException("There is no room in the temporary folder", e);
    }
  }

  /// Deletes a folder, and all that is in it, even if somebody else does the same.
  public static void deleteAll(Path folder) {
    FOLDERS.remove(folder);
    var deletion =
        new SimpleFileVisitor<Path>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes its) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) return FileVisitResult.CONTINUE;
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path it, IOException e) throws IOException {
            Files.deleteIfExists(it);
            return FileVisitResult.CONTINUE;
          }
        };
    try {
      Files.walkFileTree(folder, deletion);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not delete " + folder, e);
    }
  }

  /// A process took too long.
  public static final class NeverEnded extends RuntimeException {
    public NeverEnded(String what) {
      super(what);
    }
  }
}
