//SOURCES OnALog.java

import static java.nio.charset.StandardCharsets.UTF_8;

import harness.CompiledScript;
import harness.Run;
import harness.SharedBroker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// Chapter 11 as the harness sees it: chapter 10's program, on a log in a topic of a real broker. Topics with
/// the same clicks are shared.
public final class Chapter11 extends OnALog {

  static {
    // before a run begins, whose start() shouldn't take that long: the first of all calls are slow
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(loader());
    try {
      SharedBroker.once(
          "warm-up",
          () -> {
            makeTopic("warm-up");
            var click = new SupervisionTree.Click(new UUID(0, 0), SupervisionTree.Action.PAYMENT);
            fill("warm-up", List.of(click), Set.of());
            var place = new TopicPartition("warm-up", 0);
            try (var log = new RealKafka.KafkaLog(config(), place, 1)) {
              return log.take(0);
            }
          });
    } catch (Exception e) {
      throw new IllegalStateException("The broker does not serve", e);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  /// A client that doesn't wait long, neither for more at the end of a topic, nor to ask again.
  private static Map<String, Object> config() {
    return Map.of(
        "bootstrap.servers",
        SharedBroker.bootstrapServers(),
        "fetch.max.wait.ms",
        10,
        "retry.backoff.ms",
        5);
  }

  @Override
  void write(Path folder, List<SupervisionTree.Click> clicks, Set<Integer> poison)
      throws Exception {
    this.folder = folder;
    String topic = "clicks-%d-%s".formatted(clicks.size(), poison).replaceAll("[^\\w-]+", "_");
    Thread.currentThread().setContextClassLoader(loader());
    SharedBroker.once(
        topic,
        () -> {
          makeTopic(topic);
          fill(topic, clicks, poison);
          return null;
        });
    Files.writeString(folder.resolve("topic.txt"), topic + " " + clicks.size());
  }

  private Run<SupervisionTree.Click> run;
  private Path folder;
  private volatile String complaint;

  @Override
  SupervisionTree.Log logOf(Run<SupervisionTree.Click> run) {
    this.run = run;
    return super.logOf(run);
  }

  /// Tells a run what Kafka's client hands out to the log, read or not.
  public static final class Fetched implements ConsumerInterceptor<String, SupervisionTree.Click> {
    @Override
    public void configure(Map<String, ?> config) {}

    @Override
    public ConsumerRecords<String, SupervisionTree.Click> onConsume(
        ConsumerRecords<String, SupervisionTree.Click> records) {
      if (current != null) records.forEach(record -> current.fetched(record.offset()));
      return records;
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

    @Override
    public void close() {}
  }

  private static ClassLoader loader() {
    return Chapter11.class.getClassLoader();
  }

  /// To Kafka a bad record is an exception of its own. The chapter's judge sends a letter, and is asked
  /// twice: at first there's no acknowledgement. Whoever goes on then has no letter.
  @Override
  SupervisionTree.Judge<Long> judge(BlockingQueue<SupervisionTree.Failure<Long>> deadLetters) {
    var putAside = super.judge(deadLetters);
    return failure -> {
      if (!(failure.exception() instanceof RecordDeserializationException bad))
        return putAside.verdictOn(failure);
      long next = bad.offset() + 1;
      try (var books = DurableOffsets.Ledger.open(books(), "" + bad.topicPartition())) {
        books.save(failure.state());
        var unsent = toDeadLetters(false).verdictOn(failure);
        if (books.next() == next)
          complaint = "the letter has not arrived, and the ledger is behind the pill";
        if (!(unsent instanceof SupervisionTree.Retry)) return unsent;
        var sent = toDeadLetters(true).verdictOn(failure);
        if (!sent.equals(new SupervisionTree.SkipTo<>(next))) return sent;
        if (books.next() != next) complaint = "the pill was skipped, and the ledger doesn't know";
      }
      var cause = (IllegalArgumentException) bad.getCause();
      return putAside.verdictOn(
          new SupervisionTree.Failure<>(cause, failure.state(), failure.operation()));
    };
  }

  private SupervisionTree.Judge<Long> toDeadLetters(boolean arrives) {
    var bytes = new ByteArraySerializer();
    var producer =
        new MockProducer<byte[], byte[]>(arrives, null, bytes, bytes) {
          @Override
          public synchronized Future<RecordMetadata> send(
              ProducerRecord<byte[], byte[]> letter, Callback callback) {
            String pill = letter.value() == null ? "" : new String(letter.value(), UTF_8);
            if (!pill.endsWith(" SHIPING"))
              complaint = "the letter holds \"%s\", and not the pill's bytes".formatted(pill);
            var offset = letter.headers().lastHeader("dead-letter.offset");
            if (offset == null) complaint = "the letter doesn't say at which offset the pill was";
            var acknowledgement = super.send(letter, callback);
            if (!arrives) errorNext(new TimeoutException("Nobody has answered."));
            return acknowledgement;
          }
        };
    return RealKafka.toDeadLetters(producer, "dead-letters", books());
  }

  private Path books() {
    return folder.resolve("books.db");
  }

  @Override
  public List<String> deadLetters() {
    if (complaint != null) throw new NotAsAsked(complaint + ".", Optional.empty());
    return super.deadLetters();
  }

  private static void makeTopic(String topic) throws Exception {
    try (var admin = Admin.create(config())) {
      admin
          .createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty())))
          .all()
          .get();
    }
  }

