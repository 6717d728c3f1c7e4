import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// A picture of dots over a logarithmic scale, in SVG: a line for each of those compared, a dot for each
/// measurement. Written by hand, since chart libraries draw letters as curves, which nobody can search,
/// hear or read in the dark.
record Plot(String title, String unit, List<Line> lines) {

  /// @param ours whether to draw it in the colour of this tutorial
  record Line(String label, double[] values, boolean ours) {}

  private static final int LABELS = 340, WIDTH = 900, TOP = 54, ROW = 24, BOTTOM = 40, RIGHT = 20;

  String svg() {
    int height = TOP + ROW * lines.size() + BOTTOM;
    var svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="t d">
        <title id="t">%s</title>
        <desc id="d">%s</desc>
        <style>
        text { font: 14px sans-serif; fill: #24292f; }
        .scale { font-size: 12px; } .end { text-anchor: end; } .middle { text-anchor: middle; }
        line { stroke: #d0d7de; }
        circle { fill: #57606a; fill-opacity: 0.65; } .ours { fill: #0969da; }
        rect { fill: #ffffff; }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3; } line { stroke: #3d444d; } rect { fill: #0d1117; }
          circle { fill: #9198a1; } .ours { fill: #4493f8; }
        }
        </style>
        <rect width="100%%" height="100%%"/>
        """
            .formatted(WIDTH, height, escaped(title), escaped(description())));
    text(svg, LABELS, 24, "", title);
    for (int decade = lowest(); decade <= highest(); decade++) {
      double x = x(Math.pow(10, decade));
      svg.append(line(x, TOP - 12, x, height - BOTTOM));
      text(svg, x, height - BOTTOM + 18, "scale middle", scale(decade));
    }
    text(svg, WIDTH - RIGHT, height - 4, "scale end", unit);
    double y = TOP;
    for (var line : lines) {
      text(svg, LABELS - 14, y + 5, "end", line.label);
      svg.append(line(LABELS, y, WIDTH - RIGHT, y));
      for (double value : line.values)
        svg.append(
            "<circle%s cx=\"%s\" cy=\"%s\" r=\"5\"/>\n"
                .formatted(line.ours ? " class=\"ours\"" : "", number(x(value)), number(y)));
      y += ROW;
    }
    return svg.append("</svg>\n").toString();
  }

  /// The picture in words: each line with its lowest and highest value.
  String description() {
    var words = new StringBuilder("In " + unit + ", on a logarithmic scale.");
    for (var line : lines)
      words.append(" %s: %s to %s.".formatted(line.label, shown(min(line)), shown(max(line))));
    return words.toString();
  }

  private double x(double value) {
    double part = (Math.log10(value) - lowest()) / (highest() - lowest());
    return LABELS + part * (WIDTH - RIGHT - LABELS);
  }

  private int lowest() {
    return (int) Math.floor(Math.log10(lines.stream().mapToDouble(Plot::min).min().orElse(1)));
  }

  private int highest() {
    double highest = lines.stream().mapToDouble(Plot::max).max().orElse(10);
    return Math.max(lowest() + 1, (int) Math.ceil(Math.log10(highest)));
  }

  private static double min(Line line) {
    return Arrays.stream(line.values).min().orElse(1);
  }

  private static double max(Line line) {
    return Arrays.stream(line.values).max().orElse(1);
  }

  private static void text(StringBuilder svg, double x, double y, String style, String text) {
    svg.append(
        "<text class=\"%s\" x=\"%s\" y=\"%s\">%s</text>\n"
            .formatted(style, number(x), number(y), escaped(text)));
  }

  private static String line(double x1, double y1, double x2, double y2) {
    return "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>\n"
        .formatted(number(x1), number(y1), number(x2), number(y2));
  }

  private static String number(double pixels) {
    return String.format(Locale.ROOT, "%.1f", pixels);
  }

  private static String scale(int decade) {
    return decade < 0
        ? String.format(Locale.ROOT, "%." + -decade + "f", Math.pow(10, decade))
        : String.format(Locale.ROOT, "%,.0f", Math.pow(10, decade));
  }

  /// A measured value, to two digits or more.
  static String shown(double value) {
    String format = value < 0.1 ? "%.3f" : value < 1 ? "%.2f" : value < 10 ? "%.1f" : "%,.0f";
    return String.format(Locale.ROOT, format, value);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
