//JAVA 25+
//DESCRIPTION 09 · Supervision trees at the prompt: pull a string, and see who else falls
//SOURCES 09-supervision-tree.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 09

// Children on strings. A puppet waits for a word from you: "go on", "fail", "done", or its last one.
// It notes when it opens and closes, and some have lost their key. `next` waits for so many notes,
// and reads them out.

class Puppet implements SupervisionTree.Step<Integer> {
  static final BlockingQueue<String> notes = new LinkedBlockingQueue<>();
  final String name;
  final boolean hasKey;
  final BlockingQueue<String> string = new LinkedBlockingQueue<>();

  Puppet(String name) {
    this(name, true);
  }

  Puppet(String name, boolean hasKey) {
    this.name = name;
    this.hasKey = hasKey;
  }

  @Override
  public void open(Integer from) {
    if (!hasKey) throw new IllegalStateException("No key.");
    notes.add("open " + name + " at " + from);
  }

  @Override
  public SupervisionTree.Outcome<Integer> run(Integer state) throws InterruptedException {
    return switch (string.take()) {
      case "go on" -> new SupervisionTree.Continue<>(state + 1);
      case "done" -> new SupervisionTree.Done<>(state);
      case "fail" -> throw new IllegalStateException("The string is torn.");
      case String lastWord -> throw new Error(lastWord);
    };
  }

  @Override
  public void close() {
    notes.add("close " + name);
  }

  SupervisionTree.ChildSpec<Integer> spec() {
    return SupervisionTree.ChildSpec.of(name, 0, this).with(SupervisionTree.Pauses.NONE);
  }

  static void next(int many) throws InterruptedException {
    var next = new StringJoiner(", ");
    for (int i = 0; i < many; i++) next.add(notes.poll(5, TimeUnit.SECONDS));
    IO.println(next);
  }

  void pull(int many, String... words) throws InterruptedException {
    string.addAll(List.of(words));
    next(many);
  }
}

// Their supervisors allow one restart a minute, and there are no pauses.

SupervisionTree.Supervisor tree(String strategy) {
  return new SupervisionTree.Supervisor(
      SupervisionTree.Strategy.valueOf(strategy),
      new SupervisionTree.Intensity(1, Duration.ofMinutes(1)),
      event -> {
        if (event instanceof SupervisionTree.Unstopped u) Puppet.notes.add(u.id() + " still runs");
      });
}

// Two of them, by hand.

Puppet clicks = new Puppet("clicks"), orders = new Puppet("orders"); var shop = tree("ONE_FOR_ONE");
var root = shop.start("shop", clicks.spec(), orders.spec()); Puppet.next(2);
// ==> prints open clicks at 0, open orders at 0

// In the order in which you named them, the second one when the first had opened. Send the clicks
// one step on, and then let them fail. Where do they begin again, and who else does?

clicks.pull(2, "go on", "fail");
// ==> prints close clicks, open clicks at 1

// One for one. And the tree knows what happened. Ask it: nobody is disturbed.

for (var child : shop.children())
  IO.println(child.id() + ", " + child.restarts() + ", " + child.lastFailure());
// ==> prints clicks, 1, Optional[clicks@1 java.lang.IllegalStateException: The string is torn.]
// ==> prints orders, 0, Optional.empty

// A mailer, while all that runs. Then another one of the same name, and one without a key. Which of
// them are in the list afterwards?

for (int i = 0; i < 2; i++) shop.startChild(new Puppet("mailer").spec());
// ==> throws IllegalArgumentException: There is a child 'mailer' already.
shop.startChild(new Puppet("locked", false).spec());
// ==> throws ChildFailed: locked: it did not start
Puppet.next(1); IO.print(SupervisionTree.drawn(shop.children(), ""));
// ==> prints open mailer at 0
// ==> prints ├─ ● clicks at 1
// ==> prints ├─ ● orders at 0
// ==> prints └─ ● mailer at 0

// Whoever never started was never there. Terminate the mailer: it has ended, and stays in the list.
// Whoever runs can't be deleted.

shop.terminateChild("mailer"); IO.print(SupervisionTree.drawn(shop.children(), ""));
// ==> prints ├─ ● clicks at 1
// ==> prints ├─ ● orders at 0
// ==> prints └─ ■ mailer at 0
shop.deleteChild("clicks");
// ==> throws IllegalStateException: 'clicks' runs, or is about to: terminate it first.

// The mailer can come back. Then stop it all, from the outside.

