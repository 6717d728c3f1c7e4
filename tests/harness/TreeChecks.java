package harness;

import static harness.Trial.*;
import static harness.Verdict.Way.*;

import harness.Stage.OtherWork;
import harness.Stage.Sibling;
import harness.Trial.Judge;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// What is promised about supervisors that run any work, and about siblings.
final class TreeChecks {

  /// How long nothing may happen before we say so. Only a broken program meets it.
  private static final long PATIENCE_SECONDS = 2;

  // ---- any producer ----

  private static final List<String> PAGES = List.of("first", "kF3x", "9uQa", "last");

  /// Pages with tokens for states, of which the second one fails once.
  static Verdict anyProducer(Subject subject) {
    return alone(
        subject,
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
        var verdict = alone(subject, run -> restarts(run, strategy, failing));
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
    var noted = new LinkedBlockingQueue<String>();
    var fail = new CountDownLatch(1);
    var siblings =
        NAMES.stream().map(name -> sibling(name, name.equals(failing), fail, noted)).toList();
    var seen = new ArrayList<String>();
    try (var _ = tree(run, strategy, siblings)) {
      collect(noted, seen, NAMES.size());
      fail.countDown();
      collect(noted, seen, expected.size() - NAMES.size());
    }
    noted.drainTo(seen);
    if (seen.equals(expected)) return Optional.empty();
    String what =
        "under %s, of a, b and c the child %s failed, and then all were stopped. It went: %s. It should go: %s."
            .formatted(strategy, failing, String.join(", ", seen), String.join(", ", expected));
    boolean sameOnes = seen.stream().sorted().toList().equals(expected.stream().sorted().toList());
    return sameOnes
        ? broken(run, WRONG_ORDER, what, Mistake.STOPS_IN_ANY_ORDER)
        : broken(run, WRONG_SIBLINGS, what, Mistake.RESTARTS_OTHER_SIBLINGS);
  }

  private static <E> AutoCloseable tree(Run<E> run, String strategy, List<Sibling> siblings)
      throws Exception {
    return run.inTime("the start", () -> run.stage().tree(run, strategy, siblings));
  }

  private static void collect(BlockingQueue<String> noted, List<String> seen, int upTo)
      throws InterruptedException {
    while (seen.size() < upTo) {
      String note = noted.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (note == null) return;
      seen.add(note);
    }
  }

  private static Sibling sibling(
      String name, boolean fails, CountDownLatch fail, BlockingQueue<String> noted) {
    return new Sibling() {
      private boolean hasFailed;

      @Override
      public String name() {
        return name;
      }

      @Override
      public void started() {
        noted.add("start " + name);
      }

      @Override
      public void work() throws Exception {
        if (fails && !hasFailed) {
          fail.await();
          hasFailed = true;
          throw new IllegalStateException(name + " fails, once.");
        }
        new CountDownLatch(1).await();
      }

      @Override
      public void ended() {
        noted.add("end " + name);
      }
    };
  }

  /// A run without the program's own work.
  private static Verdict alone(Subject subject, Judge judge) {
    try (var run = new Run<>(subject.stage(), Script.of(1, 0))) {
      return judged(run, judge).<Verdict>map(broken -> broken).orElseGet(Kept::new);
    }
  }

  private TreeChecks() {}
}
