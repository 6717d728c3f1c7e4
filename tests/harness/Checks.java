package harness;

import static harness.Verdict.Way.*;

import harness.Stage.NotOffered;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.LongStream;

/// The checks behind the promises, one each. A check runs a program on a few scripts, from the smallest
/// up, and reports the smallest one that shows the promise broken.
final class Checks {

  private static final int RANDOM_SCRIPTS = 60;

  static Verdict inOrder(Subject subject) {
    var scripts = new ArrayList<>(List.of(Script.of(5, 0), Script.of(1, 0), Script.of(50, 3)));
    for (int offset = 0; offset < 4; offset++)
      for (String what : List.of("read@", "put@")) scripts.add(Script.of(4, 0, what + offset));
    return smallest(
        subject,
        scripts,
        run -> {
          var arrived = run.drain().arrived();
          boolean noFault = run.script().faults().isEmpty();
          if (noFault && arrived.equals(allOf(run))) return Optional.empty();
          if (arrived.contains(-1L)) return Optional.of(foreignEvent(run));
          for (int i = 1; i < arrived.size(); i++)
            if (arrived.get(i) < arrived.get(i - 1))
              return broken(
                  run,
                  OUT_OF_ORDER,
                  "offset %d came after offset %d: %s."
                      .formatted(arrived.get(i), arrived.get(i - 1), arrivals(run)));
          if (!noFault) return Optional.empty(); // a loss is the business of another promise
          boolean missing = !arrived.containsAll(allOf(run));
          return broken(run, missing ? LOST : TWICE, "without any fault, " + arrivals(run) + ".");
        });
  }

  static Verdict backpressure(Subject subject) {
    return smallest(
        subject,
        List.of(Script.of(20, 0), Script.of(20, 2)),
        run -> {
          for (int i = 0; i < 3; i++) run.next();
          run.quiet();
          var reads = new TreeSet<Long>();
          for (var entry : run.timeline().entries())
            if (entry.kind() == Timeline.Kind.READ) reads.add(entry.offset());
          int most = run.arrived().size() + run.script().capacity() + 1;
          if (reads.size() > most) {
            String what =
                "the consumer took %d events and the channel holds %d, but %d were read: at most %d should be."
                    .formatted(run.arrived().size(), run.script().capacity(), reads.size(), most);
            boolean everything = reads.size() >= run.script().events();
            Mistake mistake =
                everything ? Mistake.READS_WITHOUT_BOUND : Mistake.HOLDS_MORE_THAN_ONE;
            return Optional.of(Broken.in(run, READS_AHEAD, what, Mistake.in(run).orElse(mistake)));
          }
          if (run.drain().arrived().equals(allOf(run))) return Optional.empty();
          return broken(run, LOST, "after a pause of the consumer, " + arrivals(run) + ".");
        });
  }

  static Verdict oneStep(Subject subject) {
    return steps(
        subject,
        run -> {
          var offsetOne = stepOf(run, 1);
          if (offsetOne == null) return broken(run, UNCLEAR, "the step returned null.");
          if (!run.drain().arrived().equals(List.of(1L)))
            return broken(run, LOST, "a step at offset 1 put " + arrivals(run) + ".");
          var failed = stepOf(run, 2);
          if (failed == null || failed.equals(offsetOne))
            return broken(run, UNCLEAR, "a step that failed returned " + failed + ".");
          if (!run.drain().arrived().equals(List.of(1L)))
            return broken(run, OUT_OF_ORDER, "a step that failed still put an event.");
          return Optional.empty();
        });
  }

  static Verdict failureIsAValue(Subject subject) {
    return each(
        subject,
        List.of(Script.of(5, 0, "read@3"), Script.of(5, 0, "put@2")),
        run -> {
          run.drain();
          String[] fault = run.script().faults().getFirst().split("@");
          String what = fault[0] + " at offset " + fault[1];
          String operation = run.stage().operation(fault[0]);
          var failures = failuresOf(run);
          if (failures.isEmpty()) return broken(run, UNTOLD, "the failure can't be read anywhere.");
          boolean clear =
              failures.stream()
                  .anyMatch(failure ->
                      failure.matches("(?s).*\\b" + fault[1] + "\\b.*")
                          && failure.contains("Session has timed out.")
                          && failure.contains(operation));
          if (!clear) return broken(run, UNCLEAR, unclear(what, fault[1], operation, failures));
          var complaint = complaintOf(run);
          return complaint.isPresent() ? broken(run, UNCLEAR, complaint.get()) : Optional.empty();
        });
  }

