package harness;

import static harness.Verdict.Way.*;

import harness.Stage.Cluster;
import harness.Stage.NotOffered;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/// What remains of a promise when a real broker, or a real process, is killed. No virtual clock serves
/// them: they take their seconds, and each wait ends as soon as what it waits for is there.
final class ClusterChecks {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int AT_A_TIME = 10;

  /// So many more events than effects, and no more, or else all is in some buffer before anybody is killed.
  private static final int AHEAD = 50;

  /// Enough for some in each partition.
  private static final int SOME = 20;

  /// A broker is killed three times, while somebody writes and somebody reads.
  static Verdict survivesBroker(Subject subject) {
    return on(
        subject,
        1,
        cluster -> {
          cluster.work();
          var writer = new Writer(cluster);
          for (int kill = 1; kill <= 3; kill++) {
            int some = cluster.effects().size() + 50;
            if (!await(() -> cluster.effects().size() >= some || writer.hasFailed()))
              return stuck(cluster, "when the broker had been killed %d times".formatted(kill - 1));
            cluster.killBroker();
          }
          return audited(cluster, writer.finish(), true, "after three kills of the broker");
        });
  }

  /// One of two workers is killed, while somebody writes. Then the other one is taken for dead, and isn't.
  static Verdict sharesWork(Subject subject) {
    return on(
        subject,
        4,
        cluster -> {
          Process one = cluster.worker("one"), other = cluster.worker("other");
          try {
            var writer = new Writer(cluster);
            if (!await(() -> cluster.effectsBy("one") > 0 && cluster.effectsBy("other") > 0))
              return stuck(cluster, "when one of two workers had none of them");
            one.destroyForcibly().waitFor();
            long events = writer.finish();
            var broken = audited(cluster, events, false, "after one of two workers was killed");
            if (broken.isEmpty()) broken = overtaken(cluster, events);
            return broken.isEmpty() && !other.isAlive()
                ? broken(LEFT_BEHIND, "the other worker ended as well.")
                : broken;
          } finally {
            one.destroyForcibly();
            other.destroyForcibly().waitFor();
          }
        });
  }

  private static Optional<Broken> overtaken(Cluster cluster, long events) throws Exception {
    cluster.overtake(events, events + SOME);
    cluster.write(events + SOME, events + 2 * SOME);
    String when = "a worker was taken for dead, and somebody else had the effects";
    return audited(cluster, events + 2 * SOME, false, when);
  }

  /// Writes events, a few at a time and not far ahead, until it's told to finish.
  private static final class Writer {
    private volatile boolean finishes;
    private final FutureTask<Long> written;

    Writer(Cluster cluster) {
      written =
          new FutureTask<>(() -> {
            long next = 0;
            while (!finishes) {
              cluster.write(next, next + AT_A_TIME);
              next += AT_A_TIME;
              long some = next - AHEAD;
              await(() -> finishes || cluster.effects().size() >= some);
            }
            return next;
          });
      Thread.ofPlatform().daemon().name("writer").start(written);
    }

    boolean hasFailed() {
      return written.isDone();
    }

    /// @return how many there are
    long finish() throws Exception {
      finishes = true;
      return written.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  /// @param isInOrder if what isn't there when the last one is will never be
  private static Optional<Broken> audited(
      Cluster cluster, long events, boolean isInOrder, String when) throws Exception {
    await(() -> {
      var done = new HashSet<>(cluster.effects());
      return done.size() >= events || isInOrder && done.contains(events - 1);
    });
    var times = new HashMap<Long, Integer>();
    for (long offset : cluster.effects()) times.merge(offset, 1, Integer::sum);
    for (long offset = 0; offset < events; offset++) {
      int many = times.getOrDefault(offset, 0);
      if (many == 1) continue;
      String what = many == 0 ? "never happened" : "happened %d times".formatted(many);
      return broken(
          many == 0 ? LOST : TWICE, "%s, the effect of event %d %s.".formatted(when, offset, what));
    }
    return Optional.empty();
  }

  private static Optional<Broken> stuck(Cluster cluster, String when) throws Exception {
    String what = "there were %d effects %s, and that was it, for %d s.";
    return broken(SILENCE, what.formatted(cluster.effects().size(), when, PATIENCE.toSeconds()));
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  /// Looks every few milliseconds: what it waits for happens in other processes.
  private static boolean await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) return false;
      LockSupport.parkNanos(10_000_000);
      if (Thread.interrupted()) throw new InterruptedException();
    }
    return true;
  }

  private interface Judge {
    Optional<Broken> judge(Cluster cluster) throws Exception;
  }

  private static Verdict on(Subject subject, int partitions, Judge judge) {
    Thread me = Thread.currentThread();
    ClassLoader before = me.getContextClassLoader();
    Path folder = Machine.temporaryFolder("cluster");
    Optional<Broken> broken;
    try {
      Stage<?> stage = subject.stage();
      me.setContextClassLoader(stage.getClass().getClassLoader()); // Kafka looks there, for one
      try (var cluster = cluster(subject, stage, folder, partitions)) {
        broken = judge.judge(cluster);
      }
    } catch (NotOffered e) {
      broken = broken(NOTHING_TO_CALL, e.getMessage() + ".");
    } catch (TimeoutException e) {
      broken = broken(SILENCE, "what was written was not acknowledged.");
    } catch (ExecutionException | CancellationException e) {
      broken = broken(THROWS, "writing failed: " + e.getCause() + ".");
    } catch (Exception | Error e) { // the program's: whatever it is, it goes to its author
      broken = broken(THROWS, Trial.thrown(e));
    } finally {
      me.setContextClassLoader(before);
      Machine.deleteAll(folder);
    }
    return broken.<Verdict>map(it -> it).orElseGet(Kept::new);
  }

  /// Who has no cluster needs no classes on a disk.
  private static Cluster cluster(Subject subject, Stage<?> stage, Path folder, int partitions)
      throws Exception {
    Path classes = Files.createDirectory(folder.resolve("classes"));
    boolean hasLibraries = !Directives.of(subject.source()).libraries().isEmpty();
    var program = hasLibraries ? CompiledScript.of(subject.source(), classes) : null;
    return stage.cluster(program, Files.createDirectory(folder.resolve("data")), partitions);
  }

  private static Optional<Broken> broken(Way way, String what) {
    return Optional.of(new Broken(way, what, Optional.empty(), Script.of(0, 0), new Timeline()));
  }

  private ClusterChecks() {}
}
