import static conformance.Behaviour.differs;
import static conformance.Behaviour.own;
import static conformance.Behaviour.same;

import conformance.Behaviour;
import conformance.Behaviours;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// What chapter 8's supervisor of one child does, one behaviour after the other.
public final class Behaviours08 implements Behaviours {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final ReusableSupervisor.Pauses NONE = ReusableSupervisor.Pauses.NONE;

  /// A child that does what it's ordered to, and else waits; and its supervisor, under observation.
  private static class Scene implements AutoCloseable {
    final LinkedBlockingQueue<ReusableSupervisor.Step<Integer>> orders =
        new LinkedBlockingQueue<>();
    final LinkedBlockingQueue<Integer> begun = new LinkedBlockingQueue<>();
    final LinkedBlockingQueue<String> notes = new LinkedBlockingQueue<>();
    final Queue<ReusableSupervisor.Event> events = new ConcurrentLinkedQueue<>();
    final LinkedBlockingQueue<Duration> sleeps = new LinkedBlockingQueue<>();
    volatile ReusableSupervisor.Listener listener = _ -> {};
    volatile boolean sleepsForEver;
    volatile long now;
    volatile Thread thread;
    volatile ReusableSupervisor.Supervisor<Integer> supervisor;

    private ReusableSupervisor.Outcome<Integer> step(Integer state) throws Exception {
      thread = Thread.currentThread();
      begun.add(state);
      return orders.take().run(state);
    }

    ReusableSupervisor.ChildSpec<Integer> spec() {
      return ReusableSupervisor.ChildSpec.of("a", 0, this::step)
          .with(NONE)
          .with(new ReusableSupervisor.Intensity(3, Duration.ofSeconds(10)));
    }

    Scene start(ReusableSupervisor.ChildSpec<Integer> spec) {
      supervisor =
          ReusableSupervisor.Supervisor.start(
              spec,
              event -> {
                events.add(event);
                String kind = event.getClass().getSimpleName();
                notes.add(
                    event instanceof ReusableSupervisor.Ended(_, var exit)
                        ? kind + " " + exit.getClass().getSimpleName()
                        : kind);
                listener.on(event);
              },
              new ReusableSupervisor.Time() {
                @Override
                public long nanos() {
                  return now;
                }

                @Override
                public void sleep(Duration pause) throws InterruptedException {
                  sleeps.add(pause);
                  if (sleepsForEver) new CountDownLatch(1).await();
                }
              },
              new Random(1));
      return this;
    }

    Scene fails() {
      return does(_ -> {
        throw new IllegalStateException("It fails.");
      });
    }

    Scene moves() {
      return does(state -> new ReusableSupervisor.Continue<>(state + 1));
    }

    Scene isDone() {
      return does(ReusableSupervisor.Done::new);
    }

    Scene does(ReusableSupervisor.Step<Integer> step) {
      orders.add(step);
      return this;
    }

    void told(String... next) throws InterruptedException {
      for (String expected : next)
        expect(expected, notes.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS), "what is told next");
    }

