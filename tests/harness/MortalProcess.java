package harness;

import harness.Timeline.Kind;
import harness.Timeline.Lane;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// A process on a [Machine] as the program in it sees it, with a last moment of the harness's choice: what
/// `kill -9` does, but without a process, without a clock, and at each moment in turn.
///
/// A moment comes right before, and right after, each thing that outlives a process: a statement with
/// which a database writes, a commit, an effect. After its last moment a process can't do anything:
/// each of its calls throws [Killed], and its transactions are rolled back.
///
/// Or it isn't killed, and what it does at that moment fails: right before it has got through, or right
/// after, when only its acknowledgement is missing.
///
/// @param <E> what the log holds
public final class MortalProcess<E> {

  private static final int READS_PER_EVENT = 20;

  private final Machine<E> machine;
  private final Stage<E> stage;
  private final int fatefulMoment;
  private final boolean isLast;
  private final List<Connection> connections = new ArrayList<>();
  private int moments;
  private int reads;
  private long firstRead = -1;
  private boolean killed;
  private boolean failed;
  private boolean endedWell;
  private boolean hasChannel;
  private Thread reader;

  /// @param fatefulMoment counted from 1; 0 for a process to which nothing happens
  /// @param isLast whether it's killed then, or what it does then fails
  MortalProcess(Machine<E> machine, Stage<E> stage, int fatefulMoment, boolean isLast) {
    this.machine = machine;
    this.stage = stage;
    this.fatefulMoment = fatefulMoment;
    this.isLast = isLast;
  }

  /// What outlives the process: a folder, empty at first.
  public Path disk() {
    return machine.disk();
  }

  /// How many events the log holds.
  public int events() {
    return machine.events();
  }

  /// The log.
  public E take(long offset) {
    synchronized (machine) {
      endIfKilled();
      if (++reads > READS_PER_EVENT * machine.events() + 50) throw die("reads on and on");
      if (firstRead < 0) firstRead = offset;
      reader = Thread.currentThread();
      if (offset < 0 || offset >= machine.events()) {
        note(Lane.LOG, Kind.END, offset, "read " + offset + ": the end");
        throw stage.invalidOffset(offset);
      }
      note(Lane.LOG, Kind.READ, offset, "read " + offset);
      return stage.event(offset);
    }
  }

  /// An effect that no transaction can include, such as a letter that is sent. The world counts them.
  public void effect(E event) throws Exception {
    effect(new Object(), event);
  }

  /// The same, for a world that remembers keys: what comes again with the same key has no effect.
  public void effect(Object key, E event) throws Exception {
    long offset = machine.offsetOf(stage, event);
    moment(
        "effect " + offset,
        new IOException("The connection was lost."),
        () -> {
          String known = machine.see(key, offset) ? "" : ": known";
          note(Lane.CONSUMER, Kind.TAKEN, offset, "effect " + offset + known);
          return null;
        });
  }

  /// Something that outlives the process, such as a file that is written. It's told of in the picture.
  public <T> T outlives(String what, Callable<T> work) throws Exception {
    return outlives(Kind.TAKEN, what, work);
  }

  /// The same, as something of a certain kind.
  public <T> T outlives(Kind kind, String what, Callable<T> work) throws Exception {
    return outlives(kind, what, new IOException("The connection was lost."), work);
  }

  private <T> T outlives(Kind kind, String what, Exception failure, Callable<T> work)
      throws Exception {
    return moment(
        what,
        failure,
        () -> {
          T result = work.call();
          boolean isProducers = hasChannel && Thread.currentThread() == reader;
          note(isProducers ? Lane.PRODUCER : Lane.CONSUMER, kind, -1, what);
          return result;
        });
  }

  /// A connection of this process to a database on the [#disk]. It dies with the process.
  public Connection connection(Connection real) {
    synchronized (machine) {
      endIfKilled();
      connections.add(real);
      return (Connection) mortal(Connection.class, real, "");
    }
  }

  /// Its producer and its consumer are two threads, with a channel in between.
  public void hasChannel() {
    synchronized (machine) {
      hasChannel = true;
    }
  }

  /// What goes onto a channel of this process dies with it, and is told of in the picture.
  ///
  /// @param offset -1 for the end
  public void putsOnChannel(long offset) {
    onChannel(Lane.CHANNEL, offset < 0 ? Kind.TOLD : Kind.PUT, offset, "put ");
  }

