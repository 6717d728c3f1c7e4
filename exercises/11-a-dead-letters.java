///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 11-a · Dead letters
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.slf4j:slf4j-nop:1.7.36
//SOURCES ../chapters/09-supervision-tree.java
//MAIN DeadLetters

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.RecordDeserializationException.DeserializationExceptionOrigin;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// # Exercise 11-a · Dead letters
///
/// **The goal.** A worker reads clicks from a topic of Kafka. A producer that
/// nobody knows has put a record there that is no click. The deserializer
/// throws, and `poll` with it, at the same offset, for ever. A restart doesn't
/// help, and the broker will keep the record for a week.
///
/// So it goes to another topic, byte for byte, with a note that says where it
/// was and why. Then the worker goes on behind it.
///
/// **Given.** Chapter 9's supervisor, and a step whose state is the next
/// offset. It polls, and puts clicks on a channel. When the session times out,
/// it fails with Kafka's `TimeoutException`; that gets better by itself.
///
/// **To write.** Two methods.
///
/// - `letterFor`: the record for the topic `DEAD_LETTERS`. Its key and value
///   are the pill's bytes. It keeps the pill's headers, and adds the four
///   below. That topic has one partition, and knows nothing of yours.
/// - `judge`: a record that can't be deserialized throws
///   `RecordDeserializationException`. It's skipped when the broker has
///   acknowledged its letter, and not before. If the letter can't be sent, then
///   perhaps it can in a second: that's a retry. So is every other failure.
///
/// **It fails now with:**
///
/// > the event at offset 1 can't be decoded, and those behind it never come.
///
/// **Check it** with `./jbang test 11-a`, and watch it with
/// `./jbang exercises/11-a-dead-letters.java`. When you're stuck, ask for a
/// hint: `./jbang test 11-a --hint 1`. There are three.
///
/// No broker is needed. The check, and the demo at the end, use Kafka's own
/// `MockConsumer` and `MockProducer`.
class DeadLetters extends SupervisionTree {

  static final TopicPartition CLICKS = new TopicPartition("clicks", 0);

  static final String DEAD_LETTERS = "clicks.dead-letters";

  /// The headers of a dead letter. Their values are texts, in UTF-8. The last
  /// one quotes what the deserializer threw, the exception's cause. That's its
  /// message or, if it has none, all of it, as `toString` gives it.
  static final String TOPIC = "dead-letter.topic";

  static final String PARTITION = "dead-letter.partition";
  static final String OFFSET = "dead-letter.offset";
  static final String WHY = "dead-letter.why";

  /// ## To write
  static ProducerRecord<byte[], byte[]> letterFor(RecordDeserializationException pill) {
    throw new UnsupportedOperationException("TODO: the pill's bytes, and where they were");
  }

  static Judge<Long> judge(Producer<byte[], byte[]> letters) {
    return _ -> new Retry<>(); // TODO so far, a pill is tried again
  }

  /// ## Given: the step
  static Step<Long> read(Consumer<String, Click> consumer, BlockingQueue<Message> clicks) {
    return new Step<>() {
      @Override
      public void open(Long from) {
        consumer.seek(CLICKS, from);
      }

      @Override
      public Outcome<Long> run(Long next) {
        var records = consumer.poll(Duration.ofSeconds(1));
        if (records.isEmpty()) consumer.endOffsets(List.of(CLICKS)); // throws, if it's gone
        long at = next;
        try {
          for (var record : records) {
            clicks.put(new Item(record.offset(), record.value()));
            at = record.offset() + 1;
          }
        } catch (Exception e) {
          return new Failed<>(new Failure<>(e, at, "clicks"));
        }
        return new Continue<>(at);
      }
    };
  }

  /// ## Watch it
  ///
  /// Seven records, and the one at offset 3 is no click.
  @Override
  void main(String... args) throws Exception {
    var clicks = new ArrayBlockingQueue<Message>(10);
    var letters =
        new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    var child =
        ChildSpec.of("clicks", 0L, read(new Topic(7, 3), clicks))
            .with(new Pauses(Duration.ofMillis(20), 2, Duration.ofMillis(80), 0))
            .with(judge(letters));
    Listener listener =
        event -> {
          if (event.id().equals("clicks")) IO.println(words(event));
          if (event instanceof Crashed(_, var failure))
            for (Throwable e : failure.exception().getSuppressed())
              IO.println("And the judge has thrown " + e);
        };
    var supervisor =
        new Supervisor(Strategy.ONE_FOR_ONE, new Intensity(3, Duration.ofMinutes(1)), listener);
    try (var _ = supervisor.start("shop", child)) {
      for (long arrived = 0; arrived < 6; arrived++) {
        var message = clicks.poll(1, TimeUnit.SECONDS);
        if (message == null)
          fail("11-a is not finished. For a second, nothing came behind offset 2.");
        IO.println("arrived: " + message);
      }
    }
    letters.history().forEach(letter -> IO.println("aside:   " + wordsOf(letter)));
    if (letters.history().isEmpty())
      fail("11-a is not finished. The pill is gone, and there is no letter.");
  }

  static String wordsOf(ProducerRecord<byte[], byte[]> letter) {
    var words = new StringBuilder(new String(letter.value(), StandardCharsets.UTF_8));
    for (var header : letter.headers())
      words.append("\n         " + header.key() + ": " + new String(header.value()));
    return "" + words;
  }

  static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }

  /// A topic of one partition, in memory. Each poll gives out one record, and
  /// throws at the pill as long as nobody seeks another place.
  static class Topic extends MockConsumer<String, Click> {
    private final long end;
    private final long pill;

    Topic(long end, long pill) {
      super("none");
      this.end = end;
      this.pill = pill;
      assign(List.of(CLICKS));
    }

    @Override
    public ConsumerRecords<String, Click> poll(Duration timeout) {
      long at = position(CLICKS);
      if (at == pill) throw poison(at, "bert,SHIPING".getBytes(StandardCharsets.UTF_8));
      if (at == end) {
        waitUntilInterrupted();
        return ConsumerRecords.empty();
      }
      seek(CLICKS, at + 1);
      var click = new Click(new UUID(0, at), Action.PAYMENT);
      var record = new ConsumerRecord<>(CLICKS.topic(), CLICKS.partition(), at, "anna", click);
      return new ConsumerRecords<>(Map.of(CLICKS, List.of(record)), Map.of());
    }

    private static RecordDeserializationException poison(long at, byte[] value) {
      String message = "Error deserializing VALUE for partition %s at offset %d.";
      return new RecordDeserializationException(
          DeserializationExceptionOrigin.VALUE,
          CLICKS,
          at,
          0,
          TimestampType.CREATE_TIME,
          null,
          ByteBuffer.wrap(value),
          new RecordHeaders(),
          message.formatted(CLICKS, at),
          new IllegalArgumentException("There is no action SHIPING."));
    }

    private static void waitUntilInterrupted() {
      try {
        Thread.sleep(Duration.ofHours(1));
      } catch (InterruptedException e) {
        throw new org.apache.kafka.common.errors.InterruptException(e);
      }
    }
  }
}
