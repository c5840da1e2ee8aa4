/// Checks that the Markdown files of this repository tell the truth:
///
/// - relative links, images and `#anchors` lead somewhere;
/// - a `java` fence after `<!-- source: PATH -->` stands in that file, line for line. A line `…` or `// …` leaves
///   lines out. Any other `java` fence says `<!-- sketch -->`;
/// - a `mermaid` fence is a diagram that Mermaid's own parser understands (`tools/diagrams`);
/// - a `console` fence is a transcript. It is replayed against a freshly started server of its step, and must print what
///   it says. `…` stands for any text within a line or, alone, for any lines. From a fence after `<!-- replica: PORT -->` on,
///   the server has a replica, which was started with `replica PORT 127.0.0.1 6380`;
/// - a `bash` fence after `<!-- terminals: PORT… -->` has a command for each of these ports, which the reader types into a terminal of its own in the
///   root of the repository. They are started too, and run until the end, or until another such fence starts something on the same port. Further
///   ports that they listen on are named by `<!-- ports: PORT… -->`.
///
/// Usage: `java tools/Docs.java [--no-replay] [STEP | FILE]…` in the repository; without arguments, all of its files.

// How GitHub reads Markdown, as far as this needs it.
static final Pattern FENCE = Pattern.compile("(\\s*)(`{3,}|~{3,})\\s*([\\w-]*)[^`]*");
static final Pattern HEADING = Pattern.compile(" {0,3}#{1,6}\\s+(.*?)(?:\\s+#+)?\\s*");
static final Pattern COMMENT_LINE = Pattern.compile("\\s*<!--\\s*(.*?)\\s*-->\\s*");
static final Pattern NOT_PROSE = Pattern.compile("<!--.*?-->|(?<!`)(`+)(?!`)(?:(?!\n\\s*\n).)+?(?<!`)\\1(?!`)", Pattern.DOTALL);
static final Pattern HTML_ANCHOR = Pattern.compile("<[^>]+\\b(?:id|name)=\"([^\"]+)\"");
static final Pattern LINK = Pattern.compile(
        "\\]\\(\\s*<?([^()\\s<>]*(?:\\([^()\\s]*\\)[^()\\s<>]*)*)>?(?:\\s+(?:\"[^\"]*\"|'[^']*'))?\\s*\\)"
        + "|(?m:^ {0,3}\\[[^\\]^]+\\]:[ \\t]+<?([^\\s<>]+))"
        + "|<(?:a|img)\\b[^>]*?\\b(?:href|src)=\"([^\"]*)\""
        + "|<(https?://[^>\\s]*)>");
static final Pattern LINK_DEFINITION = Pattern.compile("(?m)^ {0,3}\\[([^\\]^]+)\\]:");
static final Pattern LINK_REFERENCE = Pattern.compile("\\[([^\\[\\]]+)\\]\\[([^\\[\\]]*)\\]");

/// What `tools/diagrams` prints of a file and a line in it, and how it ends when it can parse nothing.
static final Pattern DIAGRAM_PROBLEM = Pattern.compile("(?m)^(\\d+):(\\d+): (.*(?:\\R    .*)*)");
static final int DIAGRAMS_SKIPPED = 3;

static final Pattern SKIP = Pattern.compile("\\s*(//\\s*)?…\\s*");

/// The port that the texts speak of. Transcripts run on another, free one, and so does a replica.
static final String PORT = "6380";
static final Pattern PROMPT = Pattern.compile("127\\.0\\.0\\.1:(\\d+)(?:\\[\\d+\\])?(?:\\(TX\\))?> ?(.*)");
static final List<String> TOOLS = List.of("redis-cli", "redis-benchmark", "redis-server", "redis-check-aof", "nc", "nutcracker");
static final long COMMAND_SECONDS = 30; // Sentinel takes half of that until it tells an old master to follow the new one
static final String TERMINALS = "terminals";
static final long START_SECONDS = 120; // the first start may have to build the step

