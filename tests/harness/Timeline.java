package harness;

import java.util.ArrayList;
import java.util.List;

/// What happened in a run, and its picture: a lane for each party, time downwards, one event a row.
public final class Timeline {

  /// The parties of a run, from left to right.
  public enum Lane {
    LOG,
    PRODUCER,
    CHANNEL,
    SUPERVISOR,
    CONSUMER
  }

  /// What kind of thing happened; the marks stand in the picture's margin.
  public enum Kind {
    READ(' '),
    FETCHED(' '),
    FAULT('✗'),
    END('✗'),
    START('↻'),
    PUT(' '),
    REFUSED('!'),
    TAKEN(' '),
    SAID(' '),
    PAUSE('~'),
    ASIDE('»'),
    TOLD('■'),
    DIED('✗'),
    NOTE('!');

    final char mark;

    Kind(char mark) {
      this.mark = mark;
    }
  }

  /// One event of a run. `thread` is the id of the thread that did it; `offset` is -1 where none is
  /// concerned.
  public record Entry(Lane lane, Kind kind, long offset, long thread, String text) {}

  private static final int[] COLUMN = {7, 23, 35, 48, 70};
  private static final int FIRST_ROWS = 30;
  private static final int LAST_ROWS = 6;

  private final List<Entry> entries = new ArrayList<>();
  private volatile int size;

  synchronized void add(Lane lane, Kind kind, long offset, String text) {
    entries.add(new Entry(lane, kind, offset, Thread.currentThread().threadId(), text));
    size = entries.size();
  }

  int size() {
    return size;
  }

  /// All that has happened so far, in order.
  public synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  /// The picture, in at most 80 columns; a long run shows its beginning and its end.
  @Override
  public String toString() {
    return draw(FIRST_ROWS);
  }

  /// The picture with at most `firstRows` rows from the beginning, and some from the end.
  public String draw(int firstRows) {
    var rows = entries();
    var text = new StringBuilder();
    var head = new StringBuilder("  time");
    for (Lane lane : Lane.values())
      pad(head, COLUMN[lane.ordinal()]).append(lane.name().toLowerCase());
    text.append(head).append('\n');
    for (int i = 0; i < rows.size(); i++) {
      int left = rows.size() - firstRows - LAST_ROWS;
      if (left > 1 && i == firstRows) {
        text.append("    ⋮  (").append(left).append(" more)\n");
        i += left;
      }
      text.append(row(i + 1, rows.get(i))).append('\n');
    }
    return text.toString();
  }

  private static String row(int time, Entry entry) {
    var row = new StringBuilder("%c%5d".formatted(entry.kind.mark, time));
    for (Lane lane : Lane.values()) {
      int column = COLUMN[lane.ordinal()];
      if (lane == entry.lane) {
        int start = Math.min(column, Math.max(COLUMN[0], 80 - entry.text.length()));
        if (start < row.length()) row.setLength(start);
        pad(row, start).append(entry.text);
      } else if (row.length() <= column) pad(row, column).append('┆');
    }
    if (row.length() > 80) row.replace(79, row.length(), "…");
    return row.toString().stripTrailing();
  }

  private static StringBuilder pad(StringBuilder text, int column) {
    return text.repeat(' ', Math.max(0, column - text.length()));
  }
}
