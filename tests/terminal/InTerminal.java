package terminal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/// Takes a terminal for its own, and becomes another program, as `setsid -c` does on Linux. The JDK can
/// start a process on a terminal's file, but only a session's own terminal sends it Ctrl-C and sizes.
final class InTerminal {

  /// What it prints once it holds the terminal.
  static final String OPEN = "open";

  private static final int O_RDWR = 2;

  /// @param args the terminal's file, and the words of the command
  public static void main(String[] args) throws Throwable {
    var arena = Arena.global();
    int terminal = (int) c("open", ADDRESS, JAVA_INT).invoke(arena.allocateFrom(args[0]), O_RDWR);
    if (terminal < 0) throw new IllegalStateException("Could not open " + args[0]);
    System.out.println(OPEN);
    if ((int) c("login_tty", JAVA_INT).invoke(terminal) != 0)
      throw new IllegalStateException("Could not get " + args[0] + " for our own");

    var words = arena.allocate(ADDRESS, args.length); // the last one stays null
    for (int i = 1; i < args.length; i++)
      words.setAtIndex(ADDRESS, i - 1, arena.allocateFrom(args[i]));
    int _ = (int) c("execvp", ADDRESS, ADDRESS).invoke(arena.allocateFrom(args[1]), words);
    System.err.println("Could not start " + args[1]);
    System.exit(127);
  }

  private static MethodHandle c(String function, MemoryLayout... parameters) {
    var linker = Linker.nativeLinker();
    // Before glibc 2.34, from 2021, login_tty was in a library of its own.
    var address =
        linker
            .defaultLookup()
            .find(function)
            .or(() -> SymbolLookup.libraryLookup("libutil.so.1", Arena.global()).find(function))
            .orElseThrow();
    return linker.downcallHandle(address, FunctionDescriptor.of(JAVA_INT, parameters));
  }

  private InTerminal() {}
}
