///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 01-b · Last words

import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// # Exercise 01-b · Last words
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
///
/// **It fails now with:**
///
/// > the failure can't be read anywhere.
///
/// **Check it** with `./jbang test 01-b`, and watch it with
/// `./jbang exercises/01-b-last-words.java`. When you're stuck, ask for a hint:
/// `./jbang test 01-b --hint 1`. There are three.
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
      // TODO say one line before you die: the offset and the exception
      for (long offset = 0; ; offset++) {
        Click click = log.take(offset);
        clicks.put(click);
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
}
