///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 02-b · Name the operation

import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/// # Solution 02-b · Name the operation
///
/// **The goal.** Chapter 2's step does two things, and calls both of them
/// "publish-click". When it fails, which of the two was it?
///
/// That's no pedantry. After a failed take, the click has surely not arrived.
/// After a failed put it may have: perhaps only the answer got lost. Whoever
/// wants to repair something has to know.
///
/// **Given.** Chapter 2, complete.
///
/// **To write.** The step again. Its failure names the operation that failed:
/// "take" or "put".
class NameTheOperation {

  /// ## As in chapter 2
  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Click(UUID userId, Action action) {}

  interface Log {
    Click take(long offset) throws InterruptedException;
  }

  sealed interface Outcome permits Read, Failed {}

  record Read(long nextOffset) implements Outcome {}

  record Failed(Failure failure) implements Outcome {}

  record Failure(Throwable exception, long offset, String operation) {
    @Override
    public String toString() {
      return operation + "@" + offset + " " + exception;
    }
  }

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  /// ## The step
  static Outcome publishClick(Log log, long offset, BlockingQueue<Click> clicks) {
    String operation = "take";
    try {
      Click click = log.take(offset);
      operation = "put";
      clicks.put(click);
      return new Read(offset + 1);
    } catch (Throwable e) {
      return new Failed(new Failure(e, offset, operation));
    }
  }

  /// ## The producer, as in chapter 2
  static Future<Failure> start(Log log, BlockingQueue<Click> clicks, long from) {
    return go(() -> {
      for (long offset = from; ; ) {
        switch (publishClick(log, offset, clicks)) {
          case Read(long next) -> offset = next;
          case Failed(Failure failure) -> {
            return failure;
          }
        }
      }
    });
  }

  /// ## Watch it
  ///
  /// The read of offset 1 fails, and so does the put at offset 3. Can you tell
  /// them apart?
  void main() throws Exception {
    Log log =
        offset -> {
          if (offset == 1) throw new IllegalStateException("Session has timed out.");
          return new Click(new UUID(0, offset), Action.PAYMENT);
        };
    var clicks =
        new ArrayBlockingQueue<Click>(10) {
          @Override
          public void put(Click click) throws InterruptedException {
            super.put(click);
            if (click.userId().equals(new UUID(0, 3)))
              throw new IllegalStateException("Session has timed out.");
          }
        };
    Failure first = start(log, clicks, 0).get();
    Failure second = start(log, clicks, 2).get();

    IO.println("The read failed:  " + first);
    IO.println("The put failed:   " + second);
    IO.println("On the channel:   " + clicks.size() + " clicks");
    if (first.operation().equals(second.operation())) {
      System.err.println(
          "02-b is not finished. Two failures, and both call it \"" + first.operation() + "\".");
      System.exit(1);
    }
  }

  /// **Why this way.** The step has to remember how far it has come, and a
  /// local variable is memory enough. It's gone when the step is, like
  /// everything else that a step knows.
  ///
  /// Two `try` blocks would do as well. They say the same with more words, and
  /// `click` has to live outside of both.
  ///
  /// In the demo, three clicks are on the channel, and one of them came from a
  /// put that failed. Now there is someone who could know. Keep that for the
  /// duplicates of chapter 3.
}
