package harness;

import harness.Timeline.Kind;
import harness.Timeline.Lane;
import java.util.AbstractQueue;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/// The channel of a [Run]: a bounded queue that writes down who put what and when, loses the
/// acknowledgement of a put when the script says so, and lets go of everyone when the run is over.
///
/// A capacity of 0 is a rendezvous, as with `SynchronousQueue`: a put returns when its event was taken.
/// The run's monitor guards everything, so that the timeline has one order.
final class ScriptedChannel<E> extends AbstractQueue<E> implements BlockingQueue<E> {

  private final Run<?> run;
  private final int capacity;
  private final ArrayDeque<E> queue = new ArrayDeque<>();

  /// That of the queue, for who looks without the monitor.
  private volatile int size;

  private long taken;
  private long accepted;
  private E lastRefused;

  ScriptedChannel(Run<?> run, int capacity) {
    this.run = run;
    this.capacity = capacity;
  }

  @Override
  public void put(E event) throws InterruptedException {
    try {
      offerWithin(event, Long.MAX_VALUE);
    } finally {
      run.maybeStop();
    }
  }

  @Override
  public boolean offer(E event, long timeout, TimeUnit unit) throws InterruptedException {
    return offerWithin(event, unit.toNanos(timeout));
  }

  private boolean offerWithin(E event, long nanos) throws InterruptedException {
    run.awaitTurn(Lane.CHANNEL);
    synchronized (run) {
      if (Thread.interrupted()) throw new InterruptedException();
      long start = System.nanoTime();
      while (queue.size() >= Math.max(capacity, 1)) {
        if (!awaitChange(start, nanos)) return refuse(event);
      }
      accept(event);
      long mine = accepted;
      while (capacity == 0 && taken < mine) {
        boolean inTime;
        try {
          inTime = awaitChange(start, nanos);
        } catch (InterruptedException e) {
          if (taken >= mine) { // the event got through before the interrupt: say so, and keep both
            Thread.currentThread().interrupt();
            break;
          }
          takeBack(event);
          throw e;
        }
        if (!inTime) {
          takeBack(event);
          return refuse(event);
        }
      }
      acknowledge(event);
      return true;
    }
  }

  @Override
  public boolean offer(E event) {
    run.awaitTurn(Lane.CHANNEL);
    synchronized (run) {
      if (capacity == 0 || queue.size() >= capacity) {
        if (run.isEnd(event)) return false; // whether it's told in some other way, a check will see
        noteRefused(event);
        run.offerRefused();
        return false;
      }
      accept(event);
      acknowledge(event);
      return true;
    }
  }

  /// Waits for a change; false when `nanos` since `start` have passed.
  private boolean awaitChange(long start, long nanos) throws InterruptedException {
    long left = nanos == Long.MAX_VALUE ? 0 : nanos - (System.nanoTime() - start);
    if (nanos != Long.MAX_VALUE && left <= 0) return false;
    if (left == 0) run.wait();
    else TimeUnit.NANOSECONDS.timedWait(run, left);
    run.endIfOver();
    return true;
  }

  private void accept(E event) {
    queue.add(event);
    size = queue.size();
    accepted++;
    boolean again = event.equals(lastRefused); // it's the same put, tried again
    if (!again && run.isEnd(event)) run.timeline().add(Lane.CHANNEL, Kind.TOLD, -1, "put the end");
    else if (!again)
      run.timeline().add(Lane.CHANNEL, Kind.PUT, run.offsetOf(event), "put " + name(event));
    run.notifyAll();
  }

  private void takeBack(E event) {
    queue.remove(event);
    size = queue.size();
    accepted--;
  }

  /// A timed offer that didn't wait long enough. Who tries again with the same event is told of once.
  private boolean refuse(E event) {
    if (event.equals(lastRefused)) return false;
    lastRefused = event;
    if (!run.isEnd(event)) noteRefused(event);
    return false;
  }

  private void noteRefused(E event) {
    long offset = run.offsetOf(event);
    run.timeline().add(Lane.CHANNEL, Kind.REFUSED, offset, "full: " + name(event) + " refused");
    run.notifyAll();
  }

  private void acknowledge(E event) {
    long offset = run.offsetOf(event);
    if (!run.putFails(offset)) return;
    run.timeline().add(Lane.CHANNEL, Kind.FAULT, offset, "put " + offset + " fails");
    run.notifyAll();
    throw run.stage().timeout(offset);
  }

  private String name(E event) {
    if (run.isEnd(event)) return "" + event;
    long offset = run.offsetOf(event);
    return offset < 0 ? "unknown " + event : "" + offset;
  }

  @Override
  public E poll() {
    synchronized (run) {
      E event = queue.poll();
      if (event == null) return null;
      size = queue.size();
      taken++;
      run.noteTaken(event, name(event));
      run.notifyAll();
      return event;
    }
  }

  @Override
  public E take() throws InterruptedException {
    return poll(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
  }

  @Override
  public E poll(long timeout, TimeUnit unit) throws InterruptedException {
    run.endIfOver();
    synchronized (run) {
      long start = System.nanoTime();
      while (queue.isEmpty()) if (!awaitChange(start, unit.toNanos(timeout))) return null;
      return poll();
    }
  }

  @Override
  public E peek() {
    synchronized (run) {
      return queue.peek();
    }
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int remainingCapacity() {
    return Math.max(0, capacity - size());
  }

  @Override
  public int drainTo(Collection<? super E> target) {
    return drainTo(target, Integer.MAX_VALUE);
  }

  @Override
  public int drainTo(Collection<? super E> target, int most) {
    int moved = 0;
    for (E event; moved < most && (event = poll()) != null; moved++) target.add(event);
    return moved;
  }

  @Override
  public Iterator<E> iterator() {
    synchronized (run) {
      return List.copyOf(queue).iterator();
    }
  }
}
