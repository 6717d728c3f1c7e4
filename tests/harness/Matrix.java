package harness;

import static harness.Promise.*;
import static harness.Verdict.Way.*;

import harness.Verdict.Way;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// The matrix of promises: what each chapter keeps, and in which way it breaks the rest. This is the one
/// place that holds it; the table in README.md is printed from here, and the tests assert every cell.
public final class Matrix {

  /// What the harness expects of one chapter for one promise.
  public sealed interface Cell {
    /// The chapter keeps the promise.
    record Kept() implements Cell {}

    /// The chapter breaks the promise, in this way and no other.
    record Breaks(Way way) implements Cell {}

    /// The question makes no sense yet.
    record NotYet() implements Cell {}
  }

  private static final Cell KEPT = new Cell.Kept();
  private static final Cell NOT_YET = new Cell.NotYet();

  private static final int LAST = 11;

  private static final List<Row> ROWS =
      List.of(
          row(IN_ORDER).kept(1, LAST),
          row(BACKPRESSURE).kept(1, 10).breaks(11, 11, READS_AHEAD),
          row(ONE_STEP).breaks(1, 1, NOTHING_TO_CALL).kept(2, LAST),
          row(FAILURE_IS_A_VALUE).breaks(1, 1, NOTHING_TO_CALL).kept(2, LAST),
          row(DOWNSTREAM_LIVES_ON).breaks(1, 2, SILENCE).kept(3, LAST),
          row(SAME_CHANNEL).kept(3, LAST),
          row(NOTHING_LOST)
              .breaks(1, 2, SILENCE)
              .kept(3, 3)
              .breaks(4, 4, GIVES_UP_TOO_SOON)
              .kept(5, LAST),
          row(NOTHING_TWICE).kept(1, 2).breaks(3, 6, TWICE).kept(7, LAST),
          row(IT_ENDS).breaks(1, 2, SILENCE).breaks(3, 3, SPINS).kept(4, LAST),
          row(IT_GIVES_UP).breaks(3, 3, SPINS).kept(4, LAST),
          row(IT_WAITS).breaks(3, 4, NEVER_WAITS).kept(5, LAST),
          row(ONE_BAD_EVENT)
              .breaks(1, 2, SILENCE)
              .breaks(3, 3, SPINS)
              .breaks(4, 5, STOPS_AT_IT)
              .kept(6, LAST),
          row(IT_STOPS).breaks(1, 6, NOTHING_TO_CALL).kept(7, LAST),
          row(FATAL_IS_FATAL)
              .breaks(1, 1, SILENCE)
              .breaks(2, 2, DISGUISES)
              .breaks(3, 6, RESTARTS_ANYWAY)
              .kept(7, LAST),
          row(ANY_PRODUCER).breaks(3, 7, NOTHING_TO_CALL).kept(8, LAST),
          row(SIBLINGS).breaks(8, 8, NOTHING_TO_CALL).kept(9, LAST),
          row(SURVIVES_KILL).breaks(9, 9, BEGINS_AGAIN).kept(10, LAST),
          row(EFFECTS_ONCE).breaks(9, 9, TWICE).kept(10, LAST),
          row(SURVIVES_BROKER).breaks(10, 10, NOTHING_TO_CALL).kept(11, LAST),
          row(SHARES_WORK).breaks(10, 10, NOTHING_TO_CALL).kept(11, LAST));

  /// What each chapter does about a promise. Where nothing is said, the question makes no sense yet.
  private record Row(Promise promise, List<Cell> cells) {
    Row kept(int from, int to) {
      return with(from, to, KEPT);
    }

    Row breaks(int from, int to, Way way) {
      return with(from, to, Matrix.breaks(way));
    }

    private Row with(int from, int to, Cell cell) {
      var changed = new ArrayList<>(cells);
      Collections.fill(changed.subList(from - 1, to), cell);
      return new Row(promise, changed);
    }
  }

  /// The logs that chapter 10's program is run on, beside the harness's own.
  public enum RealLog {
    MEMORY("memory", "OnMemory"),
    FILE("a file", "OnAFile"),
    DATABASE("a database", "OnATable");

    final String title;
    private final String stage;

