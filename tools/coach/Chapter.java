package coach;

import harness.Repository;
import harness.TomlEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A chapter, as `chapters/chapters.toml` describes it, where each key is explained, and as its own
/// prose does.
///
/// @param changed empty in chapter 1
public record Chapter(
    String name,
    int number,
    String file,
    Optional<String> changed,
    List<String> answers,
    String right,
    List<String> thoughts,
    List<String> demo,
    List<String> shows,
    String because) {

  private static final String LIST = "chapters/chapters.toml";

  private static final Set<String> KEYS =
      Set.of(
          "name",
          "number",
          "file",
          "changed",
          "answers",
          "right",
          "thoughts",
          "demo",
          "shows",
          "because");

  /// So that an answer fits into a line of a terminal.
  private static final int LONGEST_ANSWER = 75;

  private static final Pattern QUESTION =
      Pattern.compile("(?m)^/// \\*\\*Predict\\.\\*\\* (.+(?:\\n/// .+)*)");
  private static final Pattern READING = Pattern.compile("(?m)^/// \\*Reading: (\\d+) minutes\\.");

  /// All chapters, in their order.
  ///
  /// @throws TomlEntry.Invalid if the list can't be understood
  public static List<Chapter> all() {
    return parse(Repository.read(LIST));
  }

  public static Optional<Chapter> byName(String name) {
    return all().stream().filter(chapter -> chapter.name.equals(name)).findFirst();
  }

  public static Optional<Chapter> byNumber(int number) {
    return all().stream().filter(chapter -> chapter.number == number).findFirst();
  }

  public Optional<Chapter> previous() {
    return byNumber(number - 1);
  }

  public Optional<Chapter> next() {
    return byNumber(number + 1);
  }

  public Path source() {
    return Repository.root().resolve("chapters").resolve(file);
  }

  /// The question to answer before the demo, as one paragraph of Markdown.
  public String question() {
    return inProse(QUESTION, "**Predict.** and a question").replace("\n/// ", " ");
  }

  /// How long it takes to read the chapter.
  public int readingMinutes() {
    return Integer.parseInt(inProse(READING, "*Reading: N minutes."));
  }

  private String inProse(Pattern pattern, String form) {
    Matcher found = pattern.matcher(Repository.read("chapters/" + file));
    if (!found.find()) throw new IllegalStateException("chapters/" + file + " lacks " + form);
    return found.group(1);
  }

  /// The answers by their letters, `a` first.
  public SequencedMap<String, String> choices() {
    var choices = new TreeMap<String, String>();
    for (String answer : answers) choices.put(letter(choices.size()), answer);
    return choices;
  }

  /// What those believe who give this answer; empty if it's the right one.
  public Optional<String> thought(String letter) {
    if (letter.equals(right)) return Optional.empty();
    var wrong = choices().keySet().stream().filter(it -> !it.equals(right)).toList();
    return Optional.of(thoughts.get(wrong.indexOf(letter)));
  }

  private static String letter(int index) {
    return Character.toString('a' + index);
  }

  /// Which lines of the demo's output decide: the indices of those in `shows`, as far as they're there.
  /// Where a line comes twice, it's the first one behind the one before it in `shows`.
  public List<Integer> deciding(List<String> output) {
    var deciding = new ArrayList<Integer>();
    for (int i = 0; i < output.size() && deciding.size() < shows.size(); i++)
      if (output.get(i).strip().equals(shows.get(deciding.size()))) deciding.add(i);
    return List.copyOf(deciding);
  }

  /// The chapters in a text of that form.
  ///
  /// @throws TomlEntry.Invalid with the entry that is wrong, and what it should be
  public static List<Chapter> parse(String toml) {
    var chapters = new ArrayList<Chapter>();
    for (TomlEntry entry : TomlEntry.parse(LIST, toml, "chapter", "name", KEYS))
      chapters.add(at(chapters.size() + 1, entry));
    return List.copyOf(chapters);
  }

  private static Chapter at(int place, TomlEntry entry) {
    String name = entry.text("name", "[a-z]+(-[a-z]+)*");
    int number = entry.number("number", 1, 99);
    if (number != place)
      throw entry.invalid("number", "should be %d, its place, and is %d".formatted(place, number));
    if (number == 1 && entry.has("changed"))
      throw entry.invalid("changed", "should be left out: nothing comes before chapter 1");
    List<String> answers = answers(entry);
    return new Chapter(
        name,
        number,
        entry.text("file", "%02d(-[a-z]+)+\\.java".formatted(number)),
        number == 1 ? Optional.empty() : Optional.of(entry.text("changed", ".+")),
        answers,
        entry.text("right", "[a-" + letter(answers.size() - 1) + "]"),
        entry.texts("thoughts", answers.size() - 1, answers.size() - 1),
        entry.texts("demo", 0, 20),
        entry.texts("shows", 1, 3),
        entry.text("because", ".+"));
  }

  private static List<String> answers(TomlEntry entry) {
    List<String> answers = entry.texts("answers", 3, 4);
    for (String answer : answers)
      if (answer.length() > LONGEST_ANSWER)
        throw entry.invalid(
            "answers",
            "should be of at most %d characters, and this is of %d: %s"
                .formatted(LONGEST_ANSWER, answer.length(), answer));
    if (Set.copyOf(answers).size() < answers.size())
      throw entry.invalid("answers", "should all differ");
    return answers;
  }
}
