import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

import com.softwaremill.jox.Channel;
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
    var offset = new Object() {
      long next;
    };
    Flux.<Supervisor.Click>generate(sink -> {
          sink.next(log.take(offset.next));
          offset.next++;
        })
        .retry()
        .subscribeOn(Schedulers.newSingle("producer", true))
        .publishOn(Schedulers.newSingle("consumer", true), CAPACITY)
        .subscribe(tally);
  }

  /// A queue that never waits, so both ends spin, each on a platform thread. It takes two cores whole.
  static void jctools(RepeatingLog log, Tally tally) {
    var clicks = new SpscArrayQueue<Supervisor.Click>(CAPACITY);
    platform(() -> {
      for (long offset = 0; ; ) {
        try {
          for (; ; offset++) {
            var click = log.take(offset);
            for (int spins = 0; !clicks.offer(click); spins++) spin(spins);
          }
        } catch (Supervisor.SessionTimeout e) {
          // again, at the same offset
        }
      }
    });
    platform(() -> {
      for (int spins = 0; ; ) {
        var click = clicks.poll();
        if (click == null) spin(spins++);
        else {
          spins = 0;
          tally.accept(click);
        }
      }
    });
  }

  private static void spin(int spins) {
    if (spins % 1000 == 999) Thread.yield();
    else Thread.onSpinWait();
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

  private static void platform(Loop loop) {
    Thread.ofPlatform().daemon().start(runnable(loop));
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
