import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Exercise 06-b as the harness sees it: chapter 6, with poison of a kind that its verdict doesn't know.
public final class Exercise06b implements Stage<ThreeStrikes.Click> {

  private static final Limits LIMITS = new Limits(9, Duration.ofHours(1), Duration.ofSeconds(2));

  private BlockingQueue<ThreeStrikes.Failure> deadLetters;

  @Override
  public ThreeStrikes.Click event(long offset) {
    return new ThreeStrikes.Click(new UUID(0, offset), ThreeStrikes.Action.PAYMENT);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new ThreeStrikes.SessionTimeout();
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new ThreeStrikes.InvalidOffset();
  }

  @Override
  public RuntimeException poison(long offset) {
    return new NoSuchElementException("There is no action SHIPING.");
  }

  @Override
  public void start(Run<ThreeStrikes.Click> run) {
    deadLetters = run.deadLetters();
    run.hold(
        ThreeStrikes.startSupervisor(
            run::take,
            run.channel(Exercise06b::event),
            deadLetters,
            POLICY,
            timeOf(run),
            run.random(),
            run::print));
  }

  private static final ThreeStrikes.Policy POLICY =
      new ThreeStrikes.Policy(
          new ThreeStrikes.Intensity(LIMITS.maxRestarts(), LIMITS.period()),
          new ThreeStrikes.Pauses(Duration.ofMillis(100), 2, LIMITS.cap(), 0.2),
          ThreeStrikes::verdictOnClicks);

  private static ThreeStrikes.Time timeOf(Run<?> run) {
    return new ThreeStrikes.Time() {
      @Override
      public long nanos() {
        return run.nanos();
      }

      @Override
      public void sleep(Duration pause) throws InterruptedException {
        run.sleep(pause);
      }
    };
  }

  private static Optional<ThreeStrikes.Click> event(ThreeStrikes.Message message) {
    return message instanceof ThreeStrikes.Item(var click) ? Optional.of(click) : Optional.empty();
  }

  @Override
  public Object step(Run<ThreeStrikes.Click> run, long offset) {
    return ThreeStrikes.publishClick(run::take, offset, run.channel(Exercise06b::event));
  }

  @Override
  public List<String> failures(Run<ThreeStrikes.Click> run) {
    return run.printed();
  }

  @Override
  public List<String> deadLetters() {
    return deadLetters.stream().map(Object::toString).toList();
  }

  @Override
  public Optional<Limits> limits() {
    return Optional.of(LIMITS);
  }

  /// One log with a bit of everything: how often is each offset read, and what goes aside?
  @Override
  public Optional<String> complaint(Run<ThreeStrikes.Click> run) {
    var log = new MixedLog();
    var letters = new LinkedBlockingQueue<ThreeStrikes.Failure>();
    String end = endOf(log, letters);
    for (long offset = 0; offset < MixedLog.ATTEMPTS.size(); offset++) {
      int attempts = log.attempts.getOrDefault(offset, 0);
      int right = MixedLog.ATTEMPTS.get((int) offset);
      if (attempts == right) continue;
      String what = "offset %d %s. It should be read %s, and was read %s. In the end the supervisor %s.";
      return Optional.of(
          what.formatted(
              offset, MixedLog.STORY.get((int) offset), times(right), times(attempts), end));
    }
    var aside = letters.stream().map(ThreeStrikes.Failure::offset).toList();
    return aside.equals(List.of(1L, 2L, 4L))
        ? Optional.empty()
        : Optional.of(
            "offsets 1, 2 and 4 should go aside, in that order, and those that did are " + aside + ".");
  }

  private static String times(int count) {
    return count == 0 ? "never" : count == 1 ? "once" : count + " times";
  }

  private static String endOf(MixedLog log, BlockingQueue<ThreeStrikes.Failure> letters) {
    Future<ThreeStrikes.Exit> supervisor =
        ThreeStrikes.startSupervisor(
            log, new LinkedBlockingQueue<>(), letters, POLICY, log, new Random(1), _ -> {});
    try {
      return "returned " + supervisor.get(2, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      supervisor.cancel(true);
      return "was still there two seconds later";
    } catch (Exception e) {
      return "died of " + e.getCause();
    }
  }

  /// A log that counts, and on which time passes at once.
  private static final class MixedLog implements ThreeStrikes.Log, ThreeStrikes.Time {
    static final List<String> STORY =
        List.of(
            "is a good click",
            "always throws a NoSuchElementException, of which nobody has heard",
            "always throws a NoSuchElementException, and so did the offset before it",
            "throws a NoSuchElementException twice, and then it's fine",
            "always throws an IllegalArgumentException, which is known poison",
            "times out five times, and then it's fine");
    static final List<Integer> ATTEMPTS = List.of(1, 3, 3, 3, 1, 6);

    final Map<Long, Integer> attempts = new HashMap<>();

    @Override
    public synchronized ThreeStrikes.Click take(long offset) {
      int attempt = attempts.merge(offset, 1, Integer::sum);
      boolean enough = attempts.values().stream().mapToInt(n -> n).sum() > 100;
      if (offset < 0 || offset >= STORY.size() || enough) throw new ThreeStrikes.InvalidOffset();
      if (offset == 1 || offset == 2 || offset == 3 && attempt <= 2)
        throw new NoSuchElementException("There is no action SHIPING.");
      if (offset == 4) throw new IllegalArgumentException("There is no action PAYMNT.");
      if (offset == 5 && attempt <= 5) throw new ThreeStrikes.SessionTimeout();
      return new ThreeStrikes.Click(new UUID(0, offset), ThreeStrikes.Action.PAYMENT);
    }

    @Override
    public long nanos() {
      return 0;
    }

    @Override
    public void sleep(Duration pause) {}
  }
}
