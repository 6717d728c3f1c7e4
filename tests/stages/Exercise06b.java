import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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

  @Override
  public Optional<String> complaint(Run<ThreeStrikes.Click> run) {
    return complaintAboutPlaces().or(Exercise06b::complaintAboutCosts);
  }

  /// One log with a bit of everything: how often is each offset read, and what goes aside?
  private static Optional<String> complaintAboutPlaces() {
    var places =
        List.of(
            new Place("is a good click", 0, null),
            new Place(
                "always throws a NoSuchElementException, of which nobody has heard",
                99,
                new NoSuchElementException()),
            new Place(
                "always throws a ClassCastException, of which nobody has heard either; and the"
                    + " offset before it went aside",
                99,
                new ClassCastException()),
            new Place(
                "throws a NoSuchElementException twice, and then it's fine",
                2,
                new NoSuchElementException()),
            new Place(
                "always throws an IllegalArgumentException, which is known poison",
                99,
                new IllegalArgumentException()),
            new Place(
                "times out five times, and then it's fine", 5, new ThreeStrikes.SessionTimeout()));
    var log = new CountingLog(places);
    String end = log.supervised();
    var right = List.of(1, 3, 3, 3, 1, 6);
    for (int offset = 0; offset < right.size(); offset++)
      if (!log.reads.get(offset).equals(right.get(offset)))
        return Optional.of(
            "offset %d %s. It should be read %s, and was read %s. In the end the supervisor %s."
                .formatted(
                    offset,
                    places.get(offset).story,
                    times(right.get(offset)),
                    times(log.reads.get(offset)),
                    end));
    var aside = log.letters.stream().map(ThreeStrikes.Failure::offset).toList();
    return aside.equals(List.of(1L, 2L, 4L))
        ? Optional.empty()
        : Optional.of(
            "offsets 1, 2 and 4 should go aside, in that order, and those that did are "
                + aside
                + ".");
  }

  private static String times(int count) {
    return count == 0 ? "0 times" : count == 1 ? "once" : count + " times";
  }

  /// Each strike costs a restart. Before that, another supervisor has many failures at offset 0.
  private static Optional<String> complaintAboutCosts() {
    new CountingLog(List.of(new Place("", 99, new ThreeStrikes.SessionTimeout()))).supervised();
    var log =
        new CountingLog(Collections.nCopies(6, new Place("", 99, new NoSuchElementException())));
    String end = log.supervised();
    if (log.reads.equals(List.of(3, 3, 3, 1, 0, 0))) return Optional.empty();
    String what =
        "six offsets always throw a NoSuchElementException. With 9 restarts, the first three should"
            + " be read 3 times, the fourth once, and that's the end. They were read %s times, and"
            + " the supervisor %s.";
    boolean shared = log.reads.getFirst() < 3;
    return Optional.of(
        what.formatted(log.reads, end)
            + (shared ? " Does it share its count with another supervisor?" : ""));
  }

  /// An offset whose first reads fail.
  private record Place(String story, int failures, RuntimeException failure) {}

  /// A log that counts its reads, and on which time passes at once.
  private static final class CountingLog implements ThreeStrikes.Log, ThreeStrikes.Time {
    final List<Place> places;
    final List<Integer> reads;
    final BlockingQueue<ThreeStrikes.Failure> letters = new LinkedBlockingQueue<>();

    CountingLog(List<Place> places) {
      this.places = places;
      this.reads =
          Collections.synchronizedList(new ArrayList<>(Collections.nCopies(places.size(), 0)));
    }

    @Override
    public ThreeStrikes.Click take(long offset) {
      boolean enough = reads.stream().mapToInt(n -> n).sum() > 100;
      if (enough || offset < 0 || offset >= places.size()) throw new ThreeStrikes.InvalidOffset();
      var place = places.get((int) offset);
      int read = reads.get((int) offset) + 1;
      reads.set((int) offset, read);
      if (read <= place.failures) throw place.failure;
      return new ThreeStrikes.Click(new UUID(0, offset), ThreeStrikes.Action.PAYMENT);
    }

    @Override
    public long nanos() {
      return 0;
    }

    @Override
    public void sleep(Duration pause) {}

    /// What a supervisor on this log returns, or what else becomes of it.
    String supervised() {
      Future<ThreeStrikes.Exit> supervisor =
          ThreeStrikes.startSupervisor(
              this, new LinkedBlockingQueue<>(), letters, POLICY, this, new Random(1), _ -> {});
      try {
        return "returned " + supervisor.get(2, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        supervisor.cancel(true);
        return "was still there two seconds later";
      } catch (Exception e) {
        return "died of " + e.getCause();
      }
    }
  }
}
