package trees;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A tree of supervisors, and what happens to it, in one line that can be read again:
///
/// ```
/// one=3(a b! all=1(c d~)) p0 : a+ a- b-2 c> t5 d.
/// ```
///
/// A supervisor is its strategy (`one`, `all`, `rest`), how often it may restart within [#PERIOD],
/// and its children. A child is transient, permanent (`!`) or temporary (`~`). A supervisor bears the
/// names of its children: `(cd)` above, and `(ab(cd))` is the root. `p1` is a pause of a second before each
/// restart. Then, one after the other: `a+` a makes a step; `a-` fails; `b-2` fails, and so do the
/// next two of its starts; `c>` fails at an event that is skipped; `c#` fails, and the verdict is to
/// give up; `d.` is done; `t5` five seconds pass.
public record Tree(Node root, int pause, List<Action> actions) {

  /// Within how many seconds restarts are counted.
  public static final int PERIOD = 10;

  /// A worker, or a supervisor with its children.
  ///
  /// @param restart '!', '~', or '?' for transient
  /// @param strategy of a supervisor, and "" of a worker
  public record Node(String id, char restart, String strategy, int max, List<Node> children) {

    public boolean isWorker() {
      return strategy.isEmpty();
    }

    public Stream<Node> all() {
      return Stream.concat(Stream.of(this), children.stream().flatMap(Node::all));
    }

    static Node worker(String id, char restart) {
      return new Node(id, restart, "", 0, List.of());
    }

    static Node supervisor(char restart, String strategy, int max, List<Node> children) {
      String id = children.stream().map(Node::id).collect(Collectors.joining("", "(", ")"));
      return new Node(id, restart, strategy, max, children);
    }

    @Override
    public String toString() {
      String mark = restart == '?' ? "" : "" + restart;
      if (isWorker()) return id + mark;
      var inside = children.stream().map(Node::toString).collect(Collectors.joining(" "));
      return "%s=%d(%s)%s".formatted(strategy, max, inside, mark);
    }
  }

  /// @param what '+', '-', '>', '#', '.', or 't' for time
  public record Action(String id, char what, int times) {
    @Override
    public String toString() {
      return what == 't' ? "t" + times : id + what + (times > 0 ? "" + times : "");
    }
  }

  public List<String> workers() {
    return root.all().filter(Node::isWorker).map(Node::id).toList();
  }

  @Override
  public String toString() {
    var words = actions.stream().map(action -> " " + action).collect(Collectors.joining());
    return root + " p" + pause + " :" + words;
  }

  // A random one

  /// The same seed gives the same tree: at most three levels of supervisors, and eight workers.
  public static Tree random(long seed) {
    var random = new Random(seed);
    var names = new ArrayList<>(List.of("abcdefgh".split("")));
    Node root = supervisor(random, names, 1);
    var workers = root.all().filter(Node::isWorker).map(Node::id).toList();
    var actions = new ArrayList<Action>();
    for (int i = 2 + random.nextInt(14); i > 0; i--) {
      String id = workers.get(random.nextInt(workers.size()));
      actions.add(
          switch (random.nextInt(20)) {
            case 0 -> new Action(id, '.', 0);
            case 1 -> new Action(id, '>', 0);
            case 2 -> new Action("", 't', 1 + random.nextInt(PERIOD + 1));
            case 3, 4, 5 -> new Action(id, '-', 1 + random.nextInt(2));
            case 6 -> new Action(id, random.nextInt(3) == 0 ? '#' : '-', 0);
            case 7, 8, 9, 10, 11 -> new Action(id, '-', 0);
            default -> new Action(id, '+', 0);
          });
    }
    return new Tree(root, random.nextInt(3) == 0 ? 1 : 0, actions);
  }

  private static Node supervisor(Random random, List<String> names, int level) {
    var children = new ArrayList<Node>();
    for (int i = 1 + random.nextInt(4); i > 0 && !names.isEmpty(); i--) {
      boolean isWorker = level == 3 || random.nextInt(3) > 0;
      children.add(
          isWorker
              ? Node.worker(names.removeFirst(), "???!~".charAt(random.nextInt(5)))
              : supervisor(random, names, level + 1));
    }
    char restart = "??!!~".charAt(random.nextInt(5));
    String strategy = List.of("one", "all", "rest").get(random.nextInt(3));
    return Node.supervisor(restart, strategy, random.nextInt(4), children);
  }

  /// The same tree with supervisors that never give up, and with workers that come to an end and
  /// always start.
  public Tree patient() {
    var mild =
        actions.stream()
            .filter(action -> "+->".indexOf(action.what()) >= 0)
            .map(action -> new Action(action.id(), action.what(), 0))
            .toList();
    return new Tree(patient(root), pause, mild);
  }

