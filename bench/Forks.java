import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Starts child JVMs, one at a time, and owns them: none outlives us, also when the keyboard stops us.
final class Forks implements AutoCloseable {

  /// What all have. The heap is fixed, so that its growth isn't measured; JCTools needs the last one.
  static final List<String> OPTIONS =
      List.of("-Xms2g", "-Xmx2g", "--sun-misc-unsafe-memory-access=allow");

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int LAST_LINES = 20;

  private Process running;
  private boolean ended;

  Forks() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  /// The rows that a new child measures.
  ///
  /// @param arguments those of [Fork]
  /// @throws IllegalStateException if it fails, dies or takes too long, with its last output
  List<String> run(List<String> jvmOptions, List<String> arguments)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("bench", ".output");
    try {
      var process = start(jvmOptions, arguments, output);
      boolean inTime = process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      var lines = Files.readAllLines(output);
      if (inTime && process.exitValue() == 0) return rows(lines);
      var last = lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
      throw new IllegalStateException(
          "The fork '%s' %s.%s"
              .formatted(
                  String.join(" ", arguments),
                  inTime
                      ? "ended with exit code " + process.exitValue()
                      : "was not over after " + PATIENCE.toSeconds() + " s, and was killed",
                  last.isEmpty()
                      ? " It printed nothing."
                      : " Its last output:\n  " + String.join("\n  ", last)));
    } finally {
      end();
      Files.delete(output);
    }
  }

  private synchronized Process start(List<String> jvmOptions, List<String> arguments, Path output)
      throws IOException {
    if (ended) throw new IllegalStateException("Stopped before all forks were over.");
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    var command = new ArrayList<>(List.of(java.toString()));
    command.addAll(OPTIONS);
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Fork.class.getName()));
    command.addAll(arguments);
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    try {
      running = builder.redirectOutput(output.toFile()).start();
    } catch (IOException e) {
      throw new IllegalStateException(
          "No JVM for a fork: " + e.getMessage() + ". Is the JDK that runs this still there?", e);
    }
    return running;
  }

  private static List<String> rows(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(Fork.ROW))
        .map(line -> line.substring(Fork.ROW.length()))
        .toList();
  }

  private synchronized void end() {
    if (running != null) running.destroyForcibly();
  }

  /// For good: no other one is started.
  @Override
  public synchronized void close() {
    ended = true;
    end();
  }
}
