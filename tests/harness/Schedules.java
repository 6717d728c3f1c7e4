package harness;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Whether a program does under *every* schedule of failures what a model says. A schedule is a [Script]:
/// one plan of faults, one size of the channel. Time is virtual, so a pause costs nothing, and tens of
/// thousands of schedules take a second.
///
/// It's for programs that come to an end by themselves, that tell their consumer, and whose exits are
/// called `Done`, `Failed`, `Stopped` and `Died`: the chapters from 4 on.
public final class Schedules {

  /// What a program does about failures; enough to say what comes out of any script.
  public record Model(
      int maxRestarts,
      boolean progressForgives,
      boolean poisonGoesAside,
      boolean dropsDuplicates,
      boolean errorsEscape) {

    /// What should come of `script`.
    public Outcome of(Script script) {
      var faults = new ArrayList<>(script.faults());
      var arrived = new ArrayList<Long>();
      var aside = new ArrayList<Long>();
      int failures = 0;
      int restarts = 0;
      long from = 0;
      long at = 0;
      while (at < script.events()) {
        boolean poison = faults.contains("poison@" + at);
        boolean fails =
            poison || faults.contains("read@" + at + "*") || faults.remove("read@" + at);
        if (!fails && faults.remove("fatal@" + at)) {
          if (errorsEscape) return new Outcome(arrived, "Died", aside, failures);
          fails = true;
        }
        if (!fails) {
          if (!dropsDuplicates || !arrived.contains(at)) arrived.add(at);
          fails = faults.remove("put@" + at);
        }
        if (!fails) {
          at++;
          continue;
        }
        failures++;
        if (progressForgives && at > from) restarts = 0;
        from = at;
        if (++restarts > maxRestarts) return new Outcome(arrived, "Failed@" + at, aside, failures);
        if (poison && poisonGoesAside) {
          aside.add(at);
          from = ++at;
        }
      }
      return new Outcome(arrived, "Done@" + at, aside, failures);
    }
  }

  /// What comes of a script: the offsets that arrived, how it ended and where, the offsets that were put
  /// aside, and how many failures somebody was told of.
  public record Outcome(List<Long> arrived, String exit, List<Long> aside, int failures) {}

  private static final Pattern EXIT = Pattern.compile("(Done|Failed|Stopped|Died)\\D*(\\d+).*");
  private static final Pattern LETTER = Pattern.compile(".*?@(\\d+) .*");

  /// A schedule under which a program does something else than its model.
  public record Surprise(Script script, Outcome expected, Outcome happened) {

    /// For the one who wrote the program: what was expected, what happened, and the picture.
    public String explain(Subject subject, String replay) {
      String picture;
      try (var run = Run.inLockstep(subject.stage(), script)) {
        picture = run.drain().timeline().draw(60);
      }
      return "Expected: %s\nHappened: %s\n%s\nReplay: %s %s"
          .formatted(expected, happened, picture, replay, script);
    }
  }

  /// Runs one script, and compares.
  public static Optional<Surprise> surprise(Subject subject, Script script, Model model)
      throws Exception {
    var expected = model.of(script);
    var happened = outcome(subject, script);
    return expected.equals(happened)
        ? Optional.empty()
        : Optional.of(new Surprise(script, expected, happened));
  }

  /// The smallest script near `surprise` that still surprises.
  public static Surprise shrunk(Subject subject, Surprise surprise, Model model) throws Exception {
    for (Script smaller : surprise.script().smaller()) {
      var again = surprise(subject, smaller, model);
      if (again.isPresent()) return shrunk(subject, again.get(), model);
    }
    return surprise;
  }

  private static Outcome outcome(Subject subject, Script script) throws Exception {
    var stage = subject.stage();
    try (var run = Run.oneOfMany(stage, script, 0)) {
      return outcome(run.drainToTheEnd());
    }
  }

  private static Outcome outcome(Run<?> run) throws Exception {
    String exit = run.diedOf(Error.class) ? "Died" : run.results().getLast();
    var matcher = EXIT.matcher(exit);
    if (matcher.matches()) exit = matcher.group(1) + "@" + matcher.group(2);
    int failures =
        (int)
            run.printed().stream().filter(line -> line.startsWith("An error has occurred")).count();
    return new Outcome(run.arrived(), exit, aside(run), failures);
  }

  private static List<Long> aside(Run<?> run) throws Exception {
    try {
      return run.stage().deadLetters().stream().map(Schedules::offsetOf).toList();
    } catch (Stage.NotOffered e) {
      return List.of();
    }
  }

  private static long offsetOf(String letter) {
    var matcher = LETTER.matcher(letter);
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
  }

  /// Interrupts the program once at each moment of its run on `script`, lets it go on from where it
  /// stopped, and compares all that arrived with a run that nobody interrupts.
  ///
  /// @return what went wrong, and at which moment; and how many runs it took
  public static Interrupted interrupted(Subject subject, Script script, Model model)
      throws Exception {
    var expected = model.of(script);
    for (int moment = 1; ; moment++) {
      try (var run = Run.oneOfMany(subject.stage(), script, moment)) {
        var happened = outcome(run.drainAcrossStops());
        if (moment > run.moments()) return new Interrupted(moment, Optional.empty());
        boolean sameEnd = happened.exit().equals(expected.exit());
        boolean sameAside = new HashSet<>(happened.aside()).equals(new HashSet<>(expected.aside()));
        if (!happened.arrived().equals(expected.arrived()) || !sameEnd || !sameAside)
          return new Interrupted(
              moment,
              Optional.of(
                  "asked to stop at moment %d of %s\nExpected: %s\nHappened: %s\n%s"
                      .formatted(moment, script, expected, happened, run.timeline().draw(60))));
      }
    }
  }

  /// What came of interrupting one script at every moment.
  public record Interrupted(int runs, Optional<String> complaint) {}

  private Schedules() {}
}
