package coach;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.InfoCmp.Capability;

/// The terminal: whole screens go out, single keys come in. What stood there before comes back at the
/// end, however that comes.
final class Screen implements AutoCloseable {

  /// What pictures need.
  static final int COLUMNS = 80;

  static final int ROWS = 24;

  // Keys that are no characters, far from all that are.
  static final int NONE = -2;
  static final int GONE = -1;
  static final int UP = 0x110001;
  static final int DOWN = 0x110002;
  static final int PAGE_UP = 0x110003;
  static final int PAGE_DOWN = 0x110004;
  static final int ESCAPE = 27;
  static final int ENTER = 13;

  private static final int CTRL_C = 3;
  private static final int CTRL_D = 4;

  /// So long it waits for the rest of an arrow key, which a slow line or a busy machine may delay.
  private static final int REST_MILLIS = 100;

  /// Terminals that know these show a frame when it's whole; others don't mind.
  private static final String BEGIN_FRAME = "\033[?2026h";

  private static final String END_FRAME = "\033[?2026l";

  private final Terminal terminal;
  private final Attributes before;
  private final Thread atExit = new Thread(this::leave, "screen");
  private boolean left;

  /// The key that came right behind an Escape.
  private int pending = NONE;

  /// @throws IOException with a sentence, if there's no terminal
  Screen() throws IOException {
    try {
      terminal =
          TerminalBuilder.builder()
              .system(true)
              .dumb(false)
              .graphemeCluster(false) // asks the terminal nothing, so waits for no answer
              .encoding(StandardCharsets.UTF_8)
              .build();
    } catch (IllegalStateException e) {
      throw new IOException(
          "This terminal can't be used for single keys. ./jbang coach doctor may know why; ./jbang"
              + " coach check needs no terminal.",
          e);
    }
    before = terminal.enterRawMode();
    terminal.puts(Capability.enter_ca_mode);
    terminal.puts(Capability.cursor_invisible);
    terminal.flush();
    Runtime.getRuntime().addShutdownHook(atExit); // for a kill, and a closed window
  }

  Size size() {
    Size size = terminal.getSize();
    return size.getRows() > 0 ? size : Size.of(COLUMNS, ROWS);
  }

  /// A key, or [#NONE] if none was pressed for so long, or [#GONE] for a terminal that is, or for the
  /// usual ways to say so.
  int key(long millis) throws IOException {
    int key = pending == NONE ? terminal.reader().read(millis) : pending;
    pending = NONE;
    return switch (key) {
      case CTRL_C, CTRL_D -> GONE;
      case '\n' -> ENTER;
      case ESCAPE -> afterEscape();
      default -> key;
    };
  }

  private int afterEscape() throws IOException {
    int bracket = terminal.reader().read(REST_MILLIS);
    if (bracket != '[' && bracket != 'O') {
      pending = bracket;
      return ESCAPE;
    }
    int last = terminal.reader().read(REST_MILLIS);
    return switch (last) {
      case 'A' -> UP;
      case 'B' -> DOWN;
      case '5' -> tilde(PAGE_UP);
      case '6' -> tilde(PAGE_DOWN);
      default -> NONE;
    };
  }

  private int tilde(int key) throws IOException {
    terminal.reader().read(REST_MILLIS);
    return key;
  }

  /// Draws the whole screen anew: as many of the lines as there are rows, cut to the columns.
  void draw(List<AttributedString> lines) {
    Size size = size();
    PrintWriter out = terminal.writer();
    out.print(BEGIN_FRAME);
    terminal.puts(Capability.cursor_home);
    int rows = Math.min(lines.size(), size.getRows());
    for (int i = 0; i < rows; i++) {
      var line = lines.get(i);
      if (line.columnLength() > size.getColumns())
        line = line.columnSubSequence(0, size.getColumns());
      terminal.puts(Capability.clr_eol); // after a full line, it would take the last character
      out.print(line.toAnsi(terminal));
      if (i < rows - 1) out.print("\r\n");
    }
    terminal.puts(Capability.clr_eos);
    out.print(END_FRAME);
    terminal.flush();
  }

  // ---- lines ----

  static AttributedString plain(String text) {
    return new AttributedString(text.replace("\t", "    "));
  }

  static AttributedString bold(String text) {
    return new AttributedString(text, AttributedStyle.BOLD);
  }

  static AttributedString faint(String text) {
    return new AttributedString(text, AttributedStyle.DEFAULT.faint());
  }

  static AttributedString green(String text) {
    return new AttributedString(text, AttributedStyle.BOLD.foreground(AttributedStyle.GREEN));
  }

  static AttributedString red(String text) {
    return new AttributedString(text, AttributedStyle.BOLD.foreground(AttributedStyle.RED));
  }

  static AttributedString chosen(String text) {
    return new AttributedString(text, AttributedStyle.DEFAULT.inverse());
  }

  /// A line in the colour that its mark asks for.
  static AttributedString marked(String line) {
    if (line.startsWith("✓") || line.startsWith("+")) return green(line);
    if (line.startsWith("✗") || line.startsWith("-")) return red(line);
    return plain(line);
  }

  private synchronized void leave() {
    if (left) return;
    left = true;
    terminal.puts(Capability.cursor_normal);
    terminal.puts(Capability.exit_ca_mode);
    terminal.flush();
    terminal.setAttributes(before);
  }

  @Override
  public void close() throws IOException {
    leave();
    Runtime.getRuntime().removeShutdownHook(atExit);
    terminal.close();
  }
}
