///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Measures our producers beside core.async, Jox, Reactor and JCTools: throughput, restarts, memory
// Those that we measure ourselves against: core.async, in its Clojure,
//DEPS org.clojure:clojure:1.12.6
//DEPS org.clojure:core.async:1.9.865
// channels for virtual threads,
//DEPS com.softwaremill.jox:channels:1.0.1
// streams of the reactive kind,
//DEPS io.projectreactor:reactor-core:3.8.8
// and a queue for one producer and one consumer.
//DEPS org.jctools:jctools-core:4.0.7
// picocli reads the command line.
//DEPS info.picocli:picocli:4.7.7
//MAIN Bench
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --sun-misc-unsafe-memory-access=allow
//SOURCES Contender.java
//SOURCES CoreAsync.java
//SOURCES FaultyLog.java
//SOURCES Fork.java
//SOURCES Forks.java
//SOURCES Keeper.java
//SOURCES Machine.java
//SOURCES Ours.java
//SOURCES Page.java
//SOURCES Peers.java
//SOURCES Plot.java
//SOURCES RepeatingLog.java
//SOURCES Results.java
//SOURCES Tally.java
//SOURCES ../chapters/03-supervisor.java
//SOURCES ../chapters/08-reusable-supervisor.java
//SOURCES ../chapters/09-supervision-tree.java
//SOURCES ../tests/harness/Repository.java
//FILES channels.clj=clj/channels.clj
//FILES essay.clj=clj/essay.clj
//FILES producer.clj=clj/producer.clj

import harness.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Measures all contenders and keepers in forks, JVMs of their own, that take turns: a machine that gets
/// slower is slower for all. A full run writes the results, and fills in the page, bench/README.md.
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures our producers beside core.async, Jox, Reactor and JCTools: throughput, restarts,"
          + " memory.",
      "A full run takes about eleven minutes of a quiet machine, and rewrites bench/results and the"
          + " tables of bench/README.md.",
      "Exit code: 0 if all is well, 1 if a fork failed, 2 if the command line makes no sense."
    },
    sortOptions = false)
class Bench implements Callable<Integer> {

  @Option(names = "--forks", paramLabel = "N", description = "Forks of each, 1 to 99 (5).")
  int forks = 5;

