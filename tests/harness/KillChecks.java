package harness;

import static harness.Verdict.Way.*;

import harness.Stage.NotAsAsked;
import harness.Stage.NotOffered;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;

/// What remains of a promise when the process is killed, at each moment in turn: three processes in a row
/// are, and the fourth may finish.
final class KillChecks {

  private static final int EVENTS = 4;
  private static final int KILLS = 3;

  /// Who has more of them is stuck.
  private static final int MOST_MOMENTS = 500;

  /// A new process goes on where the last one's effects ended.
  static Verdict survivesKill(Subject subject) {
    return atEachMoment(subject, KillChecks::goesOn);
  }

  private static Optional<Broken> goesOn(Machine<?> machine, int moment) throws Exception {
    var begunAgain = begunAgain(machine, moment);
    return begunAgain.isPresent() ? begunAgain : lost(machine, moment);
  }

  /// Lets a process come to its end.
  private static Optional<Broken> begunAgain(Machine<?> machine, int moment) throws Exception {
    int done = new HashSet<>(machine.effects()).size();
    long first = machine.run(0).firstRead();
    if (done < 2 || first < 0 || first >= done - 1) return Optional.empty();
    String what = "%d effects had happened, and the next process began at offset %d.";
    return broken(
        machine,
        moment,
        BEGINS_AGAIN,
        what.formatted(done, first),
        Mistake.FORGETS_WITH_ITS_PROCESS);
  }

  /// Each effect happens, and happens once.
  static Verdict effectsOnce(Subject subject) {
    return atEachMoment(
        subject,
        (machine, moment) -> {
          boolean begunAgain = begunAgain(machine, moment).isPresent();
          var mistake =
              begunAgain ? Mistake.FORGETS_WITH_ITS_PROCESS : Mistake.SAVES_AFTER_THE_EFFECT;
          var lost = lost(machine, moment);
          if (lost.isPresent()) return lost;
          var effects = machine.effects();
          var different = new HashSet<Long>();
          for (long offset : effects)
            if (!different.add(offset)) {
              int times = Collections.frequency(effects, offset);
              String what = "the effect of offset %d happened %d times.".formatted(offset, times);
              return broken(machine, moment, TWICE, what, mistake);
            }
          return Optional.empty();
        });
  }

  private static Optional<Broken> lost(Machine<?> machine, int moment) throws Exception {
    var missing = new ArrayList<Long>();
    for (long offset = 0; offset < machine.events(); offset++) missing.add(offset);
    missing.removeAll(machine.effects());
    if (missing.isEmpty()) return Optional.empty();
    String what = "the effect of offset %d never happened.".formatted(missing.getFirst());
    return broken(machine, moment, LOST, what, Mistake.SAVES_BEFORE_THE_EFFECT);
  }

  private interface Judge {
    /// Looks at what `machine` is left with when its processes were killed at their `moment`.
    Optional<Broken> judge(Machine<?> machine, int moment) throws Exception;
  }

  private static Verdict atEachMoment(Subject subject, Judge judge) {
    for (int moment = 1; moment <= MOST_MOMENTS; moment++)
      try (var machine = new Machine<>(subject, EVENTS)) {
        boolean wasKilled = false;
        Optional<Broken> broken;
        try {
          for (int kill = 0; kill < KILLS; kill++) wasKilled |= machine.run(moment).wasKilled();
          broken = judge.judge(machine, moment);
        } catch (NotOffered e) {
          broken = broken(machine, moment, NOTHING_TO_CALL, e.getMessage() + ".");
        } catch (NotAsAsked e) {
          broken =
              Optional.of(
                  new Broken(
                      NOT_AS_ASKED, e.getMessage(), e.mistake, script(moment), machine.timeline()));
        } catch (Machine.NeverEnded e) {
          broken = broken(machine, moment, NEVER_RETURNS, e.getMessage() + ".");
        } catch (Exception | Error e) { // the program's: whatever it is, it goes to its author
          String place = Law.placeOf(e).isEmpty() ? "" : " That was" + Law.placeOf(e) + ".";
          String what = "it threw " + e.toString().replaceAll("[.!]$", "") + "." + place;
          broken = broken(machine, moment, THROWS, what);
        }
        if (broken.isPresent()) return broken.get();
        if (!wasKilled) return new Kept();
      }
    throw new IllegalStateException("Killed at " + MOST_MOMENTS + " moments, and there are more.");
  }

  private static Optional<Broken> broken(Machine<?> machine, int moment, Way way, String what) {
    return Optional.of(new Broken(way, what, Optional.empty(), script(moment), machine.timeline()));
  }

  private static Optional<Broken> broken(
      Machine<?> machine, int moment, Way way, String what, Mistake mistake) throws Exception {
    var known = Optional.of(machine.mistake(way).orElse(mistake));
    return Optional.of(new Broken(way, what, known, script(moment), machine.timeline()));
  }

  private static Script script(int moment) {
    return Script.of(EVENTS, 0, "kill@" + moment);
  }

  private KillChecks() {}
}
