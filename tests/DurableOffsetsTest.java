import static org.assertj.core.api.Assertions.assertThat;

import drift.Command;
import drift.Command.Result;
import harness.Matrix;
import harness.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Chapter 10's demo, where it's used in another way than its prose does.
class DurableOffsetsTest {

  @TempDir private static Path classes;

  private static String demo;

  @BeforeAll
  static void compile_the_chapter() throws IOException {
    demo = Command.compiled(Matrix.sourceOf(10), classes) + " ";
  }

  @Test
  void the_audit_can_fail(@TempDir Path folder) throws Exception {
    String chapter = Files.readString(Matrix.sourceOf(10));
    String together = "if (!ledger.advance(from, next)) return ledger.next();";
    assertThat(chapter).contains(together);
    Path mistaken = folder.resolve("10-durable-offsets.java");
    String forgetful = together + " if (from == 3) return next;";
    Files.writeString(mistaken, chapter.replace(together, forgetful));
    Result result = run(Command.compiled(mistaken, folder) + " --events 10 --kills 1");
    assertThat(result.out()).contains("in one transaction  exactly once  lost 1, repeated 0\n");
    assertThat(result.err()).endsWith("That's not what was claimed.\n");
    assertThat(result.exitCode()).isEqualTo(1);
  }

  @Test
  void without_a_kill_all_four_do_the_same() throws Exception {
    Result result = run(demo + "--events 10 --kills 0");
    assertThat(result.out().lines().filter(line -> line.contains("lost")))
        .hasSize(4)
        .allSatisfy(line -> assertThat(line.replace("≈ ", "")).endsWith("lost 0, repeated 0"));
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
  }

  /// The moments that the seed doesn't know take luck. The last one doesn't.
  @Test
  void a_single_kill_shows_all_four_claims() throws Exception {
    for (int events : List.of(10, 11, 100)) {
      Result result = run(demo + "--kills 1 --events " + events);
      assertThat(result.out())
          .containsPattern("in memory +starts over +lost 0, repeated ≈ [1-9]")
          .contains(
              "saved first         loses         lost ≈ 1, repeated 0\n",
              "saved last          repeats       lost 0, repeated ≈ 1\n",
              "in one transaction  exactly once  lost 0, repeated 0\n");
      assertThat(result.err()).isEmpty();
      assertThat(result.exitCode()).isZero();
    }
  }

  @Test
  void a_wrong_option_is_answered_in_a_line_that_quotes_it_and_the_help() throws Exception {
    for (String wrong :
        List.of("--nonsense", "--events many", "--events 0", "--kills -1", "--kills 600")) {
      Result result = run(demo + wrong);
      assertThat(result.exitCode()).as(wrong).isEqualTo(2);
      assertThat(result.out()).isEmpty();
      assertThat(result.err().lines().findFirst())
          .hasValueSatisfying(line -> assertThat(line).contains(wrong.replaceFirst(".* ", "")));
      assertThat(result.err()).contains("--seed=N");
    }
  }

  @Test
  void without_a_folder_for_temporary_files_it_says_so(@TempDir Path folder) throws Exception {
    Result result =
        run(demo.replaceFirst("java ", "java -Djava.io.tmpdir=" + folder.resolve("no") + " "));
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .contains("There can be no temporary folder in " + folder.resolve("no") + ": ")
        .doesNotContain("\tat ");
  }

  @Test
  void kill_9_of_the_demo_itself_leaves_no_process_and_no_folder(@TempDir Path folder)
      throws Exception {
    var process =
        new ProcessBuilder(
                "sh",
                "-c",
                "exec "
                    + Path.of(System.getProperty("java.home"), "bin", demo)
                        .toString()
                        .replaceFirst("java ", "java -Djava.io.tmpdir=" + folder + " ")
                    + "--events 100000 --kills 1")
            .redirectErrorStream(true)
            .start();
    try (var lines = process.inputReader()) {
      while (!lines.readLine().startsWith("10 · ")) {}
      await(() -> ledgersIn(folder), ledgers -> ledgers == 4); // the worker is at work
      var workers = process.children().toList();
      process.destroyForcibly().waitFor();
      for (ProcessHandle worker : workers) worker.onExit().get(20, TimeUnit.SECONDS);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith("durable-offsets"));
    }
  }

  private static long ledgersIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".db")).count();
    } catch (UncheckedIOException e) { // something was deleted meanwhile
      return 0;
    }
  }

  private interface Looking<T> {
    T look() throws Exception;
  }

  private static <T> T await(Looking<T> looking, java.util.function.Predicate<T> enough)
      throws Exception {
    while (true) { // the test has a time limit
      T seen = looking.look();
      if (enough.test(seen)) return seen;
      Thread.onSpinWait();
    }
  }

  private static Result run(String command) throws InterruptedException {
    return Command.run(command, Repository.root());
  }
}
