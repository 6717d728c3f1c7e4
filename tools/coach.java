///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Watches an exercise while you work on it, and says at each save whether it's right
//MAIN CoachScript
// picocli reads the command line, JLine knows terminals, java-diff-utils compares files,
// Jackson reads and writes TOML and JSON, JUnit is what the harness is built on.
//DEPS info.picocli:picocli:4.7.7
//DEPS org.jline:jline-terminal-jni:4.5.0
//DEPS io.github.java-diff-utils:java-diff-utils:4.18
//DEPS tools.jackson.dataformat:jackson-dataformat-toml:3.2.4
//DEPS org.junit.jupiter:junit-jupiter-api:5.14.4
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
// JLine asks the terminal for its size, and for single keys.
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES coach/Backup.java
//SOURCES coach/Changes.java
//SOURCES coach/Chapter.java
//SOURCES coach/Check.java
//SOURCES coach/Checker.java
//SOURCES coach/Classroom.java
//SOURCES coach/Commands.java
//SOURCES coach/Demo.java
//SOURCES coach/Doctor.java
//SOURCES coach/Json.java
//SOURCES coach/Learner.java
//SOURCES coach/Listing.java
//SOURCES coach/Markdown.java
//SOURCES coach/Page.java
//SOURCES coach/Progress.java
//SOURCES coach/ProgressFile.java
//SOURCES coach/Reply.java
//SOURCES coach/Report.java
//SOURCES coach/Saves.java
//SOURCES coach/Screen.java
//SOURCES coach/Starters.java
//SOURCES coach/WarmChecker.java
//SOURCES coach/Watch.java
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

/// `./jbang coach`: what it can do stands in [coach.Commands].
class CoachScript {
  void main(String... args) {
    System.exit(coach.Commands.run(args));
  }
}
