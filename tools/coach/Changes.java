package coach;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What changed between two files, as a unified diff.
final class Changes {

  private static final int LINES_AROUND = 3;

  /// @param one the name of the file that is changed, for the head
  /// @param other the name of the file that it's changed into
  static List<String> between(String one, String text, String other, String changed) {
    var before = text.lines().toList();
    var after = changed.lines().toList();
    return UnifiedDiffUtils.generateUnifiedDiff(
        one, other, before, DiffUtils.diff(before, after), LINES_AROUND);
  }

  /// How many lines went and came: `+12 -3`.
  static String count(List<String> diff) {
    return "+%d -%d".formatted(lines(diff, "+").count(), lines(diff, "-").count());
  }

  private static Stream<String> lines(List<String> diff, String mark) {
    return diff.stream().skip(2).filter(line -> line.startsWith(mark));
  }

  /// The code of a file without its prose and its description, for a diff of what it does.
  static String withoutProse(String text) {
    return text.lines()
        .filter(line -> !line.strip().startsWith("///") || line.startsWith("///usr"))
        .filter(line -> !line.startsWith("//DESCRIPTION"))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private Changes() {}
}
