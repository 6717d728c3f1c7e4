package drift;

import harness.CompiledScript;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Runs a command line as a learner types it: through a shell, with the JDK that runs us first on the
/// `PATH`, and with nothing to read from the keyboard.
public final class Command {

  /// Java writes UTF-8 and English, whatever the machine prefers: transcripts show the same bytes
  /// everywhere. The rest halves the time that a short program takes, JBang's compiler among them.
  private static final String JAVA_OPTIONS =
      " -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8 -Duser.language=en"
          + " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  /// What Java says about its environment, and JBang about its cache, is not the command's output.
  private static final String NOISE =
      "(?m)^((NOTE: )?Picked up J\\w+_OPTIONS: .*|\\[jbang] (?!\\[).*)\\R";

  /// How long anything here may take. A way out and no measure: some machines are slow, or busy.
  public static final Duration PATIENCE = Duration.ofMinutes(3);

  /// What a command printed, and how it ended.
  public record Result(int exitCode, String out, String err) {

    /// All of it, as a transcript shows it: the output, the errors, and the exit code unless it is 0.
    public String shown() {
      return out + err + (exitCode == 0 ? "" : "(exit " + exitCode + ")\n");
    }

    /// The same without what was [Measured], so that it's equal to that of another run.
    public Result masked() {
      return new Result(exitCode, Measured.masked(out), Measured.masked(err));
    }
  }

  /// Compiles a script into `classes`, and gives the command that starts it. Compiled in this JVM, where
  /// the compiler is warm, a demo takes a third of the time.
  public static String compiled(Path script, Path classes) throws IOException {
    return CompiledScript.of(script, classes).line();
  }

  /// Runs `commandLine` in `folder`, and waits for its end, for no longer than [#PATIENCE].
  public static Result run(String commandLine, Path folder) throws InterruptedException {
    return run(commandLine, folder, PATIENCE);
  }

  /// The same with another deadline.
  ///
  /// @throws IllegalStateException if it isn't done within `deadline`; it and its descendants are
  ///     killed then, and the message says what they had printed
  public static Result run(String commandLine, Path folder, Duration deadline)
      throws InterruptedException {
    try {
      Path out = Files.createTempFile("command", ".out"),
          err = Files.createTempFile("command", ".err");
      try {
        return run(commandLine, folder, deadline, out, err);
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not run: " + commandLine, e);
    }
  }

  private static Result run(String commandLine, Path folder, Duration deadline, Path out, Path err)
      throws IOException, InterruptedException {
    var builder = new ProcessBuilder("sh", "-c", commandLine).directory(folder.toFile());
    var environment = builder.environment();
    String java = System.getProperty("java.home");
    environment.merge("PATH", java + "/bin", (path, bin) -> bin + File.pathSeparator + path);
    environment.put("JAVA_HOME", java);
    environment.merge("JAVA_TOOL_OPTIONS", JAVA_OPTIONS, String::concat);
    // The launcher that started us may serve another clone than the one in `folder`.
    environment.remove("PUTS_AND_TAKES_HOME");

    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    try {
      process.getOutputStream().close();
      if (process.waitFor(deadline)) {
        return new Result(process.exitValue(), read(out), read(err).replaceAll(NOISE, ""));
      }
    } finally {
      kill(process);
    }
    throw new IllegalStateException(
        "Not done after %d s, and killed: %s%nIt had printed:%n%s%s"
            .formatted(deadline.toSeconds(), commandLine, read(out), read(err)));
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replace("\r\n", "\n");
  }

  private static void kill(Process process) throws InterruptedException {
    var family = Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    family.forEach(ProcessHandle::destroyForcibly);
    process.waitFor(5, TimeUnit.SECONDS);
  }

  private Command() {}
}
