import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import coach.Chapter;
import coach.Check;
import coach.Commands;
import coach.Report;
import drift.Guide;
import harness.Exercise;
import harness.Finding;
import harness.Law;
import harness.Promise;
import harness.Repository;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a teacher gets: the room's files added up, the guide, and the summary of a fork.
@ExtendWith(Law.class)
class ClassroomTest {

  @TempDir private Path folder;

  private record Result(int exitCode, String out, String err) {}

  private static Result coach(String... words) {
    PrintStream out = System.out, err = System.err;
    var printed = new ByteArrayOutputStream();
    var complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, UTF_8));
      System.setErr(new PrintStream(complained, true, UTF_8));
      int exitCode = Commands.run(words);
      return new Result(exitCode, printed.toString(UTF_8), complained.toString(UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private Result total() {
    return coach("total", folder.toString());
  }

  private Path write(String file, String text) throws IOException {
    return Files.writeString(folder.resolve(file), text);
  }

  private static String export(String name, String exercises, String predictions) {
    return """
    {"name": "%s", "progress": {"version": 1, "exercises": {%s}, "predictions": {%s}}}
    """
        .formatted(name, exercises, predictions);
  }

  private static String passed(String id, int checks) {
    return """
    "%s": {"checks": %d, "passed": "2026-03-01T10:00:00Z", "hints": [], "solutionFirst": false}\
    """
        .formatted(id, checks);
  }

  private static String stuck(String id, int checks, String at) {
    return """
    "%s": {"checks": %d, "broken": "%s", "hints": ["%s 1", "%s 2"], "solutionFirst": false}\
    """
        .formatted(id, checks, at, at, at);
  }

  private static String predicted(String chapter, String answer) {
    return "\"%s\": {\"answer\": \"%s\", \"right\": true}".formatted(chapter, answer);
  }

  @Test
  void a_room_adds_up() throws IOException {
    write(
        "ada.json",
        export("Ada", passed("01-a", 3) + "," + passed("01-b", 1), predicted("supervisor", "c")));
    write(
        "bob.json",
        export(
            "Bob",
            passed("01-a", 9) + "," + stuck("01-b", 2, "IN_ORDER"),
            predicted("supervisor", "a")));
    write(
        "cleo.json",
        export("Cleo", stuck("01-a", 2, "BACKPRESSURE"), predicted("supervisor", "c")));
    write("dan.json", export("Dan", stuck("01-a", 2, "LAW"), ""));
    write("eve.JSON", export("Eve", stuck("01-a", 5, "LAW"), ""));
    write("notes.txt", "not for the coach");
    var room = total();
    assertThat(room.err()).isEmpty();
    assertThat(room.exitCode()).isZero();
    assertThat(room.out())
        .startsWith("# The room: 5 learners\n\n| exercise | passed | at it | stuck at | hints |")
        .contains("| 01-a · Tail a file | 2 | 3 | the law 2×, Backpressure 1× | 6 |  |\n")
        .contains("| 01-b · Last words | 1 | 1 | In order 1× | 2 |  |\n")
        .contains("| 02-a · Read a sensor |  |  |  |  |  |\n")
        .contains("| 03 · supervisor | a: 1, c ✓: 2 | 2 of 3 |\n")
        .contains("| 04 · giving-up |  |  |\n");
    assertThat(coach("total", "--json", folder.toString()).out())
        .contains("\"learners\" : 5", "\"LAW\" : 2");
  }

  @Test
  void a_file_that_is_no_export_is_named_and_the_rest_is_added_up() throws IOException {
    write("ada.json", export("Ada", "", ""));
    write("cut.json", export("Bob", "", "").substring(0, 30));
    write("list.json", "[1, 2]");
    write("nobody.json", export(" ", "", ""));
    write("nothing.json", "null");
    write("empty.json", "");
    write("bare.json", "{\"name\": \"Cleo\"}");
    Files.createDirectory(folder.resolve("folder.json"));
    var room = total();
    assertThat(room.out()).startsWith("# The room: 1 learner\n");
    assertThat(room.err())
        .hasLineCount(6)
        .contains("cut.json is no export.", "list.json is no", "nobody.json is no")
        .contains("nothing.json is no", "empty.json is no", "bare.json is no")
        .doesNotContain("Exception", "coach.Classroom");
    assertThat(room.exitCode()).isEqualTo(1);
  }

  @Test
  void of_two_files_of_one_name_the_one_that_got_further_counts_and_it_is_said()
      throws IOException {
    write("1.json", export("Ada  Lovelace ", passed("01-a", 3), ""));
    write("2.json", export("Ada\\nLovelace", stuck("01-a", 1, "LAW"), ""));
    var room = total();
    assertThat(room.out())
        .startsWith("# The room: 1 learner\n")
        .contains("| 01-a · Tail a file | 1 |  |  |  |  |\n");
    assertThat(room.err())
        .hasLineCount(1)
        .contains("1.json and ", "2.json are both of Ada Lovelace. The one that has got further")
        .contains("1.json. If they are two people");
    assertThat(room.exitCode()).isZero();
  }

  @Test
  void what_this_clone_does_not_know_is_left_out_and_it_is_said() throws IOException {
    write(
        "ada.json",
        export(
            "Ada",
            passed("00-z", 3) + "," + stuck("01-a", 1, "NOT_OF_TODAY"),
            predicted("gone", "a")));
    var room = total();
    assertThat(room.out()).contains("| NOT\\_OF\\_TODAY 1× |").doesNotContain("00-z", "gone");
    assertThat(room.err())
        .isEqualTo("This clone doesn't know 00-z, and leaves it out. Is it up to date?\n");
  }

  @Test
  void holes_in_a_file_are_no_reason_to_stumble() throws IOException {
    String exercises =
        """
        "01-a": null, "01-b": {"checks": 1, "hints": [null], "solutionFirst": true}\
        """;
    write(
        "ada.json",
        export("Ada", exercises, "\"supervisor\": {\"right\": true}, \"poison\": null"));
    var room = total();
    assertThat(room.err()).isEmpty();
    assertThat(room.out()).contains("| 01-b · Last words |  | 1 |  |  | 1 |\n");
  }

  @Test
  void what_a_newer_coach_wrote_is_not_guessed_at() throws IOException {
    var file =
        write("ada.json", export("Ada", "", "").replace("\"version\": 1", "\"version\": 99"));
    assertThat(coach("total", file.toString()))
        .isEqualTo(
            new Result(
                2,
                "",
                file
                    + " is from a newer coach than this one. Update this clone: git pull\n"
                    + "There is no export in "
                    + file
                    + ".\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16", "UTF-16LE"})
  void a_shell_may_have_written_the_file_in_another_encoding(String encoding) throws IOException {
    Files.write(
        folder.resolve("zoe.json"),
        export("Zoë 日本 | x", "", "").getBytes(Charset.forName(encoding)));
    Files.writeString(folder.resolve("same.json"), export("Zo\\u00eb \\u65e5\\u672c | x", "", ""));
    assertThat(total().err()).as("they are of one name").contains(" are both of Zoë 日本 | x.");
  }

  @Test
  void an_empty_folder_and_a_missing_file_are_refused_in_a_sentence() {
    assertThat(total()).isEqualTo(new Result(2, "", "There is no export in " + folder + ".\n"));
    assertThat(coach("total", folder + "/none.json").err())
        .startsWith("There is no file " + folder);
  }

  // ---- the guide ----

  private static final Pattern NAMED = Pattern.compile("chapter (\\d+)(?!')|(\\d\\d-[a-z])");

  @Test
  void the_guide_says_of_each_chapter_what_the_lists_say() {
    String guide = Repository.read(Guide.FILE);
    assertThat(guide).as("refresh it: ./jbang refresh").isEqualTo(Guide.withChapters(guide));
  }

  /// A number behind chapters and exercises is the sum of their minutes, and the last row is the sum of
  /// its column.
  @Test
  void the_plans_add_up() {
    String plans = Repository.read(Guide.FILE).split("\n## A plan\n")[1].split("\n## ")[0];
    var tables = Pattern.compile("(?:\\|.*\\n)+").matcher(plans).results().toList();
    assertThat(tables).hasSize(3);
    for (var table : tables) assertAddsUp(table.group().lines().skip(2).toList());
  }

  private static void assertAddsUp(List<String> table) {
    var sums = new TreeMap<Integer, Integer>();
    for (String line : table) {
      var cells = List.of(line.split(" *\\| *", -1));
      for (int i = 2; i < cells.size(); i++) {
        if (!cells.get(i).matches("\\**\\d+\\**")) continue;
        int minutes = Integer.parseInt(cells.get(i).replace("*", ""));
        boolean isLast = line.equals(table.getLast());
        if (isLast) assertThat(minutes).as(line).isEqualTo(sums.get(i));
        else sums.merge(i, minutes, Integer::sum);
        int named = minutesOf(cells.get(i - 1));
        if (named > 0) assertThat(minutes).as(line).isEqualTo(named);
      }
    }
    assertThat(table.getLast()).contains("**together**");
  }

  private static int minutesOf(String cell) {
    return NAMED
        .matcher(cell)
        .results()
        .mapToInt(it -> {
          if (it.group(2) != null) return Exercise.byId(it.group(2)).orElseThrow().minutes();
          int number = Integer.parseInt(it.group(1));
          return Chapter.byNumber(number).orElseThrow().readingMinutes();
        })
        .sum();
  }

  // ---- the summary of a fork ----

  private static final Exercise FIRST = Exercise.all().getFirst();

  private static Check check(String printed) {
    var finding =
        new Finding(
            Promise.IN_ORDER.name(),
            "In order: x",
            false,
            "LOST",
            "It went wrong.",
            "",
            "",
            "",
            "",
            printed);
    return new Check(FIRST.id(), Check.State.BROKEN, List.of(finding), "", List.of(), 10);
  }

  private static String report(Check... checks) {
    return Report.of(Exercise.all(), List.of(checks));
  }

  @Test
  void where_nothing_was_begun_there_is_no_table() {
    assertThat(report())
        .isEqualTo(
            """
            ## Puts and Takes: 0 of 22 exercises pass

            No exercise has been worked on yet. The first one is in `exercises/01-a-tail-a-file.java`.
            """);
  }

  @ParameterizedTest
  @CsvSource({"no fence, ```", "```x, ````", "`````, ``````", "a ` b, ```"})
  void what_a_program_prints_cannot_leave_its_block(String printed, String fence) {
    assertThat(report(check("  " + printed + "\n")).lines().filter(it -> it.startsWith(fence)))
        .containsExactly(fence + "text", fence);
  }

  @Test
  void what_a_program_prints_cannot_command_a_terminal_or_fill_the_summary() {
    String text = report(check("\u001b[31mred\u0000\n" + "x".repeat(2_000_000)));
    assertThat(text).contains("�[31mred�\n").contains("characters more\n```\n");
    assertThat(text.length()).isLessThan(20_000);
  }

  @Test
  void a_check_without_any_finding_counts_as_broken() {
    var lost =
        new Check(FIRST.id(), Check.State.LOST, List.of(), "It ended the JVM.", List.of(), 10);
    assertThat(report(lost, lost))
        .contains("0 of 22", "| In order | ? |", "| The law | ? |", "| **passes** | ✗ |  |")
        .containsOnlyOnce("### 01-a · Tail a file\n\n```text\n✗ It ended the JVM.\n```\n");
  }

  @Test
  void a_chapter_has_no_column_and_its_trouble_is_shown_all_the_same() {
    var kept = new Check("03", Check.State.PASSED, List.of(), "", List.of(), 10);
    assertThat(report(kept)).contains("0 of 22 exercises pass");
    var lost = new Check("03", Check.State.LOST, List.of(), "It ended the JVM.", List.of(), 10);
    assertThat(report(lost)).contains("### Chapter 03\n\n```text\n✗ It ended the JVM.\n```\n");
  }
}
