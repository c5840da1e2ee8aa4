/// Where a learner builds a step: laid out, tried, and looked back at.
///
/// - `lay STEP…` lays `workbench/STEP`: the sources of the step before, and the acceptance tests of this one;
/// - `try STEP [ADDRESS]` runs the tests on what is there, or on any server that listens at HOST:PORT. What came of it is kept in `workbench/results`;
/// - `progress` shows those results, and which exercises are done.
///
/// Started by `tools/workbench`, in the repository.

static final Path WORKBENCH = Path.of("workbench");
static final Path RESULTS = WORKBENCH.resolve("results");
static final int BAR = 30;

PrintStream out = System.out;

void main(String... args) throws Exception {
    var words = List.of(args);
    switch (words.isEmpty() ? "" : words.getFirst()) {
        case "lay" -> {
            for (var step : words.subList(1, words.size())) lay(known(step));
        }
        case "try" -> System.exit(attempt(known(words.size() < 2 ? "" : words.get(1)), words.size() < 3 ? "" : words.get(2)) ? 0 : 1);
        case "progress" -> progress();
        default -> fail("usage: tools/workbench lay STEP… | try STEP [HOST:PORT] | progress");
    }
}

String known(String step) {
    if (!Acceptance.steps().contains(step)) fail("There is no step '%s'. The steps are: %s".formatted(step, String.join(" ", Acceptance.steps())));
    return step;
}

void fail(String message) {
    System.err.println(message);
    System.exit(2);
}

// ---- lay ----

void lay(String step) throws IOException {
    var target = WORKBENCH.resolve(step);
    if (Files.exists(target)) {
        if (!"1".equals(System.getenv("FORCE"))) {
            fail("%s is there already, with your work in it. FORCE=1 lays it afresh, and keeps what is there in %1$s.old.".formatted(target));
        }
        var old = WORKBENCH.resolve(step + ".old");
        for (int n = 2; Files.exists(old); n++) old = WORKBENCH.resolve(step + ".old-" + n);
        Files.move(target, old);
        Files.deleteIfExists(RESULTS.resolve(step));
        out.println("What was there is now in " + old + ".");
    }
    int index = Acceptance.steps().indexOf(step);
    var before = index == 0 ? Path.of(step, "start") : Path.of(Acceptance.steps().get(index - 1));
    copy(Acceptance.javaFiles(before.resolve("src/main/java")), before, target);
    if (index == 0) for (var given : List.of("Main", "ServerConfig")) copy(List.of(Path.of(step, "src/main/java/redis/server/" + given + ".java")), Path.of(step), target);
    copy(Acceptance.files(step), Path.of(step), target);
    Files.writeString(target.resolve("pom.xml"), pom(step));
    Files.writeString(target.resolve("README.md"), readme(step, index == 0 ? "" : before.toString()));
    modules();
    var errors = compile(target, Acceptance.javaFiles(target), WORKBENCH.resolve("classes").resolve(step));
    if (!errors.isEmpty()) fail("It does not even compile, which is the workshop's fault and not yours:\n" + errors);

    out.printf("""
            %s is laid: %s, and the %d acceptance tests of this step.
            Its README.md says what to build. Most tests of this step are red now, or all of them, and that is as it should be:
              make try-%s
            """, target, index == 0 ? "a minimal start" : "the sources of " + before, Acceptance.of(step).size(), step);
}

