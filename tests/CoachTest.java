import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import coach.Check;
import coach.Check.State;
import coach.Commands;
import coach.Progress;
import coach.Progress.Work;
import coach.ProgressFile;
import coach.Saves;
import coach.Starters;
import coach.WarmChecker;
import harness.Examination;
import harness.Examination.Depth;
import harness.Exercise;
import harness.Law;
import harness.Repository;
import harness.Target;
import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import runner.Clone;

/// Nothing that a learner writes can hurt the coach. Whatever a program does, there is a verdict within a
/// deadline, in sentences, and the next save gets a right one.
@ExtendWith(Law.class)
class CoachTest {

  private static final String ID = "01-b";
  private static final Exercise EXERCISE = Exercise.byId(ID).orElseThrow();
  private static final String RIGHT = Repository.read("solutions/" + EXERCISE.file());

  /// More than a busy program takes: the harness gives it five seconds.
  private static final Duration DEADLINE = Duration.ofSeconds(100);

  private static final Duration SHORT_DEADLINE = Duration.ofSeconds(3);

  @TempDir private Path folder;

  // ---- programs ----

  /// A program, and what the coach should say of it.
  private record Hostile(
      String name,
      byte[] source,
      Duration deadline,
      State state,
      List<String> says,
      CompletableFuture<Outcome> outcome) {

    static Hostile of(String name, String source, State state, String... says) {
      return of(name, source.getBytes(UTF_8), state, says);
    }

    static Hostile of(String name, byte[] source, State state, String... says) {
      return new Hostile(name, source, DEADLINE, state, List.of(says), new CompletableFuture<>());
    }

    Hostile within(Duration deadline) {
      return new Hostile(name, source, deadline, state, says, outcome);
    }
  }

  /// What was said of a hostile program, and then of a right one.
  private record Outcome(Check check, Check next) {}

  private static String patched(String anchor, String with) {
    assertThat(RIGHT).containsOnlyOnce(anchor);
    return RIGHT.replace(anchor, with);
  }

  /// Runs `code` in the thread that calls `start`.
  private static String atStart(String code) {
    String anchor = "    return go(() -> {\n      for";
    return patched(anchor, code + "\n" + anchor);
  }

  /// Runs `code` in the producer's virtual thread, before it reads offset 2.
  private static String atOffset2(String code) {
    String anchor = "Click click = log.take(offset);";
    return patched(anchor, "if (offset == 2) { " + code + " }\n" + anchor);
  }

  private static String withMember(String code) {
    String anchor = "  /// ## The producer";
    return patched(anchor, code + "\n" + anchor);
  }

  private static String raw(String print) {
    return "var raw = new java.io.PrintStream(new java.io.FileOutputStream("
        + "java.io.FileDescriptor.out)); "
        + print;
  }

  private static String thread(String body) {
    return "Thread.ofPlatform().daemon().start(() -> { try { "
        + body
        + " } catch (Exception e) {} });";
  }

  /// One lambda in another, each with two overloads to choose from: the compiler tries all choices.
  private static String choices() {
    String nested = "null";
    for (int i = 0; i < 25; i++) nested = "ap(x" + i + " -> { return " + nested + "; }, 1)";
    return withMember(
        "static <A, B> B ap(java.util.function.Function<A, B> f, A a) { return null; }"
            + "static <A, B> B ap(java.util.function.BiFunction<A, A, B> f, A a) { return null; }"
            + "static Object choices() { return "
            + nested
            + "; }");
  }

  private static final String EAT =
      "var all = new java.util.ArrayList<long[]>();"
          + " while (all.size() >= 0) all.add(new long[100_000]);";

  private static final String MEMORY = "It used up the memory that a check may use, 320 MB.";
  private static final String BUSY = "for 5 seconds nothing happened";

  private static final String PARK = "java.util.concurrent.locks.LockSupport.park();";

