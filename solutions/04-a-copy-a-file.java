///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 04-a · Copy a file

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// # Solution 04-a · Copy a file
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
  sealed interface Exit extends Outcome permits Complete, Failed {}

  record Complete(long lines) implements Exit {}

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
    try {
      String line = file.line(number);
      if (line == null) return new Complete(number);
      lines.put(new Item(line));
      return new Copied(number + 1);
    } catch (Exception e) {
      return new Failed(new Failure(e, number, "copy-line"));
    }
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
    private final Deque<Long> times = new ArrayDeque<>();

    Restarts(Intensity intensity) {
      this.intensity = intensity;
    }

    /// Whether there may be one more, at the time `now`, in nanoseconds.
    boolean allowOneMore(long now) {
      times.addLast(now);
      while (now - times.getFirst() > intensity.period().toNanos()) times.removeFirst();
      return times.size() <= intensity.max();
    }
  }

  /// ## The supervisor
  static Future<Exit> startSupervisor(
      RemoteFile file,
      BlockingQueue<Message> lines,
      Intensity intensity,
      LongSupplier clock,
      Consumer<String> out) {
    return go(() -> {
      Exit exit = supervise(file, lines, new Restarts(intensity), clock, out);
      lines.put(new End(exit));
      return exit;
    });
  }

  private static Exit supervise(
      RemoteFile file,
      BlockingQueue<Message> lines,
      Restarts restarts,
      LongSupplier clock,
      Consumer<String> out)
      throws Exception {
    for (long from = 0; ; ) {
      Exit exit = start(file, lines, from).get();
      switch (exit) {
        case Complete _ -> {
          return exit;
        }
        case Failed(Failure failure) -> {
          out.accept("An error has occurred: " + failure);
          if (!restarts.allowOneMore(clock.getAsLong())) return exit;
          from = failure.line();
        }
      }
    }
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

  /// **Why this way.** The step is the one place that knows what `null` means
  /// here. Behind it there are only tags, and the compiler asks everyone who
  /// takes an exit apart what they do about each of them.
  ///
  /// `supervise` has two ways out, and both are a `return`. So the end is put
  /// in one place, after either of them, and nobody can forget it on one way.
  /// The consumer and the caller are told the same, because it is the same
  /// value.
  ///
  /// The counter adds the restart first, then forgets, then looks. Whoever
  /// looks first has to ask for `< max`, and whoever forgets with `>=` forgets
  /// the one that is exactly a period old. The times are subtracted, and never
  /// compared with each other: `nanoTime` may begin anywhere, and may overflow.
}
