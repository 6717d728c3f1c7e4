import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import harness.Law;
import harness.Matrix;
import harness.Promise;
import harness.Run;
import harness.Script;
import harness.Subject;
import harness.Target;
import harness.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// The harness itself: a harness that can't fail proves nothing.
@ExtendWith(Law.class)
class HarnessTest {

  /// The exhibit. A well-known Java exercise track has a test of this shape: ten thousand workers, and
  /// each of them dies of an `AssertionError` on a thread of its own. JUnit sees none of it, so the test
  /// is green. That's chapter 1's bug, inside a test.
  static class TenThousandWorkers {
    @Test
    void all_is_well() {
      try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 10_000; i++)
          workers.submit(() -> assertThat("a worker's balance").isEqualTo("what it should be"));
      }
      assertThat("the main thread").isNotEmpty();
    }
  }

  @ExtendWith(Law.class)
  static class TenThousandWorkersUnderTheLaw extends TenThousandWorkers {}

  @Test
  void without_the_law_ten_thousand_workers_die_and_the_test_is_green() {
    var law = new Law().watch();
    assertThat(outcomeOf(TenThousandWorkers.class)).isEmpty();
    assertThat(law.breaches()).isNotEmpty(); // and so this test has not left them to its own law
  }

  @Test
  void under_the_law_the_same_test_fails_and_quotes_them() {
    assertThat(outcomeOf(TenThousandWorkersUnderTheLaw.class))
        .contains("A future failed, and nobody looked at it", "what it should be");
  }

  @Test
  void an_uncaught_throwable_on_any_thread_is_quoted() throws InterruptedException {
    var law = new Law().watch();
    Thread.startVirtualThread(() -> boom("virtual")).join();
    Thread.ofPlatform().start(() -> boom("platform")).join();
    assertThat(law.breaches().toString()).contains("boom: virtual", "boom: platform");
  }

  @Test
  void a_leaked_thread_is_quoted_with_its_place() throws InterruptedException {
    var law = new Law().watch();
    var latch = new CountDownLatch(1);
    var thread = Thread.startVirtualThread(() -> awaitQuietly(latch));
    while (thread.getState() != Thread.State.WAITING) Thread.onSpinWait();
    assertThat(law.breaches().toString())
        .contains("A thread that nobody ended", "HarnessTest.awaitQuietly");
    latch.countDown();
    thread.join();
  }

  @Test
  void a_forgotten_future_is_quoted_however_it_was_made() throws InterruptedException {
    var law = new Law().watch();
    var task = new FutureTask<>(() -> boom("task"));
    Thread.startVirtualThread(task).join();
    try (var executor = Executors.newSingleThreadExecutor()) {
      executor.submit(() -> boom("submit"));
      CompletableFuture.runAsync(() -> boom("runAsync"), executor);
      CompletableFuture.supplyAsync(() -> boom("supplyAsync"), executor);
    }
    assertThat(law.breaches().toString())
        .contains("boom: task", "boom: submit", "boom: runAsync", "boom: supplyAsync");
  }

  @Test
  void a_future_that_somebody_looked_at_is_not_forgotten() throws InterruptedException {
    var law = new Law().watch();
    var seen = new ArrayList<Throwable>();
    try (var executor = Executors.newSingleThreadExecutor()) {
      var future = executor.submit(() -> boom("submit"));
      assertThatThrownBy(future::get).isInstanceOf(ExecutionException.class);
      CompletableFuture.runAsync(() -> boom("runAsync"), executor)
          .whenComplete((nothing, e) -> seen.add(e));
    }
    assertThat(law.breaches()).isEmpty();
    assertThat(seen).hasSize(1);
  }

  @Test
  void lockstep_gives_one_picture_for_one_script() {
    var script = Script.of(6, 2, "read@2", "put@4");
    assertThat(pictureOf(script)).isEqualTo(pictureOf(script)).contains("put 4 fails");
  }

  private static String pictureOf(Script script) {
    var stage = Subject.of(Matrix.sourceOf(3), Matrix.stageOf(3)).stage();
    try (var run = Run.inLockstep(stage, script)) {
      return run.drain().timeline().draw(1000);
    }
  }

  @Test
  void a_picture_is_at_most_80_columns_wide() {
    assertThat(pictureOf(Script.of(12, 0, "read@10")).lines()).allMatch(row -> row.length() <= 80);
  }

  @Test
  void a_seed_gives_the_same_script_each_time_and_another_seed_another() {
    assertThat(Script.random(7, 8, 4)).isEqualTo(Script.random(7, 8, 4));
    long different =
        LongStream.range(0, 50).mapToObj(s -> Script.random(s, 8, 4)).distinct().count();
    assertThat(different).isGreaterThan(40);
  }

  @Test
  void a_fault_plan_that_makes_no_sense_is_refused_with_a_sentence() {
    assertThatThrownBy(() -> Script.plan("rea@3", 10)).hasMessageContaining("'rea@3' is no fault");
    assertThatThrownBy(() -> Script.plan("read@10", 10))
        .hasMessageContaining("the last offset is 9");
    assertThat(Script.plan("read@3,read@3,put@9", 10)).hasSize(3);
  }

  @Test
  void a_file_that_does_not_compile_is_told_apart_from_one_that_can_not_be_called(
      @TempDir Path folder) throws IOException {
    Path broken = Files.writeString(folder.resolve("A.java"), "class Supervisor { int }");
    assertThatThrownBy(() -> Subject.of(broken, "Chapter03"))
        .isInstanceOf(Subject.DoesNotCompile.class)
        .hasMessageContaining("A.java does not compile yet")
        .hasMessageContaining("A.java:1");
    Path empty = Files.writeString(folder.resolve("B.java"), "class Supervisor {}");
    assertThatThrownBy(() -> Subject.of(empty, "Chapter03"))
        .isInstanceOf(Subject.DoesNotCompile.class)
        .hasMessageContaining("B.java compiles, but the harness can't call it");
  }

  @Test
  void a_program_may_catch_its_own_exceptions_and_no_others(@TempDir Path folder)
      throws IOException {
    String chapter = Files.readString(Matrix.sourceOf(3));
    String choosy =
        chapter.replace("catch (Throwable e)", "catch (LogException | InterruptedException e)");
    assertThat(choosy).isNotEqualTo(chapter);
    Path file = Files.writeString(folder.resolve("Choosy.java"), choosy);
    assertThat(Promise.NOTHING_LOST.check(Subject.of(file, Matrix.stageOf(3))))
        .isEqualTo(new Verdict.Kept());
  }

  @Test
  void a_program_can_not_end_the_harness(@TempDir Path folder) throws IOException {
    String chapter = Files.readString(Matrix.sourceOf(3));
    Path file =
        Files.writeString(
            folder.resolve("Exits.java"),
            chapter.replace("clicks.put(click);", "Runtime.getRuntime().halt(0);"));
    assertThat(Promise.IN_ORDER.check(Subject.of(file, Matrix.stageOf(3))))
        .isInstanceOf(Verdict.Broken.class);
  }

  @Test
  void what_nobody_knows_is_refused_with_a_list_of_what_there_is() {
    assertThatThrownBy(() -> Target.of(List.of("99")))
        .hasMessageContaining("'99' is neither a chapter nor an exercise")
        .hasMessageContaining("01, 02, 03");
    assertThatThrownBy(() -> Target.of(List.of("03", "no-such-file.java")))
        .hasMessageContaining("There is no file");
  }

  private static Void boom(String what) {
    throw new IllegalStateException("boom: " + what);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// What the failed tests of a class say; empty if all are green.
  private static String outcomeOf(Class<?> testClass) {
    var said = new StringBuilder();
    var request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectClass(testClass)).build();
    LauncherFactory.create()
        .execute(
            request,
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                result.getThrowable().ifPresent(e -> said.append(e.getMessage()));
              }
            });
    return said.toString();
  }
}
