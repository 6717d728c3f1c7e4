import harness.Run;
import harness.Stage;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Exercise 08-a as the harness sees it: a file whose lines are the log's events, and which does not
/// grow any more after the last one. So the tail never ends by itself: draining it is this adapter's
/// business, and a consumer who wants to know asks its future.
public final class Exercise08a implements Stage<TailAGrowingFile.Line> {

  private static final TailAGrowingFile.Line THE_END = new TailAGrowingFile.Line(-1, "");

  private BlockingQueue<TailAGrowingFile.Line> lines;
  private TailAGrowingFile.Supervisor<TailAGrowingFile.Place> supervisor;
  private long last;

  // --- a file in which line N is event N ---

  @Override
  public TailAGrowingFile.Line event(long offset) {
    return new TailAGrowingFile.Line(offset + 1, textOf(offset));
  }

  private static String textOf(long offset) {
    return "Gru" + "ß".repeat((int) (offset % 3) + 1) + " " + offset;
  }

  private static byte[] bytesOf(long offset) {
    return (textOf(offset) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static TailAGrowingFile.Place placeOf(long offset) {
    long position = 0;
    for (long before = 0; before < offset; before++) position += bytesOf(before).length;
    return new TailAGrowingFile.Place(position, offset);
  }

  private static final class NoMore extends RuntimeException {}

  private static final class Timeout extends RuntimeException {
    @Override
    public String toString() {
      return "Session has timed out.";
    }
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new Timeout();
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new NoMore();
  }

  private static TailAGrowingFile.Piece read(Run<TailAGrowingFile.Line> run, long position)
      throws IOException {
    long offset = 0;
    long start = 0;
    for (; start + bytesOf(offset).length <= position; offset++) start += bytesOf(offset).length;
    var bytes = bytesOf(offset);
    long size = start + bytes.length;
    if (start != position) // somewhere in a line: as a file would, and the log isn't asked
    return new TailAGrowingFile.Piece(
          Arrays.copyOfRange(bytes, (int) (position - start), bytes.length), size);
    try {
      run.take(offset);
      return new TailAGrowingFile.Piece(bytes, size);
    } catch (NoMore e) {
      return new TailAGrowingFile.Piece(new byte[0], position);
    } catch (Timeout e) {
      throw new IOException("Session has timed out.");
    } catch (InterruptedException e) { // as a file's channel does
      Thread.currentThread().interrupt();
      throw new ClosedByInterruptException();
    }
  }

  /// The file has come to its end, and nothing more will be written.
  private static TailAGrowingFile.Time endless() {
    return new TailAGrowingFile.Time() {
      @Override
      public long nanos() {
        return 0;
      }

      @Override
      public void sleep(Duration pause) throws InterruptedException {
        new CountDownLatch(1).await();
      }
    };
  }

  // --- the stage ---

  @Override
  public void start(Run<TailAGrowingFile.Line> run) {
    resume(run, 0);
  }

  @Override
  public void resume(Run<TailAGrowingFile.Line> run, long from) {
    lines = channelOf(run);
    var spec =
        TailAGrowingFile.specOf(position -> read(run, position), lines, endless(), placeOf(from));
    supervisor =
        TailAGrowingFile.Supervisor.start(
            spec, event -> run.print("" + event), timeOf(run), run.random());
    run.hold(supervisor.exit);
  }

  private static TailAGrowingFile.Time timeOf(Run<?> run) {
    return new TailAGrowingFile.Time() {
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

  private BlockingQueue<TailAGrowingFile.Line> channelOf(Run<TailAGrowingFile.Line> run) {
    return run.channel(line -> line == THE_END ? Optional.empty() : Optional.of(line), this::isNew);
  }

  private boolean isNew(TailAGrowingFile.Line line) {
    if (line == THE_END) return true;
    if (!line.equals(event(line.number() - 1))) return true; // the harness should see it
    if (line.number() <= last) return false;
    last = line.number();
    return true;
  }

  @Override
  public Object step(Run<TailAGrowingFile.Line> run, long offset) {
    return TailAGrowingFile.tail(position -> read(run, position), channelOf(run), new Clock(false))
        .attempt(placeOf(offset), "tail");
  }

  @Override
  public boolean tellsItsEnd() {
    return false;
  }

  @Override
  public List<String> failures(Run<TailAGrowingFile.Line> run) {
    return run.printed().stream().filter(line -> line.contains("Crashed")).toList();
  }

  @Override
  public String operation(String what) {
    return "tail";
  }

  @Override
  public boolean ended() {
    return supervisor.exit.isDone();
  }

  @Override
  public Optional<String> stop(Duration within) throws InterruptedException {
    return supervisor.stop(within).map(Object::toString);
  }

  @Override
  public long stoppedAt() throws Exception {
    if (supervisor.join()
        instanceof TailAGrowingFile.Stopped<TailAGrowingFile.Place>(TailAGrowingFile.Place place))
      return place.lines();
    throw new NotOffered("it did not stop, it returned " + supervisor.join());
  }

  @Override
  public boolean drain(Duration within) throws InterruptedException {
    if (supervisor.stop(within).isPresent()) return false;
    return lines.offer(THE_END, within.toNanos(), TimeUnit.NANOSECONDS);
  }

  // --- what the harness doesn't ask: each kind of file, one step at a time ---

  private static final TailAGrowingFile.Place START = TailAGrowingFile.Place.START;
  private static final TailAGrowingFile.Place SECOND = new TailAGrowingFile.Place(4, 1);
  private static final TailAGrowingFile.Place THIRD = new TailAGrowingFile.Place(8, 2);

  @Override
  public Optional<String> complaint(Run<TailAGrowingFile.Line> run) throws Exception {
    for (var question :
        List.<Question>of(
            Exercise08a::remembersNothing,
            Exercise08a::lines,
            Exercise08a::nothingYet,
            Exercise08a::wasCut,
            Exercise08a::readFails,
            Exercise08a::isInterrupted,
            Exercise08a::verdicts,
            Exercise08a::child)) {
      var complaint = question.ask(run);
      if (complaint.isPresent()) return complaint;
    }
    return Optional.empty();
  }

  private interface Question {
    Optional<String> ask(Run<?> run) throws Exception;
  }

  private static Optional<String> lines(Run<?> run) {
    String text = "Grüße\n\n drei \n";
    return puts(run, text, START, "Grüße", 8, " In UTF-8, an ü takes two bytes, and so does an ß.")
        .or(() ->
            puts(
                run,
                text,
                new TailAGrowingFile.Place(8, 1),
                "",
                9,
                " An empty line is a line, too."))
        .or(() ->
            puts(
                run,
                text,
                new TailAGrowingFile.Place(9, 2),
                " drei ",
                16,
                " Only the newline is not of it."));
  }

  private static Optional<String> puts(
      Run<?> run, String text, TailAGrowingFile.Place from, String line, long next, String hint) {
    var attempt = Attempt.at(run, new File(text), from);
    var expected =
        attempt(
            List.of(new TailAGrowingFile.Line(from.lines() + 1, line)),
            0,
            new TailAGrowingFile.Continue<>(new TailAGrowingFile.Place(next, from.lines() + 1)));
    return attempt.unless(expected, hint);
  }

  /// A step that was asked before should do what a new one does.
  private static Optional<String> remembersNothing(Run<?> run) {
    var file = new File("one\ntwo\nthree\n");
    var lines = new ArrayBlockingQueue<TailAGrowingFile.Line>(10);
    var step = TailAGrowingFile.tail(file, lines, new Clock(false));
    for (var place : List.of(START, SECOND, SECOND, START)) {
      lines.clear();
      outcomeOf(run, step, place);
      var expected = Attempt.at(run, new File("one\ntwo\nthree\n"), place).lines;
      if (List.copyOf(lines).equals(expected)) continue;
      return Optional.of(
          "%s One step was asked for the places of lines 1, 2, 2 and 1. For line %d a new step puts %s, and this one, which was asked before, put %s. All that a step may know is its state."
              .formatted(file, place.lines() + 1, expected, lines));
    }
    return Optional.empty();
  }

  private static Optional<String> nothingYet(Run<?> run) throws Exception {
    record Case(File file, TailAGrowingFile.Place place, String hint) {}
    String half = " Half a line is no line yet.";
    for (var it :
        List.of(
            new Case(new File("one\ntw"), SECOND, half),
            new Case(new File("one\nt\u00fc".getBytes(StandardCharsets.UTF_8), 6), SECOND, half),
            new Case(new File("half"), START, half),
            new Case(new File("one\n"), SECOND, " It's quiet, and no failure."),
            new Case(new File(""), START, " It's quiet, and no failure."),
            new Case(File.missing(), START, " It may still come."),
            new Case(File.missing(), SECOND, " It was there, and may come back."))) {
      var expected = attempt(List.of(), 1, new TailAGrowingFile.Continue<>(it.place));
      var complaint = Attempt.at(run, it.file, it.place).unless(expected, it.hint);
      if (complaint.isPresent()) return complaint;
    }
    return Optional.empty();
  }

  private static Optional<String> wasCut(Run<?> run) {
    for (String text : List.of("ab\n", "", "a\nb\nc", "seven\n ")) {
      var attempt = Attempt.at(run, new File(text), THIRD);
      boolean cut =
          attempt.outcome
                  instanceof
                  TailAGrowingFile.Failed<?>(
                      TailAGrowingFile.Failure<?>(TailAGrowingFile.FileWasCut _, var place, _))
              && place.equals(THIRD);
      if (!cut || !attempt.lines.isEmpty() || attempt.sleeps > 0)
        return Optional.of(
            attempt.told()
                + " Two lines of 8 bytes were there, and now the file is shorter: the step should"
                + " throw a FileWasCut, and put and wait for nothing.");
    }
    return Optional.empty();
  }

  private static Optional<String> readFails(Run<?> run) {
    for (IOException thrown :
        List.of(new IOException("the disk is far away"), new AccessDeniedException("x.log"))) {
      var attempt = Attempt.at(run, File.failing(thrown), SECOND);
      boolean failed =
          attempt.outcome
                  instanceof
                  TailAGrowingFile.Failed<?>(TailAGrowingFile.Failure<?>(var exception, _, _))
              && exception == thrown;
      if (failed) continue;
      String hint =
          attempt.outcome instanceof TailAGrowingFile.Failed
              ? " A failure should come out as it is: the judge goes by its type."
              : " Nobody will hear of it. A NoSuchFileException alone says: nothing yet.";
      return Optional.of(attempt.told() + hint);
    }
    return Optional.empty();
  }

  private static Optional<String> isInterrupted(Run<?> run) {
    var step = TailAGrowingFile.tail(new File(""), new ArrayBlockingQueue<>(1), new Clock(true));
    String what = "the step was interrupted while it slept, and ";
    try {
      boolean flag =
          run.inTime(
              "the step",
              () ->
                  step.attempt(START, "tail") instanceof TailAGrowingFile.Continue
                      && Thread.currentThread().isInterrupted());
      return flag
          ? Optional.of(
              what
                  + "went on with the thread's flag up. Each sleep will be over at once from now"
                  + " on, and it asks for the file as fast as it can.")
          : Optional.empty();
    } catch (Over e) {
      return Optional.of(what + "slept again. A step waits once, and returns.");
    } catch (Exception e) {
      return Optional.of(what + "threw " + e + ".");
    }
  }

  private static Optional<String> verdicts(Run<?> run) throws Exception {
    var judge = specAt(START).judge();
    record Case(Exception thrown, TailAGrowingFile.Verdict<TailAGrowingFile.Place> verdict) {}
    for (var it :
        List.of(
            new Case(new TailAGrowingFile.FileWasCut(0), new TailAGrowingFile.SkipTo<>(START)),
            new Case(new AccessDeniedException("x.log"), new TailAGrowingFile.GiveUp<>()),
            new Case(new IOException("the disk is far away"), new TailAGrowingFile.Retry<>()),
            new Case(new IllegalStateException("odd"), new TailAGrowingFile.Retry<>()))) {
      var failure = new TailAGrowingFile.Failure<>(it.thrown, THIRD, "tail");
      var verdict = run.inTime("the verdict", () -> judge.verdictOn(failure));
      if (!it.verdict.equals(verdict))
        return Optional.of(
            "the child's judge was asked about %s. It should say %s, and said %s."
                .formatted(failure, it.verdict, verdict));
    }
    return Optional.empty();
  }

  private static Optional<String> child(Run<?> run) {
    var spec = specAt(SECOND);
    if (!spec.id().equals("tail"))
      return Optional.of("the child should be called \"tail\", and is called " + spec.id() + ".");
    if (!spec.initial().equals(SECOND))
      return Optional.of(
          "the child should begin at %s, and begins at %s.".formatted(SECOND, spec.initial()));
    if (spec.restart() != TailAGrowingFile.Restart.PERMANENT)
      return Optional.of(
          "the child is %s. Suppose that its step says Done, by mistake: nobody would follow the file any more. Which kind of child is restarted even then?"
              .formatted(spec.restart()));
    return Optional.empty();
  }

  private static TailAGrowingFile.ChildSpec<TailAGrowingFile.Place> specAt(
      TailAGrowingFile.Place from) {
    return TailAGrowingFile.specOf(
        new File(""), new ArrayBlockingQueue<>(1), new Clock(false), from);
  }

  // --- one attempt ---

  private static Attempt attempt(List<TailAGrowingFile.Line> lines, int sleeps, Object outcome) {
    return new Attempt(File.missing(), START, lines, sleeps, outcome);
  }

  /// What a step did at `place` in `file`.
  private record Attempt(
      File file,
      TailAGrowingFile.Place place,
      List<TailAGrowingFile.Line> lines,
      int sleeps,
      Object outcome) {

    static Attempt at(Run<?> run, File file, TailAGrowingFile.Place place) {
      var lines = new ArrayBlockingQueue<TailAGrowingFile.Line>(10);
      var clock = new Clock(false);
      var outcome = outcomeOf(run, TailAGrowingFile.tail(file, lines, clock), place);
      return new Attempt(file, place, List.copyOf(lines), clock.sleeps, outcome);
    }

    Optional<String> unless(Attempt expected, String hint) {
      var should = new ArrayList<String>();
      if (!lines.equals(expected.lines)) should.add(expected.put());
      if (sleeps != expected.sleeps) should.add(expected.slept());
      if (!expected.outcome.equals(outcome)) should.add(expected.returned());
      return should.isEmpty()
          ? Optional.empty()
          : Optional.of(
              told() + " It should have %s.".formatted(String.join(", and ", should)) + hint);
    }

    String told() {
      return "%s A step at %s has %s, %s, and %s."
          .formatted(file, place, put(), slept(), returned());
    }

    private String put() {
      return lines.isEmpty() ? "put nothing" : "put " + lines;
    }

    private String slept() {
      return switch (sleeps) {
        case 0 -> "not slept on the time that it was given";
        case 1 -> "slept once";
        default -> "slept again and again";
      };
    }

    private String returned() {
      return "returned " + outcome;
    }
  }

  /// What the step returned, or threw.
  private static Object outcomeOf(
      Run<?> run,
      TailAGrowingFile.Step<TailAGrowingFile.Place> step,
      TailAGrowingFile.Place place) {
    try {
      return run.inTime("the step", () -> step.attempt(place, "tail"));
    } catch (Over e) {
      return "nothing, since it goes round in a loop of its own";
    } catch (Exception e) {
      return "nothing, but threw " + e;
    }
  }

  /// Ends a step that would go on for ever.
  private static final class Over extends Error {}

  private static final int OFTEN = 5;

  private static final class File implements TailAGrowingFile.GrowingFile {
    private final byte[] bytes;
    private final IOException thrown;
    private int reads;

    File(String text) {
      this(text.getBytes(StandardCharsets.UTF_8), -1);
    }

    /// @param length of the file, or -1 for all of `bytes`
    File(byte[] bytes, int length) {
      this(length < 0 ? bytes : Arrays.copyOf(bytes, length), null);
    }

    private File(byte[] bytes, IOException thrown) {
      this.bytes = bytes;
      this.thrown = thrown;
    }

    static File missing() {
      return failing(new NoSuchFileException("server.log"));
    }

    static File failing(IOException thrown) {
      return new File(null, thrown);
    }

    @Override
    public TailAGrowingFile.Piece read(long position) throws IOException {
      if (++reads > OFTEN) throw new Over();
      if (bytes == null) throw thrown;
      int end = (int) Math.min(position, bytes.length);
      int start = end;
      while (end < bytes.length && (end == start || bytes[end - 1] != '\n')) end++;
      return new TailAGrowingFile.Piece(Arrays.copyOfRange(bytes, start, end), bytes.length);
    }

    @Override
    public String toString() {
      if (thrown instanceof NoSuchFileException) return "there is no file.";
      if (bytes == null) return "reading the file throws " + thrown + ".";
      String text = new String(bytes, StandardCharsets.UTF_8).replace("\n", "\\n");
      return "the file is \"" + text + "\".";
    }
  }

  /// Notes who sleeps, and wakes them at once.
  private static final class Clock implements TailAGrowingFile.Time {
    private final boolean interrupts;
    private int sleeps;

    Clock(boolean interrupts) {
      this.interrupts = interrupts;
    }

    @Override
    public long nanos() {
      return 0;
    }

    @Override
    public void sleep(Duration pause) throws InterruptedException {
      if (++sleeps > OFTEN) throw new Over();
      if (interrupts) throw new InterruptedException();
    }
  }
}
