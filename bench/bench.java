///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Measures our producers beside core.async, Jox, Reactor and JCTools: throughput, restarts, memory
// The others that we measure: core.async, with the Clojure that it needs at least,
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
//SOURCES Ours.java
//SOURCES Peers.java
//SOURCES RepeatingLog.java
//SOURCES Results.java
//SOURCES Tally.java
//SOURCES ../chapters/03-supervisor.java
//FILES channels.clj=clj/channels.clj
//FILES essay.clj=clj/essay.clj
//FILES producer.clj=clj/producer.clj

class Bench {
  void main(String... args) throws Exception {
    if (args[0].equals("check")) {
      for (var c : Contender.values()) {
        long t = System.nanoTime();
        var tally = new Tally(0, 3, 0);
        c.start(tally);
        tally.await(10);
        IO.println(c.id() + " " + (System.nanoTime() - t) / 1_000_000 + " ms");
      }
      System.exit(0);
    }
    Fork.main(args);
  }
}
