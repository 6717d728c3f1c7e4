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
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
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
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
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
/// *Reading: 45 minutes. Exercises: 60 minutes.*
///
/// **Predict.** A consumer has polled ten clicks, and handed them to other
/// threads. It polls on. They have had the effects of five when it's killed. It
/// never commits an offset itself, since `enable.auto.commit` is on, as it is by
/// default. `auto.offset.reset` is `earliest`, which it isn't. Where does its
/// successor go on?
class RealKafka extends DurableOffsets {

  /// ## A broker of your own
  ///
  /// There's no Docker here, and nothing to install. This program, started once
  /// more with the word `broker`, *is* the broker. It formats its folder, unless
  /// there's one to go on with, says that it's ready, and ends when its parent
  /// does, as chapter 10's processes do.
  ///
  /// It's broker and *controller* in one. The controller keeps what a cluster must
  /// agree on, such as who is alive, in a log of its own. (Kafka calls that KRaft.
  /// In earnest, there are three of them, on machines of their own.)
  ///
  /// To its parent it's a process like any other. It can be killed, and started
  /// again on the same port and folder.
  ///
  /// *In the margin:* `StorageTool` and `KafkaRaftServer` are no public API. So
  /// the version is pinned, and both stand in one method. In a test of yours,
  /// Testcontainers does the same with Docker.

  // region the broker

