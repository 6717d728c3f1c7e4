import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingInt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.googlejavaformat.java.FormatterException;
import drift.Drift;
import drift.Formatting;
import harness.Exercise;
import harness.Repository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What stands in two places is the same in both, and what is named is there.
class DriftTest {

  // In quotes, one may speak of it. (The pattern is cut in two so that this file doesn't match.)
  private static final Pattern UNFINISHED =
      Pattern.compile("(?<![`\"'])\\b(TO" + "DO|FIX" + "ME)\\b");
  private static final Pattern MACHINE =
      Pattern.compile("(?<![\\w.~}-])/(root|home|Users|work|tmp)/\\w|\\b[A-Z]:\\\\Users\\b");

  private static Drift clone;

  @BeforeAll
  static void read_the_clone() throws InterruptedException {
    clone = Drift.of(Repository.root());
  }

  @Test
  void carried_over_regions_are_word_for_word_equal() {
    assertNone(clone.regions());
  }

  /// The learner gets chapter 8's supervisor in 08-a. Only its comments are wrapped in another way.
  @Test
  void exercise_08_a_is_given_the_supervisor_of_chapter_8() {
    String chapter = Repository.read("chapters/08-reusable-supervisor.java");
    for (String folder : List.of("exercises", "solutions")) {
      String given = codeOf(Repository.read(folder + "/08-a-tail-a-growing-file.java"));
      for (String part :
          List.of("intensity", "books", "outcomes", "child", "events", "supervisor")) {
        String region = chapter.split("// region the " + part + "\\n")[1].split("// endregion")[0];
        assertThat(given).as(folder + ", the " + part).contains(codeOf(region));
      }
    }
  }

  private static String codeOf(String text) {
    return text.replaceAll("(?m)^ *//.*\\n", "").replaceAll("\\s+", " ").strip();
  }

  @Test
  void every_chapter_has_all_its_parts() {
    assertNone(clone.chapterParts());
  }

  @Test
  void every_exercise_has_a_starter_a_solution_an_entry_and_a_chapter_that_names_it() {
    assertNone(clone.exerciseParts(Exercise.all().stream().map(Exercise::file).toList()));
  }

  @Test
  void a_chapter_promises_the_minutes_that_its_exercises_take() {
    assertNone(
        clone.minutes(
            Exercise.all().stream()
                .collect(
                    groupingBy(
                        exercise -> "%02d".formatted(exercise.chapter()),
                        summingInt(Exercise::minutes)))));
  }

  @Test
  void the_readme_lists_every_chapter_with_its_minutes() {
    assertNone(clone.chapterTable());
  }

  @Test
  void every_row_of_a_table_is_whole() {
    assertNone(clone.tables());
    assertThat(clone("a.java", "/// | a | b |\n  /// | a |\n  // b |\n/// | long\n").tables())
        .containsExactly("a.java:4: this row of a table doesn't end. Is it too long?");
  }

  @Test
  void the_table_in_the_readme_is_the_matrix() {
    assertNone(clone.matrix());
  }

  @Test
  void every_file_that_prose_names_is_there() {
    assertNone(clone.namedFiles());
  }

  @Test
  void every_name_that_prose_gives_to_jbang_is_in_the_catalog() {
    assertNone(clone.namedAliases());
  }

  @Test
  void every_alias_points_at_a_script_and_describes_it_in_its_own_words() {
    assertNone(clone.aliasParts());
  }

  @Test
  void every_chapter_and_every_tool_has_its_aliases() {
    assertNone(clone.missingAliases());
  }

  @Test
  void nothing_is_left_to_do_outside_the_starters() {
    assertNone(clone.lines(UNFINISHED, file -> !file.startsWith("exercises/")));
  }

  @Test
  void no_file_knows_the_machine_that_it_was_written_on() {
    assertNone(clone.lines(MACHINE, _ -> true));
  }

  @Test
  void every_java_file_is_formatted() {
    var complaints = new ArrayList<>(clone.formatting());
    boolean learners = !"true".equals(System.getenv("CI")); // whose exercises are theirs to lay out
    if (learners) complaints.removeIf(complaint -> complaint.startsWith("exercises/"));
    assertNone(complaints);
  }

  private static void assertNone(List<String> complaints) {
    if (!complaints.isEmpty()) fail(String.join("\n\n", complaints));
  }

  // The checks themselves, on small clones in which something is wrong.

