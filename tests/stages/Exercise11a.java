//SOURCES Chapter09.java

import harness.Run;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.RecordDeserializationException.DeserializationExceptionOrigin;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// Exercise 11-a as the harness sees it: chapter 9's tree, whose step polls a topic. A poll gives out up
/// to three records; what the log throws behind the first of them comes out of the next poll, as with
/// Kafka. Timeouts are silence, and then `endOffsets` throws. A topic has no end, only nothing more.
public final class Exercise11a extends Chapter09 {

  private static final int RECORDS_PER_POLL = 3;

  private Letters letters;

  @Override
  public void start(Run<SupervisionTree.Click> run) {
    letters = new Letters(run.deadLetters(), false);
    resume(run, 0);
  }

  @Override
  SupervisionTree.Step<Long> clicks(
      Run<SupervisionTree.Click> run, BlockingQueue<SupervisionTree.Message> channel) {
    return DeadLetters.read(new Topic(run::take), channel);
  }

  @Override
  SupervisionTree.Judge<Long> judge(BlockingQueue<SupervisionTree.Failure<Long>> none) {
    var judge = DeadLetters.judge(letters);
    return failure -> {
      try {
        return judge.verdictOn(failure);
      } catch (InterruptException e) {
        throw e;
      } catch (RuntimeException e) {
        System.out.println("The judge has thrown %s, at %s".formatted(e, e.getStackTrace()[0]));
        throw e;
      }
    };
  }

  @Override
  public List<String> deadLetters() {
    return letters.acknowledged.stream().map(Object::toString).toList();
  }

  @Override
  public boolean tellsItsEnd() {
    return false;
  }

  // --- Kafka ---

  private static RecordDeserializationException pill(
      TopicPartition place,
      long offset,
      ByteBuffer key,
      ByteBuffer value,
      Headers headers,
      Throwable cause) {
    String message =
        "Error deserializing VALUE for partition %s at offset %d. If needed, please seek past the"
            + " record to continue consumption.";
    return new RecordDeserializationException(
        DeserializationExceptionOrigin.VALUE,
        place,
        offset,
        0,
        TimestampType.CREATE_TIME,
        key,
        value,
        headers,
        message.formatted(place, offset),
        cause);
  }

  /// A part of what was fetched, as Kafka's own buffers are.
  private static ByteBuffer partOfAFetch(byte[] bytes) {
    var fetched = new byte[bytes.length + 7];
    Arrays.fill(fetched, (byte) 'x');
    System.arraycopy(bytes, 0, fetched, 3, bytes.length);
    return ByteBuffer.wrap(fetched, 3, bytes.length).slice();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static final class Topic extends MockConsumer<String, SupervisionTree.Click> {
    private final SupervisionTree.Log log;
    private RuntimeException next;
    private boolean isSilent;

    Topic(SupervisionTree.Log log) {
      super("none");
      this.log = log;
      assign(List.of(DeadLetters.CLICKS));
    }

    @Override
    public void seek(TopicPartition place, long offset) {
      next = null;
      super.seek(place, offset);
    }

    @Override
    public ConsumerRecords<String, SupervisionTree.Click> poll(Duration timeout) {
      var place = DeadLetters.CLICKS;
      long start = position(place);
      var records = new ArrayList<ConsumerRecord<String, SupervisionTree.Click>>();
      while (next == null && records.size() < RECORDS_PER_POLL) {
        long at = start + records.size();
        try {
          records.add(
              new ConsumerRecord<>(place.topic(), place.partition(), at, "anna", log.take(at)));
        } catch (IllegalArgumentException e) {
          var value = partOfAFetch(utf8("SHIPING"));
          next = pill(place, at, partOfAFetch(utf8("anna")), value, new RecordHeaders(), e);
        } catch (InterruptedException e) {
          throw new InterruptException(e);
        } catch (RuntimeException e) {
          next = e;
        }
      }
      if (records.isEmpty()) return throwNext();
      super.seek(place, start + records.size());
      return new ConsumerRecords<>(Map.of(place, records), Map.of());
    }

    private ConsumerRecords<String, SupervisionTree.Click> throwNext() {
      var e = next;
      switch (e) {
        case RecordDeserializationException _ -> throw e; // as long as nobody seeks
        case SupervisionTree.InvalidOffset _ -> waitForMore();
        case SupervisionTree.SessionTimeout _ -> isSilent = true;
        default -> {
          next = null;
          throw e;
        }
      }
      next = null;
      return ConsumerRecords.empty();
    }

    private static void waitForMore() {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }

    @Override
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> places) {
      if (!isSilent) return Map.of();
      isSilent = false;
      throw new TimeoutException("Session has timed out.");
    }
  }

