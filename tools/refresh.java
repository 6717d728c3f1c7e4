///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Makes anew what is derived: the format, the outputs that prose quotes, the sessions, the matrix
// picocli reads the command line, google-java-format formats, Jackson reads exercises.toml and the
// catalog, JUnit is what the harness is built on.
//DEPS info.picocli:picocli:4.7.7
//DEPS com.google.googlejavaformat:google-java-format:2.0.0
//DEPS tools.jackson.dataformat:jackson-dataformat-toml:3.2.4
//DEPS org.junit.jupiter:junit-jupiter-api:5.14.4
// The harness asks the JDK for its threads, and the formatter uses the compiler's own parser.
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=java.base/jdk.internal.vm=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.code=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.parser=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.tree=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.util=ALL-UNNAMED
//SOURCES ../tests/conformance/Behaviour.java
//SOURCES ../tests/conformance/Behaviours.java
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
//SOURCES ../tests/drift/Command.java
//SOURCES ../tests/drift/Difference.java
//SOURCES ../tests/drift/Drift.java
//SOURCES ../tests/drift/Fence.java
//SOURCES ../tests/drift/Formatting.java
//SOURCES ../tests/drift/Guide.java
//SOURCES ../tests/drift/Inventory.java
//SOURCES ../tests/drift/Measured.java
//SOURCES ../tests/drift/PromptEngine.java
//SOURCES ../tests/drift/Session.java
//SOURCES ../tests/drift/Transcripts.java
//SOURCES coach/Chapter.java

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import com.google.googlejavaformat.java.FormatterException;
import conformance.Behaviours;
import drift.Drift;
import drift.Formatting;
import drift.Guide;
import drift.Inventory;
import drift.Session;
import drift.Transcripts;
import harness.Exercise;
import harness.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Rewrites whatever in this repository follows from something else, and says which files changed. A
/// second run changes nothing.
@Command(
    name = "refresh",
    description = {
      "Formats the Java sources, and fills in anew the outputs that prose and sessions quote, the"
          + " matrix in README.md, the chapters in CLASSROOM.md, and the starters' ids.",
      "Exit code: 0 if all is well, 1 if --check found something or a file can't be refreshed."
    },
    sortOptions = false)
class Refresh implements Callable<Integer> {

  @Option(names = "--check", description = "Change nothing, and say which files would change.")
  boolean check;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  boolean help;

  @Parameters(paramLabel = "FILE", description = "Only these files, instead of all.")
  List<Path> only = List.of();

  private Path root;
  private Transcripts transcripts;
  boolean failed;

  void main(String... args) {
    var command =
        new CommandLine(this)
            .setExecutionExceptionHandler((e, commandLine, parsed) -> {
              if (!(e instanceof IllegalStateException)) throw e;
              System.err.println(e.getMessage());
              return 2;
            });
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    root = Repository.root();
    try (var running = new Transcripts(root)) {
      transcripts = running;
      var texts = texts();
      IO.println("Running what the prose of " + texts.size() + " files quotes. It takes a while.");
      texts.forEach(this::startCommands);
      var changed = new ArrayList<String>();
      for (var file : texts.entrySet()) {
        String before = file.getValue(), after = refreshed(file.getKey(), before);
        if (after.equals(before)) continue;
        if (!check && !write(file.getKey(), before, after)) continue;
        changed.add(file.getKey());
        IO.println((check ? "would change " : "changed ") + file.getKey());
      }
      if (changed.isEmpty() && !failed) IO.println("Nothing to refresh.");
      return failed || check && !changed.isEmpty() ? 1 : 0;
    }
  }

  /// Commands take longest. They all begin before the first is waited for.
  void startCommands(String file, String text) {
    try {
      if (Transcripts.mayBeIn(file)) transcripts.start(Transcripts.in(file, text));
    } catch (IllegalStateException e) {
      // refreshed() comes across the same, and complains.
    }
  }

  Map<String, String> texts() throws IOException, InterruptedException {
    var wanted =
        only.stream().map(file -> root.relativize(file.toAbsolutePath().normalize())).toList();
    var texts = new LinkedHashMap<String, String>();
    for (String file : Inventory.files(root))
      if (file.matches(".*\\.(java|jsh|md)|" + Exercise.LIST)
          && (only.isEmpty() || wanted.contains(Path.of(file))))
        texts.put(file, Files.readString(root.resolve(file)));
    if (texts.size() < only.size())
      complain("Not all of these are Java, jsh or md files of the clone.");
    return texts;
  }

  /// The text as it should be, or unchanged if that can't be found out.
  String refreshed(String file, String text) throws InterruptedException {
    try {
      String fresh = text;
      if (file.endsWith(".java")) fresh = Formatting.formatted(fresh);
      if (Transcripts.mayBeIn(file)) fresh = transcripts.refreshed(file, fresh);
      if (file.endsWith(".jsh")) fresh = Session.played(file, fresh).refreshed();
      if (file.equals("README.md")) fresh = Drift.withMatrix(fresh);
      if (file.equals(Exercise.LIST)) fresh = Drift.withStarterIds(fresh);
      if (file.equals(Guide.FILE)) fresh = Guide.withChapters(fresh);
      if (file.equals(Behaviours.FILE))
        fresh = Behaviours.withTable(fresh, Behaviours.ofAllChapters());
      return fresh;
    } catch (FormatterException | IllegalStateException e) {
      complain(file + ": " + e.getMessage());
      return text;
    }
  }

  /// In one move, so that no one ever sees half a file.
  boolean write(String file, String before, String after) throws IOException {
    Path target = root.resolve(file),
        part = target.resolveSibling("." + target.getFileName() + ".part");
    if (!Files.readString(target).equals(before)) {
      complain(file + " was saved by someone else meanwhile, and left alone. Run this again.");
      return false;
    }
    Files.copy(target, part, COPY_ATTRIBUTES, REPLACE_EXISTING);
    Files.writeString(part, after);
    Files.move(part, target, ATOMIC_MOVE);
    return true;
  }

  void complain(String message) {
    failed = true;
    System.err.println(message);
  }
}
