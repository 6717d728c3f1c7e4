///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 07-b · Drain before you leave

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// # Solution 07-b · Drain before you leave
///
/// **The goal.** Your program is asked to end. Chapter 7's `drain` stops the
/// reading, puts the end behind all that's on the channel, and comes back as
/// soon as there's *room* for it. Then `main` returns, and with it goes the
/// consumer: it's on a virtual thread, a daemon, and is cut off in the middle
/// of somebody's payment.
///
/// So this `drain` comes back when the consumer has *taken* the end. Then it
/// has all that came before, too.
///
/// **Given.** Chapter 7, with a supervisor that knows one kind of failure. An
/// `End` has a latch, and whoever takes the end opens that.
///
/// **To write.** `drain`. It stops the reading, puts the end, and waits for the
/// latch. For all three together it has `within`, and it returns whether that
/// was enough. There are four ways in which it can be called:
///
/// - The supervisor is at work.
/// - It has ended by itself, and has told the consumer.
/// - It has ended by itself, and waits for room to tell the consumer. Your stop
///   ends that wait.
/// - For the second time. Perhaps there wasn't enough time the first time.
///
/// In each of them, the consumer gets all that's on the channel, and the end
/// once. Two threads may call it at the same time. You'll have to change
/// `tell` a little.
class DrainBeforeYouLeave {

  /// ## As in chapter 7
  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Click(UUID userId, Action action) {}

  interface Log {
    Click take(long offset) throws InterruptedException;
  }

  static class InvalidOffset extends RuntimeException {
    @Override
    public String toString() {
      return "An invalid offset has been specified!";
    }
  }

  record Failure(Throwable exception, long offset, String operation) {
    @Override
    public String toString() {
      return operation + "@" + offset + " " + exception;
    }
  }

  sealed interface Outcome permits Read, Exit {}

  record Read(long nextOffset) implements Outcome {}

  sealed interface Exit extends Outcome permits Done, Failed, Stopped, Died {}

  record Done(long offset) implements Exit {}

  record Failed(Failure failure) implements Exit {}

  record Stopped(long offset) implements Exit {}

  record Died(Throwable cause) implements Exit {}

  static Outcome publishClick(Log log, long offset, BlockingQueue<Message> clicks)
      throws InterruptedException {
    try {
      Click click = log.take(offset);
      clicks.put(new Item(offset, click));
      return new Read(offset + 1);
    } catch (Exception e) {
      if (isStop(e)) throw new InterruptedException();
      if (e instanceof InvalidOffset && offset >= 0) return new Done(offset);
      return new Failed(new Failure(e, offset, "publish-click"));
    }
  }

