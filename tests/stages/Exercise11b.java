import harness.Machine;
import harness.Mistake;
import harness.MortalProcess;
import harness.Run;
import harness.Stage;
import harness.Timeline.Kind;
import harness.Verdict.Way;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidGroupIdException;

/// Exercise 11-b as the harness sees it: a topic of two partitions, whose commits are on the disk, and a
/// provider that is the world. The log's offsets 0 and 1 are those of partition 0, and all others are in
/// partition 1. The orders at 0 and 2 are alike. The first time that anybody wants to pay order 1, the
/// provider doesn't answer: that process dies of it, and another one is started.
public final class Exercise11b implements Stage<Long> {

  private static final int IN_PARTITION_0 = 2;
  private static final int MOST_STARTS = 5;
  private static final int MOST_EMPTY_POLLS = 3;

  private static final List<TopicPartition> PARTITIONS =
      List.of(
          new TopicPartition(AWorkerThatMayDie.TOPIC, 0),
          new TopicPartition(AWorkerThatMayDie.TOPIC, 1));

  @Override
  public Long event(long offset) {
    return offset;
  }

  @Override
  public void start(Run<Long> run) {
    throw new NotOffered("a worker lives in a process, and has no channel");
  }

  @Override
  public void live(MortalProcess<Long> process) throws Exception {
    for (int starts = 0; starts < MOST_STARTS; starts++) {
      var books = new Books(process);
      try (var consumer = new Topic(process, AWorkerThatMayDie.config(), books)) {
        AWorkerThatMayDie.work(consumer, new Provider(process, consumer, books));
        consumer.complainAtTheEnd();
        return;
      } catch (Exception e) {
        if (!books.isAway || e instanceof NotAsAsked) throw e;
        process.outlives(Kind.START, "another worker", () -> null);
      }
    }
    throw new NotAsAsked(
        "the provider didn't answer, once, and after %d starts the worker still isn't done."
            .formatted(MOST_STARTS),
        Optional.empty());
  }

  private static long numberOf(TopicPartition place, long offset) {
    return place.partition() == 0 ? offset : IN_PARTITION_0 + offset;
  }

  /// Two places whose numbers, written side by side, are the same.
  @Override
  public Optional<String> complaintAboutEffects(Path disk) {
    var one = new TopicPartition(AWorkerThatMayDie.TOPIC, 1);
    var eleven = new TopicPartition(AWorkerThatMayDie.TOPIC, 11);
    var consumer = new MockConsumer<String, String>("earliest");
    consumer.schedulePollTask(() -> {
      consumer.rebalance(List.of(one, eleven));
      consumer.updateBeginningOffsets(Map.of(one, 11L, eleven, 1L));
      consumer.addRecord(new ConsumerRecord<>(one.topic(), 1, 11, "anna", "anna 1000"));
      consumer.addRecord(new ConsumerRecord<>(eleven.topic(), 11, 1, "bert", "bert 250"));
    });
    var keys = new ArrayList<String>();
    try {
      AWorkerThatMayDie.work(consumer, (key, _) -> keys.add(key));
    } catch (Exception e) {
      return Optional.empty(); // it has a way of its own to its partitions
    }
    return keys.size() < 2 || keys.stream().distinct().count() > 1
        ? Optional.empty()
        : Optional.of(
            "the order at offset 11 of partition 1 and the one at offset 1 of partition 11 have the same key, \"%s\". So one of them isn't paid."
                .formatted(keys.getFirst()));
  }

  // --- what the adapter remembers ---

  /// What happened so far, in this process, and, in files, in all of them.
  private static final class Books {
    final MortalProcess<?> process;

    /// The orders that were paid since the last poll.
    final Set<Long> paidSincePoll = new HashSet<>();

    final Set<Long> failed = new HashSet<>();
    boolean isAway;

    Books(MortalProcess<?> process) {
      this.process = process;
    }

    /// Keeps a line, such as `paid 3`, in the order of events.
    void enter(String line) {
      enter(process.disk(), line);
    }

