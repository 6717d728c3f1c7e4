package coach;

import com.fasterxml.jackson.annotation.JsonInclude.Include;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Records to JSON and back, by Jackson.
final class Json {

  private static final JsonMapper LINE =
      JsonMapper.builder()
          .changeDefaultPropertyInclusion(it -> it.withValueInclusion(Include.NON_NULL))
          .build();

  private static final JsonMapper PAGE =
      LINE.rebuild().enable(SerializationFeature.INDENT_OUTPUT).build();

  private static final JsonMapper PLAIN =
      PAGE.rebuild().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /// In one line.
  static String write(Object value) {
    return LINE.writeValueAsString(value);
  }

  /// For people, too.
  static String page(Object value) {
    return PAGE.writeValueAsString(value);
  }

  /// In ASCII alone: where the output goes to a file, Windows writes it in other encodings than UTF-8.
  static String plain(Object value) {
    return PLAIN.writeValueAsString(value);
  }

  /// In UTF-8, or in UTF-16 or UTF-32, as PowerShell's `>` writes them.
  ///
  /// @throws JacksonException if it's no such thing
  static <T> T read(byte[] text, Class<T> type) {
    return LINE.readValue(text, type);
  }

  /// @throws JacksonException if `text` is no such thing
  static <T> T read(String text, Class<T> type) {
    return LINE.readValue(text, type);
  }

  private Json() {}
}
