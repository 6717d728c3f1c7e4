package harness;

import static harness.Promise.*;
import static harness.Verdict.Way.*;

import harness.Verdict.Way;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private static final List<Row> ROWS =
      List.of(
          row(IN_ORDER, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT),
          row(BACKPRESSURE, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT),
          row(
              ONE_STEP,
              breaks(NOTHING_TO_CALL),
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              FAILURE_IS_A_VALUE,
              breaks(NOTHING_TO_CALL),
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              DOWNSTREAM_LIVES_ON,
              breaks(SILENCE),
              breaks(SILENCE),
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(SAME_CHANNEL, NOT_YET, NOT_YET, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT),
          row(
              NOTHING_LOST,
              breaks(SILENCE),
              breaks(SILENCE),
              KEPT,
              breaks(GIVES_UP_TOO_SOON),
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              NOTHING_TWICE,
              KEPT,
              KEPT,
              breaks(TWICE),
              breaks(TWICE),
              breaks(TWICE),
              breaks(TWICE),
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              IT_ENDS,
              breaks(SILENCE),
              breaks(SILENCE),
              breaks(SPINS),
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              IT_GIVES_UP,
              NOT_YET,
              NOT_YET,
              breaks(SPINS),
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              IT_WAITS,
              NOT_YET,
              NOT_YET,
              breaks(NEVER_WAITS),
              breaks(NEVER_WAITS),
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              ONE_BAD_EVENT,
              breaks(SILENCE),
              breaks(SILENCE),
              breaks(SPINS),
              breaks(STOPS_AT_IT),
              breaks(STOPS_AT_IT),
              KEPT,
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              IT_STOPS,
              breaks(NOTHING_TO_CALL),
              breaks(NOTHING_TO_CALL),
              breaks(NOTHING_TO_CALL),
              breaks(NOTHING_TO_CALL),
              breaks(NOTHING_TO_CALL),
              breaks(NOTHING_TO_CALL),
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              FATAL_IS_FATAL,
              breaks(SILENCE),
              breaks(DISGUISES),
              breaks(RESTARTS_ANYWAY),
              breaks(RESTARTS_ANYWAY),
              breaks(RESTARTS_ANYWAY),
              breaks(RESTARTS_ANYWAY),
              KEPT,
              KEPT,
              KEPT,
              KEPT),
          row(
              ANY_PRODUCER,
              NOT_YET,
              NOT_YET,
              breaks(NOTHING_TO_CALL),
              breaks(NOTHING_TO_CALL),
              breaks(NOTHING_TO_CALL),
              breaks(NOTHING_TO_CALL),
              breaks(NOTHING_TO_CALL),
              KEPT,
              KEPT,
              KEPT),
          row(
              SIBLINGS,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              breaks(NOTHING_TO_CALL),
              KEPT,
              KEPT),
          row(
              SURVIVES_KILL,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              breaks(BEGINS_AGAIN),
              KEPT),
          row(
              EFFECTS_ONCE,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              NOT_YET,
              breaks(TWICE),
              KEPT));

  private record Row(Promise promise, List<Cell> cells) {}

  /// The logs on which the last chapters' programs keep their promises, and their stages.
  public enum RealLog {
    MEMORY("memory", 10, "OnMemory"),
    FILE("a file", 10, "OnAFile"),
    DATABASE("a database", 10, "OnATable"),
    KAFKA("Kafka", 11, "OnKafka");

    final String title;
    final int chapter;
    final String stage;

    RealLog(String title, int chapter, String stage) {
      this.title = title;
      this.chapter = chapter;
      this.stage = stage;
    }

    /// A program on this log.
    public Subject subject() {
      return Subject.of(sourceOf(chapter), stage);
    }
  }

  /// What a log can't help, or does in its own way. All other promises are kept on each of them, as in the
  /// last chapter's column; and the last ones ask for no log, see [#NO_MATTER_OF_LOGS].
  private static final Map<RealLog, Map<Promise, Cell>> ON_LOGS =
      Map.of(
          RealLog.MEMORY,
          Map.of(SURVIVES_KILL, breaks(LOST), EFFECTS_ONCE, breaks(LOST)),
          RealLog.FILE,
          Map.of(),
          RealLog.DATABASE,
          Map.of(),
          RealLog.KAFKA,
          Map.of());

  private static final Set<Promise> NO_MATTER_OF_LOGS = Set.of(ANY_PRODUCER, SIBLINGS);

  /// What is expected on `log`, promise by promise.
  public static Map<Promise, Cell> on(RealLog log) {
    var column = new TreeMap<Promise, Cell>();
    for (Promise promise : Promise.values())
      if (!NO_MATTER_OF_LOGS.contains(promise))
        column.put(promise, ON_LOGS.get(log).getOrDefault(promise, KEPT));
    return column;
  }

  /// The numbers of the chapters, from 1.
  public static List<Integer> chapters() {
    var chapters = new ArrayList<Integer>();
    for (int i = 1; i <= ROWS.getFirst().cells.size(); i++) chapters.add(i);
    return chapters;
  }

  /// What is expected of `chapter`, promise by promise.
  public static Map<Promise, Cell> column(int chapter) {
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

  private static Row row(Promise promise, Cell... cells) {
    return new Row(promise, List.of(cells));
  }

  private static Cell breaks(Way way) {
    return new Cell.Breaks(way);
  }

  private Matrix() {}
}
