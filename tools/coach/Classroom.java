package coach;

import static java.text.Normalizer.Form.NFC;

import coach.Progress.Prediction;
import coach.Progress.Work;
import harness.Exercise;
import harness.Promise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/// What a teacher gets from each learner, and what a room's files add up to.
final class Classroom {

  /// What one learner hands in.
  ///
  /// @param name in one line, without blanks around it
  record Export(String name, Progress progress) {

    Export {
      if (name != null)
        name = Normalizer.normalize(name, NFC).replaceAll("[\\s\\p{Cc}]+", " ").strip();
    }

    /// @throws IllegalArgumentException with a sentence, if the file is no export
    static Export read(Path file) {
      try {
        var export = Json.read(Files.readAllBytes(file), Export.class);
        boolean whole =
            export != null
                && export.name != null
                && !export.name.isEmpty()
                && export.progress != null;
        if (!whole) throw noExport(file);
        if (export.progress.version() > Progress.VERSION)
          throw new IllegalArgumentException(
              file + " is from a newer coach than this one. Update this clone: git pull");
        return export;
      } catch (NoSuchFileException e) {
        throw new IllegalArgumentException("There is no file " + file + ".");
      } catch (IOException e) {
        throw new IllegalArgumentException(file + " can't be read: " + e + ".");
      } catch (JacksonException e) {
        throw noExport(file);
      }
    }

    private static IllegalArgumentException noExport(Path file) {
      return new IllegalArgumentException(
          file + " is no export. A learner makes one: ./jbang coach export --name NAME");
    }

    /// Something that grows and never shrinks while somebody works.
    private int soFar() {
      return progress.predictions().size()
          + progress.exercises().values().stream()
              .mapToInt(work -> work.checks() + work.hints().size())
              .sum();
    }
  }

  /// What was found in the files that a room handed in.
  ///
  /// @param exports at most one of each name
  /// @param remarks sentences about files that look odd
  /// @param unread sentences about files that could not be read
  record HandedIn(List<Export> exports, List<String> remarks, List<String> unread) {

    /// @param files exports, and folders that hold some
    static HandedIn read(List<Path> files) throws IOException {
      var byName = new LinkedHashMap<String, Export>();
      var from = new LinkedHashMap<String, Path>();
      var remarks = new ArrayList<String>();
      var unread = new ArrayList<String>();
      for (Path file : inside(files))
        try {
          var export = Export.read(file);
          var before = byName.get(export.name);
          boolean further = before == null || export.soFar() > before.soFar();
          Path earlier = from.get(export.name);
          if (further) {
            byName.put(export.name, export);
            from.put(export.name, file);
          }
          if (before != null)
            remarks.add(
                ("%s and %s are both of %s. The one that has got further counts, %s. If they are"
                        + " two people, let one have another name.")
                    .formatted(earlier, file, export.name, from.get(export.name)));
        } catch (IllegalArgumentException e) {
          unread.add(e.getMessage());
        }
      return new HandedIn(List.copyOf(byName.values()), remarks, unread);
    }

    private static List<Path> inside(List<Path> files) throws IOException {
      var all = new ArrayList<Path>();
      for (Path file : files)
        if (Files.isDirectory(file))
          try (var inside = Files.list(file)) {
            inside
                .filter(it -> it.toString().toLowerCase(Locale.ROOT).endsWith(".json"))
                .filter(Files::isRegularFile)
                .sorted()
                .forEach(all::add);
          }
        else all.add(file);
      return all;
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
    var text =
        new StringBuilder(
            "# %s\n\n%s\n\n".formatted(Markdown.inline(export.name), summary(export)));
    text.append("| exercise | passed | checks | hints | solution first |\n|---|---|--:|--:|---|\n");
    for (var exercise : exercises) {
      Work work = export.progress.work(exercise.id());
      text.append(
          row(
              exercise.id() + " · " + exercise.title(),
              work.isPassed() ? "✓ " + work.passed().split("T")[0] : "",
              shown(work.checks()),
              shown(work.hints().size()),
              work.solutionFirst() ? "yes" : ""));
    }
    text.append("\n| predicted | answer | |\n|---|---|---|\n");
    for (var chapter : chapters) {
      var prediction = export.progress.prediction(chapter.name());
      text.append(
          row(
              "%02d · %s".formatted(chapter.number(), chapter.name()),
              prediction.map(it -> Markdown.inline(it.answer())).orElse(""),
              prediction.map(it -> it.right() ? "✓" : "✗").orElse("")));
    }
    return text.toString();
  }

  private String summary(Export export) {
    var predictions =
        chapters.stream().flatMap(it -> export.progress.prediction(it.name()).stream()).toList();
    long right = predictions.stream().filter(Prediction::right).count();
    return "%d of %d exercises passed, %d of %d predictions right."
        .formatted(passed(export.progress), exercises.size(), right, predictions.size());
  }

  /// How many exercises passed that there are today.
  int passed(Progress progress) {
    return (int) exercises.stream().filter(it -> progress.work(it.id()).isPassed()).count();
  }

  /// What a room adds up to.
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
  record Count(int passed, int tried, int hints, int solutionFirst, Map<String, Integer> stuckAt) {}

  /// Exercises that somebody has worked on, and that this clone doesn't know: it's older than theirs, or
  /// an older one had them.
  List<String> unknown(List<Export> exports) {
    var unknown = new TreeSet<String>();
    for (var export : exports) unknown.addAll(export.progress.exercises().keySet());
    exercises.forEach(it -> unknown.remove(it.id()));
    return List.copyOf(unknown);
  }

  /// @param exports one of each learner
  Room total(List<Export> exports) {
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
    words.stream()
        .filter(word -> !word.isEmpty())
        .sorted()
        .forEach(word -> tally.merge(word, 1, Integer::sum));
    return tally;
  }

  /// The room as Markdown, for a screen in front of it.
  String table(Room room) {
    var text =
        new StringBuilder(
            "# The room: %d %s\n\n"
                .formatted(room.learners, room.learners == 1 ? "learner" : "learners"));
    text.append("| exercise | passed | at it | stuck at | hints | solution first |\n");
    text.append("|---|--:|--:|---|--:|--:|\n");
    for (var exercise : exercises) {
      Count count = room.exercises.get(exercise.id());
      text.append(
          row(
              exercise.id() + " · " + exercise.title(),
              shown(count.passed),
              shown(count.tried),
              shown(count.stuckAt),
              shown(count.hints),
              shown(count.solutionFirst)));
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

  private static String shown(int count) {
    return count == 0 ? "" : "" + count;
  }

  private static String shown(Map<String, Integer> stuckAt) {
    return stuckAt.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
        .map(it -> titleOf(it.getKey()) + " " + it.getValue() + "×")
        .collect(Collectors.joining(", "));
  }

  private static String titleOf(String promise) {
    if (promise.equals(Exercise.LAW)) return "the law";
    return Stream.of(Promise.values())
        .filter(it -> it.name().equals(promise))
        .findFirst()
        .map(Promise::title)
        .orElse(Markdown.inline(promise));
  }

  private static String marked(Map<String, Integer> answers, String right) {
    return answers.entrySet().stream()
        .map(it ->
            Markdown.inline(it.getKey())
                + (it.getKey().equals(right) ? " ✓" : "")
                + ": "
                + it.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String row(String... cells) {
    return Markdown.row(List.of(cells));
  }
}
