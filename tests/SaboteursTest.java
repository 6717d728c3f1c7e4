import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import harness.Exercise;
import harness.Law;
import harness.Lawfulness;
import harness.Matrix;
import harness.Promise;
import harness.Repository;
import harness.Subject;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.dataformat.toml.TomlMapper;

/// Wrong programs that a learner could write, in place of a chapter or of a solution: the harness must
/// catch each, and name the mistake.
@ExtendWith(Law.class)
class SaboteursTest {

  record Saboteurs(List<Saboteur> saboteur) {}

  record Saboteur(
      String name,
      String thought,
      int chapter,
      String replace,
      String by,
      String breaks,
      String says) {}

  @TestFactory
  Stream<DynamicTest> every_saboteur_is_caught_and_its_mistake_named(@TempDir Path folder) {
    var text = Repository.read("tests/saboteurs/saboteurs.toml");
    return new TomlMapper()
        .readValue(text, Saboteurs.class).saboteur.stream()
            .map(it -> dynamicTest(it.name, () -> assertCaught(it, folder)));
  }

  record WrongSolutions(List<WrongSolution> wrong) {}

  record WrongSolution(
      String exercise,
      String name,
      String thought,
      String replace,
      String by,
      String breaks,
      String says) {}

  @TestFactory
  Stream<DynamicTest> every_wrong_solution_is_caught_and_its_mistake_named(@TempDir Path folder) {
    var text = Repository.read("tests/saboteurs/wrong-solutions.toml");
    return new TomlMapper()
        .readValue(text, WrongSolutions.class).wrong.stream()
            .map(it -> dynamicTest(it.exercise + " " + it.name, () -> assertCaught(it, folder)));
  }

  private static void assertCaught(WrongSolution wrong, Path folder) throws IOException {
    var exercise = Exercise.byId(wrong.exercise).orElseThrow();
    assertThat(exercise.promises()).contains(Promise.valueOf(wrong.breaks));
    var saboteur =
        new Saboteur(
            wrong.exercise + " " + wrong.name,
            wrong.thought,
            exercise.chapter(),
            wrong.replace,
            wrong.by,
            wrong.breaks,
            wrong.says);
    Path source = write(saboteur, exercise.solution(), folder);
    assertCaught(saboteur, Subject.of(source, exercise.stage()));
  }

  private static void assertCaught(Saboteur saboteur, Path folder) throws IOException {
    Path source = write(saboteur, Matrix.sourceOf(saboteur.chapter), folder);
    assertCaught(saboteur, Subject.of(source, Matrix.stageOf(saboteur.chapter)));
  }

  private static void assertCaught(Saboteur saboteur, Subject subject) {
    assertThat(complaints(subject, saboteur))
        .as("the harness lets this pass: " + saboteur.thought)
        .isNotEmpty()
        .as("the message doesn't name the mistake")
        .contains(saboteur.says);
  }

  /// What the harness says of the promise that the saboteur breaks, or of the law.
  private static String complaints(Subject subject, Saboteur saboteur) {
    if (saboteur.breaks.equals("LAW"))
      return Lawfulness.breaches(subject).stream()
          .map(Law.Breach::toString)
          .collect(Collectors.joining("\n"));
    return switch (Promise.valueOf(saboteur.breaks).check(subject)) {
      case Kept() -> "";
      case Broken broken -> broken.explain().replaceAll("\\s+", " ");
    };
  }

  private static Path write(Saboteur saboteur, Path original, Path folder) throws IOException {
    String text = Files.readString(original);
    assertThat(text.split(java.util.regex.Pattern.quote(saboteur.replace), -1))
        .as("places in %s that say: %s", original.getFileName(), saboteur.replace)
        .hasSize(2);
    Path file = folder.resolve(saboteur.name.replace(' ', '-') + ".java");
    return Files.writeString(file, text.replace(saboteur.replace, saboteur.by));
  }
}