  private static void fill(String topic, List<SupervisionTree.Click> clicks, Set<Integer> poison)
      throws Exception {
    try (var producer =
        new KafkaProducer<>(config(), new ByteArraySerializer(), new ByteArraySerializer())) {
      var sent = new ArrayList<Future<?>>();
      for (int at = 0; at < clicks.size(); at++) {
        byte[] click = RealKafka.TO_BYTES.serialize(topic, clicks.get(at));
        if (poison.contains(at))
          click = new String(click, UTF_8).replace("PAYMENT", "SHIPING").getBytes(UTF_8);
        sent.add(producer.send(new ProducerRecord<>(topic, click)));
      }
      for (Future<?> acknowledgement : sent) acknowledgement.get();
    }
  }

  @Override
  SupervisionTree.Log open(Path folder) throws Exception {
    String[] words = Files.readString(folder.resolve("topic.txt")).split(" ");
    var partition = new TopicPartition(words[0], 0);
    long end = Long.parseLong(words[1]);
    Thread.currentThread().setContextClassLoader(loader()); // where Kafka looks for its classes
    var config = new HashMap<>(config());
    config.put("interceptor.classes", List.of(Fetched.class));
    var log = LOGS.computeIfAbsent(partition, _ -> new RealKafka.KafkaLog(config, partition, end));
    return offset -> {
      synchronized (log) { // who restarts a child may do so on another thread
        current = run;
        return log.take(offset).click();
      }
    };
  }

  /// Connections last longer than a run: to make one takes longer than a run does. So a process that is
  /// killed in this JVM leaves its client to the next one. The cluster's checks kill real ones.
  private static final Map<TopicPartition, RealKafka.KafkaLog> LOGS = new ConcurrentHashMap<>();

  /// The one that reads.
  private static volatile Run<?> current;

  /// A worker whose effects can't be booked.
  @Override
  public Optional<String> complaintAboutEffects(Path disk) throws Exception {
    var place = new TopicPartition("clicks", 0);
    var consumer = new OneClick(place, event(0));
    try (var connection = connect(disk.resolve("workers.db"))) {
      var full = full(connection, () -> {});
      var mine = new DurableOffsets.Ledger(full, "worker");
      try {
        new RealKafka.Worker(consumer, full, mine, new HashMap<>(), new HashMap<>())
            .work(place.topic());
      } catch (SQLException | OneClick.Over e) {
        // as it should, or it goes on and on
      }
      return new DurableOffsets.Ledger(connection, "" + place).next() == 0
          ? Optional.empty()
          : Optional.of(
              "a worker could not book an effect, and its offset was saved all the same. Are the"
                  + " two in one transaction?");
    }
  }

  private static final class OneClick extends MockConsumer<String, SupervisionTree.Click> {
    /// It's enough.
    static final class Over extends Error {}

    private int polls;

    OneClick(TopicPartition place, SupervisionTree.Click click) {
      super("none");
      schedulePollTask(() -> {
        rebalance(List.of(place));
        addRecord(new ConsumerRecord<>(place.topic(), place.partition(), 0, "", click));
      });
    }

    @Override
    public ConsumerRecords<String, SupervisionTree.Click> poll(Duration timeout) {
      if (++polls > 10) throw new Over();
      return super.poll(timeout);
    }
  }

  @Override
  public Cluster cluster(CompiledScript program, Path folder, int partitions) throws Exception {
    return new OwnCluster(program, folder, partitions);
  }

  /// A broker of its own, to be killed.
  private final class OwnCluster implements Cluster {
    private static final String TOPIC = "clicks";
    private static final String GROUP = "workers";