/// redis-cli shows `"a"` and `(nil)` to a person, `a` and an empty line to a program. In a transcript it is a person
/// who reads, unless the output goes on into a pipe or a file: then it isn't the same file as the transcript's (3).
static final String SHELL_PRELUDE = """
        exec 3>&1
        redis-cli() {
            if [[ /dev/fd/1 -ef /dev/fd/3 ]]; then command redis-cli --no-raw "$@"; else command redis-cli "$@"; fi
        }
        """;

/// redis-cli answers an unknown command with a colon itself, without a word to the server. So this marks the end of an
/// output, whatever state the connection is in.
static final String END_OF_OUTPUT = ":end-of-output";

record Fence(String language, int line, List<String> lines, Map<String, String> directives) {}

/// @param prose the text without its fences, code spans and comments; they are blank, so that line numbers still hold
record Document(Path path, List<Fence> fences, String prose, Set<String> anchors) {}

/// @param port as the text has it, of the server that redis-cli asks; null: the command is one for the shell
record Command(String port, String text, int line, List<String> output) {

    boolean shell() {
        return port == null;
    }
}

Path root;
Set<Path> repository;
boolean replay = true;
final Map<Path, Document> documents = new HashMap<>();
final List<String> problems = new ArrayList<>();
final Set<String> skipped = new TreeSet<>();
int links;
int quotes;
int diagrams;
int commands;

void main(String... args) throws Exception {
    root = Path.of(git("rev-parse", "--show-toplevel").getFirst()).toRealPath();
    repository = filesAndDirectories();
    var selected = new TreeSet<Path>();
    for (var arg : args) {
        var path = Path.of(arg).toAbsolutePath().normalize();
        if (arg.equals("--no-replay")) replay = false;
        else if (Files.isDirectory(path)) selected.addAll(markdownBelow(path.toRealPath()));
        else if (Files.exists(path)) selected.add(path.toRealPath());
        else problems.add(arg + ": no such file or step");
    }
    if (selected.isEmpty() && problems.isEmpty()) selected.addAll(markdownBelow(root));

    for (var path : selected) {
        var document = document(path);
        checkLinks(document);
        for (var fence : document.fences()) {
            if (fence.language().equals("java")) checkQuote(document, fence);
        }
        if (replay) checkTranscripts(document);
    }

    checkDiagrams(selected);

    skipped.forEach(IO::println);
    problems.forEach(System.err::println);
    if (!problems.isEmpty()) System.exit(1);
    IO.println("docs: %d files, %d links, %d source quotes, %d diagrams, %d transcript commands, all good"
            .formatted(selected.size(), links, quotes, diagrams, commands));
}

void problem(Document document, int line, String message) {
    problems.add(root.relativize(document.path()) + ":" + line + ": " + message);
}

/// What cannot be checked here is skipped, unless nothing may be.
void skip(String message) {
    if ("1".equals(System.getenv("REQUIRE_REDIS"))) problems.add(message);
    else skipped.add(message);
}

// ---- Files -----------------------------------------------------------------------------------------------------------

List<String> git(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) System.exit(2); // it has said why
    return output.isEmpty() ? List.of() : List.of(output.split("[\0\n]"));
}

/// What a reader on GitHub will find: files that are committed or will be, and the directories they are in.
Set<Path> filesAndDirectories() throws IOException, InterruptedException {
    var paths = new HashSet<Path>();
    for (var name : git("-C", root.toString(), "ls-files", "-z", "--cached", "--others", "--exclude-standard")) {
        var path = root.resolve(name);
        if (!Files.exists(path)) continue; // deleted, and the deletion not yet committed
        for (var p = path; p.startsWith(root) && paths.add(p); ) p = p.getParent();
    }
    return paths;
}

List<Path> markdownBelow(Path directory) {
    return repository.stream().filter(p -> p.startsWith(directory) && isMarkdown(p)).toList();
}

static boolean isMarkdown(Path path) {
    return path.toString().endsWith(".md");
}

Document document(Path path) {
    return documents.computeIfAbsent(path, this::parse);
}

