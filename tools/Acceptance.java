import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.MethodOrdererContext;
import org.junit.platform.engine.CancellationToken;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherExecutionRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// The acceptance tests of a step: where they are, how they are compiled with a server, and what comes of running them.
///
/// It is a part of `Workbench.java` and `Broken.java`; the working directory is the repository.
final class Acceptance {

    private static final String PACKAGE = "src/test/java/redis/server/";

    private static final Pattern TEST_METHOD = Pattern.compile(
            "^    @(?:Test|ParameterizedTest|RepeatedTest)\\b.*?^    (?:public )?void (\\w+)\\(", Pattern.DOTALL | Pattern.MULTILINE);

    private static final Pattern WORD = Pattern.compile("[A-Za-z_]\\w*");

    private static final Pattern ORDER = Pattern.compile("(?m)^@Order\\((\\d+)\\)");

    private Acceptance() {}

    /// From the one that counts least, if a method has been run with several arguments.
    enum Verdict { GREEN, SKIPPED, RED }

    /// One test method.
    ///
    /// @param step that introduced it
    record Test(String step, String type, String method) {

        /// As a sentence: `aKeyEnds` is "a key ends".
        String sentence() {
            return split(method);
        }

        /// What its class is about: `KeyspaceEventsAcceptanceTest` is "keyspace events".
        String topic() {
            return split(type.replaceFirst("AcceptanceTest$", ""));
        }

        String name() {
            return type + "." + method;
        }

