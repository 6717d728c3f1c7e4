import harness.Run;
import harness.Stage;
import java.util.List;

/// Exercise 03-a as the harness sees it: a table whose ids are 1, 2, 3, 7, 8, 12, 13, 17, and so on. The
/// first gap comes after id 3, so that the row at offset 3 is the one after id 3.
public final class Exercise03a implements Stage<PollATable.Row> {

  private static long idOf(long offset) {
    return offset < 3 ? offset + 1 : 7 + (offset - 3) / 2 * 5 + (offset - 3) % 2;
  }

  @Override
  public PollATable.Row event(long offset) {
    return new PollATable.Row(idOf(offset), "row " + offset);
  }

  @Override
  public void start(Run<PollATable.Row> run) {
    run.hold(PollATable.startSupervisor(id -> firstAfter(run, id), run.channel(), run::print));
  }

  @Override
  public Object step(Run<PollATable.Row> run, long offset) {
    return PollATable.publishRow(id -> firstAfter(run, id), idOf(offset) - 1, run.channel());
  }

  private static PollATable.Row firstAfter(Run<PollATable.Row> run, long id)
      throws InterruptedException {
    long offset = 0;
    while (idOf(offset) <= id) offset++;
    return run.take(offset);
  }

  @Override
  public List<String> failures(Run<PollATable.Row> run) {
    return run.printed();
  }

  @Override
  public String operation(String what) {
    return "publish-row";
  }
}
