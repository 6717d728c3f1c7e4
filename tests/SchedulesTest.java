import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import harness.Directives;
import harness.Law;
import harness.Matrix;
import harness.Schedules;
import harness.Schedules.Model;
import harness.Schedules.Surprise;
import harness.Script;
import harness.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// More than 100,000 schedules of failures, every small one among them, against a model.
///
/// The seeds are 1, 2, 3 …, the same each time: a test that fails today fails tomorrow. A failure shows
/// the smallest schedule near it, its picture, and the command that draws it again.
@ExtendWith(Law.class)
class SchedulesTest {

  private static final int EVENTS = 5;
  private static final long SEEDS = 9_500;
  private static final int INTERRUPTED = 10_000;
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  /// The restarts are those that the chapters' adapters allow.
  private static final Map<Integer, Model> MODELS =
      new TreeMap<>(
          Map.of(
              4, new Model(3, false, false, false, false),
              5, new Model(9, true, false, false, false),
              6, new Model(9, true, true, false, false),
              7, new Model(9, true, true, true, true),
              8, new Model(9, true, true, true, true),
              9, new Model(9, true, true, true, true)));

  private static Subject subjectOf(int chapter) {
    return Subject.of(Matrix.sourceOf(chapter), Matrix.stageOf(chapter));
  }

  @Test
  void every_chapter_from_4_on_has_a_model_or_runs_chapter_9_s_tree() {
    for (int chapter : Matrix.chapters())
      if (chapter > 3 && !MODELS.containsKey(chapter))
        assertThat(Directives.of(Matrix.sourceOf(chapter)).sources()).contains(Matrix.sourceOf(9));
  }

  @TestFactory
  Stream<DynamicTest> every_plan_of_two_faults_in_five_events_goes_as_the_model_says() {
    return each((subject, model, chapter) -> check(subject, model, chapter, Script.all(EVENTS)));
  }

  @TestFactory
  Stream<DynamicTest> and_so_do_more_than_fifty_thousand_random_ones() {
    return each((subject, model, chapter) ->
        check(
            subject,
            model,
            chapter,
            LongStream.rangeClosed(1, SEEDS).mapToObj(Script::wild).toList()));
  }

  @Test
  void that_makes_more_than_100_000_schedules_with_those_that_are_stopped() {
    long schedules = MODELS.size() * (SEEDS + Script.all(EVENTS).size()) + 3 * INTERRUPTED;
    assertThat(schedules).isGreaterThan(100_000);
  }

  @TestFactory
  Stream<DynamicTest> chapters_7_to_9_may_be_stopped_at_any_moment_of_any_plan() {
    return IntStream.rangeClosed(7, 9)
        .mapToObj(
            chapter -> dynamicTest("%02d".formatted(chapter), () -> stopAtAnyMoment(chapter)));
  }

  private static void stopAtAnyMoment(int chapter) throws Exception {
    var subject = subjectOf(chapter);
    var scripts =
        Script.all(4).stream()
            .filter(script ->
                script.faults().stream().noneMatch(fault -> fault.matches(".*\\*|fatal.*")))
            .toList();
    int[] runs = {0};
    inTime(() -> {
      for (Script script : scripts) {
        var interrupted = Schedules.interrupted(subject, script, MODELS.get(chapter));
        runs[0] += interrupted.runs();
        interrupted.complaint().ifPresent(Assertions::fail);
      }
      return null;
    });
    assertThat(runs[0]).isGreaterThanOrEqualTo(INTERRUPTED);
  }

  // The search itself, on programs with a mistake in them.

  @Test
  void a_mistake_is_found_made_small_and_drawn(@TempDir Path folder) throws Exception {
    var subject = mistaken(5, "if (failure.offset() > from) restarts.progress();", "", folder);
    var surprise =
        firstSurprise(
            subject, MODELS.get(5), LongStream.rangeClosed(1, 500).mapToObj(Script::wild).toList());
    assertThat(surprise).isPresent();
    assertThat(surprise.get().script().smaller())
        .as("it can't be made smaller")
        .allSatisfy(
            script -> assertThat(Schedules.surprise(subject, script, MODELS.get(5))).isEmpty());
    assertThat(surprise.get().explain(subject, "./jbang draw 05"))
        .contains("Expected: Outcome[arrived=[", "Happened: Outcome[arrived=[", "waits 85 ms")
        .containsPattern("Replay: ./jbang draw 05 --events \\d+ --capacity 0 --fault \\w+@");
  }

  @Test
  void a_mistake_about_stops_is_found(@TempDir Path folder) throws Exception {
    var subject =
        mistaken(7, "return new Stopped(offset);", "return new Stopped(offset + 1);", folder);
    Schedules.Interrupted interrupted =
        inTime(() -> Schedules.interrupted(subject, Script.of(2, 1, "read@1"), MODELS.get(7)));
    assertThat(interrupted.complaint())
        .hasValueSatisfying(complaint ->
            assertThat(complaint)
                .contains("asked to stop at moment 1 of --events 2", "arrived=[1]", "read 1"));
  }

  @Test
  void a_program_that_hangs_is_told_with_its_schedule(@TempDir Path folder) throws Exception {
    var subject = mistaken(4, "clicks.put(new End(exit));", "", folder);
    assertThatThrownBy(() ->
            firstSurprise(subject, MODELS.get(4), List.of(Script.of(1, 0)), Duration.ofMillis(300)))
        .hasMessage("it hangs under --events 1 --capacity 0 --fault none");
  }

  private static Subject mistaken(int chapter, String right, String wrong, Path folder)
      throws IOException {
    return mistaken(chapter, right, wrong, Matrix.stageOf(chapter), folder);
  }

  /// A chapter with a mistake in it, behind the adapter `stage`.
  static Subject mistaken(int chapter, String right, String wrong, String stage, Path folder)
      throws IOException {
    String text = Files.readString(Matrix.sourceOf(chapter));
    assertThat(text).contains(right);
    return Subject.of(
        Files.writeString(folder.resolve("Mistaken.java"), text.replace(right, wrong)), stage);
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

  private static Optional<Surprise> firstSurprise(
      Subject subject, Model model, List<Script> scripts) throws Exception {
    return firstSurprise(subject, model, scripts, DEADLINE);
  }

  private static Optional<Surprise> firstSurprise(
      Subject subject, Model model, List<Script> scripts, Duration deadline) throws Exception {
    var current = new Script[1];
    try {
      return inTime(
          () -> {
            for (Script script : scripts) {
              current[0] = script;
              var surprise = Schedules.surprise(subject, script, model);
              if (surprise.isPresent())
                return Optional.of(Schedules.shrunk(subject, surprise.get(), model));
            }
            return Optional.empty();
          },
          deadline);
    } catch (TimeoutException e) {
      throw new AssertionError("it hangs under " + current[0], e);
    }
  }

  /// On a virtual thread, since the programs' threads are virtual, too: they change places quickly.
  static <T> T inTime(Callable<T> body) throws Exception {
    return inTime(body, DEADLINE);
  }

  private static <T> T inTime(Callable<T> body, Duration deadline) throws Exception {
    var task = new FutureTask<>(body);
    var thread = Thread.startVirtualThread(task);
    try {
      return task.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      thread.interrupt();
      thread.join(Duration.ofSeconds(5));
      task.state(); // looked at: whatever it died of, we've given up on it
    }
  }
}