{
  shop.restartChild("mailer");
  root.stop();
  IO.println(root.join());
  Puppet.next(5);
}
// ==> prints Stopped[state=[clicks@1, orders@0, mailer@0]]
// ==> prints close mailer, open mailer at 0, close mailer, close orders, close clicks

// The last one first, and each says where it was. That list is the supervisor's state, as an offset
// is a producer's. So give it back. Who begins where?

if (root.join() instanceof SupervisionTree.Stopped(var children))
  try (var again = shop.start("shop", children.toArray(SupervisionTree.ChildSpec<?>[]::new))) {
    Puppet.next(3);
    again.stop();
    Puppet.next(3);
  }
// ==> prints open clicks at 1, open orders at 0, open mailer at 0
// ==> prints close mailer, close orders, close clicks

// Now three in a row, of which the middle one fails. One for all, and then rest for one. Say it
// aloud before you look.

void middleFails(String strategy, int many) throws InterruptedException {
  Puppet a = new Puppet("a"), b = new Puppet("b"), c = new Puppet("c");
  try (var row = tree(strategy).start("row", a.spec(), b.spec(), c.spec())) {
    Puppet.next(3);
    b.pull(many, "fail");
    row.stop();
    Puppet.next(3);
  }
}
middleFails("ONE_FOR_ALL", 6);
// ==> prints open a at 0, open b at 0, open c at 0
// ==> prints close b, close c, close a, open a at 0, open b at 0, open c at 0
// ==> prints close c, close b, close a
middleFails("REST_FOR_ONE", 4);
// ==> prints open a at 0, open b at 0, open c at 0
// ==> prints close b, close c, open b at 0, open c at 0
// ==> prints close c, close b, close a

// b closes by itself. The others are asked to, the last one first, and only when all have closed the
// first one opens. Next, a row in which the last one has no key, right from the start.

{
  var row = tree("ONE_FOR_ONE").start("row", orders.spec(), new Puppet("locked", false).spec());
  IO.println(row.join());
  Puppet.next(2);
}
// ==> prints Failed[failure=start row@[orders@0, locked@0] locked: java.lang.IllegalStateException: No key.]
// ==> prints open orders at 0, close orders

// All or none. And a supervisor that does not start has failed, like any child. That's the next
// thing to try: the shop as a child of an app. One restart is allowed, and the clicks fail twice.

var app = tree("ONE_FOR_ONE").start(
    "app", shop.as("shop", clicks.spec(), orders.spec()).with(SupervisionTree.Pauses.NONE));
Puppet.next(2); clicks.pull(6, "fail", "fail");
// ==> prints open clicks at 0, open orders at 0
// ==> prints close clicks, open clicks at 0, close clicks, close orders, open clicks at 0, open orders at 0

// The first failure took the clicks alone. The second one was too much for the shop: it ended its
// children, said so to the app, and was started again. So its books are new, and the clicks may fail
// once more. And then?

clicks.pull(4, "fail", "fail"); app.join();
// ==> prints close clicks, open clicks at 0, close clicks, close orders
// ==> Failed[failure=run@[shop@[clicks@0, orders@0]] shop: clicks: java.lang.IllegalStateException: The string is torn.]

// The app had one restart, too, and it was used up. Nobody is left to ask, so the exit says it all,
// down to the string. An Error doesn't climb like that, from restart to restart. It goes straight to
// the top.

{
  var last = tree("ONE_FOR_ALL").start("shop", clicks.spec(), orders.spec());
  Puppet.next(2);
  clicks.pull(2, "Only joking.");
  last.join();
}
// ==> prints open clicks at 0, open orders at 0
// ==> prints close clicks, close orders
// ==> throws ExecutionException: java.lang.Error: Only joking.

// At last, one who won't listen. It has 50 ms to stop, and waits for an answer.

{
  var answer = new CountDownLatch(1);
  SupervisionTree.Step<Integer> deaf =
      state -> {
        while (true)
          try {
            answer.await();
            return new SupervisionTree.Done<>(state);
          } catch (InterruptedException e) {
            // not now
          }
      };
  var spec = SupervisionTree.ChildSpec.of("deaf", 0, deaf).withShutdown(Duration.ofMillis(50));
  var stubborn = tree("ONE_FOR_ONE").start("stubborn", spec);
  IO.println(stubborn.stop() + ", " + stubborn.join());
  Puppet.next(1);
  answer.countDown();
}
// ==> prints Optional.empty, Failed[failure=run@[deaf@0] deaf: it does not stop]
// ==> prints deaf still runs

// The stop has nothing to report: the root is over, as asked. But its exit is a failure, and no
// Stopped. The deaf one still runs. The listener has heard its name, and can do no more about it.
