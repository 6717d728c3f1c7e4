package coach;

import coach.Check.State;
import harness.Examination.Depth;
import harness.Exercise;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jline.terminal.Size;
import org.jline.utils.AttributedString;

/// The screen beside a learner's editor. One thread looks at the file and at the keys in turn, and draws;
/// checks and demos run elsewhere, and are looked at, too. So nothing that a program does can stop it.
final class Watch {

  /// So often it looks at the file.
  static final int LOOK_MILLIS = 10;

  /// A check that is older than this gives way to a newer save; a younger one is about to end anyway.
  private static final long YOUNG_NANOS = 1_500_000_000L;

  private static final String KEYS =
      "n next  h hint  d draw  f diff  s solution  p predict  l list  r reset  q quit";

  private final Learner learner;
  private Screen screen;
  private WarmChecker checker;

  private Exercise exercise;
  private String goal;
  private Optional<Chapter> chapter;
  private String reading;
  private Saves saves;
  private Optional<Check> last = Optional.empty();
  private Optional<Running> running = Optional.empty();
  private boolean wasWriting;
  private boolean savedMeanwhile;
  private Optional<Future<?>> warmup = Optional.empty();

  /// What is said once, until something else happens.
  private String notice = "";

  private Optional<Learner.Hint> hint = Optional.empty();

  /// How many lines of the verdict have gone out at the top, where it's longer than the screen.
  private int scrolled;

  /// Whether there was a save behind the view.
  private boolean savedBehind;

  /// The key that has to be pressed once more.
  private int armed = Screen.NONE;

  private Optional<View> view = Optional.empty();
  private boolean stale = true;
  private Size drawn = Size.of(0, 0);

  /// A check under way.
  private record Running(FutureTask<Check> task, AtomicInteger kept, long since) {}

  /// What covers the exercise for a while.
  private sealed interface View {}

  /// Something to leaf through.
  private record Leafing(Page page, int top) implements View {}

  /// The list of exercises, with one of them chosen.
  private record Choosing(int index) implements View {}

  /// A chapter's question.
  private record Asking(Chapter chapter) implements View {}

  /// A demo that runs.
  private record Showing(Chapter chapter, String answer, FutureTask<List<String>> demo)
      implements View {}

  Watch(Learner learner) {
    this.learner = learner;
  }

  /// Watches until somebody leaves.
  ///
  /// @return the exit code
  int run() throws IOException {
    try (var screen = new Screen();
        var checker = new WarmChecker()) {
      this.screen = screen;
      this.checker = checker;
      goTo(learner.current());
      while (true) {
        boolean isWriting = saves.isNew(); // an editor may need several steps for one save
        if (wasWriting && !isWriting) saved();
        wasWriting = isWriting;
        look();
        draw();
        int key = screen.key(LOOK_MILLIS);
        if (key == Screen.NONE) continue;
        if (!pressed(key)) return 0;
        stale = true;
      }
    } finally {
      if (view.orElse(null) instanceof Showing showing) showing.demo.cancel(true);
    }
  }

  // ---- checks ----

  private void goTo(Exercise exercise) {
    if (running.isPresent()) checker.abandon();
    this.exercise = exercise;
    goal = Learner.goalOf(exercise);
    chapter = Chapter.byNumber(exercise.chapter());
    reading =
        chapter
            .map(it ->
                "Read first: chapters/%s, %d min. p asks its question."
                    .formatted(it.file(), it.readingMinutes()))
            .orElse("");
    if (!exercise.id().equals(learner.progress().current())) learner.goTo(exercise);
    saves = new Saves(exercise.starter());
    wasWriting = false;
    last = Optional.empty();
    hint = Optional.empty();
    notice = "";
    scrolled = 0;
    begin();
  }

