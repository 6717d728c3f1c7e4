package harness;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a check found: the promise is kept, or it is broken in a certain way.
public sealed interface Verdict {

  /// The way in which a promise is broken. The matrix announces it, so that a chapter can't break a
  /// promise in some other way unnoticed.
  enum Way {
    NOT_STARTED("it could not be started"),
    BUSY("it is busy, and nothing happens"),
    NOTHING_TO_CALL("there is nothing to call"),
    THROWS("it throws where it should return a value"),
    SILENCE("nothing more comes, and nobody is told"),
    NEVER_RETURNS("a call never comes back"),
    UNTOLD("the failure can't be read anywhere"),
    UNCLEAR("what can be read does not say what failed, where, and at what"),
    NOT_AS_ASKED("it isn't as the exercise asks"),
    OUT_OF_ORDER("events arrive out of order"),
    LOST("an event never arrives"),
    TWICE("an event arrives twice"),
    READS_AHEAD("it reads further ahead than the channel has room"),
    OTHER_CHANNEL("the consumer's channel is no longer used"),
    SPINS("it tries again, as fast as it can, for ever"),
    NEVER_WAITS("it never waits between two attempts"),
    WAITS_FOR_NOTHING("it waits, and then gives up"),
    NEVER_GROWS("its pauses don't grow"),
    NEVER_RESETS("progress doesn't make its pauses short again"),
    OVER_THE_CAP("a pause is longer than the longest one"),
    NO_JITTER("all supervisors wait alike, and come back in the same instant"),
    MISCOUNTS("it doesn't count restarts as it should"),
    GIVES_UP_TOO_SOON("it gives up on a producer that would get through"),
    MISTAKES_THE_END("it takes the end for a failure"),
    GOES_ON("something comes after the end"),
    STOPS_AT_IT("it gives up at an event that can't be decoded"),
    RETRIES_POISON("it reads again what can't be decoded"),
    SKIPS_EVERYTHING("it skips a whole log"),
    LEFT_BEHIND("a thread is left behind"),
    STOPS_LATE("it stops, but not when it's asked to"),
    DISGUISES("an Error looks like any other failure"),
    RESTARTS_ANYWAY("an Error is answered with a restart"),
    STARTS_OVER("other work is not tried again where it failed"),
    WRONG_SIBLINGS("it restarts other siblings than the strategy names"),
    WRONG_ORDER("siblings start or stop in another order"),
    BEGINS_AGAIN("a new process begins at the beginning"),
    BREAKS_THE_LAW("something died in silence");

    public final String text;

    Way(String text) {
      this.text = text;
    }
  }

  /// The promise is kept, as far as the check can see.
  record Kept() implements Verdict {}

  /// The promise is broken.
  ///
  /// @param what what happened, in a sentence with offsets in it
  /// @param mistake what it looks like, if we recognise it
  /// @param script the smallest script that shows it
  /// @param timeline what happened under that script
  record Broken(Way way, String what, Optional<Mistake> mistake, Script script, Timeline timeline)
      implements Verdict {

    static Broken in(Run<?> run, Way way, String what) {
      // a failure that is told badly says nothing of what should come after it
      var mistake =
          Mistake.in(run)
              .filter(m ->
                  way != Way.UNCLEAR && way != Way.UNTOLD
                      || m != Mistake.SILENT_DEATH && m != Mistake.REPEATS_A_PUT_THAT_GOT_THROUGH);
      return new Broken(way, what, mistake, run.script(), run.timeline());
    }

    static Broken in(Run<?> run, Way way, String what, Mistake mistake) {
      return new Broken(way, what, Optional.of(mistake), run.script(), run.timeline());
    }

    /// Whether `other` is broken in the same way, by the same mistake.
    boolean isLike(Broken other) {
      return way == other.way && mistake.equals(other.mistake);
    }

    static Broken byBreaches(List<Law.Breach> breaches) {
      int more = breaches.size() - 3;
      String what =
          breaches.stream()
                  .limit(3)
                  .map(breach -> breach + ".")
                  .collect(Collectors.joining("\n                "))
              + (more > 0 ? " And " + more + " more." : "");
      return new Broken(
          Way.BREAKS_THE_LAW, what, Optional.empty(), Script.of(0, 0), new Timeline());
    }

    /// The failure for the one who wrote the program: what happened, what it looks like, where to look,
    /// and the picture.
    public String explain() {
      var finding = Finding.broken("", "", this, "");
      return finding.explained() + finding.drawn().orElse("");
    }
  }

  /// A label and a text beside it, in 80 columns.
  static String labelled(String label, String text) {
    return "%-15s %s\n".formatted(label, wrapped(text, 16));
  }

  /// A text in 80 columns, of which its lines leave the first `indent` free.
  static String wrapped(String text, int indent) {
    String lines = (text + " ").replaceAll("(.{1," + (79 - indent) + "}) +", "$1\n").strip();
    return lines.replace("\n", "\n" + " ".repeat(indent));
  }
}
