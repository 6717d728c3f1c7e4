package runner;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import harness.Watching;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import tools.jackson.databind.json.JsonMapper;

/// Runs some classes of tests, one after another, in a JVM of its own. [SideBySide] starts it.
///
/// What it finds goes into a file, a line for each class. The tests may print what they like.
public final class Batch {

  /// What came of one class.
  ///
  /// @param complaints what its failed and skipped tests say, a few lines each
  public record Report(
      String name, int passed, int failed, int skipped, double seconds, List<String> complaints) {

    private static final JsonMapper JSON = new JsonMapper();

    private String line() {
      return JSON.writeValueAsString(this) + "\n";
    }

    static Report of(String line) {
      return JSON.readValue(line, Report.class);
    }
  }

  /// @param args the file for the reports, the file that all output goes to, and the classes
  public static void main(String... args) throws Exception {
    endWithParent();
    Path file = Path.of(args[0]), output = Path.of(args[1]);
    var launcher = LauncherFactory.create();
    var watching = Watching.classesNamed("Test", Batch.class.getClassLoader());
    for (String name : List.of(args).subList(2, args.length)) {
      long printedBefore = Files.size(output);
      var progress = new Progress();
      var request =
          LauncherDiscoveryRequestBuilder.request()
              .selectors(selectClass(watching.loadClass(name)))
              .configurationParameter("junit.jupiter.execution.timeout.default", "480 s")
              .build();
      launcher.execute(request, progress);
      if (progress.failed > 0) progress.quote(linesOf(output, printedBefore));
      Files.writeString(file, progress.report(name).line(), StandardOpenOption.APPEND);
    }
    // A thread that a test left behind must not keep us.
    System.exit(0);
  }

  private static List<String> linesOf(Path output, long from) throws IOException {
    System.out.flush();
    System.err.flush();
    byte[] all = Files.readAllBytes(output);
    return new String(all, (int) from, all.length - (int) from, UTF_8).lines().toList();
  }

  /// Enough of an output to see what went wrong.
  static List<String> last(List<String> lines) {
    return lines.subList(Math.max(0, lines.size() - 20), lines.size());
  }

  /// The parent ends us when it's told to end. A parent that was killed can't: then we do.
  private static void endWithParent() {
    ProcessHandle.current()
        .parent()
        .ifPresent(parent ->
            parent
                .onExit()
                .thenRun(() -> {
                  ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
                  Runtime.getRuntime().halt(1);
                }));
  }

  /// Counts the tests, and keeps what the failed ones say.
  private static final class Progress implements TestExecutionListener {
    private final List<String> complaints = new ArrayList<>();
    private final long started = System.nanoTime();
    private int passed;
    private int failed;
    private int skipped;

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      skipped++;
      complaints.add("\n- skipped: " + test.getDisplayName() + "\n  " + reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      String said = result.getThrowable().map(e -> "" + e.getMessage()).orElse("").strip();
      switch (result.getStatus()) {
        case SUCCESSFUL -> passed += test.isTest() ? 1 : 0;
        case ABORTED -> {
          skipped++;
          complaints.add("\n- skipped: " + test.getDisplayName() + "\n  " + said);
        }
        case FAILED -> {
          failed++;
          complaints.add("\n✗ " + test.getDisplayName());
          complaints.add(said.indent(4).stripTrailing());
          result.getThrowable().filter(e -> !(e instanceof AssertionError)).ifPresent(this::trace);
        }
      }
    }

    private void trace(Throwable e) {
      complaints.add("    " + e.getClass().getName());
      for (var frame : e.getStackTrace())
        if (frame.getModuleName() == null && !frame.getClassName().startsWith("org."))
          complaints.add("      at " + frame);
    }

    void quote(List<String> printed) {
      if (printed.isEmpty()) return;
      complaints.add("\n  The last lines that this class printed:");
      for (String line : last(printed)) complaints.add("    " + line);
    }

    Report report(String name) {
      double seconds = (System.nanoTime() - started) / 1e9;
      return new Report(name, passed, failed, skipped, seconds, complaints);
    }
  }
}
