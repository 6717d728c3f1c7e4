//SOURCES Chapter10.java

import harness.Machine;
import harness.MortalProcess;
import harness.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Chapter 10 on a log that really holds its clicks. The harness still has its script, with time-outs and
/// waits, and sees each read. But what comes at an offset, and what happens at the end and at a click that
/// can't be decoded, that's for the log to say.
abstract class OnALog extends Chapter10 {

  private final List<AutoCloseable> opened = new ArrayList<>();

  /// Writes clicks into a log that will be found by its folder.
  ///
  /// @param poison the offsets of those that can't be decoded
  abstract void write(Path folder, List<SupervisionTree.Click> clicks, Set<Integer> poison)
      throws Exception;

  /// The log of that folder.
  abstract SupervisionTree.Log open(Path folder) throws Exception;

  /// Closes something when the run is over.
  <T extends AutoCloseable> T toClose(T resource) {
    opened.add(resource);
    return resource;
  }

  @Override
  SupervisionTree.Log logOf(Run<SupervisionTree.Click> run) {
    try {
      Path folder = Machine.temporaryFolder("log");
      toClose(() -> Machine.deleteAll(folder));
      var poison = new TreeSet<Integer>();
      for (String fault : run.script().faults())
        if (fault.startsWith("poison@")) poison.add(Integer.valueOf(fault.split("@")[1]));
      write(folder, clicks(run.script().events()), poison);
      return seen(run::take, open(folder));
    } catch (Exception e) {
      throw new IllegalStateException("There is no log", e);
    }
  }

  @Override
  SupervisionTree.Log logOf(MortalProcess<SupervisionTree.Click> process) throws Exception {
    Path folder = process.disk().resolve("log");
    if (!Files.exists(folder)) // it's written once
    write(Files.createDirectory(folder), clicks(process.events()), Set.of());
    return seen(process::take, open(folder));
  }

  private List<SupervisionTree.Click> clicks(int events) {
    var clicks = new ArrayList<SupervisionTree.Click>();
    for (long offset = 0; offset < events; offset++) clicks.add(event(offset));
    return clicks;
  }

  private static final class Poison extends RuntimeException {}

  @Override
  public RuntimeException poison(long offset) {
    return new Poison();
  }

  @Override
  public String reasonOfPoison() {
    return "No enum constant SupervisionTree.Action.SHIPING";
  }

  /// The harness looks at each read, and the log answers it.
  private static SupervisionTree.Log seen(SupervisionTree.Log harness, SupervisionTree.Log log) {
    return offset -> {
      try {
        harness.take(offset);
      } catch (SupervisionTree.InvalidOffset | Poison e) {
        // so should the log say
      }
      return log.take(offset);
    };
  }

  @Override
  public void over() throws Exception {
    for (AutoCloseable resource : opened.reversed()) resource.close();
    opened.clear();
  }
}
