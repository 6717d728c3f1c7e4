package coach;

import coach.Check.State;
import coach.Checker.Request;
import coach.Reply.Kind;
import harness.CompileError;
import harness.Examination.Depth;
import harness.Finding;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;

/// Has files checked in a JVM that's warm, since it has checked others before. A program that takes its
/// JVM with it, leaves threads behind, or never ends, gets a verdict all the same; the next one gets a
/// new JVM, which begins to start at once.
public final class WarmChecker implements AutoCloseable {

  /// The most that one check may take. An endless loop is noticed after five seconds already; this is
  /// for programs that are slow in many small steps.
  static final Duration DEADLINE = Duration.ofSeconds(30);

  /// What a program may take of memory, in MB, beside what the harness needs.
  static final int MEMORY = 320;

  private static final List<String> OPTIONS =
      List.of(
          "-Xmx" + MEMORY + "m",
          // a check leaves much garbage behind, so there's room for that of a few
          "-Xmn" + MEMORY / 2 + "m",
          "-XX:+ExitOnOutOfMemoryError",
          // whatever becomes of it, it leaves no file behind
          "-XX:-UsePerfData",
          "-XX:+ErrorFileToStderr",
          "-XX:-CreateCoredumpOnCrash",
          // compiling a little and often is cheapest with the first compiler alone
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-Dstdout.encoding=UTF-8",
          // SQLite is a native library
          "--enable-native-access=ALL-UNNAMED",
          // the harness asks the JDK for its threads
          "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED");

  private final Duration deadline;
  private Jvm jvm;
  private boolean closed;

  /// The one that has not told yet whether it may go on; or null.
  private Jvm unsettled;

  private static final Duration CLEARING = Duration.ofSeconds(5);

  /// Those that listen to a JVM, this one or an earlier one.
  private final Set<Thread> readers = ConcurrentHashMap.newKeySet();

  /// Starts the JVM, and doesn't wait for it.
  public WarmChecker() {
    this(DEADLINE);
  }

  public WarmChecker(Duration deadline) {
    this.deadline = deadline;
    jvm = new Jvm();
  }

  /// Checks one target. One at a time: a second caller waits.
  ///
  /// @param words what a `harness.Target` is made of
  /// @param each is told of each finding as soon as it is known
  public Check check(List<String> words, Depth depth, Consumer<Finding> each)
      throws InterruptedException {
    return check(words, depth, deadline, each);
  }

  /// As above, with a deadline of its own.
  public synchronized Check check(
      List<String> words, Depth depth, Duration deadline, Consumer<Finding> each)
      throws InterruptedException {
    settle();
    var jvm = alive();
    jvm.asked++;
    var check = new Conversation(words.getFirst(), deadline, each);
    long start = System.nanoTime();
    try {
      jvm.ask(new Request(words, depth, false));
      while (!check.isOver) {
        long left = deadline.toNanos() - (System.nanoTime() - start);
        String line = jvm.lines.poll(Math.max(0, left), TimeUnit.NANOSECONDS);
        if (line == null) check.isLate(jvm);
        else if (line.isEmpty()) check.isLost(jvm);
        else check.hear(Json.read(line, Reply.class));
      }
    } catch (JacksonException e) {
      check.isGarbled();
    } catch (IOException e) {
      check.isLost(jvm);
    } finally {
      if (check.isOver && !check.isLost) unsettled = jvm;
      else replace(jvm);
    }
    return check.result((System.nanoTime() - start) / 1_000_000);
  }

  /// Waits until the JVM has cleared away what the last program left behind. If that doesn't go well, the
  /// next check gets a new one, which begins to start now rather than then.
  public synchronized void settle() throws InterruptedException {
    if (unsettled == null) return;
    var jvm = unsettled;
    unsettled = null;
    while (true) {
      String line = jvm.lines.poll(CLEARING.toNanos(), TimeUnit.NANOSECONDS);
      var kind = line == null || line.isEmpty() ? Kind.DONE_FOR : kindOf(line);
      if (kind == Kind.DONE_FOR) replace(jvm);
      if (kind == Kind.DONE || kind == Kind.DONE_FOR) return;
    }
  }

  private static Kind kindOf(String line) {
    try {
      return Json.read(line, Reply.class).kind();
    } catch (JacksonException e) {
      return Kind.DONE_FOR;
    }
  }

  /// Whether the JVM that would do the next check has done none yet.
  public boolean isCold() {
    return current().asked == 0;
  }

  /// Ends the check that is under way, if there is one, from another thread.
  public void abandon() {
    current().kill();
  }

  private Jvm alive() {
    if (current().killed || !current().process.isAlive()) replace(current());
    return current();
  }

  private Jvm current() {
    synchronized (lock) {
      return jvm;
    }
  }

  /// `check` holds the monitor for as long as it lasts, so the field has a lock of its own.
  private final Object lock = new Object();

