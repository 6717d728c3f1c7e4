package harness;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;

/// The compiler's complaint about a learner's file, in a sentence instead of a wall of text.
///
/// @param line where it is, counted from 1; 0 if it's about the whole file
/// @param column counted from 1, in `code`; 0 if unknown
/// @param code that line of the file, without its indent; of a very long one, what is near the column
/// @param reason what is wrong, in one line
public record CompileError(int line, int column, String code, String reason) {

  private static final Pattern SYMBOL = Pattern.compile("symbol:\\s+(.+)");
  private static final Pattern LOCATION = Pattern.compile("location:\\s+(.+)");

  /// @param text the file that the complaint is about
  static CompileError of(Diagnostic<?> diagnostic, String text) {
    int line = (int) Math.max(0, diagnostic.getLineNumber());
    String code = text.lines().skip(Math.max(0, line - 1)).findFirst().orElse("");
    int indent = code.length() - code.stripLeading().length();
    int column = (int) Math.max(0, diagnostic.getColumnNumber() - indent);
    code = code.strip();
    int from = code.length() <= LONGEST ? 0 : Math.clamp(column - 40, 0, code.length() - LONGEST);
    code = code.substring(from, Math.min(code.length(), from + LONGEST));
    return new CompileError(line, Math.max(0, column - from), code, reasonOf(diagnostic));
  }

  private static final int LONGEST = 76;

  private static String reasonOf(Diagnostic<?> diagnostic) {
    String message = diagnostic.getMessage(Locale.ENGLISH);
    String kind = String.valueOf(diagnostic.getCode());
    if (kind.startsWith("compiler.err.cant.resolve")) return unknown(message);
    if (kind.equals("compiler.err.premature.eof"))
      return "the file ends too early: above, a } is missing, or a word is too many";
    if (message.contains("'\\ufeff'"))
      return "the file begins with a byte-order mark. Save it as UTF-8 without one";
    return plain(message);
  }

  private static String unknown(String message) {
    Matcher symbol = SYMBOL.matcher(message);
    Matcher location = LOCATION.matcher(message);
    if (!symbol.find()) return plain(message);
    String where = location.find() ? " in " + plain(location.group(1)) : "";
    return "there is no " + plain(symbol.group(1)) + where;
  }

  /// In one line, and with short names of the JDK's classes.
  private static String plain(String message) {
    return message
        .substring(0, Math.min(message.length(), 1000))
        .replaceAll("\\b(?:[a-z]\\w*\\.)+(?=[A-Z])", "")
        .replaceAll("\\s*\\R\\s*", ", ")
        .replaceAll("\\s+", " ")
        .replace(";,", ":")
        .strip();
  }

  /// The line of code, and a mark below the place.
  public String shown() {
    if (code.isEmpty()) return "";
    String mark = column == 0 ? "" : "\n  " + " ".repeat(column - 1) + "^";
    return "  " + code + mark + "\n";
  }
}
