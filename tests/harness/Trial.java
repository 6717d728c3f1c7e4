package harness;

import static harness.Verdict.Way.*;

import harness.Stage.NotAsAsked;
import harness.Stage.NotOffered;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/// How the checks behind the promises run a program. A check runs it on a few scripts, from the smallest
/// up, and reports the smallest one that shows the promise broken.
final class Trial {

  private static final int RANDOM_SCRIPTS = 60;

  static boolean isTold(Run<?> run) throws Exception {
    return run.told() || run.stage().ended();
  }

  /// Whether it restarted at first, and the last thing that happened at the log is a failure.
  static boolean gaveUp(Run<?> run) {
    var attempts = run.timeline().entries().stream().filter(Mistake::isAttempt).toList();
    return attempts.stream().filter(Mistake::isFault).count() > 1
        && attempts.getLast().kind() != Timeline.Kind.END;
  }

  // ---- running ----

  /// A judge looks at a run in progress. It may throw [NotOffered], which breaks the promise too.
  interface Judge {
    Optional<Broken> judge(Run<?> run) throws Exception;
  }

  /// Judges a run on each script, up to the first one that breaks the promise.
  static Verdict each(Subject subject, List<Script> scripts, Judge judge) {
    return each(subject, scripts, Run.Conditions.USUAL, judge);
  }

  static Verdict each(
      Subject subject, List<Script> scripts, Run.Conditions conditions, Judge judge) {
    for (Script script : scripts) {
      var broken = once(subject, script, conditions, judge);
      if (broken.isPresent()) return broken.get();
    }
    return new Kept();
  }

  /// The first verdict that isn't [Kept], if there is one.
  @SafeVarargs
  static Verdict first(Supplier<Verdict>... checks) {
    for (var check : checks) {
      Verdict verdict = check.get();
      if (verdict instanceof Broken) return verdict;
    }
    return new Kept();
  }

  /// As [#each], and shrinks the script that breaks the promise.
  static Verdict smallest(Subject subject, List<Script> scripts, Judge judge) {
    return each(subject, scripts, judge) instanceof Broken broken
        ? shrunk(broken, script -> once(subject, script, Run.Conditions.USUAL, judge))
        : new Kept();
  }

  static Broken shrunk(Broken broken, Function<Script, Optional<Broken>> judged) {
    // each try would leave one more busy thread behind, and what never starts shows nothing
    if (broken.way() == BUSY || broken.way() == NOT_STARTED) return broken;
    for (Script smaller : broken.script().smaller()) {
      var again = judged.apply(smaller).filter(broken::isLike);
      if (again.isPresent()) return shrunk(again.get(), judged);
    }
    return broken;
  }

  static Optional<Broken> once(
      Subject subject, Script script, Run.Conditions conditions, Judge judge) {
    var stage = subject.stage();
    try (var run = Run.start(stage, script, conditions)) {
      var broken = judged(run, judge);
      if (run.busy().isEmpty()) return broken;
      String what =
          "for %d seconds nothing happened, but there still is a %s."
              .formatted(Run.PATIENCE.toSeconds(), run.busy().get());
      boolean locked = run.busy().get().thread().getState() == Thread.State.BLOCKED;
      Mistake mistake = locked ? Mistake.WAITS_FOR_A_LOCK : Mistake.LOOPS_FOR_EVER;
      return Optional.of(Broken.in(run, BUSY, what, mistake));
    } catch (Run.StartFailed e) {
      return Optional.of(
          new Broken(NOT_STARTED, e.getMessage(), Optional.empty(), script, new Timeline()));
    }
  }

  static Verdict steps(Subject subject, Judge judge) {
    return alone(subject, Script.of(5, 3, "read@2"), judge);
  }

  /// Judges a run that nobody starts: the judge calls what it wants to see.
  static Verdict alone(Subject subject, Script script, Judge judge) {
    try (var run = new Run<>(subject.stage(), script)) {
      return judged(run, judge).<Verdict>map(broken -> broken).orElseGet(Kept::new);
    }
  }

  static Optional<Broken> judged(Run<?> run, Judge judge) {
    try {
      return judge.judge(run);
    } catch (NotOffered e) {
      return broken(run, NOTHING_TO_CALL, e.getMessage() + ".");
    } catch (NotAsAsked e) {
      return Optional.of(
          new Broken(NOT_AS_ASKED, e.getMessage(), e.mistake, run.script(), run.timeline()));
    } catch (Run.NeverCameBack e) {
      String advice =
          run.started()
              ? " Each wait of a stop has a bound, and then it says who is still there."
              : " A step is one attempt, and then it returns.";
      return broken(run, NEVER_RETURNS, e.getMessage() + "." + advice);
    } catch (Exception | Error e) { // the program's: whatever it is, it goes to its author
      boolean unwritten = e instanceof UnsupportedOperationException;
      String advice = run.started() || unwritten ? "" : " A step returns its failure as a value.";
      return broken(run, THROWS, thrown(e) + advice);
    }
  }

