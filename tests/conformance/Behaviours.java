package conformance;

import harness.Matrix;
import harness.Subject;
import java.util.List;
import java.util.stream.Collectors;

/// The behaviours of one chapter's supervisors, each with its check.
public interface Behaviours {

  List<Behaviour> all();

  /// Those of a chapter, checked on `subject` or on the chapter as it is.
  static List<Behaviour> of(int chapter) {
    return of(Subject.of(Matrix.sourceOf(chapter), "Behaviours%02d".formatted(chapter)));
  }

  static List<Behaviour> of(Subject subject) {
    return subject.adapter(Behaviours.class).all();
  }

  /// The table as it stands in `tests/CONFORMANCE.md`.
  static String table(List<Behaviour> behaviours) {
    return behaviours.stream()
        .map(Behaviour::row)
        .collect(
            Collectors.joining(
                "\n",
                """
                | ch. | behaviour | known from | what ours does | same, or how it differs |
                |:-:|---|---|---|---|
                """,
                "\n"));
  }
}
