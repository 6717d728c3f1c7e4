package drift;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import harness.Directives;
import harness.Repository;
import harness.Threads;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet.Kind;
import jdk.jshell.Snippet.SubKind;
import jdk.jshell.SnippetEvent;

/// A `.jsh` file: snippets for the prompt, and below each what comes of it.
///
/// ```java
/// log.take(0).action();
/// // ==> SHIPPING
/// IO.println("one\ntwo");
/// // ==> prints one
/// // ==> prints two
/// log.take(9);
/// // ==> throws InvalidOffset: An invalid offset has been specified!
/// long next = "nine";
/// // ==> does not compile: incompatible types: java.lang.String cannot be converted to long
/// ```
///
/// All of it is compared, except that a declaration may keep its value to itself. We play the
/// file in this JVM, with the engine behind JBang's prompt. Meanwhile `System.out` and `System.err`
/// belong to the session, and everybody speaks English.
public final class Session {

  /// How long one snippet may take, unless someone says otherwise.
  public static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final Pattern ARROW = Pattern.compile("\\s*//\\s*=+>(.*)");

  /// A snippet.
  ///
  /// @param line the number of its first line, from 1
  /// @param end the number of its last line
  /// @param source empty where the file shows an output that belongs to no snippet
  /// @param shown what comes of it, says the file: a line each, without the arrow
  /// @param came what really came of it
  public record Snippet(int line, int end, String source, List<String> shown, List<String> came) {

    private Snippet(int line, int end, String source) {
      this(line, end, source, new ArrayList<>(), new ArrayList<>());
    }

    private int lastLine() {
      return end + shown.size();
    }
  }

  private final String file;
  private final List<String> lines;
  private final Duration patience;
  private final List<Snippet> snippets = new ArrayList<>();
  private final List<String> troubles = new ArrayList<>();
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  /// Plays a session to its end.
  ///
  /// @param file relative to the clone's root; the chapters in its `//SOURCES` lie beside it
  public static Session played(String file, String text) throws InterruptedException {
    return played(file, text, PATIENCE);
  }

  /// Plays a session to its end, or to the first snippet that takes longer than `patience`.
  public static Session played(String file, String text, Duration patience)
      throws InterruptedException {
    var session = new Session(file, text, patience);
    var directives = Directives.of(Repository.root().resolve(file), text);
    PrintStream out = System.out, err = System.err;
    Locale locale = Locale.getDefault();
    try (var shell =
            JShell.builder()
                .executionEngine(new PromptEngine(directives.loader()), Map.of())
                // none of our own classes and jars
                .compilerOptions(
                    "-proc:none", "-cp", "chapters" + File.pathSeparator + directives.classPath())
                .build();
        var print = new PrintStream(session.printed, true, UTF_8)) {
      System.setOut(print);
      System.setErr(print);
      Locale.setDefault(Locale.ENGLISH);
      session.play(shell, directives.sources());
    } finally {
      System.setOut(out);
      System.setErr(err);
      Locale.setDefault(locale);
    }
    return session;
  }

  private Session(String file, String text, Duration patience) {
    this.file = file;
    this.lines = text.lines().toList();
    this.patience = patience;
  }

  /// The snippets that were played, in order.
  public List<Snippet> snippets() {
    return snippets;
  }

  /// Where the file and what happens differ, told to a learner. Empty if all is well.
  public List<String> mismatches() {
    Stream<String> wrong =
        snippets.stream().filter(s -> !s.shown.equals(s.came)).map(this::mismatch);
    return Stream.concat(wrong, troubles.stream()).toList();
  }

  private String mismatch(Snippet snippet) {
    return """
    %s:%d shows something else than what happens.
    %s
      shown: %s
      came:  %s
    If what came is right, refresh the file: ./jbang refresh
    """
        .formatted(
            file,
            snippet.line,
            snippet.source.indent(4).stripTrailing(),
            quoted(snippet.shown),
            quoted(snippet.came));
  }

  private static String quoted(List<String> outputs) {
    return outputs.isEmpty() ? "nothing" : String.join("\n         ", outputs);
  }

