///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 11-b · A worker that may die
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.slf4j:slf4j-nop:1.7.36

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/// # Solution 11-b · A worker that may die
class AWorkerThatMayDie {

  static final String TOPIC = "orders";

  interface Provider {
    void pay(String key, String order) throws IOException;
  }

  static Map<String, Object> config() {
    var config = new HashMap<String, Object>();
    config.put(ConsumerConfig.GROUP_ID_CONFIG, "payments");
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    return config;
  }

  static void work(Consumer<String, String> consumer, Provider provider) throws IOException {
    consumer.subscribe(List.of(TOPIC));
    while (true) {
      var orders = consumer.poll(Duration.ofSeconds(10));
      if (orders.isEmpty()) return;
      for (var order : orders) {
        var place = new TopicPartition(order.topic(), order.partition());
        provider.pay(place + "@" + order.offset(), order.value());
        consumer.commitSync(Map.of(place, new OffsetAndMetadata(order.offset() + 1)));
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

  /// **Why this way.** The commit comes after the payment, so nothing is lost,
  /// and a payment may come twice. The key makes the second time harmless. It's
  /// at least once on our side, and once in effect.
  ///
  /// The key is the place. Whoever reads the record finds it there, in this
  /// process or in the next, and no other record has it. The customer's name
  /// would do for one order a customer, and a random key for one process.
  ///
  /// `commitSync()` without an argument commits the position, which is behind
  /// all that was polled. What it should say is behind which order we are, and
  /// that's the next one to read: `offset() + 1`.
  ///
  /// One commit for each poll would be right as well, with these keys, and much
  /// cheaper. Then the next process pays up to 500 orders again, which the
  /// provider has to bear. How often to commit is a choice. To commit behind
  /// the payment is not.
  ///
  /// With auto-commit there would be two who commit. Look at what `close` does
  /// on the way out, when `pay` has thrown: it commits the position, too.
  ///
  /// `latest` is the default, and it's meant for those who look at a stream
  /// from now on. It also decides when the commits are gone, since a group that
  /// is away for a week is forgotten. Then `earliest` repeats a week of orders,
  /// and the provider had better remember its keys for as long. `none` throws,
  /// and lets somebody decide.
  ///
  /// A worker in a shop doesn't return when a poll finds nothing. Perhaps there
  /// are no orders, and perhaps the broker is away: `poll` doesn't say.
}
