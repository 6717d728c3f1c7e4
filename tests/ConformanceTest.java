import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import conformance.Behaviour;
import conformance.Behaviours;
import harness.Repository;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What OTP, suture and others are tested for, asked of the supervisors of chapters 8 and 9.
///
/// A behaviour that differs is told with its reason: `tests/CONFORMANCE.md` shows them all.
class ConformanceTest {

  private static List<Behaviour> behaviours;

  @BeforeAll
  static void compile_both_chapters_once() {
    behaviours = Behaviours.ofAllChapters();
  }

  @TestFactory
  Stream<DynamicTest> every_behaviour_is_as_the_table_says() {
    return behaviours.stream()
        .map(behaviour ->
            dynamicTest(
                "%02d %s".formatted(behaviour.chapter(), behaviour.name()),
                () -> assertLawful(behaviour)));
  }

  /// The law is watched for each behaviour, since JUnit's extensions see a factory as one test.
  private static void assertLawful(Behaviour behaviour) throws Exception {
    assertThat(Behaviour.breaches(behaviour.check())).isEmpty();
    assertThat(Thread.interrupted()).as("the test's own thread is interrupted").isFalse();
  }

  @Test
  void the_table_can_be_read_in_CONFORMANCE_md() {
    String file = Repository.read(Behaviours.FILE);
    assertThat(file.equals(Behaviours.withTable(file, behaviours)))
        .as(Behaviours.FILE + " holds what these tests say; if not, run ./jbang refresh")
        .isTrue();
  }

  @Test
  void every_difference_has_a_reason_and_every_name_stands_once_in_a_chapter() {
    assertThat(behaviours)
        .allSatisfy(
            behaviour -> assertThat(behaviour.difference().isBlank()).isEqualTo(behaviour.isSame()))
        .extracting(behaviour -> behaviour.chapter() + behaviour.name())
        .doesNotHaveDuplicates();
  }
}
