package drift;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What lies in a clone.
public final class Inventory {

  /// The files of the clone at `root`, relative to it and with `/` between folders, sorted: those that
  /// git knows or would add. Without git, all that are not in a hidden folder.
  public static List<String> files(Path root) throws InterruptedException {
    // Without the flag, git would write names such as "caf\303\251.md".
    String list = "git -c core.quotepath=off ls-files --cached --others --exclude-standard";
    var git = Command.run(list, root);
    try (Stream<String> files = git.exitCode() == 0 ? git.out().lines() : walk(root)) {
      return files.filter(file -> Files.isRegularFile(root.resolve(file))).sorted().toList();
    }
  }

  private static Stream<String> walk(Path root) {
    try {
      return Files.walk(root)
          .map(path -> root.relativize(path).toString().replace('\\', '/'))
          .filter(path -> !path.matches("\\.(?!ci/|github/).*/.*"));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not list " + root, e);
    }
  }

  private Inventory() {}
}
