package harness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/// What will happen in a run: how long the log is, how much the channel holds, and which calls fail.
///
/// The faults are written as on a demo's command line: `read@3` times out once at offset 3, twice if
/// written twice; `put@3` fails after the event got through; the event at `poison@3` can never be
/// decoded. More exist only here: `read@3*` times out for ever, `odd@3` throws once what nobody has
/// heard of, `fatal@3` throws an `OutOfMemoryError`, `overflow@3` a `StackOverflowError`,
/// `wait@3` makes the read wait until the run is over or the reader is interrupted, `deaf@3` makes it
/// wait without listening to interrupts, `disguised@3` answers an interrupt with another exception,
/// and at `stop@3` the consumer asks the program to stop.
///
/// `kill@7` and `fail@7` are no faults of a run, but of processes: they're killed at their seventh moment,
/// or what one of them does then fails, see [Machine].
public record Script(int events, int capacity, List<String> faults) {

  public static Script of(int events, int capacity, String... faults) {
    return new Script(events, capacity, List.of(faults));
  }

  /// A random script of at most `maxEvents` events and `maxFaults` transient faults: the same seed
  /// gives the same script.
  public static Script random(long seed, int maxEvents, int maxFaults) {
    var random = new Random(seed);
    int events = 1 + random.nextInt(maxEvents);
    var faults = new ArrayList<String>();
    for (int i = random.nextInt(maxFaults + 1); i > 0; i--)
      faults.add((random.nextInt(3) > 0 ? "read@" : "put@") + random.nextInt(events));
    faults.sort(Comparator.comparing(Script::offsetOf));
    return new Script(events, random.nextInt(4), faults);
  }

  /// Every script of at most `maxEvents` events and two faults, poison and fatal ones included, on
  /// channels that hold nothing, one event, and all of them.
  public static List<Script> all(int maxEvents) {
    var scripts = new ArrayList<Script>();
    for (int events = 1; events <= maxEvents; events++)
      for (int capacity : new TreeSet<>(List.of(0, 1, events))) {
        var faults = new ArrayList<List<String>>(List.of(List.of()));
        for (String one : faultsIn(events)) {
          for (String other : faultsIn(events))
            if (one.compareTo(other) <= 0) faults.add(List.of(one, other));
          faults.add(List.of(one));
        }
        for (List<String> plan : faults) scripts.add(new Script(events, capacity, plan));
      }
    return scripts;
  }

  private static List<String> faultsIn(int events) {
    var faults = new ArrayList<String>();
    for (int offset = 0; offset < events; offset++)
      for (String kind : List.of("read@%d", "read@%d*", "put@%d", "poison@%d", "fatal@%d"))
        faults.add(kind.formatted(offset));
    return faults;
  }

  /// A random script with every kind of fault, mostly transient ones: the same seed gives the same.
  public static Script wild(long seed) {
    var random = new Random(seed);
    var mild = random(seed, 12, 8);
    var faults = new ArrayList<>(mild.faults());
    for (String kind : List.of("poison@%d", "poison@%d", "poison@%d", "read@%d*", "fatal@%d"))
      if (random.nextInt(4) == 0) faults.add(kind.formatted(random.nextInt(mild.events())));
    return new Script(mild.events(), mild.capacity(), faults);
  }

  /// Reads a fault plan such as `read@3,put@5`; `none` is the empty one.
  ///
  /// @throws IllegalArgumentException with a sentence for the person who wrote the plan
  public static List<String> plan(String text, int events) {
    if (text.equals("none")) return List.of();
    if (text.matches("(kill|fail)@[1-9]\\d{0,2}")) return List.of(text);
    List<String> faults = Arrays.asList(text.split(","));
    for (String fault : faults) {
      if (!fault.matches(
          "read@\\d{1,6}\\*?|(put|poison|odd|fatal|overflow|wait|deaf|disguised|stop)@\\d{1,6}"))
        throw new IllegalArgumentException(
            "'"
                + fault
                + "' is no fault. Write read@3, read@3* (for ever), put@3, poison@3, odd@3,"
                + " fatal@3, overflow@3, wait@3, deaf@3, disguised@3, stop@3, kill@7 or fail@7"
                + " (alone), or none.");
      int offset = offsetOf(fault);
      if (offset >= events)
        throw new IllegalArgumentException(
            fault
                + " can't happen: with "
                + events
                + " events, the last offset is "
                + (events - 1)
                + ".");
    }
    return faults;
  }

  static int offsetOf(String fault) {
    return Integer.parseInt(fault.substring(fault.indexOf('@') + 1).replace("*", ""));
  }

  /// Whether a fault comes back each time.
  static boolean isForEver(String fault) {
    return fault.endsWith("*") || fault.startsWith("poison@");
  }

  /// Whether it's about processes on a [Machine], and not about a run.
  public boolean isOfProcesses() {
    return faults.stream().anyMatch(fault -> fault.matches("(kill|fail)@.*"));
  }

  /// Scripts with one fault less, then with one event less: where a failing script may shrink to.
  public List<Script> smaller() {
    var smaller = new ArrayList<Script>();
    for (int i = 0; i < faults.size(); i++) {
      var fewer = new ArrayList<>(faults);
      fewer.remove(i);
      smaller.add(new Script(events, capacity, fewer));
    }
    boolean lastIsFree =
        faults.stream().noneMatch(fault -> fault.matches(".*@" + (events - 1) + "\\*?"));
    if (events > 1 && lastIsFree) smaller.add(new Script(events - 1, capacity, faults));
    if (capacity > 0) smaller.add(new Script(events, 0, faults));
    return smaller;
  }

  /// The options that repeat this script with the `draw` tool.
  @Override
  public String toString() {
    String channel = isOfProcesses() ? "" : " --capacity " + capacity; // theirs is their own
    String plan = faults.isEmpty() ? "none" : String.join(",", faults);
    return "--events %d%s --fault %s".formatted(events, channel, plan);
  }
}
