package harness;

import static harness.Trial.*;
import static harness.Verdict.Way.*;

import harness.Stage.OtherWork;
import harness.Stage.Sibling;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// What is promised about supervisors that run any work, and about siblings.
final class TreeChecks {

  /// How long nothing may happen before we say so. Only a broken program meets it.
  private static final long PATIENCE_SECONDS = 2;

  /// These checks bring their own work, and leave the log alone.
  private static final Script NOTHING = Script.of(1, 0);

  // ---- any producer ----

  private static final List<String> PAGES = List.of("first", "kF3x", "9uQa", "last");

  /// Pages with tokens for states, of which the second one fails once.
  static Verdict anyProducer(Subject subject) {
    return alone(
        subject,
        NOTHING,
        run -> {
          var asked = new ArrayList<String>();
          OtherWork pages =
              token -> {
                asked.add(token);
                if (token.equals("kF3x") && asked.size() == 2)
                  throw new IllegalStateException("The shop is closed.");
                int next = PAGES.indexOf(token) + 1;
                return next == PAGES.size() ? Optional.empty() : Optional.of(PAGES.get(next));
              };
          runOther(run, pages);
          var expected = List.of("first", "kF3x", "kF3x", "9uQa", "last");
          if (asked.equals(expected)) return Optional.empty();
          String what =
              "pages of a shop, of which 'kF3x' fails once, were read as %s, and not as %s."
                  .formatted(asked, expected);
          return asked.lastIndexOf("first") > 0
              ? broken(run, STARTS_OVER, what, Mistake.STARTS_FROM_THE_SPECIFICATION)
              : broken(run, STARTS_OVER, what);
        });
  }

  private static <E> void runOther(Run<E> run, OtherWork work) throws Exception {
    run.inTime(
        "the other work",
        () -> {
          run.stage().otherWork(run, work, "first");
          return null;
        });
  }

  // ---- siblings ----

  private static final List<String> NAMES = List.of("a", "b", "c");

  /// Each strategy, with a failure of the first, the middle and the last of three.
  static Verdict siblings(Subject subject) {
    for (String strategy : List.of("ONE_FOR_ONE", "ONE_FOR_ALL", "REST_FOR_ONE"))
      for (String failing : NAMES) {
        var verdict = alone(subject, NOTHING, run -> restarts(run, strategy, failing));
        if (verdict instanceof Broken) return verdict;
      }
    return new Kept();
  }

  /// What should happen: who starts and ends, in which order, up to the stop of them all.
  static List<String> expected(String strategy, String failing) {
    int index = NAMES.indexOf(failing);
    var group =
        switch (strategy) {
          case "ONE_FOR_ONE" -> List.of(failing);
          case "ONE_FOR_ALL" -> NAMES;
          default -> NAMES.subList(index, NAMES.size());
        };
    return Stream.of(
            NAMES.stream().map("start "::concat),
            Stream.of("end " + failing),
            group.reversed().stream().filter(name -> !name.equals(failing)).map("end "::concat),
            group.stream().map("start "::concat),
            NAMES.reversed().stream().map("end "::concat))
        .flatMap(stream -> stream)
        .toList();
  }

  private static Optional<Broken> restarts(Run<?> run, String strategy, String failing)
      throws Exception {
    var expected = expected(strategy, failing);
    var notes = new Notes(failing);
    try (var _ = tree(run, strategy, NAMES.stream().map(notes::sibling).toList())) {
      notes.collect(NAMES.size());
      notes.failNow();
      notes.collect(expected.size() - 2 * NAMES.size());
      run.quiet(LATE);
    }
    run.quiet(LATE);
    notes.collectTheRest();
    String what =
        "under %s, of a, b and c the child %s failed, and then all were stopped. "
            .formatted(strategy, failing);
    if (notes.seen.equals(expected)) return startsOver(run, failing, what, notes);
    what +=
        "It went: %s. It should go: %s."
            .formatted(String.join(", ", notes.seen), String.join(", ", expected));
    boolean sameOnes = sorted(notes.seen).equals(sorted(expected));
    return broken(
        run,
        sameOnes ? WRONG_ORDER : WRONG_SIBLINGS,
        what,
        mistakeOf(failing, notes.seen, expected));
  }

