import static java.nio.charset.StandardCharsets.UTF_8;

import harness.Run;
import harness.Stage;
import java.util.Optional;

/// Exercise 01-a as the harness sees it: a file whose lines take eleven bytes each, though they have
/// only nine letters, so that line n begins at position 11·n. Any other position lies within a line,
/// and whoever reads there gets its rest.
public final class Exercise01a implements Stage<String> {

  private static final int BYTES = 11;

  private volatile String complaint;

  @Override
  public String event(long offset) {
    return "Zürich %02d".formatted(offset);
  }

  @Override
  public void start(Run<String> run) {
    run.hold(TailAFile.start(position -> lineAt(run, position), run.channel()));
  }

  private TailAFile.Line lineAt(Run<String> run, long position) throws InterruptedException {
    long line = Math.floorDiv(position, BYTES);
    String text = run.take(line);
    int within = Math.floorMod(position, BYTES);
    if (within > 0 && complaint == null)
      complaint =
          "it read at position %d, which is within a line. The lines begin at 0, 11, 22, and so on: where does the next position come from?"
              .formatted(position);
    String rest = new String(text.getBytes(UTF_8), within, BYTES - 1 - within, UTF_8);
    return new TailAFile.Line(within == 0 ? text : rest, (line + 1) * BYTES);
  }

  @Override
  public Optional<String> complaint(Run<String> run) {
    return Optional.ofNullable(complaint);
  }
}