        private static String split(String camelCase) {
            return camelCase.replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9]{2})|(?<=[A-Z])(?=[A-Z][a-z])", " ").toLowerCase(Locale.ROOT);
        }
    }

    /// What came of one.
    ///
    /// @param invocation which arguments it failed with; empty if it has none
    /// @param failure why it is red, or why it was skipped; null if it is green
    /// @param printed what was printed meanwhile, the server's log for one
    record Result(Verdict verdict, String invocation, Throwable failure, String printed) {}

    // ---- which tests there are ----

    static List<String> steps() {
        try (var files = Files.list(Path.of(""))) {
            return files.map(Path::toString).filter(name -> name.matches("\\d\\d-.*") && Files.exists(Path.of(name, "pom.xml"))).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The acceptance tests of a step, as a learner should read them: by the step that introduced them, and as the classes are ordered by
    /// `@Order` or, without it, by name, and then as they stand in the class.
    static List<Test> of(String step) throws IOException {
        var tests = new ArrayList<Test>();
        for (var type : classes(step)) {
            var first = introducedIn(type);
            TEST_METHOD.matcher(Files.readString(source(step, type))).results().forEach(found -> tests.add(new Test(first, type, found.group(1))));
        }
        return tests;
    }

    private static List<String> classes(String step) throws IOException {
        try (var files = Files.list(Path.of(step, PACKAGE))) {
            var types = files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith("AcceptanceTest.java"))
                    .map(name -> name.replace(".java", "")).filter(type -> !type.equals("AcceptanceTest")).toList();
            var order = new HashMap<String, Integer>();
            for (var type : types) {
                var matcher = ORDER.matcher(Files.readString(source(step, type)));
                order.put(type, matcher.find() ? Integer.parseInt(matcher.group(1)) : Integer.MAX_VALUE);
            }
            return types.stream().sorted(Comparator.comparing(Acceptance::introducedIn).thenComparing(order::get).thenComparing(type -> type)).toList();
        }
    }

    private static String introducedIn(String type) {
        return steps().stream().filter(step -> Files.exists(source(step, type))).findFirst().orElseThrow();
    }

    private static Path source(String step, String type) {
        return Path.of(step, PACKAGE, type + ".java");
    }

    /// The files of a step's acceptance tests, and of all other classes among its tests that these need.
    static List<Path> files(String step) throws IOException {
        var others = new HashMap<String, Path>();
        try (var files = Files.list(Path.of(step, PACKAGE))) {
            files.filter(file -> file.toString().endsWith(".java"))
                    .forEach(file -> others.put(file.getFileName().toString().replace(".java", ""), file));
        }
        var found = new TreeSet<Path>();
        var todo = new ArrayList<>(classes(step));
        while (!todo.isEmpty()) {
            var file = others.remove(todo.removeLast());
            if (file == null) continue;
            found.add(file);
            WORD.matcher(Files.readString(file)).results().map(word -> word.group()).filter(others::containsKey).forEach(todo::add);
        }
        return List.copyOf(found);
    }

    static List<Path> javaFiles(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) return List.of();
        try (var files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
        }
    }

    // ---- compiling ----

    /// @param sourcePath where javac finds what the sources need besides each other
    /// @return what javac complains of; empty if all is well
    static String compile(Collection<Path> sources, List<Path> sourcePath, List<Path> classPath, Path target) throws IOException {
        Files.createDirectories(target);
        var compiler = ToolProvider.getSystemJavaCompiler();
        var problems = new DiagnosticCollector<JavaFileObject>();
        try (var files = compiler.getStandardFileManager(problems, Locale.ROOT, StandardCharsets.UTF_8)) {
            var path = joined(classPath) + ":" + System.getProperty("java.class.path");
            var options = new ArrayList<>(List.of("-d", target.toString(), "-cp", path, "-proc:none", "-nowarn", "-parameters", "-g"));
            if (!sourcePath.isEmpty()) options.addAll(List.of("-sourcepath", joined(sourcePath)));
            if (compiler.getTask(null, files, problems, options, null, files.getJavaFileObjectsFromPaths(sources)).call()) return "";
        }
        return problems.getDiagnostics().stream().filter(problem -> problem.getKind() == javax.tools.Diagnostic.Kind.ERROR)
                .map(Object::toString).collect(Collectors.joining("\n"));
    }

    private static String joined(List<Path> paths) {
        return paths.stream().map(Path::toString).collect(Collectors.joining(":"));
    }

    // ---- running ----

    /// Runs tests on the classes in these directories, in a class loader of their own.
    ///
    /// @param done is told of each as soon as it has ended
    /// @param untilRed whether the first that is red is the last to be run
    static Map<Test, Result> run(Collection<Test> tests, List<Path> classPath, Consumer<Test> done, boolean untilRed) throws IOException {
        var urls = new ArrayList<URL>();
        for (var directory : classPath) urls.add(directory.toUri().toURL());
        var before = Thread.currentThread().getContextClassLoader();
        try (var loader = new URLClassLoader(urls.toArray(URL[]::new), Acceptance.class.getClassLoader())) {
            Thread.currentThread().setContextClassLoader(loader);
            var wanted = new LinkedHashMap<String, Test>();
            for (var test : tests) wanted.put(test.name(), test);
            var whole = tests.stream().map(Test::type).distinct()
                    .map(type -> (DiscoverySelector) DiscoverySelectors.selectClass(loader, "redis.server." + type));
            var request = LauncherDiscoveryRequestBuilder.request().selectors(whole.toList())
                    .filters(TagFilter.excludeTags("exercise", "torture"), (org.junit.platform.launcher.PostDiscoveryFilter) descriptor -> {
                        var name = descriptor.getSource().filter(MethodSource.class::isInstance).map(source -> name((MethodSource) source));
                        return org.junit.platform.engine.FilterResult.includedIf(name.isEmpty() || wanted.containsKey(name.get()));
                    })
                    .configurationParameter("junit.jupiter.testmethod.order.default", AsWritten.class.getName())
                    .configurationParameter(AsWritten.ORDER, String.join(",", wanted.keySet()))
                    .configurationParameter("junit.jupiter.execution.timeout.default", "60 s")
                    .configurationParameter("junit.jupiter.execution.timeout.lifecycle.method.default", "20 s")
                    .configurationParameter("junit.jupiter.execution.timeout.thread.mode.default", "SEPARATE_THREAD").build();
            var enough = CancellationToken.create();
            var watch = new Watch(wanted, done, failure -> {
                if (untilRed || !stuck(failure).isEmpty()) enough.cancel();
            });
            LauncherFactory.create().execute(LauncherExecutionRequestBuilder.request(request).listeners(watch).cancellationToken(enough).build());
            return watch.results();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    /// The order of the tests that are to be run: what is first in the list is tried first.
    static final class AsWritten implements MethodOrderer {

        static final String ORDER = "acceptance.order";

        @Override
        public void orderMethods(MethodOrdererContext context) {
            var order = List.of(context.getConfigurationParameter(ORDER).orElse("").split(","));
            var type = context.getTestClass().getSimpleName();
            context.getMethodDescriptors().sort(Comparator.comparingInt(method -> order.indexOf(type + "." + method.getMethod().getName())));
        }
    }

    private static String name(MethodSource source) {
        return source.getClassName().replaceFirst(".*\\.", "") + "." + source.getMethodName();
    }

    /// Puts together what belongs to one method, which may have been run with several arguments.
    private static final class Watch implements TestExecutionListener {

        private final Map<String, Test> wanted;
        private final Consumer<Test> done;
        private final Consumer<Throwable> onRed;
        private final Map<Test, Result> results = new HashMap<>();
        private Throwable ofClass; // what failed before a class could begin

        Watch(Map<String, Test> wanted, Consumer<Test> done, Consumer<Throwable> onRed) {
            this.wanted = wanted;
            this.done = done;
            this.onRed = onRed;
        }

        private Optional<Test> test(TestIdentifier identifier) {
            return identifier.getSource().filter(MethodSource.class::isInstance).map(source -> wanted.get(name((MethodSource) source)));
        }

        @Override
        public void executionStarted(TestIdentifier identifier) {
            if (identifier.isTest()) Printed.forget();
        }

        @Override
        public void executionSkipped(TestIdentifier identifier, String reason) {
            test(identifier).ifPresent(test -> put(test, new Result(Verdict.SKIPPED, "", new Throwable(reason), "")));
        }

        @Override
        public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
            var test = test(identifier).orElse(null);
            if (test == null) {
                result.getThrowable().ifPresent(failure -> ofClass = failure);
                return;
            }
            boolean one = !identifier.isContainer() && !isMethod(identifier);
            var verdict = switch (result.getStatus()) {
                case SUCCESSFUL -> Verdict.GREEN;
                case ABORTED -> Verdict.SKIPPED;
                case FAILED -> Verdict.RED;
            };
            var failure = result.getThrowable().orElse(null);
            put(test, new Result(verdict, one ? identifier.getDisplayName() : "", failure, verdict == Verdict.RED ? Printed.text() : ""));
            if (verdict == Verdict.RED) onRed.accept(failure);
            if (isMethod(identifier)) done.accept(test);
        }

        /// Whether it is a method, and not one invocation of a method.
        private static boolean isMethod(TestIdentifier identifier) {
            var last = identifier.getUniqueIdObject().getLastSegment().getType();
            return last.equals("method") || last.equals("test-template");
        }

        /// The first that is red counts, or else the first that is skipped.
        private void put(Test test, Result result) {
            results.merge(test, result, (before, now) -> now.verdict.compareTo(before.verdict) > 0 ? now : before);
        }

        Map<Test, Result> results() {
            for (var test : wanted.values()) {
                var why = ofClass != null ? ofClass : new Throwable("it was not run");
                results.putIfAbsent(test, new Result(Verdict.RED, "", why, ""));
            }
            return results;
        }
    }

    /// What is printed while a test runs: the server's log and a learner's own output. It is shown with the failure, not in the middle of the list.
    static final class Printed {

        private static final int MOST = 64 * 1024;
        private static final ByteArrayOutputStream BYTES = new ByteArrayOutputStream();

        private Printed() {}

        /// Begins to catch it, and returns the standard output as it was.
        static PrintStream redirect() {
            var out = System.out;
            var caught = new PrintStream(new OutputStream() {
                @Override
                public void write(int b) {
                    write(new byte[] {(byte) b}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) {
                    synchronized (BYTES) {
                        if (BYTES.size() + length <= MOST) BYTES.write(bytes, offset, length);
                    }
                }
            }, true, StandardCharsets.UTF_8);
            System.setOut(caught);
            System.setErr(caught);
            return out;
        }

        static void forget() {
            synchronized (BYTES) {
                BYTES.reset();
            }
        }

        static String text() {
            synchronized (BYTES) {
                return BYTES.toString(StandardCharsets.UTF_8);
            }
        }
    }

    // ---- what a failure says ----

    /// The message as a learner reads it: without Java around it, where the tests have found words of their own.
    static String explanation(Result result) {
        var failure = result.failure();
        if (!stuck(failure).isEmpty()) return stuck(failure);
        if (failure instanceof TimeoutException) {
            return failure.getMessage() + """
                    .
                    A single wait for bytes would have given up long before. So either all goes on, but slowly (one byte for each read or write?),
                    or the server has stopped reading, and the test waits until it can send.""";
        }
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null && cause.getMessage().contains("\nSent:  ")) return cause.getMessage().strip();
        }
        if (failure instanceof AssertionError && failure.getMessage() != null) return failure.getMessage().strip();
        if (failure instanceof UnsupportedOperationException && failure.getMessage() != null) return failure.getMessage();
        return failure + Stream.of(failure.getStackTrace()).filter(frame -> frame.getClassName().startsWith("redis.")).limit(5)
                .map(frame -> "\n    at " + frame).collect(Collectors.joining());
    }

    /// What to say if the server did not even start or stop in time, as it would not in any other test either; empty if that is not why one failed.
    private static String stuck(Throwable failure) {
        if (!(failure instanceof TimeoutException)) return "";
        if (failure.getMessage().startsWith("startServer()")) {
            return """
                    RedisServer.start() has not returned in time, so no more tests were tried.
                    It is to return when clients can connect. Who accepts them needs a thread of its own.""";
        }
        return failure.getMessage().startsWith("stopServer()") ? """
                RedisServer.close() has not returned in time, so no more tests were tried.
                Does it wait for a thread that waits for a client? To close a socket wakes whoever reads from it, or accepts.""" : "";
    }

    // ---- where the guide speaks of it ----

    private static final Pattern HEADING = Pattern.compile("#{2,6} +(.*)");
    private static final Pattern TESTS = Pattern.compile("<!-- tests: (.*) -->");

    /// The section of a guide with a comment `<!-- tests: TYPE, TYPE.method … -->` that names this test, or else its class.
    static String guide(Test test) throws IOException {
        var file = Path.of(test.step(), "GUIDE.md");
        if (!Files.exists(file)) return test.step() + "/README.md";
        var sections = sections(file);
        var section = Stream.of(test.name(), test.type()).map(sections::get).filter(found -> found != null).findFirst();
        return section.map(heading -> file + "#" + anchor(heading) + " (\"" + heading.replace("`", "") + "\")").orElse(file + "#the-idea");
    }

    /// The heading above each name in such a comment.
    static Map<String, String> sections(Path guide) throws IOException {
        var sections = new TreeMap<String, String>();
        var heading = "";
        for (var line : Files.readAllLines(guide)) {
            var matcher = HEADING.matcher(line);
            if (matcher.matches()) heading = matcher.group(1);
            var tests = TESTS.matcher(line);
            if (tests.matches()) for (var name : tests.group(1).split(", *")) sections.putIfAbsent(name, heading);
        }
        return sections;
    }

    /// As GitHub makes it.
    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
    }
}
