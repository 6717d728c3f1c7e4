//JAVA 25+
//DESCRIPTION 08 · The reusable supervisor at the prompt: any step, any state, and who says what becomes of it
//SOURCES 08-reusable-supervisor.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 08

// Work that has nothing to do with clicks. It counts down, and at 3 it burns its fingers, once.

var hot = new AtomicBoolean(true);
ReusableSupervisor.Step<Integer> countdown = n -> {
  if (n == 3 && hot.getAndSet(false)) throw new IllegalStateException("Ouch.");
  return n == 0 ? new ReusableSupervisor.Done<>(n) : new ReusableSupervisor.Continue<>(n - 1);
};

// A step by hand is `attempt`. No thread, no channel, no supervisor. Try it at 5, at 3, at 3, and
// at the end.

for (int n : List.of(5, 3, 3, 0)) IO.println(countdown.attempt(n, "countdown"));
// ==> prints Continue[next=4]
// ==> prints Failed[failure=countdown@3 java.lang.IllegalStateException: Ouch.]
// ==> prints Continue[next=2]
// ==> prints Done[state=0]

// A step must say where to go on, and this one doesn't. It throws where you'd expect a `Continue`.
// What will you get?

{
  ReusableSupervisor.Step<Integer> lost = n -> new ReusableSupervisor.Continue<>(null);
  IO.println(lost.attempt(7, "lost"));
}
// ==> prints Failed[failure=lost@7 java.lang.NullPointerException: A step must say where to go on.]

// Now supervise it. The events go into a queue, and time is no object: pauses are over at once.

var events = new LinkedBlockingQueue<ReusableSupervisor.Event>();
class Hasty implements ReusableSupervisor.Time {
  @Override
  public long nanos() {
    return 0;
  }

  @Override
  public void sleep(Duration pause) throws InterruptedException {}
}
<S> ReusableSupervisor.Supervisor<S> start(ReusableSupervisor.ChildSpec<S> spec) {
  events.clear();
  return ReusableSupervisor.Supervisor.start(spec, events::add, new Hasty(), new Random(1));
}
var spec = ReusableSupervisor.ChildSpec.of("countdown", 5, countdown);
{
  hot.set(true);
  IO.println(start(spec).join());
  events.forEach(event -> IO.println(ReusableSupervisor.words(event)));
}
// ==> prints Done[state=0]
// ==> prints Starting countdown at 5.
// ==> prints An error has occurred: countdown@3 java.lang.IllegalStateException: Ouch.
// ==> prints Restarting countdown in 85 ms.
// ==> prints Starting countdown at 3.
// ==> prints countdown is done at 0.

// It went on at 3. Erlang would have begun again at 5: the specification says so.

// The same child, but permanent, and with two restarts a minute. It's done in no time. What will
// its supervisor make of that?

{
  var two = new ReusableSupervisor.Intensity(2, Duration.ofMinutes(1));
  start(spec.with(ReusableSupervisor.Restart.PERMANENT).with(two)).join();
  events.forEach(event -> IO.println(ReusableSupervisor.words(event)));
}
// ==> prints Starting countdown at 5.
// ==> prints An error has occurred: countdown@0 java.lang.IllegalStateException: It has ended.
// ==> prints Restarting countdown in 85 ms.
// ==> prints Starting countdown at 0.
// ==> prints An error has occurred: countdown@0 java.lang.IllegalStateException: It has ended.
// ==> prints Restarting countdown in 183 ms.
// ==> prints Starting countdown at 0.
// ==> prints An error has occurred: countdown@0 java.lang.IllegalStateException: It has ended.
// ==> prints Giving up on countdown: at most 2 restarts in 60000 ms.
// ==> prints countdown has failed.

// Where a permanent child is concerned, "It has ended" is a failure. It goes on at 0, where nothing
// is left to count. That's no progress, so two restarts are all it gets.

// A judge that says where to go on. 3 is hot, so leave it out.

{
  hot.set(true);
  ReusableSupervisor.Judge<Integer> skip =
      failure -> new ReusableSupervisor.SkipTo<>(failure.state() - 1);
  IO.println(start(spec.with(skip)).join());
  events.forEach(event -> IO.println(ReusableSupervisor.words(event)));
}
// ==> prints Done[state=0]
// ==> prints Starting countdown at 5.
// ==> prints An error has occurred: countdown@3 java.lang.IllegalStateException: Ouch.
// ==> prints Skipping countdown to 2.
// ==> prints Starting countdown at 2.
// ==> prints countdown is done at 0.

// And a judge that has no idea. Its own exception must not hide the one that it was asked about.

{
  hot.set(true);
  ReusableSupervisor.Judge<Integer> confused =
      failure -> { throw new NoSuchElementException("No idea."); };
  if (start(spec.with(confused)).join() instanceof ReusableSupervisor.Failed<Integer>(var failure))
    IO.println(failure + ", and " + List.of(failure.exception().getSuppressed()));
}
// ==> prints countdown@3 java.lang.IllegalStateException: Ouch., and [java.util.NoSuchElementException: No idea.]

// A listener that throws at everything it's told. Will the countdown get to its end, and who hears
// of the listener? (The handler is set back at last, since it's the whole JVM's.)

