///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 09-b · Contain the damage

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/// # Exercise 09-b · Contain the damage
///
/// **The goal.** A shop has a session with the log, two producers that read in
/// it, clicks and orders, and a mailer that has nothing to do with all that.
/// Now they are four siblings under one-for-all: a mail server that's away for
/// a minute stops the clicks. Who suffers for whom, and who decides when it's
/// enough? That's what the tree is there to say.
///
/// | what fails | is answered by |
/// |---|---|
/// | clicks or orders | a restart of that one alone |
/// | both together, the 4th time in a session | a new session, and both |
/// | the session | a new session, and both |
/// | whatever would need a 3rd new session | the end of everything |
/// | the mailer | a restart of the mailer alone |
/// | the mailer, for the 21st time | the end of everything |
///
/// The producers start when there is a session, and end before it. A new
/// session has new books: each grants three more restarts.
///
/// **Given.** The supervisor of exercise 09-a. It stands below, and you needn't
/// read it. (Do 09-a first: this is its answer.) It never pauses. It counts its
/// restarts anew each time that it's started, and forgives nothing else.
///
/// **To write.** `shop`: the tree. It needs more supervisors than one, each
/// with a strategy, and a number of restarts. No number is above 20, and the
/// code is all declarations. Draw it on paper first.
///
/// **It fails now with:**
///
/// > when clicks fails, clicks should start again, and nobody else. Those that
/// > did are session, clicks, orders, mailer.
///
/// **Check it** with `./jbang test 09-b`, and watch it with
/// `./jbang exercises/09-b-contain-the-damage.java`. When you're stuck, ask for
/// a hint: `./jbang test 09-b --hint 1`. There are three.
class ContainTheDamage {

  /// Who else is restarted when a child fails: nobody, all the others, or those
  /// that were started after it.
  enum Strategy {
    ONE_FOR_ONE,
    ONE_FOR_ALL,
    REST_FOR_ONE
  }

  /// ## The tree
  static Child shop(Work session, Work clicks, Work orders, Work mailer, Consumer<String> out) {
    return new Child( // TODO so far, all suffer for all
        "shop",
        new Supervisor(
            Strategy.ONE_FOR_ALL,
            20,
            out,
            new Child("session", session),
            new Child("clicks", clicks),
            new Child("orders", orders),
            new Child("mailer", mailer)));
  }

  /// ## Watch it
  ///
  /// The clicks fail, the session, and the mailer.
  void main() throws Exception {
    var session = new Part("session");
    var clicks = new Part("clicks");
    var orders = new Part("orders");
    var mailer = new Part("mailer");
    var ends = new LinkedBlockingQueue<Failure>();
    var root = shop(session, clicks, orders, mailer, IO::println);
    root.start(ends::add).ifPresent(failure -> fail("It does not start: " + failure));
    for (Part failing : List.of(clicks, session, mailer)) {
      Part.started.clear();
      failing.faults.put("is broken");
      Thread.sleep(200);
      if (failing == clicks && Part.started.size() > 1)
        fail("09-b is not finished. The clicks failed, and these started: " + Part.started + ".");
    }
    IO.println("Stopping.");
    root.stop();
    if (!(ends.take().why() instanceof InterruptedException)) fail("It had ended before.");
  }

  static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }

  /// Says when it starts and ends, and fails when it is told to.
  static class Part implements Work {
    static final Set<String> started = new ConcurrentSkipListSet<>();

    final String name;
    final BlockingQueue<String> faults = new LinkedBlockingQueue<>();

    Part(String name) {
      this.name = name;
    }

    @Override
    public void open() {
      IO.println("  " + name + " starts");
      started.add(name);
    }

    @Override
    public void run() throws InterruptedException {
      throw new IllegalStateException(faults.take());
    }

    @Override
    public void close() {
      IO.println("  " + name + " ends");
    }
  }

  /// ## Given: a child
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

  /// ## Given: a supervisor
  static class Supervisor implements Work {
    private final Strategy strategy;
    private final int most;
    private final Consumer<String> out;
    private final List<Child> children;
    private final BlockingQueue<Failure> mailbox = new LinkedBlockingQueue<>();
    private int restarts;

    /// @param most how many restarts there may be, from its start to its end
    Supervisor(Strategy strategy, int most, Consumer<String> out, Child... children) {
      this.strategy = strategy;
      this.most = most;
      this.out = out;
      this.children = List.of(children);
    }

    @Override
    public void open() throws Exception {
      restarts = 0;
      try {
        var failure = start(children);
        if (failure.isPresent()) throw new GaveUp(failure.get());
      } catch (Throwable e) {
        close();
        throw e;
      }
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
      return switch (strategy) {
        case ONE_FOR_ONE -> List.of(failed);
        case ONE_FOR_ALL -> children;
        case REST_FOR_ONE -> children.subList(children.indexOf(failed), children.size());
      };
    }

    private void answer(Failure failure) throws InterruptedException, GaveUp {
      var next = Optional.of(failure);
      while (next.isPresent()) {
        out.accept("An error has occurred: " + next.get());
        if (++restarts > most) throw new GaveUp(next.get());
        var group = groupOf(next.get().child());
        stop(group);
        next = start(group);
      }
    }

    /// One after the other, up to the first that doesn't start.
    private Optional<Failure> start(List<Child> some) throws InterruptedException {
      for (Child child : some) {
        var failure = child.start(mailbox::add);
        if (failure.isPresent()) return failure;
      }
      return Optional.empty();
    }

    private static void stop(List<Child> some) {
      some.reversed().forEach(Child::stop);
    }

    @Override
    public void close() {
      stop(children);
    }
  }
}
