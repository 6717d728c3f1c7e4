package harness;

import static harness.Trial.*;
import static harness.Verdict.Way.*;

import harness.Stage.NotOffered;
import harness.Verdict.Broken;
import harness.Verdict.Way;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;

/// What a stream promises: order, backpressure, failures that are values, nothing lost, nothing twice.
final class StreamChecks {

  static Verdict inOrder(Subject subject) {
    var scripts = new ArrayList<>(List.of(Script.of(5, 0), Script.of(1, 0), Script.of(50, 3)));
    for (int offset = 0; offset < 4; offset++)
      for (String what : List.of("read@", "put@")) scripts.add(Script.of(4, 0, what + offset));
    return smallest(
        subject,
        scripts,
        run -> {
          var arrived = run.drain().arrived();
          boolean noFault = run.script().faults().isEmpty();
          if (noFault && arrived.equals(allOf(run))) return Optional.empty();
          if (arrived.contains(-1L)) return Optional.of(foreignEvent(run));
          for (int i = 1; i < arrived.size(); i++)
            if (arrived.get(i) < arrived.get(i - 1))
              return broken(
                  run,
                  OUT_OF_ORDER,
                  "offset %d came after offset %d: %s."
                      .formatted(arrived.get(i), arrived.get(i - 1), arrivals(run)));
          if (!noFault) return Optional.empty(); // a loss is the business of another promise
          boolean missing = !arrived.containsAll(allOf(run));
          String what = "without any fault, ";
          if (missing && run.told() && Mistake.in(run).isEmpty())
            return broken(
                run,
                LOST,
                what + "the consumer was told of an end, and " + arrivals(run) + ".",
                Mistake.TELLS_TOO_EARLY);
          return broken(run, missing ? LOST : TWICE, what + arrivals(run) + ".");
        });
  }

  private static final Set<Timeline.Kind> READS =
      EnumSet.of(Timeline.Kind.READ, Timeline.Kind.FETCHED);

  static Verdict backpressure(Subject subject) {
    return smallest(
        subject,
        List.of(Script.of(20, 0), Script.of(20, 2)),
        run -> {
          for (int i = 0; i < 3; i++) run.next();
          run.quiet();
          var reads = new TreeSet<Long>();
          for (var entry : run.timeline().entries())
            if (READS.contains(entry.kind())) reads.add(entry.offset());
          int most = run.arrived().size() + run.script().capacity() + 1;
          if (reads.size() > most) {
            String what =
                "the consumer took %d events and the channel holds %d, but %d were read: at most %d should be."
                    .formatted(run.arrived().size(), run.script().capacity(), reads.size(), most);
            boolean everything = reads.size() >= run.script().events();
            Mistake mistake =
                everything ? Mistake.READS_WITHOUT_BOUND : Mistake.HOLDS_MORE_THAN_ONE;
            return Optional.of(Broken.in(run, READS_AHEAD, what, Mistake.in(run).orElse(mistake)));
          }
          if (run.drain().arrived().equals(allOf(run))) return Optional.empty();
          return broken(run, LOST, "after a pause of the consumer, " + arrivals(run) + ".");
        });
  }

  static Verdict oneStep(Subject subject) {
    return steps(
        subject,
        run -> {
          var offsetOne = stepOf(run, 1);
          if (offsetOne == null) return broken(run, UNCLEAR, "the step returned null.");
          if (!run.drain().arrived().equals(List.of(1L)))
            return broken(
                run, LOST, "a step at offset 1 put its event, and " + arrivals(run) + ".");
          var failed = stepOf(run, 2);
          if (failed == null || failed.equals(offsetOne))
            return broken(run, UNCLEAR, "a step that failed returned " + failed + ".");
          if (!run.drain().arrived().equals(List.of(1L)))
            return broken(run, OUT_OF_ORDER, "a step that failed still put an event.");
          return Optional.empty();
        });
  }

  static Verdict failureIsAValue(Subject subject) {
    return each(
        subject,
        List.of(Script.of(5, 0, "read@3"), Script.of(5, 0, "put@2")),
        run -> {
          run.drain();
          String[] fault = run.script().faults().getFirst().split("@");
          String what = fault[0] + " at offset " + fault[1];
          String operation = run.stage().operation(fault[0]);
          var failures = failuresOf(run);
          if (failures.isEmpty()) return broken(run, UNTOLD, "the failure can't be read anywhere.");
          boolean clear =
              failures.stream()
                  .anyMatch(failure ->
                      failure.matches("(?s).*\\b" + fault[1] + "\\b.*")
                          && failure.contains("Session has timed out.")
                          && failure.contains(operation));
          if (!clear) return broken(run, UNCLEAR, unclear(what, fault[1], operation, failures));
          // no picture: an exercise may ask about a part that this run doesn't show
          return complaintOf(run)
              .map(complaint ->
                  new Broken(
                      NOT_AS_ASKED, complaint, Optional.empty(), run.script(), new Timeline()));
        });
  }

