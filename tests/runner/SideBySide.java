package runner;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Runs batches of test classes side by side, each in a JVM of its own: the law watches all threads of
/// its JVM, so that in one there can be only one test at a time.
///
/// Whatever becomes of such a JVM, each class gets a report. One that crashes, hangs, or ends too early
/// has failed.
public final class SideBySide {

  private final Duration patience;
  private final Consumer<Batch.Report> listener;
  private final Set<Process> running = ConcurrentHashMap.newKeySet();
  private volatile boolean ending;

  /// @param patience how long a class may take
  /// @param listener gets the report of a class as soon as it's over, on some thread
  public SideBySide(Duration patience, Consumer<Batch.Report> listener) {
    this.patience = patience;
    this.listener = listener;
  }

  /// Runs them all, the first ones first, one more at a time than there are cores: many tests wait for
  /// a process of their own.
  ///
  /// @return all reports, in the order of the batches
  public List<Batch.Report> run(List<List<String>> batches) throws InterruptedException {
    int atATime = Runtime.getRuntime().availableProcessors() + 1;
    Runtime.getRuntime().addShutdownHook(new Thread(this::end));
    try (var workers = Executors.newFixedThreadPool(Math.min(atATime, batches.size()))) {
      try {
        var futures = new ArrayList<Future<List<Batch.Report>>>();
        for (var batch : batches) futures.add(workers.submit(() -> reports(batch)));
        var reports = new ArrayList<Batch.Report>();
        for (var future : futures) reports.addAll(future.get());
        if (ending) throw new IllegalStateException("Stopped before all tests were over.");
        return reports;
      } catch (ExecutionException e) {
        throw new IllegalStateException("Could not run the tests: " + e.getCause(), e);
      } finally {
        end();
      }
    }
  }

  /// Our JVMs must not survive us, whether we're done, failed, or stopped by the keyboard.
  private void end() {
    ending = true;
    running.forEach(SideBySide::kill);
  }

  private static void kill(Process process) {
    var descendants = process.descendants().toList();
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
  }

  /// A JVM that ends too early costs its batch one class. Another JVM runs the rest.
  private List<Batch.Report> reports(List<String> batch) throws Exception {
    var reports = new ArrayList<Batch.Report>();
    for (var left = batch; !left.isEmpty() && !ending; ) {
      var some = reportsOfOneJvm(left);
      reports.addAll(some);
      left = left.subList(Math.min(some.size(), left.size()), left.size());
    }
    return reports;
  }

  private List<Batch.Report> reportsOfOneJvm(List<String> classes) throws Exception {
    Path file = Files.createTempFile("tests", ".reports");
    Path output = Files.createTempFile("tests", ".output");
    var process = start(classes, file, output);
    running.add(process);
    if (ending) kill(process);
    try {
      return reports(classes, process, file, output);
    } finally {
      kill(process);
      running.remove(process);
      process.waitFor(5, TimeUnit.SECONDS);
      Files.delete(file);
      Files.delete(output);
    }
  }

  private static Process start(List<String> classes, Path file, Path output) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Batch.class.getName()));
    command.addAll(List.of(file.toString(), output.toString()));
    command.addAll(classes);
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    return builder.redirectOutput(output.toFile()).start();
  }

  /// What the JVM reports until it ends. If it doesn't end well, the last report is ours.
  private List<Batch.Report> reports(List<String> classes, Process process, Path file, Path output)
      throws Exception {
    var reports = new ArrayList<Batch.Report>();
    long started = System.nanoTime();
    boolean ended, late;
    do {
      // Asked before we read: what it wrote last is read, too.
      ended = process.waitFor(50, TimeUnit.MILLISECONDS);
      String text = textOf(file);
      // A line without an end is still being written.
      var written = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
      for (String line : written.subList(reports.size(), written.size())) {
        add(Batch.Report.of(line), reports);
        started = System.nanoTime();
      }
      late = System.nanoTime() - started > patience.toNanos();
    } while (!ended && !late);
    if (ended && process.exitValue() == 0 && reports.size() == classes.size()) return reports;

    kill(process);
    String name = classes.get(Math.min(reports.size(), classes.size() - 1));
    String what =
        ended
            ? "Its JVM ended too early, with exit code " + process.exitValue() + "."
            : "It was not over after " + patience.toSeconds() + " s, and was killed.";
    var complaints = new ArrayList<>(List.of("\n✗ " + name, "    " + what));
    var printed = textOf(output).lines().toList();
    if (!printed.isEmpty()) complaints.add("    The last lines that it printed:");
    for (String line : Batch.last(printed)) complaints.add("      " + line);
    double seconds = (System.nanoTime() - started) / 1e9;
    add(new Batch.Report(name, 0, 1, 0, seconds, complaints), reports);
    return reports;
  }

  private void add(Batch.Report report, List<Batch.Report> reports) {
    reports.add(report);
    if (!ending) listener.accept(report);
  }

  private static String textOf(Path file) throws IOException {
    return new String(Files.readAllBytes(file), UTF_8);
  }
}
