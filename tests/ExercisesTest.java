import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import drift.Command;
import harness.Directives;
import harness.Exercise;
import harness.Exercise.Kind;
import harness.Law;
import harness.Lawfulness;
import harness.Matrix;
import harness.Promise;
import harness.Repository;
import harness.Subject;
import harness.TomlEntry;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/// The exercises: a solution keeps what its exercise asks, a starter fails as it announces, and nothing
/// that belongs to an exercise is missing.
///
/// On a learner's machine a starter may be half done, or solved. What we'd have to say about it is then
/// no news, so the test is skipped, unless the environment says `CI=true`.
@ExtendWith(Law.class)
class ExercisesTest {

  @TempDir private static Path scratch;

  private interface Check {
    void of(Exercise exercise) throws Exception;
  }

  private static Stream<DynamicTest> each(Check check) {
    return Exercise.all().stream()
        .map(exercise -> dynamicTest(nameOf(exercise), () -> check.of(exercise)));
  }

  private static Stream<DynamicTest> eachStarter(Check check) {
    return each(exercise -> {
      try {
        check.of(exercise);
      } catch (AssertionError | RuntimeException e) {
        if ("true".equals(System.getenv("CI"))) throw e;
        String changed = "%s has been changed: ./jbang test %s checks it";
        throw new TestAbortedException(changed.formatted(exercise.id(), exercise.id()));
      }
    });
  }

  private static String nameOf(Exercise exercise) {
    return exercise.id() + " " + exercise.title();
  }

  // --- the programs ---

  @TestFactory
  Stream<DynamicTest> a_solution_keeps_every_promise_and_breaks_no_law() {
    return each(exercise -> {
      var solution = Subject.of(exercise.solution(), exercise.stage());
      for (Promise promise : exercise.promises())
        switch (promise.check(solution)) {
          case Kept() -> {}
          case Broken broken -> throw new AssertionError(promise.title() + "\n" + broken.explain());
        }
      assertThat(Lawfulness.breaches(solution)).isEmpty();
    });
  }

  @TestFactory
  Stream<DynamicTest> a_starter_compiles_and_fails_with_the_sentence_that_its_prose_quotes() {
    return eachStarter(exercise -> {
      var starter = Subject.of(exercise.starter(), exercise.stage());
      assertThat(firstFailure(exercise, starter)).contains(exercise.failsWith());
      String quote = "**It fails now with:** " + exercise.failsWith() + " **Check it**";
      assertContains(exercise.starter(), proseOf(exercise.starter()), quote);
    });
  }

  @TestFactory
  Stream<DynamicTest> the_list_knows_the_id_of_an_untouched_starter() {
    return eachStarter(exercise ->
        assertThat(exercise.untouched())
            .as("./jbang refresh writes it into " + Exercise.LIST)
            .isEqualTo(Exercise.idOf(Files.readAllBytes(exercise.starter()))));
  }

  private static String firstFailure(Exercise exercise, Subject subject) {
    for (Promise promise : exercise.promises())
      if (promise.check(subject) instanceof Broken broken) return broken.what();
    return "(no promise is broken)";
  }

  @TestFactory
  Stream<DynamicTest> a_solutions_demo_ends_by_itself_and_well() {
    var demos = runs("solutions");
    return each(exercise -> {
      var demo = demos.get(exercise).get();
      assertThat(demo.err()).isEmpty();
      assertThat(demo.exitCode()).isZero();
    });
  }

  @TestFactory
  Stream<DynamicTest> a_starters_demo_says_in_one_sentence_that_it_is_not_finished() {
    var demos = runs("exercises");
    return eachStarter(exercise -> {
      var demo = demos.get(exercise).get();
      assertThat(demo.err()).matches(exercise.id() + " is not finished\\. [^\n]+\\.\n");
      assertThat(demo.exitCode()).isEqualTo(1);
    });
  }

  /// The demos of all exercises in `folder`, two at a time, each over when this returns.
  private static Map<Exercise, Future<Command.Result>> runs(String folder) {
    var runs = new HashMap<Exercise, Future<Command.Result>>();
    try (var two = Executors.newFixedThreadPool(2)) {
      for (Exercise exercise : Exercise.all()) {
        Path source = Repository.root().resolve(folder).resolve(exercise.file());
        runs.put(exercise, two.submit(() -> run(source)));
      }
    }
    return runs;
  }

