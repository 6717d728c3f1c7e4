///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Runs every test; with a chapter or an exercise named, checks that one for you
// JUnit runs the tests, AssertJ says what it expected, picocli reads the command line,
// Jackson reads exercises.toml and the catalog, google-java-format checks the formatting,
// JLine opens terminals, and knows what their screens show. Before 4.2, that took more of it.
// java-diff-utils compares files for the coach.
//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//DEPS org.junit.platform:junit-platform-launcher:1.14.4
//DEPS org.assertj:assertj-core:3.27.7
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.dataformat:jackson-dataformat-toml:3.2.4
//DEPS io.github.java-diff-utils:java-diff-utils:4.18
//DEPS com.google.googlejavaformat:google-java-format:2.0.0
//DEPS org.jline:jline-terminal-jni:4.5.0
// Compiling a little and often is cheapest with the first compiler alone.
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
// JLine calls the system's own functions.
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
// The harness asks the JDK for its threads, and the formatter uses the compiler's own parser.
//RUNTIME_OPTIONS --add-exports=java.base/jdk.internal.vm=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.code=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.parser=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.tree=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.util=ALL-UNNAMED
//SOURCES BenchTest.java
//SOURCES ClassroomTest.java
//SOURCES CoachSessionTest.java
//SOURCES CoachTest.java
//SOURCES CommandsTest.java
//SOURCES ConformanceTest.java
//SOURCES DriftTest.java
//SOURCES DurableOffsetsTest.java
//SOURCES ExercisesTest.java
//SOURCES ForkTest.java
//SOURCES HarnessTest.java
//SOURCES KafkaTest.java
//SOURCES LauncherTest.java
//SOURCES MatrixTest.java
//SOURCES PredictionsTest.java
//SOURCES SaboteursTest.java
//SOURCES SchedulesTest.java
//SOURCES SelfContainedTest.java
//SOURCES SessionsTest.java
//SOURCES SideBySideTest.java
//SOURCES TerminalTest.java
//SOURCES TranscriptsTest.java
//SOURCES TreesTest.java
//SOURCES harness/ClusterChecks.java
//SOURCES harness/CompileError.java
//SOURCES harness/CompiledScript.java
//SOURCES harness/Directives.java
//SOURCES harness/Examination.java
//SOURCES harness/Exercise.java
//SOURCES harness/Finding.java
//SOURCES harness/KillChecks.java
//SOURCES harness/Law.java
//SOURCES harness/Lawfulness.java
//SOURCES harness/Machine.java
//SOURCES harness/Matrix.java
//SOURCES harness/Mistake.java
//SOURCES harness/MortalProcess.java
//SOURCES harness/PoisonChecks.java
//SOURCES harness/Promise.java
//SOURCES harness/Repository.java
//SOURCES harness/RestartChecks.java
//SOURCES harness/Run.java
//SOURCES harness/Schedules.java
//SOURCES harness/Script.java
//SOURCES harness/ScriptedChannel.java
//SOURCES harness/SharedBroker.java
//SOURCES harness/Stage.java
//SOURCES harness/StopChecks.java
//SOURCES harness/StreamChecks.java
//SOURCES harness/Subject.java
//SOURCES harness/Target.java
//SOURCES harness/Threads.java
//SOURCES harness/Timeline.java
//SOURCES harness/TomlEntry.java
//SOURCES harness/TreeChecks.java
//SOURCES harness/Trial.java
//SOURCES harness/Verdict.java
//SOURCES harness/WatchedFutures.java
//SOURCES harness/Watching.java
//SOURCES conformance/Behaviour.java
//SOURCES conformance/Behaviours.java
//SOURCES drift/Command.java
//SOURCES drift/Difference.java
//SOURCES drift/Drift.java
//SOURCES drift/Fence.java
//SOURCES drift/Formatting.java
//SOURCES drift/Guide.java
//SOURCES drift/Inventory.java
//SOURCES drift/Measured.java
//SOURCES drift/PromptEngine.java
//SOURCES drift/Session.java
//SOURCES drift/Transcripts.java
//SOURCES runner/Batch.java
//SOURCES runner/Clone.java
//SOURCES runner/SideBySide.java
//SOURCES terminal/InTerminal.java
//SOURCES terminal/PtySession.java
//SOURCES trees/Grove.java
//SOURCES trees/Model.java
//SOURCES trees/Tree.java
//SOURCES trees/Trial.java
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

import harness.Examination;
import harness.Examination.Depth;
import harness.Finding;
import harness.Repository;
import harness.Subject;
import harness.Target;
import harness.Verdict;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import runner.Batch;
import runner.SideBySide;

/// The one command that runs everything, `./jbang test`, and the one that a learner needs,
/// `./jbang test 01-a`.
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    description = "Runs every test; with a chapter or an exercise named, checks that one for you.")
class AllTests implements Callable<Integer> {

