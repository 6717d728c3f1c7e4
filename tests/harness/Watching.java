package harness;

import static java.lang.classfile.ClassFile.ClassHierarchyResolverOption;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// A class loader that lets no future die unseen: in the classes that it defines, the JDK's futures are
/// exchanged for [WatchedFutures]. It needs no agent, only the class-file API (JEP 484). `System.exit`
/// is exchanged too: a program must not end the harness.
///
/// Seen are `new FutureTask`, `submit` on any executor, and `CompletableFuture.runAsync` and
/// `supplyAsync`. A future made in any other way is not.
public final class Watching extends ClassLoader {

  private static final ClassDesc FUTURES = WatchedFutures.class.describeConstable().orElseThrow();
  private static final ClassDesc LAW = Law.class.describeConstable().orElseThrow();
  private static final ClassDesc TASK = WatchedFutures.Task.class.describeConstable().orElseThrow();
  private static final ClassDesc EXECUTOR = ClassDesc.of("java.util.concurrent.ExecutorService");
  private static final Set<String> SUBMIT =
      Set.of(
          "(Ljava/util/concurrent/Callable;)Ljava/util/concurrent/Future;",
          "(Ljava/lang/Runnable;)Ljava/util/concurrent/Future;",
          "(Ljava/lang/Runnable;Ljava/lang/Object;)Ljava/util/concurrent/Future;");

  private final Function<String, byte[]> classes;
  private final ClassFile classFile;

  /// A loader for `classes`, which knows the bytes of a class by its name, or null.
  private Watching(Function<String, byte[]> classes, ClassLoader parent) {
    super(parent);
    this.classes = classes;
    var resolver =
        ClassHierarchyResolver.ofResourceParsing(
                desc -> {
                  byte[] bytes = classes.apply(nameOf(desc));
                  return bytes == null ? null : new ByteArrayInputStream(bytes);
                })
            .orElse(ClassHierarchyResolver.ofResourceParsing(parent))
            .orElse(ClassHierarchyResolver.defaultResolver());
    this.classFile = ClassFile.of(ClassHierarchyResolverOption.of(resolver));
  }

  /// Loads compiled classes, given as bytes by name, with the libraries that `parent` knows.
  public static Watching of(Map<String, byte[]> classes, ClassLoader parent) {
    return new Watching(classes::get, parent);
  }

  /// Loads anew, and watched, the classes of `parent` whose simple names end in `suffix`, with all that
  /// nests in them.
  public static Watching classesNamed(String suffix, ClassLoader parent) {
    return new Watching(
        name -> name.matches("\\w+" + suffix + "(\\$.*)?") ? bytesOf(name, parent) : null, parent);
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      if (known != null) return known;
      byte[] bytes = classes.apply(name);
      if (bytes == null) return super.loadClass(name, resolve);
      byte[] watched = watched(bytes);
      return defineClass(name, watched, 0, watched.length);
    }
  }

  private byte[] watched(byte[] bytes) {
    var model = classFile.parse(bytes);
    if (model
        .superclass()
        .filter(parent -> nameOf(parent.asSymbol()).equals(FUTURE_TASK))
        .isPresent()) return bytes; // its super(…) looks like a new FutureTask, and is none
    return classFile.transformClass(
        model, ClassTransform.transformingMethodBodies(Watching::exchange));
  }

  private static void exchange(CodeBuilder code, CodeElement element) {
    switch (element) {
      case NewObjectInstruction made when nameOf(made.className().asSymbol()).equals(FUTURE_TASK) ->
          code.new_(TASK);
      case InvokeInstruction call when isConstructorOfFutureTask(call) ->
          code.invokespecial(TASK, "<init>", call.typeSymbol());
      case InvokeInstruction call when isSubmit(call) ->
          code.invokestatic(FUTURES, "submit", withExecutor(call.typeSymbol()));
      case InvokeInstruction call when isAsync(call) ->
          code.invokestatic(FUTURES, call.name().stringValue(), call.typeSymbol());
      case InvokeInstruction call when isExit(call) -> {
        code.invokestatic(LAW, "exit", call.typeSymbol());
        if (call.opcode() != Opcode.INVOKESTATIC) code.pop(); // the Runtime
      }
      default -> code.with(element);
    }
  }

  private static final String FUTURE_TASK = "java.util.concurrent.FutureTask";

  private static boolean isConstructorOfFutureTask(InvokeInstruction call) {
    return call.opcode() == Opcode.INVOKESPECIAL
        && call.name().equalsString("<init>")
        && nameOf(call.owner().asSymbol()).equals(FUTURE_TASK);
  }

  private static boolean isSubmit(InvokeInstruction call) {
    return call.name().equalsString("submit")
        && call.opcode() != Opcode.INVOKESTATIC
        && call.opcode() != Opcode.INVOKESPECIAL
        && SUBMIT.contains(call.type().stringValue());
  }

  private static boolean isAsync(InvokeInstruction call) {
    return call.opcode() == Opcode.INVOKESTATIC
        && nameOf(call.owner().asSymbol()).equals("java.util.concurrent.CompletableFuture")
        && Set.of("runAsync", "supplyAsync").contains(call.name().stringValue());
  }

  private static boolean isExit(InvokeInstruction call) {
    String owner = nameOf(call.owner().asSymbol());
    String name = call.name().stringValue();
    return owner.equals("java.lang.System") && name.equals("exit")
        || owner.equals("java.lang.Runtime") && Set.of("exit", "halt").contains(name);
  }

  private static MethodTypeDesc withExecutor(MethodTypeDesc type) {
    return type.insertParameterTypes(0, EXECUTOR);
  }

  private static String nameOf(ClassDesc desc) {
    String descriptor = desc.descriptorString();
    return descriptor.substring(1, descriptor.length() - 1).replace('/', '.');
  }

  private static byte[] bytesOf(String name, ClassLoader loader) {
    try (InputStream in = loader.getResourceAsStream(name.replace('.', '/') + ".class")) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("Could not read the class " + name, e);
    }
  }
}
