//JAVA 25+
//DESCRIPTION 03 · The supervisor at the prompt: hear it restart, and find what it can't do
//SOURCES 03-supervisor.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 03

// The three clicks again. A fault in this set happens once, and is gone.

var clicks = List.of(
    new Supervisor.Click(new UUID(0, 7), Supervisor.Action.ADD_TO_CART),
    new Supervisor.Click(new UUID(0, 7), Supervisor.Action.SHIPPING),
    new Supervisor.Click(new UUID(0, 7), Supervisor.Action.PAYMENT));
var faults = new HashSet<>(Set.of(2L));
var log = new Supervisor.SimpleLog(clicks, faults::remove);

// This supervisor talks, and at the end of the log it would never stop. So give it a telephone. It
// says one line, and waits until you've heard it. Nothing runs hot while you think.

class Phone extends SynchronousQueue<String> implements Consumer<String> {
  @Override
  public void accept(String line) {
    try {
      put(line);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
var phone = new Phone();
var channel = new ArrayBlockingQueue<Supervisor.Click>(1024);
Supervisor.startSupervisor(log, channel, phone);
phone.take();
// ==> "Starting producer."

// The producer is under way, and offset 2 lies ahead. Pick up again.

phone.take();
// ==> "An error has occurred: publish-click@2 Session has timed out."

// That's the Failure of chapter 2, and someone who reads it. How many clicks have come through?

channel.size();
// ==> 2

// Three calls more. The fault is used up, so what will the third one be about?

for (int i = 0; i < 3; i++) IO.println(phone.take());
// ==> prints Restarting producer.
// ==> prints Starting producer.
// ==> prints An error has occurred: publish-click@3 An invalid offset has been specified!

// The end of the log, dressed as a failure. Before you pity it, look at the channel.

channel.stream().map(Supervisor.Click::action).toList();
// ==> [ADD_TO_CART, SHIPPING, PAYMENT]

// Three of three, in order, none twice. Whoever takes them has seen one channel, and no death at
// all. Now listen on.

for (int i = 0; i < 6; i++) IO.println(phone.take());
// ==> prints Restarting producer.
// ==> prints Starting producer.
// ==> prints An error has occurred: publish-click@3 An invalid offset has been specified!
// ==> prints Restarting producer.
// ==> prints Starting producer.
// ==> prints An error has occurred: publish-click@3 An invalid offset has been specified!

// It will call about this for as long as you pick up. Don't, and it waits, on a thread that lasts
// as long as your prompt. You can't stop it: what would you call?

// Next, lose an acknowledgement. The second put gets through, and fails.

var acks = new HashSet<>(Set.of(2));
var lossy = new ArrayBlockingQueue<Supervisor.Click>(1024) {
  @Override
  public void put(Supervisor.Click click) throws InterruptedException {
    super.put(click);
    if (acks.remove(size())) throw new Supervisor.SessionTimeout(1);
  }
};
var hotline = new Phone();
Supervisor.startSupervisor(log, lossy, hotline);
for (int i = 0; i < 5; i++) IO.println(hotline.take());
// ==> prints Starting producer.
// ==> prints An error has occurred: publish-click@1 Session has timed out.
// ==> prints Restarting producer.
// ==> prints Starting producer.
// ==> prints An error has occurred: publish-click@3 An invalid offset has been specified!

// It sounds just like the first time. How many clicks, then?

lossy.stream().map(Supervisor.Click::action).toList();
// ==> [ADD_TO_CART, SHIPPING, SHIPPING, PAYMENT]

// The step failed after its effect, and a failed step is repeated. Customer 7 pays once, and waits
// for two parcels.

// Last, a question that Romans asked before us. A fault at offset 1, and a phone that's broken:

faults.add(1L);
// ==> true
var orphan = new SynchronousQueue<Supervisor.Click>();
Supervisor.startSupervisor(log, orphan, line -> { throw new IllegalStateException("No line."); });
orphan.take().action();
// ==> ADD_TO_CART

// The producer lives. Its supervisor died at its first word. What happens at offset 1?

orphan.poll(500, TimeUnit.MILLISECONDS);
// ==> null

// You know this silence. Once again, someone threw a Future away.

IO.println("Who supervises the supervisor?");
// ==> prints Who supervises the supervisor?
