package drift;

import java.util.regex.Pattern;

/// What a command measures differs from run to run, and from machine to machine. So a number right
/// after `≈` and one blank counts as equal to any other number there, such as in `≈ 28000 a second`
/// or `≈ 1.5 ms`. Everything else counts, units included.
public final class Measured {

  private static final Pattern NUMBER = Pattern.compile("(?<=≈ )\\d+([.,]\\d+)*");

  /// The text with 0 for each measured number. Two texts that differ in nothing else have the same.
  public static String masked(String text) {
    return NUMBER.matcher(text).replaceAll("0");
  }

  private Measured() {}
}
