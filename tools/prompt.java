///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Opens a prompt, jshell, that knows a chapter
// picocli reads the command line.
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../tests/harness/Directives.java
//SOURCES ../tests/harness/Repository.java

import harness.Directives;
import harness.Repository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import jdk.jshell.tool.JavaShellToolBuilder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Opens the JDK's own jshell, with a chapter loaded. (JBang's `-i` asks for an engine that can't load
/// a `switch` whose cases yield two of a prompt's classes; the JDK's default can.)
@Command(
    name = "prompt",
    mixinStandardHelpOptions = true,
    description = "Opens a prompt, jshell, that knows a chapter. /exit leaves it.")
class Prompt implements Callable<Integer> {

  @Parameters(paramLabel = "WHAT", description = "A chapter, 03 or supervisor, or a file of yours.")
  String what;

  void main(String... args) {
    var command =
        new CommandLine(this)
            .setExecutionExceptionHandler((e, commandLine, parsed) -> {
              if (!(e instanceof IllegalArgumentException || e instanceof IllegalStateException))
                throw e;
              System.err.println(e.getMessage());
              return 2;
            });
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Path file = file();
    IO.println(file.getFileName() + " is loaded. Paste a snippet of its .jsh, or /help, or /exit.");
    var directives = Directives.of(file);
    var words = new ArrayList<>(List.of("--class-path", directives.classPath()));
    for (String option : directives.options()) words.add("-R" + option);
    for (Path source : directives.sources()) words.add("" + source);
    words.add("" + file);
    return JavaShellToolBuilder.builder().start(words.toArray(String[]::new));
  }

  private Path file() {
    if (what.endsWith(".java") && Files.exists(Path.of(what))) return Path.of(what);
    var chapters = Repository.files("chapters", ".java");
    return chapters.stream()
        .filter(chapter -> names(chapter).contains(what))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "'%s' is neither a file nor a chapter. There are %s."
                    .formatted(what, chapters.stream().flatMap(c -> names(c).stream()).toList())));
  }

  /// `03` and `supervisor`, for `03-supervisor.java`.
  private static List<String> names(Path chapter) {
    String name = chapter.getFileName().toString().replace(".java", "");
    return List.of(name.substring(0, 2), name.substring(3));
  }
}
