package harness;

import harness.Law.Article;
import harness.Law.Breach;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Whether a program keeps the [Law], apart from any promise: it is run quietly, with a fault, and with
/// an interrupt at each place where it waits.
public final class Lawfulness {

  /// What `subject` lets die in silence. Several runs may report the same breach; it counts once.
  public static List<Breach> breaches(Subject subject) {
    var law = new Law().watch();
    var breaches = new ArrayList<Breach>();
    try {
      try (var run = Run.start(subject.stage(), Script.of(3, 0, "read@1"))) {
        Trial.failuresIfAny(run.drain());
      }
      interrupt(subject, Script.of(6, 0), "put").ifPresent(breaches::add);
      interrupt(subject, Script.of(6, 0, "wait@2"), "take").ifPresent(breaches::add);
    } catch (Run.StartFailed e) {
      // a promise says so already, and better
    }
    breaches.addAll(law.breaches());
    return breaches;
  }

  /// Interrupts the reader while it waits at offset 2, and looks whether it goes on to offset 3.
  private static Optional<Breach> interrupt(Subject subject, Script script, String where) {
    try (var run = Run.start(subject.stage(), script)) {
      run.next();
      run.next();
      run.quiet();
      if (run.readers().isEmpty()) return Optional.empty();
      Thread reader = run.readers().getLast();
      int before = run.timeline().size();
      reader.interrupt();
      run.quiet().drain(); // first let the interrupt arrive: a take would free the put
      return run.timeline().entries().stream()
          .skip(before)
          .filter(entry -> entry.thread() == reader.threadId() && Mistake.isAttempt(entry))
          .findFirst() // the same offset again would be a failure's retry, which chapter 7 is about
          .filter(entry -> entry.offset() > 2)
          .map(entry ->
              new Breach(
                  Article.SWALLOWED_INTERRUPT, "in " + where + " at offset 2: " + SWALLOWED));
    }
  }

  private static final String SWALLOWED =
      Mistake.SWALLOWS_THE_INTERRUPT.looksLike
          + ". Look at "
          + Mistake.SWALLOWS_THE_INTERRUPT.lookAt;

  private Lawfulness() {}
}
