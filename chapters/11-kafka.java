///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 11 · A real broker, killed at work: what Kafka keeps, and what is left to you
// Kafka's broker and its clients. The broker is Kafka's own server, without Docker.
//DEPS org.apache.kafka:kafka_2.13:4.4.0
// Kafka logs a lot. This keeps it quiet. Kafka brings slf4j-api 1.7, so it must be 1.7, too.
//DEPS org.slf4j:slf4j-nop:1.7.36
// Kafka unmaps files by a method that Java 25 warns of.
//RUNTIME_OPTIONS --sun-misc-unsafe-memory-access=allow
// SQLite is a native library.
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES 10-durable-offsets.java
//MAIN RealKafka

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// # 11 · Kafka
///
/// **The question.** Chapter 10 survives `kill -9`. But its log is one file on
/// one machine, and its one process reads it alone. The essay reads from "a
/// pretend kafka stream", and so have we, for ten chapters. Here the pretence
/// ends: this chapter starts a real Apache Kafka, of some three hundred
/// thousand lines, and kills it while we work.
///
/// Kafka has restarts, takeovers, transactions and "exactly once" of its own.
/// What is left for our supervisor, and what for you?
///
/// After this chapter you can
///
/// - tell a dead broker from a quiet one, and supervise a consumer through it;
/// - share a log among processes, and say how long a dead one is missed;
/// - say what Kafka's "exactly once" covers, and where you need a ledger.
///
/// *Reading: 30 minutes. Exercises: 60 minutes.*
///
/// **Predict.** A consumer waits in `poll`, with a timeout of half a second.
/// Somebody types `kill -9`, and the broker is gone. What does `poll` do?
class RealKafka extends DurableOffsets {

  /// ## A broker of your own
  ///
  /// There's no Docker here, and nothing to install. This program, started once
  /// more with the word `broker`, *is* the broker. It formats its folder, unless
  /// it finds one to go on with, says that it's ready, and lives until its input
  /// ends, as chapter 10's processes do.
  ///
  /// *In the margin:* `StorageTool` and `KafkaRaftServer` are Kafka's own, and
  /// no public API. So the version is pinned, and both calls stand in one
  /// method.

  // region the broker

  /// A Kafka broker in a process of its own, over all that lies in its folder.
  static class Broker implements AutoCloseable {
    private static final Duration TO_START = Duration.ofSeconds(30);
    private static final long MEGABYTES = 100;
    private static final String PROPERTIES =
        """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@localhost:%2$d
        listeners=PLAINTEXT://localhost:%1$d,CONTROLLER://localhost:%2$d
        controller.listener.names=CONTROLLER
        log.dirs=%3$s
        # one node, so nothing can be copied to others
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        transaction.state.log.num.partitions=1
        # who was killed is taken for alive as long as this; in earnest 9 s
        broker.session.timeout.ms=1000
        broker.heartbeat.interval.ms=200
        # how soon groups may ask to notice a death; in earnest 45 s
        group.consumer.min.session.timeout.ms=500
        group.consumer.min.heartbeat.interval.ms=100
        group.initial.rebalance.delay.ms=0
        # less memory, smaller files
        log.cleaner.dedupe.buffer.size=2097152
        log.index.size.max.bytes=1048576
        """;

    private final Path folder;
    private final int port;
    private final int controllerPort;
    private volatile Process process;

    private Broker(Path folder, int port) throws IOException {
      this.folder = folder;
      this.port = port;
      this.controllerPort = freePort(port);
    }

    /// Starts a broker, and waits until it's ready.
    ///
    /// @param port 0 for a free one
    static Broker start(Path folder, int port) throws IOException, InterruptedException {
      long free = freeMegabytes(folder);
      if (free < MEGABYTES)
        throw new IllegalStateException(
            """
            Only %d MB are left in %s, and the broker wants %d. Free some, or choose another \
            folder: JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER"""
                .formatted(free, folder.getParent(), MEGABYTES));
      if (port != 0 && !isFree(port))
        throw new IllegalStateException(
            "Port %d is taken. Choose another one with --port, or leave it out.".formatted(port));
      var broker = new Broker(folder, port == 0 ? freePort(0) : port);
      try {
        broker.restart();
        return broker;
      } catch (Throwable e) {
        broker.kill();
        throw e;
      }
    }

    String bootstrapServers() {
      return "localhost:" + port;
    }

    boolean isAlive() {
      return process != null && process.isAlive();
    }

    /// Kills it if it lives, starts it on the same port and folder, and waits until it's ready.
    void restart() throws IOException, InterruptedException {
      kill();
      var builder = again(RealKafka.class, folder, "broker", "" + folder, "" + port, "" + controllerPort);
      builder.command().addAll(1, List.of("-Xmx256m", "--sun-misc-unsafe-memory-access=allow"));
      process = builder.redirectError(errors().toFile()).start();
      var ready = new FutureTask<>(process.inputReader()::readLine);
      Thread.ofPlatform().name("waits for the broker").start(ready);
      String trouble;
      try {
        if ("ready".equals(ready.get(TO_START.toSeconds(), TimeUnit.SECONDS))) return;
        kill();
        trouble = "ended before it was ready";
      } catch (TimeoutException | ExecutionException e) {
        trouble = "was not ready within %d s".formatted(TO_START.toSeconds());
      } catch (InterruptedException e) {
        kill();
        throw e;
      }
      kill();
      throw new IllegalStateException("The broker " + trouble + ". " + lastWords());
    }

    /// Waits until it has died.
    IllegalStateException death() throws InterruptedException {
      int exit = process.waitFor();
      return new IllegalStateException("The broker has died, exit %d. %s".formatted(exit, lastWords()));
    }

    private String lastWords() throws InterruptedException {
      String said = "nothing";
      try {
        said = Files.readAllLines(errors()).stream().filter(line -> !line.isBlank()).reduce(said, (_, line) -> line);
        return "It said: %s (%d MB are left in %s.)".formatted(said, freeMegabytes(folder), folder.getParent());
      } catch (IOException e) {
        return "Its folder can't be read: " + e;
      }
    }

