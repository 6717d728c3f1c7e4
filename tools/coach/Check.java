package coach;

import harness.CompileError;
import harness.Finding;
import harness.Verdict;
import java.util.List;
import java.util.Optional;

/// How a check of one file went.
///
/// @param what what was checked: an exercise's id, or a chapter
/// @param findings what was found out, up to where it ended
/// @param trouble why there's no finding, or no further one; else empty
/// @param errors the compiler's, if it's those that are the trouble
/// @param millis how long it took, in milliseconds
public record Check(
    String what,
    State state,
    List<Finding> findings,
    String trouble,
    List<CompileError> errors,
    long millis) {

  public enum State {
    PASSED,
    BROKEN,
    NOT_COMPILED,
    /// The program took the JVM with it, or its time was over.
    LOST,
    /// Somebody ended the check before it was over.
    ABANDONED
  }

  public boolean passed() {
    return state == State.PASSED;
  }

  /// The first promise that is broken.
  public Optional<Finding> broken() {
    return findings.stream().filter(finding -> !finding.kept()).findFirst();
  }

  /// The verdict in one or two lines, its mark in front.
  public String headline() {
    return switch (state) {
      case PASSED ->
          "✓ All " + findings.size() + " kept: " + (findings.size() - 1) + " promises, and the law";
      case BROKEN -> broken().orElseThrow().headline();
      case NOT_COMPILED, LOST, ABANDONED -> "✗ " + Verdict.wrapped(trouble, 2);
    };
  }

  /// The titles of the promises that were kept, up to where it ended.
  List<String> kept() {
    return findings.stream().filter(Finding::kept).map(Finding::title).toList();
  }

  /// What happened, in numbers, and what it looks like; empty if all went well.
  public String explanation() {
    return switch (state) {
      case PASSED, LOST, ABANDONED -> "";
      case BROKEN -> {
        var finding = broken().orElseThrow();
        String said = finding.printed().isEmpty() ? "" : "It printed, last:\n" + finding.printed();
        yield finding.explained() + said;
      }
      case NOT_COMPILED -> errors.isEmpty() ? "" : told(errors.getFirst());
    };
  }

  private String told(CompileError error) {
    String place = error.line() == 0 ? "" : "Line " + error.line() + ": ";
    String more = errors.size() == 1 ? "" : "There is more. It may be gone when this is.\n";
    String ask = error.reason().startsWith("there is no class") ? " Is its import missing?" : "";
    return Verdict.wrapped(place + error.reason() + "." + ask, 0) + "\n" + error.shown() + more;
  }

  /// The run that shows it, drawn; empty if there is none.
  String picture() {
    return broken().flatMap(Finding::drawn).orElse("");
  }
}
