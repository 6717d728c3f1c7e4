package coach;

import static java.util.stream.Collectors.joining;

import coach.Check.State;
import coach.Classroom.Export;
import coach.Classroom.HandedIn;
import harness.Examination.Depth;
import harness.Exercise;
import harness.Finding;
import harness.Target;
import harness.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/// What the coach understands on the command line. Without a command it watches; all else is for
/// scripts, for teachers, and for places without a terminal, and prints plain text.
///
/// Exit codes: 0 all is well; 1 a promise is broken, or something has to be mended; 2 it could not do
/// what it was asked to, and has said why.
@Command(
    name = "./jbang coach",
    description = {
      "Watches an exercise while you work on it, and says at each save whether it's right.",
      "",
      "WHAT is an exercise: 03-b, or 03-2 for the second one of chapter 3, or its file."
          + " Without it, it's the one at hand."
    },
    subcommandsRepeatable = false)
public final class Commands implements Callable<Integer> {

  private static final int OK = 0;
  private static final int BROKEN = 1;
  private static final int REFUSED = 2;

  /// Runs a command line.
  ///
  /// @return the exit code
  public static int run(String... args) {
    return new CommandLine(new Commands())
        .setExecutionExceptionHandler((e, commandLine, parsed) -> {
          System.err.println(sentence(e));
          return REFUSED;
        })
        .execute(args);
  }

  static void main(String[] args) {
    System.exit(run(args));
  }

