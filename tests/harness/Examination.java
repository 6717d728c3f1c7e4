package harness;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// One program, put to the test promise by promise and under the law, for a person who waits for the
/// result: each finding is told as soon as it is known.
///
/// @param findings one for each promise of the target that was looked at, and the law's as the last one
public record Examination(List<Finding> findings) {

  /// How far an examination goes.
  public enum Depth {
    /// Up to the first promise that is broken.
    FIRST_BROKEN,
    /// All promises; but none after one that would only make the person wait.
    ALL
  }

  /// Examines `target`. What the program prints is held back, since it runs some hundred times; the end
  /// of it is told with a broken promise.
  ///
  /// @param each is told of each finding; must not print to `System.out`, which is the program's
  ///     meanwhile
  /// @throws Subject.DoesNotCompile if the program is not yet one
  public static Examination of(Target target, Depth depth, Consumer<Finding> each) {
    var subject = target.compile();
    var printed = new Printed();
    PrintStream terminal = System.out;
    PrintStream errors = System.err;
    try {
      var stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
      System.setOut(stream);
      System.setErr(stream);
      return examine(subject, target, depth, printed, each);
    } finally {
      System.setOut(terminal);
      System.setErr(errors);
    }
  }

  private static Examination examine(
      Subject subject, Target target, Depth depth, Printed printed, Consumer<Finding> each) {
    var findings = new ArrayList<Finding>();
    for (Promise promise : target.promises()) {
      printed.reset();
      var verdict = promise.check(subject);
      var finding = Finding.of(promise, verdict, printed.lastLines());
      findings.add(finding);
      each.accept(finding);
      boolean enough = depth == Depth.FIRST_BROKEN && !finding.kept();
      if (enough || finding.isHopeless()) return new Examination(findings);
    }
    var breaches = new ArrayList<>(Lawfulness.breaches(subject));
    breaches.removeIf(breach -> target.excused().contains(breach.article()));
    String but = target.excused().isEmpty() ? "" : ", but for the future that chapter 1 forgets";
    var finding = Finding.ofTheLaw(breaches, but);
    findings.add(finding);
    each.accept(finding);
    return new Examination(findings);
  }

  public int passed() {
    return (int) findings.stream().filter(Finding::kept).count();
  }

  public int failed() {
    return findings.size() - passed();
  }

  /// What the program prints while it is examined.
  private static final class Printed extends ByteArrayOutputStream {
    private static final int MOST = 100_000;

    /// The frames of a stack trace in which no learner has made a mistake.
    private static final Pattern NOT_THEIRS =
        Pattern.compile("\\s+at (java|jdk|harness|stages)\\.");

    @Override
    public synchronized void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) {
      if (size() > MOST) reset(); // a program may print for ever
      super.write(bytes, from, length);
    }

    String lastLines() {
      var lines =
          toString(StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !NOT_THEIRS.matcher(line).lookingAt())
              .toList();
      return lines.stream()
          .skip(Math.max(0, lines.size() - 5))
          .map(line -> "  " + line.substring(0, Math.min(line.length(), 200)) + "\n")
          .collect(Collectors.joining());
    }
  }
}
