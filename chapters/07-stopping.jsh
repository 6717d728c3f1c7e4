//JAVA 25+
//DESCRIPTION 07 · Stopping at the prompt: stop it wherever it waits, and look at what's left
//SOURCES 07-stopping.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 07

// Customer 7 pays five times. What the log is asked for is noted.

var click = new Stopping.Click(new UUID(0, 7), Stopping.Action.PAYMENT);
var noted = new LinkedBlockingQueue<String>();
Stopping.Log log = offset -> {
  if (offset > 4) throw new Stopping.InvalidOffset(offset);
  noted.add("read " + offset);
  return click;
};
var channel = new ArrayBlockingQueue<Stopping.Message>(2);

// A producer is a plain call now. It runs on your thread, so it's you who gets interrupted. Do it
// yourself, before it starts at offset 3. Is the interrupt still there afterwards?

{
  Thread.currentThread().interrupt();
  IO.println(Stopping.produce(log, channel, 3));
  IO.println("Still there: " + Thread.interrupted());
}
// ==> prints Stopped[offset=3]
// ==> prints Still there: false

// Stopped, and nothing read. The interrupt has become a value, and the flag is down. If you ignore
// the value, nobody will remind you.

// Which of these is a stop? The last one is the first one again, with the flag up.

{
  IO.println(Stopping.isStop(new Stopping.SessionTimeout(1)));
  IO.println(Stopping.isStop(new ClosedByInterruptException()));
  IO.println(Stopping.isStop(new IllegalStateException(new InterruptedException())));
  Thread.currentThread().interrupt();
  IO.println(Stopping.isStop(new Stopping.SessionTimeout(1)) && Thread.interrupted());
}
// ==> prints false
// ==> prints true
// ==> prints true
// ==> prints true

// The last one was an honest time-out, and nobody will ever hear of it. It doesn't matter: whoever
// begins again at that offset can have it again.

// Now something to own. Time stands still here: whoever wants a pause gets one without an end.

class Still implements Stopping.Time {
  @Override
  public long nanos() {
    return 0;
  }

  @Override
  public void sleep(Duration pause) throws InterruptedException {
    noted.add("pause " + pause.toMillis());
    new CountDownLatch(1).await();
  }
}
Stopping.Supervision start(Stopping.Log log, long from, Consumer<String> out) {
  var policy =
      new Stopping.Policy(
          new Stopping.Intensity(5, Duration.ofMinutes(1)),
          new Stopping.Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0),
          Stopping::verdictOnClicks);
  return Stopping.startSupervisor(
      log, channel, new LinkedBlockingQueue<>(), from, policy, new Still(), new Random(1), out);
}
String next() throws InterruptedException {
  var message = channel.poll(5, TimeUnit.SECONDS);
  return message instanceof Stopping.Item item ? "click " + item.offset() : "" + message;
}

// The channel has room for two, and nobody takes. Let it run until it's stuck, and stop it.

var first = start(log, 0, line -> {});
for (int i = 0; i < 3; i++) IO.println(noted.poll(5, TimeUnit.SECONDS));
// ==> prints read 0
// ==> prints read 1
// ==> prints read 2
first.stop(Duration.ofSeconds(5)); first.join();
// ==> Optional.empty
// ==> Stopped[offset=2]

// It has read 2, and says 2: a click in the hand is not delivered. But nobody tells the consumer.
// So drain it. Take a click, drain it again, and once more for luck.

List.of(first.drain(Duration.ZERO), next(), first.drain(Duration.ZERO), first.drain(Duration.ZERO));
// ==> [false, click 0, true, true]

// No room, then room, then nothing to do. Begin again at 2, on the same channel. What will a
// consumer see?

var second = start(log, 2, line -> {});
for (int i = 0; i < 6; i++) IO.println(next());
// ==> prints click 1
// ==> prints End[exit=Stopped[offset=2]]
// ==> prints click 2
// ==> prints click 3
// ==> prints click 4
// ==> prints End[exit=Done[offset=5]]

// All five, and one end for two drains. But it says that nothing comes after it, and behind it come
// three clicks. Who believes it has left by then. So after a drain, use a new channel.

// Next, a stop in a pause. And while you close it, you're interrupted yourself. You do your duty,
// twice.

{
  noted.clear();
  var pausing = start(offset -> { throw new Stopping.SessionTimeout(offset); }, 3, line -> {});
  IO.println(noted.poll(5, TimeUnit.SECONDS));
  Thread.currentThread().interrupt();
  pausing.close();
  pausing.close();
  IO.println("Still there: " + Thread.interrupted() + ". " + pausing.join());
  channel.clear();
}
// ==> prints pause 100
// ==> prints Still there: true. Stopped[offset=3]

// `close` has put your interrupt back where it found it. That makes it different from `produce`,
// which took it for its own.

// Two who die. One has no memory left, and the other one has nobody to talk to.

start(offset -> { throw new OutOfMemoryError("Only joking."); }, 0, line -> {}).join();
// ==> throws ExecutionException: java.lang.OutOfMemoryError: Only joking.
next();
// ==> "End[exit=Died[cause=java.lang.OutOfMemoryError: Only joking.]]"
start(log, 0, line -> { throw new IllegalStateException("No line."); }).join();
// ==> throws ExecutionException: java.lang.IllegalStateException: No line.

// Chapter 3 ended with that very line, and half a second of silence. Now `join` throws it, and the
// consumer hears of it, too.

// And one who won't. This log is deaf until it has its answer. (The report is without the names
// that the prompt gives to classes.)

var answer = new CountDownLatch(1);
var deaf =
    start(
        offset -> {
          noted.add("read " + offset);
          return new Stopping.DeafLog(answer).take(offset);
        },
        0,
        line -> {});
{
  noted.poll(5, TimeUnit.SECONDS);
  var unstopped = deaf.stop(Duration.ofMillis(100)).get();
  IO.println(unstopped.toString().replaceAll("REPL.*[$]", ""));
}
// ==> prints The supervisor did not stop within 100 ms. It stands in DeafLog.take.

// That was a request to stop, and the log ate it. Now give it its answer: it's at its end. How will
// the supervisor say that it ended?

answer.countDown(); deaf.join();
// ==> Done[offset=0]

// Done, and not Stopped. It never heard that you had asked. Had the answer been a click, it would
// have gone on to the next one.

// Last, the receiver. The put at 0 gets through and fails, so 0 is put again. Then come 2 and 3, all
// equal clicks. And 1 was poison, until someone mended it, and fed it in again.

var receiver = new Stopping.IdempotentReceiver();
Stream.of(0, 0, 2, 3, 1).map(i -> receiver.isNew(new Stopping.Item(i, click))).toList();
// ==> [true, false, true, true, false]

// The second 0 is dropped, and equal clicks are kept apart. But 1 is dropped, too, and nobody ever
// got that one. One number is memory enough while offsets only grow. A dead letter comes back from
// below, and needs another way in.
