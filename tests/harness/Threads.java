package harness;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Who is alive, virtual threads included. `Thread.getAllStackTraces` doesn't know those; the JDK's
/// thread dump does, and it says of each whether it could move (JEP 444, "Observing virtual
/// threads"). A dump takes about two milliseconds, so we ask only when nothing seems to happen.
public final class Threads {

  private static final HotSpotDiagnosticMXBean DIAGNOSTIC =
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
  private static final JsonMapper JSON = new JsonMapper();

  /// Threads that the JDK and its tools keep for themselves.
  private static final String JDK_OWNED =
      "ForkJoinPool.*|VirtualThread-.*|process reaper.*|Common-Cleaner|Cleaner-\\d+|Reference Handler"
          + "|Finalizer|Signal Dispatcher|Notification Thread|Attach Listener|junit-timeout.*"
          + "|HTTP-Dispatcher|JFR .*|.*(Compiler|Sweeper) ?[Tt]hread.*";

  /// A thread at the moment of the dump.
  public record Seen(long id, String name, boolean virtual, String state, List<String> stack) {

    /// Whether only someone else can wake it: not running, not ready to run, no timeout.
    boolean waits() {
      return state.equals("WAITING");
    }

    /// The thread, and the place where it stands, for a person to read.
    @Override
    public String toString() {
      String place =
          stack.stream()
              .filter(frame -> !frame.contains("/") && !frame.startsWith("harness."))
              .findFirst()
              .orElse(stack.isEmpty() ? "not yet running" : stack.getFirst());
      String kind = virtual ? "virtual thread" : "thread";
      return kind + (name.isEmpty() ? " #" + id : " '" + name + "'") + ", " + state + " at " + place;
    }
  }

  /// All live threads but the caller's and the JDK's own.
  public static List<Seen> alive() {
    try {
      Path dump = Files.createTempDirectory("threads").resolve("dump.json");
      try {
        DIAGNOSTIC.dumpThreads(dump.toString(), ThreadDumpFormat.JSON);
        return read(JSON.readTree(dump.toFile()));
      } finally {
        Files.deleteIfExists(dump);
        Files.deleteIfExists(dump.getParent());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not ask the JDK for its threads", e);
    }
  }

  /// Those that are alive now and were not at the time of `before`.
  public static List<Seen> since(Set<Long> before) {
    return alive().stream().filter(thread -> !before.contains(thread.id)).toList();
  }

  /// The ids of all that are alive: the baseline for [#since].
  public static Set<Long> ids() {
    return alive().stream().map(Seen::id).collect(Collectors.toSet());
  }

  private static List<Seen> read(JsonNode root) {
    var seen = new ArrayList<Seen>();
    for (JsonNode container : root.path("threadDump").path("threadContainers"))
      for (JsonNode thread : container.path("threads")) {
        long id = thread.path("tid").asLong();
        String name = thread.path("name").asString();
        boolean virtual = thread.path("virtual").asBoolean(false);
        if (id == Thread.currentThread().threadId()) continue;
        var stack = new ArrayList<String>();
        for (JsonNode frame : thread.path("stack")) stack.add(frame.asString());
        if (!virtual && name.matches(JDK_OWNED) && stack.stream().allMatch(f -> f.contains("/")))
          continue;
        seen.add(new Seen(id, name, virtual, thread.path("state").asString(), stack));
      }
    return seen;
  }

  private Threads() {}
}
