import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import harness.Law;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import terminal.PtySession;

/// The terminal in which the tests run a program shows what a person would see, and is a terminal.
@ExtendWith(Law.class)
class TerminalTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @BeforeAll
  static void only_where_there_are_such_terminals() {
    assumeFalse(File.separatorChar == '\\', "on Windows, PtySession has no terminal to offer");
  }

  /// Runs a script of the shell, with 40 columns and 6 rows. A file keeps its characters in any locale.
  private PtySession shell(String script) throws Exception {
    Files.writeString(folder.resolve("script"), script);
    return PtySession.start(List.of("sh", "script"), folder, Map.of("WORD", "green"), 40, 6);
  }

  private static String await(PtySession session, String text) throws InterruptedException {
    return session.awaitScreen("\"" + text + "\"", screen -> screen.contains(text), PATIENCE);
  }

  @Test
  void its_program_has_a_terminal_with_a_size_from_the_beginning() throws Exception {
    try (var session = shell("stty size; test -t 0 && test -t 1 && test -t 2 && tty")) {
      assertThat(session.waitFor(PATIENCE)).isZero();
      assertThat(session.text()).matches("6 40\n/dev/.+");
    }
  }

  @Test
  void the_screen_shows_the_folder_the_environment_and_the_exit_code() throws Exception {
    try (var session = shell("echo $WORD $TERM; pwd -P | tail -c 5; exit 7")) {
      assertThat(session.waitFor(PATIENCE)).isEqualTo(7);
      assertThat(session.screen()).hasSize(6);
      assertThat(session.screen().getFirst()).isEqualTo("green xterm-256color");
    }
  }

  @Test
  void the_screen_is_what_a_person_sees() throws Exception {
    var script =
        """
        printf 'gone\\n\\033[2J\\033[H\\033[1;31mred\\033[0m and \\033[38;5;208morange\\033[m\\n'
        printf 'abcdef\\033[3D\\033[K!\\033[5;10Hthere\\033[3;1H'
        printf '┌─┐ ✓ ✗ █ ░ ↻ · é 漢.\\n'
        """;
    try (var session = shell(script)) {
      assertThat(session.waitFor(PATIENCE)).isZero();
      assertThat(session.screen())
          .containsExactly(
              "red and orange", "abc!", "┌─┐ ✓ ✗ █ ░ ↻ · é 漢.", "", "         there", "");
    }
  }

  @Test
  void the_alternate_screen_is_seen_and_then_the_ordinary_one_again() throws Exception {
    var script =
        """
        stty -echo
        echo before
        read x
        printf '\\033[?1049h\\033[Halternate'
        read x
        printf '\\033[?1049l'
        """;
    try (var session = shell(script)) {
      await(session, "before");
      session.press("\n");
      assertThat(await(session, "alternate")).isEqualTo("alternate");
      session.press("\n");
      assertThat(session.waitFor(PATIENCE)).isZero();
      assertThat(session.text()).isEqualTo("before");
    }
  }

  @Test
  void keys_arrive_as_they_were_pressed() throws Exception {
    var script =
        """
        stty -echo -icanon -isig -icrnl
        echo ready
        dd bs=1 count=9 2>/dev/null | od -An -tx1
        """;
    try (var session = shell(script)) {
      await(session, "ready");
      session.press(PtySession.UP + "✓" + PtySession.ENTER + PtySession.CTRL_C + PtySession.ESCAPE);
      await(session, "1b 5b 41 e2 9c 93 0d 03 1b");
    }
  }

  /// Without `noflsh`, the system may throw away what a program prints right after its Ctrl-C.
  @Test
  void ctrl_c_and_a_new_size_are_signals() throws Exception {
    var script =
        """
        stty noflsh
        trap 'stty size' WINCH
        trap 'echo interrupted; exit 3' INT
        echo ready
        while :; do read x; done
        """;
    try (var session = shell(script)) {
      await(session, "ready");
      session.resize(30, 4);
      await(session, "4 30");
      assertThat(session.screen()).hasSize(4);
      session.press(PtySession.CTRL_C);
      assertThat(session.waitFor(PATIENCE)).isEqualTo(3);
      assertThat(session.text()).contains("interrupted");
    }
  }

  @Test
  void a_question_to_the_terminal_gets_its_answer() throws Exception {
    var script =
        """
        stty -echo -icanon
        printf '\\033[3;5H\\033[6n'
        dd bs=1 count=6 2>/dev/null | od -An -c
        """;
    try (var session = shell(script)) {
      await(session, "033   [   3   ;   5   R");
    }
  }

  @Test
  void half_a_frame_is_never_seen() throws Exception {
    var script =
        """
        stty -echo
        printf '\\033[?2026hhalf'
        read x
        printf ' and half\\033[?2026l'
        read x
        """;
    try (var session = shell(script)) {
      assertThatThrownBy(() ->
              session.awaitScreen("half", text -> text.contains("half"), Duration.ofMillis(300)))
          .isInstanceOf(AssertionError.class);
      session.press("\n");
      assertThat(await(session, "half")).isEqualTo("half and half");
    }
  }

  @Test
  void what_does_not_come_is_told_with_the_last_screen() throws Exception {
    try (var session = shell("echo ✓ one; echo two; read x")) {
      await(session, "two");
      assertThatThrownBy(
              () -> session.awaitScreen("a third line", _ -> false, Duration.ofMillis(100)))
          .isInstanceOf(AssertionError.class)
          .hasMessage(
              """
              Waited 0.1 s for a third line. The screen, 40 × 6:
              ┌────────────────────────────────────────┐
              │✓ one                                   │
              │two                                     │
              └────────────────────────────────────────┘\
              """);
    }
  }

  @Test
  void a_program_that_has_ended_is_not_waited_for() throws Exception {
    try (var session = shell("echo the end")) {
      assertThatThrownBy(() -> session.awaitScreen("more", _ -> false, Duration.ofHours(1)))
          .isInstanceOf(AssertionError.class)
          .hasMessageContainingAll("The program ended before there was more.", "│the end ");
    }
  }

  @Test
  void a_command_that_does_not_exist_says_so_on_the_screen() throws Exception {
    try (var session = PtySession.start(List.of("no such command"), folder, Map.of(), 40, 6)) {
      assertThat(session.waitFor(PATIENCE)).isEqualTo(127);
      assertThat(session.text()).isEqualTo("Could not start no such command");
    }
  }

  @Test
  void closing_kills_also_a_child_that_ignores_every_hint() throws Exception {
    ProcessHandle child;
    try (var session =
        shell("sh -c 'trap \"\" HUP TERM INT; echo up; while :; do sleep 1; done'\n:")) {
      await(session, "up");
      child = session.descendants().getFirst();
      assertThat(child.isAlive()).isTrue();
    }
    child.onExit().get(60, TimeUnit.SECONDS);
  }

  @Test
  void closing_kills_also_what_outlived_the_program() throws Exception {
    ProcessHandle child;
    var script = "(trap '' HUP; echo up; exec sleep 300 </dev/null >/dev/null 2>&1) &\nread x\n";
    try (var session = shell(script)) {
      await(session, "up");
      child = session.descendants().getFirst();
      session.press("\n");
      assertThat(session.waitFor(PATIENCE)).isZero();
      assertThat(session.descendants()).containsExactly(child);
    }
    child.onExit().get(60, TimeUnit.SECONDS);
  }
}
