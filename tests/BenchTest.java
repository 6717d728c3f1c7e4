import static org.assertj.core.api.Assertions.assertThat;

import drift.Command;
import harness.Repository;
import org.junit.jupiter.api.Test;

/// The bench works, and its page shows what it measured. How fast anything is is never asserted.
class BenchTest {

  @Test
  void all_contenders_deliver_the_same_and_the_page_shows_the_results() throws Exception {
    var checked = run("--check");

    assertThat(checked.shown())
        .contains("core-async-essay       delivers ", "chapter-08-batched     delivers ")
        .contains("chapter-09             restarts its child.")
        .endsWith("The page and its plots show what the results say.\n");
    assertThat(checked.exitCode()).isZero();
  }

  @Test
  void a_name_that_nobody_has_is_refused() throws Exception {
    var unknown = run("--only nobody");
    assertThat(unknown.exitCode()).isEqualTo(2);
    assertThat(unknown.err()).contains("Nothing here is called nobody. There are: core-async-");
  }

  private static Command.Result run(String options) throws Exception {
    return Command.run("./jbang bench " + options, Repository.root());
  }
}