{
  var heard = new LinkedBlockingQueue<String>();
  var before = Thread.getDefaultUncaughtExceptionHandler();
  Thread.setDefaultUncaughtExceptionHandler((thread, e) -> heard.add(thread.getName() + ": " + e));
  ReusableSupervisor.Listener grumpy = event -> { throw new IllegalStateException("Not now."); };
  IO.println(ReusableSupervisor.Supervisor.start(spec, grumpy).join());
  Thread.setDefaultUncaughtExceptionHandler(before);
  heard.forEach(IO::println);
}
// ==> prints Done[state=0]
// ==> prints countdown: java.lang.IllegalStateException: Not now.
// ==> prints countdown: java.lang.IllegalStateException: Not now.

// It was told twice, of the start and of the end, and it's nobody's failure but its own.

// Next, states that mean nothing to us: a shop's tokens. There's room for one order, and the first
// page holds two. Let it run until it's stuck, look at it, and stop it.

var orders = new ArrayBlockingQueue<String>(1);
var pages =
    ReusableSupervisor.ChildSpec.of(
        "orders",
        "first",
        ReusableSupervisor.publishPage(
            token ->
                token.equals("first")
                    ? new ReusableSupervisor.Page(
                        List.of("a teapot", "two cups"), Optional.of("kF3x"))
                    : new ReusableSupervisor.Page(List.of("a spoon"), Optional.empty()),
            orders));
{
  var stuck = start(pages);
  while (orders.isEmpty()) Thread.sleep(1);
  IO.println(stuck.status());
  IO.println(stuck.stop() + ", " + stuck.join());
}
// ==> prints Status[id=orders, runs=true, state=first, restarts=0, lastFailure=Optional.empty]
// ==> prints Optional.empty, Stopped[state=first]

// It was at its first page, with the teapot out and the cups in its hand. Go on where it stopped.

{
  var again = start(pages.withInitial("first"));
  for (int i = 0; i < 4; i++) IO.println(orders.poll(5, TimeUnit.SECONDS));
  IO.println(again.join());
}
// ==> prints a teapot
// ==> prints a teapot
// ==> prints two cups
// ==> prints a spoon
// ==> prints Done[state=kF3x]

// The teapot comes twice. A state is as fine as you make it, and half a page isn't in this one. How
// would you make it finer?

// A stop in a pause. This clock's pauses last, and it says when one begins.

{
  var paused = new CountDownLatch(1);
  class Still extends Hasty {
    @Override
    public void sleep(Duration pause) throws InterruptedException {
      paused.countDown();
      new CountDownLatch(1).await();
    }
  }
  hot.set(true);
  var still = ReusableSupervisor.Supervisor.start(spec, event -> {}, new Still(), new Random(1));
  paused.await();
  IO.println(still.status());
  IO.println(still.stop() + ", " + still.join());
}
// ==> prints Status[id=countdown, runs=true, state=3, restarts=0, lastFailure=Optional[countdown@3 java.lang.IllegalStateException: Ouch.]]
// ==> prints Optional.empty, Stopped[state=3]

// Now the step notes its thread, and waits, and a stranger interrupts that thread. Is it a stop?

{
  var running = new LinkedBlockingQueue<Thread>();
  ReusableSupervisor.Step<Integer> waiting = n -> {
    running.add(Thread.currentThread());
    new CountDownLatch(1).await();
    return new ReusableSupervisor.Done<>(n);
  };
  var supervisor = start(ReusableSupervisor.ChildSpec.of("waiting", 0, waiting));
  running.take().interrupt();
  running.take();
  IO.println(supervisor.status());
  IO.println(supervisor.stop() + ", " + supervisor.join());
}
// ==> prints Status[id=waiting, runs=true, state=0, restarts=1, lastFailure=Optional[waiting@0 java.lang.InterruptedException]]
// ==> prints Optional.empty, Stopped[state=0]

// It isn't. Only who calls `stop` has asked, and so there was a restart. The very same exception, in
// the very same step, and the second time it was a stop.

// A step may ask for the stop of its own supervisor. It can't wait for itself, so it only asks, and
// its step is done to the end.

{
  var self = new CompletableFuture<ReusableSupervisor.Supervisor<Integer>>();
  ReusableSupervisor.Step<Integer> enough = n -> {
    if (n == 3) IO.println(self.get().stop());
    return new ReusableSupervisor.Continue<>(n + 1);
  };
  self.complete(start(ReusableSupervisor.ChildSpec.of("enough", 0, enough)));
  IO.println(self.get().join());
}
// ==> prints Optional.empty
// ==> prints Stopped[state=4]

// Last, an Error. `attempt` is not for that, and no supervisor survives it. Who is told?

ReusableSupervisor.Step<Integer> broken = n -> { throw new AssertionError("That can't be."); };
broken.attempt(0, "broken");
// ==> throws AssertionError: That can't be.
start(ReusableSupervisor.ChildSpec.of("broken", 0, broken)).join();
// ==> throws ExecutionException: java.lang.AssertionError: That can't be.
ReusableSupervisor.words(List.copyOf(events).getLast());
// ==> "broken has died: java.lang.AssertionError: That can't be."

// The listener, and whoever joins. If there's neither, then nobody is told. So hold what you start.
