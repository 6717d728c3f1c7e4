//JAVA 25+
//DESCRIPTION 04 · Giving up at the prompt: find the end, and where the word for it misleads
//SOURCES 04-giving-up.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 04

// The three clicks, a log that works, and a channel that is never full.

var clicks = List.of(
    new GivingUp.Click(new UUID(0, 7), GivingUp.Action.ADD_TO_CART),
    new GivingUp.Click(new UUID(0, 7), GivingUp.Action.SHIPPING),
    new GivingUp.Click(new UUID(0, 7), GivingUp.Action.PAYMENT));
var log = new GivingUp.SimpleLog(clicks, offset -> false);
var channel = new LinkedBlockingQueue<GivingUp.Message>();

// One step, at the last click.

GivingUp.publishClick(log, 2, channel);
// ==> Read[nextOffset=3]

// And what has travelled? No longer a bare click.

channel.poll();
// ==> Item[click=Click[userId=00000000-0000-0000-0000-000000000007, action=PAYMENT]]

// Go on where the step said. In chapter 2 this was a failure.

GivingUp.publishClick(log, 3, channel);
// ==> Done[offset=3]

// Now the same exception from the other side.

GivingUp.publishClick(log, -1, channel);
// ==> Failed[failure=publish-click@-1 An invalid offset has been specified!]

// So far, so sensible. You meant 3, and typed 300.

GivingUp.publishClick(log, 300, channel);
// ==> Done[offset=300]

// Nobody has seen the 297 clicks before it, and still "that was all". It gets better. Logs clear
// away their oldest clicks, and last night this one lost two. Set a supervisor on it.

GivingUp.Log tidied = offset -> {
  if (offset < 2) throw new GivingUp.InvalidOffset(offset);
  return log.take(offset);
};
var three = new GivingUp.Intensity(3, Duration.ofSeconds(5));
GivingUp.supervise(tidied, channel, three, System::nanoTime, IO::println);
// ==> prints Starting producer.
// ==> Done[offset=0]

// Done, at 0. The payment lies at offset 2, and no one will ever ask for it. An offset that isn't
// there yet and one that isn't there any more look alike to our step. It goes by the sign.

// You've just called a supervisor, by the way, like any method. Next, faults at four places, each
// of them once. Three restarts are allowed. The clock is yours, and you may leave it at zero.

var healthy = new GivingUp.SimpleLog(clicks, new HashSet<>(Set.of(0L, 1L, 2L, 3L))::remove);
GivingUp.startSupervisor(healthy, channel, three, () -> 0, line -> {}).get(5, TimeUnit.SECONDS);
// ==> Failed[failure=publish-click@3 Session has timed out.]

// It failed, then. What did the consumer miss?

GivingUp.go(() ->
    GivingUp.consume(channel, click -> IO.println(click.action()))).get(5, TimeUnit.SECONDS);
// ==> prints ADD_TO_CART
// ==> prints SHIPPING
// ==> prints PAYMENT
// ==> Failed[failure=publish-click@3 Session has timed out.]

// Nothing. The fourth fault hit the one read that would have found the end. An End says how it
// ended. It doesn't say that anything is missing.

// Suppose two consumers share the channel. The other one comes a moment later.

GivingUp.go(() -> GivingUp.consume(channel, click -> {})).get(200, TimeUnit.MILLISECONDS);
// ==> throws TimeoutException

// It waits for an End that's gone. A message is taken once. Whoever shares a channel should put
// the End back.

// "Whoever started the supervisor can now act", says the chapter. Try it: a channel with room for
// one click, a log that's dead from offset 1, and not a single restart.

var narrow = new ArrayBlockingQueue<GivingUp.Message>(1);
var supervisor = GivingUp.startSupervisor(
    new GivingUp.SimpleLog(clicks, offset -> offset > 0), narrow,
    new GivingUp.Intensity(0, Duration.ofSeconds(5)), () -> 0, line -> {});
supervisor.get(200, TimeUnit.MILLISECONDS);
// ==> throws TimeoutException

// It gave up long ago, and can't say so. First comes `put`, then `return`, and the channel is full.
// You can act as soon as somebody downstream has taken something.

narrow.poll(5, TimeUnit.SECONDS) instanceof GivingUp.Item;
// ==> true
supervisor.get(5, TimeUnit.SECONDS);
// ==> Failed[failure=publish-click@1 Session has timed out.]

// Now for the clock. One restart is allowed in five seconds. Ask for one more: a nanosecond early,
// on the dot, and a nanosecond late. Which of the three may?

for (long later : List.of(4_999_999_999L, 5_000_000_000L, 5_000_000_001L)) {
  var restarts = new GivingUp.Restarts(new GivingUp.Intensity(1, Duration.ofSeconds(5)));
  IO.println(restarts.allowOneMore(0) + ", " + restarts.allowOneMore(later));
}
// ==> prints true, false
// ==> prints true, false
// ==> prints true, true

// A failure in memory takes no time. A session that times out has taken its time. Say two seconds,
// a thousand times, always at offset 1. How soon do three restarts in five seconds run out?

long timeouts = 0;
GivingUp.Log slow = offset -> {
  if (offset == 1 && timeouts++ < 1000) throw new GivingUp.SessionTimeout(offset);
  return log.take(offset);
};
GivingUp.supervise(
    slow, new LinkedBlockingQueue<>(), three, () -> timeouts * 2_000_000_000, line -> {});
// ==> Done[offset=3]

// Never. Not once were there more than three in any five seconds. It spent 33 minutes at one click,
// and would have spent a year. It gives up on the quick, and stands by the dead.
