import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import coach.Starters;
import drift.Command;
import drift.Command.Result;
import drift.Inventory;
import harness.Exercise;
import harness.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What GitHub runs: in a learner's fork, and upstream. The steps of `exercises.yml` are run as they
/// stand there, in a copy of the clone.
class ForkTest {

  @TempDir private static Path scratch;
  private static Path fork;

  @BeforeAll
  static void copy_the_clone() throws Exception {
    fork = scratch.resolve("a fork");
    for (String file : Inventory.files(Repository.root())) {
      Files.createDirectories(fork.resolve(file).getParent());
      Files.copy(Repository.root().resolve(file), fork.resolve(file));
    }
  }

  private static String workflow(String name) {
    return Repository.read(".github/workflows/" + name);
  }

  /// The commands of a workflow. Each stands in one line, or else [#a_workflow_is_as_small_as_it_looks]
  /// fails.
  private static List<String> steps(String workflow) {
    return groups("(?m)^ +(?:- )?run: (.*)$", workflow);
  }

  private static List<String> groups(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(it -> it.group(1)).toList();
  }

  private record Summary(int exitCode, String text) {

    /// What stands in a row, below an exercise's id.
    String cell(String row, String id) {
      return cells(row).get(cells("promise").indexOf(id));
    }

    private List<String> cells(String row) {
      return text.lines()
          .filter(line -> line.startsWith("| " + row + " |"))
          .findFirst()
          .map(line -> List.of(line.split(" ?\\| ?", -1)))
          .orElseThrow(() -> new AssertionError("No row " + row + " in\n" + text));
    }
  }

  /// Runs the steps as GitHub's machines do: with that bash, and with a file for the summary.
  private static Summary push() throws Exception {
    Path summary = Files.createTempFile(scratch, "summary", ".md");
    String printed = "";
    int exitCode = 0;
    for (String step : steps(workflow("exercises.yml"))) {
      if (exitCode != 0) break;
      Path script = Files.writeString(Files.createTempFile(scratch, "step", ".sh"), step + "\n");
      Result result =
          Command.run(
              "GITHUB_STEP_SUMMARY='%s' bash --noprofile --norc -eo pipefail '%s'"
                  .formatted(summary, script),
              fork);
      exitCode = result.exitCode();
      assertThat(result.err()).doesNotContain("rror", "xception");
      printed += result.out();
    }
    assertThat(printed).as("the log, for who looks there").isEqualTo(Files.readString(summary));
    return new Summary(exitCode, printed);
  }

  /// One push after the other, each with one exercise more.
  @Test
  void a_fork_is_red_only_if_something_that_was_worked_on_is_broken() throws Exception {
    boolean untouched = Exercise.all().stream().allMatch(Starters::isUntouched);
    assumeTrue(untouched || "true".equals(System.getenv("CI")), "a learner works in this clone");

    var new_fork = push();
    assertThat(new_fork.text).contains("0 of 22", "No exercise has been worked on yet.");
    assertThat(new_fork.exitCode).isZero();

    write("03-b", Files.readString(exercise("03-b").solution()));
    var solved = push();
    assertThat(solved.text).contains("1 of 22").doesNotContain("###");
    assertThat(solved.cell("Downstream lives on", "03-b")).isEqualTo("✓");
    assertThat(solved.cell("**passes**", "03-b")).isEqualTo("✓");
    assertThat(solved.cell("**passes**", "01-a")).isEmpty();
    assertThat(solved.exitCode).isZero();

    write("01-a", Files.readString(exercise("01-a").starter()) + "// begun\n");
    var begun = push();
    assertThat(begun.text).contains("1 of 22", "### 01-a · Tail a file", "✗ In order: ");
    assertThat(begun.cell("In order", "01-a")).isEqualTo("✗");
    assertThat(begun.cell("**passes**", "01-a")).isEqualTo("✗");
    assertThat(begun.cell("**passes**", "03-b")).isEqualTo("✓");
    assertThat(begun.exitCode).isEqualTo(1);

    handsIn();
  }

  /// A learner's export is what a teacher can add up.
  private static void handsIn() throws Exception {
    String command =
        "./jbang coach export --name 'Ada | Lovelace' > ada.json && ./jbang coach total ada.json";
    var total = Command.run(command, fork);
    assertThat(total.out())
        .contains("# The room: 1 learner\n", "| 03-b · Count the restarts | 1 |  |  |  |  |\n")
        .contains("| 01-a · Tail a file |  | 1 | In order 1× |  |  |\n");
  }

  private static Exercise exercise(String id) {
    return Exercise.byId(id).orElseThrow();
  }

  private static void write(String id, String text) throws IOException {
    Files.writeString(fork.resolve("exercises").resolve(exercise(id).file()), text);
  }

  @Test
  void each_workflow_knows_where_it_belongs() {
    assertThat(workflow("exercises.yml")).contains("\n    if: github.event.repository.fork\n");
    assertThat(workflow("test.yml"))
        .contains("\n    if: ${{ !github.event.repository.fork }}\n", "\n  schedule:\n");
    assertThat(steps(workflow("test.yml"))).containsExactly("./jbang test");
  }

  @ParameterizedTest
  @ValueSource(strings = {"exercises.yml", "test.yml"})
  void a_workflow_is_as_small_as_it_looks(String name) {
    String text = workflow(name);
    assertThat(text)
        .contains("\npermissions:\n  contents: read\n\n", "\ndefaults:\n  run:\n    shell: bash\n")
        .contains("distribution: temurin\n          java-version: 25\n")
        .doesNotContain("secrets", "\t");
    assertThat(groups("uses: (.*)", text))
        .isNotEmpty()
        .allMatch(it -> it.matches("actions/[a-z-]+@v\\d+"));
    assertThat(Pattern.compile("\\brun: ").matcher(text).results().map(MatchResult::group))
        .hasSize(steps(text).size());
    assertThat(steps(text)).isNotEmpty().allMatch(it -> it.startsWith("./jbang "));
  }
}
