package harness;

import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
import java.util.ArrayList;
import java.util.function.Consumer;

/// One program, put to the test promise by promise and under the law, for a person who waits for the
/// result: each line is printed as soon as it is known.
public record Examination(int passed, int failed) {

  /// Examines `subject`. After the first promise that is broken, the others get one line each: one
  /// picture at a time is enough to learn from.
  ///
  /// @throws Subject.DoesNotCompile if the program is not yet one
  public static Examination of(Target target, Consumer<String> out) {
    var subject = target.compile();
    int passed = 0;
    int failed = 0;
    for (Promise promise : target.promises()) {
      switch (promise.check(subject)) {
        case Kept() -> {
          passed++;
          out.accept("✓ " + promise.title() + ": " + promise.line());
        }
        case Broken broken -> {
          failed++;
          out.accept("✗ " + promise.title() + ": " + promise.line());
          if (failed == 1) out.accept(indented(broken.explain() + again(target, broken)));
          else out.accept("    " + broken.what());
          if (broken.way() == Way.BUSY || broken.way() == Way.NOT_STARTED)
            return new Examination(passed, failed);
        }
      }
    }
    var breaches = new ArrayList<>(Lawfulness.breaches(subject));
    breaches.removeIf(breach -> target.excused().contains(breach.article()));
    String but = target.excused().isEmpty() ? "" : ", but for what the chapter announces";
    out.accept((breaches.isEmpty() ? "✓" : "✗") + " The law: nothing dies in silence" + but);
    if (breaches.isEmpty()) return new Examination(passed + 1, failed);
    breaches.stream().limit(3).forEach(breach -> out.accept("    " + breach));
    if (breaches.size() > 3) out.accept("    and " + (breaches.size() - 3) + " more");
    return new Examination(passed, failed + 1);
  }

  private static String again(Target target, Broken broken) {
    String again = "Again:          " + target.command("test");
    if (broken.timeline().entries().isEmpty()) return again;
    return again + "\nDraw it:        " + target.command("draw") + " " + broken.script();
  }

  private static String indented(String text) {
    return "\n" + text.indent(2);
  }
}
