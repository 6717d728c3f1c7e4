import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import harness.Law;
import harness.Lawfulness;
import harness.Matrix;
import harness.Matrix.Cell;
import harness.Promise;
import harness.Repository;
import harness.Subject;
import harness.Verdict;
import harness.Verdict.Broken;
import harness.Verdict.Kept;
import harness.Verdict.Way;
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
    return Matrix.chapters().stream().flatMap(this::column);
  }

  private Stream<DynamicTest> column(int chapter) {
    var subject = Subject.of(Matrix.sourceOf(chapter), Matrix.stageOf(chapter));
    return Matrix.column(chapter).entrySet().stream()
        .filter(cell -> !(cell.getValue() instanceof Cell.NotYet))
        .map(cell -> {
          String name = "%02d %s".formatted(chapter, cell.getKey().title());
          return dynamicTest(name, () -> assertCell(cell.getKey(), cell.getValue(), subject));
        });
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