  /// Those that take longest come first.
  private static List<Hostile> programs() {
    return List.of(
        Hostile.of(
                "the compiler tries for ever",
                choices(),
                State.LOST,
                "The compiler was still at work")
            .within(SHORT_DEADLINE),
        Hostile.of(
                "an exception that can't be printed in any time",
                withMember(
                        "static class Odd extends RuntimeException { public String toString() {"
                            + " while (true) "
                            + PARK
                            + " } }")
                    .replace("    return go(", "    if (true) throw new Odd();\n    return go("),
                State.LOST,
                "After 3 seconds it was still not done.",
                "LastWords$Odd.toString")
            .within(SHORT_DEADLINE),
        Hostile.of(
            "a deadlock of two monitors",
            atStart(
                "Object a = new Object(), b = new Object(); var both = new"
                    + " java.util.concurrent.CyclicBarrier(2); go(() -> { synchronized (a) {"
                    + " both.await(); synchronized (b) { return 1; } } }); if (true) return go(()"
                    + " -> { synchronized (b) { both.await(); synchronized (a) { return 1; } }"
                    + " });"),
            State.BROKEN,
            BUSY,
            "BLOCKED",
            "a thread waits for a lock"),
        Hostile.of(
            "it reads the standard input behind System.in",
            atOffset2("new java.io.FileInputStream(java.io.FileDescriptor.in).read();"),
            State.BROKEN,
            BUSY),
        Hostile.of(
            "an endless loop",
            atOffset2("while (offset == 2) Thread.onSpinWait();"),
            State.BROKEN,
            BUSY,
            "RUNNABLE at LastWords"),
        Hostile.of(
            "a static initializer that loops",
            withMember(
                "static { try { while (log(0) == 0) Thread.sleep(1); } catch (InterruptedException"
                    + " e) {} } static int log(int i) { return i; }"),
            State.BROKEN,
            "start() never came back"),
        Hostile.of(
            "halt by reflection",
            atOffset2(
                "Runtime.class.getMethod(\"halt\", int.class).invoke(Runtime.getRuntime(), 7);"),
            State.LOST,
            "It ended the JVM in which it ran, with exit code 7."),
        Hostile.of(
            "exit by reflection, and a hook that never ends",
            atOffset2(
                "Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true) "
                    + PARK
                    + " })); System.class.getMethod(\"exit\", int.class).invoke(null, 7);"),
            State.BROKEN,
            "offset 2 never came"),
        Hostile.of(
            "no memory on the caller's thread", atStart("{ " + EAT + " }"), State.LOST, MEMORY),
        Hostile.of(
            "no memory on a virtual thread, which catches that",
            atOffset2("try { " + EAT + " } catch (OutOfMemoryError e) { }"),
            State.LOST,
            MEMORY),
        Hostile.of(
            "it forges a reply",
            atOffset2(
                raw(
                    "String own = System.getProperty(\"sun.java.command\"); raw.println(\"\\n\" +"
                        + " own.substring(own.indexOf('@')) + \" nonsense\");")),
            State.LOST,
            "What it printed got in between"),
        Hostile.of(
            "it changes what belongs to the whole JVM",
            atStart(
                "System.setOut(null); System.setErr(null); System.setIn(null);"
                    + " System.setProperty(\"line.separator\", \"?\");"
                    + " System.setProperty(\"user.dir\", \"/\");"
                    + " System.setProperty(\"java.class.path\", \"\");"
                    + " java.util.Locale.setDefault(java.util.Locale.forLanguageTag(\"ar-u-nu-arab\"));"
                    + " java.util.TimeZone.setDefault(java.util.TimeZone.getTimeZone(\"Asia/Tokyo\"));"
                    + " Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true); }));"
                    + " Thread.setDefaultUncaughtExceptionHandler((t, e) -> {});"),
            State.BROKEN,
            "the handler for them was replaced, and saw them"),
        Hostile.of(
            "it interrupts everyone, and calls itself main",
            atOffset2(
                "Thread.getAllStackTraces().keySet().forEach(Thread::interrupt);"
                    + " Thread.currentThread().setName(\"main\");"),
            State.BROKEN,
            "offset 2 never came"),
        Hostile.of(
            "it interrupts whoever listens",
            atStart(
                "Thread.getAllStackTraces().keySet().stream().filter(it ->"
                    + " it.getName().equals(\"requests\")).forEach(Thread::interrupt);"),
            State.PASSED),
        Hostile.of(
            "platform threads are left, one of them a daemon, one a timer's, and one an executor's",
            atStart(
                "new Thread(() -> "
                    + PARK.replace(";", "")
                    + ").start(); "
                    + thread(PARK)
                    + " new java.util.Timer();"
                    + " java.util.concurrent.Executors.newFixedThreadPool(1).execute(() -> {});"),
            State.BROKEN,
            "A thread that nobody ended: thread '",
            "more."),
        Hostile.of(
            "a virtual thread is left",
            atStart("Thread.startVirtualThread(() -> " + PARK.replace(";", "") + ");"),
            State.BROKEN,
            "A thread that nobody ended: virtual thread"),
        Hostile.of(
            "System.exit",
            atOffset2("System.exit(0);"),
            State.BROKEN,
            "offset 2 never came",
            "an exception that is not the log's"),
        Hostile.of(
            "no stack",
            patched("  /// ## The producer", "static int deep(int n) { return deep(n + 1) + 1; }")
                .replace("Click click =", "if (offset == 2) deep(0);\nClick click ="),
            State.BROKEN,
            "offset 2 never came"),
        Hostile.of(
            "a million lines",
            withMember("static { for (int i = 0; i < 1_000_000; i++) System.out.println(i); }"),
            State.PASSED),
        Hostile.of(
            "behind System.out, lines like replies, and one without an end",
            withMember(
                "static { "
                    + raw(
                        "raw.println(\"@00000000-0000-0000-0000-000000000000"
                            + " {\\\"kind\\\":\\\"DONE\\\"}\");"
                            + " raw.println(\"{\\\"kind\\\":\\\"DONE\\\"}\"); for (int i = 0; i <"
                            + " 10_000; i++) raw.println(i); for (int i = 0; i < 300; i++)"
                            + " raw.print(\"no end\".repeat(9_999));")
                    + " }"),
            State.PASSED),
        Hostile.of("it reads System.in", atOffset2("System.in.read();"), State.PASSED),
        Hostile.of(
            "a deadlock of two locks",
            atStart(
                "var a = new java.util.concurrent.locks.ReentrantLock(); var b = new"
                    + " java.util.concurrent.locks.ReentrantLock(); var both = new"
                    + " java.util.concurrent.CyclicBarrier(2); go(() -> { a.lock(); both.await();"
                    + " b.lock(); return 1; }); if (true) return go(() -> { b.lock(); both.await();"
                    + " a.lock(); return 1; });"),
            State.BROKEN,
            "nothing arrived"),
        Hostile.of(
            "a static initializer that throws",
            withMember("static { if (true) throw new IllegalStateException(\"no luck\"); }"),
            State.BROKEN,
            "a static field or block threw java.lang.IllegalStateException: no luck at"),
        Hostile.of(
            "an exception as long as a book",
            atStart("if (true) throw new IllegalStateException(\"long\".repeat(1_000_000));"),
            State.BROKEN,
            "start() threw java.lang.IllegalStateException: longlong"),
        Hostile.of(
            "an exception that can't be printed",
            withMember(
                    "static class Odd extends RuntimeException { public String toString() {"
                        + " throw this; } }")
                .replace("Click click =", "if (offset == 2) throw new Odd();\nClick click ="),
            State.LOST,
            "a LastWords$Odd, whose toString() throws, too."),
        Hostile.of(
            "Latin-1",
            RIGHT.replace("producer", "pröducer").getBytes(ISO_8859_1),
            State.NOT_COMPILED,
            "holds bytes that are no UTF-8. Save it as UTF-8."),
        Hostile.of(
            "UTF-16", RIGHT.getBytes(UTF_16), State.NOT_COMPILED, "no UTF-8. Save it as UTF-8."),
        Hostile.of(
            "a byte-order mark",
            "\ufeff" + RIGHT,
            State.NOT_COMPILED,
            "Line 1: the file begins with a" + " byte-order mark"),
        Hostile.of(
            "a NUL byte",
            patched("class LastWords {", "\0class LastWords {"),
            State.NOT_COMPILED,
            "illegal character"),
        Hostile.of("an empty file", "", State.NOT_COMPILED, "Keep the names and parameters"),
        Hostile.of(
            "thousands of parentheses",
            patched("int i = 0;", "int i = " + "(".repeat(20_000) + "0" + ")".repeat(20_000) + ";"),
            State.NOT_COMPILED,
            "The compiler gave up",
            "nests very deep?"),
        Hostile.of(
            "types that never end",
            withMember(
                "interface N<Z> {} static class C<X> implements N<N<? super C<C<X>>>> {}"
                    + " static N<? super C<Integer>> n = new C<Integer>();"),
            State.NOT_COMPILED,
            "The compiler gave up"),
        Hostile.of(
            "a line as long as a book",
            withMember("static void s(int i) {" + "i = i * 17 + i / 3; ".repeat(9_000) + "}"),
            State.NOT_COMPILED,
            "code too large"));
  }

