import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import drift.Command;
import drift.Session;
import harness.Repository;
import harness.Threads;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.ThrowingConsumer;
import org.junit.jupiter.api.io.TempDir;

/// What a session shows is what the prompt answers. `./jbang refresh` fills all of it in anew.
class SessionsTest {

  private static final Map<String, Session> sessions = new TreeMap<>();

  @BeforeAll
  static void play_all_sessions() throws Exception {
    for (Path path : Repository.files("chapters", ".jsh")) {
      String file = "chapters/" + path.getFileName();
      sessions.put(file, Session.played(file, Repository.read(file)));
    }
  }

  private static Stream<DynamicTest> each(ThrowingConsumer<String> check) {
    return sessions.keySet().stream().map(file -> dynamicTest(file, () -> check.accept(file)));
  }

  @TestFactory
  Stream<DynamicTest> every_session_shows_what_really_happens() {
    return each(file -> assertThat(String.join("\n", sessions.get(file).mismatches())).isEmpty());
  }

  /// `./jbang refresh` would keep a snippet of ours that goes wrong as if it were meant.
  @TestFactory
  Stream<DynamicTest> no_session_shows_a_mistake_of_ours() {
    return each(file ->
        assertThat(Repository.read(file))
            .doesNotContain(
                "throws NullPointerException",
                "throws ClassCastException",
                "throws IndexOutOfBoundsException",
                "throws NoClassDefFoundError"));
  }

  @TestFactory
  Stream<DynamicTest> every_session_has_10_to_25_snippets() {
    return each(file ->
        assertThat(sessions.get(file).snippets())
            .as("the snippets of " + file + ", for a quarter of an hour's play")
            .hasSizeBetween(10, 25));
  }

  @TestFactory
  Stream<DynamicTest> every_chapter_has_a_session_that_says_how_to_open_it() {
    return Repository.files("chapters", ".java").stream()
        .map(path -> path.getFileName().toString())
        .map(chapter ->
            dynamicTest(
                chapter,
                () ->
                    assertThat(Repository.read("chapters/" + chapter.replace(".java", ".jsh")))
                        .startsWith("//JAVA 25+\n//DESCRIPTION " + chapter.substring(0, 2))
                        .contains("\n//SOURCES " + chapter + "\n")
                        .contains("./jbang prompt " + chapter.substring(0, 2) + "\n")));
  }

  // The checker itself, on small sessions of its own.

  /// JBang's own prompt couldn't load chapter 7. A learner's must.
  @Test
  void a_prompt_opens_that_knows_the_last_chapter() throws Exception {
    String type = "echo 'var x = new Stopping.Retry()' | ./jbang prompt 07";
    var prompt = Command.run(type, Repository.root());
    assertThat(prompt.out()).contains("x ==> Retry[]");
    assertThat(prompt.exitCode()).isZero();
  }

  @Test
  void a_session_may_show_values_prints_errors_and_what_the_compiler_says() throws Exception {
    PrintStream screen = System.out;
    var session =
        played(
            """
            // A declaration may show its value, or keep it to itself.
            int two = 1 + 1;
            // ==> 2
            var three = new Object();
            class Four extends RuntimeException { Four() { super("4!"); } }
            two + 2
            // ==> 4
            for (int i = 5; i < 7; i++)
              IO.println(i);
            // ==> prints 5
            // ==> prints 6
            System.err.println("7");
            // ==> prints 7
            throw new Four();
            // ==> throws Four: 4!
            int eight = "8";
            // ==> does not compile: incompatible types: java.lang.String cannot be converted to int
            """);
    assertThat(session.mismatches()).isEmpty();
    assertThat(session.snippets()).hasSize(8);
    assertThat(System.out).isSameAs(screen);
  }

  @Test
  void a_wrong_value_is_told_with_its_place_and_the_right_one() throws Exception {
    assertThat(played("// prose\n\n1 + 1\n// ==> 3\n").mismatches())
        .containsExactly(
            """
            chapters/x.jsh:3 shows something else than what happens.
                1 + 1
              shown: 3
              came:  2
            If what came is right, refresh the file: ./jbang refresh
            """);
  }