    RealLog(String title, String stage) {
      this.title = title;
      this.stage = stage;
    }

    /// A program on this log.
    public Subject subject() {
      return Subject.of(sourceOf(10), stage);
    }
  }

  /// What a log in memory can't help.
  private static final Map<Promise, Cell> IN_MEMORY =
      Map.of(SURVIVES_KILL, breaks(LOST), EFFECTS_ONCE, breaks(LOST));

  /// They ask for no log, or for one in particular.
  private static final Set<Promise> NO_MATTER_OF_LOGS =
      Set.of(ANY_PRODUCER, SIBLINGS, SURVIVES_BROKER, SHARES_WORK);

  /// What is expected on `log`, promise by promise.
  public static Map<Promise, Cell> on(RealLog log) {
    var column = column(10);
    if (log == RealLog.MEMORY) column.putAll(IN_MEMORY);
    column.keySet().removeAll(NO_MATTER_OF_LOGS);
    return column;
  }

  /// The table of logs for README.md. Its last column is chapter 11's.
  public static String logs() {
    var text = new StringBuilder("| promise |");
    for (RealLog log : RealLog.values()) text.append(" %s |".formatted(log.title));
    text.append(" Kafka |\n|---|").append(":-:|".repeat(RealLog.values().length + 1)).append('\n');
    for (Promise promise : on(RealLog.MEMORY).keySet()) {
      text.append("| %s |".formatted(promise.title()));
      for (RealLog log : RealLog.values())
        text.append(" %s |".formatted(mark(on(log).get(promise))));
      text.append(" %s |\n".formatted(mark(column(11).get(promise))));
    }
    return text.toString();
  }

  /// The numbers of the chapters, from 1.
  public static List<Integer> chapters() {
    var chapters = new ArrayList<Integer>();
    for (int i = 1; i <= LAST; i++) chapters.add(i);
    return chapters;
  }

  /// What is expected of `chapter`, promise by promise.
  public static SortedMap<Promise, Cell> column(int chapter) {
    var column = new TreeMap<Promise, Cell>();
    for (Row row : ROWS) column.put(row.promise, row.cells.get(chapter - 1));
    return column;
  }

  /// The name of the stage adapter of `chapter`.
  public static String stageOf(int chapter) {
    return "Chapter%02d".formatted(chapter);
  }

  /// The source of `chapter`.
  public static Path sourceOf(int chapter) {
    return Repository.files("chapters", ".java").stream()
        .filter(file -> file.getFileName().toString().startsWith("%02d-".formatted(chapter)))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("There is no chapter " + chapter));
  }

  /// The promises that `chapter` keeps: what a program in its place should keep, too.
  public static List<Promise> keptBy(int chapter) {
    return column(chapter).entrySet().stream()
        .filter(cell -> cell.getValue() instanceof Cell.Kept)
        .map(Map.Entry::getKey)
        .toList();
  }

  /// How `chapter` breaks the [Law]. Chapter 1 throws a future away: that's what it is about.
  public static Set<Law.Article> excused(int chapter) {
    return chapter == 1 ? Set.of(Law.Article.FORGOTTEN_FUTURE) : Set.of();
  }

  /// The table for README.md.
  public static String markdown() {
    var text = new StringBuilder("| promise | in one line |");
    for (int chapter : chapters()) text.append(" %02d |".formatted(chapter));
    text.append("\n|---|---|").append(":-:|".repeat(chapters().size())).append('\n');
    for (Row row : ROWS) {
      text.append("| %s | %s |".formatted(row.promise.title(), row.promise.line()));
      for (Cell cell : row.cells) text.append(' ').append(mark(cell)).append(" |");
      text.append('\n');
    }
    return text.toString();
  }

  private static String mark(Cell cell) {
    return switch (cell) {
      case Cell.Kept() -> "✓";
      case Cell.Breaks(Way _) -> "✗";
      case Cell.NotYet() -> "·";
    };
  }

  private static Row row(Promise promise) {
    return new Row(promise, Collections.nCopies(LAST, NOT_YET));
  }

  private static Cell breaks(Way way) {
    return new Cell.Breaks(way);
  }

  private Matrix() {}
}