  private void replace(Jvm old) {
    old.kill();
    synchronized (lock) {
      if (!closed) jvm = new Jvm();
    }
  }

  /// Leaves nothing behind: no process, and no thread.
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      jvm.kill();
    }
    try {
      for (Thread reader : readers) reader.join(Duration.ofSeconds(2)); // they end with their JVMs
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// What comes in during one check.
  private final class Conversation {
    final String what;
    final Duration deadline;
    final Consumer<Finding> each;
    final List<Finding> findings = new ArrayList<>();
    List<CompileError> errors = List.of();
    State state;
    String trouble = "";
    boolean isOver;
    boolean isLost;

    Conversation(String what, Duration deadline, Consumer<Finding> each) {
      this.what = what;
      this.deadline = deadline;
      this.each = each;
    }

    void hear(Reply reply) {
      switch (reply.kind()) {
        case READY, AT -> {}
        case FINDING -> {
          findings.add(reply.finding());
          each.accept(reply.finding());
        }
        case NOT_COMPILED -> {
          trouble = reply.text();
          errors = reply.errors();
          state = State.NOT_COMPILED;
        }
        case TROUBLE -> {
          trouble = reply.text();
          state = State.LOST;
        }
        case OVER -> isOver = true;
        case DONE, DONE_FOR -> {} // of nobody: settle() has heard those
      }
    }

    void isLate(Jvm jvm) throws InterruptedException, IOException {
      String place = jvm.whereItIs();
      lost(
          "After %d seconds it was still not done. %s It was ended."
              .formatted(deadline.toSeconds(), place)
              .replace("  ", " "));
    }

    void isGarbled() {
      lost("What it printed got in between what the check had to say. Print to System.out alone.");
    }

    void isLost(Jvm jvm) throws InterruptedException {
      if (jvm.killed) { // by us
        lost("It was ended before it was done.");
        state = State.ABANDONED;
        return;
      }
      int code = jvm.exitCode();
      boolean memory = jvm.saidLast.contains("OutOfMemoryError");
      lost(
          memory
              ? "It used up the memory that a check may use, %d MB.".formatted(MEMORY)
              : "It ended the JVM in which it ran, with exit code " + code + ".");
    }

    private void lost(String trouble) {
      this.trouble = trouble;
      state = State.LOST;
      isLost = true;
      isOver = true;
    }

    Check result(long millis) {
      boolean allKept = findings.stream().allMatch(Finding::kept);
      if (state == null) state = allKept && !findings.isEmpty() ? State.PASSED : State.BROKEN;
      return new Check(what, state, List.copyOf(findings), trouble, errors, millis);
    }
  }

  /// A [Checker], and what it says.
  private final class Jvm {
    private static final int LONGEST_LINE = 1_000_000;

    final Process process;
    final String word = "@" + UUID.randomUUID() + " ";

    /// Replies without their word; an empty one is the end. A check has some ten of them.
    final BlockingQueue<String> lines = new LinkedBlockingQueue<>(1000);

    /// How many checks it was asked for.
    volatile int asked;

    volatile boolean killed;

    /// The last words that are no reply.
    volatile String saidLast = "";

    Jvm() {
      var command = new ArrayList<String>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(OPTIONS);
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(List.of(Checker.class.getName(), word));
      try {
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
      } catch (IOException e) {
        throw new IllegalStateException("No JVM can be started: " + e.getMessage() + ".", e);
      }
      readers.add(Thread.ofVirtual().name("replies").start(this::read));
    }

    void ask(Request request) throws IOException {
      var out = process.getOutputStream();
      out.write((Json.write(request) + "\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
    }

    /// Where the program is right now, or nothing.
    String whereItIs() throws InterruptedException, IOException {
      ask(new Request(List.of(), Depth.ALL, true));
      while (true) {
        String line = lines.poll(1, TimeUnit.SECONDS);
        if (line == null || line.isEmpty()) return "";
        var reply = Json.read(line, Reply.class);
        if (reply.kind() == Reply.Kind.AT) return reply.text();
      }
    }

    private void read() {
      try (var in = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8);
          var buffered = new BufferedReader(in)) {
        for (String line; (line = nextLine(buffered)) != null; ) {
          if (line.startsWith(word)) lines.offer(line.substring(word.length()));
          else if (!line.isBlank()) saidLast = line;
        }
      } catch (IOException e) {
        // it's gone
      }
      lines.offer("");
      readers.remove(Thread.currentThread());
    }

    /// A program may print a line that never ends: what is too long for a reply is dropped.
    private static String nextLine(Reader in) throws IOException {
      var line = new StringBuilder();
      for (int c; (c = in.read()) != -1; ) {
        if (c == '\n') return line.toString();
        if (line.length() < LONGEST_LINE) line.append((char) c);
      }
      return line.isEmpty() ? null : line.toString();
    }

    int exitCode() throws InterruptedException {
      return process.waitFor(2, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }

    void kill() {
      killed = true;
      // a program may have started some
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
