//SOURCES Chapter10.java

import harness.Machine;
import harness.MortalProcess;
import harness.Run;
import harness.Stage;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

/// Exercise 10-b as the harness sees it: an effect is a row in the ledger, and the channel belongs to the
/// process. In a run, nothing comes out.
public final class Exercise10b implements Stage<SupervisionTree.Click> {

  /// So the last click and the end are on it together.
  private static final int CAPACITY = 3;

  private static final int MOST_BOOKINGS = 8;
  private static final int PATIENCE_SECONDS = 5;

  private final Chapter10 chapter = new Chapter10();

  @Override
  public SupervisionTree.Click event(long offset) {
    return chapter.event(offset);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return chapter.timeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return chapter.invalidOffset(offset);
  }

  @Override
  public List<Long> effects(Machine<?> machine) throws Exception {
    return chapter.effects(machine);
  }

  @Override
  public void live(MortalProcess<SupervisionTree.Click> process) throws Exception {
    Path file = process.disk().resolve("ledger.db");
    try (var connection = process.connection(Chapter10.connect(file))) {
      process.hasChannel();
      var channel = new InTurns(process::putsOnChannel, process::takesFromChannel);
      work(process::take, connection, channel);
    }
  }

  private static void work(SupervisionTree.Log log, Connection connection, InTurns channel)
      throws Exception {
    var ledger = new DurableOffsets.Ledger(connection, "clicks");
    try (var root = AChannelInBetween.start(log, channel, ledger, _ -> {}, Chapter09.NO_TIME)) {
      try {
        root.exit.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        throw new Machine.NeverEnded(channel.whoWaits());
      } catch (ExecutionException e) {
        // join() knows what of
      }
      Chapter09.join(root);
    }
  }

  /// A failure that stays.
  @Override
  public Optional<String> complaintAboutEffects(Path disk) throws Exception {
    var reads = new AtomicInteger();
    SupervisionTree.Log log =
        offset -> {
          reads.incrementAndGet();
          if (offset >= 20) throw invalidOffset(offset);
          return event(offset);
        };
    var bookings = new AtomicInteger();
    var channel = new InTurns(_ -> {}, _ -> {});
    String what = "the disk is full, for good, and nothing can be booked. ";
    try (var connection = Chapter10.connect(disk.resolve("full.db"))) {
      Runnable whenBooking =
          () -> {
            if (bookings.incrementAndGet() > 100) throw new Over();
          };
      work(log, Chapter10.full(connection, whenBooking), channel);
      return Optional.of(what + "Nobody failed, and so nobody can do anything.");
    } catch (SQLException e) { // the supervisor gave up
    } catch (ExecutionException e) { // it goes on and on
    }
    if (bookings.get() > MOST_BOOKINGS)
      return Optional.of(
          what
              + "The supervisor allows three restarts, and it was tried %d times. Who else tries again?"
                  .formatted(bookings.get()));
    if (channel.puts == 0)
      return Optional.of(
          "nothing was put on the channel. It's there so that one can read while the other books.");
    return reads.get() <= MOST_BOOKINGS * (CAPACITY + 2)
        ? Optional.empty()
        : Optional.of(
            "the channel holds %d, and nothing was booked. Still, clicks were read %d times."
                .formatted(CAPACITY, reads.get()));
  }

  /// Ends a step that would go on for ever.
  private static final class Over extends Error {}

  // --- a run ---

  @Override
  public void start(Run<SupervisionTree.Click> run) throws SQLException {
    run.hold(
        AChannelInBetween.start(
                run::take,
                new ArrayBlockingQueue<>(CAPACITY),
                new DurableOffsets.Ledger(Chapter10.inMemory(), "clicks"),
                event -> run.print(SupervisionTree.words(event)),
                Chapter09.timeOf(run))
            .exit);
  }