Document parse(Path path) {
    List<String> lines;
    try {
        lines = Files.readAllLines(path);
    } catch (IOException e) {
        throw new UncheckedIOException(e);
    }
    var fences = new ArrayList<Fence>();
    var prose = new StringBuilder();
    var anchors = new HashSet<String>();
    for (int i = 0; i < lines.size(); i++) {
        var line = lines.get(i);
        var opening = FENCE.matcher(line);
        if (opening.matches()) {
            int start = i;
            var indent = opening.group(1);
            var content = new ArrayList<String>();
            prose.append('\n');
            while (++i < lines.size() && !closes(lines.get(i), opening.group(2))) {
                var inside = lines.get(i);
                content.add(inside.startsWith(indent) ? inside.substring(indent.length()) : inside.stripLeading());
                prose.append('\n');
            }
            prose.append('\n');
            fences.add(new Fence(opening.group(3), start + 1, content, directives(lines, start)));
            continue;
        }
        var heading = HEADING.matcher(line);
        if (heading.matches()) addAnchor(anchors, slug(heading.group(1)));
        prose.append(line).append('\n');
    }
    var bare = NOT_PROSE.matcher(prose).replaceAll(m -> m.group().replaceAll(".", " "));
    HTML_ANCHOR.matcher(bare).results().forEach(m -> anchors.add(m.group(1)));
    return new Document(path, fences, bare, anchors);
}

static boolean closes(String line, String fence) {
    var text = line.strip();
    return text.length() >= fence.length() && text.chars().allMatch(c -> c == fence.charAt(0));
}

/// The comments right above a fence: `<!-- name: value -->` or `<!-- name -->`, each on a line of its own.
static Map<String, String> directives(List<String> lines, int fence) {
    var directives = new HashMap<String, String>();
    for (int i = fence - 1; i >= 0; i--) {
        if (lines.get(i).isBlank()) continue;
        var comment = COMMENT_LINE.matcher(lines.get(i));
        if (!comment.matches()) break;
        var parts = comment.group(1).split(":\\s*", 2);
        directives.put(parts[0], parts.length == 2 ? parts[1] : "");
    }
    return directives;
}

/// The anchor that GitHub gives a heading.
static String slug(String heading) {
    return heading.replaceAll("<[^>]+>", "")
            .replaceAll("!?\\[([^\\]]*)\\]\\([^)]*\\)", "$1")
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^\\p{L}\\p{M}\\p{N}\\p{Pc} -]", "")
            .replace(' ', '-');
}

/// A heading that occurs again gets a number.
static void addAnchor(Set<String> anchors, String slug) {
    var anchor = slug;
    for (int n = 1; !anchors.add(anchor); n++) anchor = slug + "-" + n;
}

// ---- Links -----------------------------------------------------------------------------------------------------------

