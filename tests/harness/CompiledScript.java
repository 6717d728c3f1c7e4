package harness;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;

/// A script whose classes lie in a folder, ready to be started by a plain `java`: what JBang does, but in a
/// JVM whose compiler is warm.
///
/// @param mainClass the script's package-private class
/// @param classPath that folder, and the libraries
/// @param options those of its `//RUNTIME_OPTIONS`
public record CompiledScript(String mainClass, String classPath, List<String> options) {

  private static final Pattern CLASS = Pattern.compile("(?m)^class (\\w+)");

  /// Compiles `script`, and the sources that it names, into the folder `classes`.
  ///
  /// @throws IllegalStateException if that's not possible
  public static CompiledScript of(Path script, Path classes) throws IOException {
    var directives = Directives.of(script);
    String classPath = classes + File.pathSeparator + directives.classPath();
    var args =
        new ArrayList<>(List.of("-proc:none", "-cp", classPath, "-d", "" + classes, "" + script));
    directives.sources().forEach(source -> args.add("" + source));
    int exitCode =
        ToolProvider.getSystemJavaCompiler().run(null, null, null, args.toArray(String[]::new));
    if (exitCode != 0) throw new IllegalStateException("javac could not compile " + script);
    var first = CLASS.matcher(Files.readString(script));
    if (!first.find()) throw new IllegalStateException("no package-private class in " + script);
    return new CompiledScript(first.group(1), classPath, List.copyOf(directives.options()));
  }

  /// What starts it, word by word, on the JDK that runs us.
  public List<String> command(String... args) {
    var command = new ArrayList<>(List.of("" + java(), "-XX:TieredStopAtLevel=1"));
    command.add("-XX:+UseSerialGC");
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, mainClass));
    command.addAll(List.of(args));
    return command;
  }

  /// The same as a line for a shell that knows the right `java`.
  public String line() {
    return "java %s -cp '%s' %s".formatted(String.join(" ", options), classPath, mainClass);
  }

  private static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }
}
