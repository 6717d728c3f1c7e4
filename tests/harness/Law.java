package harness;

import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// The law over every test and every program that we run: nothing dies in silence.
///
/// As a JUnit extension it fails the test that leaves one of these behind, and quotes it: a throwable
/// that nobody caught, on any thread; a thread still alive; a future that failed and that nobody looked
/// at; an interrupt still pending. Futures are seen because [Watching] loads the classes.
public final class Law implements BeforeEachCallback, AfterEachCallback {

  /// What the law forbids.
  public enum Article {
    UNCAUGHT("A throwable that nobody caught"),
    LEAKED_THREAD("A thread that nobody ended"),
    FORGOTTEN_FUTURE("A future failed, and nobody looked at it"),
    SWALLOWED_INTERRUPT("An interrupt was swallowed");

    final String text;

    Article(String text) {
      this.text = text;
    }
  }

  /// A breach of the law, and the words of the one who did it.
  public record Breach(Article article, String quote) {
    @Override
    public String toString() {
      return article.text + ": " + quote;
    }
  }

  /// Throwables that nobody caught. The handler belongs to the whole process, so this has to be static.
  private static final List<Breach> UNCAUGHT = Collections.synchronizedList(new ArrayList<>());

  private static final UncaughtExceptionHandler HANDLER = Law::uncaught;

  /// Leaked threads that a watch has reported. They never end, and count only once.
  private static final Set<Long> REPORTED = ConcurrentHashMap.newKeySet();

  private static final Duration GRACE = Duration.ofMillis(20);

  private int uncaughtBefore;
  private Set<Object> futuresBefore;
  private Set<Long> threadsBefore;
  private UncaughtExceptionHandler handlerBefore;

  /// Begins to watch. Watches nest: what an inner one reports is hidden from the outer one.
  public Law watch() {
    uncaughtBefore = UNCAUGHT.size();
    futuresBefore = WatchedFutures.forgotten().keySet();
    threadsBefore = new HashSet<>(Threads.ids());
    handlerBefore = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(HANDLER);
    return this;
  }

  private static void uncaught(Thread thread, Throwable e) {
    if (Run.isItsEnd(e)) return;
    String name = thread.getName().isEmpty() ? "a thread without a name" : thread.getName();
    UNCAUGHT.add(new Breach(Article.UNCAUGHT, e + " on " + name + placeOf(e)));
  }

  /// Ends the watch, and says what happened in it.
  public List<Breach> breaches() {
    var breaches = new ArrayList<Breach>();
    if (Thread.getDefaultUncaughtExceptionHandler() != HANDLER)
      breaches.add(new Breach(Article.UNCAUGHT, "the handler for them was replaced, and saw them"));
    Thread.setDefaultUncaughtExceptionHandler(handlerBefore);
    while (UNCAUGHT.size() > uncaughtBefore) breaches.add(UNCAUGHT.removeLast());
    WatchedFutures.forgotten()
        .forEach((future, e) -> {
          if (futuresBefore.contains(future)) return;
          WatchedFutures.looked(future);
          if (!Run.isItsEnd(e)) breaches.add(new Breach(Article.FORGOTTEN_FUTURE, e + placeOf(e)));
        });
    for (Threads.Seen thread : Threads.since(threadsBefore))
      if (!isAboutToEnd(thread.thread()) && REPORTED.add(thread.thread().threadId()))
        breaches.add(new Breach(Article.LEAKED_THREAD, thread.toString()));
    return breaches.stream().distinct().toList();
  }

  /// A thread may have said its last word, and not have ended yet.
  static boolean isAboutToEnd(Thread thread) {
    boolean waits = thread.isVirtual() && thread.getState() == Thread.State.WAITING;
    if (waits) return false; // a platform thread that was woken looks alike for a while
    try {
      return thread.join(GRACE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// What a program calls instead of `System.exit` and its kin: see [Watching].
  public static void exit(int code) {
    var refused =
        new Error("the program calls exit(" + code + "), which would end the harness, too");
    UNCAUGHT.add(new Breach(Article.UNCAUGHT, refused.getMessage() + placeOf(refused)));
    throw refused;
  }

  /// Where in a program, rather than in the harness or a library, `e` was thrown.
  static String placeOf(Throwable e) {
    for (StackTraceElement frame : e.getStackTrace())
      if (frame.getModuleName() == null && !isHarness(frame))
        return " at " + frame.getFileName() + ":" + frame.getLineNumber();
    return "";
  }

  private static boolean isHarness(StackTraceElement frame) {
    return frame
        .getClassName()
        .matches("(harness|runner|coach|org)\\..*|AllTests.*|(Chapter|Exercise)\\d.*");
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    watch();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    boolean interrupted = Thread.interrupted();
    var breaches = new ArrayList<>(breaches());
    if (interrupted)
      breaches.add(
          new Breach(Article.SWALLOWED_INTERRUPT, "the test left its own thread interrupted"));
    if (!breaches.isEmpty())
      throw new AssertionError(
          "The law was broken by this test:\n  "
              + String.join("\n  ", breaches.stream().map(Breach::toString).toList()));
  }
}