void copy(List<Path> files, Path from, Path to) throws IOException {
    for (var file : files) {
        var copy = to.resolve(from.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
    }
}

void deleteAll(Path directory) throws IOException {
    if (!Files.exists(directory)) return;
    try (var files = Files.walk(directory)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
    }
}

String pom(String step) throws IOException {
    var dependencies = Pattern.compile("\n  <dependencies>.*</dependencies>\n", Pattern.DOTALL).matcher(Files.readString(Path.of(step, "pom.xml")));
    return """
            <?xml version="1.0" encoding="UTF-8"?>
            <project xmlns="http://maven.apache.org/POM/4.0.0"
                     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                     xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 https://maven.apache.org/xsd/maven-4.0.0.xsd">
              <modelVersion>4.0.0</modelVersion>

              <parent>
                <groupId>build-your-own-redis</groupId>
                <artifactId>workshop</artifactId>
                <version>1.0-SNAPSHOT</version>
                <relativePath>../../pom.xml</relativePath>
              </parent>
              <artifactId>workbench-%s</artifactId>
            %s
              <build>
                <plugins>
                  <!-- Warnings are no errors here: code that is being written may have some. -->
                  <plugin>
                    <artifactId>maven-compiler-plugin</artifactId>
                    <configuration>
                      <compilerArgs combine.self="override">
                        <arg>-Xlint:all</arg>
                      </compilerArgs>
                    </configuration>
                  </plugin>
                </plugins>
              </build>
            </project>
            """.formatted(step, dependencies.find() ? dependencies.group() : "");
}

String readme(String step, String before) throws IOException {
    var tests = Acceptance.of(step).stream().filter(test -> test.step().equals(step)).toList();
    var earlier = Acceptance.of(step).size() - tests.size();
    var topics = tests.stream().map(test -> test.topic()).distinct().collect(Collectors.joining(", "));
    var guide = Files.exists(Path.of(step, "GUIDE.md")) ? "GUIDE.md" : "README.md";
    var start = before.isEmpty() ? "`Main` and `ServerConfig` are given. `RedisServer` compiles and does nothing yet; it is yours to write."
            : "The sources in `src/main` are those of " + before + ". If you have built that step yourself, you may put yours in their place.";
    var reds = before.isEmpty() ? "all are red"
            : earlier == 0 ? "they are red: the server is still that of the step before" : "those are red which this step is about, and sometimes all, "
                    + "when the tests start the server with an option that it does not know yet. The others, %d from the steps before, stay green to the end"
                    .formatted(earlier);
    return """
            # Build step %1$s

            %2$s

            1. Read [the guide](../../%1$s/%3$s): the idea first, then "Before and after", which shows what to build. Where it has a section "Word for word",
               that tells what to answer and what to refuse. Its walkthrough speaks of the finished code, which is in `%1$s/src/main`; look there as late as you can.
               [The step's README](../../%1$s/README.md) lists its commands and options.
            2. See where you are: `make try-%1$s`, in the repository's root. On the first day, %4$s. That is as it should be.
            3. Take the first red test, make it green, and try again. The tests are about: %5$s.
            4. `make progress` shows all steps.

            A red test says what was sent, what should have come back and what did, with a `^` under the first wrong byte. %6$s

            The tests are in `src/test` and speak to the server through its port alone. What they need of your Java is `RedisServer`: its constructor
            `RedisServer(ServerConfig)`, `start()`, which returns when clients can connect, `port()` and `close()`; and `ServerConfig.parse(String...)`,
            which understands what the command line does. All else is up to you.

            In an IDE open `workbench/pom.xml` as a Maven project; on the command line `tools/mvn -f workbench/pom.xml test -pl %1$s -am` does what `make try-%1$s` does,
            with Maven's words. To build the server in another language instead, start it yourself and run
            `ADDRESS=127.0.0.1:6379 make try-%1$s`. The tests empty that server.
            """.formatted(step, start, guide, reds, topics, before.isEmpty() ? "`\\n` and `\\x00` are one byte each."
                : "`Sent: PING` means the words of a\nrequest, which travel as an array of bulk strings; bytes that are sent as they stand are shown with their `\\r\\n`.");
}

/// A pom above all workbenches: by it Maven and IDEs find `common`.
void modules() throws IOException {
    try (var laid = Files.list(WORKBENCH)) {
        var modules = laid.filter(directory -> Acceptance.steps().contains(directory.getFileName().toString())).sorted()
                .map(directory -> "    <module>%s</module>\n".formatted(directory.getFileName())).collect(Collectors.joining());
        Files.writeString(WORKBENCH.resolve("pom.xml"), """
                <?xml version="1.0" encoding="UTF-8"?>
                <!-- Written by "make workbench-…". -->
                <project xmlns="http://maven.apache.org/POM/4.0.0"
                         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                         xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 https://maven.apache.org/xsd/maven-4.0.0.xsd">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>build-your-own-redis</groupId>
                  <artifactId>workbench</artifactId>
                  <version>1.0-SNAPSHOT</version>
                  <packaging>pom</packaging>
                  <modules>
                    <module>../common</module>
                %s  </modules>
                </project>
                """.formatted(modules));
    }
}

// ---- try ----

/// @param address HOST:PORT of a server that runs already; empty for the learner's code
/// @return whether all is green
boolean attempt(String step, String address) throws Exception {
    var bench = WORKBENCH.resolve(step);
    if (address.isEmpty() && !Files.exists(bench)) fail("There is no %s yet: make workbench-%s lays it.".formatted(bench, step));
    checkAddress(address);
    var only = System.getenv().getOrDefault("ONLY", "");
    var tests = Acceptance.of(step).stream().filter(test -> test.name().toLowerCase(Locale.ROOT).contains(only.toLowerCase(Locale.ROOT))).toList();
    if (tests.isEmpty()) fail("No test of %s has \"%s\" in its name.".formatted(step, only));

    var mine = address.isEmpty() ? bench : Path.of(step);
    var sources = new ArrayList<>(address.isEmpty() ? Acceptance.javaFiles(bench.resolve("src/test/java")) : Acceptance.files(step));
    if (address.isEmpty()) sources.addAll(Acceptance.javaFiles(bench.resolve("src/main/java")));
    var classes = WORKBENCH.resolve("classes").resolve(step);
    var errors = compile(mine, sources, classes);
    if (!errors.isEmpty()) {
        out.println("It does not compile yet:\n\n" + errors);
        return false;
    }
    System.setProperty("redis.address", address);
    boolean terminal = System.console() != null && System.console().isTerminal();
    out = Acceptance.Printed.redirect();
    var ended = new HashSet<Acceptance.Test>();
    var results = Acceptance.run(tests, List.of(classes), test -> {
        if (ended.add(test) && terminal) out.printf("\r%s %d of %d run", bar(ended.size(), tests.size()), ended.size(), tests.size());
    }, false);
    if (terminal) out.print("\r" + " ".repeat(BAR + 30) + "\r");
    if (only.isEmpty()) record(step, address, tests, results);
    report(step, tests, results);
    return tests.stream().noneMatch(test -> results.get(test).verdict() == Acceptance.Verdict.RED);
}

/// @param home which has src/main/java
/// @return what javac complains of; empty if all is well
String compile(Path home, List<Path> sources, Path classes) throws IOException {
    deleteAll(classes);
    var errors = Acceptance.compile(sources, List.of(home.resolve("src/main/java"), Path.of("common/src/main/java")), List.of(), classes);
    return errors.replace(Path.of("").toAbsolutePath() + "/", "");
}

void checkAddress(String address) {
    if (address.isEmpty()) return;
    int colon = address.lastIndexOf(':');
    int port = colon > 0 && address.substring(colon + 1).matches("\\d{1,5}") ? Integer.parseInt(address.substring(colon + 1)) : 0;
    if (port < 1 || port > 65_535) fail("ADDRESS=%s should be HOST:PORT.".formatted(address));
    try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress(address.substring(0, colon), port), 3_000);
    } catch (IOException e) {
        fail("No server answers at %s: %s".formatted(address, e.getMessage()));
    }
}