  /// A channel whose two sides work in turns: the producer until there is no room, then the consumer until
  /// there is nothing left. So a kill finds as much on it as there can be, and always the same.
  private static final class InTurns extends ArrayBlockingQueue<SupervisionTree.Message> {
    private final LongConsumer whenPut;
    private final LongConsumer whenTaken;
    private boolean consumersTurn;
    private Thread consumer;
    private Thread putting;
    private boolean taking;
    private int puts;

    /// @param whenPut hears of each offset; of the end as -1
    InTurns(LongConsumer whenPut, LongConsumer whenTaken) {
      super(CAPACITY);
      this.whenPut = whenPut;
      this.whenTaken = whenTaken;
    }

    private static long offsetIn(SupervisionTree.Message message) {
      return message instanceof SupervisionTree.Item item ? item.offset() : -1;
    }

    private synchronized void handOver(boolean toConsumer) {
      consumersTurn = toConsumer;
      notifyAll();
    }

    synchronized String whoWaits() {
      String when = "after %d s a process was still there. ".formatted(PATIENCE_SECONDS);
      if (putting != null && putting == consumer)
        return when + "The consumer itself waits for room on the channel. Who would make it?";
      if (putting != null)
        return when + "The channel is full, and somebody waits for room. Nobody takes.";
      if (taking)
        return when
            + "The consumer waits for a message, and none will come. Who tells it of the end?";
      return when + "One of its children goes on and on.";
    }

    @Override
    public synchronized void put(SupervisionTree.Message message) throws InterruptedException {
      putting = Thread.currentThread();
      try {
        while (consumersTurn) wait();
        if (remainingCapacity() == 0) handOver(true);
        while (consumersTurn) wait();
      } finally {
        putting = null;
      }
      super.offer(message);
      whenPut.accept(offsetIn(message));
      puts++;
      if (message instanceof SupervisionTree.End) handOver(true);
    }

    @Override
    public synchronized SupervisionTree.Message take() throws InterruptedException {
      consumer = Thread.currentThread();
      taking = true;
      try {
        while (true) {
          while (!consumersTurn) wait();
          var message = super.poll();
          if (message != null) return told(message);
          handOver(false);
        }
      } finally {
        taking = false;
      }
    }

    @Override
    public synchronized SupervisionTree.Message poll() {
      return consumersTurn ? told(given(super.poll())) : null;
    }

    private SupervisionTree.Message told(SupervisionTree.Message message) {
      if (message != null) whenTaken.accept(offsetIn(message));
      return message;
    }

    @Override
    public synchronized SupervisionTree.Message peek() {
      return consumersTurn ? given(super.peek()) : null;
    }

    private SupervisionTree.Message given(SupervisionTree.Message message) {
      if (message == null) handOver(false);
      return message;
    }

    @Override
    public synchronized SupervisionTree.Message poll(long timeout, TimeUnit unit)
        throws InterruptedException {
      if (!consumersTurn) wait(Math.clamp(unit.toMillis(timeout), 1, 100));
      return poll();
    }

    @Override
    public synchronized boolean offer(SupervisionTree.Message message) {
      if (remainingCapacity() == 0)
        throw new IllegalStateException(
            "The channel is full. put() waits for room, offer() and add() don't");
      puts++;
      whenPut.accept(offsetIn(message));
      return super.offer(message);
    }

    @Override
    public boolean offer(SupervisionTree.Message message, long timeout, TimeUnit unit)
        throws InterruptedException {
      put(message);
      return true;
    }

    @Override
    public int drainTo(Collection<? super SupervisionTree.Message> them) {
      return drainTo(them, Integer.MAX_VALUE);
    }

    @Override
    public synchronized int drainTo(Collection<? super SupervisionTree.Message> them, int most) {
      int drained = 0;
      for (SupervisionTree.Message it; drained < most && (it = poll()) != null; drained++)
        them.add(it);
      return drained;
    }

    @Override
    public synchronized void clear() {
      super.clear();
      handOver(false);
    }
  }
}
