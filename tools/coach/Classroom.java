package coach;

import coach.Progress.Prediction;
import coach.Progress.Work;
import harness.Exercise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;

/// What a teacher gets from each learner, and what a room's files add up to.
final class Classroom {

  /// What one learner hands in.
  record Export(String name, Progress progress) {

    /// @throws IllegalArgumentException with a sentence, if the file is no export
    static Export read(Path file) {
      try {
        var export = Json.read(Files.readString(file), Export.class);
        if (export.name != null && export.progress != null) return export;
        throw new IllegalArgumentException(
            file + " is no export of the coach: it lacks a name, or the progress.");
      } catch (NoSuchFileException e) {
        throw new IllegalArgumentException("There is no file " + file + ".");
      } catch (IOException e) {
        throw new IllegalArgumentException(file + " can't be read: " + e + ".");
      } catch (JacksonException e) {
        throw new IllegalArgumentException(
            file + " is no export of the coach: " + e.getOriginalMessage() + ".");
      }
    }
  }

  private final List<Exercise> exercises;
  private final List<Chapter> chapters;

  Classroom(List<Exercise> exercises, List<Chapter> chapters) {
    this.exercises = exercises;
    this.chapters = chapters;
  }

  /// One learner's progress, as a Markdown table.
  String table(Export export) {
    var text = new StringBuilder("# %s\n\n%s\n\n".formatted(export.name, summary(export)));
    text.append("| exercise | passed | checks | hints | solution first |\n|---|---|--:|--:|---|\n");
    for (var exercise : exercises) {
      Work work = export.progress.work(exercise.id());
      text.append(
          row(
              exercise.id() + " · " + exercise.title(),
              work.isPassed() ? "✓ " + work.passed().substring(0, 10) : "",
              work.checks() == 0 ? "" : "" + work.checks(),
              work.hints().isEmpty() ? "" : "" + work.hints().size(),
              work.solutionFirst() ? "yes" : ""));
    }
    text.append("\n| predicted | answer | |\n|---|---|---|\n");
    for (var chapter : chapters) {
      var prediction = export.progress.prediction(chapter.name());
      text.append(
          row(
              "%02d · %s".formatted(chapter.number(), chapter.name()),
              prediction.map(Prediction::answer).orElse(""),
              prediction.map(it -> it.right() ? "✓" : "✗").orElse("")));
    }
    return text.toString();
  }

  private String summary(Export export) {
    long right = export.progress.predictions().values().stream().filter(Prediction::right).count();
    return "%d of %d exercises passed, %d of %d predictions right."
        .formatted(
            passed(export.progress),
            exercises.size(),
            right,
            export.progress.predictions().size());
  }

  /// How many exercises passed that there are today.
  int passed(Progress progress) {
    return (int) exercises.stream().filter(it -> progress.work(it.id()).isPassed()).count();
  }

  /// What a room adds up to. Of two files of one name, the later one counts.
  ///
  /// @param learners how many handed in
  /// @param exercises by id: who has passed, who is at it, what breaks most often
  /// @param predictions by chapter: how many gave each answer
  record Room(
      int learners, Map<String, Count> exercises, Map<String, Map<String, Integer>> predictions) {}

  /// @param passed how many have passed
  /// @param tried how many have checked it, and not passed
  /// @param hints how many hints were read
  /// @param solutionFirst how many opened the solution before they passed
  /// @param stuckAt the promises that are broken at this moment, and how often
  record Count(
      int passed, int tried, int hints, int solutionFirst, Map<String, Integer> stuckAt) {}

  Room total(List<Export> handedIn) {
    var byName = new LinkedHashMap<String, Export>();
    for (var export : handedIn) byName.put(export.name, export);
    var exports = List.copyOf(byName.values());
    var counts = new LinkedHashMap<String, Count>();
    for (var exercise : exercises) {
      var works = exports.stream().map(it -> it.progress.work(exercise.id())).toList();
      counts.put(
          exercise.id(),
          new Count(
              count(works, Work::isPassed),
              count(works, work -> work.checks() > 0 && !work.isPassed()),
              works.stream().mapToInt(work -> work.hints().size()).sum(),
              count(works, Work::solutionFirst),
              tally(
                  works.stream()
                      .filter(work -> !work.isPassed() && work.broken() != null)
                      .map(Work::broken)
                      .toList())));
    }
    var predictions = new LinkedHashMap<String, Map<String, Integer>>();
    for (var chapter : chapters)
      predictions.put(
          chapter.name(),
          tally(
              exports.stream()
                  .flatMap(it -> it.progress.prediction(chapter.name()).stream())
                  .map(Prediction::answer)
                  .toList()));
    return new Room(exports.size(), counts, predictions);
  }

  private static int count(List<Work> works, Predicate<Work> which) {
    return (int) works.stream().filter(which).count();
  }

  private static Map<String, Integer> tally(List<String> words) {
    var tally = new LinkedHashMap<String, Integer>();
    for (String word : words.stream().sorted().toList()) tally.merge(word, 1, Integer::sum);
    return tally;
  }

  /// The room as Markdown, for a screen in front of it.
  String table(Room room) {
    var text = new StringBuilder("# The room: %d learners\n\n".formatted(room.learners));
    text.append("| exercise | passed | at it | stuck at | hints | solution first |\n");
    text.append("|---|--:|--:|---|--:|--:|\n");
    for (var exercise : exercises) {
      Count count = room.exercises.get(exercise.id());
      text.append(
          row(
              exercise.id() + " · " + exercise.title(),
              "" + count.passed,
              "" + count.tried,
              shown(count.stuckAt),
              "" + count.hints,
              "" + count.solutionFirst));
    }
    text.append("\n| chapter | predictions | right |\n|---|---|--:|\n");
    for (var chapter : chapters) {
      var answers = room.predictions.get(chapter.name());
      int all = answers.values().stream().mapToInt(it -> it).sum();
      text.append(
          row(
              "%02d · %s".formatted(chapter.number(), chapter.name()),
              marked(answers, chapter.right()),
              all == 0 ? "" : answers.getOrDefault(chapter.right(), 0) + " of " + all));
    }
    return text.toString();
  }

  private static String shown(Map<String, Integer> tally) {
    return tally.entrySet().stream()
        .map(it -> it.getKey() + " " + it.getValue() + "×")
        .collect(Collectors.joining(", "));
  }

  private static String marked(Map<String, Integer> answers, String right) {
    return answers.entrySet().stream()
        .map(it -> it.getKey() + (it.getKey().equals(right) ? " ✓" : "") + ": " + it.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String row(String... cells) {
    var safe = new ArrayList<String>();
    for (String cell : cells) safe.add(cell.replace("|", "\\|"));
    return "| " + String.join(" | ", safe) + " |\n";
  }
}
