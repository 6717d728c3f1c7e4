///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Measures how long it takes from a save to the coach's verdict on the screen
// The terminal, and what the coach is built on.
//DEPS org.jline:jline-terminal-jni:4.5.0
//DEPS info.picocli:picocli:4.7.7
//DEPS io.github.java-diff-utils:java-diff-utils:4.18
//DEPS tools.jackson.dataformat:jackson-dataformat-toml:3.2.4
// What the harness is built on, and what one would run instead: JUnit and its console.
//DEPS org.junit.platform:junit-platform-console-standalone:1.14.4
//MAIN Saves
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED
//SOURCES ../tools/coach/Backup.java
//SOURCES ../tools/coach/Changes.java
//SOURCES ../tools/coach/Chapter.java
//SOURCES ../tools/coach/Check.java
//SOURCES ../tools/coach/Checker.java
//SOURCES ../tools/coach/Classroom.java
//SOURCES ../tools/coach/Commands.java
//SOURCES ../tools/coach/Demo.java
//SOURCES ../tools/coach/Doctor.java
//SOURCES ../tools/coach/Json.java
//SOURCES ../tools/coach/Learner.java
//SOURCES ../tools/coach/Listing.java
//SOURCES ../tools/coach/Markdown.java
//SOURCES ../tools/coach/Page.java
//SOURCES ../tools/coach/Progress.java
//SOURCES ../tools/coach/ProgressFile.java
//SOURCES ../tools/coach/Reply.java
//SOURCES ../tools/coach/Report.java
//SOURCES ../tools/coach/Saves.java
//SOURCES ../tools/coach/Screen.java
//SOURCES ../tools/coach/Starters.java
//SOURCES ../tools/coach/WarmChecker.java
//SOURCES ../tools/coach/Watch.java
//SOURCES ../tests/harness/CompileError.java
//SOURCES ../tests/harness/CompiledScript.java
//SOURCES ../tests/harness/Directives.java
//SOURCES ../tests/harness/Examination.java
//SOURCES ../tests/harness/Exercise.java
//SOURCES ../tests/harness/Finding.java
//SOURCES ../tests/harness/KillChecks.java
//SOURCES ../tests/harness/Law.java
//SOURCES ../tests/harness/Lawfulness.java
//SOURCES ../tests/harness/Machine.java
//SOURCES ../tests/harness/Matrix.java
//SOURCES ../tests/harness/Mistake.java
//SOURCES ../tests/harness/MortalProcess.java
//SOURCES ../tests/harness/PoisonChecks.java
//SOURCES ../tests/harness/Promise.java
//SOURCES ../tests/harness/Repository.java
//SOURCES ../tests/harness/RestartChecks.java
//SOURCES ../tests/harness/Run.java
//SOURCES ../tests/harness/Script.java
//SOURCES ../tests/harness/ScriptedChannel.java
//SOURCES ../tests/harness/SharedBroker.java
//SOURCES ../tests/harness/Stage.java
//SOURCES ../tests/harness/StopChecks.java
//SOURCES ../tests/harness/StreamChecks.java
//SOURCES ../tests/harness/Subject.java
//SOURCES ../tests/harness/Target.java
//SOURCES ../tests/harness/Threads.java
//SOURCES ../tests/harness/Timeline.java
//SOURCES ../tests/harness/TomlEntry.java
//SOURCES ../tests/harness/TreeChecks.java
//SOURCES ../tests/harness/Trial.java
//SOURCES ../tests/harness/Verdict.java
//SOURCES ../tests/harness/WatchedFutures.java
//SOURCES ../tests/harness/Watching.java
//SOURCES ../tests/runner/Clone.java
//SOURCES ../tests/terminal/InTerminal.java
//SOURCES ../tests/terminal/PtySession.java

import harness.Exercise;
import harness.Repository;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import runner.Clone;
import terminal.PtySession;

/// A coach in a terminal, and somebody who saves: the starter, then a file that doesn't compile, then the
/// solution, and from the beginning. What is measured is the time from the save until the verdict is on
/// the screen, which comes to what a person waits for.
@Command(
    name = "saves",
    mixinStandardHelpOptions = true,
    description = "Measures how long it takes from a save to the coach's verdict on the screen.")
