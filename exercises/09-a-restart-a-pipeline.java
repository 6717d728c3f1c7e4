///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 09-a · Restart a pipeline

import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/// # Exercise 09-a · Restart a pipeline
///
/// **The goal.** A connection, a reader that needs it, and a writer that needs
/// the reader. If the reader fails, the connection may stay. If the connection
/// fails, nobody may. And while all that is being put right, the next thing
/// fails: the connection is back, and the reader doesn't start.
///
/// **Given.** A child, which can be started and stopped as often as you like.
/// It has no state, and there is no pause before a restart.
///
/// **To write.** What makes a supervisor of the class `Supervisor`.
///
/// - `groupOf`: who is restarted when a child fails, in the order of the start.
/// - `open`: starts all children, one after the other, or none. If one doesn't
///   start, throw a `GaveUp`. However `open` fails, be it by an interrupt, the
///   children that have started are stopped again.
/// - `answer`: what is done about a failure. It's said to `out`, in words of
///   yours that contain the failure. The group is stopped, in reverse, and
///   started, in order. A child that doesn't start is the next failure: said,
///   counted and answered like the first one. After `most` restarts since
///   `open`, the next failure is one too many: throw a `GaveUp`. What still
///   runs is then left to `close`.
/// - `close`: stops all children, in reverse.
///
/// A supervisor is a child's work, so one can be the child of another.
///
/// **It fails now with:**
///
/// > it threw java.lang.UnsupportedOperationException: TODO: start the
/// > children, one after the other, or none.
///
/// **Check it** with `./jbang test 09-a`, and watch it with
/// `./jbang exercises/09-a-restart-a-pipeline.java`. When you're stuck, ask for
/// a hint: `./jbang test 09-a --hint 1`. There are three.
class RestartAPipeline {

  /// Who else is restarted when a child fails: nobody, all the others, or those
  /// that were started after it.
  enum Strategy {
    ONE_FOR_ONE,
    ONE_FOR_ALL,
    REST_FOR_ONE
  }

  /// ## The child
  ///
  /// What a child does. Only when `open` has returned has the child started.
  /// Then `run` has a thread of its own, and ends with a failure, or because
  /// it's interrupted. After it comes `close`, on the same thread.
  interface Work extends AutoCloseable {
    default void open() throws Exception {}

    void run() throws Exception;

    @Override
    default void close() {}
  }

  /// @param thread on which it happened; none, if the child has not started
  record Failure(Child child, Throwable why, Optional<Thread> thread) {
    @Override
    public String toString() {
      return child.name + " " + why;
    }
  }

  static class Child {
    final String name;
    private final Work work;
    private Optional<Thread> thread = Optional.empty();

    Child(String name, Work work) {
      this.name = name;
      this.work = work;
    }

    /// Opens the child, and lets it run. When that ends, `whenEnded` is told.
    ///
    /// @return why it has not started, or nothing if it has
    Optional<Failure> start(Consumer<Failure> whenEnded) throws InterruptedException {
      if (thread.filter(Thread::isAlive).isPresent()) stop(); // one child, one thread
      try {
        work.open();
      } catch (InterruptedException stop) {
        throw stop;
      } catch (Exception e) {
        return Optional.of(new Failure(this, e, Optional.empty()));
      }
      thread = Optional.of(Thread.ofVirtual().name(name).unstarted(() -> live(whenEnded)));
      thread.get().start();
      return Optional.empty();
    }

    private void live(Consumer<Failure> whenEnded) {
      Throwable why = new IllegalStateException("It has come to its end.");
      try (work) {
        work.run();
      } catch (Throwable e) { // an Error is for the supervisor to die of
        why = e;
      }
      whenEnded.accept(new Failure(this, why, Optional.of(Thread.currentThread())));
    }

