//JAVA 25+
//DESCRIPTION 05 · Backoff at the prompt: wait for a day in no time, and see what jitter costs
//SOURCES 05-backoff.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 05

// The demo's pauses, without their jitter. They are only computed, so nobody waits.

var dice = new Random(5);
var calm = new Backoff.Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0);
IntStream.rangeClosed(1, 8).mapToObj(n -> calm.before(n, dice).toMillis()).toList();
// ==> [100, 200, 400, 800, 1600, 2000, 2000, 2000]

// The cap holds. It has to hold, too, where the power is too large for a double.

calm.before(1_000_000, dice);
// ==> PT2S

// Now make some time. Yours passes when someone sleeps, and then all at once.

class MadeUp implements Backoff.Time {
  long now = 0;
  final List<Duration> pauses = new ArrayList<>();
  @Override
  public long nanos() {
    return now;
  }
  @Override
  public void sleep(Duration pause) {
    now += pause.toNanos();
    pauses.add(pause);
  }
}

// A log with a single click, which is away for a while. How does a supervisor take it?

String away(Duration outage, Backoff.Policy policy) throws Exception {
  var time = new MadeUp();
  var click = new Backoff.Click(new UUID(0, 7), Backoff.Action.SHIPPING);
  var log = new Backoff.SimpleLog(List.of(click), offset -> time.now < outage.toNanos());
  var exit = Backoff.supervise(log, new LinkedBlockingQueue<>(), policy, time, dice, line -> {});
  return exit.getClass().getSimpleName() + " after " + Duration.ofNanos(time.now);
}
var five = new Backoff.Intensity(5, Duration.ofMinutes(1));
away(Duration.ofMillis(701), new Backoff.Policy(five, calm));
// ==> "Done after PT1.5S"

// It knocked after 700 ms, a millisecond too early, and slept for 800 more. Trouble of twice the
// length would have cost the same. Now four seconds.

away(Duration.ofSeconds(4), new Backoff.Policy(five, calm));
// ==> "Failed after PT3.1S"

// The five restarts were over after 3.1 s, which is the sum of their pauses. That sum is the
// longest outage you survive, and it stands nowhere in the policy. The minute didn't matter.

// Three restarts in five seconds, then, with pauses of 2, 4 and 8. The log is gone for a day.

var pauses = new Backoff.Pauses(Duration.ofSeconds(2), 2, Duration.ofSeconds(8), 0);
var hopeful = new Backoff.Intensity(3, Duration.ofSeconds(5));
away(Duration.ofDays(1), new Backoff.Policy(hopeful, pauses));
// ==> "Done after PT24H6S"

// It knocked for a day, and you didn't wait for it. What period would have stopped it? The three
// pauses take 14 s. Is that too short, or just enough?

var exact = new Backoff.Intensity(3, Duration.ofSeconds(14));
away(Duration.ofDays(1), new Backoff.Policy(exact, pauses));
// ==> "Failed after PT14S"

// Just enough, to the nanosecond, because what is exactly a period old still counts. But here a
// read takes no time. One that does would tip it, so take a longer period.

// Next, progress. This log times out before every single click, once. `add` says true to what is
// new. There are a thousand clicks. One restart in a minute is allowed: one.

var bumpy = new Backoff.SimpleLog(
    Collections.nCopies(1000, new Backoff.Click(new UUID(0, 7), Backoff.Action.PAYMENT)),
    new HashSet<Long>()::add);
var walk = new MadeUp();
Backoff.supervise(bumpy, new LinkedBlockingQueue<>(),
    new Backoff.Policy(new Backoff.Intensity(1, Duration.ofMinutes(1)), calm),
    walk, dice, line -> {});
// ==> Done[offset=1000]

// It got through. How often did it wait, and how long?

walk.pauses.stream().collect(Collectors.groupingBy(pause -> pause, Collectors.counting()));
// ==> {PT0.1S=1001}

// A thousand and one restarts, and each was the first one. A click now takes 100 ms, and by the
// books all is well. Progress forgives, so someone else should watch the speed.

// Jitter, at last. A broker throws out a thousand clients in one instant. Each waits for its fifth
// pause, 1600 ms. How many knock in the busiest millisecond? Without jitter, all of them. With a
// fifth of it, they spread over 320 ms.

int busiest(IntFunction<Random> diceOf) {
  var pauses = new Backoff.Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0.2);
  var knocks = new TreeMap<Long, Integer>();
  for (int client = 0; client < 1000; client++)
    knocks.merge(pauses.before(5, diceOf.apply(client)).toMillis(), 1, Integer::sum);
  return Collections.max(knocks.values());
}
busiest(client -> dice);
// ==> 9

// That's what jitter is for. The demo throws its dice with a seed, so that everyone sees the same
// run. If all of your clients did that?

busiest(client -> new Random(1));
// ==> 1000

// There's the herd again, with jitter and all. So give each client a seed of its own. It has a
// number already.

busiest(client -> new Random(client));
// ==> 35

// Better, and bad. With neighbouring seeds, Random's first throws are neighbours as well. `new
// Random()` chooses a seed by itself, and better.

// And the bill. A log is away for three seconds. We know that 3.1 s of patience will do. Out of a
// thousand supervisors, how many are still there, with no jitter, with a fifth, and with all of it?

for (double jitter : new double[] {0, 0.2, 1}) {
  var some = new Backoff.Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(2), jitter);
  int survivors = 0;
  for (int i = 0; i < 1000; i++)
    if (away(Duration.ofSeconds(3), new Backoff.Policy(five, some)).startsWith("Done")) survivors++;
  IO.println("jitter " + jitter + ": " + survivors);
}
// ==> prints jitter 0.0: 1000
// ==> prints jitter 0.2: 18
// ==> prints jitter 1.0: 0

// Jitter only takes off. What it takes off is your patience.
