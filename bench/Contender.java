import java.util.List;

/// One way to carry clicks from a producer to a consumer over a channel of 1024, through a fault every
/// thousand reads. All read the same log, start again at the offset that failed, and lose nothing.
enum Contender {
  CORE_ASYNC_ESSAY("core.async, a go block an event (the essay)", CoreAsync::essay),
  CORE_ASYNC_GO("core.async, one go block a producer", CoreAsync::go),
  CORE_ASYNC_GO_VIRTUAL("core.async, the same on virtual threads", CoreAsync::go) {
    @Override
    List<String> jvmOptions() {
      return List.of("-Dclojure.core.async.executor-factory=producer/virtual-threads");
    }
  },
  CORE_ASYNC_IO_THREAD("core.async, one io-thread a producer", CoreAsync::ioThread),
  JOX("Jox", Peers::jox),
  REACTOR("Reactor", Peers::reactor),
  JCTOOLS("JCTools, on virtual threads that yield", Peers::jctoolsYielding),
  JCTOOLS_SPINNING("JCTools, on threads that spin", Peers::jctoolsSpinning),
  ABQ("ArrayBlockingQueue, bare loops", Peers::arrayBlockingQueue),
  CHAPTER_03("chapter 3", Ours::chapter03),
  CHAPTER_08("chapter 8, one click a step", Ours::chapter08),
  CHAPTER_08_JOX("chapter 8, on a Jox channel", Ours::chapter08Jox),
  CHAPTER_08_DRAINED("chapter 8, its consumer drains", Ours::chapter08Drained),
  CHAPTER_08_BATCHED("chapter 8, batches of 64", Ours::chapter08Batched),
  CHAPTER_08_NO_CHANNEL("chapter 8, without a channel", Ours::chapter08NoChannel),
  NO_CHANNEL("chapter 3's steps, without a channel", Ours::noChannel);

  /// Starts a producer and a consumer, on threads of their own.
  private interface Body {
    void start(RepeatingLog log, Tally tally);
  }

  final String label;
  private final Body body;

  Contender(String label, Body body) {
    this.label = label;
    this.body = body;
  }

  /// What its JVM needs beside the options that all have.
  List<String> jvmOptions() {
    return List.of();
  }

  /// Starts on a log of its own, and returns at once.
  void start(Tally tally) {
    body.start(new RepeatingLog(), tally);
  }

  /// Whether its threads wait for room and for clicks. The others ask again and again.
  boolean waits() {
    return this != JCTOOLS && this != JCTOOLS_SPINNING;
  }

  boolean isOurs() {
    return label.startsWith("chapter");
  }

  /// As the command line and the results spell it.
  String id() {
    return name().toLowerCase().replace('_', '-');
  }
}
