package coach;

import harness.Directives;
import harness.Exercise;
import harness.Repository;
import harness.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;

/// Something longer to read: a title, and lines to leaf through.
record Page(String title, List<String> lines) {

  static Page of(String title, String text) {
    return new Page(title, text.lines().toList());
  }

  static Page solution(Exercise exercise) {
    return of(Learner.shown(exercise.solution()), Repository.read("solutions/" + exercise.file()));
  }

  static Page mineAndSolution(Exercise exercise) throws IOException {
    String mine = Learner.shown(exercise.starter());
    String text;
    try {
      text = Files.readString(exercise.starter());
    } catch (NoSuchFileException e) {
      throw new IOException("There is no " + mine + ". Does ./jbang coach reset help?");
    } catch (IOException e) {
      throw new IOException(mine + " can't be read: " + e + ".");
    }
    var diff =
        Changes.between(
            mine,
            Changes.withoutProse(text),
            Learner.shown(exercise.solution()),
            Changes.withoutProse(Repository.read("solutions/" + exercise.file())));
    return diff.isEmpty()
        ? of("Yours, and the solution", "There is no difference but in the prose.")
        : new Page("Yours (-) and the solution (+): " + Changes.count(diff) + " lines", diff);
  }

  /// @throws IllegalArgumentException if there is no such chapter, or none after it
  static Page nextChapter(int number) {
    var chapter =
        Chapter.byNumber(number)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "There is no chapter %d. There are 1 to %d."
                        .formatted(number, Chapter.all().size())));
    var next =
        chapter
            .next()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "Chapter %d is the last one, so there is none to compare it with."
                        .formatted(number)));
    if (Directives.of(next.source()).sources().contains(chapter.source()))
      return new Page(
          "From chapter %d to %d".formatted(number, next.number()),
          Verdict.wrapped(
                  "%s Chapter %d takes chapter %d as it is, so there's nothing to compare: all of chapters/%s is new."
                      .formatted(next.changed().orElse(""), next.number(), number, next.file()),
                  0)
              .lines()
              .toList());
    var diff =
        Changes.between(
            "chapters/" + chapter.file(),
            Changes.withoutProse(Repository.read("chapters/" + chapter.file())),
            "chapters/" + next.file(),
            Changes.withoutProse(Repository.read("chapters/" + next.file())));
    var lines = new ArrayList<String>();
    lines.addAll(Verdict.wrapped(next.changed().orElse(""), 0).lines().toList());
    lines.add("");
    lines.addAll(diff);
    return new Page(
        "From chapter %d to %d, without the prose: %s lines"
            .formatted(number, next.number(), Changes.count(diff)),
        lines);
  }

  /// What was predicted, what the demo printed, and whether the two agree.
  static Page prediction(Chapter chapter, String answer, List<String> output) {
    boolean right = answer.equals(chapter.right());
    var choices = chapter.choices();
    var lines = new ArrayList<String>();
    lines.addAll(Verdict.wrapped(chapter.question(), 0).lines().toList());
    lines.add("");
    lines.add("You said:  " + answer + "  " + choices.get(answer));
    lines.add(
        right
            ? "✓ So it is."
            : "✗ It's     " + chapter.right() + "  " + choices.get(chapter.right()));
    lines.addAll(Verdict.wrapped(chapter.because(), 0).lines().toList());
    lines.add("");
    lines.add("$ " + Demo.command(chapter));
    var deciding = chapter.deciding(output);
    for (int i = 0; i < output.size(); i++)
      lines.add((deciding.contains(i) ? "→ " : "  ") + output.get(i));
    return new Page("Chapter %d, %s".formatted(chapter.number(), chapter.name()), lines);
  }
}
