///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 06-a · Import a file

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

/// # Solution 06-a · Import a file
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
    return switch (failure.exception()) {
      case BadLine _ -> new SkipTo(failure.line() + 1);
      case NoSuchFileException _ -> new GiveUp();
      default -> new Retry();
    };
  }

  /// ## The supervisor
  static Future<Exit> startSupervisor(
      Source source,
      BlockingQueue<Message> rows,
      BlockingQueue<DeadLetter> deadLetters,
      Policy policy,
      Time time,
      Consumer<String> out) {
    return go(() -> {
      Exit exit = supervise(source, rows, deadLetters, policy, time, out);
      rows.put(new End(exit));
      return exit;
    });
  }

  static Exit supervise(
      Source source,
      BlockingQueue<Message> rows,
      BlockingQueue<DeadLetter> deadLetters,
      Policy policy,
      Time time,
      Consumer<String> out)
      throws Exception {
    var restarts = new Restarts(policy);
    for (long from = 0; ; ) {
      Exit exit = start(source, rows, from).get();
      if (!(exit instanceof Failed(Failure failure))) return exit;
      out.accept("An error has occurred: " + failure);
      if (failure.line() > from) restarts.progress();
      if (!restarts.allowOneMore(time.nanos())) return exit;
      switch (verdictOn(failure)) {
        case Retry() -> {
          time.sleep(policy.pause());
          from = failure.line();
        }
        case SkipTo(long line) -> {
          deadLetters.put(new DeadLetter(failure.line(), failure.exception().getMessage()));
          from = line;
        }
        case GiveUp() -> {
          return exit;
        }
      }
    }
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

  /// **Why this way.** `NoSuchFileException` *is* an `IOException`. Its type
  /// says where it comes from, and the verdict asks what it means for us. The
  /// case for the narrow type has to come first, and javac sees to that.
  ///
  /// The dead letter comes before the skip. While there's no room for it, the
  /// file doesn't move. The other way round, rows would go by behind a line
  /// that nobody has a record of.
  ///
  /// The books are asked before the verdict, so that all failures cost alike.
  /// Let the shop change the names of its actions: six lines in a row are bad,
  /// and the import ends with five dead letters, not with a whole file of them.
  ///
  /// The letter holds a sentence, and no stack trace. Whoever mends the line
  /// has never heard of `BadLine`.
}
