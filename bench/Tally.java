import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// Where every consumer brings its clicks. It checks that they are the log's, each once and in order,
/// and measures how long they take.
///
/// One thread brings clicks at a time. When the tally has seen enough, it holds that thread for ever:
/// the producer then waits for room, as it does whenever a consumer is slow, and nothing has to be
/// stopped before the JVM ends.
final class Tally implements Consumer<Supervisor.Click> {

  /// So many clicks in so many nanoseconds.
  record Window(long events, long nanos) {
    double eventsASecond() {
      return events * 1e9 / nanos;
    }
  }

  private static final long EXPECTED = RepeatingLog.checksum();

  private final int warmUps;
  private final int measured;
  private final long windowNanos;
  private final List<Window> windows = new ArrayList<>();
  private final CountDownLatch enough = new CountDownLatch(1);

  private long sum;
  private int inPeriod;
  private long periods;
  private long events;
  private long began = System.nanoTime();
  private String complaint;

  /// @param warmUps windows that don't count, before those that do
  /// @param windowNanos how long a window is at least; with 0 it is one period of the log
  Tally(int warmUps, int measured, long windowNanos) {
    this.warmUps = warmUps;
    this.measured = measured;
    this.windowNanos = windowNanos;
  }

  static long plus(long sum, Supervisor.Click click) {
    return Long.rotateLeft(sum, 1) + click.userId().getLeastSignificantBits();
  }

  @Override
  public void accept(Supervisor.Click click) {
    sum = plus(sum, click);
    if (++inPeriod == RepeatingLog.PERIOD) endPeriod();
  }

  private void endPeriod() {
    periods++;
    if (sum != EXPECTED) {
      complaint =
          "The clicks of period %d have the checksum %x instead of %x: lost, doubled or out of order."
              .formatted(periods, sum, EXPECTED);
      end();
    }
    sum = 0;
    inPeriod = 0;
    events += RepeatingLog.PERIOD;
    long now = System.nanoTime();
    if (now - began < windowNanos) return;
    windows.add(new Window(events, now - began));
    if (windows.size() == warmUps + measured) end();
    events = 0;
    began = now;
  }

  private void end() {
    enough.countDown();
    while (true) LockSupport.park();
  }

  /// The checksum of each period of the log, the same for all contenders.
  static String checksum() {
    return Long.toHexString(EXPECTED);
  }

  /// The measured windows, once they are over.
  ///
  /// @throws IllegalStateException if a click was not the expected one, or if it took too long
  List<Window> await(long seconds) throws InterruptedException {
    if (!enough.await(seconds, TimeUnit.SECONDS))
      throw new IllegalStateException("It did not deliver enough within " + seconds + " s.");
    if (complaint != null) throw new IllegalStateException(complaint);
    return windows.subList(warmUps, windows.size());
  }
}
