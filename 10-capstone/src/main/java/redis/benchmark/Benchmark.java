package redis.benchmark;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Measures our server beside a real Redis, or any two servers beside each other.
public final class Benchmark {

    static final int OK = 0;
    static final int A_ROW_FAILED = 1;
    static final int CANNOT_RUN = 2;

    private static final long END_TIMEOUT_SECONDS = 15;

    /// What a main method does; it returns the status to exit with.
    interface Program {
        int run() throws InterruptedException;
    }

    private final Options options;
    private final String arguments;
    private final PrintStream out;
    private final Progress progress;
    private final List<String> notes = new ArrayList<>();
    private final List<Contender> contenders = new ArrayList<>();

    private Benchmark(Options options, String arguments, PrintStream out, boolean isTerminal) {
        this.options = options;
        this.arguments = arguments;
        this.out = out;
        this.progress = new Progress(out, isTerminal);
    }

    public static void main(String... args) {
        var console = System.console();
        boolean isTerminal = console != null && console.isTerminal();
        runUntilInterrupted(System.out, () -> run(System.out, isTerminal, args));
    }

    /// Runs a program, and ends the process unless all was well. Ctrl-C interrupts the thread that runs it, and the JVM waits until that has stopped the
    /// servers that it has started.
    static void runUntilInterrupted(PrintStream out, Program program) {
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
        int status = statusOf(out, program);
        if (status != OK) System.exit(status);
    }

    private static int statusOf(PrintStream out, Program program) {
        var runner = Thread.currentThread();
        var ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (ended.getCount() == 0) return;
            runner.interrupt();
            try {
                if (!ended.await(END_TIMEOUT_SECONDS, TimeUnit.SECONDS)) ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        try {
            return program.run();
        } catch (InterruptedException e) {
            out.println("\nStopped.");
            return A_ROW_FAILED;
        } finally {
            ended.countDown();
        }
    }

    /// @return the status to exit with
    /// @throws InterruptedException if the thread is interrupted; what was started is stopped then
    static int run(PrintStream out, boolean isTerminal, String... args) throws InterruptedException {
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + " Try --help.");
            return CANNOT_RUN;
        }
        if (options == null) {
            out.print(Options.usage());
            return OK;
        }
        try {
            return new Benchmark(options, String.join(" ", args), out, isTerminal).run();
        } catch (IOException e) {
            System.err.println(e.getMessage());
            return CANNOT_RUN;
        }
    }

    private int run() throws IOException, InterruptedException {
        var machine = Machine.current(); // before the benchmark itself makes it busy
        if (machine.isBusy()) {
            notes.add("The machine was busy before the benchmark began: a load of %.1f on %d cores. Do not rely on these numbers."
                    .formatted(machine.load(), machine.cores()));
        }
        List<Row> rows;
        List<String> servers;
        boolean judged;
        try {
            enter();
            servers = contenders.stream().map(Benchmark::describeInFull).toList();
            judged = options.server() == null && contenders.size() == 2;
            for (var contender : contenders) progress.say(describe(contender));
            for (var note : notes) progress.say(note);
            rows = new Race(contenders, options, progress).run(options.workloads());
        } finally {
            leave();
        }
        var report = new Report(Instant.now(), machine, arguments, options, servers, judged, notes, rows);
        out.print("\n" + Table.of(report));
        write(report);
        return report.hasFailures() ? A_ROW_FAILED : OK;
    }

    /// Finds or starts the servers.
    private void enter() throws IOException, InterruptedException {
        contenders.add(options.server() == null ? startOurs() : existing(nameOf(options.server()), options.server(), null));
        if (options.against() != null) {
            contenders.add(existing(nameOf(options.against()), options.against(), null));
        } else {
            redis().ifPresent(contenders::add);
        }
        for (var contender : contenders) {
            if (contender.server.isOwn()) continue;
            contender.facts.burden().ifPresent(burden -> notes.add(contender.name + " was not started by the benchmark, and " + burden + "."));
        }
    }

    private void leave() {
        for (var contender : contenders) {
            try {
                contender.close();
            } catch (IOException e) {
                notes.add("%s: keys that begin with %s may be left (%s).".formatted(contender.name, Requests.PREFIX, e.getMessage()));
            }
        }
    }

    private Contender startOurs() throws IOException, InterruptedException {
        var launch = Launch.ours();
        int port = Options.DEFAULT_PORT;
        if (!RunningServer.isFree(port)) {
            notes.add("Port %d is taken, so our server is on another one. To measure the server on that port: --port %1$d.".formatted(port));
            port = 0;
        }
        if (Launch.jvmOptions().isEmpty()) notes.add("tools/jvm.options was not found: our server runs with the JVM's own options.");
        return started(launch, port);
    }

    private static Contender started(Launch launch, int port) throws IOException, InterruptedException {
        RunningServer server;
        try {
            server = RunningServer.start(launch, port, Workload.Setting.PLAIN.options);
        } catch (IOException e) {
            throw new IOException(launch.name() + ": " + e.getMessage(), e);
        }
        try {
            return new Contender(launch.name(), server, launch);
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private static Contender existing(String name, InetSocketAddress address, Launch launch) throws IOException {
        try {
            return new Contender(name, RunningServer.existing(address), launch);
        } catch (IOException e) {
            throw new IOException("No server to measure at %s: %s.".formatted(nameOf(address), e.getMessage()), e);
        }
    }

    /// The real Redis on its usual port, or one of our own; empty if there is neither.
    private Optional<Contender> redis() throws IOException, InterruptedException {
        var launch = Launch.redis();
        try {
            var redis = new Contender("Redis", RunningServer.existing(new InetSocketAddress("127.0.0.1", Options.REDIS_PORT)), launch.orElse(null));
            if (launch.isPresent()) notes.add("Rows with AOF or BGSAVE use a redis-server of their own, as the one on port 6379 keeps its configuration.");
            return Optional.of(redis);
        } catch (IOException e) {
            if (launch.isEmpty()) {
                notes.add("No Redis answers on port %d (%s), and redis-server is not installed: ours is measured alone. To get one: %s."
                        .formatted(Options.REDIS_PORT, e.getMessage(), Launch.HOW_TO_GET_REDIS));
                return Optional.empty();
            }
            notes.add("No Redis answers on port %d (%s): a private redis-server is used.".formatted(Options.REDIS_PORT, e.getMessage()));
            return Optional.of(started(launch.get(), 0));
        }
    }

    private static String nameOf(InetSocketAddress address) {
        return address.getHostString() + ":" + address.getPort();
    }

    private static String describe(Contender contender) {
        return "%s: redis_version %s, at %s, %s".formatted(contender.name, contender.facts.version(), nameOf(contender.server.address),
                contender.server.isOwn() ? "started by the benchmark" : "which was there before");
    }

    /// With how others can start it.
    private static String describeInFull(Contender contender) {
        if (contender.launch == null) return describe(contender);
        return describe(contender) + "; command: " + String.join(" ", contender.launch.command());
    }

    private void write(Report report) throws IOException {
        var directory = Files.createDirectories(options.output());
        Files.writeString(directory.resolve("report.html"), HtmlReport.of(report));
        Files.writeString(directory.resolve("report.json"), JsonReport.of(report));
        for (var file : JsonReport.histograms(report.rows()).entrySet()) Files.writeString(directory.resolve(file.getKey()), file.getValue());
        out.println("\nReport: " + directory.resolve("report.html").toUri() + "; for machines: report.json and .hgrm files beside it");
    }
}
