package coach;

import coach.Progress.Prediction;
import coach.Progress.Work;
import harness.Exercise;
import harness.Promise;
import harness.Repository;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Someone who works through the exercises of this clone: where they are, and what comes next.
final class Learner {

  private static final Pattern GOAL =
      Pattern.compile("(?m)^/// \\*\\*The goal\\.\\*\\* (.+(?:\\n/// .+)*)");
  private static final Pattern BY_PLACE = Pattern.compile("(\\d\\d?)-(\\d)");

  final List<Exercise> exercises = Exercise.all();
  final ProgressFile file;
  final Starters starters;

  Learner() {
    Path folder = Repository.root().resolve(".coach");
    file = new ProgressFile(folder);
    starters = new Starters(folder);
    starters.keep(exercises);
  }

  Progress progress() {
    return file.progress();
  }

  Work work(Exercise exercise) {
    return progress().work(exercise.id());
  }

  /// The exercise at hand: the one that was chosen last, or else the first one that hasn't passed.
  Exercise current() {
    return exercises.stream()
        .filter(it -> it.id().equals(progress().current()))
        .findFirst()
        .or(() -> exercises.stream().filter(it -> !work(it).isPassed()).findFirst())
        .orElse(exercises.getLast());
  }

  /// The one to do after `exercise`: the next one that hasn't passed, or else the first such one.
  Optional<Exercise> after(Exercise exercise) {
    int at = exercises.indexOf(exercise);
    return exercises.stream()
        .skip(at + 1)
        .filter(it -> !work(it).isPassed())
        .findFirst()
        .or(() -> exercises.stream().limit(at).filter(it -> !work(it).isPassed()).findFirst());
  }

  /// The exercise that somebody names: `03-b`, its file, or `03-2` for the second one of chapter 3.
  ///
  /// @throws IllegalArgumentException with a sentence
  Exercise named(String name) {
    Matcher place = BY_PLACE.matcher(name);
    if (place.matches()) {
      var ofChapter =
          exercises.stream()
              .filter(it -> it.chapter() == Integer.parseInt(place.group(1)))
              .skip(Integer.parseInt(place.group(2)) - 1L)
              .findFirst();
      if (ofChapter.isPresent()) return ofChapter.get();
    }
    String fileName = Path.of(name).getFileName().toString();
    return exercises.stream()
        .filter(it -> it.id().equals(name) || it.file().equals(fileName))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "'%s' is no exercise. There are %s to %s: ./jbang coach list shows them."
                    .formatted(name, exercises.getFirst().id(), exercises.getLast().id())));
  }

  /// What the exercise is about: the paragraph of its prose, as one line.
  static String goalOf(Exercise exercise) {
    Matcher goal = GOAL.matcher(Repository.read("solutions/" + exercise.file()));
    return goal.find() ? goal.group(1).replace("\n/// ", " ") : "";
  }

  /// The path to click on: from the working directory on, if the file is in there.
  static String shown(Path path) {
    Path here = Path.of("").toAbsolutePath();
    return (path.startsWith(here) ? here.relativize(path) : path).toString().replace('\\', '/');
  }

  void checked(Exercise exercise, Check check) {
    if (check.state() == Check.State.ABANDONED) return;
    change(exercise, work -> work.checked(check, Instant.now()));
  }

  private void change(Exercise exercise, UnaryOperator<Work> how) {
    file.update(progress -> progress.with(exercise.id(), how.apply(progress.work(exercise.id()))));
  }

  void goTo(Exercise exercise) {
    file.update(progress -> progress.at(exercise.id()));
  }

  // ---- hints ----

  /// A hint, and where it comes from.
  ///
  /// @param topic the promise that it's about, `LAW`, or `BEGINNING`
  /// @param level from 1, a question, to 3, the shape of the change
  record Hint(String topic, int level, String text) {
    static final int LEVELS = 3;

    /// @param withTopic not where the verdict stands above it, and names the topic in its own way
    String titled(Exercise exercise, boolean withTopic) {
      String about =
          switch (withTopic ? topic : BEGINNING) {
            case BEGINNING -> "";
            case Exercise.LAW -> ", on the law";
            default -> ", on \"" + Promise.valueOf(topic).title() + "\"";
          };
      return "Hint %d of %d for %s%s".formatted(level, LEVELS, exercise.id(), about);
    }
  }

  /// The next hint about what is broken: one level more than was read so far, up to the last one.
  Hint nextHint(Exercise exercise) {
    String topic = topicOf(exercise);
    return hint(exercise, Math.min(Hint.LEVELS, work(exercise).hintsOn(topic) + 1));
  }

  /// @throws IllegalArgumentException if there is no such level
  Hint hint(Exercise exercise, int level) {
    if (level < 1 || level > Hint.LEVELS)
      throw new IllegalArgumentException("There are hints 1 to " + Hint.LEVELS + ".");
    String topic = topicOf(exercise);
    change(exercise, work -> work.hinted(topic, level));
    var hints = exercise.hintsOn(topic);
    return new Hint(topic, level, hints.get(level - 1));
  }

  private static final String BEGINNING = "BEGINNING";

  /// The promise that the last check found broken; but whoever hasn't begun needs another hint.
  private String topicOf(Exercise exercise) {
    String broken = work(exercise).broken();
    return broken == null || Starters.isUntouched(exercise) ? BEGINNING : broken;
  }

  void openedSolution(Exercise exercise) {
    change(exercise, Work::openedSolution);
  }

  // ---- predictions ----

  /// Keeps the first answer to a chapter's question.
  void predicted(Chapter chapter, String answer) {
    var prediction = new Prediction(answer, answer.equals(chapter.right()));
    file.update(progress -> progress.predicted(chapter.name(), prediction));
  }
}
