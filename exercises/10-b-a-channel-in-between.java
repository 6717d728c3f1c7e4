///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 10-b · A channel in between
//DEPS org.xerial:sqlite-jdbc:3.54.1.0
//DEPS info.picocli:picocli:4.7.7
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES ../chapters/10-durable-offsets.java
//MAIN AChannelInBetween

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;

/// # Exercise 10-b · A channel in between
///
/// **The goal.** Chapter 10 reads a click and books it, in one step. To read is
/// slow at times, and so is to book. With a channel in between, one can go on
/// while the other waits: a producer reads, and a consumer books. But a channel
/// is memory. What is on it when the process is killed is gone, and so is what
/// the consumer has in hand.
///
/// **Given.** Chapter 10's log and ledger, and a channel of messages. The
/// producer puts items on it, and at the end of the log an `End`. The consumer
/// books what it takes. Both are children of chapter 9's supervisor.
///
/// **To write.** Whatever it takes, in `producer`, `consumer` and `start`, that
/// each click is booked once,
///
/// - wherever the process is killed, and another one goes on, rather than begin
///   again; and
/// - whatever fails once: a read, a statement, a commit. A commit may even have
///   got through, and only its acknowledgement is lost.
///
/// A failure is the supervisor's business. Don't catch it.
///
/// **It fails now with:**
///
/// > the effect of offset 0 never happened.
///
/// **Check it** with `./jbang test 10-b`, and watch it with
/// `./jbang exercises/10-b-a-channel-in-between.java`. When you're stuck, ask
/// for a hint: `./jbang test 10-b --hint 1`. There are three.
///
/// The checker has a channel of three. It lets the producer work until there's
/// no room, then the consumer until there's nothing left, and so on.
class AChannelInBetween extends DurableOffsets {

  /// ## The producer
  static Step<Long> producer(Log log, BlockingQueue<Message> channel, Ledger ledger) {
    return offset -> {
      try {
        channel.put(new Item(offset, log.take(offset)));
        ledger.save(offset + 1); // TODO is it booked by now?
        return new Continue<>(offset + 1);
      } catch (InvalidOffset e) {
        if (offset < 0) throw e;
        var done = new Done<>(offset);
        channel.put(new End(done));
        return done;
      }
    };
  }

  /// ## The consumer
  ///
  /// Its state is how many it has booked. (What the two need and keep is yours
  /// to change.)
  static Step<Integer> consumer(BlockingQueue<Message> channel, Ledger ledger) {
    return booked -> {
      if (!(channel.take() instanceof Item item)) return new Done<>(booked);
      ledger.book(item); // TODO and if that fails, who has the item?
      return new Continue<>(booked + 1);
    };
  }

  /// ## Both, below a supervisor
  static Running<?> start(
      Log log, BlockingQueue<Message> channel, Ledger ledger, Listener listener, Time time)
      throws SQLException {
    return new Supervisor(
            Strategy.ONE_FOR_ONE,
            new Intensity(3, Duration.ofMinutes(1)),
            listener,
            time,
            new Random())
        .untilAllAreDone()
        .start(
            "shop",
            ChildSpec.of("producer", ledger.next(), producer(log, channel, ledger)),
            ChildSpec.of("consumer", 0, consumer(channel, ledger)));
  }

  /// ## Watch it
  ///
  /// The third click can't be booked, at first. Then there's a power cut at the
  /// sixth.
  @Override
  void main(String... args) throws Exception {
    int clicks = 20;
    var log = new SimpleLog(clicks(clicks, 42), _ -> false);
    Path folder = temporaryFolder("channel");
    Path file = folder.resolve("ledger.db");
    try {
      boolean powerCut;
      try (var ledger = new UnluckyLedger(Ledger.connect(file))) {
        process(log, ledger);
        powerCut = ledger.calls >= 7;
      }
      if (powerCut) {
        IO.println("  Another process.");
        try (var ledger = Ledger.open(file, "clicks")) {
          process(log, ledger);
        }
      }
      var audit = Audit.of(log, clicks, file, "clicks");
      IO.println("%d clicks: %s".formatted(clicks, audit));
      if (audit.lost() + audit.repeated() > 0)
        fail("10-b is not finished. Of %d clicks, %s.".formatted(clicks, inWords(audit)));
    } finally {
      deleteAll(folder);
    }
  }

  static String inWords(Audit audit) {
    return "%d were never booked, and %d twice".formatted(audit.lost(), audit.repeated());
  }

  static void process(Log log, Ledger ledger) throws Exception {
    Listener listener =
        event -> {
          if (event instanceof Crashed || event instanceof Ended) IO.println("  " + words(event));
        };
    try (var root = start(log, new ArrayBlockingQueue<>(4), ledger, listener, Time.REAL)) {
      root.join();
    } catch (ExecutionException e) {
      IO.println("  " + e.getCause().getMessage());
    }
  }

  static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }

  /// Two things go wrong with it.
  static class UnluckyLedger extends Ledger {
    private int calls;

    UnluckyLedger(Connection connection) throws SQLException {
      super(connection, "clicks");
    }

    @Override
    void book(Item item) throws SQLException {
      calls++;
      if (calls == 3) throw new SQLException("The disk is full.");
      if (calls == 7) throw new PowerCut();
      super.book(item);
    }
  }

  /// For this process it's the end.
  static class PowerCut extends Error {
    PowerCut() {
      super("A power cut.");
    }
  }
}