static String bar(long done, long all) {
    int full = all == 0 ? 0 : (int) (BAR * done / all);
    return "█".repeat(full) + "░".repeat(BAR - full);
}

void report(String step, List<Acceptance.Test> tests, Map<Acceptance.Test, Acceptance.Result> results) throws IOException {
    Acceptance.Test first = null;
    var bySteps = tests.stream().collect(Collectors.groupingBy(Acceptance.Test::step, LinkedHashMap::new, Collectors.toList()));
    for (var group : bySteps.entrySet()) {
        long green = group.getValue().stream().filter(test -> results.get(test).verdict() == Acceptance.Verdict.GREEN).count();
        var earlier = !group.getKey().equals(step);
        out.printf("%nStep %s: %s%n", group.getKey(), green == group.getValue().size() ? "all %d green".formatted(green)
                : "%d of %d green".formatted(green, group.getValue().size()));
        var topic = "";
        for (var test : group.getValue()) {
            var verdict = results.get(test).verdict();
            if (verdict == Acceptance.Verdict.RED && first == null) first = test;
            if (earlier && verdict == Acceptance.Verdict.GREEN) continue; // there are too many
            if (!test.topic().equals(topic)) out.println("  " + (topic = test.topic()));
            out.println(switch (verdict) {
                case GREEN -> "    ✓ " + test.sentence();
                case RED -> "    ✗ " + test.sentence();
                case SKIPPED -> "    – " + test.sentence() + " (skipped: " + results.get(test).failure().getMessage() + ")";
            });
        }
    }
    long green = tests.stream().filter(test -> results.get(test).verdict() == Acceptance.Verdict.GREEN).count();
    out.printf("%n%s %d of %d%n", bar(green, tests.size()), green, tests.size());
    if (first == null) {
        out.printf("%nAll is green. Compare with %s/src/main, do its EXERCISES.md, and go on: make progress%n", step);
        return;
    }
    var result = results.get(first);
    out.printf("%nThe first that is red: %s%s%n(%s, step %s)%n%n%s%n", first.sentence(), result.invocation().isEmpty() ? "" : ", with " + result.invocation(),
            first.name(), first.step(), Acceptance.explanation(result).indent(2).stripTrailing());
    if (!result.printed().isBlank()) out.printf("%nMeanwhile the server printed:%n%s%n", abridged(result.printed()).indent(2).stripTrailing());
    if (green == 0 && !first.step().equals(step)) {
        out.println("\nNot one is green, so look first for what all of them need: a server that starts as the tests start it, and answers.");
        return;
    }
    out.printf("%nThe guide speaks of it: %s%n", Acceptance.guide(first));
    if (!first.step().equals(step)) out.println("This one was green in the step before: what you have changed since has broken it.");
}

