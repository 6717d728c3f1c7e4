///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 01-a · Tail a file

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/// # Solution 01-a · Tail a file
///
/// **The goal.** A file grows at its end while you look at it, as log files do.
/// Follow it from its first line on, and put every line on a channel.
///
/// **Given.** A file that grows, a real one behind it, and chapter 1's `go`.
///
/// **To write.** `start`. It's chapter 1's producer in other clothes, but two
/// things differ.
///
/// - Lines have different lengths, so the next line is not at `position + 1`.
///   Nor is it at `position + text.length() + 1`: positions are bytes, and an
///   ü takes two. Ask someone who knows.
/// - Chapter 1 threw its `Future` away. You return yours.
class TailAFile {

  /// ## A file that grows
  ///
  /// A position is a number of bytes from the beginning of the file. The first
  /// line is at 0, and each line knows where the next one will be.
  ///
  /// Where there is no line yet, `lineAt` waits for one.
  interface GrowingFile {
    Line lineAt(long position) throws InterruptedException;
  }

  record Line(String text, long nextPosition) {}

  /// A real one. It opens the file anew for each line, which is slow, and
  /// hard to get wrong.
  record FileOnDisk(Path path) implements GrowingFile {
    @Override
    public Line lineAt(long position) throws InterruptedException {
      while (true) {
        try (var in = new BufferedInputStream(Files.newInputStream(path))) {
          in.skipNBytes(position);
          var bytes = new ByteArrayOutputStream();
          for (int b; (b = in.read()) >= 0; bytes.write(b))
            if (b == '\n') return new Line(bytes.toString(UTF_8), position + bytes.size() + 1);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        Thread.sleep(20); // no whole line yet
      }
    }
  }

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  /// ## The producer
  static Future<?> start(GrowingFile file, BlockingQueue<String> lines) {
    return go(() -> {
      for (long position = 0; ; ) {
        Line line = file.lineAt(position);
        lines.put(line.text());
        position = line.nextPosition();
      }
    });
  }

  /// ## Watch it
  ///
  /// Without an argument this writes a file, line by line, and looks whether
  /// each line comes out of the channel. With a file's name, it shows that
  /// file, and ends after a second without a new line.
  void main(String... args) throws Exception {
    try {
      if (args.length == 0) writeAndFollow();
      else follow(Path.of(args[0]));
    } catch (UnsupportedOperationException e) {
      System.err.println("01-a is not finished. " + e.getMessage() + ".");
      System.exit(1);
    }
  }

  static void writeAndFollow() throws Exception {
    Path path = Files.createTempFile("growing", ".txt");
    try {
      var lines = new SynchronousQueue<String>();
      Future<?> producer = start(new FileOnDisk(path), lines);
      for (String text : List.of("It grows.", "Line by line.", "Größer und größer.", "Enough.")) {
        Files.writeString(path, text + "\n", APPEND);
        IO.println("written: " + text);
        IO.println("arrived: " + lines.poll(1, TimeUnit.SECONDS));
      }
      IO.println("The producer " + (producer.isDone() ? "is dead." : "waits for more."));
    } finally {
      Files.delete(path);
    }
  }

  static void follow(Path path) throws InterruptedException {
    var lines = new SynchronousQueue<String>();
    Future<?> producer = start(new FileOnDisk(path), lines);
    for (String line; (line = lines.poll(1, TimeUnit.SECONDS)) != null; ) IO.println(line);
    if (producer.state() == Future.State.FAILED)
      System.err.println("The producer died: " + producer.exceptionNow());
  }

  /// **Why this way.** The state of the loop is a position, and its next value
  /// comes with the line. So `start` knows nothing about bytes, and it would
  /// follow a compressed file just as well. Whoever keeps a cursor should take
  /// it from the source, and not compute it. You'll meet that again with rows
  /// and with Kafka.
  ///
  /// There is no `catch`. The producer may die, as in chapter 1, but now its
  /// `Future` is in the caller's hand. Look at `follow`, which asks it.
}
