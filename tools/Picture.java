/// Draws a terminal as an SVG: what is typed and what comes back, as the transcripts of a Markdown file have it.
///
/// The file has a line `<!-- picture: NAME.svg -->`. All `console` and `bash` fences below it are one session. `tools/docs` replays the same
/// fences, so that the picture shows what really comes back. It is drawn from nothing but this text, so drawing it again gives the same bytes.
///
/// Usage: `java tools/Picture.java [--check] FILE…`; with `--check` it compares and writes nothing.

static final Pattern PICTURE = Pattern.compile("<!-- picture: (\\S+\\.svg) -->");
static final Pattern HEADING = Pattern.compile("# (.*)");
static final Pattern PROMPT = Pattern.compile("(\\$ |\\S+:\\d+(?:\\[\\d+])?(?:\\(TX\\))?> )(.*)");

// In pixels. A monospaced font is about 0.6 as wide as it is high; a little more leaves room for wider ones.
static final int FONT_SIZE = 14;
static final double COLUMN = 8.6;
static final int LINE = 21;
static final int GAP = 8; // between two fences
static final int PADDING = 20;
static final int BAR = 36; // the window's title bar

/// A terminal's colours, by day and, where the reader prefers that, by night. Each text has a contrast of 4.5 or more.
static final String STYLE = """
        text { font: %dpx ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #1f2328; }
        .window { fill: #f6f8fa; stroke: #c4cad1; }
        .bar { stroke: #c4cad1; }
        .name, .comment { fill: #59636e; }
        .prompt { fill: #0f6b2d; }
        .typed { font-weight: bold; }
        .reply { fill: #0550ae; }
        @media (prefers-color-scheme: dark) {
            text { fill: #f0f6fc; }
            .window { fill: #161b22; stroke: #484f58; }
            .bar { stroke: #484f58; }
            .name, .comment { fill: #9198a1; }
            .prompt { fill: #56d364; }
            .reply { fill: #79c0ff; }
        }
        """.formatted(FONT_SIZE);

enum Kind { PROMPT, TYPED, REPLY, COMMENT }

record Part(Kind kind, String text) {}

/// @param parts of each line; an empty line is a gap
record Picture(Path path, String title, List<List<Part>> lines) {}

int status;

void main(String... args) throws IOException {
    var files = Arrays.stream(args).filter(a -> !a.equals("--check")).toList();
    boolean check = files.size() < args.length;
    if (files.isEmpty()) complain("usage: tools/picture [--check] FILE…");
    for (var file : files) {
        var picture = read(Path.of(file));
        if (picture == null) complain(file + ": there is no <!-- picture: NAME.svg --> with a transcript below it");
        else if (!check) write(picture);
        else if (!isUpToDate(picture)) complain(picture.path() + " does not show what " + file + " says. Draw it again: make picture");
    }
    System.exit(status);
}

void complain(String message) {
    System.err.println(message);
    status = 1;
}

static void write(Picture picture) throws IOException {
    Files.writeString(picture.path(), svg(picture));
    IO.println("picture: " + picture.path());
}

static boolean isUpToDate(Picture picture) throws IOException {
    return Files.exists(picture.path()) && Files.readString(picture.path()).equals(svg(picture));
}

// ---- the text --------------------------------------------------------------------------------------------------------

/// @return null if there is nothing to draw
static Picture read(Path file) throws IOException {
    Path path = null;
    String title = "";
    String language = null; // of the fence that we are in
    var lines = new ArrayList<List<Part>>();
    for (var line : Files.readAllLines(file)) {
        var heading = HEADING.matcher(line);
        var picture = PICTURE.matcher(line);
        if (line.startsWith("```")) {
            language = language == null ? line.substring(3) : null;
            if (language != null && !lines.isEmpty()) lines.add(List.of());
        } else if (language == null) {
            if (title.isEmpty() && heading.matches()) title = heading.group(1);
            if (picture.matches()) path = file.resolveSibling(picture.group(1));
        } else if (path != null) {
            lines.add(language.equals("bash") ? script(line) : transcript(line));
        }
    }
    return lines.isEmpty() ? null : new Picture(path, title, lines);
}

/// A line of what is typed in a terminal that then shows nothing more of interest.
static List<Part> script(String line) {
    return line.startsWith("#") ? List.of(new Part(Kind.COMMENT, line)) : transcript("$ " + line);
}

static List<Part> transcript(String line) {
    var prompt = PROMPT.matcher(line);
    return prompt.matches()
            ? List.of(new Part(Kind.PROMPT, prompt.group(1)), new Part(Kind.TYPED, prompt.group(2)))
            : List.of(new Part(Kind.REPLY, line));
}

// ---- the picture -----------------------------------------------------------------------------------------------------

static String svg(Picture picture) {
    int columns = picture.lines().stream().mapToInt(line -> length(line)).max().orElseThrow();
    int width = (int) Math.ceil(columns * COLUMN) + 2 * PADDING;
    var text = new StringBuilder();
    int y = BAR + PADDING + FONT_SIZE / 2;
    for (var line : picture.lines()) {
        if (line.isEmpty()) {
            y += GAP;
            continue;
        }
        text.append("<text x=\"%d\" y=\"%d\">".formatted(PADDING, y));
        for (var part : line) text.append("<tspan class=\"%s\">%s</tspan>".formatted(part.kind().name().toLowerCase(Locale.ROOT), escape(part.text())));
        text.append("</text>\n");
        y += LINE;
    }
    int height = y - LINE + PADDING;
    return """
            <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" role="img" aria-labelledby="title desc">
            <title id="title">%3$s</title>
            <desc id="desc">
            %4$s
            </desc>
            <style>
            %5$s</style>
            <rect class="window" x="0.5" y="0.5" width="%6$d" height="%7$d" rx="8"/>
            <line class="bar" x1="0" y1="%8$d.5" x2="%1$d" y2="%8$d.5"/>
            <text class="name" x="%9$d" y="%10$d" text-anchor="middle">%3$s</text>
            %11$s</svg>
            """.formatted(width, height, escape(picture.title()), escape(description(picture)), STYLE, width - 1, height - 1, BAR,
            width / 2, BAR / 2 + FONT_SIZE / 3, text);
}

static int length(List<Part> line) {
    return line.stream().mapToInt(part -> part.text().length()).sum();
}

/// All that the picture shows, for those who cannot see it.
static String description(Picture picture) {
    return picture.lines().stream().map(line -> line.stream().map(Part::text).collect(Collectors.joining())).collect(Collectors.joining("\n"));
}

static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
}
