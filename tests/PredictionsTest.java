import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import coach.Chapter;
import drift.Command;
import harness.Matrix;
import harness.Repository;
import harness.TomlEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Each chapter asks a question before its demo, and the demo answers it on the screen.
class PredictionsTest {

  /// More than there may be cores: many chapters sleep.
  private static final ExecutorService FOUR_AT_A_TIME = Executors.newFixedThreadPool(4);

  private static final Map<Chapter, Future<Command.Result>> DEMOS = new HashMap<>();

  @TempDir private static Path scratch;

  /// That a chapter runs without being compiled first is what [SelfContainedTest] tests.
  @BeforeAll
  static void start_all_demos() throws IOException {
    for (Chapter chapter : Chapter.all()) {
      Path classes = Files.createDirectory(scratch.resolve(chapter.name()));
      String command =
          Command.compiled(chapter.source(), classes) + " " + String.join(" ", chapter.demo());
      DEMOS.put(chapter, FOUR_AT_A_TIME.submit(() -> Command.run(command, Repository.root())));
    }
  }

  @AfterAll
  static void stop_what_still_runs() {
    FOUR_AT_A_TIME.shutdownNow();
    FOUR_AT_A_TIME.close();
  }

  private interface Check {
    void of(Chapter chapter) throws Exception;
  }

  private static Stream<DynamicTest> each(Check check) {
    return Chapter.all().stream()
        .map(chapter -> dynamicTest(chapter.name(), () -> check.of(chapter)));
  }

  @TestFactory
  Stream<DynamicTest> a_demo_shows_the_lines_that_decide() {
    return each(chapter -> {
      var demo = DEMOS.get(chapter).get();
      assertThat(demo.err()).isEmpty();
      assertThat(demo.exitCode()).isZero();
      List<String> output = demo.out().lines().toList();
      List<String> found =
          chapter.deciding(output).stream().map(index -> output.get(index).strip()).toList();
      assertThat(found).as("lines in the output\n" + demo.out()).isEqualTo(chapter.shows());
    });
  }

  @Test
  void the_chapters_are_those_of_the_matrix() {
    assertThat(Chapter.all()).extracting(Chapter::number).isEqualTo(Matrix.chapters());
    for (Chapter chapter : Chapter.all())
      assertThat(chapter.source()).exists().isEqualTo(Matrix.sourceOf(chapter.number()));
  }

  @TestFactory
  Stream<DynamicTest> a_question_is_a_paragraph_of_the_prose() {
    return each(chapter ->
        assertThat(chapter.question()).contains("?").doesNotContain("\n", "///", "**", "  "));
  }

  @Test
  void a_question_goes_on_to_the_end_of_its_paragraph() {
    assertThat(Chapter.byNumber(3).orElseThrow().question())
        .startsWith("The producer fails at offset 7")
        .endsWith("And what happens at the end of the log?");
  }

  @TestFactory
  Stream<DynamicTest> the_readme_gives_the_same_minutes_for_the_reading() {
    return each(chapter -> {
      var row = Repository.read("README.md").lines().filter(line -> line.contains(chapter.file()));
      assertThat(row).anyMatch(line -> line.contains("| " + chapter.readingMinutes() + " + "));
    });
  }

  @TestFactory
  Stream<DynamicTest> the_code_that_a_reason_quotes_stands_in_the_chapter() {
    return each(chapter -> {
      String program = Files.readString(chapter.source()).replaceAll("(?m)^ *//.*\\n", "");
      var quoted =
          Pattern.compile("`([^`]+)`")
              .matcher(chapter.because())
              .results()
              .map(code -> code.group(1))
              .toList();
      assertThat(quoted).as("lines of code").isNotEmpty();
      assertThat(quoted.stream().filter(code -> !program.contains(code)))
          .as("code that is not in %s", chapter.file())
          .isEmpty();
    });
  }

  @Test
  void no_letter_is_a_safe_bet() {
    assertThat(Chapter.all()).extracting(Chapter::right).contains("a", "b", "c", "d");
  }

  // --- the list ---

  private static final String FIRST =
      """
      [[chapter]]
      name = "first"
      number = 1
      file = "01-first.java"
      answers = ["one", "two", "three"]
      right = "b"
      thoughts = ["uno", "tres"]
      demo = []
      shows = ["that", "that"]
      because = "So."
      """;