  /// Every class of tests, in batches: each runs in a JVM of its own, the first ones first. Those
  /// that have JBang build the chapters, or the coach, share a batch: two that build one script at the same
  /// time get in each other's way. All else is a matter of balance.
  static final List<List<String>> BATCHES =
      List.of(
          List.of("SelfContainedTest", "TranscriptsTest", "ForkTest"),
          List.of("CoachTest"),
          List.of("MatrixTest"),
          List.of("KafkaTest", "DurableOffsetsTest"),
          List.of("SaboteursTest"),
          List.of("SessionsTest", "SchedulesTest"),
          List.of("CoachSessionTest", "LauncherTest"),
          List.of("ExercisesTest", "HarnessTest"),
          List.of("SideBySideTest", "BenchTest", "PredictionsTest", "TerminalTest"),
          List.of("TreesTest", "ConformanceTest", "DriftTest", "ClassroomTest", "CommandsTest"));

  @Parameters(
      paramLabel = "WHAT",
      description = {
        "01 checks a chapter, 01-a an exercise, 01 FILE a file of yours in the place of chapter 1.",
        "Nothing: every test there is."
      })
  List<String> words = new ArrayList<>();

  @Option(
      names = "--hint",
      paramLabel = "N",
      description = "Instead of a check, show hint 1, 2 or 3 of an exercise.")
  Integer hint;

  void main(String... args) {
    var command =
        new CommandLine(this)
            .setExecutionExceptionHandler((e, commandLine, parsed) -> {
              if (!(e instanceof IllegalArgumentException || e instanceof IllegalStateException))
                throw e;
              System.err.println(e.getMessage());
              return 2;
            });
    // exit() rather than a return: a learner's endless loop can't be ended in any other way
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Repository.root();
    if (words.isEmpty() && hint == null) return everything();
    var target = Target.of(words);
    return hint == null ? examine(target) : hint(target);
  }

  private int examine(Target target) {
    IO.println("Checking " + target.source().getFileName() + "\n");
    try {
      var told = new Telling(target);
      var result = Examination.of(target, Depth.ALL, told::tell);
      if (result.failed() > 0)
        target
            .exercise()
            .ifPresent(e -> IO.println("\nStuck?  ./jbang test " + e.id() + " --hint 1"));
      if (target.exercise().isEmpty() && !target.notAsked().isEmpty())
        IO.println(
            "\nNot asked, since this chapter breaks them, and says so:\n  " + target.notAsked());
      return close(result.passed(), result.failed(), 0);
    } catch (Subject.DoesNotCompile e) {
      IO.println(e.getMessage());
      return close(0, 1, 0);
    }
  }

  /// Prints one finding after the other, each as soon as it's known. After the first promise that is
  /// broken, the others get one line each: one picture at a time is enough to learn from.
  private static final class Telling {
    private final PrintStream out = System.out; // which will be the program's meanwhile
    private final Target target;
    private boolean explained;

    Telling(Target target) {
      this.target = target;
    }

    void tell(Finding finding) {
      out.println(finding.headline());
      if (finding.kept()) return;
      if (explained) out.println("  " + Verdict.wrapped(finding.what(), 2));
      else explain(finding);
      explained = true;
    }

    private void explain(Finding finding) {
      out.print("\n" + finding.explained() + finding.drawn().orElse(""));
      if (!finding.printed().isEmpty()) out.print("It printed, last:\n" + finding.printed());
      out.println("Again:          " + target.command("test"));
      if (!finding.script().isEmpty())
        out.println("Draw it:        " + target.command("draw") + " " + finding.script());
      out.println();
    }
  }

  private int hint(Target target) {
    var exercise =
        target
            .exercise()
            .orElseThrow(
                () -> new IllegalArgumentException("Hints belong to exercises: 01-a --hint 1"));
    if (hint < 1 || hint > exercise.hints().size())
      throw new IllegalArgumentException("There are hints 1 to " + exercise.hints().size() + ".");
    IO.println(
        exercise.hints().get(hint - 1).strip().replaceAll("(.{1,79})(?:\\s+|$)", "$1\n").strip());
    return 0;
  }

  private int everything() throws InterruptedException {
    var reports = new SideBySide(Duration.ofMinutes(10), AllTests::print).run(BATCHES);
    for (var report : reports) report.complaints().forEach(IO::println);
    return close(
        sum(reports, Batch.Report::passed),
        sum(reports, Batch.Report::failed),
        sum(reports, Batch.Report::skipped));
  }

  private static void print(Batch.Report report) {
    int ran = report.passed() + report.failed();
    IO.println("%s … %d tests, %.1f s".formatted(report.name(), ran, report.seconds()));
  }

  private static int sum(List<Batch.Report> reports, ToIntFunction<Batch.Report> count) {
    return reports.stream().mapToInt(count).sum();
  }

  /// Prints the last line, and gives the exit code: 1 if anything failed, or if nothing ran.
  private static int close(int passed, int failed, int skipped) {
    String skips = skipped == 0 ? "" : ", " + skipped + " skipped";
    IO.println("\n" + passed + " passed, " + failed + " failed" + skips);
    return failed > 0 || passed == 0 ? 1 : 0;
  }
}
