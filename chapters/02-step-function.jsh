//JAVA 25+
//DESCRIPTION 02 · The step function at the prompt: be the loop yourself, then break it
//SOURCES 02-step-function.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 02

// The three clicks of last time, in two logs. One works, and one times out at offset 2.

var clicks = List.of(
    new StepFunction.Click(new UUID(0, 7), StepFunction.Action.ADD_TO_CART),
    new StepFunction.Click(new UUID(0, 7), StepFunction.Action.SHIPPING),
    new StepFunction.Click(new UUID(0, 7), StepFunction.Action.PAYMENT));
var log = new StepFunction.SimpleLog(clicks, offset -> false);
var shaky = new StepFunction.SimpleLog(clicks, offset -> offset == 2);

// The channel has room for three, so you can put without anyone taking.

var channel = new ArrayBlockingQueue<StepFunction.Click>(3);

// Take a step. There's no thread, and no loop. The loop is you.

StepFunction.publishClick(shaky, 0, channel);
// ==> Read[nextOffset=1]

// It says where to go on. Do as it says.

StepFunction.publishClick(shaky, 1, channel);
// ==> Read[nextOffset=2]
channel.size();
// ==> 2

// And again. You know what lies at offset 2.

var outcome = StepFunction.publishClick(shaky, 2, channel);
// ==> Failed[failure=publish-click@2 Session has timed out.]

// In chapter 1 this killed a producer. Here it's a value in a variable, and it comes apart like any
// other record.

if (outcome instanceof StepFunction.Failed(
    StepFunction.Failure(var exception, var offset, var operation)))
  IO.println("We did " + operation + " at offset " + offset + ". The log said: " + exception);
// ==> prints We did publish-click at offset 2. The log said: Session has timed out.

// Where do we go on? Suppose you had forgotten that things fail. It has been known to happen.

long next = switch (outcome) {
  case StepFunction.Read(long offset) -> offset;
};
// ==> does not compile: the switch expression does not cover all possible input values

// The compiler has not forgotten. That's what `sealed` is for.

long next = switch (outcome) {
  case StepFunction.Read(long offset) -> offset;
  case StepFunction.Failed(StepFunction.Failure failure) -> failure.offset();
};
// ==> 2

// By now the network is back. Go on at the offset that failed, with the same channel.

StepFunction.publishClick(log, next, channel);
// ==> Read[nextOffset=3]
channel.stream().map(StepFunction.Click::action).toList();
// ==> [ADD_TO_CART, SHIPPING, PAYMENT]

// All there, and in order. You've just restarted a producer by hand. Chapter 3 gives you the rest
// of the day off. But what comes after the last click?

StepFunction.publishClick(log, 3, channel);
// ==> Failed[failure=publish-click@3 An invalid offset has been specified!]

// The end of the log, dressed as a failure. Meanwhile the channel is full, and a step waits there
// like any put. So it had better wait on another thread.

var waiting = StepFunction.go(() -> StepFunction.publishClick(log, 0, channel));
waiting.state();
// ==> RUNNING
channel.take().action();
// ==> ADD_TO_CART
waiting.get();
// ==> Read[nextOffset=1]

// A log that answers null is broken, and the channel takes offence. But was it the take that
// failed, or the put? The operation doesn't say. Exercise 02-b makes it.

StepFunction.publishClick(offset -> null, 4, channel);
// ==> Failed[failure=publish-click@4 java.lang.NullPointerException]

// `Throwable` is a wide net. It also catches what nobody should try to survive.

StepFunction.publishClick(offset -> { throw new OutOfMemoryError("Only joking."); }, 4, channel);
// ==> Failed[failure=publish-click@4 java.lang.OutOfMemoryError: Only joking.]

// And it catches the interrupt with which somebody asked us to stop. We've made a note of it.

{
  Thread.currentThread().interrupt();
  IO.println(StepFunction.publishClick(log, 0, channel));
}
// ==> prints Failed[failure=publish-click@0 java.lang.InterruptedException]

// Last, put the loop back around the step. It runs on its own thread, and returns what ended it.

var producer = StepFunction.start(shaky, new ArrayBlockingQueue<>(3), 0);
IO.println("It died of " + producer.get());
// ==> prints It died of publish-click@2 Session has timed out.

// Now somebody knows. Somebody should do something about it.
