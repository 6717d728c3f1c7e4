//SOURCES Chapter10.java

import harness.MortalProcess;
import harness.Run;
import harness.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/// Exercise 10-a as the harness sees it: each click is a payment, and a letter is an effect in a world
/// that remembers keys. In a run, the letters are what comes out of the channel.
public final class Exercise10a implements Stage<SupervisionTree.Click> {

  @Override
  public SupervisionTree.Click event(long offset) {
    return click(offset, SupervisionTree.Action.PAYMENT);
  }

  private static SupervisionTree.Click click(long user, SupervisionTree.Action action) {
    return new SupervisionTree.Click(new UUID(0, user), action);
  }

  @Override
  public RuntimeException timeout(long offset) {
    return new SupervisionTree.SessionTimeout(offset);
  }

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new SupervisionTree.InvalidOffset(offset);
  }

  @Override
  public void live(MortalProcess<SupervisionTree.Click> process) throws Exception {
    Path file = process.disk().resolve("ledger.db");
    try (var connection = process.connection(Chapter10.connect(file))) {
      var ledger = new DurableOffsets.Ledger(connection, "clicks");
      Chapter09.work(SendLetters.letters("clicks", process::take, ledger, process::effect));
    }
  }

  @Override
  public void start(Run<SupervisionTree.Click> run) throws SQLException {
    BlockingQueue<SupervisionTree.Click> post = run.channel(Optional::of);
    var keys = new HashSet<String>();
    var letters =
        SendLetters.letters(
            "clicks",
            run::take,
            new DurableOffsets.Ledger(Chapter10.inMemory(), "clicks"),
            (key, payment) -> {
              if (keys.add(key)) post.put(payment);
            });
    var intensity = new SupervisionTree.Intensity(9, Duration.ofHours(1));
    var supervisor =
        new SupervisionTree.Supervisor(
            SupervisionTree.Strategy.ONE_FOR_ONE,
            intensity,
            event -> run.print(SupervisionTree.words(event)),
            Chapter09.timeOf(run),
            run.random());
    run.hold(supervisor.untilAllAreDone().start("root", letters).exit);
  }

  @Override
  public List<String> failures(Run<SupervisionTree.Click> run) {
    return run.printed();
  }

  @Override
  public String operation(String what) {
    return "letters";
  }

  /// What the checks of one log of different payments can't see.
  @Override
  public Optional<String> complaintAboutEffects(Path disk) throws Exception {
    var post = new Post();
    var once = click(7, SupervisionTree.Action.PAYMENT);
    send("shop", List.of(once, once, once), disk, post);
    if (post.letters.size() < 3)
      return Optional.of(
          "a customer paid three times, with clicks that are equal, and got %d letter%s. Their keys were %s. What do two equal clicks not have in common?"
              .formatted(post.letters.size(), post.letters.size() == 1 ? "" : "s", post.keys()));
    post.all.clear();
    send("airport", List.of(once, once, once), disk, post);
    if (post.letters.size() < 6)
      return Optional.of(
          "letters had gone out about the log \"shop\". Then the same post office got those about \"airport\". Of three payments there, %d got a letter, since these keys were known: %s."
              .formatted(post.letters.size() - 3, post.keys()));
    send("dock", Collections.nCopies(11, once), disk, post);
    post.letters.clear();
    send("dock1", List.of(once), disk, post);
    if (post.letters.isEmpty())
      return Optional.of(
          "letters had gone out about the log \"dock\", of 11 payments. Then there was one about \"dock1\", at offset 0, and the key of that was known: %s. So is it the key of \"dock\" at 10?"
              .formatted('"' + post.all.getLast() + '"'));
    var mixed = Arrays.stream(SupervisionTree.Action.values()).map(it -> click(8, it)).toList();
    post.letters.clear();
    send("station", mixed, disk, post);
    return post.letters.equals(List.of(click(8, SupervisionTree.Action.PAYMENT)))
        ? complaintAboutADeadLine(disk)
        : Optional.of(
            "of the clicks %s, payments get a letter. There were letters for %s."
                .formatted(actions(mixed), actions(post.letters)));
  }

  private static Optional<String> complaintAboutADeadLine(Path disk) {
    var calls = new AtomicInteger();
    SendLetters.PostOffice deadLine =
        (_, _) -> {
          if (calls.incrementAndGet() > 100) throw new Over();
          throw new IOException("The line is dead.");
        };
    String what = "the line to the post office is dead, for good. ";
    try {
      send("harbour", List.of(click(9, SupervisionTree.Action.PAYMENT)), disk, deadLine);
      return Optional.of(what + "The child failed at no time, and so nobody can do anything.");
    } catch (Exception e) { // the supervisor gave up
      return calls.get() <= 4
          ? Optional.empty()
          : Optional.of(
              what
                  + "The supervisor started the child four times, and the post office was called %d times. Who else tries again?"
                      .formatted(calls.get()));
    }
  }

  /// Ends a step that would go on for ever.
  private static final class Over extends Error {}

  private static List<SupervisionTree.Action> actions(List<SupervisionTree.Click> clicks) {
    return clicks.stream().map(SupervisionTree.Click::action).toList();
  }

  private static void send(
      String name, List<SupervisionTree.Click> clicks, Path disk, SendLetters.PostOffice post)
      throws Exception {
    try (var connection = Chapter10.connect(disk.resolve(name + ".db"))) {
      var ledger = new DurableOffsets.Ledger(connection, name);
      var log = new SupervisionTree.SimpleLog(clicks, _ -> false);
      Chapter09.work(SendLetters.letters(name, log, ledger, post));
    }
  }

  private static final class Post implements SendLetters.PostOffice {
    final List<SupervisionTree.Click> letters = new ArrayList<>();
    final List<String> all = new ArrayList<>();
    private final Set<String> known = new HashSet<>();

    String keys() {
      return all.stream().distinct().map(key -> '"' + key + '"').collect(Collectors.joining(", "));
    }

    @Override
    public void send(String key, SupervisionTree.Click payment) {
      all.add(key);
      if (known.add(key)) letters.add(payment);
    }
  }
}
