package harness;

import static harness.Trial.*;
import static harness.Verdict.Way.*;

import harness.Stage.NotOffered;
import harness.Verdict.Broken;
import harness.Verdict.Way;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/// What is promised about an event that can't be decoded.
final class PoisonChecks {

  static Verdict oneBadEvent(Subject subject) {
    return first(
        () ->
            each(
                subject,
                List.of(
                    Script.of(4, 0, "poison@1"),
                    Script.of(3, 2, "poison@0", "poison@2"),
                    Script.of(5, 0, "poison@1", "read@2", "poison@3", "poison@3")),
                PoisonChecks::goesAside),
        () -> each(subject, List.of(Script.of(3, 0, "odd@1")), PoisonChecks::keepsTheUnknown),
        () -> skippingCosts(subject),
        () ->
            each(
                subject,
                List.of(Script.of(9, 0, "poison@1", "poison@3", "poison@5")),
                Run.Conditions.USUAL.deadLetters(1),
                PoisonChecks::waitsForRoom));
  }

  private static Optional<Broken> goesAside(Run<?> run) throws Exception {
    var poison = poisonIn(run);
    var good = allOf(run);
    good.removeAll(poison);
    String what = "the event at offset " + poison.getFirst() + " can't be decoded, and ";
    if (!run.drain().arrived().containsAll(good)) {
      good.removeAll(run.arrived());
      long missing = good.getFirst();
      if (!run.arrived().isEmpty() && run.arrived().getLast() > missing)
        return broken(
            run,
            LOST,
            what + "it's left out, but so is the one at %d: %s.".formatted(missing, arrivals(run)),
            Mistake.SKIPS_TOO_FAR);
      Way way = run.spinning() ? SPINS : isTold(run) ? STOPS_AT_IT : SILENCE;
      boolean once = attempts(run, poison.getFirst()) == 1;
      return broken(
          run,
          way,
          what + "those behind it never come.",
          once
              ? Mistake.ENDS_AT_POISON
              : lettersIfAny(run).size() > poison.size()
                  ? Mistake.WRITES_TOO_MANY_LETTERS
                  : Mistake.WAITS_FOR_POISON_TO_GET_BETTER);
    }
    if (run.arrived().contains(-1L)) return Optional.of(foreignEvent(run));
    var letters = letters(run, what, poison);
    if (letters.isPresent()) return letters;
    long reads = attempts(run, poison.getFirst());
    boolean unmistakable = run.stage().poison(0) instanceof Run.BadRecord;
    return reads == 1 || !unmistakable
        ? Optional.empty()
        : broken(
            run,
            RETRIES_POISON,
            what + "was read %d times.".formatted(reads),
            Mistake.WAITS_FOR_POISON_TO_GET_BETTER);
  }

  private static List<String> lettersIfAny(Run<?> run) throws Exception {
    try {
      return run.stage().deadLetters();
    } catch (NotOffered e) {
      return List.of();
    }
  }

  /// An exception that nobody has heard of may be anything. Once it was a passing one.
  private static Optional<Broken> keepsTheUnknown(Run<?> run) throws Exception {
    run.drain();
    if (run.arrived().contains(1L) || !run.arrived().contains(2L)) return Optional.empty();
    return broken(
        run,
        LOST,
        "the read at offset 1 threw something that nobody has heard of, once, and the event was"
            + " left out.",
        Mistake.SKIPS_THE_UNKNOWN);
  }

  /// Each of `poison` has its dead letter, and nothing else has.
  private static Optional<Broken> letters(Run<?> run, String what, List<Long> poison)
      throws Exception {
    var letters = run.stage().deadLetters();
    for (long offset : poison)
      if (letters.stream()
          .noneMatch(letter ->
              letter.matches("(?s).*\\b" + offset + "\\b.*")
                  && letter.contains(run.stage().reasonOfPoison())))
        return broken(
            run,
            UNTOLD,
            what
                + "no dead letter says that it was offset %d, and why, \"%s\": %s."
                    .formatted(offset, run.stage().reasonOfPoison(), letters),
            letters.size() < poison.size()
                ? Mistake.SKIPS_WITHOUT_A_LETTER
                : Mistake.WRITES_A_WRONG_LETTER);
    return letters.size() == poison.size()
        ? Optional.empty()
        : broken(
            run,
            TWICE,
            "poison is at %s, and the dead letters are %s.".formatted(poison, letters),
            Mistake.WRITES_TOO_MANY_LETTERS);
  }

  /// A decoder with a mistake in it takes every event for poison.
  private static Verdict skippingCosts(Subject subject) {
    int events = 5 + subject.stage().limits().map(Stage.Limits::maxRestarts).orElse(10);
    var faults = LongStream.range(0, events).mapToObj(o -> "poison@" + o).toArray(String[]::new);
    return each(
        subject,
        List.of(Script.of(events, 0, faults)),
        run -> {
          run.drain();
          int aside = run.stage().deadLetters().size();
          if (aside == events)
            return broken(
                run,
                SKIPS_EVERYTHING,
                "not one of %d events can be decoded, and all of them were put aside. That's a broken decoder, and nobody was told."
                    .formatted(events),
                Mistake.SKIPS_FOR_FREE);
          if (!isTold(run))
            return broken(
                run,
                SILENCE,
                "it gave up on the poison, and the consumer was not told.",
                Mistake.KEEPS_IT_TO_ITSELF);
          var limits = run.stage().limits();
          return limits.isEmpty() || attempts(run) > limits.get().maxRestarts()
              ? Optional.empty()
              : broken(
                  run,
                  MISCOUNTS,
                  "a skip costs as much as a restart, and %d are allowed. It gave up after %d."
                      .formatted(limits.get().maxRestarts(), attempts(run) - 1),
                  Mistake.SKIPS_COST_TOO_MUCH);
        });
  }

  private static Optional<Broken> waitsForRoom(Run<?> run) throws Exception {
    run.drainFromASleeper();
    var missing = allOf(run);
    missing.removeAll(run.arrived());
    int aside = run.stage().deadLetters().size();
    boolean over = !run.results().isEmpty();
    if (aside > 0 && missing.getFirst() == 1 && !run.arrived().contains(4L) && !over)
      return Optional.empty();
    if (over && !run.arrived().contains(4L))
      return broken(
          run,
          isTold(run) ? STOPS_AT_IT : SILENCE,
          "there is room for one dead letter, and nobody reads it, so the event at offset 3 has to"
              + " wait. But it didn't wait, it ended: "
              + run.results()
              + ".",
          Mistake.DIES_OF_A_FULL_CHANNEL);
    return broken(
        run,
        LOST,
        "there is room for one dead letter, and nobody reads it, so the event at offset 3 has to"
            + " wait. But "
            + arrivals(run)
            + ".",
        Mistake.DROPS_DEAD_LETTERS);
  }

  private static List<Long> poisonIn(Run<?> run) {
    return run.script().faults().stream()
        .filter(fault -> fault.startsWith("poison@"))
        .map(fault -> Long.parseLong(fault.substring("poison@".length())))
        .distinct()
        .toList();
  }

  private PoisonChecks() {}
}