  // ---- words ----

  /// What the program threw, and where.
  static String thrown(Throwable e) {
    String place = Law.placeOf(e).isEmpty() ? "" : " That was" + Law.placeOf(e) + ".";
    return "it threw " + e.toString().replaceAll("[.!]$", "") + "." + place;
  }

  static Optional<Broken> broken(Run<?> run, Way way, String what) {
    return Optional.of(Broken.in(run, way, what));
  }

  static Optional<Broken> broken(Run<?> run, Way way, String what, Mistake mistake) {
    return Optional.of(Broken.in(run, way, what, mistake));
  }

  /// If a restart begins at the wrong place, then all else follows from that.
  static Optional<Mistake> wrongPlace(Run<?> run) {
    return Mistake.in(run).filter(Mistake::isWrongPlace);
  }

  static <E> Object stepOf(Run<E> run, long offset) throws Exception {
    return run.inTime("the step", () -> run.stage().step(run, offset));
  }

  /// What the exercise knows about it is better than what we could guess.
  static Broken foreignEvent(Run<?> run) throws Exception {
    var complaint = complaintOf(run);
    return complaint.isEmpty()
        ? Broken.in(run, OUT_OF_ORDER, "an event arrived that the log never gave out.")
        : new Broken(OUT_OF_ORDER, complaint.get(), Optional.empty(), run.script(), run.timeline());
  }

  static String unclear(String what, String offset, String operation, List<String> failures) {
    return "the %s failed: it should say %s, \"Session has timed out.\"%s. What can be read is %s."
        .formatted(
            what,
            offset,
            operation.isEmpty() ? "" : " and \"" + operation + "\"",
            failures.subList(0, Math.min(3, failures.size())));
  }

  static <E> Optional<String> complaintOf(Run<E> run) throws Exception {
    return run.stage().complaint(run);
  }

  static <E> List<String> failuresOf(Run<E> run) throws Exception {
    return run.stage().failures(run);
  }

  /// What can be read about failures, or nothing where nothing is offered.
  static <E> List<String> failuresIfAny(Run<E> run) {
    try {
      return failuresOf(run);
    } catch (Exception e) {
      return List.of();
    }
  }

  static List<Script> scripts(Script... small) {
    var scripts = new ArrayList<>(List.of(small));
    for (long seed = 1; seed <= RANDOM_SCRIPTS; seed++) scripts.add(Script.random(seed, 8, 4));
    return scripts;
  }

  static List<Long> allOf(Run<?> run) {
    return new ArrayList<>(LongStream.range(0, run.script().events()).boxed().toList());
  }

  static String arrivals(Run<?> run) {
    var arrived = run.arrived();
    if (arrived.isEmpty()) return "nothing arrived";
    if (arrived.contains(-1L)) return "something arrived that the log never gave out";
    var missing = new ArrayList<>(allOf(run));
    missing.removeAll(arrived);
    String came =
        "what arrived is " + (arrived.size() > 20 ? arrived.subList(0, 20) + "…" : arrived);
    if (missing.isEmpty()) return came;
    return came + ", and offset " + missing.getFirst() + " never came";
  }

  static boolean putAfterFault(Run<?> run) {
    var entries = run.timeline().entries();
    int fault = 0;
    while (fault < entries.size() && !Mistake.isFault(entries.get(fault))) fault++;
    return entries.stream().skip(fault).anyMatch(e -> e.kind() == Timeline.Kind.PUT);
  }

  static long attempts(Run<?> run) {
    return run.timeline().entries().stream().filter(Mistake::isAttempt).count();
  }

  static long attempts(Run<?> run, long offset) {
    return run.timeline().entries().stream()
        .filter(entry -> Mistake.isAttempt(entry) && entry.offset() == offset)
        .count();
  }

  /// Whether the consumer is told the same as at the end of a log, whatever the offset.
  static boolean endsLikeALog(Run<?> run) throws Exception {
    var stage = run.stage().getClass().getDeclaredConstructor();
    stage.setAccessible(true);
    try (var other = Run.start((Stage<?>) stage.newInstance(), Script.of(1, 0))) {
      String end = other.drain().end();
      return end.replaceAll("\\d+", "").equals(run.end().replaceAll("\\d+", ""));
    }
  }

  private Trial() {}
}
