package harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A Kafka broker for all checks in this JVM that don't kill it: chapter 11's, in a process of its own. It's
/// started when somebody asks for it, and ends, and cleans up, when this JVM does.
public final class SharedBroker {

  private static final int PATIENCE_SECONDS = 60;
  private static final Set<String> DONE = new HashSet<>();
  private static String servers;

  /// Where it listens, such as `localhost:34567`.
  ///
  /// @throws IllegalStateException with a sentence, if it can't be started
  public static synchronized String bootstrapServers() {
    if (servers == null) servers = "localhost:" + start();
    return servers;
  }

  /// Does something once for all, such as making a topic of a certain name.
  public static synchronized void once(String name, Callable<?> work) throws Exception {
    if (DONE.contains(name)) return;
    work.call();
    DONE.add(name);
  }

  private static int start() {
    try {
      var script =
          CompiledScript.of(Matrix.sourceOf(11), Machine.temporaryFolder("broker-classes"));
      Path folder = Machine.temporaryFolder("broker");
      int port = freePort(), other = freePort();
      // its input is never closed, except by our end
      started(script.command("broker", "" + folder, "" + port, "" + other), folder);
      return port;
    } catch (IOException e) {
      throw new UncheckedIOException("No broker could be started", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("No broker was started: somebody asked to stop", e);
    }
  }

  /// Starts a process, and waits until it says that it's ready. If we end, it's killed, and `folder` is
  /// deleted: a Ctrl-C may end it before it can clean up.
  ///
  /// @throws IllegalStateException if it isn't ready within a minute
  public static Process started(List<String> command, Path folder)
      throws IOException, InterruptedException {
    Path errors = folder.resolve("errors.txt");
    var process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process, folder)));
    var ready = new FutureTask<>(process.inputReader()::readLine);
    Thread.ofPlatform().daemon().name("waits for a broker").start(ready);
    try {
      if ("ready".equals(ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS))) return process;
    } catch (ExecutionException | TimeoutException e) {
      // then it isn't
    } catch (InterruptedException e) {
      process.destroyForcibly();
      throw e;
    }
    process.destroyForcibly();
    throw new IllegalStateException("The broker doesn't start. It said: " + read(errors));
  }

  /// Below those that the system hands out to clients, of which there are many.
  public static int freePort() {
    return new Random().ints(10_000, 30_000).filter(SharedBroker::isFree).findFirst().orElseThrow();
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress("localhost", port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void end(Process process, Path folder) {
    process.destroyForcibly().onExit().completeOnTimeout(process, 5, TimeUnit.SECONDS).join();
    Machine.deleteAll(folder);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "" + e;
    }
  }

  private SharedBroker() {}
}