  private static String sentence(Exception e) {
    boolean forThePerson =
        e instanceof IllegalArgumentException
            || e instanceof IllegalStateException
            || e instanceof IOException;
    if (forThePerson && e.getMessage() != null) return e.getMessage();
    if (e instanceof InterruptedException) return "Interrupted.";
    var at = e.getStackTrace().length == 0 ? "" : " at " + e.getStackTrace()[0];
    return "The coach made a mistake of its own: " + e + at + ". Please report it.";
  }

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "This text.")
  boolean help;

  @Parameters(
      arity = "0..1",
      paramLabel = "WHAT",
      description = "The exercise to begin with, instead of the one at hand.")
  String what;

  @Override
  public Integer call() throws Exception {
    return watch(what);
  }

  @Command(description = "Watches; the default.")
  int watch(@Parameters(arity = "0..1", paramLabel = "WHAT") String what) throws IOException {
    var learner = new Learner();
    if (what != null && !what.matches(".*\\d.*"))
      throw new IllegalArgumentException(
          "'%s' is no command, and no exercise. ./jbang coach --help lists the commands."
              .formatted(what));
    var exercise = exercise(learner, what);
    if (System.console() == null) {
      System.err.println(
          "There is no terminal to watch in. Try ./jbang coach check, or ./jbang coach --help.");
      return REFUSED;
    }
    learner.goTo(exercise);
    return new Watch(learner).run();
  }

  private static Exercise exercise(Learner learner, String what) {
    return what == null ? learner.current() : learner.named(what);
  }

  private static void print(Object json) {
    System.out.println(Json.page(json));
  }

  // ---- check ----

  @Command(description = "Checks exercises, and exits with 1 if a promise is broken.")
  int check(
      @Parameters(arity = "0..*", paramLabel = "WHAT", description = "Exercises, or chapters.")
          List<String> what,
      @Option(names = "--all", description = "All exercises that somebody has worked on.")
          boolean all,
      @Option(names = "--json", description = "As JSON.") boolean json,
      @Option(names = "--markdown", description = "As a table of promises and exercises.")
          boolean markdown)
      throws InterruptedException {
    var learner = new Learner();
    var targets = targets(learner, what, all);
    var checks = new ArrayList<Check>();
    try (var checker = new WarmChecker()) {
      for (String target : targets) {
        if (!json && !markdown) System.out.println("Checking " + target);
        var check =
            checker.check(
                List.of(target),
                Depth.ALL,
                finding -> {
                  if (!json && !markdown) System.out.println("  " + mark(finding));
                });
        checks.add(check);
        learner.exercises.stream()
            .filter(it -> it.id().equals(target))
            .findFirst()
            .ifPresent(it -> {
              learner.checked(it, check);
              if (targets.size() == 1) learner.goTo(it); // so hint is about this one
            });
        if (!json && !markdown) System.out.println(told(check));
      }
    }
    if (json) print(checks);
    if (markdown) System.out.print(Report.of(learner.exercises, checks));
    if (!json && !markdown && targets.isEmpty())
      System.out.println("No exercise has been worked on yet.");
    learner.file.trouble().ifPresent(System.err::println);
    return checks.stream().allMatch(Check::passed) ? OK : BROKEN;
  }

  private static List<String> targets(Learner learner, List<String> what, boolean all) {
    if (all)
      return learner.exercises.stream()
          .filter(it -> !Starters.isUntouched(it))
          .map(Exercise::id)
          .toList();
    if (what == null) return List.of(learner.current().id());
    return what.stream()
        .map(name -> {
          if (name.matches("\\d\\d?")) return Target.of(List.of(inTwo(name))).words().getFirst();
          return learner.named(name).id();
        })
        .distinct()
        .toList();
  }

  /// A chapter's number as its file has it.
  private static String inTwo(String number) {
    return number.length() == 1 ? "0" + number : number;
  }

  private static String mark(Finding finding) {
    return (finding.kept() ? "✓ " : "✗ ") + finding.title().replaceAll(": .*", "");
  }

  private static String told(Check check) {
    String text = "\n" + check.headline() + "  (" + seconds(check.millis()) + ")\n";
    if (check.passed()) return text;
    text += "\n" + check.explanation() + check.picture();
    if (check.state() == State.NOT_COMPILED) return text;
    return text + "\nStuck?  ./jbang coach hint " + check.what() + "\n";
  }

  static String seconds(long millis) {
    return millis < 10_000
        ? "%d.%02d s".formatted(millis / 1000, millis % 1000 / 10)
        : millis / 1000 + " s";
  }

  // ---- list, hint, diff, solution, reset ----

  @Command(description = "Lists the exercises, and how far each has come.")
  int list(@Option(names = "--json", description = "As JSON.") boolean json) {
    var learner = new Learner();
    var rows = Listing.of(learner);
    if (json) print(rows);
    else {
      System.out.println(Listing.bar(learner) + " exercises\n");
      rows.forEach(row -> System.out.println(row.text()));
      System.out.println("\nOpen " + Learner.shown(learner.current().starter()));
    }
    learner.file.trouble().ifPresent(System.err::println);
    return OK;
  }

  @Command(description = "Gives a hint about what broke at the last check, one level at a time.")
  int hint(
      @Parameters(arity = "0..1", paramLabel = "WHAT") String what,
      @Option(names = "--level", paramLabel = "N", description = "1, 2 or 3; the next one.")
          Integer level,
      @Option(names = "--json", description = "As JSON.") boolean json) {
    var learner = new Learner();
    var exercise = exercise(learner, what);
    var hint = level == null ? learner.nextHint(exercise) : learner.hint(exercise, level);
    if (json) print(hint);
    else System.out.println(hint.titled(exercise, true) + "\n" + Verdict.wrapped(hint.text(), 0));
    return OK;
  }

  @Command(
      description =
          "Shows what's different: your exercise and its solution; or a chapter and the next one.")
  int diff(
      @Parameters(
              arity = "0..1",
              paramLabel = "WHAT",
              description = "An exercise, or a chapter such as 03.")
          String what,
      @Option(names = "--yes", description = "Even before you have passed.") boolean yes,
      @Option(names = "--json", description = "As JSON.") boolean json)
      throws IOException {
    var learner = new Learner();
    Page page;
    if (what != null && what.matches("\\d\\d?")) page = Page.nextChapter(Integer.parseInt(what));
    else {
      var exercise = exercise(learner, what);
      if (!maySee(learner, exercise, yes, "diff")) return REFUSED;
      page = Page.mineAndSolution(exercise);
    }
    show(page, json);
    return OK;
  }

  @Command(description = "Shows the solution, after you have passed.")
  int solution(
      @Parameters(arity = "0..1", paramLabel = "WHAT") String what,
      @Option(names = "--yes", description = "Even before you have passed.") boolean yes,
      @Option(names = "--json", description = "As JSON.") boolean json)
      throws IOException {
    var learner = new Learner();
    var exercise = exercise(learner, what);
    if (!maySee(learner, exercise, yes, "solution")) return REFUSED;
    show(Page.solution(exercise), json);
    return OK;
  }

  private static boolean maySee(Learner learner, Exercise exercise, boolean yes, String command) {
    if (!yes && !learner.work(exercise).isPassed()) {
      System.err.println(
          "%1$s hasn't passed yet, as far as the coach knows: it counts ./jbang coach check %1$s. To see its solution all the same: ./jbang coach %2$s %1$s --yes"
              .formatted(exercise.id(), command));
      return false;
    }
    learner.openedSolution(exercise);
    return true;
  }

  private static void show(Page page, boolean json) {
    if (json) print(page);
    else System.out.println(page.title() + "\n\n" + String.join("\n", page.lines()));
  }

  @Command(description = "Puts the starter back, and keeps what you wrote beside it.")
  int reset(
      @Parameters(arity = "0..1", paramLabel = "WHAT") String what,
      @Option(names = "--json", description = "As JSON.") boolean json)
      throws IOException {
    var learner = new Learner();
    var exercise = exercise(learner, what);
    var backup = learner.starters.reset(exercise).map(Learner::shown);
    if (json) print(Map.of("exercise", exercise.id(), "yours", backup.orElse("")));
    else System.out.println(resetTold(exercise, backup));
    return OK;
  }

  static String resetTold(Exercise exercise, Optional<String> backup) {
    return backup
        .map(it -> exercise.id() + " is the starter again. Yours is kept in " + it + ".")
        .orElse(exercise.id() + " is the starter already.");
  }

  // ---- predict ----

  @Command(description = "Asks a chapter's question, runs its demo, and compares.")
  int predict(
      @Parameters(paramLabel = "CHAPTER", description = "Such as 03, or supervisor.") String what,
      @Option(names = "--answer", paramLabel = "LETTER", description = "Your answer.")
          String answer,
      @Option(names = "--json", description = "As JSON.") boolean json)
      throws IOException, InterruptedException {
    var learner = new Learner();
    var chapter = chapter(what);
    if (answer == null) {
      if (json) print(Map.of("question", chapter.question(), "answers", chapter.choices()));
      else {
        System.out.println(Verdict.wrapped(chapter.question(), 0) + "\n");
        chapter
            .choices()
            .forEach((letter, text) -> System.out.println("  " + letter + "  " + text));
        System.out.println(
            "\nYour answer: ./jbang coach predict %s --answer a".formatted(chapter.name()));
      }
      return OK;
    }
    if (!chapter.choices().containsKey(answer))
      throw new IllegalArgumentException(
          "There is no answer '%s'. There are %s."
              .formatted(answer, String.join(", ", chapter.choices().keySet())));
    var output = Demo.run(chapter);
    learner.predicted(chapter, answer);
    if (json) {
      var told = new LinkedHashMap<String, Object>();
      told.put("answer", answer);
      told.put("right", chapter.right());
      told.put("because", chapter.because());
      told.put("output", output);
      print(told);
    } else System.out.println(String.join("\n", Page.prediction(chapter, answer, output).lines()));
    return OK;
  }

  private static Chapter chapter(String what) {
    return (what.matches("\\d\\d?")
            ? Chapter.byNumber(Integer.parseInt(what))
            : Chapter.byName(what))
        .orElseThrow(() ->
            new IllegalArgumentException(
                "'%s' is no chapter. There are 01 to %02d.".formatted(what, Chapter.all().size())));
  }

  // ---- export, total ----

  @Command(description = "Prints your progress, to hand in.")
  int export(
      @Option(
              names = "--name",
              paramLabel = "NAME",
              required = true,
              description = "Who you are to your teacher.")
          String name,
      @Option(names = "--markdown", description = "As a table, instead of JSON.")
          boolean markdown) {
    var learner = new Learner();
    var export = new Export(name, learner.progress());
    if (export.name().isEmpty())
      throw new IllegalArgumentException("Say who you are to your teacher: --name Ada");
    var classroom = new Classroom(learner.exercises, Chapter.all());
    System.out.println(markdown ? classroom.table(export).stripTrailing() : Json.plain(export));
    return OK;
  }

  @Command(description = "Adds up what a room has handed in.")
  int total(
      @Parameters(
              arity = "1..*",
              paramLabel = "FILE",
              description = "What coach export printed; or a folder of such files.")
          List<Path> files,
      @Option(names = "--json", description = "As JSON.") boolean json)
      throws IOException {
    var handedIn = HandedIn.read(files);
    handedIn.remarks().forEach(System.err::println);
    handedIn.unread().forEach(System.err::println);
    if (handedIn.exports().isEmpty())
      throw new IllegalArgumentException(
          "There is no export in %s."
              .formatted(files.stream().map(Path::toString).collect(joining(", "))));
    var classroom = new Classroom(Exercise.all(), Chapter.all());
    var unknown = classroom.unknown(handedIn.exports());
    if (!unknown.isEmpty())
      System.err.println(
          "This clone doesn't know %s, and leaves it out. Is it up to date?"
              .formatted(String.join(", ", unknown)));
    var room = classroom.total(handedIn.exports());
    if (json) print(room);
    else System.out.print(classroom.table(room));
    return handedIn.unread().isEmpty() ? OK : BROKEN;
  }

  // ---- doctor ----

  @Command(description = "Looks whether all that the coach needs is there, and says what to mend.")
  int doctor(@Option(names = "--json", description = "As JSON.") boolean json)
      throws InterruptedException {
    var diagnoses = new Doctor().examine();
    if (json) print(diagnoses);
    else diagnoses.forEach(it -> System.out.println(it.text()));
    return diagnoses.stream().anyMatch(Doctor.Diagnosis::isIll) ? BROKEN : OK;
  }
}