    private static void enter(Path disk, String line) {
      try {
        Files.writeString(
            disk.resolve("books"),
            line + "\n",
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    List<String> lines() {
      return lines(process.disk());
    }

    static List<String> lines(Path disk) {
      Path file = disk.resolve("books");
      try {
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    boolean has(String line) {
      return lines().contains(line);
    }
  }

  @Override
  public Optional<Mistake> mistake(Machine<?> machine, Way way) {
    var lines = Books.lines(machine.disk());
    return switch (way) {
      case LOST -> whyLost(lines, machine.seen());
      case BEGINS_AGAIN -> whyBegunAgain(lines);
      default -> Optional.empty();
    };
  }

  private static Optional<Mistake> whyLost(List<String> lines, List<Long> seen) {
    for (String line : lines) {
      String[] words = line.split(" ");
      if (words[0].equals("passed") && !seen.contains(Long.parseLong(words[1])))
        return Optional.of(Mistake.valueOf(words[2]));
    }
    return Optional.empty();
  }

  private static Optional<Mistake> whyBegunAgain(List<String> lines) {
    if (lines.stream().filter(line -> line.startsWith("group ")).distinct().count() > 1)
      return Optional.of(Mistake.HAS_A_NEW_GROUP);
    for (Mistake mistake :
        List.of(
            Mistake.COMMITS_BY_ITSELF, Mistake.COMMITS_WITHOUT_WAITING, Mistake.RESTARTS_AT_ZERO))
      if (lines.contains("" + mistake)) return Optional.of(mistake);
    long commits = lines.stream().filter(line -> line.startsWith("commit ")).count();
    long payments = lines.stream().filter(line -> line.startsWith("paid ")).count();
    return commits == 0 || commits >= payments
        ? Optional.empty()
        : Optional.of(Mistake.COMMITS_TOO_SELDOM);
  }

  // --- the provider ---

  private record Provider(MortalProcess<Long> process, Topic topic, Books books)
      implements AWorkerThatMayDie.Provider {

    @Override
    public void pay(String key, String order) throws IOException {
      long number = topic.numberOf(order);
      if (number < 0)
        throw new NotAsAsked(
            "pay() got \"%s\", which is not the value of any record.".formatted(order),
            Optional.empty());
      if (books.failed.contains(number))
        throw new NotAsAsked(
            "pay() has thrown, and the worker calls it again. Whoever starts workers knows how"
                + " often, and when to stop.",
            Optional.empty());
      try {
        if (number == 1 && !books.has("away")) {
          process.outlives(
              Kind.FAULT,
              "pay 1 fails",
              () -> {
                books.enter("away");
                return null;
              });
          books.failed.add(number);
          books.isAway = true;
          throw new IOException("The provider doesn't answer.");
        }
        boolean isKnown = books.has("key " + key);
        boolean isPaid = books.lines().stream().anyMatch(it -> it.equals("paid " + number));
        process.effect(key, number);
        books.paidSincePoll.add(number);
        if (isKnown && !isPaid) books.enter("passed " + number + " " + Mistake.GIVES_A_KEY_TWICE);
        books.enter("key " + key);
        books.enter("paid " + number);
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  // --- the topic ---

  private static final class Topic extends MockConsumer<String, String> {
    private final MortalProcess<Long> process;
    private final Books books;
    private final String group;
    private final boolean commitsByItself;
    private final String reset;
    private final int mostRecords;

    /// By identity, since two orders may be alike.
    private final Map<String, Long> orders = new java.util.IdentityHashMap<>();

    private final Map<TopicPartition, Long> asked = new LinkedHashMap<>();
    private int emptyPolls;

    Topic(MortalProcess<Long> process, Map<String, Object> settings, Books books) {
      var config = new ConsumerConfig(withABroker(settings)); // it knows the defaults
      super(config.getString(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG));
      this.process = process;
      this.books = books;
      this.group = config.getString(ConsumerConfig.GROUP_ID_CONFIG);
      this.commitsByItself = config.getBoolean(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG);
      this.reset = config.getString(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG);
      this.mostRecords = config.getInt(ConsumerConfig.MAX_POLL_RECORDS_CONFIG);
      books.enter("group " + group);
      if (commitsByItself) books.enter("" + Mistake.COMMITS_BY_ITSELF);
    }

    private static Map<String, Object> withABroker(Map<String, Object> settings) {
      var all = new HashMap<>(settings);
      all.putIfAbsent(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:9092");
      return all;
    }

    long numberOf(String order) {
      Long number = orders.get(order);
      if (number != null) return number;
      for (var known : orders.entrySet()) if (known.getKey().equals(order)) return known.getValue();
      return -1;
    }

    private static String orderAt(long number) {
      return new String[] {"anna 1000", "bert 250"}[(int) number % 2];
    }

    /// The order at that place, or null at the end.
    private ConsumerRecord<String, String> recordAt(TopicPartition place, long offset) {
      if (offset >= endOf(place)) return null;
      long number = Exercise11b.numberOf(place, offset);
      process.take(number);
      String order = new String(orderAt(number));
      orders.put(order, number);
      String key = order.split(" ")[0];
      return new ConsumerRecord<>(place.topic(), place.partition(), offset, key, order);
    }

    private long endOf(TopicPartition place) {
      int inPartition0 = Math.min(IN_PARTITION_0, process.events());
      return place.partition() == 0 ? inPartition0 : process.events() - inPartition0;
    }

    // where it is

    @Override
    public synchronized void subscribe(Collection<String> topics) {
      requireGroup();
      super.subscribe(topics);
      if (topics.contains(AWorkerThatMayDie.TOPIC)) {
        rebalance(PARTITIONS);
        goOn(PARTITIONS);
      }
    }

    @Override
    public synchronized void assign(Collection<TopicPartition> places) {
      super.assign(places);
      goOn(places);
    }

    private void requireGroup() {
      if (group == null || group.isEmpty())
        throw new InvalidGroupIdException(
            "To use the group management or offset commit APIs, you must provide a valid group.id"
                + " in the consumer configuration.");
    }

    private void goOn(Collection<TopicPartition> places) {
      updateBeginningOffsets(new HashMap<>(Map.of(PARTITIONS.get(0), 0L, PARTITIONS.get(1), 0L)));
      for (TopicPartition place : places) {
        var committed = committedOnDisk(place);
        if (committed.isPresent()) seek(place, committed.get());
        else if (reset.equals("latest")) {
          long end = endOf(place);
          updateEndOffsets(new HashMap<>(Map.of(place, end)));
          for (long offset = 0; offset < end; offset++)
            noteIfPassed(place, offset, Mistake.BEGINS_AT_THE_END);
        }
      }
    }

    @Override
    public synchronized ConsumerRecords<String, String> poll(Duration timeout) {
      if (commitsByItself) commit(positions(), true, true);
      commitWhatWasAsked();
      books.paidSincePoll.clear();
      super.poll(Duration.ZERO); // it has no records of its own, but knows where to begin
      var found = new LinkedHashMap<TopicPartition, List<ConsumerRecord<String, String>>>();
      int left = mostRecords;
      for (TopicPartition place : PARTITIONS) {
        if (!assignment().contains(place) || paused().contains(place)) continue;
        var records = new ArrayList<ConsumerRecord<String, String>>();
        for (long at = position(place); left > 0; at++, left--) {
          var record = recordAt(place, at);
          if (record == null) break;
          records.add(record);
        }
        if (records.isEmpty()) continue;
        seek(place, records.getLast().offset() + 1);
        found.put(place, records);
      }
      if (found.isEmpty() && ++emptyPolls > MOST_EMPTY_POLLS)
        throw new NotAsAsked(
            "poll() found nothing, and the worker polls on. In this exercise it's done then.",
            Optional.empty());
      return new ConsumerRecords<>(found, Map.of());
    }

    @Override
    public synchronized void seekToBeginning(Collection<TopicPartition> places) {
      books.enter("" + Mistake.RESTARTS_AT_ZERO);
      super.seekToBeginning(places);
    }

    private Map<TopicPartition, OffsetAndMetadata> positions() {
      var positions = new LinkedHashMap<TopicPartition, OffsetAndMetadata>();
      for (TopicPartition place : PARTITIONS)
        if (assignment().contains(place))
          positions.put(place, new OffsetAndMetadata(position(place)));
      return positions;
    }

    // commits

    @Override
    public synchronized void commitSync() {
      commitWhatWasAsked();
      commit(positions(), true, false);
    }

    @Override
    public synchronized void commitSync(Duration timeout) {
      commitSync();
    }

    @Override
    public synchronized void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
      commitWhatWasAsked();
      commit(offsets, false, false);
    }

    @Override
    public synchronized void commitSync(
        Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
      commitSync(offsets);
    }

    @Override
    public synchronized void commitAsync() {
      commitAsync(positions(), null);
    }

    @Override
    public synchronized void commitAsync(OffsetCommitCallback callback) {
      commitAsync(positions(), callback);
    }

    /// It's asked for now, and happens later, as late as may be.
    @Override
    public synchronized void commitAsync(
        Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
      requireGroup();
      offsets.forEach((place, next) -> asked.put(place, next.offset()));
      books.enter("" + Mistake.COMMITS_WITHOUT_WAITING);
    }

    private void commitWhatWasAsked() {
      var offsets = new LinkedHashMap<TopicPartition, OffsetAndMetadata>();
      asked.forEach((place, next) -> offsets.put(place, new OffsetAndMetadata(next)));
      asked.clear();
      if (!offsets.isEmpty()) commit(offsets, false, false);
    }

    private void commit(
        Map<TopicPartition, OffsetAndMetadata> offsets, boolean wholePoll, boolean byItself) {
      requireGroup();
      var news = new LinkedHashMap<TopicPartition, Long>();
      offsets.forEach((place, next) -> {
        if (byItself && committedOnDisk(place).orElse(0L) == next.offset()) return;
        news.put(place, next.offset());
      });
      if (news.isEmpty()) return;
      try {
        process.outlives(
            news.entrySet().stream()
                .map(it -> it.getKey() + "@" + it.getValue())
                .collect(Collectors.joining(", ", "commit ", "")),
            () -> {
              news.forEach((place, next) -> {
                books.enter("commit " + group + " " + place.partition() + " " + next);
                for (long offset = 0; offset < next; offset++)
                  noteIfPassed(place, offset, whyPassed(place, offset, wholePoll, byItself));
              });
              return null;
            });
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public synchronized Map<TopicPartition, OffsetAndMetadata> committed(
        Set<TopicPartition> places) {
      requireGroup();
      var committed = new HashMap<TopicPartition, OffsetAndMetadata>();
      for (TopicPartition place : places)
        committed.put(place, committedOnDisk(place).map(OffsetAndMetadata::new).orElse(null));
      return committed;
    }

    @Override
    public synchronized Map<TopicPartition, OffsetAndMetadata> committed(
        Set<TopicPartition> places, Duration timeout) {
      return committed(places);
    }

    private Mistake whyPassed(
        TopicPartition place, long offset, boolean wholePoll, boolean byItself) {
      if (byItself) return Mistake.COMMITS_BY_ITSELF;
      if (books.failed.contains(Exercise11b.numberOf(place, offset))) return Mistake.CARRIES_ON;
      return wholePoll && !books.paidSincePoll.isEmpty()
          ? Mistake.COMMITS_WHOLE_POLLS
          : Mistake.SAVES_BEFORE_THE_EFFECT;
    }

    /// If this place was passed, and its order has not been paid, then we know by which mistake.
    private void noteIfPassed(TopicPartition place, long offset, Mistake mistake) {
      long number = Exercise11b.numberOf(place, offset);
      if (!books.has("paid " + number)) books.enter("passed " + number + " " + mistake);
    }

    private Optional<Long> committedOnDisk(TopicPartition place) {
      String start = "commit " + group + " " + place.partition() + " ";
      return books.lines().stream()
          .filter(line -> line.startsWith(start))
          .reduce((_, last) -> last)
          .map(line -> Long.parseLong(line.substring(start.length())));
    }

    @Override
    public synchronized void close(Duration timeout) {
      leave();
      super.close(timeout);
    }

    @Override
    public synchronized void close(CloseOptions options) {
      leave();
      super.close(options);
    }

    private void leave() {
      if (closed()) return;
      commitWhatWasAsked();
      if (commitsByItself) commit(positions(), true, true);
    }

    void complainAtTheEnd() {
      if (closed()) return;
      positions()
          .forEach((place, position) -> {
            long next = position.offset();
            if (next == 0 || committedOnDisk(place).orElse(next) != next - 1) return;
            String what =
                "all orders of %s are paid, the last one at offset %d, and what is committed is %d."
                    + " So each process that starts pays that one again.";
            throw new NotAsAsked(
                what.formatted(place, next - 1, next - 1),
                Optional.of(Mistake.COMMITS_THE_LAST_ONE));
          });
    }
  }
}
