import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/// Exercise 05-a as the harness sees it: a station whose last answer is an empty one.
public final class Exercise05a implements Stage<AskAWeatherStation.Measurement> {

  private static final Limits LIMITS = new Limits(9, Duration.ofHours(1), Duration.ofSeconds(2));
  private static final AskAWeatherStation.Pauses PAUSES = pauses(100, 2, 2_000, 0.2);
  private static final int THROWS = 100;

  /// What the station answers with nothing.
  private static final class NoMore extends RuntimeException {}

  private final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());

  private static AskAWeatherStation.Pauses pauses(
      long first, double factor, long cap, double jitter) {
    return new AskAWeatherStation.Pauses(
        Duration.ofMillis(first), factor, Duration.ofMillis(cap), jitter);
  }

  @Override
  public AskAWeatherStation.Measurement event(long offset) {
    return new AskAWeatherStation.Measurement(offset, 4 - offset / 10.0);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new NoMore();
  }

  @Override
  public void start(Run<AskAWeatherStation.Measurement> run) {
    var intensity = new AskAWeatherStation.Intensity(LIMITS.maxRestarts(), LIMITS.period());
    run.hold(
        AskAWeatherStation.startSupervisor(
            number -> measurement(run, number),
            run.channel(Exercise05a::event),
            new AskAWeatherStation.Policy(intensity, PAUSES),
            timeOf(run),
            run.random(),
            run::print));
  }

  private static Optional<AskAWeatherStation.Measurement> measurement(
      Run<AskAWeatherStation.Measurement> run, long number) throws InterruptedException {
    try {
      return Optional.of(run.take(number));
    } catch (NoMore e) {
      if (number >= 0) return Optional.empty();
      throw new IllegalArgumentException("There is no measurement " + number + ".");
    }
  }

  private AskAWeatherStation.Time timeOf(Run<?> run) {
    return new AskAWeatherStation.Time() {
      @Override
      public long nanos() {
        return run.nanos();
      }

      @Override
      public void sleep(Duration pause) throws InterruptedException {
        pauses.add(pause);
        run.sleep(pause);
      }
    };
  }

  private static Optional<AskAWeatherStation.Measurement> event(
      AskAWeatherStation.Message message) {
    return message instanceof AskAWeatherStation.Item(var measurement)
        ? Optional.of(measurement)
        : Optional.empty();
  }

  @Override
  public Object step(Run<AskAWeatherStation.Measurement> run, long offset) {
    return AskAWeatherStation.askStation(
        number -> measurement(run, number), offset, run.channel(Exercise05a::event));
  }

  @Override
  public List<String> failures(Run<AskAWeatherStation.Measurement> run) {
    return run.printed();
  }

  @Override
  public String operation(String what) {
    return "ask-station";
  }

  @Override
  public Optional<Limits> limits() {
    return Optional.of(LIMITS);
  }

  /// Asks for pauses directly, since the runs have only the one policy, and looks at the run's first.
  @Override
  public Optional<String> complaint(Run<AskAWeatherStation.Measurement> run) throws Exception {
    var complaint = run.inTime("before()", Exercise05a::complaintAboutPauses);
    if (complaint.isPresent() || pauses.isEmpty()) return complaint;
    return isIn(pauses.getFirst(), 80, 100)
        ? Optional.empty()
        : Optional.of(
            "the first pause should be between 80 and 100 ms, and is %s. Which number does before() get first?"
                .formatted(millis(pauses.getFirst())));
  }

  private static Optional<String> complaintAboutPauses() {
    for (int inARow : List.of(1, 2, 3, 5, 6, 9, 33, 70, 2_000)) {
      for (var pauses :
          List.of(
              pauses(100, 2, 2_000, 0),
              PAUSES,
              pauses(100, 2, 2_000, 1),
              pauses(1_000, 3, 60_000, 0.5),
              pauses(50, 1, 50, 0.1))) {
        var complaint = complaint(pauses, inARow);
        if (complaint.isPresent()) return complaint;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> complaint(AskAWeatherStation.Pauses pauses, int inARow) {
    double most =
        Math.min(
            pauses.cap().toMillis(),
            pauses.first().toMillis() * Math.pow(pauses.factor(), inARow - 1));
    double least = most * (1 - pauses.jitter());
    boolean low = false, high = false;
    var random = new Random(5);
    for (int i = 0; i < THROWS; i++) {
      Duration pause = pauses.before(inARow, random);
      if (!isIn(pause, least, most))
        return Optional.of(
            "%s: before restart %d in a row, a pause should be %s, and is %s."
                .formatted(pauses, inARow, range(least, most), millis(pause)));
      low |= isIn(pause, least, (least + most) / 2);
      high |= isIn(pause, (least + most) / 2, most);
    }
    if (!low || !high)
      return Optional.of(
          "%s: before restart %d in a row, %d pauses should be spread over %s, and they all lie in one half of that."
              .formatted(pauses, inARow, THROWS, range(least, most)));
    var once = pauses.before(inARow, new Random(7));
    var again = pauses.before(inARow, new Random(7));
    return once.equals(again)
        ? Optional.empty()
        : Optional.of(
            "%s: the same dice gave %s, and then %s. Are the dice those that were handed in?"
                .formatted(pauses, millis(once), millis(again)));
  }

  /// Whoever computes in milliseconds may lose less than one.
  private static boolean isIn(Duration pause, double least, double most) {
    double millis = pause.toNanos() / 1e6;
    return millis > least - 1 && millis <= most;
  }

  private static String range(double least, double most) {
    return least == most
        ? "%.0f ms".formatted(most)
        : "between %.0f and %.0f ms".formatted(least, most);
  }

  private static String millis(Duration pause) {
    return pause.toMillis() + " ms";
  }
}
