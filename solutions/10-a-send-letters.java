///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Solution 10-a · Send letters
//DEPS org.xerial:sqlite-jdbc:3.54.1.0
//DEPS info.picocli:picocli:4.7.7
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES ../chapters/10-durable-offsets.java
//MAIN SendLetters

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;

/// # Solution 10-a · Send letters
///
/// **The goal.** Who pays gets a letter: one for each payment, whatever happens
/// to the process that sends them. A letter can't be rolled back, and no
/// transaction of ours includes the post office. But the post office knows our
/// trouble. Each letter comes with a key of our choice, and one that comes
/// again with the same key is not sent again. (Providers of payments do that,
/// and call it an idempotency key.)
///
/// **Given.** Chapter 10: its log, its ledger, its step, and below it the
/// supervisor of chapter 9, that tries again whatever fails. We keep nothing in
/// the ledger but where to go on. And there is a post office, which forgets no
/// key.
///
/// **To write.** `letters`: the child that sends them. You decide what comes
/// first, and what the key is.
///
/// - A process may be killed at any moment. The next one goes on where the
///   letters ended.
/// - What fails may fail for two reasons: the letter didn't get to the post
///   office, or it did, and the answer didn't get back to us. It looks alike.
/// - A customer may pay twice, with two clicks that are equal. That makes two
///   letters.
/// - Next year, payments from the shop in the airport get letters, too. That's
///   another log, with a ledger and a name of its own, and the same post
///   office.
class SendLetters extends DurableOffsets {

  /// What comes with a key that it knows is not sent again.
  interface PostOffice {
    void send(String key, Click payment) throws Exception;
  }

  /// ## The letters
  ///
  /// The log has a `name`. No other log of that post office's customers has the
  /// same one.
  static ChildSpec<Long> letters(String name, Log log, Ledger ledger, PostOffice post)
      throws SQLException {
    Booking sendAndSave =
        (books, from, item) -> {
          long next = item.offset() + 1;
          if (item.click().action() == Action.PAYMENT)
            post.send(name + "/" + item.offset(), item.click());
          books.save(next);
          return next;
        };
    return ChildSpec.of("letters", ledger.next(), bookEach(log, ledger, sendAndSave));
  }

  /// ## Watch it
  ///
  /// Anna pays four times. The power fails before her second letter, and after
  /// her third one. With the fourth one, it's only the line.
  @Override
  void main(String... args) throws Exception {
    var anna = new UUID(0, 1);
    var clicks =
        List.of(
            new Click(anna, Action.ADD_TO_CART),
            new Click(anna, Action.PAYMENT),
            new Click(anna, Action.PAYMENT),
            new Click(anna, Action.SHIPPING),
            new Click(anna, Action.PAYMENT),
            new Click(anna, Action.PAYMENT));
    var post = new UnluckyPostOffice();
    Path folder = temporaryFolder("letters");
    try {
      while (!process(folder, new SimpleLog(clicks, _ -> false), post)) IO.println("  A new one.");
    } finally {
      deleteAll(folder);
    }
    IO.println("4 payments, and %d letters.".formatted(post.keys.size()));
    if (post.keys.size() != 4)
      fail("10-a is not finished. For 4 payments there were " + post.keys.size() + " letters.");
  }

  /// @return whether it came to its end
  static boolean process(Path folder, Log log, PostOffice post) throws Exception {
    Listener listener =
        event -> {
          if (event instanceof Crashed) IO.println("  " + words(event));
        };
    var supervisor =
        new Supervisor(Strategy.ONE_FOR_ONE, new Intensity(3, Duration.ofMinutes(1)), listener);
    try (var ledger = Ledger.open(folder.resolve("ledger.db"), "shop");
        var root = supervisor.untilAllAreDone().start("post", letters("shop", log, ledger, post))) {
      if (root.join() instanceof Done) return true;
      fail("The letters could not be sent, and the supervisor gave up.");
    } catch (ExecutionException e) {
      IO.println("  " + e.getCause().getMessage());
    }
    return false;
  }

  static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }

  /// Three things go wrong with it, once each.
  static class UnluckyPostOffice implements PostOffice {
    final Set<String> keys = new HashSet<>();
    private int calls;

    @Override
    public void send(String key, Click payment) {
      calls++;
      if (calls == 2) throw new PowerCut();
      IO.println(keys.add(key) ? "A letter." : "  The key is known: no letter.");
      if (calls == 4) throw new PowerCut();
      if (calls == 6) throw new IllegalStateException("The line is dead.");
    }
  }

  /// For this process it's the end.
  static class PowerCut extends Error {
    PowerCut() {
      super("A power cut.");
    }
  }

  /// **Why this way.** First the effect, then the save. In between lies the
  /// moment that no order gets rid of, and there we choose to do it again
  /// rather than never. That alone is at-least-once. The key makes the second
  /// time harmless, for the one who knows whether there was a first: the post
  /// office.
  ///
  /// So the key has to be the same at each attempt, and to differ from that of
  /// any other letter. What stays the same is where the click stands: the
  /// log's name, and the offset. A random key is new for each attempt, unless
  /// it's saved before. A key made of the click takes two equal payments for
  /// one. An offset alone is known by the time the airport opens.
  ///
  /// There's no transaction here, and it would be of no use. Sending from
  /// inside of one is worse than useless: the database keeps its lock for as
  /// long as the post office takes to answer.
  ///
  /// In earnest, post offices forget keys after a while, often after a day. A
  /// process that is down for longer than that sends its last letter twice.
}