    /// Stops the child, and waits until it has stopped, as long as that takes.
    /// If it doesn't run, there's nothing to do.
    void stop() {
      boolean interrupted = false;
      while (thread.isPresent()) {
        thread.get().interrupt();
        try {
          thread.get().join();
          thread = Optional.empty();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) Thread.currentThread().interrupt();
    }

    /// Whether it's about this start, and not about one that was stopped.
    boolean isConcernedBy(Failure failure) {
      return thread.equals(failure.thread());
    }
  }

  /// What a supervisor's own supervisor gets to know.
  static class GaveUp extends Exception {
    GaveUp(Failure failure) {
      super("" + failure, failure.why());
    }

    @Override
    public String toString() {
      return "gave up: " + getMessage();
    }
  }

  /// ## The supervisor
  static class Supervisor implements Work {
    private final Strategy strategy;
    private final int most;
    private final Consumer<String> out;
    private final List<Child> children;
    private final BlockingQueue<Failure> mailbox = new LinkedBlockingQueue<>();

    /// @param most how many restarts there may be from an `open` to a `close`
    Supervisor(Strategy strategy, int most, Consumer<String> out, Child... children) {
      this.strategy = strategy;
      this.most = most;
      this.out = out;
      this.children = List.of(children);
    }

    @Override
    public void open() throws Exception {
      throw new UnsupportedOperationException(
          "TODO: start the children, one after the other, or none");
    }

    /// One failure after the other. What comes from a child that was stopped
    /// meanwhile is old news.
    @Override
    public void run() throws Exception {
      while (true) {
        Failure failure = mailbox.take();
        if (failure.why() instanceof Error e) throw e;
        if (failure.child().isConcernedBy(failure)) answer(failure);
      }
    }

    private List<Child> groupOf(Child failed) {
      throw new UnsupportedOperationException("TODO: say who is restarted when a child fails");
    }

    private void answer(Failure failure) throws InterruptedException, GaveUp {
      throw new UnsupportedOperationException("TODO: stop and start the group, or give up");
    }

    @Override
    public void close() {
      throw new UnsupportedOperationException("TODO: stop the children");
    }
  }

  /// ## Watch it
  ///
  /// First the reader fails, and then the connection. The connection is found
  /// again, and the reader can't log in the first two times.
  void main() throws Exception {
    var connection = new Part("connection");
    var reader = new Part("reader");
    var writer = new Part("writer");
    var failures = new LinkedBlockingQueue<Failure>();
    var pipeline =
        new Supervisor(
            Strategy.REST_FOR_ONE,
            5,
            IO::println,
            new Child("connection", connection),
            new Child("reader", reader),
            new Child("writer", writer));
    var root = new Child("pipeline", pipeline);
    root.start(failures::add).ifPresent(failure -> fail(failure.why()));
    reader.faults.put("has read nonsense");
    Thread.sleep(200);
    reader.badStarts = 2;
    connection.faults.put("is lost");
    Thread.sleep(200);
    IO.println("Stopping.");
    root.stop();
    Object end = failures.take().why();
    if (!(end instanceof InterruptedException)) fail(end);
    if (Part.running != 0) fail("And there still are parts that run: " + Part.running);
  }

  static void fail(Object why) {
    System.err.println(
        why instanceof UnsupportedOperationException e
            ? "09-a is not finished. " + e.getMessage() + "."
            : "" + why);
    System.exit(1);
  }

  /// Says when it starts and ends, and fails when it is told to.
  static class Part implements Work {
    static volatile int running;

    final String name;
    final BlockingQueue<String> faults = new LinkedBlockingQueue<>();
    volatile int badStarts;

    Part(String name) {
      this.name = name;
    }

    @Override
    public void open() {
      if (badStarts-- > 0) throw new IllegalStateException("can't log in");
      IO.println("  " + name + " starts");
      running++;
    }

    @Override
    public void run() throws InterruptedException {
      throw new IllegalStateException(faults.take());
    }

    @Override
    public void close() {
      IO.println("  " + name + " ends");
      running--;
    }
  }
}
