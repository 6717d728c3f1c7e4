package harness;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Driver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// What a script's head tells JBang: which other sources belong to it, and which libraries.
///
/// @param sources the other sources, absolute; each after those that it names itself
/// @param libraries Maven coordinates, those of the other sources included
/// @param options for the JVM that runs the script
public record Directives(Set<Path> sources, Set<String> libraries, Set<String> options) {

  private static final Pattern DIRECTIVE =
      Pattern.compile("(?m)^//(SOURCES|DEPS|RUNTIME_OPTIONS) (.*)$");

  /// A resolution may fetch 45 MB.
  private static final int PATIENCE_SECONDS = 300;

  /// A library is loaded once, so that a native one is, too.
  private static final Map<Set<String>, Libraries> RESOLVED = new ConcurrentHashMap<>();

  private record Libraries(String classPath, ClassLoader loader) {}

  /// Reads the heads of `scripts`, and of the sources that they name. A source is looked for beside the
  /// script that names it, or else among the chapters: a copy may lie anywhere.
  public static Directives of(Path... scripts) {
    var directives = empty();
    var seen = new HashSet<Path>();
    for (Path script : scripts) directives.read(script, seen);
    return directives;
  }

  /// Reads the head of `text`, as if it stood in the file `script`.
  public static Directives of(Path script, String text) {
    var directives = empty();
    directives.read(script.toAbsolutePath().normalize(), text, new HashSet<>());
    return directives;
  }

  private static Directives empty() {
    return new Directives(new LinkedHashSet<>(), new LinkedHashSet<>(), new LinkedHashSet<>());
  }

  private void read(Path script, Set<Path> seen) {
    Path path = script.toAbsolutePath().normalize();
    if (Files.isRegularFile(path)) read(path, text(path), seen); // else the compiler says so
  }

  private void read(Path script, String text, Set<Path> seen) {
    for (var found : DIRECTIVE.matcher(text).results().toList())
      for (String word : found.group(2).strip().split("\\s+"))
        switch (found.group(1)) {
          case "DEPS" -> libraries.add(word);
          case "RUNTIME_OPTIONS" -> options.add(word);
          default -> {
            Path source = found(script, word);
            if (!seen.add(source)) continue;
            read(source, seen);
            sources.add(source);
          }
        }
  }

  /// Any text will do: what isn't ASCII is no directive.
  private static String text(Path script) {
    try {
      return Files.readString(script, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  private static Path found(Path script, String name) {
    Path beside = script.resolveSibling(name).normalize();
    return Files.exists(beside)
        ? beside
        : Repository.root().resolve("chapters").resolve(Path.of(name).getFileName());
  }

  /// The jars of the libraries, separated as on a class path; empty without libraries.
  ///
  /// @throws IllegalStateException with a sentence, if JBang can't get them
  public String classPath() {
    return resolved().classPath;
  }

  /// What loads the libraries: the harness's own loader, if there are none.
  ///
  /// @throws IllegalStateException with a sentence, if JBang can't get them
  public ClassLoader loader() {
    return resolved().loader;
  }

  private Libraries resolved() {
    return RESOLVED.computeIfAbsent(Set.copyOf(libraries), _ -> resolve(libraries));
  }

  /// Its driver unpacks a library. In the folder that all share, it would clean up after others, and
  /// print a stack trace if another one is quicker.
  private static void giveSqliteAFolder() {
    if (System.getProperty("org.sqlite.tmpdir") != null) return;
    try {
      Path folder = Files.createTempDirectory("sqlite");
      folder.toFile().deleteOnExit(); // which comes after that of what the driver puts there
      System.setProperty("org.sqlite.tmpdir", "" + folder);
    } catch (IOException e) {
      throw new UncheckedIOException("There is no room in the temporary folder", e);
    }
  }

  private static Libraries resolve(Collection<String> libraries) {
    ClassLoader harness = Directives.class.getClassLoader();
    if (libraries.isEmpty()) return new Libraries("", harness);
    String jars = askJBang(libraries);
    var urls = new ArrayList<URL>();
    try {
      for (String jar : jars.split(Pattern.quote(File.pathSeparator)))
        urls.add(Path.of(jar).toUri().toURL());
    } catch (MalformedURLException e) {
      throw new IllegalStateException("JBang names a jar that is no file: " + jars, e);
    }
    giveSqliteAFolder();
    var loader = new URLClassLoader(urls.toArray(URL[]::new), harness);
    ServiceLoader.load(Driver.class, loader).forEach(_ -> {}); // each tells JDBC of itself
    return new Libraries(jars, loader);
  }

  private static String askJBang(Collection<String> libraries) {
    String names = String.join(", ", libraries);
    try {
      Path script = Files.createTempFile("libraries", ".java");
      Path answer = Files.createTempFile("libraries", ".txt");
      try {
        Files.writeString(script, "//DEPS " + String.join("\n//DEPS ", libraries) + "\n");
        var process =
            new ProcessBuilder(
                    List.of(
                        "" + Repository.launcher(),
                        "info",
                        "classpath",
                        "--deps-only",
                        "" + script))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(answer.toFile())
                .start();
        try {
          process.getOutputStream().close();
          if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0)
            return Files.readString(answer).strip();
        } finally {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
        }
      } finally {
        Files.delete(script);
        Files.delete(answer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not ask JBang for " + names, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new IllegalStateException(
        "JBang could not get "
            + names
            + ". The first time that takes a network. What does ./jbang info classpath say of the"
            + " script?");
  }
}
