import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.attribute.PosixFilePermissions.fromString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What `./jbang` promises on a machine that lacks something, and on one that lacks nothing.
///
/// Each start gets a home, a cache and a `PATH` of its own. A JDK is mostly pretended: its `java`
/// is a shell script that answers like JBang. The last group of tests runs the real JBang on a real
/// JDK.
class LauncherTest {

  private static final List<String> ALWAYS_THERE =
      List.of("sh", "readlink", "mkdir", "mktemp", "rm", "mv", "wc", "grep", "ls", "sort", "head");
  private static final List<String> CHECKSUMS = List.of("sha256sum", "shasum", "openssl");

  /// Where the machine's own JDKs lie: a copy of the launcher must not find them.
  private static final Pattern JDKS_OF_THE_MACHINE =
      Pattern.compile("(?<= )/(usr/lib/jvm|usr/java|usr/local|opt|Library)/");

  private static Path clone;
  private static String launcherText;
  private static Path pinnedJar;
  private static HttpServer server;
  private static final CountDownLatch requestHangs = new CountDownLatch(1);
  private static final CountDownLatch hangingIsOver = new CountDownLatch(1);

  @TempDir private Path scratch;
  private Path home;
  private Path cache;
  private Path somewhereElse;
  private Path launcher;

  @BeforeAll
  static void find_what_is_tested() throws IOException {
    assumeFalse(File.separatorChar == '\\', "jbang.cmd is the launcher of Windows");
    clone = folderOfTheClone();
    launcherText = Files.readString(clone.resolve("jbang"));
    pinnedJar = cacheOf(System.getenv()).resolve("jbang-%s.jar".formatted(pinned("version")));
    server = serve();
  }

  @AfterAll
  static void stop_serving() {
    hangingIsOver.countDown();
    if (server != null) {
      server.stop(0);
    }
  }

  @BeforeEach
  void copy_the_launcher_to_a_folder_with_spaces() throws IOException {
    home = Files.createDirectories(scratch.resolve("a home"));
    cache = home.resolve("a cache/puts-and-takes");
    somewhereElse = Files.createDirectories(scratch.resolve("somewhere else"));
    var copy = Files.createDirectories(scratch.resolve("a clone"));
    var hidden = JDKS_OF_THE_MACHINE.matcher(launcherText).replaceAll("/nowhere/");
    assertThat(hidden)
        .as("a launcher that can't see this machine's JDKs")
        .isNotEqualTo(launcherText);
    launcher = script(copy.resolve("jbang"), hidden);
    Files.writeString(
        copy.resolve("jbang-catalog.json"),
        """
        {
          "aliases": {
            "echo": { "script-ref": "tools/Echo.java", "description": "says what it was given" }
          }
        }
        """);
  }

  // --- A JDK ---------------------------------------------------------------------------------

  @Test
  void without_any_java_it_says_so_and_writes_nothing() throws Exception {
    var refused = start().run("echo");

    assertThat(refused.exit()).as("%s", refused).isEqualTo(1);
    assertThat(refused.err()).contains("a JDK 25 or newer is needed, and no Java was found.");
    assertThat(refused.err()).contains("JAVA_HOME").hasLineCount(1);
    assertThat(cache).doesNotExist();
  }

  @Test
  void an_old_jdk_is_named() throws Exception {
    var old = pretendJdk(scratch.resolve("old"), "17.0.15");

    var refused = start().with("JAVA_HOME", old).run("echo");

    assertThat(refused.exit()).as("%s", refused).isEqualTo(1);
    assertThat(refused.err()).contains("the newest Java here is 17, in " + old).hasLineCount(1);
  }

  @Test
  void a_jre_is_not_enough() throws Exception {
    var jre = pretendJdk(scratch.resolve("jre"), "25.0.1");
    Files.delete(jre.resolve("bin/javac"));

    var refused = start().with("JAVA_HOME", jre).run("echo");

    assertThat(refused.exit()).as("%s", refused).isEqualTo(1);
    assertThat(refused.err()).contains("the Java 25 in " + jre + " has no javac").hasLineCount(1);
  }

