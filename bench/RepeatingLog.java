import java.util.Random;
import java.util.UUID;

/// The log that every contender reads: 1024 clicks, over and over, without an end. Every thousandth
/// read times out; the same read works the next time. It is small, so that caches answer and not memory.
///
/// One thread reads at a time.
final class RepeatingLog implements Supervisor.Log {

  static final int PERIOD = 1024;
  private static final int READS_A_FAULT = 1000;
  private static final Supervisor.Click[] CLICKS = clicks();

  private int untilFault = READS_A_FAULT;

  @Override
  public Supervisor.Click take(long offset) {
    if (--untilFault == 0) {
      untilFault = READS_A_FAULT;
      throw new Supervisor.SessionTimeout(offset);
    }
    return CLICKS[(int) offset & PERIOD - 1];
  }

  /// The checksum of one period, as [Tally] computes it.
  static long checksum() {
    long sum = 0;
    for (var click : CLICKS) sum = Tally.plus(sum, click);
    return sum;
  }

  private static Supervisor.Click[] clicks() {
    var random = new Random(42);
    var actions = Supervisor.Action.values();
    var clicks = new Supervisor.Click[PERIOD];
    for (int i = 0; i < PERIOD; i++)
      clicks[i] =
          new Supervisor.Click(
              new UUID(random.nextLong(), random.nextLong()),
              actions[random.nextInt(actions.length)]);
    return clicks;
  }
}