  static Verdict downstreamLivesOn(Subject subject) {
    return each(
        subject,
        List.of(Script.of(5, 0, "read@2")),
        run -> {
          run.drain();
          return putAfterFault(run)
              ? Optional.empty()
              : broken(
                  run, SILENCE, "the read at offset 2 failed once, and " + arrivals(run) + ".");
        });
  }

  static Verdict sameChannel(Subject subject) {
    return each(
        subject,
        List.of(Script.of(5, 2, "read@2")),
        run -> {
          run.drain();
          if (putAfterFault(run)) return Optional.empty();
          var mistake = Mistake.in(run);
          Way way = mistake.equals(Optional.of(Mistake.NEW_CHANNEL)) ? OTHER_CHANNEL : SILENCE;
          return broken(run, way, "after the failure at offset 2 the channel stays empty.");
        });
  }

  static Verdict nothingLost(Subject subject) {
    var scripts =
        scripts(
            Script.of(3, 0, "read@0"),
            Script.of(3, 0, "read@1"),
            Script.of(3, 2, "read@2"),
            Script.of(3, 1, "read@1", "read@1"),
            Script.of(3, 0, "read@1", "read@1", "read@1", "read@1", "read@1", "read@1"),
            Script.of(5, 0, "put@2"));
    return smallest(
        subject,
        scripts,
        run -> {
          run.drain();
          if (new HashSet<>(run.arrived()).containsAll(allOf(run))) return Optional.empty();
          boolean silent = !putAfterFault(run);
          return broken(run, silent ? SILENCE : LOST, arrivals(run) + ".");
        });
  }

  static Verdict nothingTwice(Subject subject) {
    var scripts =
        scripts(
            Script.of(3, 0),
            Script.of(3, 0, "read@1"),
            Script.of(3, 0, "put@1"),
            Script.of(3, 2, "put@2"));
    return smallest(
        subject,
        scripts,
        run -> {
          var seen = new HashSet<Long>();
          for (long offset : run.drain().arrived())
            if (!seen.add(offset))
              return broken(
                  run, TWICE, "offset " + offset + " arrived twice: " + arrivals(run) + ".");
          return Optional.empty();
        });
  }

  static Verdict itEnds(Subject subject) {
    return each(
        subject,
        List.of(Script.of(3, 0)),
        run -> {
          run.drain();
          if (run.spinning())
            return broken(run, SPINS, "the log has no more, and it is read past its end for ever.");
          return run.stage().ended()
              ? Optional.empty()
              : broken(run, SILENCE, "the log has no more, and the consumer was not told.");
        });
  }

  static Verdict itGivesUp(Subject subject) {
    return each(
        subject,
        List.of(Script.of(3, 0, "read@1*")),
        run -> {
          run.drain();
          return run.spinning()
              ? broken(run, SPINS, "the read at offset 1 fails for ever, and is retried for ever.")
              : Optional.empty();
        });
  }

  static Verdict itWaits(Subject subject) {
    return each(
        subject,
        List.of(Script.of(3, 0, "read@1", "read@1", "read@1")),
        run -> {
          run.drain();
          return run.pauses() > 0
              ? Optional.empty()
              : broken(
                  run, NEVER_WAITS, "three failures in a row, and not one pause between them.");
        });
  }

  static Verdict oneBadEvent(Subject subject) {
    return each(
        subject,
        List.of(Script.of(4, 0, "read@1*")),
        run -> {
          if (run.drain().arrived().containsAll(List.of(0L, 2L, 3L))) return Optional.empty();
          return broken(
              run,
              run.spinning() ? SPINS : SILENCE,
              "the event at offset 1 can't be read, and those behind it never come.");
        });
  }

  static Verdict itStops(Subject subject) {
    return each(
        subject,
        List.of(Script.of(20, 0)),
        run -> {
          run.next();
          run.quiet();
          run.stage().stop();
          var left = Threads.since(run.threadsBefore());
          return left.isEmpty()
              ? Optional.empty()
              : broken(run, SILENCE, "after the stop there is still a " + left.getFirst() + ".");
        });
  }

  static Verdict fatalIsFatal(Subject subject) {
    return each(
        subject,
        List.of(Script.of(4, 0, "fatal@1")),
        run -> {
          run.drain();
          String what = "the read at offset 1 ran out of memory, and ";
          long reads = attempts(run, 1);
          if (reads > 1) return broken(run, RESTARTS_ANYWAY, what + "was tried again.");
          boolean told =
              failuresIfAny(run).stream().anyMatch(failure -> failure.contains("OutOfMemoryError"));
          return told
              ? broken(run, DISGUISES, what + "that looks like any other failure.")
              : broken(run, SILENCE, what + "nobody knows.");
        });
  }

  // ---- running ----

