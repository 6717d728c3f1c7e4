package conformance;

import harness.Law;
import java.util.List;

/// One line of the table: what other supervisors are tested for, and what ours do.
///
/// @param chapter whose supervisor it is
/// @param source a test of another project's, or `docs` where only its documentation says so
/// @param ours what ours does
/// @param difference from the source, and why; empty if it's the same; "—" if the source has no such thing
public record Behaviour(
    int chapter, String name, String source, String ours, String difference, Check check) {

  /// Fails unless ours does so.
  public interface Check {
    void run() throws Exception;
  }

  public static Behaviour same(int chapter, String name, String source, String ours, Check check) {
    return new Behaviour(chapter, name, source, ours, "", check);
  }

  public static Behaviour differs(
      int chapter, String name, String source, String ours, String why, Check check) {
    return new Behaviour(chapter, name, source, ours, why, check);
  }

  /// One that nobody else has.
  public static Behaviour own(int chapter, String name, String ours, Check check) {
    return new Behaviour(chapter, name, "—", ours, "—", check);
  }

  /// Runs `check` under the law, and says how the law was broken.
  public static List<String> breaches(Check check) throws Exception {
    var law = new Law().watch();
    List<Law.Breach> breaches;
    try {
      check.run();
    } finally {
      breaches = law.breaches();
    }
    return breaches.stream().map(Law.Breach::toString).toList();
  }

  public boolean isSame() {
    return difference.isEmpty();
  }

  String row() {
    String verdict = isSame() ? "same" : difference;
    return "| %d | %s | %s | %s | %s |".formatted(chapter, name, source, ours, verdict);
  }
}
