///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DESCRIPTION 10 · kill -9, and each effect happens once
// SQLite keeps effects and offset in one file. Why not H2: see below.
//DEPS org.xerial:sqlite-jdbc:3.54.1.0
// picocli reads the command line.
//DEPS info.picocli:picocli:4.7.7
// SQLite is a native library.
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES 09-supervision-tree.java
//MAIN DurableOffsets

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// # 10 · Durable offsets
///
/// **The question.** Chapter 9's tree mends what can be mended from inside.
/// Then somebody types `kill -9`, or the machine needs the memory. Nobody gets
/// an exception. No `finally` is run. Nobody is asked to stop.
///
/// A new process is started, since somebody always does that. It begins at
/// offset 0, and does everything again. Each customer gets a second receipt.
///
/// So the offset has to outlive the process. That's one more line: save it. But
/// where does that line stand, before the effect or after it?
///
/// After this chapter you can
///
/// - say what `kill -9` takes away, and what it leaves;
/// - see from the order of two lines whether a program loses or repeats;
/// - have each effect exactly once, and say what that takes.
///
/// *Reading: 25 minutes. Exercises: 60 minutes.*
///
/// **Predict.** Four programs do the same work, on 1000 clicks. One keeps its
/// offset in memory. One saves it before each effect, one after it, and one
/// together with it, in one transaction. The process with all four in it is
/// killed twenty times, each time after at most 25 clicks. Which of them lose
/// effects, which have some twice, and about how many?
class DurableOffsets extends SupervisionTree {

  /// ## Carried over
  ///
  /// Nothing, for once. This chapter *extends* the one before: the line
  /// `//SOURCES` at the top says where that is. So `Supervisor`, `Step` and
  /// `Click` are chapter 9's, unchanged.
  ///
  /// It's also the first chapter with libraries, in the lines `//DEPS`. JBang
  /// fetches them. Plain `java` wouldn't know how.
  ///
  /// ## What a kill leaves
  ///
  /// Gone are threads, queues, and all else that was in memory. What's on a
  /// channel is gone, too.
  ///
  /// What has been handed to the operating system is still there. A process
  /// that has written to a file, and then dies, has written to that file.
  ///
  /// (A power cut is another matter. It also takes what the system had not yet
  /// brought to the disk. Whoever wants to survive that has to ask for it, and
  /// to wait: it's called `fsync`.)
  ///
  /// ## A log in a file
  ///
  /// So let's begin with the log. All lines are equally long. That way an offset
  /// says where to read, and the file can still be looked at.
  ///
  /// Whoever appends to the log may be killed in the middle of a line. Half a
  /// line isn't there yet.
  ///
  /// *In the margin:* why no `FileChannel`? It closes when somebody who reads it is
  /// interrupted, for all who share it. It's in its documentation, and few have
  /// read that far. One child is stopped, and all the others fail, for ever.

  // region the log in a file

  /// A log in a file, with a line of 49 bytes for each click.
  static class FileLog implements Log, AutoCloseable {
    private static final String LINE = "%s %-11s\n";
    private static final int LENGTH = LINE.formatted(new UUID(0, 0), "").length();

    private final RandomAccessFile file;

    FileLog(Path path) throws IOException {
      file = new RandomAccessFile(path.toFile(), "r");
    }

