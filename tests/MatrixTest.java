import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import harness.Law;
import harness.Lawfulness;
import harness.Matrix;
import harness.Matrix.Cell;
import harness.Matrix.RealLog;
import harness.Promise;
import harness.Repository;
import harness.Subject;
import harness.Verdict;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/// The matrix of promises, cell by cell, in both directions: a kept promise is kept, and a broken one is
/// broken in the way that the matrix announces.
@ExtendWith(Law.class)
class MatrixTest {

  @TestFactory
  Stream<DynamicTest> every_cell_tells_the_truth() {
    return Matrix.chapters().stream().flatMap(MatrixTest::column);
  }

  private static Stream<DynamicTest> column(int chapter) {
    var subject = Subject.of(Matrix.sourceOf(chapter), Matrix.stageOf(chapter));
    return cells("%02d".formatted(chapter), Matrix.column(chapter), subject);
  }

  @TestFactory
  Stream<DynamicTest> and_so_does_every_cell_of_the_same_promises_on_real_logs() {
    return Stream.of(RealLog.values())
        .flatMap(log -> cells("" + log, Matrix.on(log), log.subject()));
  }

  private static Stream<DynamicTest> cells(
      String column, Map<Promise, Cell> cells, Subject subject) {
    return cells.entrySet().stream()
        .filter(cell -> !(cell.getValue() instanceof Cell.NotYet))
        .map(cell ->
            dynamicTest(
                column + " " + cell.getKey().title(),
                () -> assertCell(cell.getKey(), cell.getValue(), subject)));
  }

  private static void assertCell(Promise promise, Cell expected, Subject subject) {
    Verdict verdict = promise.check(subject);
    switch (expected) {
      case Cell.Kept() ->
          assertThat(verdict)
              .as(() -> promise.title() + " is marked ✓.\n" + explain(verdict))
              .isInstanceOf(Kept.class);
      case Cell.Breaks(Way way) -> {
        assertThat(verdict)
            .as(promise.title() + " is marked ✗, and is kept: the matrix is too modest")
            .isInstanceOf(Broken.class);
        assertThat(((Broken) verdict).way())
            .as(() -> promise.title() + " is broken in another way.\n" + explain(verdict))
            .isEqualTo(way);
      }
      case Cell.NotYet() -> throw new AssertionError("not asked");
    }
  }

  private static String explain(Verdict verdict) {
    return verdict instanceof Broken broken ? broken.explain() : "";
  }

  @TestFactory
  Stream<DynamicTest> every_chapter_breaks_the_law_as_announced_and_no_further() {
    return Matrix.chapters().stream()
        .map(chapter -> dynamicTest("%02d".formatted(chapter), () -> assertLaw(chapter)));
  }

  private static void assertLaw(int chapter) {
    var subject = Subject.of(Matrix.sourceOf(chapter), Matrix.stageOf(chapter));
    var articles = Lawfulness.breaches(subject).stream().map(Law.Breach::article);
    assertThat(articles.collect(Collectors.toSet())).isEqualTo(Matrix.excused(chapter));
  }

  @Test
  void every_promise_has_a_row() {
    assertThat(Matrix.column(1).keySet()).containsExactly(Promise.values());
  }

  @Test
  void every_chapter_has_a_column() {
    long chapters = Repository.files("chapters", ".java").size();
    assertThat(Matrix.chapters()).hasSize((int) chapters);
  }
}
