import java.util.ArrayList;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

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

  /// The step of chapter 8, with the consumer in the place of the channel: nothing crosses from one
  /// thread to another. No channel can be faster than none.
  static void chapter08NoChannel(RepeatingLog log, Tally tally) {
    supervise(offset -> {
      tally.accept(log.take(offset));
      return new ReusableSupervisor.Continue<>(offset + 1);
    });
  }

  /// As much as the machine can do: a loop that reads and tallies, and a `try` around it.
  static void bareLoop(RepeatingLog log, Tally tally) {
    Supervisor.go(() -> {
      for (long offset = 0; ; ) {
        try {
          for (; ; offset++) tally.accept(log.take(offset));
        } catch (Supervisor.SessionTimeout e) {
          // again, at the same offset
        }
      }
    });
  }

  static ReusableSupervisor.Outcome<Long> publish(
      Supervisor.Log log, long offset, BlockingQueue<Supervisor.Click> clicks)
      throws InterruptedException {
    clicks.put(log.take(offset));
    return new ReusableSupervisor.Continue<>(offset + 1);
  }

  static void supervise(ReusableSupervisor.Step<Long> step) {
    ReusableSupervisor.Supervisor.start(
        ReusableSupervisor.ChildSpec.of("clicks", 0L, step), _ -> {});
  }

  private Ours() {}
}
