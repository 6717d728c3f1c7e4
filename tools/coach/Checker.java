package coach;

import coach.Reply.Kind;
import harness.Examination;
import harness.Subject;
import harness.Target;
import harness.Threads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TimeZone;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// The JVM in which a learner's programs run, and run wild: it can be killed, and a new one started.
/// [WarmChecker] is its other end.
///
/// Requests come line by line on the standard input, replies go to the standard output; both are JSON.
/// Each reply begins with a word that only the two know, since programs may print, too. It ends by
/// itself when its input does: nobody waits for its replies any more.
final class Checker {

  private final String word;
  private final PrintStream out;
  private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
  private final Set<Long> own = ConcurrentHashMap.newKeySet();
  private final Thread server = Thread.currentThread();

  private Checker(String word, PrintStream out) {
    this.word = word;
    this.out = out;
    own.addAll(Threads.ids());
  }

  /// @param args the word that each reply begins with
  static void main(String[] args) {
    InputStream in = System.in;
    System.setIn(InputStream.nullInputStream()); // a program that reads must not take our requests
    var checker = new Checker(args[0], System.out);
    Thread.ofPlatform().daemon().name("requests").start(() -> checker.listen(in));
    checker.serve();
  }

  private void listen(InputStream in) {
    own.add(Thread.currentThread().threadId());
    try (var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) {
        var request = Json.read(line, Request.class);
        if (request.where()) reply(Reply.at(place()));
        else requests.add(request); // which no interrupt can prevent
      }
    } catch (IOException e) {
      // whoever asked is gone
    }
    endProcesses();
    Runtime.getRuntime().halt(0); // a program may be in the way of an exit
  }

  private void serve() {
    own.add(server.threadId());
    reply(Reply.of(Kind.READY, ""));
    while (true) {
      try {
        check(requests.take());
      } catch (InterruptedException e) {
        // by a program: nobody else is here
      }
    }
  }

  private void check(Request request) {
    var before = Surroundings.now();
    try {
      var target = Target.of(request.words());
      Examination.of(target, request.depth(), finding -> reply(Reply.of(finding)));
    } catch (Subject.DoesNotCompile e) {
      reply(Reply.notCompiled(e.title(), e.errors()));
    } catch (IllegalArgumentException e) {
      reply(Reply.of(Kind.TROUBLE, e.getMessage()));
    } catch (Throwable e) { // of an odd program, say, whose exceptions can't be printed
      reply(Reply.of(Kind.TROUBLE, "The check itself failed: " + told(e) + "."));
    }
    reply(Reply.of(Kind.OVER, "")); // so that nobody waits for the rest
    Thread.interrupted(); // a program may have interrupted the thread that called it
    boolean isClean =
        isAtRest() && !endProcesses() && before.equals(Surroundings.now()) && !isFull();
    reply(Reply.of(isClean ? Kind.DONE : Kind.DONE_FOR, ""));
  }

  private static String told(Throwable e) {
    try {
      return e.toString();
    } catch (Throwable again) {
      return "it threw a " + e.getClass().getName() + ", whose toString() throws, too";
    }
  }

  /// Whether none of the program's threads moves, once they had the time to end. Those that only wait for
  /// others are harmless, as long as they're few: the others are gone.
  private boolean isAtRest() {
    for (int look = 0; look < 20; look++) {
      var left = Threads.since(own);
      if (left.stream().allMatch(Threads.Seen::waits)) {
        left.forEach(seen -> own.add(seen.thread().threadId()));
        return own.size() < MOST_THREADS;
      }
      LockSupport.parkNanos(1_000_000);
    }
    return false;
  }

  private static final int MOST_THREADS = 1000;

  /// Ends what a program has started.
  ///
  /// @return whether there was anything
  private static boolean endProcesses() {
    var left = ProcessHandle.current().descendants().toList();
    left.forEach(ProcessHandle::destroyForcibly);
    return !left.isEmpty();
  }

  /// Whether what programs left behind takes up more than half of the room for what lives long.
  private static boolean isFull() {
    if (!isHalfUsed()) return false;
    System.gc(); // much of it may be garbage
    return isHalfUsed();
  }

  private static boolean isHalfUsed() {
    var used = LIVES_LONG.getUsage();
    return used.getUsed() > used.getMax() / 2;
  }

  private static final MemoryPoolMXBean LIVES_LONG =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getName().startsWith("Tenured"))
          .findFirst()
          .orElseThrow();

  /// What belongs to the whole JVM, and may be changed by anyone in it.
  private record Surroundings(
      TimeZone zone,
      Map<Object, Object> properties,
      Locale locale,
      List<Object> streamsAndHandler) {
    static Surroundings now() {
      return new Surroundings(
          TimeZone.getDefault(), // first, since it becomes a property, too
          Map.copyOf(System.getProperties()),
          Locale.getDefault(),
          Arrays.asList(
              System.in, System.out, System.err, Thread.getDefaultUncaughtExceptionHandler()));
    }
  }

  /// What takes so long: the compiler, or a thread that moves, or else any one that the program has.
  private String place() {
    if (Stream.of(server.getStackTrace())
        .anyMatch(frame -> frame.getClassName().startsWith("com.sun.tools.javac.")))
      return COMPILER;
    var threads = new ArrayList<>(Threads.since(own));
    threads.sort(Comparator.comparing(Threads.Seen::waits));
    threads.add(new Threads.Seen(server)); // which may be in the program, too
    return "There was a " + threads.getFirst() + ".";
  }

  private static final String COMPILER =
      "The compiler was still at work on it. Is there an expression that nests very deep?";

  private synchronized void reply(Reply reply) {
    out.print("\n" + word + Json.write(reply) + "\n");
    out.flush();
  }

  /// What the other end asks for: to check a target, or to say where the program is right now.
  ///
  /// @param words what a [Target] is made of
  record Request(List<String> words, Examination.Depth depth, boolean where) {}
}