  /// A broker that takes letters, as long as there is room. It acknowledges them a bit later, on
  /// a thread of its own, or, once, does not.
  private static final class Letters extends MockProducer<byte[], byte[]> {
    final BlockingQueue<Letter> acknowledged;
    private boolean failsOnce;
    private volatile Thread answering;

    Letters(BlockingQueue<Letter> acknowledged, boolean failsOnce) {
      super(false, null, new ByteArraySerializer(), new ByteArraySerializer());
      this.acknowledged = acknowledged;
      this.failsOnce = failsOnce;
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> letter, Callback callback) {
      var answer = super.send(letter, callback);
      boolean fails = failsOnce;
      failsOnce = false;
      try {
        if (!fails) acknowledged.put(new Letter(letter));
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
      answering =
          Thread.startVirtualThread(() -> {
            if (fails) errorNext(new TimeoutException("The broker is away."));
            else completeNext();
          });
      return answer;
    }

    @Override
    public void flush() {
      try {
        if (answering != null) answering.join(); // by then all of it was answered, in whatever way
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }

  private record Letter(ProducerRecord<byte[], byte[]> record) {
    Optional<String> header(String name) {
      var header = record.headers().lastHeader(name);
      return header == null || header.value() == null
          ? Optional.empty()
          : Optional.of(new String(header.value(), StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
      var text = new StringBuilder();
      for (var header : record.headers())
        text.append(header.key() + "=" + new String(header.value(), StandardCharsets.UTF_8) + " ");
      return ("" + text).strip();
    }
  }

  // --- what the harness doesn't ask ---

  private static final TopicPartition PAYMENTS = new TopicPartition("payments", 7);
  private static final byte[] KEY = {0, (byte) 0xC3, 1};
  private static final byte[] VALUE = {(byte) 0xFF, 'a', 0, (byte) 0x80};
  private static final String CAUSE = "There is no action SHIPING.";

  private static RecordDeserializationException payment(long offset, byte[] key, byte[] value) {
    return pill(
        PAYMENTS,
        offset,
        key == null ? null : partOfAFetch(key),
        value == null ? null : partOfAFetch(value),
        new RecordHeaders().add("trace", utf8("4711")),
        new IllegalArgumentException(CAUSE));
  }

  @Override
  public Optional<String> complaint(Run<SupervisionTree.Click> run) throws Exception {
    return aboutTheLetter()
        .or(() -> aboutNoBytes(payment(9, null, VALUE), "key"))
        .or(() -> aboutNoBytes(payment(9, KEY, null), "value"))
        .or(Exercise11a::aboutALetterThatIsNotSent)
        .or(Exercise11a::aboutGaps)
        .or(Exercise11a::aboutOtherFailures);
  }

  private static Optional<String> aboutTheLetter() {
    var letter = DeadLetters.letterFor(payment(9, KEY, VALUE));
    if (letter == null) return Optional.of("letterFor returned null.");
    if (!letter.topic().equals(DeadLetters.DEAD_LETTERS))
      return Optional.of(
          "a dead letter belongs into the topic %s, and goes into %s."
              .formatted(DeadLetters.DEAD_LETTERS, letter.topic()));
    if (letter.partition() != null && letter.partition() != 0)
      return Optional.of(
          "the pill was in partition 7, and its letter is addressed to partition %d of %s. That topic has one partition: don't name any."
              .formatted(letter.partition(), DeadLetters.DEAD_LETTERS));
    return aboutBytes("value", VALUE, letter.value())
        .or(() -> aboutBytes("key", KEY, letter.key()))
        .or(() -> aboutHeader(letter, DeadLetters.TOPIC, "payments"))
        .or(() -> aboutHeader(letter, DeadLetters.PARTITION, "7"))
        .or(() -> aboutHeader(letter, DeadLetters.OFFSET, "9"))
        .or(() -> aboutHeader(letter, DeadLetters.WHY, CAUSE))
        .or(() -> aboutHeader(letter, "trace", "4711"));
  }

  private static Optional<String> aboutBytes(String what, byte[] expected, byte[] actual) {
    if (Arrays.equals(expected, actual)) return Optional.empty();
    String text =
        "the pill's %s is the bytes %s, and that of its letter is %s. "
            .formatted(what, Arrays.toString(expected), Arrays.toString(actual));
    boolean decoded =
        actual != null && Arrays.equals(actual, utf8(new String(expected, StandardCharsets.UTF_8)));
    if (decoded) return Optional.of(text + "Has it been a String in between?");
    boolean isWholeFetch = actual != null && actual.length == expected.length + 7;
    if (isWholeFetch)
      return Optional.of(text + "A buffer's array() may hold more than the buffer.");
    boolean readBefore = actual != null && actual.length == 0;
    return Optional.of(
        text + (readBefore ? "Has somebody read the buffer before?" : "Who has changed them?"));
  }

  private static Optional<String> aboutHeader(
      ProducerRecord<byte[], byte[]> letter, String name, String text) {
    var header = new Letter(letter).header(name);
    if (header
        .filter(it -> name.equals(DeadLetters.WHY) ? it.contains(text) : it.equals(text))
        .isPresent()) return Optional.empty();
    return Optional.of(
        "a pill was at payments-7@9, with a header trace: 4711, and \"%s\" was thrown. The letter's header %s should say \"%s\", and %s."
            .formatted(CAUSE, name, text, header.map(it -> "says " + it).orElse("is missing")));
  }

  private static Optional<String> aboutNoBytes(RecordDeserializationException pill, String what) {
    try {
      var letter = DeadLetters.letterFor(pill);
      var bytes = what.equals("key") ? letter.key() : letter.value();
      return bytes == null
          ? Optional.empty()
          : Optional.of(
              "the pill has no %s at all, and that of its letter is %s, which isn't the same."
                  .formatted(what, Arrays.toString(bytes)));
    } catch (NullPointerException e) {
      return Optional.of(
          "a pill may have no %s at all: then %sBuffer() is null, and letterFor throws a NullPointerException."
              .formatted(what, what));
    }
  }

  /// What the judge says when the step, at `state`, has failed with `e`.
  private static String verdict(Letters letters, long state, Exception e) {
    var failure = new SupervisionTree.Failure<>(e, state, "clicks");
    var verdict = DeadLetters.judge(letters).answer(failure);
    return verdict instanceof SupervisionTree.GiveUp && e.getSuppressed().length > 0
        ? verdict + ", since it threw " + ("" + e.getSuppressed()[0]).replaceAll("[.!]$", "")
        : "" + verdict;
  }

  private static Letters letters(boolean failsOnce) {
    return new Letters(new java.util.concurrent.ArrayBlockingQueue<>(100), failsOnce);
  }

  private static Optional<String> aboutALetterThatIsNotSent() {
    var letters = letters(true);
    String verdict = verdict(letters, 9, payment(9, KEY, VALUE));
    if (verdict.startsWith("Retry") || !letters.acknowledged.isEmpty()) return Optional.empty();
    String what = "the broker was away, and the letter was not sent: the future of send says so. ";
    return Optional.of(
        verdict.startsWith("SkipTo")
            ? what + "The verdict is " + verdict + ", so the pill is gone, and nobody will find it."
            : what + "It should be tried again, and the verdict is " + verdict + ".");
  }

  private static Optional<String> aboutGaps() {
    String verdict = verdict(letters(false), 9, payment(12, KEY, VALUE));
    return verdict.equals("SkipTo[next=13]")
        ? Optional.empty()
        : Optional.of(
            "the state was 9, and the pill was at offset 12, since 9 to 11 have been compacted"
                + " away. The verdict should go on at 13, and is "
                + verdict
                + ".");
  }

  private static Optional<String> aboutOtherFailures() {
    for (Exception e :
        List.of(new TimeoutException("away"), new IllegalStateException("Nobody knows this."))) {
      var letters = letters(false);
      String verdict = verdict(letters, 9, e);
      if (!verdict.startsWith("Retry"))
        return Optional.of("at " + e + " the verdict should be Retry, and is " + verdict + ".");
      if (!letters.history().isEmpty())
        return Optional.of(
            "there is nothing wrong with a record, and a letter was sent at " + e + ".");
    }
    return Optional.empty();
  }
}
