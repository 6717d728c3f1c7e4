package harness;

import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// One program, put to the test promise by promise and under the law, for a person who waits for the
/// result: each line is printed as soon as it is known.
public record Examination(int passed, int failed) {

  /// After one of these, the other promises would only make the person wait.
  private static final Set<Way> HOPELESS = Set.of(Way.BUSY, Way.NOT_STARTED, Way.NEVER_RETURNS);

  /// Examines `target`. After the first promise that is broken, the others get one line each: one
  /// picture at a time is enough to learn from. What the program prints is held back, since it runs
  /// some hundred times; the end of it is shown with the first broken promise.
  ///
  /// @param out the person's terminal; must not be `System.out`, which is the program's meanwhile
  /// @throws Subject.DoesNotCompile if the program is not yet one
  public static Examination of(Target target, Consumer<String> out) {
    var subject = target.compile();
    var printed = new Printed();
    PrintStream terminal = System.out;
    PrintStream errors = System.err;
    try {
      var stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
      System.setOut(stream);
      System.setErr(stream);
      return examine(subject, target, printed, out);
    } finally {
      System.setOut(terminal);
      System.setErr(errors);
    }
  }

  private static Examination examine(
      Subject subject, Target target, Printed printed, Consumer<String> out) {
    int passed = 0;
    int failed = 0;
    for (Promise promise : target.promises()) {
      printed.reset();
      switch (promise.check(subject)) {
        case Kept() -> {
          passed++;
          out.accept("✓ " + promise.title());
        }
        case Broken broken -> {
          failed++;
          String title =
              broken.way() == Way.NOT_AS_ASKED
                  ? "What this exercise asks, beyond the promises"
                  : promise.title() + ": " + promise.line();
          out.accept("✗ " + Verdict.wrapped(title, 2));
          if (failed == 1) out.accept(explain(target, broken, printed));
          else out.accept("  " + Verdict.wrapped(broken.what(), 2));
          if (HOPELESS.contains(broken.way())) return new Examination(passed, failed);
        }
      }
    }
    var breaches = new ArrayList<>(Lawfulness.breaches(subject));
    breaches.removeIf(breach -> target.excused().contains(breach.article()));
    String but = target.excused().isEmpty() ? "" : ", but for the future that chapter 1 forgets";
    out.accept((breaches.isEmpty() ? "✓" : "✗") + " The law: nothing dies in silence" + but);
    breaches.stream().limit(3).forEach(b -> out.accept("  " + Verdict.wrapped(b.toString(), 2)));
    if (breaches.size() > 3) out.accept("  and " + (breaches.size() - 3) + " more");
    return breaches.isEmpty()
        ? new Examination(passed + 1, failed)
        : new Examination(passed, failed + 1);
  }

  private static String explain(Target target, Broken broken, Printed printed) {
    String explained = "\n" + broken.explain();
    String said = printed.lastLines();
    if (!said.isEmpty()) explained += "It printed, last:\n" + said;
    explained += "Again:          " + target.command("test") + "\n";
    if (broken.timeline().entries().isEmpty()) return explained;
    return explained + "Draw it:        " + target.command("draw") + " " + broken.script() + "\n";
  }

  /// What the program prints while it is examined.
  private static final class Printed extends ByteArrayOutputStream {
    private static final int MOST = 100_000;

    @Override
    public synchronized void write(byte[] bytes, int from, int length) {
      if (size() > MOST) reset(); // a program may print for ever
      super.write(bytes, from, length);
    }

    String lastLines() {
      var lines = toString(StandardCharsets.UTF_8).lines().toList();
      return lines.stream()
          .skip(Math.max(0, lines.size() - 5))
          .map(line -> "  " + line + "\n")
          .collect(Collectors.joining());
    }
  }
}
