package coach;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;

/// Where a learner's progress is kept: `.coach/progress.json` in the clone. It's never committed, so no
/// update touches it.
public final class ProgressFile {

  private final Path file;
  private Progress progress;

  /// What was wrong with the file that we found, and is put aside.
  private Optional<String> found = Optional.empty();

  private Optional<String> trouble = Optional.empty();

  /// @param folder the one that holds the file; need not exist
  public ProgressFile(Path folder) {
    file = folder.resolve("progress.json");
    progress = read().orElse(Progress.NONE);
  }

  public Progress progress() {
    return progress;
  }

  /// Why the progress isn't kept, if it isn't, or what became of an earlier one.
  public Optional<String> trouble() {
    return trouble.or(() -> found);
  }

  /// Changes the progress, in the file as well. Another coach may work in the same clone, so the file
  /// is read anew first. If it can't be written, the progress is kept until this coach ends.
  public Progress update(UnaryOperator<Progress> change) {
    Progress changed;
    try {
      Files.createDirectories(file.getParent());
      Path guard = file.resolveSibling("progress.lock");
      try (var channel =
              FileChannel.open(guard, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var _ = channel.lock()) {
        if (trouble.isEmpty()) progress = read().orElse(progress);
        changed = change.apply(progress);
        if (changed.version() <= Progress.VERSION) write(Json.page(changed) + "\n");
      }
    } catch (IOException e) {
      changed = change.apply(progress);
      trouble =
          Optional.of(
              "Your progress can't be kept: "
                  + file
                  + " can't be written. Is the folder read-only?");
    }
    progress = changed;
    return progress;
  }

  /// Never leaves half a file behind.
  private void write(String text) throws IOException {
    Path part = Files.createTempFile(file.getParent(), "progress", ".part");
    try {
      Files.writeString(part, text);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
    trouble = Optional.empty();
  }

  /// What the file holds; empty if it can't be understood, and was put aside.
  private Optional<Progress> read() {
    try {
      String text = Files.readString(file);
      if (Json.read(text, Versioned.class).version > Progress.VERSION) {
        trouble =
            Optional.of(file + " was written by a newer coach, so this one changes nothing in it.");
        return Optional.of(new Progress(Progress.VERSION + 1, null, Map.of(), Map.of()));
      }
      return Optional.of(Json.read(text, Progress.class));
    } catch (NoSuchFileException e) {
      return Optional.of(Progress.NONE);
    } catch (CharacterCodingException e) {
      return putAside("holds bytes that are no UTF-8");
    } catch (IOException e) {
      return putAside("can't be read: " + e);
    } catch (JacksonException e) {
      int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
      return putAside("can't be understood, line " + line + ": " + e.getOriginalMessage());
    } catch (NullPointerException e) { // the text null is JSON, too
      return putAside("can't be understood: it's empty");
    }
  }

  /// The one thing that all coaches, older and newer, understand.
  private record Versioned(int version) {}

  private Optional<Progress> putAside(String why) {
    String what = file + " " + why + ". ";
    try {
      Path aside = Backup.of(file);
      found = Optional.of(what + "It's now " + aside.getFileName() + ", and a new one begins.");
    } catch (IOException cantMove) {
      found = Optional.of(what + "Mend it, or move it away.");
    }
    return Optional.empty();
  }
}
