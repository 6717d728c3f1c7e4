//SOURCES OnALog.java

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/// Clicks in chapter 10's file, a line for each.
public final class OnAFile extends OnALog {

  @Override
  void write(Path folder, List<SupervisionTree.Click> clicks, Set<Integer> poison)
      throws Exception {
    Path file = folder.resolve("clicks.log");
    DurableOffsets.FileLog.write(file, clicks);
    var lines = Files.readAllLines(file, StandardCharsets.US_ASCII);
    for (int offset : poison) lines.set(offset, lines.get(offset).replace("PAYMENT ", "SHIPING "));
    Files.writeString(file, String.join("\n", lines) + "\n");
  }

  @Override
  SupervisionTree.Log open(Path folder) throws Exception {
    return toClose(new DurableOffsets.FileLog(folder.resolve("clicks.log")));
  }
}
