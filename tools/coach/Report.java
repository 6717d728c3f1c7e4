package coach;

import harness.Exercise;
import harness.Promise;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Promises and exercises in one table of Markdown: the summary of a check on a learner's fork, where
/// GitHub shows no more than a megabyte.
public final class Report {

  /// What is shown of one check, in characters.
  private static final int MOST = 10_000;

  private final List<Exercise> exercises;
  private final Map<String, Check> checks = new LinkedHashMap<>();

  private Report(List<Exercise> exercises, List<Check> checks) {
    this.exercises = exercises;
    checks.forEach(check -> this.checks.put(check.what(), check));
  }

  /// @param checks those of the exercises that somebody has worked on
  public static String of(List<Exercise> exercises, List<Check> checks) {
    return new Report(exercises, checks).text();
  }

  private String text() {
    long passed = exercises.stream().filter(it -> passed(it)).count();
    var text =
        new StringBuilder(
            "## Puts and Takes: %d of %d exercises pass\n\n".formatted(passed, exercises.size()));
    if (checks.isEmpty())
      return text
          + "No exercise has been worked on yet. The first one is in `exercises/"
          + exercises.getFirst().file()
          + "`.\n";
    text.append("`✓` kept, `✗` broken, `?` not looked at, `·` not asked, empty: not begun.\n\n");
    text.append(row("promise", exercises.stream().map(Exercise::id)));
    text.append("|---|").append(":-:|".repeat(exercises.size())).append('\n');
    for (var promise : Promise.values())
      if (exercises.stream().anyMatch(it -> it.promises().contains(promise)))
        text.append(line(promise.title(), promise.name()));
    text.append(line("The law", Exercise.LAW));
    text.append(
        row("**passes**", exercises.stream().map(it -> isBegun(it) ? passed(it) ? "✓" : "✗" : "")));
    for (var check : checks.values())
      if (!check.passed())
        text.append("\n### ").append(titleOf(check)).append("\n\n").append(details(check));
    return text.toString();
  }

  private boolean isBegun(Exercise exercise) {
    return checks.containsKey(exercise.id());
  }

  private boolean passed(Exercise exercise) {
    return isBegun(exercise) && checks.get(exercise.id()).passed();
  }

  private String titleOf(Check check) {
    return exercises.stream()
        .filter(it -> it.id().equals(check.what()))
        .findFirst()
        .map(it -> it.id() + " · " + it.title())
        .orElse("Chapter " + check.what());
  }

  private static String details(Check check) {
    String picture = check.picture();
    return Markdown.fenced(
        check.headline() + "\n\n" + check.explanation() + (picture.isEmpty() ? "" : "\n" + picture),
        MOST);
  }

  private String line(String title, String promise) {
    return row(title, exercises.stream().map(it -> cell(it, promise)));
  }

  private String cell(Exercise exercise, String promise) {
    boolean asked =
        promise.equals(Exercise.LAW)
            || exercise.promises().stream().anyMatch(it -> it.name().equals(promise));
    if (!asked) return "·";
    if (!isBegun(exercise)) return "";
    return checks.get(exercise.id()).findings().stream()
        .filter(it -> it.promise().equals(promise))
        .findFirst()
        .map(it -> it.kept() ? "✓" : "✗")
        .orElse("?");
  }

  private static String row(String first, Stream<String> others) {
    var cells = new ArrayList<>(List.of(first));
    others.forEach(cells::add);
    return Markdown.row(cells);
  }
}