  private static final String SECOND =
      FIRST.replace("first", "second").replace("1", "2") + "changed = \"All.\"\n";

  @Test
  void an_entry_becomes_a_chapter() {
    var chapters = Chapter.parse(FIRST + SECOND);
    var first = chapters.getFirst();
    assertThat(first.changed()).isEmpty();
    assertThat(first.choices())
        .containsExactly(Map.entry("a", "one"), Map.entry("b", "two"), Map.entry("c", "three"));
    assertThat(first.thought("a")).contains("uno");
    assertThat(first.thought("b")).isEmpty();
    assertThat(first.thought("c")).contains("tres");
    assertThat(first.demo()).isEmpty();
    assertThat(chapters.getLast().changed()).contains("All.");
  }

  @Test
  void chapters_know_their_neighbours() {
    var second = Chapter.byName("step-function").orElseThrow();
    assertThat(second.previous()).map(Chapter::number).contains(1);
    assertThat(second.next()).map(Chapter::number).contains(3);
    assertThat(Chapter.all().getFirst().previous()).isEmpty();
    assertThat(Chapter.all().getLast().next()).isEmpty();
    assertThat(Chapter.byName("none")).isEmpty();
  }

  @Test
  void the_lines_that_decide_are_found_in_their_order_and_without_their_blanks() {
    var chapter =
        Chapter.parse(FIRST.replace("\"that\", \"that\"", "\"this\", \"that\"")).getFirst();
    assertThat(chapter.deciding(List.of("that", "  this", "this", "that "))).containsExactly(1, 3);
    assertThat(chapter.deciding(List.of("that", "this"))).containsExactly(1);
    assertThat(chapter.deciding(List.of("that", "this one"))).isEmpty();
  }

  @Test
  void a_wrong_entry_is_refused_with_its_name_its_key_and_what_is_allowed() {
    assertRefused("", "holds no [[chapter]]");
    assertRefused("[[chapter]]\nname = \"first", "is no TOML, line 2");
    assertRefused(FIRST + FIRST, "first: name is that of another entry, too");
    assertRefused(
        FIRST.replace("name = \"first\"", ""),
        "an entry without name: name should be a text of the form",
        "is missing");
    assertRefused(FIRST + "answer = \"b\"\n", "first: answer is no key that we know", "answers");
    assertRefused(
        FIRST.replace("number = 1", "number = \"1\""),
        "first: number should be a number from 1 to 99, and is \"1\"");
    assertRefused(
        FIRST + SECOND.replace("2", "3"), "second: number should be 2, its place, and is 3");
    assertRefused(
        FIRST.replace("01-first", "02-first"), "first: file should be a text of the form 01");
    assertRefused(
        FIRST + "changed = \"All.\"\n",
        "first: changed should be left out: nothing comes before chapter 1");
    assertRefused(
        FIRST + SECOND.replaceAll("changed.*\n", ""),
        "second: changed should be a text of the form .+, and is missing");
    assertRefused(
        FIRST.replace(", \"three\"", ""),
        "first: answers should be a list of 3 to 4 texts, none of them empty, and is [\"one\",");
    assertRefused(FIRST.replace("\"three\"", "3"), "first: answers should be a list of 3 to 4");
    assertRefused(
        FIRST.replace("three", "three ".repeat(13)),
        "first: answers should be of at most 75 characters, and this is of 77: three three");
    assertRefused(FIRST.replace("three", "two"), "first: answers should all differ");
    assertRefused(
        FIRST.replace("right = \"b\"", "right = \"d\""),
        "first: right should be a text of the form [a-c], and is \"d\"");
    assertRefused(FIRST.replace(", \"tres\"", ""), "first: thoughts should be a list of 2 texts");
    assertRefused(
        FIRST.replaceAll("shows.*\n", ""), "first: shows should be a list of 1 to 3 texts");
  }

  private static void assertRefused(String toml, String... parts) {
    assertThatThrownBy(() -> Chapter.parse(toml))
        .isInstanceOf(TomlEntry.Invalid.class)
        .hasMessageStartingWith("chapters/chapters.toml: ")
        .hasMessageContainingAll(parts)
        .hasMessageEndingWith(".");
  }
}
