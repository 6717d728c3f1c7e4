///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 11-b · A worker that may die
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.slf4j:slf4j-nop:1.7.36

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/// # Exercise 11-b · A worker that may die
///
/// **The goal.** Orders come in a topic, and a worker has each of them paid by
/// a payment provider. The provider is another company: no transaction of ours
/// includes it. But it remembers keys. A payment that comes again with the same
/// key is not made again.
///
/// The worker may be killed at any moment, and the next one starts at once. In
/// the end each order has to be paid, and paid once.
///
/// **Given.** Two methods with five mistakes in them.
///
/// **To write.** Mend them.
///
/// - `config`: what a new worker starts with. The first of all workers starts
///   when there are orders already.
/// - `work`: it polls, pays, and returns when a poll finds nothing. When one
///   worker has died, the next one may pay one order again, and no more than
///   one. When `pay` throws, so does `work`: then the process is over, and
///   somebody starts another one.
///
/// Two orders may be equal to the letter, and have to be paid both.
///
/// **It fails now with:**
///
/// > the effect of offset 0 never happened.
///
/// **Check it** with `./jbang test 11-b`, and watch it with
/// `./jbang exercises/11-b-a-worker-that-may-die.java`. When you're stuck, ask
/// for a hint: `./jbang test 11-b --hint 1`. There are three.
///
/// The topic has two partitions. The checker numbers its four orders through: 0
/// and 1 are in the first partition, and 2 and 3 in the second. Each has
/// offsets 0 and 1 there. It kills a worker right before, and right after, each
/// payment and each commit. The first payment of order 1 gets no answer. The
/// worker may die of that, and then there's another one. No broker is needed.
class AWorkerThatMayDie {

  static final String TOPIC = "orders";

  /// The payment provider.
  interface Provider {
    /// Pays an order, such as `anna 1000`, unless it knows the key.
    void pay(String key, String order) throws IOException;
  }

  /// ## To mend
  static Map<String, Object> config() { // TODO three of these lines
    var config = new HashMap<String, Object>();
    config.put(ConsumerConfig.GROUP_ID_CONFIG, "payments-" + UUID.randomUUID());
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, true);
    config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    return config;
  }

  static void work(Consumer<String, String> consumer, Provider provider) throws IOException {
    consumer.subscribe(List.of(TOPIC));
    while (true) {
      var orders = consumer.poll(Duration.ofSeconds(10));
      if (orders.isEmpty()) return;
      consumer.commitSync(); // TODO what does it say, and when?
      for (var order : orders) {
        String key = order.key(); // TODO the customer's name
        provider.pay(key, order.value());
      }
    }
  }

  /// ## Watch it
  ///
  /// Four orders. The first two workers are killed right behind a payment, and
  /// the third one lives.
  void main() throws Exception {
    var paid = new ArrayList<String>();
    var keys = new HashSet<String>();
    var commits = new HashMap<Object, Map<TopicPartition, OffsetAndMetadata>>();
    for (int killedAfter : new int[] {1, 2, 99}) {
      var config = config();
      var committed = commits.computeIfAbsent(config.get("group.id"), _ -> new HashMap<>());
      IO.println("A worker of the group " + config.get("group.id") + " starts.");
      var worker = new Orders(config, committed);
      var payments = new ArrayList<String>();
      Provider provider =
          (key, order) -> {
            boolean isNew = keys.add(key);
            IO.println("  pay %s, key %s%s".formatted(order, key, isNew ? "" : ": known"));
            if (isNew) paid.add(order);
            payments.add(order);
            if (payments.size() == killedAfter) throw new Killed();
          };
      try {
        work(worker, provider);
        IO.println("  It's done.");
      } catch (Killed e) {
        IO.println("  kill -9");
      }
      committed.putAll(worker.committed(worker.assignment()));
    }
    IO.println("paid: " + paid);
    if (!paid.equals(Orders.ALL.stream().map(ConsumerRecord::value).toList()))
      fail("11-b is not finished. To pay were four orders, and paid were " + paid.size() + ".");
  }

  static class Killed extends Error {}

  static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }

  /// Kafka's own mock of a consumer, with four orders in two partitions.
  static class Orders extends MockConsumer<String, String> {
    static final List<ConsumerRecord<String, String>> ALL =
        List.of(
            new ConsumerRecord<>(TOPIC, 0, 0, "anna", "anna 1000"),
            new ConsumerRecord<>(TOPIC, 0, 1, "bert", "bert 250"),
            new ConsumerRecord<>(TOPIC, 1, 0, "anna", "anna 1000"),
            new ConsumerRecord<>(TOPIC, 1, 1, "carl", "carl 70"));

    private final Object commitsByItself;
    private final Map<TopicPartition, OffsetAndMetadata> committed;

    Orders(Map<String, Object> config, Map<TopicPartition, OffsetAndMetadata> committed) {
      super("" + config.getOrDefault(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest"));
      this.commitsByItself = config.getOrDefault(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, true);
      this.committed = committed;
    }

    @Override
    public synchronized void subscribe(java.util.Collection<String> topics) {
      super.subscribe(topics);
      var both = List.of(new TopicPartition(TOPIC, 0), new TopicPartition(TOPIC, 1));
      rebalance(both);
      updateBeginningOffsets(new HashMap<>(Map.of(both.get(0), 0L, both.get(1), 0L)));
      updateEndOffsets(new HashMap<>(Map.of(both.get(0), 2L, both.get(1), 2L)));
      commitSync(committed);
      ALL.forEach(this::addRecord);
    }

    @Override
    public synchronized ConsumerRecords<String, String> poll(Duration timeout) {
      if ("true".equals("" + commitsByItself)) commitSync();
      return super.poll(timeout);
    }
  }
}
