import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import coach.Commands;
import harness.Law;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import runner.Clone;

/// Each command of the coach, as people type it, and as they mistype it: the exit code, and a sentence.
@ExtendWith(Law.class)
class CommandsTest {

  /// What is typed behind `./jbang coach`, the exit code, and words that are printed, in this order.
  /// They run one after the other, in one clone.
  private static final List<List<String>> TYPED =
      List.of(
          List.of("", "2", "There is no terminal to watch in"),
          List.of("--help", "0", "Usage: ./jbang coach", "check", "doctor", "watch"),
          List.of("hint --help", "0", "Usage: ./jbang coach hint", "--level"),
          List.of("watch 02-a", "2", "There is no terminal to watch in"),
          List.of("frobnicate", "2", "'frobnicate' is no command, and no exercise"),
          List.of("--frobnicate", "2", "Unknown option: '--frobnicate'", "Usage: ./jbang coach"),
          List.of("list", "0", "0 of 22", "→ · 01-a", "Open exercises/01-a-tail-a-file.java"),
          List.of("list --json", "0", "\"id\" : \"01-a\"", "\"state\" : \"open\""),
          List.of("check 01-b", "1", "✗ Failure is a value", "coach hint 01-b"),
          List.of("check 01-2 --json", "1", "\"what\" : \"01-b\"", "\"state\" : \"BROKEN\""),
          List.of("check 99-z", "2", "'99-z' is no exercise."),
          List.of("check 99", "2", "99"),
          List.of("check --all", "0", "No exercise has been worked on yet"),
          List.of("check --all --markdown", "0", "0 of 22 exercises pass"),
          List.of("hint", "0", "Hint 1 of 3 for 01-b"),
          List.of("hint 01-b", "0", "Hint 2 of 3 for 01-b"),
          List.of("hint 01-b --level 3", "0", "Hint 3 of 3 for 01-b"),
          List.of("hint 01-b --level 4", "2", "There are hints 1 to 3."),
          List.of("hint 01-b --level x", "2", "'x' is not an int"),
          List.of("hint 01-a --json", "0", "\"level\" : 1"),
          List.of("diff 01-b", "2", "01-b hasn't passed yet", "coach diff 01-b --yes"),
          List.of("diff 01-b --yes", "0", "Yours (-) and the solution (+)", "@@"),
          List.of("diff 03", "0", "From chapter 3 to 4", "--- chapters/03-supervisor.java"),
          List.of("diff 9", "0", "From chapter 9 to 10", "takes chapter 9 as it is"),
          List.of("diff 11", "2", "Chapter 11 is the last one"),
          List.of("diff 0", "2", "There is no chapter 0."),
          List.of("diff 03 --json", "0", "\"title\" : \"From chapter 3 to 4"),
          List.of("solution 02-a", "2", "02-a hasn't passed yet"),
          List.of(
              "solution 02-a --yes", "0", "solutions/02-a-read-a-sensor.java", "class ReadASensor"),
          List.of("reset 01-b", "0", "01-b is the starter already."),
          List.of("reset 01-b --json", "0", "\"exercise\" : \"01-b\""),
          List.of("predict 03", "0", "  a  ", "  b  ", "coach predict supervisor --answer a"),
          List.of("predict supervisor --answer z", "2", "There is no answer 'z'. There are a, b"),
          List.of("predict supervisor --answer c", "0", "✓ So it is.", "→ 10 of 10 clicks arrived"),
          List.of("predict 77", "2", "'77' is no chapter."),
          List.of("predict", "2", "Missing required parameter: 'CHAPTER'"),
          List.of("export --name Ada", "0", "\"name\" : \"Ada\"", "\"supervisor\""),
          List.of("export --name Ada --markdown", "0", "# Ada", "01-b · Last words"),
          List.of("export", "2", "Missing required option: '--name=NAME'"),
          List.of("total nowhere.json", "2", "nowhere.json"),
          List.of("total", "2", "Missing required parameter: 'FILE'"));

  /// Runs the command lines that a file holds, one in a line.
  static final class Typist {
    public static void main(String[] args) throws IOException {
      for (String line : Files.readAllLines(Path.of(args[0]))) {
        int exitCode = Commands.run(line.isEmpty() ? new String[0] : line.split(" "));
        System.out.println("\u0000" + exitCode);
      }
      System.exit(0);
    }
  }

  private static final Map<String, List<String>> ANSWERS = new HashMap<>();

  /// All of them in one JVM, since each start of one takes half a second.
  @BeforeAll
  static void they_are_typed(@TempDir Path folder) throws Exception {
    Path clone = Clone.in(folder.resolve("clone"));
    Path typed = folder.resolve("typed");
    Files.write(typed, TYPED.stream().map(List::getFirst).toList());
    Path output = folder.resolve("output");
    var builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dstdout.encoding=UTF-8",
                "-Dstderr.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path"),
                Typist.class.getName(),
                typed.toString())
            .directory(clone.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("PUTS_AND_TAKES_HOME", clone.toString());
    var typist = builder.start();
    try {
      assertThat(typist.waitFor(180, TimeUnit.SECONDS)).as("they end").isTrue();
    } finally {
      typist.destroyForcibly();
    }
    // what came before each exit code, and the exit code
    String[] parts = Files.readString(output, UTF_8).split("\u0000|(?<=\u0000\\d)\n");
    for (int i = 0; i < TYPED.size() && 2 * i + 1 < parts.length; i++)
      ANSWERS.put(i + "", List.of(parts[2 * i], parts[2 * i + 1]));
  }

  @AfterAll
  static void forget() {
    ANSWERS.clear();
  }

  @TestFactory
  Stream<DynamicTest> each_command_line_ends_with_a_sentence_and_the_right_exit_code() {
    return Stream.iterate(0, i -> i + 1)
        .limit(TYPED.size())
        .map(i ->
            DynamicTest.dynamicTest(
                "./jbang coach " + TYPED.get(i).getFirst(),
                () -> {
                  var answer = ANSWERS.getOrDefault("" + i, List.of("(it never came to this)", ""));
                  assertThat(answer.getLast()).as(answer.getFirst()).isEqualTo(TYPED.get(i).get(1));
                  assertThat(answer.getFirst())
                      .containsSubsequence(TYPED.get(i).subList(2, TYPED.get(i).size()))
                      .doesNotContain("\tat ", "Exception in", "a mistake of its own");
                }));
  }
}