  /// A Kafka broker in a process of its own. All that it keeps is in its folder.
  static class Broker {
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
        # how long the controller takes a killed broker for alive; by default 9 s
        broker.session.timeout.ms=1000
        broker.heartbeat.interval.ms=200
        # how soon groups may ask to notice a death; by default 45 s
        group.consumer.min.session.timeout.ms=500
        group.consumer.min.heartbeat.interval.ms=100
        # less memory, smaller files
        log.cleaner.dedupe.buffer.size=2097152
        log.index.size.max.bytes=1048576
        """;
    private final Path folder;
    private final int port;
    private final int controllerPort;
    private volatile Process process;
    private volatile boolean isReady;

    /// The child's side: prints `ready` when it serves, and ends when its parent does.
    static void main(Path folder, int port, int controllerPort) {
      Callable<Void> ourParent = () -> endWith(folder);
      new Thread(new FutureTask<>(ourParent), "our parent").start();
      try {
        serve(folder.resolve("kafka"), port, controllerPort);
        IO.println("ready");
      } catch (Throwable e) {
        if (!isOrphaned) System.err.println(deepest(e));
        Runtime.getRuntime().halt(1);
      }
    }

    private static void serve(Path data, int port, int controllerPort) throws Exception {
      Path file = Files.createDirectories(data).resolve("server.properties");
      String text = PROPERTIES.formatted(port, controllerPort, ("" + data).replace('\\', '/'));
      Files.writeString(file, text);
      if (!Files.exists(data.resolve("meta.properties")))
        StorageTool.execute(
            new String[] {"format", "-t", "" + Uuid.randomUuid(), "-c", "" + file},
            new PrintStream(OutputStream.nullOutputStream()));
      new KafkaRaftServer(
              new KafkaConfig(settings(text), false), org.apache.kafka.common.utils.Time.SYSTEM)
          .startup();
    }

    /// Then what fails isn't worth a word.
    private static volatile boolean isOrphaned;

    /// As in chapter 10. But this one goes on writing to the folder, and would end for want of it,
    /// with half of its files deleted.
    private static Void endWith(Path folder) throws Exception {
      try {
        while (System.in.read() >= 0) {}
        isOrphaned = true;
        org.apache.kafka.common.utils.internals.Exit.setHaltProcedure((_, _) -> {});
        for (int i = 0; i < 10; i++, Thread.sleep(50)) deleteAll(folder);
        return null;
      } finally {
        Runtime.getRuntime().halt(1);
      }
    }

    /// The parent's side. It doesn't run yet.
    ///
    /// @param port 0 for a free one
    Broker(Path folder, int port) throws IOException {
      requireRoom(folder);
      if (("" + folder).contains(","))
        throw new IllegalStateException(
            "To Kafka, %s is two folders: it has a comma. %s".formatted(folder, ELSEWHERE));
      if (port != 0 && !isFree(port))
        throw new IllegalStateException(
            "Port %d is taken. Choose another one with --port, or leave it out.".formatted(port));
      this.folder = folder;
      this.port = port == 0 ? freePort(0) : port;
      this.controllerPort = freePort(this.port);
    }

    /// Kills it, if it runs, and starts it on the same port and folder.
    ///
    /// @throws IllegalStateException if it isn't ready within a minute; perhaps it has said why, on stderr
    void restart() throws IOException, InterruptedException {
      kill();
      var builder =
          again(RealKafka.class, folder, "broker", "" + folder, "" + port, "" + controllerPort);
      builder
          .command()
          .addAll(1, List.of("-Xmx256m", "-XX:ErrorFile=" + folder + "/crash", UNSAFE));
      process = builder.start();
      var said = new FutureTask<>(process.inputReader()::readLine);
      Thread.ofPlatform().daemon().name("waits for the broker").start(said);
      try {
        isReady = "ready".equals(said.get(60, TimeUnit.SECONDS));
      } catch (TimeoutException | ExecutionException e) {
        // then it isn't
      } finally {
        if (!isReady) kill();
      }
      if (!isReady)
        throw new IllegalStateException(
            """
            The broker doesn't start, on ports %d and %d, in %s. If it has said why, that stands \
            above. If not, the disk may be full, or somebody has taken a port meanwhile. Next time \
            it gets another folder, and, without --port, other ports.\
            """
                .formatted(port, controllerPort, folder));
    }

    boolean isReady() {
      return isReady && process.isAlive();
    }

    /// `kill -9`. When it returns, the process is gone.
    void kill() {
      isReady = false;
      if (process != null) process.destroyForcibly().onExit().join();
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
  /// "If you want" means `auto.offset.reset=none`. By default it's `latest`: a
  /// wrong offset is silently replaced by the end of the log, and all in between
  /// is skipped.
  ///
  /// So `poll` doesn't notice a dead broker. An empty poll is no error, and it
  /// isn't the end. It's a reason to ask something that can't be answered without
  /// a broker.
  ///
  /// One of our promises is broken here: backpressure. The client reads ahead, up
  /// to `max.partition.fetch.bytes`, whether or not there's room on a channel of
  /// ours. By default that's 1 MiB, which may be all of your log.
  ///
  /// And offsets have gaps, as we'll see below. `take(offset)` is now "the first
  /// click at `offset` or after it". Whoever goes on at `offset + 1`, instead of
  /// behind the click that came, is in trouble sooner or later.

  // region the log in Kafka

  /// A click as bytes, in UTF-8: its user, a space, its action.
  static final Serializer<Click> TO_BYTES =
      (_, click) -> "%s %s".formatted(click.userId(), click.action()).getBytes(UTF_8);

  /// The reverse.
  ///
  /// @throws IllegalArgumentException if that's no click
  static final Deserializer<Click> FROM_BYTES =
      (_, bytes) -> {
        String[] words = new String(bytes, UTF_8).split(" ");
        return new Click(UUID.fromString(words[0]), Action.valueOf(words[1]));
      };

  static KafkaConsumer<String, Click> consumer(Map<String, Object> config) {
    // where Kafka looks for its classes: at the prompt, they are in no class path
    Thread.currentThread().setContextClassLoader(RealKafka.class.getClassLoader());
    return new KafkaConsumer<>(config, new StringDeserializer(), FROM_BYTES);
  }

  /// One partition of a topic: a topic is one or more logs. It belongs to one thread.
  static class KafkaLog implements AutoCloseable {
    private static final Duration A_WHILE = Duration.ofMillis(500);
    private static final Duration NO_ANSWER = Duration.ofSeconds(1);
    private static final Map<String, Object> DEFAULTS =
        settings(
            """
            auto.offset.reset=none
            enable.auto.commit=false
            allow.auto.create.topics=false
            fetch.max.wait.ms=50 # close() may wait for that
            max.partition.fetch.bytes=16384 # what is fetched hides the broker's death
            reconnect.backoff.max.ms=200
            """);

    private final KafkaConsumer<String, Click> consumer;
    private final TopicPartition partition;
    private final long end;
    private final Queue<ConsumerRecord<String, Click>> fetched = new ArrayDeque<>();
    private long next = -1;

    /// A live log: at its end, one waits for more.
    KafkaLog(Map<String, Object> config, TopicPartition partition) {
      this(config, partition, Long.MAX_VALUE);
    }

    /// A log that ends before the offset `end`.
    KafkaLog(Map<String, Object> config, TopicPartition partition, long end) {
      var all = new HashMap<>(DEFAULTS);
      all.putAll(config);
      this.consumer = consumer(all);
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
        Thread.interrupted(); // Kafka's exception leaves the flag set, and Java's doesn't
        throw new InterruptedException();
      }
    }

    /// Nothing came. So ask something that needs an answer.
    private boolean isAtEnd(long offset) {
      try {
        consumer.endOffsets(List.of(partition), NO_ANSWER);
        return consumer.position(partition, NO_ANSWER) >= end;
      } catch (org.apache.kafka.common.errors.TimeoutException e) {
        throw new SessionTimeout(offset);
      }
    }

    /// The group's offset, or 0 if it has none yet.
    long committed() {
      var committed = consumer.committed(Set.of(partition)).get(partition);
      return committed == null ? 0 : committed.offset();
    }

    ConsumerGroupMetadata group() {
      return consumer.groupMetadata();
    }

    @Override
    public void close() {
      boolean interrupted = Thread.interrupted(); // or else Kafka wouldn't close all of it
      consumer.close(CloseOptions.timeout(A_SECOND));
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  // endregion

  /// ## Three children
  ///
  /// A tree of three, then, below chapter 9's supervisor, unchanged.
  ///
  /// The **writer** needs no help. Its producer tries again by itself, and is
  /// *idempotent*: the broker recognises what it has already. (As long as it's
  /// the same producer. A new one is a stranger, and whoever sends again by a
  /// new one may send twice.)
  ///
  /// The writer never runs far ahead of the reader. Else all clicks would be in
  /// the reader's buffer before the first kill. (We had that. The broker was
  /// killed halfway, and the reader went on without a pause.)

  // region the writer

  /// Writes these clicks, and waits until all of them are acknowledged.
  ///
  /// @throws IllegalStateException if one isn't, within two minutes
  static void write(Map<String, Object> config, String topic, List<Click> clicks)
      throws InterruptedException {
    var producer = producer(config);
    try {
      var sent = new ArrayList<Future<?>>();
      for (Click click : clicks) sent.add(producer.send(record(topic, click)));
      for (var acknowledgement : sent) acknowledgement.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Not all was written: " + deepest(e), e);
    } catch (InterruptException e) {
      Thread.interrupted();
      throw new InterruptedException();
    } finally {
      producer.close(A_SECOND);
    }
  }

  static KafkaProducer<String, Click> producer(Map<String, Object> config) {
    return new KafkaProducer<>(config, new StringSerializer(), TO_BYTES);
  }

  /// A user's clicks stay in one partition, in order: the user is the key.
  static ProducerRecord<String, Click> record(String topic, Click click) {
    return new ProducerRecord<>(topic, "" + click.userId(), click);
  }

  /// Writes `some` clicks at a time, no more than that ahead of `read`. Its state is how many.
  static Step<Long> writeEach(
      Map<String, Object> config, String topic, List<Click> clicks, int some, AtomicLong read) {
    return from -> {
      if (from == clicks.size()) return new Done<>(from);
      while (from >= read.get() + some) Thread.sleep(1);
      long to = Math.min(from + some, clicks.size());
      write(config, topic, clicks.subList(from.intValue(), (int) to));
      return new Continue<>(to);
    };
  }

  // endregion

  /// The **reader** fails, and starts again with a new consumer, until the
  /// broker is back. Each click's effect and its offset go into chapter 10's
  /// ledger, in one transaction. Kafka isn't even asked to keep the offset.

  // region the reader

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

  // endregion

  /// And the **broker** itself is a child. Its step starts it, and waits for its
  /// end.
  ///
  /// (Why isn't it `open` that starts it? For an `open` the supervisor waits, and
  /// nobody may keep a supervisor waiting for seconds. We did. Meanwhile the
  /// reader failed, and nobody took notice.)

  /// Its state is how often it has died.
  record Serving(Broker broker) implements Step<Long> {
    /// It has served, so that's progress, and progress forgives.
    @Override
    public Outcome<Long> run(Long deaths) throws Exception {
      if (!broker.isReady()) broker.restart();
      var death =
          new IllegalStateException("The broker has died, exit " + broker.process.waitFor());
      return new Failed<>(new Failure<>(death, deaths + 1, "serve"));
    }
  }

  /// Reader and writer can only wait for the broker, which may take a minute to start.
  static final Intensity PATIENT = new Intensity(30, Duration.ofMinutes(1));

  static void killTheBroker(KafkaDemo demo) throws Exception {
    var broker = demo.broker;
    var partition = demo.cluster.newTopic("clicks", 1).getFirst();
    Path file = demo.folder.resolve("clicks.db");
    var booked = new AtomicLong();
    Booking booking =
        (ledger, from, item) -> {
          booked.set(saveTogether(ledger, from, item));
          return booked.get();
        };
    var config = demo.cluster.config;
    int some = demo.events / 50;
    Callable<KafkaLog> connect = () -> new KafkaLog(config, partition, demo.events);
    var children = new ArrayList<ChildSpec<?>>();
    // a broker's start is pause enough
    if (broker != null)
      children.add(ChildSpec.of("broker", 0L, new Serving(broker)).with(Pauses.NONE));
    var writer = writeEach(config, partition.topic(), demo.clicks, some, booked);
    children.add(ChildSpec.of("writer", 0L, writer));
    children.add(ChildSpec.of("reader", 0L, bookEach(connect, file, "" + partition, booking)));
    var trouble = new AtomicReference<String>();
    Listener listener =
        event -> {
          if (event instanceof Ended(_, Failed<?>(var failure)))
            trouble.set(deepest(failure.exception()));
          if (event instanceof Ended(_, Died<?>(var cause))) trouble.set("" + cause);
        };
    var shop = new Supervisor(Strategy.ONE_FOR_ONE, PATIENT, listener);
    var moments = new Random(demo.seed);
    try (var _ = shop.start("shop", children.toArray(ChildSpec<?>[]::new))) {
      await("the first effect", () -> booked.get() > 0, trouble::get);
      IO.println("The first effect comes after %s.".formatted(sinceOurStart()));
      for (int kill = 1; kill <= demo.kills && broker != null; kill++) {
        double when = (kill - 0.75 + moments.nextDouble() / 2) / (demo.kills + 1);
        long at = (long) (when * demo.events);
        await("click " + at, () -> booked.get() >= at, trouble::get);
        long killed = System.nanoTime();
        broker.kill();
        await("a new broker", broker::isReady, trouble::get);
        long here = booked.get(); // the reader had some in its buffer
        await("an effect", () -> booked.get() > here, trouble::get);
        IO.println("Killed after click %d. Effects go on after %s.".formatted(at, since(killed)));
      }
      await("the last click", () -> booked.get() == demo.events, trouble::get);
    }
    demo.audit(List.of(partition), file);
  }

  /// ## Workers share the log
  ///
  /// A topic has *partitions*, each of which is a log of its own. Processes
  /// that name the same *group* share them. A coordinator in the broker sees to
  /// it that each partition has one owner, hears their heartbeats, and gives
  /// the partitions of whoever falls silent to the others.
  ///
  /// Our reader has *assigned* itself a partition. Whoever *subscribes* to a topic
  /// is assigned some, and may lose them again: that's a *rebalance*.
  ///
  /// The coordinator is a supervisor, too. But it doesn't restart who has died: it
  /// moves the work to who lives. You want both.
  ///
  /// How long is a dead worker missed? As long as it may be silent:
  ///
  /// | setting | default | here | what it governs |
  /// |---|---|---|---|
  /// | `consumer.session.timeout.ms` | 45 s | 1.5 s | how long one may be silent |
  /// | `consumer.heartbeat.interval.ms` | 5 s | 0.3 s | how often it's heard, and hears |
  /// | `max.poll.interval.ms` | 5 min | 5 min | how long it may go without a poll |
  ///
  /// The first two are the group's, and an administrator sets them. How little
  /// a group may ask for is the broker's to say: 45 s, unless somebody allows
  /// less, with `group.consumer.min.session.timeout.ms`. The third one is the
  /// worker's own.
  ///
  /// All that is the new protocol, `group.protocol=consumer`. With the old one,
  /// which is still the default, the worker itself sets `session.timeout.ms`.
  /// That's 45 s, too. Whoever calls `close()` is missed for as long as it takes
  /// to hand over: it says goodbye.
  ///
  /// A worker that was taken for dead may be alive. Perhaps it was only slow.
  /// Then for a moment two of them have the same partition. That's why `book`
  /// asks the ledger to `advance(from, to)`: it's a compare-and-set, and for
  /// the second one the comparison fails. Whoever has lost goes to where the
  /// ledger is.
  ///
  /// *In the margin:* a worker that takes longer than `max.poll.interval.ms`
  /// for one batch is thrown out of its group, each time. It's a popular way to
  /// get each click twice, and nothing done. Take smaller batches:
  /// `max.poll.records`.

  // region the worker

  /// A member of the group, and where it is in each of its partitions: where the ledgers are.
  ///
  /// @param mine a ledger in this worker's name, of which only `next` is used, as a count
  record Worker(
      org.apache.kafka.clients.consumer.Consumer<String, Click> consumer,
      Connection connection,
      Ledger mine,
      Map<TopicPartition, Ledger> ledgers,
      Map<TopicPartition, Long> next)
      implements ConsumerRebalanceListener {

    /// A worker's own process. Asked to end, it leaves its group.
    static void main(String servers, String topic, String group, Path folder, String name) {
      DurableOffsets.endWithOurParent(folder);
      var config =
          settings(
              """
              group.protocol=consumer
              auto.offset.reset=none
              enable.auto.commit=false
              fetch.max.wait.ms=50
              max.poll.records=50 # who is asked to leave finishes these first
              """);
      config.putAll(Map.of("bootstrap.servers", servers, "group.id", group, "client.id", name));
      try (var connection = Ledger.connect(ledgerIn(folder));
          var consumer = RealKafka.consumer(config)) {
        whenAskedToEnd(consumer::wakeup); // the only method that another thread may call
        var mine = new Ledger(connection, name);
        new Worker(consumer, connection, mine, new HashMap<>(), new HashMap<>()).work(topic);
      } catch (WakeupException e) {
        // close() has told the group
      } catch (Exception e) {
        System.err.println(name + ": " + deepest(e));
        Runtime.getRuntime().halt(1);
      }
    }

    void work(String topic) throws Exception {
      consumer.subscribe(List.of(topic), this);
      while (true) {
        var records = consumer.poll(A_SECOND);
        for (TopicPartition partition : records.partitions())
          for (var record : records.records(partition))
            if (!book(partition, new Item(record.offset(), record.value()))) break;
      }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> added) {
      try {
        for (TopicPartition partition : added) {
          ledgers.put(partition, new Ledger(connection, "" + partition));
          seek(partition);
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    /// There's nothing to commit: the ledgers know.
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> removed) {
      ledgers.keySet().removeAll(removed);
    }

    private void seek(TopicPartition partition) throws SQLException {
      next.put(partition, ledgers.get(partition).next());
      consumer.seek(partition, next.get(partition));
    }

    /// Effect, offset, and who did it, in one transaction.
    ///
    /// @return whether it was still ours to do
    private boolean book(TopicPartition partition, Item item) throws Exception {
      var ledger = ledgers.get(partition);
      long to = item.offset() + 1;
      boolean isOurs =
          ledger.inOneTransaction(() -> {
            if (!ledger.advance(next.get(partition), to)) return false;
            ledger.book(item);
            mine.save(mine.next() + 1);
            return true;
          });
      if (isOurs) next.put(partition, to);
      else seek(partition);
      return isOurs;
    }
  }

  static Path ledgerIn(Path folder) {
    return folder.resolve("workers.db");
  }

  // endregion

  static void killAWorker(KafkaDemo demo) throws Exception {
    var partitions = demo.cluster.newTopic("shared", 6);
    String group = demo.cluster.newGroup("workers");
    boolean isQuick = demo.cluster.noticeDeathsSoon(group);
    try (var workers = new Workers(demo, partitions, group)) {
      workers.awaitTwoPartitionsEach();
      IO.println("Each has two.");
      workers.writeAFifth();
      workers.awaitTheLastEffect();
      if (isQuick) {
        String time = workers.takeOver("worker-2", Process::destroyForcibly);
        IO.println("Worker 2 is killed. Others do its work after %s.".formatted(time));
      } else {
        IO.println("This cluster takes long to miss a worker, so none is killed.");
        workers.writeAFifth();
        workers.writeAFifth();
      }
      workers.awaitTheLastEffect();
      // Process.destroy() would close its input, too, and that's our own death
      String time = workers.takeOver("worker-3", it -> it.toHandle().destroy());
      IO.println("Worker 3 leaves with close(). Others do its work after %s.".formatted(time));
      workers.awaitTheLastEffect();
      for (int i = 1; i <= 3; i++)
        IO.println("Effects by worker %d: ≈ %d.".formatted(i, workers.next(Set.of("worker-" + i))));
    }
    demo.audit(partitions, ledgerIn(demo.folder));
  }

  /// ## From topic to topic
  ///
  /// If the effect is a record in Kafka, you need no ledger. A *transaction*
  /// holds records, of any number of partitions, and the offset up to which the
  /// input is done. A consumer that asks for `isolation.level=read_committed`
  /// sees all of it or nothing. (By default, it sees everything.)
  ///
  /// Whoever dies in the middle leaves a transaction open. The next producer
  /// with the same `transactional.id` aborts it, in `initTransactions`, and
  /// *fences* the old one: should that be alive after all, its commit is refused.
  ///
  /// And whoever dies right behind the commit doesn't know that it got through.
  /// So each try asks the group first where it is, and goes on there. It's
  /// chapter 10's `advance` again. Only that the ledger is Kafka's.
  ///
  /// What was aborted stays in the log, and is passed over. And each commit and
  /// each abort takes an offset for itself. So there are the gaps.

  // region the transactions

  /// Copies clicks from one topic to another, five in a transaction. Their offset is part of that.
  ///
  /// @param config with the consumer's group, which keeps the offset, and a transactional id
  /// @param end the input's
  /// @param fails asked before each commit, and after it
  static Step<Long> copyFives(
      Map<String, Object> config, TopicPartition from, String to, long end, BooleanSupplier fails) {
    return offset -> {
      if (offset >= end) return new Done<>(offset);
      var producer = producer(config); // in earnest, one for many transactions
      try (var log = new KafkaLog(config, from, end)) {
        producer.initTransactions();
        long done = log.committed();
        if (done > offset) return new Continue<>(done); // the commit got through
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
        if (fails.getAsBoolean()) throw new IllegalStateException("So late.");
        return new Continue<>(next);
      } finally {
        producer.close(Duration.ZERO); // without a word, as if the process had died
      }
    };
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
    var asked = new AtomicInteger();
    var fails = Set.of(3, 7); // before the second commit, and after the third
    var step =
        copyFives(config, from, to.topic(), 20, () -> fails.contains(asked.incrementAndGet()));
    run(ChildSpec.of("copy", 0L, step), event -> event instanceof Crashed);
    int all = cluster.readAll(to).size();
    var seen = cluster.readAll(to, "isolation.level", "read_committed");
    IO.println("read_uncommitted sees %d clicks, read_committed %d.".formatted(all, seen.size()));
    IO.println(
        "The last one has offset %d. The group's offset is %d."
            .formatted(seen.getLast().offset(), cluster.committed(group, from)));
    demo.check(seen.stream().map(RealKafka::clickIn).toList().equals(clicks));
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
      e.headers().forEach(letter.headers()::add);
      note(letter, "topic", from.topic());
      note(letter, "partition", from.partition());
      note(letter, "offset", e.offset());
      note(letter, "why", deepest(e));
      try {
        producer.send(letter).get(); // if we die now, there will be two letters
      } catch (ExecutionException notSent) {
        return new Retry<>(); // the pill won't run away
      }
      try (var books = Ledger.open(ledger, "" + from)) {
        books.advance(failure.state(), e.offset() + 1);
      }
      return new SkipTo<>(e.offset() + 1);
    };
  }

  private static void note(ProducerRecord<?, ?> letter, String key, Object value) {
    letter.headers().add("dead-letter." + key, ("" + value).getBytes(UTF_8));
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
      var judge = toDeadLetters(producer, letters.topic(), file);
      var exit =
          run(
              ChildSpec.of("reader", 0L, step).with(judge),
              event -> event instanceof Skipping || event instanceof Ended);
      demo.check(exit instanceof Done);
    }
    var audit = Audit.of(offset -> demo.clicks.get((int) offset), 10, file, "" + partition);
    IO.println("Effects in the ledger: %d of 10.".formatted(10 - audit.lost()));
    demo.check(audit.equals(new Audit(2, 0)));
    var offsets = new ArrayList<String>();
    for (var letter : cluster.readAll(letters)) {
      var words = new String(letter.value(), UTF_8).split(" ");
      var offset = new String(letter.headers().lastHeader("dead-letter.offset").value(), UTF_8);
      offsets.add(offset);
      IO.println("Dead letter, from offset %s: … %s".formatted(offset, words[1]));
    }
    demo.check(offsets.equals(List.of("3", "7")));
  }

  /// ## If you let Kafka keep the offset
  ///
  /// Most consumers have no ledger, and commit their offset to their group.
  /// That is chapter 10 once more: two writes, to two places, and one can die
  /// between them. What is committed is the *next* offset, by the way, and not
  /// the last one that's done.
  ///
  /// By default, nobody calls commit. `poll` does, if five seconds have passed
  /// (`auto.commit.interval.ms`), and commits whatever was handed out before.
  /// So does `close()`. If it isn't done yet, such as by threads that you gave
  /// it to, it's lost.
  ///
  /// And a group that Kafka has never heard of has no offset. Some give each
  /// start a new name "to be sure". It's where `auto.offset.reset` decides, and
  /// there is no good answer.

  // region the commits

  /// How an auto-committing consumer is set up.
  static Map<String, Object> autoCommit(int millis) {
    return Map.of("enable.auto.commit", true, "auto.commit.interval.ms", millis);
  }

  enum When {
    BEFORE,
    AFTER,
    NEVER
  }

  /// A consumer, and the one that comes after it.
  record Succession(Cluster cluster, TopicPartition partition) {

    /// @param config the first one's, above the common settings
    /// @param other what its successor has otherwise
    /// @return what became of ten effects
    String play(String words, When commits, Map<String, Object> config, Map<String, Object> other)
        throws InterruptedException {
      var all = with(cluster.config, "enable.auto.commit", false, "auto.offset.reset", "earliest");
      all.put("group.id", cluster.newGroup("" + words.hashCode()));
      all.putAll(config);
      var dead = consumer(all);
      all.putAll(other);
      var successor = consumer(all);
      var effects = new ArrayList<Long>();
      try {
        consume(dead, commits, 4, effects);
        consume(successor, commits, -1, effects);
      } finally { // only now, since close() would commit
        dead.close(CloseOptions.timeout(A_SECOND));
        successor.close(CloseOptions.timeout(A_SECOND));
      }
      long different = effects.stream().distinct().count();
      String outcome = "lost %d, twice %d".formatted(10 - different, effects.size() - different);
      IO.println("%-36s %s".formatted(words, outcome));
      return outcome;
    }

    /// @param dies the offset at which it does
    private void consume(
        KafkaConsumer<?, ?> consumer, When commits, long dies, List<Long> effects) {
      consumer.assign(List.of(partition));
      while (consumer.position(partition) < 10)
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          var next = Map.of(partition, new OffsetAndMetadata(record.offset() + 1));
          if (commits == When.BEFORE) consumer.commitSync(next);
          if (commits == When.BEFORE && record.offset() == dies) return;
          effects.add(record.offset());
          if (record.offset() == dies) {
            pollOn(consumer);
            return;
          }
          if (commits == When.AFTER) consumer.commitSync(next);
        }
    }

    /// As if others had the effects. It's in `poll` that a commit is made, if one is due.
    private void pollOn(KafkaConsumer<?, ?> consumer) {
      for (int i = 0; i < 5; i++) consumer.poll(Duration.ofMillis(20));
      consumer.committed(Set.of(partition)); // when that's answered, the commits have been, too
    }
  }

  // endregion

  static void commitInTime(KafkaDemo demo) throws Exception {
    var cluster = demo.cluster;
    var partition = cluster.newTopic("commits", 1).getFirst();
    write(cluster.config, partition.topic(), demo.clicks.subList(0, 10));
    var scene = new Succession(cluster, partition);
    Map<String, Object> same = Map.of();
    var outcomes = new ArrayList<String>();
    outcomes.add(scene.play("commitSync, then the effect", When.BEFORE, Map.of(), same));
    outcomes.add(scene.play("the effect, then commitSync", When.AFTER, Map.of(), same));
    outcomes.add(
        scene.play("auto-commit, due after the death", When.NEVER, autoCommit(3_600_000), same));
    outcomes.add(
        scene.play("auto-commit, due before the effects", When.NEVER, autoCommit(1), same));
    for (String reset : List.of("earliest", "latest")) {
      Map<String, Object> other =
          Map.of("group.id", cluster.newGroup(reset), "auto.offset.reset", reset);
      outcomes.add(scene.play("a new group, from the " + reset, When.NEVER, Map.of(), other));
    }
    String lost = "lost 5, twice 0", twice = "lost 0, twice 5";
    demo.check(
        outcomes.equals(List.of("lost 1, twice 0", "lost 0, twice 1", twice, lost, twice, lost)));
  }

  /// ## Engines that do all this
  ///
  /// Should your shop outgrow this chapter, there are engines. Each has its own
  /// supervisor. Look for these words, and ask the same questions.
  ///
  /// | engine | who restarts, and how | poison | exactly once |
  /// |---|---|---|---|
  /// | Kafka Streams | `StreamsUncaughtExceptionHandler` | `DeserializationExceptionHandler` | transactions |
  /// | Flink | a restart strategy, and a failover strategy | yours to catch | checkpoints |
  /// | Pekko | `RestartSource`, or a supervision strategy | the latter | transactions, or yours |
  ///
  /// In **Kafka Streams** the handler answers `REPLACE_THREAD`,
  /// `SHUTDOWN_CLIENT` or `SHUTDOWN_APPLICATION`. The last one is escalation.
  /// At a pill it fails, unless you say `LogAndContinueExceptionHandler`.
  ///
  /// In **Flink** the restart strategy says whether and when, and the failover
  /// strategy, who else: all tasks, or the region of those that are connected.
  /// That's one-for-all. A checkpoint holds state and offsets together, as
  /// chapter 10's ledger does.
  ///
  /// In **Pekko** `RestartSource` builds a source anew, with pauses. A
  /// supervision strategy is asked at each exception: `Resume`, `Restart` or
  /// `Stop`. The first two drop the record.
  ///
  /// ## Run it
  ///
  /// Here the broker is killed just once, to keep it short. The default is
  /// three times. The numbers after `≈` are your machine's.
  ///
  /// ```console
  /// $ ./jbang chapters/11-kafka.java --kills 1
  /// 11 · kafka: 2000 clicks
  /// A broker is ready after ≈ 2.4 s.
  ///
  /// 1. A broker gets killed
  /// The first effect comes after ≈ 3.0 s.
  /// Killed after click 613. Effects go on after ≈ 3.4 s.
  /// Clicks in the topic: 2000, lost 0, twice 0.
  /// Effects in the ledger: 2000, lost 0, twice 0.
  ///
  /// 2. Three workers share six partitions
  /// Each has two.
  /// Worker 2 is killed. Others do its work after ≈ 1.6 s.
  /// Worker 3 leaves with close(). Others do its work after ≈ 0.9 s.
  /// Effects by worker 1: ≈ 1090.
  /// Effects by worker 2: ≈ 155.
  /// Effects by worker 3: ≈ 755.
  /// Clicks in the topic: 2000, lost 0, twice 0.
  /// Effects in the ledger: 2000, lost 0, twice 0.
  ///
  /// 3. Five clicks in a transaction
  /// An error has occurred: copy@5 java.lang.IllegalStateException: So close.
  /// An error has occurred: copy@10 java.lang.IllegalStateException: So late.
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
  /// Effects in the ledger: 8 of 10.
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
  /// **The prediction.** At the first click, or behind the tenth: a clock
  /// decides. Kafka doesn't know of five effects. It knows what it has handed
  /// out, and that's ten or nothing. If the interval is over, the next `poll`
  /// commits all ten, and those that weren't done are lost. If it isn't, then
  /// nothing has been committed, and five effects happen twice. In part 5 the
  /// two differ in nothing but the interval.
  ///
  /// (With `latest`, the default, a group that has committed nothing begins at the
  /// end. Then the five are lost either way.)
  ///
  /// (Nobody commits in the background. `poll` does, and `close()`. So a loop that
  /// has all ten effects before it polls again can only repeat. But one that
  /// fails at the sixth, and closes its consumer in a `finally`, commits all ten.)
  ///
  /// **Seconds without a broker.** Nearly all of them are the broker's. It
  /// starts, reads its logs, and waits until its controller believes that its
  /// predecessor is dead (`broker.session.timeout.ms`, one second here, and by
  /// default nine). Meanwhile the reader has noticed, after a second and a half:
  /// `poll` doesn't tell, so it has to ask. It fails, pauses, and fails again,
  /// until there's a broker to answer. The writer waited. Nobody but the
  /// supervisor has handled anything.
  ///
  /// **Nothing is lost, and nothing twice**, neither in the topic nor in the
  /// ledger. For the topic, thank the idempotent producer, and for the ledger
  /// one transaction and a compare-and-set.
  ///
  /// (For the broker's data, thank the operating system. Kafka doesn't wait for
  /// the disk. If the power fails, it relies on copies on other machines, of
  /// which our one broker has none.)
  ///
  /// **A killed worker is missed for its session timeout.** The group's
  /// `consumer.session.timeout.ms` governs how long nobody does its work: 1.5
  /// seconds here, and 45 if you leave it alone. One that leaves is missed only
  /// until the next heartbeats. So close your consumers, and make a shutdown
  /// hook that does it.
  ///
  /// **The copy failed twice**, right before a commit and right after one. Both
  /// times the next try asked where the group is. In the output, clicks 0 to 4
  /// have offsets 0 to 4, and the commit takes offset 5. The five that were
  /// aborted lie at 6 to 10, and the abort at 11. Then come 12 to 16, 18 to 22
  /// and 24 to 28, each with a commit behind it. The group's 20 counts the
  /// input, which has no gaps.
  ///
  /// **The pills** stopped the reader twice, and eight clicks of ten were booked.
  /// Somebody should look at the letters, though.
  ///
  /// Options: see `--help`. With `--bootstrap-servers`, the same happens on a
  /// cluster that you have, less the killing of brokers. It makes topics and
  /// groups of its own, and deletes them. (Unless somebody kills *it* with
  /// `kill -9`: then they stay. Their names begin with `puts-and-takes-`. And if
  /// just then no child of it lives, its temporary folder stays, too.)
  void main(String... args) throws Exception {
    switch (args.length == 0 ? "" : args[0]) {
      case "broker" ->
          Broker.main(Path.of(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
      case "worker" -> Worker.main(args[1], args[2], args[3], Path.of(args[4]), args[5]);
      default -> {
        var line = commandLine(new KafkaDemo()).setCaseInsensitiveEnumValuesAllowed(true);
        var exit = new FutureTask<>(() -> line.execute(args));
        new Thread(exit, "demo").start(); // whoever calls System.exit can't be waited for
        System.exit(exit.get());
      }
    }
  }

  enum Part {
    BROKER("A broker gets killed"),
    GROUP("Three workers share six partitions"),
    TRANSACTIONS("Five clicks in a transaction"),
    POISON("Ten clicks, two of them poison"),
    COMMITS("A consumer dies at its fifth click of ten");

    final String title;

    Part(String title) {
      this.title = title;
    }
  }

  @Command(
      name = "11-kafka",
      description = "Kills a Kafka broker and a worker, and looks what became of the clicks.")
  static class KafkaDemo implements Callable<Integer> {
    @Option(names = "--events", paramLabel = "N", description = "How many clicks, 100 to 100000.")
    int events = 2_000;

    @Option(names = "--kills", paramLabel = "N", description = "Kills of the broker, 0 to 15.")
    int kills = 3;

    @Option(names = "--seed", paramLabel = "N", description = "Decides on the clicks, and kills.")
    long seed = 42;

    @Option(
        names = "--port",
        paramLabel = "N",
        description = "The broker's, 1 to 65535, or a free one.")
    int port;

    @Option(
        names = "--bootstrap-servers",
        paramLabel = "LIST",
        description =
            "A cluster that is there, such as localhost:9092. None of its brokers is killed, and"
                + " nothing is touched but topics and groups made here, puts-and-takes-*, which are"
                + " deleted.")
    String servers;

    @Option(names = "--only", paramLabel = "PART", description = "One of ${COMPLETION-CANDIDATES}.")
    Part only;

    @Option(names = "--help", usageHelp = true, description = "This text.")
    boolean help;

    @Spec CommandSpec spec;

    private Path folder;
    private Broker broker; // if it's ours
    private Cluster cluster;
    private List<Click> clicks;
    private boolean allIsWell = true;

    /// Not in chapter 10's `temporaryFolder`, which would kill the broker under a supervisor that
    /// starts it again. Asked to end, this unwinds from inside.
    @Override
    public Integer call() throws Exception {
      require(spec, events >= 100 && events <= 100_000, "--events can't be " + events);
      require(spec, kills >= 0 && kills <= 15, "--kills can't be " + kills);
      require(spec, port >= 0 && port <= 65_535, "--port can't be " + port);
      whenAskedToEnd(Thread.currentThread()::interrupt);
      clicks = clicks(events, seed);
      folder = newFolder("real-kafka");
      try {
        if (servers == null) broker = new Broker(folder, port);
        playAll();
        return allIsWell ? 0 : 1;
      } catch (InterruptedException | InterruptException e) {
        return 1; // and nobody asks why
      } finally {
        if (broker != null) broker.kill(); // it has nothing left to write
        deleteAll(folder);
      }
    }

    private void playAll() throws Exception {
      IO.println("11 · kafka: %d clicks".formatted(events));
      if (broker != null) broker.restart();
      String all = broker == null ? servers : "localhost:" + broker.port;
      try (var it = new Cluster(all, broker != null)) {
        cluster = it;
        if (broker != null) IO.println("A broker is ready after %s.".formatted(sinceOurStart()));
        else IO.println("The brokers aren't ours, so none is killed.");
        for (Part part : Part.values())
          if (only == null || part == only) {
            IO.println("\n%d. %s".formatted(part.ordinal() + 1, part.title));
            switch (part) {
              case BROKER -> killTheBroker(this);
              case GROUP -> killAWorker(this);
              case TRANSACTIONS -> failInATransaction(this);
              case POISON -> putPoisonAside(this);
              case COMMITS -> commitInTime(this);
            }
          }
      }
      IO.println(allIsWell ? "\nAll is well." : "\nThe audit has found something.");
      IO.println(
          "Replay: ./jbang chapters/11-kafka.java --events %d --kills %d --seed %d%s%s%s"
              .formatted(
                  events,
                  kills,
                  seed,
                  only == null ? "" : " --only " + only.name().toLowerCase(Locale.ROOT),
                  port == 0 ? "" : " --port " + port,
                  servers == null ? "" : " --bootstrap-servers " + servers));
    }

    void check(boolean isWell) {
      allIsWell &= isWell;
    }

    /// All clicks were acknowledged. What is in the topic, and what came of it? Both are read back.
    void audit(List<TopicPartition> partitions, Path file) throws Exception {
      var topic = new ArrayList<Click>();
      int lost = 0, twice = 0;
      for (TopicPartition partition : partitions) {
        var there = cluster.readAll(partition).stream().map(RealKafka::clickIn).toList();
        Log log = offset -> there.get((int) offset); // without transactions, there are no gaps
        var audit = Audit.of(log, there.size(), file, "" + partition);
        lost += audit.lost();
        twice += audit.repeated();
        topic.addAll(there);
      }
      var different = new HashSet<>(topic);
      int missing = (int) clicks.stream().filter(click -> !different.contains(click)).count();
      tell("Clicks in the topic", topic.size(), missing, topic.size() - different.size());
      tell("Effects in the ledger", topic.size() - lost + twice, lost, twice);
    }

    private void tell(String what, int count, int lost, int twice) {
      IO.println("%s: %d, lost %d, twice %d.".formatted(what, count, lost, twice));
      check(count == events && lost == 0 && twice == 0);
    }
  }

  /// ## The apparatus
  ///
  /// What the chapter needs, and you needn't read.

  static final String UNSAFE = "--sun-misc-unsafe-memory-access=allow"; // as above

  static final Duration A_SECOND = Duration.ofSeconds(1);

  // region small things

  /// Settings, one a line. What follows a `#` is for us.
  static Map<String, Object> settings(String lines) {
    return lines
        .lines()
        .map(line -> line.replaceFirst("(^|\\s+)#.*", ""))
        .filter(line -> !line.isBlank())
        .map(line -> line.split("=", 2))
        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
  }

  /// A copy with more in it: key, value, key, value.
  static Map<String, Object> with(Map<String, Object> config, Object... more) {
    var all = new HashMap<>(config);
    for (int i = 0; i < more.length; i += 2) all.put("" + more[i], more[i + 1]);
    return all;
  }

  /// @throws IllegalArgumentException if that's no click
  static Click clickIn(ConsumerRecord<byte[], byte[]> record) {
    return FROM_BYTES.deserialize(record.topic(), record.value());
  }

  /// The message of the first cause, in which it says what is wrong.
  static String deepest(Throwable e) {
    while (e.getCause() != null) e = e.getCause();
    return e.getMessage() == null ? "" + e : e.getMessage();
  }

  /// How long ago `System.nanoTime()` was that, such as `≈ 1.6 s`.
  static String since(long nanos) {
    return String.format(Locale.ROOT, "≈ %.1f s", (System.nanoTime() - nanos) / 1e9);
  }

  /// How long this JVM has been there. (JBang, which started it, took half a second more.)
  static String sinceOurStart() {
    long millis = ManagementFactory.getRuntimeMXBean().getUptime();
    return since(System.nanoTime() - millis * 1_000_000);
  }

  /// If this process is asked to end, then so is the calling thread, by `ask`. It has 10 s.
  static void whenAskedToEnd(Runnable ask) {
    var me = Thread.currentThread();
    Callable<Boolean> hook =
        () -> {
          ask.run();
          return me.join(Duration.ofSeconds(10));
        };
    Runtime.getRuntime().addShutdownHook(new Thread(new FutureTask<>(hook)));
  }

  /// Looks every 10 ms whether it's so.
  ///
  /// @param trouble null, or why it never will be
  /// @throws IllegalStateException with that, or after a minute
  static void await(String what, Callable<Boolean> condition, Supplier<String> trouble)
      throws Exception {
    for (long start = System.nanoTime(); !condition.call(); Thread.sleep(10)) {
      if (trouble.get() != null) throw new IllegalStateException(trouble.get());
      if (System.nanoTime() - start > 60e9)
        throw new IllegalStateException(
            "Waited a minute for %s, in vain. Is this machine busy? With fewer --events there's less to do."
                .formatted(what));
    }
  }

  /// Runs one child to its end, and prints some of what happens.
  static Exit<?> run(ChildSpec<?> child, Predicate<Event> isPrinted) throws Exception {
    Listener listener =
        event -> {
          if (isPrinted.test(event)) IO.println(words(event));
        };
    var shop = new Supervisor(Strategy.ONE_FOR_ONE, PATIENT, listener).untilAllAreDone();
    try (var root = shop.start("shop", child)) {
      return root.join();
    }
  }

  // endregion

  // region room and ports

  private static final String ELSEWHERE =
      "Another folder can be chosen by JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER";

  static void requireRoom(Path folder) throws IOException {
    long megabytes = Files.getFileStore(folder).getUsableSpace() >> 20;
    if (megabytes < 100)
      throw new IllegalStateException(
          """
          Only %d MB are left in %s, and the broker wants 100. Free some. %s\
          """
              .formatted(megabytes, folder.getParent(), ELSEWHERE));
  }

  static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress("localhost", port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /// Below those that the system hands out to clients: while the broker is dead, one that
  /// reconnects could get the broker's port as its own, and talk to itself.
  static int freePort(int other) {
    return new Random()
        .ints(10_000, 30_000)
        .filter(port -> port != other && isFree(port))
        .findFirst()
        .orElseThrow();
  }

  // endregion

  // region the workers' parent

  /// Three worker processes, as their parent sees them: through the ledger, and the group.
  static class Workers implements AutoCloseable {
    private final KafkaDemo demo;
    private final List<TopicPartition> partitions;
    private final String group;
    private final Connection connection;
    private final Map<String, Process> processes = new TreeMap<>();
    private int written;

    Workers(KafkaDemo demo, List<TopicPartition> partitions, String group) throws Exception {
      this.demo = demo;
      this.partitions = partitions;
      this.group = group;
      this.connection = Ledger.connect(ledgerIn(demo.folder)); // it's there before they come
      for (int i = 1; i <= 3; i++) {
        String name = "worker-" + i, topic = partitions.getFirst().topic();
        Path own = Files.createDirectories(demo.folder.resolve(name));
        String[] args = {"worker", demo.cluster.servers, topic, group, "" + demo.folder, name};
        var builder = again(RealKafka.class, own, args);
        builder.command().addAll(1, List.of("-Xmx128m", UNSAFE));
        processes.put(name, builder.start());
      }
    }

    void awaitTwoPartitionsEach() throws Exception {
      await(
          "two partitions for each",
          () -> {
            var members = demo.cluster.members(group);
            return members.keySet().equals(processes.keySet())
                && members.values().stream().allMatch(its -> its.size() == 2);
          });
    }

    void awaitTheLastEffect() throws Exception {
      await("the last effect", () -> next(partitions) == written);
    }

    private void await(String what, Callable<Boolean> condition) throws Exception {
      RealKafka.await(
          what,
          condition,
          () -> {
            for (String name : processes.keySet())
              if (!processes.get(name).isAlive()) return name + " has ended by itself.";
            return null;
          });
    }

    /// Where these logs are in the ledger, in sum. A worker's counts its effects.
    long next(Collection<?> logs) throws SQLException {
      long sum = 0;
      for (var log : logs) sum += new Ledger(connection, "" + log).next();
      return sum;
    }

    void writeAFifth() throws InterruptedException {
      int from = written;
      written = from + demo.events / 5;
      if (demo.events - written < demo.events / 5) written = demo.events; // and the rest
      String topic = partitions.getFirst().topic();
      RealKafka.write(demo.cluster.config, topic, demo.clicks.subList(from, written));
    }

    /// Ends a worker in the middle of its work.
    ///
    /// @return how long it takes until somebody else does some of that
    String takeOver(String name, Consumer<Process> end) throws Exception {
      var its = demo.cluster.members(group).get(name);
      long done = next(Set.of(name));
      writeAFifth();
      await("its work", () -> next(Set.of(name)) > done);
      long ended = System.nanoTime();
      var process = processes.remove(name);
      end.accept(process);
      process.waitFor();
      long left = next(its);
      writeAFifth();
      await("its successor", () -> next(its) > left);
      return since(ended);
    }

    /// They may leave their group, which can't be deleted with members. Or else they're killed.
    @Override
    public void close() throws SQLException {
      for (Process process : processes.values()) process.toHandle().destroy();
      for (Process process : processes.values())
        process.onExit().completeOnTimeout(process, 2, TimeUnit.SECONDS).join();
      for (Process process : processes.values()) process.destroyForcibly().onExit().join();
      connection.close();
    }
  }

  // endregion

  // region a cluster

  /// A cluster. If it's somebody else's, then what we make in it is deleted.
  static class Cluster implements AutoCloseable {
    private static final int MILLIS_TO_ANSWER = 8_000;

    final String servers;
    final Map<String, Object> config;
    private final boolean isOurs;
    private final String prefix;
    private final List<String> topics = new ArrayList<>();
    private final List<String> groups = new ArrayList<>();
    private final List<String> quickGroups = new ArrayList<>();
    private final Admin admin;

    /// @throws IllegalStateException with some advice, if nobody answers within 8 s
    Cluster(String servers, boolean isOurs) throws InterruptedException {
      this.servers = servers;
      this.config = Map.of("bootstrap.servers", servers, "reconnect.backoff.max.ms", 200);
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
        of(admin.describeCluster(new DescribeClusterOptions().timeoutMs(MILLIS_TO_ANSWER)).nodes());
      } catch (KafkaException e) {
        admin.close(A_SECOND);
        throw new IllegalStateException(
            "No Kafka has answered at %s within %d s. %s"
                .formatted(servers, MILLIS_TO_ANSWER / 1_000, advice),
            e);
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

    /// The group's session timeout becomes 1.5 s, with a heartbeat every 0.3 s.
    ///
    /// @return whether the cluster allows that
    boolean noticeDeathsSoon(String group) throws InterruptedException {
      try {
        alter(group, AlterConfigOp.OpType.SET);
        return quickGroups.add(group);
      } catch (KafkaException e) {
        return false;
      }
    }

    private void alter(String group, AlterConfigOp.OpType type) throws InterruptedException {
      var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
      var timeout = new ConfigEntry("consumer.session.timeout.ms", "1500");
      var interval = new ConfigEntry("consumer.heartbeat.interval.ms", "300");
      var both = List.of(new AlterConfigOp(timeout, type), new AlterConfigOp(interval, type));
      of(admin.incrementalAlterConfigs(Map.of(resource, both)).all());
    }

    /// Who has which partitions, by client id.
    Map<String, Set<TopicPartition>> members(String group) throws InterruptedException {
      try {
        return of(admin.describeConsumerGroups(List.of(group)).all()).get(group).members().stream()
            .collect(
                Collectors.toMap(
                    member -> member.clientId(), member -> member.assignment().topicPartitions()));
      } catch (GroupIdNotFoundException e) {
        return Map.of(); // nobody has come yet
      }
    }

    long committed(String group, TopicPartition partition) throws InterruptedException {
      var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata();
      return of(offsets).get(partition).offset();
    }

    /// All that is in a partition now, by a fresh consumer.
    ///
    /// @param more settings: key, value, key, value
    List<ConsumerRecord<byte[], byte[]>> readAll(TopicPartition partition, Object... more) {
      var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
      var bytes = new ByteArrayDeserializer();
      try (var consumer = new KafkaConsumer<>(with(config, more), bytes, bytes)) {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).get(partition);
        while (consumer.position(partition) < end) consumer.poll(A_SECOND).forEach(records::add);
      }
      return records;
    }

    /// @throws KafkaException if it can't be had, or not within 20 s
    private static <T> T of(KafkaFuture<T> future) throws InterruptedException {
      try {
        return future.get(20, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw e.getCause() instanceof KafkaException known ? known : new KafkaException(e);
      } catch (TimeoutException e) {
        throw new KafkaException("The cluster has not answered within 20 s.");
      }
    }

    /// Even after Ctrl-C.
    @Override
    public void close() throws InterruptedException {
      Thread.interrupted();
      try {
        if (!isOurs) deleteWhatIsOurs();
      } finally {
        admin.close(A_SECOND);
      }
    }

    /// All that can be deleted, whatever can't.
    private void deleteWhatIsOurs() throws InterruptedException {
      var deletions = new TreeMap<String, KafkaFuture<?>>();
      admin.deleteTopics(topics).topicNameValues().forEach(deletions::put);
      admin.deleteConsumerGroups(groups).deletedGroups().forEach(deletions::put);
      for (var deletion : deletions.entrySet())
        try {
          of(deletion.getValue());
        } catch (UnknownTopicOrPartitionException | GroupIdNotFoundException e) {
          // nobody has made it, or used it
        } catch (KafkaException e) {
          System.err.println("Not deleted: %s: %s".formatted(deletion.getKey(), deepest(e)));
        }
      for (String group : quickGroups) alter(group, AlterConfigOp.OpType.DELETE);
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