  /// The text of the file with the outputs that really came.
  ///
  /// @throws IllegalStateException if the session could not be played to its end
  public String refreshed() {
    if (!troubles.isEmpty()) throw new IllegalStateException(String.join("\n", troubles));
    var fresh = new ArrayList<>(lines);
    for (Snippet snippet : snippets.reversed()) {
      var shown = fresh.subList(snippet.end, snippet.lastLine());
      shown.clear();
      snippet.came.forEach(output -> shown.add(("// ==> " + output).stripTrailing()));
    }
    return String.join("\n", fresh) + "\n";
  }

  private void play(JShell shell, Set<Path> sources) throws InterruptedException {
    Set<Long> before = Threads.ids();
    try {
      evaluate(shell, file, "import module java.base;", PATIENCE);
      for (Path source : sources) load(shell, source);
      for (Snippet snippet : split(shell)) {
        snippet.came.addAll(outputs(shell, snippet));
        snippets.add(snippet);
      }
    } catch (TimeoutException e) {
      troubles.add(e.getMessage());
    }
    end(shell, before);
  }

  /// Evaluates a chapter, as `jshell chapters/02-step-function.java` does.
  private void load(JShell shell, Path chapter) throws InterruptedException, TimeoutException {
    String path = Repository.root().relativize(chapter).toString().replace('\\', '/');
    for (SnippetEvent event : evaluate(shell, path, Repository.read(path), PATIENCE))
      errors(shell, event).forEach(error -> troubles.add(path + " " + error));
  }

  /// A snippet ends where the prompt would end it, and before an arrow in any case.
  private List<Snippet> split(JShell shell) {
    var found = new ArrayList<Snippet>();
    String source = "";
    int first = 0;
    for (int number = 1; number <= lines.size(); number++) {
      String line = lines.get(number - 1);
      Matcher arrow = ARROW.matcher(line);
      if (arrow.matches()) {
        if (!source.isEmpty()) found.add(new Snippet(first, number - 1, source));
        source = "";
        if (found.isEmpty() || found.getLast().lastLine() != number - 1)
          found.add(new Snippet(number, number - 1, ""));
        found.getLast().shown.add(arrow.group(1).strip());
      } else if (!source.isEmpty() || !line.isBlank() && !line.strip().startsWith("//")) {
        if (source.isEmpty()) first = number;
        source += line + "\n";
        if (shell.sourceCodeAnalysis().analyzeCompletion(source).completeness().isComplete()) {
          found.add(new Snippet(first, number, source));
          source = "";
        }
      }
    }
    if (!source.isEmpty()) found.add(new Snippet(first, lines.size(), source));
    return found;
  }

  private List<String> outputs(JShell shell, Snippet snippet)
      throws InterruptedException, TimeoutException {
    printed.reset();
    var events = evaluate(shell, file + ":" + snippet.line, snippet.source, patience);
    var outputs = new ArrayList<String>();
    printed.toString(UTF_8).lines().forEach(line -> outputs.add("prints " + line));
    boolean showsValue = snippet.shown.stream().anyMatch(line -> !line.startsWith("prints"));
    for (SnippetEvent event : events) {
      if (event.causeSnippet() != null) continue;
      errors(shell, event).forEach(outputs::add);
      if (event.exception() != null) outputs.add("throws " + readable(event.exception()));
      boolean isDeclaration =
          event.snippet().kind() == Kind.VAR
              && event.snippet().subKind() != SubKind.TEMP_VAR_EXPRESSION_SUBKIND;
      if (event.value() != null && (showsValue || !isDeclaration))
        event.value().lines().forEach(outputs::add);
    }
    outputs.replaceAll(String::strip);
    return outputs;
  }

  private static Stream<String> errors(JShell shell, SnippetEvent event) {
    return shell
        .diagnostics(event.snippet())
        .filter(Diag::isError)
        .map(error -> "does not compile: " + readable(error.getMessage(null)));
  }

