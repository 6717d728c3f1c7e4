import com.softwaremill.jox.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongFunction;

/// The tutorial's own: its chapters as they stand, and what bounds them from above.
final class Ours {

  private static final int CAPACITY = 1024;
  private static final int BATCH = 64;

  static void chapter03(RepeatingLog log, Tally tally) {
    var clicks = new ArrayBlockingQueue<Supervisor.Click>(CAPACITY);
    Supervisor.startSupervisor(log, clicks, _ -> {});
    Supervisor.go(() -> {
      while (true) tally.accept(clicks.take());
    });
  }

  static void chapter08(RepeatingLog log, Tally tally) {
    var clicks = new ArrayBlockingQueue<Supervisor.Click>(CAPACITY);
    supervise(offset -> publish(log, offset, clicks));
    Supervisor.go(() -> {
      while (true) tally.accept(clicks.take());
    });
  }

  /// The same step, on another channel: the supervisor knows of none.
  static void chapter08Jox(RepeatingLog log, Tally tally) {
    Channel<Supervisor.Click> clicks = Channel.newBufferedChannel(CAPACITY);
    supervise(offset -> {
      clicks.send(log.take(offset));
      return new ReusableSupervisor.Continue<>(offset + 1);
    });
    Supervisor.go(() -> {
      while (true) tally.accept(clicks.receive());
    });
  }

  /// The same producer. The consumer takes all that is there.
  static void chapter08Drained(RepeatingLog log, Tally tally) {
    var clicks = new ArrayBlockingQueue<Supervisor.Click>(CAPACITY);
    supervise(offset -> publish(log, offset, clicks));
    Supervisor.go(() -> {
      var some = new ArrayList<Supervisor.Click>(CAPACITY);
      while (true) {
        some.add(clicks.take());
        clicks.drainTo(some);
        some.forEach(tally);
        some.clear();
      }
    });
  }

  /// A step reads a batch, and puts it as one. Where a read fails, the whole batch is read again.
  static void chapter08Batched(RepeatingLog log, Tally tally) {
    var batches = new ArrayBlockingQueue<Supervisor.Click[]>(CAPACITY / BATCH);
    supervise(offset -> {
      var batch = new Supervisor.Click[BATCH];
      for (int i = 0; i < BATCH; i++) batch[i] = log.take(offset + i);
      batches.put(batch);
      return new ReusableSupervisor.Continue<>(offset + BATCH);
    });
    Supervisor.go(() -> {
      while (true) for (var click : batches.take()) tally.accept(click);
    });
  }

  /// With the consumer in the place of the channel, nothing crosses from one thread to another.
  static void chapter08NoChannel(RepeatingLog log, Tally tally) {
    supervise(offset -> {
      tally.accept(log.take(offset));
      return new ReusableSupervisor.Continue<>(offset + 1);
    });
  }

  /// The step of chapter 3, driven by a bare loop.
  static void noChannel(RepeatingLog log, Tally tally) {
    Supervisor.go(() -> {
      for (long offset = 0; ; )
        switch (tallyStep(log, offset, tally)) {
          case Supervisor.Read(long next) -> offset = next;
          case Supervisor.Failed(var failure) -> offset = failure.offset();
        }
    });
  }

  private static Supervisor.Outcome tallyStep(RepeatingLog log, long offset, Tally tally) {
    try {
      tally.accept(log.take(offset));
      return new Supervisor.Read(offset + 1);
    } catch (Throwable e) {
      return new Supervisor.Failed(new Supervisor.Failure(e, offset, "publish-click"));
    }
  }

  private static ReusableSupervisor.Outcome<Long> publish(
      Supervisor.Log log, long offset, BlockingQueue<Supervisor.Click> clicks)
      throws InterruptedException {
    clicks.put(log.take(offset));
    return new ReusableSupervisor.Continue<>(offset + 1);
  }

  /// All as it comes, but for the pauses.
  private static void supervise(ReusableSupervisor.Step<Long> step) {
    var spec = ReusableSupervisor.ChildSpec.of("clicks", 0L, step);
    ReusableSupervisor.Supervisor.start(spec.with(ReusableSupervisor.Pauses.NONE), _ -> {});
  }

  // Children

  static void chapter03Child(
      LongFunction<Supervisor.Click> log, BlockingQueue<Supervisor.Click> clicks) {
    Supervisor.startSupervisor(log::apply, clicks, _ -> {});
  }

  static void chapter08Child(
      LongFunction<Supervisor.Click> log, BlockingQueue<Supervisor.Click> clicks) {
    supervise(offset -> publish(log::apply, offset, clicks));
  }

  /// One more child of one supervisor, which has all of them.
  static void chapter09Child(
      LongFunction<Supervisor.Click> log, BlockingQueue<Supervisor.Click> clicks) {
    var spec =
        SupervisionTree.ChildSpec.<Long>of(
            "child " + Tree.count++,
            0L,
            offset -> {
              clicks.put(log.apply(offset));
              return new SupervisionTree.Continue<>(offset + 1);
            });
    try {
      Tree.ROOT.startChild(spec.with(SupervisionTree.Pauses.NONE));
    } catch (InterruptedException | SupervisionTree.ChildFailed e) {
      throw new IllegalStateException(e);
    }
  }

  /// Starts when it's first named.
  private static final class Tree {
    static final SupervisionTree.Supervisor ROOT =
        new SupervisionTree.Supervisor(
            SupervisionTree.Strategy.ONE_FOR_ONE,
            new SupervisionTree.Intensity(3, Duration.ofMinutes(1)),
            _ -> {});
    static int count;

    static {
      ROOT.start("root");
    }
  }

  private Ours() {}
}