    private Path errors() {
      return folder.resolve("broker.err");
    }

    /// `kill -9`.
    void kill() {
      if (process != null) process.destroyForcibly().onExit().join();
    }

    /// Has it write its last, and end.
    @Override
    public void close() {
      boolean interrupted = Thread.interrupted();
      try {
        if (isAlive()) {
          process.getOutputStream().write('.'); // an end alone would mean that we have died
          process.getOutputStream().close();
          process.waitFor(5, TimeUnit.SECONDS);
        }
      } catch (IOException e) {
        // it has died first
      } catch (InterruptedException e) {
        interrupted = true;
      } finally {
        kill();
        if (interrupted) Thread.currentThread().interrupt();
      }
    }

    private static long freeMegabytes(Path folder) throws IOException {
      return Files.getFileStore(folder).getUsableSpace() >> 20;
    }

    private static boolean isFree(int port) {
      try (var socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress("localhost", port));
        return true;
      } catch (IOException e) {
        return false;
      }
    }

    /// Below those that the system hands out to clients: while the broker is dead, one that reconnects
    /// could get the broker's port as its own, and talk to itself.
    private static int freePort(int other) throws IOException {
      for (int i = 0; i < 1000; i++) {
        int port = new Random().nextInt(10_000, 30_000);
        if (port != other && isFree(port)) return port;
      }
      throw new IOException("There is no free port.");
    }

    // In the broker's own process

    static void main(Path folder, int port, int controllerPort) throws Exception {
      var server = new FutureTask<>(() -> serve(folder, port, controllerPort));
      Thread.ofPlatform().daemon().name("our parent").start(() -> endWithOurParent(folder, server));
      server.run();
      try {
        server.get();
        IO.println("ready");
      } catch (ExecutionException e) {
        Throwable cause = e;
        while (cause.getCause() != null) cause = cause.getCause();
        System.err.println(cause);
        Runtime.getRuntime().halt(1);
      }
    }

    private static kafka.server.KafkaRaftServer serve(Path folder, int port, int controllerPort) throws Exception {
      Path data = folder.resolve("kafka");
      Path file = Files.createDirectories(data).resolve("server.properties");
      String text = PROPERTIES.formatted(port, controllerPort, ("" + data).replace('\\', '/'));
      Files.writeString(file, text);
      if (!Files.exists(data.resolve("meta.properties")))
        kafka.tools.StorageTool.execute(
            new String[] {"format", "-t", "" + Uuid.randomUuid(), "-c", "" + file},
            new PrintStream(OutputStream.nullOutputStream()));
      var properties = new Properties();
      properties.load(new StringReader(text));
      var server =
          new kafka.server.KafkaRaftServer(
              new kafka.server.KafkaConfig(properties, false),
              org.apache.kafka.common.utils.Time.SYSTEM);
      server.startup();
      return server;
    }

