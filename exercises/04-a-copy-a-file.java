///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 04-a · Copy a file

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// # Exercise 04-a · Copy a file
///
/// **The goal.** A file lies on another machine, and you want its lines on a
/// channel. The network is sometimes away, for a moment or for good.
///
/// A file does not fail at its end. It answers `null`. Whoever takes from the
/// channel shall know which it was: the whole file, or as much of it as could
/// be had.
///
/// **Given.** The file, two of the three tags, the messages, the producer, and
/// the two numbers of the intensity.
///
/// **To write.** Four things, from the inside out.
///
/// - The third tag. It holds how many lines there were, and it is an exit.
/// - `copyLine`: one step. An empty line is a line. The operation is called
///   "copy-line".
/// - `Restarts.allowOneMore`: may there be one more restart, now? At most `max`
///   are allowed within any `period`. One that is exactly a period old still
///   counts.
/// - `startSupervisor`: it says each failure to `out`, and goes on where the
///   producer failed. It ends with the producer's exit, when the file is
///   complete or when the restarts are spent. That exit is what its `Future`
///   holds, and the last message on the channel.
///
/// **It fails now with:**
///
/// > it threw java.lang.UnsupportedOperationException: TODO: copy one line, and
/// > say which of three things happened.
///
/// **Check it** with `./jbang test 04-a`, and watch it with
/// `./jbang exercises/04-a-copy-a-file.java`. When you're stuck, ask for a
/// hint: `./jbang test 04-a --hint 1`. There are three.
///
/// The checker counts lines from 0, as the file does, and the one at offset 2
/// is empty. Its clock stands still, or jumps: `clock` is the only one to ask.
class CopyAFile {

  /// ## The file
  ///
  /// The lines are numbered from 0. Behind the last one comes `null`.
  interface RemoteFile {
    String line(long number) throws IOException, InterruptedException;
  }

  /// ## How a step ends
  sealed interface Outcome permits Copied, Exit {}

  record Copied(long nextLine) implements Outcome {}

  /// How a producer ends.
  sealed interface Exit extends Outcome permits Failed {}

  // TODO the third tag

  record Failed(Failure failure) implements Exit {}

  record Failure(Throwable exception, long line, String operation) {
    @Override
    public String toString() {
      return operation + "@" + line + " " + exception;
    }
  }

  /// ## What travels on the channel
  sealed interface Message permits Item, End {}

  record Item(String line) implements Message {}

  /// Nothing comes after this one.
  record End(Exit why) implements Message {}

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  /// ## The step
  static Outcome copyLine(RemoteFile file, long number, BlockingQueue<Message> lines) {
    throw new UnsupportedOperationException(
        "TODO: copy one line, and say which of three things happened");
  }

  /// ## The producer
  static Future<Exit> start(RemoteFile file, BlockingQueue<Message> lines, long from) {
    return go(() -> {
      for (long number = from; ; ) {
        switch (copyLine(file, number, lines)) {
          case Copied(long next) -> number = next;
          case Exit exit -> {
            return exit;
          }
        }
      }
    });
  }

  /// ## How often is too often?
  record Intensity(int max, Duration period) {}

  static class Restarts {
    private final Intensity intensity;

    Restarts(Intensity intensity) {
      this.intensity = intensity;
    }

    /// Whether there may be one more, at the time `now`, in nanoseconds.
    boolean allowOneMore(long now) {
      throw new UnsupportedOperationException("TODO: count the restarts that still count");
    }
  }

  /// ## The supervisor
  static Future<Exit> startSupervisor(
      RemoteFile file,
      BlockingQueue<Message> lines,
      Intensity intensity,
      LongSupplier clock,
      Consumer<String> out) {
    throw new UnsupportedOperationException(
        "TODO: restart what failed, until the file has ended or that's enough");
  }

  /// ## Watch it
  ///
  /// One step by hand, and then two copies. First the network is away for two
  /// reads of line 2, and then for good. Three restarts are allowed.
  void main() throws Exception {
    try {
      IO.println("A step: " + copyLine(poem(0), 4, new ArrayBlockingQueue<>(1)));
      if (watch(poem(2)) && watch(poem(Integer.MAX_VALUE))) return;
    } catch (UnsupportedOperationException e) {
      System.err.println("04-a is not finished. " + e.getMessage() + ".");
    }
    System.exit(1);
  }

  /// Takes till the end, or till nothing comes for a second. Ten messages would
  /// be too many for this file.
  static boolean watch(RemoteFile file) throws InterruptedException {
    var lines = new ArrayBlockingQueue<Message>(2);
    var intensity = new Intensity(3, Duration.ofSeconds(5));
    Future<Exit> supervisor =
        startSupervisor(file, lines, intensity, System::nanoTime, IO::println);
    for (int i = 0; i < 10; i++) {
      switch (lines.poll(1, TimeUnit.SECONDS)) {
        case Item(String line) -> IO.println("arrived: " + line);
        case End(Exit why) -> {
          IO.println("the end: " + why + "\n");
          return true;
        }
        case null -> i = 10;
      }
    }
    boolean died = supervisor.state() == Future.State.FAILED;
    System.err.println(
        died
            ? "The supervisor died: " + supervisor.exceptionNow()
            : "The consumer waits for an end, and there is none.");
    return false;
  }

  /// A file whose line 2 fails so many times.
  static RemoteFile poem(int failures) {
    var poem =
        List.of("Polly put the kettle on,", "Polly put the kettle on,", "", "We'll all have tea.");
    var left = new int[] {failures};
    return number -> {
      if (number == 2 && left[0]-- > 0) throw new IOException("The network is away.");
      return number < poem.size() ? poem.get((int) number) : null;
    };
  }
}
