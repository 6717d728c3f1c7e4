import harness.Run;
import harness.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/// Exercise 06-a as the harness sees it: a file whose lines are the log's offsets, and whose bad lines
/// have a row that can't be read. What the harness doesn't throw, such as a missing file, is this
/// adapter's own.
public final class Exercise06a implements Stage<ImportAFile.Row> {

  private static final Limits LIMITS = new Limits(9, Duration.ofHours(1), Duration.ofSeconds(1));

  private BlockingQueue<ImportAFile.DeadLetter> deadLetters;

  @Override
  public ImportAFile.Row event(long offset) {
    return new ImportAFile.Row("customer " + offset, ImportAFile.Action.PAYMENT);
  }

  private static final class Bad extends RuntimeException {}

  private static final class AtTheEnd extends RuntimeException {}

  @Override
  public RuntimeException poison(long offset) {
    return new Bad();
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new AtTheEnd();
  }

  @Override
  public RuntimeException timeout(long offset) {
    String text = "Session has timed out.";
    return new UncheckedIOException(text, new IOException(text));
  }

  private static String line(Run<ImportAFile.Row> run, long number)
      throws IOException, InterruptedException {
    try {
      var row = run.take(number);
      return row.customer() + "," + row.action();
    } catch (Bad e) {
      return "customer " + number + ",SHIPING";
    } catch (AtTheEnd e) {
      return null;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public void start(Run<ImportAFile.Row> run) {
    deadLetters = run.deadLetters();
    run.hold(
        ImportAFile.startSupervisor(
            number -> line(run, number),
            run.channel(Exercise06a::event),
            deadLetters,
            POLICY,
            timeOf(run),
            run::print));
  }

  private static final ImportAFile.Policy POLICY =
      new ImportAFile.Policy(LIMITS.maxRestarts(), LIMITS.period(), Duration.ofMillis(100));

  private static ImportAFile.Time timeOf(Run<?> run) {
    return new ImportAFile.Time() {
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

  private static Optional<ImportAFile.Row> event(ImportAFile.Message message) {
    return message instanceof ImportAFile.Item(var row) ? Optional.of(row) : Optional.empty();
  }

  @Override
  public Object step(Run<ImportAFile.Row> run, long offset) {
    return ImportAFile.importLine(
        number -> line(run, number), offset, run.channel(Exercise06a::event));
  }

  @Override
  public List<String> failures(Run<ImportAFile.Row> run) {
    return run.printed();
  }

  @Override
  public String operation(String what) {
    return "import-line";
  }

  @Override
  public List<String> deadLetters() {
    return deadLetters.stream().map(Object::toString).toList();
  }

  @Override
  public Optional<Limits> limits() {
    return Optional.of(LIMITS);
  }

  /// What the harness has no fault for: a file that isn't there, and an exception of another kind.
  @Override
  public Optional<String> complaint(Run<ImportAFile.Row> run) throws Exception {
    return complaintAboutNoFile()
        .or(Exercise06a::complaintAboutTheUnknown)
        .or(Exercise06a::complaintAboutRoom);
  }

  private static Optional<String> complaintAboutNoFile() {
    var asked = new AtomicInteger();
    var imported = new Import(99);
    String end =
        imported.of(number -> {
          if (asked.incrementAndGet() > 30) return null; // or we'd never see the end of it
          throw new NoSuchFileException("yesterday.csv");
        });
    String what = "there is no file (a NoSuchFileException at line 0), and ";
    if (!imported.deadLetters.isEmpty())
      return Optional.of(what + "something was put aside: " + imported.deadLetters + ".");
    if (asked.get() > 1)
      return Optional.of(
          what + "it was asked for %d times. No attempt will bring it.".formatted(asked.get()));
    return end.startsWith("returned Failed")
        ? Optional.empty()
        : Optional.of(what + "the supervisor should return Failed. It " + end + ".");
  }

  private static Optional<String> complaintAboutTheUnknown() {
    var asked = new AtomicInteger();
    var imported = new Import(99);
    String end =
        imported.of(number -> {
          if (number == 1 && asked.incrementAndGet() <= 2)
            throw new IllegalStateException("Nobody has heard of this.");
          return number < 3 ? "customer " + number + ",PAYMENT" : null;
        });
    String what = "an IllegalStateException came at line 1, twice, and then it was gone. It ";
    if (!imported.deadLetters.isEmpty())
      return Optional.of(
          what + "might get better, and was put aside: " + imported.deadLetters + ".");
    return end.startsWith("returned Done")
        ? Optional.empty()
        : Optional.of(what + "should be retried, and the supervisor " + end + ".");
  }

  private static Optional<String> complaintAboutRoom() {
    var imported = new Import(1);
    var supervisor = imported.start(number -> number < 9 ? "customer " + number : null);
    try {
      String what = "there is room for one dead letter, and a second line is bad. ";
      for (int i = 0; i < 1000 && imported.deadLetters.isEmpty(); i++) Thread.sleep(1);
      Thread.sleep(10);
      if (supervisor.isDone())
        return Optional.of(
            what
                + "The supervisor should wait until somebody takes the first one, and it "
                + endOf(supervisor)
                + ".");
      for (long line = 0; line < 9; line++) {
        var letter = imported.deadLetters.poll(2, TimeUnit.SECONDS);
        if (letter == null || letter.line() != line)
          return Optional.of(
              what
                  + "Then somebody took one after the other. Line %d should come, and there came %s."
                      .formatted(line, letter));
      }
      return Optional.empty();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      endOf(supervisor);
    }
  }

  /// An import of which the harness sees nothing, without pauses and with room for all rows.
  private static final class Import implements ImportAFile.Time {
    final BlockingQueue<ImportAFile.DeadLetter> deadLetters;

    Import(int roomForLetters) {
      deadLetters = new ArrayBlockingQueue<>(roomForLetters);
    }

    Future<ImportAFile.Exit> start(ImportAFile.Source source) {
      return ImportAFile.startSupervisor(
          source, new LinkedBlockingQueue<>(), deadLetters, POLICY, this, _ -> {});
    }

    String of(ImportAFile.Source source) {
      return endOf(start(source));
    }

    @Override
    public long nanos() {
      return 0;
    }

    @Override
    public void sleep(Duration pause) {}
  }

  /// What the supervisor returns, or what else becomes of it.
  private static String endOf(Future<ImportAFile.Exit> supervisor) {
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
