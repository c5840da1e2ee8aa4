import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/// Compares a step's server with redis-server on this machine, and prints tables.
///
/// The two take turns, in short rounds and in changing order, so that whatever else the machine does falls on both. What counts is the
/// ratio, ours / Redis: above 1 is good for throughput, below 1 for times. The load comes from redis-benchmark.
class Bench {

    static final String USAGE = """
            Usage: make bench-NN-step [ARGS="…"]     for example: make bench-03-get-set ARGS="--only throughput --pairs 3"

              --only A,B,…   throughput, fairness, idle, startup, expiry (from step 04 on), aof, load (from 05 on),
                             snapshot, growth, memory (from 06 on), pubsub (from 07 on), replication (from 08 on);
                             default: all that the step can
              --pairs N      rounds of throughput whose median counts, each one run of either server (default 5)
              --requests N   requests of a run at -P 1; pipelined runs send ten times as many (default 100000)
              --pipeline L   pipeline lengths (default 1,16,100)
              --tests L      redis-benchmark tests (default set,get)
              --jvm OPTIONS  more options for the server's JVM, as a trial

            Needs redis-server and redis-benchmark (Debian: apt-get install redis-server redis-tools). CPU times need Linux.
            """;

    static final int CLIENTS = 50;
    static final int KEYS = 100_000;
    static final int IDLE_CONNECTIONS = 10_000;
    static final int WARM_UP = 250_000;

    String step;
    List<String> only = List.of("throughput", "fairness", "idle", "startup", "expiry", "aof", "load", "snapshot", "growth", "memory",
            "pubsub", "replication");
    int pairs = 5;
    int requests = 100_000;
    List<String> pipelines = List.of("1", "16", "100");
    List<String> tests = List.of("set", "get");
    String jvmOptions = "";

