package coach;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Nothing that a learner wrote is ever overwritten: it's moved aside first.
final class Backup {

  /// Moves `file` to the first free name beside it: `X.java.mine-1`, `X.java.mine-2`, …
  ///
  /// @return the new name
  static Path of(Path file) throws IOException {
    for (int i = 1; ; i++) {
      Path backup = file.resolveSibling(file.getFileName() + ".mine-" + i);
      try {
        return Files.move(file, backup);
      } catch (FileAlreadyExistsException e) {
        // the next one, then
      }
    }
  }

  private Backup() {}
}