  @Test
  void a_region_that_drifted_is_shown_with_the_first_line_that_differs() {
    var drift =
        clone(
            "chapters/01-a.java", "// region the log\n  int a;\n  int b;\n// endregion\n",
            "chapters/02-b.java", "\n// region the log\n  int a;\n  long b;\n// endregion\n");
    assertThat(drift.regions())
        .containsExactly(
            """
            The region 'the log' differs in line 2:
              chapters/01-a.java:1:   int b;
              chapters/02-b.java:2:   long b;\
            """);
  }

  @Test
  void a_region_has_one_beginning_and_one_end_and_a_chapter_carries_something_over() {
    var drift =
        clone(
            "chapters/01-a.java", "// region x\n// region y\n// endregion\n// endregion\n",
            "chapters/02-b.java", "// region new here\n");
    assertThat(drift.regions())
        .containsExactly(
            "chapters/01-a.java:2: each // region needs its own // endregion.",
            "chapters/01-a.java:4: each // region needs its own // endregion.",
            "chapters/02-b.java:1: this region is never closed.",
            "chapters/02-b.java carries nothing over from an earlier chapter.");
  }

  @Test
  void an_empty_chapter_lacks_everything() {
    assertThat(clone("chapters/04_giving-up.java", "//DEPS a:b:1\n\n//DEPS c:d:1\n").chapterParts())
        .hasSize(13)
        .allMatch(complaint -> complaint.startsWith("chapters/04_giving-up.java lacks "));
  }

  @Test
  void half_an_exercise_is_noticed() {
    var drift = clone("exercises/01-a-x.java", "", "solutions/01-b-y.java", "");
    assertThat(drift.exerciseParts(List.of("01-a-x.java", "01-c-z.java")))
        .containsExactly(
            "solutions/01-a-x.java is missing.",
            "No chapter names exercises/01-a-x.java.",
            "exercises/01-b-y.java is missing.",
            "exercises.toml has no entry for 01-b-y.java.",
            "No chapter names exercises/01-b-y.java.",
            "exercises/01-c-z.java is missing.",
            "solutions/01-c-z.java is missing.",
            "No chapter names exercises/01-c-z.java.");
  }

  @Test
  void minutes_that_do_not_add_up_are_noticed() {
    var drift = clone("chapters/01-a.java", "/// *Reading: 5 minutes. Exercises: 30 minutes.*\n");
    assertThat(drift.minutes(Map.of("01", 30))).isEmpty();
    assertThat(drift.minutes(Map.of("01", 35)))
        .containsExactly("chapters/01-a.java promises exercises of 30 minutes; they take 35.");
    assertThat(drift.chapterTable())
        .containsExactly("README.md has no row with minutes for chapters/01-a.java.");
    String table = "\n| 1 | [a](chapters/01-a.java) | x | 5 + 31 |\n";
    drift.files().put("README.md", table);
    assertThat(drift.chapterTable())
        .containsExactly("README.md gives chapters/01-a.java other minutes than the chapter does.");
    drift.files().put("README.md", table.replace("31", "30"));
    assertThat(drift.chapterTable()).isEmpty();
  }

  @Test
  void a_name_of_a_file_that_is_not_there_is_noticed_and_a_pattern_is_not() {
    String prose =
        """
        /// Read `04-b.java`, `chapters/NN-name.java`, `tests/none.java` or
        /// [this](03-none.java), [that](04-b.java#top) or [those](https://none.java).
        /// ```console
        /// $ ./jbang exercises/none.java
        /// tests/this-is-output.java
        /// ```
        int a; // `tests/no-prose.java`
        """;
    assertThat(clone("chapters/03-a.java", prose, "chapters/04-b.java", "").namedFiles())
        .containsExactlyInAnyOrder(
            "chapters/03-a.java names tests/none.java, which isn't there.",
            "chapters/03-a.java links to 03-none.java, which isn't there.",
            "chapters/03-a.java names exercises/none.java, which isn't there.");
    assertThat(
            clone("README.md", "[x](04-b.java) `04-b.java`", "chapters/04-b.java", "").namedFiles())
        .containsExactly("README.md links to 04-b.java, which isn't there.");
  }

