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
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;

/// The JVM in which a learner's programs run, and run wild: it can be killed, and a new one started.
/// [WarmChecker] is its other end.
///
/// Requests come line by line on the standard input, replies go to the standard output; both are JSON.
/// Each reply begins with a word that only the two know, since programs may print, too. It ends by
/// itself when its input does: nobody waits for its replies any more.
final class Checker {

  private final String word;
  private final PrintStream out;
  private final BlockingQueue<Request> requests = new ArrayBlockingQueue<>(10);
  private final Set<Long> own = ConcurrentHashMap.newKeySet();

  private Checker(String word, PrintStream out) {
    this.word = word;
    this.out = out;
    own.addAll(Threads.ids());
  }

  /// @param args the word that each reply begins with
  static void main(String[] args) throws InterruptedException {
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
        else requests.put(request);
      }
    } catch (IOException | InterruptedException e) {
      // whoever asked is gone
    }
    Runtime.getRuntime().halt(0); // a program may be in the way of an exit
  }

  private void serve() throws InterruptedException {
    own.add(Thread.currentThread().threadId());
    reply(Reply.of(Kind.READY, ""));
    while (true) check(requests.take());
  }

  private void check(Request request) {
    try {
      var target = Target.of(request.words());
      Examination.of(target, request.depth(), finding -> reply(Reply.of(finding)));
    } catch (Subject.DoesNotCompile e) {
      reply(Reply.notCompiled(e.title(), e.errors()));
    } catch (Exception | StackOverflowError e) { // of the compiler, say, on an odd program
      reply(Reply.of(Kind.TROUBLE, "The check itself failed: " + e + "."));
    }
    Thread.interrupted(); // a program may have interrupted the thread that called it
    // one that only waits for others is harmless: those are gone
    boolean moves = Threads.since(own).stream().anyMatch(seen -> !seen.waits());
    var memory = Runtime.getRuntime();
    boolean isFull = memory.totalMemory() - memory.freeMemory() > memory.maxMemory() / 2;
    reply(Reply.of(moves || isFull ? Kind.DONE_FOR : Kind.DONE, ""));
  }

  /// Where a program is that doesn't come back.
  private String place() {
    return Threads.since(own).stream()
        .filter(seen -> !seen.waits())
        .findFirst()
        .or(() -> Threads.since(own).stream().findFirst())
        .map(Threads.Seen::toString)
        .orElse("");
  }

  private synchronized void reply(Reply reply) {
    out.print("\n" + word + Json.write(reply) + "\n");
    out.flush();
  }

  /// What the other end asks for: to check a target, or to say where the program is right now.
  ///
  /// @param words what a [Target] is made of
  record Request(List<String> words, Examination.Depth depth, boolean where) {}
}
