package coach;

import coach.Progress.Work;
import harness.Exercise;
import java.util.List;

/// The exercises and how far they've come, as rows.
final class Listing {

  private static final int CELLS = 18;

  /// @param state `passed`, `at it` or `open`
  record Row(
      String id,
      String title,
      int chapter,
      int minutes,
      String state,
      boolean current,
      int checks,
      int hints,
      String file) {

    String text() {
      String mark =
          switch (state) {
            case "passed" -> "✓";
            case "at it" -> "…";
            default -> "·";
          };
      return "%s %s %s  %-28s %3d min%s"
          .formatted(current ? "→" : " ", mark, id, title, minutes, remark());
    }

    private String remark() {
      String remark = "";
      if (checks > 0) remark += "  " + checks + (checks == 1 ? " check" : " checks");
      if (hints > 0) remark += ", " + hints + (hints == 1 ? " hint" : " hints");
      return remark;
    }
  }

  static List<Row> of(Learner learner) {
    var current = learner.current();
    return learner.exercises.stream()
        .map(it -> row(it, learner.work(it), it.equals(current)))
        .toList();
  }

  private static Row row(Exercise exercise, Work work, boolean current) {
    String state = work.isPassed() ? "passed" : work.checks() > 0 ? "at it" : "open";
    return new Row(
        exercise.id(),
        exercise.title(),
        exercise.chapter(),
        exercise.minutes(),
        state,
        current,
        work.checks(),
        work.hints().size(),
        Learner.shown(exercise.starter()));
  }

  /// `██████░░░░░░░░░░░░ 6 of 18`.
  static String bar(Learner learner) {
    int all = learner.exercises.size();
    long passed = learner.exercises.stream().filter(it -> learner.work(it).isPassed()).count();
    int full = (int) (CELLS * passed / all);
    return "█".repeat(full) + "░".repeat(CELLS - full) + " " + passed + " of " + all;
  }

  private Listing() {}
}
