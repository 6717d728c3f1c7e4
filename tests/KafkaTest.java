import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import drift.Command;
import harness.Matrix;
import harness.Repository;
import harness.SharedBroker;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What chapter 11 does when there is no port, no room, no broker, or no more demo; and that it leaves
/// nothing behind, neither here nor in somebody else's cluster.
class KafkaTest {

  @TempDir private static Path classes;

  private static String demo;

  @TempDir private Path temp;
  private String onlyHere;

  @BeforeAll
  static void compile_the_chapter() throws IOException {
    demo = Command.compiled(Matrix.sourceOf(11), classes);
  }

  @BeforeEach
  void choose_a_folder_of_our_own() {
    assumeFalse(File.separatorChar == '\\', "Windows has no kill -9, and another shell");
    onlyHere = " -Djava.io.tmpdir=" + temp;
  }

  @Test
  void a_port_that_is_taken_is_named() throws Exception {
    try (var taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress("localhost", 0));
      var result = demo("--port " + taken.getLocalPort());
      assertFailed(result, "Port %d is taken. ".formatted(taken.getLocalPort()), "--port");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nowhere.invalid:9092, There is no cluster 'nowhere.invalid:9092': No resolvable",
    "nonsense, There is no cluster 'nonsense': Invalid url",
    "localhost:1, No Kafka has answered at localhost:1 within 8 s."
  })
  void a_cluster_that_is_not_there_is_named(String servers, String message) throws Exception {
    assertFailed(demo("--bootstrap-servers " + servers), message, "Check --bootstrap-servers");
  }

  /// A file system of 20 MB, in a namespace of its own, where the system allows that.
  @Test
  void a_full_disk_is_named() throws Exception {
    String small = "unshare -r -m sh -c 'mount -t tmpfs -o size=20m none \"%s\" && %s'";
    var possible = Command.run(small.formatted(temp, "true"), Repository.root());
    assumeTrue(possible.exitCode() == 0, "no small disk can be made here: " + possible.err());
    String line = "exec env " + demoHere();
    var result = Command.run(small.formatted(temp, line.replace("'", "'\\''")), Repository.root());
    assertFailed(result, "MB are left in " + temp, "-Djava.io.tmpdir=FOLDER");
  }

  private void assertFailed(Command.Result result, String... parts) throws IOException {
    assertThat(result.err()).contains(parts).hasLineCount(1);
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(temp).isEmptyDirectory();
  }

  private Command.Result demo(String options) throws InterruptedException {
    return Command.run(demoHere() + " " + options, Repository.root());
  }

  private String demoHere() {
    return "JAVA_TOOL_OPTIONS=\"$JAVA_TOOL_OPTIONS%s\" %s".formatted(onlyHere, demo);
  }

  @Test
  void a_demo_that_is_killed_leaves_no_process_and_no_file() throws Exception {
    endOfADemo("broker", ProcessHandle::destroyForcibly);
  }

  @Test
  void a_demo_that_is_asked_to_stop_leaves_no_process_and_no_file() throws Exception {
    endOfADemo("group", ProcessHandle::destroy);
  }

  /// @param part where it ends: "broker" or "group", and further options
  private void endOfADemo(String part, Consumer<ProcessHandle> end) throws Exception {
    var process = start(demo + " --kills 0 --events 100000 --only " + part);
    try {
      awaitLine(process, part.startsWith("group") ? "Each has two." : "1. A broker gets killed");
      var children = process.children().toList();
      assertThat(children).isNotEmpty();
      end.accept(process.toHandle());
      for (ProcessHandle child : children) child.onExit().get(30, TimeUnit.SECONDS);
      process.onExit().get(30, TimeUnit.SECONDS);
      assertThat(temp).isEmptyDirectory();
    } finally {
      kill(process);
    }
  }

  @Test
  void a_broker_that_cannot_start_says_why() throws Exception {
    try (var taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress("localhost", 0));
      String broker = "%s broker %s %d %d </dev/zero";
      var result =
          Command.run(
              broker.formatted(demo, temp, taken.getLocalPort(), SharedBroker.freePort()),
              Repository.root());
      assertThat(result.err()).contains("in use").hasLineCount(1);
      assertThat(result.exitCode()).isEqualTo(1);
    }
  }

  /// Where no file may grow beyond 64 KB, there can be no log of Kafka's.
  @Test
  void a_demo_whose_broker_does_not_start_says_what_to_do() throws Exception {
    var result = Command.run("ulimit -f 128; " + demoHere(), Repository.root());
    assertThat(result.err())
        .contains("The broker doesn't start, on ports ", "in " + temp, "Next time");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void a_cluster_of_somebody_else_is_as_it_was(@TempDir Path theirs) throws Exception {
    Path script = Files.writeString(theirs.resolve("Owner.java"), OWNER);
    Path data = Files.createDirectory(theirs.resolve("data"));
    int port = SharedBroker.freePort();
    var broker = start("%s broker %s %d %d".formatted(demo, data, port, SharedBroker.freePort()));
    try {
      awaitLine(broker, "ready");
      String owner = "%s localhost:%d ".formatted(Command.compiled(script, theirs), port);
      String before = owner(owner + "create");
      assertThat(before).contains("topic theirs at 1", "group theirs at 1");
      var result = demo("--events 200 --bootstrap-servers localhost:" + port);
      assertThat(result.err()).isEmpty();
      assertThat(result.out()).contains("so none is killed", "All is well.");
      assertThat(result.exitCode()).isZero();
      assertThat(owner(owner + "list")).isEqualTo(before);

      endOfADemo("group --bootstrap-servers localhost:" + port, ProcessHandle::destroyForcibly);
      var left = owner(owner + "list").lines().filter(line -> !before.contains(line));
      assertThat(left).isNotEmpty().allMatch(line -> line.contains(" puts-and-takes-"));
    } finally {
      kill(broker);
    }
  }

  private static String owner(String command) throws InterruptedException {
    var result = Command.run(command, Repository.root());
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result.out();
  }

  /// Whoever owns the cluster, and what they have there.
  private static final String OWNER =
      """
      //JAVA 25+
      //DEPS org.apache.kafka:kafka-clients:4.4.0
      //DEPS org.slf4j:slf4j-nop:1.7.36
      import java.util.*;
      import org.apache.kafka.clients.admin.*;
      import org.apache.kafka.clients.consumer.*;
      import org.apache.kafka.clients.producer.*;
      import org.apache.kafka.common.*;
      import org.apache.kafka.common.serialization.*;

      class Owner {
        void main(String[] args) throws Exception {
          Map<String, Object> config = Map.of("bootstrap.servers", args[0]);
          var theirs = new TopicPartition("theirs", 0);
          var none = new OffsetAndMetadata(0);
          try (var admin = Admin.create(config)) {
            if (args[1].equals("create")) {
              admin.createTopics(List.of(new NewTopic("theirs", 1, (short) 1))).all().get();
              var strings = new StringSerializer();
              try (var producer = new KafkaProducer<>(config, strings, strings)) {
                producer.send(new ProducerRecord<>("theirs", "a record")).get();
              }
              var offsets = Map.of(theirs, new OffsetAndMetadata(1));
              admin.alterConsumerGroupOffsets("theirs", offsets).all().get();
            }
            for (String topic : new TreeSet<>(admin.listTopics().names().get()))
              for (int p : admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic)
                  .partitions().stream().map(TopicPartitionInfo::partition).toList()) {
                var partition = new TopicPartition(topic, p);
                var latest = Map.of(partition, OffsetSpec.latest());
                long end = admin.listOffsets(latest).all().get().get(partition).offset();
                IO.println("topic " + topic + " at " + end);
              }
            for (var group : admin.listGroups().all().get())
              IO.println("group " + group.groupId() + " at "
                  + admin.listConsumerGroupOffsets(group.groupId())
                      .partitionsToOffsetAndMetadata().get().getOrDefault(theirs, none).offset());
          }
        }
      }
      """;

  // Processes that are ended before their end

  private Process start(String commandLine) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String line = commandLine.replaceFirst("^java", Matcher.quoteReplacement(java));
    var builder = new ProcessBuilder("sh", "-c", "exec " + line);
    builder.directory(Repository.root().toFile()).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("JAVA_TOOL_OPTIONS", onlyHere.strip());
    return builder.start();
  }

  private static void awaitLine(Process process, String expected) throws Exception {
    var line = new FutureTask<>(() -> process.inputReader().lines().anyMatch(expected::equals));
    Thread.ofPlatform().name("waits for " + expected).start(line);
    try {
      assertThat(line.get(Command.PATIENCE.toSeconds(), TimeUnit.SECONDS)).as(expected).isTrue();
    } catch (java.util.concurrent.TimeoutException e) {
      fail("After %d s it has not said: %s".formatted(Command.PATIENCE.toSeconds(), expected));
    }
  }

  private static Stream<ProcessHandle> family(Process process) {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants());
  }

  private static void kill(Process process) throws InterruptedException {
    family(process).toList().forEach(ProcessHandle::destroyForcibly);
    process.waitFor();
  }
}
