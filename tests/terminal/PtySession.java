package terminal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jline.nativ.CLibrary;
import org.jline.terminal.Size;
import org.jline.terminal.impl.jni.JniNativePty;
import org.jline.terminal.impl.jni.JniTerminalProvider;
import org.jline.utils.ScreenTerminal;

/// A program in a terminal of its own, and the person in front of it: reads the screen, presses keys,
/// pulls the window to another size. Not for Windows.
///
/// The terminal is the system's, a pseudo-terminal, so that the program gets all it would get from a
/// window. What it writes goes through an emulator: the screen is what a person would see.
public final class PtySession implements AutoCloseable {

  public static final String ENTER = "\r";
  public static final String ESCAPE = "\033";
  public static final String BACKSPACE = "\177";
  public static final String UP = "\033[A";
  public static final String DOWN = "\033[B";
  public static final String RIGHT = "\033[C";
  public static final String LEFT = "\033[D";
  public static final String CTRL_C = "\003";
  public static final String CTRL_D = "\004";
  public static final String CTRL_Z = "\032";

  /// How long what can't take long may take.
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final JniNativePty pty;
  private final OutputStream keyboard;
  private final ScreenTerminal screen;
  private final Process process;
  private final Thread reader;
  private final Set<ProcessHandle> descendants = new LinkedHashSet<>();
  private boolean over;

  /// Starts a command.
  ///
  /// @param command its words. On a machine whose locale is `C`, Java passes on only ASCII
  /// @param environment on top of ours, and of `TERM`, which is `xterm-256color`
  public static PtySession start(
      List<String> command, Path folder, Map<String, String> environment, int columns, int rows)
      throws IOException {
    var pty = (JniNativePty) new JniTerminalProvider().open(null, Size.of(columns, rows));
    try {
      return new PtySession(pty, command, folder, environment, columns, rows);
    } catch (IOException | RuntimeException e) {
      pty.close();
      throw e;
    }
  }

  private PtySession(
      JniNativePty pty,
      List<String> command,
      Path folder,
      Map<String, String> environment,
      int columns,
      int rows)
      throws IOException {
    this.pty = pty;
    keyboard = pty.getMasterOutput();
    screen = new ScreenTerminal(columns, rows);
    process = launch(pty.getName(), command, folder, environment);
    // The terminal is at its end when nobody holds this side of it, and so we mustn't, either.
    pty.getSlaveOutput().close();
    reader = Thread.ofPlatform().name("reader of " + pty.getName()).daemon().start(this::read);
  }

  private static Process launch(
      String terminal, List<String> command, Path folder, Map<String, String> environment)
      throws IOException {
    var words = new ArrayList<String>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    words.addAll(List.of(InTerminal.class.getName(), terminal));
    words.addAll(command);
    var builder = new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeAll(Set.of("COLUMNS", "LINES"));
    builder.environment().put("TERM", "xterm-256color");
    builder.environment().putAll(environment);
    var process = builder.start();
    var said = new ArrayList<String>();
    try (var lines = process.inputReader()) {
      for (String line; (line = lines.readLine()) != null; said.add(line))
        if (line.equals(InTerminal.OPEN)) return process;
    }
    throw new IOException("Could not start in a terminal: " + String.join("\n", said));
  }

  private void read() {
    var output = new InputStreamReader(pty.getMasterInput(), UTF_8);
    var some = new char[8192];
    try {
      for (int n; (n = output.read(some)) > 0; ) show(new String(some, 0, n));
    } catch (IOException e) {
      // Linux says so when nobody holds the other side any more. Elsewhere that's an end of file.
    } finally {
      synchronized (this) {
        over = true;
        notifyAll();
      }
    }
  }

  private void show(String output) throws IOException {
    String answer;
    synchronized (this) {
      screen.write(output);
      answer = screen.read();
      notifyAll();
    }
    // A program may ask where the cursor is, or what terminal this is.
    if (!answer.isEmpty()) press(answer);
  }

