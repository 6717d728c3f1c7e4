package drift;

import java.util.List;
import java.util.Optional;

/// The first line in which two texts differ. A text that has already ended shows as `(nothing more)`.
///
/// @param line its number, from 1
record Difference(int line, String one, String other) {

  static Optional<Difference> between(List<String> one, List<String> other) {
    if (one.equals(other)) return Optional.empty();
    int i = 0;
    while (i < one.size() && i < other.size() && one.get(i).equals(other.get(i))) i++;
    return Optional.of(new Difference(i + 1, at(one, i), at(other, i)));
  }

  /// The two lines, each behind the name of its text, such as `shown: `.
  String told(String nameOfOne, String nameOfOther) {
    return "in line %d:\n  %s%s\n  %s%s".formatted(line, nameOfOne, one, nameOfOther, other);
  }

  private static String at(List<String> lines, int i) {
    return i < lines.size() ? lines.get(i) : "(nothing more)";
  }
}
