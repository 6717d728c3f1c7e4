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
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// # 11 · Kafka
///
/// **The question.** Chapter 10 outlives `kill -9`. But its log is one file on
/// one machine, and one process reads it. The essay reads from "a pretend kafka
/// stream", and for ten chapters so have we. Here the pretence ends. This
/// chapter starts a real broker of Apache Kafka, and kills it at work.
///
/// Kafka has restarts, takeovers, transactions and an "exactly once" of its
/// own. So what is left for our supervisor? And what for you?
///
/// After this chapter you can
///
/// - tell a dead broker from a quiet one, and see a consumer through it;
/// - share a log among processes, and say how long a dead one is missed;
/// - say what Kafka's "exactly once" covers, and where you need a ledger.
///
/// *Reading: 30 minutes. Exercises: 60 minutes.*
///
/// **Predict.** A consumer has polled ten clicks, and has had the effects of
/// five. Then it dies. It never commits an offset itself, since
/// `enable.auto.commit` is on, as it is by default. Where does its successor go
/// on?
class RealKafka extends DurableOffsets {

  /// ## A broker of your own
  ///
  /// There's no Docker here, and nothing to install. This program, started once
  /// more with the word `broker`, *is* the broker. It formats its folder,
  /// unless there's one to go on with, says that it's ready, and lives until
  /// its input ends, as chapter 10's processes do. If we die, it cleans up for
  /// us.
  ///
  /// To its parent, it's a process like any other. It can be started, killed,
  /// and started again on the same port and folder.
  ///
  /// *In the margin:* `StorageTool` and `KafkaRaftServer` are no public API. So
  /// the version is pinned, and both calls stand in one method. In a test of
  /// yours, Testcontainers does the same with Docker.

