package coach;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Objects;

/// Notices that a file was saved, by looking at it again and again: that works on every file system, and
/// with editors that write a new file and put it in the old one's place.
///
/// The time of modification alone would miss a second save within one tick of the file system's clock,
/// which can be two seconds long. So for a while after each save it compares the content, too.
public final class Saves {

  private static final long TICK_NANOS = 3_000_000_000L;

  /// What was seen at one look.
  private record Look(FileTime time, long size, Object key, byte[] content) {
    static final Look NOTHING = new Look(FileTime.fromMillis(0), -1, null, new byte[0]);

    boolean isLike(Look other) {
      return time.equals(other.time)
          && size == other.size
          && (key == null || key.equals(other.key))
          && Arrays.equals(content, other.content);
    }
  }

  private final Path file;
  private Look seen;
  private long seenAt;

  /// What is there now is known; later changes are saves.
  public Saves(Path file) {
    this.file = file;
    this.seen = look();
    this.seenAt = System.nanoTime();
  }

  /// Whether the file was saved, deleted, or put back since the last call.
  public boolean isNew() {
    var now = look();
    if (now.isLike(seen)) return false;
    seen = now;
    seenAt = System.nanoTime();
    return true;
  }

  private Look look() {
    try {
      var attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) return Look.NOTHING; // a pipe might keep us for ever
      boolean same =
          seen != null
              && attributes.lastModifiedTime().equals(seen.time)
              && attributes.size() == seen.size
              && Objects.equals(attributes.fileKey(), seen.key)
              && System.nanoTime() - seenAt > TICK_NANOS;
      byte[] content = same ? seen.content : Files.readAllBytes(file);
      return new Look(
          attributes.lastModifiedTime(), attributes.size(), attributes.fileKey(), content);
    } catch (IOException e) {
      return Look.NOTHING; // not there, or not for us: the check will say why
    }
  }
}
