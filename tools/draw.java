///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Draws a run as a timeline: log, producer, channel, supervisor, consumer
// picocli reads the command line, Jackson reads exercises.toml, JUnit is what the harness is built on.
//DEPS info.picocli:picocli:4.7.7
//DEPS org.junit.jupiter:junit-jupiter-api:5.14.4
//DEPS tools.jackson.dataformat:jackson-dataformat-toml:3.2.4
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
//RUNTIME_OPTIONS --add-exports=java.base/jdk.internal.vm=ALL-UNNAMED
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES ../tests/harness/ClusterChecks.java
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

import harness.Machine;
import harness.Promise;
import harness.Run;
import harness.Script;
import harness.Subject;
import harness.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Runs a chapter, an exercise or your own file from outside, through its stage adapter, and draws what
/// happened. The threads move one at a time, so that one script gives one picture.
@Command(
    name = "draw",
    mixinStandardHelpOptions = true,
    description = "Draws a run as a timeline: log, producer, channel, supervisor, consumer.")
class Draw implements Callable<Integer> {

  private static final int ROWS = 300;

  @Parameters(
      arity = "1..2",
      paramLabel = "WHAT",
      description = "03 draws a chapter, 03-a an exercise, 03 FILE a file of yours in its place.")
  List<String> words = new ArrayList<>();

  @Option(names = "--events", paramLabel = "N", description = "How many events the log holds (10).")
  int events = 10;

  @Option(
      names = "--capacity",
      paramLabel = "N",
      description = "How many events the channel holds (0: the producer waits for the consumer).")
  int capacity = 0;

  @Option(
      names = "--fault",
      paramLabel = "PLAN",
      description = {
        "Such as read@7,put@9: the read at offset 7 times out, the put at 9 fails after it got"
            + " through.",
        "read@7* fails for ever, poison@7 can't be decoded, fatal@7 runs out of memory, at stop@7"
            + " the consumer asks it to stop. none is the default.",
        "kill@7, alone, kills three processes in a row at their seventh moment; fail@7 lets fail"
            + " what one does then."
      })
  String plan = "none";

  void main(String... args) {
    var command =
        new CommandLine(this)
            .setExecutionExceptionHandler((e, commandLine, parsed) -> {
              boolean isForThePerson =
                  e instanceof IllegalArgumentException
                      || e instanceof IllegalStateException
                      || e instanceof Subject.DoesNotCompile
                      || e instanceof Run.StartFailed;
              if (!isForThePerson) throw e;
              System.err.println(e.getMessage());
              return 2;
            });
    // exit() rather than a return: a program that loops can't be ended in any other way
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() {
    if (events < 1 || events > 100 || capacity < 0 || capacity > 100)
      throw new IllegalArgumentException(
          "A picture holds 1 to 100 --events and a --capacity of 0 to 100.");
    var target = Target.of(words);
    var script = new Script(events, capacity, Script.plan(plan, events));
    IO.println(
        "✗ fails  ↻ a new %s  ~ waits  » aside  ■ the end   %s\n"
            .formatted(
                script.isOfProcesses() ? "process" : "producer", target.source().getFileName()));
    var subject = target.compile();
    if (script.isOfProcesses()) IO.print(Machine.timeline(subject, script).draw(ROWS));
    else drawRun(target, subject, script);
    IO.println("\nReplay: " + target.command("draw") + " " + script);
    return 0;
  }

  private static void drawRun(Target target, Subject subject, Script script) {
    Thread.setDefaultUncaughtExceptionHandler((_, e) -> {
      if (!Run.isItsEnd(e)) e.printStackTrace();
    });
    boolean hasEffects = target.promises().contains(Promise.EFFECTS_ONCE);
    String rather = target.command("draw") + " --events 4 --fault kill@3";
    try (var run = Run.inLockstep(subject.stage(), script)) {
      IO.print(run.drain().timeline().draw(ROWS));
    } catch (Run.StartFailed e) {
      if (!hasEffects) throw e;
      throw new IllegalStateException("It's drawn when it's killed: " + rather, e);
    }
    if (hasEffects) IO.println("\nIts effects are drawn when it's killed: " + rather);
  }
}
