package runner;

import harness.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/// A copy of what a learner works with, in which a test may work, too.
public final class Clone {

  private static final String CATALOG = "jbang-catalog.json";

  /// Copies the chapters, the exercises and what checks them into `folder`.
  ///
  /// @return the copy's root
  public static Path in(Path folder) throws IOException {
    for (String part : List.of("chapters", "exercises", "solutions", "tests/stages")) {
      Files.createDirectories(folder.resolve(part));
      for (Path file : Repository.files(part, ""))
        if (Files.isRegularFile(file))
          Files.copy(file, folder.resolve(part).resolve(file.getFileName()));
    }
    for (String file : List.of(CATALOG, "jbang", "jbang.cmd")) // libraries are JBang's to find
    Files.copy(
          Repository.root().resolve(file),
          folder.resolve(file),
          StandardCopyOption.COPY_ATTRIBUTES);
    return folder;
  }

  private Clone() {}
}
