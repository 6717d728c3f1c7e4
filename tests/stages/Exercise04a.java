import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Exercise 04-a as the harness sees it: a file of which the line at offset 2 is empty.
public final class Exercise04a implements Stage<String> {

  private static final Limits LIMITS = new Limits(4, Duration.ofMinutes(1), Duration.ZERO);

  private static final CopyAFile.Intensity INTENSITY =
      new CopyAFile.Intensity(LIMITS.maxRestarts(), LIMITS.period());

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
    return run.inTime("the supervisor", this::complaintAboutTheEnd);
  }

  /// The consumer and the caller should be told the same. (That it gives up at all, another check has
  /// seen before.)
  private Optional<String> complaintAboutTheEnd() throws Exception {
    var lines = new LinkedBlockingQueue<CopyAFile.Message>();
    var attempts = new int[1];
    var supervisor =
        CopyAFile.startSupervisor(
            _ -> {
              if (attempts[0]++ < 50) throw new IllegalStateException("The network is away.");
              return null;
            },
            lines,
            INTENSITY,
            () -> 0,
            _ -> {});
    var returned = supervisor.get(1, TimeUnit.SECONDS);
    var last = lines.poll(1, TimeUnit.SECONDS);
    return last instanceof CopyAFile.End(var why) && why.equals(returned)
        ? Optional.empty()
        : Optional.of(
            "when it gives up, the consumer and the caller should hear the same. The channel's last message was %s, and the supervisor returned %s."
                .formatted(last, returned));
  }
}