    public static void main(String... args) throws Exception {
        Locale.setDefault(Locale.ROOT);
        try {
            new Bench().run(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    void run(String... args) throws Exception {
        if (args.length == 0 || List.of(args).contains("--help")) {
            System.out.print(USAGE);
            return;
        }
        parse(args);
        for (var tool : List.of("redis-server", "redis-benchmark")) require(tool);

        System.out.printf("%s against redis-server, %d cores. Ratios are ours / Redis.%n", step, Runtime.getRuntime().availableProcessors());
        if (only.contains("startup")) startup();
        if (only.contains("throughput") || only.contains("fairness")) {
            try (var ours = startOurs(); var redis = startRedis()) {
                if (only.contains("throughput")) throughput(ours, redis);
                if (only.contains("fairness")) fairness(ours, redis);
            }
        }
        if (only.contains("expiry") && step.compareTo("04") > 0) {
            try (var ours = startOurs(); var redis = startRedis()) {
                expiry(ours, redis);
            }
        }
        if (only.contains("idle")) {
            try (var ours = startOurs(); var redis = startRedis()) {
                idle(ours, redis);
            }
        }
        new PersistenceBench(this).run();
        new PubSubBench(this).run();
        new ReplicationBench(this).run();
    }

    void parse(String... args) {
        step = args[0];
        if (!Files.isDirectory(Path.of(step))) throw new IllegalArgumentException("There is no step " + step + " here. Try --help.");
        for (int i = 1; i < args.length; i += 2) {
            if (i + 1 == args.length) throw new IllegalArgumentException(args[i] + " needs a value. Try --help.");
            var value = args[i + 1];
            switch (args[i]) {
                case "--only" -> only = List.of(value.split(","));
                case "--pairs" -> pairs = Integer.parseInt(value);
                case "--requests" -> requests = Integer.parseInt(value);
                case "--pipeline" -> pipelines = List.of(value.split(","));
                case "--tests" -> tests = List.of(value.split(","));
                case "--jvm" -> jvmOptions = value;
                default -> throw new IllegalArgumentException("Unknown option " + args[i] + ". Try --help.");
            }
        }
    }

    static void require(String tool) throws IOException {
        var path = System.getenv().getOrDefault("PATH", "").split(":");
        if (Arrays.stream(path).noneMatch(directory -> Files.isExecutable(Path.of(directory, tool)))) {
            throw new IllegalArgumentException(
                    tool + " is not installed. Debian: apt-get install redis-server redis-tools; macOS: brew install redis");
        }
    }

    // ---- the comparisons ----

    /// One run of redis-benchmark: requests per second, milliseconds, and the server's CPU time in microseconds per request.
    record Run(double rps, double p50, double p99, double cpu) {}

    void throughput(Server ours, Server redis) throws Exception {
        System.out.printf("%nThroughput and latency: %d connections, %,d random keys, median of %d pairs%n", CLIENTS, KEYS, pairs);
        warmUp(ours, redis, tests);
        System.out.println(HEADING);
        for (var pipeline : pipelines) {
            for (var test : tests) compare(test.toUpperCase(Locale.ROOT), ours, redis, test, Integer.parseInt(pipeline));
        }
    }

    static final String HEADING = "%-14s %6s | %10s %10s %6s | %15s %6s | %15s %6s | %15s %6s".formatted("", "", "req/s ours", "Redis", "ratio",
            "p50 ms", "ratio", "p99 ms", "ratio", "CPU µs/request", "ratio");

    void warmUp(Server ours, Server redis, List<String> tests) throws Exception {
        for (var server : List.of(ours, redis)) {
            for (var test : tests) {
                load(server, test, 1, WARM_UP);
                load(server, test, 16, 4 * WARM_UP);
            }
        }
    }

    void compare(String name, Server ours, Server redis, String test, int pipeline) throws Exception {
        var ourRuns = new ArrayList<Run>();
        var redisRuns = new ArrayList<Run>();
        int count = pipeline == 1 ? requests : 10 * requests;
        for (int pair = 0; pair < pairs; pair++) {
            if (pair % 2 == 0) ourRuns.add(load(ours, test, pipeline, count));
            redisRuns.add(load(redis, test, pipeline, count));
            if (pair % 2 == 1) ourRuns.add(load(ours, test, pipeline, count));
        }
        System.out.printf("%-14s %6s | %,10.0f %,10.0f %s | %s | %s | %s%n", name, "-P " + pipeline,
                median(ourRuns, Run::rps), median(redisRuns, Run::rps), ratio(ourRuns, redisRuns, Run::rps),
                cell(ourRuns, redisRuns, Run::p50), cell(ourRuns, redisRuns, Run::p99), cell(ourRuns, redisRuns, Run::cpu));
    }

    static String cell(List<Run> ours, List<Run> redis, ToDoubleFunction<Run> what) {
        return "%7.2f %7.2f %s".formatted(median(ours, what), median(redis, what), ratio(ours, redis, what));
    }

    /// The median of the pairs' ratios, not the ratio of the medians: the two runs of a pair are close in time.
    static String ratio(List<Run> ours, List<Run> redis, ToDoubleFunction<Run> what) {
        var ratios = new double[ours.size()];
        for (int i = 0; i < ratios.length; i++) ratios[i] = what.applyAsDouble(ours.get(i)) / what.applyAsDouble(redis.get(i));
        return "%5.2fx".formatted(median(ratios));
    }

    Run load(Server server, String test, int pipeline, int count) throws Exception {
        double before = server.cpuSeconds();
        var fields = benchmark(server, test, pipeline, count);
        double cpu = (server.cpuSeconds() - before) * 1e6 / count;
        return new Run(fields[1], fields[4], fields[6], cpu);
    }

    /// @return the columns of redis-benchmark's CSV; the first, a name, is not a number
    static double[] benchmark(Server server, String test, int pipeline, int count) throws Exception {
        var process = startBenchmark(server, test, pipeline, count);
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) throw new IllegalStateException("redis-benchmark failed: " + output);
        var line = output.lines().reduce((_, last) -> last).orElseThrow();
        var columns = line.replace("\"", "").split(",");
        var numbers = new double[8];
        int offset = columns.length - 8; // a test's name may hold commas
        for (int i = 1; i < 8; i++) numbers[i] = Double.parseDouble(columns[offset + i]);
        return numbers;
    }

    static Process startBenchmark(Server server, String test, int pipeline, int count) throws IOException {
        var command = new ArrayList<>(List.of("redis-benchmark", "-h", "127.0.0.1", "-p", "" + server.port, "-c", "" + CLIENTS, "-n", "" + count,
                "-r", "" + KEYS, "-P", "" + pipeline, "--csv"));
        command.addAll(test.contains(" ") ? List.of(test.split(" ")) : List.of("-t", test)); // a request, or one of its tests
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    void fairness(Server ours, Server redis) throws Exception {
        System.out.printf("%nA PING while %d connections pipeline GETs by 100: milliseconds%n", CLIENTS);
        System.out.printf("%-28s | %7s %7s %7s | %7s %7s %7s | %s%n", "", "ours p50", "p99", "max", "Redis p50", "p99", "max", "p99 ratio");
        for (var mode : List.of("an open connection", "a new connection each time")) {
            var ourTimes = new ArrayList<Double>();
            var redisTimes = new ArrayList<Double>();
            for (int round = 0; round < 3; round++) {
                ourTimes.addAll(pingUnderLoad(ours, mode.startsWith("a new")));
                redisTimes.addAll(pingUnderLoad(redis, mode.startsWith("a new")));
            }
            System.out.printf("%-28s | %s | %s | %5.2fx%n", mode, percentiles(ourTimes), percentiles(redisTimes),
                    percentile(ourTimes, 0.99) / percentile(redisTimes, 0.99));
        }
    }

    List<Double> pingUnderLoad(Server server, boolean anew) throws Exception {
        var load = startBenchmark(server, "get", 100, 40 * requests);
        Thread.ofVirtual().start(() -> drain(load));
        var times = new ArrayList<Double>();
        try (var connection = new Connection(server)) {
            while (load.isAlive() && times.size() < 3_000) {
                long start = System.nanoTime();
                if (anew) {
                    try (var fresh = new Connection(server)) {
                        fresh.ping();
                    }
                } else {
                    connection.ping();
                }
                times.add((System.nanoTime() - start) / 1e6);
                TimeUnit.MICROSECONDS.sleep(500);
            }
        }
        load.waitFor();
        return times;
    }

    void expiry(Server ours, Server redis) throws Exception {
        System.out.printf("%n1,000,000 keys that end in the same second, and nobody reads them: PING on another connection meanwhile%n");
        for (var server : List.of(ours, redis)) {
            fillWithKeysThatEnd(server, 1_000_000);
            var times = new ArrayList<Double>();
            long start = 0;
            try (var connection = new Connection(server)) {
                long left = Long.MAX_VALUE;
                while (left > 0) {
                    for (int i = 0; i < 20; i++) {
                        long sent = System.nanoTime();
                        connection.ping();
                        times.add((System.nanoTime() - sent) / 1e6);
                        TimeUnit.MICROSECONDS.sleep(500);
                    }
                    left = connection.integer("DBSIZE");
                    if (left == 1_000_000) times.clear();
                    else if (start == 0) start = System.nanoTime();
                }
            }
            System.out.printf("%-12s all removed within %.1f s; ping ms p50, p99, max: %s%n", server.name,
                    (System.nanoTime() - start) / 1e9, percentiles(times));
        }
    }

    static void fillWithKeysThatEnd(Server server, int count) throws Exception {
        long end = System.currentTimeMillis() / 1000 + 8;
        try (var connection = new Connection(server)) {
            var batch = new StringBuilder();
            for (int i = 0; i < count; i++) {
                batch.append("SET key:%012d %032d EXAT %d\r\n".formatted(i, i, end));
                if ((i + 1) % 1_000 == 0) {
                    connection.send(batch.toString());
                    for (int reply = 0; reply < 1_000; reply++) connection.line();
                    batch.setLength(0);
                }
            }
        }
        if (System.currentTimeMillis() / 1000 >= end) {
            throw new IllegalStateException("this machine is too slow to fill " + server.name + " before its keys end");
        }
    }

    void idle(Server ours, Server redis) throws Exception {
        System.out.printf("%n%,d idle connections, after a PING each: resident memory%n", IDLE_CONNECTIONS);
        for (var server : List.of(ours, redis)) {
            load(server, "set", 1, WARM_UP);
            long before = server.residentKib();
            var connections = new ArrayList<Connection>();
            try {
                for (int i = 0; i < IDLE_CONNECTIONS - 10; i++) {
                    var connection = new Connection(server);
                    connection.ping();
                    connections.add(connection);
                }
                long after = server.residentKib();
                System.out.printf("%-12s %,8d KiB before, %,8d KiB with them: %5.1f KiB each%n", server.name, before, after,
                        (after - before) / (double) connections.size());
            } finally {
                for (var connection : connections) connection.close();
            }
        }
    }

    void startup() throws Exception {
        int rounds = 7;
        var ourTimes = new double[rounds];
        var redisTimes = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            try (var ours = startOurs()) {
                ourTimes[i] = ours.readyAfterMillis;
            }
            try (var redis = startRedis()) {
                redisTimes[i] = redis.readyAfterMillis;
            }
        }
        System.out.printf("%nStart: %.0f ms from starting java to the first PONG, Redis %.0f ms (median of %d)%n",
                median(ourTimes), median(redisTimes), rounds);
    }

    // ---- the servers ----

    /// A server that keeps nothing on disk.
    Server startOurs() throws Exception {
        var options = step.compareTo("06") > 0 ? List.of("--save", "") : step.compareTo("05") > 0 ? List.of("--appendonly", "no") : List.<String>of();
        return startOurs(options);
    }

    Server startOurs(List<String> options) throws Exception {
        int port = freePort();
        var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "@tools/jvm.options"));
        if (!jvmOptions.isBlank()) command.addAll(List.of(jvmOptions.trim().split("\\s+")));
        command.addAll(List.of("-cp", step + "/target/classes:common/target/classes", "redis.server.Main", "--port", "" + port));
        command.addAll(options);
        return new Server("ours", command, port);
    }

