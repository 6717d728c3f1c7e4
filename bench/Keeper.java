import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/// One way to keep children alive, very many of them. A child reads a log and puts on a channel.
enum Keeper {
  CORE_ASYNC_ESSAY(
      "core.async, three go blocks (the essay)",
      new Kind<Object>(
          (log, clicks) -> CoreAsync.call("essay", "start-supervisor", log, clicks),
          CoreAsync::fullChannel,
          CoreAsync::roomyChannel)),
  CORE_ASYNC_GO(
      "core.async, two go blocks",
      new Kind<Object>(
          (log, clicks) -> CoreAsync.call("producer", "start-supervisor", log, clicks),
          CoreAsync::fullChannel,
          CoreAsync::roomyChannel)),
  CORE_ASYNC_IN_PLACE(
      "core.async, one go block, in place",
      new Kind<Object>(
          (log, clicks) -> CoreAsync.call("producer", "start-in-place", log, clicks),
          CoreAsync::fullChannel,
          CoreAsync::roomyChannel)),
  CHAPTER_03(
      "chapter 3, two virtual threads",
      new Kind<>(Ours::chapter03Child, Keeper::fullQueue, Keeper::roomyQueue)),
  CHAPTER_08(
      "chapter 8, a supervisor each",
      new Kind<>(Ours::chapter08Child, Keeper::fullQueue, Keeper::roomyQueue)),
  CHAPTER_09(
      "chapter 9, one supervisor of all",
      new Kind<>(Ours::chapter09Child, Keeper::fullQueue, Keeper::roomyQueue));

  /// What is kept, and what it puts on.
  ///
  /// @param start starts a supervised child, and returns at once
  /// @param full makes a channel on which each put waits for ever
  /// @param roomy makes a channel on which no put waits
  private record Kind<C>(
      BiConsumer<LongFunction<Supervisor.Click>, C> start, Supplier<C> full, Supplier<C> roomy) {

    /// So many children wait at one channel; core.async has room for 1024.
    private static final int CHILDREN_A_CHANNEL = 1000;

    /// Whoever parks at a channel that nobody knows is garbage in core.async. So we know them.
    private static final List<Object> CHANNELS = new ArrayList<>();

    void startParked(int count, LongFunction<Supervisor.Click> log) {
      C channel = null;
      for (int i = 0; i < count; i++) {
        if (i % CHILDREN_A_CHANNEL == 0) CHANNELS.add(channel = full.get());
        start.accept(log, channel);
      }
    }

    void startBusy(LongFunction<Supervisor.Click> log) {
      start.accept(log, roomy.get());
    }
  }

  final String label;
  private final Kind<?> kind;

  Keeper(String label, Kind<?> kind) {
    this.label = label;
    this.kind = kind;
  }

  /// Starts children who wait for room in a full channel.
  void startParked(int count, LongFunction<Supervisor.Click> log) {
    kind.startParked(count, log);
  }

  /// Starts one child that always finds room.
  void startBusy(LongFunction<Supervisor.Click> log) {
    kind.startBusy(log);
  }

  boolean isOurs() {
    return label.startsWith("chapter");
  }

  /// As the command line and the results spell it.
  String id() {
    return name().toLowerCase().replace('_', '-');
  }

  private static BlockingQueue<Supervisor.Click> fullQueue() {
    var clicks = new ArrayBlockingQueue<Supervisor.Click>(1);
    clicks.add(new RepeatingLog().take(0));
    return clicks;
  }

  private static BlockingQueue<Supervisor.Click> roomyQueue() {
    return new ArrayBlockingQueue<>(1) {
      @Override
      public void put(Supervisor.Click click) {
        // it forgets
      }
    };
  }
}
