package drift;

import java.io.ByteArrayInputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import jdk.jshell.execution.LoaderDelegate;
import jdk.jshell.execution.LocalExecutionControl;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControl.ClassBytecodes;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;

/// The JDK's local engine, with one mistake mended. It weaves a check into each loop, so that it
/// can be stopped, and asks the class path which class extends which. The class path knows nothing
/// of classes from the prompt, so it refuses a `switch` whose cases yield two of them.
final class PromptEngine implements ExecutionControlProvider {

  private final ClassLoader libraries;

  PromptEngine(ClassLoader libraries) {
    this.libraries = libraries;
  }

  @Override
  public String name() {
    return "session";
  }

  @Override
  public ExecutionControl generate(ExecutionEnv env, Map<String, String> parameters) {
    var classes = new Classes(libraries);
    return new LocalExecutionControl((LoaderDelegate) classes) {
      @Override
      public void load(ClassBytecodes[] loaded) {
        for (ClassBytecodes each : loaded) classes.compiled.put(each.name(), each.bytecodes());
        classes.load(
            Stream.of(loaded)
                .map(each -> new ClassBytecodes(each.name(), classes.stoppable(each.bytecodes())))
                .toArray(ClassBytecodes[]::new));
      }
    };
  }

  private static final class Classes extends ClassLoader implements LoaderDelegate {

    private final Map<String, byte[]> compiled = new ConcurrentHashMap<>();
    private final Map<String, byte[]> woven = new ConcurrentHashMap<>();
    private final ClassFile files =
        ClassFile.of(
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(
                        type -> {
                          String name = type.descriptorString().replaceAll("^L|;$", "");
                          byte[] bytes = compiled.get(name.replace('/', '.'));
                          return bytes == null ? null : new ByteArrayInputStream(bytes);
                        })
                    .orElse(ClassHierarchyResolver.ofResourceParsing(getParent()))
                    .orElse(ClassHierarchyResolver.defaultResolver())));

    Classes(ClassLoader libraries) {
      super(libraries);
    }

    private byte[] stoppable(byte[] bytes) {
      var weaver = CodeTransform.ofStateful(StopChecks::new);
      return files.transformClass(
          files.parse(bytes), ClassTransform.transformingMethodBodies(weaver));
    }

    @Override
    public void load(ClassBytecodes[] loaded) {
      for (ClassBytecodes each : loaded) woven.put(each.name(), each.bytecodes());
    }

    @Override
    public Class<?> findClass(String name) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        byte[] bytes = woven.get(name);
        if (known != null) return known;
        if (bytes == null) throw new ClassNotFoundException(name);
        return defineClass(name, bytes, 0, bytes.length);
      }
    }

    @Override
    public void classesRedefined(ClassBytecodes[] classes) {}

    @Override
    public void addToClasspath(String path) {}
  }

  /// At the start of each method, and before each jump back, as the JDK does it.
  private static final class StopChecks implements CodeTransform {

    private final Set<Label> seen = new HashSet<>();

    @Override
    public void atStart(CodeBuilder code) {
      check(code);
    }

    @Override
    public void accept(CodeBuilder code, CodeElement element) {
      if (element instanceof LabelTarget target) seen.add(target.label());
      if (element instanceof BranchInstruction jump && seen.contains(jump.target())) check(code);
      code.with(element);
    }

    private static void check(CodeBuilder code) {
      code.invokestatic(ClassDesc.of("REPL.$Cancel$"), "stopCheck", ConstantDescs.MTD_void);
    }
  }
}
