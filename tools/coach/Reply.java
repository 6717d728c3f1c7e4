package coach;

import harness.CompileError;
import harness.Finding;
import java.util.List;

/// One line of a [Checker]'s answer. Of the components, each kind uses its own, and the others are null.
record Reply(Kind kind, Finding finding, String text, List<CompileError> errors) {

  enum Kind {
    /// It listens.
    READY,
    /// One promise has been looked at.
    FINDING,
    /// The program does not compile.
    NOT_COMPILED,
    /// No finding could be made.
    TROUBLE,
    /// Where the program is.
    AT,
    /// All has been said.
    OVER,
    /// What the program left behind is cleared away, and the next one may come.
    DONE,
    /// As DONE; and this JVM should check nothing more, since the program left something behind.
    DONE_FOR
  }

  static Reply of(Kind kind, String text) {
    return new Reply(kind, null, text, null);
  }

  static Reply of(Finding finding) {
    return new Reply(Kind.FINDING, finding, null, null);
  }

  static Reply at(String place) {
    return of(Kind.AT, place);
  }

  static Reply notCompiled(String title, List<CompileError> errors) {
    return new Reply(Kind.NOT_COMPILED, null, title, errors);
  }
}