void checkLinks(Document document) {
    var prose = document.prose();
    LINK.matcher(prose).results().forEach(m -> {
        var target = Stream.of(1, 2, 3, 4).map(m::group).filter(Objects::nonNull).findFirst().orElseThrow();
        links++;
        var complaint = complaintAbout(document, target);
        if (complaint != null) problem(document, lineAt(prose, m.start()), complaint);
    });

    var defined = LINK_DEFINITION.matcher(prose).results().map(m -> m.group(1).toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    LINK_REFERENCE.matcher(prose).results().forEach(m -> {
        var label = m.group(2).isEmpty() ? m.group(1) : m.group(2);
        if (!label.isBlank() && !defined.contains(label.toLowerCase(Locale.ROOT))) {
            problem(document, lineAt(prose, m.start()), "[" + label + "] is not defined as a link");
        }
    });
}

static int lineAt(String text, int offset) {
    return 1 + (int) text.chars().limit(offset).filter(c -> c == '\n').count();
}

/// @return what is wrong with a link, or null
String complaintAbout(Document document, String target) {
    URI uri;
    try {
        uri = new URI(target);
    } catch (URISyntaxException e) {
        return target + " is not a valid link: " + e.getReason();
    }
    if (uri.getScheme() != null) {
        return uri.getScheme().startsWith("http") && uri.getHost() == null ? target + " names no host" : null;
    }
    var path = uri.getPath().isEmpty() ? document.path()
            : uri.getPath().startsWith("/") ? root.resolve(uri.getPath().substring(1)).normalize()
            : document.path().resolveSibling(uri.getPath()).normalize();
    if (!repository.contains(path) && !path.equals(document.path())) return target + " leads to no file of this repository";
    var anchor = uri.getFragment();
    if (anchor == null) return null;
    if (isMarkdown(path)) return document(path).anchors().contains(anchor) ? null : target + ": there is no heading for #" + anchor;
    return target + ": only Markdown files have anchors; line numbers change";
}

// ---- Quotes of the source --------------------------------------------------------------------------------------------

void checkQuote(Document document, Fence fence) throws IOException {
    var source = fence.directives().get("source");
    if (source == null) {
        if (fence.directives().containsKey("sketch")) return;
        problem(document, fence.line(), "java fence without <!-- source: PATH --> or <!-- sketch --> above it");
        return;
    }
    quotes++;
    var path = source.startsWith("/") ? root.resolve(source.substring(1)) : document.path().resolveSibling(source).normalize();
    if (!Files.isRegularFile(path)) {
        problem(document, fence.line(), "quotes " + source + ", which does not exist");
        return;
    }
    var passages = passages(fence.lines());
    if (passages.isEmpty()) {
        problem(document, fence.line(), "quotes nothing");
        return;
    }
    var missing = firstMissing(passages, Files.readAllLines(path));
    if (missing != null) {
        problem(document, fence.line() + 1 + missing.line(), source + " does not say (here): " + missing.text().strip());
    }
}

record Line(int line, String text) {}

/// Splits a quote at its `…` lines. Blank lines at either end of a passage don't count.
static List<List<Line>> passages(List<String> quote) {
    var passages = new ArrayList<List<Line>>();
    var passage = new ArrayList<Line>();
    for (int i = 0; i <= quote.size(); i++) {
        if (i < quote.size() && !SKIP.matcher(quote.get(i)).matches()) {
            passage.add(new Line(i, quote.get(i).stripTrailing()));
            continue;
        }
        while (!passage.isEmpty() && passage.getFirst().text().isEmpty()) passage.removeFirst();
        while (!passage.isEmpty() && passage.getLast().text().isEmpty()) passage.removeLast();
        if (!passage.isEmpty()) passages.add(passage);
        passage = new ArrayList<>();
    }
    return passages;
}

/// Looks for the passages in the source, in order, all indented by the same amount more or less.
///
/// @return the first line that cannot be found where most of the quote can, or null if all are there
static Line firstMissing(List<List<Line>> passages, List<String> source) {
    Line missing = passages.getFirst().getFirst();
    for (int start = 0; start < source.size(); start++) {
        var indent = indentChange(passages.getFirst().getFirst().text(), source.get(start));
        if (indent == null) continue;
        int at = start;
        Line failed = null;
        for (var passage : passages) {
            Line furthest = passage.getFirst();
            int from = at;
            for (; from < source.size(); from++) {
                var mismatch = firstMismatch(passage, source, from, indent);
                if (mismatch == null) break;
                if (mismatch.line() > furthest.line()) furthest = mismatch;
            }
            if (from == source.size()) {
                failed = furthest;
                break;
            }
            at = from + passage.size();
        }
        if (failed == null) return null;
        if (failed.line() > missing.line()) missing = failed;
    }
    return missing;
}

static Line firstMismatch(List<Line> passage, List<String> source, int from, int indent) {
    for (int i = 0; i < passage.size(); i++) {
        var line = passage.get(i);
        var blank = line.text().isEmpty();
        if (from + i == source.size()) return line;
        var original = source.get(from + i);
        if (blank ? !original.isBlank() : !Objects.equals(indentChange(line.text(), original), indent)) return line;
    }
    return null;
}

/// @return how much further a line is indented in the source than in the quote, or null if they differ in more than that
static Integer indentChange(String quoted, String original) {
    if (!quoted.strip().equals(original.strip())) return null;
    return indentOf(original) - indentOf(quoted);
}

static int indentOf(String line) {
    return line.length() - line.stripLeading().length();
}

// ---- Diagrams --------------------------------------------------------------------------------------------------------

/// Each diagram becomes a file, and all are parsed at once: loading Mermaid takes a second or two.
void checkDiagrams(Set<Path> selected) throws IOException, InterruptedException {
    record Place(Document document, Fence fence) {}
    var places = selected.stream().map(this::document)
            .flatMap(d -> d.fences().stream().filter(f -> f.language().equals("mermaid")).map(f -> new Place(d, f))).toList();
    if (places.isEmpty()) return;
    var directory = Files.createTempDirectory("diagrams");
    try {
        var command = new ArrayList<>(List.of(root.resolve("tools/diagrams").toString()));
        for (int i = 0; i < places.size(); i++) {
            Files.write(directory.resolve(String.valueOf(i)), places.get(i).fence().lines());
            command.add(String.valueOf(i));
        }
        var process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).stripTrailing();
        int status = process.waitFor();
        if (status == DIAGRAMS_SKIPPED) {
            skip("diagrams not parsed, " + output);
            return;
        }
        diagrams += places.size();
        if (status == 0) return;
        var wrong = DIAGRAM_PROBLEM.matcher(output).results().toList();
        if (wrong.isEmpty()) problems.add("diagrams: " + output);
        for (var problem : wrong) {
            var place = places.get(Integer.parseInt(problem.group(1)));
            problem(place.document(), place.fence().line() + Integer.parseInt(problem.group(2)), problem.group(3));
        }
    } finally {
        delete(directory);
    }
}

