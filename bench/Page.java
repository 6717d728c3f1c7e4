import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
              "a go block, a channel for its result and two hand-overs, for each event"),
          new Factor(
              Contender.CORE_ASYNC_GO,
              Contender.CORE_ASYNC_IO_THREAD,
              "virtual threads instead of state machines on pooled platform threads"),
          new Factor(
              Contender.CORE_ASYNC_IO_THREAD,
              Contender.ABQ,
              "the channel itself: handlers and boxes against an array and a lock"),
          new Factor(Contender.ABQ, Contender.JOX, "a lock against segments without one"),
          new Factor(Contender.ABQ, Contender.CHAPTER_03, "supervision, and a result an event"),
          new Factor(
              Contender.ABQ, Contender.JCTOOLS, "spinning: no lock, no waiting, two cores taken"),
          new Factor(
              Contender.CHAPTER_03, Contender.NO_CHANNEL, "all that a channel costs"));

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
          rows.stream().flatMap(row -> Stream.of(row.p50() / 1e3, row.p99() / 1e3, row.max() / 1e3));
      add(latencies, keeper.label, doubles(micros), keeper.isOurs());
      add(sizes, keeper.label, doubles(rows.stream().map(row -> (double) row.bytes())), keeper.isOurs());
    }
    plots.put(
        "restarts.svg",
        new Plot("Restarts: p50, p99 and maximum of each fork", "microseconds", latencies));
    plots.put(
        "memory.svg", new Plot("Memory: a dot for each fork", "bytes a parked child", sizes));
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
        new StringBuilder("| | p50, µs | p99, µs | max, µs | bytes a child |\n|---|---|---|---|---|\n");
    for (var keeper : Keeper.values()) {
      var rows = results.restarts(keeper);
      if (!rows.isEmpty())
        table.append(
            "| %s | %s | %s | %s | %s |\n"
                .formatted(
                    keeper.label,
                    shown(doubles(rows.stream().map(row -> row.p50() / 1e3))),
                    shown(doubles(rows.stream().map(row -> row.p99() / 1e3))),
                    shown(doubles(rows.stream().map(row -> row.max() / 1e3))),
                    shown(doubles(rows.stream().map(row -> (double) row.bytes())))));
    }
    return table.toString();
  }

  private String aims() {
    return "";
  }

  /// How many times as fast the one was as the other, fork by fork.
  private double[] ratios(Contender one, Contender other) {
    double[] ones = results.millionsASecond(one), others = results.millionsASecond(other);
    double[] ratios = new double[Math.min(ones.length, others.length)];
    Arrays.setAll(ratios, fork -> ones[fork] / others[fork]);
    return ratios;
  }

  private static String shown(double[] values) {
    return String.join(" · ", Arrays.stream(values).mapToObj(Plot::shown).toList());
  }
}