  /// Several JVMs at a time: a program that hangs, or sleeps, leaves the cores to others.
  private static final int AT_A_TIME = 3;

  @TestFactory
  Stream<DynamicTest> whatever_a_program_does_it_gets_a_verdict_and_the_next_one_is_right()
      throws IOException {
    Path right = write("right", RIGHT.getBytes(UTF_8));
    var programs = programs();
    Queue<Hostile> left = new ConcurrentLinkedQueue<>(programs);
    var workers = Executors.newFixedThreadPool(AT_A_TIME);
    for (int i = 0; i < AT_A_TIME; i++) workers.execute(() -> checkAll(left, right));
    return programs.stream()
        .map(program -> dynamicTest(program.name, () -> judge(program)))
        .onClose(() -> {
          left.clear();
          workers.close(); // they end by their deadlines
        });
  }

  private void checkAll(Queue<Hostile> left, Path right) {
    try (var checker = new WarmChecker(DEADLINE)) {
      for (Hostile program; (program = left.poll()) != null; ) {
        try {
          Path file = write(program.name.replace(' ', '-'), program.source);
          if (program.deadline == SHORT_DEADLINE) check(checker, right); // for a warm JVM
          var check = checker.check(wordsFor(file), Depth.FIRST_BROKEN, program.deadline, _ -> {});
          program.outcome.complete(new Outcome(check, check(checker, right)));
        } catch (Exception | Error e) {
          program.outcome.completeExceptionally(e);
        }
      }
    }
  }

