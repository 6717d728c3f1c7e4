import static java.util.concurrent.CompletableFuture.supplyAsync;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import drift.Command;
import drift.Command.Result;
import harness.Directives;
import harness.Repository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A chapter is one file. Alone in an empty folder it runs, with JBang and, as long as it has no
/// dependency, with a plain `java`; and whatever it does there, it does again.
class SelfContainedTest {

  /// A demo is over before Java's better compiler would be worth its while.
  private static final String JAVA = "java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC ";

  @TempDir private static Path folder;

  /// More than there may be cores: many chapters sleep.
  private static final ExecutorService FOUR_AT_A_TIME = Executors.newFixedThreadPool(4);

  /// What a chapter did, in each of the runs.
  private record Runs(
      CompletableFuture<Result> demo,
      CompletableFuture<Result> replay,
      CompletableFuture<Result> jbang,
      CompletableFuture<Result> help) {}

  private static final Map<String, Runs> RUNS = new LinkedHashMap<>();

  @BeforeAll
  static void start_all_runs() throws Exception {
    String launcher = "'" + Repository.root().resolve("jbang") + "' ";
    for (Path chapter : Repository.files("chapters", ".java")) {
      String name = chapter.getFileName().toString();
      if (Files.readString(chapter).contains("\n//DEPS ")) continue;
      Path alone = Files.createDirectory(folder.resolve(name.replace(".java", "")));
      Files.copy(chapter, alone.resolve(name));
      var demo = run(JAVA + name, alone);
      String compiled = Command.compiled(alone.resolve(name), alone);
      var replay =
          demo.thenApplyAsync(
              it -> await(replayOf(it).replace("java " + name, compiled), alone), FOUR_AT_A_TIME);
      var jbang = run(launcher + name, alone);
      RUNS.put(name, new Runs(demo, replay, jbang, run(compiled + " --help", alone)));
      refusals = refusals == null ? refusals(compiled, alone) : refusals;
    }
  }

  /// What the apparatus refuses. One chapter's is enough: they carry it over word for word.
  private record Refusals(
      CompletableFuture<Result> unknownOption,
      CompletableFuture<Result> badValue,
      CompletableFuture<Result> impossibleFault) {}

  private static Refusals refusals;

  private static Refusals refusals(String compiled, Path folder) {
    return new Refusals(
        run(compiled + " --nonsense 1", folder),
        run(compiled + " --events many", folder),
        run(compiled + " --events 3 --fault read@3", folder));
  }

  @AfterAll
  static void stop_what_still_runs() {
    FOUR_AT_A_TIME.shutdownNow();
    FOUR_AT_A_TIME.close();
  }

  static Set<String> chapters() {
    return RUNS.keySet();
  }

  @ParameterizedTest
  @MethodSource("chapters")
  void a_chapter_alone_in_an_empty_folder_runs_with_plain_java(String chapter) {
    Result demo = RUNS.get(chapter).demo.join();
    assertThat(demo.err()).isEmpty();
    assertThat(demo.exitCode()).isZero();
    assertThat(demo.out()).startsWith(chapter.substring(0, 2) + " · ");
  }

  @ParameterizedTest
  @MethodSource("chapters")
  void the_replay_line_that_a_run_prints_repeats_all_but_what_is_measured(String chapter) {
    Result demo = RUNS.get(chapter).demo.join();
    assertThat(replayOf(demo)).startsWith("java " + chapter).contains("--seed");
    assertThat(RUNS.get(chapter).replay.join().masked()).isEqualTo(demo.masked());
  }

  @ParameterizedTest
  @MethodSource("chapters")
  void jbang_and_plain_java_give_the_same_output(String chapter) {
    Runs runs = RUNS.get(chapter);
    assertThat(runs.jbang.join().masked()).isEqualTo(runs.demo.join().masked());
  }

  @ParameterizedTest
  @MethodSource("chapters")
  void help_is_an_output_like_any_other(String chapter) {
    Result help = RUNS.get(chapter).help.join();
    assertThat(help.exitCode()).isZero();
    assertThat(help.err()).isEmpty();
    assertThat(help.out()).contains("--events", "--fault", "--seed", "--help");
  }

  @Test
  void a_wrong_option_is_answered_in_a_line_that_quotes_it_and_the_help() {
    assertRefused(refusals.unknownOption.join(), "--nonsense");
    assertThat(refusals.unknownOption.join().err()).contains("--help");
    assertRefused(refusals.badValue.join(), "many");
    assertThat(refusals.badValue.join().err()).contains("--help");
    assertRefused(refusals.impossibleFault.join(), "read@3");
  }

  private static void assertRefused(Result result, String quoted) {
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines().findFirst()).get().asString().contains(quoted).endsWith(".");
  }

  /// From chapter 10 on, a chapter may name others, and libraries, and needs JBang to find those.
  @TestFactory
  Stream<DynamicTest> a_chapter_with_libraries_runs_beside_the_sources_that_it_names() {
    return Repository.files("chapters", ".java").stream()
        .filter(chapter -> !RUNS.containsKey(chapter.getFileName().toString()))
        .map(chapter ->
            dynamicTest(
                chapter.getFileName().toString(),
                () -> {
                  Path alone = Files.createTempDirectory(folder, "with-sources");
                  for (Path source : Directives.of(chapter).sources())
                    Files.copy(source, alone.resolve(source.getFileName()));
                  Path copy = Files.copy(chapter, alone.resolve(chapter.getFileName()));
                  String launcher = "'" + Repository.launcher() + "' ";
                  Result help = await(launcher + copy.getFileName() + " --help", alone);
                  assertThat(help.err()).isEmpty();
                  assertThat(help.exitCode()).isZero();
                  assertThat(help.out()).contains("--events=N", "--kills=N", "--seed=N");
                }));
  }

  /// What README.md says about taking chapter 8's supervisor to work.
  @Test
  void the_supervisor_alone_runs_the_example_in_the_readme(@TempDir Path project) throws Exception {
    String readme = Repository.read("README.md");
    String example = between(readme, "```java\n", "```");
    String output = between(readme.substring(readme.indexOf(example)), "```text\n", "```");
    String chapter = Repository.read("chapters/08-reusable-supervisor.java");
    String supervisor =
        "// region the intensity"
            + between(chapter, "// region the intensity", "// region the supervisor")
            + between(chapter, "// region the supervisor", "// endregion");
    Path file = project.resolve("Lines.java");
    Files.writeString(file, example + "\nclass Supervision {\n" + supervisor + "}\n");
    Result result = await(JAVA + file.getFileName(), project);
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo(output);
  }

  private static String between(String text, String from, String to) {
    int start = text.indexOf(from);
    assertThat(start).as("there is " + from).isNotNegative();
    int end = text.indexOf(to, start + from.length());
    assertThat(end).as("there is " + to + " behind " + from).isNotNegative();
    return text.substring(start + from.length(), end);
  }

  private static String replayOf(Result demo) {
    return demo.out()
        .lines()
        .filter(line -> line.startsWith("Replay: "))
        .findFirst()
        .orElseThrow(() -> new AssertionError("No line begins with Replay: in\n" + demo.out()))
        .substring("Replay: ".length());
  }

  private static CompletableFuture<Result> run(String command, Path folder) {
    return supplyAsync(() -> await(command, folder), FOUR_AT_A_TIME);
  }

  private static Result await(String command, Path folder) {
    try {
      return Command.run(command, folder);
    } catch (InterruptedException e) {
      throw new CancellationException("Not run any more: " + command);
    }
  }
}