  /// Presses keys, one after the other, or says something in the terminal's own language.
  public void press(String keys) throws IOException {
    keyboard.write(keys.getBytes(UTF_8));
  }

  /// Gives the window another size, and lets the program know.
  public synchronized void resize(int columns, int rows) {
    screen.setSize(Size.of(columns, rows));
    var size = new CLibrary.WinSize((short) rows, (short) columns);
    if (CLibrary.ioctl(pty.getMaster(), CLibrary.TIOCSWINSZ, size) != 0)
      throw new IllegalStateException("Could not resize " + pty.getName());
  }

  /// The rows of the screen, the ordinary or the alternate one, without the spaces at their ends.
  public synchronized List<String> screen() {
    var rows = new ArrayList<String>();
    var cells = new long[screen.getRows() * screen.getColumns()];
    screen.dump(cells, null);
    for (int start = 0; start < cells.length; start += screen.getColumns()) {
      var row = new StringBuilder();
      for (int i = start; i < start + screen.getColumns(); i++) {
        int character = ScreenTerminal.cellCodePoint(cells[i]);
        // The right half of a wide character is a zero.
        if (character != 0) row.appendCodePoint(character);
      }
      rows.add(row.toString().stripTrailing());
    }
    return rows;
  }

  /// The screen as one text, without the empty rows at its end.
  public String text() {
    return String.join("\n", screen()).stripTrailing();
  }

  /// Waits until the screen is as it should be. A program that puts a frame between `\033[?2026h` and
  /// `\033[?2026l`, as terminals know it, is never seen with half of it.
  ///
  /// @param what for the message, if it's not to be: "Waited 5 s for" it
  /// @return the screen that was awaited
  public synchronized String awaitScreen(String what, Predicate<String> wanted, Duration patience)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      String text = text();
      if (!screen.isSynchronizedOutput() && wanted.test(text)) return text;
      if (over) throw failure("The program ended before there was " + what);
      long left = deadline - System.nanoTime();
      if (left <= 0) throw failure("Waited " + seconds(patience) + " for " + what);
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  /// Waits until the program ends. Then the screen shows all it has written.
  ///
  /// @return its exit code
  public int waitFor(Duration patience) throws InterruptedException {
    descendants();
    long started = System.nanoTime();
    if (!process.waitFor(patience) || !reader.join(left(patience, started)))
      throw failure("Waited " + seconds(patience) + " for the end");
    return process.exitValue();
  }

  private static Duration left(Duration patience, long started) {
    var left = patience.minusNanos(System.nanoTime() - started);
    return left.isPositive() ? left : Duration.ofMillis(1);
  }

  /// The processes that it has started, and those that it had started when we looked before: they may
  /// outlive it, and nobody would know whose they were.
  public synchronized List<ProcessHandle> descendants() {
    process.descendants().forEach(descendants::add);
    return descendants.stream().filter(ProcessHandle::isAlive).toList();
  }

  /// Ends the program and its [#descendants], whatever they think of it.
  @Override
  public void close() throws InterruptedException, IOException {
    var heirs = descendants();
    process.destroyForcibly();
    heirs.forEach(ProcessHandle::destroyForcibly);
    boolean ended = reader.join(PATIENCE);
    pty.close();
    if (!ended) throw new IllegalStateException("Someone still holds " + pty.getName());
  }

  private synchronized AssertionError failure(String what) {
    var rows = new ArrayList<>(screen());
    while (!rows.isEmpty() && rows.getLast().isEmpty()) rows.removeLast();
    int columns = screen.getColumns();
    var frame = new StringBuilder(what);
    frame.append(". The screen, %d × %d:\n".formatted(columns, screen.getRows()));
    frame.append("┌").repeat("─", columns).append("┐\n");
    for (String row : rows) {
      int width = row.codePointCount(0, row.length());
      frame.append("│").append(row).repeat(" ", Math.max(0, columns - width)).append("│\n");
    }
    return new AssertionError(frame.append("└").repeat("─", columns).append("┘").toString());
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1000.0 + " s";
  }
}
