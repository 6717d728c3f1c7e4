//JAVA 25+
//DESCRIPTION 01 · The naive producer at the prompt: put, take, and listen to it die
//SOURCES 01-naive-producer.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 01

// The arrow below a snippet shows what comes of it, in fewer words than jshell's. Guess before you
// press Enter. Tab completes, /exit leaves. A JDK 25 alone will do, too, if it's the first on your PATH:
//   jshell chapters/01-naive-producer.java

// Customer 7 fills a cart, has it shipped, and pays. The names are long because the chapter keeps
// its types in its class.

var clicks = List.of(
    new NaiveProducer.Click(new UUID(0, 7), NaiveProducer.Action.ADD_TO_CART),
    new NaiveProducer.Click(new UUID(0, 7), NaiveProducer.Action.SHIPPING),
    new NaiveProducer.Click(new UUID(0, 7), NaiveProducer.Action.PAYMENT));

// A log is read by number. This one never fails. Enjoy it while it lasts.

var log = new NaiveProducer.SimpleLog(clicks, offset -> false);
log.take(0);
// ==> Click[userId=00000000-0000-0000-0000-000000000007, action=ADD_TO_CART]

// Read it twice. Nothing is removed, so the log needn't know how far you've come. You do.

log.take(0) == log.take(0);
// ==> true

// Three clicks have the offsets 0, 1 and 2. You see it coming.

log.take(3);
// ==> throws InvalidOffset: An invalid offset has been specified!

// Now put a network in between. Today nobody gets through to offset 1.

var shaky = new NaiveProducer.SimpleLog(clicks, offset -> offset == 1);
shaky.take(1);
// ==> throws SessionTimeout: Session has timed out.

// So much for the source. Here's a channel with no room in it. `offer` never waits: it asks whether
// someone is there to take, and no one is.

var channel = new SynchronousQueue<NaiveProducer.Click>();
channel.offer(clicks.get(0));
// ==> false

// `put` would wait for someone, and you would wait with it. Let another thread do that.

var putting = NaiveProducer.go(() -> { channel.put(clicks.get(0)); return "There you are."; });
putting.isDone();
// ==> false

// It can wait for a long time. Take.

channel.take().action();
// ==> ADD_TO_CART
putting.get();
// ==> "There you are."

// A put for every take. Now leave the putting to a producer, and write down which offsets it asks
// for.

var asked = new LinkedBlockingQueue<Long>();
NaiveProducer.Log watched = offset -> { asked.add(offset); return shaky.take(offset); };
NaiveProducer.start(watched, channel);
asked.take();
// ==> 0

// It has read offset 0. How far does it run ahead while nobody takes?

asked.poll(200, TimeUnit.MILLISECONDS);
// ==> null

// Not a step. It stands in `put`, with a click in its hand. That's backpressure, and the pressure
// is you. Relieve it.

channel.take().action();
// ==> ADD_TO_CART
asked.take();
// ==> 1

// It has asked for offset 1, where nobody gets through. Did you hear anything? Take again.

channel.poll(500, TimeUnit.MILLISECONDS);
// ==> null

// Half a second of nothing. Is it dead? Is it slow? Has customer 7 gone to bed? Start another one,
// and keep what `start` returns.

var producer = NaiveProducer.start(watched, channel);
// ==> does not compile: cannot infer type for local variable producer (variable initializer is 'void')

// It returns nothing. But `go` returns a Future, and `start` uses `go`. The same read once more:

NaiveProducer.go(() -> shaky.take(1)).get();
// ==> throws ExecutionException: Session has timed out.

// So it did cry for help, into a Future that `start` threw away. Chapter 2 keeps it. Until then,
// somebody has to say it.

IO.println("It died, and nobody knows.");
// ==> prints It died, and nobody knows.
