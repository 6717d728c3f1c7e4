package coach;

import harness.Exercise;
import harness.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Promises and exercises in one table of Markdown: the summary of a check on a learner's fork.
final class Report {

  private final List<Exercise> exercises;
  private final Map<String, Check> checks;

  private Report(List<Exercise> exercises, List<Check> checks) {
    this.exercises = exercises;
    this.checks = checks.stream().collect(Collectors.toMap(Check::what, Function.identity()));
  }

  /// @param checks those of the exercises that somebody has worked on
  static String of(List<Exercise> exercises, List<Check> checks) {
    return new Report(exercises, checks).text();
  }

  private String text() {
    long passed = checks.values().stream().filter(Check::passed).count();
    var text = new StringBuilder("## Puts and Takes: %d of %d exercises pass\n\n"
        .formatted(passed, exercises.size()));
    text.append("`✓` kept, `✗` broken, `?` not looked at, `·` not asked, empty: not begun.\n\n");
    var columns = new ArrayList<String>(List.of("promise"));
    exercises.forEach(it -> columns.add(it.id()));
    row(text, columns);
    text.append("|---|").append(":-:|".repeat(exercises.size())).append('\n');
    for (var promise : Promise.values()) line(text, promise.title(), promise.name());
    line(text, "The law", Exercise.LAW);
    columns.clear();
    columns.add("**passes**");
    exercises.forEach(it ->
        columns.add(checks.containsKey(it.id()) ? checks.get(it.id()).passed() ? "✓" : "✗" : ""));
    row(text, columns);
    for (var exercise : exercises) {
      var check = checks.get(exercise.id());
      if (check == null || check.passed()) continue;
      text.append("\n### %s · %s\n\n".formatted(exercise.id(), exercise.title()));
      text.append("```text\n%s\n\n%s```\n".formatted(check.headline(), check.explanation() + check.picture()));
    }
    return text.toString();
  }

  private void line(StringBuilder text, String title, String promise) {
    var cells = new ArrayList<String>(List.of(title));
    for (var exercise : exercises) cells.add(cell(exercise, promise));
    row(text, cells);
  }

  private String cell(Exercise exercise, String promise) {
    boolean asked =
        promise.equals(Exercise.LAW)
            || exercise.promises().stream().anyMatch(it -> it.name().equals(promise));
    if (!asked) return "·";
    var check = checks.get(exercise.id());
    if (check == null) return "";
    return check.findings().stream()
        .filter(it -> it.promise().equals(promise))
        .findFirst()
        .map(it -> it.kept() ? "✓" : "✗")
        .orElse("?");
  }

  private static void row(StringBuilder text, List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }
}
