package drift;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The one format of all Java here: google-java-format's, but `///` prose stays as it was wrapped by
/// hand, and JBang's lines at the head of a file stay as they are.
public final class Formatting {

  private static final Formatter FORMATTER =
      new Formatter(JavaFormatterOptions.builder().formatJavadoc(false).build());

  /// The comments at the top, down to JBang's last line. JBang reads `//JAVA`, but not `// JAVA`, which
  /// is what the formatter would make of it.
  private static final Pattern HEADER =
      Pattern.compile("((//.*)?\\R)*//(/usr/bin/env .*|[A-Z_]+( .*)?)\\R");

  /// The text of a Java file as it should be.
  ///
  /// @throws FormatterException if it is no Java; the lines that it names are the file's own
  public static String formatted(String source) throws FormatterException {
    Matcher header = HEADER.matcher(source);
    if (!header.lookingAt()) return FORMATTER.formatSourceAndFixImports(source);
    String blanks = "\n".repeat((int) header.group().lines().count());
    String body = FORMATTER.formatSourceAndFixImports(blanks + source.substring(header.end()));
    return header.group() + "\n" + body.stripLeading();
  }

  private Formatting() {}
}
