package harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// How the harness sees a producer from outside. Each chapter and exercise has an adapter of a dozen
/// lines that implements this, compiled together with the class that it adapts. A fresh instance
/// serves one [Run].
///
/// What a program doesn't have, its adapter leaves alone: the defaults throw [NotOffered], and that is
/// an answer too.
///
/// @param <E> what comes out of the channel
public interface Stage<E> {

  /// The event at `offset`. Different offsets give different events.
  E event(long offset);

  /// Starts the work on the run's log ([Run#take]) and channel ([Run#channel]), and comes back.
  void start(Run<E> run) throws Exception;

  /// What the log throws when a session times out: the program's own exception, if it has one.
  default RuntimeException timeout(long offset) {
    return new Run.SessionTimeout();
  }

  /// What the log throws at an offset that it doesn't have: the program's own exception, if it has one.
  default RuntimeException invalidOffset(long offset) {
    return new Run.InvalidOffset();
  }

  /// What decoding throws at an event that makes no sense: the program's own exception, if it has one.
  default RuntimeException poison(long offset) {
    return new Run.BadRecord();
  }

  /// What a dead letter says of an event that makes no sense.
  default String reasonOfPoison() {
    return Run.BadRecord.TEXT;
  }

  /// Goes on at offset `from`, on the same run, after a stop.
  default void resume(Run<E> run, long from) throws Exception {
    throw new NotOffered("there is nothing to call that would go on from an offset");
  }

  /// One step at `offset` by a plain call, on the caller's thread.
  ///
  /// @return the step's tagged result
  default Object step(Run<E> run, long offset) throws Exception {
    throw new NotOffered("there is no step to call: the only way in starts a thread");
  }

  /// What someone can read about the failures so far, as text, oldest first.
  default List<String> failures(Run<E> run) throws Exception {
    throw new NotOffered("there is no one to ask: start() returns nothing");
  }

  /// What a failure calls the operation when `what`, "read" or "put", failed.
  default String operation(String what) {
    return "publish-click";
  }

  /// What an exercise asks beyond the promises: a complaint about what happened in `run`, if there is
  /// one, as a sentence.
  default Optional<String> complaint(Run<E> run) throws Exception {
    return Optional.empty();
  }

  /// Whether the consumer was told that the log has come to its end, in some other way than by a
  /// message without an event: see [Run#channel(Function)].
  default boolean ended() throws Exception {
    return false;
  }

  /// Asks the work to stop, and waits until it has, but no longer than `within`.
  ///
  /// @return who did not stop, in the program's words
  default Optional<String> stop(Duration within) throws Exception {
    throw new NotOffered("there is nothing to call that would stop it");
  }

  /// The first offset that was not delivered when the work was stopped.
  default long stoppedAt() throws Exception {
    throw new NotOffered("where it stopped can't be read");
  }

  /// Stops the reading, and sees to it that the consumer gets what is on the channel, and the end.
  ///
  /// @return whether that went well
  default boolean drain(Duration within) throws Exception {
    throw new NotOffered("there is nothing to call that would stop it, and tell the consumer");
  }

  /// What was put aside, as text, oldest first.
  default List<String> deadLetters() throws Exception {
    throw new NotOffered("there is no dead-letter channel to look into");
  }

  /// Runs work of another kind, to its end, on the same supervisor, and waits for it.
  default void otherWork(Run<E> run, OtherWork work, String initial) throws Exception {
    throw new NotOffered("there is nothing to call that would run another kind of work");
  }

  /// Starts siblings in this order, below one supervisor.
  ///
  /// @param strategy ONE_FOR_ONE, ONE_FOR_ALL or REST_FOR_ONE
  /// @return what stops them all
  default AutoCloseable tree(Run<E> run, String strategy, List<Sibling> siblings) throws Exception {
    throw new NotOffered("there is nothing to call that would supervise siblings");
  }

  /// Works as one process does, from what it finds on the disk to the end of the log. It may be killed.
  default void live(MortalProcess<E> process) throws Exception {
    throw new NotOffered("there is nothing that would outlive its process");
  }

  /// The offsets of the effects so far, oldest first, read back from where they are.
  default List<Long> effects(Machine<?> machine) throws Exception {
    return machine.seen();
  }

  /// Starts a broker, and a log of so many partitions on it.
  ///
  /// @param program what is under the harness, compiled: its processes are its own
  /// @param folder for the broker, and for what outlives the workers
  default Cluster cluster(CompiledScript program, Path folder, int partitions) throws Exception {
    throw new NotOffered("there is no broker to kill, and no other process to share the work");
  }

  /// A log on a broker, and those who work on it.
  interface Cluster extends AutoCloseable {

    /// Writes the events of these offsets, the last one excluded, and waits until they're acknowledged.
    void write(long from, long to) throws Exception;

    /// Kills the broker as `kill -9` does, and starts another one on what it left.
    void killBroker() throws Exception;

    /// Begins to work on all that comes, supervised, in this process.
    void work() throws Exception;

    /// Begins to work on a part of what comes, in another process.
    ///
    /// @return that process
    Process worker(String name) throws Exception;

    /// Writes events, and has their effects before any worker of ours can: as somebody does who was given
    /// the work when ours were taken for dead. Of what is in their hands by then, they know nothing.
    void overtake(long from, long to) throws Exception;

    /// The offsets of all effects so far.
    List<Long> effects() throws Exception;

    /// How many of them a worker had.
    long effectsBy(String worker) throws Exception;
  }

  /// What mistake it looks like if effects are lost or come twice, or if a process begins again, for a
  /// stage that knows better than the harness.
  default Optional<Mistake> mistake(Machine<?> machine, Verdict.Way way) throws Exception {
    return Optional.empty();
  }

  /// What an exercise asks of effects beyond the promises: a complaint, if there is one, as a sentence.
  ///
  /// @param disk an empty folder
  default Optional<String> complaintAboutEffects(Path disk) throws Exception {
    return Optional.empty();
  }

  /// Whether two equal events at two offsets are two to the consumer, if it drops what came before.
  default boolean tellsEqualEventsApart() {
    return true;
  }

  /// Whether the consumer of messages is told when all have come, without anybody having asked.
  default boolean tellsItsEnd() {
    return true;
  }

  /// Whether a read before the first event is a mistake, and no end.
  default boolean hasABeginning() {
    return false;
  }

  /// The limits that the program was started with, if it has any.
  default Optional<Limits> limits() {
    return Optional.empty();
  }

  /// The run is over. What the adapter has opened for it can be closed.
  default void over() throws Exception {}

  /// At most `maxRestarts` within any `period`, and no pause longer than `cap`.
  record Limits(int maxRestarts, Duration period, Duration cap) {}

  /// Work that goes from text to text, and ends when there is no next one.
  interface OtherWork {
    Optional<String> next(String state) throws Exception;
  }

  /// A child that says when it has started and ended. Its state is 0 at first.
  interface Sibling {
    String name();

    /// Comes first. Only when it has returned has the child started.
    void started(int from);

    /// One step, which may wait or fail.
    ///
    /// @return the next state
    int work(int state) throws Exception;

    /// Comes last. Only when it has returned has the child ended.
    void ended();
  }

  /// Something that the exercise asks for, and a process on a [Machine] has not done.
  final class NotAsAsked extends RuntimeException {
    final Optional<Mistake> mistake;

    public NotAsAsked(String sentence, Optional<Mistake> mistake) {
      super(sentence);
      this.mistake = mistake;
    }
  }

  /// The program has no such thing.
  final class NotOffered extends RuntimeException {
    public NotOffered(String message) {
      super(message);
    }
  }
}
