package drift;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A fenced block in prose: in a Markdown file, or in the `///` comments of a script.
///
/// @param prefix what stands before each of its lines: blanks, and in a script `///`
/// @param info the word after the opening fence, such as `console`
/// @param firstLine the number of the line below the opening fence, counted from 1
/// @param content the lines between the fences, without prefix and without blanks at their ends
public record Fence(String prefix, String info, int firstLine, List<String> content) {

  private static final Pattern EDGE = Pattern.compile("(\\s*(?:/// *)?)```(.*)");

  /// Every block in the text of a file.
  ///
  /// @param file its name, for messages, and because only prose counts in `.java` and `.jsh`
  public static List<Fence> in(String file, String text) {
    var fences = new ArrayList<Fence>();
    Fence open = null;
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      Matcher edge = EDGE.matcher(lines.get(i));
      boolean isEdge = edge.matches() && (edge.group(1).contains("/") || file.endsWith(".md"));
      if (open == null && isEdge) {
        open = new Fence(edge.group(1), edge.group(2).strip(), i + 2, new ArrayList<>());
      } else if (isEdge) {
        fences.add(open);
        open = null;
      } else if (open != null) {
        int skipped = Math.min(open.prefix.length(), lines.get(i).length());
        open.content.add(lines.get(i).substring(skipped).stripTrailing());
      }
    }
    if (open != null)
      throw new IllegalStateException(
          file + ":" + (open.firstLine - 1) + ": this block is never closed with ```.");
    return fences;
  }

  /// The number of its last line, which is [#firstLine] - 1 if it has none.
  public int lastLine() {
    return firstLine + content.size() - 1;
  }
}
