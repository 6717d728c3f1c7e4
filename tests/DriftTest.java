import static org.assertj.core.api.Assertions.fail;

import harness.Drift;
import harness.Repository;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What stands in two places is the same in both, and what is named is there.
class DriftTest {

  // In quotes, one may speak of it. (The pattern is cut in two so that this file doesn't match.)
  private static final Pattern UNFINISHED =
      Pattern.compile("(?<![`\"'])\\b(TO" + "DO|FIX" + "ME)\\b");
  private static final Pattern MACHINE =
      Pattern.compile("(?<![\\w.~}-])/(root|home|Users|work|tmp)/\\w|\\b[A-Z]:\\\\Users\\b");

  private static Drift clone;

  @BeforeAll
  static void read_the_clone() throws InterruptedException {
    clone = Drift.of(Repository.root());
  }

  @Test
  void carried_over_regions_are_word_for_word_equal() {
    assertNone(clone.regions());
  }

  @Test
  void every_chapter_has_all_its_parts() {
    assertNone(clone.chapterParts());
  }

  @Test
  void every_exercise_has_a_starter_a_solution_and_a_chapter_that_names_it() {
    assertNone(clone.exerciseParts());
  }

  @Test
  void every_file_that_prose_names_is_there() {
    assertNone(clone.namedFiles());
  }

  @Test
  void every_name_that_prose_gives_to_jbang_is_in_the_catalog() {
    assertNone(clone.namedAliases());
  }

  @Test
  void every_alias_points_at_a_script_and_describes_it_in_its_own_words() {
    assertNone(clone.aliasParts());
  }

  @Test
  void every_chapter_and_every_tool_has_its_aliases() {
    assertNone(clone.missingAliases());
  }

  @Test
  void nothing_is_left_to_do_outside_the_starters() {
    assertNone(clone.lines(UNFINISHED, file -> !file.startsWith("exercises/")));
  }

  @Test
  void no_file_knows_the_machine_that_it_was_written_on() {
    assertNone(clone.lines(MACHINE, _ -> true));
  }

  @Test
  void every_java_file_is_formatted() {
    assertNone(clone.formatting());
  }

  private static void assertNone(List<String> complaints) {
    if (!complaints.isEmpty()) fail(String.join("\n\n", complaints));
  }
}
