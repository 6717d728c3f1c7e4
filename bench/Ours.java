import java.util.concurrent.ArrayBlockingQueue;

/// The tutorial's own: its chapters as they stand, and what bounds them from above.
final class Ours {

  private static final int CAPACITY = 1024;

  static void chapter03(RepeatingLog log, Tally tally) {
    var clicks = new ArrayBlockingQueue<Supervisor.Click>(CAPACITY);
    Supervisor.startSupervisor(log, clicks, _ -> {});
    Supervisor.go(() -> {
      while (true) tally.accept(clicks.take());
    });
  }

  /// The step of chapter 3, with the consumer in the place of the channel: nothing crosses from one
  /// thread to another. No channel can be faster than none.
  static void noChannel(RepeatingLog log, Tally tally) {
    Supervisor.go(() -> {
      for (long offset = 0; ; )
        switch (step(log, offset, tally)) {
          case Supervisor.Read(long next) -> offset = next;
          case Supervisor.Failed(var failure) -> offset = failure.offset();
        }
    });
  }

  private static Supervisor.Outcome step(RepeatingLog log, long offset, Tally tally) {
    try {
      tally.accept(log.take(offset));
      return new Supervisor.Read(offset + 1);
    } catch (Supervisor.SessionTimeout e) {
      return new Supervisor.Failed(new Supervisor.Failure(e, offset, "publish-click"));
    }
  }

  private Ours() {}
}