    private static void endWithOurParent(Path folder, FutureTask<kafka.server.KafkaRaftServer> server) {
      try {
        boolean asked = System.in.read() >= 0;
        var shutdown =
            Thread.ofPlatform()
                .daemon()
                .start(
                    () -> {
                      try {
                        server.get().shutdown();
                      } catch (InterruptedException | ExecutionException e) {
                        // it never served
                      }
                    });
        shutdown.join(asked ? 4_000 : 1_000);
        for (int i = 0; i < 10 && !asked && Files.exists(folder); i++) deleteAll(folder);
      } catch (IOException | InterruptedException e) {
        System.err.println(e);
      } finally {
        Runtime.getRuntime().halt(0);
      }
    }
  }

  // endregion

  // region the log in Kafka

  static Map<String, Object> with(Map<String, Object> config, Object... more) {
    var all = new HashMap<>(config);
    for (int i = 0; i < more.length; i += 2) all.put("" + more[i], more[i + 1]);
    return all;
  }

  static final Serializer<Click> TO_BYTES =
      (_, click) -> "%s %s".formatted(click.userId(), click.action()).getBytes(UTF_8);

  static final Deserializer<Click> FROM_BYTES =
      (_, bytes) -> {
        String[] words = new String(bytes, UTF_8).split(" ");
        return new Click(UUID.fromString(words[0]), Action.valueOf(words[1]));
      };

  /// One partition of a topic. It belongs to one thread.
  static class KafkaLog implements AutoCloseable {
    private static final Duration A_WHILE = Duration.ofMillis(500);
    private static final Duration NO_ANSWER = Duration.ofSeconds(1);
    private static final Map<String, Object> DEFAULTS =
        Map.of(
            "auto.offset.reset", "none", // or else a wrong offset is silently replaced by another one
            "enable.auto.commit", false,
            "allow.auto.create.topics", false,
            "max.partition.fetch.bytes", 16_384,
            "reconnect.backoff.max.ms", 200);

    private final KafkaConsumer<String, Click> consumer;
    private final TopicPartition partition;
    private final long end;
    private final Queue<ConsumerRecord<String, Click>> fetched = new ArrayDeque<>();
    private long next = -1;

    /// A live log: at its end, one waits for more.
    KafkaLog(Map<String, Object> config, TopicPartition partition) {
      this(config, partition, Long.MAX_VALUE);
    }

    /// A log that ends before `end`.
    KafkaLog(Map<String, Object> config, TopicPartition partition, long end) {
      var all = new HashMap<>(DEFAULTS);
      all.putAll(config);
      this.consumer = new KafkaConsumer<>(all, new StringDeserializer(), FROM_BYTES);
      this.partition = partition;
      this.end = end;
      consumer.assign(List.of(partition));
    }

    /// The first click at `offset` or after it.
    ///
    /// @throws InvalidOffset if there is none and never will be
    /// @throws SessionTimeout if the broker does not answer
    /// @throws RecordDeserializationException if what is there is no click
    Item take(long offset) throws InterruptedException {
      if (offset < 0 || offset >= end) throw new InvalidOffset(offset);
      try {
        if (offset != next) {
          fetched.clear();
          consumer.seek(partition, offset);
          next = offset;
        }
        while (fetched.isEmpty()) {
          fetched.addAll(consumer.poll(A_WHILE).records(partition));
          if (fetched.isEmpty() && isAtEnd(offset)) throw new InvalidOffset(offset);
        }
        if (fetched.peek().offset() >= end) throw new InvalidOffset(offset);
        var click = fetched.remove();
        next = click.offset() + 1;
        return new Item(click.offset(), click.value());
      } catch (OffsetOutOfRangeException e) {
        throw new InvalidOffset(offset);
      } catch (InterruptException e) {
        throw interrupted();
      }
    }

    /// Nothing came. That's no error, and needn't be the end. So ask something that must be answered.
    private boolean isAtEnd(long offset) {
      try {
        consumer.endOffsets(List.of(partition), NO_ANSWER);
        return consumer.position(partition, NO_ANSWER) >= end;
      } catch (org.apache.kafka.common.errors.TimeoutException e) {
        throw new SessionTimeout(offset);
      }
    }

    ConsumerGroupMetadata group() {
      return consumer.groupMetadata();
    }

    @Override
    public void close() {
      closed(consumer);
    }
  }

  // endregion

  /// Kafka's own InterruptException is unchecked, and leaves the flag set. We go on with Java's.
  static InterruptedException interrupted() {
    Thread.interrupted();
    return new InterruptedException();
  }

  /// Closes a client within a second, even if we were interrupted.
  static void closed(AutoCloseable client) {
    boolean interrupted = Thread.interrupted();
    try {
      switch (client) {
        case KafkaConsumer<?, ?> consumer ->
            consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
        case KafkaProducer<?, ?> producer -> producer.close(Duration.ofSeconds(1));
        case Admin admin -> admin.close(Duration.ofSeconds(1));
        default -> throw new IllegalArgumentException("No client: " + client);
      }
    } catch (InterruptException e) {
      interrupted = true;
    } finally {
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  // region the steps to and from Kafka

  /// Writes these clicks, and waits until all of them are acknowledged.
  static void write(Map<String, Object> config, String topic, List<Click> clicks)
      throws InterruptedException {
    var writer = new Writer(config, topic, clicks, _ -> {});
    writer.open(0L);
    try {
      var sent = new ArrayList<java.util.concurrent.Future<?>>();
      for (Click click : clicks) sent.add(writer.send(click));
      for (var acknowledgement : sent) acknowledgement.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Not written: " + e.getCause().getMessage(), e);
    } catch (InterruptException e) {
      throw interrupted();
    } finally {
      writer.close();
    }
  }

  interface Turn {
    void await(long next) throws InterruptedException;
  }

  /// Writes one click after the other, each when the one before is acknowledged, and it's its turn.
  static class Writer implements Step<Long> {
    private final Map<String, Object> config;
    private final String topic;
    private final List<Click> clicks;
    private final Turn turn;
    private KafkaProducer<String, Click> producer;

    Writer(Map<String, Object> config, String topic, List<Click> clicks, Turn turn) {
      this.config = with(config, "reconnect.backoff.max.ms", 200);
      this.topic = topic;
      this.clicks = clicks;
      this.turn = turn;
    }

    @Override
    public void open(Long from) {
      producer = new KafkaProducer<>(config, new StringSerializer(), TO_BYTES);
    }

    @Override
    public Outcome<Long> run(Long next) throws Exception {
      if (next == clicks.size()) return new Done<>(next);
      turn.await(next);
      try {
        send(clicks.get(next.intValue())).get();
      } catch (InterruptException e) {
        throw interrupted();
      }
      return new Continue<>(next + 1);
    }

    /// A user's clicks stay in one partition, in order.
    java.util.concurrent.Future<?> send(Click click) {
      return producer.send(new ProducerRecord<>(topic, "" + click.userId(), click));
    }

    @Override
    public void close() {
      closed(producer);
    }
  }

  interface Connect {
    KafkaLog connect();
  }

  /// Books each click of a log in a ledger. Each start opens both anew.
  static Step<Long> bookEach(Connect connect, Path file, String name, Booking booking) {
    return new Step<>() {
      private KafkaLog log;
      private Ledger ledger;

      @Override
      public void open(Long from) throws Exception {
        ledger = Ledger.open(file, name);
        try {
          log = connect.connect();
        } catch (Throwable e) {
          ledger.close();
          throw e;
        }
      }

      @Override
      public Outcome<Long> run(Long offset) throws Exception {
        try {
          return new Continue<>(booking.book(ledger, offset, log.take(offset)));
        } catch (InvalidOffset e) {
          if (offset < 0) throw e;
          return new Done<>(offset);
        }
      }

      @Override
      public void close() throws Exception {
        try (AutoCloseable _ = ledger) {
          log.close();
        }
      }
    };
  }

  /// The broker as a child. Its state is how often it has died.
  record Serving(Broker broker, Runnable whenReady) implements Step<Long> {
    @Override
    public void open(Long deaths) throws Exception {
      if (!broker.isAlive()) broker.restart();
      whenReady.run();
    }

    /// It has served, so that's progress, and progress forgives.
    @Override
    public Outcome<Long> run(Long deaths) throws Exception {
      return new Failed<>(new Failure<>(broker.death(), deaths + 1, "serve"));
    }
  }

  // endregion

  // region a board

  /// Some tell what has changed, and others wait for it.
  static class Board {
    private static final Duration LONG = Duration.ofSeconds(60);
    private String trouble;

    synchronized void tell(Runnable change) {
      change.run();
      notifyAll();
    }

    /// There is no use in waiting any more.
    void fail(String why) {
      tell(() -> trouble = why);
    }

    synchronized void await(String what, BooleanSupplier condition) throws InterruptedException {
      long deadline = System.nanoTime() + LONG.toNanos();
      while (!condition.getAsBoolean()) {
        if (trouble != null) throw new IllegalStateException(trouble);
        long left = deadline - System.nanoTime();
        if (left <= 0) throw new IllegalStateException("In %d s, this didn't come: %s.".formatted(LONG.toSeconds(), what));
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    }
  }

  // endregion

  // region the workers

  /// A worker's own process.
  static void work(String servers, String topic, String group, Path folder, String name)
      throws Exception {
    endWithOurParent(Files.createDirectories(folder.resolve(name)));
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers", servers,
            "group.id", group,
            "group.protocol", "consumer",
            "auto.offset.reset", "none",
            "enable.auto.commit", false);
    var places = new HashMap<TopicPartition, Place>();
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("workers.db"));
        var consumer = new KafkaConsumer<>(config, new StringDeserializer(), FROM_BYTES)) {
      leaveWhenAsked(consumer);
      var mine = new Ledger(connection, name);
      var listener =
          new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> added) {
              for (TopicPartition partition : added)
                try {
                  var place = new Place(new Ledger(connection, "" + partition));
                  places.put(partition, place);
                  consumer.seek(partition, place.next);
                  IO.println("at %d %d".formatted(partition.partition(), place.next));
                } catch (java.sql.SQLException e) {
                  throw new IllegalStateException(e);
                }
              tell();
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> lost) {
              places.keySet().removeAll(lost);
              tell();
            }

            private void tell() {
              IO.println("has " + places.keySet().stream().map(p -> "" + p.partition()).collect(Collectors.joining(" ")));
            }
          };
      consumer.subscribe(List.of(topic), listener);
      while (true) {
        var records = consumer.poll(Duration.ofSeconds(1));
        for (TopicPartition partition : records.partitions())
          for (var record : records.records(partition)) {
            var place = places.get(partition);
            if (place.book(new Item(record.offset(), record.value()), mine)) {
              IO.println("did %d %d".formatted(partition.partition(), place.next));
            } else { // somebody else has it now, or had it meanwhile
              consumer.seek(partition, place.next);
              break;
            }
          }
      }
    } catch (WakeupException e) {
      // asked to leave, and close() has said so to the group
    } catch (Exception e) {
      System.err.println(name + ": " + e);
      Runtime.getRuntime().halt(1);
    }
  }

  private static void leaveWhenAsked(KafkaConsumer<?, ?> consumer) {
    var main = Thread.currentThread();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  consumer.wakeup();
                  try {
                    main.join(Duration.ofSeconds(5));
                  } catch (InterruptedException e) {
                    // no time left
                  }
                }));
  }

  /// Where a worker is in a partition.
  static class Place {
    private final Ledger ledger;
    private long next;

    Place(Ledger ledger) throws java.sql.SQLException {
      this.ledger = ledger;
      this.next = ledger.next();
    }

    /// Effect, offset, and who did it, in one transaction.
    ///
    /// @return whether it was still ours to do
    boolean book(Item item, Ledger mine) throws Exception {
      long from = next, to = item.offset() + 1;
      boolean isOurs =
          ledger.inOneTransaction(
              () -> {
                if (!ledger.advance(from, to)) return false;
                ledger.book(item);
                mine.save(mine.next() + 1);
                return true;
              });
      next = isOurs ? to : ledger.next();
      return isOurs;
    }
  }

  /// A worker as its parent sees it.
  static class Worker implements AutoCloseable {
    final String name;
    final Set<Integer> has = new TreeSet<>();
    private final Process process;
    private final Thread ear;
    private boolean mayEnd;

    Worker(String name, Path folder, Board board, Consumer<String> did, String... args) throws IOException {
      this.name = name;
      var builder = again(RealKafka.class, folder, args);
      builder.command().addAll(1, List.of("-Xmx128m", "--sun-misc-unsafe-memory-access=allow"));
      process = builder.start();
      ear = Thread.ofPlatform().name("hears " + name).start(() -> hear(board, did));
    }

    private void hear(Board board, Consumer<String> did) {
      try (var lines = process.inputReader()) {
        for (String line; (line = lines.readLine()) != null; ) {
          String heard = line;
          board.tell(() -> {
            if (heard.startsWith("has ")) {
              has.clear();
              Stream.of(heard.split(" ")).skip(1).forEach(p -> has.add(Integer.parseInt(p)));
            } else did.accept(heard);
          });
        }
      } catch (IOException e) {
        // it was killed in the middle of a line
      }
      board.tell(() -> {
        if (!mayEnd) board.fail(name + " has ended by itself.");
      });
    }

    /// @param how `kill -9`, or a word
    void end(Board board, Consumer<Process> how) {
      board.tell(() -> mayEnd = true);
      how.accept(process);
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
      boolean interrupted = Thread.interrupted();
      try {
        ear.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  // endregion

  void main(String... args) throws Exception {
    switch (args.length == 0 ? "" : args[0]) {
      case "broker" -> Broker.main(Path.of(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
      case "worker" -> work(args[1], args[2], args[3], Path.of(args[4]), args[5]);
      default -> System.exit(commandLine(new KafkaDemo()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
    }
  }

  @Command(name = "11-kafka", description = "Kills a Kafka broker, and workers, and looks what is left.")
  static class KafkaDemo implements Callable<Integer> {
    @Option(names = "--events", paramLabel = "N", description = "How many clicks, 100 to 100000.")
    int events = 2_000;

    @Option(names = "--kills", paramLabel = "N", description = "How often the broker is killed, up to 15.")
    int kills = 3;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed, the same clicks and moments.")
    long seed = 42;

    @Option(names = "--port", paramLabel = "N", description = "The broker's port. Without it, a free one.")
    int port;

    @Option(
        names = "--bootstrap-servers",
        paramLabel = "LIST",
        description = "Uses a cluster that is there. Makes and deletes topics of its own, and kills no broker.")
    String servers;

    @Option(names = "--only", paramLabel = "PART", description = "One of ${COMPLETION-CANDIDATES}.")
    Part only;

    @Option(names = "--help", usageHelp = true, description = "This text.")
    boolean help;

    @Spec CommandSpec spec;

    enum Part {
      broker,
      group,
      transactions,
      poison,
      commits
    }

    private static final String VERSION = "4.4.0"; // as above

    private Path folder;
    private Broker broker;
    private Cluster cluster;
    private List<Click> clicks;
    private boolean allIsWell = true;

    @Override
    public Integer call() throws Exception {
      if (events < 100 || events > 100_000 || kills < 0 || kills > 15 || port < 0 || port > 65_535)
        throw new ParameterException(spec.commandLine(), "A number is out of range.");
      clicks = clicks(events, seed);
      folder = Files.createTempDirectory("real-kafka");
      System.setProperty("org.sqlite.tmpdir", "" + folder);
      var stopped = new AtomicBoolean();
      var clean = new CountDownLatch(1);
      var me = Thread.currentThread();
      var hook = new Thread(() -> stop(me, stopped, clean));
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        run();
      } catch (Exception e) {
        if (!stopped.get()) throw e;
      } finally {
        deleteAll(folder);
        clean.countDown();
        if (!stopped.get()) Runtime.getRuntime().removeShutdownHook(hook);
      }
      return allIsWell ? 0 : 1;
    }

    /// Ctrl-C.
    private static void stop(Thread thread, AtomicBoolean stopped, CountDownLatch clean) {
      stopped.set(true);
      thread.interrupt();
      try {
        clean.await(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        // no time left
      }
    }

    private void run() throws Exception {
      IO.println("11 · kafka: %d clicks".formatted(events));
      long start = System.nanoTime();
      try (var own = servers == null ? Broker.start(folder, port) : null;
          var it = new Cluster(own == null ? servers : own.bootstrapServers())) {
        broker = own;
        cluster = it;
        if (own == null) IO.println("The cluster isn't ours, so none of its brokers gets killed.");
        else
          IO.println(
              "A broker of Kafka %s is ready after %s."
                  .formatted(VERSION, since(start)));
        for (Part part : Part.values()) {
          if (only != null && part != only) continue;
          switch (part) {
            case broker -> killTheBroker();
            case group -> killAWorker();
            case transactions -> failInATransaction();
            case poison -> putPoisonAside();
            case commits -> commitInTime();
          }
        }
      }
      IO.println(allIsWell ? "\nAll is well." : "\nThe audit has found something.");
      IO.println("Replay: ./jbang chapters/11-kafka.java --events %d --kills %d --seed %d%s%s".formatted(
          events, kills, seed, only == null ? "" : " --only " + only, servers == null ? "" : " --bootstrap-servers " + servers));
    }

    private static String since(long nanos) {
      return String.format(java.util.Locale.ROOT, "≈ %.1f s", (System.nanoTime() - nanos) / 1e9);
    }

    // 1. The broker dies

    private long booked;
    private int starts;

    private void killTheBroker() throws Exception {
      IO.println("\n1. A writer, a reader, and a broker that gets killed");
      String topic = cluster.newTopic("clicks", 1);
      var partition = new TopicPartition(topic, 0);
      Path file = folder.resolve("clicks.db");
      var board = new Board();
      Booking booking =
          (ledger, from, item) -> {
            long next = inOneTransaction(ledger, from, item);
            board.tell(() -> booked = next);
            return next;
          };
      long lead = Math.max(1, events / 50);
      Turn turn = next -> board.await("the reader", () -> next < booked + lead);
      var children = new ArrayList<ChildSpec<?>>();
      if (broker != null) children.add(ChildSpec.of("broker", 0L, new Serving(broker, () -> board.tell(() -> starts++))));
      children.add(ChildSpec.of("writer", 0L, new Writer(cluster.config, topic, clicks, turn)));
      Connect connect = () -> new KafkaLog(cluster.config, partition, events);
      children.add(ChildSpec.of("reader", 0L, bookEach(connect, file, "" + partition, booking)));
      Listener listener =
          event -> {
            if (event instanceof GaveUp || event instanceof Ended(_, Died<?> _)) board.fail(words(event));
            if (event instanceof Ended(String id, Failed<?>(Failure<?> failure)) && id.equals("shop")) board.fail(deepest(failure.exception()));
          };
      var moments = new Random(seed);
      var shop = new Supervisor(Strategy.ONE_FOR_ONE, new Intensity(10, Duration.ofMinutes(1)), listener);
      try (var _ = shop.start("shop", children.toArray(ChildSpec<?>[]::new))) {
        for (int kill = 1; kill <= kills && broker != null; kill++) {
          long at = (long) ((kill - 0.75 + moments.nextDouble() / 2) * events / (kills + 1));
          board.await("click " + at, () -> booked >= at);
          int before = starts;
          long killed = System.nanoTime();
          broker.kill();
          board.await("a new broker", () -> starts > before);
          long here = booked;
          board.await("an effect", () -> booked > here);
          IO.println("Killed after click %d. Effects go on after %s.".formatted(at, since(killed)));
        }
        board.await("the last click", () -> booked == events);
      }
      audit(List.of(partition), file, clicks);
    }

    private static String deepest(Throwable e) {
      while (e.getCause() != null) e = e.getCause();
      return e.getMessage();
    }

    /// What was written, what is in the topic, and what became of it, all read back.
    private void audit(List<TopicPartition> partitions, Path file, List<Click> written) throws Exception {
      var topic = new HashMap<String, Click>();
      for (TopicPartition partition : partitions)
        for (Item item : cluster.readAll(partition)) topic.put(partition + "@" + item.offset(), item.click());
      var lost = new ArrayList<>(written);
      int twice = 0;
      var left = new HashMap<Click, Integer>();
      for (Click click : written) left.merge(click, 1, Integer::sum);
      for (Click click : topic.values()) if (left.merge(click, -1, Integer::sum) < 0) twice++;
      int missing = left.values().stream().mapToInt(n -> Math.max(0, n)).sum();
      IO.println("Written and acknowledged: %d. In the topic: %d, lost %d, twice %d.".formatted(written.size(), topic.size(), missing, twice));

      var times = new HashMap<String, Integer>();
      int effects = 0, wrong = 0;
      try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
          var query = connection.prepareStatement("SELECT log, at, user, action FROM effects");
          var rows = query.executeQuery()) {
        for (; rows.next(); effects++) {
          String place = rows.getString(1) + "@" + rows.getLong(2);
          var click = new Click(UUID.fromString(rows.getString(3)), Action.valueOf(rows.getString(4)));
          if (!click.equals(topic.get(place))) wrong++;
          times.merge(place, 1, Integer::sum);
        }
      }
      long effectsLost = topic.keySet().stream().filter(place -> !times.containsKey(place)).count();
      long effectsTwice = times.values().stream().filter(n -> n > 1).count();
      IO.println("Effects in the ledger: %d, lost %d, twice %d.".formatted(effects, effectsLost, effectsTwice));
      allIsWell &= missing + twice + wrong + effectsLost + effectsTwice == 0;
    }

    // 2. A worker dies

    private void killAWorker() throws Exception {
      IO.println("\n2. Three workers share six partitions");
      String topic = cluster.newTopic("shared", 6), group = cluster.newGroup("workers");
      boolean isQuick = cluster.noticeDeathsSoon(group);
      var partitions = new ArrayList<TopicPartition>();
      for (int p = 0; p < 6; p++) partitions.add(new TopicPartition(topic, p));
      Path file = folder.resolve("workers.db");
      var board = new Board();
      var workers = new ArrayList<Worker>();
      var next = new TreeMap<Integer, Long>(); // by partition
      var whoDid = new TreeMap<Integer, String>();
      List<List<Click>> batches = new ArrayList<>();
      for (int i = 0; i < 5; i++) batches.add(clicks.subList(events * i / 5, events * (i + 1) / 5));
      try (var first = Ledger.open(file, "worker-1")) { // keeps it open, so that nobody else has to make it
        for (int i = 1; i <= 3; i++) {
          String name = "worker-" + i;
          Consumer<String> heard =
              line -> {
                String[] words = line.split(" ");
                int p = Integer.parseInt(words[1]);
                next.put(p, Long.parseLong(words[2]));
                if (words[0].equals("did")) whoDid.put(p, name);
              };
          workers.add(
              new Worker(name, Files.createDirectories(folder.resolve(name)), board, heard,
                  "worker", cluster.servers, topic, group, "" + folder, name));
        }
        board.await("two partitions for each", () -> workers.stream().allMatch(worker -> worker.has.size() == 2));
        IO.println("Each has two.");
        write(cluster.config, topic, batches.get(0));
        awaitEnd(partitions, board, next);
        if (isQuick) {
          String took = takeOver(workers.get(1), Process::destroyForcibly, board, whoDid, topic, batches.get(1), batches.get(2));
          IO.println("Worker 2 is killed. Others go on with its partitions after %s.".formatted(took));
        } else {
          write(cluster.config, topic, batches.get(1));
          write(cluster.config, topic, batches.get(2));
          IO.println("This cluster won't notice a death soon, so nobody is killed.");
        }
        awaitEnd(partitions, board, next);
        String took = takeOver(workers.get(2), Process::destroy, board, whoDid, topic, batches.get(3), batches.get(4));
        IO.println("Worker 3 leaves with close(). Others go on after %s.".formatted(took));
        awaitEnd(partitions, board, next);
        for (int i = 1; i <= 3; i++)
          try (var ledger = Ledger.open(file, "worker-" + i)) {
            IO.println("Effects by worker %d: ≈ %d.".formatted(i, ledger.next()));
          }
      } finally {
        for (Worker worker : workers) {
          worker.end(board, Process::destroyForcibly);
          worker.close();
        }
      }
      audit(partitions, file, clicks);
    }

    private void awaitEnd(List<TopicPartition> partitions, Board board, Map<Integer, Long> next) throws Exception {
      var ends = cluster.ends(partitions);
      board.await("the last effect", () -> ends.entrySet().stream().allMatch(end -> next.getOrDefault(end.getKey().partition(), 0L) >= end.getValue()));
    }

    /// Ends a worker in the middle of its work.
    private String takeOver(Worker worker, Consumer<Process> how, Board board, Map<Integer, String> whoDid, String topic, List<Click> before, List<Click> after) throws Exception {
      var had = new TreeSet<Integer>();
      board.tell(() -> {
        whoDid.clear();
        had.addAll(worker.has);
      });
      write(cluster.config, topic, before);
      board.await("its work", () -> whoDid.containsValue(worker.name));
      long ended = System.nanoTime();
      worker.end(board, how);
      write(cluster.config, topic, after);
      board.await("its successor", () -> had.stream().anyMatch(p -> whoDid.containsKey(p) && !whoDid.get(p).equals(worker.name)));
      return since(ended);
    }

    // 3. A transaction that fails

    private void failInATransaction() throws Exception {
      IO.println("\n3. From topic to topic, five clicks in a transaction");
      int count = 20;
      var from = new TopicPartition(cluster.newTopic("from", 1), 0);
      var to = new TopicPartition(cluster.newTopic("to", 1), 0);
      String group = cluster.newGroup("copy");
      write(cluster.config, from.topic(), clicks.subList(0, count));
      var faults = new AtomicBoolean(true);
      var step = new Copy(cluster.config, from, to.topic(), group, count, () -> faults.getAndSet(false));
      var copy = new Supervisor(Strategy.ONE_FOR_ONE, new Intensity(3, Duration.ofMinutes(1)), event -> {
        if (event instanceof Crashed) IO.println(words(event));
      });
      try (var root = copy.untilAllAreDone().start("copies", ChildSpec.of("copy", 0L, step))) {
        root.join();
      }
      int all = cluster.readAll(to).size();
      var committed = cluster.readAll(to, "isolation.level", "read_committed");
      IO.println("read_uncommitted sees %d clicks, read_committed %d.".formatted(all, committed.size()));
      IO.println("Their last offset is %d. The group is at %d.".formatted(committed.getLast().offset(), cluster.committed(group, from)));
      allIsWell &= committed.stream().map(Item::click).toList().equals(clicks.subList(0, count));
    }

    // 4. Poison

    private void putPoisonAside() throws Exception {
      IO.println("\n4. Ten clicks, two of which can't be decoded");
      var partition = new TopicPartition(cluster.newTopic("poison", 1), 0);
      var letters = new TopicPartition(cluster.newTopic("dead-letters", 1), 0);
      Path file = folder.resolve("poison.db");
      try (var bytes = new KafkaProducer<>(cluster.config, new ByteArraySerializer(), new ByteArraySerializer())) {
        for (int i = 0; i < 10; i++) {
          byte[] value = TO_BYTES.serialize("", clicks.get(i));
          if (i == 3 || i == 7) value = "%s SHIPING".formatted(clicks.get(i).userId()).getBytes(UTF_8);
          bytes.send(new ProducerRecord<>(partition.topic(), value));
        }
        bytes.flush();
        try (var log = new KafkaLog(cluster.config, partition, 10)) {
          for (int i = 0; i < 3; i++)
            try {
              log.take(3);
            } catch (RecordDeserializationException e) {
              IO.println("take(3): it fails at offset %d.".formatted(e.offset()));
            }
        }
        Connect connect = () -> new KafkaLog(cluster.config, partition, 10);
        var child = ChildSpec.of("reader", 0L, bookEach(connect, file, "" + partition, DurableOffsets::inOneTransaction))
            .with(toDeadLetters(bytes, letters.topic(), file));
        var shop = new Supervisor(Strategy.ONE_FOR_ONE, new Intensity(3, Duration.ofMinutes(1)), event -> {
          if (event instanceof Skipping || event instanceof Ended e && e.id().equals("reader")) IO.println(words(event));
        });
        try (var root = shop.untilAllAreDone().start("shop", child)) {
          root.join();
        }
      }
      for (var letter : cluster.readBytes(letters)) {
        var headers = new ArrayList<String>();
        for (var header : letter.headers()) if (!header.key().equals("topic")) headers.add(header.key() + " " + new String(header.value(), UTF_8));
        IO.println("Dead letter: " + String.join(", ", headers));
      }
      try (var ledger = Ledger.open(file, "" + partition)) {
        allIsWell &= ledger.next() == 10;
      }
    }

    // 5. Commits

    private void commitInTime() throws Exception {
      IO.println("\n5. Ten clicks, a consumer that dies at the fifth, and its successor");
      var topic = new TopicPartition(cluster.newTopic("commits", 1), 0);
      write(cluster.config, topic.topic(), clicks.subList(0, 10));
      for (Habit habit : Habit.values()) {
        String group = cluster.newGroup("" + habit), next = cluster.newGroup(habit + "-2");
        var effects = new ArrayList<Long>();
        var config = with(cluster.config, habit.config);
        try (var died = new Mortal(config, topic, group)) {
          died.live(habit, effects, 4);
          try (var successor = new Mortal(config, topic, habit.isNewGroup ? next : group)) {
            successor.live(habit, effects, -1);
          }
        }
        long lost = 10 - effects.stream().distinct().count();
        IO.println("%-38s lost %d, twice %d".formatted(habit.words, lost, effects.size() - (10 - lost)));
      }
    }
  }

  // region the transactions

  /// Copies clicks from one topic to another, five in a transaction. Its offset is part of that.
  static class Copy implements Step<Long> {
    private static final int MANY = 5;
    private final Map<String, Object> config;
    private final TopicPartition from;
    private final String to;
    private final String group;
    private final long end;
    private final BooleanSupplier fails;
    private KafkaProducer<String, Click> producer;
    private KafkaLog log;

    Copy(Map<String, Object> config, TopicPartition from, String to, String group, long end, BooleanSupplier fails) {
      this.config = config;
      this.from = from;
      this.to = to;
      this.group = group;
      this.end = end;
      this.fails = fails;
    }

    /// Whoever had this transactional id before us is fenced, and what it left open is aborted.
    @Override
    public void open(Long offset) {
      log = new KafkaLog(with(config, "group.id", group), from, end);
      producer = new KafkaProducer<>(with(config, "transactional.id", group), new StringSerializer(), TO_BYTES);
      producer.initTransactions();
    }

    @Override
    public Outcome<Long> run(Long offset) throws Exception {
      if (offset >= end) return new Done<>(offset);
      producer.beginTransaction();
      long next = offset;
      for (int i = 0; i < MANY && next < end; i++) {
        Item item = log.take(next);
        producer.send(new ProducerRecord<>(to, item.click()));
        next = item.offset() + 1;
      }
      producer.sendOffsetsToTransaction(Map.of(from, new OffsetAndMetadata(next)), log.group());
      producer.flush();
      if (offset > 0 && fails.getAsBoolean()) throw new IllegalStateException("The process is gone.");
      producer.commitTransaction();
      return new Continue<>(next);
    }

    /// Without a word, like a process that dies.
    @Override
    public void close() {
      producer.close(Duration.ZERO);
      log.close();
    }
  }

  // endregion

  // region the dead letters

  /// Copies what can't be decoded to another topic, byte by byte, and goes on behind it.
  static Judge<Long> toDeadLetters(KafkaProducer<byte[], byte[]> producer, String topic, Path ledger) {
    return failure -> {
      if (!(failure.exception() instanceof RecordDeserializationException e)) return new Retry<>();
      var letter = new ProducerRecord<>(topic, bytes(e.keyBuffer()), bytes(e.valueBuffer()));
      TopicPartition from = e.topicPartition();
      Map<String, Object> headers = new java.util.LinkedHashMap<>();
      headers.put("topic", from.topic());
      headers.put("partition", from.partition());
      headers.put("offset", e.offset());
      headers.put("reason", e.getCause().getMessage());
      headers.forEach((key, value) -> letter.headers().add(key, ("" + value).getBytes(UTF_8)));
      producer.send(letter).get();
      try (var books = Ledger.open(ledger, "" + from)) {
        books.advance(failure.state(), e.offset() + 1);
      }
      return new SkipTo<>(e.offset() + 1);
    };
  }

  private static byte[] bytes(ByteBuffer buffer) {
    if (buffer == null) return null;
    var bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  // endregion

  /// When a consumer says that it's done.
  enum Habit {
    BEFORE("commitSync, then the effect"),
    AFTER("the effect, then commitSync"),
    TIMER_LATE("auto-commit, not due yet", "enable.auto.commit", true, "auto.commit.interval.ms", 3_600_000),
    TIMER_EARLY("auto-commit, due before the effects", "enable.auto.commit", true, "auto.commit.interval.ms", 1),
    NEW_GROUP("a new group, from the earliest", true),
    NEW_GROUP_LATEST("a new group, from the latest", true, "auto.offset.reset", "latest");

    final String words;
    final boolean isNewGroup;
    final Object[] config;

    Habit(String words, Object... config) {
      this.words = words;
      this.isNewGroup = config.length % 2 == 1;
      this.config = isNewGroup ? java.util.Arrays.copyOfRange(config, 1, config.length) : config;
    }
  }

  /// A consumer that may die between two lines of code.
  static class Mortal implements AutoCloseable {
    private final KafkaConsumer<String, Click> consumer;
    private final TopicPartition partition;

    Mortal(Map<String, Object> config, TopicPartition partition, String group) {
      var all = new HashMap<String, Object>(Map.of("group.id", group, "enable.auto.commit", false, "auto.offset.reset", "earliest"));
      all.putAll(config);
      consumer = new KafkaConsumer<>(all, new StringDeserializer(), FROM_BYTES);
      this.partition = partition;
      consumer.assign(List.of(partition));
    }

    /// @param last the offset at which it dies, or -1
    void live(Habit habit, List<Long> effects, long last) {
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          var next = Map.of(partition, new OffsetAndMetadata(record.offset() + 1));
          if (habit == Habit.BEFORE) consumer.commitSync(next);
          if (record.offset() == last && habit == Habit.BEFORE) return;
          effects.add(record.offset());
          if (record.offset() == last) {
            if (habit == Habit.TIMER_EARLY) pollUntilCommitted(end);
            return;
          }
          if (habit == Habit.AFTER) consumer.commitSync(next);
        }
      }
    }

    private void pollUntilCommitted(long end) {
      while (true) {
        consumer.poll(Duration.ofMillis(10));
        var committed = consumer.committed(Set.of(partition)).get(partition);
        if (committed != null && committed.offset() == end) return;
      }
    }

    @Override
    public void close() {
      closed(consumer);
    }
  }

  // region a cluster

  /// A cluster, and what of it is ours.
  static class Cluster implements AutoCloseable {
    private static final Duration TO_ANSWER = Duration.ofSeconds(8);

    final String servers;
    final Map<String, Object> config;
    private final String prefix = "puts-and-takes-" + Long.toHexString(new Random().nextLong()) + "-";
    private final List<String> topics = new ArrayList<>();
    private final List<String> groups = new ArrayList<>();
    private final Admin admin;

    Cluster(String servers) throws InterruptedException {
      this.servers = servers;
      this.config = Map.of("bootstrap.servers", servers);
      String advice = " Check --bootstrap-servers, a list such as localhost:9092.";
      try {
        admin = Admin.create(config);
      } catch (KafkaException e) {
        throw new IllegalStateException("'%s' names no cluster: %s%s".formatted(servers, deepest(e), advice), e);
      }
      try {
        var options = new DescribeClusterOptions().timeoutMs((int) TO_ANSWER.toMillis());
        admin.describeCluster(options).nodes().get(TO_ANSWER.toSeconds() + 1, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        admin.close(Duration.ZERO);
        throw new IllegalStateException("No Kafka answers at %s within %d s.%s".formatted(servers, TO_ANSWER.toSeconds(), advice), e);
      } catch (InterruptedException e) {
        admin.close(Duration.ZERO);
        throw e;
      }
    }

    private static String deepest(Throwable e) {
      return KafkaDemo.deepest(e);
    }

    String newTopic(String name, int partitions) throws InterruptedException {
      topics.add(prefix + name);
      of(admin.createTopics(List.of(new NewTopic(prefix + name, Optional.of(partitions), Optional.empty()))).all());
      return prefix + name;
    }

    String newGroup(String name) {
      groups.add(prefix + name);
      return prefix + name;
    }

    /// @return whether the cluster allows that
    boolean noticeDeathsSoon(String group) throws InterruptedException {
      var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
      var changes = new ArrayList<AlterConfigOp>();
      Map.of("consumer.session.timeout.ms", "1500", "consumer.heartbeat.interval.ms", "300")
          .forEach((key, value) -> changes.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
      try {
        of(admin.incrementalAlterConfigs(Map.of(resource, changes)).all());
        return true;
      } catch (KafkaException e) {
        return false;
      }
    }

    Map<TopicPartition, Long> ends(List<TopicPartition> partitions) throws InterruptedException {
      var latest = new HashMap<TopicPartition, org.apache.kafka.clients.admin.OffsetSpec>();
      for (TopicPartition partition : partitions) latest.put(partition, org.apache.kafka.clients.admin.OffsetSpec.latest());
      var ends = new HashMap<TopicPartition, Long>();
      of(admin.listOffsets(latest).all()).forEach((partition, info) -> ends.put(partition, info.offset()));
      return ends;
    }

    long committed(String group, TopicPartition partition) throws InterruptedException {
      return of(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).get(partition).offset();
    }

    /// All that is in a partition now, by a fresh consumer.
    List<Item> readAll(TopicPartition partition, Object... more) throws InterruptedException {
      var items = new ArrayList<Item>();
      long end = ends(List.of(partition)).get(partition);
      try (var log = new KafkaLog(with(config, more), partition, end)) {
        for (long next = 0; ; next = items.getLast().offset() + 1) items.add(log.take(next));
      } catch (InvalidOffset e) {
        return items;
      }
    }

    List<ConsumerRecord<byte[], byte[]>> readBytes(TopicPartition partition) throws InterruptedException {
      var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
      long end = ends(List.of(partition)).get(partition);
      try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        while (consumer.position(partition) < end) consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
      }
      return records;
    }

    private static <T> T of(KafkaFuture<T> future) throws InterruptedException {
      try {
        return future.get(20, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw e.getCause() instanceof KafkaException known ? known : new KafkaException(e.getCause());
      } catch (TimeoutException e) {
        throw new KafkaException("The cluster has not answered within 20 s.");
      }
    }

    /// Leaves nothing behind.
    @Override
    public void close() throws InterruptedException {
      try {
        if (!topics.isEmpty()) of(admin.deleteTopics(topics).all());
      } finally {
        closed(admin);
      }
    }
  }

  // endregion
}
