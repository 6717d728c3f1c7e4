//SOURCES OnALog.java

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/// Clicks in a list, which is gone with its process.
public final class OnMemory extends OnALog {

  private List<SupervisionTree.Click> clicks = List.of();
  private Set<Integer> poison = Set.of();

  @Override
  void write(Path folder, List<SupervisionTree.Click> clicks, Set<Integer> poison) {
    this.clicks = clicks;
    this.poison = poison;
  }

  @Override
  SupervisionTree.Log open(Path folder) {
    return new SupervisionTree.SimpleLog(
        clicks,
        offset -> {
          if (poison.contains((int) offset))
            throw new IllegalArgumentException("No enum constant SupervisionTree.Action.SHIPING");
          return false;
        });
  }
}