    private final CompiledScript program;
    private final Path folder;
    private final int port = RealKafka.freePort(0); // no client can get it meanwhile
    private final int controllerPort = RealKafka.freePort(port);
    private final Map<String, Object> config = Map.of("bootstrap.servers", "localhost:" + port);
    private Process broker;
    private AutoCloseable tree = () -> {};

    OwnCluster(CompiledScript program, Path folder, int partitions) throws Exception {
      this.program = program;
      this.folder = folder;
      startBroker();
      try (var admin = Admin.create(config);
          var own = new RealKafka.Cluster("localhost:" + port, true)) {
        admin
            .createTopics(List.of(new NewTopic(TOPIC, Optional.of(partitions), Optional.empty())))
            .all()
            .get();
        own.noticeDeathsSoon(GROUP);
      } catch (Throwable e) {
        close();
        throw e;
      }
    }

    private void startBroker() throws Exception {
      Path data = Files.createDirectories(folder.resolve("broker"));
      var command = program.command("broker", "" + data, "" + port, "" + controllerPort);
      broker = SharedBroker.started(command, data);
    }

    @Override
    public void killBroker() throws Exception {
      broker.destroyForcibly().waitFor();
      startBroker();
    }

    @Override
    public void write(long from, long to) throws Exception {
      var clicks = new ArrayList<SupervisionTree.Click>();
      for (long offset = from; offset < to; offset++) clicks.add(event(offset));
      RealKafka.write(config, TOPIC, clicks);
    }

    @Override
    public void work() {
      var step =
          RealKafka.bookEach(
              () -> new RealKafka.KafkaLog(config, new TopicPartition(TOPIC, 0)),
              ledger(),
              "clicks",
              DurableOffsets::saveTogether);
      var intensity = new SupervisionTree.Intensity(100, Duration.ofMinutes(1));
      tree =
          new SupervisionTree.Supervisor(SupervisionTree.Strategy.ONE_FOR_ONE, intensity, _ -> {})
              .start("root", SupervisionTree.ChildSpec.of("clicks", 0L, step));
    }

    @Override
    public Process worker(String name) throws Exception {
      var command =
          new ArrayList<>(
              program.command("worker", "localhost:" + port, TOPIC, GROUP, "" + folder, name));
      command.add(1, "-Dorg.sqlite.tmpdir=" + folder); // who is killed can't clean up
      return new ProcessBuilder(command)
          .redirectOutput(folder.resolve(name + ".out").toFile())
          .redirectError(folder.resolve(name + ".err").toFile())
          .start();
    }

    @Override
    public void overtake(long from, long to) throws Exception {
      try (var connection = DurableOffsets.Ledger.connect(ledger());
          var producer = RealKafka.producer(config)) {
        var overtaker = new DurableOffsets.Ledger(connection, "overtaker");
        overtaker.inOneTransaction(() -> {
          overtaker.save(1); // now no worker can write before we have
          for (long offset = from; offset < to; offset++) {
            var click = event(offset);
            var written = producer.send(RealKafka.record(TOPIC, click)).get();
            String log = "" + new TopicPartition(TOPIC, written.partition());
            var ledger = new DurableOffsets.Ledger(connection, log);
            if (!ledger.advance(written.offset(), written.offset() + 1))
              throw new IllegalStateException(log + " is not where all its effects are");
            ledger.book(new DurableOffsets.Item(written.offset(), click));
          }
          return null;
        });
      }
    }

    private Path ledger() {
      return RealKafka.ledgerIn(folder);
    }

    @Override
    public List<Long> effects() throws Exception {
      return read("SELECT user FROM effects").stream()
          .map(user -> UUID.fromString(user).getLeastSignificantBits())
          .toList();
    }

    @Override
    public long effectsBy(String worker) throws Exception {
      var next = read("SELECT next FROM progress WHERE log = '" + worker + "'");
      return next.isEmpty() ? 0 : Long.parseLong(next.getFirst());
    }

    /// Reads and writes nothing, since others may have the lock.
    private List<String> read(String sql) throws SQLException {
      var values = new ArrayList<String>();
      try (var connection = DurableOffsets.Ledger.connect(ledger());
          var query = connection.prepareStatement(sql);
          var rows = query.executeQuery()) {
        while (rows.next()) values.add(rows.getString(1));
      } catch (SQLException e) {
        if (!e.getMessage().contains("no such table")) throw e; // nobody has worked yet
      }
      return values;
    }

    @Override
    public void close() throws Exception {
      tree.close();
      broker.destroyForcibly().waitFor();
    }
  }
}
