import harness.Run;
import harness.Stage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/// Exercise 09-b as the harness sees it: a shop whose clicks are the log's, and in which nobody else has
/// anything to do. The log has no end: after the last click, the producer waits.
public final class Exercise09b implements Stage<String> {

  @Override
  public String event(long offset) {
    return "click " + offset;
  }

  private static final class NoMore extends RuntimeException {}

  @Override
  public RuntimeException invalidOffset(long offset) {
    return new NoMore();
  }

  @Override
  public void start(Run<String> run) throws Exception {
    ContainTheDamage.Work idle = () -> new CountDownLatch(1).await();
    var root = ContainTheDamage.shop(idle, new Clicks(run), idle, idle, run::print);
    var failure = root.start(_ -> {});
    if (failure.isPresent()) throw new IllegalStateException("" + failure.get());
  }

  /// Keeps its place from one start to the next.
  private static final class Clicks implements ContainTheDamage.Work {
    private final Run<String> run;
    private final BlockingQueue<String> channel;
    private volatile long offset;

    Clicks(Run<String> run) {
      this.run = run;
      this.channel = run.channel();
    }

    @Override
    public void run() throws InterruptedException {
      while (true) {
        try {
          channel.put(run.take(offset));
        } catch (NoMore e) {
          new CountDownLatch(1).await();
        } catch (RuntimeException e) {
          throw new IllegalStateException("publish-click@" + offset + " " + e);
        }
        offset++;
      }
    }
  }

  @Override
  public List<String> failures(Run<String> run) {
    return run.printed();
  }

  // ---- the scenes ----

  private static final List<String> CLICKS = List.of("clicks");
  private static final List<String> ORDERS = List.of("orders");
  private static final List<String> MAILER = List.of("mailer");
  private static final List<String> SESSION = List.of("session");
  private static final List<String> SHOP = List.of("session", "clicks", "orders");
  private static final List<String> THE_END = List.of();

  /// Each line of the exercise's table, its limits, and what is easily got wrong between them.
  @Override
  public Optional<String> complaint(Run<String> run) {
    return Stream.<Plot>of(
            new Plot("when clicks fails", CLICKS, CLICKS),
            new Plot("when orders fails", ORDERS, ORDERS),
            new Plot("when mailer fails", MAILER, MAILER),
            new Plot("when session fails", SESSION, SHOP),
            new Plot(
                "when clicks, orders and clicks fail, one after the other",
                List.of("clicks", "orders", "clicks"),
                CLICKS),
            new Plot(
                "when clicks, orders, clicks and orders fail, the fourth time",
                List.of("clicks", "orders", "clicks", "orders"),
                SHOP),
            new Plot("when session fails, the second time", times(2, "session"), SHOP),
            new Plot("when session fails, the third time", times(3, "session"), THE_END),
            new Plot("when mailer fails, the 20th time", times(20, "mailer"), MAILER),
            new Plot("when mailer fails, the 21st time", times(21, "mailer"), THE_END),
            new Plot(
                "when session fails, and then clicks, the third time in the new session",
                joined(times(3, "clicks"), SESSION, times(3, "clicks")),
                CLICKS),
            new Plot(
                "when clicks has failed four times in each of two sessions, and then once more",
                times(9, "clicks"),
                CLICKS),
            new Plot(
                "when clicks has failed four times in each of three sessions",
                times(12, "clicks"),
                THE_END),
            new Plot(
                "when clicks has failed four times, and then session fails twice",
                joined(times(4, "clicks"), times(2, "session")),
                THE_END),
            new Plot(
                "when mailer has failed 20 times, and then session fails",
                joined(times(20, "mailer"), SESSION),
                SHOP),
            new Plot(
                "when session has failed twice, and then mailer fails",
                joined(times(2, "session"), MAILER),
                MAILER))
        .flatMap(plot -> plot.complaint().stream())
        .findFirst();
  }

  private static List<String> times(int many, String name) {
    return Collections.nCopies(many, name);
  }

  @SafeVarargs
  private static List<String> joined(List<String>... lists) {
    return Stream.of(lists).flatMap(List::stream).toList();
  }

  /// @param fail who fails, one after the other
  /// @param restarted who should start again after the last of them, or nobody, at the end of everything
  private record Plot(String story, List<String> fail, List<String> restarted) {

    Optional<String> complaint() {
      try (var scene = new Scene()) {
        return played(scene);
      }
    }

