///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 01-b · Last words

import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// # Solution 01-b · Last words
///
/// **The goal.** Chapter 1's producer dies in silence. It may go on dying, but
/// it shall be heard.
///
/// **Given.** The producer, which now returns its `Future`, and is handed an
/// `out` that it does not use yet.
///
/// **To write.** Before it dies, the producer says one line to `out`. The line
/// holds the offset and the exception.
///
/// Then it dies all the same. Last words are not a cure: whoever holds the
/// `Future` must still find the exception in it.
class LastWords {

  /// ## As in chapter 1
  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Click(UUID userId, Action action) {}

  interface Log {
    Click take(long offset) throws InterruptedException;
  }

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  /// ## The producer
  static Future<?> start(Log log, BlockingQueue<Click> clicks, Consumer<String> out) {
    return go(() -> {
      for (long offset = 0; ; offset++) {
        try {
          Click click = log.take(offset);
          clicks.put(click);
        } catch (Throwable e) {
          out.accept("I died at offset " + offset + ": " + e);
          throw e;
        }
      }
    });
  }

  /// ## Watch it
  ///
  /// The read of offset 3 fails. What do you hear?
  void main() throws InterruptedException {
    Log log =
        offset -> {
          if (offset == 3) throw new IllegalStateException("Session has timed out.");
          return new Click(new UUID(0, offset), Action.PAYMENT);
        };
    var clicks = new SynchronousQueue<Click>();
    var lines = new AtomicInteger();
    Future<?> producer =
        start(
            log,
            clicks,
            line -> {
              lines.incrementAndGet();
              IO.println("The producer says: " + line);
            });

    for (int i = 0; clicks.poll(1, TimeUnit.SECONDS) != null; i++)
      IO.println("arrived: click " + i);
    IO.println("Its Future: " + producer.state());
    if (lines.get() == 0) {
      System.err.println("01-b is not finished. The producer has died and said nothing.");
      System.exit(1);
    }
  }

  /// **Why this way.** The `try` stands inside the loop, because `offset` lives
  /// there. Outside of it, nobody knows any more how far the producer had come.
  ///
  /// `catch (Throwable)` is usually too much. Here it's right, since nothing is
  /// cured: everything that was caught is thrown again, errors and interrupts
  /// too. Without the `throw` this would be a producer that stumbles over its
  /// own failures, or one whose `Future` says that all went well.
  ///
  /// Yet a line of text is poor comfort. A person can read it, and a program
  /// can't do anything with it. Chapter 2 returns the failure instead of
  /// printing it.
}