/// A log's beginning, which has the first exception, without the depths of its stack traces.
static String abridged(String printed) {
    var lines = printed.lines().filter(line -> !line.matches("\\s+at (java|jdk|org\\.junit)\\..*|\\s+at java\\.base/.*|\\s*\\.\\.\\. \\d+ more")).toList();
    return String.join("\n", lines.subList(0, Math.min(lines.size(), 12))) + (lines.size() > 12 ? "\n…" : "");
}

// ---- progress ----

void record(String step, String address, List<Acceptance.Test> tests, Map<Acceptance.Test, Acceptance.Result> results) throws IOException {
    Files.createDirectories(RESULTS);
    Files.writeString(RESULTS.resolve(step), "# " + (address.isEmpty() ? "workbench/" + step : address) + "\n" + tests.stream()
            .map(test -> results.get(test).verdict().name().toLowerCase(Locale.ROOT) + " " + test.name() + "\n").collect(Collectors.joining()));
}

void progress() throws IOException {
    for (var step : Acceptance.steps()) {
        var file = RESULTS.resolve(step);
        String tried;
        if (Files.exists(file)) {
            var lines = Files.readAllLines(file);
            var verdicts = lines.subList(1, lines.size());
            long green = verdicts.stream().filter(line -> line.startsWith("green ")).count();
            var where = lines.getFirst().substring(2);
            tried = "%s %3d of %3d%s".formatted(bar(green, verdicts.size()), green, verdicts.size(), where.startsWith("workbench/") ? "" : " at " + where);
        } else {
            tried = bar(0, 1) + (Files.exists(WORKBENCH.resolve(step)) ? " not tried: make try-" : " not begun: make workbench-") + step;
        }
        out.printf("%-22s %-60s %s%n", step, tried, exercises(step));
    }
}

/// The numbers of the exercises, with a mark at those whose test was green when it was last run.
String exercises(String step) throws IOException {
    var marks = new ArrayList<String>();
    var solutions = Path.of(step, "solutions");
    if (!Files.isDirectory(solutions)) return "";
    try (var patches = Files.list(solutions)) {
        for (var patch : patches.sorted().toList()) {
            var test = Files.readAllLines(patch).getFirst().replaceFirst("Test: *", "");
            var report = Path.of(step, "target/surefire-reports/TEST-redis.server." + test + ".xml");
            var done = Files.exists(report) && Files.readAllLines(report).stream().filter(line -> line.contains("<testsuite ")).findFirst()
                    .filter(line -> line.contains(" errors=\"0\"") && line.contains(" failures=\"0\"") && line.contains(" skipped=\"0\"")).isPresent();
            marks.add((done ? "✓" : "·") + patch.getFileName().toString().replaceFirst("-.*", ""));
        }
    }
    return "exercises " + String.join(" ", marks);
}
