package coach;

import com.fasterxml.jackson.annotation.JsonInclude.Include;
import tools.jackson.core.JacksonException;
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

  /// In one line.
  static String write(Object value) {
    return LINE.writeValueAsString(value);
  }

  /// For people, too.
  static String page(Object value) {
    return PAGE.writeValueAsString(value);
  }

  /// @throws JacksonException if `text` is no such thing
  static <T> T read(String text, Class<T> type) {
    return LINE.readValue(text, type);
  }

  private Json() {}
}
