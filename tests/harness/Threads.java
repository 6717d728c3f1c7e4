package harness;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Who is alive, virtual threads included. `Thread.getAllStackTraces` doesn't know those.
///
/// The JDK's thread dump does, but a dump taken while virtual threads come and go can crash JDK 25
/// (JDK-8364343). So we ask where the dump asks, in `jdk.internal.vm.ThreadContainers`, and leave the
/// rest to `Thread.getState`. The package must be exported to us: see `//RUNTIME_OPTIONS` in the scripts.
public final class Threads {

  /// Threads that the JDK and its tools keep for themselves.
  private static final Predicate<String> JDK_OWNED =
      Pattern.compile(
              "ForkJoinPool.*|VirtualThread-.*|process"
                  + " reaper.*|Common-Cleaner|Cleaner-\\d+|Reference Handler|Finalizer|Signal"
                  + " Dispatcher|Notification Thread|Attach"
                  + " Listener|junit-.*timeout.*|DestroyJavaVM|JFR .*|.*(Compiler|Sweeper)"
                  + " ?[Tt]hread.*")
          .asMatchPredicate();

  /// Those that wait for sockets, so that virtual threads needn't. Some of them are virtual themselves.
  private static final Predicate<String> POLLER =
      Pattern.compile("(Master|(Read|Write|Sub)-?)Poller.*").asMatchPredicate();

  /// A live thread.
  public record Seen(Thread thread) {

    /// Whether only someone else can wake it: not running, not ready to run, no timeout.
    public boolean waits() {
      return thread.getState() == Thread.State.WAITING;
    }

    /// As [#waits], or with a timeout.
    boolean waitsOrSleeps() {
      return waits() || thread.getState() == Thread.State.TIMED_WAITING;
    }

    /// The thread, and the place where it stands, for a person to read.
    @Override
    public String toString() {
      var stack = thread.getStackTrace();
      String place =
          Stream.of(stack)
              .filter(Seen::isForeign)
              .findFirst()
              .map(StackTraceElement::toString)
              .orElse(stack.length == 0 ? "its beginning" : "" + stack[0]);
      String name =
          thread.getName().isEmpty() ? "#" + thread.threadId() : "'" + thread.getName() + "'";
      String kind = thread.isVirtual() ? "virtual thread " : "thread ";
      return kind + name + ", " + thread.getState() + " at " + place;
    }

    private static boolean isForeign(StackTraceElement frame) {
      return frame.getModuleName() == null && !frame.getClassName().startsWith("harness.");
    }
  }

  /// Those that are alive now and were not at the time of `before`, but for the caller and the JDK's own.
  public static List<Seen> since(Set<Long> before) {
    return alive().filter(thread -> !before.contains(thread.threadId())).map(Seen::new).toList();
  }

  /// The ids of all that are alive: the baseline for [#since].
  public static Set<Long> ids() {
    return alive().map(Thread::threadId).collect(Collectors.toSet());
  }

  private static Stream<Thread> alive() {
    return threadsOf(call(ROOT, null))
        .filter(thread -> thread != Thread.currentThread() && thread.isAlive())
        .filter(thread -> thread.isVirtual() || !isJdkOwned(thread))
        .filter(thread -> !POLLER.test(thread.getName()));
  }

  /// A carrier of virtual threads, or another of the JDK's own. A worker of any other fork-join pool is
  /// the JDK's only while it idles.
  private static boolean isJdkOwned(Thread thread) {
    if (!JDK_OWNED.test(thread.getName())) return false;
    if (!(thread instanceof ForkJoinWorkerThread)) return true;
    return thread.getClass().getName().equals("jdk.internal.misc.CarrierThread")
        || Stream.of(thread.getStackTrace()).noneMatch(Seen::isForeign);
  }

  /// Whether tasks wait in the common pool: they will run, though no thread can be seen that has them.
  static boolean poolHasWork() {
    var pool = ForkJoinPool.commonPool();
    return pool.hasQueuedSubmissions() || pool.getQueuedTaskCount() > 0;
  }

  @SuppressWarnings("unchecked")
  private static Stream<Thread> threadsOf(Object container) {
    var own = (Stream<Thread>) call(THREADS, container);
    var children = (Stream<Object>) call(CHILDREN, container);
    return Stream.concat(own, children.flatMap(Threads::threadsOf));
  }

  private static final Method ROOT = method("ThreadContainers", "root");
  private static final Method CHILDREN = method("ThreadContainer", "children");
  private static final Method THREADS = method("ThreadContainer", "threads");

  private static Method method(String type, String name) {
    try {
      return Class.forName("jdk.internal.vm." + type).getMethod(name);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("This JDK has no jdk.internal.vm." + type + "." + name, e);
    }
  }

  private static Object call(Method method, Object receiver) {
    try {
      return method.invoke(receiver);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "The JDK doesn't let us see its threads. Run this with ./jbang, or with"
              + " --add-exports=java.base/jdk.internal.vm=ALL-UNNAMED",
          e);
    }
  }

  private Threads() {}
}