    void awaitSteps(int... states) throws InterruptedException {
      for (int state : states)
        expect(state, begun.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS), "the state of its step");
    }

    void stops(String... told) throws InterruptedException {
      expect(true, supervisor.stop(PATIENCE).isEmpty(), "whether it stops");
      told(told);
      expect(List.of(), List.copyOf(notes), "what is told then");
    }

    ReusableSupervisor.Exit<Integer> exit() throws Exception {
      return supervisor.exit.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() throws InterruptedException {
      if (supervisor != null) supervisor.stop(PATIENCE);
    }
  }

  private static void expect(Object expected, Object actual, String what) {
    if (!Objects.equals(expected, actual))
      throw new AssertionError(
          "Expected as %s: %s\nbut it is: %s".formatted(what, expected, actual));
  }

  private static Throwable thrownBy(Behaviour.Check check) {
    try {
      check.run();
    } catch (Throwable e) {
      return e;
    }
    throw new AssertionError("Nothing was thrown.");
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    if (!latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
      throw new AssertionError("It did not come so far.");
  }

  @Override
  public List<Behaviour> all() {
    return Stream.of(restartTypes(), intensities(), stops(), others())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Behaviour> restartTypes() {
    return Stream.of(ReusableSupervisor.Restart.values())
        .flatMap(restart -> {
          String name = restart.name().toLowerCase(Locale.ROOT);
          boolean isPermanent = restart == ReusableSupervisor.Restart.PERMANENT;
          boolean isTemporary = restart == ReusableSupervisor.Restart.TEMPORARY;
          return Stream.of(
              same(
                  8,
                  "a " + name + " child is done",
                  "OTP `" + name + "_normal`",
                  isPermanent ? "it's restarted, and that counts" : "so is its supervisor",
                  () -> {
                    try (var scene = new Scene()) {
                      scene.isDone().start(scene.spec().with(restart));
                      scene.told("Started");
                      if (isPermanent) scene.told("Crashed", "Restarting", "Started");
                      else scene.told("Ended Done");
                    }
                  }),
              same(
                  8,
                  "a " + name + " child fails",
                  "OTP `" + name + "_abnormal`",
                  isTemporary ? "so does its supervisor" : "it's restarted",
                  () -> {
                    try (var scene = new Scene()) {
                      scene.fails().start(scene.spec().with(restart));
                      scene.told("Started", "Crashed");
                      if (isTemporary) scene.told("Ended Failed");
                      else scene.told("Restarting", "Started");
                    }
                  }),
              isPermanent
                  ? differs(
                      8,
                      "a permanent child stops by itself",
                      "OTP `permanent_shutdown`",
                      "it's not restarted",
                      "OTP restarts it",
                      () -> stopsByItself(restart))
                  : same(
                      8,
                      "a " + name + " child stops by itself",
                      "OTP `" + name + "_shutdown`",
                      "it's not restarted",
                      () -> stopsByItself(restart)));
        })
        .toList();
  }

  private static void stopsByItself(ReusableSupervisor.Restart restart) throws Exception {
    try (var scene = new Scene()) {
      scene.does(ReusableSupervisor.Stopped::new).start(scene.spec().with(restart));
      scene.told("Started", "Ended Stopped");
    }
  }

  private static List<Behaviour> intensities() {
    return List.of(
        same(
            8,
            "as many restarts as allowed, and one more",
            "OTP `one_for_one`, `multiple_restarts`",
            "`max` restarts pass, the next failure is given back",
            () -> {
              try (var scene = new Scene()) {
                scene.fails().fails().fails().fails().start(scene.spec());
                scene.told("Started");
                for (int i = 0; i < 3; i++) scene.told("Crashed", "Restarting", "Started");
                scene.told("Crashed", "GaveUp", "Ended Failed");
              }
            }),
        same(
            8,
            "a restart that is exactly a period old",
            "OTP `multiple_restarts`; `supervisor.erl`",
            "still counts",
            () -> {
              try (var scene = new Scene()) {
                var once = new ReusableSupervisor.Intensity(1, Duration.ofSeconds(10));
                scene
                    .fails()
                    .does(_ -> {
                      scene.now += Duration.ofSeconds(10).toNanos();
                      throw new IllegalStateException("It fails.");
                    })
                    .start(scene.spec().with(once));
                scene.told("Started", "Crashed", "Restarting", "Started", "Crashed", "GaveUp");
              }
            }),
        differs(
            8,
            "progress, and a long time without a failure",
            "OTP `multiple_restarts`; suture `TestFailures`",
            "forgive all restarts, and the next pause is the first again",
            "OTP counts restarts in a time, suture lets the count decay",
            () -> {
              try (var scene = new Scene()) {
                var pauses =
                    new ReusableSupervisor.Pauses(
                        Duration.ofSeconds(1), 2, Duration.ofSeconds(60), 0);
                for (int i = 0; i < 3; i++) scene.moves().fails().fails();
                scene.does(_ -> {
                  scene.now += Duration.ofSeconds(10).toNanos() + 1;
                  throw new IllegalStateException("It fails.");
                });
                scene.start(scene.spec().with(pauses));
                for (int seconds : List.of(1, 2, 1, 2, 1, 2, 1))
                  expect(
                      Duration.ofSeconds(seconds),
                      scene.sleeps.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS),
                      "the pause");
              }
            }),
        differs(
            8,
            "where a restart begins",
            "OTP docs",
            "at the state where the child failed",
            "everywhere else a restart begins with the specification",
            () -> {
              try (var scene = new Scene()) {
                scene.moves().moves().fails().start(scene.spec());
                scene.awaitSteps(0, 1, 2, 2);
                expect(2, scene.supervisor.status().state(), "its state");
                expect(1, scene.supervisor.status().restarts(), "its restarts");
                expect(true, scene.supervisor.status().runs(), "whether it runs");
                scene.stops("Started", "Crashed", "Restarting", "Started", "Ended Stopped");
                expect(false, scene.supervisor.status().runs(), "whether it runs then");
              }
            }));
  }

  private static List<Behaviour> stops() {
    return List.of(
        differs(
            8,
            "a child that does not stop",
            "OTP `sup_stop_timeout`; suture `TestServiceReport`",
            "after its time it's told, with its name and place; once it ends, it's a stop",
            "OTP kills it",
            () -> {
              var hangs = new CountDownLatch(1);
              var release = new CountDownLatch(1);
              try (var scene = new Scene()) {
                scene
                    .does(state -> {
                      hangs.countDown();
                      for (boolean released = false; !released; ) {
                        try {
                          await(release);
                          released = true;
                        } catch (InterruptedException e) {
                          // and on it goes
                        }
                      }
                      return new ReusableSupervisor.Continue<>(state + 1);
                    })
                    .start(scene.spec().withShutdown(Duration.ofMillis(5)));
                await(hangs);
                scene.supervisor.close();
                scene.told("Started", "Unstopped");
                release.countDown();
                scene.told("Ended Stopped");
                expect("Stopped[state=1]", "" + scene.exit(), "the exit");
              } finally {
                release.countDown();
              }
            }),
        same(
            8,
            "a stop during a pause",
            "OTP `hanging_restart_loop`",
            "ends the pause at once; the state isn't forgotten",
            () -> {
              try (var scene = new Scene()) {
                scene.sleepsForEver = true;
                var pauses =
                    new ReusableSupervisor.Pauses(
                        Duration.ofSeconds(1), 2, Duration.ofSeconds(60), 0);
                scene.moves().fails().start(scene.spec().with(pauses));
                scene.told("Started", "Crashed", "Restarting");
                scene.sleeps.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                scene.stops("Ended Stopped");
                expect("Stopped[state=1]", "" + scene.exit(), "the exit");
              }
            }),
        own(
            8,
            "a stop before the first step",
            "is a stop at the beginning",
            () -> {
              for (int i = 0; i < 100; i++)
                try (var scene = new Scene()) {
                  scene.start(scene.spec());
                  scene.supervisor.close();
                  expect("Stopped[state=0]", "" + scene.exit(), "the exit");
                }
            }),
        own(
            8,
            "a close from two threads, and by one that is interrupted already",
            "stops it once; all wait for the end; the flag is restored",
            () -> {
              try (var scene = new Scene()) {
                scene.start(scene.spec());
                scene.awaitSteps(0);
                var other =
                    new FutureTask<>(() -> {
                      Thread.currentThread().interrupt();
                      scene.supervisor.close();
                      return Thread.interrupted() && scene.supervisor.exit.isDone();
                    });
                Thread.startVirtualThread(other);
                scene.supervisor.close();
                expect(
                    true, other.get(PATIENCE.toSeconds(), TimeUnit.SECONDS), "the other's answer");
                scene.stops("Started", "Ended Stopped");
              }
            }),
        own(
            8,
            "a close from inside: a step, a listener, a judge",
            "only asks; it stops as soon as they return",
            () -> {
              for (String place : List.of("step", "listener", "judge")) {
                try (var scene = new Scene()) {
                  var started = new CountDownLatch(1);
                  ReusableSupervisor.Step<Integer> closes =
                      state -> {
                        await(started);
                        scene.supervisor.close();
                        return new ReusableSupervisor.Continue<>(state);
                      };
                  if (place.equals("listener"))
                    scene.listener =
                        event -> {
                          if (event instanceof ReusableSupervisor.Crashed) closes.run(0);
                        };
                  if (place.equals("step")) scene.does(closes);
                  else scene.fails();
                  scene.start(
                      scene
                          .spec()
                          .with(_ -> {
                            if (place.equals("judge")) closes.run(0);
                            return new ReusableSupervisor.Retry<>();
                          }));
                  started.countDown();
                  expect(
                      ReusableSupervisor.Stopped.class,
                      scene.exit().getClass(),
                      "the exit from a " + place);
                }
              }
            }),
        differs(
            8,
            "a stranger interrupts a child",
            "suture docs: a `context.Canceled` that is not its own",
            "it's a failure, and no stop: the child is restarted",
            "as in suture; in OTP it depends on the reason that the stranger gives",
            () -> {
              try (var scene = new Scene()) {
                scene.start(scene.spec());
                scene.awaitSteps(0);
                scene.thread.interrupt();
                scene.told("Started", "Crashed", "Restarting", "Started");
                scene.awaitSteps(0);
              }
            }),
        own(
            8,
            "an interrupt in disguise",
            "is a stop if somebody asked for one, and else a failure",
            () -> {
              try (var scene = new Scene()) {
                ReusableSupervisor.Step<Integer> disguises =
                    _ -> {
                      try {
                        new CountDownLatch(1).await();
                        return null;
                      } catch (InterruptedException e) {
                        throw new IllegalStateException("The connection was lost.", e);
                      }
                    };
                scene.does(disguises).does(disguises).start(scene.spec());
                scene.awaitSteps(0);
                scene.thread.interrupt();
                scene.awaitSteps(0);
                scene.stops("Started", "Crashed", "Restarting", "Started", "Ended Stopped");
              }
            }));
  }

  private static List<Behaviour> others() {
    return List.of(
        same(
            8,
            "a listener that throws",
            "OTP docs: reports can't harm",
            "is told to the thread's handler of uncaught exceptions; all goes on",
            () -> {
              var breaches =
                  Behaviour.breaches(() -> {
                    try (var scene = new Scene()) {
                      scene.listener =
                          event -> {
                            if (event instanceof ReusableSupervisor.Crashed)
                              throw new IllegalStateException("The listener is tired.");
                          };
                      scene.fails().start(scene.spec());
                      scene.told("Started", "Crashed", "Restarting", "Started");
                    }
                  });
              expect(1, breaches.size(), "the number of uncaught exceptions");
            }),
        differs(
            8,
            "a listener that blocks, and a stranger that interrupts it",
            "OTP docs: reports are sent, and not waited for",
            "holds up its supervisor; it's told again; a stop ends it",
            "nothing is told out of turn, or lost",
            () -> {
              try (var scene = new Scene()) {
                scene.listener =
                    event -> {
                      if (!(event instanceof ReusableSupervisor.Crashed)) return;
                      scene.thread = Thread.currentThread();
                      new CountDownLatch(1).await();
                    };
                scene.fails().start(scene.spec());
                scene.told("Started", "Crashed");
                scene.thread.interrupt();
                scene.told("Crashed");
                scene.stops("Restarting", "Ended Stopped");
              }
            }),
        own(
            8,
            "verdicts: try again, skip, give up",
            "skipping has no pause, and counts",
            () -> {
              try (var scene = new Scene()) {
                ReusableSupervisor.Judge<Integer> judge =
                    failure ->
                        switch (failure.state()) {
                          case 0 -> new ReusableSupervisor.SkipTo<>(7);
                          case 7 -> new ReusableSupervisor.Retry<>();
                          default -> new ReusableSupervisor.GiveUp<>();
                        };
                scene.fails().fails().moves().fails().start(scene.spec().with(judge));
                scene.told("Started", "Crashed", "Skipping", "Started", "Crashed", "Restarting");
                scene.told("Started", "Crashed", "GaveUp", "Ended Failed");
                scene.awaitSteps(0, 7, 7, 8);
              }
            }),
        own(
            8,
            "a judge that throws, or has no verdict",
            "gives up",
            () -> {
              for (boolean isNull : List.of(true, false))
                try (var scene = new Scene()) {
                  ReusableSupervisor.Judge<Integer> judge =
                      _ -> {
                        if (isNull) return null;
                        throw new IllegalStateException("Who am I to judge?");
                      };
                  scene.fails().start(scene.spec().with(judge));
                  scene.told("Started", "Crashed", "GaveUp", "Ended Failed");
                }
            }),
        own(
            8,
            "a step that returns null, or an outcome without a state",
            "has failed, and is restarted",
            () -> {
              try (var scene = new Scene()) {
                scene
                    .does(_ -> null)
                    .does(_ -> new ReusableSupervisor.Continue<>(null))
                    .does(_ -> new ReusableSupervisor.Done<>(null))
                    .start(scene.spec());
                scene.told("Started", "Crashed", "Restarting", "Started");
                scene.told("Crashed", "Restarting", "Started");
                scene.told("Crashed", "Restarting", "Started");
              }
            }),
        differs(
            8,
            "an Error in a child",
            "OTP: any exit is a failure; suture `TestFailures` (panic)",
            "is no failure: it's told, and whoever joins gets it",
            "an OutOfMemoryError or a failed assertion is nobody's to survive",
            () -> {
              try (var scene = new Scene()) {
                scene
                    .does(_ -> {
                      throw new StackOverflowError("so deep");
                    })
                    .start(scene.spec());
                scene.told("Started", "Ended Died");
                expect(
                    "so deep",
                    thrownBy(scene.supervisor::join).getCause().getMessage(),
                    "what it died of");
              }
            }));
  }
}
