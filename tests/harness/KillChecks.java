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
import java.util.concurrent.ExecutionException;

/// What remains of a promise when the process is killed, at each moment in turn: three processes in a row
/// are, and the fourth may finish. And what remains if something fails at such a moment, and is tried again.
final class KillChecks {

  private static final int EVENTS = 4;
  static final int KILLS = 3;

  /// Who has more of them is stuck.
  private static final int MOST_MOMENTS = 500;

  /// A new process goes on where the last one's effects ended.
  static Verdict survivesKill(Subject subject) {
    return atEachMoment(subject, "kill", KillChecks::kill, KillChecks::goesOn);
  }

  private static Optional<Broken> goesOn(Machine<?> machine, String fault) throws Exception {
    var begunAgain = begunAgain(machine, fault);
    return begunAgain.isPresent()
        ? begunAgain
        : lost(machine, fault, Mistake.SAVES_BEFORE_THE_EFFECT);
  }

  /// Lets a process come to its end.
  private static Optional<Broken> begunAgain(Machine<?> machine, String fault) throws Exception {
    int done = new HashSet<>(machine.effects()).size();
    long first = machine.run(0).firstRead();
    if (done < 2 || first < 0 || first >= done - 1) return Optional.empty();
    String what = "%d effects had happened, and the next process began at offset %d.";
    return broken(
        machine,
        fault,
        BEGINS_AGAIN,
        what.formatted(done, first),
        Mistake.FORGETS_WITH_ITS_PROCESS);
  }

  /// Each effect happens, and happens once.
  static Verdict effectsOnce(Subject subject) {
    return Trial.first(
        () -> atEachMoment(subject, "kill", KillChecks::kill, KillChecks::onceThoughKilled),
        () -> atEachMoment(subject, "fail", KillChecks::fail, KillChecks::onceThoughFailed),
        () -> asAsked(subject));
  }

  private static Optional<Broken> onceThoughKilled(Machine<?> machine, String fault)
      throws Exception {
    var mistake =
        begunAgain(machine, fault).flatMap(Broken::mistake).orElse(Mistake.SAVES_AFTER_THE_EFFECT);
    var lost = lost(machine, fault, Mistake.SAVES_BEFORE_THE_EFFECT);
    return lost.isPresent() ? lost : twice(machine, fault, mistake);
  }

  private static Optional<Broken> onceThoughFailed(Machine<?> machine, String fault)
      throws Exception {
    var lost = lost(machine, fault, Mistake.LOSES_THE_ONE_IN_HAND);
    return lost.isPresent() ? lost : twice(machine, fault, Mistake.REPEATS_WHAT_GOT_THROUGH);
  }

  private static Optional<Broken> lost(Machine<?> machine, String fault, Mistake mistake)
      throws Exception {
    var missing = new ArrayList<Long>();
    for (long offset = 0; offset < machine.events(); offset++) missing.add(offset);
    missing.removeAll(machine.effects());
    if (missing.isEmpty()) return Optional.empty();
    long offset = missing.getFirst();
    String what = "the effect of offset %d never happened.".formatted(offset);
    return broken(
        machine,
        fault,
        LOST,
        what,
        machine.tookForARepetition(offset) ? Mistake.GIVES_A_KEY_TWICE : mistake);
  }

  private static Optional<Broken> twice(Machine<?> machine, String fault, Mistake mistake)
      throws Exception {
    var effects = machine.effects();
    var different = new HashSet<Long>();
    for (long offset : effects)
      if (!different.add(offset)) {
        int times = Collections.frequency(effects, offset);
        String what = "the effect of offset %d happened %d times.".formatted(offset, times);
        boolean keyed = machine.knowsTheKeyOf(offset);
        return broken(machine, fault, TWICE, what, keyed ? Mistake.CHANGES_ITS_KEY : mistake);
      }
    return Optional.empty();
  }

  /// What only the exercise knows to ask for.
  private static Verdict asAsked(Subject subject) {
    try (var machine = new Machine<>(subject, EVENTS)) {
      var complaint = subject.stage().complaintAboutEffects(machine.disk());
      return complaint.isEmpty()
          ? new Kept()
          : new Broken(
              NOT_AS_ASKED, complaint.get(), Optional.empty(), Script.of(0, 0), new Timeline());
    } catch (Exception | Error e) { // the program's
      return new Broken(THROWS, thrown(e), Optional.empty(), Script.of(0, 0), new Timeline());
    }
  }

  private static String thrown(Throwable e) {
    boolean isWrapped = e instanceof ExecutionException && e.getCause() != null;
    return isWrapped ? thrown(e.getCause()) : Trial.thrown(e);
  }

  private interface Judge {
    /// Looks at what `machine` is left with after `fault`.
    Optional<Broken> judge(Machine<?> machine, String fault) throws Exception;
  }

  private interface Fate {
    /// Runs processes on `machine` to which something happens at their `moment`.
    ///
    /// @return whether they have come to that moment
    boolean at(Machine<?> machine, int moment) throws Exception;
  }

  private static boolean kill(Machine<?> machine, int moment) throws Exception {
    boolean wasKilled = false;
    for (int kill = 0; kill < KILLS; kill++) wasKilled |= machine.run(moment).wasKilled();
    return wasKilled;
  }

  private static boolean fail(Machine<?> machine, int moment) throws Exception {
    var process = machine.runFailing(moment);
    if (!process.hasEndedWell()) machine.run(0); // somebody starts another one
    return process.hasFailed();
  }

  private static Verdict atEachMoment(Subject subject, String name, Fate fate, Judge judge) {
    for (int moment = 1; moment <= MOST_MOMENTS; moment++)
      try (var machine = new Machine<>(subject, EVENTS)) {
        String fault = name + "@" + moment;
        boolean happened = false;
        Optional<Broken> broken;
        try {
          happened = fate.at(machine, moment);
          broken = judge.judge(machine, fault);
        } catch (NotOffered e) {
          broken = broken(machine, fault, NOTHING_TO_CALL, e.getMessage() + ".");
        } catch (NotAsAsked e) {
          broken =
              Optional.of(
                  new Broken(
                      NOT_AS_ASKED,
                      e.getMessage(),
                      e.mistake,
                      Script.of(EVENTS, 0, fault),
                      machine.timeline()));
        } catch (Machine.NeverEnded e) {
          broken = broken(machine, fault, NEVER_RETURNS, e.getMessage());
        } catch (Exception | Error e) { // the program's: whatever it is, it goes to its author
          broken = broken(machine, fault, THROWS, thrown(e));
        }
        if (broken.isPresent()) return broken.get();
        if (!happened) return new Kept();
      }
    throw new IllegalStateException("There are more than " + MOST_MOMENTS + " moments.");
  }

  private static Optional<Broken> broken(Machine<?> machine, String fault, Way way, String what) {
    return Optional.of(
        new Broken(way, what, Optional.empty(), Script.of(EVENTS, 0, fault), machine.timeline()));
  }

  private static Optional<Broken> broken(
      Machine<?> machine, String fault, Way way, String what, Mistake mistake) throws Exception {
    var known = Optional.of(machine.mistake(way).orElse(mistake));
    return Optional.of(
        new Broken(way, what, known, Script.of(EVENTS, 0, fault), machine.timeline()));
  }

  private KillChecks() {}
}
