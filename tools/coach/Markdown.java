package coach;

import java.util.List;
import java.util.regex.Pattern;

/// Text from elsewhere as Markdown that shows it as it is, and can't do anything else.
final class Markdown {

  private static final Pattern SPECIAL = Pattern.compile("[\\\\`*_\\[\\]<>|#&~]");
  private static final Pattern BACKTICKS = Pattern.compile("`{3,}");

  /// What a terminal would take for a command. A line ends, and a tab is one, in any case.
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}&&[^\\n\\t]]");

  /// In one line.
  static String inline(String text) {
    String line = text.replaceAll("[\\s\\p{Cc}]+", " ").strip();
    return SPECIAL.matcher(line).replaceAll("\\\\$0");
  }

  /// @param cells Markdown already
  static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }

  /// A block, whatever stands in it.
  ///
  /// @param most how many characters of the text are shown
  static String fenced(String text, int most) {
    String shown = CONTROL.matcher(text).replaceAll("�");
    if (shown.length() > most)
      shown = shown.substring(0, most) + "\n… and " + (text.length() - most) + " characters more";
    int longest =
        BACKTICKS.matcher(shown).results().mapToInt(it -> it.end() - it.start()).max().orElse(2);
    String fence = "`".repeat(longest + 1);
    return fence + "text\n" + shown.stripTrailing() + "\n" + fence + "\n";
  }

  private Markdown() {}
}
