//JAVA 25+
//DESCRIPTION 11 · Kafka at the prompt, without a broker: silence, a zombie, and a transaction
//SOURCES 11-kafka.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 11

// There is no broker here, and for once that's what we want. First, what Kafka stores. To Kafka, a
// click is bytes.

import org.apache.kafka.clients.producer.*; import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.header.internals.RecordHeaders;
var click = new SupervisionTree.Click(new UUID(0, 7), SupervisionTree.Action.PAYMENT);
new String(RealKafka.TO_BYTES.serialize("clicks", click))
// ==> "00000000-0000-0000-0000-000000000007 PAYMENT"

// And if somebody else has written to our topic?

RealKafka.FROM_BYTES.deserialize("clicks", "seven PAYMENT".getBytes());
// ==> throws IllegalArgumentException: Invalid UUID string: seven

// A log, then, of ten clicks, from a broker at port 1. There is nobody. Does it fail at once?

var partition = new TopicPartition("clicks", 0);
var log = new RealKafka.KafkaLog(Map.of("bootstrap.servers", "localhost:1"), partition, 10);

// Nobody has noticed. Two of these three offsets can be answered without a broker. And the third?

log.take(-1);
// ==> throws InvalidOffset: An invalid offset has been specified!
log.take(10);
// ==> throws InvalidOffset: An invalid offset has been specified!
log.take(0);
// ==> throws SessionTimeout: Session has timed out.
log.close();

// That took a second and a half: half a second for `poll`, which said nothing, and a second for the
// question that has to be answered.

// Now a zombie. Two workers believe that partition 0 is theirs. Both are at offset 0, and each has a
// connection of its own to the ledger. Who may book?

Path file = Files.createTempDirectory("zombie").resolve("workers.db");
var worker = DurableOffsets.Ledger.open(file, "clicks-0");
var zombie = DurableOffsets.Ledger.open(file, "clicks-0");
worker.advance(0, 1)
// ==> true
zombie.advance(0, 1)
// ==> false
zombie.next()
// ==> 1
worker.close(); zombie.close(); DurableOffsets.deleteAll(file.getParent());

// The second one has lost, and knows where to go on. It doesn't matter which of them was the zombie.

// Transactions. Kafka has a producer for tests, which keeps in a list what a reader would see. How
// many records are there before the commit?

var keys = new StringSerializer(); var none = new RoundRobinPartitioner();
var producer = new MockProducer<>(true, none, keys, RealKafka.TO_BYTES);
producer.initTransactions(); producer.beginTransaction();
producer.send(RealKafka.record("copies", click)).isDone() + ", " + producer.history().size()
// ==> "true, 0"
producer.commitTransaction(); producer.history().size()
// ==> 1

// Sent is not yet there. Next time, somebody opens a producer with the same transactional id before
// we commit.

{
  producer.beginTransaction();
  producer.send(RealKafka.record("copies", click));
  producer.fenceProducer();
  producer.commitTransaction();
}
// ==> throws ProducerFencedException: MockProducer is fenced.

// At last a dead letter. The judge is asked about a failure at 3, and Kafka says that the poison
// lies at 5. Where does it go on, and what is in the letter?

{
  var raw = new ByteArraySerializer();
  var letters = new MockProducer<byte[], byte[]>(true, none, raw, raw);
  Path folder = Files.createTempDirectory("letters");
  var poison = new RecordDeserializationException(
      RecordDeserializationException.DeserializationExceptionOrigin.VALUE, partition, 5, 0,
      TimestampType.CREATE_TIME, null, ByteBuffer.wrap("SHIPING".getBytes()), new RecordHeaders(),
      "It can't be decoded.", new IllegalArgumentException("There is no action SHIPING."));
  var judge = RealKafka.toDeadLetters(letters, "dead-letters", folder.resolve("books.db"));
  IO.println(judge.verdictOn(new SupervisionTree.Failure<>(poison, 3L, "reader")));
  for (var header : letters.history().getFirst().headers())
    IO.println(header.key() + ": " + new String(header.value()));
  DurableOffsets.deleteAll(folder);
}
// ==> prints SkipTo[next=6]
// ==> prints dead-letter.topic: clicks
// ==> prints dead-letter.partition: 0
// ==> prints dead-letter.offset: 5
// ==> prints dead-letter.why: There is no action SHIPING.

// Behind the poison, that is, and not behind where we asked.
