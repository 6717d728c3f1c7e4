package conformance;

import harness.Matrix;
import harness.Subject;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The behaviours of one chapter's supervisors, each with its check.
public interface Behaviours {

  /// Where the table stands for people to read.
  String FILE = "tests/CONFORMANCE.md";

  List<Behaviour> all();

  /// Those of both chapters that have a supervisor for any work.
  static List<Behaviour> ofAllChapters() {
    return Stream.of(8, 9)
        .flatMap(chapter -> {
          var subject = Subject.of(Matrix.sourceOf(chapter), "Behaviours%02d".formatted(chapter));
          return subject.adapter(Behaviours.class).all().stream();
        })
        .toList();
  }

  /// A text with the table in the place of the one that it holds.
  static String withTable(String text, List<Behaviour> behaviours) {
    String head = "| ch. | behaviour | known from | what ours does | same, or how it differs |\n";
    String table =
        behaviours.stream()
            .map(Behaviour::row)
            .collect(Collectors.joining("\n", head + "|:-:|---|---|---|---|\n", "\n"));
    int start = text.indexOf("| ch. |");
    return start < 0 ? text : text.substring(0, start) + table;
  }
}
