package drift;

import com.google.googlejavaformat.java.FormatterException;
import harness.Exercise;
import harness.Matrix;
import harness.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Where a clone has drifted apart: what stands in two places and differs, what is named and isn't
/// there. Each method returns complaints, written for the one who has to mend it; none, if all is well.
///
/// @param files the text of every file by its path from the root; empty where a file is no text
public record Drift(SortedMap<String, String> files) {

  private static final String A_CHAPTER = "chapters/\\d\\d-.*\\.java";
  private static final String AN_EXERCISE = "\\d\\d-[a-z]-[\\w-]+\\.java";
  private static final Pattern MINUTES =
      Pattern.compile("\\*Reading: (\\d+) minutes\\. Exercises: (\\d+) minutes\\.\\*");

  private static final Pattern MATRIX =
      Pattern.compile("(?s)(?<=<!-- matrix -->).*(?=<!-- /matrix -->)");
  private static final Pattern LOGS = Pattern.compile("(?s)(?<=<!-- logs -->).*(?=<!-- /logs -->)");

  /// The clone at `root`.
  public static Drift of(Path root) throws InterruptedException {
    var files = new TreeMap<String, String>();
    for (String file : Inventory.files(root)) files.put(file, text(root.resolve(file)));
    return new Drift(files);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + file, e);
    }
  }

  // Chapters

  /// Regions that are not word for word those of the chapter before; chapters that don't carry any over,
  /// and don't name an earlier one as a source either.
  public List<String> regions() {
    var complaints = new ArrayList<String>();
    var firsts = new LinkedHashMap<String, Region>();
    for (String chapter : named(A_CHAPTER)) {
      boolean carriesOver = firsts.isEmpty() || files.get(chapter).contains("\n//SOURCES ");
      for (Region region : regions(chapter, complaints)) {
        Region first = firsts.putIfAbsent(region.name, region);
        if (first == null) continue;
        carriesOver = true;
        Difference.between(first.lines, region.lines)
            .map(difference -> difference.told(first.place() + ": ", region.place() + ": "))
            .ifPresent(told -> complaints.add("The region '" + region.name + "' differs " + told));
      }
      if (!carriesOver) complaints.add(chapter + " carries nothing over from an earlier chapter.");
    }
    return complaints;
  }

  private record Region(String file, int line, String name, List<String> lines) {
    String place() {
      return file + ":" + line;
    }
  }

  private List<Region> regions(String file, List<String> complaints) {
    var regions = new ArrayList<Region>();
    Region open = null;
    int number = 0;
    for (String line : files.get(file).lines().toList()) {
      number++;
      boolean begins = line.strip().startsWith("// region "),
          ends = line.strip().equals("// endregion");
      if (begins && open != null || ends && open == null)
        complaints.add(file + ":" + number + ": each // region needs its own // endregion.");
      if (begins) {
        String name = line.strip().substring("// region ".length());
        regions.add(open = new Region(file, number, name, new ArrayList<>()));
      } else if (ends) open = null;
      else if (open != null) open.lines.add(line);
    }
    if (open != null) complaints.add(open.place() + ": this region is never closed.");
    return regions;
  }

  /// Rows of tables in the prose of Java files that a formatter has cut in two.
  public List<String> tables() {
    var complaints = new ArrayList<String>();
    for (String file : named(".*\\.java")) {
      int number = 0;
      for (String line : files.get(file).lines().toList()) {
        number++;
        if (line.strip().startsWith("/// |") && !line.strip().endsWith("|"))
          complaints.add(
              file + ":" + number + ": this row of a table doesn't end. Is it too long?");
      }
    }
    return complaints;
  }

  /// Parts of its anatomy that a chapter lacks.
  public List<String> chapterParts() {
    var complaints = new ArrayList<String>();
    for (String chapter : named("chapters/.*\\.java"))
      partsOf(chapter)
          .forEach((part, isThere) -> {
            if (!isThere) complaints.add(chapter + " lacks " + part + ".");
          });
    return complaints;
  }

  private Map<String, Boolean> partsOf(String chapter) {
    Map<String, Boolean> parts = new LinkedHashMap<>();
    String text = files.get(chapter),
        number = numberOf(chapter),
        description = "//DESCRIPTION " + number + " · ";
    parts.put(
        "a name such as 04-giving-up.java", chapter.matches("chapters/\\d\\d(-[a-z]+)+\\.java"));
    parts.put("a first line for the shell", text.startsWith("///usr/bin/env jbang "));
    parts.put("//JAVA 25+", text.contains("\n//JAVA 25+\n"));
    parts.put(description + "…", text.contains("\n" + description));
    boolean mayDepend = number.compareTo("10") >= 0;
    parts.put("independence: //DEPS begin in chapter 10", mayDepend || !text.contains("\n//DEPS "));

    String opening = String.join(" ", prose(chapter, text.split("(?m)^class ")[0])).strip();
    parts.put("a title such as # 4 · Giving up", opening.matches("# \\d+ · .*"));
    for (String part : List.of("**The question.**", "After this chapter you can", "**Predict.**"))
      parts.put(part + " before the class", opening.contains(part));
    boolean hasMinutes = MINUTES.matcher(opening).find();
    parts.put("*Reading: N minutes. Exercises: N minutes.* before the class", hasMinutes);

    String ending = String.join(" ", prose(chapter, text)).replaceAll(".* ## ", "");
    String exercises = ending.replaceAll(".*\\*\\*Exercises:\\*\\*|\\*\\*Sources:\\*\\*.*", "");
    long exerciseCount = groups("(exercises/" + number + "-)", exercises).count();
    parts.put("two **Exercises:** at its end", exerciseCount > 1);
    parts.put("**Sources:** at its end", ending.contains("**Sources:**"));
    boolean hasSession = files.containsKey(chapter.replace(".java", ".jsh"));
    parts.put("a session to play with, in a .jsh file", hasSession);
    return parts;
  }

  /// Starters without solutions, the reverse, and both of which no chapter or no list tells.
  ///
  /// @param listed the file names in exercises.toml
  public List<String> exerciseParts(Collection<String> listed) {
    var complaints = new ArrayList<String>();
    var names = new TreeSet<>(listed);
    for (String file : named("(exercises|solutions)/" + AN_EXERCISE))
      names.add(file.replaceFirst(".*/", ""));
    for (String name : names) {
      if (!files.containsKey("exercises/" + name))
        complaints.add("exercises/" + name + " is missing.");
      if (!files.containsKey("solutions/" + name))
        complaints.add("solutions/" + name + " is missing.");
      if (!listed.contains(name)) complaints.add("exercises.toml has no entry for " + name + ".");
      if (named("chapters/" + numberOf(name) + "-.*\\.java").stream()
          .noneMatch(chapter -> files.get(chapter).contains("`exercises/" + name + "`")))
        complaints.add("No chapter names exercises/" + name + ".");
    }
    return complaints;
  }

  /// Chapters that promise other minutes than their exercises take.
  ///
  /// @param minutes of all exercises of a chapter, by its number
  public List<String> minutes(Map<String, Integer> minutes) {
    var complaints = new ArrayList<String>();
    for (String chapter : named(A_CHAPTER)) {
      int taken = minutes.getOrDefault(numberOf(chapter), 0);
      Matcher promised = MINUTES.matcher(files.get(chapter));
      if (promised.find() && Integer.parseInt(promised.group(2)) != taken)
        complaints.add(
            "%s promises exercises of %s minutes; they take %d."
                .formatted(chapter, promised.group(2), taken));
    }
    return complaints;
  }

  // Prose

  /// Files that prose names, in a link or as code, and that aren't there.
  public List<String> namedFiles() {
    String link = "(?:]\\(|^\\[[^]]+]: |(?:src|href)=\")(?![a-z]+:|#)([^)\\s\"#]+)";
    String word = "(?:^|\\s)(\\S*[^\\s.,;:])";
    var complaints = new ArrayList<String>();
    for (String file : named(".*")) {
      if (!Transcripts.mayBeIn(file)) continue;
      Path folder = Path.of("/" + file).getParent();
      prose(file, files.get(file)).stream()
          .flatMap(line -> groups(link, line))
          .filter(target -> !isThere(folder.resolve(target)))
          .forEach(target -> complaints.add(file + " links to " + target + ", which isn't there."));
      code(file)
          .flatMap(line -> groups(word, line))
          .filter(Drift::looksLikeAFile)
          .filter(name -> !isThere(Path.of("/", name)) && !isThere(folder.resolve(name)))
          .filter(name -> files.keySet().stream().noneMatch(known -> known.endsWith("/" + name)))
          .distinct()
          .forEach(name -> complaints.add(file + " names " + name + ", which isn't there."));
    }
    return complaints;
  }

  private static boolean looksLikeAFile(String word) {
    // mine.java is the reader's own file, wherever it is named.
    boolean isPattern = word.matches(".*(NN|NAME|[*<>…{}@=]).*|mine\\.java");
    String folders = "(chapters|exercises|solutions|tests|tools|bench|\\.ci)";
    String endings = "(java|jsh|md|toml|cmd)";
    return !isPattern && word.matches("(\\./)?" + folders + "/.*|[\\w-]+\\." + endings);
  }

  /// Whether there is such a file or folder, with the clone's root as `/`.
  private boolean isThere(Path path) {
    String name = path.normalize().toString().substring(1).replace('\\', '/');
    return files.containsKey(name)
        || files.keySet().stream().anyMatch(file -> file.startsWith(name + "/"));
  }

  /// Names that prose gives to `./jbang`, and that the catalog doesn't know.
  public List<String> namedAliases() {
    var complaints = new ArrayList<String>();
    for (String file : named(".*")) {
      if (!Transcripts.mayBeIn(file)) continue;
      code(file)
          .flatMap(line -> groups("(?:^|\\s)\\./jbang ([\\w-]+)(?!\\S)", line))
          .filter(name -> !name.matches("-.*|NAME|edit|run") && !aliases().has(name))
          .distinct()
          .forEach(name ->
              complaints.add(
                  "%s says ./jbang %s, and jbang-catalog.json has no %2$s.".formatted(file, name)));
    }
    return complaints;
  }

  /// Chapters that README.md's table of chapters lacks, or gives other minutes than they do.
  public List<String> chapterTable() {
    var complaints = new ArrayList<String>();
    for (String chapter : named(A_CHAPTER)) {
      String row = "\\n\\|.*]\\(" + chapter + "\\).*\\| (\\d+ \\+ \\d+) \\|\\n";
      var shown = groups(row, files.getOrDefault("README.md", "")).toList();
      Matcher own = MINUTES.matcher(files.get(chapter));
      if (shown.isEmpty()) complaints.add("README.md has no row with minutes for " + chapter + ".");
      else if (own.find() && !shown.getFirst().equals(own.group(1) + " + " + own.group(2)))
        complaints.add("README.md gives " + chapter + " other minutes than the chapter does.");
    }
    return complaints;
  }

  /// The table in README.md, if it isn't the harness's.
  public List<String> matrix() {
    String readme = files.getOrDefault("README.md", "");
    if (!MATRIX.matcher(readme).find())
      return List.of("README.md has no place for the matrix: <!-- matrix --> … <!-- /matrix -->");
    return Difference.between(readme.lines().toList(), withMatrix(readme).lines().toList())
        .map(difference ->
            "README.md has another matrix " + difference.told("README.md: ", "harness:   "))
        .stream()
        .toList();
  }

  /// A text with the harness's matrix between its two marks, and with that of the logs.
  public static String withMatrix(String text) {
    return between(LOGS, between(MATRIX, text, Matrix.markdown()), Matrix.logs());
  }

  private static String between(Pattern marks, String text, String table) {
    return marks.matcher(text).replaceFirst(Matcher.quoteReplacement("\n\n" + table + "\n"));
  }

  private static final Pattern STARTER =
      Pattern.compile("file = \"(.+)\"(?:(?!\\[\\[exercise]])[\\s\\S])*?untouched = \"(\\w*)\"");

  /// The list of exercises with the ids of the starters that lie here.
  public static String withStarterIds(String toml) {
    return STARTER
        .matcher(toml)
        .replaceAll(entry -> {
          try {
            Path starter = Repository.root().resolve("exercises").resolve(entry.group(1));
            String id = Exercise.idOf(Files.readAllBytes(starter));
            return Matcher.quoteReplacement(entry.group().replace(entry.group(2), id));
          } catch (IOException e) {
            throw new IllegalStateException(Exercise.LIST + ": " + e + ".", e);
          }
        });
  }

  // The catalog

  /// Aliases that lead nowhere, or that describe a script in other words than it does.
  public List<String> aliasParts() {
    var complaints = new ArrayList<String>();
    aliases()
        .forEachEntry((name, alias) -> {
          String script = alias.path("script-ref").asString(""),
              says = alias.path("description").asString("");
          String here = "The alias " + name + " in jbang-catalog.json ";
          if (!files.containsKey(script))
            complaints.add(here + "points at '" + script + "', which isn't there.");
          if (says.isBlank()) complaints.add(here + "has no description.");
          if (alias.has("java"))
            complaints.add(here + "has a field java; that is for the script to say.");
          groups("(?m)^//DESCRIPTION (.*)", files.getOrDefault(script, ""))
              .filter(own -> !own.equals(says))
              .forEach(
                  own -> complaints.add(here + "says\n  " + says + "\nand its script\n  " + own));
        });
    return complaints;
  }

  /// Chapters and tools that no alias starts: `03` and `supervisor`, `refresh`.
  public List<String> missingAliases() {
    var complaints = new ArrayList<String>();
    for (String script : named(A_CHAPTER + "|tools/[\\w-]+\\.java"))
      for (String name :
          script.replaceAll(".*/|\\.java", "").replaceFirst("^(\\d\\d)-", "$1 ").split(" "))
        if (!aliases().path(name).path("script-ref").asString("").equals(script))
          complaints.add("jbang-catalog.json has no alias " + name + " for " + script + ".");
    return complaints;
  }

  private JsonNode aliases() {
    return new JsonMapper()
        .readTree(files.getOrDefault("jbang-catalog.json", "{}"))
        .path("aliases");
  }

  // All files

  /// Lines that match `forbidden`, in files whose path passes.
  public List<String> lines(Pattern forbidden, Predicate<String> path) {
    var complaints = new ArrayList<String>();
    for (String file : files.keySet().stream().filter(path).toList()) {
      int number = 0;
      for (String line : files.get(file).lines().toList()) {
        number++;
        if (forbidden.matcher(line).find())
          complaints.add(file + ":" + number + ": " + line.strip());
      }
    }
    return complaints;
  }

  /// Java that isn't formatted as all of it is here.
  public List<String> formatting() {
    return named(".*\\.java").parallelStream().flatMap(file -> formatting(file).stream()).toList();
  }

  private Optional<String> formatting(String file) {
    String text = files.get(file);
    try {
      return Difference.between(text.lines().toList(), Formatting.formatted(text).lines().toList())
          .map(difference ->
              file + " is not formatted " + difference.told("is:        ", "formatted: "));
    } catch (FormatterException e) {
      return Optional.of(file + " is no Java: " + e.getMessage());
    }
  }

  // What the checks are made of

  private List<String> named(String pattern) {
    return files.keySet().stream().filter(file -> file.matches(pattern)).toList();
  }

  private static String numberOf(String file) {
    return file.replaceAll("^.*/|-.*", "");
  }

  /// What a person reads in a file, line by line: in Markdown all of it, in Java what stands behind `///`.
  private static List<String> prose(String file, String text) {
    if (file.endsWith(".md")) return text.lines().toList();
    return text.lines()
        .map(String::strip)
        .filter(line -> line.matches("///( .*)?"))
        .map(line -> line.substring(3))
        .toList();
  }

  /// What prose shows as code in a line, as a command in a block, or as a table of folders.
  private Stream<String> code(String file) {
    String text = files.get(file);
    var commands =
        Fence.in(file, text).stream()
            .filter(fence -> fence.info().matches("console|sh|text"))
            .flatMap(fence ->
                fence.content().stream()
                    .filter(line -> !fence.info().equals("console") || line.startsWith("$ ")));
    return Stream.concat(
        commands, prose(file, text).stream().flatMap(line -> groups("(?<!`)`([^`]+)`(?!`)", line)));
  }

  private static Stream<String> groups(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1));
  }
}
