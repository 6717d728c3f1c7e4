import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import harness.Law;
import harness.Matrix;
import harness.Subject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import trees.Model;
import trees.Tree;
import trees.Trial;
import trees.Trial.Surprise;

/// Thousands of trees of supervisors against a model: small ones of every kind, and random ones.
///
/// The seeds are 1, 2, 3 …, the same each time. A surprise is made smaller as long as it stays one, and
/// told as a line that [Tree#of] can read.
@ExtendWith(Law.class)
class TreesTest {

  private static final long SEEDS = 3_000;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /// Trees that once were a surprise.
  private static final List<String> KNOWN =
      List.of(
          "one=0(a one=0(b c)) p0 : b+ c+", // stopped while it started, it forgot b's and c's step
          "all=2(a b c~) p1 : a+ b- b-1 a-",
          "rest=3(a one=1(b c) d) p0 : b+ b- b- c+ b- d.",
          "one=1(a!) p1 : a. t11 a- a-1");

  private static Subject chapter9() {
    return Subject.of(Matrix.sourceOf(9), "Grove09");
  }

  // One failure, in every small tree

  /// Who is stopped, and who is started, when `failing` of `names` fails. A temporary child is never
  /// started again.
  private static List<String> expected(
      String strategy, List<String> names, String marks, int failing) {
    var expected = new ArrayList<String>();
    var group =
        switch (strategy) {
          case "one" -> names.subList(failing, failing + 1);
          case "all" -> names;
          default -> names.subList(failing, names.size());
        };
    if (marks.charAt(failing) == '~') return List.of("Ended " + names.get(failing));
    for (String name : group.reversed())
      if (!name.equals(names.get(failing))) expected.add("Ended " + name);
    for (String name : group)
      if (marks.charAt(names.indexOf(name)) != '~') expected.add("Started " + name);
    return expected;
  }

  @TestFactory
  Stream<DynamicTest> after_a_failure_the_strategy_names_who_is_stopped_and_who_is_started() {
    var trial = new Trial(chapter9(), PATIENCE);
    return Stream.of("one", "all", "rest")
        .map(strategy ->
            dynamicTest(strategy, () -> SchedulesTest.inTime(() -> assertGroups(trial, strategy))));
  }

  private static Void assertGroups(Trial trial, String strategy) throws InterruptedException {
    for (int size = 2; size <= 4; size++)
      for (String failingMark : List.of("?", "!", "~"))
        for (String otherMark : List.of("?", "!", "~"))
          for (int failing = 0; failing < size; failing++) {
            var names = List.of("a", "b", "c", "d").subList(0, size);
            var marks =
                new StringBuilder(otherMark.repeat(size))
                    .replace(failing, failing + 1, failingMark)
                    .toString();
            var children = new ArrayList<String>();
            for (int i = 0; i < size; i++)
              children.add((names.get(i) + marks.charAt(i)).replace("?", ""));
            var tree =
                Tree.of(
                    "%s=1(%s) p0 : %s-"
                        .formatted(strategy, String.join(" ", children), names.get(failing)));
            trial.inTurn(tree).ifPresent(surprise -> Assertions.fail("" + surprise));
            var model = new Model(tree);
            int before = model.notes().size();
            model.happens(tree.actions().getFirst());
            var changes =
                model.notes().subList(before, model.notes().size()).stream()
                    .filter(note -> note.matches("(Started|Ended) .*"))
                    .map(note -> note.replaceAll("( \\w+).*", "$1"))
                    .toList();
            assertThat(changes).as("" + tree).isEqualTo(expected(strategy, names, marks, failing));
          }
    return null;
  }

  // Random trees

  @Test
  void random_trees_go_to_the_letter_as_the_model_says() throws Exception {
    var trial = new Trial(chapter9(), PATIENCE);
    SchedulesTest.inTime(() -> {
      var trees = LongStream.rangeClosed(1, SEEDS).mapToObj(Tree::random).toList();
      firstSurprise(trial, trees).ifPresent(surprise -> Assertions.fail("" + surprise));
      return null;
    });
  }

  @Test
  void when_all_happens_at_once_nothing_is_lost_and_nothing_runs_twice() throws Exception {
    var trial = new Trial(chapter9(), PATIENCE);
    SchedulesTest.inTime(() -> {
      for (long seed = 1; seed <= SEEDS; seed++) {
        var surprise = trial.atOnce(Tree.random(seed).patient());
        if (surprise.isPresent()) Assertions.fail("Seed " + seed + "\n" + surprise.get());
      }
      return null;
    });
  }

  @Test
  void trees_that_once_were_a_surprise_are_none() throws Exception {
    var trial = new Trial(chapter9(), PATIENCE);
    SchedulesTest.inTime(() -> {
      firstSurprise(trial, KNOWN.stream().map(Tree::of).toList())
          .ifPresent(surprise -> Assertions.fail("" + surprise));
      return null;
    });
  }

  @Test
  void a_tree_can_be_read_again() {
    for (long seed = 1; seed <= 200; seed++) {
      var tree = Tree.random(seed);
      assertThat(Tree.of("" + tree)).isEqualTo(tree);
    }
    assertThatThrownBy(() -> Tree.of("all=2(a b p0 :"))
        .hasMessage("This is no tree from here on: p0 :");
  }

  // The search itself, on a chapter with a mistake in it

  @TestFactory
  Stream<DynamicTest> a_mistake_is_found_made_small_and_told(@TempDir Path folder) {
    return Stream.of(
        mistake(
            "siblings are stopped in the order of their start",
            "for (Child<?> other : groupOf(child).reversed()) stop(other);",
            "for (Child<?> other : groupOf(child)) stop(other);",
            "(all|rest)=\\d\\(\\w \\w \\w\\) p0 : \\w-",
            folder),
        mistake(
            "one restart too few",
            "if (restarts.size() > intensity.max())",
            "if (restarts.size() >= intensity.max())",
            "one=\\d\\(\\w\\) p0 : (\\w- ?)+",
            folder),
        mistake(
            "a sibling's progress forgives",
            "restarts.removeIf(restarted -> restarted.child() == child);",
            "restarts.clear();",
            "one=\\d\\(\\w one=\\d\\(\\w\\)\\) p0 : .*",
            folder),
        mistake(
            "a restart begins where the child began",
            "child.from = child.running.state;",
            "child.from = child.running.from;",
            "one=\\d\\(\\w\\) p0 : (\\w)\\+( \\1-)?",
            folder));
  }

  private static DynamicTest mistake(
      String name, String right, String wrong, String smallest, Path folder) {
    return dynamicTest(
        name,
        () -> {
          var subject = SchedulesTest.mistaken(9, right, wrong, "Grove09", folder);
          var trial = new Trial(subject, Duration.ofSeconds(5));
          var trees = LongStream.rangeClosed(1, 300).mapToObj(Tree::random).toList();
          Surprise surprise = SchedulesTest.inTime(() -> firstSurprise(trial, trees)).orElseThrow();
          assertThat("" + surprise.tree()).matches(smallest);
          assertThat("" + surprise)
              .contains("Expected: Started ", "Replay: add this line to TreesTest.KNOWN: ");
          assertThat(SchedulesTest.inTime(() -> trial.inTurn(Tree.of("" + surprise.tree()))))
              .isPresent();
        });
  }

  private static Optional<Surprise> firstSurprise(Trial trial, List<Tree> trees)
      throws InterruptedException {
    for (Tree tree : trees) {
      var surprise = trial.inTurn(tree);
      if (surprise.isPresent()) return Optional.of(trial.shrunk(surprise.get()));
    }
    return Optional.empty();
  }
}
