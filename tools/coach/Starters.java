package coach;

import harness.Exercise;
import harness.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// The starters as they were before anybody worked on them. `exercises.toml` knows git's id of each, so
/// an untouched file can be told from another; and git knows the content to each id, whatever a learner
/// has committed since. For a clone without git, the coach keeps a copy of each one that it saw
/// untouched.
public final class Starters {

  private final Path copies;

  /// @param folder where the copies are kept; need not exist
  public Starters(Path folder) {
    copies = folder.resolve("starters");
  }

  /// Whether nobody has worked on this exercise yet.
  public static boolean isUntouched(Exercise exercise) {
    try {
      return Exercise.idOf(Files.readAllBytes(exercise.starter())).equals(exercise.untouched());
    } catch (IOException e) {
      return false;
    }
  }

  /// Copies the untouched ones that have no copy yet. Where nothing can be written, git must do.
  public void keep(List<Exercise> exercises) {
    for (var exercise : exercises) {
      Path copy = copies.resolve(exercise.untouched());
      if (Files.exists(copy) || !isUntouched(exercise)) continue;
      try {
        Files.createDirectories(copies);
        Files.copy(exercise.starter(), copy);
      } catch (IOException e) {
        return;
      }
    }
  }

  /// Puts the starter in its place again, and what the learner wrote beside it.
  ///
  /// @return where the learner's file is now, if there was one that differs from the starter
  /// @throws IOException with a sentence, if it can't be done; then nothing has changed
  public Optional<Path> reset(Exercise exercise) throws IOException {
    if (isUntouched(exercise)) return Optional.empty();
    byte[] starter = find(exercise);
    Path file = exercise.starter();
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.write(part, starter); // first, so that a full disk changes nothing
      part.toFile().setExecutable(true); // a script, if the system can tell
      boolean isThere = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
      Optional<Path> backup = isThere ? Optional.of(Backup.of(file)) : Optional.empty();
      Files.move(part, file);
      return backup;
    } catch (IOException e) {
      throw new IOException(
          "%s can't be replaced. Is the folder read-only? (%s)".formatted(file, e), e);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private byte[] find(Exercise exercise) throws IOException {
    String id = exercise.untouched();
    Path copy = copies.resolve(id);
    if (Files.isRegularFile(copy)) {
      byte[] found = Files.readAllBytes(copy);
      if (Exercise.idOf(found).equals(id)) return found;
    }
    byte[] found = inGit(id);
    if (Exercise.idOf(found).equals(id)) return found;
    throw new IOException(
        ("The starter of %s can't be found: git doesn't know it, and there's no copy. Take"
                + " exercises/%s from a fresh clone. Your file is as it was.")
            .formatted(exercise.id(), exercise.file()));
  }

  private static byte[] inGit(String id) throws IOException {
    var git =
        new ProcessBuilder("git", "cat-file", "blob", id)
            .directory(Repository.root().toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    try {
      var process = git.start();
      process.getOutputStream().close();
      byte[] content = process.getInputStream().readAllBytes();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0
          ? content
          : new byte[0];
    } catch (IOException e) {
      return new byte[0]; // there is no git
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new byte[0];
    }
  }
}
