import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import conformance.Behaviour;
import conformance.Behaviours;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// What OTP, suture and others are tested for, asked of the supervisors of chapters 8 and 9.
///
/// A behaviour that differs is told with its reason: `tests/CONFORMANCE.md` shows them all.
class ConformanceTest {

  @TestFactory
  Stream<DynamicTest> behaviours() {
    return Stream.of(9)
        .flatMap(chapter -> Behaviours.of(chapter).stream())
        .map(behaviour ->
            dynamicTest(
                "%02d %s".formatted(behaviour.chapter(), behaviour.name()),
                () -> lawfully(behaviour)));
  }

  /// The law is watched for each behaviour, since JUnit's extensions see a factory as one test.
  private static void lawfully(Behaviour behaviour) throws Exception {
    assertThat(Behaviour.breaches(behaviour.check())).isEmpty();
    assertThat(Thread.interrupted()).as("the test's own thread is interrupted").isFalse();
  }
}
