import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.LongFunction;

/// What a child JVM does: it measures one thing, prints rows, and ends.
final class Fork {

  static final String ROW = "row ";
  private static final int PATIENCE_SECONDS = 100;

  /// `throughput CONTENDER WARM-UPS WINDOWS NANOS` or `restarts KEEPER CHILDREN WARM-UPS FAULTS`
  public static void main(String... args) throws Exception {
    endWithParent();
    endWithAnyThread();
    int first = Integer.parseInt(args[2]), second = Integer.parseInt(args[3]);
    var rows =
        switch (args[0]) {
          case "throughput" ->
              throughput(Contender.valueOf(args[1]), first, second, Long.parseLong(args[4]));
          case "restarts" ->
              List.of(restarts(Keeper.valueOf(args[1]), first, second, Integer.parseInt(args[4])));
          default -> throw new IllegalArgumentException("Nothing measures " + args[0] + ".");
        };
    for (String row : rows) System.out.println(ROW + row);
    System.exit(0); // all that waits for ever ends here
  }

  /// A row for each window: its clicks, its nanoseconds, the checksum of each period in it.
  static List<String> throughput(Contender contender, int warmUps, int windows, long windowNanos)
      throws InterruptedException {
    var tally = new Tally(warmUps, windows, windowNanos);
    contender.start(tally);
    return tally.await(PATIENCE_SECONDS).stream()
        .map(window -> window.events() + "," + window.nanos() + "," + Tally.checksum())
        .toList();
  }

  /// A row: bytes a parked child, of the first ones and of as many more, whose code is compiled by then;
  /// between the two, the latencies in nanoseconds.
  static String restarts(Keeper keeper, int children, int warmUps, int faults)
      throws InterruptedException {
    keeper.startParked(1, parkedLog()); // loads what it needs
    long cold = bytesAChild(keeper, children);
    var faulty = new FaultyLog(warmUps, faults);
    keeper.startBusy(faulty);
    long[] nanos = faulty.await(PATIENCE_SECONDS);
    long warm = bytesAChild(keeper, children);
    return "%d,%d,%d,%d,%d,%d,%d"
        .formatted(
            children,
            cold,
            warm,
            faults,
            nanos[nanos.length / 2],
            nanos[nanos.length * 99 / 100],
            nanos[nanos.length - 1]);
  }

  private static long bytesAChild(Keeper keeper, int children) throws InterruptedException {
    long before = usedBytes();
    keeper.startParked(children, parkedLog());
    return (usedBytes() - before) / children;
  }

  private static LongFunction<Supervisor.Click> parkedLog() {
    var click = new RepeatingLog().take(0);
    return _ -> click;
  }

  /// What the heap holds when all garbage is gone, and all who start have parked.
  private static long usedBytes() throws InterruptedException {
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      System.gc();
      Thread.sleep(200);
      System.gc();
      long now = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      if (Math.abs(now - used) < 10_000) return now;
      used = now;
    }
    throw new IllegalStateException("The heap does not come to rest.");
  }

  /// The parent ends us when it's told to end. A parent that was killed can't: then we do.
  private static void endWithParent() {
    ProcessHandle.current()
        .parent()
        .ifPresent(parent -> parent.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
  }

  private static void endWithAnyThread() {
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
    });
  }

  private Fork() {}
}