  /// Runs a script's main class, as JBang does: the one that it names, or else its first one. Compiled in
  /// this JVM, where the compiler is warm, a demo takes a third of the time.
  private static Command.Result run(Path source) throws IOException, InterruptedException {
    Path classes = Files.createTempDirectory(scratch, "classes");
    var directives = Directives.of(source);
    String classPath = classes + File.pathSeparator + directives.classPath();
    var arguments =
        new ArrayList<>(List.of("-proc:none", "-cp", classPath, "-d", "" + classes, "" + source));
    for (Path other : directives.sources()) arguments.add("" + other);
    var errors = new ByteArrayOutputStream();
    int exitCode =
        ToolProvider.getSystemJavaCompiler()
            .run(null, errors, errors, arguments.toArray(String[]::new));
    if (exitCode != 0) return new Command.Result(exitCode, "", errors.toString());
    var main =
        Pattern.compile("(?m)^//MAIN (\\w+)$|^(?:[a-z-]+ )*(?:class|record|interface|enum) (\\w+)")
            .matcher(Files.readString(source));
    assertThat(main.find()).as("a class in %s", source.getFileName()).isTrue();
    // a demo is over before Java's better compiler would be worth its while
    String java = "java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC ";
    String options = "--enable-native-access=ALL-UNNAMED -cp '" + classPath + "' ";
    String name = main.group(1) == null ? main.group(2) : main.group(1);
    return Command.run(java + options + name, Repository.root());
  }

  // --- the parts ---

  @TestFactory
  Stream<DynamicTest> an_exercise_has_all_its_parts() {
    return each(exercise -> {
      assertThat(exercise.id()).startsWith("%02d-".formatted(exercise.chapter()));
      assertThat(exercise.file()).startsWith(exercise.id() + "-");
      assertThat(exercise.starter()).exists();
      assertThat(exercise.solution()).exists();
      assertThat(exercise.minutes()).as("minutes").isBetween(5, 60);
      assertThat(exercise.promises()).hasSizeGreaterThanOrEqualTo(2).doesNotHaveDuplicates();
    });
  }

  /// Together with the general ones: those for a broken promise don't say them once more.
  @TestFactory
  Stream<DynamicTest> hints_begin_with_a_question_differ_and_never_give_the_code() {
    return each(exercise -> {
      var threes = new HashSet<>(exercise.stuck().values());
      threes.add(exercise.hints());
      assertThat(threes)
          .allSatisfy(three -> assertThat(three.getFirst()).as("the first of three").contains("?"));
      assertThat(threes.stream().flatMap(List::stream).toList())
          .doesNotHaveDuplicates()
          .allSatisfy(hint -> assertThat(hint).doesNotContainPattern(CODE))
          .allSatisfy(hint -> assertThat(hint).doesNotContainPattern("[\u2018\u2019\u201c\u201d]"));
    });
  }

  private static final Pattern CODE =
      Pattern.compile(
          "[{}]|->|;$|\\+\\+|\\w = \\w|\\b(if|for|while|switch|catch|return) ?\\(|\\bnew \\w+[(<]");

  @Test
  void what_looks_like_code_is_told_from_prose() {
    assertThat(
            List.of(
                "lines.put(text);",
                "case Retry() -> pause()",
                "strikes++",
                "from = to",
                "if (from < to)",
                "an item, a new Item(text)"))
        .allSatisfy(text -> assertThat(text).containsPattern(CODE));
    assertThat(
            List.of(
                "NaN == NaN is false",
                "inARow - 1; then it grows",
                "start() gives it a new one (or none)"))
        .allSatisfy(text -> assertThat(text).doesNotContainPattern(CODE));
  }

  @TestFactory
  Stream<DynamicTest> a_starters_prose_says_what_to_do_and_how_to_check_it() {
    return eachStarter(exercise -> {
      String id = exercise.id();
      assertHead("Exercise " + id + " · " + exercise.title(), exercise, exercise.starter());
      assertContains(
          exercise.starter(),
          proseOf(exercise.starter()),
          "**The goal.** ",
          "**Given.** ",
          "**To write.** ",
          "`./jbang test " + id + "`",
          "`./jbang test " + id + " --hint 1`",
          "`./jbang exercises/" + exercise.file() + "`");
      assertContains(exercise.starter(), Files.readString(exercise.starter()), "TODO");
    });
  }

