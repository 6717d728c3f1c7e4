import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/// Exercise 04-a as the harness sees it: a file of which the line at offset 2 is empty.
public final class Exercise04a implements Stage<String> {

  private static final Limits LIMITS = new Limits(4, Duration.ofMinutes(1), Duration.ZERO);

  private static final CopyAFile.Intensity INTENSITY =
      new CopyAFile.Intensity(LIMITS.maxRestarts(), LIMITS.period());

  /// Restarts at these seconds, and what to think of if the answer to the last one is wrong.
  private record Row(String question, long... seconds) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("Does each counter have times of its own?", 0),
          new Row("", 0, 0, 0, 0),
          new Row("", 0, 0, 0, 0, 0),
          new Row("", 0, 1, 2, 3, 4),
          new Row("What about one that is exactly a period old?", 0, 15, 30, 45, 60),
          new Row("", 0, 15, 30, 45, 61),
          new Row("Which of them are to be forgotten, when one is too old?", 0, 55, 56, 57, 61, 62),
          new Row("", 0, 1, 2, 3, 100, 101, 102, 103, 104));

  /// Where a clock may begin. The first begins as that of the runs does.
  private static final List<Long> BEGINNINGS =
      List.of(0L, -7_000_000_000_000_000_000L, Long.MAX_VALUE);

  /// What the file answers with `null`.
  private static final class NoSuchLine extends RuntimeException {}

  private boolean nullPut;

  @Override
  public String event(long offset) {
    return offset == 2 ? "" : "line " + offset;
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new NoSuchLine();
  }

  @Override
  public void start(Run<String> run) {
    run.hold(
        CopyAFile.startSupervisor(
            number -> line(run, number),
            run.channel(this::event),
            INTENSITY,
            run::nanos,
            run::print));
  }

  private static String line(Run<String> run, long number) throws InterruptedException {
    try {
      return run.take(number);
    } catch (NoSuchLine e) {
      if (number >= 0) return null;
      throw new IllegalArgumentException("There is no line " + number + ".");
    }
  }

  private Optional<String> event(CopyAFile.Message message) {
    if (!(message instanceof CopyAFile.Item(String line))) return Optional.empty();
    nullPut |= line == null;
    return Optional.of(line == null ? "no line" : line);
  }

  @Override
  public Object step(Run<String> run, long offset) {
    return CopyAFile.copyLine(number -> line(run, number), offset, run.channel(this::event));
  }

  @Override
  public List<String> failures(Run<String> run) {
    return run.printed();
  }

  @Override
  public String operation(String what) {
    return "copy-line";
  }

  @Override
  public Optional<Limits> limits() {
    return Optional.of(LIMITS);
  }

  @Override
  public Optional<String> complaint(Run<String> run) throws Exception {
    if (nullPut)
      return Optional.of("an item without a line was put: null says that the file has ended.");
    for (long beginning : BEGINNINGS)
      for (Row row : ROWS) {
        var complaint = run.inTime("allowOneMore()", () -> complaint(row, beginning));
        if (complaint.isPresent()) return complaint;
      }
    return run.inTime("the supervisor", Exercise04a::complaintAboutTheEnd);
  }

  private static Optional<String> complaint(Row row, long beginning) {
    var restarts = new CopyAFile.Restarts(INTENSITY);
    var times = new ArrayList<String>();
    for (long second : row.seconds()) {
      long counting =
          LongStream.of(row.seconds())
              .limit(times.size() + 1)
              .filter(earlier -> second - earlier <= LIMITS.period().toSeconds())
              .count();
      times.add(second + " s");
      boolean allowed = restarts.allowOneMore(beginning + second * 1_000_000_000);
      if (allowed == counting <= LIMITS.maxRestarts()) continue;
      String clock =
          "The clock began at %d ns. It may begin anywhere: only differences mean something."
              .formatted(beginning);
      return Optional.of(
          "asked for restarts at %s, the counter %s the last one. In the last 60 s there %s %d, and 4 are allowed. %s"
              .formatted(
                  list(times),
                  allowed ? "allows" : "refuses",
                  counting == 1 ? "was" : "were",
                  counting,
                  beginning != 0
                      ? clock
                      : times.size() == row.seconds().length ? row.question() : "")
              .strip());
    }
    return Optional.empty();
  }

  private static String list(List<String> times) {
    int last = times.size() - 1;
    if (last == 0) return times.getFirst();
    return String.join(", ", times.subList(0, last)) + " and " + times.get(last);
  }

  /// The consumer and the caller should be told the same. (That they are told, another check sees.)
  private static Optional<String> complaintAboutTheEnd() throws Exception {
    var lines = new LinkedBlockingQueue<CopyAFile.Message>();
    var attempts = new AtomicInteger();
    CopyAFile.RemoteFile away =
        _ -> {
          if (attempts.incrementAndGet() > 50) return null;
          throw new IllegalStateException("The network is away.");
        };
    var supervisor = CopyAFile.startSupervisor(away, lines, INTENSITY, () -> 0, _ -> {});
    try {
      var returned = supervisor.get(1, TimeUnit.SECONDS);
      if (!(lines.poll() instanceof CopyAFile.End(var why)) || Objects.equals(why, returned))
        return Optional.empty();
      return Optional.of(
          "it gave up, and told the consumer %s, and the caller %s. Shouldn't both hear the same?"
              .formatted(why, returned));
    } catch (ExecutionException | TimeoutException e) {
      return Optional.empty();
    }
  }
}