  @Test
  void an_old_java_home_does_not_hide_a_newer_jdk_in_the_usual_folders() throws Exception {
    var old = pretendJdk(scratch.resolve("old"), "21.0.2");
    var newer = pretendJdk(home.resolve(".jdks/openjdk 26"), "26");
    pretendInstalledJBang("99.0.0");

    var started = start().with("JAVA_HOME", old).run("echo");

    assertThat(started.out()).as("%s", started).contains("JAVA_HOME=" + newer);
  }

  @Test
  void a_java_on_the_path_is_followed_to_its_jdk() throws Exception {
    pretendJdk(scratch.resolve("a jdk"), "25");
    Files.createSymbolicLink(scratch.resolve("alternative"), Path.of("a jdk/bin/java"));
    pretendInstalledJBang("99.0.0");
    var start = start();
    Files.createSymbolicLink(start.tools.resolve("java"), Path.of("../alternative"));

    var started = start.run("echo");

    assertThat(started.out()).as("%s", started).containsPattern("JAVA_HOME=.*/a jdk\n");
  }

  // --- The download --------------------------------------------------------------------------

  @Test
  void it_fetches_jbang_once() throws Exception {
    var first = withJdk().and("curl").from("good").run("echo");
    var second = withJdk().from("missing").run("echo");

    assertThat(first.out()).as("%s", first).contains("jar=" + jar());
    assertThat(first.err()).contains("fetching JBang").hasLineCount(1);
    assertThat(second.out()).as("%s", second).contains("jar=" + jar());
    assertThat(second.err()).isEmpty();
  }

  @Test
  void wget_alone_will_do() throws Exception {
    var started = withJdk().and("wget").from("good").run("echo");

    assertThat(started.out()).as("%s", started).contains("jar=" + jar());
  }

  @Test
  void a_mirror_may_be_a_folder() throws Exception {
    var started = withJdk().and("curl").with("PUTS_AND_TAKES_MAVEN", folderMirror()).run("echo");

    assertThat(started.out()).as("%s", started).contains("jar=" + jar());
  }

  @Test
  void without_curl_and_wget_it_says_what_to_install() throws Exception {
    var refused = withJdk().from("good").run("echo");

    assertThat(refused.err()).contains("curl or wget is needed");
    assertNothingIsKept(refused);
  }

  @Test
  void without_a_tool_for_checksums_it_says_what_to_install() throws Exception {
    var start = withJdk().and("curl").from("good");
    for (var tool : CHECKSUMS) {
      Files.deleteIfExists(start.tools.resolve(tool));
    }

    var refused = start.run("echo");

    assertThat(refused.err()).contains("sha256sum, shasum or openssl is needed");
    assertNothingIsKept(refused);
  }

  @Test
  void a_wrong_checksum_leaves_nothing_behind() throws Exception {
    var refused = withJdk().and("curl").from("damaged").run("echo");

    assertThat(refused.err()).contains("its sha256 differs", "PUTS_AND_TAKES_MAVEN");
    assertNothingIsKept(refused);
  }

  @ParameterizedTest
  @ValueSource(strings = {"curl", "wget"})
  void a_jar_that_is_not_there_is_reported(String tool) throws Exception {
    var refused = withJdk().and(tool).from("missing").run("echo");

    assertThat(refused.err()).contains("can't fetch JBang", "/missing/dev/jbang/jbang-cli/");
    assertNothingIsKept(refused);
  }

  @ParameterizedTest
  @ValueSource(strings = {"curl", "wget"})
  void a_refused_connection_is_reported(String tool) throws Exception {
    var nobody = "http://127.0.0.1:" + portOfNobody();

    var refused = withJdk().and(tool).with("PUTS_AND_TAKES_MAVEN", nobody).run("echo");

    assertThat(refused.err()).contains("can't fetch JBang", "Check the network", nobody);
    assertNothingIsKept(refused);
  }