  static Verdict downstreamLivesOn(Subject subject) {
    return each(
        subject,
        List.of(Script.of(5, 0, "read@2")),
        run -> {
          run.drain();
          if (putAfterFault(run)) return Optional.empty();
          String what = "the read at offset 2 failed once, and " + arrivals(run) + ".";
          return isTold(run) && run.stage().limits().filter(it -> it.maxRestarts() > 0).isPresent()
              ? broken(run, SILENCE, what + " It gave up at once.", Mistake.KEEPS_OLD_BOOKS)
              : broken(run, SILENCE, what);
        });
  }

  static Verdict sameChannel(Subject subject) {
    return each(
        subject,
        List.of(Script.of(5, 2, "read@2")),
        run -> {
          run.drain();
          if (putAfterFault(run)) return Optional.empty();
          var mistake = Mistake.in(run);
          Way way = mistake.equals(Optional.of(Mistake.NEW_CHANNEL)) ? OTHER_CHANNEL : SILENCE;
          return broken(run, way, "after the failure at offset 2 the channel stays empty.");
        });
  }

  static Verdict nothingLost(Subject subject) {
    var scripts =
        scripts(
            Script.of(3, 0, "read@0"),
            Script.of(3, 0, "read@1"),
            Script.of(3, 2, "read@2"),
            Script.of(3, 1, "read@1", "read@1"),
            Script.of(3, 0, "read@1", "read@1", "read@1", "read@1", "read@1", "read@1"),
            Script.of(5, 0, "put@2"),
            Script.of(
                12, 0, LongStream.range(0, 12).mapToObj(o -> "read@" + o).toArray(String[]::new)));
    return smallest(
        subject,
        scripts,
        run -> {
          run.drain();
          if (run.arrived().equals(allOf(run))) subject.wentWell(run.script());
          if (new HashSet<>(run.arrived()).containsAll(allOf(run))) return Optional.empty();
          if (isTold(run) && gaveUp(run))
            return broken(
                run,
                GIVES_UP_TOO_SOON,
                "it gave up, though each of these faults passes: " + arrivals(run) + ".",
                Mistake.COUNTS_ALL_FAILURES);
          boolean silent = !putAfterFault(run);
          return broken(run, silent ? SILENCE : LOST, arrivals(run) + ".");
        });
  }

  static Verdict nothingTwice(Subject subject) {
    var scripts =
        scripts(
            Script.of(3, 0),
            Script.of(3, 0, "read@1"),
            Script.of(3, 0, "put@1"),
            Script.of(3, 2, "put@2"));
    scripts.removeIf(subject::isKnownToGoWell);
    return first(
        () -> smallest(subject, scripts, run -> cameTwice(run.drain(), "")),
        () -> each(subject, List.of(Script.of(3, 0)), StreamChecks::goesBack));
  }

  private static Optional<Broken> cameTwice(Run<?> run, String when) {
    var seen = new HashSet<Long>();
    for (long offset : run.arrived())
      if (!seen.add(offset))
        return broken(
            run, TWICE, when + "offset " + offset + " arrived twice: " + arrivals(run) + ".");
    return Optional.empty();
  }

  /// Begins again at 0, behind a consumer that has seen it all.
  private static <E> Optional<Broken> goesBack(Run<E> run) throws Exception {
    run.drain().quiet();
    try {
      run.stage().resume(run, 0);
    } catch (NotOffered e) {
      return Optional.empty();
    }
    run.drain();
    if (!run.stage().tellsEqualEventsApart())
      return broken(
          run,
          LOST,
          "two events at two offsets may be equal, and are two. The receiver let only one of them"
              + " pass.",
          Mistake.COMPARES_EVENTS);
    String when = "All of it had come, and it began again at 0: ";
    return cameTwice(run, when)
        .map(broken -> Broken.in(run, TWICE, broken.what(), Mistake.FORGETS_WHAT_CAME));
  }

  private StreamChecks() {}
}