    static Server startRedis(String... options) throws Exception {
        int port = freePort();
        var command = new ArrayList<>(List.of("redis-server", "--port", "" + port, "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--daemonize", "no"));
        command.addAll(List.of(options));
        return new Server("redis-server", command, port);
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    static final class Server implements AutoCloseable {
        final String name;
        final int port;
        final double readyAfterMillis;
        final Process process;
        final Path log = Files.createTempFile("bench", ".log");

        Server(String name, List<String> command, int port) throws Exception {
            this.name = name;
            this.port = port;
            long start = System.nanoTime();
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            while (true) {
                try (var connection = new Connection(this)) {
                    connection.awaitLoaded();
                    break;
                } catch (IOException e) {
                    if (!process.isAlive()) {
                        throw new IllegalStateException("did not start: " + String.join(" ", command) + "\n" + Files.readString(log));
                    }
                    TimeUnit.MILLISECONDS.sleep(1);
                }
            }
            readyAfterMillis = (System.nanoTime() - start) / 1e6;
        }

        /// User and system time of the whole process so far. Not a number where there is no /proc.
        double cpuSeconds() throws IOException {
            var stat = Path.of("/proc/" + process.pid() + "/stat");
            if (!Files.exists(stat)) return Double.NaN;
            var fields = Files.readString(stat).replaceFirst(".*\\) ", "").split(" ");
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0; // clock ticks, of which Linux has 100 a second
        }

        long residentKib() throws IOException {
            var status = Path.of("/proc/" + process.pid() + "/status");
            if (!Files.exists(status)) return 0;
            return Files.lines(status).filter(line -> line.startsWith("VmRSS:")).map(line -> line.replaceAll("\\D", ""))
                    .mapToLong(Long::parseLong).findFirst().orElse(0);
        }

        @Override
        public void close() throws IOException, InterruptedException {
            process.destroy();
            if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly().waitFor();
            Files.delete(log);
        }
    }

    /// A connection that speaks inline requests and reads replies of one line.
    static final class Connection implements AutoCloseable {
        private final Socket socket = new Socket();

        Connection(Server server) throws IOException {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress("127.0.0.1", server.port));
            socket.setSoTimeout((int) Duration.ofSeconds(30).toMillis());
        }

        void ping() throws IOException {
            send("PING\r\n");
            if (!line().equals("+PONG")) throw new IllegalStateException("no PONG");
        }

        /// Waits until the server has loaded its data.
        void awaitLoaded() throws IOException, InterruptedException {
            while (true) {
                send("PING\r\n");
                if (line().equals("+PONG")) return;
                TimeUnit.MILLISECONDS.sleep(1);
            }
        }

        /// The value of a field of INFO.
        String info(String section, String field) throws IOException {
            send("INFO " + section + "\r\n");
            int length = Integer.parseInt(line().substring(1));
            String found = null;
            for (int read = 0; read < length; ) {
                var line = line();
                read += line.length() + 2;
                if (line.startsWith(field + ":")) found = line.substring(field.length() + 1);
            }
            line();
            return found;
        }

        long integer(String request) throws IOException {
            send(request + "\r\n");
            return Long.parseLong(line().substring(1));
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        }

        private final byte[] buffer = new byte[8192];
        private int position;
        private int limit;

        String line() throws IOException {
            var line = new StringBuilder();
            while (true) {
                if (position == limit) {
                    position = 0;
                    limit = socket.getInputStream().read(buffer);
                    if (limit < 0) throw new IOException("the server closed the connection");
                }
                char c = (char) buffer[position++];
                if (c == '\n') return line.toString();
                if (c != '\r') line.append(c);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    static void drain(Process process) {
        try {
            process.getInputStream().readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- numbers ----

    static double median(List<Run> runs, ToDoubleFunction<Run> what) {
        return median(runs.stream().mapToDouble(what).toArray());
    }

    static double median(double[] numbers) {
        var sorted = numbers.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    static double percentile(List<Double> numbers, double fraction) {
        var sorted = numbers.stream().sorted().toList();
        return sorted.isEmpty() ? Double.NaN : sorted.get((int) Math.min(sorted.size() - 1, Math.ceil(fraction * sorted.size())));
    }

    static String percentiles(List<Double> millis) {
        return "%7.2f %7.2f %7.2f".formatted(percentile(millis, 0.5), percentile(millis, 0.99), percentile(millis, 1));
    }
}
