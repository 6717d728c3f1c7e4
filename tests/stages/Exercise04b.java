import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/// Exercise 04-b as the harness sees it: chapter 4, with a number that decays instead of a list.
public final class Exercise04b implements Stage<HalfLife.Click> {

  private static final double THRESHOLD = 3;
  private static final Duration HALF_LIFE = Duration.ofSeconds(10);
  private static final HalfLife.Tolerance TOLERANCE = new HalfLife.Tolerance(THRESHOLD, HALF_LIFE);

  /// Failures at these seconds, and what to think of if the answer to the last one is wrong.
  private record Row(String question, double... seconds) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("Does each counter have a number of its own?", 0),
          new Row("Does each counter have a number of its own?", 0, 0),
          new Row("What if the number is exactly the threshold?", 0, 0, 0),
          new Row("", 0, 0, 0, 0),
          new Row("What does time do to the number?", 0, 10, 20, 30),
          new Row("Is that a division of whole numbers?", 0, 9, 18, 27),
          new Row(
              "Which failure is the time counted from, in which unit, and what comes first, the"
                  + " decay or the 1?",
              0,
              10,
              10,
              10),
          new Row("Is a half left after one half-life?", 0, 4, 8, 12, 16),
          new Row("What decays first, and what is added then?", 0, 5, 5, 5),
          new Row("", 0, 0, 0, 40, 40, 40));

  /// Where a clock may begin. The first begins as that of the runs does.
  private static final List<Long> BEGINNINGS =
      List.of(0L, -7_000_000_000_000_000_000L, Long.MAX_VALUE);

  @Override
  public HalfLife.Click event(long offset) {
    return new HalfLife.Click(new UUID(0, offset), HalfLife.Action.PAYMENT);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new HalfLife.InvalidOffset();
  }

  @Override
  public void start(Run<HalfLife.Click> run) {
    run.hold(
        HalfLife.startSupervisor(
            run::take, run.channel(Exercise04b::event), TOLERANCE, run::nanos, run::print));
  }

  private static Optional<HalfLife.Click> event(HalfLife.Message message) {
    return message instanceof HalfLife.Item(var click) ? Optional.of(click) : Optional.empty();
  }

  @Override
  public Object step(Run<HalfLife.Click> run, long offset) {
    return HalfLife.publishClick(run::take, offset, run.channel(Exercise04b::event));
  }

  @Override
  public List<String> failures(Run<HalfLife.Click> run) {
    return run.printed();
  }

  /// Asks counters directly: with the run's clock, failures never lie apart.
  @Override
  public Optional<String> complaint(Run<HalfLife.Click> run) throws Exception {
    for (long beginning : BEGINNINGS)
      for (Row row : ROWS) {
        var complaint = run.inTime("allowOneMore()", () -> complaint(row, beginning));
        if (complaint.isPresent()) return complaint;
      }
    return Optional.empty();
  }

  private static Optional<String> complaint(Row row, long beginning) {
    var failures = new HalfLife.Failures(TOLERANCE);
    var times = new ArrayList<String>();
    double number = 0, last = 0;
    for (double second : row.seconds()) {
      number = number * Math.pow(0.5, (second - last) / HALF_LIFE.toSeconds()) + 1;
      last = second;
      times.add("%.0f s".formatted(second));
      boolean allowed = failures.allowOneMore(beginning + (long) (second * 1e9));
      if (allowed == number <= THRESHOLD) continue;
      String clock =
          "The clock began at %d ns. It may begin anywhere: only differences mean something."
              .formatted(beginning);
      boolean whole = times.size() == row.seconds().length;
      return Optional.of(
          String.format(
                  Locale.ROOT,
                  "a counter that is told of %s %s should be at %.2f. The threshold is %.2f, so %s."
                      + " %s",
                  times.size() == 1 ? "a failure at" : "failures at",
                  list(times),
                  number,
                  THRESHOLD,
                  allowed
                      ? "that's enough, and it allows one more restart"
                      : "one more restart is allowed, and it says no",
                  beginning != 0 ? clock : whole ? row.question() : "")
              .strip());
    }
    return Optional.empty();
  }

  private static String list(List<String> times) {
    int last = times.size() - 1;
    if (last == 0) return times.getFirst();
    return String.join(", ", times.subList(0, last)) + " and " + times.get(last);
  }
}
