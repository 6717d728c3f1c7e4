package coach;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// What a learner has done so far. Exercises are kept under their ids, and predictions under their
/// chapters' names: both stay when files and chapters get other numbers.
///
/// @param version of this form; a coach that's older than the file leaves it alone
/// @param current the id of the exercise at hand, or null
public record Progress(
    int version, String current, Map<String, Work> exercises, Map<String, Prediction> predictions) {

  static final int VERSION = 1;

  public static final Progress NONE = new Progress(VERSION, null, Map.of(), Map.of());

  /// Fills in what the file leaves out.
  public Progress {
    exercises = filledIn(exercises);
    predictions = filledIn(predictions);
  }

  private static <V> Map<String, V> filledIn(Map<String, V> map) {
    var filled = new TreeMap<String, V>();
    if (map != null)
      map.forEach((key, value) -> {
        if (value != null) filled.put(key, value);
      });
    return filled;
  }

  /// What was done about one exercise.
  ///
  /// @param checks how often it was checked
  /// @param passed when it passed for the first time, in ISO-8601, or null
  /// @param broken the promise that broke at the last check; null if it passed, or didn't get that far
  /// @param hints the hints that were read, such as `NOTHING_LOST 2`
  /// @param solutionFirst whether the solution was opened before it passed
  public record Work(
      int checks, String passed, String broken, List<String> hints, boolean solutionFirst) {

    public static final Work NONE = new Work(0, null, null, List.of(), false);

    public Work {
      hints = hints == null ? List.of() : hints.stream().filter(Objects::nonNull).toList();
    }

    boolean isPassed() {
      return passed != null;
    }

    /// With the outcome of one more check.
    Work checked(Check check, Instant now) {
      String when = check.passed() && passed == null ? now.toString() : passed;
      String broken = check.broken().map(finding -> finding.promise()).orElse(null);
      return new Work(checks + 1, when, broken, hints, solutionFirst);
    }

    /// How many of the three hints on `topic` were read.
    int hintsOn(String topic) {
      return (int) hints.stream().filter(hint -> hint.startsWith(topic + " ")).count();
    }

    Work hinted(String topic, int level) {
      String hint = topic + " " + level;
      if (hints.contains(hint)) return this;
      var more = new ArrayList<>(hints);
      more.add(hint);
      return new Work(checks, passed, broken, List.copyOf(more), solutionFirst);
    }

    Work openedSolution() {
      return new Work(checks, passed, broken, hints, solutionFirst || passed == null);
    }
  }

  /// What was predicted about a chapter's demo.
  ///
  /// @param answer the letter of the first answer: later ones know the demo
  public record Prediction(String answer, boolean right) {

    public Prediction {
      answer = answer == null ? "" : answer;
    }
  }

  public Work work(String id) {
    return exercises.getOrDefault(id, Work.NONE);
  }

  public Optional<Prediction> prediction(String chapter) {
    return Optional.ofNullable(predictions.get(chapter));
  }

  public Progress with(String id, Work work) {
    var changed = new TreeMap<>(exercises);
    changed.put(id, work);
    return new Progress(version, current, changed, predictions);
  }

  public Progress at(String id) {
    return new Progress(version, id, exercises, predictions);
  }

  Progress predicted(String chapter, Prediction prediction) {
    var changed = new TreeMap<>(predictions);
    changed.putIfAbsent(chapter, prediction);
    return new Progress(version, current, exercises, changed);
  }
}
