/// Runs servers that are broken on purpose through the acceptance tests of their step, and compares what the first failure says with what is
/// on record.
///
/// `STEP/broken/N-NAME.patch` breaks `STEP/src/main`, and `STEP/broken/N-NAME.txt` is the record: the test, an empty line, and its message as
/// a learner reads it. In a record a line `…` stands for any lines, and `…` within one for any text.
///
/// Tests are run in the order in which a learner sees them, up to the first that is red. A step is compiled once, and for each broken server
/// what its patch changes. Each runs in a class loader of its own, some at the same time.
///
/// Usage: `[STEP]…` or `record STEP [N]`, in the repository; started by `tools/broken`.

static final int AT_THE_SAME_TIME = 4;
static final int LEAST = 4; // broken servers of a step
static final Pattern CHANGED = Pattern.compile("(?m)^\\+\\+\\+ b/(.*)$");

/// @param first the first lines of the patch: "Tests: …"
record Server(String step, Path patch, List<Acceptance.Test> tests, Path record) {}

final List<String> problems = Collections.synchronizedList(new ArrayList<>());
PrintStream out;
Path copy; // of the sources, a repository of its own, in which patches apply

void main(String... args) throws Exception {
    out = Acceptance.Printed.redirect();
    long start = System.nanoTime();
    boolean record = args.length > 1 && args[0].equals("record");
    var number = args.length > 2 ? args[2] + "-" : "";
    var steps = record ? List.of(args[1]) : args.length > 0 ? List.of(args) : Acceptance.steps();
    copy = Files.createTempDirectory("broken");
    try {
        var servers = new ArrayList<Server>();
        for (var step : steps) {
            if (!Acceptance.steps().contains(step)) {
                problems.add("There is no step '%s'. The steps are: %s".formatted(step, String.join(" ", Acceptance.steps())));
                continue;
            }
            var found = servers(step);
            if (!record && found.size() < LEAST) {
                problems.add("%s/broken: has %d broken servers, and there should be %d".formatted(step, found.size(), LEAST));
            }
            servers.addAll(record ? found.stream().filter(server -> server.patch.getFileName().toString().startsWith(number)).toList() : found);
        }
        if (record && servers.isEmpty()) problems.add("There is no %s/broken/%s….patch.".formatted(args[1], number));
        git("init", "-q");
        int good = run(servers, record);
        if (!record) out.printf("broken: %d of %d fail as recorded, in %d s%n", good, servers.size(), Duration.ofNanos(System.nanoTime() - start).toSeconds());
    } finally {
        try (var files = Files.walk(copy)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }
    problems.forEach(problem -> out.println("PROBLEM  " + problem));
    System.exit(problems.isEmpty() ? 0 : 1);
}

// ---- which there are ----

List<Server> servers(String step) throws IOException {
    var directory = Path.of(step, "broken");
    if (!Files.isDirectory(directory)) return List.of();
    var servers = new ArrayList<Server>();
    List<Path> files;
    try (var listed = Files.list(directory)) {
        files = listed.sorted().toList();
    }
    var all = Acceptance.of(step);
    for (var file : files) {
        var name = file.getFileName().toString();
        var twin = file.resolveSibling(name.endsWith(".txt") ? name.replaceFirst("txt$", "patch") : name.replaceFirst("patch$", "txt"));
        if (name.matches("[1-9]\\d*-.*\\.txt")) {
            if (!Files.exists(twin)) problems.add(file + ": there is no patch beside it");
        } else if (!name.matches("[1-9]\\d*-.*\\.patch")) {
            problems.add(file + ": broken servers are called N-NAME.patch, and their records N-NAME.txt");
        } else {
            var wanted = List.of(Files.readAllLines(file).getFirst().replaceFirst("^Tests: *", "").split(", *"));
            var tests = all.stream().filter(test -> wanted.contains(test.type()) || wanted.contains(test.name())).toList();
            for (var word : wanted) {
                if (tests.stream().noneMatch(test -> test.type().equals(word) || test.name().equals(word))) {
                    problems.add("%s: its first line must be \"Tests: …\", and there is no test \"%s\"".formatted(file, word));
                }
            }
            if (!tests.isEmpty()) servers.add(new Server(step, file, tests, twin));
        }
    }
    return servers;
}

// ---- running them ----

int run(List<Server> servers, boolean record) throws Exception {
    var compiled = new ConcurrentHashMap<String, Future<List<Path>>>();
    int good = 0;
    try (var workers = Executors.newFixedThreadPool(AT_THE_SAME_TIME)) {
        var outcomes = new ArrayList<Future<Boolean>>();
        for (var server : servers) {
            outcomes.add(workers.submit(() -> {
                var step = new FutureTask<>(() -> compile(server.step));
                var before = compiled.putIfAbsent(server.step, step);
                if (before == null) step.run();
                var classes = (before == null ? step : before).get();
                return !classes.isEmpty() && check(server, classes, record);
            }));
        }
        for (var outcome : outcomes) if (outcome.get()) good++;
    }
    return good;
}

/// The step as it is, with its acceptance tests.
///
/// @return where its classes are; nothing if it does not compile
List<Path> compile(String step) throws IOException {
    var sources = new ArrayList<>(Acceptance.files(step));
    sources.addAll(Acceptance.javaFiles(Path.of(step, "src/main/java/redis/server")));
    var classes = copy.resolve("classes").resolve(step);
    var errors = Acceptance.compile(sources, List.of(Path.of(step, "src/main/java"), Path.of("common/src/main/java")), List.of(), classes);
    if (errors.isEmpty()) return List.of(classes);
    problems.add(step + ": does not compile\n" + errors);
    return List.of();
}

boolean check(Server server, List<Path> classes, boolean record) throws Exception {
    long start = System.nanoTime();
    var broken = breakIt(server, classes);
    if (broken == null) return false;
    var path = new ArrayList<>(List.of(broken));
    path.addAll(classes);
    var results = Acceptance.run(server.tests, path, _ -> {}, true);
    double seconds = (System.nanoTime() - start) / 1e9;
    var first = server.tests.stream().filter(test -> results.get(test).verdict() == Acceptance.Verdict.RED).findFirst();
    if (first.isEmpty()) {
        problems.add("%s: no test notices it".formatted(server.patch));
        return false;
    }
    var failure = failure(first.get(), results.get(first.get()));
    if (record) {
        if (Files.exists(server.record) && matches(Files.readString(server.record), failure)) return true; // it may have dots
        Files.writeString(server.record, failure);
        out.printf("---- %s: written, in %.1f s%n%n%s%n", server.record, seconds, failure);
        return true;
    }
    if (!Files.exists(server.record)) {
        problems.add("%s: nothing is on record. Run: tools/broken record %s %s".formatted(server.patch, server.step,
                server.patch.getFileName().toString().replaceFirst("-.*", "")));
        return false;
    }
    var expected = Files.readString(server.record);
    if (!matches(expected, failure)) {
        problems.add("%s: fails in other words%n%s%nOn record is:%n%s".formatted(server.patch,
                failure.indent(4).stripTrailing(), expected.indent(4).stripTrailing()));
        return false;
    }
    out.printf("%-60s fails as recorded (%.1f s)%n", server.patch, seconds);
    return true;
}

/// @return where the classes are that the patch has changed; null if that was not possible
Path breakIt(Server server, List<Path> classes) throws Exception {
    var name = server.patch.getFileName().toString().replace(".patch", "");
    var home = copy.resolve(server.step + "." + name);
    var changed = new ArrayList<Path>();
    for (var match : CHANGED.matcher(Files.readString(server.patch)).results().toList()) {
        var file = Path.of(match.group(1));
        if (!file.startsWith(Path.of(server.step, "src/main"))) {
            problems.add("%s: changes more than %s/src/main".formatted(server.patch, server.step));
            return null;
        }
        Files.createDirectories(home.resolve(file).getParent());
        if (Files.exists(file)) Files.copy(file, home.resolve(file));
        changed.add(home.resolve(file));
    }
    if (changed.isEmpty() || !git("apply", "--whitespace=nowarn", "--directory=" + copy.relativize(home), server.patch.toAbsolutePath().toString())) {
        problems.add(server.patch + ": does not apply");
        return null;
    }
    var target = home.resolve("classes");
    var errors = Acceptance.compile(changed, List.of(), classes, target);
    if (errors.isEmpty()) return target;
    problems.add(server.patch + ": does not compile\n" + errors);
    return null;
}

boolean git(String... arguments) throws Exception {
    var command = new ArrayList<>(List.of("git", "-C", copy.toString()));
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() == 0) return true;
    out.print(said);
    return false;
}

// ---- what they say ----

/// The record of a failure, without what is another each time: ports, ids, how long it was waited, what INFO tells.
static String failure(Acceptance.Test test, Acceptance.Result result) {
    var text = test.name() + (result.invocation().isEmpty() ? "" : ", with " + result.invocation()) + "\n\n" + Acceptance.explanation(result) + "\n";
    return text.replaceAll("127\\.0\\.0\\.1:\\d+", "127.0.0.1:PORT")
            .replaceAll("\\b[0-9a-f]{40}\\b", "ID")
            .replaceAll("no more within \\d+ m?s", "no more within N s")
            .replaceAll("\\$\\d+(\\\\r\\\\n# \\w+\\\\r\\\\n).*", "\\$N$1…")
            .replaceAll("(?m) +$", "");
}

static boolean matches(String expected, String actual) {
    var pattern = Pattern.compile(Stream.of(expected.split("(?<=\n)"))
            .map(line -> line.strip().equals("…") ? "(?s:.*)" : Stream.of(line.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*")))
            .collect(Collectors.joining()));
    return expected.equals(actual) || pattern.matcher(actual).matches();
}
