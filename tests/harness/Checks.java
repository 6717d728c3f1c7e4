package harness;

import static harness.Verdict.Way.*;

import harness.Stage.NotOffered;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;

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
          String what = "without any fault, ";
          if (missing && run.told() && Mistake.in(run).isEmpty())
            return broken(
                run,
                LOST,
                what + "the consumer was told of an end, and " + arrivals(run) + ".",
                Mistake.TELLS_TOO_EARLY);
          return broken(run, missing ? LOST : TWICE, what + arrivals(run) + ".");
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
            return broken(
                run, LOST, "a step at offset 1 put its event, and " + arrivals(run) + ".");
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
          if (putAfterFault(run)) return Optional.empty();
          String what = "the read at offset 2 failed once, and " + arrivals(run) + ".";
          return isTold(run) && run.stage().limits().filter(it -> it.maxRestarts() > 0).isPresent()
              ? broken(run, SILENCE, what + " It gave up at once.", Mistake.KEEPS_OLD_BOOKS)
              : broken(run, SILENCE, what);
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
            Script.of(5, 0, "put@2"),
            Script.of(
                12, 0, LongStream.range(0, 12).mapToObj(o -> "read@" + o).toArray(String[]::new)));
    return smallest(
        subject,
        scripts,
        run -> {
          run.drain();
          if (new HashSet<>(run.arrived()).containsAll(allOf(run))) return Optional.empty();
          if (isTold(run) && gaveUp(run))
            return broken(
                run,
                GIVES_UP_TOO_SOON,
                "it gave up, though each of these faults passes: " + arrivals(run) + ".",
                Mistake.COUNTS_ALL_FAILURES);
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
    return first(
        () -> smallest(subject, scripts, run -> cameTwice(run.drain(), "")),
        () -> each(subject, List.of(Script.of(3, 0)), Checks::goesBack));
  }

  private static Optional<Broken> cameTwice(Run<?> run, String when) {
    var seen = new HashSet<Long>();
    for (long offset : run.arrived())
      if (!seen.add(offset))
        return broken(
            run, TWICE, when + "offset " + offset + " arrived twice: " + arrivals(run) + ".");
    return Optional.empty();
  }

  /// Begins again at 0, behind a consumer that has seen it all.
  private static <E> Optional<Broken> goesBack(Run<E> run) throws Exception {
    run.drain().quiet();
    try {
      run.stage().resume(run, 0);
    } catch (NotOffered e) {
      return Optional.empty();
    }
    run.drain();
    if (!run.stage().tellsEqualEventsApart())
      return broken(
          run,
          LOST,
          "two events at two offsets may be equal, and are two. The receiver let only one of them"
              + " pass.",
          Mistake.COMPARES_EVENTS);
    String when = "All of it had come, and it began again at 0: ";
    return cameTwice(run, when)
        .map(broken -> Broken.in(run, TWICE, broken.what(), Mistake.FORGETS_WHAT_CAME));
  }

  static Verdict itEnds(Subject subject) {
    return first(() -> endsAsItShould(subject), () -> steps(subject, Checks::tellsEndsApart));
  }

  private static Verdict endsAsItShould(Subject subject) {
    return each(
        subject,
        List.of(Script.of(3, 0), Script.of(3, 5), Script.of(3, 1, "read@1"), Script.of(1, 0)),
        run -> {
          run.drain();
          if (run.spinning())
            return broken(run, SPINS, "the log has no more, and it is read past its end for ever.");
          long ends =
              run.timeline().entries().stream().filter(e -> e.kind() == Timeline.Kind.END).count();
          if (ends > 1)
            return broken(
                run,
                MISTAKES_THE_END,
                "the log has no more, and was asked %d times.".formatted(ends),
                Mistake.TAKES_THE_END_FOR_A_FAILURE);
          if (!isTold(run))
            return broken(
                run,
                SILENCE,
                "the log has no more, and the consumer was not told.",
                Mistake.KEEPS_IT_TO_ITSELF);
          if (!new HashSet<>(run.arrived()).containsAll(allOf(run)))
            return broken(
                run,
                LOST,
                "the consumer was told of the end, but " + arrivals(run) + ".",
                wrongPlace(run).orElse(Mistake.TELLS_TOO_EARLY));
          run.drain();
          if (run.afterTheEnd() == 0) return Optional.empty();
          boolean twice = run.timeline().entries().getLast().kind() == Timeline.Kind.TOLD;
          return broken(
              run,
              GOES_ON,
              twice ? "the end came twice." : "something more came after the end.",
              twice ? Mistake.TELLS_TWICE : Mistake.TELLS_TOO_EARLY);
        });
  }

  /// Behind the last event is the end. Before the first one is nothing, and who reads there is mistaken.
  private static Optional<Broken> tellsEndsApart(Run<?> run) throws Exception {
    if (!run.stage().hasABeginning()) return Optional.empty();
    String behind;
    String before;
    try {
      behind = "" + stepOf(run, run.script().events());
      before = "" + stepOf(run, -1);
    } catch (NotOffered e) {
      return Optional.empty();
    }
    return behind.replaceAll("-?\\d+", "").equals(before.replaceAll("-?\\d+", ""))
        ? broken(
            run,
            MISTAKES_THE_END,
            "a step behind the last event returned %s, and one at offset -1 returned %s: that's no end, but a mistake."
                .formatted(behind, before),
            Mistake.TAKES_A_MISTAKE_FOR_THE_END)
        : Optional.empty();
  }

  static Verdict itGivesUp(Subject subject) {
    var limits = subject.stage().limits();
    return first(
        () ->
            each(
                subject,
                List.of(Script.of(3, 0, "read@1*"), Script.of(3, 3, "read@0*")),
                Checks::givesUp),
        () -> each(subject, List.of(Script.of(3, 0, "read@0", "read@1*")), Checks::returnsTheLast),
        () -> limits.isEmpty() ? new Kept() : countsPuts(subject, limits.get()),
        () ->
            limits.isEmpty() || limits.get().maxRestarts() == 0
                ? new Kept()
                : first(
                    () -> counts(subject, limits.get(), Duration.ZERO),
                    () -> counts(subject, limits.get(), Duration.ofMillis(1)),
                    () -> slides(subject, limits.get()),
                    () -> clockWraps(subject, limits.get())));
  }

  private static Optional<Broken> givesUp(Run<?> run) throws Exception {
    long offset = run.script().faults().getFirst().equals("read@0*") ? 0 : 1;
    String fails = "the read at offset " + offset + " fails for ever, and ";
    run.drain().quiet(); // what it returns comes after what it tells
    if (run.spinning()) return broken(run, SPINS, fails + "is retried for ever.");
    if (run.arrived().stream().anyMatch(arrived -> arrived >= offset))
      return broken(
          run,
          LOST,
          fails + "it goes on without that event. It could still come back.",
          Mistake.GIVES_UP_TIMEOUTS);
    if (!isTold(run))
      return broken(
          run,
          SILENCE,
          fails + "it gave up, and the consumer was not told.",
          Mistake.KEEPS_IT_TO_ITSELF);
    boolean returned =
        run.results().stream()
            .anyMatch(result ->
                result.contains(Run.SessionTimeout.TEXT)
                    && result.matches("(?s).*\\b" + offset + "\\b.*"));
    if (!returned)
      return broken(
          run,
          UNTOLD,
          fails
              + "it gave up, and returned nothing that says so. Its future holds "
              + run.results(),
          Mistake.RETURNS_NOTHING);
    if (run.told() && endsLikeALog(run))
      return broken(
          run,
          UNTOLD,
          fails + "the consumer is told " + run.end() + ", as at the end of a log.",
          Mistake.ENDS_ALIKE);
    var limits = run.stage().limits();
    long attempts = attempts(run, offset);
    if (limits.isEmpty()) return Optional.empty();
    if (run.pauses().size() == attempts)
      return broken(
          run,
          WAITS_FOR_NOTHING,
          fails
              + "it waited %d times between %d attempts: the last time, only to give up."
                  .formatted(attempts, attempts),
          Mistake.WAITS_BEFORE_IT_ASKS);
    if (attempts == limits.get().maxRestarts() + 1) return Optional.empty();
    return broken(
        run,
        MISCOUNTS,
        fails
            + "%d restarts are allowed: that's %d attempts, and there were %d."
                .formatted(limits.get().maxRestarts(), limits.get().maxRestarts() + 1, attempts),
        Mistake.OFF_BY_ONE);
  }

  /// Whether the consumer is told the same as at the end of a log, whatever the offset.
  private static boolean endsLikeALog(Run<?> run) throws Exception {
    var stage = run.stage().getClass().getDeclaredConstructor();
    stage.setAccessible(true);
    try (var other = Run.start((Stage<?>) stage.newInstance(), Script.of(1, 0))) {
      String end = other.drain().end();
      return end.replaceAll("\\d+", "").equals(run.end().replaceAll("\\d+", ""));
    }
  }

  private static Optional<Broken> returnsTheLast(Run<?> run) {
    run.drain().quiet();
    var results = run.results();
    if (results.stream().noneMatch(result -> result.contains(Run.SessionTimeout.TEXT))
        || results.stream().anyMatch(result -> result.matches("(?s).*\\b1\\b.*")))
      return Optional.empty();
    return broken(
        run,
        UNTOLD,
        "the read at offset 0 failed once, the one at 1 fails for ever, and it gave up. What it"
            + " returned is an earlier failure: "
            + results
            + ".",
        Mistake.RETURNS_AN_OLD_FAILURE);
  }

  /// Each of these puts gets through, and fails all the same. That's no progress.
  private static Verdict countsPuts(Subject subject, Stage.Limits limits) {
    int many = 2 * limits.maxRestarts() + 3;
    var faults = new String[many];
    Arrays.fill(faults, "put@1");
    return each(
        subject,
        List.of(Script.of(3, 0, faults)),
        run -> {
          long attempts = attempts(run.drain(), 1);
          if (attempts <= limits.maxRestarts() + 1) return Optional.empty();
          return broken(
              run,
              MISCOUNTS,
              "the put at offset 1 got through, and failed, each time. %d restarts are allowed, and it was tried again %d times."
                  .formatted(limits.maxRestarts(), attempts - 1),
              Mistake.TAKES_A_REPEAT_FOR_PROGRESS);
        });
  }

  /// Failures so far apart that exactly as many fall into a period as are allowed, and one more that is
  /// just a period old, or older than that by `max` times `more`.
  private static Verdict counts(Subject subject, Stage.Limits limits, Duration more) {
    int max = limits.maxRestarts();
    var apart = limits.period().dividedBy(max).plus(more);
    return each(
        subject,
        List.of(Script.of(2, 0, "read@1*")),
        Run.Conditions.readsTake(List.of(apart)),
        run -> {
          run.drain();
          String clock = " Is the clock the one that was handed in?";
          if (more.isZero() && run.spinning())
            return broken(
                run,
                MISCOUNTS,
                "%d restarts are allowed in a period, and the %d. came when the first was exactly one period old. It still counts, but it was forgotten."
                        .formatted(max, max + 1)
                    + clock,
                Mistake.EDGE_OF_THE_PERIOD);
          if (more.isPositive() && !run.spinning() && !isTold(run))
            return broken(run, SILENCE, "it neither restarts nor gives up, and nobody is told.");
          if (more.isPositive() && !run.spinning())
            return broken(
                run,
                MISCOUNTS,
                "it gave up, though never more than %d restarts fell into one period. One that is older than the period doesn't count."
                        .formatted(max)
                    + clock,
                Mistake.EDGE_OF_THE_PERIOD);
          return Optional.empty();
        });
  }

  /// One failure at the beginning of a period, all others that are allowed just before its end, and two
  /// right behind it: the first failure is forgotten by then, and the others are not.
  private static Verdict slides(Subject subject, Stage.Limits limits) {
    int max = limits.maxRestarts();
    var apart = new ArrayList<>(List.of(Duration.ZERO));
    if (max > 1) apart.add(limits.period().minusMillis(1));
    for (int i = 2; i < max; i++) apart.add(Duration.ZERO);
    apart.add(max > 1 ? Duration.ofMillis(2) : limits.period().plusMillis(1));
    apart.add(Duration.ZERO);
    return each(
        subject,
        List.of(Script.of(1, 0, "read@0*")),
        Run.Conditions.readsTake(apart),
        run -> {
          long attempts = attempts(run.drain(), 0);
          return attempts == max + 2
              ? Optional.empty()
              : broken(
                  run,
                  MISCOUNTS,
                  "any period may hold %d restarts. One came at a period's beginning, %d just before its end, and one right behind it. That made %d in the last moments, so the next is one too many: attempt %d is the last. There were %d."
                      .formatted(max, max - 1, max, max + 2, attempts),
                  Mistake.BEGINS_PERIODS);
        });
  }

  /// As [#counts] on the edge, on a clock that passes its greatest number meanwhile.
  private static Verdict clockWraps(Subject subject, Stage.Limits limits) {
    int max = limits.maxRestarts();
    var apart = limits.period().dividedBy(max);
    return each(
        subject,
        List.of(Script.of(2, 0, "read@1*")),
        Run.Conditions.readsTake(List.of(apart))
            .clockBegins(
                Long.MAX_VALUE - apart.toNanos() * 5 / 2), // between the first two failures
        run -> {
          long attempts = attempts(run.drain(), 1);
          return attempts == max + 1
              ? Optional.empty()
              : broken(
                  run,
                  MISCOUNTS,
                  "the clock passed its greatest number, and went on with its smallest, as nanoTime() may. There should be %d attempts, and there were %d."
                      .formatted(max + 1, attempts),
                  Mistake.COMPARES_INSTANTS);
        });
  }

  static Verdict itWaits(Subject subject) {
    var limits = subject.stage().limits();
    return first(
        () ->
            each(
                subject,
                List.of(Script.of(6, 0, "read@1", "read@1", "read@1", "read@4")),
                Run.Conditions.loadedDice(0.5), // with fair ones, pauses grow only on average
                Checks::backsOff),
        () -> limits.isEmpty() ? new Kept() : capHolds(subject, limits.get()),
        () -> jitters(subject));
  }

  private static Optional<Broken> backsOff(Run<?> run) {
    var pauses = run.drain().pauses();
    String what = "three failures in a row at offset 1, and a fourth at 4. ";
    if (pauses.isEmpty())
      return broken(
          run,
          NEVER_WAITS,
          what + "There was not one pause between them, on the clock that was handed in.",
          Mistake.DOES_NOT_PAUSE);
    if (pauses.size() != 4)
      return broken(
          run,
          NEVER_WAITS,
          what + "The pauses were " + millis(pauses) + ", and not four.",
          pauses.size() < 4 ? Mistake.DOES_NOT_PAUSE : Mistake.PAUSES_FOR_NOTHING);
    if (pauses.contains(Duration.ZERO))
      return broken(
          run,
          NEVER_WAITS,
          what + "The pauses are " + millis(pauses) + ", and one of 0 ms is none.",
          Mistake.PAUSES_ARE_NONE);
    if (pauses.get(2).compareTo(pauses.get(0).multipliedBy(2)) < 0)
      return broken(
          run,
          NEVER_GROWS,
          what + "The pauses don't grow: " + millis(pauses) + ".",
          wrongPlace(run).orElse(Mistake.PAUSES_ALIKE));
    if (pauses.get(3).multipliedBy(2).compareTo(pauses.get(2)) <= 0) return Optional.empty();
    return broken(
        run,
        NEVER_RESETS,
        what
            + "The offset had moved, and the last pause is not a first one again: "
            + millis(pauses)
            + ".",
        Mistake.REMEMBERS_OLD_PAUSES);
  }

  /// So often the read at offset 1 fails in a row, and gets through.
  private static Script failures(int most, Optional<Stage.Limits> limits) {
    var faults = new String[limits.map(it -> Math.min(it.maxRestarts(), most)).orElse(2)];
    Arrays.fill(faults, "read@1");
    return Script.of(3, 0, faults);
  }

  private static Verdict capHolds(Subject subject, Stage.Limits limits) {
    var script = List.of(failures(12, Optional.of(limits)));
    Judge judge = run -> holdsCap(run, limits.cap());
    return first(
        () -> each(subject, script, judge),
        () -> each(subject, script, Run.Conditions.loadedDice(0), judge),
        () -> each(subject, script, Run.Conditions.loadedDice(0.999), judge),
        () -> neverOverflows(subject));
  }

  /// So many failures in a row that a number which doubles each time is greater than any `long`.
  private static Verdict neverOverflows(Subject subject) {
    int many = 70;
    var faults = new String[many];
    Arrays.fill(faults, "read@1");
    return each(
        subject,
        List.of(Script.of(3, 0, faults)),
        Run.Conditions.loadedDice(0.5).restarts(many),
        run -> {
          var pauses = run.drain().pauses();
          for (int i = 1; i < pauses.size(); i++)
            if (!pauses.get(i).isPositive())
              return broken(
                  run,
                  NEVER_WAITS,
                  "after %d failures in a row comes a pause of %d ms, and after one more it's %d ms: none."
                      .formatted(i, pauses.get(i - 1).toMillis(), pauses.get(i).toMillis()),
                  Mistake.PAUSES_OVERFLOW);
          return Optional.empty();
        });
  }

  private static Optional<Broken> holdsCap(Run<?> run, Duration cap) {
    var pauses = run.drain().pauses();
    if (pauses.stream().anyMatch(Duration::isNegative))
      return broken(
          run,
          NEVER_WAITS,
          "the pauses are " + millis(pauses) + ". One of less than nothing is none.",
          Mistake.PAUSES_ARE_NONE);
    Duration longest = pauses.stream().max(Duration::compareTo).orElse(Duration.ZERO);
    if (longest.compareTo(cap) <= 0) return Optional.empty();
    boolean byChance = longest.compareTo(cap.multipliedBy(2)) <= 0;
    return broken(
        run,
        OVER_THE_CAP,
        "no pause should be longer than %d ms, and they are %s."
            .formatted(cap.toMillis(), millis(pauses)),
        byChance ? Mistake.ADDS_TO_THE_CAP : Mistake.GROWS_FOR_EVER);
  }

  /// The same dice twice, and then others.
  private static Verdict jitters(Subject subject) {
    var seen = new ArrayList<List<Duration>>();
    return first(
        () -> throwing(1, subject, seen),
        () -> throwing(1, subject, seen),
        () -> throwing(2, subject, seen),
        () -> throwing(3, subject, seen));
  }

  private static Verdict throwing(long seed, Subject subject, List<List<Duration>> seen) {
    return each(
        subject,
        List.of(failures(12, subject.stage().limits())),
        Run.Conditions.otherDice(seed),
        run -> {
          seen.add(run.drain().pauses());
          String first = millis(seen.getFirst());
          if (seen.size() == 2 && !seen.getFirst().equals(seen.getLast()))
            return broken(
                run,
                NO_JITTER,
                "the same dice, thrown twice, gave %s and %s."
                    .formatted(first, millis(seen.getLast())),
                Mistake.THROWS_OTHER_DICE);
          if (seen.size() < 4) return Optional.empty();
          String alike = "three supervisors with different dice wait alike";
          String what = ", %s: they come back in the same instant.".formatted(first);
          if (seen.stream().distinct().count() == 1)
            return broken(run, NO_JITTER, alike + what, Mistake.THROWS_NO_DICE);
          if (seen.stream().map(Checks::lastThird).distinct().count() == 1)
            return broken(run, NO_JITTER, alike + " in the end" + what, Mistake.CAPS_THE_JITTER);
          return Optional.empty();
        });
  }

  private static List<Duration> lastThird(List<Duration> pauses) {
    return pauses.subList(pauses.size() * 2 / 3, pauses.size());
  }

  private static String millis(List<Duration> pauses) {
    return pauses.stream().map(pause -> pause.toMillis() + " ms").toList().toString();
  }

  static Verdict oneBadEvent(Subject subject) {
    return first(
        () ->
            each(
                subject,
                List.of(
                    Script.of(4, 0, "poison@1"),
                    Script.of(3, 2, "poison@0", "poison@2"),
                    Script.of(5, 0, "poison@1", "read@2", "poison@3", "poison@3")),
                Checks::goesAside),
        () -> each(subject, List.of(Script.of(3, 0, "odd@1")), Checks::keepsTheUnknown),
        () -> skippingCosts(subject),
        () ->
            each(
                subject,
                List.of(Script.of(9, 0, "poison@1", "poison@3", "poison@5")),
                Run.Conditions.USUAL.deadLetters(1),
                Checks::waitsForRoom));
  }

  private static Optional<Broken> goesAside(Run<?> run) throws Exception {
    var poison = poisonIn(run);
    var good = allOf(run);
    good.removeAll(poison);
    String what = "the event at offset " + poison.getFirst() + " can't be decoded, and ";
    if (!run.drain().arrived().containsAll(good)) {
      good.removeAll(run.arrived());
      long missing = good.getFirst();
      if (!run.arrived().isEmpty() && run.arrived().getLast() > missing)
        return broken(
            run,
            LOST,
            what + "it's left out, but so is the one at %d: %s.".formatted(missing, arrivals(run)),
            Mistake.SKIPS_TOO_FAR);
      Way way = run.spinning() ? SPINS : isTold(run) ? STOPS_AT_IT : SILENCE;
      boolean once = attempts(run, poison.getFirst()) == 1;
      return broken(
          run,
          way,
          what + "those behind it never come.",
          once ? Mistake.ENDS_AT_POISON : Mistake.WAITS_FOR_POISON_TO_GET_BETTER);
    }
    if (run.arrived().contains(-1L)) return Optional.of(foreignEvent(run));
    var letters = letters(run, what, poison);
    if (letters.isPresent()) return letters;
    long reads = attempts(run, poison.getFirst());
    boolean unmistakable = run.stage().poison(0) instanceof Run.BadRecord;
    return reads == 1 || !unmistakable
        ? Optional.empty()
        : broken(
            run,
            RETRIES_POISON,
            what + "was read %d times.".formatted(reads),
            Mistake.WAITS_FOR_POISON_TO_GET_BETTER);
  }

  /// An exception that nobody has heard of may be anything. Once it was a passing one.
  private static Optional<Broken> keepsTheUnknown(Run<?> run) throws Exception {
    run.drain();
    if (run.arrived().contains(1L) || !run.arrived().contains(2L)) return Optional.empty();
    return broken(
        run,
        LOST,
        "the read at offset 1 threw something that nobody has heard of, once, and the event was"
            + " left out.",
        Mistake.SKIPS_THE_UNKNOWN);
  }

  /// Each of `poison` has its dead letter, and nothing else has.
  private static Optional<Broken> letters(Run<?> run, String what, List<Long> poison)
      throws Exception {
    var letters = run.stage().deadLetters();
    for (long offset : poison)
      if (letters.stream()
          .noneMatch(letter ->
              letter.matches("(?s).*\\b" + offset + "\\b.*")
                  && letter.contains(Run.BadRecord.TEXT)))
        return broken(
            run,
            UNTOLD,
            what
                + "no dead letter says that it was offset %d, and why: %s."
                    .formatted(offset, letters),
            letters.size() < poison.size()
                ? Mistake.SKIPS_WITHOUT_A_LETTER
                : Mistake.WRITES_A_WRONG_LETTER);
    return letters.size() == poison.size()
        ? Optional.empty()
        : broken(
            run,
            TWICE,
            "poison is at %s, and the dead letters are %s.".formatted(poison, letters),
            Mistake.WRITES_TOO_MANY_LETTERS);
  }

  /// A decoder with a mistake in it takes every event for poison.
  private static Verdict skippingCosts(Subject subject) {
    int events = 5 + subject.stage().limits().map(Stage.Limits::maxRestarts).orElse(10);
    var faults = LongStream.range(0, events).mapToObj(o -> "poison@" + o).toArray(String[]::new);
    return each(
        subject,
        List.of(Script.of(events, 0, faults)),
        run -> {
          run.drain();
          int aside = run.stage().deadLetters().size();
          if (aside == events)
            return broken(
                run,
                SKIPS_EVERYTHING,
                "not one of %d events can be decoded, and all of them were put aside. That's a broken decoder, and nobody was told."
                    .formatted(events),
                Mistake.SKIPS_FOR_FREE);
          if (!isTold(run))
            return broken(
                run,
                SILENCE,
                "it gave up on the poison, and the consumer was not told.",
                Mistake.KEEPS_IT_TO_ITSELF);
          var limits = run.stage().limits();
          return limits.isEmpty() || attempts(run) > limits.get().maxRestarts()
              ? Optional.empty()
              : broken(
                  run,
                  MISCOUNTS,
                  "a skip costs as much as a restart, and %d are allowed. It gave up after %d."
                      .formatted(limits.get().maxRestarts(), attempts(run) - 1),
                  Mistake.SKIPS_COST_TOO_MUCH);
        });
  }

  private static Optional<Broken> waitsForRoom(Run<?> run) throws Exception {
    run.drainFromASleeper();
    var missing = allOf(run);
    missing.removeAll(run.arrived());
    int aside = run.stage().deadLetters().size();
    boolean over = !run.results().isEmpty();
    if (aside > 0 && missing.getFirst() == 1 && !run.arrived().contains(4L) && !over)
      return Optional.empty();
    if (over && !run.arrived().contains(4L))
      return broken(
          run,
          isTold(run) ? STOPS_AT_IT : SILENCE,
          "there is room for one dead letter, and nobody reads it, so the event at offset 3 has to"
              + " wait. But it didn't wait, it ended: "
              + run.results()
              + ".",
          Mistake.DIES_OF_A_FULL_CHANNEL);
    return broken(
        run,
        LOST,
        "there is room for one dead letter, and nobody reads it, so the event at offset 3 has to"
            + " wait. But "
            + arrivals(run)
            + ".",
        Mistake.DROPS_DEAD_LETTERS);
  }

  private static List<Long> poisonIn(Run<?> run) {
    return run.script().faults().stream()
        .filter(fault -> fault.startsWith("poison@"))
        .map(fault -> Long.parseLong(fault.substring("poison@".length())))
        .distinct()
        .toList();
  }

  /// How long a program that stops may take, and one that doesn't.
  private static final Duration STOP = Duration.ofSeconds(2);

  private static final Duration DEAF_STOP = Duration.ofMillis(50);

  static Verdict itStops(Subject subject) {
    var pauses = Run.Conditions.USUAL.lastingPauses();
    var narrow = Run.Conditions.USUAL.deadLetters(1);
    return first(
        () -> each(subject, List.of(Script.of(6, 0), Script.of(9, 2)), stopped("put", 1)),
        () -> each(subject, List.of(Script.of(4, 0, "wait@2")), stopped("take", 9)),
        () -> each(subject, List.of(Script.of(4, 0, "read@2")), pauses, stopped("a pause", 9)),
        () -> each(subject, List.of(Script.of(4, 0, "disguised@2")), stopped("take", 9)),
        () -> each(subject, List.of(Script.of(4, 0, "put@1", "wait@2")), stopped("take", 9)),
        () -> each(subject, List.of(Script.of(4, 0), Script.of(4, 9)), Checks::stopsAtOnce),
        () -> each(subject, List.of(Script.of(2, 0)), Checks::stopsAtTheEnd),
        () ->
            each(
                subject,
                List.of(Script.of(6, 0, "poison@1", "poison@3")),
                narrow,
                Checks::stopsSomehow),
        () -> each(subject, List.of(Script.of(4, 0, "deaf@2")), Checks::reportsTheDeaf),
        () -> each(subject, List.of(Script.of(9, 3)), Checks::drains));
  }

  /// Takes `enough` events, waits until the program does, asks it to stop, looks for what is left, and
  /// goes on from there.
  private static Judge stopped(String during, int enough) {
    return run -> {
      while (run.arrived().size() < enough && run.next().isPresent()) {}
      run.quiet();
      var left = stop(run, 0, " (It was in " + during + ".)");
      if (left.isPresent()) return left;
      return goesOn(run, "It was stopped in " + during + ". ");
    };
  }

  /// @param reads how often it may still read while the stop is on its way
  private static Optional<Broken> stop(Run<?> run, int reads, String when) throws Exception {
    long attempts = attempts(run);
    long start = System.nanoTime();
    Optional<String> unstopped = run.inTime("stop()", () -> run.stage().stop(STOP));
    boolean late = System.nanoTime() - start >= STOP.toNanos();
    var left = Threads.since(run.threadsBefore());
    if (attempts(run) > attempts + reads || retriesInterrupt(run))
      return broken(
          run,
          RESTARTS_ANYWAY,
          "it was asked to stop, and tried again." + when,
          Mistake.TAKES_A_STOP_FOR_A_FAILURE);
    if (!left.isEmpty())
      return broken(
          run,
          LEFT_BEHIND,
          "after the stop there is still a " + left.getFirst() + "." + when,
          Mistake.LETS_THREADS_LIE);
    if (unstopped.isPresent())
      return broken(run, UNCLEAR, "it did stop, and says: " + unstopped.get() + when);
    return late
        ? broken(
            run,
            STOPS_LATE,
            "it stopped only when the %d s that it had were over.".formatted(STOP.toSeconds())
                + when,
            Mistake.ASKS_LATE)
        : Optional.empty();
  }

  private static boolean retriesInterrupt(Run<?> run) {
    return run.printed().stream().anyMatch(line -> line.contains("InterruptedException"));
  }

  /// A second start at the offset where the first one stopped delivers all the rest.
  private static <E> Optional<Broken> goesOn(Run<E> run, String when) throws Exception {
    long at = run.stage().stoppedAt();
    if (!run.arrived().isEmpty() && at < run.arrived().getLast())
      return broken(
          run,
          TWICE,
          when
              + "It says that it stopped at offset %d, and %d had come already."
                  .formatted(at, run.arrived().getLast()),
          Mistake.FORGETS_WHERE_IT_WAS);
    run.stage().resume(run, at);
    run.drain();
    if (!isTold(run)) run.drain(); // the first end was the stop's
    var arrived = run.arrived();
    if (arrived.equals(allOf(run))) return Optional.empty();
    boolean lost = !new HashSet<>(arrived).containsAll(allOf(run));
    return broken(
        run,
        lost ? LOST : TWICE,
        when
            + "It says that it stopped at offset %d, and goes on there: %s."
                .formatted(at, arrivals(run)),
        Mistake.FORGETS_THE_ONE_IN_HAND);
  }

  private static <E> Optional<Broken> stopsAtOnce(Run<E> run) throws Exception {
    var left = stop(run, 9, " (It had just begun.)");
    if (left.isPresent()) return left;
    run.drain();
    try {
      run.stage().stoppedAt();
    } catch (NotOffered e) {
      return Optional.empty(); // it was faster than the stop
    }
    return goesOn(run, "It was stopped as soon as it had begun. ");
  }

  private static Optional<Broken> stopsAtTheEnd(Run<?> run) throws Exception {
    run.next();
    run.next();
    run.quiet();
    return stop(run, 0, " (It had come to the log's end, and nobody took what it had to say.)");
  }

  private static Optional<Broken> stopsSomehow(Run<?> run) throws Exception {
    run.drainFromASleeper();
    String when = " (There was no room for a dead letter.)";
    var left = stop(run, 0, when);
    if (left.isPresent()) return left;
    try {
      long at = run.stage().stoppedAt();
      boolean lost = at > 3 && run.stage().deadLetters().size() == 1;
      return lost
          ? broken(
              run,
              LOST,
              "the event at offset 3 is poison and has no dead letter, and it says that it stopped at %d."
                      .formatted(at)
                  + when,
              Mistake.FORGETS_THE_ONE_IN_HAND)
          : Optional.empty();
    } catch (NotOffered e) {
      return Optional.empty(); // it ended in some other way, or has no dead letters
    }
  }

  private static Optional<Broken> reportsTheDeaf(Run<?> run) throws Exception {
    run.drain();
    long start = System.nanoTime();
    Optional<String> unstopped = run.inTime("stop()", () -> run.stage().stop(DEAF_STOP));
    long millis = (System.nanoTime() - start) / 1_000_000;
    String deaf =
        "the read at offset 2 doesn't listen to interrupts, so its thread is still there. ";
    if (unstopped.isEmpty())
      return broken(run, UNTOLD, deaf + "The stop says nothing of it.", Mistake.SAYS_NOTHING_OF_IT);
    return millis < STOP.toMillis()
        ? Optional.empty()
        : broken(
            run,
            STOPS_LATE,
            deaf
                + "The stop was to wait for %d ms, and took %d."
                    .formatted(DEAF_STOP.toMillis(), millis),
            Mistake.WAITS_WITHOUT_A_BOUND);
  }

  private static Optional<Broken> drains(Run<?> run) throws Exception {
    run.next();
    run.quiet();
    var drain = new FutureTask<>(() -> run.stage().drain(STOP));
    var drainer = new Thread(drain, "drain");
    drainer.start();
    drainer.join(NOBODY_TAKES); // the channel is full
    run.drain();
    boolean went = run.inTime("drain()", drain::get);
    run.drain();
    boolean all =
        run.arrived().equals(List.of(0L, 1L, 2L, 3L)); // the one in hand may be among them
    all |= run.arrived().size() > 3;
    boolean last = run.afterTheEnd() == 0;
    if (went && run.told() && all && last) return Optional.empty();
    Way way = !run.told() || !went ? SILENCE : all ? GOES_ON : LOST;
    return broken(
        run,
        way,
        "it was drained, which %s, and the consumer %s told; %s%s."
            .formatted(
                went ? "went well" : "failed",
                run.told() ? "was" : "was not",
                arrivals(run),
                last ? "" : ", and something came after the end"),
        way == SILENCE
            ? Mistake.KEEPS_IT_TO_ITSELF
            : all ? Mistake.TELLS_TOO_EARLY : Mistake.TAKES_WHAT_IS_NOT_ITS_OWN);
  }

  private static final Duration NOBODY_TAKES = Duration.ofMillis(100);

  static Verdict fatalIsFatal(Subject subject) {
    return each(
        subject,
        List.of(Script.of(4, 0, "fatal@1"), Script.of(4, 0, "overflow@1")),
        run -> {
          run.drain().quiet();
          boolean memory = run.script().faults().contains("fatal@1");
          String what =
              "the read at offset 1 ran out of %s, and ".formatted(memory ? "memory" : "stack");
          long reads = attempts(run, 1);
          if (reads > 1)
            return broken(run, RESTARTS_ANYWAY, what + "was tried again.", Mistake.CATCHES_ERRORS);
          if (run.diedOf(memory ? OutOfMemoryError.class : StackOverflowError.class)) {
            if (!isTold(run))
              return broken(
                  run, SILENCE, what + "the consumer was not told.", Mistake.KEEPS_IT_TO_ITSELF);
            return run.told() && endsLikeALog(run)
                ? broken(
                    run,
                    UNTOLD,
                    what + "the consumer is told " + run.end() + ", as at the end of a log.",
                    Mistake.ENDS_ALIKE)
                : Optional.empty();
          }
          boolean told =
              Stream.concat(failuresIfAny(run).stream(), run.results().stream())
                  .anyMatch(failure -> failure.matches("(?s).*(OutOfMemory|StackOverflow)Error.*"));
          return told
              ? broken(
                  run,
                  DISGUISES,
                  what + "that looks like any other failure: its future holds " + run.results(),
                  Mistake.CATCHES_ERRORS)
              : broken(run, SILENCE, what + "nobody knows.");
        });
  }

  private static boolean isTold(Run<?> run) throws Exception {
    return run.told() || run.stage().ended();
  }

  /// Whether it restarted at first, and the last thing that happened at the log is a failure.
  private static boolean gaveUp(Run<?> run) {
    var attempts = run.timeline().entries().stream().filter(Mistake::isAttempt).toList();
    return attempts.stream().filter(Mistake::isFault).count() > 1
        && attempts.getLast().kind() != Timeline.Kind.END;
  }

  // ---- running ----

  /// A judge looks at a run in progress. It may throw [NotOffered], which breaks the promise too.
  private interface Judge {
    Optional<Broken> judge(Run<?> run) throws Exception;
  }

  /// Judges a run on each script, up to the first one that breaks the promise.
  private static Verdict each(Subject subject, List<Script> scripts, Judge judge) {
    return each(subject, scripts, Run.Conditions.USUAL, judge);
  }

  private static Verdict each(
      Subject subject, List<Script> scripts, Run.Conditions conditions, Judge judge) {
    for (Script script : scripts) {
      var broken = once(subject, script, conditions, judge);
      if (broken.isPresent()) return broken.get();
    }
    return new Kept();
  }

  /// The first verdict that isn't [Kept], if there is one.
  @SafeVarargs
  private static Verdict first(Supplier<Verdict>... checks) {
    for (var check : checks) {
      Verdict verdict = check.get();
      if (verdict instanceof Broken) return verdict;
    }
    return new Kept();
  }

  /// As [#each], and shrinks the script that breaks the promise.
  private static Verdict smallest(Subject subject, List<Script> scripts, Judge judge) {
    return each(subject, scripts, judge) instanceof Broken broken
        ? shrunk(broken, script -> once(subject, script, Run.Conditions.USUAL, judge))
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

  private static Optional<Broken> once(
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
      String advice =
          run.started()
              ? " Each wait of a stop has a bound, and then it says who is still there."
              : " A step is one attempt, and then it returns.";
      return broken(run, NEVER_RETURNS, e.getMessage() + "." + advice);
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

  private static Optional<Broken> broken(Run<?> run, Way way, String what, Mistake mistake) {
    return Optional.of(Broken.in(run, way, what, mistake));
  }

  /// If a restart begins at the wrong place, then all else follows from that.
  private static Optional<Mistake> wrongPlace(Run<?> run) {
    return Mistake.in(run).filter(Mistake::isWrongPlace);
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
    return new ArrayList<>(LongStream.range(0, run.script().events()).boxed().toList());
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

  private static long attempts(Run<?> run) {
    return run.timeline().entries().stream().filter(Mistake::isAttempt).count();
  }

  private static long attempts(Run<?> run, long offset) {
    return run.timeline().entries().stream()
        .filter(entry -> Mistake.isAttempt(entry) && entry.offset() == offset)
        .count();
  }

  private Checks() {}
}
