package coach;

import harness.Directives;
import harness.Examination.Depth;
import harness.Exercise;
import harness.Repository;
import harness.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import javax.tools.ToolProvider;
import org.jline.terminal.TerminalBuilder;

/// Looks whether all that the coach needs is there, and says what to do about what isn't.
final class Doctor {

  /// One thing that was looked at.
  ///
  /// @param state `well`, `odd` (one can live with it) or `ill`
  /// @param remedy what to do; empty if it's well
  record Diagnosis(String about, String state, String what, String remedy) {
    boolean isIll() {
      return state.equals("ill");
    }

    String text() {
      String mark = state.equals("well") ? "✓" : isIll() ? "✗" : "!";
      String text = "%s %-10s %s".formatted(mark, about, Verdict.wrapped(what, 13));
      return remedy.isEmpty() ? text : text + "\n             " + Verdict.wrapped(remedy, 13);
    }
  }

  private static final int JAVA = 25;

  private final List<Diagnosis> diagnoses = new ArrayList<>();

  List<Diagnosis> examine() throws InterruptedException {
    java();
    jbang();
    git();
    terminal();
    watching();
    progress();
    network();
    libraries();
    check();
    return diagnoses;
  }

  private void well(String about, String what) {
    diagnoses.add(new Diagnosis(about, "well", what, ""));
  }

  private void odd(String about, String what, String remedy) {
    diagnoses.add(new Diagnosis(about, "odd", what, remedy));
  }

  private void ill(String about, String what, String remedy) {
    diagnoses.add(new Diagnosis(about, "ill", what, remedy));
  }

  /// From chapter 10 on, chapters and exercises need some. Here they are fetched, if they aren't there yet.
  private void libraries() {
    var scripts = new ArrayList<Path>();
    for (Chapter chapter : Chapter.all()) scripts.add(chapter.source());
    for (Exercise exercise : Exercise.all()) scripts.add(exercise.starter());
    try {
      var libraries = new TreeSet<String>();
      for (Path script : scripts) {
        var directives = Directives.of(script);
        directives.classPath();
        libraries.addAll(directives.libraries());
      }
      well("libraries", "Those of chapters 10 and 11 are here, %d.".formatted(libraries.size()));
    } catch (IllegalStateException | UncheckedIOException e) {
      odd("libraries", e.getMessage(), "Only chapters 10 and 11, and their exercises, need them.");
    }
  }

  private void java() {
    String home = System.getProperty("java.home");
    int version = Runtime.version().feature();
    if (version < JAVA)
      ill(
          "Java",
          "Java %d, in %s.".formatted(version, home),
          "Install a JDK %d (https://adoptium.net), or set JAVA_HOME.".formatted(JAVA));
    else if (ToolProvider.getSystemJavaCompiler() == null)
      ill(
          "Java",
          "Java %d, in %s, has no compiler.".formatted(version, home),
          "Install a JDK %d, and not only a JRE: https://adoptium.net".formatted(JAVA));
    else well("Java", "JDK %s, in %s".formatted(Runtime.version(), home));
  }

  private void jbang() throws InterruptedException {
    var launcher = Repository.launcher();
    var said = said(20, launcher.toString(), "version");
    if (said.isEmpty())
      ill(
          "JBang",
          launcher + " does not answer.",
          "Try ./jbang version, which says what is missing.");
    else well("JBang", said.lines().toList().getLast());
  }

  private void git() throws InterruptedException {
    var said = said(10, "git", "--version");
    if (said.isEmpty())
      odd(
          "git",
          "There is no git.",
          "Only reset needs it, for a starter that you changed before the coach first ran.");
    else well("git", said.strip());
  }