  @Test
  void an_interrupted_download_leaves_nothing_behind() throws Exception {
    var start = withJdk().and("curl").from("hanging");
    var process = start.begin("echo");
    assertThat(requestHangs.await(60, TimeUnit.SECONDS)).as("the download began").isTrue();

    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();

    var interrupted = start.end(process);
    assertThat(interrupted.exit()).as("%s", interrupted).isNotZero();
    assertThat(filesIn(cache)).isEmpty();
  }

  @Test
  void a_truncated_jar_is_fetched_again() throws Exception {
    Files.createDirectories(cache);
    Files.writeString(jar(), "only the beginning");

    var started = withJdk().and("curl").from("good").run("echo");

    assertThat(started.out()).as("%s", started).contains("jar=" + jar());
    assertThat(jar()).hasSize(Long.parseLong(pinned("size")));
  }

  @Test
  void six_starts_at_once_share_an_empty_cache() throws Exception {
    var starts = new ArrayList<Start>();
    var processes = new ArrayList<Process>();
    for (int i = 0; i < 6; i++) {
      var start = withJdk().and("curl").from("good");
      starts.add(start);
      processes.add(start.begin("echo"));
    }

    for (int i = 0; i < 6; i++) {
      var started = starts.get(i).end(processes.get(i));
      assertThat(started.out()).as("%s", started).contains("jar=" + jar());
    }
    assertThat(filesIn(cache)).containsExactly(jar());
  }

  @Test
  void a_cache_that_cannot_be_written_is_named() throws Exception {
    var file = Files.createFile(scratch.resolve("file"));

    var refused = withJdk().and("curl").from("good").with("XDG_CACHE_HOME", file).run("echo");

    assertThat(refused.exit()).as("%s", refused).isEqualTo(1);
    assertThat(refused.err()).contains("can't write to " + file, "XDG_CACHE_HOME").hasLineCount(1);
  }

  @Test
  void without_a_home_it_says_what_to_set() throws Exception {
    var refused = withJdk().with("HOME", "").with("XDG_CACHE_HOME", "").run("echo");

    assertThat(refused.exit()).as("%s", refused).isEqualTo(1);
    assertThat(refused.err()).contains("neither HOME nor XDG_CACHE_HOME is set").hasLineCount(1);
  }

