package harness;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/// One entry of a list in TOML, such as a `[[chapter]]`. Each question to it either gets an answer or
/// ends in an [Invalid].
public final class TomlEntry {

  private final String list;
  private final String id;
  private final JsonNode node;

  private TomlEntry(String list, String id, JsonNode node) {
    this.list = list;
    this.id = id;
    this.node = node;
  }

  /// The entries of a list, in its order.
  ///
  /// @param list the file that the text is from
  /// @param table what stands between an entry's brackets
  /// @param idKey the key by which messages name an entry; no two have the same
  /// @param keys all that an entry may have
  /// @throws Invalid with what is wrong, and where
  public static List<TomlEntry> parse(
      String list, String toml, String table, String idKey, Set<String> keys) {
    JsonNode root;
    try {
      root = new TomlMapper().readTree(toml);
    } catch (JacksonException e) {
      int line = e.getLocation().getLineNr();
      throw new Invalid(list, "is no TOML, line " + line + ": " + e.getOriginalMessage());
    }
    var entries = new ArrayList<TomlEntry>();
    var ids = new HashSet<String>();
    for (JsonNode node : root.path(table)) {
      String id = node.path(idKey).asString("an entry without " + idKey);
      var entry = new TomlEntry(list, id, node).refusingAllKeysBut(keys);
      if (!ids.add(id)) throw entry.invalid(idKey, "is that of another entry, too");
      entries.add(entry);
    }
    if (entries.isEmpty()) throw new Invalid(list, "holds no [[" + table + "]]");
    return List.copyOf(entries);
  }

  private TomlEntry refusingAllKeysBut(Set<String> keys) {
    for (String key : node.propertyNames())
      if (!keys.contains(key))
        throw invalid(key, "is no key that we know. There are " + new TreeSet<>(keys));
    return this;
  }

  public boolean has(String key) {
    return node.has(key);
  }

  /// The tables that hang on this entry, such as `[[exercise.stuck]]`.
  ///
  /// @param keys all that such a table may have
  public List<TomlEntry> tables(String key, Set<String> keys) {
    var tables = new ArrayList<TomlEntry>();
    for (JsonNode table : node.path(key))
      tables.add(new TomlEntry(list, id + ": " + key, table).refusingAllKeysBut(keys));
    return List.copyOf(tables);
  }

  /// One of the constants of `type`, whose names are in capitals.
  public <T extends Enum<T>> T name(Class<T> type, String key) {
    return constant(type, key, text(key, ".+").toUpperCase(Locale.ROOT));
  }

  /// Some of the constants of `type`, by their names.
  public <T extends Enum<T>> List<T> names(Class<T> type, String key) {
    return texts(key, 1, type.getEnumConstants().length).stream()
        .map(name -> constant(type, key, name))
        .toList();
  }

  private <T extends Enum<T>> T constant(Class<T> type, String key, String name) {
    return Stream.of(type.getEnumConstants())
        .filter(constant -> constant.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> invalid(key, "'" + name + "' is none of " + List.of(type.getEnumConstants())));
  }

  /// @param form a regular expression
  public String text(String key, String form) {
    String text = node.path(key).asString("");
    if (!node.path(key).isString() || !text.matches(form))
      throw invalid(key, "should be a text of the form " + form + ", and is " + shown(key));
    return text;
  }

  public int number(String key, int least, int most) {
    int number = node.path(key).asInt(-1);
    if (!node.path(key).isInt() || number < least || number > most)
      throw invalid(
          key, "should be a number from %d to %d, and is %s".formatted(least, most, shown(key)));
    return number;
  }

  /// A list of `least` to `most` texts, without blanks around them.
  public List<String> texts(String key, int least, int most) {
    var texts = new ArrayList<String>();
    for (JsonNode element : node.path(key))
      texts.add(element.isString() ? element.asString().strip() : "");
    if (texts.size() < least || texts.size() > most || texts.contains(""))
      throw invalid(
          key,
          "should be a list of %s texts, none of them empty, and is %s"
              .formatted(least == most ? least : least + " to " + most, shown(key)));
    return List.copyOf(texts);
  }

  private String shown(String key) {
    return node.has(key) ? node.path(key).toString() : "missing";
  }

  /// What to throw about a key of this entry.
  ///
  /// @param what goes on after the key, and without a full stop, such as `should be 3, and is 4`
  public Invalid invalid(String key, String what) {
    return new Invalid(list, id + ": " + key + " " + what);
  }

  /// A list can't be understood.
  public static final class Invalid extends IllegalStateException {
    private Invalid(String list, String message) {
      super(list + ": " + message + ".");
    }
  }
}
