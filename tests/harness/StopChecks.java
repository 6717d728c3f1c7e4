package harness;

import static harness.Trial.*;
import static harness.Verdict.Way.*;

import harness.Stage.NotOffered;
import harness.Trial.Judge;
import harness.Verdict.Broken;
import harness.Verdict.Way;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;

/// What is promised about stops, and about an `Error`.
final class StopChecks {

  /// How long a program that stops may take, and one that doesn't.
  private static final Duration STOP = Duration.ofSeconds(2);

  private static final Duration DEAF_STOP = Duration.ofMillis(10);

  static Verdict itStops(Subject subject) {
    var pauses = Run.Conditions.USUAL.lastingPauses();
    var narrow = Run.Conditions.USUAL.deadLetters(1);
    return first(
        () -> each(subject, List.of(Script.of(6, 0), Script.of(9, 2)), stopped("put", 1)),
        () -> each(subject, List.of(Script.of(4, 0, "wait@2")), stopped("take", 9)),
        () -> each(subject, List.of(Script.of(4, 0, "read@2")), pauses, stopped("a pause", 9)),
        () -> each(subject, List.of(Script.of(4, 0, "disguised@2")), stopped("take", 9)),
        () -> each(subject, List.of(Script.of(4, 0, "put@1", "wait@2")), stopped("take", 9)),
        () -> each(subject, List.of(Script.of(4, 0), Script.of(4, 9)), StopChecks::stopsAtOnce),
        () -> each(subject, List.of(Script.of(2, 0)), StopChecks::stopsAtTheEnd),
        () ->
            each(
                subject,
                List.of(Script.of(6, 0, "poison@1", "poison@3")),
                narrow,
                StopChecks::stopsSomehow),
        () -> each(subject, List.of(Script.of(4, 0, "deaf@2")), StopChecks::reportsTheDeaf),
        () -> each(subject, List.of(Script.of(9, 3)), StopChecks::drains));
  }

  /// Takes `enough` events, waits until the program does, asks it to stop, looks for what is left, and
  /// goes on from there.
  private static Judge stopped(String during, int enough) {
    return run -> {
      while (run.arrived().size() < enough && run.next().isPresent()) {}
      run.quiet();
      var left = stop(run, 0, " (It was in " + during + ".)");
      if (left.isPresent()) return left;
      return goesOn(run, "It was stopped in " + during + ". ");
    };
  }

  /// @param reads how often it may still read while the stop is on its way
  private static Optional<Broken> stop(Run<?> run, int reads, String when) throws Exception {
    long attempts = attempts(run);
    long start = System.nanoTime();
    Optional<String> unstopped = run.inTime("stop()", () -> run.stage().stop(STOP));
    boolean late = System.nanoTime() - start >= STOP.toNanos();
    var left =
        Threads.since(run.threadsBefore()).stream()
            .filter(seen -> !Law.isAboutToEnd(seen.thread()))
            .toList();
    if (attempts(run) > attempts + reads || retriesInterrupt(run))
      return broken(
          run,
          RESTARTS_ANYWAY,
          "it was asked to stop, and tried again." + when,
          Mistake.TAKES_A_STOP_FOR_A_FAILURE);
    if (!left.isEmpty())
      return broken(
          run,
          LEFT_BEHIND,
          "after the stop there is still a " + left.getFirst() + "." + when,
          Mistake.LETS_THREADS_LIE);
    if (unstopped.isPresent())
      return broken(run, UNCLEAR, "it did stop, and says: " + unstopped.get() + when);
    return late
        ? broken(
            run,
            STOPS_LATE,
            "it stopped only when the %d s that it had were over.".formatted(STOP.toSeconds())
                + when,
            Mistake.ASKS_LATE)
        : Optional.empty();
  }

  private static boolean retriesInterrupt(Run<?> run) {
    return run.printed().stream().anyMatch(line -> line.contains("InterruptedException"));
  }

  /// A second start at the offset where the first one stopped delivers all the rest.
  private static <E> Optional<Broken> goesOn(Run<E> run, String when) throws Exception {
    long at = run.stage().stoppedAt();
    if (!run.arrived().isEmpty() && at < run.arrived().getLast())
      return broken(
          run,
          TWICE,
          when
              + "It says that it stopped at offset %d, and %d had come already."
                  .formatted(at, run.arrived().getLast()),
          Mistake.FORGETS_WHERE_IT_WAS);
    run.stage().resume(run, at);
    run.drain();
    if (!isTold(run)) run.drain(); // the first end was the stop's
    var arrived = run.arrived();
    if (arrived.equals(allOf(run))) return Optional.empty();
    boolean lost = !new HashSet<>(arrived).containsAll(allOf(run));
    return broken(
        run,
        lost ? LOST : TWICE,
        when
            + "It says that it stopped at offset %d, and goes on there: %s."
                .formatted(at, arrivals(run)),
        Mistake.FORGETS_THE_ONE_IN_HAND);
  }

