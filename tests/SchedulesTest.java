import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import harness.Law;
import harness.Matrix;
import harness.Schedules;
import harness.Schedules.Model;
import harness.Schedules.Surprise;
import harness.Script;
import harness.Subject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/// Every small schedule of failures, and a hundred thousand others, against a model of ten lines.
///
/// The seeds are 1, 2, 3 …, the same each time: a test that fails today fails tomorrow. A failure shows
/// the smallest schedule near it, its picture, and the command that draws it again.
@ExtendWith(Law.class)
class SchedulesTest {

  private static final int EVENTS = 5;
  private static final long SEEDS = 25_000;
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  /// The restarts are those that the chapters' adapters allow.
  private static final Map<Integer, Model> MODELS =
      new TreeMap<>(
          Map.of(
              4, new Model(3, false, false, false, false),
              5, new Model(9, true, false, false, false),
              6, new Model(9, true, true, false, false),
              7, new Model(9, true, true, true, true)));

  private static Subject subjectOf(int chapter) {
    return Subject.of(Matrix.sourceOf(chapter), Matrix.stageOf(chapter));
  }

  @Test
  void every_chapter_from_4_on_has_a_model() {
    assertThat(MODELS.keySet())
        .containsExactlyElementsOf(Matrix.chapters().stream().filter(n -> n > 3).toList());
  }

  @TestFactory
  Stream<DynamicTest> every_plan_of_two_faults_in_five_events_goes_as_the_model_says() {
    return each((subject, model, chapter) -> check(subject, model, chapter, Script.all(EVENTS)));
  }

  @TestFactory
  Stream<DynamicTest> and_so_do_a_hundred_thousand_random_ones() {
    return each((subject, model, chapter) ->
        check(
            subject,
            model,
            chapter,
            LongStream.rangeClosed(1, SEEDS).mapToObj(Script::wild).toList()));
  }

  @Test
  void chapter_7_may_be_interrupted_at_any_moment_of_any_plan() throws Exception {
    var subject = subjectOf(7);
    var scripts =
        Script.all(4).stream()
            .filter(script ->
                script.faults().stream().noneMatch(fault -> fault.matches(".*\\*|fatal.*")))
            .toList();
    int[] runs = {0};
    inTime(() -> {
      for (Script script : scripts) {
        var interrupted = Schedules.interrupted(subject, script, MODELS.get(7));
        runs[0] += interrupted.runs();
        interrupted.complaint().ifPresent(Assertions::fail);
      }
      return null;
    });
    assertThat(runs[0]).isGreaterThan(3_000);
  }

  private interface Check {
    void of(Subject subject, Model model, int chapter) throws Exception;
  }

  private static Stream<DynamicTest> each(Check check) {
    return MODELS.entrySet().stream()
        .map(entry -> {
          int chapter = entry.getKey();
          return dynamicTest(
              "%02d".formatted(chapter),
              () -> check.of(subjectOf(chapter), entry.getValue(), chapter));
        });
  }

  private static void check(Subject subject, Model model, int chapter, List<Script> scripts)
      throws Exception {
    var surprise = firstSurprise(subject, model, scripts);
    if (surprise.isPresent())
      Assertions.fail(surprise.get().explain(subject, "./jbang draw %02d".formatted(chapter)));
  }

  /// On a virtual thread, since the programs' threads are virtual, too: they change places quickly.
  private static Optional<Surprise> firstSurprise(
      Subject subject, Model model, List<Script> scripts) throws Exception {
    var current = new Script[1];
    try {
      return inTime(() -> {
        for (Script script : scripts) {
          current[0] = script;
          var surprise = Schedules.surprise(subject, script, model);
          if (surprise.isPresent())
            return Optional.of(Schedules.shrunk(subject, surprise.get(), model));
        }
        return Optional.empty();
      });
    } catch (TimeoutException e) {
      throw new AssertionError("it hangs under " + current[0], e);
    }
  }

  private static <T> T inTime(Callable<T> body) throws Exception {
    var task = new FutureTask<>(body);
    var thread = Thread.startVirtualThread(task);
    try {
      return task.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } finally {
      thread.interrupt();
    }
  }
}