  static boolean isStop(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause())
      if (cause instanceof InterruptedException) return true;
    return Thread.currentThread().isInterrupted();
  }

  static Exit produce(Log log, BlockingQueue<Message> clicks, long from) {
    for (long offset = from; ; ) {
      try {
        if (Thread.interrupted()) throw new InterruptedException();
        switch (publishClick(log, offset, clicks)) {
          case Read(long next) -> offset = next;
          case Exit exit -> {
            return exit;
          }
        }
      } catch (InterruptedException stop) {
        return new Stopped(offset);
      }
    }
  }

  /// ## The supervisor
  ///
  /// It retries whatever fails, with a pause before, and gives up at the tenth
  /// failure in a row.
  interface Pause {
    void pause() throws InterruptedException;
  }

  static Exit supervise(
      Log log, BlockingQueue<Message> clicks, long from, Pause pause, Consumer<String> out) {
    int inARow = 0;
    for (long at = from; ; ) {
      Exit exit = produce(log, clicks, at);
      if (!(exit instanceof Failed(Failure failure))) return exit;
      out.accept("An error has occurred: " + failure);
      inARow = failure.offset() > at ? 1 : inARow + 1;
      if (inARow == 10) return exit;
      at = failure.offset();
      try {
        pause.pause();
      } catch (InterruptedException stop) {
        return new Stopped(at);
      }
    }
  }

  static Supervision startSupervisor(
      Log log, BlockingQueue<Message> clicks, long from, Pause pause, Consumer<String> out) {
    return new Supervision(clicks, out, () -> supervise(log, clicks, from, pause, out));
  }

  /// ## The messages
  ///
  /// Whoever takes the end opens its latch.
  sealed interface Message permits Item, End {}

  record Item(long offset, Click click) implements Message {}

  record End(Exit exit, CountDownLatch taken) implements Message {}

  static Exit consume(BlockingQueue<Message> clicks, Consumer<Click> each)
      throws InterruptedException {
    for (long last = -1; ; ) {
      switch (clicks.take()) {
        case Item(long offset, Click click) -> {
          if (offset > last) each.accept(click);
          last = Math.max(last, offset);
        }
        case End(Exit exit, CountDownLatch taken) -> {
          taken.countDown();
          return exit;
        }
      }
    }
  }

  /// ## The handle
  static class Supervision implements AutoCloseable {
    static final Duration SHUTDOWN = Duration.ofSeconds(5);

    final FutureTask<Exit> exit;
    private final BlockingQueue<Message> clicks;
    private final Consumer<String> out;
    private final Thread thread;
    private final CountDownLatch taken = new CountDownLatch(1);

    /// The end, from the moment that we know it until it's on the channel.
    private End untold;

    Supervision(BlockingQueue<Message> clicks, Consumer<String> out, Callable<Exit> supervise) {
      this.clicks = clicks;
      this.out = out;
      this.exit = new FutureTask<>(() -> run(supervise));
      this.thread = Thread.ofVirtual().name("supervisor").unstarted(exit);
      thread.start();
    }

    private Exit run(Callable<Exit> supervise) throws Exception {
      Exit result;
      try {
        result = supervise.call();
      } catch (Throwable e) { // not ours to survive: the consumer is told, and the future holds it
        tell(new Died(e));
        throw e;
      }
      tell(result);
      return result;
    }

    /// Tells the consumer, unless somebody asked us to stop: that's for
    /// `drain`.
    private void tell(Exit result) {
      untold = new End(result, taken);
      if (result instanceof Stopped) return;
      try {
        clicks.put(untold);
        untold = null;
      } catch (InterruptedException stop) {
        // drain() will see that it's still untold
      }
    }

    /// Stops the reading, and waits until the consumer has taken all the rest.
    ///
    /// @return whether all that happened `within` that time
    synchronized boolean drain(Duration within) throws InterruptedException {
      long deadline = System.nanoTime() + within.toNanos();
      if (stop(within).isPresent()) return false;
      if (untold != null
          && !clicks.offer(untold, deadline - System.nanoTime(), TimeUnit.NANOSECONDS))
        return false;
      untold = null;
      return taken.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// @return a sentence if it did not stop `within` that time
    Optional<String> stop(Duration within) throws InterruptedException {
      thread.interrupt();
      if (Thread.currentThread() == thread || thread.join(within)) return Optional.empty();
      return Optional.of(
          "The %s did not stop within %d ms.".formatted(thread.getName(), within.toMillis()));
    }

    @Override
    public void close() {
      boolean interrupted = Thread.interrupted(); // we're asked to stop, and so is this
      try {
        stop(SHUTDOWN).ifPresent(out);
      } catch (InterruptedException e) { // asked again: then we don't wait any longer
        out.accept("Nobody waited for the " + thread.getName() + " to stop.");
        interrupted = true;
      }
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  /// ## Watch it
  ///
  /// A log without an end, a channel of five, and a consumer that takes a while
  /// over each click. Then the same without a consumer.
  void main() throws Exception {
    Log log = offset -> new Click(new UUID(0, offset), Action.PAYMENT);
    var clicks = new ArrayBlockingQueue<Message>(5);
    var handled = new AtomicInteger();
    try (var supervision = startSupervisor(log, clicks, 0, () -> Thread.sleep(20), IO::println)) {
      var consumer =
          new FutureTask<>(() ->
              consume(
                  clicks,
                  _ -> {
                    LockSupport.parkNanos(20_000_000);
                    handled.incrementAndGet();
                  }));
      Thread.startVirtualThread(consumer);
      Thread.sleep(100);
      IO.println("Taken so far: " + handled + ". On the channel: " + clicks.size());
      boolean drained = supervision.drain(Duration.ofSeconds(2));
      IO.println(
          "Drained: " + drained + ". Handled: " + handled + ". On the channel: " + clicks.size());
      if (!clicks.isEmpty()) fail("It came back, and there are still messages on the channel.");
      IO.println("The consumer was told: " + consumer.get(1, TimeUnit.SECONDS));
    } catch (UnsupportedOperationException e) {
      fail("07-b is not finished. " + e.getMessage() + ".");
    }
    try (var supervision = startSupervisor(log, clicks, 0, () -> Thread.sleep(20), IO::println)) {
      IO.println("Nobody takes. Drained: " + supervision.drain(Duration.ofMillis(200)));
    }
  }

  static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }

  /// **Why this way.** There's one fact that all four calls hang on: is the end
  /// on the channel? The handle keeps it, in one place, and whoever puts the
  /// end crosses it out. How the supervisor ended doesn't matter to `drain`, so
  /// it never asks the future, which might throw.
  ///
  /// `untold` needs no `volatile`. The supervisor's thread writes it, and
  /// `drain` reads it after that thread has ended: what came before the end of
  /// a thread is seen by whoever has joined it. Two drains at once are kept
  /// apart by `synchronized`.
  ///
  /// There is one deadline, and each wait gets what's left of it. If each got
  /// all of `within`, then it would be three times as long as it says.
  ///
  /// `false` is no failure. The end may be on the channel already, and a second
  /// call waits on where the first one left off.
}