  @Option(
      names = "--quick",
      description = "Two short forks of each, for a first impression. Nothing is rewritten.")
  boolean quick;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      description = "Measure only this one; may be repeated. Nothing is rewritten.")
  List<String> only = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Write the results and plots here, and leave the page alone.")
  Path out;

  @Option(
      names = "--page",
      description = "Measure nothing: draw the plots and fill in the page from bench/results.")
  boolean page;

  @Option(
      names = "--check",
      description =
          "Measure nothing: try whether all deliver the same, and whether the page shows"
              + " what the results say.")
  boolean check;

  /// More tell little: a fork measures thousands of restarts.
  private static final int RESTARTS_FORKS = 3;

  /// How much is measured in a fork.
  private record Extent(
      int warmUps, int windows, long windowNanos, int children, int warmUpFaults, int faults) {
    static final Extent FULL = new Extent(8, 6, 250_000_000, 100_000, 2000, 4000);
    static final Extent QUICK = new Extent(5, 5, 100_000_000, 20_000, 1000, 1000);

    String told(int forks) {
      return "%d forks of each, in turn: %d windows of %d ms, %d children"
          .formatted(forks, windows, windowNanos / 1_000_000, children);
    }
  }

  void main(String... args) {
    var command =
        new CommandLine(this)
            .setExecutionExceptionHandler((e, commandLine, parsed) -> {
              if (!(e instanceof IllegalArgumentException || e instanceof IllegalStateException))
                throw e;
              System.err.println(e.getMessage());
              return e instanceof IllegalArgumentException ? 2 : 1;
            });
    System.exit(command.execute(args)); // contenders wait for ever
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (forks < 1 || forks > 99)
      throw new IllegalArgumentException("There can be 1 to 99 --forks, not " + forks + ".");
    Path home = Repository.root().resolve("bench");
    if (check) return check(home);
    if (page) return refill(home, Results.read(home.resolve("results")));
    var contenders = chosen(Contender.values(), Contender::id);
    var keepers = chosen(Keeper.values(), Keeper::id);

    var results = measure(contenders, keepers);
    var page = new Page(results);
    page.tables().values().forEach(table -> IO.println("\n" + table.strip()));
    boolean isFull = !quick && only.isEmpty();
    if (out != null) write(page, out);
    else if (isFull) return refill(home, results);
    return 0;
  }

  private static int refill(Path home, Results results) throws IOException {
    var page = new Page(results);
    write(page, home.resolve("results"));
    Path readme = home.resolve("README.md");
    Files.writeString(readme, page.filled(Files.readString(readme)));
    IO.println("\nbench/results and the tables of bench/README.md are new.");
    return 0;
  }

  private <T> List<T> chosen(T[] all, Function<T, String> id) {
    for (String name : only)
      if (names().noneMatch(name::equals))
        throw new IllegalArgumentException(
            "Nothing here is called %s. There are: %s."
                .formatted(name, String.join(", ", names().toList())));
    return Stream.of(all).filter(it -> only.isEmpty() || only.contains(id.apply(it))).toList();
  }

  private static Stream<String> names() {
    return Stream.concat(
            Stream.of(Contender.values()).map(Contender::id),
            Stream.of(Keeper.values()).map(Keeper::id))
        .distinct();
  }

  private Results measure(List<Contender> contenders, List<Keeper> keepers)
      throws IOException, InterruptedException {
    var extent = quick ? Extent.QUICK : Extent.FULL;
    int rounds = quick ? 2 : forks;
    var results =
        new Results(new ArrayList<>(), new ArrayList<>(), Machine.lines(extent.told(rounds)));
    try (var children = new Forks()) {
      for (int fork = 1; fork <= rounds; fork++)
        for (var contender : contenders) {
          int window = 1;
          for (String row :
              children.run(
                  contender.jvmOptions(),
                  List.of(
                      "throughput",
                      contender.name(),
                      "" + extent.warmUps,
                      "" + extent.windows,
                      "" + extent.windowNanos)))
            results.throughput().add(Results.Throughput.of(contender.id(), fork, window++, row));
          double[] millions = results.millionsASecond(contender);
          say(fork, rounds, contender.label, Plot.shown(millions[fork - 1]) + " M events/s");
        }
      for (int fork = 1; fork <= Math.min(rounds, RESTARTS_FORKS); fork++)
        for (var keeper : keepers) {
          String row =
              children
                  .run(
                      List.of(),
                      List.of(
                          "restarts",
                          keeper.name(),
                          "" + extent.children,
                          "" + extent.warmUpFaults,
                          "" + extent.faults))
                  .getFirst();
          var restarts = Results.Restarts.of(keeper.id(), fork, row);
          results.restarts().add(restarts);
          String said = "p99 %s µs, %d bytes a child";
          say(
              fork,
              Math.min(rounds, RESTARTS_FORKS),
              keeper.label,
              said.formatted(Plot.shown(restarts.p99() / 1e3), restarts.warmBytes()));
        }
    }
    return results;
  }

  private static void say(int fork, int forks, String who, String what) {
    IO.println("fork %d of %d  %-52s %s".formatted(fork, forks, who, what));
  }

  private static void write(Page page, Path folder) throws IOException {
    page.results().write(folder);
    for (var plot : page.plots().entrySet())
      Files.writeString(folder.resolve(plot.getKey()), plot.getValue().svg());
  }

  /// All in this JVM, a few thousand clicks and a few children each.
  private static int check(Path home) throws IOException, InterruptedException {
    for (var contender : Contender.values()) {
      Fork.throughput(contender, 0, 3, 0);
      IO.println("%-22s delivers %s.".formatted(contender.id(), Tally.checksum()));
    }
    for (var keeper : Keeper.values()) {
      var log = new FaultyLog(0, 3);
      keeper.startBusy(log);
      log.await(30);
      IO.println("%-22s restarts its child.".formatted(keeper.id()));
    }
    var results = Results.read(home.resolve("results"));
    var checksums = results.checksums();
    if (!checksums.equals(Set.of(Tally.checksum())))
      throw new IllegalStateException("The results hold other checksums: " + checksums + ".");
    var page = new Page(results);
    String readme = Files.readString(home.resolve("README.md"));
    if (!page.filled(readme).equals(readme))
      throw new IllegalStateException("The tables of bench/README.md don't show bench/results.");
    for (var plot : page.plots().entrySet())
      if (!Files.readString(home.resolve("results", plot.getKey())).equals(plot.getValue().svg()))
        throw new IllegalStateException(plot.getKey() + " doesn't show bench/results.");
    IO.println("The page and its plots show what the results say.");
    return 0;
  }
}
