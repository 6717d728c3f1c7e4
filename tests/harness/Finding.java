package harness;

import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
import java.util.List;
import java.util.Optional;

/// What an examination found out about one promise, or about the law. It holds texts and numbers alone,
/// so it can be sent to another process, and kept.
///
/// @param promise the name of the [Promise], or [Exercise#LAW]
/// @param title the promise, in a line
/// @param kept whether it is kept, as far as we looked
/// @param way the [Verdict.Way] in which it's broken, or empty
/// @param what what happened, in a sentence with offsets in it
/// @param looksLike the mistake, if we recognise it, else empty
/// @param lookAt where to look for it, else empty
/// @param script the smallest run that shows it, such as `--events 3 --fault read@1`, else empty
/// @param timeline that run, drawn; else empty
/// @param printed the last lines that the program printed meanwhile
public record Finding(
    String promise,
    String title,
    boolean kept,
    String way,
    String what,
    String looksLike,
    String lookAt,
    String script,
    String timeline,
    String printed) {

  private static final String THE_LAW = "The law: nothing dies in silence";

  static Finding of(Promise promise, Verdict verdict, String printed) {
    return switch (verdict) {
      case Kept() -> kept(promise.name(), promise.title());
      case Broken broken -> {
        String title =
            broken.way() == Way.NOT_AS_ASKED
                ? "What is asked, beyond the promises"
                : promise.title() + ": " + promise.line();
        yield broken(promise.name(), title, broken, printed);
      }
    };
  }

  /// @param but what is excused
  static Finding ofTheLaw(List<Law.Breach> breaches, String but) {
    return breaches.isEmpty()
        ? kept(Exercise.LAW, THE_LAW + but)
        : broken(Exercise.LAW, THE_LAW + but, Broken.byBreaches(breaches), "");
  }

  private static Finding kept(String name, String title) {
    return new Finding(name, title, true, "", "", "", "", "", "", "");
  }

  static Finding broken(String name, String title, Broken broken, String printed) {
    boolean drawn = !broken.timeline().entries().isEmpty();
    return new Finding(
        name,
        title,
        false,
        broken.way().name(),
        clipped(broken.what()),
        broken.mistake().map(mistake -> mistake.looksLike).orElse(""),
        broken.mistake().map(mistake -> mistake.lookAt).orElse(""),
        drawn ? "" + broken.script() : "",
        drawn ? "" + broken.timeline() : "",
        printed);
  }

  /// What a program says in its exceptions may be of any length.
  private static String clipped(String text) {
    return text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
  }

  private static final int LONGEST = 1000;

  /// Whether the other promises would only make a person wait.
  boolean isHopeless() {
    return !kept && HOPELESS.contains(Way.valueOf(way));
  }

  private static final List<Way> HOPELESS = List.of(Way.BUSY, Way.NOT_STARTED, Way.NEVER_RETURNS);

  /// In one line, or a few: `✓ In order`.
  public String headline() {
    return (kept ? "✓ " : "✗ ") + Verdict.wrapped(title, 2);
  }

  /// For the one who wrote the program: what happened, what it looks like, and where to look.
  public String explained() {
    return Verdict.labelled("What happened:", what)
        + (looksLike.isEmpty() ? "" : Verdict.labelled("It looks like:", looksLike + "."))
        + (lookAt.isEmpty() ? "" : Verdict.labelled("Look at:", sentence(lookAt)));
  }

  /// The picture of the run that shows it, if there is one.
  public Optional<String> drawn() {
    return timeline.isEmpty()
        ? Optional.empty()
        : Optional.of("The run:        " + script + "\n" + timeline);
  }

  private static String sentence(String text) {
    return text.endsWith("?") ? text : text + ".";
  }
}