  @Test
  void a_stale_matrix_is_noticed_and_can_be_made_anew() {
    String stale = "# x\n<!-- matrix -->\n| stale |\n<!-- /matrix -->\nend\n";
    assertThat(clone("README.md", stale).matrix()).singleElement().asString().contains("in line 3");
    assertThat(clone("README.md", Drift.withMatrix(stale)).matrix()).isEmpty();
    assertThat(Drift.withMatrix(stale)).startsWith("# x\n<!-- matrix -->\n\n| ").endsWith("end\n");
    assertThat(clone("README.md", "no marks").matrix()).hasSize(1);
  }

  @Test
  void a_name_that_jbang_does_not_know_is_noticed() {
    var drift =
        clone(
            "README.md", "Say `./jbang 03`, `./jbang 3 --seed 1` or `./jbang -i chapters/x.jsh`.",
            "jbang-catalog.json", "{\"aliases\": {\"03\": {}}}");
    assertThat(drift.namedAliases())
        .containsExactly("README.md says ./jbang 3, and jbang-catalog.json has no 3.");
  }

  @Test
  void a_bad_catalog_is_noticed() {
    var drift =
        clone(
            "tools/draw.java", "//DESCRIPTION Draws\n",
            "chapters/03-a-b.java", "",
            "jbang-catalog.json",
                """
                {"aliases": {
                  "draw": {"script-ref": "tools/draw.java", "description": "Paints", "java": "25"},
                  "03": {"script-ref": "chapters/none.java"}
                }}
                """);
    assertThat(drift.aliasParts())
        .hasSize(4)
        .anyMatch(complaint -> complaint.contains("alias draw") && complaint.contains("field java"))
        .anyMatch(complaint -> complaint.contains("Paints") && complaint.contains("Draws"))
        .anyMatch(complaint -> complaint.contains("alias 03") && complaint.contains("none.java"))
        .anyMatch(complaint -> complaint.contains("alias 03") && complaint.contains("description"));
    assertThat(drift.missingAliases())
        .containsExactly(
            "jbang-catalog.json has no alias 03 for chapters/03-a-b.java.",
            "jbang-catalog.json has no alias a-b for chapters/03-a-b.java.");
  }

  @Test
  void unfinished_work_and_the_paths_of_a_machine_are_noticed() {
    String text = "a TO" + "DO\n`TO" + "DO`\n/" + "home/alice\nhttps://x/home/\n~/tmp/x ./tmp/x\n";
    var drift = clone("a.md", text);
    assertThat(drift.lines(UNFINISHED, _ -> true)).containsExactly("a.md:1: a TO" + "DO");
    assertThat(drift.lines(MACHINE, _ -> true)).containsExactly("a.md:3: /" + "home/alice");
  }

  @Test
  void an_unformatted_file_is_noticed_and_a_file_that_is_no_java() {
    var drift = clone("a.java", "class A {\n   int a;\n}\n", "b.java", "\n\nclass B {{\n");
    assertThat(drift.formatting())
        .hasSize(2)
        .contains(
            "a.java is not formatted in line 2:\n  is:           int a;\n  formatted:   int a;")
        .anyMatch(complaint -> complaint.startsWith("b.java is no Java: "));
  }

  @Test
  void formatting_keeps_the_lines_for_jbang_and_hand_wrapped_prose() throws FormatterException {
    String text =
        """
        ///usr/bin/env jbang "$0" "$@" ; exit $?
        //JAVA 25+

        // Some words on these:
        //DEPS a:b:1

        import java.util.List;

        /// Wrapped
        /// by hand.
        class A {
          List<String> a;
        }
        """;
    assertThat(Formatting.formatted(text)).isEqualTo(text);
    assertThat(Formatting.formatted(text.replace("  List", "List"))).isEqualTo(text);
    assertThat(Formatting.formatted("class A {}")).isEqualTo("class A {}\n");
  }

  @Test
  void a_clone_without_git_is_read_all_the_same(@TempDir Path clone) throws Exception {
    for (String file : List.of("chapters/01-a.java", ".ci/run", ".idea/x.java")) {
      Files.createDirectories(clone.resolve(file).getParent());
      Files.writeString(clone.resolve(file), "text");
    }
    assertThat(Drift.of(clone).files())
        .isEqualTo(Map.of("chapters/01-a.java", "text", ".ci/run", "text"));
  }

  private static Drift clone(String... filesAndTexts) {
    var files = new TreeMap<String, String>();
    for (int i = 0; i < filesAndTexts.length; i += 2)
      files.put(filesAndTexts[i], filesAndTexts[i + 1]);
    return new Drift(files);
  }
}
