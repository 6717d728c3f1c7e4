import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoublePredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// What the page shows of the results: tables between markers such as `<!-- throughput -->` and
/// `<!-- /throughput -->`, and plots. It follows from the results alone.
record Page(Results results) {

  /// Two contenders, and what makes the one faster.
  private record Factor(Contender slower, Contender faster, String because) {}

  private static final List<Factor> FACTORS =
      List.of(
          new Factor(
              Contender.CORE_ASYNC_ESSAY,
              Contender.CORE_ASYNC_GO,
              "a go block an event, and a channel for its result"),
          new Factor(
              Contender.CORE_ASYNC_GO,
              Contender.CORE_ASYNC_GO_VIRTUAL,
              "who runs go blocks: pooled platform threads, or virtual ones"),
          new Factor(
              Contender.CORE_ASYNC_GO,
              Contender.CORE_ASYNC_IO_THREAD,
              "no state machine, and virtual threads that block"),
          new Factor(
              Contender.CORE_ASYNC_IO_THREAD,
              Contender.ABQ,
              "the channel: handlers and a lock, or an array and a lock"),
          new Factor(Contender.ABQ, Contender.CHAPTER_03, "the result of a step, supervised"),
          new Factor(Contender.ABQ, Contender.CHAPTER_08, "the reusable supervisor"),
          new Factor(
              Contender.JOX,
              Contender.CHAPTER_08_JOX,
              "the reusable supervisor, with the same channel"),
          new Factor(
              Contender.CHAPTER_08,
              Contender.CHAPTER_08_DRAINED,
              "one lock for many clicks, at the consumer's end"),
          new Factor(
              Contender.CHAPTER_08,
              Contender.CHAPTER_08_BATCHED,
              "one step, one lock and at most one wake-up for 64 clicks"),
          new Factor(
              Contender.CHAPTER_08,
              Contender.CHAPTER_08_NO_CHANNEL,
              "crossing from thread to thread, click by click"),
          new Factor(
              Contender.CHAPTER_08_NO_CHANNEL,
              Contender.NO_CHANNEL,
              "boxed offsets, and a state that others may look at"));

  private static final List<Contender> LIBRARIES =
      List.of(
          Contender.CORE_ASYNC_GO,
          Contender.CORE_ASYNC_GO_VIRTUAL,
          Contender.CORE_ASYNC_IO_THREAD,
          Contender.JOX,
          Contender.REACTOR,
          Contender.JCTOOLS,
          Contender.JCTOOLS_SPINNING);

  /// The text of the page, with the tables filled in.
  String filled(String text) {
    for (var table : tables().entrySet()) {
      var place =
          Pattern.compile("(?s)(?<=<!-- %s -->).*(?=<!-- /%1$s -->)".formatted(table.getKey()))
              .matcher(text);
      if (!place.find())
        throw new IllegalStateException(
            "The page has no place for <!-- %s --> … <!-- /%1$s -->.".formatted(table.getKey()));
      text = place.replaceFirst(Matcher.quoteReplacement("\n\n" + table.getValue() + "\n"));
    }
    return text;
  }

  /// By the name of the marker.
  Map<String, String> tables() {
    var tables = new LinkedHashMap<String, String>();
    tables.put("aims", aims());
    tables.put("throughput", throughput());
    tables.put("factors", factors());
    tables.put("restarts", restarts());
    tables.put("machine", "```text\n" + String.join("\n", results.machine()) + "\n```\n");
    return tables;
  }

  /// By the name of the file.
  Map<String, Plot> plots() {
    var plots = new LinkedHashMap<String, Plot>();
    var lines = new ArrayList<Plot.Line>();
    for (var contender : Contender.values())
      add(lines, contender.label, results.millionsASecond(contender), contender.isOurs());
    plots.put(
        "throughput.svg",
        new Plot("Throughput: a dot for each fork", "millions of events a second", lines));
    var latencies = new ArrayList<Plot.Line>();
    var sizes = new ArrayList<Plot.Line>();
    for (var keeper : Keeper.values()) {
      var rows = results.restarts(keeper);
      var micros =
          rows.stream()
              .flatMap(row -> Stream.of(row.p50() / 1e3, row.p99() / 1e3, row.max() / 1e3));
      add(latencies, keeper.label, doubles(micros), keeper.isOurs());
      var bytes = rows.stream().map(row -> (double) row.warmBytes());
      add(sizes, keeper.label, doubles(bytes), keeper.isOurs());
    }
    plots.put(
        "restarts.svg",
        new Plot("Restarts: p50, p99 and maximum of each fork", "microseconds", latencies));
    plots.put(
        "memory.svg", new Plot("Memory, warm: a dot for each fork", "bytes a parked child", sizes));
    return plots;
  }

  private static void add(List<Plot.Line> lines, String label, double[] values, boolean ours) {
    if (values.length > 0) lines.add(new Plot.Line(label, values, ours));
  }

  private static double[] doubles(Stream<Double> values) {
    return values.mapToDouble(value -> value).toArray();
  }