  private static void judge(Hostile program) throws Exception {
    var outcome = program.outcome.get(180, SECONDS);
    String said = said(outcome.check);
    assertThat(outcome.check.state()).as(said).isEqualTo(program.state);
    program.says.forEach(part -> assertThat(said).contains(part));
    assertThat(said).hasSizeLessThan(2500).doesNotContain("\tat ", "Exception in thread");
    assertThat(outcome.next.state()).as("next: " + said(outcome.next)).isEqualTo(State.PASSED);
  }

  /// Without the line breaks.
  private static String said(Check check) {
    return (check.headline() + "\n" + check.explanation()).replaceAll("\\s+", " ");
  }

  private static Check check(WarmChecker checker, Path file) throws InterruptedException {
    return checker.check(wordsFor(file), Depth.FIRST_BROKEN, _ -> {});
  }

  private static List<String> wordsFor(Path file) {
    return List.of(ID, file.toString());
  }

  private Path write(String name, byte[] source) throws IOException {
    return Files.write(folder.resolve(name + ".java"), source);
  }

  // ---- what is left ----

  /// A program tells us that it runs, and that it doesn't any more, by a connection. Only a process that
  /// has ended lets go of it.
  private static String connecting(ServerSocket server) {
    return atOffset2(
        "var there = new java.net.Socket(\"127.0.0.1\", %d); while (there.getInputStream().read() >= 0) {}"
            .formatted(server.getLocalPort()));
  }

  private static ServerSocket server() throws IOException {
    var server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
    server.setSoTimeout(60_000);
    return server;
  }

  private static void awaitEnd(java.net.Socket connection) throws IOException {
    connection.setSoTimeout(30_000);
    try {
      assertThat(connection.getInputStream().read()).isEqualTo(-1);
    } catch (java.net.SocketTimeoutException e) {
      throw new AssertionError("The program still runs.", e);
    } catch (IOException e) {
      // reset: it has ended in a hurry
    }
  }

  @Test
  void who_closes_or_abandons_a_checker_ends_the_program_and_leaves_no_process_and_no_file()
      throws Exception {
    Path right = write("right", RIGHT.getBytes(UTF_8));
    var before = ProcessHandle.current().children().toList();
    try (var server = server();
        var workers = Executors.newFixedThreadPool(1);
        var checker = new WarmChecker(DEADLINE)) {
      Path file = write("runs", connecting(server).getBytes(UTF_8));

      var abandoned = workers.submit(() -> check(checker, file));
      try (var connection = server.accept()) {
        checker.abandon();
        awaitEnd(connection);
      }
      assertThat(abandoned.get(60, SECONDS).state()).isEqualTo(State.ABANDONED);
      checker.abandon(); // which finds nothing to abandon
      assertThat(check(checker, right).state()).isEqualTo(State.PASSED);

      var children = ProcessHandle.current().children().filter(it -> !before.contains(it)).toList();
      assertThat(children).isNotEmpty();
      var closed = workers.submit(() -> check(checker, file));
      try (var connection = server.accept()) {
        checker.close();
        awaitEnd(connection);
      }
      assertThat(closed.get(60, SECONDS).state()).isEqualTo(State.ABANDONED);
      for (var child : children) {
        child.onExit().get(60, SECONDS);
        Path counters = Path.of("hsperfdata_" + System.getProperty("user.name"), "" + child.pid());
        assertThat(Path.of(System.getProperty("java.io.tmpdir")).resolve(counters)).doesNotExist();
      }
      assertThat(check(checker, right).state()).isEqualTo(State.ABANDONED);
    }
  }