  @TestFactory
  Stream<DynamicTest> a_solution_says_why_and_leaves_nothing_to_do() {
    return each(exercise -> {
      String id = exercise.id();
      assertHead("Solution " + id + " · " + exercise.title(), exercise, exercise.solution());
      assertContains(exercise.solution(), proseOf(exercise.solution()), "**Why this way.** ");
      assertThat(Files.readString(exercise.solution()).lines())
          .filteredOn(line -> line.contains("TODO"))
          .isEmpty();
    });
  }

  private static void assertHead(String title, Exercise exercise, Path file) throws IOException {
    String className =
        Pattern.compile("-([a-z])")
            .matcher(exercise.file().replaceAll("^.{4}|\\.java$", ""))
            .replaceAll(letter -> letter.group(1).toUpperCase());
    String text = Files.readString(file);
    assertContains(file, text, "\n//DESCRIPTION " + title + "\n", "\n/// # " + title + "\n");
    assertThat(text)
        .as("the class in %s", file.getFileName())
        .containsPattern("\nclass " + className + "( extends \\w+)? \\{\n");
    assertThat(text.lines())
        .filteredOn(line -> line.strip().startsWith("///") && line.length() > 80)
        .as("prose of more than 80 columns")
        .isEmpty();
  }

  /// AssertJ's own would print the whole file.
  private static void assertContains(Path file, String text, String... parts) {
    assertThat(Stream.of(parts).filter(part -> !text.contains(part)))
        .as("what %s lacks", file.getFileName())
        .isEmpty();
  }