  private void saved() {
    hint = Optional.empty();
    notice = "";
    scrolled = 0;
    savedBehind = view.isPresent();
    if (running.isEmpty()) {
      begin();
      return;
    }
    savedMeanwhile = true;
    if (System.nanoTime() - running.get().since > YOUNG_NANOS) checker.abandon();
  }

  private void begin() {
    var kept = new AtomicInteger();
    var words = List.of(exercise.id());
    var task =
        inBackground(() ->
            checker.check(
                words,
                Depth.FIRST_BROKEN,
                finding -> {
                  if (finding.kept()) kept.incrementAndGet();
                }));
    running = Optional.of(new Running(task, kept, System.nanoTime()));
    savedMeanwhile = false;
    stale = true;
  }

  private static <T> FutureTask<T> inBackground(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.ofVirtual().name("background").start(task); // ends when its JVM is killed
    return task;
  }

  /// Whether something that runs in the background has come to its end.
  private void look() {
    if (running.filter(it -> it.task.isDone()).isPresent()) {
      var task = running.get().task;
      running = Optional.empty();
      stale = true;
      ended(task);
    }
    if (running.isPresent() && System.nanoTime() - running.get().since > YOUNG_NANOS) stale = true;
    if (view.orElse(null) instanceof Showing showing && showing.demo.isDone()) shown(showing);
  }

