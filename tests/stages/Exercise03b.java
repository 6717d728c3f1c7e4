import harness.Run;
import harness.Stage;
import harness.Timeline;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Future;

/// Exercise 03-b as the harness sees it: chapter 3, with reports of its restarts.
public final class Exercise03b implements Stage<CountTheRestarts.Click> {

  private final List<CountTheRestarts.Restart> restarts =
      Collections.synchronizedList(new ArrayList<>());

  @Override
  public CountTheRestarts.Click event(long offset) {
    return new CountTheRestarts.Click(new UUID(0, offset), CountTheRestarts.Action.PAYMENT);
  }

  @Override
  public void start(Run<CountTheRestarts.Click> run) {
    Future<?> supervisor =
        CountTheRestarts.startSupervisor(
            run::take,
            run.channel(),
            restart -> {
              restarts.add(restart);
              run.print("restart %d, %d in a row".formatted(restart.count(), restart.inARow()));
            });
    run.hold(supervisor);
  }

  @Override
  public Object step(Run<CountTheRestarts.Click> run, long offset) {
    return CountTheRestarts.publishClick(run::take, offset, run.channel());
  }

  @Override
  public List<String> failures(Run<CountTheRestarts.Click> run) {
    return List.copyOf(restarts).stream().map(restart -> "" + restart.failure()).toList();
  }

  /// Counts along. At the end of the log there is one restart after the other at the same offset, so
  /// that there are rows to be counted.
  @Override
  public Optional<String> complaint(Run<CountTheRestarts.Click> run) {
    int count = 0, inARow = 0;
    long offset = -1;
    for (var restart : List.copyOf(restarts)) {
      count++;
      inARow = restart.failure().offset() == offset ? inARow + 1 : 1;
      offset = restart.failure().offset();
      if (restart.count() == count && restart.inARow() == inARow) continue;
      String complaint =
          "restart %d should say count=%d and inARow=%d, and says count=%d and inARow=%d."
              .formatted(count, count, inARow, restart.count(), restart.inARow());
      boolean shared = count == 1 && restart.count() > 1;
      return Optional.of(complaint + (shared ? " Does it share its count with another one?" : ""));
    }
    return complaintAboutSilence(run);
  }

  /// Each producer after the first one is a restart. The last one's report may be under way.
  private Optional<String> complaintAboutSilence(Run<CountTheRestarts.Click> run) {
    var entries = run.timeline().entries();
    long producers = entries.stream().filter(entry -> entry.kind() == Timeline.Kind.START).count();
    return restarts.size() < producers - 2
        ? Optional.of(
            "there were %d restarts and %d reports.".formatted(producers - 1, restarts.size()))
        : Optional.empty();
  }
}
