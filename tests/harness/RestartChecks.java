package harness;

import static harness.Trial.*;
import static harness.Verdict.Way.*;

import harness.Stage.NotOffered;
import harness.Trial.Judge;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/// What restarts promise: an end, a limit, pauses.
final class RestartChecks {

  static Verdict itEnds(Subject subject) {
    return first(
        () -> endsAsItShould(subject), () -> steps(subject, RestartChecks::tellsEndsApart));
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
                RestartChecks::givesUp),
        () ->
            each(
                subject,
                List.of(Script.of(3, 0, "read@0", "read@1*")),
                RestartChecks::returnsTheLast),
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
    var rest = limits.period().minus(limits.period().dividedBy(max).multipliedBy(max));
    return each(
        subject,
        List.of(Script.of(2, 0, "read@1*")),
        Run.Conditions.readsTake(List.of(apart, apart, apart.plus(rest), apart)),
        run -> {
          run.drain();
          String clock = " Is the clock the one that was handed in?";
          if (more.isZero() && attempts(run, 1) > max + 1)
            return broken(
                run,
                MISCOUNTS,
                "%d restarts are allowed in a period, and number %d came when the first was exactly one period old. It still counts, but it was forgotten."
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
                RestartChecks::backsOff),
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
          if (seen.stream().map(RestartChecks::lastThird).distinct().count() == 1)
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

  private RestartChecks() {}
}
