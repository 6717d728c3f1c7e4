import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/// All that was measured, as it lies in a folder: a row for each window of each fork.
record Results(List<Throughput> throughput, List<Restarts> restarts, List<String> machine) {

  private static final String THROUGHPUT_HEAD = "contender,fork,window,events,nanos,checksum";
  private static final String RESTARTS_HEAD =
      "keeper,fork,children,cold_bytes_a_child,warm_bytes_a_child,faults,p50_nanos,p99_nanos,max_nanos";

  record Throughput(
      String contender, int fork, int window, long events, long nanos, String checksum) {

    static Throughput of(String contender, int fork, int window, String measured) {
      return of("%s,%d,%d,%s".formatted(contender, fork, window, measured));
    }

    private static Throughput of(String row) {
      String[] cells = row.split(",");
      return new Throughput(
          cells[0],
          Integer.parseInt(cells[1]),
          Integer.parseInt(cells[2]),
          Long.parseLong(cells[3]),
          Long.parseLong(cells[4]),
          cells[5]);
    }

    private String row() {
      return "%s,%d,%d,%d,%d,%s".formatted(contender, fork, window, events, nanos, checksum);
    }

    private double millionsASecond() {
      return events * 1e3 / nanos;
    }
  }

  record Restarts(
      String keeper,
      int fork,
      int children,
      long coldBytes,
      long warmBytes,
      int faults,
      long p50,
      long p99,
      long max) {

    static Restarts of(String keeper, int fork, String measured) {
      return of("%s,%d,%s".formatted(keeper, fork, measured));
    }

    private static Restarts of(String row) {
      String[] cells = row.split(",");
      return new Restarts(
          cells[0],
          Integer.parseInt(cells[1]),
          Integer.parseInt(cells[2]),
          Long.parseLong(cells[3]),
          Long.parseLong(cells[4]),
          Integer.parseInt(cells[5]),
          Long.parseLong(cells[6]),
          Long.parseLong(cells[7]),
          Long.parseLong(cells[8]));
    }

    private String row() {
      return "%s,%d,%d,%d,%d,%d,%d,%d,%d"
          .formatted(keeper, fork, children, coldBytes, warmBytes, faults, p50, p99, max);
    }
  }

  static Results read(Path folder) throws IOException {
    return new Results(
        rows(folder.resolve("throughput.csv")).stream().map(Throughput::of).toList(),
        rows(folder.resolve("restarts.csv")).stream().map(Restarts::of).toList(),
        Files.readAllLines(folder.resolve("machine.txt")));
  }

  private static List<String> rows(Path file) throws IOException {
    return Files.readAllLines(file).stream().skip(1).toList();
  }

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    write(folder.resolve("throughput.csv"), THROUGHPUT_HEAD, throughput, Throughput::row);
    write(folder.resolve("restarts.csv"), RESTARTS_HEAD, restarts, Restarts::row);
    Files.writeString(folder.resolve("machine.txt"), String.join("\n", machine) + "\n");
  }

  private static <T> void write(Path file, String head, List<T> rows, Function<T, String> toRow)
      throws IOException {
    var lines = new ArrayList<>(List.of(head));
    rows.forEach(row -> lines.add(toRow.apply(row)));
    Files.writeString(file, String.join("\n", lines) + "\n");
  }

  /// Millions of events a second, fork by fork: the median of its windows. Empty if it didn't run.
  double[] millionsASecond(Contender contender) {
    var forks = new TreeMap<Integer, List<Double>>();
    for (var row : throughput)
      if (row.contender.equals(contender.id()))
        forks.computeIfAbsent(row.fork, _ -> new ArrayList<>()).add(row.millionsASecond());
    return forks.values().stream().mapToDouble(Results::median).toArray();
  }

  /// Of the periods of all windows. One, if all contenders delivered the same.
  Set<String> checksums() {
    return throughput.stream().map(Throughput::checksum).collect(Collectors.toSet());
  }

  /// What was measured fork by fork. Empty if it didn't run.
  List<Restarts> restarts(Keeper keeper) {
    return restarts.stream().filter(row -> row.keeper.equals(keeper.id())).toList();
  }

  private static double median(List<Double> values) {
    return median(values.stream().mapToDouble(value -> value).toArray());
  }

  static double median(double[] values) {
    double[] sorted = DoubleStream.of(values).sorted().toArray();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
