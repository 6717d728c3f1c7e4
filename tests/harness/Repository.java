package harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The clone that we work on. The launcher names it in `PUTS_AND_TAKES_HOME`; without the launcher it
/// is the nearest folder, from the working directory upwards, that holds `jbang-catalog.json` and
/// `chapters`.
public final class Repository {

  /// The root of the clone, absolute.
  ///
  /// @throws IllegalStateException if there is none, with a message for the person at the terminal
  public static Path root() {
    String home = System.getenv("PUTS_AND_TAKES_HOME");
    Path start = Path.of(home == null ? "" : home).toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent())
      if (Files.exists(folder.resolve("jbang-catalog.json"))
          && Files.isDirectory(folder.resolve("chapters"))) return folder;
    throw new IllegalStateException(
        "No clone of Puts and Takes at "
            + start
            + " or above. Change into one, and run this again.");
  }

  /// What starts a script of the clone: see `jbang` there.
  public static Path launcher() {
    boolean windows = System.getProperty("os.name").startsWith("Windows");
    return root().resolve(windows ? "jbang.cmd" : "jbang");
  }

  /// The files directly in `folder` (relative to the root) whose names end in `suffix`, sorted.
  public static List<Path> files(String folder, String suffix) {
    try (Stream<Path> files = Files.list(root().resolve(folder))) {
      return files.filter(file -> file.getFileName().toString().endsWith(suffix)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Could not list " + folder, e);
    }
  }

  /// The text of a file, given relative to the root.
  public static String read(String file) {
    try {
      return Files.readString(root().resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + file, e);
    }
  }

  private Repository() {}
}
