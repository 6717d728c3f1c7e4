///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 06-a · Import a file

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// # Exercise 06-a · Import a file
///
/// **The goal.** Each night a shop sends its day as a file, one row a line,
/// such as `anna,SHIPPING`. You import it. Three things go wrong with it.
///
/// - A line makes no sense. It goes aside, with its number and the reason, so
///   that somebody can mend it in the morning. The others are imported.
/// - The file lies on another machine, and that is sometimes away for a moment.
/// - There is no file. That's for somebody to look at, at once: no number of
///   attempts will bring it.
///
/// **Given.** The step, the producer, and the books of chapter 5. The pause is
/// always the same here.
///
/// **To write.** Two things.
///
/// - `verdictOn`: a bad line throws `BadLine`, an absence `IOException`, and a
///   file that isn't there `NoSuchFileException`. Whatever else is thrown may
///   get better: retry it.
/// - `startSupervisor`: it says each failure to `out`, and does what the
///   verdict says. In the end, it puts an `End` on `rows`, and returns how it
///   ended. What goes aside costs as much as a restart, and if there's no room
///   for the dead letter, then the file has to wait.
///
/// **It fails now with:**
///
/// > start() threw java.lang.UnsupportedOperationException: TODO: start a
/// > producer, wait for its exit, and do what the verdict says
///
/// **Check it** with `./jbang test 06-a`, and watch it with
/// `./jbang exercises/06-a-import-a-file.java`. When you're stuck, ask for a
/// hint: `./jbang test 06-a --hint 1`. There are three.
///
/// The checker counts lines as the file does, from 0 on, and calls the number
/// an offset. Its bad lines look like `customer 3,SHIPING`.
class ImportAFile {

  /// ## The file
  ///
  /// The first line is line 0. After the last one comes `null`.
  interface Source {
    String line(long number) throws IOException, InterruptedException;
  }

  enum Action {
    ADD_TO_CART,
    SHIPPING,
    PAYMENT
  }

  record Row(String customer, Action action) {
    static Row parse(String text) {
      String[] cells = text.split(",", -1);
      if (cells.length != 2) throw new BadLine("It has " + cells.length + " cells, and not 2.");
      for (Action action : Action.values())
        if (action.name().equals(cells[1])) return new Row(cells[0], action);
      throw new BadLine("There is no action " + cells[1] + ".");
    }
  }

  static class BadLine extends RuntimeException {
    BadLine(String reason) {
      super(reason);
    }
  }

  /// For whoever comes in the morning.
  record DeadLetter(long line, String reason) {}

  /// ## How things end
  sealed interface Outcome permits Imported, Exit {}

  record Imported(long nextLine) implements Outcome {}

  sealed interface Exit extends Outcome permits Done, Failed {}

  record Done(long lines) implements Exit {}

  record Failed(Failure failure) implements Exit {}

  record Failure(Throwable exception, long line, String operation) {
    @Override
    public String toString() {
      return operation + "@" + line + " " + exception;
    }
  }

  sealed interface Message permits Item, End {}

  record Item(Row row) implements Message {}

  /// Nothing comes after this one.
  record End(Exit exit) implements Message {}

  /// ## The step and the producer
  static Outcome importLine(Source source, long line, BlockingQueue<Message> rows) {
    try {
      String text = source.line(line);
      if (text == null) return new Done(line);
      rows.put(new Item(Row.parse(text)));
      return new Imported(line + 1);
    } catch (Throwable e) {
      return new Failed(new Failure(e, line, "import-line"));
    }
  }

  static Future<Exit> start(Source source, BlockingQueue<Message> rows, long from) {
    return go(() -> {
      for (long line = from; ; ) {
        switch (importLine(source, line, rows)) {
          case Imported(long next) -> line = next;
          case Exit exit -> {
            return exit;
          }
        }
      }
    });
  }

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  /// ## The books, as in chapter 5
  interface Time {
    long nanos();

    void sleep(Duration pause) throws InterruptedException;
  }

  /// At most `max` restarts within any `period`, and a pause before each.
  record Policy(int max, Duration period, Duration pause) {}

  static class Restarts {
    private final Policy policy;
    private final Deque<Long> times = new ArrayDeque<>();

    Restarts(Policy policy) {
      this.policy = policy;
    }

    /// The producer got further than where it was started: all is forgiven.
    void progress() {
      times.clear();
    }

    boolean allowOneMore(long now) {
      times.addLast(now);
      while (now - times.getFirst() > policy.period().toNanos()) times.removeFirst();
      return times.size() <= policy.max();
    }
  }

  /// ## The verdict
  sealed interface Verdict permits Retry, SkipTo, GiveUp {}

  record Retry() implements Verdict {}

  record SkipTo(long line) implements Verdict {}

  record GiveUp() implements Verdict {}

  static Verdict verdictOn(Failure failure) {
    throw new UnsupportedOperationException("TODO: tell the three kinds of trouble apart");
  }

  /// ## The supervisor
  static Future<Exit> startSupervisor(
      Source source,
      BlockingQueue<Message> rows,
      BlockingQueue<DeadLetter> deadLetters,
      Policy policy,
      Time time,
      Consumer<String> out) {
    throw new UnsupportedOperationException(
        "TODO: start a producer, wait for its exit, and do what the verdict says");
  }

  /// ## Watch it
  ///
  /// The first file has seven lines, two of which are bad, and its machine is
  /// away at line 2, once. The second file isn't there.
  void main() throws Exception {
    var lines =
        List.of(
            "anna,ADD_TO_CART",
            "bert,SHIPING",
            "anna,PAYMENT",
            "anna",
            "carl,ADD_TO_CART",
            "carl,PAYMENT",
            "anna,SHIPPING");
    var away = new ArrayList<>(List.of(2L));
    Source file =
        number -> {
          if (away.remove(number)) throw new IOException("The machine is away.");
          return number < lines.size() ? lines.get((int) number) : null;
        };
    Source noFile =
        _ -> {
          throw new NoSuchFileException("yesterday.csv");
        };
    try {
      importAll(file);
      importAll(noFile);
    } catch (UnsupportedOperationException e) {
      fail("06-a is not finished. " + e.getMessage() + ".");
    }
  }

  void importAll(Source file) throws Exception {
    var rows = new ArrayBlockingQueue<Message>(2);
    var deadLetters = new ArrayBlockingQueue<DeadLetter>(100);
    var policy = new Policy(5, Duration.ofMinutes(1), Duration.ofMillis(20));
    Future<Exit> supervisor =
        startSupervisor(file, rows, deadLetters, policy, new RealTime(), IO::println);
    Message message;
    do {
      message = rows.poll(1, TimeUnit.SECONDS);
      IO.println("arrived: " + message);
    } while (message instanceof Item);
    deadLetters.forEach(letter -> IO.println("aside:   " + letter));
    if (supervisor.state() == Future.State.FAILED)
      fail("The supervisor died: " + supervisor.exceptionNow());
    if (message == null) fail("For a second nothing arrived, and no end.");
    IO.println();
  }

  static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }

  static class RealTime implements Time {
    @Override
    public long nanos() {
      return System.nanoTime();
    }

    @Override
    public void sleep(Duration pause) throws InterruptedException {
      Thread.sleep(pause);
    }
  }
}
