//SOURCES Chapter10.java

import harness.Machine;
import harness.MortalProcess;
import harness.Run;
import harness.Stage;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Exercise 10-b as the harness sees it: an effect is a row in the ledger, and the channel belongs to the
/// process. In a run, nothing comes out.
public final class Exercise10b implements Stage<SupervisionTree.Click> {

  private static final int CAPACITY = 2;

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
    try (var connection = process.connection(connect(process.disk()))) {
      var ledger = new DurableOffsets.Ledger(connection, "clicks");
      try (var root =
          AChannelInBetween.start(
              process::take, new InTurns(), ledger, _ -> {}, Chapter09.NO_TIME)) {
        Chapter09.join(root);
      }
    }
  }

  private static java.sql.Connection connect(Path disk) throws SQLException {
    return DurableOffsets.Ledger.connect(disk.resolve("ledger.db"));
  }

  /// What a run that nobody kills can show: what becomes of the channel, and of a failure that stays.
  @Override
  public Optional<String> complaintAboutEffects(Path disk) throws Exception {
    try (var connection = connect(disk);
        var ledger = new DurableOffsets.Ledger(connection, "clicks");
        var statement = connection.createStatement()) {
      statement.execute(
          "CREATE TRIGGER full BEFORE INSERT ON effects BEGIN SELECT RAISE(ABORT, 'It is full.'); END");
      var reads = new AtomicInteger();
      var crashes = new AtomicInteger();
      SupervisionTree.Log log =
          offset -> {
            reads.incrementAndGet();
            if (offset >= 20) throw new SupervisionTree.InvalidOffset(offset);
            return event(offset);
          };
      SupervisionTree.Listener listener =
          event -> {
            if (event instanceof SupervisionTree.Crashed) crashes.incrementAndGet();
          };
      var channel = new InTurns();
      try (var root = AChannelInBetween.start(log, channel, ledger, listener, Chapter09.NO_TIME)) {
        String what = "the database is full, and nothing can be booked. ";
        SupervisionTree.Exit<?> exit;
        try {
          exit = root.exit.get(2, TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
          return Optional.of(
              what
                  + "After two seconds nobody had given up. Who keeps trying, other than the supervisor?");
        }
        if (!(exit instanceof SupervisionTree.Failed<?>))
          return Optional.of(what + "The supervisor should have given up, and it says " + exit + ".");
        if (channel.puts == 0)
          return Optional.of(
              "nothing was put on the channel. It's there so that one can read while the other books.");
        if (crashes.get() == 0)
          return Optional.of(what + "The supervisor's listener never heard of a failure.");
        return reads.get() <= 5 * (CAPACITY + 2)
            ? Optional.empty()
            : Optional.of(
                what
                    + "Still, %d clicks were read, for a channel of %d.".formatted(reads.get(), CAPACITY));
      }
    }
  }

  // --- a run ---

  @Override
  public void start(Run<SupervisionTree.Click> run) throws SQLException {
    run.hold(
        AChannelInBetween.start(
                run::take,
                new ArrayBlockingQueue<>(CAPACITY),
                DurableOffsets.Ledger.open(Path.of(":memory:"), "clicks"),
                event -> run.print(SupervisionTree.words(event)),
                Chapter09.timeOf(run))
            .exit);
  }

  /// A channel with whose two sides work in turns: the producer until there is no room, then the consumer
  /// until there is nothing left. So a kill finds as much on it as there can be, and always the same.
  private static final class InTurns extends ArrayBlockingQueue<SupervisionTree.Message> {
    private boolean consumersTurn;
    private int puts;

    InTurns() {
      super(CAPACITY);
    }

    private synchronized void handOver(boolean toConsumer) {
      consumersTurn = toConsumer;
      notifyAll();
    }

    @Override
    public synchronized void put(SupervisionTree.Message message) throws InterruptedException {
      while (consumersTurn) wait();
      if (remainingCapacity() == 0) handOver(true);
      while (consumersTurn) wait();
      super.offer(message);
      puts++;
      if (message instanceof SupervisionTree.End) handOver(true);
    }

    @Override
    public synchronized SupervisionTree.Message take() throws InterruptedException {
      while (true) {
        while (!consumersTurn) wait();
        var message = super.poll();
        if (message != null) return message;
        handOver(false);
      }
    }

    @Override
    public synchronized SupervisionTree.Message poll() {
      if (!consumersTurn) return null;
      var message = super.poll();
      if (message == null) handOver(false);
      return message;
    }

    @Override
    public synchronized SupervisionTree.Message poll(long timeout, TimeUnit unit)
        throws InterruptedException {
      if (!consumersTurn) wait(Math.max(1, Math.min(100, unit.toMillis(timeout))));
      return poll();
    }

    @Override
    public synchronized SupervisionTree.Message peek() {
      if (!consumersTurn) return null;
      var message = super.peek();
      if (message == null) handOver(false);
      return message;
    }

    @Override
    public synchronized boolean offer(SupervisionTree.Message message) {
      if (remainingCapacity() == 0)
        throw new IllegalStateException(
            "The channel is full, and this click would be dropped: put() waits for room, offer() and"
                + " add() don't");
      puts++;
      return super.offer(message);
    }

    @Override
    public boolean offer(SupervisionTree.Message message, long timeout, TimeUnit unit)
        throws InterruptedException {
      put(message);
      return true;
    }

    @Override
    public synchronized void clear() {
      super.clear();
      handOver(false);
    }
  }
}
