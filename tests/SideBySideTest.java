import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import runner.Batch;
import runner.SideBySide;

/// Whatever becomes of the JVM that runs a test, the test is reported.
class SideBySideTest {

  static class Passes {
    @Test
    void yes() {
      System.out.println("Nobody needs to read this.");
    }
  }

  static class Fails {
    @Test
    void yes() {}

    @Test
    void no() {
      System.out.println("{\"name\": \"some noise\"}");
      fail("because of that");
    }
  }

  static class Dies {
    @Test
    void at_once() throws Exception {
      System.out.println("My last words.");
      // By reflection, or else the law would forbid it.
      Runtime.class.getMethod("halt", int.class).invoke(Runtime.getRuntime(), 7);
    }
  }

  static class Hangs {
    @Test
    void with_a_child() throws Exception {
      var child = new ProcessBuilder("sleep", "300").start();
      System.out.println("child " + child.pid());
      child.waitFor();
    }
  }

  private static final Queue<Batch.Report> heard = new ConcurrentLinkedQueue<>();
  private static List<Batch.Report> reports;

  @BeforeAll
  static void run_all_of_them() throws Exception {
    try (var two = Executors.newFixedThreadPool(2)) {
      var hanging = two.submit(() -> run(8, List.of(List.of(nested("Hangs")))));
      var others =
          two.submit(() ->
              run(
                  90,
                  List.of(
                      List.of(nested("Passes"), nested("Fails"), nested("Dies"), nested("Passes")),
                      List.of("NobodyWroteThisTest"))));
      reports = Stream.of(hanging.get(), others.get()).flatMap(List::stream).toList();
    }
  }

  private static List<Batch.Report> run(int seconds, List<List<String>> batches)
      throws InterruptedException {
    return new SideBySide(Duration.ofSeconds(seconds), heard::add).run(batches);
  }

  private static String nested(String name) {
    return SideBySideTest.class.getName() + "$" + name;
  }

  @Test
  void every_class_has_its_report_in_order_and_the_listener_heard_it() {
    assertThat(reports)
        .extracting(report -> report.name().replaceFirst(".*\\$", ""))
        .containsExactly("Hangs", "Passes", "Fails", "Dies", "Passes", "NobodyWroteThisTest");
    assertThat(heard).containsExactlyInAnyOrderElementsOf(reports);
  }

  @Test
  void tests_are_counted_and_only_failed_ones_are_told_with_what_they_printed() {
    assertCounts(1, 1, 0);
    assertThat(reports.get(1).complaints()).isEmpty();
    assertCounts(2, 1, 1);
    assertThat(told(2)).contains("✗ no()", "because of that", "    {\"name\": \"some noise\"}");
  }

  @Test
  void a_jvm_that_dies_is_a_failure_and_another_one_runs_the_rest() {
    assertCounts(3, 0, 1);
    assertThat(told(3)).contains("ended too early, with exit code 7.", "    My last words.");
    assertCounts(4, 1, 0);
  }

  @Test
  void a_class_that_cannot_even_be_loaded_is_a_failure() {
    assertCounts(5, 0, 1);
    assertThat(told(5)).contains("exit code 1.", "ClassNotFoundException: NobodyWroteThisTest");
  }

  @Test
  void a_class_that_takes_too_long_is_killed_with_its_children() throws Exception {
    assertCounts(0, 0, 1);
    assertThat(told(0)).contains("It was not over after 8 s, and was killed.");
    assumeTrue(told(0).contains("child "), "this machine took 8 s to start a JVM");
    long pid = Long.parseLong(told(0).replaceAll("(?s).*child (\\d+).*", "$1"));
    var child = ProcessHandle.of(pid);
    if (child.isPresent()) child.get().onExit().get(30, TimeUnit.SECONDS);
  }

  private static void assertCounts(int index, int passed, int failed) {
    var report = reports.get(index);
    assertThat(List.of(report.passed(), report.failed(), report.skipped()))
        .as("%s", report)
        .containsExactly(passed, failed, 0);
  }

  private static String told(int index) {
    return String.join("\n", reports.get(index).complaints());
  }
}
