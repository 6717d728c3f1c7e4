//JAVA 25+
//DESCRIPTION 06 · Poison at the prompt: pass verdicts, put clicks aside, and feed them in again
//SOURCES 06-poison.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 06

// Six words in a file, and a log that decodes them for customer 7. Someone typed the second word by
// hand. A fault in the set happens once. So far there's none.

var words = new ArrayList<>(
    List.of("ADD_TO_CART", "SHIPING", "PAYMENT", "ADD_TO_CART", "SHIPPING", "PAYMENT"));
var faults = new HashSet<String>();
Poison.Log log = offset -> {
  if (faults.remove("read@" + offset)) throw new Poison.SessionTimeout(offset);
  if (offset >= words.size()) throw new Poison.InvalidOffset(offset);
  String word = words.get((int) offset);
  for (var action : Poison.Action.values())
    if (action.name().equals(word)) return new Poison.Click(new UUID(0, 7), action);
  throw new IllegalArgumentException(word + "?");
};
log.take(1);
// ==> throws IllegalArgumentException: SHIPING?

// It will say so tomorrow, too. What's the verdict? Pass three: on a time-out, on this one, and on
// an offset that never was.

Poison.Verdict on(Throwable e) {
  return Poison.verdictOnClicks(new Poison.Failure(e, 1, "publish-click"));
}
List.of(
    on(new Poison.SessionTimeout(1)),
    on(new IllegalArgumentException()),
    on(new Poison.InvalidOffset(-1)));
// ==> [Retry[], SkipTo[next=2], GiveUp[]]

// Now a number that isn't one, a day that isn't one, and a word that isn't one, wrapped by a client
// that decodes on another thread. All three will be as bad tomorrow. Guess.

List.of(
    on(new NumberFormatException()),
    on(new DateTimeException("February 30")),
    on(new CompletionException(new IllegalArgumentException())));
// ==> [SkipTo[next=2], Retry[], Retry[]]

// One of three. A bad number is an illegal argument to the JDK, a bad date is not, and what's
// wrapped isn't seen. Look at what your log really throws.

// Next, a supervisor that passes the verdicts. `supervise` is a plain call, and runs on your own
// thread. That's safe as long as the channels have room for everything.

var channel = new LinkedBlockingQueue<Poison.Message>() {
  @Override
  public void put(Poison.Message message) throws InterruptedException {
    super.put(message);
    if (faults.remove("put@" + (size() - 1))) throw new Poison.SessionTimeout(size() - 1);
  }
};
BlockingQueue<Poison.Failure> aside = new LinkedBlockingQueue<>();
String run(Poison.Log log, Function<Poison.Failure, Poison.Verdict> verdict, Consumer<String> out)
    throws Exception {
  channel.clear();
  aside.clear();
  var intensity = new Poison.Intensity(5, Duration.ofMinutes(1));
  var policy = new Poison.Policy(intensity, Poison.Pauses.NONE, verdict);
  var exit = Poison.supervise(log, channel, aside, policy, Poison.Time.REAL, new Random(1), out);
  return exit + " " + channel.size() + " arrived, " + aside.size() + " aside.";
}
run(log, Poison::verdictOnClicks, IO::println);
// ==> prints Starting producer.
// ==> prints An error has occurred: publish-click@1 java.lang.IllegalArgumentException: SHIPING?
// ==> prints Skipping to 2.
// ==> prints Starting producer.
// ==> "Done[offset=6] 5 arrived, 1 aside."

// Done, with five of six. Which one is missing, and why?

aside;
// ==> [publish-click@1 java.lang.IllegalArgumentException: SHIPING?]

// The letter says where, and why. It doesn't hold the click: there never was one. So mend the word
// where it lies, and read it again. That's one step, and you know how to take a step.

words.set(1, "SHIPPING"); Poison.publishClick(log, aside.remove().offset(), channel);
// ==> "SHIPING"
// ==> Read[nextOffset=2]
channel.stream().map(message -> ((Poison.Item) message).click().action()).toList();
// ==> [ADD_TO_CART, PAYMENT, ADD_TO_CART, SHIPPING, PAYMENT, SHIPPING]

// Six of six. But the first parcel leaves last: what comes back from aside comes behind all the
// rest. Nothing is lost, and the promise "In order" is. That's the price.

// Now all words are good. But who has time for retries? Skip whatever fails. From the put at 2 the
// acknowledgement gets lost, and the read at 4 times out.

faults.addAll(List.of("put@2", "read@4"));
// ==> true
run(log, f -> new Poison.SkipTo(f.offset() + 1), line -> {});
// ==> "Done[offset=6] 5 arrived, 2 aside."
aside;
// ==> [publish-click@2 Session has timed out., publish-click@4 Session has timed out.]

// Six clicks, and seven fates. Of the two letters, one is about a click that is missing, and the
// other one about a click that arrived. Which is which? Feed both in, and one comes twice. With
// poison you can't go wrong: what can't be decoded was never put.

// A verdict also says where to go on. What if it takes too long a step?

words.set(1, "SHIPING"); run(log, f -> new Poison.SkipTo(f.offset() + 2), line -> {});
// ==> "SHIPPING"
// ==> "Done[offset=6] 4 arrived, 1 aside."

// Six words, and five accounted for. It stepped over two, and wrote one letter.

// Now for a decoder that can't read anything, and its sister, which fails every other time, in a
// log of 1000. At which offset does the supervisor lose patience with the one, and the other?

run(offset -> log.take(1), Poison::verdictOnClicks, line -> {});
// ==> "Failed[failure=publish-click@5 java.lang.IllegalArgumentException: SHIPING?] 0 arrived, 5 aside."
Poison.Log sister = offset -> log.take(offset < 1000 ? offset % 2 : 1000);
run(sister, Poison::verdictOnClicks, line -> {});
// ==> "Done[offset=1000] 500 arrived, 500 aside."

// With the sister, never. Each good click clears the books, so they count failures in a row. They
// don't count how many there are. Half a log goes aside, and the report says Done.

// Unless there's no room. Let there be room for one letter, and run it on a thread of its own. Ask
// for three clicks. Do they come?

aside = new ArrayBlockingQueue<>(1); channel.clear();
// ==> []
var running = Poison.go(() -> run(sister, Poison::verdictOnClicks, line -> {}));
for (int i = 0; i < 3; i++) IO.println(channel.poll(1, TimeUnit.SECONDS) != null);
// ==> prints true
// ==> prints true
// ==> prints false

// The second letter found no room. From here, that looks just like a slow log. Read your letters.

aside.poll(1, TimeUnit.SECONDS); channel.poll(1, TimeUnit.SECONDS) != null;
// ==> publish-click@1 java.lang.IllegalArgumentException: SHIPING?
// ==> true

// One letter read, and one click more. Now the bottleneck is you.
