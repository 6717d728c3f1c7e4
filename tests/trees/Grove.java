package trees;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Where trees run: a chapter's supervisors, with a clock of ours.
public interface Grove {

  /// Starts a tree. It ends when all have ended, if `untilDone`; else it has to be stopped.
  Running start(Tree tree, boolean untilDone);

  interface Running {

    /// Has a worker do something, at its next step. Without orders it waits, or, in a tree that ends when
    /// all are done, is done.
    void order(Tree.Action action);

    void advance(Duration time);

    /// Waits until just this has been told, and each worker has begun so many steps.
    ///
    /// @return whether it came so; as soon as it comes otherwise, it's no
    boolean await(List<String> notes, Map<String, Integer> entries, Duration patience)
        throws InterruptedException;

    /// Waits for the end of the root, and whether it came.
    boolean awaitEnd(Duration patience) throws InterruptedException;

    /// Asks the root to stop, and waits for that.
    ///
    /// @return whether it did
    boolean stop(Duration patience) throws InterruptedException;

    /// What the supervisors told, in words such as `Ended a Stopped@3`.
    List<String> notes();

    /// What must not be, and was: two incarnations at once, a step before the start or after the end.
    List<String> breaches();

    /// The states that the starts of a worker began from and came to, in turn.
    List<List<Integer>> journeys(String worker);
  }
}