// ---- Transcripts -----------------------------------------------------------------------------------------------------

void checkTranscripts(Document document) throws Exception {
    var fences = new ArrayList<Fence>();
    String step = stepOf(document.path());
    for (var fence : document.fences()) {
        if (!fence.language().equals("console") && !fence.directives().containsKey(TERMINALS)) continue;
        var reason = fence.directives().get("not replayed");
        if (reason == null) fences.add(fence);
        else if (reason.isBlank()) problem(document, fence.line(), "<!-- not replayed: REASON --> needs a reason");
        step = fence.directives().getOrDefault("server", step);
    }
    if (fences.isEmpty()) return;
    if (step == null || !Files.exists(root.resolve(step))) {
        problem(document, fences.getFirst().line(), "which step's server? Say <!-- server: NN-step --> or <!-- not replayed: REASON -->");
        return;
    }
    var parsed = new LinkedHashMap<Fence, List<Command>>();
    for (var fence : fences) parsed.put(fence, fence.directives().containsKey(TERMINALS) ? terminals(fence) : commands(document, fence));
    for (var tool : TOOLS) {
        var name = Pattern.compile("(?<![\\w-])" + tool + "(?![\\w-])");
        var needed = parsed.values().stream().flatMap(List::stream)
                .anyMatch(c -> c.shell() ? name.matcher(c.text()).find() : tool.equals("redis-cli"));
        if (!needed || isInstalled(tool)) continue;
        var message = root.relativize(document.path()) + ": transcripts not replayed, " + tool + " is not installed";
        skip(message);
        return;
    }

    var scratch = Files.createTempDirectory("transcript");
    var servers = new Servers(step, scratch);
    try {
        for (var fence : fences) {
            servers.reserve(portsOf(fence, TERMINALS));
            servers.reserve(portsOf(fence, "ports"));
        }
        for (var fence : fences) {
            if (fence.directives().containsKey(TERMINALS)) {
                if (!startTerminals(document, fence, parsed.get(fence), servers)) return;
                continue;
            }
            var failure = servers.prepare(fence.directives());
            if (failure != null) {
                problem(document, fence.line(), "the server did not start:\n" + failure);
                return;
            }
            replay(document, parsed.get(fence), servers, scratch);
        }
    } finally {
        servers.stop();
        delete(scratch);
    }
}

