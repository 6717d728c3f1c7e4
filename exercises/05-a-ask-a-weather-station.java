///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION Exercise 05-a · Ask a weather station

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// # Exercise 05-a · Ask a weather station
///
/// **The goal.** A weather station stands on a mountain. Its radio runs on a
/// small battery, and if nobody gets through, asking again at once makes it
/// worse. Nor is yours the only program that asks.
///
/// So wait between two attempts, each time longer, each time a little
/// different. And when the station has answered, all is well again.
///
/// **Given.** The station, its step and its producer; chapter 4's counter; and
/// a supervisor that restarts and gives up, but knows no pause.
///
/// **To write.** Two things.
///
/// - `Pauses.before`: the pause before restart number 1, 2, 3 … in a row. The
///   first is `first`, each is `factor` times the one before, and none is
///   longer than `cap`. Of that, chance takes off a part between 0 and
///   `jitter`; a jitter of 0.2 takes off at most a fifth.
/// - In `supervise`, what is missing: it waits before a restart, and it
///   forgives. Once a measurement has come through, neither the counter nor
///   the pauses remember what was before.
///
/// **It fails now with:**
///
/// > it threw java.lang.UnsupportedOperationException: TODO: say how long to
/// > wait before this restart.
///
/// **Check it** with `./jbang test 05-a`, and watch it with
/// `./jbang exercises/05-a-ask-a-weather-station.java`. When you're stuck, ask
/// for a hint: `./jbang test 05-a --hint 1`. There are three.
///
/// Nobody has to wait for you to be right: `time` is the only one to ask, and
/// the only one to sleep by. `random` holds the only dice.
class AskAWeatherStation {

  /// ## The station
  ///
  /// Its measurements are numbered from 0. When the station has been taken
  /// down for the winter, the answer is empty.
  interface Station {
    Optional<Measurement> measurement(long number) throws InterruptedException;
  }

  record Measurement(long number, double celsius) {}

  /// ## How a step ends
  sealed interface Outcome permits Received, Exit {}

  record Received(long next) implements Outcome {}

  sealed interface Exit extends Outcome permits TakenDown, Failed {}

  record TakenDown(long measurements) implements Exit {}

  record Failed(Failure failure) implements Exit {}

  record Failure(Throwable exception, long number, String operation) {
    @Override
    public String toString() {
      return operation + "@" + number + " " + exception;
    }
  }

  /// ## What travels on the channel
  sealed interface Message permits Item, End {}

  record Item(Measurement measurement) implements Message {}

  record End(Exit why) implements Message {}

  static <T> Future<T> go(Callable<T> body) {
    var task = new FutureTask<>(body);
    Thread.startVirtualThread(task);
    return task;
  }

  /// ## The step
  static Outcome askStation(Station station, long number, BlockingQueue<Message> measurements) {
    try {
      Optional<Measurement> answer = station.measurement(number);
      if (answer.isEmpty()) return new TakenDown(number);
      measurements.put(new Item(answer.get()));
      return new Received(number + 1);
    } catch (Exception e) {
      return new Failed(new Failure(e, number, "ask-station"));
    }
  }

  /// ## The producer
  static Future<Exit> start(Station station, BlockingQueue<Message> measurements, long from) {
    return go(() -> {
      for (long number = from; ; ) {
        switch (askStation(station, number, measurements)) {
          case Received(long next) -> number = next;
          case Exit exit -> {
            return exit;
          }
        }
      }
    });
  }

  /// ## Time
  interface Time {
    long nanos();

    void sleep(Duration pause) throws InterruptedException;
  }

  /// ## How long to wait
  record Pauses(Duration first, double factor, Duration cap, double jitter) {

    /// The pause before restart number `inARow`, from 1.
    Duration before(int inARow, RandomGenerator random) {
      throw new UnsupportedOperationException("TODO: say how long to wait before this restart");
    }
  }

  /// ## How often is too often
  record Intensity(int max, Duration period) {}

  static class Restarts {
    private final Intensity intensity;
    private final Deque<Long> times = new ArrayDeque<>();

    Restarts(Intensity intensity) {
      this.intensity = intensity;
    }

    boolean allowOneMore(long now) {
      times.addLast(now);
      while (now - times.getFirst() > intensity.period().toNanos()) times.removeFirst();
      return times.size() <= intensity.max();
    }
  }

  /// ## The supervisor
  record Policy(Intensity intensity, Pauses pauses) {}

  static Future<Exit> startSupervisor(
      Station station,
      BlockingQueue<Message> measurements,
      Policy policy,
      Time time,
      RandomGenerator random,
      Consumer<String> out) {
    return go(() -> {
      Exit exit = supervise(station, measurements, policy, time, random, out);
      measurements.put(new End(exit));
      return exit;
    });
  }

  static Exit supervise(
      Station station,
      BlockingQueue<Message> measurements,
      Policy policy,
      Time time,
      RandomGenerator random,
      Consumer<String> out)
      throws Exception {
    var restarts = new Restarts(policy.intensity());
    for (long from = 0; ; ) {
      Exit exit = start(station, measurements, from).get();
      if (!(exit instanceof Failed(Failure failure))) return exit;
      out.accept("An error has occurred: " + failure);
      // TODO forgive
      if (!restarts.allowOneMore(time.nanos())) return exit;
      // TODO wait
      from = failure.number();
    }
  }

  /// ## Watch it
  ///
  /// Ten pauses by hand, and then a station that doesn't answer for a while at
  /// number 1, and once at number 3. Its time jumps, so you need not wait.
  void main() throws InterruptedException {
    var pauses = new Pauses(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0.2);
    var dice = new Random(5);
    try {
      for (int inARow = 1; inARow <= 10; inARow++)
        IO.print(pauses.before(inARow, dice).toMillis() + " ms  ");
    } catch (UnsupportedOperationException e) {
      System.err.println("05-a is not finished. " + e.getMessage() + ".");
      System.exit(1);
    }
    IO.println("\n");

    var away = new ArrayList<>(List.of(1L, 1L, 1L, 1L, 3L));
    Station station =
        number -> {
          if (away.remove(number)) throw new IllegalStateException("No answer.");
          return number == 5
              ? Optional.empty()
              : Optional.of(new Measurement(number, -3 - number / 4.0));
        };
    var measurements = new ArrayBlockingQueue<Message>(10);
    var policy = new Policy(new Intensity(4, Duration.ofMinutes(1)), pauses);
    Future<Exit> supervisor =
        startSupervisor(station, measurements, policy, new Jumping(), dice, IO::println);

    int arrived = 0;
    Exit told = null;
    while (told == null && arrived < 10) {
      switch (measurements.poll(1, TimeUnit.SECONDS)) {
        case Item _ -> arrived++;
        case End(Exit why) -> told = why;
        case null -> arrived = 10;
      }
    }
    IO.println("The consumer was told: " + told);
    if (supervisor.state() == Future.State.FAILED)
      System.err.println("The supervisor died: " + supervisor.exceptionNow());
    else if (!(told instanceof TakenDown(long number)) || number != 5)
      System.err.println("It should have gone on until the station was taken down.");
    else return;
    System.exit(1);
  }

  /// A time in which pauses are over at once.
  static class Jumping implements Time {
    private volatile long now;

    @Override
    public long nanos() {
      return now;
    }

    @Override
    public void sleep(Duration pause) {
      IO.println("  … " + pause.toMillis() + " ms later:");
      now += pause.toNanos();
    }
  }
}