  private static String readable(JShellException exception) {
    String type =
        exception instanceof EvalException thrown
            ? thrown.getExceptionClassName()
            : exception.getClass().getName();
    String name = type.replaceFirst(".*[.$]", ""), message = exception.getMessage();
    return message == null ? name : name + ": " + readable(message);
  }

  /// On one line, and without the packages that the prompt hides things in.
  private static String readable(String message) {
    return message
        .lines()
        .map(String::strip)
        .filter(line -> !line.startsWith("location:"))
        .collect(Collectors.joining(" "))
        .replaceAll("REPL\\.\\$JShell\\$\\w+[.$]", "")
        .replaceFirst("symbol symbol: +", "symbol: ");
  }

  private static List<SnippetEvent> evaluate(
      JShell shell, String place, String source, Duration patience)
      throws InterruptedException, TimeoutException {
    var task = started(shell, source);
    try {
      return task.get(patience.toMillis(), MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(place, e.getCause());
    } catch (TimeoutException e) {
      stop(shell, task);
      String stopped = task.isDone() ? "stopped" : "could not even be stopped";
      throw new TimeoutException(
          "%s was not done after %d ms, and %s. The rest was not played.\n%s"
              .formatted(place, patience.toMillis(), stopped, beginning(source).indent(4)));
    }
  }

  private static String beginning(String source) {
    return source.lines().limit(5).collect(Collectors.joining("\n"));
  }

  private static FutureTask<List<SnippetEvent>> started(JShell shell, String source) {
    var task =
        new FutureTask<List<SnippetEvent>>(() -> {
          var events = new ArrayList<SnippetEvent>();
          for (String rest = source; !rest.isBlank(); ) {
            var next = shell.sourceCodeAnalysis().analyzeCompletion(rest);
            boolean isComplete = next.completeness().isComplete();
            events.addAll(shell.eval(isComplete ? next.source() : rest));
            rest = isComplete ? next.remaining() : "";
          }
          return events;
        });
    Thread.ofPlatform().daemon().name("session").start(task);
    return task;
  }

  /// Once told to stop, the engine interrupts the snippet, and each loop in the code of the
  /// session and its chapters ends at its next turn, on whichever thread. A `catch (Throwable …)`
  /// may swallow that, so we insist.
  private static void stop(JShell shell, FutureTask<?> task) throws InterruptedException {
    for (int i = 0; i < 100 && !task.isDone(); i++) {
      shell.stop();
      try {
        task.get(20, MILLISECONDS);
      } catch (ExecutionException | TimeoutException e) {
        // Not yet, or not in peace.
      }
    }
  }

  /// A thread that waits does no harm. One that never rests does, so it's a mismatch. Either way,
  /// the session's threads end here.
  private void end(JShell shell, Set<Long> before) throws InterruptedException {
    if (!rests(before))
      troubles.add(file + " leaves something running that never rests:\n    " + ours(before));
    if (ours(before).isEmpty()) return;
    // All loops stop with this one, see below. Those who wait must also be woken.
    stop(shell, started(shell, "for (;;) ;"));
    for (int i = 0; i < 100 && !ours(before).isEmpty(); i++)
      for (Threads.Seen seen : ours(before)) {
        seen.thread().interrupt();
        seen.thread().join(Duration.ofMillis(10));
      }
  }

  private boolean rests(Set<Long> before) {
    List<Threads.Seen> last = List.of();
    int quiet = 0;
    long end = System.nanoTime() + patience.toNanos();
    while (quiet < 10 && System.nanoTime() < end) {
      List<Threads.Seen> now = ours(before);
      quiet = now.equals(last) && now.stream().allMatch(Threads.Seen::waits) ? quiet + 1 : 0;
      last = now;
      LockSupport.parkNanos(1_000_000);
    }
    return quiet == 10;
  }

  private static List<Threads.Seen> ours(Set<Long> before) {
    return Threads.since(before).stream().filter(seen -> isOurs(seen.thread())).toList();
  }

  private static boolean isOurs(Thread thread) {
    return thread.isVirtual()
        || Stream.of(thread.getStackTrace()).anyMatch(f -> f.getClassName().startsWith("REPL."));
  }
}