  /// What a command prints, or nothing if it fails.
  private static String said(int seconds, String... command) throws InterruptedException {
    try {
      Path output = Files.createTempFile("doctor", ".txt");
      try {
        var process =
            new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
        process.destroyForcibly();
        return ended && process.exitValue() == 0 ? Files.readString(output) : "";
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      return "";
    }
  }

  private void terminal() {
    String encoding = System.getProperty("stdout.encoding", "");
    if (System.console() == null) {
      odd(
          "terminal",
          "There is none: the input or the output is a pipe or a file.",
          "./jbang coach check and its kin need none. To watch, call it from a terminal.");
      return;
    }
    try (var terminal =
        TerminalBuilder.builder().system(true).dumb(false).graphemeCluster(false).build()) {
      int columns = terminal.getColumns();
      int rows = terminal.getRows();
      String what =
          "%s, %d columns, %d rows, %s".formatted(terminal.getType(), columns, rows, encoding);
      if (columns < Screen.COLUMNS || rows < Screen.ROWS)
        odd(
            "terminal",
            what,
            "Pictures need %d columns and %d rows: make it larger."
                .formatted(Screen.COLUMNS, Screen.ROWS));
      else if (!encoding.equalsIgnoreCase("UTF-8"))
        odd(
            "terminal",
            what,
            "Marks such as ✓ may look wrong. Set a UTF-8 locale, or on Windows: chcp 65001");
      else well("terminal", what);
    } catch (IOException | IllegalStateException e) {
      ill(
          "terminal",
          "It can't be used for single keys: " + e.getMessage(),
          "Try another terminal. ./jbang coach check needs none.");
    }
  }

  /// Saves a file and looks how long it takes until that is noticed.
  private void watching() throws InterruptedException {
    Path folder = Repository.root().resolve("exercises");
    try {
      Path file = Files.createTempFile(folder, "doctor", ".tmp");
      try {
        var saves = new Saves(file);
        Files.writeString(file, "saved");
        long start = System.nanoTime();
        while (!saves.isNew()) {
          if (System.nanoTime() - start > 5_000_000_000L) {
            ill(
                "watching",
                "A save in exercises/ was not seen within five seconds.",
                "Is it a network drive? Work in a clone on a disk of this machine.");
            return;
          }
          Thread.sleep(Watch.LOOK_MILLIS);
        }
        well(
            "watching",
            "A save in exercises/ is seen at the next look; it looks every %d ms."
                .formatted(Watch.LOOK_MILLIS));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      ill(
          "watching",
          "exercises/ can't be written: " + e.getMessage(),
          "Give yourself the right to write there, or make a clone of your own.");
    }
  }

  private void progress() {
    var file = new Learner().file;
    file.update(progress -> progress);
    file.trouble()
        .ifPresentOrElse(
            it -> ill("progress", it, "Without it, the coach forgets when it ends."),
            () -> well("progress", "Kept in .coach/progress.json"));
  }

  private void network() throws InterruptedException {
    String maven = System.getenv("PUTS_AND_TAKES_MAVEN");
    String url = maven == null ? "https://repo1.maven.org/maven2" : maven;
    String enough = "What was fetched once works without it; new scripts need it once.";
    try (var client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
      var request =
          HttpRequest.newBuilder(URI.create(url + "/dev/jbang/jbang-cli/maven-metadata.xml"))
              .method("HEAD", HttpRequest.BodyPublishers.noBody())
              .timeout(Duration.ofSeconds(5))
              .build();
      int status = client.send(request, BodyHandlers.discarding()).statusCode();
      if (status == 200) well("network", "Maven Central answers.");
      else odd("network", "%s answers with %d.".formatted(url, status), enough);
    } catch (IOException | IllegalArgumentException e) {
      odd("network", url + " can't be reached.", enough);
    }
  }

  /// A solution that's known to be right, twice: the second time is what a save costs.
  private void check() throws InterruptedException {
    var exercise = Exercise.all().getFirst();
    var words = List.of(exercise.id(), exercise.solution().toString());
    try (var checker = new WarmChecker()) {
      var cold = checker.check(words, Depth.ALL, _ -> {});
      var warm = checker.check(words, Depth.ALL, _ -> {});
      if (warm.passed())
        well(
            "a check",
            "The solution of %s passes, in %s, and then in %s."
                .formatted(
                    exercise.id(),
                    Commands.seconds(cold.millis()),
                    Commands.seconds(warm.millis())));
      else
        ill(
            "a check",
            "The solution of %s should pass. %s".formatted(exercise.id(), warm.headline()),
            "Is the clone whole? git status says what was changed.");
    }
  }
}
