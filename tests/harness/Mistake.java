package harness;

import harness.Timeline.Entry;
import harness.Timeline.Kind;
import harness.Timeline.Lane;
import java.util.List;
import java.util.Optional;

/// A mistake that one makes when one writes a producer or a supervisor, recognised by what it did in a
/// run. A recognised mistake names itself in the failure message, and says where to look.
public enum Mistake {
  CARRIES_ON(
      "the same thread that failed at an offset went on with the next one: it catches the"
          + " exception, and goes on as if nothing had happened",
      "the catch block inside the loop. What becomes of the event that failed?"),
  RESTARTS_PAST(
      "the new producer begins at the failed offset + 1, which skips the very event that failed",
      "the offset that is handed to the new producer"),
  RESTARTS_AT_ZERO(
      "the new producer begins at offset 0: it reads again what was already delivered",
      "the offset that is handed to the new producer. Who knows where the old one failed?"),
  RESTARTS_ELSEWHERE(
      "the new producer begins neither at the failed offset nor anywhere that would make sense",
      "the offset that is handed to the new producer"),
  NEW_CHANNEL(
      "after the failure the log is read, but nothing more is put on the channel that the consumer"
          + " holds: it looks like a new channel per restart",
      "the channel that is handed to the new producer. Is it the old one?"),
  TWO_PRODUCERS(
      "two producers read the log at once",
      "when the supervisor starts another producer. Does it wait for the old one to end?"),
  HIDES_THE_FAILURE(
      "the same thread tries the same offset again, and tells nobody: the failure is hidden in a"
          + " loop of its own",
      "the catch block. A failure should come out as a value, and someone else should decide"),
  SILENT_DEATH(
      "after the failure nothing was read any more: the producer is dead, and nobody started"
          + " another",
      "who gets to know of the failure, and what they do then"),
  DROPS_WHEN_FULL(
      "an event was refused by a full channel, and dropped: offer() and add() don't wait for room",
      "how the event gets onto the channel. put() waits: that is backpressure"),
  DIED_OF_ITS_OWN(
      "the thread died of an exception that is not the log's: the picture's last rows quote it",
      "the line that the exception names"),
  PUTS_ELSEWHERE(
      "the log is read, and nothing is put on the channel that was handed in",
      "the channel on which the producer puts. Is it the one that the consumer holds?"),
  STANDS_STILL(
      "it reads the same place twice, though nothing failed: the loop's state isn't moved on",
      "what the loop knows after an event that it didn't know before"),
  SKIPS_THE_BEGINNING(
      "the first read was not at offset 0",
      "the offset at which the producer starts. Does it live in a static field, and survive the"
          + " run?"),
  TAKES_FROM_THE_CHANNEL(
      "an event was taken out of the channel by the program itself, and the consumer never saw it",
      "every call on the channel but put()"),
  READS_WITHOUT_BOUND(
      "the log is read though nobody takes: something between the log and the channel has no bound",
      "what stands between take() and put(): a queue without a bound, or a thread for each event?"),
  HOLDS_MORE_THAN_ONE(
      "it reads the next event before the last one was put: it has more than one in hand",
      "the order of take() and put(). After each take comes its put"),
  PUTS_OTHER_EVENTS(
      "something was put on the channel that the log never gave out",
      "what is put on the channel, and when"),
  WAITS_FOR_A_LOCK(
      "a thread waits for a lock that another thread holds, and does not give back",
      "every `synchronized` that the thread's line is in"),
  LOOPS_FOR_EVER(
      "a loop that neither reads, nor puts, nor ends, or a long sleep",
      "the line that the thread stands at"),
  SWALLOWS_THE_INTERRUPT(
      "the thread was interrupted while it waited, and went on to the next offset: an interrupt is"
          + " a request to stop, and this one was swallowed",
      "every catch that an InterruptedException can reach"),
  REPEATS_A_PUT_THAT_GOT_THROUGH(
      "the put got through, and then it failed. The restart at the failed offset put the event"
          + " again: at-least-once",
      "what the step knows about an event when it fails after its put"),
  TAKES_THE_END_FOR_A_FAILURE(
      "the end of the log is one more failure to it: it reads past the end again and again, until"
          + " it gives up",
      "what the step returns when there is nothing at its offset, and nothing is wrong"),
  TELLS_TOO_EARLY(
      "the consumer is told of an end that is none yet, or is told twice",
      "where the end is put on the channel. Only who starts no other producer can know it"),
  KEEPS_IT_TO_ITSELF(
      "the work is over, and only the program knows",
      "what happens between the last exit and the return. Who takes from the channel has to hear of"
          + " it"),
  TELLS_TWICE(
      "two places in the program tell the consumer of the same end",
      "every put of an end. One of them can know that it's the last word"),
  ENDS_ALIKE(
      "the consumer can't tell a log that ended from one that was given up",
      "what the end says. The supervisor knows how it ended"),
  TAKES_A_MISTAKE_FOR_THE_END(
      "an offset before the first event is taken for the end of the log",
      "the condition for the end. The log says the same of both"),
  RETURNS_AN_OLD_FAILURE(
      "it gives up, and hands over a failure that was repaired long ago",
      "which failure is returned. The last one is the reason"),
  TAKES_A_REPEAT_FOR_PROGRESS(
      "an event that is read, or put, once more counts as progress",
      "what progress is. Only the offset of the next failure says that something was left behind"),
  KEEPS_OLD_BOOKS(
      "restarts are allowed, and none was tried: it takes what failed before for the end, or counts"
          + " what an earlier run has left behind",
      "the condition for the end, and static fields. Each supervisor counts for itself"),
  RETURNS_NOTHING(
      "it gives up, and its caller gets no failure to act on",
      "what the supervisor's future returns"),
  OFF_BY_ONE(
      "the number of restarts is compared with the intensity one too early, or one too late",
      "the comparison with the intensity. An intensity of 3 allows three restarts, and refuses the"
          + " fourth"),
  EDGE_OF_THE_PERIOD(
      "a restart is forgotten too early, or too late, or on another clock than the one handed in",
      "the comparison with the period. Exactly one period old still counts"),
  BEGINS_PERIODS(
      "a period begins and ends, and what was in it is forgotten all at once, or never: so twice as"
          + " many restarts find room around its end",
      "what is forgotten, and when. Each restart has a period of its own behind it"),
  COMPARES_INSTANTS(
      "instants are compared, or added to. Only the difference of two means something",
      "every < and > with the clock in it: now - then > period is right, now > then + period"
          + " isn't"),
  DOES_NOT_PAUSE(
      "the supervisor restarts at once, or it waits on a clock of its own",
      "where the time that was handed in is asked to sleep"),
  PAUSES_FOR_NOTHING(
      "there are more pauses than restarts", "when it waits: between a failure and the restart"),
  PAUSES_ARE_NONE(
      "a pause comes out as nothing, or as less than that",
      "the smallest number that can come out: the exponent of the first pause, whole numbers that"
          + " round down, and what chance takes off"),
  PAUSES_OVERFLOW(
      "a number grew until it didn't fit, and became negative, or nothing: the cap came too late",
      "the multiplication before the cap. How great can it get, and does that fit?"),
  PAUSES_ALIKE(
      "each pause is like the one before",
      "how a pause depends on the number of failures in a row"),
  REMEMBERS_OLD_PAUSES(
      "after progress the pauses go on from where they were",
      "what else has to begin anew when the offset has moved"),
  WAITS_BEFORE_IT_ASKS(
      "it waits first, and asks only then whether there may be one more restart",
      "the order of the pause and of the question to the counter"),
  ADDS_TO_THE_CAP(
      "chance makes a pause longer than the longest one",
      "the order of the cap and the jitter. Jitter takes off, and never puts on"),
  GROWS_FOR_EVER("nothing keeps the pauses from growing", "where the cap comes in"),
  CAPS_THE_JITTER(
      "the cap cuts off what chance has added, so that all of the longest pauses are alike",
      "the order of the cap and the jitter. First comes the cap, and chance takes off from there"),
  THROWS_NO_DICE(
      "chance plays no part in the pauses", "where the dice that were handed in are thrown"),
  THROWS_OTHER_DICE(
      "the pauses come from other dice than the ones handed in: no run of it can be repeated",
      "every call that makes a random number"),
  FORGETS_WITH_ITS_PROCESS(
      "where to go on is kept in memory alone, and dies with the process; or it's kept elsewhere,"
          + " and nobody asks for it",
      "where a new process gets its first offset from"),
  SAVES_BEFORE_THE_EFFECT(
      "the offset was saved before its effect: whoever dies in between has saved, and not had the"
          + " effect, and the next one goes on behind it",
      "the order of the two. Which one may happen twice? (Or can they be in one transaction? Only"
          + " if both are in one database.)"),
  SAVES_AFTER_THE_EFFECT(
      "the offset was saved after its effect: who dies in between does it again",
      "whether both can be in one transaction, or else what makes the second time harmless"),
  COMMITS_BY_ITSELF(
      "enable.auto.commit is on: at its next poll, or when it's closed, the consumer commits all"
          + " that it has polled, whatever became of it",
      "the configuration. Who knows that an effect has happened, and should say so?"),
  COMMITS_WHOLE_POLLS(
      "a commit without an argument is about all that was polled, the records behind this one"
          + " included",
      "what is committed after an effect: a place, rather than a position"),
  COMMITS_TOO_SELDOM(
      "a commit stands for many effects: whoever dies before it leaves all of them to be had again",
      "how often it commits. Behind each effect there's one commit"),
  COMMITS_WITHOUT_WAITING(
      "commitAsync() asks for a commit and goes on, and who dies then has perhaps committed"
          + " nothing",
      "the commit. commitSync() waits until the broker has it"),
  COMMITS_THE_LAST_ONE(
      "what was committed is the offset of the last record that was done. Kafka takes it for the"
          + " next one to read",
      "the number in the commit"),
  HAS_A_NEW_GROUP(
      "each process has a group.id of its own, and what one group has committed is nothing to"
          + " another",
      "the group.id. Would the next process have the same one?"),
  BEGINS_AT_THE_END(
      "a group that has committed nothing begins at the end of the topic: auto.offset.reset is"
          + " latest, which is the default",
      "the configuration. What is in the topic when the first process of all starts?"),
  LOSES_THE_ONE_IN_HAND(
      "something failed, and the one in hand was left out: the failure was caught and forgotten, or"
          + " whoever tries again doesn't have it any more",
      "what the next attempt begins with. Who still knows the one that failed?"),
  CHANGES_ITS_KEY(
      "it came again with another key, so that nobody could know it",
      "what the key is made of. It should be the same at each attempt, in whatever process"),
  GIVES_A_KEY_TWICE(
      "it came with the key of another one, and was taken for a repetition",
      "what the key is made of. It should be the same at each attempt, in whatever process, and"
          + " differ from that of any other effect"),
  REPEATS_WHAT_GOT_THROUGH(
      "something got through, and its acknowledgement was lost. The next attempt does it once more",
      "what the next attempt asks before it does anything. Who knows whether the last one got"
          + " through?"),
  COUNTS_ALL_FAILURES(
      "it counts failures wherever they were, and forgets that the offset has moved in between",
      "what becomes of the count after progress"),
  WAITS_FOR_POISON_TO_GET_BETTER(
      "an event that can't be decoded is treated like a fault that passes",
      "the verdict on such a failure"),
  ENDS_AT_POISON(
      "one event that can't be decoded ends everything",
      "the verdict on such a failure. Giving up is for mistakes of our own"),
  SKIPS_TOO_FAR(
      "an event behind the poison was left out with it, though it could be read",
      "the offset after a skip, and the verdict on what comes right behind"),
  SKIPS_THE_UNKNOWN(
      "an exception that nobody has heard of is treated like poison",
      "the verdict on all other failures. To stop loudly is better than to lose quietly"),
  SKIPS_COST_TOO_MUCH(
      "a skip is entered in the books more than once", "every call that counts a restart"),
  WRITES_TOO_MANY_LETTERS(
      "a dead letter is written for something else than one skipped event",
      "when a letter is written, and where the next producer begins: right behind the poison"),
  DIES_OF_A_FULL_CHANNEL(
      "a full channel of dead letters is an error to it: add() throws, where put() waits",
      "how a dead letter gets onto its channel"),
  GIVES_UP_TIMEOUTS(
      "a timeout is treated like poison", "the verdict on a failure that may get better"),
  SKIPS_FOR_FREE(
      "a skip costs nothing, so there can be any number of them",
      "what is entered in the books when an event is put aside. Is a failure right behind a skipped"
          + " event progress?"),
  SKIPS_WITHOUT_A_LETTER(
      "the event is left out, and nobody will find it", "what happens before the skip"),
  WRITES_A_WRONG_LETTER(
      "a dead letter says something else than what happened",
      "which failure goes into the letter, and how many letters there are of each"),
  DROPS_DEAD_LETTERS(
      "a dead letter was refused by a full channel, and dropped, or waits in a thread of its own"
          + " while the stream goes on",
      "how a dead letter gets onto its channel. put() waits"),
  TAKES_A_STOP_FOR_A_FAILURE(
      "an interrupt is one more failure to it, and is answered with a restart",
      "every catch that an interrupt can reach, in whatever disguise it comes"),
  LETS_THREADS_LIE(
      "the stop doesn't reach every thread, or doesn't wait until it has ended",
      "who is interrupted, and who is waited for"),
  WAITS_WITHOUT_A_BOUND(
      "the stop waits for a thread that doesn't listen", "how long the stop waits, and what then"),
  SAYS_NOTHING_OF_IT(
      "the stop comes back as if all was well, and the thread is alive",
      "what the stop returns when the time is over. Does it look whether the thread has ended?"),
  ASKS_LATE(
      "it waits first, and interrupts when it's tired of waiting",
      "the order of interrupt() and join()"),
  CATCHES_ERRORS(
      "an Error is caught, and becomes a value like any exception",
      "every catch of Throwable, or of Error. What goes on after one?"),
  TAKES_WHAT_IS_NOT_ITS_OWN(
      "what was on the channel is gone, and nobody took it",
      "every call on the channel but put() and offer(). What is on it belongs to the consumer"),
  FORGETS_WHERE_IT_WAS(
      "it says where it began, and not where it was",
      "the offset in what a stop returns. Who knows how far the loop has come?"),
  COMPARES_EVENTS(
      "the receiver compares events, and a customer may really do the same thing twice",
      "what the receiver remembers. An offset is enough"),
  DROPS_NEW_EVENTS(
      "the consumer takes an event, and drops it as one that came before",
      "what the receiver remembers, and for how long: is it static? And may an offset be missing?"),
  FORGETS_THE_ONE_IN_HAND(
      "the offset at which it says that it stopped is not the first one that was not delivered",
      "what becomes of an event that was read and not yet put when the stop came"),
  FORGETS_WHAT_CAME(
      "the receiver lets an event pass that came before", "the comparison with the last offset"),
  STARTS_FROM_THE_SPECIFICATION(
      "it is restarted at its initial state, and not where it failed",
      "which state the child gets after a failure"),
  RESTARTS_OTHER_SIBLINGS(
      "a child is restarted that the strategy leaves alone",
      "which siblings belong to the group of the one that failed"),
  FORGETS_THE_FAILED(
      "the one that failed isn't started again",
      "which children belong to the group. The one that failed is one of them"),
  FORGETS_A_SIBLING(
      "a sibling goes on as if nothing had happened, though the strategy names it",
      "which siblings belong to the group of the one that failed, those before it and those after"
          + " it"),
  STARTS_SIBLINGS_OVER(
      "a sibling that was stopped begins at its initial state, and not where it was",
      "what is kept of a child that is stopped for another one's sake"),
  STOPS_IN_START_ORDER(
      "siblings are stopped in the order in which they were started",
      "the order of the stops: whoever was started last may need all the others. Is each one"
          + " awaited before the next one is asked?"),
  DOES_NOT_AWAIT_A_STOP(
      "a child is started while another one, or the same one, is still about to end",
      "the stop of a sibling. To ask for it is one half, to wait for it is the other"),
  DOES_NOT_AWAIT_A_START(
      "a child is started before the one in front of it has started",
      "the start of a child. It may take a while, and what comes after it relies on it"),
  LEAVES_CHILDREN_RUNNING(
      "the supervisor has ended, and its children go on",
      "each way out of the supervisor. On none of them may a child be left");

