import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import coach.Progress;
import coach.ProgressFile;
import harness.Exercise;
import harness.Law;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import runner.Clone;
import terminal.PtySession;

/// A learner in front of the coach, in a terminal. They know nothing but what the screen says: which file
/// to open, whether it's right, and which key does what.
@ExtendWith(Law.class)
class CoachSessionTest {

  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final int ROWS = 44;

  /// A clone in which somebody may work.
  @TempDir private Path clone;

  private PtySession session;

  @BeforeEach
  void a_clone() throws IOException {
    assumeFalse(File.separatorChar == '\\', "on Windows, PtySession has no terminal to offer");
    Clone.in(clone);
  }

  private PtySession coach(String... arguments) throws IOException {
    var words = new ArrayList<String>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    words.add("--enable-native-access=ALL-UNNAMED");
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), "coach.Commands"));
    words.addAll(List.of(arguments));
    return PtySession.start(
        words, clone, Map.of("PUTS_AND_TAKES_HOME", clone.toString()), 80, ROWS);
  }

  private String await(String what) throws InterruptedException {
    return await("\"" + what + "\"", screen -> screen.contains(what));
  }

  private String await(String what, Predicate<String> predicate) throws InterruptedException {
    return session.awaitScreen(what, predicate, PATIENCE);
  }

  private static String find(String pattern, String screen) {
    Matcher found = Pattern.compile(pattern, Pattern.MULTILINE).matcher(screen);
    assertThat(found.find()).as("%s in\n%s", pattern, screen).isTrue();
    return found.group(1);
  }

  /// The screen's text without its line breaks.
  private static String unfolded(String screen) {
    return screen.replaceAll("\\s+", " ");
  }

  @Test
  void a_learner_gets_from_the_first_exercise_to_the_last() throws Exception {
    try (var coach = session = coach()) {
      var exercises = Exercise.all();
      for (int done = 0; done < exercises.size(); done++) {
        String red = await("✗");
        assertThat(red).contains(done + " of " + exercises.size());
        assertThat(unfolded(red))
            .contains(exercises.get(done).id() + " · ", "This is how it should fail now.")
            .contains(unfolded(exercises.get(done).failsWith().replaceAll("[.]$", "")));
        String file = find("^(exercises/\\S+\\.java)", red);

        coach.press(key("solution", red));
        String sure = await("again shows the solution");
        coach.press(find("(\\S) again shows the solution", sure));
        String solution = await("^solutions/", screen -> screen.startsWith("solutions/"));
        String solved = find("^(solutions/\\S+\\.java)", solution);
        coach.press(find("^(\\S) back", solution));
        await("✗");

        Files.copy(clone.resolve(solved), clone.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        String green = await("✓ All");
        if (done == exercises.size() - 1) {
          assertThat(unfolded(green)).contains("All " + exercises.size() + " exercises pass.");
          coach.press(find("(\\S) quit", green));
        } else coach.press(find("Next: (\\S) goes on to " + exercises.get(done + 1).id(), green));
      }
      assertThat(coach.waitFor(PATIENCE)).isZero();
    }
    var progress = progress();
    assertThat(progress.exercises()).hasSize(Exercise.all().size());
    assertThat(progress.exercises().values())
        .allMatch(work -> work.passed() != null && work.solutionFirst());
  }

  @Test
  void each_key_does_what_the_last_row_says() throws Exception {
    try (var coach = session = coach("03-2")) {
      String red = await("This is how it should fail now.");
      assertThat(red)
          .contains("03-b · Count the restarts", "Read first: chapters/03-supervisor.java");

      coach.press(key("hint", red));
      await("Hint 1 of 3 for 03-b");
      coach.press(key("hint", red));
      await("Hint 2 of 3 for 03-b");

      coach.press(key("predict", red));
      String question = await("Its demo will tell.");
      coach.press(PtySession.UP + PtySession.RIGHT + "z"); // no answers
      coach.press(find("^  (\\S)  ", question));
      assertThat(await("You said:  a"))
          .contains("$ ./jbang chapters/03-supervisor.java", "10 of 10 clicks arrived")
          .containsPattern("\n[✓✗] ");
      leave(coach);

      coach.press(key("list", red));
      await("→ … 03-b", screen -> screen.contains("→ … 03-b") && screen.contains("09-b"));
      coach.press(PtySession.UP + PtySession.UP + PtySession.ENTER);
      red = await("02-b · Name the operation");

      await("✗");
      coach.press(key("draw", red));
      await("The run that shows it");
      coach.press(" ");
      await("Again: ./jbang draw 02-b --events");
      leave(coach);

      coach.press(key("diff", red));
      await("f again shows the solution");
      coach.press("ff");
      await("and the solution (+)");
      leave(coach);

      coach.press(key("next", red));
      await("n again goes on all the same");
      coach.press("#");
      await("There is no key for that");
      coach.press("n");
      await("n again goes on all the same");
      coach.press("n");
      await("03-a · Poll a table");

      coach.press("q");
      assertThat(coach.waitFor(PATIENCE)).isZero();
      assertThat(coach.text()).as("the screen from before").isBlank();
    }
    var progress = progress();
    assertThat(progress.work("03-b").hints()).containsExactly("BEGINNING 1", "BEGINNING 2");
    assertThat(progress.work("02-b").solutionFirst()).isTrue();
    assertThat(progress.prediction("supervisor").orElseThrow().answer()).isEqualTo("a");
    assertThat(progress.current()).isEqualTo("03-a");
  }

  private void leave(PtySession coach) throws Exception {
    coach.press("q");
    await("the keys", screen -> screen.contains("q quit"));
  }

  @Test
  void a_file_that_is_broken_deleted_or_reset_gets_a_verdict_and_the_next_save_works()
      throws Exception {
    var exercise = Exercise.byId("01-b").orElseThrow();
    Path file = clone.resolve("exercises").resolve(exercise.file());
    Path solution = clone.resolve("solutions").resolve(exercise.file());
    String right = Files.readString(solution);
    try (var coach = session = coach("01-b")) {
      await("This is how it should fail now.");

      Files.writeString(file, right.replace("void main(", "void main( int "));
      String broken = await("Next: mend line");
      assertThat(broken).contains("01-b-last-words.java does not compile yet");
      String line = find("Next: mend line (\\d+)", broken);
      assertThat(broken).contains("exercises/01-b-last-words.java:" + line + "\n");
      coach.press("h");
      await("First let it compile");

      Files.delete(file);
      await("is not there. Was it deleted, or renamed?");

      Files.write(file, new byte[] {'a', (byte) 0xff});
      await("no UTF-8");

      Files.writeString(
          file,
          // it sleeps, too, since its time belongs to the tests beside us
          right.replace(
              "void main(",
              "static { while (System.nanoTime() != 0)"
                  + " java.util.concurrent.locks.LockSupport.parkNanos(1_000_000); } void main("));
      assertThat(await("Next: mend it, and save.")).contains("never came back");

      coach.press("r");
      await("r again does it");
      coach.press("r");
      assertThat(await("Yours is kept in")).contains("exercises/01-b-last-words.java.mine-1.");
      await("This is how it should fail now.");
      assertThat(file.resolveSibling("01-b-last-words.java.mine-1")).exists();

      Files.copy(solution, file, StandardCopyOption.REPLACE_EXISTING);
      await("✓ All");

      coach.resize(60, 12);
      await("a smaller screen", screen -> screen.contains("✓ All") && screen.contains("n next"));
      coach.press(PtySession.CTRL_C);
      assertThat(coach.waitFor(PATIENCE)).isZero();
    }
  }

  @Test
  void a_small_screen_shows_each_hint_and_question_and_a_view_tells_of_a_save() throws Exception {
    var exercise = Exercise.byId("06-b").orElseThrow();
    Path file = clone.resolve("exercises").resolve(exercise.file());
    try (var coach = session = coach("06-b")) {
      await("This is how it should fail now.");
      Files.writeString(file, Files.readString(file).replace("strikes = 0;", "strikes = 1;"));
      await("Next: mend it, and save.");

      coach.resize(60, 15);
      await("all keys", screen -> screen.contains("q quit"));
      for (int i = 1; i <= 3; i++) {
        coach.press("h");
        String last = exercise.stuck().get("ONE_BAD_EVENT").get(i - 1).replaceAll(".* ", "");
        await("hint " + i, screen -> screen.contains(last));
      }
      coach.press("h");
      await("That was the last hint on this.");
      coach.press(PtySession.UP.repeat(20));
      await("✗ One bad event");
      coach.press("r");
      await("r again", screen -> unfolded(screen).contains("r again does it."));

      coach.press("l");
      await("Enter goes there");
      Files.copy(
          clone.resolve("solutions").resolve(exercise.file()),
          file,
          StandardCopyOption.REPLACE_EXISTING);
      assertThat(await("✓ All")).contains("q goes there", "Enter goes there");
      coach.press(PtySession.ESCAPE + "l");
      await("Enter goes there");
      coach.press(PtySession.ESCAPE);
      await("Next: n goes on");
    }
  }

  /// The key that the last row names for it.
  private static String key(String what, String screen) {
    return find("(\\S) " + what + "( |$)", screen);
  }

  private Progress progress() {
    return new ProgressFile(clone.resolve(".coach")).progress();
  }
}
