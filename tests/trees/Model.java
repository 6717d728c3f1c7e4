package trees;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import trees.Tree.Action;

/// What a tree of supervisors does, without threads, queues or clocks: one function for each thing
/// that can happen. It notes the same words as a [Grove].
public final class Model {

  private final List<String> notes = new ArrayList<>();
  private final Map<String, Integer> refusals = new HashMap<>();
  private final Map<String, Integer> entries = new HashMap<>();
  private final int pause;
  private final Child root;
  private long now;

  /// A child, or what it starts from: a number for a worker, and for a supervisor its children.
  private static final class Child {
    final Tree.Node node;
    final Child parent;
    Object state;
    Object from;
    long started;
    boolean runs;
    boolean wanted = true;
    List<Child> children = new ArrayList<>();
    final List<Restart> restarts = new ArrayList<>();

    Child(Tree.Node node, Child parent, Object state) {
      this.node = node;
      this.parent = parent;
      this.state = state;
    }

    String at() {
      return node.id() + "@" + state;
    }

    /// What a supervisor would start from.
    List<Place> places() {
      return children.stream().map(child -> new Place(child.node, child.state)).toList();
    }
  }

  private record Place(Tree.Node node, Object state) {
    static Place of(Tree.Node node) {
      return new Place(
          node, node.isWorker() ? (Object) 0 : node.children().stream().map(Place::of).toList());
    }

    @Override
    public String toString() {
      return node.id() + "@" + state;
    }
  }

  private record Restart(Child child, long at) {}

  public Model(Tree tree) {
    pause = tree.pause();
    root = new Child(tree.root(), null, Place.of(tree.root()).state());
    if (!start(root)) end(root, "Failed");
  }

  public List<String> notes() {
    return notes;
  }

  /// How often each worker has begun a step.
  public Map<String, Integer> entries() {
    return entries;
  }

  public boolean isOver() {
    return !root.runs;
  }

  public long now() {
    return now;
  }

  /// Whether it could happen.
  public boolean happens(Action action) {
    if (action.what() == 't') {
      now += action.times();
      return true;
    }
    Child child = find(root, action.id());
    if (child == null || !child.runs) return false;
    switch (action.what()) {
      case '+' -> {
        child.state = (int) child.state + 1;
        entries.merge(child.node.id(), 1, Integer::sum);
      }
      case '.' -> ended(child, child.node.restart() == '!' ? "Failed" : "Done", child.state, '-');
      default -> {
        if (action.times() > 0) refusals.put(child.node.id(), action.times());
        Object failedAt = child.state;
        if (action.what() == '>' && child.node.restart() != '~')
          child.state = (int) child.state + 1;
        ended(child, "Failed", failedAt, action.what());
      }
    }
    return true;
  }

  public void stop() {
    if (root.runs) stop(root);
  }

  private static Child find(Child in, String id) {
    if (in.node.id().equals(id) && in.node.isWorker()) return in;
    for (Child child : in.children) {
      Child found = find(child, id);
      if (found != null) return found;
    }
    return null;
  }

  /// Whether it starts.
  private boolean start(Child child) {
    notes.add("Started " + child.at());
    child.wanted = true;
    child.from = child.state;
    child.started = now;
    if (child.node.isWorker()) {
      if (refusals.merge(child.node.id(), -1, (a, b) -> Math.max(-1, a + b)) >= 0) return false;
      entries.merge(child.node.id(), 1, Integer::sum);
    } else {
      child.restarts.clear();
      child.children = new ArrayList<>();
      for (Place place : places(child.state)) {
        var next = new Child(place.node(), child, place.state());
        child.children.add(next);
        if (start(next)) continue;
        notes.add("Ended " + next.node.id() + " Failed@" + next.state);
        stopAll(child);
        return false;
      }
    }
    return child.runs = true;
  }

  @SuppressWarnings("unchecked")
  private static List<Place> places(Object state) {
    return (List<Place>) state;
  }

  private void stop(Child child) {
    if (!child.runs) return;
    halt(child);
    notes.add("Ended " + child.node.id() + " Stopped@" + child.state);
    if (child.node.restart() == '~' && child.parent != null) child.parent.children.remove(child);
  }

  private void halt(Child child) {
    if (!child.node.isWorker()) {
      stopAll(child);
      child.state = child.places();
    }
    child.runs = false;
  }

  private void stopAll(Child supervisor) {
    for (Child child : List.copyOf(supervisor.children).reversed()) stop(child);
  }

  /// A child has ended by itself.
  private void ended(Child child, String how, Object at, char why) {
    child.runs = false;
    if (child.parent == null) {
      end(child, how);
      return;
    }
    boolean isTemporary = child.node.restart() == '~';
    if (how.equals("Failed")) {
      notes.add("Crashed " + child.node.id() + "@" + at);
      if (!isTemporary) {
        answer(child, at, why);
        return;
      }
    }
    child.wanted = false;
    notes.add("Ended " + child.node.id() + " " + how + "@" + child.state);
    if (isTemporary) child.parent.children.remove(child);
  }

  private void end(Child root, String how) {
    notes.add("Ended " + root.node.id() + " " + how + "@" + root.state);
  }

  private void answer(Child child, Object failedAt, char why) {
    Child supervisor = child.parent;
    if (!failedAt.equals(child.from) || now - child.started > Tree.PERIOD)
      supervisor.restarts.removeIf(restart -> restart.child() == child);
    supervisor.restarts.add(new Restart(child, now));
    supervisor.restarts.removeIf(restart -> now - restart.at() > Tree.PERIOD);
    if (supervisor.restarts.size() > supervisor.node.max() || why == '#') {
      notes.add("GaveUp " + child.node.id());
      halt(supervisor);
      ended(supervisor, "Failed", supervisor.state, '-');
      return;
    }
    if (why == '>') notes.add("Skipping " + child.at());
    for (Child other : List.copyOf(groupOf(child)).reversed()) stop(other);
    notes.add("Restarting " + child.at());
    if (why != '>') now += pause;
    for (Child other : List.copyOf(groupOf(child))) {
      if (!other.wanted || other.runs) continue;
      if (start(other)) continue;
      ended(other, "Failed", other.state, '-');
      return;
    }
  }

  private static List<Child> groupOf(Child child) {
    var all = child.parent.children;
    return switch (child.parent.node.strategy()) {
      case "one" -> List.of(child);
      case "all" -> all;
      default -> all.subList(all.indexOf(child), all.size());
    };
  }
}
