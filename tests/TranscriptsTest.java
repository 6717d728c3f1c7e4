import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import drift.Command;
import drift.Fence;
import drift.Inventory;
import drift.Transcripts;
import drift.Transcripts.Shown;
import harness.Repository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What prose quotes is what the commands print. `./jbang refresh` fills all of it in anew.
class TranscriptsTest {

  /// What may stand in an `sh` block, which nobody runs, and why.
  private static final Map<String, String> NOT_RUN =
      Map.of(
          "git clone \\S+( && cd [\\w-]+)?", "the reader has no clone yet",
          "git (remote|pull|checkout|add|commit) .*", "the fork is the reader's",
          "\\./jbang coach( (doctor|check|hint|solution|reset|export|total) ?.*)?",
              "it waits for keys, or it's about the reader's own progress",
          "\\./jbang chapters/[\\w-]+\\.java", "SelfContainedTest does, and the output is long",
          "\\./jbang (test|refresh)( [\\w-]+)?", "it tells how long it took, and takes long",
          "(cp|\\./jbang (test|draw)) .*\\bmine\\.java\\b.*", "the file is the reader's",
          "\\./jbang bench.*", "it takes minutes, and measures",
          "\\./jbang prompt \\d\\d", "it waits for keys",
          "\\./jbang edit .*", "it opens an editor");

  private static Transcripts transcripts;
  private static List<Shown> shown;

  @BeforeAll
  static void run_all_commands() throws Exception {
    transcripts = new Transcripts(Repository.root());
    shown = new ArrayList<>();
    prose().forEach((file, text) -> shown.addAll(Transcripts.in(file, text)));
    transcripts.start(shown.reversed()); // the last chapters take longest
  }

  @AfterAll
  static void stop_what_still_runs() {
    transcripts.close();
  }

  @TestFactory
  Stream<DynamicTest> an_output_in_prose_is_what_the_command_prints() {
    return shown.stream()
        .map(here ->
            dynamicTest(
                "%s:%d $ %s".formatted(here.file(), here.line(), here.command()),
                () -> transcripts.mismatch(here).ifPresent(Assertions::fail)));
  }

  @Test
  void a_block_is_run_or_there_is_a_reason_not_to() throws Exception {
    var unknown = new ArrayList<String>();
    prose()
        .forEach((file, text) -> {
          for (Fence fence : Fence.in(file, text))
            if (fence.info().equals("sh"))
              fence.content().stream()
                  .filter(line -> NOT_RUN.keySet().stream().noneMatch(line::matches))
                  .forEach(line -> unknown.add("%s: %s".formatted(file, line)));
            else if (!fence.info().matches("console|java|text"))
              unknown.add(
                  "%s:%d: a block is console (run), sh (not run), java or text, and not '%s'"
                      .formatted(file, fence.firstLine() - 1, fence.info()));
        });
    assertThat(unknown)
        .as("nobody runs these lines, and TranscriptsTest knows no reason")
        .isEmpty();
  }

  private static Map<String, String> prose() throws Exception {
    var texts = new TreeMap<String, String>();
    for (String file : Inventory.files(Repository.root()))
      if (Transcripts.mayBeIn(file)) texts.put(file, Repository.read(file));
    return texts;
  }

  // The checkers themselves, on small clones of their own.

  @Test
  void a_wrong_output_is_quoted_with_its_place_and_the_way_out(@TempDir Path clone)
      throws Exception {
    String text =
        """
        /// ```console
        /// $ printf 'one\\ntwo\\n'
        /// one
        /// zwei
        /// ```
        """;
    try (var transcripts = in(clone)) {
      var shown = Transcripts.in("chapters/x.java", text);
      assertThat(transcripts.mismatch(shown.getFirst()))
          .hasValueSatisfying(message ->
              assertThat(message)
                  .contains("chapters/x.java:2", "$ printf 'one", "line 2")
                  .contains("shown:   zwei", "printed: two", "./jbang refresh"));
    }
  }

  @Test
  void an_output_that_stops_too_early_is_wrong(@TempDir Path clone) throws Exception {
    try (var transcripts = in(clone)) {
      var shown = Transcripts.in("a.md", "```console\n$ printf 'one\\ntwo\\n'\none\n```\n");
      assertThat(transcripts.mismatch(shown.getFirst()).orElse(""))
          .contains("shown:   (nothing more)");
    }
  }

  @Test
  void errors_and_the_exit_code_belong_to_the_output(@TempDir Path clone) throws Exception {
    try (var transcripts = in(clone)) {
      String text = "```console\n$ echo no >&2; echo yes; exit 3\nyes\nno\n(exit 3)\n```\n";
      assertThat(transcripts.mismatch(Transcripts.in("a.md", text).getFirst())).isEmpty();
    }
  }

