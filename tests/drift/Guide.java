package drift;

import coach.Chapter;
import harness.Exercise;
import harness.Promise;
import harness.Repository;
import harness.Verdict;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.dataformat.toml.TomlMapper;

/// The part of the teacher's guide that says of each chapter what stands about it elsewhere: in its own
/// prose, in the lists of chapters and of exercises, and in that of the saboteurs.
public final class Guide {

  public static final String FILE = "CLASSROOM.md";

  private static final Pattern PLACE =
      Pattern.compile("(?s)(?<=<!-- chapters -->).*(?=<!-- /chapters -->)");
  private static final Pattern OBJECTIVES =
      Pattern.compile("/// After this chapter you can\\n///\\n((?:/// .+\\n)+)");

  private record Saboteurs(List<Saboteur> saboteur) {}

  private record Saboteur(String thought, int chapter, String breaks) {}

  /// The guide with that part between its two marks made anew.
  ///
  /// @throws IllegalStateException if it lacks the marks, or a chapter its objectives
  public static String withChapters(String text) {
    Matcher place = PLACE.matcher(text);
    if (!place.find())
      throw new IllegalStateException(
          FILE + " has no place for the chapters: <!-- chapters --> … <!-- /chapters -->");
    String toml = Repository.read("tests/saboteurs/saboteurs.toml");
    var saboteurs = new TomlMapper().readValue(toml, Saboteurs.class).saboteur;
    String chapters =
        Chapter.all().stream()
            .map(it -> told(it, Exercise.all(), saboteurs))
            .collect(Collectors.joining("\n"));
    return place.replaceFirst(Matcher.quoteReplacement("\n\n" + chapters + "\n"));
  }

  private static String told(Chapter chapter, List<Exercise> all, List<Saboteur> saboteurs) {
    var exercises = all.stream().filter(it -> it.chapter() == chapter.number()).toList();
    var text = new StringBuilder();
    text.append(
        "### %d · [%s](chapters/%s)\n\n"
            .formatted(chapter.number(), chapter.name(), chapter.file()));
    text.append(
        "%d minutes to read. Afterwards one can\n\n%s\n"
            .formatted(chapter.readingMinutes(), objectives(chapter)));
    text.append(paragraph("**Ask.** " + chapter.question()));
    chapter.choices().forEach((letter, answer) -> text.append(item(told(chapter, letter, answer))));
    String command =
        "./jbang %02d %s".formatted(chapter.number(), String.join(" ", chapter.demo()));
    text.append("\n**Show.** `").append(command).append("`\n\n");
    text.append(paragraph("**Because.** " + chapter.because()));
    text.append("**Let them work.**\n\n");
    for (var exercise : exercises)
      text.append(
          "- [%s](exercises/%s), %s, %d minutes\n"
              .formatted(exercise.id(), exercise.file(), exercise.title(), exercise.minutes()));
    text.append("\n**They will think,** and break\n\n");
    saboteurs.stream()
        .filter(it -> it.chapter == chapter.number())
        .forEach(it -> text.append(item("*%s:* \"%s\"".formatted(titleOf(it.breaks), it.thought))));
    return text.toString();
  }

  private static String objectives(Chapter chapter) {
    Matcher found = OBJECTIVES.matcher(Repository.read("chapters/" + chapter.file()));
    if (!found.find())
      throw new IllegalStateException("chapters/" + chapter.file() + " has no list of objectives");
    return found.group(1).replaceAll("(?m)^/// ", "");
  }

  private static String told(Chapter chapter, String letter, String answer) {
    return chapter
        .thought(letter)
        .map(thought -> "`%s` %s. *%s*".formatted(letter, answer, thought))
        .orElseGet(() -> "`%s` **%s.** So it is.".formatted(letter, answer));
  }

  private static String titleOf(String promise) {
    return promise.equals(Exercise.LAW) ? "The law" : Promise.valueOf(promise).title();
  }

  private static String paragraph(String text) {
    return Verdict.wrapped(text, 0) + "\n\n";
  }

  private static String item(String text) {
    return "- " + Verdict.wrapped(text, 2) + "\n";
  }

  private Guide() {}
}
