//SOURCES OnALog.java

import static java.nio.charset.StandardCharsets.UTF_8;

import harness.SharedBroker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// Clicks in a topic of a real broker, read by chapter 11's log. Topics with the same clicks are shared.
public final class OnKafka extends OnALog {

  private static Map<String, Object> config() {
    return Map.of("bootstrap.servers", SharedBroker.bootstrapServers());
  }

  @Override
  void write(Path folder, List<SupervisionTree.Click> clicks, Set<Integer> poison)
      throws Exception {
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

  private static ClassLoader loader() {
    return OnKafka.class.getClassLoader();
  }

  /// To Kafka a bad record is an exception of its own.
  @Override
  SupervisionTree.Judge<Long> judge(
      BlockingQueue<SupervisionTree.Failure<Long>> deadLetters) {
    var putAside = super.judge(deadLetters);
    return failure -> {
      if (!(failure.exception() instanceof RecordDeserializationException bad))
        return putAside.verdictOn(failure);
      var cause = (IllegalArgumentException) bad.getCause();
      return putAside.verdictOn(
          new SupervisionTree.Failure<>(cause, failure.state(), failure.operation()));
    };
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
    var log = toClose(new RealKafka.KafkaLog(config(), partition, end));
    return offset -> {
      synchronized (log) { // who restarts a child may do so on another thread
        return log.take(offset).click();
      }
    };
  }
}
