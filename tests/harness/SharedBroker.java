package harness;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
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
    Path errors = null;
    try {
      Path classes = Files.createTempDirectory("broker-classes");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> Machine.deleteAll(classes)));
      var script = CompiledScript.of(Matrix.sourceOf(11), classes);
      Path folder = Files.createTempDirectory("broker");
      errors = Files.createFile(folder.resolve("errors.txt"));
      int port;
      int other;
      try (var one = new ServerSocket(0);
          var two = new ServerSocket(0)) {
        port = one.getLocalPort();
        other = two.getLocalPort();
      }
      // its input is never closed, except by our end
      var process =
          new ProcessBuilder(script.command("broker", "" + folder, "" + port, "" + other))
              .redirectError(errors.toFile())
              .start();
      endWithUs(process, folder);
      var ready = new FutureTask<>(process.inputReader()::readLine);
      Thread.ofPlatform().daemon().start(ready);
      if ("ready".equals(ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS))) return port;
      process.destroyForcibly();
    } catch (IOException | ExecutionException | TimeoutException e) {
      throw new IllegalStateException("No broker could be started: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("No broker was started: somebody asked to stop", e);
    }
    throw new IllegalStateException("The broker ended at once. It said: " + read(errors));
  }

  /// A Ctrl-C ends the broker as well, before it can clean up.
  private static void endWithUs(Process process, Path folder) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              process.destroyForcibly().onExit().join();
              Machine.deleteAll(folder);
            }));
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
