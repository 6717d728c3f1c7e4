import clojure.java.api.Clojure;
import java.util.function.LongFunction;

/// Calls what is written in Clojure, in the folder `bench/clj`.
final class CoreAsync {

  static void essay(RepeatingLog log, Tally tally) {
    call("essay", "start-all", (LongFunction<Supervisor.Click>) log::take, tally);
  }

  static void go(RepeatingLog log, Tally tally) {
    call("producer", "start-go", (LongFunction<Supervisor.Click>) log::take, tally);
  }

  static void ioThread(RepeatingLog log, Tally tally) {
    call("producer", "start-io-thread", (LongFunction<Supervisor.Click>) log::take, tally);
  }

  static Object fullChannel() {
    return call("channels", "full");
  }

  static Object roomyChannel() {
    return call("channels", "roomy");
  }

  static Object call(String namespace, String function, Object... arguments) {
    Clojure.var("clojure.core", "require").invoke(Clojure.read(namespace));
    var called = Clojure.var(namespace, function);
    return switch (arguments.length) {
      case 0 -> called.invoke();
      case 2 -> called.invoke(arguments[0], arguments[1]);
      default -> throw new IllegalArgumentException(function + " of " + arguments.length);
    };
  }

  private CoreAsync() {}
}