  /// The same for what comes from a channel.
  public void takesFromChannel(long offset) {
    onChannel(Lane.CONSUMER, offset < 0 ? Kind.TOLD : Kind.TAKEN, offset, "takes ");
  }

  private void onChannel(Lane lane, Kind kind, long offset, String verb) {
    synchronized (machine) {
      if (!killed) note(lane, kind, offset, verb + (offset < 0 ? "the end" : "" + offset));
    }
  }

  private void note(Lane lane, Kind kind, long offset, String text) {
    machine.timeline().add(lane, kind, offset, text);
  }

  // ---- death ----

  private void endIfKilled() {
    if (killed) throw new Killed();
  }

  private <T> T moment(String what, Exception failure, Callable<T> work) throws Exception {
    synchronized (machine) {
      passOne(what + " fails", failure);
      T result = work.call();
      passOne(what + " got through, and fails", failure);
      return result;
    }
  }

  private void passOne(String told, Exception failure) throws Exception {
    endIfKilled();
    if (++moments != fatefulMoment) return;
    if (isLast) throw die("kill -9");
    note(Lane.CONSUMER, Kind.FAULT, -1, told);
    failed = true;
    throw failure;
  }

  private Killed die(String how) {
    note(Lane.SUPERVISOR, Kind.DIED, -1, how);
    kill();
    return new Killed();
  }

  /// From now on it can't do anything.
  void kill() {
    synchronized (machine) {
      killed = true;
      for (Connection connection : connections)
        try {
          if (connection.isClosed()) continue;
          if (!connection.getAutoCommit()) connection.rollback();
          connection.close();
        } catch (SQLException e) {
          throw new IllegalStateException("A connection of the dead can't be closed", e);
        }
      connections.clear();
    }
  }

  boolean wasKilled() {
    synchronized (machine) {
      return killed;
    }
  }

  /// Whether something that it did has failed.
  boolean hasFailed() {
    synchronized (machine) {
      return failed;
    }
  }

  void endsWell() {
    synchronized (machine) {
      endedWell = true;
    }
  }

  /// Whether it came to its end, and nothing says that there's more to do.
  boolean hasEndedWell() {
    synchronized (machine) {
      return endedWell;
    }
  }

  /// The offset that it read first, or -1.
  long firstRead() {
    synchronized (machine) {
      return firstRead;
    }
  }

  // ---- databases ----

  /// Wraps a part of JDBC. What is executed or committed is a moment, and so is each of the two before
  /// and after it; all else is not possible after death.
  private Object mortal(Class<?> type, Object real, String sql) {
    return Proxy.newProxyInstance(
        MortalProcess.class.getClassLoader(),
        new Class<?>[] {type},
        (_, method, arguments) -> call(method, real, arguments, sql));
  }

  private Object call(Method method, Object real, Object[] arguments, String sql) throws Exception {
    synchronized (machine) {
      return callNow(method, real, arguments, sql);
    }
  }

  private Object callNow(Method method, Object real, Object[] arguments, String sql)
      throws Exception {
    String name = method.getName();
    if (killed && name.equals("close")) return null; // it is
    endIfKilled();
    boolean hasSql = arguments != null && arguments.length > 0 && arguments[0] instanceof String;
    String text = hasSql ? (String) arguments[0] : sql;
    if (name.startsWith("execute") && isWrite(text))
      return outlives(
          Kind.TAKEN, shortened(text), noAnswer(), () -> invoke(method, real, arguments));
    if (name.equals("commit"))
      return outlives(Kind.TAKEN, "commit", noAnswer(), () -> invoke(method, real, arguments));
    Object result = invoke(method, real, arguments);
    return result instanceof Statement ? mortal(method.getReturnType(), result, text) : result;
  }

  private static SQLException noAnswer() {
    return new SQLException("The database does not answer.");
  }

  /// What only reads, or only creates what is not there yet, leaves no trace that could matter.
  private static boolean isWrite(String sql) {
    return sql.strip().matches("(?is)(insert|update|delete|replace|merge)\\b.*");
  }

  private static String shortened(String sql) {
    String[] words = sql.strip().split("\\s+");
    return words[0].equalsIgnoreCase("update") ? "UPDATE " + words[1] : words[0] + " " + words[2];
  }

  private static Object invoke(Method method, Object real, Object[] arguments) throws Exception {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception cause) throw cause;
      if (e.getCause() instanceof Error error) throw error;
      throw e;
    }
  }

  /// Ends a process in the middle of whatever it does.
  static final class Killed extends Error {
    Killed() {
      super("killed", null, false, false);
    }
  }
}
