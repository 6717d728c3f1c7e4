package drift;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The first line in which two texts differ. A text that has already ended shows as `(nothing more)`.
///
/// @param line its number, from 1
record Difference(int line, String one, String other) {

  static Optional<Difference> between(List<String> one, List<String> other) {
    return between(one, other, line -> line);
  }

  /// The same, but two lines are equal if `seen` makes them so.
  static Optional<Difference> between(
      List<String> one, List<String> other, UnaryOperator<String> seen) {
    int i = 0, shorter = Math.min(one.size(), other.size());
    while (i < shorter && seen.apply(one.get(i)).equals(seen.apply(other.get(i)))) i++;
    if (i == one.size() && i == other.size()) return Optional.empty();
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
