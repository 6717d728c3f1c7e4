import com.softwaremill.jox.Channel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jctools.queues.SpscArrayQueue;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/// The libraries, each in its own idiom, with no supervisor: where a read fails, a `try` in the
/// producer's loop, or an operator, goes on at the same offset.
final class Peers {

  private static final int CAPACITY = 1024;

  private interface Loop {
    void run() throws InterruptedException;
  }

  static void jox(RepeatingLog log, Tally tally) {
    Channel<Supervisor.Click> clicks = Channel.newBufferedChannel(CAPACITY);
    virtual(() -> {
      for (long offset = 0; ; ) {
        try {
          for (; ; offset++) clicks.send(log.take(offset));
        } catch (Supervisor.SessionTimeout e) {
          // again, at the same offset
        }
      }
    });
    virtual(() -> {
      while (true) tally.accept(clicks.receive());
    });
  }

  /// `retry` subscribes again to a source that knows where it stands. `publishOn` is the channel.
  static void reactor(RepeatingLog log, Tally tally) {
    var offset =
        new Object() {
          long next;
        };
    Flux.<Supervisor.Click>generate(
            sink -> {
              sink.next(log.take(offset.next));
              offset.next++;
            })
        .retry()
        .subscribeOn(Schedulers.newSingle("producer", true))
        .publishOn(Schedulers.newSingle("consumer", true), CAPACITY)
        .subscribe(tally);
  }

  /// A queue that never waits. Where it is full or empty, its threads let others run, and ask again.
  static void jctoolsYielding(RepeatingLog log, Tally tally) {
    jctools(log, tally, Thread.ofVirtual(), Thread::yield);
  }

  /// Asks again at once. It takes two cores whole, also while nothing comes.
  static void jctoolsSpinning(RepeatingLog log, Tally tally) {
    jctools(log, tally, Thread.ofPlatform().daemon(), Thread::onSpinWait);
  }

  private static void jctools(
      RepeatingLog log, Tally tally, Thread.Builder threads, Runnable waiting) {
    var clicks = new SpscArrayQueue<Supervisor.Click>(CAPACITY);
    threads.start(() -> {
      for (long offset = 0; ; ) {
        try {
          for (; ; offset++) {
            var click = log.take(offset);
            while (!clicks.offer(click)) waiting.run();
          }
        } catch (Supervisor.SessionTimeout e) {
          // again, at the same offset
        }
      }
    });
    threads.start(() -> {
      while (true) {
        var click = clicks.poll();
        if (click == null) waiting.run();
        else tally.accept(click);
      }
    });
  }

  static void arrayBlockingQueue(RepeatingLog log, Tally tally) {
    BlockingQueue<Supervisor.Click> clicks = new ArrayBlockingQueue<>(CAPACITY);
    virtual(() -> {
      for (long offset = 0; ; ) {
        try {
          for (; ; offset++) clicks.put(log.take(offset));
        } catch (Supervisor.SessionTimeout e) {
          // again, at the same offset
        }
      }
    });
    virtual(() -> {
      while (true) tally.accept(clicks.take());
    });
  }

  private static void virtual(Loop loop) {
    Thread.ofVirtual().start(runnable(loop));
  }

  private static Runnable runnable(Loop loop) {
    return () -> {
      try {
        loop.run();
      } catch (InterruptedException e) {
        throw new IllegalStateException("Nobody interrupts this.", e);
      }
    };
  }

  private Peers() {}
}