  private static Node patient(Node node) {
    char restart = node.restart() == '~' && node.isWorker() ? '~' : '?';
    var children = node.children().stream().map(Tree::patient).toList();
    return new Node(node.id(), restart, node.strategy(), 999, children);
  }

  // A smaller one

  /// Trees with one action or one child less, then simpler ones: where a surprise may shrink to.
  public List<Tree> smaller() {
    var smaller = new ArrayList<Tree>();
    for (Node node : root.all().toList()) if (node != root) smaller.add(without(node));
    for (int i = 0; i < actions.size(); i++) {
      var fewer = new ArrayList<>(actions);
      var action = fewer.remove(i);
      smaller.add(new Tree(root, pause, fewer));
      if (action.times() > 1 || action.times() == 1 && action.what() != 't') {
        fewer.add(i, new Action(action.id(), action.what(), action.times() - 1));
        smaller.add(new Tree(root, pause, fewer));
      }
    }
    if (pause > 0) smaller.add(new Tree(root, 0, actions));
    for (Node node : root.children()) if (!node.isWorker()) smaller.add(alone(node));
    for (Node node : root.all().toList()) {
      if (node != root && !node.isWorker())
        smaller.add(renamed(replaced(root, node, node.children()), actions));
      if (node.restart() != '?') smaller.add(with(node, '?', node.strategy()));
      if (!node.isWorker() && !node.strategy().equals("one"))
        smaller.add(with(node, node.restart(), "one"));
    }
    return smaller;
  }

  private Tree without(Node gone) {
    var ids = gone.all().map(Node::id).toList();
    var left = actions.stream().filter(action -> !ids.contains(action.id())).toList();
    return renamed(replaced(root, gone, List.of()), left);
  }

  private Tree alone(Node node) {
    var ids = node.all().map(Node::id).toList();
    return new Tree(node, pause, actions.stream().filter(a -> ids.contains(a.id())).toList());
  }

  private Tree with(Node node, char restart, String strategy) {
    var other = new Node(node.id(), restart, strategy, node.max(), node.children());
    return renamed(node == root ? other : replaced(root, node, List.of(other)), actions);
  }

  private static Node replaced(Node in, Node old, List<Node> by) {
    UnaryOperator<Node> deeper = node -> replaced(node, old, by);
    var children =
        in.children().stream()
            .flatMap(child -> child == old ? by.stream() : Stream.of(deeper.apply(child)))
            .toList();
    return new Node(in.id(), in.restart(), in.strategy(), in.max(), children);
  }

  /// Supervisors are named after their children, who may have become fewer. One without any is gone, too.
  private Tree renamed(Node root, List<Action> actions) {
    return new Tree(renamed(root), pause, actions);
  }

  private static Node renamed(Node node) {
    if (node.isWorker()) return node;
    var children =
        node.children().stream()
            .map(Tree::renamed)
            .filter(child -> child.isWorker() || !child.children().isEmpty())
            .toList();
    return Node.supervisor(node.restart(), node.strategy(), node.max(), children);
  }

  // Its text

  /// Reads what [#toString] writes.
  ///
  /// @throws IllegalArgumentException with the place that can't be read
  public static Tree of(String text) {
    var reader = new Reader(text);
    Node root = reader.node();
    int pause = Integer.parseInt(reader.next("p\\d").substring(1));
    reader.next(":");
    var actions = new ArrayList<Action>();
    while (!reader.isAtEnd()) actions.add(reader.action());
    return new Tree(root, pause, actions);
  }

  private static final class Reader {
    private final String text;
    private int at;

    Reader(String text) {
      this.text = text.strip();
    }

    boolean isAtEnd() {
      return at == text.length();
    }

    String next(String pattern) {
      var matcher =
          Pattern.compile("\\s*(" + pattern + ")").matcher(text).region(at, text.length());
      if (!matcher.lookingAt())
        throw new IllegalArgumentException("This is no tree from here on: " + text.substring(at));
      at = matcher.end();
      return matcher.group(1);
    }

    Node node() {
      String word = next("(one|all|rest)=\\d+\\(|[a-h](?![a-z=])");
      if (word.length() == 1) return Node.worker(word, mark());
      var children = new ArrayList<Node>();
      while (text.charAt(at) != ')') children.add(node());
      next("\\)");
      String[] parts = word.split("[=(]");
      return Node.supervisor(mark(), parts[0], Integer.parseInt(parts[1]), children);
    }

    private char mark() {
      String mark = next("[!~]?");
      return mark.isEmpty() ? '?' : mark.charAt(0);
    }

    Action action() {
      String word = next("t\\d+|[a-h][-+>#.]\\d?");
      if (word.charAt(0) == 't') return new Action("", 't', Integer.parseInt(word.substring(1)));
      int times = word.length() > 2 ? word.charAt(2) - '0' : 0;
      return new Action(word.substring(0, 1), word.charAt(1), times);
    }
  }
}