  private void ended(FutureTask<Check> task) {
    try {
      var check = task.get();
      boolean mine = check.what().equals(exercise.id()) && check.state() != State.ABANDONED;
      if (savedMeanwhile || !mine) begin();
      else {
        last = Optional.of(check);
        learner.checked(exercise, check);
        warmUp();
      }
    } catch (ExecutionException e) {
      last = Optional.empty();
      notice = "✗ The check could not be made: " + e.getCause().getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// A JVM that has checked a right program once checks the next one in a third of the time.
  private void warmUp() {
    boolean first = warmup.isEmpty();
    var words = List.of(exercise.id(), exercise.solution().toString());
    warmup =
        Optional.of(
            inBackground(() -> {
              checker.settle();
              if (first || checker.isCold()) checker.check(words, Depth.ALL, _ -> {});
              return null;
            }));
  }

  // ---- keys ----

  /// @return whether to go on
  private boolean pressed(int key) throws IOException {
    if (key == Screen.GONE) return false;
    if (view.isPresent()) {
      view = pressedIn(view.get(), key);
      if (view.isEmpty()) savedBehind = false;
      return true;
    }
    boolean sure = key == armed;
    armed = Screen.NONE;
    notice = "";
    switch (key) {
      case 'q' -> {
        return false;
      }
      case 'n' -> next(sure);
      case 'h' -> hint();
      case 'd' -> view = Optional.of(leaf(picture()));
      case 'f' -> ifAllowed(sure, 'f', () -> leaf(Page.mineAndSolution(exercise)));
      case 's' -> ifAllowed(sure, 's', () -> leaf(Page.solution(exercise)));
      case 'p' -> chapter.ifPresent(it -> view = Optional.of(new Asking(it)));
      case 'l' -> view = Optional.of(new Choosing(learner.exercises.indexOf(exercise)));
      case 'r' -> reset(sure);
      case Screen.UP -> scrolled--;
      case Screen.DOWN -> scrolled++;
      case Screen.ENTER -> {
        if (running.isEmpty()) begin();
      }
      default -> notice = "There is no key for that. There are those below.";
    }
    return true;
  }

  private void arm(int key, String question) {
    armed = key;
    notice = question;
  }

  private void next(boolean sure) {
    boolean passed = learner.work(exercise).isPassed();
    var after = learner.after(exercise);
    if (!passed && !sure) arm('n', "It hasn't passed yet. n again goes on all the same.");
    else if (after.isPresent()) goTo(after.get());
    else if (passed) notice = allDone();
    else notice = "This is the only one left.";
  }

  private String allDone() {
    return "All %d exercises pass. Nothing is left to do here but to tell somebody."
        .formatted(learner.exercises.size());
  }

  private void hint() {
    if (last.filter(Check::passed).isPresent()) {
      notice = "It passes. There is nothing to hint at.";
      return;
    }
    if (last.filter(check -> check.state() == State.NOT_COMPILED).isPresent()) {
      notice = "First let it compile: hints are about what it does.";
      return;
    }
    var next = Optional.of(learner.nextHint(exercise));
    if (next.equals(hint)) notice = "That was the last hint on this. s shows the solution.";
    hint = next;
    scrolled = Integer.MAX_VALUE; // to its end
  }

  private Page picture() {
    var picture = last.map(Check::picture).orElse("");
    if (picture.isEmpty())
      return Page.of(
          "Nothing to draw",
          "There is a picture when a run shows what is broken. To draw one yourself:\n\n"
              + "./jbang draw "
              + exercise.id()
              + " --events 3 --fault read@1");
    String script = last.flatMap(Check::broken).orElseThrow().script();
    return Page.of(
        "The run that shows it", picture + "\nAgain: ./jbang draw " + exercise.id() + " " + script);
  }

  private interface Opening {
    View open() throws IOException;
  }

  private void ifAllowed(boolean sure, int key, Opening page) {
    if (!learner.work(exercise).isPassed() && !sure) {
      arm(key, "It hasn't passed yet. %c again shows the solution all the same.".formatted(key));
      return;
    }
    try {
      view = Optional.of(page.open());
      learner.openedSolution(exercise);
    } catch (IOException | IllegalStateException e) {
      notice = "✗ " + e.getMessage();
    }
  }

  private void reset(boolean sure) {
    if (!sure && !Starters.isUntouched(exercise)) {
      arm('r', "The starter again? Yours will be kept beside it. r again does it.");
      return;
    }
    try {
      var backup = learner.starters.reset(exercise).map(Learner::shown);
      if (saves.isNew()) saved(); // which would take the notice away
      notice = Commands.resetTold(exercise, backup);
    } catch (IOException e) {
      notice = "✗ " + e.getMessage();
    }
  }

  private static Leafing leaf(Page page) {
    return new Leafing(page, 0);
  }

  /// @return what is shown then; empty for the exercise
  private Optional<View> pressedIn(View shown, int key) {
    boolean back = key == 'q' || key == Screen.ESCAPE;
    return switch (shown) {
      case View _ when back -> {
        if (shown instanceof Showing showing) showing.demo.cancel(true);
        yield Optional.empty();
      }
      case Leafing(Page page, int top) -> {
        int to = leafed(key, top, bodyRows());
        yield Optional.of(new Leafing(page, Math.clamp(to, 0, lastTop(folded(page)))));
      }
      case Choosing(int index) -> {
        if (key == Screen.ENTER) {
          goTo(learner.exercises.get(index));
          yield Optional.empty();
        }
        int to = leafed(key, index, bodyRows());
        yield Optional.of(new Choosing(Math.clamp(to, 0, learner.exercises.size() - 1)));
      }
      case Asking(Chapter chapter) -> {
        String answer = Character.isValidCodePoint(key) ? Character.toString(key) : "an arrow";
        if (!chapter.choices().containsKey(answer)) yield Optional.of(shown);
        learner.predicted(chapter, answer);
        yield Optional.of(new Showing(chapter, answer, inBackground(() -> Demo.run(chapter))));
      }
      case Showing _ -> Optional.of(shown);
    };
  }

  private static int leafed(int key, int at, int page) {
    return switch (key) {
      case Screen.UP, 'k' -> at - 1;
      case Screen.DOWN, 'j' -> at + 1;
      case Screen.PAGE_UP, 'b' -> at - page;
      case Screen.PAGE_DOWN, ' ' -> at + page;
      case 'g' -> 0;
      case 'G' -> Integer.MAX_VALUE - page;
      default -> at;
    };
  }

  private void shown(Showing showing) {
    stale = true;
    try {
      var output = showing.demo.get();
      view = Optional.of(leaf(Page.prediction(showing.chapter, showing.answer, output)));
    } catch (ExecutionException e) {
      view = Optional.empty();
      notice = "✗ " + e.getCause().getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- drawing ----

  private void draw() {
    Size size = screen.size();
    if (!stale && size.equals(drawn)) return;
    stale = false;
    drawn = size;
    var lines =
        switch (view.orElse(null)) {
          case null -> exerciseAndVerdict(size);
          case Leafing(Page page, int top) -> leaf(page, top, size);
          case Choosing(int index) -> list(index, size);
          case Asking(Chapter chapter) -> question(chapter, size);
          case Showing(Chapter chapter, String answer, _) ->
              withFoot(
                  List.of(
                      Screen.plain("You said " + answer + ". Now it runs:"),
                      Screen.plain(""),
                      Screen.plain("$ " + Demo.command(chapter))),
                  "q back",
                  size);
        };
    screen.draw(savedBehind ? withNews(lines, size) : lines);
  }

  /// What became of a save behind the view, in the row above the keys.
  private List<AttributedString> withNews(List<AttributedString> lines, Size size) {
    var with = new ArrayList<>(lines);
    int row = Math.max(0, size.getRows() - 2);
    while (with.size() <= row) with.add(Screen.plain(""));
    String news =
        running.isPresent()
            ? "Saved. Checking …"
            : last.map(it -> it.headline().lines().findFirst().orElseThrow().replaceAll(": .*", ""))
                .map(it -> it + "  (the new verdict; q goes there)")
                .orElse(notice);
    with.set(row, Screen.marked(news));
    return with;
  }

  private List<AttributedString> exerciseAndVerdict(Size size) {
    int columns = size.getColumns();
    int rows = size.getRows() - foot(KEYS, columns).size();
    var bar = List.of(bar(columns), Screen.plain(""));
    var title = List.of(title(), Screen.plain(Learner.shown(exercise.starter()) + place()));
    var goal = new ArrayList<AttributedString>();
    add(goal, this.goal, columns);
    if (chapter.filter(it -> learner.progress().prediction(it.name()).isEmpty()).isPresent())
      goal.add(Screen.faint(reading));
    var verdict = new ArrayList<>(List.of(Screen.plain("")));
    verdict(verdict, columns);
    var said = new ArrayList<AttributedString>();
    learner.file.trouble().ifPresent(it -> add(said, "! " + it, columns));
    if (!notice.isEmpty()) add(said, notice, columns);

    // Where room is short, the goal goes first: it stands in the file, too.
    int needed = title.size() + verdict.size() + said.size();
    var lines = new ArrayList<AttributedString>();
    if (needed + bar.size() <= rows) lines.addAll(bar);
    lines.addAll(title);
    if (needed + bar.size() + goal.size() <= rows) lines.addAll(goal);
    lines.addAll(window(verdict, rows - lines.size() - said.size()));
    lines.addAll(said);
    picture(lines, rows - 1);
    return withFoot(lines, KEYS, size);
  }

  private AttributedString bar(int columns) {
    String bar = Listing.bar(learner);
    int gap = Math.max(1, Math.min(columns, Screen.COLUMNS) - 22 - bar.length());
    return AttributedString.join(
        Screen.plain(" ".repeat(gap)), Screen.bold("Puts and Takes · coach"), Screen.plain(bar));
  }

  private AttributedString title() {
    return AttributedString.join(
        Screen.plain("   "),
        Screen.bold(exercise.id() + " · " + exercise.title()),
        Screen.faint(
            "chapter %d, about %d minutes".formatted(exercise.chapter(), exercise.minutes())));
  }

  /// As many of the lines as there are rows, and in the last row, where one is.
  private List<AttributedString> window(List<AttributedString> lines, int rows) {
    if (lines.size() <= rows) {
      scrolled = 0;
      return lines;
    }
    int shown = Math.max(1, rows - 1);
    scrolled = Math.clamp(scrolled, 0, lines.size() - shown);
    var window = new ArrayList<>(lines.subList(scrolled, scrolled + shown));
    window.add(
        Screen.faint(
            "⋮  lines %d to %d of %d; ↑ and ↓ leaf"
                .formatted(scrolled + 1, scrolled + shown, lines.size())));
    return window;
  }

  /// Where to click, as editors and their terminals understand it: `:67`.
  private String place() {
    return last.filter(check -> running.isEmpty() && !check.errors().isEmpty())
        .map(check -> check.errors().getFirst().line())
        .filter(line -> line > 0)
        .map(line -> ":" + line)
        .orElse("");
  }

  private void verdict(List<AttributedString> lines, int columns) {
    if (running.isPresent()) {
      long seconds = (System.nanoTime() - running.get().since) / 1_000_000_000;
      String since = seconds == 0 ? "" : ", for " + seconds + " s";
      lines.add(Screen.faint("Checking%s … %d kept".formatted(since, running.get().kept.get())));
      return;
    }
    if (last.isEmpty()) return;
    var check = last.get();
    var headline =
        folded(check.headline() + "  (" + Commands.seconds(check.millis()) + ")", columns);
    headline.forEach(line -> lines.add(check.passed() ? Screen.green(line) : Screen.red(line)));
    folded("  " + nextAction(check), columns).forEach(line -> lines.add(Screen.bold(line)));
    if (!check.passed() && !check.kept().isEmpty())
      add(lines, "  Kept so far: " + String.join(", ", check.kept()), columns);
    add(lines, check.explanation().stripTrailing(), columns);
    hint.ifPresent(it -> {
      lines.add(Screen.plain(""));
      lines.add(Screen.bold(it.titled(exercise, false)));
      add(lines, it.text(), columns);
    });
  }

  private String nextAction(Check check) {
    return switch (check.state()) {
      case PASSED ->
          learner
              .after(exercise)
              .map(it ->
                  "Next: n goes on to %s · %s. s shows our solution."
                      .formatted(it.id(), it.title()))
              .orElseGet(() -> "Next: " + allDone());
      case BROKEN ->
          Starters.isUntouched(exercise)
              ? "Next: open the file, and write what it asks. This is how it should fail now."
              : "Next: mend it, and save. h helps, one hint at a time.";
      case NOT_COMPILED -> {
        if (check.errors().isEmpty())
          yield "Next: mend that, and save; or r puts the starter back.";
        int line = check.errors().getFirst().line();
        yield line == 0
            ? "Next: give it the name and parameters back, and save."
            : "Next: mend line %d, and save.".formatted(line);
      }
      case LOST -> "Next: find what never ends, or ends too much, and save.";
      case ABANDONED -> "";
    };
  }

  /// As much of the picture as there is room for: how it begins, and how it ends.
  private void picture(List<AttributedString> lines, int rows) {
    if (running.isPresent()) return;
    var picture = last.map(Check::picture).orElse("").lines().toList();
    if (picture.isEmpty()) return;
    int room = rows - lines.size() - 1;
    if (room < 5) {
      if (room >= 1) lines.add(Screen.faint("d draws the run that shows it."));
      return;
    }
    lines.add(Screen.plain(""));
    if (picture.size() <= room) picture.forEach(line -> lines.add(Screen.plain(line)));
    else {
      int ending = (room - 1) / 3;
      picture.subList(0, room - 1 - ending).forEach(line -> lines.add(Screen.plain(line)));
      lines.add(Screen.faint("    ⋮  d shows all of it"));
      picture
          .subList(picture.size() - ending, picture.size())
          .forEach(line -> lines.add(Screen.plain(line)));
    }
  }

  private int bodyRows() {
    return Math.max(1, screen.size().getRows() - 4);
  }

  private int lastTop(List<String> lines) {
    return Math.max(0, lines.size() - bodyRows());
  }

  /// A page's lines, those that are too long broken in two or more, between words if it can be.
  private List<String> folded(Page page) {
    int columns = Math.max(20, screen.size().getColumns());
    return page.lines().stream()
        .flatMap(line -> broken(line, " ", columns))
        .flatMap(line ->
            line.isEmpty() ? Stream.of("") : Stream.of(line.split("(?<=\\G.{" + columns + "})")))
        .toList();
  }

  private List<AttributedString> leaf(Page page, int top, Size size) {
    var lines = new ArrayList<AttributedString>();
    lines.add(Screen.bold(page.title()));
    lines.add(Screen.plain(""));
    var folded = folded(page);
    int from = Math.min(top, lastTop(folded)); // the terminal may have grown
    int end = Math.min(folded.size(), from + bodyRows());
    folded.subList(from, end).forEach(line -> lines.add(Screen.marked(line)));
    String where =
        lastTop(folded) == 0
            ? ""
            : "   lines %d to %d of %d; space, b, ↑ and ↓ leaf"
                .formatted(from + 1, end, folded.size());
    return withFoot(lines, "q back" + where, size);
  }

  private List<AttributedString> list(int index, Size size) {
    var lines = new ArrayList<AttributedString>();
    lines.add(Screen.bold(Listing.bar(learner) + " exercises"));
    lines.add(Screen.plain(""));
    var rows = Listing.of(learner);
    int top = Math.clamp(index - bodyRows() + 1, 0, rows.size());
    for (int i = top; i < Math.min(rows.size(), top + bodyRows()); i++) {
      String text = rows.get(i).text();
      lines.add(i == index ? Screen.chosen(text) : Screen.plain(text));
    }
    return withFoot(lines, "↑ and ↓ choose, Enter goes there, q back", size);
  }

  private List<AttributedString> question(Chapter chapter, Size size) {
    var lines = new ArrayList<AttributedString>();
    lines.add(Screen.bold("Chapter %d, %s".formatted(chapter.number(), chapter.name())));
    lines.add(Screen.plain(""));
    add(lines, chapter.question(), size.getColumns());
    lines.add(Screen.plain(""));
    chapter
        .choices()
        .forEach((letter, text) -> lines.add(Screen.plain("  " + letter + "  " + text)));
    lines.add(Screen.plain(""));
    lines.add(Screen.faint("Its demo will tell. Press the letter, or q to go back."));
    return lines;
  }

  private static void add(List<AttributedString> lines, String text, int columns) {
    folded(text, Math.min(columns, Screen.COLUMNS - 1))
        .forEach(line -> lines.add(Screen.plain(line)));
  }

  /// The text's lines, those that are too long for the screen broken between words.
  private static List<String> folded(String text, int columns) {
    return text.lines().flatMap(line -> broken(line, " ", columns)).toList();
  }

  private static Stream<String> broken(String line, String between, int columns) {
    if (line.length() <= columns) return Stream.of(line);
    return line.replaceAll("(.{1," + columns + "})(?:" + between + "+|$)", "$1\n").lines();
  }

  private static List<AttributedString> foot(String keys, int columns) {
    return broken(keys, "  ", columns).map(Screen::bold).toList();
  }

  /// The keys stand in the last row, whatever else there is.
  private static List<AttributedString> withFoot(
      List<AttributedString> lines, String keys, Size size) {
    var foot = foot(keys, size.getColumns());
    int rows = Math.max(1, size.getRows() - foot.size());
    var cut = new ArrayList<>(lines.subList(0, Math.min(lines.size(), rows)));
    while (cut.size() < rows) cut.add(Screen.plain(""));
    cut.addAll(foot);
    return cut;
  }
}