  @Test
  void what_does_not_come_as_shown_is_a_mismatch() throws Exception {
    var session =
        played(
            """
            1 + 1; // a value, and none is shown
            IO.println(1);
            IO.println(1);
            // ==> prints 1
            // ==> prints 2
            IO.println(1); IO.println(2);
            // ==> prints 2
            List.of().getFirst();
            List.of(1).getFirst();
            // ==> throws NoSuchElementException
            int x = 1;
            // ==> 2
            int y = 1;
            //=> 2
            int z = ;
            int right = 1;
            // ==> does not compile: illegal start of expression
            right;
            // ==> 1

            // ==> 1
            class Unfinished {
            // ==> 2
            class Endless {
            """);
    assertThat(session.mismatches())
        .extracting(message -> message.replaceAll("(?s)chapters/x.jsh:(\\d+) shows .*", "$1"))
        .containsExactly("1", "2", "3", "6", "8", "9", "11", "13", "15", "16", "21", "22", "24");
  }

  @Test
  void a_compile_error_is_told_with_what_the_compiler_says() throws Exception {
    assertThat(played("nobody.take(0);\n").mismatches().getFirst())
        .contains("chapters/x.jsh:1")
        .contains("came:  does not compile: cannot find symbol: variable nobody");
  }

  @Test
  void the_compiler_speaks_english_wherever_the_reader_lives() throws Exception {
    Locale locale = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertThat(played("nobody\n").mismatches().getFirst()).contains("cannot find symbol");
      assertThat(Locale.getDefault()).isEqualTo(Locale.GERMANY);
    } finally {
      Locale.setDefault(locale);
    }
  }

  @Test
  void a_chapter_that_does_not_compile_is_told(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("x.java"), "class X { int y = \"z\"; }");
    String file = folder.resolve("x.jsh").toString();
    assertThat(Session.played(file, "//SOURCES x.java\n").mismatches().getFirst())
        .contains("x.java does not compile: incompatible types");
  }

  @Test
  void a_snippet_that_does_not_end_is_stopped_and_told() throws Exception {
    Set<Long> before = Threads.ids();
    String endless = "for (;;) try { LockSupport.park(); } catch (Throwable e) { }";
    var session = playedInHaste("int x = 1;\n// ==> 2\n" + endless + "\nx\n// ==> 3\n");
    assertThat(session.mismatches())
        .hasSize(2)
        .last()
        .asString()
        .contains("chapters/x.jsh:3 was not done after 1000 ms, and stopped", endless);
    assertNoneLeft(before);
    assertThatThrownBy(session::refreshed).hasMessageContaining("chapters/x.jsh:3 was not done");
  }

  @Test
  void a_thread_that_never_rests_is_told_and_stopped() throws Exception {
    Set<Long> before = Threads.ids();
    assertThat(playedInHaste("Thread.startVirtualThread(() -> { while (true); });\n").mismatches())
        .last()
        .asString()
        .contains("chapters/x.jsh leaves something running that never rests", "virtual thread");
    assertNoneLeft(before);
  }

  @Test
  void a_thread_that_waits_for_ever_is_no_mismatch_and_ends_with_the_session() throws Exception {
    Set<Long> before = Threads.ids();
    var session = played("var t = Thread.startVirtualThread(() -> LockSupport.park());\n");
    assertThat(session.mismatches()).isEmpty();
    assertNoneLeft(before);
  }

  /// A thread that has done its work may not be over yet.
  private static void assertNoneLeft(Set<Long> before) throws InterruptedException {
    for (var left : Threads.since(before))
      assertThat(left.thread().join(Duration.ofSeconds(1))).as(left.toString()).isTrue();
  }

  @Test
  void refreshing_fills_in_what_came_and_touches_nothing_else() throws Exception {
    String stale =
        """
        //JAVA 25+

        // prose
        int quiet = 1;
        int loud = 2;
        // ==> ?
        if (loud > 1)
          IO.println("a\\n\\nb ");
        //=> c
        // ==> d
        class E {}
        // ==> f

        loud
        """;
    String fresh =
        """
        //JAVA 25+

        // prose
        int quiet = 1;
        int loud = 2;
        // ==> 2
        if (loud > 1)
          IO.println("a\\n\\nb ");
        // ==> prints a
        // ==> prints
        // ==> prints b
        class E {}

        loud
        // ==> 2
        """;
    assertThat(played(stale).refreshed()).isEqualTo(fresh);
    assertThat(played(fresh).refreshed()).isEqualTo(fresh);
    assertThat(played(fresh).mismatches()).isEmpty();
  }

  private static Session played(String text) throws InterruptedException {
    return Session.played("chapters/x.jsh", text);
  }

  private static Session playedInHaste(String text) throws InterruptedException {
    return Session.played("chapters/x.jsh", text, Duration.ofSeconds(1));
  }
}