class Saves implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Option(names = "--saves", paramLabel = "N", description = "How many of each exercise (100).")
  int saves = 100;

  @Option(names = "--only", paramLabel = "ID", description = "These exercises alone.")
  List<String> only = new ArrayList<>();

  @Option(names = "--cold", paramLabel = "N", description = "How many cold runs to compare (10).")
  int cold = 10;

  void main(String... args) {
    System.exit(new CommandLine(this).execute(args));
  }

  /// What is saved, and what the screen says then.
  private enum Save {
    STARTER(screen -> screen.contains("This is how it should fail now.")),
    MISTAKE(screen -> screen.contains("Next: mend line")),
    SOLUTION(screen -> screen.contains("✓ All"));

    final Predicate<String> verdict;

    Save(Predicate<String> verdict) {
      this.verdict = verdict;
    }
  }

  @Override
  public Integer call() throws Exception {
    Path clone = Files.createTempDirectory("saves");
    try {
      Clone.in(clone);
      var all = new ArrayList<Long>();
      say("| exercise | starter | does not compile | solution |");
      say("|---|--:|--:|--:|");
      for (var exercise : Exercise.all()) {
        if (!only.isEmpty() && !only.contains(exercise.id())) continue;
        var times = measure(clone, exercise);
        say(
            "| %s | %s | %s | %s |"
                .formatted(
                    exercise.id(),
                    shown(times.get(Save.STARTER)),
                    shown(times.get(Save.MISTAKE)),
                    shown(times.get(Save.SOLUTION))));
        times.values().forEach(all::addAll);
      }
      say("");
      say(
          "All %d saves: %s ms. A cold compiler and JUnit's console: %s ms."
              .formatted(all.size(), shown(all), shown(cold())));
      if (only.isEmpty()) writePage();
      return 0;
    } finally {
      delete(clone);
    }
  }

  private final StringBuilder said = new StringBuilder();

  private void say(String line) {
    System.out.println(line);
    said.append(line).append('\n');
  }

  /// The page holds what was measured last, over all exercises.
  private void writePage() throws IOException {
    Path page = Repository.root().resolve("bench/README.md");
    String between = Matcher.quoteReplacement("<!-- saves -->\n\n" + said + "\n<!-- /saves -->");
    Files.writeString(
        page, Files.readString(page).replaceAll("(?s)<!-- saves -->.*<!-- /saves -->", between));
  }

  private Map<Save, List<Long>> measure(Path clone, Exercise exercise) throws Exception {
    Path file = clone.resolve("exercises").resolve(exercise.file());
    String starter = Files.readString(file);
    String solution = Files.readString(clone.resolve("solutions").resolve(exercise.file()));
    var content =
        Map.of(
            Save.STARTER,
            starter,
            Save.MISTAKE,
            solution.replaceFirst("void main\\(", "void main(int "),
            Save.SOLUTION,
            solution);
    var times = new EnumMap<Save, List<Long>>(Save.class);
    for (Save save : Save.values()) times.put(save, new ArrayList<>());
    try (var coach = coach(clone, exercise.id())) {
      coach.awaitScreen("the starter's verdict", Save.STARTER.verdict, PATIENCE);
      var order = List.of(Save.MISTAKE, Save.SOLUTION, Save.STARTER);
      for (int i = -12; i < saves; i++) { // the first dozen warm it up
        Save save = order.get(Math.floorMod(i, 3));
        TimeUnit.MILLISECONDS.sleep(50); // nobody types faster
        long start = System.nanoTime();
        Files.writeString(file, content.get(save));
        coach.awaitScreen("the verdict on " + save, save.verdict, PATIENCE);
        if (i >= 0) times.get(save).add((System.nanoTime() - start) / 1_000_000);
      }
      coach.press("q");
      coach.waitFor(PATIENCE);
    }
    Files.writeString(file, starter);
    return times;
  }

  private static PtySession coach(Path clone, String exercise) throws IOException {
    var words = new ArrayList<>(java());
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    words.addAll(List.of("--enable-native-access=ALL-UNNAMED", "coach.Commands", exercise));
    return PtySession.start(words, clone, Map.of("PUTS_AND_TAKES_HOME", clone.toString()), 80, 44);
  }

  private static List<String> java() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp",
        System.getProperty("java.class.path"));
  }

  /// A lower bound of what one would wait for otherwise: the compiler on an exercise, and JUnit's console
  /// with a test that does nothing, each in a new JVM.
  private List<Long> cold() throws Exception {
    var exercise = Exercise.byId("03-b").orElseThrow();
    Path out = Files.createTempDirectory("classes");
    var times = new ArrayList<Long>();
    try {
      Path test =
          Files.writeString(
              out.resolve("NothingTest.java"),
              """
              class NothingTest {
                @org.junit.jupiter.api.Test
                void nothing() {}
              }
              """);
      Path copy = Files.copy(exercise.solution(), out.resolve("CountTheRestarts.java"));
      String classPath = System.getProperty("java.class.path");
      for (int i = 0; i < cold; i++) {
        long start = System.nanoTime();
        run(
            Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
            "-cp",
            classPath,
            "-d",
            out.toString(),
            copy.toString(),
            test.toString());
        run(
            java().getFirst(),
            "-cp",
            classPath + File.pathSeparator + out,
            "org.junit.platform.console.ConsoleLauncher",
            "execute",
            "--select-class=NothingTest");
        times.add((System.nanoTime() - start) / 1_000_000);
      }
    } finally {
      delete(out);
    }
    return times;
  }

  private static void run(String... command) throws Exception {
    Path output = Files.createTempFile("output", ".txt");
    try {
      var process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0)
        throw new IllegalStateException(command[0] + " said: " + Files.readString(output));
    } finally {
      Files.delete(output);
    }
  }

  private static String shown(List<Long> times) {
    var sorted = new ArrayList<>(times);
    if (sorted.isEmpty()) return "";
    Collections.sort(sorted);
    int p95 = (int) Math.ceil(sorted.size() * 0.95) - 1;
    return sorted.get(sorted.size() / 2) + " / " + sorted.get(p95);
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
    }
  }
}
