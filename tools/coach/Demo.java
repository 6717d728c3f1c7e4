package coach;

import harness.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs the demo that answers a chapter's question.
final class Demo {

  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final int MOST_LINES = 2000;

  /// The command line that does the same by hand.
  static String command(Chapter chapter) {
    return ("./jbang chapters/" + chapter.file() + " " + String.join(" ", chapter.demo())).strip();
  }

  /// What the demo prints, line by line.
  ///
  /// @throws IOException with a sentence, if it can't be run, or doesn't end
  static List<String> run(Chapter chapter) throws IOException, InterruptedException {
    Path output = Files.createTempFile("demo", ".txt");
    try {
      var process =
          new ProcessBuilder(commandOf(chapter))
              .directory(Repository.root().toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      try {
        process.getOutputStream().close();
        if (!process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS))
          throw new IOException(
              "After %d seconds the demo was still running. Try it by hand: %s"
                  .formatted(DEADLINE.toSeconds(), command(chapter)));
      } finally {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
      try (var lines = Files.lines(output)) {
        return lines.limit(MOST_LINES).toList();
      }
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /// A chapter without dependencies needs no JBang, and starts in half the time.
  private static List<String> commandOf(Chapter chapter) throws IOException {
    var command = new ArrayList<String>();
    if (Files.readString(chapter.source()).contains("\n//DEPS")) {
      command.add(Repository.launcher().toString());
    } else {
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-Dstdout.encoding=" + StandardCharsets.UTF_8);
    }
    command.add(chapter.source().toString());
    command.addAll(chapter.demo());
    return command;
  }

  private Demo() {}
}