  static final String UNSAFE = "--sun-misc-unsafe-memory-access=allow"; // as above

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
            folder: JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER\
            """
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
      var builder =
          again(RealKafka.class, folder, "broker", "" + folder, "" + port, "" + controllerPort);
      builder.command().addAll(1, List.of("-Xmx256m", "-XX:ErrorFile=" + errors(), UNSAFE));
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
      return new IllegalStateException(
          "The broker has died, exit %d. %s".formatted(exit, lastWords()));
    }

    private String lastWords() {
      try {
        String said =
            Files.readAllLines(errors()).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("Picked up "))
                .reduce("nothing.", (_, line) -> line);
        return "It said: %s %d MB are left in %s."
            .formatted(said, freeMegabytes(folder), folder.getParent());
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

    /// Below those that the system hands out to clients: while the broker is dead, one that
    /// reconnects could get the broker's port as its own, and talk to itself.
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
      Thread.ofPlatform().name("our parent").start(() -> endWithOurParent(folder, server));
      server.run();
      try {
        server.get();
        IO.println("ready");
      } catch (ExecutionException e) {
        System.err.println(deepest(e));
        Runtime.getRuntime().halt(1);
      }
    }

    private static kafka.server.KafkaRaftServer serve(Path folder, int port, int controllerPort)
        throws Exception {
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

    private static void endWithOurParent(
        Path folder, FutureTask<kafka.server.KafkaRaftServer> server) {
      try {
        boolean asked = System.in.read() >= 0;
        var shutdown =
            Thread.ofPlatform()
                .daemon()
                .start(() -> {
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

  /// ## A dead broker is silence
  ///
  /// Kafka's consumer was made to outlive its broker. It reconnects by itself,
  /// for ever, and finds that not worth mentioning. We measured what each call
  /// does once the broker has been killed:
  ///
  /// | call | what happens |
  /// |---|---|
  /// | `poll` | hands out what was fetched before; then it's empty, each time |
  /// | `poll` at the end of a live log | it's empty: that looks the same |
  /// | `endOffsets` | `TimeoutException` |
  /// | `send(…).get()` | waits, up to two minutes, and tries again by itself |
  /// | `seek` past the end, and `poll` | `OffsetOutOfRangeException`, if you want |
  ///
  /// "If you want" means `auto.offset.reset=none`. By default, a wrong offset
  /// is silently replaced by the end of the log, and all in between is skipped.
  ///
  /// So an empty poll is no error, and it isn't the end. It's a reason to ask
  /// something that can't be answered without a broker.
  ///
  /// And offsets have gaps, as we'll see below. `take(offset)` is now "the
  /// first click at `offset` or after it". Whoever goes on at `offset + 1`
  /// instead of after the click that came is in trouble sooner or later.

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
            "auto.offset.reset",
            "none", // else a wrong offset is silently replaced
            "enable.auto.commit",
            false,
            "allow.auto.create.topics",
            false,
            "fetch.max.wait.ms",
            50, // close() may wait for that
            "max.partition.fetch.bytes",
            16_384, // what is fetched hides the broker's death
            "reconnect.backoff.max.ms",
            200);

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

    /// Nothing came. That's no error, and needn't be the end. So ask something that needs an
    /// answer.
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

  // region clients that end

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

  static String deepest(Throwable e) {
    while (e.getCause() != null) e = e.getCause();
    return e.getMessage() == null ? "" + e : e.getMessage();
  }

  // endregion

  /// ## Three children
  ///
  /// A tree of three, then, and chapter 9's supervisor, unchanged:
  ///
  /// - the **broker**. `open` starts it, and the step is to wait for its end.
  /// - a **writer**, which needs no help. Its producer tries again by itself.
  ///   As that is *idempotent*, the broker recognises what it has already. (As
  ///   long as it's the same producer. A new one is a stranger.)
  /// - a **reader**. It fails, and starts again with a new consumer, until the
  ///   broker is back. Each click's effect and its offset go into chapter 10's
  ///   ledger in one transaction. Kafka isn't even asked to keep the offset.
  ///
  /// The writer never runs far ahead. Else all clicks would be in the reader's
  /// buffer before the first kill. (We had that. The broker was killed halfway,
  /// and the reader went on without a pause: it had all of it already.)

  // region the steps to and from Kafka

  /// Writes these clicks, and waits until all of them are acknowledged.
  static void write(Map<String, Object> config, String topic, List<Click> clicks)
      throws InterruptedException {
    var producer = new KafkaProducer<>(config, new StringSerializer(), TO_BYTES);
    try {
      send(producer, topic, clicks);
    } catch (ExecutionException e) {
      throw new IllegalStateException("Not all was written: " + deepest(e), e);
    } finally {
      closed(producer);
    }
  }

  private static void send(KafkaProducer<String, Click> producer, String topic, List<Click> clicks)
      throws InterruptedException, ExecutionException {
    try {
      var sent = new ArrayList<Future<?>>();
      for (Click click : clicks) sent.add(producer.send(record(topic, click)));
      for (var acknowledgement : sent) acknowledgement.get();
    } catch (InterruptException e) {
      throw interrupted();
    }
  }

  /// A user's clicks stay in one partition, in order.
  static ProducerRecord<String, Click> record(String topic, Click click) {
    return new ProducerRecord<>(topic, "" + click.userId(), click);
  }

  /// Writes clicks, some at a time, and goes on when they are acknowledged, and read.
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
    public Outcome<Long> run(Long from) throws Exception {
      if (from == clicks.size()) return new Done<>(from);
      long to = turn.awaitAfter(from);
      send(producer, topic, clicks.subList(from.intValue(), (int) to));
      return new Continue<>(to);
    }

    @Override
    public void close() {
      closed(producer);
    }
  }

  /// Waits until it's one's turn, and says how far to go.
  interface Turn {
    long awaitAfter(long from) throws InterruptedException;
  }

  /// Books each click of a log in a ledger. Each start opens both anew.
  static Step<Long> bookEach(Callable<KafkaLog> connect, Path file, String name, Booking booking) {
    return new Step<>() {
      private KafkaLog log;
      private Ledger ledger;

      @Override
      public void open(Long from) throws Exception {
        ledger = Ledger.open(file, name);
        try {
          log = connect.call();
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

  static void killTheBroker(KafkaDemo demo) throws Exception {
    var broker = demo.broker;
    var partition = demo.cluster.newTopic("clicks", 1).getFirst();
    Path file = demo.folder.resolve("clicks.db");
    var board = new Board();
    var booked = new AtomicLong();
    var starts = new AtomicInteger();
    Booking booking =
        (ledger, from, item) -> {
          long next = saveTogether(ledger, from, item);
          board.tell(() -> booked.set(next));
          return next;
        };
    int some = demo.events / 50;
    Turn turn =
        from -> {
          board.await("the reader", () -> from < booked.get() + some);
          return Math.min(from + some, demo.events);
        };
    Callable<KafkaLog> connect = () -> new KafkaLog(demo.cluster.config, partition, demo.events);
    var children = new ArrayList<ChildSpec<?>>();
    if (broker != null) {
      var step = new Serving(broker, () -> board.tell(starts::incrementAndGet));
      children.add(ChildSpec.of("broker", 0L, step).with(Pauses.NONE)); // the pause is its start
    }
    var writer = new Writer(demo.cluster.config, partition.topic(), demo.clicks, turn);
    children.add(ChildSpec.of("writer", 0L, writer));
    var reader = bookEach(connect, file, "" + partition, booking);
    children.add(ChildSpec.of("reader", 0L, reader));
    Listener listener =
        event -> {
          if (event instanceof Ended(_, Failed<?>(Failure<?> f)))
            board.fail(deepest(f.exception()));
          if (event instanceof Ended(_, Died<?>(Throwable cause))) board.fail("" + cause);
        };
    var shop = new Supervisor(Strategy.ONE_FOR_ONE, TEN_A_MINUTE, listener);
    var moments = new Random(demo.seed);
    try (var _ = shop.start("shop", children.toArray(ChildSpec<?>[]::new))) {
      for (int kill = 1; kill <= demo.kills && broker != null; kill++) {
        double when = (kill - 0.75 + moments.nextDouble() / 2) / (demo.kills + 1);
        long at = (long) (when * demo.events);
        board.await("click " + at, () -> booked.get() >= at);
        int before = starts.get();
        long killed = System.nanoTime();
        broker.kill();
        board.await("a new broker", () -> starts.get() > before);
        long here = booked.get();
        board.await("an effect", () -> booked.get() > here);
        IO.println("Killed after click %d. Effects go on after %s.".formatted(at, since(killed)));
      }
      board.await("the last click", () -> booked.get() == demo.events);
    }
    demo.audit(List.of(partition), file);
  }

  static final Intensity TEN_A_MINUTE = new Intensity(10, Duration.ofMinutes(1));

  /// ## Workers share the log
  ///
  /// A topic has *partitions*, each of which is a log of its own. Processes
  /// that name the same *group* share them. A coordinator in the broker sees to
  /// it that each partition has one owner, hears their heartbeats, and gives
  /// the partitions of whoever falls silent to the others.
  ///
  /// That's a supervisor, too. But it doesn't restart who has died: it moves
  /// the work to who lives. You want both.
  ///
  /// How long is a dead worker missed? As long as it may be silent:
  ///
  /// | setting | default | here | what it governs |
  /// |---|---|---|---|
  /// | `consumer.session.timeout.ms`, of the group | 45 s | 1.5 s | when a silent worker counts as
  // dead |
  /// | `consumer.heartbeat.interval.ms`, of the group | 5 s | 0.3 s | how often it's heard, and
  // hears |
  /// | `group.consumer.min.session.timeout.ms`, of the broker | 45 s | 0.5 s | the least that a
  // group may ask for |
  /// | `max.poll.interval.ms`, of the worker | 5 min | 5 min | when one that still beats, but is
  // stuck, has to leave |
  ///
  /// That's the new protocol, `group.protocol=consumer`. (With the old one,
  /// it's `session.timeout.ms`, and the worker says so. The default is 45 s as
  /// well.) Whoever calls `close()` isn't missed at all: it says goodbye.
  ///
  /// A worker that was taken for dead may be alive. Perhaps it was only slow.
  /// Then for a moment two of them have the same partition. That's why `book`
  /// asks the ledger to `advance(from, to)`: it's a compare-and-set, and for
  /// the second one the comparison fails. Whoever has lost goes to where the
  /// ledger is.
  ///
  /// *In the margin:* a step that takes longer than `max.poll.interval.ms` for
  /// one batch is thrown out of its group, each time. It's a popular way to get
  /// each click twice, and nothing done. Take smaller batches:
  /// `max.poll.records`.

  // region the workers

  /// A worker's own process.
  static void work(String servers, String topic, String group, Path folder, String name)
      throws Exception {
    endWithOurParent(folder.resolve(name));
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            servers,
            "group.id",
            group,
            "group.protocol",
            "consumer",
            "auto.offset.reset",
            "none",
            "enable.auto.commit",
            false,
            "fetch.max.wait.ms",
            50,
            "max.poll.records",
            50); // who is asked to leave finishes these first
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + ledgerIn(folder));
        var consumer = new KafkaConsumer<>(config, new StringDeserializer(), FROM_BYTES)) {
      leaveWhenAsked(consumer);
      var mine = new Ledger(connection, name); // counts
      var places = new Places(consumer, connection);
      consumer.subscribe(List.of(topic), places);
      while (true) {
        var records = consumer.poll(Duration.ofSeconds(1));
        for (TopicPartition partition : records.partitions())
          for (var record : records.records(partition))
            if (!places.book(partition, new Item(record.offset(), record.value()), mine)) break;
      }
    } catch (WakeupException e) {
      // asked to leave, and close() has told the group
    } catch (Exception e) {
      System.err.println(name + ": " + deepest(e));
      Runtime.getRuntime().halt(1);
    }
  }

  static Path ledgerIn(Path folder) {
    return folder.resolve("workers.db");
  }

  private static void leaveWhenAsked(KafkaConsumer<?, ?> consumer) {
    var main = Thread.currentThread();
    Callable<Void> leave =
        () -> {
          consumer.wakeup(); // the only method that another thread may call
          main.join(Duration.ofSeconds(5));
          return null;
        };
    Runtime.getRuntime().addShutdownHook(new Thread(new FutureTask<>(leave)));
  }

  /// Where a worker is in each of its partitions: where their ledgers are. It says so aloud.
  static class Places implements ConsumerRebalanceListener {
    private final KafkaConsumer<?, ?> consumer;
    private final Connection connection;
    private final Map<TopicPartition, Ledger> ledgers = new HashMap<>();
    private final Map<TopicPartition, Long> next = new HashMap<>();

    Places(KafkaConsumer<?, ?> consumer, Connection connection) {
      this.consumer = consumer;
      this.connection = connection;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> added) {
      try {
        for (TopicPartition partition : added) {
          ledgers.put(partition, new Ledger(connection, "" + partition));
          seek(partition);
          IO.println("at %d %d .".formatted(partition.partition(), next.get(partition)));
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
      tell();
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> removed) {
      ledgers.keySet().removeAll(removed); // there's nothing to commit: the ledger knows
      tell();
    }

    private void tell() {
      var has = ledgers.keySet().stream().map(partition -> " " + partition.partition());
      IO.println("has" + has.collect(Collectors.joining()) + " .");
    }

    private void seek(TopicPartition partition) throws SQLException {
      next.put(partition, ledgers.get(partition).next());
      consumer.seek(partition, next.get(partition));
    }

    /// Effect, offset, and who did it, in one transaction.
    ///
    /// @return whether it was still ours to do
    boolean book(TopicPartition partition, Item item, Ledger mine) throws Exception {
      var ledger = ledgers.get(partition);
      long from = next.get(partition), to = item.offset() + 1;
      boolean isOurs =
          ledger.inOneTransaction(() -> {
            if (!ledger.advance(from, to)) return false;
            ledger.book(item);
            mine.save(mine.next() + 1);
            return true;
          });
      if (!isOurs) seek(partition);
      else next.put(partition, to);
      if (isOurs) IO.println("did %d %d .".formatted(partition.partition(), to));
      return isOurs;
    }
  }

  // endregion

  static void killAWorker(KafkaDemo demo) throws Exception {
    var cluster = demo.cluster;
    var partitions = cluster.newTopic("shared", 6);
    String topic = partitions.getFirst().topic(), group = cluster.newGroup("workers");
    boolean isQuick = cluster.noticeDeathsSoon(group);
    Path file = ledgerIn(demo.folder);
    try (var _ = Ledger.open(file, topic); // it's there before they come
        var workers = new Workers()) {
      for (int i = 1; i <= 3; i++)
        workers.start("worker-" + i, demo.folder, cluster.servers, topic, group);
      workers.board.await("two partitions for each", () -> workers.haveEach(2));
      IO.println("Each has two.");
      int fifth = demo.events / 5;
      Iterator<List<Click>> parts =
          Stream.of(1, 2, 3, 4, 5)
              .map(i -> demo.clicks.subList((i - 1) * fifth, i < 5 ? i * fifth : demo.events))
              .iterator();
      Callable<Void> writeMore =
          () -> {
            write(cluster.config, topic, parts.next());
            return null;
          };
      writeMore.call();
      workers.awaitEnd(cluster.ends(partitions));
      if (isQuick) {
        String time = workers.takeOver("worker-2", Process::destroyForcibly, writeMore);
        IO.println("Worker 2 is killed. Others do its work after %s.".formatted(time));
      } else {
        IO.println("This cluster takes long to miss a worker, so none is killed.");
        writeMore.call();
        writeMore.call();
      }
      workers.awaitEnd(cluster.ends(partitions));
      // Process.destroy() would close its input, too, and that's our own death
      String time = workers.takeOver("worker-3", it -> it.toHandle().destroy(), writeMore);
      IO.println("Worker 3 leaves with close(). Others do its work after %s.".formatted(time));
      workers.awaitEnd(cluster.ends(partitions));
    }
    for (int i = 1; i <= 3; i++)
      try (var ledger = Ledger.open(file, "worker-" + i)) {
        IO.println("Effects by worker %d: ≈ %d.".formatted(i, ledger.next()));
      }
    demo.audit(partitions, file);
  }

  /// ## From topic to topic
  ///
  /// If the effect is a record in Kafka, you need no ledger. A *transaction*
  /// holds records, of any number of partitions, and the offset up to which the
  /// input is done. A consumer that asks for `isolation.level=read_committed`
  /// sees all of it or nothing. (By default, it sees everything.)
  ///
  /// A step that fails in the middle leaves its transaction open. The next one
  /// with the same `transactional.id` aborts it, when it opens, and fences the
  /// old one: should that be alive after all, its commit is refused.
  ///
  /// What was aborted stays in the log, and is passed over. And each commit and
  /// each abort takes an offset for itself. So there are the gaps.

  // region the transactions

  /// Copies clicks from one topic to another, five in a transaction. Its offset is part of that.
  static class Copy implements Step<Long> {
    private final Map<String, Object> config;
    private final TopicPartition from;
    private final String to;
    private final long end;
    private final BooleanSupplier fails;
    private KafkaProducer<String, Click> producer;
    private KafkaLog log;

    /// @param config with the consumer's group, which keeps the offset, and a transactional id
    Copy(
        Map<String, Object> config,
        TopicPartition from,
        String to,
        long end,
        BooleanSupplier fails) {
      this.config = config;
      this.from = from;
      this.to = to;
      this.end = end;
      this.fails = fails;
    }

    @Override
    public void open(Long offset) {
      log = new KafkaLog(config, from, end);
      producer = new KafkaProducer<>(config, new StringSerializer(), TO_BYTES);
      producer.initTransactions();
    }

    @Override
    public Outcome<Long> run(Long offset) throws Exception {
      if (offset >= end) return new Done<>(offset);
      producer.beginTransaction();
      long next = offset;
      for (int i = 0; i < 5 && next < end; i++) {
        Item item = log.take(next);
        producer.send(record(to, item.click()));
        next = item.offset() + 1;
      }
      producer.sendOffsetsToTransaction(Map.of(from, new OffsetAndMetadata(next)), log.group());
      producer.flush(); // so that they really are in the log
      if (fails.getAsBoolean()) throw new IllegalStateException("So close.");
      producer.commitTransaction();
      return new Continue<>(next);
    }

    /// Without a word, as if the process had died.
    @Override
    public void close() {
      producer.close(Duration.ZERO);
      log.close();
    }
  }

  // endregion

  static void failInATransaction(KafkaDemo demo) throws Exception {
    var cluster = demo.cluster;
    var from = cluster.newTopic("from", 1).getFirst();
    var to = cluster.newTopic("to", 1).getFirst();
    String group = cluster.newGroup("copy");
    var clicks = demo.clicks.subList(0, 20);
    write(cluster.config, from.topic(), clicks);
    var config = with(cluster.config, "group.id", group, "transactional.id", group);
    var commits = new AtomicInteger();
    var step = new Copy(config, from, to.topic(), 20, () -> commits.incrementAndGet() == 2);
    Listener listener =
        event -> {
          if (event instanceof Crashed) IO.println(words(event));
        };
    var shop = new Supervisor(Strategy.ONE_FOR_ONE, TEN_A_MINUTE, listener).untilAllAreDone();
    try (var root = shop.start("shop", ChildSpec.of("copy", 0L, step))) {
      root.join();
    }
    int all = cluster.readAll(to).size();
    var seen = cluster.readAll(to, "isolation.level", "read_committed");
    IO.println("read_uncommitted sees %d clicks, read_committed %d.".formatted(all, seen.size()));
    IO.println(
        "The last one has offset %d. The group's offset is %d."
            .formatted(seen.getLast().offset(), cluster.committed(group, from)));
    demo.check(seen.stream().map(Item::click).toList().equals(clicks));
  }

  /// *In the margin:* that is what Kafka calls exactly once. It goes from Kafka
  /// to Kafka. An e-mail is no record, and neither is a row in your database:
  /// sent is sent, whatever the transaction comes to. For those you need
  /// chapter 10: the offset beside the effect.
  ///
  /// ## A poison pill
  ///
  /// A click that can't be decoded fails before you see it, inside of `poll`.
  /// The consumer stays where it is. So the next `poll` fails as well, and each
  /// one after that. A supervisor that only restarts goes round in circles
  /// until it gives up. (Which beats those that never do.)
  ///
  /// Chapter 6 knows what to do: a verdict. Put the pill aside, and go on
  /// behind it. Kafka's exception says where it was and hands out the bytes.
  /// They go to a topic of their own, as they are, with a note.

  // region the dead letters

  /// Puts aside what can't be decoded, and goes on behind it, in the ledger, too.
  static Judge<Long> toDeadLetters(Producer<byte[], byte[]> producer, String topic, Path ledger) {
    return failure -> {
      if (!(failure.exception() instanceof RecordDeserializationException e)) return new Retry<>();
      TopicPartition from = e.topicPartition();
      var letter = new ProducerRecord<>(topic, bytes(e.keyBuffer()), bytes(e.valueBuffer()));
      BiConsumer<String, Object> header =
          (key, value) -> letter.headers().add(key, ("" + value).getBytes(UTF_8));
      header.accept("topic", from.topic());
      header.accept("partition", from.partition());
      header.accept("offset", e.offset());
      header.accept("reason", deepest(e));
      producer.send(letter).get(); // if we die now, there will be two letters
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

  static void putPoisonAside(KafkaDemo demo) throws Exception {
    var cluster = demo.cluster;
    var partition = cluster.newTopic("poison", 1).getFirst();
    var letters = cluster.newTopic("dead-letters", 1).getFirst();
    Path file = demo.folder.resolve("poison.db");
    Callable<KafkaLog> connect = () -> new KafkaLog(cluster.config, partition, 10);
    var serializer = new ByteArraySerializer();
    try (var producer = new KafkaProducer<>(cluster.config, serializer, serializer)) {
      for (int i = 0; i < 10; i++) {
        byte[] bytes = TO_BYTES.serialize("", demo.clicks.get(i));
        if (i == 3 || i == 7) bytes = (demo.clicks.get(i).userId() + " SHIPING").getBytes(UTF_8);
        producer.send(new ProducerRecord<>(partition.topic(), bytes)).get();
      }
      try (var log = connect.call()) {
        for (int i = 0; i < 3; i++)
          try {
            log.take(3);
          } catch (RecordDeserializationException e) {
            IO.println("Can't be decoded: offset %d.".formatted(e.offset()));
          }
      }
      var step = bookEach(connect, file, "" + partition, DurableOffsets::saveTogether);
      var reader =
          ChildSpec.of("reader", 0L, step).with(toDeadLetters(producer, letters.topic(), file));
      Listener listener =
          event -> {
            if (event instanceof Skipping || event instanceof Ended) IO.println(words(event));
          };
      var shop = new Supervisor(Strategy.ONE_FOR_ONE, TEN_A_MINUTE, listener).untilAllAreDone();
      try (var root = shop.start("shop", reader)) {
        demo.check(root.join() instanceof Done);
      }
    }
    for (var letter : cluster.readBytes(letters)) {
      var words = new String(letter.value(), UTF_8).split(" ");
      var offset = new String(letter.headers().lastHeader("offset").value(), UTF_8);
      IO.println("Dead letter, from offset %s: … %s".formatted(offset, words[1]));
    }
  }

  /// ## If you let Kafka keep the offset
  ///
  /// Most consumers have no ledger, and commit their offset to their group.
  /// That is chapter 10 once more: two writes, to two places, and one can die
  /// between them. What is committed is the *next* offset, by the way, and not
  /// the last one that's done.
  ///
  /// By default, nobody calls commit. A timer does, every five seconds, in
  /// `poll`, and commits whatever was handed out. If it isn't done yet, such as
  /// by threads that you gave it to, it's lost.
  ///
  /// And a group that Kafka has never heard of has no offset. Some give each
  /// start a new name "to be sure". It's where `auto.offset.reset` decides, and
  /// there is no good answer.

  /// When a consumer says that a click is done.
  ///
  /// @param successor what its successor does otherwise
  record Habit(
      String words,
      boolean before,
      boolean after,
      Map<String, Object> config,
      Map<String, Object> successor) {
    static Habit timer(String words, int millis) {
      Map<String, Object> config =
          Map.of("enable.auto.commit", true, "auto.commit.interval.ms", millis);
      return new Habit(words, false, false, config, config);
    }

    static Habit newGroup(String group, String reset) {
      Map<String, Object> successor = Map.of("group.id", group, "auto.offset.reset", reset);
      return new Habit("a new group, from the " + reset, false, false, Map.of(), successor);
    }
  }

  /// @param last the click at which it dies, or -1
  static void live(
      KafkaConsumer<?, ?> consumer,
      TopicPartition partition,
      Habit habit,
      long last,
      List<Long> effects) {
    consumer.assign(List.of(partition));
    long end = consumer.endOffsets(List.of(partition)).get(partition);
    while (consumer.position(partition) < end)
      for (var record : consumer.poll(Duration.ofMillis(100))) {
        boolean dies = record.offset() == last;
        var next = Map.of(partition, new OffsetAndMetadata(record.offset() + 1));
        if (habit.before) consumer.commitSync(next);
        if (dies && habit.before) return;
        effects.add(record.offset());
        if (dies && habit.config.containsValue(1)) pollUntilCommitted(consumer, partition, end);
        if (dies) return;
        if (habit.after) consumer.commitSync(next);
      }
  }

  private static void pollUntilCommitted(
      KafkaConsumer<?, ?> consumer, TopicPartition partition, long end) {
    OffsetAndMetadata committed;
    do {
      consumer.poll(Duration.ofMillis(10));
      committed = consumer.committed(Set.of(partition)).get(partition);
    } while (committed == null || committed.offset() < end);
  }

  static void commitInTime(KafkaDemo demo) throws Exception {
    var cluster = demo.cluster;
    var partition = cluster.newTopic("commits", 1).getFirst();
    write(cluster.config, partition.topic(), demo.clicks.subList(0, 10));
    var habits =
        List.of(
            new Habit("commitSync, then the effect", true, false, Map.of(), Map.of()),
            new Habit("the effect, then commitSync", false, true, Map.of(), Map.of()),
            Habit.timer("auto-commit, due after the death", 3_600_000),
            Habit.timer("auto-commit, due before the effects", 1),
            Habit.newGroup(cluster.newGroup("earliest"), "earliest"),
            Habit.newGroup(cluster.newGroup("latest"), "latest"));
    for (Habit habit : habits) {
      var effects = new ArrayList<Long>();
      var config =
          with(
              cluster.config,
              "group.id",
              cluster.newGroup("" + habits.indexOf(habit)),
              "enable.auto.commit",
              false,
              "fetch.max.wait.ms",
              50,
              "auto.offset.reset",
              "earliest");
      config.putAll(habit.config);
      var dead = new KafkaConsumer<>(config, new StringDeserializer(), FROM_BYTES);
      config.putAll(habit.successor);
      var successor = new KafkaConsumer<>(config, new StringDeserializer(), FROM_BYTES);
      try {
        live(dead, partition, habit, 4, effects);
        live(successor, partition, habit, -1, effects);
      } finally { // only now, since close() would commit
        closed(dead);
        closed(successor);
      }
      long different = effects.stream().distinct().count();
      IO.println(
          "%-36s lost %d, twice %d"
              .formatted(habit.words, 10 - different, effects.size() - different));
    }
  }

  /// ## Engines that do all this
  ///
  /// Should your shop outgrow this chapter, there are engines. Each has its own
  /// supervisor. Look for these words, and ask the same questions:
  ///
  /// | engine | who restarts, and how | poison | exactly once |
  /// |---|---|---|---|
  /// | Kafka Streams | `StreamsUncaughtExceptionHandler`: `REPLACE_THREAD`, `SHUTDOWN_CLIENT`, `SHUTDOWN_APPLICATION` | `DeserializationExceptionHandler` | transactions, as above |
  /// | Flink | a restart strategy says when, a failover strategy says who else | yours to catch | checkpoints hold state and offsets together |
  /// | Pekko | `RestartSource`, with pauses; a supervision strategy resumes, restarts or stops | the same strategy | yours, as here |
  ///
  /// `SHUTDOWN_APPLICATION` is escalation. A failover strategy is one-for-all,
  /// for those who are connected. And a checkpoint is chapter 10's ledger.
  ///
  /// ## Run it
  ///
  /// Here the broker is killed just once, to keep it short. The default is
  /// three times. The numbers after `≈` are your machine's.
  ///
  /// ```console
  /// $ ./jbang chapters/11-kafka.java --kills 1
  /// 11 · kafka: 2000 clicks
  /// A broker is ready after ≈ 2.2 s.
  ///
  /// 1. A broker gets killed
  /// Killed after click 613. Effects go on after ≈ 3.6 s.
  /// Clicks in the topic: 2000, lost 0, twice 0.
  /// Effects in the ledger: 2000, lost 0, twice 0.
  ///
  /// 2. Three workers share six partitions
  /// Each has two.
  /// Worker 2 is killed. Others do its work after ≈ 1.6 s.
  /// Worker 3 leaves with close(). Others do its work after ≈ 1.0 s.
  /// Effects by worker 1: ≈ 1287.
  /// Effects by worker 2: ≈ 143.
  /// Effects by worker 3: ≈ 570.
  /// Clicks in the topic: 2000, lost 0, twice 0.
  /// Effects in the ledger: 2000, lost 0, twice 0.
  ///
  /// 3. Five clicks in a transaction
  /// An error has occurred: copy@5 java.lang.IllegalStateException: So close.
  /// read_uncommitted sees 25 clicks, read_committed 20.
  /// The last one has offset 28. The group's offset is 20.
  ///
  /// 4. Ten clicks, two of them poison
  /// Can't be decoded: offset 3.
  /// Can't be decoded: offset 3.
  /// Can't be decoded: offset 3.
  /// Skipping reader to 4.
  /// Skipping reader to 8.
  /// reader is done at 10.
  /// shop is done at [reader@10].
  /// Dead letter, from offset 3: … SHIPING
  /// Dead letter, from offset 7: … SHIPING
  ///
  /// 5. A consumer dies at its fifth click of ten
  /// commitSync, then the effect          lost 1, twice 0
  /// the effect, then commitSync          lost 0, twice 1
  /// auto-commit, due after the death     lost 0, twice 5
  /// auto-commit, due before the effects  lost 5, twice 0
  /// a new group, from the earliest       lost 0, twice 5
  /// a new group, from the latest         lost 5, twice 0
  ///
  /// All is well.
  /// Replay: ./jbang chapters/11-kafka.java --events 2000 --kills 1 --seed 42
  /// ```
  ///
  /// **Three seconds without a broker.** One of them goes by until the reader
  /// notices. The rest is the broker's: it starts, reads its logs, and waits
  /// until its controller believes that the last one is dead
  /// (`broker.session.timeout.ms`, in earnest nine seconds). Nobody has
  /// handled any of that. The writer waited, and the supervisor restarted.
  ///
  /// **Nothing is lost, and nothing twice**, neither in the topic nor in the
  /// ledger. For the topic, thank the idempotent producer, and for the ledger
  /// one transaction and a compare-and-set.
  ///
  /// (The broker's data survives its kill since the operating system has them.
  /// Kafka doesn't wait for the disk. If the power fails, it relies on copies
  /// on other machines, of which our one broker has none.)
  ///
  /// **A killed worker is missed for its session timeout**, and one that leaves
  /// only until the next heartbeats. So close your consumers, and make a
  /// shutdown hook that does it.
  ///
  /// Options: see `--help`. With `--bootstrap-servers`, the same happens on a
  /// cluster that you have, less the killing of brokers. It makes topics and
  /// groups of its own, and deletes them.
  void main(String... args) throws Exception {
    switch (args.length == 0 ? "" : args[0]) {
      case "broker" -> Broker.main(Path.of(args[1]), number(args[2]), number(args[3]));
      case "worker" -> work(args[1], args[2], args[3], Path.of(args[4]), args[5]);
      default -> {
        var line = commandLine(new KafkaDemo()).setCaseInsensitiveEnumValuesAllowed(true);
        System.exit(line.execute(args));
      }
    }
  }

  private static int number(String word) {
    return Integer.parseInt(word);
  }

  static String since(long nanos) {
    return String.format(Locale.ROOT, "≈ %.1f s", (System.nanoTime() - nanos) / 1e9);
  }

  /// ## The apparatus

  interface Scene {
    void play(KafkaDemo demo) throws Exception;
  }

  enum Part {
    BROKER("A broker gets killed", RealKafka::killTheBroker),
    GROUP("Three workers share six partitions", RealKafka::killAWorker),
    TRANSACTIONS("Five clicks in a transaction", RealKafka::failInATransaction),
    POISON("Ten clicks, two of them poison", RealKafka::putPoisonAside),
    COMMITS("A consumer dies at its fifth click of ten", RealKafka::commitInTime);

    final String title;
    final Scene scene;

    Part(String title, Scene scene) {
      this.title = title;
      this.scene = scene;
    }
  }

  @Command(
      name = "11-kafka",
      description = "Kills a Kafka broker and two workers, and looks what became of the clicks.")
  static class KafkaDemo implements Callable<Integer> {
    @Option(names = "--events", paramLabel = "N", description = "How many clicks, 100 to 100000.")
    int events = 2_000;

    @Option(
        names = "--kills",
        paramLabel = "N",
        description = "How often the broker is killed, at most 15 times.")
    int kills = 3;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "The same seed, the same clicks, and kills at the same clicks.")
    long seed = 42;

    @Option(
        names = "--port",
        paramLabel = "N",
        description = "The broker's port. Without it, a free one.")
    int port;

    @Option(
        names = "--bootstrap-servers",
        paramLabel = "LIST",
        description =
            "A cluster that is there, such as localhost:9092. None of its brokers is killed, and"
                + " nothing is touched but topics and groups made here, which are deleted.")
    String servers;

    @Option(
        names = "--only",
        paramLabel = "PART",
        description = "One part: ${COMPLETION-CANDIDATES}.")
    Part only;

    @Option(names = "--help", usageHelp = true, description = "This text.")
    boolean help;

    @Spec CommandSpec spec;

    private Path folder;
    private Broker broker; // if it's ours
    private Cluster cluster;
    private List<Click> clicks;
    private boolean allIsWell = true;

    /// Cleans up after itself, and on Ctrl-C, too.
    @Override
    public Integer call() throws Exception {
      if (events < 100 || events > 100_000 || kills < 0 || kills > 15 || port < 0 || port > 65_534)
        throw new ParameterException(spec.commandLine(), "A number is too small, or too large.");
      clicks = clicks(events, seed);
      folder = Files.createTempDirectory("real-kafka");
      System.setProperty("org.sqlite.tmpdir", "" + folder);
      var stopped = new AtomicBoolean();
      var clean = new CountDownLatch(1);
      var me = Thread.currentThread();
      Callable<Boolean> stop =
          () -> {
            stopped.set(true);
            me.interrupt();
            return clean.await(10, TimeUnit.SECONDS);
          };
      var hook = new Thread(new FutureTask<>(stop));
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

    private void run() throws Exception {
      IO.println("11 · kafka: %d clicks".formatted(events));
      long start = System.nanoTime();
      try (var ours = servers == null ? Broker.start(folder, port) : null;
          var it = new Cluster(ours == null ? servers : ours.bootstrapServers(), ours != null)) {
        broker = ours;
        cluster = it;
        if (ours != null) IO.println("A broker is ready after %s.".formatted(since(start)));
        else IO.println("The brokers aren't ours, so none is killed.");
        for (Part part : Part.values())
          if (only == null || part == only) {
            IO.println("\n%d. %s".formatted(part.ordinal() + 1, part.title));
            part.scene.play(this);
          }
      }
      IO.println(allIsWell ? "\nAll is well." : "\nThe audit has found something.");
      var replay = new StringBuilder("Replay: ./jbang chapters/11-kafka.java");
      replay.append(" --events %d --kills %d --seed %d".formatted(events, kills, seed));
      if (only != null) replay.append(" --only ").append(only.name().toLowerCase(Locale.ROOT));
      if (servers != null) replay.append(" --bootstrap-servers ").append(servers);
      IO.println(replay);
    }

    void check(boolean isWell) {
      allIsWell &= isWell;
    }

    /// All clicks were acknowledged. What is in the topic, and what came of it? Both are read back.
    void audit(List<TopicPartition> partitions, Path file) throws Exception {
      var topic = new HashMap<String, Click>(); // by place
      for (TopicPartition partition : partitions)
        for (Item item : cluster.readAll(partition))
          topic.put(partition + "@" + item.offset(), item.click());
      var times = new HashMap<Click, Integer>();
      for (Click click : topic.values()) times.merge(click, 1, Integer::sum);
      boolean isRight = tell("Clicks in the topic", topic.size(), times, clicks);

      var effects = new HashMap<String, Integer>();
      int count = 0;
      try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
          var query = connection.prepareStatement("SELECT log, at, user, action FROM effects");
          var rows = query.executeQuery()) {
        for (; rows.next(); count++) {
          String place = rows.getString(1) + "@" + rows.getLong(2);
          var user = UUID.fromString(rows.getString(3));
          isRight &= new Click(user, Action.valueOf(rows.getString(4))).equals(topic.get(place));
          effects.merge(place, 1, Integer::sum);
        }
      }
      check(tell("Effects in the ledger", count, effects, topic.keySet()) && isRight);
    }

    private <K> boolean tell(
        String what, int count, Map<K, Integer> times, Collection<K> expected) {
      long lost = expected.stream().filter(key -> !times.containsKey(key)).count();
      long twice = times.values().stream().filter(many -> many > 1).count();
      IO.println("%s: %d, lost %d, twice %d.".formatted(what, count, lost, twice));
      return count == expected.size() && lost == 0 && twice == 0;
    }
  }

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
        if (left <= 0)
          throw new IllegalStateException(
              "Waited %d s for %s, in vain.".formatted(LONG.toSeconds(), what));
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    }
  }

  // endregion

  /// Worker processes, as their parent sees them.
  static class Workers implements AutoCloseable {
    final Board board = new Board();
    private final Map<String, Process> processes = new TreeMap<>();
    private final List<Thread> ears = new ArrayList<>();
    private final Map<String, Set<Integer>> partitions = new HashMap<>(); // by worker
    private final Map<Integer, Long> next = new HashMap<>(); // by partition
    private final Map<Integer, String> lastBy = new HashMap<>(); // by partition
    private final Set<String> mayEnd = new HashSet<>();

    void start(String name, Path folder, String servers, String topic, String group)
        throws IOException {
      Path own = Files.createDirectories(folder.resolve(name));
      var builder = again(RealKafka.class, own, "worker", servers, topic, group, "" + folder, name);
      builder.command().addAll(1, List.of("-Xmx128m", UNSAFE));
      var process = builder.start();
      processes.put(name, process);
      ears.add(Thread.ofPlatform().name("hears " + name).start(() -> hear(name, process)));
    }

    private void hear(String name, Process process) {
      try (var lines = process.inputReader()) {
        for (String line; (line = lines.readLine()) != null; ) {
          if (!line.endsWith(" .")) break; // it has ended in the middle of it
          String[] words = line.replace(" .", "").split(" ");
          var numbers = Stream.of(words).skip(1).map(Integer::valueOf).toList();
          board.tell(() -> {
            if (words[0].equals("has")) partitions.put(name, Set.copyOf(numbers));
            else next.put(numbers.get(0), numbers.get(1).longValue());
            if (words[0].equals("did")) lastBy.put(numbers.get(0), name);
          });
        }
      } catch (IOException e) {
        // it has ended
      }
      board.tell(() -> {
        if (!mayEnd.contains(name)) board.fail(name + " has ended by itself.");
      });
    }

    boolean haveEach(int many) {
      return processes.keySet().stream()
          .allMatch(name -> partitions.getOrDefault(name, Set.of()).size() == many);
    }

    void awaitEnd(Map<TopicPartition, Long> ends) throws InterruptedException {
      board.await(
          "the last effect",
          () ->
              ends.entrySet().stream()
                  .allMatch(
                      end -> next.getOrDefault(end.getKey().partition(), 0L) >= end.getValue()));
    }

    /// Ends a worker in the middle of its work.
    ///
    /// @return how long it takes until somebody else does some of that
    String takeOver(String name, Consumer<Process> end, Callable<Void> writeMore) throws Exception {
      var had = new HashSet<Integer>();
      board.tell(() -> {
        had.addAll(partitions.get(name));
        lastBy.clear();
        mayEnd.add(name);
      });
      writeMore.call();
      board.await("its work", () -> lastBy.containsValue(name));
      long ended = System.nanoTime();
      end.accept(processes.remove(name));
      writeMore.call();
      board.await(
          "its successor",
          () -> had.stream().anyMatch(p -> !lastBy.getOrDefault(p, name).equals(name)));
      return since(ended);
    }

    /// Those that are left may leave their group, or are killed.
    @Override
    public void close() {
      board.tell(() -> mayEnd.addAll(processes.keySet()));
      boolean interrupted = Thread.interrupted();
      try {
        var up = new HashMap<>(processes);
        up.keySet().retainAll(partitions.keySet());
        for (Process process : up.values()) process.toHandle().destroy();
        for (Process process : up.values()) process.waitFor(2, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      for (Process process : processes.values()) process.destroyForcibly().onExit().join();
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  // region a cluster

  /// A cluster, and what of it is ours.
  static class Cluster implements AutoCloseable {
    private static final int TO_ANSWER = 8_000;

    final String servers;
    final Map<String, Object> config;
    private final boolean isOurs;
    private final String prefix;
    private final List<String> topics = new ArrayList<>();
    private final List<String> groups = new ArrayList<>();
    private final Map<String, Map<String, String>> altered = new HashMap<>(); // by group
    private final Admin admin;

    Cluster(String servers, boolean isOurs) throws InterruptedException {
      this.servers = servers;
      this.config = Map.of("bootstrap.servers", servers);
      this.isOurs = isOurs;
      this.prefix = isOurs ? "" : "puts-and-takes-" + UUID.randomUUID() + "-";
      String advice = "Check --bootstrap-servers, a list such as localhost:9092.";
      try {
        admin = Admin.create(config);
      } catch (KafkaException e) {
        throw new IllegalStateException(
            "There is no cluster '%s': %s. %s".formatted(servers, deepest(e), advice), e);
      }
      try {
        var options = new DescribeClusterOptions().timeoutMs(TO_ANSWER);
        admin.describeCluster(options).nodes().get(TO_ANSWER + 1_000, TimeUnit.MILLISECONDS);
      } catch (ExecutionException | TimeoutException e) {
        admin.close(Duration.ZERO);
        throw new IllegalStateException(
            "No Kafka has answered at %s within %d s. %s"
                .formatted(servers, TO_ANSWER / 1_000, advice),
            e);
      } catch (InterruptedException e) {
        admin.close(Duration.ZERO);
        throw e;
      }
    }

    List<TopicPartition> newTopic(String name, int partitions) throws InterruptedException {
      String topic = prefix + name;
      topics.add(topic);
      var spec = new NewTopic(topic, Optional.of(partitions), Optional.empty());
      of(admin.createTopics(List.of(spec)).all());
      return IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(topic, i)).toList();
    }

    String newGroup(String name) {
      groups.add(prefix + name);
      return prefix + name;
    }

    /// @return whether the cluster allows that
    boolean noticeDeathsSoon(String group) throws InterruptedException {
      var changes =
          Map.of("consumer.session.timeout.ms", "1500", "consumer.heartbeat.interval.ms", "300");
      try {
        alter(group, changes, AlterConfigOp.OpType.SET);
        altered.put(group, changes);
        return true;
      } catch (KafkaException e) {
        return false;
      }
    }

    private void alter(String group, Map<String, String> changes, AlterConfigOp.OpType type)
        throws InterruptedException {
      var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
      var all = new ArrayList<AlterConfigOp>();
      changes.forEach(
          (key, value) -> all.add(new AlterConfigOp(new ConfigEntry(key, value), type)));
      of(admin.incrementalAlterConfigs(Map.of(resource, all)).all());
    }

    Map<TopicPartition, Long> ends(List<TopicPartition> partitions) throws InterruptedException {
      var latest = new HashMap<TopicPartition, OffsetSpec>();
      for (TopicPartition partition : partitions) latest.put(partition, OffsetSpec.latest());
      var ends = new HashMap<TopicPartition, Long>();
      of(admin.listOffsets(latest).all()).forEach((key, info) -> ends.put(key, info.offset()));
      return ends;
    }

    long committed(String group, TopicPartition partition) throws InterruptedException {
      var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata();
      return of(offsets).get(partition).offset();
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

    List<ConsumerRecord<byte[], byte[]>> readBytes(TopicPartition partition)
        throws InterruptedException {
      var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
      long end = ends(List.of(partition)).get(partition);
      var bytes = new ByteArrayDeserializer();
      try (var consumer = new KafkaConsumer<>(config, bytes, bytes)) {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        while (consumer.position(partition) < end)
          consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
      }
      return records;
    }

    private static <T> T of(KafkaFuture<T> future) throws InterruptedException {
      try {
        return future.get(20, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw e.getCause() instanceof KafkaException known ? known : new KafkaException(e);
      } catch (TimeoutException e) {
        throw new KafkaException("The cluster has not answered within 20 s.");
      }
    }

    /// What was made in a cluster of somebody else is deleted, even after Ctrl-C.
    @Override
    public void close() throws InterruptedException {
      boolean interrupted = Thread.interrupted();
      try {
        if (!isOurs) deleteAll();
      } finally {
        closed(admin);
        if (interrupted) Thread.currentThread().interrupt();
      }
    }

    private void deleteAll() throws InterruptedException {
      if (!topics.isEmpty()) of(admin.deleteTopics(topics).all());
      for (String group : altered.keySet())
        alter(group, altered.get(group), AlterConfigOp.OpType.DELETE);
      for (var deletion : admin.deleteConsumerGroups(groups).deletedGroups().values())
        try {
          of(deletion);
        } catch (GroupIdNotFoundException e) {
          // nobody has used it
        }
    }
  }

  // endregion

  /// ## What we have, and what still breaks
  ///
  /// The same supervisor, the same steps, the same ledger, and below them a
  /// broker that dies, workers that die, and records that can't be read. All of
  /// it is still one step, and a state from where to go on.
  ///
  /// What breaks now is beyond a laptop. One broker is one machine, and when
  /// its disk burns, so do the clicks. That's what replicas are for. Whoever
  /// wants effects in two databases has to write to both, and we're back at the
  /// beginning of chapter 10.
  ///
  /// And somebody has to look at the dead letters. Somebody always has to look
  /// at the dead letters.
  ///
  /// **Exercises:** `exercises/11-a-dead-letters.java`,
  /// `exercises/11-b-a-worker-that-may-die.java`.
  ///
  /// **Sources:** KIP-848, "The Next Generation of the Consumer Rebalance
  /// Protocol"; KIP-98, "Exactly Once Delivery and Transactional Messaging";
  /// Kafka's documentation, "Design: Message Delivery Semantics", and that of
  /// `KafkaConsumer`, "Storing Offsets Outside Kafka" and "Detecting Consumer
  /// Failures"; the documentation of Kafka Streams, Flink ("Task Failure
  /// Recovery") and Pekko ("Error Handling in Streams").
}
