package harness;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/// An exercise, as `exercises/exercises.toml` describes it; what each entry means is written there.
///
/// @param untouched git's id of the starter's content, as it is before anybody works on it
/// @param hints for who has not begun
/// @param stuck for who has: three hints for each promise, under its name, and for the [#LAW]
public record Exercise(
    String id,
    String file,
    String title,
    int chapter,
    Kind kind,
    int minutes,
    List<Promise> promises,
    String stage,
    String failsWith,
    String untouched,
    List<String> hints,
    Map<String, List<String>> stuck) {

  /// Whether an exercise rebuilds the chapter's idea on another producer, or extends the chapter's own.
  public enum Kind {
    REBUILD,
    EXTEND
  }

  /// The law's name in the list, where it stands among those of the promises.
  public static final String LAW = "LAW";

  public static final String LIST = "exercises/exercises.toml";

  private static final Set<String> KEYS =
      new TreeSet<>(
          Set.of(
              "id",
              "file",
              "title",
              "chapter",
              "kind",
              "minutes",
              "promises",
              "stage",
              "fails_with",
              "untouched",
              "hints",
              "stuck"));

  private static final Set<String> STUCK_KEYS = new TreeSet<>(Set.of("on", "hints"));

  /// A question, where to look, the shape of the change.
  private static final int LEVELS = 3;

  /// All exercises, in the order in which one does them.
  ///
  /// @throws Invalid if the list can't be understood
  public static List<Exercise> all() {
    return parse(Repository.read(LIST));
  }

  /// The exercise with this id, such as `01-a`.
  public static Optional<Exercise> byId(String id) {
    return all().stream().filter(exercise -> exercise.id.equals(id)).findFirst();
  }

  /// Where the learner works.
  public Path starter() {
    return Repository.root().resolve("exercises").resolve(file);
  }

  public Path solution() {
    return Repository.root().resolve("solutions").resolve(file);
  }

  /// What git calls a file of this content: see `git hash-object`.
  public static String idOf(byte[] content) {
    try {
      var sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(sha1.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-1.", e);
    }
  }

  /// Three hints for who is stuck on `topic`: the name of a promise, or [#LAW]. On anything else, the
  /// general ones.
  public List<String> hintsOn(String topic) {
    return stuck.getOrDefault(topic, hints);
  }

  /// The exercises in a text of that form.
  ///
  /// @throws Invalid with the entry that is wrong, and what it should be
  public static List<Exercise> parse(String toml) {
    JsonNode root;
    try {
      root = new TomlMapper().readTree(toml);
    } catch (JacksonException e) {
      throw new Invalid(
          "is no TOML, line " + e.getLocation().getLineNr() + ": " + e.getOriginalMessage());
    }
    var exercises = new ArrayList<Exercise>();
    var ids = new HashSet<String>();
    for (JsonNode entry : root.path("exercise")) {
      var exercise = new Entry(entry).exercise();
      if (!ids.add(exercise.id)) throw new Invalid(exercise.id + ": there are two with this id");
      exercises.add(exercise);
    }
    if (exercises.isEmpty()) throw new Invalid("holds no [[exercise]]");
    return List.copyOf(exercises);
  }

  /// One entry of the list, or of what hangs on it. Each question to it either gets an answer or ends in
  /// an [Invalid].
  ///
  /// @param place where it stands in the list
  private record Entry(JsonNode node, String place) {

    Entry(JsonNode node) {
      this(node, node.path("id").asString("an exercise without id"));
    }

    Exercise exercise() {
      refuseAllKeysBut(KEYS);
      var promises =
          texts("promises").stream().map(name -> name(Promise.class, "promises", name)).toList();
      return new Exercise(
          text("id", "\\d\\d-[a-z]"),
          text("file", "\\d\\d-[a-z]-[a-z-]+\\.java"),
          text("title", ".+"),
          number("chapter", 1, 99),
          name(Kind.class, "kind", text("kind", ".+").toUpperCase()),
          number("minutes", 1, 600),
          promises,
          text("stage", "\\w+"),
          text("fails_with", ".+"),
          text("untouched", "[0-9a-f]{40}"),
          hints(),
          stuck(promises));
    }

    void refuseAllKeysBut(Set<String> keys) {
      for (String key : node.propertyNames())
        if (!keys.contains(key)) throw invalid(key, "is no key that we know. There are " + keys);
    }

    List<String> hints() {
      var hints = texts("hints");
      if (hints.size() != LEVELS)
        throw invalid("hints", "should be " + LEVELS + ", and are " + hints.size());
      return hints;
    }

    /// The hints for each of `promises`, and for the law.
    Map<String, List<String>> stuck(List<Promise> promises) {
      var names = new ArrayList<>(promises.stream().map(Promise::name).toList());
      names.add(LAW);
      var stuck = new HashMap<String, List<String>>();
      for (JsonNode table : node.path("stuck")) {
        var entry = new Entry(table, place + ": stuck");
        entry.refuseAllKeysBut(STUCK_KEYS);
        for (String name : entry.texts("on")) {
          if (!names.contains(name))
            throw entry.invalid("on", "'" + name + "' is none of " + names);
          if (stuck.put(name, entry.hints()) != null)
            throw entry.invalid("on", "'" + name + "' has hints already");
        }
      }
      names.removeAll(stuck.keySet());
      if (!names.isEmpty()) throw invalid("stuck", "has no hints on " + names);
      return Map.copyOf(stuck);
    }

    String text(String key, String form) {
      String text = node.path(key).asString("");
      if (!node.path(key).isString() || !text.matches(form))
        throw invalid(key, "should be a text of the form " + form + ", and is " + shown(key));
      return text;
    }

    int number(String key, int least, int most) {
      int number = node.path(key).asInt(-1);
      if (!node.path(key).isInt() || number < least || number > most)
        throw invalid(
            key, "should be a number from %d to %d, and is %s".formatted(least, most, shown(key)));
      return number;
    }

    List<String> texts(String key) {
      var texts = new ArrayList<String>();
      for (JsonNode element : node.path(key)) texts.add(element.asString("").strip());
      if (texts.isEmpty() || texts.contains(""))
        throw invalid(key, "should be a list of texts, none of them empty, and is " + shown(key));
      return List.copyOf(texts);
    }

    <T extends Enum<T>> T name(Class<T> type, String key, String name) {
      return Stream.of(type.getEnumConstants())
          .filter(constant -> constant.name().equals(name))
          .findFirst()
          .orElseThrow(
              () -> invalid(key, "'" + name + "' is none of " + List.of(type.getEnumConstants())));
    }

    String shown(String key) {
      return node.has(key) ? node.path(key).toString() : "missing";
    }

    Invalid invalid(String key, String what) {
      return new Invalid(place + ": " + key + " " + what);
    }
  }

  /// The list of exercises can't be understood.
  public static final class Invalid extends IllegalStateException {
    Invalid(String message) {
      super(LIST + ": " + message + ".");
    }
  }
}
