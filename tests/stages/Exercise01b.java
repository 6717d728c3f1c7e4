import harness.Run;
import harness.Stage;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Future;

/// Exercise 01-b as the harness sees it: a producer that says one line, and dies.
public final class Exercise01b implements Stage<LastWords.Click> {

  private Future<?> producer;

  @Override
  public LastWords.Click event(long offset) {
    return new LastWords.Click(new UUID(0, offset), LastWords.Action.PAYMENT);
  }

  @Override
  public void start(Run<LastWords.Click> run) {
    producer = LastWords.start(run::take, run.channel(), run::print);
    run.hold(producer);
  }

  @Override
  public List<String> failures(Run<LastWords.Click> run) {
    return run.printed();
  }

  /// Last words need not name an operation.
  @Override
  public String operation(String what) {
    return "";
  }

  @Override
  public Optional<String> complaint(Run<LastWords.Click> run) {
    int lines = run.printed().size();
    return switch (producer.state()) {
      case RUNNING -> Optional.of("the producer said its last words, and lived on.");
      case SUCCESS, CANCELLED ->
          Optional.of("the producer died of something, and its Future doesn't hold it.");
      case FAILED ->
          lines == 1
              ? Optional.empty()
              : Optional.of("the producer's last words are one line, and it said " + lines + ".");
    };
  }
}
