import harness.Run;
import harness.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/// Exercise 08-b as the harness sees it: a log behind sessions. Once a read has timed out, its session
/// is broken, and each further read in it times out, without asking the log.
public final class Exercise08b implements Stage<Exercise08b.Event> {

  public record Event(long offset) {}

  private static final Event THE_END = new Event(-1);

  private BlockingQueue<Event> events;
  private AFreshSession.Supervisor<Long> supervisor;
  private long last = -1;

  @Override
  public Event event(long offset) {
    return new Event(offset);
  }

  private static final class NoMore extends RuntimeException {}

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new NoMore();
  }

  private static final class LogSession implements AFreshSession.Session<Long> {
    private final Run<Event> run;
    private final BlockingQueue<Event> events;
    private Optional<RuntimeException> broken = Optional.empty();

    LogSession(Run<Event> run, BlockingQueue<Event> events) {
      this.run = run;
      this.events = events;
    }

    @Override
    public AFreshSession.Outcome<Long> run(Long offset) throws Exception {
      if (broken.isPresent()) throw broken.get();
      Event event;
      try {
        event = run.take(offset);
      } catch (NoMore e) {
        return new AFreshSession.Done<>(offset);
      } catch (RuntimeException e) {
        broken = Optional.of(e);
        throw e;
      }
      events.put(event);
      return new AFreshSession.Continue<>(offset + 1);
    }

    @Override
    public void close() {}
  }

  @Override
  public void start(Run<Event> run) {
    resume(run, 0);
  }

  @Override
  public void resume(Run<Event> run, long from) {
    events =
        run.channel(event -> event == THE_END ? Optional.empty() : Optional.of(event), this::isNew);
    AFreshSession.Opening<Long> opening = () -> new LogSession(run, events);
    supervisor =
        AFreshSession.Supervisor.start(
            AFreshSession.ChildSpec.of("clicks", from, opening),
            event -> run.print("" + event),
            timeOf(run),
            run.random());
    run.hold(supervisor.exit);
  }

  private static AFreshSession.Time timeOf(Run<?> run) {
    return new AFreshSession.Time() {
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

  private boolean isNew(Event event) {
    if (event == THE_END) return true;
    if (event.offset() <= last) return false;
    last = event.offset();
    return true;
  }

  @Override
  public boolean tellsItsEnd() {
    return false;
  }

  @Override
  public List<String> failures(Run<Event> run) {
    return run.printed().stream().filter(line -> line.contains("Crashed")).toList();
  }

  @Override
  public String operation(String what) {
    return "clicks";
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
    if (supervisor.join() instanceof AFreshSession.Stopped<Long>(Long offset)) return offset;
    throw new NotOffered("it did not stop, it returned " + supervisor.join());
  }

  @Override
  public boolean drain(Duration within) throws InterruptedException {
    return supervisor.stop(within).isEmpty()
        && events.offer(THE_END, within.toNanos(), TimeUnit.NANOSECONDS);
  }

  // --- what the harness doesn't ask: when sessions are opened and closed ---

  @Override
  public Optional<String> complaint(Run<Event> run) throws Exception {
    if (run.printed().stream().noneMatch(line -> line.contains("@3")))
      return Optional.empty(); // the check runs two scripts, and once is enough
    for (var question :
        List.<Question>of(
            Exercise08b::stepFails,
            Exercise08b::openFails,
            Exercise08b::openAlwaysFails,
            Exercise08b::openIsInterrupted,
            Exercise08b::closeFailsAfterAFailure,
            Exercise08b::closeThrowsTheSame,
            Exercise08b::closeFailsAtTheEnd,
            Exercise08b::stepSaysWhereToGoOn,
            Exercise08b::stoppedInAStep,
            Exercise08b::stoppedByAStep,
            Exercise08b::stoppedInAPause,
            Exercise08b::stoppedInOpen,
            Exercise08b::stoppedBeforeOpen,
            Exercise08b::stepDies,
            Exercise08b::openDies)) {
      var complaint = question.ask();
      if (complaint.isPresent()) return complaint;
    }
    return Optional.empty();
  }

  private interface Question {
    Optional<String> ask() throws Exception;
  }

  private static Optional<String> stepFails() throws Exception {
    var scene = new Scene("step 1 fails once, and with it its session");
    scene.breaksAt = 1;
    return scene.goes(
        "open 1",
        "step 0",
        "step 1 fails",
        "close 1",
        "pause",
        "open 2",
        "step 1",
        "step 2 is the end",
        "close 2",
        "ended");
  }

  private static Optional<String> openFails() throws Exception {
    var scene = new Scene("sessions 1 and 3 can't be opened, and step 1 fails once");
    scene.breaksAt = 1;
    scene.opens = number -> number != 1 && number != 3;
    return scene
        .goes(
            "open 1 fails",
            "pause",
            "open 2",
            "step 0",
            "step 1 fails",
            "close 2",
            "pause",
            "open 3 fails",
            "pause",
            "open 4",
            "step 1",
            "step 2 is the end",
            "close 4",
            "ended")
        .or(() -> scene.judges("0 can't open 1", "1 fails", "1 can't open 3"));
  }

  private static Optional<String> openAlwaysFails() throws Exception {
    var scene = new Scene("no session can be opened, and two restarts are allowed");
    scene.opens = _ -> false;
    return scene
        .goes("open 1 fails", "pause", "open 2 fails", "pause", "open 3 fails", "ended")
        .or(() ->
            scene.exits(
                exit ->
                    exit instanceof AFreshSession.Failed<Integer>(var failure)
                        && failure.state() == 0
                        && ("" + failure.exception()).contains("can't open 3"),
                "Failed, with state 0 and the last reason"));
  }

  private static Optional<String> openIsInterrupted() throws Exception {
    var scene =
        new Scene("a stranger interrupts the first opening, and nobody has asked for a stop");
    scene.interruptedAt = "open 1 is interrupted";
    return scene.goes(
        "open 1 is interrupted",
        "pause",
        "open 2",
        "step 0",
        "step 1",
        "step 2 is the end",
        "close 2",
        "ended");
  }

  private static Optional<String> closeFailsAfterAFailure() throws Exception {
    var scene = new Scene("step 1 fails once, and so does the close after it");
    scene.breaksAt = 1;
    scene.closes = number -> number != 1;
    return scene
        .goes(
            "open 1",
            "step 0",
            "step 1 fails",
            "close 1 fails",
            "pause",
            "open 2",
            "step 1",
            "step 2 is the end",
            "close 2",
            "ended")
        .or(() -> scene.judges("1 fails"))
        .or(() ->
            List.of(scene.supervisor().status().lastFailure().get().exception().getSuppressed())
                    .toString()
                    .contains("can't close 1")
                ? Optional.empty()
                : Optional.of(
                    scene.what
                        + ". The step's failure is told, but what close threw is not among its"
                        + " suppressed exceptions."));
  }

  private static Optional<String> closeThrowsTheSame() throws Exception {
    var scene =
        new Scene("step 1 fails once, and the close after it throws the very same exception again");
    scene.breaksAt = 1;
    scene.closeThrowsTheSame = true;
    return scene
        .goes(
            "open 1",
            "step 0",
            "step 1 fails",
            "close 1 fails",
            "pause",
            "open 2",
            "step 1",
            "step 2 is the end",
            "close 2",
            "ended")
        .map(complaint -> complaint + " An exception can't be suppressed in itself.");
  }

  private static Optional<String> closeFailsAtTheEnd() throws Exception {
    var scene = new Scene("no step fails, but the first close does");
    scene.closes = number -> number != 1;
    return scene
        .goes(
            "open 1",
            "step 0",
            "step 1",
            "step 2 is the end",
            "close 1 fails",
            "pause",
            "open 2",
            "step 2 is the end",
            "close 2",
            "ended")
        .or(() -> scene.judges("2 can't close 1"));
  }

  private static Optional<String> stepSaysWhereToGoOn() throws Exception {
    var scene = new Scene("step 0 gets as far as 2, and returns a failure that says so");
    scene.leaps = true;
    return scene.goes(
        "open 1",
        "step 0 fails at 2",
        "close 1",
        "pause",
        "open 2",
        "step 2 is the end",
        "close 2",
        "ended");
  }

  private static Optional<String> stoppedInAStep() throws Exception {
    var scene = new Scene("step 1 waits, it's asked to stop, and the close fails");
    scene.waitsAt = "step 1 waits";
    scene.closes = _ -> false;
    return scene
        .stopped()
        .or(() -> scene.went("open 1", "step 0", "step 1 waits", "close 1 fails", "ended"))
        .or(() -> scene.exits(new AFreshSession.Stopped<>(1)::equals, "Stopped at 1"));
  }

  private static Optional<String> stoppedByAStep() throws Exception {
    var scene = new Scene("step 0 asks for a stop, and is done to its end. Then the close fails");
    scene.stopsAt = 0;
    scene.closes = _ -> false;
    return scene
        .goes("open 1", "step 0", "close 1 fails", "ended")
        .or(() -> scene.exits(new AFreshSession.Stopped<>(1)::equals, "Stopped at 1"));
  }

  private static Optional<String> stoppedInAPause() throws Exception {
    var scene = new Scene("step 1 fails, and in the pause it's asked to stop");
    scene.breaksAt = 1;
    scene.waitsAt = "pause";
    return scene
        .stopped()
        .or(() -> scene.went("open 1", "step 0", "step 1 fails", "close 1", "pause", "ended"))
        .or(() -> scene.exits(new AFreshSession.Stopped<>(1)::equals, "Stopped at 1"));
  }

  private static Optional<String> stoppedInOpen() throws Exception {
    var scene = new Scene("the opening takes long, and it's asked to stop");
    scene.waitsAt = "open 1 waits";
    return scene
        .stopped()
        .or(() -> scene.went("open 1 waits", "ended"))
        .or(() -> scene.exits(new AFreshSession.Stopped<>(0)::equals, "Stopped at 0"));
  }

  /// The stop comes before the opening, and must not be forgotten with its interrupt.
  private static Optional<String> stoppedBeforeOpen() throws Exception {
    var scene =
        new Scene(
            "the listener, told of the start, asks for a stop. Opening a session takes for ever");
    scene.waitsAt = "open 1 waits";
    scene.stopsAtStart = true;
    return scene
        .ended()
        .or(() -> scene.exits(new AFreshSession.Stopped<>(0)::equals, "Stopped at 0"))
        .map(complaint ->
            complaint
                + " When is the old interrupt forgotten, and when does it look whether it was asked"
                + " to stop?");
  }

  private static Optional<String> stepDies() throws Exception {
    var scene = new Scene("step 1 dies of an Error, and then the close fails");
    scene.diesAt = "step 1 dies";
    scene.closes = _ -> false;
    return scene.goes("open 1", "step 0", "step 1 dies", "close 1 fails", "ended").or(scene::died);
  }

  private static Optional<String> openDies() throws Exception {
    var scene = new Scene("the opening dies of an Error");
    scene.diesAt = "open 1 dies";
    return scene.goes("open 1 dies", "ended").or(scene::died);
  }

  // --- a supervisor of which the harness sees nothing ---

  /// Work of the steps 0, 1 and 2, of which the last one is the end, and what can go wrong with it.
  private static final class Scene implements AFreshSession.Time {
    final String what;
    int breaksAt = -1;
    int stopsAt = -1;
    Predicate<Integer> opens = _ -> true;
    Predicate<Integer> closes = _ -> true;
    boolean closeThrowsTheSame;
    boolean leaps;
    boolean stopsAtStart;
    String waitsAt = "";
    String interruptedAt = "";
    String diesAt = "";

    private final List<String> noted = Collections.synchronizedList(new ArrayList<>());
    private final List<String> judged = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch waits = new CountDownLatch(1);
    private final CompletableFuture<AFreshSession.Supervisor<Integer>> started =
        new CompletableFuture<>();
    private int sessions;
    private boolean hasBroken;

    Scene(String what) {
      this.what = what;
    }

    AFreshSession.Supervisor<Integer> supervisor() {
      return started.getNow(null);
    }

    private void start() {
      var spec =
          AFreshSession.ChildSpec.of("work", 0, this::open)
              .with(new AFreshSession.Intensity(2, Duration.ofMinutes(1)))
              .with(this::verdictOn);
      started.complete(AFreshSession.Supervisor.start(spec, this::hear, this, new Random(1)));
    }

    private AFreshSession.Verdict<Integer> verdictOn(AFreshSession.Failure<Integer> failure) {
      judged.add(failure.state() + " " + failure.exception().getMessage());
      return new AFreshSession.Retry<>();
    }

    private void hear(AFreshSession.Event event) throws Exception {
      if (event instanceof AFreshSession.Ended) note("ended");
      if (stopsAtStart && event instanceof AFreshSession.Started) started.get().stop();
    }

    // what the program calls

    private AFreshSession.Session<Integer> open() throws Exception {
      int number = ++sessions;
      String name = "open " + number;
      maybeWait(name);
      if (interruptedAt.equals(name + " is interrupted")) {
        note(interruptedAt);
        throw new InterruptedException();
      }
      if (!opens.test(number)) {
        note(name + " fails");
        throw new IllegalStateException("can't open " + number);
      }
      maybeDie(name);
      note(name);
      return new Opened(number);
    }

    private final class Opened implements AFreshSession.Session<Integer> {
      private final int number;
      private Optional<Exception> broken = Optional.empty();

      Opened(int number) {
        this.number = number;
      }

      @Override
      public AFreshSession.Outcome<Integer> run(Integer state) throws Exception {
        String name = "step " + state;
        maybeWait(name);
        maybeDie(name);
        if (state == breaksAt && !hasBroken) {
          hasBroken = true;
          broken = Optional.of(new IllegalStateException("fails"));
        }
        if (broken.isPresent()) {
          note(name + " fails");
          throw broken.get();
        }
        if (leaps && state == 0) {
          note(name + " fails at 2");
          return new AFreshSession.Failed<>(
              new AFreshSession.Failure<>(new IllegalStateException("fails"), 2, "work"));
        }
        note(state == 2 ? name + " is the end" : name);
        if (state == stopsAt) started.get().stop();
        return state == 2
            ? new AFreshSession.Done<>(state)
            : new AFreshSession.Continue<>(state + 1);
      }

      @Override
      public void close() throws Exception {
        if (closeThrowsTheSame && broken.isPresent()) {
          note("close " + number + " fails");
          throw broken.get();
        }
        note(closes.test(number) ? "close " + number : "close " + number + " fails");
        if (!closes.test(number)) throw new IllegalStateException("can't close " + number);
      }
    }

    @Override
    public long nanos() {
      return 0;
    }

    @Override
    public void sleep(Duration pause) throws InterruptedException {
      note("pause");
      if (!waitsAt.equals("pause")) return;
      waits.countDown();
      new CountDownLatch(1).await();
    }

    private void maybeWait(String name) throws InterruptedException {
      if (!waitsAt.equals(name + " waits")) return;
      note(waitsAt);
      waits.countDown();
      new CountDownLatch(1).await();
    }

    private void maybeDie(String name) {
      if (!diesAt.equals(name + " dies")) return;
      note(diesAt);
      throw new AssertionError("The decoder is broken.");
    }

    private void note(String note) {
      if (noted.size() == MANY) throw new Over();
      noted.add(note);
    }

    // what the harness knows

    /// Runs it to its end, and compares what happened.
    Optional<String> goes(String... expected) throws InterruptedException {
      return ended().or(() -> went(expected));
    }

    Optional<String> ended() throws InterruptedException {
      start();
      try {
        supervisor().exit.get(2, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        String complaint =
            what + ". It went: %s. Two seconds later, it had not ended.".formatted(shown());
        supervisor().stop(Duration.ofSeconds(1));
        return Optional.of(complaint);
      } catch (ExecutionException e) {
        // some should
      }
      return Optional.empty();
    }

    /// Stops it where it waits.
    Optional<String> stopped() throws InterruptedException {
      start();
      waits.await(2, TimeUnit.SECONDS);
      return supervisor()
          .stop(Duration.ofSeconds(2))
          .map(unstopped -> what + ". It went: %s. Then: %s".formatted(shown(), unstopped));
    }

    Optional<String> went(String... expected) {
      if (noted.equals(List.of(expected))) return Optional.empty();
      return Optional.of(
          what
              + ". It went: %s.%s It should go: %s. %s"
                  .formatted(shown(), death(), String.join(", ", expected), difference(expected)));
    }

    /// What it died of, if it should not have died.
    private String death() {
      var exit = supervisor().exit;
      return exit.state() == Future.State.FAILED && !(exit.exceptionNow() instanceof AssertionError)
          ? " It died of " + exit.exceptionNow() + "."
          : "";
    }

    private String difference(String... expected) {
      int i = 0;
      while (i < noted.size() && i < expected.length && noted.get(i).equals(expected[i])) i++;
      String after = i == 0 ? "At first" : "After \"%s\"".formatted(expected[i - 1]);
      String should = i < expected.length ? "\"%s\"".formatted(expected[i]) : "nothing";
      String came = i < noted.size() ? "\"%s\"".formatted(noted.get(i)) : "nothing";
      return "%s should come %s, and came %s.".formatted(after, should, came);
    }

    private String shown() {
      return noted.isEmpty() ? "nothing happened" : String.join(", ", List.copyOf(noted));
    }

    Optional<String> judges(String... expected) {
      if (judged.equals(List.of(expected))) return Optional.empty();
      return Optional.of(
          what
              + ". The judge should be asked about these states and reasons: '%s'. It was asked about '%s'."
                  .formatted(String.join("', '", expected), String.join("', '", judged)));
    }

    Optional<String> exits(Predicate<AFreshSession.Exit<Integer>> asItShould, String expected) {
      var exit = supervisor().exit;
      String came =
          switch (exit.state()) {
            case SUCCESS -> asItShould.test(exit.resultNow()) ? "" : "" + exit.resultNow();
            case FAILED -> "" + exit.exceptionNow();
            default -> "not there yet";
          };
      return came.isEmpty()
          ? Optional.empty()
          : Optional.of(
              what
                  + ". It went: %s. The exit should be %s, and is %s."
                      .formatted(shown(), expected, came));
    }

    Optional<String> died() {
      return supervisor().exit.state() == Future.State.FAILED
              && supervisor().exit.exceptionNow() instanceof AssertionError
          ? Optional.empty()
          : Optional.of(
              what
                  + ". It went: %s. The Error should come out of join(), and its future is %s."
                      .formatted(shown(), supervisor().exit));
    }
  }

  private static final int MANY = 30;

  private static final class Over extends Error {}
}
