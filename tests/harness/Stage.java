package harness;

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

  /// Whether the consumer was told that the log has come to its end.
  default boolean ended() throws Exception {
    return false;
  }

  /// Asks the work to stop, and waits until it has.
  default void stop() throws Exception {
    throw new NotOffered("there is nothing to call that would stop it");
  }

  /// The program has no such thing.
  final class NotOffered extends RuntimeException {
    public NotOffered(String message) {
      super(message);
    }
  }
}
