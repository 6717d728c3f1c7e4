//JAVA 25+
//DESCRIPTION 11 · Kafka at the prompt, without a broker: silence, a zombie, and a transaction
//SOURCES 11-kafka.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 11

// There is no broker here, and for once that's what we want. First, what Kafka stores. To Kafka, a
// click is bytes.

import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

var click = new SupervisionTree.Click(new UUID(0, 7), SupervisionTree.Action.PAYMENT);
// ==> does not compile: incompatible types: SupervisionTree.Click cannot be converted to SupervisionTree.Click
byte[] bytes = RealKafka.TO_BYTES.serialize("clicks", click);
// ==> does not compile: cannot find symbol: variable click
new String(bytes)
// ==> does not compile: cannot find symbol: variable bytes

// And back. Does the same click come out? And what of one that somebody else has written?

RealKafka.FROM_BYTES.deserialize("clicks", bytes).equals(click)
// ==> does not compile: cannot find symbol: variable click
// ==> does not compile: cannot find symbol: variable bytes
RealKafka.FROM_BYTES.deserialize("clicks", "seven PAYMENT".getBytes());
// ==> throws IllegalArgumentException: Invalid UUID string: seven

// A log, then. At port 1, there is nobody. Does it fail at once?

var partition = new TopicPartition("clicks", 0);
var log = new RealKafka.KafkaLog(Map.of("bootstrap.servers", "localhost:1"), partition, 10);
// ==> throws ExceptionInInitializerError
IO.println("It's open.");
// ==> prints It's open.

// Nobody has noticed. Two offsets can be answered without a broker. And the third one?

log.take(-1);
// ==> throws NullPointerException: Cannot invoke "RealKafka$KafkaLog.take(long)" because "log" is null
log.take(10);
// ==> throws NullPointerException: Cannot invoke "RealKafka$KafkaLog.take(long)" because "log" is null
log.take(0);
// ==> throws NullPointerException: Cannot invoke "RealKafka$KafkaLog.take(long)" because "log" is null

// That took a second and a half: half a second for `poll`, which said nothing, and a second for the
// question that has to be answered. Close it.

log.close();
// ==> throws NullPointerException: Cannot invoke "RealKafka$KafkaLog.close()" because "log" is null

// Now a zombie. Two workers believe that partition 0 is theirs, both are at offset 0, and each has
// its own connection to the ledger. Who may book?

Path file = Files.createTempDirectory("zombie").resolve("workers.db");
var worker = DurableOffsets.Ledger.open(file, "clicks-0");
var zombie = DurableOffsets.Ledger.open(file, "clicks-0");
worker.advance(0, 1)
// ==> true
zombie.advance(0, 1)
// ==> false
zombie.next()
// ==> 1

// The second one has lost, and knows where to go on. Offsets have gaps: the next click is at 5, and
// the one after that at 6.

zombie.advance(1, 6)
// ==> true
worker.next()
// ==> 6

// The zombie has gone on with the work, and the worker is now the one that's late. It doesn't matter
// who is who. Close both, and clean up.

worker.close(); zombie.close(); DurableOffsets.deleteAll(file.getParent());

// Transactions. Kafka has a producer for tests, which keeps what was sent in a list. How many records
// are there before the commit?

var producer = new MockProducer<>(true, new RoundRobinPartitioner(), new StringSerializer(), RealKafka.TO_BYTES);
producer.initTransactions(); producer.beginTransaction();
producer.send(new ProducerRecord<>("copies", "7", click)).isDone()
// ==> does not compile: cannot find symbol: variable click
producer.history().size()
// ==> 0
producer.commitTransaction(); producer.history().size()
// ==> 0

// Sent is not yet there. Next time, somebody opens a producer with the same transactional id before
// we commit.

producer.beginTransaction(); producer.send(new ProducerRecord<>("copies", "7", click));
// ==> does not compile: cannot find symbol: variable click
producer.fenceProducer(); producer.commitTransaction();
// ==> throws ProducerFencedException: MockProducer is fenced.
producer.history().size()
// ==> 0

// At last the dead letters. The judge is asked about a failure at 3, and Kafka says that the poison
// lies at 5. Where does it go on?

var letters = new MockProducer<byte[], byte[]>(true, new RoundRobinPartitioner(), new ByteArraySerializer(), new ByteArraySerializer());
Path books = Files.createTempDirectory("letters").resolve("books.db");
var poison = new RecordDeserializationException(
    RecordDeserializationException.DeserializationExceptionOrigin.VALUE, partition, 5, 0,
    TimestampType.CREATE_TIME, null, java.nio.ByteBuffer.wrap("SHIPING".getBytes()),
    new RecordHeaders(), "It can't be decoded.", new IllegalArgumentException("No such action."));
var judge = RealKafka.toDeadLetters(letters, "dead-letters", books);
judge.verdictOn(new SupervisionTree.Failure<>(poison, 3L, "reader"))
// ==> SkipTo[next=6]

// Behind the poison, and not behind where we asked. What is in the letter?

for (var header : letters.history().getFirst().headers())
  IO.println(header.key() + ": " + new String(header.value()));
// ==> prints topic: clicks
// ==> prints partition: 0
// ==> prints offset: 5
// ==> prints reason: No such action.
new String(letters.history().getFirst().value())
// ==> "SHIPING"
DurableOffsets.deleteAll(books.getParent());

// The bytes as they came, and a note where they came from. And if it isn't poison?

judge.verdictOn(new SupervisionTree.Failure<>(new SupervisionTree.SessionTimeout(3), 3L, "reader"))
// ==> Retry[]