  /// A judge looks at a run in progress. It may throw [NotOffered], which breaks the promise too.
  private interface Judge {
    Optional<Broken> judge(Run<?> run) throws Exception;
  }

  /// Judges a run on each script, up to the first one that breaks the promise.
  private static Verdict each(Subject subject, List<Script> scripts, Judge judge) {
    for (Script script : scripts) {
      var broken = once(subject, script, judge);
      if (broken.isPresent()) return broken.get();
    }
    return new Kept();
  }

  /// As [#each], and shrinks the script that breaks the promise.
  private static Verdict smallest(Subject subject, List<Script> scripts, Judge judge) {
    return each(subject, scripts, judge) instanceof Broken broken
        ? shrunk(broken, script -> once(subject, script, judge))
        : new Kept();
  }

  private static Broken shrunk(Broken broken, Function<Script, Optional<Broken>> judged) {
    if (broken.way() == BUSY) return broken; // each try would leave one more busy thread behind
    for (Script smaller : broken.script().smaller()) {
      var again = judged.apply(smaller).filter(broken::isLike);
      if (again.isPresent()) return shrunk(again.get(), judged);
    }
    return broken;
  }

  private static Optional<Broken> once(Subject subject, Script script, Judge judge) {
    var stage = subject.stage();
    try (var run = Run.start(stage, script)) {
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

  private static Verdict steps(Subject subject, Judge judge) {
    try (var run = new Run<>(subject.stage(), Script.of(5, 3, "read@2"))) {
      return judged(run, judge).<Verdict>map(broken -> broken).orElseGet(Kept::new);
    }
  }

  private static Optional<Broken> judged(Run<?> run, Judge judge) {
    try {
      return judge.judge(run);
    } catch (NotOffered e) {
      return broken(run, NOTHING_TO_CALL, e.getMessage() + ".");
    } catch (Run.NeverCameBack e) {
      return broken(
          run, NEVER_RETURNS, e.getMessage() + ". A step is one attempt, and then it returns.");
    } catch (Exception | Error e) { // the program's: whatever it is, it goes to its author
      String place = Law.placeOf(e).isEmpty() ? "" : " That was" + Law.placeOf(e) + ".";
      boolean unwritten = e instanceof UnsupportedOperationException;
      String advice = run.started() || unwritten ? "" : " A step returns its failure as a value.";
      String what = "it threw " + e.toString().replaceAll("[.!]$", "") + ".";
      return broken(run, THROWS, what + place + advice);
    }
  }

  // ---- words ----

  private static Optional<Broken> broken(Run<?> run, Way way, String what) {
    return Optional.of(Broken.in(run, way, what));
  }

  private static <E> Object stepOf(Run<E> run, long offset) throws Exception {
    return run.inTime("the step", () -> run.stage().step(run, offset));
  }

  /// What the exercise knows about it is better than what we could guess.
  private static Broken foreignEvent(Run<?> run) throws Exception {
    var complaint = complaintOf(run);
    return complaint.isEmpty()
        ? Broken.in(run, OUT_OF_ORDER, "an event arrived that the log never gave out.")
        : new Broken(OUT_OF_ORDER, complaint.get(), Optional.empty(), run.script(), run.timeline());
  }

  private static String unclear(
      String what, String offset, String operation, List<String> failures) {
    return "the %s failed: it should say %s, \"Session has timed out.\"%s. What can be read is %s."
        .formatted(
            what,
            offset,
            operation.isEmpty() ? "" : " and \"" + operation + "\"",
            failures.subList(0, Math.min(3, failures.size())));
  }

  private static <E> Optional<String> complaintOf(Run<E> run) throws Exception {
    return run.stage().complaint(run);
  }

  private static <E> List<String> failuresOf(Run<E> run) throws Exception {
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

  private static List<Script> scripts(Script... small) {
    var scripts = new ArrayList<>(List.of(small));
    for (long seed = 1; seed <= RANDOM_SCRIPTS; seed++) scripts.add(Script.random(seed, 8, 4));
    return scripts;
  }

  private static List<Long> allOf(Run<?> run) {
    return LongStream.range(0, run.script().events()).boxed().toList();
  }

  private static String arrivals(Run<?> run) {
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

  private static boolean putAfterFault(Run<?> run) {
    var entries = run.timeline().entries();
    int fault = 0;
    while (fault < entries.size() && !Mistake.isFault(entries.get(fault))) fault++;
    return entries.stream().skip(fault).anyMatch(e -> e.kind() == Timeline.Kind.PUT);
  }

  private static long attempts(Run<?> run, long offset) {
    return run.timeline().entries().stream()
        .filter(entry -> Mistake.isAttempt(entry) && entry.offset() == offset)
        .count();
  }

  private Checks() {}
}
