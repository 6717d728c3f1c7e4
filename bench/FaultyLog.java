import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;

/// A log that is slow and fails now and then, and measures how long it takes until someone reads on.
///
/// Of each forty clicks, one takes 0.2 ms, and twenty clicks later a read times out. From that
/// throw until the same offset is read again is the latency of a restart. When the log has seen enough, it
/// holds its reader for ever.
final class FaultyLog implements LongFunction<Supervisor.Click> {

  private static final int CLICKS_A_FAULT = 40;

  private final Supervisor.Click click = new RepeatingLog().take(0);
  private final long[] nanos;
  private final int warmUps;
  private final CountDownLatch enough = new CountDownLatch(1);
  private int seen;
  private long failed = -1;
  private long thrown;

  /// @param warmUps faults that don't count, before those that do
  FaultyLog(int warmUps, int measured) {
    this.warmUps = warmUps;
    this.nanos = new long[warmUps + measured];
  }

  @Override
  public Supervisor.Click apply(long offset) {
    if (offset == failed) {
      long now = System.nanoTime();
      failed = -1;
      nanos[seen++] = now - thrown;
      if (seen == nanos.length) {
        enough.countDown();
        while (true) LockSupport.park();
      }
    } else if (offset % CLICKS_A_FAULT == CLICKS_A_FAULT - 1) {
      failed = offset;
      thrown = System.nanoTime();
      throw new Supervisor.SessionTimeout(offset);
    } else if (offset % CLICKS_A_FAULT == CLICKS_A_FAULT / 2) LockSupport.parkNanos(200_000);
    return click;
  }

  /// The measured latencies, the shortest first.
  ///
  /// @throws IllegalStateException if it took too long
  long[] await(long seconds) throws InterruptedException {
    if (!enough.await(seconds, TimeUnit.SECONDS))
      throw new IllegalStateException(
          "It was not restarted often enough within " + seconds + " s.");
    long[] measured = Arrays.copyOfRange(nanos, warmUps, nanos.length);
    Arrays.sort(measured);
    return measured;
  }
}