  /// The prose of a script as one line, without the marks of quotations.
  private static String proseOf(Path file) throws IOException {
    return Files.readString(file)
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("/// "))
        .map(line -> line.substring(4).replaceFirst("^> ", ""))
        .collect(Collectors.joining(" "));
  }

  @Test
  void every_file_belongs_to_an_exercise() {
    var files = Exercise.all().stream().map(Exercise::file).sorted().toList();
    assertThat(namesIn("exercises", ".java")).isEqualTo(files);
    assertThat(namesIn("solutions", ".java")).isEqualTo(files);
    var stages =
        Exercise.all().stream().map(exercise -> exercise.stage() + ".java").sorted().toList();
    assertThat(
            namesIn("tests/stages", ".java").stream().filter(name -> name.startsWith("Exercise")))
        .containsExactlyElementsOf(stages);
  }

  private static List<String> namesIn(String folder, String suffix) {
    return Repository.files(folder, suffix).stream().map(f -> f.getFileName().toString()).toList();
  }

  // --- the chapters ---

  @Test
  void every_chapter_has_an_exercise_that_rebuilds_and_one_that_extends() {
    for (int chapter : Matrix.chapters())
      assertThat(of(chapter))
          .as("chapter " + chapter)
          .extracting(Exercise::kind)
          .contains(Kind.values());
  }

  @Test
  void the_minutes_that_a_chapter_states_are_those_of_its_exercises() throws IOException {
    for (int chapter : Matrix.chapters()) {
      int minutes = of(chapter).stream().mapToInt(Exercise::minutes).sum();
      assertThat(proseOf(Matrix.sourceOf(chapter)))
          .as("chapter " + chapter)
          .contains("Exercises: " + minutes + " minutes.");
    }
  }

  private static List<Exercise> of(int chapter) {
    return Exercise.all().stream().filter(exercise -> exercise.chapter() == chapter).toList();
  }

  // --- the list ---

  private static final String ENTRY =
      """
      [[exercise]]
      id = "01-a"
      file = "01-a-tail-a-file.java"
      title = "Tail a file"
      chapter = 1
      kind = "rebuild"
      minutes = 20
      promises = ["IN_ORDER", "BACKPRESSURE"]
      stage = "Exercise01a"
      fails_with = "TODO"
      untouched = "0123456789abcdef0123456789abcdef01234567"
      hints = ["one?", "two", "three"]
      [[exercise.stuck]]
      on = ["IN_ORDER"]
      hints = ["order?", "four", "five"]
      [[exercise.stuck]]
      on = ["BACKPRESSURE", "LAW"]
      hints = ["ahead?", "six", "seven"]
      """;

  @Test
  void an_entry_becomes_an_exercise() {
    var exercise = Exercise.parse(ENTRY).getFirst();
    assertThat(exercise.id()).isEqualTo("01-a");
    assertThat(exercise.kind()).isEqualTo(Kind.REBUILD);
    assertThat(exercise.promises()).containsExactly(Promise.IN_ORDER, Promise.BACKPRESSURE);
    assertThat(exercise.hints()).containsExactly("one?", "two", "three");
    assertThat(exercise.hintsOn("IN_ORDER")).containsExactly("order?", "four", "five");
    assertThat(exercise.hintsOn("BACKPRESSURE")).containsExactly("ahead?", "six", "seven");
    assertThat(exercise.hintsOn("LAW")).containsExactly("ahead?", "six", "seven");
    assertThat(exercise.hintsOn("IT_ENDS")).as("not asked").isEqualTo(exercise.hints());
    assertThat(exercise.starter()).endsWith(Path.of("exercises", "01-a-tail-a-file.java"));
    assertThat(Exercise.byId("99-z")).isEmpty();
  }

  @Test
  void a_wrong_entry_is_refused_with_its_id_its_key_and_what_is_allowed() {
    assertRefused("", "holds no [[exercise]]");
    assertRefused("[[exercise]]\nid = \"01", "is no TOML, line 2");
    assertRefused(ENTRY + ENTRY, "01-a: id is that of another entry, too");
    assertRefused(ENTRY.replace("\"01-a\"", "1"), "id should be a text of the form", "and is 1");
    assertRefused(
        ENTRY.replace("minutes = 20", ""), "01-a: minutes should be a number", "is missing");
    assertRefused(ENTRY.replace("= 20", "= 2000"), "minutes should be a number from 1 to 600");
    assertRefused(
        ENTRY.replace("rebuild", "rebuilt"), "kind 'REBUILT' is none of [REBUILD, EXTEND]");
    assertRefused(ENTRY.replace("IN_ORDER", "ORDER"), "promises 'ORDER' is none of [IN_ORDER, ");
    assertRefused(
        ENTRY.replace("\"two\"", "\"\""), "hints should be a list of 3 texts, none of them empty");
    assertRefused(ENTRY.replace("\"two\", ", ""), "01-a: hints should be a list of 3 texts");
    assertRefused(
        ENTRY.replace("minutes = 20", "minute = 20"), "01-a: minute is no key", "minutes");
  }

  @Test
  void hints_on_what_is_not_asked_or_not_there_are_refused() {
    assertRefused(
        ENTRY.replace("on = [\"IN_ORDER\"]", "on = [\"ORDER\"]"),
        "01-a: stuck: on 'ORDER' is none of [IN_ORDER, BACKPRESSURE, LAW]");
    assertRefused(
        ENTRY.replace("on = [\"IN_ORDER\"]", "on = [\"IN_ORDER\", \"IT_ENDS\"]"),
        "01-a: stuck: on 'IT_ENDS' is none of [IN_ORDER, BACKPRESSURE, LAW]");
    assertRefused(
        ENTRY.replace("on = [\"IN_ORDER\"]", "on = [\"IN_ORDER\", \"LAW\"]"),
        "01-a: stuck: on 'LAW' has hints already");
    assertRefused(
        ENTRY.replace("on = [\"BACKPRESSURE\", \"LAW\"]", "on = [\"BACKPRESSURE\"]"),
        "01-a: stuck has no hints on [LAW]");
    assertRefused(
        ENTRY.substring(0, ENTRY.indexOf("[[exercise.stuck]]")),
        "01-a: stuck has no hints on [IN_ORDER, BACKPRESSURE, LAW]");
    assertRefused(
        ENTRY.replace("on = [\"IN_ORDER\"]", ""), "01-a: stuck: on should be a list", "is missing");
    assertRefused(
        ENTRY.replace("\"four\", ", ""), "01-a: stuck: hints should be a list of 3 texts");
    assertRefused(
        ENTRY.replace("\"four\"", "\" \""), "01-a: stuck: hints should be a list of 3 texts, none");
    assertRefused(ENTRY + "hint = \"eight\"\n", "01-a: stuck: hint is no key", "[hints, on]");
  }

  private static void assertRefused(String toml, String... parts) {
    assertThatThrownBy(() -> Exercise.parse(toml))
        .isInstanceOf(TomlEntry.Invalid.class)
        .hasMessageStartingWith("exercises/exercises.toml")
        .hasMessageContainingAll(parts);
  }
}