  // --- An installed JBang --------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"0.132.1", "0.132.10", "0.140.0", "1.0.0"})
  void an_installed_jbang_that_is_new_enough_is_used(String version) throws Exception {
    var installed = pretendInstalledJBang(version);

    var started = withJdk().run("echo");

    assertThat(started.out()).as("%s", started).contains("jar=" + installed);
    assertThat(jar()).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.132.0", "0.99.9", "no version at all", ""})
  void an_installed_jbang_that_is_too_old_is_not_used(String version) throws Exception {
    pretendInstalledJBang(version);

    var started = withJdk().and("curl").from("good").run("echo");

    assertThat(started.out()).as("%s", started).contains("jar=" + jar());
  }

  @Test
  void an_installed_jbang_is_asked_for_its_version_once_until_it_changes() throws Exception {
    var installed = pretendInstalledJBang("0.133.0");
    var jdk = pretendJdk(scratch.resolve("a jdk"), "25.0.1");
    var timesAsked = jdk.resolve("asked");

    start().with("JAVA_HOME", jdk).run("echo");
    start().with("JAVA_HOME", jdk).run("echo");
    assertThat(timesAsked).hasContent("once more");

    Files.writeString(installed, "0.133.0-updated");
    start().with("JAVA_HOME", jdk).run("echo");
    assertThat(timesAsked).hasContent("once more\nonce more");
  }

  @Test
  void a_cache_that_cannot_be_written_does_not_stop_an_installed_jbang() throws Exception {
    var installed = pretendInstalledJBang("0.133.0");
    var file = Files.createFile(scratch.resolve("file"));

    var started = withJdk().with("XDG_CACHE_HOME", file).run("echo");

    assertThat(started.out()).as("%s", started).contains("jar=" + installed);
    assertThat(started.err()).isEmpty();
  }

  @Test
  void it_does_not_take_itself_for_an_installed_jbang() throws Exception {
    var start = withJdk().and("curl").from("good");
    start.launcher = Files.createSymbolicLink(start.tools.resolve("jbang"), launcher);

    var started = start.run("echo");

    assertThat(started.out()).as("%s", started).contains("jar=" + jar());
    assertThat(started.out()).contains("PUTS_AND_TAKES_HOME=" + launcher.getParent());
  }

  // --- Words ---------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"", "run ", "edit ", "-i ", "run --quiet -i "})
  void a_name_of_the_catalog_brings_its_catalog_along(String before) throws Exception {
    pretendInstalledJBang("99.0.0");
    var words = (before + "echo test echo").split(" ");

    var started = withJdk().run(words);

    var option = "[--catalog=%s]".formatted(launcher.resolveSibling("jbang-catalog.json"));
    assertThat(started.out()).as("%s", started).contains(option + "[echo][test][echo]\n");
  }

  @Test
  void a_name_of_the_catalog_comes_before_a_folder_of_that_name() throws Exception {
    pretendInstalledJBang("99.0.0");
    Files.createDirectory(somewhereElse.resolve("echo"));

    var started = withJdk().run("echo", "echo");

    var catalog = launcher.resolveSibling("jbang-catalog.json");
    assertThat(started.out())
        .as("%s", started)
        .contains("[--catalog=%s][echo@%1$s][echo]\n".formatted(catalog));
  }

  @ParameterizedTest
  @ValueSource(strings = {"no-name-of-ours", "echo.java", ".*", "version", "--catalog=x echo", ""})
  void other_words_are_left_alone(String line) throws Exception {
    pretendInstalledJBang("99.0.0");

    var started = withJdk().run(line.split(" "));

    assertThat(started.out()).as("%s", started).contains("[" + line.replace(" ", "][") + "]\n");
  }

  @Test
  void the_script_takes_the_place_of_the_launcher_so_that_signals_reach_it() throws Exception {
    pretendInstalledJBang("99.0.0");
    var start = withJdk();

    var process = start.begin("echo");

    var started = start.end(process);
    assertThat(started.out()).as("%s", started).contains("pid=%d\n".formatted(process.pid()));
  }

  static Stream<String> shellsOfTheMachine() {
    return Stream.of("sh", "dash", "bash", "busybox", "ksh", "mksh", "yash")
        .filter(shell -> onTheMachine(shell).isPresent());
  }

  @ParameterizedTest
  @MethodSource("shellsOfTheMachine")
  void any_posix_shell_will_do(String shell) throws Exception {
    pretendInstalledJBang("99.0.0");
    var start = withJdk().and(shell);
    start.shell = "busybox".equals(shell) ? List.of(shell, "sh") : List.of(shell);

    var started = start.run("-i", "echo", "two words", "", "'\"$HOME\n\\");

    assertThat(started.out()).as("%s", started).contains("[echo][two words][]['\"$HOME\n\\]\n");
    assertThat(started.err()).isEmpty();
  }

  // --- The real thing ------------------------------------------------------------------------

  @TempDir private static Path shared;

  @Test
  void arguments_arrive_as_they_were_given() throws Exception {
    var started =
        realStart()
            .run("echo", "two  words", "", "it's", "\"$HOME\" `id` \\", "*", "new\nline", "");

    assertThat(started.out())
        .as("%s", started)
        .startsWith("[two  words][][it's][\"$HOME\" `id` \\][*][new\nline][]\n");
  }

  @Test
  void a_name_works_from_another_folder_and_the_exit_code_passes_through() throws Exception {
    var started = realStart().run("run", "echo", "exit", "7");

    assertThat(started.exit()).as("%s", started).isEqualTo(7);
  }

  @Test
  void standard_input_reaches_the_script() throws Exception {
    var start = realStart();
    start.input = "first\nsecond\n";

    var started = start.run("echo", "read");

    assertThat(started.out()).as("%s", started).contains("<first|second>");
  }

  @Test
  void a_script_is_started_by_its_file_through_a_link_to_the_launcher() throws Exception {
    var start = realStart();
    start.launcher = Files.createSymbolicLink(shared.resolve("a link"), Path.of("the clone/jbang"));
    start.folder = echoClone().resolve("tools");

    var started = start.run("Echo.java", "hello");

    assertThat(started.out()).as("%s", started).startsWith("[hello]\n");
    assertThat(started.out()).contains("PUTS_AND_TAKES_HOME=" + echoClone());
  }

  @Test
  void what_jbang_says_and_its_exit_code_pass_through() throws Exception {
    var version = realStart().run("version");
    var nothing = realStart().run("no-such-file.java");

    assertThat(version.out()).as("%s", version).isEqualTo(pinned("version") + "\n");
    assertThat(nothing.exit()).as("%s", nothing).isEqualTo(2);
    assertThat(nothing.err()).contains("no-such-file.java").doesNotContain("\tat ");
  }

  @Test
  void a_damaged_archive_of_classes_is_passed_over_in_silence() throws Exception {
    var jdk = Path.of(System.getProperty("java.home"));
    assumeTrue(Files.exists(jdk.resolve("lib/server/classes.jsa")), "this JDK has no archive");
    var start = realStart();
    var archives = filesIn(shared.resolve("cache/puts-and-takes"));
    archives.removeIf(file -> !file.toString().endsWith(".jsa"));
    assertThat(archives).as("archives of JBang's classes").hasSize(1);
    var archive = archives.getFirst();
    var good = Files.readAllBytes(archive);
    Files.delete(archive);
    Files.write(archive, new byte[good.length]);

    var started = start.run("echo", "hello");

    Files.write(archive, good);
    assertThat(started.out()).as("%s", started).startsWith("[hello]\n");
    assertThat(started.err()).isEmpty();
  }

  // --- Both launchers ------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"version", "size", "sha256"})
  void both_launchers_pin_the_same_jbang(String what) throws Exception {
    assertThat(clone.resolve("jbang.cmd"))
        .content()
        .contains("\r\nset \"%s=%s\"\r\n".formatted(what, pinned(what)));
  }

  // --- Apparatus -----------------------------------------------------------------------------

  /// One start of the launcher, and all that it can see of the machine.
  private final class Start {
    private final Map<String, String> environment = new TreeMap<>();
    private final Path tools;
    private List<String> shell = List.of();
    private Path launcher = LauncherTest.this.launcher;
    private Path folder = somewhereElse;
    private String input = "";
    private Path out;
    private Path err;

    Start() throws IOException {
      tools = Files.createTempDirectory(scratch, "tools");
      for (var tool : ALWAYS_THERE) {
        assertThat(link(tool)).as("%s is on this machine", tool).isTrue();
      }
      for (var tool : CHECKSUMS) {
        link(tool);
      }
      with("HOME", home).with("XDG_CACHE_HOME", cache.getParent());
      with("PATH", tools + ":" + scratch.resolve("installed/bin"));
    }

    Start with(String name, Object value) {
      environment.put(name, value.toString());
      return this;
    }

    Start and(String tool) throws IOException {
      assumeTrue(link(tool), tool + " is not on this machine");
      return this;
    }

    Start from(String mirror) {
      assumeTrue(
          !mirror.equals("good") || Files.exists(pinnedJar), "no JBang in the cache to copy");
      var port = server.getAddress().getPort();
      return with("PUTS_AND_TAKES_MAVEN", "http://127.0.0.1:%d/%s".formatted(port, mirror));
    }

    private boolean link(String tool) throws IOException {
      var file = onTheMachine(tool);
      if (file.isPresent()) {
        script(tools.resolve(tool), "#!/bin/sh\nexec '%s' \"$@\"\n".formatted(file.get()));
      }
      return file.isPresent();
    }

    Result run(String... words) throws Exception {
      return end(begin(words));
    }

    Process begin(String... words) throws IOException {
      out = Files.createTempFile(scratch, "out", "");
      err = Files.createTempFile(scratch, "err", "");
      var in = Files.writeString(Files.createTempFile(scratch, "in", ""), input);
      var command = new ArrayList<>(shell);
      command.add(launcher.toString());
      command.addAll(List.of(words));
      var builder = new ProcessBuilder(command).directory(folder.toFile());
      builder.environment().clear();
      builder.environment().putAll(environment);
      builder.redirectInput(in.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
      return builder.start();
    }

    Result end(Process process) throws Exception {
      if (!process.waitFor(180, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        fail(
            "after 180 s it still ran\n%s%s"
                .formatted(Files.readString(out), Files.readString(err)));
      }
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }
  }

  private record Result(int exit, String out, String err) {
    @Override
    public String toString() {
      return "a start that exited with %d%n--- out%n%s--- err%n%s---".formatted(exit, out, err);
    }
  }

  private Start start() throws IOException {
    return new Start();
  }

  private Start withJdk() throws IOException {
    var jdk = scratch.resolve("a jdk");
    return start().with("JAVA_HOME", Files.exists(jdk) ? jdk : pretendJdk(jdk, "25.0.1"));
  }

  /// The real JBang on a real JDK. All such starts share a home and a clone: the first one compiles
  /// the script, so that the others need not.
  private Start realStart() throws Exception {
    assumeTrue(
        Files.exists(pinnedJar), "no JBang in the cache to copy: an installed one is in use");
    var isFirst = !Files.exists(echoClone());
    if (isFirst) {
      var ready = Files.createDirectories(shared.resolve("cache/puts-and-takes"));
      Files.copy(pinnedJar, ready.resolve(pinnedJar.getFileName()));
      echoScript();
      script(echoClone().resolve("jbang"), launcherText);
      var catalog = "jbang-catalog.json";
      Files.copy(launcher.resolveSibling(catalog), echoClone().resolve(catalog));
    }
    var start = start().with("JAVA_HOME", System.getProperty("java.home"));
    start.with("XDG_CACHE_HOME", shared.resolve("cache"));
    start.with("JBANG_DIR", shared.resolve("a JBang folder"));
    start.launcher = echoClone().resolve("jbang");
    if (isFirst) {
      var first = start.run("echo");
      assertThat(first.exit()).as("%s", first).isZero();
    }
    return start;
  }

  private static Path echoClone() {
    return shared.resolve("the clone");
  }

  private static void echoScript() throws IOException {
    var tools = Files.createDirectories(echoClone().resolve("tools"));
    Files.writeString(
        tools.resolve("Echo.java"),
        """
        //JAVA 25+
        class Echo {
          void main(String[] words) throws Exception {
            System.out.println("[" + String.join("][", words) + "]");
            System.out.println("PUTS_AND_TAKES_HOME=" + System.getenv("PUTS_AND_TAKES_HOME"));
            switch (words.length == 0 ? "" : words[0]) {
              case "exit" -> System.exit(Integer.parseInt(words[1]));
              case "read" -> {
                var lines = new String(System.in.readAllBytes()).lines().toList();
                System.out.println("<" + String.join("|", lines) + ">");
              }
              default -> {}
            }
          }
        }
        """);
  }

  /// A folder that looks like a JDK. Its `java` answers like JBang: it prints the command that runs
  /// the script, here itself again, and exits with 255. Asked for its version, it prints the
  /// contents of the jar.
  private static Path pretendJdk(Path folder, String version) throws IOException {
    Files.createDirectories(folder.resolve("bin"));
    Files.writeString(
        folder.resolve("release"),
        "IMPLEMENTOR=\"Pretended\"\nJAVA_VERSION=\"%s\"\n".formatted(version));
    script(folder.resolve("bin/javac"), "#!/bin/sh\n");
    script(
        folder.resolve("bin/java"),
        """
        #!/bin/sh
        if [ "$1" = -script ]; then
          echo "jar=$2"
          echo "pid=$$"
          echo "JAVA_HOME=$JAVA_HOME"
          echo "PUTS_AND_TAKES_HOME=$PUTS_AND_TAKES_HOME"
          shift 2
          printf '[%s]' "$@"
          echo
          exit
        fi
        while [ "$1" != -jar ]; do shift; done
        jar=$2
        shift 2
        if [ "$*" = version ] && [ "${jar##*/}" = jbang.jar ] && [ ! "$JBANG_LAUNCH_CMD" ]; then
          echo 'once more' >>"${0%/*}/../asked"
          IFS= read -r version <"$jar" || [ "$version" ] || exit 1
          echo "$version"
          exit
        fi
        for word in "$0" -script "$jar" "$@"; do
          case $word in
            *[!A-Za-z0-9._+=:@%/-]*)
              while [ "$word" != "${word#*\\'}" ]; do
                printf "'%s'\\\\'" "${word%%\\'*}"
                word=${word#*\\'}
              done
              printf "'%s' " "$word"
              ;;
            *) printf '%s ' "$word" ;;
          esac
        done
        exit 255
        """);
    return folder;
  }

  private Path pretendInstalledJBang(String version) throws IOException {
    var bin = Files.createDirectories(scratch.resolve("installed/bin"));
    script(
        bin.resolve("jbang"), "#!/bin/sh\necho 'the jar is asked, not the script' >&2; exit 9\n");
    return Files.writeString(bin.resolve("jbang.jar"), version);
  }

  private static Path script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    return Files.setPosixFilePermissions(file, fromString("rwxr-xr-x"));
  }

  private void assertNothingIsKept(Result refused) throws IOException {
    assertThat(refused.exit()).as("%s", refused).isEqualTo(1);
    assertThat(refused.out()).as("%s", refused).isEmpty();
    assertThat(refused.err().lines().filter(line -> !line.contains("fetching JBang")))
        .as("%s", refused)
        .hasSize(1);
    assertThat(filesIn(cache)).isEmpty();
  }

  private Path jar() {
    return cache.resolve(pinnedJar.getFileName());
  }

  private String folderMirror() throws IOException {
    assumeTrue(Files.exists(pinnedJar), "no JBang in the cache to copy");
    var version = pinned("version");
    var file = "dev/jbang/jbang-cli/%1$s/jbang-cli-%1$s-all.jar".formatted(version);
    var copy = scratch.resolve("mirror").resolve(file);
    Files.createDirectories(copy.getParent());
    Files.copy(pinnedJar, copy);
    return "file://" + scratch.resolve("mirror");
  }

  private static Optional<Path> onTheMachine(String tool) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, tool))
        .filter(file -> Files.isExecutable(file) && !Files.isDirectory(file))
        .findFirst();
  }

  private static List<Path> filesIn(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return new ArrayList<>();
    }
    try (var files = Files.list(folder)) {
      return new ArrayList<>(files.toList());
    }
  }

  private static String pinned(String what) {
    var line = Pattern.compile("(?m)^%s=(.*)$".formatted(what)).matcher(launcherText);
    assertThat(line.find()).as("the launcher has a line %s=", what).isTrue();
    return line.group(1);
  }

  private static Path cacheOf(Map<String, String> environment) {
    var xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    var caches = xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
    return caches.resolve("puts-and-takes");
  }

  private static Path folderOfTheClone() {
    var named = System.getenv("PUTS_AND_TAKES_HOME");
    var folder = Path.of(named == null ? "" : named).toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve("jbang-catalog.json"))) {
      folder = folder.getParent();
    }
    assertThat(folder).as("the clone: the folder that holds jbang-catalog.json").isNotNull();
    return folder;
  }

  private static int portOfNobody() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static HttpServer serve() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/good",
        exchange -> {
          exchange.sendResponseHeaders(200, Files.size(pinnedJar));
          Files.copy(pinnedJar, exchange.getResponseBody());
          exchange.close();
        });
    server.createContext(
        "/damaged",
        exchange -> {
          var page = "<html>Please log in to this network.</html>".getBytes(UTF_8);
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    server.createContext(
        "/hanging",
        exchange -> {
          exchange.sendResponseHeaders(200, 9_000_000);
          exchange.getResponseBody().write(new byte[100_000]);
          exchange.getResponseBody().flush();
          requestHangs.countDown();
          try {
            hangingIsOver.await();
          } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
    server.start();
    return server;
  }
}