  private static <E> Optional<Broken> stopsAtOnce(Run<E> run) throws Exception {
    var left = stop(run, 9, " (It had just begun.)");
    if (left.isPresent()) return left;
    run.drain();
    try {
      run.stage().stoppedAt();
    } catch (NotOffered e) {
      return Optional.empty(); // it was faster than the stop
    }
    return goesOn(run, "It was stopped as soon as it had begun. ");
  }

  private static Optional<Broken> stopsAtTheEnd(Run<?> run) throws Exception {
    run.next();
    run.next();
    run.quiet();
    return stop(run, 0, " (It had come to the log's end, and nobody took what it had to say.)");
  }

  private static Optional<Broken> stopsSomehow(Run<?> run) throws Exception {
    run.drainFromASleeper();
    String when = " (There was no room for a dead letter.)";
    var left = stop(run, 0, when);
    if (left.isPresent()) return left;
    try {
      long at = run.stage().stoppedAt();
      boolean lost = at > 3 && run.stage().deadLetters().size() == 1;
      return lost
          ? broken(
              run,
              LOST,
              "the event at offset 3 is poison and has no dead letter, and it says that it stopped at %d."
                      .formatted(at)
                  + when,
              Mistake.FORGETS_THE_ONE_IN_HAND)
          : Optional.empty();
    } catch (NotOffered e) {
      return Optional.empty(); // it ended in some other way, or has no dead letters
    }
  }

  private static Optional<Broken> reportsTheDeaf(Run<?> run) throws Exception {
    run.drain();
    long start = System.nanoTime();
    Optional<String> unstopped = run.inTime("stop()", () -> run.stage().stop(DEAF_STOP));
    long millis = (System.nanoTime() - start) / 1_000_000;
    String deaf =
        "the read at offset 2 doesn't listen to interrupts, so its thread is still there. ";
    if (unstopped.isEmpty())
      return broken(run, UNTOLD, deaf + "The stop says nothing of it.", Mistake.SAYS_NOTHING_OF_IT);
    return millis < STOP.toMillis()
        ? Optional.empty()
        : broken(
            run,
            STOPS_LATE,
            deaf
                + "The stop was to wait for %d ms, and took %d."
                    .formatted(DEAF_STOP.toMillis(), millis),
            Mistake.WAITS_WITHOUT_A_BOUND);
  }

  private static Optional<Broken> drains(Run<?> run) throws Exception {
    run.next();
    run.quiet();
    var drain = new FutureTask<>(() -> run.stage().drain(STOP));
    var drainer = new Thread(drain, "drain");
    drainer.start();
    drainer.join(NOBODY_TAKES); // the channel is full
    run.drain();
    boolean went = run.inTime("drain()", drain::get);
    run.drain();
    boolean all =
        run.arrived().equals(List.of(0L, 1L, 2L, 3L)); // the one in hand may be among them
    all |= run.arrived().size() > 3;
    boolean last = run.afterTheEnd() == 0;
    if (went && run.told() && all && last) return Optional.empty();
    Way way = !run.told() || !went ? SILENCE : all ? GOES_ON : LOST;
    return broken(
        run,
        way,
        "it was drained, which %s, and the consumer %s told; %s%s."
            .formatted(
                went ? "went well" : "failed",
                run.told() ? "was" : "was not",
                arrivals(run),
                last ? "" : ", and something came after the end"),
        way == SILENCE
            ? Mistake.KEEPS_IT_TO_ITSELF
            : all ? Mistake.TELLS_TOO_EARLY : Mistake.TAKES_WHAT_IS_NOT_ITS_OWN);
  }

  private static final Duration NOBODY_TAKES = Duration.ofMillis(20);

  static Verdict fatalIsFatal(Subject subject) {
    return each(
        subject,
        List.of(Script.of(4, 0, "fatal@1"), Script.of(4, 0, "overflow@1")),
        run -> {
          run.drain().quiet();
          boolean memory = run.script().faults().contains("fatal@1");
          String what =
              "the read at offset 1 ran out of %s, and ".formatted(memory ? "memory" : "stack");
          long reads = attempts(run, 1);
          if (reads > 1)
            return broken(run, RESTARTS_ANYWAY, what + "was tried again.", Mistake.CATCHES_ERRORS);
          if (run.diedOf(memory ? OutOfMemoryError.class : StackOverflowError.class)) {
            if (!isTold(run))
              return broken(
                  run, SILENCE, what + "the consumer was not told.", Mistake.KEEPS_IT_TO_ITSELF);
            return run.told() && endsLikeALog(run)
                ? broken(
                    run,
                    UNTOLD,
                    what + "the consumer is told " + run.end() + ", as at the end of a log.",
                    Mistake.ENDS_ALIKE)
                : Optional.empty();
          }
          boolean told =
              Stream.concat(failuresIfAny(run).stream(), run.results().stream())
                  .anyMatch(failure -> failure.matches("(?s).*(OutOfMemory|StackOverflow)Error.*"));
          return told
              ? broken(
                  run,
                  DISGUISES,
                  what + "that looks like any other failure: its future holds " + run.results(),
                  Mistake.CATCHES_ERRORS)
              : broken(run, SILENCE, what + "nobody knows.");
        });
  }

  private StopChecks() {}
}