  private static Optional<Broken> startsOver(Run<?> run, String failing, String what, Notes notes) {
    return notes.startsOver.flatMap(name ->
        broken(
            run,
            STARTS_OVER,
            what + name + " had come to state 1, and was started again at 0.",
            name.equals(failing)
                ? Mistake.STARTS_FROM_THE_SPECIFICATION
                : Mistake.STARTS_SIBLINGS_OVER));
  }

  private static List<String> sorted(List<String> notes) {
    return notes.stream().sorted().toList();
  }

  private static Mistake mistakeOf(String failing, List<String> seen, List<String> expected) {
    var missing = new ArrayList<>(expected);
    seen.forEach(missing::remove);
    var odd = new ArrayList<>(seen);
    expected.forEach(odd::remove);
    if (missing.isEmpty() && odd.isEmpty()) {
      if (!theStartsOf(seen).equals(theStartsOf(expected))) return Mistake.DOES_NOT_AWAIT_A_START;
      int restarts = NAMES.size();
      while (expected.get(restarts).startsWith("end ")) restarts++;
      boolean early =
          theEndsOf(seen.subList(0, restarts)).size()
              < theEndsOf(expected.subList(0, restarts)).size();
      return early ? Mistake.DOES_NOT_AWAIT_A_STOP : Mistake.STOPS_IN_START_ORDER;
    }
    if (!odd.isEmpty()) return Mistake.RESTARTS_OTHER_SIBLINGS;
    if (missing.contains("start " + failing)) return Mistake.FORGETS_THE_FAILED;
    boolean onlyEnds = missing.stream().allMatch(note -> note.startsWith("end "));
    return onlyEnds ? Mistake.LEAVES_CHILDREN_RUNNING : Mistake.FORGETS_A_SIBLING;
  }

  private static List<String> theStartsOf(List<String> notes) {
    return notes.stream().filter(note -> note.startsWith("start ")).toList();
  }

  private static List<String> theEndsOf(List<String> notes) {
    return notes.stream().filter(note -> note.startsWith("end ")).toList();
  }

  private static <E> AutoCloseable tree(Run<E> run, String strategy, List<Sibling> siblings)
      throws Exception {
    return run.inTime("the start", () -> run.stage().tree(run, strategy, siblings));
  }

  /// What three siblings do, of which one fails, once, after all have made a step. The first one is the
  /// slowest to start, and the last one to end: who doesn't wait for them can be seen to overtake.
  private static final class Notes {
    private final String failing;
    private final BlockingQueue<String> noted = new LinkedBlockingQueue<>();
    private final CountDownLatch steps = new CountDownLatch(NAMES.size());
    private final CountDownLatch fail = new CountDownLatch(1);
    private volatile boolean hasFailed;
    private final List<String> seen = new ArrayList<>();
    private volatile Optional<String> startsOver = Optional.empty();

    Notes(String failing) {
      this.failing = failing;
    }

    void failNow() throws InterruptedException {
      steps.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      fail.countDown();
    }

    void collect(int many) throws InterruptedException {
      for (int i = 0; i < many; i++) {
        String note = noted.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (note == null) return;
        seen.add(note);
      }
    }

    /// What nobody expects, or comes too late, once nothing moves any more.
    void collectTheRest() {
      noted.drainTo(seen);
    }

    Sibling sibling(String name) {
      int place = NAMES.indexOf(name);
      return new Sibling() {
        @Override
        public String name() {
          return name;
        }

        @Override
        public void started(int from) {
          takeMoments(NAMES.size() - 1 - place);
          if (hasFailed && from == 0) startsOver = Optional.of(name);
          noted.add("start " + name);
        }

        @Override
        public int work(int state) throws Exception {
          if (state == 0) return 1;
          steps.countDown();
          if (name.equals(failing) && !hasFailed) {
            fail.await();
            hasFailed = true;
            throw new IllegalStateException(name + " fails, once.");
          }
          new CountDownLatch(1).await();
          return state;
        }

        @Override
        public void ended() {
          takeMoments(3 * place); // longer than the others need to start
          noted.add("end " + name);
        }
      };
    }
  }

  private static final long MOMENT_NANOS = 1_000_000;

  /// Longer than any sibling takes to start or to end.
  private static final Duration LATE = Duration.ofMillis(20);

  private static void takeMoments(int many) {
    long end = System.nanoTime() + many * MOMENT_NANOS;
    for (long left; (left = end - System.nanoTime()) > 0; ) LockSupport.parkNanos(left);
  }

  private TreeChecks() {}
}