static List<String> portsOf(Fence fence, String directive) {
    return List.of(fence.directives().getOrDefault(directive, "").strip().split("\\s+"));
}

/// A command a line, and none that ends by itself.
static List<Command> terminals(Fence fence) {
    var commands = new ArrayList<Command>();
    for (int i = 0; i < fence.lines().size(); i++) {
        var line = fence.lines().get(i);
        if (!line.isBlank() && !line.startsWith("#")) commands.add(new Command(null, line, fence.line() + 1 + i, List.of()));
    }
    return commands;
}

/// @return whether all listen; if not, that is a problem
boolean startTerminals(Document document, Fence fence, List<Command> commands, Servers servers) throws IOException, InterruptedException {
    var ports = portsOf(fence, TERMINALS);
    if (ports.size() != commands.size()) {
        problem(document, fence.line(), "%d ports, and %d commands that should listen there".formatted(ports.size(), commands.size()));
        return false;
    }
    for (int i = 0; i < ports.size(); i++) {
        var failure = servers.startTerminal(ports.get(i), commands.get(i).text());
        if (failure == null) continue;
        problem(document, commands.get(i).line(), "it does not listen on port " + ports.get(i) + ":\n" + failure);
        return false;
    }
    return true;
}

String stepOf(Path path) {
    var relative = root.relativize(path);
    return relative.getNameCount() > 1 && relative.getName(0).toString().matches("\\d\\d-.*") ? relative.getName(0).toString() : null;
}

static boolean isInstalled(String tool) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator)).anyMatch(dir -> Files.isExecutable(Path.of(dir, tool)));
}

