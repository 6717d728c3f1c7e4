package harness;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Writer;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.JavaFileObject.Kind;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/// A program under the harness: a chapter, a solution, a saboteur or a learner's file, compiled in
/// memory together with its stage adapter, and loaded by a [Watching] loader of its own.
public final class Subject {

  private final Path source;
  private final Class<?> adapter;

  /// Scripts under which each event arrived once, and in order. Another check need not try them again.
  private final Set<Script> wentWell = new HashSet<>();

  private Subject(Path source, Class<?> adapter) {
    this.source = source;
    this.adapter = adapter;
  }

  /// Compiles `source` with the adapter `tests/stages/NAME.java`.
  ///
  /// @throws DoesNotCompile with the compiler's words and the place, for the one who wrote `source`
  public static Subject of(Path source, String stage) {
    Path adapter = Repository.root().resolve("tests/stages").resolve(stage + ".java");
    var directives = Directives.of(source, adapter);
    var given = given(Directives.of(source));
    var classes = compile(source.toAbsolutePath().normalize(), adapter, directives, given);
    classes.putAll(given.classes);
    try {
      return new Subject(source, Watching.of(classes, directives.loader()).loadClass(stage));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(adapter + " doesn't hold a class " + stage, e);
    }
  }

  public Path source() {
    return source;
  }

  /// A fresh stage, for one run.
  public Stage<?> stage() {
    return (Stage<?>) adapter(Stage.class);
  }

  /// A fresh adapter, of whatever kind it is.
  public <T> T adapter(Class<T> type) {
    try {
      var constructor = adapter.getDeclaredConstructor();
      constructor.setAccessible(true);
      return type.cast(constructor.newInstance());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(adapter.getName() + " can't be made", e);
    }
  }

  void wentWell(Script script) {
    wentWell.add(script);
  }

  boolean isKnownToGoWell(Script script) {
    return wentWell.contains(script);
  }

  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

  /// Never closed, since it's needed again: to open the JDK's classes takes longer than to compile.
  private static final StandardJavaFileManager JDK_AND_HARNESS =
      COMPILER.getStandardFileManager(null, Locale.ENGLISH, StandardCharsets.UTF_8);

  /// The sources that a program names, compiled.
  ///
  private record Given(Set<Path> sources, String text, Map<String, byte[]> classes) {}

  private static final Given NOTHING = new Given(Set.of(), "", Map.of());

  /// A chapter takes longer to compile than an exercise, and hardly ever changes while somebody works.
  private static volatile Given lastGiven = NOTHING;

  /// As many as the programs under the harness name; or none, if they don't compile by themselves.
  private static Given given(Directives directives) {
    if (directives.sources().isEmpty()) return NOTHING;
    var units = directives.sources().stream().map(SourceFile::new).toList();
    String text = units.stream().map(unit -> unit.text).collect(Collectors.joining());
    var last = lastGiven;
    if (last.sources.equals(directives.sources()) && last.text.equals(text)) return last;
    var files = new InMemory(NOTHING);
    var options = List.of("-g", "-proc:none", "-cp", directives.classPath());
    if (!COMPILER.getTask(Writer.nullWriter(), files, _ -> {}, options, null, units).call())
      return NOTHING;
    return lastGiven = new Given(directives.sources(), text, files.classes());
  }

  private static Map<String, byte[]> compile(
      Path source, Path adapter, Directives directives, Given given) {
    var diagnostics = new DiagnosticCollector<JavaFileObject>();
    var files = new InMemory(given);
    String classPath = classPath() + File.pathSeparator + directives.classPath();
    var options = List.of("-g", "-proc:none", "-cp", classPath);
    var program = new SourceFile(source);
    var units = new ArrayList<>(List.of(program, new SourceFile(adapter)));
    for (Path other : directives.sources())
      if (!given.sources.contains(other)) units.add(new SourceFile(other));
    boolean compiled =
        COMPILER.getTask(Writer.nullWriter(), files, diagnostics, options, null, units).call();
    if (!compiled) throw explained(program, diagnostics.getDiagnostics());
    return files.classes();
  }

