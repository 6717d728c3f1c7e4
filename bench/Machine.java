import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What is measured on, and with.
final class Machine {

  private static final Pattern LIBRARY =
      Pattern.compile("(clojure|core\\.async|channels|reactor-core|jctools-core)-(\\d.*)\\.jar");

  /// A few lines for the page. None names a folder.
  static List<String> lines(String extent) {
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return List.of(
        "date:      %s, %s".formatted(LocalDate.now(), extent),
        "cores:     %d, %s".formatted(system.getAvailableProcessors(), processor()),
        "memory:    %d GiB".formatted(Math.round(system.getTotalMemorySize() / 0x1p30)),
        "load:      "
            + String.format(Locale.ROOT, "%.2f", system.getSystemLoadAverage())
            + " before the first fork",
        "system:    " + System.getProperty("os.name") + ", " + System.getProperty("os.arch"),
        "JDK:       "
            + System.getProperty("java.runtime.version")
            + ", "
            + System.getProperty("java.vendor"),
        "options:   " + String.join(" ", Forks.OPTIONS.subList(0, 2)),
        "libraries: " + libraries());
  }

  /// Only Linux says it in a file.
  private static String processor() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.replaceFirst(".*: ", ""))
          .findFirst()
          .orElse("unnamed");
    } catch (IOException e) {
      return "unnamed";
    }
  }

  private static String libraries() {
    String separator = Pattern.quote(System.getProperty("path.separator"));
    return Stream.of(System.getProperty("java.class.path").split(separator))
        .map(jar -> LIBRARY.matcher(Path.of(jar).getFileName().toString()))
        .filter(Matcher::matches)
        .map(jar -> jar.group(1).replace("channels", "jox channels") + " " + jar.group(2))
        .collect(Collectors.joining(", "));
  }

  private Machine() {}
}