  /// A coach that is killed while it checks.
  static final class Parent {
    public static void main(String[] args) throws InterruptedException {
      try (var checker = new WarmChecker(DEADLINE)) {
        check(checker, Path.of(args[0]));
      }
    }
  }

  @Test
  void the_program_ends_when_the_coach_is_killed() throws Exception {
    try (var server = server()) {
      Path file = write("runs", connecting(server).getBytes(UTF_8));
      var coach = java(Repository.root(), Parent.class, "" + file).start();
      try (var connection = server.accept()) {
        coach.destroyForcibly();
        awaitEnd(connection);
      } finally {
        coach.destroyForcibly().waitFor();
      }
    }
  }

  /// Another JVM, which works in the clone `home`.
  private static ProcessBuilder java(Path home, Class<?> main, String... args) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dstdout.encoding=UTF-8"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(home.toFile());
    builder.environment().put("PUTS_AND_TAKES_HOME", home.toString());
    return builder;
  }

  @Test
  void a_process_that_a_program_leaves_behind_is_ended() throws Exception {
    assumeFalse(File.separatorChar == '\\', "on Windows there is no sleep to start");
    try (var checker = new WarmChecker(DEADLINE)) {
      Path pid = folder.resolve("pid");
      String start =
          "try { var left = new ProcessBuilder(\"sleep\", \"1000\").start();"
              + " java.nio.file.Files.writeString(java.nio.file.Path.of(\"%s\"), \"\" +"
              + " left.pid()); } catch (java.io.IOException e) { throw new"
              + " IllegalStateException(e); }";
      Path file = write("leaves", atStart(start.formatted(pid)).getBytes(UTF_8));
      assertThat(check(checker, file).state()).isEqualTo(State.PASSED);
      var left = ProcessHandle.of(Long.parseLong(Files.readString(pid)));
      if (left.isPresent()) left.get().onExit().get(60, SECONDS);
    }
  }

  /// In this JVM, since here we can ask the garbage collector.
  @Test
  void nothing_keeps_a_program_that_was_checked() throws Exception {
    var seen = new ArrayList<WeakReference<Object>>();
    System.getProperties().put("seen", seen);
    try {
      String tell =
          "{ @SuppressWarnings(\"unchecked\") var seen ="
              + " (java.util.List<Object>) System.getProperties().get(\"seen\");"
              + " if (seen.isEmpty() || ((java.lang.ref.WeakReference<?>) seen.getLast()).get() !="
              + " LastWords.class) seen.add(new java.lang.ref.WeakReference<>(LastWords.class)); }";
      var sources =
          List.of(
              atStart(tell),
              atStart(tell)
                  .replace("throw e;", "throw e; // and forgets a future, and a thread")
                  .replace(
                      "Click click =",
                      "if (offset == 2) { go(() -> { throw new"
                          + " IllegalStateException(\"forgotten\"); });"
                          + " Thread.startVirtualThread(() -> { throw new"
                          + " IllegalStateException(\"uncaught\"); }); }\n"
                          + "Click click ="));
      for (int i = 0; i < 6; i++) {
        Path file = write("tells" + i, sources.get(i % 2).getBytes(UTF_8));
        Examination.of(Target.of(List.of(ID, file.toString())), Depth.ALL, _ -> {});
      }
      System.gc();
      assertThat(seen).hasSize(6);
      assertThat(seen.stream().filter(it -> it.get() != null)).hasSizeLessThan(3);
    } finally {
      System.getProperties().remove("seen");
    }
  }

  // ---- saves ----

  @Test
  void a_save_is_noticed_once_however_the_editor_saves() throws IOException {
    Path file = Files.writeString(folder.resolve("A.java"), "one");
    var saves = new Saves(file);
    assertThat(saves.isNew()).isFalse();

    var time = Files.getLastModifiedTime(file);
    Files.writeString(file, "two"); // as long as before, and within the same tick of the clock
    Files.setLastModifiedTime(file, time);
    assertNoticedOnce(saves, "the same size and time");

    Path part = Files.writeString(folder.resolve("A.java~"), "six");
    Files.setLastModifiedTime(part, time);
    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    assertNoticedOnce(saves, "renamed");

    Files.delete(file);
    assertNoticedOnce(saves, "deleted");
    Files.writeString(file, "six");
    assertNoticedOnce(saves, "created");

    try (var out = Files.newOutputStream(file)) { // which truncates
      assertNoticedOnce(saves, "truncated");
      out.write("half, ".getBytes(UTF_8));
      assertNoticedOnce(saves, "the first half");
      out.write("whole".getBytes(UTF_8));
    }
    assertNoticedOnce(saves, "the second half");

    Files.setLastModifiedTime(file, FileTime.fromMillis(time.toMillis() + 5000));
    assertNoticedOnce(saves, "saved without a change");

    Files.delete(file);
    Files.createDirectory(file);
    assertNoticedOnce(saves, "a folder");
    Files.delete(file);
    assertThat(saves.isNew()).as("a folder is as good as nothing").isFalse();
  }

  private static void assertNoticedOnce(Saves saves, String what) {
    assertThat(saves.isNew()).as(what).isTrue();
    assertThat(saves.isNew()).as(what + ", twice").isFalse();
  }

  @Test
  void a_save_behind_a_link_is_noticed() throws IOException {
    Path file = Files.writeString(folder.resolve("A.java"), "one");
    Path link = folder.resolve("B.java");
    try {
      Files.createSymbolicLink(link, file);
    } catch (FileSystemException | UnsupportedOperationException e) {
      assumeTrue(false, "this system lets us make no links");
    }
    var saves = new Saves(link);
    Files.writeString(file, "two!");
    assertNoticedOnce(saves, "behind the link");
    Files.delete(file);
    assertNoticedOnce(saves, "the link leads nowhere");
  }

  // ---- progress ----

  private static final Progress AT_01_B = Progress.NONE.at(ID);

  private Path progressFile() {
    return folder.resolve("progress.json");
  }

  @Test
  void progress_is_found_again_and_what_this_coach_does_not_know_is_kept() throws IOException {
    Files.writeString(
        progressFile(),
        """
        {"version": 1, "current": "99-z", "exercises": {
          "99-z": {"checks": 3, "passed": null, "broken": "ODD", "hints": null, "solutionFirst": true},
          "98-y": null}, "predictions": null, "odd": [1]}
        """);
    var file = new ProgressFile(folder);
    assertThat(file.trouble()).isEmpty();
    file.update(progress -> progress.at(ID));
    var again = new ProgressFile(folder).progress();
    assertThat(again.current()).isEqualTo(ID);
    assertThat(again.work("99-z")).isEqualTo(new Work(3, null, "ODD", List.of(), true));
    assertThat(again.work("98-y").checks()).isZero();
    assertThat(inFolder(".part")).isEmpty();
  }

  @Test
  void progress_that_makes_no_sense_is_put_aside_and_told_and_begins_anew() throws IOException {
    var nonsense = new ArrayList<byte[]>();
    for (String text : List.of("", "{", "null", "[]", "{\"version\": \"x\"}", "{\"exercises\": 3}"))
      nonsense.add(text.getBytes(UTF_8));
    nonsense.add("{\"version\": 1} ü".getBytes(ISO_8859_1));
    for (int i = 0; i < nonsense.size(); i++) {
      String what = "nonsense " + i;
      Files.write(progressFile(), nonsense.get(i));
      var file = new ProgressFile(folder);
      String aside = "progress.json.mine-" + (i + 1);
      assertThat(file.progress()).as(what).isEqualTo(Progress.NONE);
      assertThat(file.trouble().orElse("")).as(what).contains(progressFile() + " ", aside);
      assertThat(folder.resolve(aside)).hasBinaryContent(nonsense.get(i));
      file.update(progress -> progress.at(ID));
      assertThat(file.trouble()).as(what + " is told for as long as this coach runs").isPresent();
      assertThat(new ProgressFile(folder).progress()).as(what).isEqualTo(AT_01_B);
      assertThat(new ProgressFile(folder).trouble()).as(what).isEmpty();
    }
  }

  @Test
  void progress_that_is_spoilt_meanwhile_is_not_lost() throws IOException {
    var file = new ProgressFile(folder);
    file.update(progress -> progress.at(ID));
    Files.writeString(progressFile(), "spoilt");
    file.update(progress -> progress.with("02-a", Work.NONE));
    assertThat(new ProgressFile(folder).progress().current()).isEqualTo(ID);
    assertThat(file.trouble().orElse("")).contains("It's now progress.json.mine-1");
  }

  @Test
  void a_newer_coachs_progress_is_left_alone() throws IOException {
    String newer = "{\"version\": 2, \"exercises\": [\"in another form\"]}";
    Files.writeString(progressFile(), newer);
    var file = new ProgressFile(folder);
    assertThat(file.update(progress -> progress.at(ID)).current()).isEqualTo(ID);
    assertThat(file.trouble().orElse("")).contains("was written by a newer coach");
    assertThat(progressFile()).hasContent(newer);
  }

  @Test
  void two_coaches_in_one_clone_keep_each_others_progress() {
    var one = new ProgressFile(folder);
    var other = new ProgressFile(folder);
    one.update(progress -> progress.with("01-a", new Work(1, null, null, List.of(), false)));
    other.update(progress -> progress.with("01-b", new Work(2, null, null, List.of(), false)));
    one.update(progress -> progress.with("02-a", new Work(3, null, null, List.of(), false)));
    assertThat(new ProgressFile(folder).progress().exercises())
        .containsOnlyKeys("01-a", "01-b", "02-a");
  }

  /// A plain file stands where the folder should be: even for root, nothing can be written there.
  @Test
  void progress_that_can_not_be_written_is_kept_until_the_coach_ends() throws IOException {
    Path notAFolder = Files.writeString(folder.resolve(".coach"), "a file");
    var file = new ProgressFile(notAFolder);
    var work = new int[1];
    file.update(progress -> {
      work[0]++;
      return progress.at(ID);
    });
    assertThat(work[0]).isEqualTo(1);
    assertThat(file.progress()).isEqualTo(AT_01_B);
    assertThat(file.trouble().orElse("")).contains("can't be written");
    assertThat(notAFolder).hasContent("a file");
  }

  private List<String> inFolder(String part) throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .map(it -> it.getFileName().toString())
          .filter(it -> it.contains(part))
          .sorted()
          .toList();
    }
  }

  // ---- starters ----

  /// An exercise in our folder, whose starter has this content.
  private Exercise exercise(byte[] starter) throws IOException {
    Path file = Files.write(folder.resolve("X.java"), starter);
    return new Exercise(
        ID,
        file.toString(),
        EXERCISE.title(),
        EXERCISE.chapter(),
        EXERCISE.kind(),
        EXERCISE.minutes(),
        EXERCISE.promises(),
        EXERCISE.stage(),
        EXERCISE.failsWith(),
        Exercise.idOf(starter),
        EXERCISE.hints(),
        EXERCISE.stuck());
  }

  @Test
  void a_starter_comes_back_from_its_copy_and_what_stood_there_is_kept_beside_it()
      throws IOException {
    byte[] unknownToGit = "a starter that no git knows".getBytes(UTF_8);
    var exercise = exercise(unknownToGit);
    Path file = exercise.starter();
    assertThat(Starters.isUntouched(exercise)).isTrue();
    var starters = new Starters(folder.resolve(".coach"));
    starters.keep(List.of(exercise));
    assertThat(starters.reset(exercise)).isEmpty();

    for (int i = 1; i <= 3; i++) {
      Files.writeString(file, "mine, number " + i);
      assertThat(Starters.isUntouched(exercise)).isFalse();
      starters.keep(List.of(exercise)); // which must not take mine for a starter
      assertThat(starters.reset(exercise)).contains(folder.resolve("X.java.mine-" + i));
      assertThat(folder.resolve("X.java.mine-" + i)).hasContent("mine, number " + i);
      assertThat(Starters.isUntouched(exercise)).isTrue();
    }

    Files.delete(file);
    assertThat(starters.reset(exercise)).as("nothing was there").isEmpty();
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(starters.reset(exercise)).as("a folder").contains(folder.resolve("X.java.mine-4"));
    assertThat(file).hasBinaryContent(unknownToGit).isExecutable();
    assertThat(inFolder(".part")).isEmpty();
  }

  @Test
  void a_starter_comes_back_from_git_even_if_its_copy_is_spoilt() throws Exception {
    assumeTrue(
        git(Repository.root(), "cat-file", "-e", EXERCISE.untouched()).isPresent(),
        "there is no git");
    var exercise =
        exercise(git(Repository.root(), "cat-file", "blob", EXERCISE.untouched()).orElseThrow());
    byte[] starter = Files.readAllBytes(exercise.starter());
    Path copies = Files.createDirectories(folder.resolve(".coach/starters"));
    Files.writeString(copies.resolve(exercise.untouched()), "spoilt");
    Files.writeString(exercise.starter(), "mine");
    assertThat(new Starters(folder.resolve(".coach")).reset(exercise)).isPresent();
    assertThat(exercise.starter()).hasBinaryContent(starter);
  }

  @Test
  void without_git_and_without_a_copy_nothing_changes() throws IOException {
    var exercise = exercise("a starter that no git knows".getBytes(UTF_8));
    Files.writeString(exercise.starter(), "mine");
    assertThatThrownBy(() -> new Starters(folder.resolve(".coach")).reset(exercise))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("can't be found")
        .hasMessageContaining("Your file is as it was.");
    assertThat(exercise.starter()).hasContent("mine");
    assertThat(inFolder("X.java")).containsExactly("X.java");
  }

  /// A plain file where the copies should be: even root can't write there, and git must do.
  @Test
  void where_no_copy_can_be_kept_none_is() throws IOException {
    var exercise = exercise("a starter".getBytes(UTF_8));
    Path notAFolder = Files.writeString(folder.resolve(".coach"), "a file");
    new Starters(notAFolder).keep(List.of(exercise));
    assertThat(notAFolder).hasContent("a file");
  }

  @Test
  void a_starter_is_untouched_in_a_clone_as_windows_makes_them() throws Exception {
    assumeTrue(git(folder, "init", "-q", "origin").isPresent(), "there is no git");
    Path origin = folder.resolve("origin");
    Files.copy(Repository.root().resolve(".gitattributes"), origin.resolve(".gitattributes"));
    var exercise = exercise("one\ntwo\n".getBytes(UTF_8));
    Files.copy(exercise.starter(), origin.resolve("X.java"));
    git(origin, "add", ".").orElseThrow();
    git(origin, "-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x").orElseThrow();
    git(folder, "clone", "-q", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", "origin", "clone")
        .orElseThrow();
    Files.copy(
        folder.resolve("clone/X.java"), exercise.starter(), StandardCopyOption.REPLACE_EXISTING);
    assertThat(Starters.isUntouched(exercise)).isTrue();
  }

  /// What git prints; empty if there is no git, or if it fails.
  private static Optional<byte[]> git(Path where, String... words) throws InterruptedException {
    var command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(words));
    try {
      var git = new ProcessBuilder(command).directory(where.toFile());
      var process = git.redirectError(ProcessBuilder.Redirect.DISCARD).start();
      byte[] printed = process.getInputStream().readAllBytes();
      return process.waitFor() == 0 ? Optional.of(printed) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  // ---- commands ----

  @Test
  void files_that_are_gone_or_no_files_are_told_one_by_one() throws Exception {
    Path clone = Clone.in(folder.resolve("clone"));
    Files.writeString(clone.resolve(".coach"), "a file where the folder should be");
    Path exercises = clone.resolve("exercises");
    var files = Exercise.all().stream().map(it -> exercises.resolve(it.file())).toList();
    Files.delete(files.get(0));
    Files.delete(files.get(1));
    Files.createDirectory(files.get(1));
    Files.write(files.get(2), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 0});
    Files.copy(
        clone.resolve("solutions").resolve(files.get(3).getFileName()),
        files.get(3),
        StandardCopyOption.REPLACE_EXISTING);

    var process = java(clone, Commands.class, "check", "01-a", "01-b", "02-a", "02-b").start();
    process.getOutputStream().close();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(printed).isEqualTo(1);
    assertThat(printed.replaceAll("\\s+", " "))
        .contains("01-a-tail-a-file.java is not there. Was it deleted, or renamed?")
        .contains("01-b-last-words.java is a folder, or no file at all.")
        .contains("02-a-read-a-sensor.java holds bytes that are no UTF-8.")
        .contains("✓ All 4 kept")
        .contains("Your progress can't be kept: " + clone.resolve(".coach"))
        .doesNotContain("Exception in thread", " at java.base/", "made a mistake of its own");
  }

  @Test
  void a_chapter_goes_by_one_digit_too_and_a_wrong_name_gets_the_right_ones() throws Exception {
    Path clone = Clone.in(folder.resolve("clone"));
    assertThat(printed(clone, "predict", "3")).isEqualTo(printed(clone, "predict", "supervisor"));
    assertThat(printed(clone, "check", "1")).contains("Checking 01").contains("✓ All");
    assertThat(printed(clone, "hint", "01-z"))
        .isEqualTo(
            "'01-z' is no exercise. There are 01-a to 11-b: ./jbang coach list shows them.\n");
    assertThat(printed(clone, "diff", "3")).doesNotContain("DESCRIPTION");
    assertThat(printed(clone, "chk")).contains("'chk' is no command", "./jbang coach --help");
    assertThat(printed(clone, "check", "--help")).startsWith("Usage: ./jbang coach check");
  }

  private static String printed(Path clone, String... words) throws IOException {
    var process = java(clone, Commands.class, words).start();
    process.getOutputStream().close();
    return new String(process.getInputStream().readAllBytes(), UTF_8).replace("\r\n", "\n");
  }
}