    /// @throws InvalidOffset also for a last line that was not written to its end: it isn't there yet
    @Override
    public synchronized Click take(long offset) {
      var line = new byte[LENGTH];
      try {
        if (offset < 0 || offset >= file.length() / LENGTH) throw new InvalidOffset(offset);
        file.seek(offset * LENGTH);
        file.readFully(line);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      String[] words = new String(line, StandardCharsets.US_ASCII).split("\\s+");
      return new Click(UUID.fromString(words[0]), Action.valueOf(words[1]));
    }

    static void write(Path path, List<Click> clicks) throws IOException {
      var lines = new StringBuilder();
      for (Click click : clicks) lines.append(LINE.formatted(click.userId(), click.action()));
      Files.writeString(path, lines);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  // endregion

  /// ## A ledger
  ///
  /// The effect is a row in a table, such as the bookkeeping of our shop would
  /// want it. The offset is a row in another table, of the same database. It's
  /// where to go on: the number of the *next* click, and not of the last one.
  /// (Kafka does the same, and it confuses people there, too.)
  ///
  /// `effects` has no primary key, on purpose. A key would hide what we're
  /// after.

  // region the ledger

  /// What has been done, and where to go on: two tables in one SQLite database.
  static class Ledger implements AutoCloseable {
    private final Connection connection;
    private final String log;

    /// Opens the ledger in `file`, for the log of that name. If there's none, it begins at 0.
    static Ledger open(Path file, String log) throws SQLException {
      var connection = connect(file);
      try {
        return new Ledger(connection, log);
      } catch (Throwable e) {
        connection.close();
        throw e;
      }
    }

    static Connection connect(Path file) throws SQLException {
      var config = new SQLiteConfig();
      config.setJournalMode(JournalMode.WAL);
      config.setSynchronous(SynchronousMode.FULL);
      config.setBusyTimeout(5_000); // milliseconds, for other processes write, too
      return config.createConnection("jdbc:sqlite:" + file);
    }

    Ledger(Connection connection, String log) throws SQLException {
      this.connection = connection;
      this.log = log;
      run("CREATE TABLE IF NOT EXISTS effects (log TEXT, at INTEGER, user TEXT, action TEXT)");
      run("CREATE TABLE IF NOT EXISTS progress (log TEXT PRIMARY KEY, next INTEGER)");
      run("INSERT INTO progress VALUES (?, 0) ON CONFLICT DO NOTHING", log);
    }

    /// The effect.
    void book(Item item) throws SQLException {
      Click click = item.click();
      run(
          "INSERT INTO effects VALUES (?, ?, ?, ?)",
          log,
          item.offset(),
          "" + click.userId(),
          "" + click.action());
    }

    /// Where to go on: the first offset whose effect has not happened.
    long next() throws SQLException {
      try (var query = prepared("SELECT next FROM progress WHERE log = ?", log);
          var rows = query.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }

    void save(long next) throws SQLException {
      run("UPDATE progress SET next = ? WHERE log = ?", next, log);
    }

    /// Saves `next`, if `from` is what was saved.
    boolean advance(long from, long next) throws SQLException {
      return run("UPDATE progress SET next = ? WHERE log = ? AND next = ?", next, log, from) == 1;
    }

    /// All that `work` does, or nothing of it.
    <T> T inOneTransaction(Callable<T> work) throws Exception {
      connection.setAutoCommit(false);
      try (AutoCloseable _ = this::rollBack) {
        T result = work.call();
        connection.commit();
        return result;
      }
    }

    /// After a commit there's nothing left to roll back.
    private void rollBack() throws SQLException {
      try {
        connection.rollback();
      } finally {
        connection.setAutoCommit(true);
      }
    }

    private int run(String sql, Object... values) throws SQLException {
      try (var statement = prepared(sql, values)) {
        return statement.execute() ? 0 : statement.getUpdateCount();
      }
    }

    private PreparedStatement prepared(String sql, Object... values) throws SQLException {
      var statement = connection.prepareStatement(sql);
      for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
      return statement;
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  // endregion

  /// ## Why SQLite?
  ///
  /// Because a commit has to mean something. We asked two databases that live in
  /// one file each. A program commits row after row, and says so each time. It's
  /// killed, and somebody counts the rows. `./jbang bench/commits.java` does it
  /// again.
  ///
  /// | | a commit, median | what `kill -9` took of commits that had come back |
  /// |---|---|---|
  /// | SQLite, WAL, `synchronous = FULL` | 0.19 ms | nothing, in 20 rounds |
  /// | SQLite, WAL, `synchronous = NORMAL` | 0.03 ms | nothing, in 20 rounds |
  /// | H2, as it comes | 0.03 ms | **up to 1419 of them, in all 20 rounds** |
  /// | H2, `WRITE_DELAY=0` | 0.15 ms | nothing, in 20 rounds |
  ///
  /// H2 isn't wrong. Its manual says that it writes a commit half a second later,
  /// and it never came back with half a transaction. But "saved" should mean
  /// saved, without a setting that one has to know about.
  ///
  /// `FULL` waits for the disk at each commit, so a power cut takes nothing,
  /// either. (On macOS the disk says "done" too early, unless you ask for `PRAGMA
  /// fullfsync`.)
  ///
  /// (`NORMAL` would do for this chapter: what a power cut takes back there, it
  /// takes back together, effect and offset. But who has been told of the effect
  /// in between?)
  ///
  /// ## Two lines, in some order
  ///
  /// A step takes a click from the log, and *books* it: it has the effect, and
  /// sees to the offset. It returns where to go on, as ever.

  // region a step with an effect

  /// How an effect and its offset get into the ledger.
  interface Booking {
    /// @param from where we are: the offset that the ledger should know. (Here that's the item's own.
    ///     In chapter 11 there are gaps.)
    /// @return where to go on
    long book(Ledger ledger, long from, Item item) throws Exception;
  }

  static Step<Long> bookEach(Log log, Ledger ledger, Booking booking) {
    return offset -> {
      try {
        var item = new Item(offset, log.take(offset));
        return new Continue<>(booking.book(ledger, offset, item));
      } catch (InvalidOffset e) {
        if (offset < 0) throw e;
        return new Done<>(offset);
      }
    };
  }

  // endregion

  /// **In memory.** That's what we have had so far. The supervisor knows the
  /// offset, and nobody else.

  static long keepInMemory(Ledger ledger, long from, Item item) throws SQLException {
    ledger.book(item);
    return item.offset() + 1;
  }

  /// **Saved first.** It's what you get from a queue that forgets a message once
  /// it's handed out, and from everybody who marks a thing as done and then does
  /// it.

  static long saveFirst(Ledger ledger, long from, Item item) throws SQLException {
    ledger.save(item.offset() + 1);
    ledger.book(item);
    return item.offset() + 1;
  }

  /// **Saved last.** The same two lines, the other way round.

  static long saveLast(Ledger ledger, long from, Item item) throws SQLException {
    ledger.book(item);
    ledger.save(item.offset() + 1);
    return item.offset() + 1;
  }

  /// Between the two lines there's always a moment. Whoever is killed in it has
  /// lost an effect, or will have it again. They call it *at most once* and *at
  /// least once*. There is no third order of two lines.
  ///
  /// ## One transaction
  ///
  /// But two lines can be one thing. If effect and offset are in the same
  /// database, then they can be in the same transaction: both are there, or
  /// neither.

  // region exactly once

  static long saveTogether(Ledger ledger, long from, Item item) throws Exception {
    long next = item.offset() + 1;
    return ledger.inOneTransaction(() -> {
      if (!ledger.advance(from, next)) return ledger.next(); // it has been done already
      ledger.book(item);
      return next;
    });
  }

  // endregion

  /// Why `advance`, rather than `save`? Two things may go wrong that no
  /// transaction sees.
  ///
  /// A commit gets through, and its acknowledgement doesn't: chapter 3's fault
  /// after the put, once more. The supervisor tries again at the old offset.
  ///
  /// Or the old process isn't dead. Somebody believed so, and started another
  /// one. Now two of them work on one ledger.
  ///
  /// `advance` compares before it sets. If the ledger isn't where we think that
  /// it is, then somebody has been here. We do nothing, and go on where the
  /// ledger says.
  ///
  /// So, is this *exactly once*? The step may well run twice. What it leaves
  /// behind is there once. Some call that *effectively once*, and nobody has
  /// found out how to get more.
  ///
  /// *In the margin:* what if the effect is a letter, or a payment at somebody
  /// else's? No transaction of yours includes the post office. Then save last,
  /// and make the second time harmless: give each letter a key, and let the other
  /// side drop what it knows. That's the first exercise.
  ///
  /// *In the margin:* what became of the channel? If there is one between the
  /// log and the effect, then the *consumer* has to save. A producer that saves
  /// after its put has saved first: what's on the channel dies with the process.
  /// That's the second exercise.
  ///
  /// ## A process to kill
  ///
  /// One supervisor, and a child for each of the four ways, each with a ledger
  /// of its own.

  enum Way {
    IN_MEMORY("in memory", "starts over", DurableOffsets::keepInMemory),
    SAVED_FIRST("saved first", "loses", DurableOffsets::saveFirst),
    SAVED_LAST("saved last", "repeats", DurableOffsets::saveLast),
    SAVED_TOGETHER("in one transaction", "exactly once", DurableOffsets::saveTogether);

    final String words;
    final String claim;
    final Booking booking;

    Way(String words, String claim, Booking booking) {
      this.words = words;
      this.claim = claim;
      this.booking = booking;
    }

    boolean hasTwoLines() {
      return this == SAVED_FIRST || this == SAVED_LAST;
    }

    Path ledgerIn(Path folder) {
      return folder.resolve(this + ".db");
    }
  }

  /// A child that waits for its siblings after each step, so that a kill finds all of them at work.
  record InStep(Step<Long> step, Phaser siblings) implements Step<Long> {
    @Override
    public Outcome<Long> run(Long from) throws Exception {
      var outcome = step.run(from);
      if (outcome instanceof Done) siblings.arriveAndDeregister();
      else siblings.awaitAdvanceInterruptibly(siblings.arrive());
      return outcome;
    }
  }

  static Path logIn(Path folder) {
    return folder.resolve("clicks.log");
  }

  /// At what click a process is killed, the seed says. In which microsecond, nobody
  /// does, and so it takes luck to hit the moment between two lines. The last kill
  /// needs none. Whoever has two lines is held up between them, until it's dead.

  /// A ledger whose owner is held up for good, behind the first of two lines, at one click.
  static class HeldUp extends Ledger {
    private final int click;
    private int lines;

    HeldUp(Path file, String log, int click) throws SQLException {
      super(connect(file), log);
      this.click = click;
    }

    @Override
    void book(Item item) throws SQLException {
      super.book(item);
      oneLine();
    }

    @Override
    void save(long next) throws SQLException {
      super.save(next);
      oneLine();
    }

    private void oneLine() {
      if (++lines != 2 * click - 1) return;
      IO.println("held up");
      holdUp();
    }
  }

  /// So many clicks further, and nobody gets on, however late the kill comes.
  static final int AHEAD = 3;

  /// Until somebody kills us.
  static void holdUp() {
    while (!Thread.currentThread().isInterrupted()) LockSupport.park();
  }

  /// All of a process's work. It prints a line for each click that the last of the four has booked.
  ///
  /// @param clicks after how many it's killed; 0 if it isn't
  /// @param betweenLines whether it's held up there, between two lines
  static void work(Path folder, int clicks, boolean betweenLines) throws Exception {
    var booked = new AtomicInteger();
    var siblings = new Phaser(Way.values().length);
    var ledgers = new ArrayList<Ledger>();
    var children = new ArrayList<ChildSpec<?>>();
    try (var log = new FileLog(logIn(folder))) {
      for (Way way : Way.values()) {
        Path file = way.ledgerIn(folder);
        boolean isHeldUp = betweenLines && way.hasTwoLines();
        var ledger = isHeldUp ? new HeldUp(file, "clicks", clicks) : Ledger.open(file, "clicks");
        ledgers.add(ledger);
        Booking told =
            (books, from, item) -> {
              long next = way.booking.book(books, from, item);
              if (way == Way.SAVED_TOGETHER) {
                IO.println(next);
                if (booked.incrementAndGet() == clicks + AHEAD && clicks > 0) holdUp();
              }
              return next;
            };
        var step = new InStep(bookEach(log, ledger, told), siblings);
        children.add(ChildSpec.of(way.words, ledger.next(), step));
      }
      Listener listener =
          event -> {
            if (event instanceof Crashed) System.err.println(words(event));
          };
      var shop =
          new Supervisor(Strategy.ONE_FOR_ONE, new Intensity(10, Duration.ofMinutes(1)), listener)
              .untilAllAreDone();
      try (var root = shop.start("shop", children.toArray(ChildSpec<?>[]::new))) {
        if (!(root.join() instanceof Done)) System.exit(1);
      }
    } finally {
      for (Ledger ledger : ledgers) ledger.close();
    }
  }

  /// ## Run it
  ///
  /// ```console
  /// $ ./jbang chapters/10-durable-offsets.java
  /// 10 · durable offsets: 1000 clicks in a file, 20 kills
  /// Killed after 6, 14, 24, 10, 21, 1, 6, 19, 20, 19, 8, 3, 2, 18, 2,
  ///   8, 7, 21, 19, 10 clicks, the last time between two lines.
  /// The next process came to the end.
  ///
  /// The audit, from what is on the disk:
  /// in memory           starts over   lost 0, repeated ≈ 233
  /// saved first         loses         lost ≈ 7, repeated 0
  /// saved last          repeats       lost 0, repeated ≈ 5
  /// in one transaction  exactly once  lost 0, repeated 0
  /// Replay: ./jbang chapters/10-durable-offsets.java --events 1000 --kills 20 --seed 42
  /// ```
  ///
  /// **The prediction.** Twenty kills, and a few of them hit the moment between
  /// two lines, besides the one that had to. That's not bad luck: those two lines
  /// are most of what the program does. With one click an hour you'd wait for
  /// years, and then it would happen on a Friday.
  ///
  /// (What follows a `≈` differs from run to run.)
  ///
  /// **In memory** each process began at 0. (Add up after how many clicks they were
  /// killed: it's about what was repeated.) **Saved first** has lost some
  /// effects for good, and no log will ever tell. **Saved last** had some twice.
  /// **In one transaction** there's nothing to tell, and that's the news.
  ///
  /// The harness doesn't leave it to luck. It kills the process at each single
  /// *moment*: right before and right after everything that outlives it, such as
  /// a statement that writes, or a commit. You can see one of these runs, of the
  /// fourth way. Three processes in a row are killed at their fifth moment: right
  /// before `INSERT effects`. (The first two are around `INSERT progress`, and the
  /// next two around `UPDATE progress`.) The fourth process may finish:
  ///
  /// ```console
  /// $ ./jbang draw 10 --events 2 --fault kill@5
  /// ✗ fails  ↻ a new process  ~ waits  » aside  ■ the end   10-durable-offsets.java
  ///
  ///   time log             producer    channel      supervisor            consumer
  /// ↻    1 ┆               ┆           ┆            process 1 starts      ┆
  ///      2 ┆               ┆           ┆            ┆                INSERT progress
  ///      3 read 0          ┆           ┆            ┆                     ┆
  ///      4 ┆               ┆           ┆            ┆                UPDATE progress
  /// ✗    5 ┆               ┆           ┆            kill -9               ┆
  /// ↻    6 ┆               ┆           ┆            process 2 starts      ┆
  ///      7 ┆               ┆           ┆            ┆                INSERT progress
  ///      8 read 0          ┆           ┆            ┆                     ┆
  ///      9 ┆               ┆           ┆            ┆                UPDATE progress
  /// ✗   10 ┆               ┆           ┆            kill -9               ┆
  /// ↻   11 ┆               ┆           ┆            process 3 starts      ┆
  ///     12 ┆               ┆           ┆            ┆                INSERT progress
  ///     13 read 0          ┆           ┆            ┆                     ┆
  ///     14 ┆               ┆           ┆            ┆                UPDATE progress
  /// ✗   15 ┆               ┆           ┆            kill -9               ┆
  /// ↻   16 ┆               ┆           ┆            process 4 starts      ┆
  ///     17 ┆               ┆           ┆            ┆                INSERT progress
  ///     18 read 0          ┆           ┆            ┆                     ┆
  ///     19 ┆               ┆           ┆            ┆                UPDATE progress
  ///     20 ┆               ┆           ┆            ┆                 INSERT effects
  ///     21 ┆               ┆           ┆            ┆                     commit
  ///     22 read 1          ┆           ┆            ┆                     ┆
  ///     23 ┆               ┆           ┆            ┆                UPDATE progress
  ///     24 ┆               ┆           ┆            ┆                 INSERT effects
  ///     25 ┆               ┆           ┆            ┆                     commit
  /// ✗   26 read 2: the end ┆           ┆            ┆                     ┆
  ///
  /// Replay: ./jbang draw 10 --events 2 --fault kill@5
  /// ```
  ///
  /// The three die after the ledger has moved, and before the effect. The fourth
  /// one finds nothing of that, and begins at 0.
  void main(String... args) throws Exception {
    if (args.length == 4 && args[0].equals("worker")) {
      endWithOurParent(Path.of(args[1]));
      work(Path.of(args[1]), Integer.parseInt(args[2]), Boolean.parseBoolean(args[3]));
    } else System.exit(commandLine(new KillDemo()).execute(args));
  }

  @Command(
      name = "10-durable-offsets",
      description = "Kills a process again and again, and looks what became of its effects.")
  static class KillDemo implements Callable<Integer> {
    @Spec CommandSpec spec;

    @Option(
        names = "--events",
        paramLabel = "N",
        description = "how many clicks the log holds, 1 to 999999 (${DEFAULT-VALUE})")
    int events = 1_000;

    @Option(
        names = "--kills",
        paramLabel = "N",
        description = "how many processes are killed, 0 to a tenth of --events (${DEFAULT-VALUE})")
    int kills = 20;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description =
            "a whole number; the same seed kills after the same clicks (${DEFAULT-VALUE})")
    long seed = 42;

    @Option(names = "--help", usageHelp = true, description = "this text")
    boolean help;

    @Override
    public Integer call() throws Exception {
      require(spec, events >= 1 && events <= 999_999, "--events can't be " + events);
      require(spec, kills >= 0, "--kills can't be " + kills);
      require(
          spec, kills * 10L <= events, "--kills " + kills + " needs ten times as many --events");
      String many = kills == 1 ? "1 kill" : kills + " kills";
      IO.println("10 · durable offsets: %d clicks in a file, %s".formatted(events, many));
      Path folder = temporaryFolder("durable-offsets");
      FileLog.write(logIn(folder), clicks(events, seed));
      var random = new Random(seed);
      for (int kill = 1; kill <= kills; kill++) {
        int clicks = 1 + random.nextInt(events / (2 * kills));
        if (kill == kills) clicks = Math.max(clicks, 2); // so each of the four has done one
        killAfter(clicks, folder, kill == kills);
        IO.print((kill == 1 ? "Killed after " : kill % 15 == 1 ? ",\n  " : ", ") + clicks);
      }
      if (kills > 0) IO.println(" clicks, the last time between two lines.");
      finish(folder);
      IO.println("The next process came to the end.\n");
      boolean asClaimed = audit(folder);
      IO.println(
          "Replay: ./jbang chapters/10-durable-offsets.java --events %d --kills %d --seed %d"
              .formatted(events, kills, seed));
      return asClaimed ? 0 : 1;
    }

    private void killAfter(int clicks, Path folder, boolean betweenLines)
        throws IOException, InterruptedException {
      Process process = start(folder, clicks, betweenLines);
      int lines = betweenLines ? clicks + 2 : clicks; // two of them say that they're held up
      try (var progress = process.inputReader()) {
        for (int i = 0; i < lines; i++)
          if (progress.readLine() == null) throw endedByItself(folder);
      } finally {
        process.destroyForcibly().waitFor(); // kill -9
      }
    }

    private static IllegalStateException endedByItself(Path folder) {
      String what =
          "A process has ended before anybody killed it. If it said why, that stands above."
              + " Is there room in %s?";
      return new IllegalStateException(what.formatted(folder.getParent()));
    }

    private static Process start(Path folder, int clicks, boolean betweenLines) throws IOException {
      String[] args = {"worker", "" + folder, "" + clicks, "" + betweenLines};
      return startAgain(DurableOffsets.class, folder, args);
    }

    private void finish(Path folder) throws IOException, InterruptedException {
      Process process = start(folder, 0, false);
      try (var progress = process.inputReader()) {
        while (progress.readLine() != null) {}
        if (process.waitFor() != 0) throw endedByItself(folder);
      } finally {
        process.destroyForcibly();
      }
    }

    /// Whether each way did what it claims.
    private boolean audit(Path folder) throws Exception {
      IO.println("The audit, from what is on the disk:");
      boolean asClaimed = true;
      try (var log = new FileLog(logIn(folder))) {
        for (Way way : Way.values()) {
          var audit = Audit.of(log, events, way.ledgerIn(folder), "clicks");
          boolean loses = way == Way.SAVED_FIRST;
          boolean repeats = way == Way.IN_MEMORY || way == Way.SAVED_LAST;
          asClaimed &= audit.lost > 0 == (loses && kills > 0);
          asClaimed &= audit.repeated > 0 == (repeats && kills > 0);
          IO.println(
              "%-20s%-14slost %s, repeated %s"
                  .formatted(
                      way.words,
                      kills > 0 ? way.claim : "wasn't killed",
                      (loses ? "≈ " : "") + audit.lost,
                      (repeats ? "≈ " : "") + audit.repeated));
        }
      }
      if (!asClaimed) System.err.println("That's not what was claimed.");
      return asClaimed;
    }
  }

  /// ## The apparatus

  // region the audit

  /// What a ledger holds, compared with its log: how many effects never happened, and how many too often.
  record Audit(int lost, int repeated) {
    static Audit of(Log log, int events, Path ledger, String name) throws Exception {
      var times = new int[events];
      int repeated = 0;
      try (var connection = Ledger.connect(ledger);
          var query =
              connection.prepareStatement("SELECT at, user, action FROM effects WHERE log = ?")) {
        query.setString(1, name);
        try (var rows = query.executeQuery()) {
          while (rows.next()) {
            int at = rows.getInt("at");
            var user = UUID.fromString(rows.getString("user"));
            var click = new Click(user, Action.valueOf(rows.getString("action")));
            if (!click.equals(log.take(at)))
              throw new IllegalStateException("The log has no " + click + " at " + at + ".");
            if (times[at]++ > 0) repeated++;
          }
        }
      }
      return new Audit((int) IntStream.of(times).filter(time -> time == 0).count(), repeated);
    }
  }

  static List<Click> clicks(int events, long seed) {
    var random = new Random(seed);
    var clicks = new ArrayList<Click>();
    for (int i = 0; i < events; i++)
      clicks.add(
          new Click(
              new UUID(random.nextLong(), random.nextLong()), Action.values()[random.nextInt(3)]));
    return clicks;
  }

  // endregion

  // region a process and its parent

  /// Runs this program once more, as another process. It ends when its input does: when we end.
  ///
  /// @param folder for temporary files: who is killed can't clean up
  static Process startAgain(Class<?> program, Path folder, String... args) throws IOException {
    return again(program, folder, args).start();
  }

  static ProcessBuilder again(Class<?> program, Path folder, String... args) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.sqlite.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  /// Ends this process when the one that started it has ended, however that was, and cleans up for it.
  static void endWithOurParent(Path folder) {
    var orphaned = new AtomicBoolean();
    onExit(() -> {
      // others may still write, until there's no folder to write to
      for (int i = 0; i < 100 && orphaned.get() && Files.exists(folder); i++) deleteAll(folder);
    });
    Thread.ofPlatform()
        .daemon()
        .name("our parent")
        .start(() -> {
          try {
            while (System.in.read() >= 0) {}
          } catch (IOException e) {
            // it's gone
          }
          orphaned.set(true);
          System.exit(1);
        });
  }

  private static void onExit(Runnable work) {
    Runtime.getRuntime().addShutdownHook(new Thread(work));
  }

  /// Whether somebody has asked us to end. What fails then isn't worth a word.
  private static volatile boolean ends;

  /// A folder for temporary files that goes when this process does, together with its children.
  static Path temporaryFolder(String name) {
    Path folder = newFolder(name);
    onExit(() -> {
      ends = true;
      for (ProcessHandle child : ProcessHandle.current().children().toList()) {
        child.destroyForcibly();
        child.onExit().completeOnTimeout(child, 5, TimeUnit.SECONDS).join();
      }
      deleteAll(folder);
    });
    return folder;
  }

  /// SQLite's driver unpacks a library there, too. In the folder that all share, it would clean up
  /// after others, and print a stack trace if another one is quicker.
  ///
  /// @throws IllegalStateException with a sentence, if there can't be one
  static Path newFolder(String name) {
    try {
      Path folder = Files.createTempDirectory(name);
      System.setProperty("org.sqlite.tmpdir", "" + folder);
      return folder;
    } catch (IOException e) {
      String place = System.getProperty("java.io.tmpdir");
      throw new IllegalStateException("There can be no temporary folder in " + place + ": " + e, e);
    }
  }

  /// What can't be deleted now, somebody else is about to. (On Windows, an open file can't be, and may
  /// stay until the system cleans up.)
  static void deleteAll(Path folder) {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
    } catch (IOException | UncheckedIOException e) {
      // see above
    }
  }

  // endregion

  // region the command line

  static CommandLine commandLine(Object command) {
    return new CommandLine(command)
        .setUsageHelpWidth(80)
        .setExecutionExceptionHandler((e, line, parsed) -> {
          if (e instanceof ParameterException) throw e;
          if (ends) return 1;
          boolean isSentence = e instanceof IllegalStateException; // ours
          System.err.println(isSentence ? e.getMessage() : "It failed: " + e);
          return 1;
        });
  }

  /// @throws ParameterException with a sentence, and the help below it
  static void require(CommandSpec spec, boolean condition, String sentence) {
    if (!condition) throw new ParameterException(spec.commandLine(), sentence + ".");
  }

  // endregion

  /// ## What we have, and what still breaks
  ///
  /// The process may die at any moment, and nothing is lost or done twice. Only
  /// one thing must outlive it: the disk that it writes to.
  ///
  /// That's one file, on one machine, and our log is another one. "A pretend
  /// kafka stream", the essay calls its log. It's time for the real one: chapter
  /// 11.
  ///
  /// **Exercises:** `exercises/10-a-send-letters.java`,
  /// `exercises/10-b-a-channel-in-between.java`.
  ///
  /// **Sources:** SQLite's "Atomic Commit In SQLite" and "Write-Ahead Logging";
  /// H2's "Durability Problems", in its manual's chapter on advanced topics; Pat
  /// Helland, "Idempotence Is Not a Medical Condition"; Martin Kleppmann,
  /// "Designing Data-Intensive Applications", chapter 11, on atomic commits and
  /// idempotence.
}
