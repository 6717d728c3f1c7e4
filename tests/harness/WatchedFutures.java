package harness;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/// Futures that remember whether anyone looked at their failure. [Watching] puts them where a program
/// asks for the JDK's own; apart from the memory they behave alike.
///
/// The JDK keeps no such record, so a task that dies in `executor.submit(…)` dies unseen.
public final class WatchedFutures {

  /// Failed futures that nobody has looked at, with what they failed of. Rewritten code calls static
  /// methods only, so this has to be static; [Law] keeps the books.
  private static final Map<Object, Throwable> FORGOTTEN =
      Collections.synchronizedMap(new IdentityHashMap<>());

  /// The futures that failed and that nobody has looked at so far, with what they failed of.
  static Map<Object, Throwable> forgotten() {
    synchronized (FORGOTTEN) {
      return new IdentityHashMap<>(FORGOTTEN);
    }
  }

  static void looked(Object future) {
    FORGOTTEN.remove(future);
  }

  /// Stands in for `new FutureTask(…)`.
  public static class Task<T> extends FutureTask<T> {
    public Task(Callable<T> callable) {
      super(callable);
    }

    public Task(Runnable runnable, T result) {
      super(runnable, result);
    }

    @Override
    protected void setException(Throwable e) {
      FORGOTTEN.put(this, e);
      super.setException(e);
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
      try {
        return super.get();
      } catch (ExecutionException e) {
        looked(this);
        throw e;
      }
    }

    @Override
    public T get(long timeout, TimeUnit unit)
        throws InterruptedException, ExecutionException, TimeoutException {
      try {
        return super.get(timeout, unit);
      } catch (ExecutionException e) {
        looked(this);
        throw e;
      }
    }

    @Override
    public Throwable exceptionNow() {
      Throwable e = super.exceptionNow();
      looked(this);
      return e;
    }

    @Override
    public State state() {
      State state = super.state();
      if (state == State.FAILED) looked(this);
      return state;
    }
  }

  /// Stands in for `CompletableFuture.runAsync` and `supplyAsync`. Who hangs a stage on it has looked.
  public static class Stage<T> extends CompletableFuture<T> {
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }

    static <T> Stage<T> of(Supplier<T> supplier, Executor executor) {
      var stage = new Stage<T>();
      executor.execute(() -> {
        try {
          stage.complete(supplier.get());
        } catch (Throwable e) { // as CompletableFuture does: it goes to whoever looks
          FORGOTTEN.put(stage, e);
          stage.completeExceptionally(e);
        }
      });
      return stage;
    }

    private <R> R looking(Supplier<R> look) {
      boolean done = isDone();
      R result = look.get();
      if (done) looked(this);
      else super.whenComplete((value, e) -> looked(this));
      return result;
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
      try {
        return super.get();
      } finally {
        looked(this);
      }
    }

    @Override
    public T get(long timeout, TimeUnit unit)
        throws InterruptedException, ExecutionException, TimeoutException {
      T value = super.get(timeout, unit);
      looked(this);
      return value;
    }

    @Override
    public T join() {
      try {
        return super.join();
      } finally {
        looked(this);
      }
    }

    @Override
    public Throwable exceptionNow() {
      return looking(super::exceptionNow);
    }

    @Override
    public boolean isCompletedExceptionally() {
      return looking(super::isCompletedExceptionally);
    }

    @Override
    public <U> CompletableFuture<U> handle(BiFunction<? super T, Throwable, ? extends U> fn) {
      return looking(() -> super.handle(fn));
    }

    @Override
    public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> action) {
      return looking(() -> super.whenComplete(action));
    }

    @Override
    public CompletableFuture<T> exceptionally(Function<Throwable, ? extends T> fn) {
      return looking(() -> super.exceptionally(fn));
    }
  }

  // ---- what rewritten code calls ----

  public static <T> Future<T> submit(ExecutorService executor, Callable<T> body) {
    var task = new Task<>(body);
    executor.execute(task);
    return task;
  }

  public static Future<?> submit(ExecutorService executor, Runnable body) {
    return submit(executor, body, null);
  }

  public static <T> Future<T> submit(ExecutorService executor, Runnable body, T result) {
    var task = new Task<>(body, result);
    executor.execute(task);
    return task;
  }

  public static <T> CompletableFuture<T> supplyAsync(Supplier<T> supplier) {
    return Stage.of(supplier, ForkJoinPool.commonPool());
  }

  public static <T> CompletableFuture<T> supplyAsync(Supplier<T> supplier, Executor executor) {
    return Stage.of(supplier, executor);
  }

  public static CompletableFuture<Void> runAsync(Runnable body) {
    return runAsync(body, ForkJoinPool.commonPool());
  }

  public static CompletableFuture<Void> runAsync(Runnable body, Executor executor) {
    return Stage.of(
        () -> {
          body.run();
          return null;
        },
        executor);
  }

  private WatchedFutures() {}
}
