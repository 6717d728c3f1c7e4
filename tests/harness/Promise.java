package harness;

import java.util.List;
import java.util.function.Function;

/// What a stream of work promises to the code downstream of it. Each promise has one check, written once
/// and run for every chapter, solution, saboteur and learner's file.
///
/// A promise is added together with the first chapter where its question can be asked.
public enum Promise {
  IN_ORDER("In order", "events come out in log order", StreamChecks::inOrder),
  BACKPRESSURE(
      "Backpressure",
      "it never reads further ahead than the channel's capacity plus the one in hand",
      StreamChecks::backpressure),
  ONE_STEP(
      "One step at a time",
      "one event can be produced and inspected by a plain call, without a thread",
      StreamChecks::oneStep),
  FAILURE_IS_A_VALUE(
      "Failure is a value",
      "what failed, at which offset, in which operation, can be read by someone",
      StreamChecks::failureIsAValue),
  DOWNSTREAM_LIVES_ON(
      "Downstream lives on",
      "the consumer keeps receiving after a fault",
      StreamChecks::downstreamLivesOn),
  SAME_CHANNEL("Same channel", "the consumer never has to reconnect", StreamChecks::sameChannel),
  NOTHING_LOST(
      "Nothing lost",
      "every event arrives, under any schedule of transient faults",
      StreamChecks::nothingLost),
  NOTHING_TWICE(
      "Nothing twice",
      "no event arrives twice, as long as the process lives",
      StreamChecks::nothingTwice),
  IT_ENDS(
      "It ends",
      "the end of the log reaches the consumer as an end; nothing spins",
      RestartChecks::itEnds),
  IT_GIVES_UP(
      "It gives up",
      "a fault that does not go away is retried a bounded number of times, then returned to someone"
          + " who can act",
      RestartChecks::itGivesUp),
  IT_WAITS(
      "It waits",
      "restarts back off, with jitter; progress resets both the delay and the count",
      RestartChecks::itWaits),
  ONE_BAD_EVENT(
      "One bad event",
      "a poison event goes aside, as a dead letter, and the rest arrives",
      PoisonChecks::oneBadEvent),
  IT_STOPS(
      "It stops",
      "on request, within a bound; an interrupt is a stop, never a failure; no thread is left",
      StopChecks::itStops),
  FATAL_IS_FATAL(
      "Fatal is fatal",
      "an Error is not dressed up as a failure, or a restart",
      StopChecks::fatalIsFatal),
  ANY_PRODUCER(
      "Any producer",
      "the same supervisor runs a different kind of work unchanged",
      TreeChecks::anyProducer),
  SIBLINGS(
      "Siblings",
      "a failure restarts the siblings that the strategy names, in start order, and stops them in"
          + " reverse",
      TreeChecks::siblings),
  SURVIVES_KILL(
      "Survives kill -9",
      "a new process goes on where the last one's effects ended",
      KillChecks::survivesKill),
  EFFECTS_ONCE(
      "Effects once",
      "each effect happens exactly once, at whatever moment the process is killed",
      KillChecks::effectsOnce),
  SURVIVES_BROKER(
      "Survives the broker",
      "a real broker is killed and restarted under load: nothing is lost, and no effect happens"
          + " twice",
      ClusterChecks::survivesBroker),
  SHARES_WORK(
      "Shares the work",
      "several processes share the log; when one is killed, the others take over",
      ClusterChecks::sharesWork);

  private final String title;
  private final String line;
  private final Function<Subject, Verdict> check;

  Promise(String title, String line, Function<Subject, Verdict> check) {
    this.title = title;
    this.line = line;
    this.check = check;
  }

  /// Two or three words, as in the matrix.
  public String title() {
    return title;
  }

  /// The promise in one line.
  public String line() {
    return line;
  }

  /// Puts `subject` to the test. A program that keeps the promise while a throwable dies uncaught on some
  /// thread has not kept it. (Leaked threads and forgotten futures are the business of [Lawfulness].)
  public Verdict check(Subject subject) {
    var law = new Law().watch();
    Verdict verdict = null;
    List<Law.Breach> breaches;
    try {
      verdict = check.apply(subject);
    } finally { // also when the harness itself fails: nothing dies in silence
      breaches = law.breaches();
    }
    breaches = breaches.stream().filter(b -> b.article() == Law.Article.UNCAUGHT).toList();
    if (verdict instanceof Verdict.Kept && !breaches.isEmpty())
      return Verdict.Broken.byBreaches(breaches);
    return verdict;
  }
}