  @Test
  void refreshing_fills_in_every_output_and_touches_nothing_else(@TempDir Path clone)
      throws Exception {
    String stale =
        """
        prose
          ///  ```console
          ///  $ printf 'a\\n\\nb \\n'
          ///  stale
          ///  $ true
          ///  stale
          ///  ```
        ```console
        $ no prose: in a script only comments are
        ```
        ```sh
        $ true
        stale
        ```
        """;
    String fresh =
        """
        prose
          ///  ```console
          ///  $ printf 'a\\n\\nb \\n'
          ///  a
          ///
          ///  b
          ///  $ true
          ///  ```
        ```console
        $ no prose: in a script only comments are
        ```
        ```sh
        $ true
        stale
        ```
        """;
    try (var transcripts = in(clone)) {
      assertThat(transcripts.refreshed("chapters/x.java", stale)).isEqualTo(fresh);
      assertThat(transcripts.refreshed("chapters/x.java", fresh)).isEqualTo(fresh);
    }
  }

  @Test
  void a_measured_number_may_be_any_and_refreshing_leaves_the_one_that_is_shown(@TempDir Path clone)
      throws Exception {
    Files.writeString(clone.resolve("out"), "7 runs, ≈ 1.5 ms each.\nThat is ≈ 31,000 a minute.\n");
    String text =
        """
        ```console
        $ cat out
        7 runs, ≈ 12 ms each.
        That is ≈ 9,999,999.5 a minute.
        $ echo fresh
        stale
        ```
        """;
    try (var transcripts = in(clone)) {
      assertThat(transcripts.mismatch(Transcripts.in("a.md", text).getFirst())).isEmpty();
      assertThat(transcripts.refreshed("a.md", text)).isEqualTo(text.replace("stale", "fresh"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "8 runs, ≈ 28000 a second.",
        "7 runs, ≈ 28000 a minute.",
        "7 runs, ≈ 28000 a second",
        "7 runs, ≈  28000 a second.",
        "7 runs, ≈ many a second.",
        "7 runs, ~ 31000 a second."
      })
  void beside_a_measured_number_every_byte_counts(String wrong, @TempDir Path clone)
      throws Exception {
    Files.writeString(clone.resolve("out"), "≈ 5 ms\n7 runs, ≈ 31000 a second.\n");
    String stale = "```console\n$ cat out\n≈ 6 ms\n" + wrong + "\n```\n";
    String fresh = "```console\n$ cat out\n≈ 5 ms\n7 runs, ≈ 31000 a second.\n```\n";
    try (var transcripts = in(clone)) {
      assertThat(transcripts.mismatch(Transcripts.in("a.md", stale).getFirst()).orElse(""))
          .contains("line 2", "shown:   " + wrong, "printed: 7 runs, ≈ 31000 a second.");
      assertThat(transcripts.refreshed("a.md", stale)).isEqualTo(fresh);
    }
  }

  @Test
  void a_command_runs_once_however_often_it_is_shown(@TempDir Path clone) throws Exception {
    String block = "```console\n$ echo x >> runs\n```\n";
    try (var transcripts = in(clone)) {
      transcripts.refreshed("a.md", block + block);
      transcripts.refreshed("b.md", block);
      assertThat(clone.resolve("runs")).hasContent("x");
    }
  }

  @Test
  void a_block_without_an_end_or_without_a_command_is_an_error() {
    assertThatThrownBy(() -> Transcripts.in("a.md", "x\n```console\n$ true\n"))
        .hasMessageContaining("a.md:2: this block is never closed");
    assertThatThrownBy(() -> Transcripts.in("a.md", "```console\noutput of nothing\n```\n"))
        .hasMessageContaining("a.md:2: a console block begins with a command");
  }

  @Test
  void a_command_that_hangs_is_killed_with_its_children_and_what_it_printed_is_told(
      @TempDir Path folder) throws Exception {
    Files.createFile(folder.resolve("endless"));
    String command = "tail -f endless & echo $! > pid; echo begun; wait";
    assertThatThrownBy(() -> Command.run(command, folder, Duration.ofMillis(500)))
        .hasMessageContaining("killed: " + command)
        .hasMessageContaining("begun");
    long child = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (runs(child) && System.nanoTime() < deadline) Thread.onSpinWait();
    assertThat(runs(child)).as("its child still runs").isFalse();
  }

  /// A killed orphan may stay listed where no init process buries it, but it has no command any more.
  private static boolean runs(long pid) {
    return ProcessHandle.of(pid).flatMap(process -> process.info().command()).isPresent();
  }

  private static Transcripts in(Path clone) throws Exception {
    Files.writeString(clone.resolve("jbang-catalog.json"), "{}");
    return new Transcripts(clone);
  }
}
