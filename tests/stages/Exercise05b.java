import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Exercise 05-b as the harness sees it: chapter 5, with policies that may be refused.
public final class Exercise05b implements Stage<PeriodsAndPauses.Click> {

  private static final Limits LIMITS = new Limits(9, Duration.ofHours(1), Duration.ofSeconds(2));

  /// A policy, in ms, and what its pauses add up to. It is refused if that's as long as the period.
  private record Row(
      int max, long period, long first, double factor, long cap, double jitter, long sum) {

    PeriodsAndPauses.Intensity intensity() {
      return new PeriodsAndPauses.Intensity(max, Duration.ofMillis(period));
    }

    PeriodsAndPauses.Pauses pauses() {
      return new PeriodsAndPauses.Pauses(
          Duration.ofMillis(first), factor, Duration.ofMillis(cap), jitter);
    }

    @Override
    public String toString() {
      String size = max == 0 ? "no pause at all" : "pauses that add up to " + sum + " ms";
      String off =
          jitter == 0 ? "" : ", of which chance takes off up to %.0f %%".formatted(100 * jitter);
      String capped = max > 0 && cap == first * factor ? " (the cap is " + cap + " ms)" : "";
      return "%s, with %s%s%s".formatted(intensity(), size, capped, off);
    }
  }

  private static final List<Row> ROWS =
      List.of(
          new Row(3, 5_000, 2_000, 2, 30_000, 0, 14_000),
          new Row(5, 60_000, 100, 2, 2_000, 0, 3_100),
          new Row(3, 14_001, 2_000, 2, 30_000, 0, 14_000),
          new Row(3, 14_000, 2_000, 2, 30_000, 0, 14_000),
          new Row(3, 13_999, 2_000, 2, 30_000, 0, 14_000),
          new Row(4, 14_001, 2_000, 2, 4_000, 0, 14_000),
          new Row(4, 13_000, 2_000, 2, 4_000, 0, 14_000),
          new Row(3, 14_001, 2_000, 2, 30_000, 0.9, 14_000),
          new Row(3, 10_000, 2_000, 2, 30_000, 0.9, 14_000),
          new Row(3, 14_000, 2_000, 2, 30_000, 1, 14_000),
          new Row(0, 1, 2_000, 2, 30_000, 0.2, 0),
          new Row(3, 1, 0, 1, 0, 0, 0));

  @Override
  public PeriodsAndPauses.Click event(long offset) {
    return new PeriodsAndPauses.Click(new UUID(0, offset), PeriodsAndPauses.Action.PAYMENT);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new PeriodsAndPauses.InvalidOffset();
  }

  @Override
  public void start(Run<PeriodsAndPauses.Click> run) {
    var policy =
        new PeriodsAndPauses.Policy(
            new PeriodsAndPauses.Intensity(LIMITS.maxRestarts(), LIMITS.period()),
            new PeriodsAndPauses.Pauses(Duration.ofMillis(100), 2, LIMITS.cap(), 0.2));
    run.hold(
        PeriodsAndPauses.startSupervisor(
            run::take,
            run.channel(Exercise05b::event),
            policy,
            timeOf(run),
            run.random(),
            run::print));
  }

  private static PeriodsAndPauses.Time timeOf(Run<?> run) {
    return new PeriodsAndPauses.Time() {
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

  private static Optional<PeriodsAndPauses.Click> event(PeriodsAndPauses.Message message) {
    return message instanceof PeriodsAndPauses.Item(var click)
        ? Optional.of(click)
        : Optional.empty();
  }

  @Override
  public Object step(Run<PeriodsAndPauses.Click> run, long offset) {
    return PeriodsAndPauses.publishClick(run::take, offset, run.channel(Exercise05b::event));
  }

  @Override
  public List<String> failures(Run<PeriodsAndPauses.Click> run) {
    return run.printed();
  }

  @Override
  public Optional<Limits> limits() {
    return Optional.of(LIMITS);
  }

  @Override
  public Optional<String> complaint(Run<PeriodsAndPauses.Click> run) throws Exception {
    for (Row row : ROWS) {
      var complaint = run.inTime("the policy's constructor", () -> complaint(row));
      if (complaint.isPresent()) return complaint;
    }
    return Optional.empty();
  }

  private static Optional<String> complaint(Row row) {
    boolean refuse = row.period() <= row.sum();
    try {
      new PeriodsAndPauses.Policy(row.intensity(), row.pauses());
      if (!refuse) return Optional.empty();
      String never =
          row.period() < row.sum()
              ? ": such a supervisor never gives up."
              : ": the period is not longer than that.";
      return Optional.of("it accepts " + row + never);
    } catch (IllegalArgumentException e) {
      if (!refuse)
        return Optional.of(
            "it refuses " + row + ": such a supervisor can give up. It says: " + e.getMessage());
      return ("" + e.getMessage()).replaceAll("\\D+", " ").matches(".*\\b" + row.sum() + "\\b.*")
          ? Optional.empty()
          : Optional.of(
              "it refuses %s. That's right, but it doesn't say that the period must be longer than %d ms. It says: %s"
                  .formatted(row, row.sum(), e.getMessage()));
    }
  }
}
