package harness;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a person at the terminal names, to test or to draw it: a chapter (`03`), an exercise (`03-a`), a
/// file of one of these, or a file of their own in the place of one (`03 mine.java`).
///
/// @param words what the person wrote
/// @param source the program
/// @param stage the name of its adapter in `tests/stages`
/// @param promises what it should keep
/// @param excused what it may leave behind, because a later chapter mends it
/// @param exercise the exercise that it solves, if it is one
public record Target(
    List<String> words,
    Path source,
    String stage,
    List<Promise> promises,
    Set<Law.Article> excused,
    Optional<Exercise> exercise) {

  /// @throws IllegalArgumentException with a sentence for the one who wrote `words`
  public static Target of(List<String> words) {
    if (words.isEmpty() || words.size() > 2)
      throw new IllegalArgumentException(
          "Name one chapter or exercise, and at most one file. " + known());
    var target = byName(words, words.getFirst());
    if (words.size() == 1) return target;
    return new Target(
        words,
        existing(words.get(1)),
        target.stage,
        target.promises,
        target.excused,
        target.exercise);
  }

  private static Target byName(List<String> words, String name) {
    String file = Path.of(name).getFileName().toString();
    for (int chapter : Matrix.chapters()) {
      Path source = Matrix.sourceOf(chapter);
      String chapterFile = source.getFileName().toString();
      boolean named =
          chapterFile.startsWith(name + "-")
              || chapterFile.equals("%02d-%s.java".formatted(chapter, name));
      if (named || file.equals(chapterFile))
        return new Target(
            words,
            named ? source : existing(name),
            Matrix.stageOf(chapter),
            Matrix.keptBy(chapter),
            Matrix.excused(chapter),
            Optional.empty());
    }
    for (Exercise exercise : Exercise.all())
      if (name.equals(exercise.id()) || file.equals(exercise.file())) {
        Path source = name.equals(exercise.id()) ? exercise.starter() : existing(name);
        return new Target(
            words, source, exercise.stage(), exercise.promises(), Set.of(), Optional.of(exercise));
      }
    String advice =
        name.endsWith(".java")
            ? " For a file of your own, name first what it stands for: 03 " + name
            : "";
    throw new IllegalArgumentException(
        "'" + name + "' is neither a chapter nor an exercise. " + known() + advice);
  }

  private static Path existing(String file) {
    Path path = Path.of(file).toAbsolutePath().normalize();
    if (Files.isRegularFile(path)) return path;
    throw new IllegalArgumentException("There is no file " + path + ".");
  }

  private static String known() {
    var names = new ArrayList<String>();
    for (int chapter : Matrix.chapters()) names.add("%02d".formatted(chapter));
    for (Exercise exercise : Exercise.all()) names.add(exercise.id());
    return "There are " + names.stream().collect(Collectors.joining(", ")) + ".";
  }

  /// The titles of the promises that are not checked here.
  public String notAsked() {
    return Stream.of(Promise.values())
        .filter(promise -> !promises.contains(promise))
        .map(Promise::title)
        .collect(Collectors.joining(", "));
  }

  /// @throws Subject.DoesNotCompile if the program is not yet one
  public Subject compile() {
    return Subject.of(source, stage);
  }

  /// The command line that does `verb` with this target again.
  public String command(String verb) {
    return "./jbang "
        + verb
        + " "
        + words.stream()
            .map(word ->
                word.matches("[\\w./@+:-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
  }
}