    private Optional<String> played(Scene scene) {
      var failure = scene.start();
      if (failure.isPresent()) return Optional.of("it does not start: " + failure.get() + ".");
      for (int i = 0; i < fail.size() - 1; i++) {
        scene.fail(fail.get(i));
        if (!scene.await(scene::allRun))
          return Optional.of(
              "%s, that's not the end. But earlier, after %s failed for time number %d, these did not run: %s."
                  .formatted(story, fail.get(i), i + 1, scene.idle()));
      }
      int before = scene.notes.size();
      scene.fail(fail.getLast());
      boolean ends = restarted.isEmpty();
      boolean inTime =
          scene.await(() ->
              ends
                  ? !scene.ends.isEmpty()
                  : scene.allRun() && scene.startedSince(before).containsAll(restarted));
      if (!ends) scene.letSurprisesHappen();
      var started = scene.startedSince(before);
      if (ends && !inTime)
        return Optional.of(
            "%s, everything should end. Instead, these started again: %s."
                .formatted(
                    story,
                    started.isEmpty() ? "none, and the rest went on" : String.join(", ", started)));
      if (!ends && !started.equals(restarted.stream().sorted(Scene.ORDER).toList()))
        return Optional.of(
            "%s, %s should start again, and nobody else. Those that did are %s."
                .formatted(
                    story,
                    String.join(", ", restarted),
                    started.isEmpty() ? "none" : String.join(", ", started)));
      scene.stop();
      return scene.complaintAboutTheOrder(story, fail.getLast());
    }
  }

  /// A shop, and what its parts do.
  private static final class Scene implements AutoCloseable {
    static final List<String> NAMES = List.of("session", "clicks", "orders", "mailer");
    static final Comparator<String> ORDER = Comparator.comparing(NAMES::indexOf);

    final List<String> notes = Collections.synchronizedList(new ArrayList<>());
    final BlockingQueue<ContainTheDamage.Failure> ends = new LinkedBlockingQueue<>();
    final List<Part> parts = NAMES.stream().map(name -> new Part(name, notes)).toList();
    final ContainTheDamage.Child root =
        ContainTheDamage.shop(parts.get(0), parts.get(1), parts.get(2), parts.get(3), _ -> {});

    Optional<ContainTheDamage.Failure> start() {
      try {
        return root.start(ends::add);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.empty();
      }
    }

    void fail(String name) {
      var part = parts.get(NAMES.indexOf(name));
      int before = part.ends;
      part.faults.add("the " + name + " is broken");
      await(() -> part.ends > before);
    }

    boolean allRun() {
      return parts.stream().allMatch(part -> part.runs) || !ends.isEmpty();
    }

    List<String> idle() {
      return parts.stream().filter(part -> !part.runs).map(part -> part.name).toList();
    }

    boolean await(BooleanSupplier condition) {
      long end = System.nanoTime() + 2_000_000_000;
      while (!condition.getAsBoolean()) {
        if (System.nanoTime() > end) return false;
        pause(1);
      }
      return true;
    }

    /// Only a wrong tree does more than what we've waited for.
    void letSurprisesHappen() {
      pause(3);
      await(this::allRun);
    }

    private static void pause(long millis) {
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    List<String> startedSince(int note) {
      synchronized (notes) {
        return notes.subList(note, notes.size()).stream()
            .filter(it -> it.startsWith("start "))
            .map(it -> it.substring("start ".length()))
            .distinct()
            .sorted(ORDER)
            .toList();
      }
    }

    /// Producers run in a session, and nowhere else, unless it was the session that failed.
    Optional<String> complaintAboutTheOrder(String story, String failed) {
      var running = new ArrayList<String>();
      for (String note : List.copyOf(notes)) {
        String name = note.replaceFirst(".* ", "");
        boolean producer = Set.of("clicks", "orders").contains(name);
        if (note.startsWith("start ")) running.add(name);
        else running.remove(name);
        if (note.startsWith("start ") && producer && !running.contains("session"))
          return Optional.of(
              "%s, it goes wrong: %s starts when there is no session. It went: %s."
                  .formatted(story, name, String.join(", ", notes)));
        boolean left = running.contains("clicks") || running.contains("orders");
        if (note.equals("end session") && left)
          return Optional.of(
              "%s, and later all are stopped, it goes wrong: the session ends, and %s still run. It went: %s."
                  .formatted(story, running, String.join(", ", notes)));
      }
      return running.isEmpty()
          ? Optional.empty()
          : Optional.of(
              "%s, and later all are stopped, these still run: %s.".formatted(story, running));
    }

    void stop() {
      var stop = new FutureTask<Void>(root::stop, null);
      Thread.startVirtualThread(stop);
      try {
        stop.get(2, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        notes.add("still there after 2 s");
      } catch (Exception e) {
        notes.add("stop throws " + e);
      }
    }

    @Override
    public void close() {
      stop();
    }
  }

  /// Notes when it starts and ends, and fails when it's told to.
  private static final class Part implements ContainTheDamage.Work {
    final String name;
    final List<String> notes;
    final BlockingQueue<String> faults = new LinkedBlockingQueue<>();
    volatile boolean runs;
    volatile int ends;
    private volatile boolean failed;

    Part(String name, List<String> notes) {
      this.name = name;
      this.notes = notes;
    }

    @Override
    public void open() {
      failed = false;
      notes.add("start " + name);
      runs = true;
    }

    @Override
    public void run() throws InterruptedException {
      String fault = faults.take();
      failed = true;
      throw new IllegalStateException(fault);
    }

    @Override
    public void close() {
      runs = false;
      notes.add(failed ? "failed " + name : "end " + name);
      ends++;
    }
  }
}