  private String throughput() {
    var table = new StringBuilder("| | median | each fork, in its turn |\n|---|--:|---|\n");
    for (var contender : Contender.values()) {
      double[] forks = results.millionsASecond(contender);
      if (forks.length > 0)
        table.append(
            "| %s | %s | %s |\n"
                .formatted(contender.label, Plot.shown(Results.median(forks)), shown(forks)));
    }
    return table.toString();
  }

  private String factors() {
    var table =
        new StringBuilder("| from | to | times | forks | comes from |\n|---|---|--:|---|---|\n");
    for (var factor : FACTORS) {
      double[] ratios = ratios(factor.faster, factor.slower);
      if (ratios.length > 0)
        table.append(
            "| %s | %s | %s | %s | %s |\n"
                .formatted(
                    factor.slower.label,
                    factor.faster.label,
                    Plot.shown(Results.median(ratios)),
                    shown(ratios),
                    factor.because));
    }
    return table.toString();
  }

  private String restarts() {
    var table =
        new StringBuilder(
            "| | p50, µs | p99, µs | max, µs | bytes, cold | bytes, warm |\n"
                + "|---|---|---|---|---|---|\n");
    for (var keeper : Keeper.values()) {
      var rows = results.restarts(keeper);
      if (!rows.isEmpty())
        table.append(
            "| %s | %s | %s | %s | %s | %s |\n"
                .formatted(
                    keeper.label,
                    shown(doubles(rows.stream().map(row -> row.p50() / 1e3))),
                    shown(doubles(rows.stream().map(row -> row.p99() / 1e3))),
                    shown(doubles(rows.stream().map(row -> row.max() / 1e3))),
                    shown(doubles(rows.stream().map(row -> (double) row.coldBytes()))),
                    shown(doubles(rows.stream().map(row -> (double) row.warmBytes())))));
    }
    return table.toString();
  }

  /// What we aim at, and whether each single fork gets there.
  private String aims() {
    var table = new StringBuilder("| aim | each fork | |\n|---|---|---|\n");
    double[] single = ratios(Contender.CHAPTER_08, Contender.JOX);
    aim(table, "One click at a time: at least as fast as Jox (1)", single, ratio -> ratio >= 1);
    double[] same = ratios(Contender.CHAPTER_08_JOX, Contender.JOX);
    aim(table, "The same, on Jox's own channel (1)", same, ratio -> ratio >= 1);
    double[] batched = results.millionsASecond(Contender.CHAPTER_08_BATCHED);
    double[] fastest = fastest(LIBRARIES.stream().filter(it -> it.waits()).toList());
    String twice = "Batched: twice as fast as the fastest library ";
    aim(table, twice + "that waits (2)", ratios(batched, fastest), ratio -> ratio >= 2);
    aim(table, twice + "of all (2)", ratios(batched, fastest(LIBRARIES)), ratio -> ratio >= 2);
    double[] steps = ratios(Contender.CHAPTER_08_BATCHED, Contender.NO_CHANNEL);
    aim(
        table,
        "Batched: a third of the same steps without a channel (0.33)",
        steps,
        it -> it >= 1 / 3.0);
    var ours = results.restarts(Keeper.CHAPTER_08);
    String lean = ": at most 1850 bytes, as the essay's in core.async";
    double[] warm = doubles(ours.stream().map(row -> (double) row.warmBytes()));
    aim(table, "A parked child, warm" + lean, warm, bytes -> bytes <= 1850);
    double[] cold = doubles(ours.stream().map(row -> (double) row.coldBytes()));
    aim(table, "A parked child, cold" + lean, cold, bytes -> bytes <= 1850);
    double[] p99 = doubles(ours.stream().map(row -> row.p99() / 1e3));
    aim(table, "99 of 100 restarts: within 40 µs", p99, it -> it < 40);
    return table.toString();
  }

  private static void aim(
      StringBuilder table, String aim, double[] forks, DoublePredicate isReached) {
    if (forks.length == 0) return;
    long reached = Arrays.stream(forks).filter(isReached).count();
    String verdict = reached == forks.length ? "✓" : "✗ %d of %d".formatted(reached, forks.length);
    table.append("| %s | %s | %s |\n".formatted(aim, shown(forks), verdict));
  }

  /// The highest of them, fork by fork.
  private double[] fastest(List<Contender> contenders) {
    double[] fastest = {};
    for (var contender : contenders) {
      double[] forks = results.millionsASecond(contender), before = fastest;
      if (forks.length == 0) return forks;
      Arrays.setAll(
          forks, fork -> before.length == 0 ? forks[fork] : Math.max(forks[fork], before[fork]));
      fastest = forks;
    }
    return fastest;
  }

  /// How many times as fast the one was as the other, fork by fork.
  private double[] ratios(Contender one, Contender other) {
    return ratios(results.millionsASecond(one), results.millionsASecond(other));
  }

  private static double[] ratios(double[] ones, double[] others) {
    double[] ratios = new double[Math.min(ones.length, others.length)];
    Arrays.setAll(ratios, fork -> ones[fork] / others[fork]);
    return ratios;
  }

  private static String shown(double[] values) {
    return String.join(" · ", Arrays.stream(values).mapToObj(Plot::shown).toList());
  }
}