  final String looksLike;
  final String lookAt;

  Mistake(String looksLike, String lookAt) {
    this.looksLike = looksLike;
    this.lookAt = lookAt;
  }

  /// The mistake that explains `run`, if it shows one that we know.
  static Optional<Mistake> in(Run<?> run) {
    return Optional.ofNullable(recognise(run));
  }

  /// Whether it's a restart that begins where it shouldn't.
  boolean isWrongPlace() {
    return this == RESTARTS_PAST || this == RESTARTS_AT_ZERO || this == RESTARTS_ELSEWHERE;
  }

  private static Mistake recognise(Run<?> run) {
    var entries = run.timeline().entries();
    if (entries.stream().anyMatch(e -> e.kind() == Kind.REFUSED)) return DROPS_WHEN_FULL;
    if (entries.stream().anyMatch(e -> e.kind() == Kind.PUT && e.offset() < 0))
      return PUTS_OTHER_EVENTS;
    if (entries.stream().anyMatch(e -> e.kind() == Kind.TAKEN && e.thread() != run.consumer()))
      return TAKES_FROM_THE_CHANNEL;
    if (entries.stream().anyMatch(Mistake::isDeathOfItsOwn)) return DIED_OF_ITS_OWN;
    if (entries.stream().anyMatch(e -> isTaken(e) && !run.arrived().contains(e.offset())))
      return DROPS_NEW_EVENTS;
    var first = entries.stream().filter(Mistake::isAttempt).findFirst();
    if (run.started() && first.isPresent() && first.get().offset() != 0) return SKIPS_THE_BEGINNING;
    if (readersAlternate(entries)) return TWO_PRODUCERS;
    boolean read = entries.stream().anyMatch(e -> e.kind() == Kind.READ);
    boolean put = entries.stream().anyMatch(e -> e.kind() == Kind.PUT);
    if (run.started() && read && !put && entries.stream().noneMatch(Mistake::isFault))
      return PUTS_ELSEWHERE;
    Mistake repeated = null;
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).kind() != Kind.FAULT && entries.get(i).kind() != Kind.END) continue;
      Mistake mistake = afterFailure(entries.get(i), entries.subList(i + 1, entries.size()));
      if (mistake == SILENT_DEATH && !run.started()) continue;
      if (mistake == REPEATS_A_PUT_THAT_GOT_THROUGH) repeated = mistake;
      else if (mistake != null) return mistake;
    }
    if (repeated == null && readTwice(entries))
      return run.readers().size() > 1 ? TWO_PRODUCERS : STANDS_STILL;
    return repeated;
  }

  private static boolean isTaken(Entry entry) {
    return entry.kind() == Kind.TAKEN && entry.offset() >= 0;
  }

  private static boolean isDeathOfItsOwn(Entry entry) {
    return entry.kind() == Kind.DIED
        && !entry.text().contains(Run.SessionTimeout.TEXT)
        && !entry.text().contains(Run.InvalidOffset.TEXT);
  }

  /// Whether a thread read, then another one, and then the first one again.
  private static boolean readersAlternate(List<Entry> entries) {
    var readers = entries.stream().filter(Mistake::isAttempt).map(Entry::thread).toList();
    for (int i = 1; i < readers.size(); i++)
      if (!readers.get(i).equals(readers.get(i - 1))
          && readers.subList(0, i - 1).contains(readers.get(i))) return true;
    return false;
  }

  private static boolean readTwice(List<Entry> entries) {
    if (entries.stream().anyMatch(Mistake::isFault)) return false;
    var reads = entries.stream().filter(e -> e.kind() == Kind.READ).map(Entry::offset).toList();
    return reads.stream().distinct().count() < reads.size();
  }

  private static Mistake afterFailure(Entry failure, List<Entry> later) {
    var attempts = later.stream().filter(Mistake::isAttempt).toList();
    if (attempts.isEmpty()) return failure.kind() == Kind.END ? null : SILENT_DEATH;
    Entry next = attempts.getFirst();
    boolean sameThread = next.thread() == failure.thread();
    if (next.offset() == failure.offset() + 1) return sameThread ? CARRIES_ON : RESTARTS_PAST;
    if (next.offset() == 0 && failure.offset() > 0) return RESTARTS_AT_ZERO;
    if (next.offset() != failure.offset()) return RESTARTS_ELSEWHERE;
    boolean told = later.stream().anyMatch(e -> e.kind() == Kind.SAID);
    if (sameThread && !told && failure.lane() == Lane.LOG) return HIDES_THE_FAILURE;
    boolean read = later.stream().anyMatch(e -> e.kind() == Kind.READ);
    boolean put = later.stream().anyMatch(e -> e.kind() == Kind.PUT);
    if (read && !put) return NEW_CHANNEL;
    return failure.lane() == Lane.CHANNEL ? REPEATS_A_PUT_THAT_GOT_THROUGH : null;
  }

  /// A fault that the script asked for; the end of the log is none.
  static boolean isFault(Entry entry) {
    return entry.kind() == Kind.FAULT;
  }

  /// A read, successful or not.
  static boolean isAttempt(Entry entry) {
    return entry.lane() == Lane.LOG && entry.kind() != Kind.FETCHED;
  }
}