static void delete(Path directory) throws IOException {
    try (var paths = Files.walk(directory)) {
        for (var path : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
    }
}

/// Reads `$ command` and `127.0.0.1:6380> COMMAND` lines, each with the output below it.
List<Command> commands(Document document, Fence fence) {
    var commands = new ArrayList<Command>();
    var lines = fence.lines();
    for (int i = 0; i < lines.size(); i++) {
        var line = lines.get(i);
        int number = fence.line() + 1 + i;
        var prompt = PROMPT.matcher(line);
        if (line.startsWith("$ ")) {
            var text = new StringBuilder(line.substring(2));
            while (text.charAt(text.length() - 1) == '\\' && i + 1 < lines.size() && lines.get(i + 1).startsWith("> ")) {
                text.append('\n').append(lines.get(++i).substring(2));
            }
            commands.add(new Command(null, text.toString(), number, new ArrayList<>()));
        } else if (prompt.matches()) {
            commands.add(new Command(prompt.group(1), prompt.group(2), number, new ArrayList<>()));
        } else if (!commands.isEmpty()) {
            commands.getLast().output().add(line);
        } else if (!line.isBlank()) {
            problem(document, number, "a transcript begins with a command: \"$ …\" or \"127.0.0.1:" + PORT + "> …\"");
        }
    }
    return commands;
}

/// Runs the commands of one fence. Inputs to redis-cli with no other command between them share one connection.
void replay(Document document, List<Command> all, Servers servers, Path directory) throws Exception {
    for (int i = 0; i < all.size(); ) {
        int from = i++;
        if (all.get(from).shell()) {
            var command = all.get(from);
            var output = run(List.of("bash", "-c", SHELL_PRELUDE + servers.onTheirPorts(command.text())), "", directory);
            compare(document, command, output, servers);
        } else {
            while (i < all.size() && all.get(from).port().equals(all.get(i).port())) i++;
            replaySession(document, all.subList(from, i), servers, directory);
        }
    }
}

void replaySession(Document document, List<Command> session, Servers servers, Path directory) throws Exception {
    if (!servers.isRunning(session.getFirst().port())) {
        problem(document, session.getFirst().line(), "there is no server on port " + session.getFirst().port());
        return;
    }
    var input = session.stream().map(c -> servers.onTheirPorts(c.text()) + "\n" + END_OF_OUTPUT + "\n").collect(Collectors.joining());
    var port = servers.onTheirPorts(session.getFirst().port());
    var output = run(List.of("redis-cli", "--no-raw", "-h", "127.0.0.1", "-p", port), input, directory);
    if (output == null) {
        problem(document, session.getFirst().line(), "the session took longer than " + COMMAND_SECONDS + " s");
        return;
    }
    var parts = output.split("(?m)^.*" + END_OF_OUTPUT + ".*\\R?", -1);
    for (int i = 0; i < session.size(); i++) {
        compare(document, session.get(i), i < parts.length ? parts[i] : "", servers);
    }
}

void compare(Document document, Command command, String output, Servers servers) {
    commands++;
    if (output == null) {
        problem(document, command.line(), command.text() + " took longer than " + COMMAND_SECONDS + " s");
        return;
    }
    var expected = withoutBlankEnd(command.output());
    var actual = withoutBlankEnd(Arrays.stream(servers.onOurPorts(output).split("\r?\n")).map(line -> asShown(line)).toList());
    if (matches(expected, actual)) return;
    problem(document, command.line(), "`%s` should print%n%s  but prints%n%s".formatted(command.text(), indented(expected), indented(actual)));
}

static String indented(List<String> lines) {
    return lines.isEmpty() ? "    (nothing)%n".formatted() : lines.stream().limit(20).map(l -> "    " + l + "\n").collect(Collectors.joining());
}

/// A carriage return takes a terminal back to the start of the line.
static String asShown(String line) {
    return line.substring(line.lastIndexOf('\r') + 1).stripTrailing();
}

static List<String> withoutBlankEnd(List<String> lines) {
    int end = lines.size();
    while (end > 0 && lines.get(end - 1).isBlank()) end--;
    return lines.subList(0, end).stream().map(String::stripTrailing).toList();
}

static boolean matches(List<String> expected, List<String> actual) {
    if (expected.isEmpty()) return actual.isEmpty();
    var rest = expected.subList(1, expected.size());
    if (expected.getFirst().strip().equals("…")) {
        return IntStream.rangeClosed(0, actual.size()).anyMatch(n -> matches(rest, actual.subList(n, actual.size())));
    }
    var line = Arrays.stream(expected.getFirst().split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    return !actual.isEmpty() && matchesLine(line, actual.getFirst()) && matches(rest, actual.subList(1, actual.size()));
}

/// With or without the space at its end, which a transcript doesn't show but which may stand before a `…`.
static boolean matchesLine(String pattern, String line) {
    return line.matches(pattern) || (line + " ").matches(pattern);
}

/// @return what the command printed, or null if it did not end in time
static String run(List<String> command, String input, Path directory) throws IOException, InterruptedException {
    var in = Files.createTempFile("transcript", ".in");
    var out = Files.createTempFile("transcript", ".out");
    try {
        Files.writeString(in, input);
        var builder = new ProcessBuilder(command).directory(directory.toFile())
                .redirectInput(in.toFile()).redirectOutput(out.toFile()).redirectErrorStream(true);
        builder.environment().put("REDISCLI_RCFILE", "/dev/null"); // the user's preferences don't count here
        var process = builder.start();
        var ended = process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS);
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        return ended ? new String(Files.readAllBytes(out), StandardCharsets.UTF_8) : null;
    } finally {
        Files.delete(in);
        Files.delete(out);
    }
}

/// The server of one step, its replica if there is one, and what else the reader starts.
class Servers {

    private final String step;
    private final Path directory;
    private final Map<String, String> ports = new LinkedHashMap<>(); // those of the text, and those that are used in their place
    private final SequencedMap<String, Server> running = new LinkedHashMap<>(); // by the port that the text gives

    Servers(String step, Path directory) {
        this.step = step;
        this.directory = directory;
    }

    /// From now on these ports of the text stand for others, which are free.
    void reserve(List<String> ofTheText) throws IOException {
        for (var port : ofTheText) if (!port.isEmpty() && !ports.containsKey(port)) ports.put(port, freePort());
    }

    /// Starts what a fence needs.
    ///
    /// @return what a server that did not start has said; null if there is none
    String prepare(Map<String, String> directives) throws IOException, InterruptedException {
        var restart = directives.get("restart");
        var replica = directives.get("replica");
        var failure = restart != null || !running.containsKey(PORT) ? start(PORT, "--port " + PORT + " " + (restart == null ? "" : restart)) : null;
        return failure == null && replica != null ? start(replica, "replica " + replica + " 127.0.0.1 " + PORT) : failure;
    }

    private String start(String port, String arguments) throws IOException, InterruptedException {
        reserve(List.of(port));
        var command = new ArrayList<>(List.of(root.resolve("tools/run").toString(), step));
        command.addAll(List.of(onTheirPorts(arguments).strip().split("\\s+")));
        var server = start(port, command);
        return server.saysThatItListens() ? null : server.log.toString();
    }

    /// Starts a command of the text, which listens on this port of the text.
    ///
    /// @return what it has said if it did not; else null
    String startTerminal(String port, String command) throws IOException, InterruptedException {
        var run = Files.createDirectories(directory.resolve("tools")).resolve("run"); // which the command finds in the root
        Files.writeString(run, "#!/bin/sh\nexec '" + root.resolve("tools/run") + "' \"$@\"\n");
        if (!run.toFile().setExecutable(true)) throw new IOException(run + " cannot be made executable");
        var server = start(port, List.of("bash", "-c", "exec " + onTheirPorts(command)));
        return server.listens() ? null : onOurPorts(server.log.toString());
    }

    private Server start(String port, List<String> command) throws IOException, InterruptedException {
        if (running.containsKey(port)) running.get(port).stop();
        var server = new Server(ports.get(port), command, directory);
        running.put(port, server);
        return server;
    }

    private static String freePort() throws IOException {
        try (var free = new ServerSocket(0)) {
            return String.valueOf(free.getLocalPort());
        }
    }

    String onTheirPorts(String text) {
        for (var port : ports.entrySet()) text = text.replaceAll("\\b" + port.getKey() + "\\b", port.getValue());
        return text;
    }

    String onOurPorts(String text) {
        for (var port : ports.entrySet()) text = text.replaceAll("\\b" + port.getValue() + "\\b", port.getKey());
        return text;
    }

    boolean isRunning(String port) {
        return running.containsKey(port);
    }

    /// The latest first: a master that ends may wait for its replica.
    void stop() throws InterruptedException {
        for (var server : running.reversed().values()) server.stop();
    }
}

/// A server, or what else listens. It is one process, for `tools/run` becomes the JVM.
class Server {

    private final String port;
    private final Process process;
    final StringBuffer log = new StringBuffer();
    private final CountDownLatch said = new CountDownLatch(1);
    private final Thread stopAtExit;

    /// @param port the one that it listens on in the end
    Server(String port, List<String> command, Path directory) throws IOException {
        this.port = port;
        process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
        stopAtExit = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(stopAtExit);
        Thread.ofVirtual().start(this::readLog);
    }

    /// Reads to the end, for a server whose pipe is full would stand still.
    private void readLog() {
        try (var lines = process.inputReader()) {
            for (String line; (line = lines.readLine()) != null; ) {
                log.append("    ").append(line).append('\n');
                if (line.contains(port)) said.countDown();
            }
        } catch (IOException e) {
            log.append(e).append('\n');
        }
        said.countDown();
    }

    /// Waits until it has said where it listens, which a server of a step does as soon as it has loaded its data.
    boolean saysThatItListens() throws InterruptedException {
        return said.await(START_SECONDS, TimeUnit.SECONDS) && process.isAlive() && log.indexOf(port) >= 0;
    }

    /// Waits until it accepts connections, whatever it says.
    boolean listens() throws InterruptedException {
        long start = System.nanoTime();
        while (process.isAlive() && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(START_SECONDS)) {
            try (var _ = new Socket("127.0.0.1", Integer.parseInt(port))) {
                return true;
            } catch (IOException e) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
        return false;
    }

    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) process.destroyForcibly().waitFor();
        Runtime.getRuntime().removeShutdownHook(stopAtExit);
    }
}
