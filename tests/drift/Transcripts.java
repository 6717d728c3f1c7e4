package drift;

import static java.util.concurrent.CompletableFuture.completedFuture;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Keeps the outputs that prose quotes true. A fenced block with the info string `console` holds
/// commands, each on a line of its own after `$ `, and below each what it prints: first its output,
/// then its errors, then `(exit 2)` or the like unless it ended with 0. Blanks at the end of a line
/// don't count, and measured numbers may differ: see [Measured].
///
/// The commands run in the root of the clone, four at a time, since many sleep, and each only once. An
/// instance belongs to one thread.
public final class Transcripts implements AutoCloseable {

  private static final String JBANG_FAILED = "[jbang] [ERROR]";

  /// A command in prose, and the output shown below it.
  ///
  /// @param file relative to the clone's root
  /// @param line the command's line number, from 1
  public record Shown(String file, int line, String command, List<String> output) {}

  private final Path root;
  private final ExecutorService fourAtATime = Executors.newFixedThreadPool(4);
  private final JsonNode catalog;
  private final Map<String, CompletableFuture<List<String>>> printed = new HashMap<>();
  private final Map<String, CompletableFuture<List<String>>> firstOf = new HashMap<>();

  /// For the clone at `root`.
  public Transcripts(Path root) {
    this.root = root;
    this.catalog = new JsonMapper().readTree(root.resolve("jbang-catalog.json"));
  }

  /// Whether this file's transcripts are meant: all prose is, but tests and tools show some on purpose
  /// that are wrong.
  public static boolean mayBeIn(String file) {
    return file.matches(".*\\.md|(?!tests/|tools/).*\\.(java|jsh)");
  }

  /// Every transcript in the text of a file.
  public static List<Shown> in(String file, String text) {
    var transcripts = new ArrayList<Shown>();
    for (Fence fence : Fence.in(file, text))
      if (fence.info().equals("console")) transcripts.addAll(in(file, fence));
    return transcripts;
  }

  private static List<Shown> in(String file, Fence fence) {
    var transcripts = new ArrayList<Shown>();
    int line = fence.firstLine();
    for (String content : fence.content()) {
      if (content.startsWith("$ "))
        transcripts.add(new Shown(file, line, content.substring(2), new ArrayList<>()));
      else if (line == fence.firstLine())
        throw new IllegalStateException(
            file + ":" + line + ": a console block begins with a command, such as: $ ./jbang 03");
      else transcripts.getLast().output().add(content);
      line++;
    }
    return transcripts;
  }

  /// Starts all these commands, so that the answers are there when one asks for them.
  public void start(Collection<Shown> transcripts) {
    transcripts.forEach(shown -> printing(shown.command()));
  }

  /// Says for a learner where the prose and the real output differ, if they do.
  public Optional<String> mismatch(Shown shown) throws InterruptedException {
    return difference(shown)
        .map(difference ->
            "%s:%d shows what this command doesn't print:\n  $ %s\nThey differ %s\n%s"
                .formatted(
                    shown.file(),
                    shown.line(),
                    shown.command(),
                    difference.told("shown:   ", "printed: "),
                    "If the print is right, refresh the prose: ./jbang refresh"));
  }

  private Optional<Difference> difference(Shown shown) throws InterruptedException {
    return Difference.between(shown.output(), printed(shown.command()), Measured::masked);
  }

  /// The text of a file with all its transcripts filled anew. An output that differs in nothing but
  /// what was measured stays, or else each run would change the file.
  public String refreshed(String file, String text) throws InterruptedException {
    start(in(file, text));
    var lines = new ArrayList<>(text.lines().toList());
    for (Fence fence : Fence.in(file, text).reversed()) {
      if (!fence.info().equals("console")) continue;
      var content = new ArrayList<String>();
      for (Shown shown : in(file, fence)) {
        content.add("$ " + shown.command());
        content.addAll(difference(shown).isEmpty() ? shown.output() : printed(shown.command()));
      }
      List<String> block = lines.subList(fence.firstLine() - 1, fence.lastLine());
      block.clear();
      content.forEach(line -> block.add((fence.prefix() + line).stripTrailing()));
    }
    return String.join("\n", lines) + "\n";
  }

  private List<String> printed(String command) throws InterruptedException {
    try {
      return printing(command).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e);
    }
  }

  private CompletableFuture<List<String>> printing(String command) {
    return printed.computeIfAbsent(command, this::queue);
  }

  /// Two JBangs that build one script at the same time get in each other's way. So the first command of
  /// a script builds it, and the others begin when that one is over.
  private CompletableFuture<List<String>> queue(String command) {
    String script = script(command);
    CompletableFuture<?> first = firstOf.getOrDefault(script, completedFuture(null));
    var printing = first.handleAsync((_, _) -> print(command), fourAtATime);
    firstOf.putIfAbsent(script, printing);
    return printing;
  }

  private String script(String command) {
    Matcher jbang = Pattern.compile("\\./jbang ([^- ]\\S*).*").matcher(command);
    if (!jbang.matches()) return command;
    JsonNode alias = catalog.path("aliases").path(jbang.group(1));
    return alias.path("script-ref").asString(jbang.group(1));
  }

  private List<String> print(String command) {
    try {
      var result = Command.run(command, root);
      // Somebody else may have been building the same script at that moment.
      if (result.err().contains(JBANG_FAILED)) result = Command.run(command, root);
      return showable(result);
    } catch (InterruptedException e) {
      throw new CancellationException("Not run any more: " + command);
    }
  }

  private static List<String> showable(Command.Result result) {
    List<String> lines = result.shown().lines().map(String::stripTrailing).toList();
    for (String line : lines)
      if (line.startsWith("$ ") || line.contains("```"))
        throw new IllegalStateException("A transcript can't show this line of its output: " + line);
      else if (line.startsWith(JBANG_FAILED))
        throw new IllegalStateException("JBang could not run it. " + line);
    return lines;
  }

  /// Kills what still runs.
  @Override
  public void close() {
    fourAtATime.shutdownNow();
    fourAtATime.close();
  }
}