  /// The harness's own classes, wherever they were loaded from.
  private static String classPath() {
    try {
      return "" + Path.of(Stage.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException("Where is the harness?", e);
    }
  }

  private static DoesNotCompile explained(
      SourceFile source, List<Diagnostic<? extends JavaFileObject>> diagnostics) {
    var errors = diagnostics.stream().filter(d -> d.getKind() == Diagnostic.Kind.ERROR).toList();
    var own = errors.stream().filter(d -> d.getSource() == source).toList();
    String name = "" + source.path.getFileName();
    if (!own.isEmpty())
      return new DoesNotCompile(
          source.path,
          name + " does not compile yet.",
          own.stream().limit(5).map(d -> CompileError.of(d, source.text)).toList());
    // its own stack was too small, say
    if (errors.isEmpty())
      return new DoesNotCompile(
          source.path,
          "The compiler gave up on " + name + ". Is there something in it that nests very deep?",
          List.of());
    return new DoesNotCompile(
        source.path,
        name
            + " compiles, but the harness can't call it. Keep the names and parameters of the file"
            + " that it stands for.",
        errors.stream()
            .map(d -> new CompileError(0, 0, "", CompileError.of(d, "").reason()))
            .distinct()
            .limit(3)
            .toList());
  }

  /// The program is not yet one.
  public static final class DoesNotCompile extends RuntimeException {
    private final String title;
    private final List<CompileError> errors;

    DoesNotCompile(Path source, String title, List<CompileError> errors) {
      super(
          errors.stream()
              .map(error ->
                  error.line() == 0
                      ? "  " + error.reason()
                      : source
                          + ":"
                          + error.line()
                          + ": "
                          + error.reason()
                          + "\n"
                          + error.shown().stripTrailing())
              .collect(Collectors.joining("\n", Verdict.wrapped(title, 0) + "\n", "")));
      this.title = title;
      this.errors = errors;
    }

    /// What is wrong, in a sentence.
    public String title() {
      return title;
    }

    /// The first few errors, in the order of the file. Those after the first may be gone with it.
    public List<CompileError> errors() {
      return errors;
    }
  }

  /// A source whose name need not be that of a class, such as `03-supervisor.java`.
  private static final class SourceFile extends SimpleJavaFileObject {
    final Path path;
    final String text;

    /// Reads the file, once: it may change at any time.
    SourceFile(Path path) {
      super(path.toUri(), Kind.SOURCE);
      this.path = path;
      this.text = read(path);
    }

    private static String read(Path path) {
      byte[] bytes;
      if (Files.exists(path) && !Files.isRegularFile(path))
        throw unreadable(path, "is a folder, or no file at all.");
      try {
        bytes = Files.readAllBytes(path);
      } catch (NoSuchFileException e) {
        throw unreadable(path, "is not there. Was it deleted, or renamed?");
      } catch (IOException e) {
        throw unreadable(path, "can't be read: " + e.getMessage() + ".");
      }
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      } catch (CharacterCodingException e) {
        throw unreadable(path, "holds bytes that are no UTF-8. Save it as UTF-8.");
      }
    }

    private static DoesNotCompile unreadable(Path path, String what) {
      return new DoesNotCompile(path, path.getFileName() + " " + what, List.of());
    }

    @Override
    public boolean isNameCompatible(String simpleName, Kind kind) {
      return true;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  /// A class that was compiled before.
  private static final class CompiledClass extends SimpleJavaFileObject {
    final String name;
    final byte[] bytes;

    CompiledClass(String name, byte[] bytes) {
      super(URI.create("memory:///" + name + ".class"), Kind.CLASS);
      this.name = name;
      this.bytes = bytes;
    }

    @Override
    public InputStream openInputStream() {
      return new ByteArrayInputStream(bytes);
    }
  }

  /// Where javac leaves the classes, and finds those that are given: nowhere on the disk.
  private static final class InMemory extends ForwardingJavaFileManager<JavaFileManager> {
    final Map<String, ByteArrayOutputStream> written = new HashMap<>();
    final Given given;

    InMemory(Given given) {
      super(JDK_AND_HARNESS);
      this.given = given;
    }

    @Override
    public Iterable<JavaFileObject> list(
        Location location, String packageName, Set<Kind> kinds, boolean recurse)
        throws IOException {
      var found = super.list(location, packageName, kinds, recurse);
      boolean mayBeGiven = location == StandardLocation.CLASS_PATH && packageName.isEmpty();
      if (!mayBeGiven || !kinds.contains(Kind.CLASS)) return found;
      var all = new ArrayList<JavaFileObject>();
      found.forEach(all::add);
      given.classes.forEach((name, bytes) -> all.add(new CompiledClass(name, bytes)));
      return all;
    }

    @Override
    public String inferBinaryName(Location location, JavaFileObject file) {
      return file instanceof CompiledClass compiled
          ? compiled.name
          : super.inferBinaryName(location, file);
    }

    Map<String, byte[]> classes() {
      var classes = new HashMap<String, byte[]>();
      written.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
      return classes;
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String className, Kind kind, FileObject sibling) {
      return new SimpleJavaFileObject(URI.create("memory:///" + className + ".class"), kind) {
        @Override
        public OutputStream openOutputStream() {
          return written.computeIfAbsent(className, name -> new ByteArrayOutputStream());
        }
      };
    }
  }
}
