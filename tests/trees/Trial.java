package trees;

import harness.Subject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import trees.Tree.Action;

/// Runs trees, and says where a chapter's supervisors do something else than they should.
///
/// @param patience how long nothing may happen
public record Trial(Subject subject, Duration patience) {

  /// A tree that does something else than its model.
  public record Surprise(Tree tree, List<String> expected, List<String> happened) {
    @Override
    public String toString() {
      int same = 0;
      while (same < Math.min(expected.size(), happened.size())
          && expected.get(same).equals(happened.get(same))) same++;
      return """
      Expected: %s
      Happened: %s
      They differ from here on: expected %s, happened %s
      Replay: add this line to TreesTest.KNOWN: %s\
      """
          .formatted(
              String.join(", ", expected),
              String.join(", ", happened),
              same < expected.size() ? expected.get(same) : "nothing",
              same < happened.size() ? happened.get(same) : "nothing",
              tree);
    }
  }

  /// One thing after the other: does it go to the letter as in the model?
  public Optional<Surprise> inTurn(Tree tree) throws InterruptedException {
    var model = new Model(tree);
    var running = subject.adapter(Grove.class).start(tree, false);
    boolean asExpected = running.await(model.notes(), model.entries(), patience);
    for (Action action : tree.actions()) {
      if (!asExpected || model.isOver()) break;
      if (!model.happens(action)) continue;
      if (action.what() == 't') running.advance(Duration.ofSeconds(action.times()));
      else running.order(action);
      asExpected = running.await(model.notes(), model.entries(), patience);
    }
    if (asExpected) model.stop();
    boolean ends = running.stop(patience) && running.awaitEnd(patience);
    var happened = new ArrayList<>(running.notes());
    happened.addAll(running.breaches());
    if (!ends) happened.add("and the root does not stop");
    return asExpected && happened.equals(model.notes())
        ? Optional.empty()
        : Optional.of(new Surprise(tree, List.copyOf(model.notes()), happened));
  }

  /// All at the same time: does each worker come to its end, without a gap and without a step twice?
  public Optional<Surprise> atOnce(Tree tree) throws InterruptedException {
    var running = subject.adapter(Grove.class).start(tree, true);
    boolean ends = running.awaitEnd(patience);
    if (!ends) running.stop(patience);
    var wrong = new ArrayList<>(running.breaches());
    if (!ends) wrong.add("it does not end");
    else if (!running.notes().getLast().startsWith("Ended " + tree.root().id() + " Done"))
      wrong.add(running.notes().getLast());
    for (var node : tree.root().all().filter(Tree.Node::isWorker).toList()) {
      var journeys = running.journeys(node.id());
      var travelled = new ArrayList<Integer>();
      for (List<Integer> journey : journeys) {
        boolean isNext = travelled.isEmpty() || travelled.getLast().equals(journey.getFirst());
        if (!isNext) wrong.add(node.id() + " went " + journeys);
        travelled.addAll(journey.subList(travelled.isEmpty() ? 0 : 1, journey.size()));
      }
      int steps = node.restart() == '~' ? travelled.size() - 1 : stepsOf(node.id(), tree);
      if (!travelled.equals(IntStream.rangeClosed(0, steps).boxed().toList()))
        wrong.add("%s went %s, and not from 0 to %d".formatted(node.id(), journeys, steps));
    }
    wrong.addAll(ungrammatical(tree, running.notes()));
    if (wrong.isEmpty()) return Optional.empty();
    wrong.addAll(0, running.notes());
    return Optional.of(new Surprise(tree, List.of(), wrong));
  }

  private static int stepsOf(String id, Tree tree) {
    return (int)
        tree.actions().stream()
            .filter(action -> action.id().equals(id) && "+>".indexOf(action.what()) >= 0)
            .count();
  }

  /// Between two starts of a child there is one end, or one failure and its restart.
  private static List<String> ungrammatical(Tree tree, List<String> notes) {
    return tree.root()
        .all()
        .map(node ->
            node.id()
                + ": "
                + notes.stream()
                    .map(note -> note.split("[ @]"))
                    .filter(words -> words[1].equals(node.id()))
                    .map(words -> words[0] + " ")
                    .reduce("", String::concat))
        .filter(line ->
            !line.matches(
                "\\S+: (Started (Ended |Crashed (Skipping |Restarting |GaveUp |Ended )*))*"))
        .map(line -> "The events of " + line)
        .toList();
  }

  /// The smallest tree near a surprise that still surprises.
  public Surprise shrunk(Surprise surprise) throws InterruptedException {
    for (Tree smaller : surprise.tree().smaller()) {
      if (smaller.root().children().isEmpty()) continue;
      var again = inTurn(smaller);
      if (again.isPresent()) return shrunk(again.get());
    }
    return surprise;
  }
}
