package harness;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
          "stuck");

  private static final Set<String> STUCK_KEYS = Set.of("on", "hints");

  /// A question, where to look, the shape of the change.
  private static final int LEVELS = 3;

  /// All exercises, in the order in which one does them.
  ///
  /// @throws TomlEntry.Invalid if the list can't be understood
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
  /// @throws TomlEntry.Invalid with the entry that is wrong, and what it should be
  public static List<Exercise> parse(String toml) {
    return TomlEntry.parse(LIST, toml, "exercise", "id", KEYS).stream().map(Exercise::of).toList();
  }

  private static Exercise of(TomlEntry entry) {
    var promises = entry.names(Promise.class, "promises");
    return new Exercise(
        entry.text("id", "\\d\\d-[a-z]"),
        entry.text("file", "\\d\\d-[a-z]-[a-z-]+\\.java"),
        entry.text("title", ".+"),
        entry.number("chapter", 1, 99),
        entry.name(Kind.class, "kind"),
        entry.number("minutes", 1, 600),
        promises,
        entry.text("stage", "\\w+"),
        entry.text("fails_with", ".+"),
        entry.text("untouched", "[0-9a-f]{40}"),
        entry.texts("hints", LEVELS, LEVELS),
        stuck(entry, promises));
  }

  /// The hints for each of `promises`, and for the law.
  private static Map<String, List<String>> stuck(TomlEntry entry, List<Promise> promises) {
    var names = new ArrayList<>(promises.stream().map(Promise::name).toList());
    names.add(LAW);
    var stuck = new HashMap<String, List<String>>();
    for (TomlEntry table : entry.tables("stuck", STUCK_KEYS)) {
      var hints = table.texts("hints", LEVELS, LEVELS);
      for (String name : table.texts("on", 1, promises.size() + 1)) {
        if (!names.contains(name)) throw table.invalid("on", "'" + name + "' is none of " + names);
        if (stuck.put(name, hints) != null)
          throw table.invalid("on", "'" + name + "' has hints already");
      }
    }
    names.removeAll(stuck.keySet());
    if (!names.isEmpty()) throw entry.invalid("stuck", "has no hints on " + names);
    return Map.copyOf(stuck);
  }
}
