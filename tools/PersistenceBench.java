import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/// The comparisons of steps 05 and 06: the log, loading, snapshots, growing, memory. See [Bench].
class PersistenceBench {

    static final int KEYS = 1_000_000;

    private final Bench bench;
    private final boolean snapshots;

    PersistenceBench(Bench bench) {
        this.bench = bench;
        snapshots = bench.step.compareTo("06") > 0;
    }

    void run() throws Exception {
        if (bench.step.compareTo("05") < 0) return;
        if (bench.only.contains("aof")) aof();
        if (bench.only.contains("load")) load("AOF", "--appendonly", "yes", "--aof-use-rdb-preamble", "no");
        if (!snapshots) return;
        if (bench.only.contains("load")) load("RDB", "--save", "3600 1");
        if (bench.only.contains("snapshot")) snapshot();
        if (bench.only.contains("growth")) growth();
        if (bench.only.contains("memory")) memory();
    }

    // ---- the log ----

    void aof() throws Exception {
        System.out.printf("%nWith a log: %d connections, %,d random keys, median of %d pairs%n", Bench.CLIENTS, Bench.KEYS, bench.pairs);
        for (var policy : List.of("everysec", "always")) {
            var ourDirectory = Files.createTempDirectory("ours");
            var redisDirectory = Files.createTempDirectory("redis");
            try (var ours = startOurs(ourDirectory, "--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0");
                 var redis = Bench.startRedis("--dir", redisDirectory.toString(), "--appendonly", "yes", "--appendfsync", policy,
                         "--auto-aof-rewrite-percentage", "0")) {
                bench.warmUp(ours, redis, List.of("set"));
                if (policy.equals("everysec")) System.out.println(Bench.HEADING);
                for (int pipeline : List.of(1, 16)) bench.compare("SET " + policy, ours, redis, "set", pipeline);
            }
            delete(ourDirectory);
            delete(redisDirectory);
        }
    }

    private Bench.Server startOurs(Path directory, String... options) throws Exception {
        var all = new ArrayList<>(List.of("--dir", directory.toString()));
        if (snapshots && !List.of(options).contains("--save")) all.addAll(List.of("--save", ""));
        all.addAll(List.of(options));
        return bench.startOurs(all);
    }

    // ---- loading ----

    private static final Pattern LOADED = Pattern.compile("DB loaded from (?:append only file|disk): ([0-9.]+) seconds");

    /// Both load the same files, which a redis-server has written.
    void load(String form, String... options) throws Exception {
        System.out.printf("%nLoading %,d keys from %s: seconds by the servers' own logs%n", KEYS, form);
        var written = Files.createTempDirectory("written");
        var redisOptions = new ArrayList<>(List.of("--dir", written.toString()));
        redisOptions.addAll(List.of(options));
        try (var redis = Bench.startRedis(redisOptions.toArray(String[]::new)); var connection = new Bench.Connection(redis)) {
            fill(connection, 0, KEYS);
            if (form.equals("RDB")) connection.send("SAVE\r\n");
            if (form.equals("RDB")) connection.line();
        }
        var ourTimes = new double[bench.pairs];
        var redisTimes = new double[bench.pairs];
        var ratios = new double[bench.pairs];
        for (int i = 0; i < bench.pairs; i++) {
            ourTimes[i] = loadTime(written, true, options);
            redisTimes[i] = loadTime(written, false, options);
            ratios[i] = redisTimes[i] / ourTimes[i];
        }
        System.out.printf("%-12s ours %.2f, Redis %.2f; speed %.2fx%n", form, Bench.median(ourTimes), Bench.median(redisTimes), Bench.median(ratios));
        delete(written);
    }

    private double loadTime(Path written, boolean ours, String... options) throws Exception {
        var directory = Files.createTempDirectory("load");
        copy(written, directory);
        var command = new ArrayList<>(List.of("--dir", directory.toString()));
        var ourOptions = List.of(options).contains("--aof-use-rdb-preamble") && !snapshots ? List.of("--appendonly", "yes") : List.of(options);
        command.addAll(ours ? ourOptions : List.of(options));
        try (var server = ours ? bench.startOurs(command) : Bench.startRedis(command.toArray(String[]::new));
             var connection = new Bench.Connection(server)) {
            if (connection.integer("DBSIZE") != KEYS) throw new IllegalStateException(server.name + " has not loaded all keys");
            var line = LOADED.matcher(Files.readString(server.log));
            if (!line.find()) throw new IllegalStateException(server.name + " does not say how long it has loaded");
            return Double.parseDouble(line.group(1));
        } finally {
            delete(directory);
        }
    }

    // ---- snapshots ----

    private static final Pattern LONGEST_HOLD = Pattern.compile("the lock was held for ([0-9.]+) ms");

    void snapshot() throws Exception {
        System.out.printf("%nBGSAVE of %,d keys%n", KEYS);
        var ourDirectory = Files.createTempDirectory("ours");
        var redisDirectory = Files.createTempDirectory("redis");
        try (var ours = startOurs(ourDirectory); var redis = Bench.startRedis("--dir", redisDirectory.toString())) {
            for (var server : List.of(ours, redis)) {
                try (var connection = new Bench.Connection(server)) {
                    fill(connection, 0, KEYS);
                }
                bench.load(server, "set", 1, Bench.WARM_UP);
                save(server);
                save(server);
            }
            var ourTimes = new double[bench.pairs];
            var redisTimes = new double[bench.pairs];
            var ratios = new double[bench.pairs];
            for (int i = 0; i < bench.pairs; i++) {
                ourTimes[i] = save(ours);
                redisTimes[i] = save(redis);
                ratios[i] = ourTimes[i] / redisTimes[i];
            }
            System.out.printf("duration     ours %.2f s, Redis %.2f s; ratio %.2fx%n", Bench.median(ourTimes), Bench.median(redisTimes), Bench.median(ratios));
            int idle = holds(ours).length;
            for (int pipeline : List.of(1, 16)) {
                System.out.printf("throughput of SET -P %-2d while one follows the other, against none: ours %.2fx, Redis %.2fx%n", pipeline,
                        slowdown(ours, pipeline), slowdown(redis, pipeline));
            }
            var holds = holds(ours);
            printHolds("nothing else", Arrays.copyOfRange(holds, 2, idle)); // without those of the warm-up
            printHolds("SETs", Arrays.copyOfRange(holds, idle, holds.length));
        }
        delete(ourDirectory);
        delete(redisDirectory);
    }

    /// For how long each snapshot has held the store's lock at a time, at the most: milliseconds, by the server's log.
    private static double[] holds(Bench.Server ours) throws IOException {
        return LONGEST_HOLD.matcher(Files.readString(ours.log)).results().mapToDouble(result -> Double.parseDouble(result.group(1))).toArray();
    }

    private static void printHolds(String beside, double[] holds) {
        System.out.printf("longest hold of the lock, beside %s, of each of %d snapshots: median %.2f ms, longest %.2f ms%n", beside, holds.length,
                Bench.median(holds), Arrays.stream(holds).max().orElse(Double.NaN));
    }

    /// @return seconds
    private static double save(Bench.Server server) throws Exception {
        try (var connection = new Bench.Connection(server)) {
            long start = System.nanoTime();
            save(connection, 2);
            return (System.nanoTime() - start) / 1e9;
        }
    }

    private static void save(Bench.Connection connection, int pollMillis) throws IOException, InterruptedException {
        connection.send("BGSAVE\r\n");
        if (!connection.line().startsWith("+")) throw new IllegalStateException("no BGSAVE");
        while (connection.info("persistence", "rdb_bgsave_in_progress").equals("1")) TimeUnit.MILLISECONDS.sleep(pollMillis);
    }

    /// @return throughput with snapshots / throughput without, the median of some pairs
    private double slowdown(Bench.Server server, int pipeline) throws Exception {
        int count = pipeline == 1 ? 2 * bench.requests : 20 * bench.requests;
        var ratios = new double[bench.pairs];
        for (int i = 0; i < bench.pairs; i++) {
            double without = bench.load(server, "set", pipeline, count).rps();
            var running = new AtomicBoolean(true);
            var saver = Thread.ofPlatform().start(() -> {
                try (var connection = new Bench.Connection(server)) {
                    while (running.get()) save(connection, 20);
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            double with = bench.load(server, "set", pipeline, count).rps();
            running.set(false);
            saver.join();
            ratios[i] = with / without;
        }
        return Bench.median(ratios);
    }

    // ---- growing ----

    void growth() throws Exception {
        System.out.printf("%nGrowing from %,d to %,d keys: PING on another connection meanwhile, milliseconds%n", KEYS, 2 * KEYS);
        for (int round = 0; round < 3; round++) {
            try (var ours = bench.startOurs(); var redis = Bench.startRedis()) {
                for (var server : List.of(ours, redis)) {
                    bench.load(server, "set", 1, Bench.WARM_UP);
                    try (var filler = new Bench.Connection(server); var connection = new Bench.Connection(server)) {
                        filler.send("FLUSHALL\r\n");
                        filler.line();
                        fill(filler, 0, KEYS);
                        var filling = Thread.ofPlatform().start(() -> {
                            try {
                                fill(filler, KEYS, 2 * KEYS);
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        });
                        var times = new ArrayList<Double>();
                        while (filling.isAlive()) {
                            long start = System.nanoTime();
                            connection.ping();
                            times.add((System.nanoTime() - start) / 1e6);
                            TimeUnit.MICROSECONDS.sleep(200);
                        }
                        System.out.printf("%-12s p50, p99, max: %s%n", server.name, Bench.percentiles(times));
                    }
                }
            }
        }
    }

    // ---- memory ----

    void memory() throws Exception {
        System.out.printf("%nMemory for each of %,d keys of 16 bytes with values of 32 bytes%n", KEYS);
        try (var ours = bench.startOurs(); var redis = Bench.startRedis()) {
            System.out.printf("ours %.0f bytes of heap, Redis %.0f bytes of used_memory%n", bytesPerKey(ours, true), bytesPerKey(redis, false));
        }
    }

    private static double bytesPerKey(Bench.Server server, boolean collect) throws Exception {
        try (var connection = new Bench.Connection(server)) {
            long before = usedMemory(server, connection, collect);
            fill(connection, 0, KEYS);
            return (usedMemory(server, connection, collect) - before) / (double) KEYS;
        }
    }

    private static long usedMemory(Bench.Server server, Bench.Connection connection, boolean collect) throws Exception {
        if (collect) { // what is garbage is not used
            var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
            new ProcessBuilder(jcmd, "" + server.process.pid(), "GC.run").redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        }
        return Long.parseLong(connection.info("memory", "used_memory"));
    }

    // ---- data ----

    /// Sets keys of 16 bytes to values of 32 bytes.
    static void fill(Bench.Connection connection, int from, int to) throws IOException {
        var batch = new StringBuilder();
        for (int i = from; i < to; i++) {
            batch.append("*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$32\r\n%032d\r\n".formatted(i, i));
            if ((i + 1) % 500 == 0) {
                connection.send(batch.toString());
                for (int reply = 0; reply < 500; reply++) connection.line();
                batch.setLength(0);
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : files.toList()) {
                var target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) Files.createDirectories(target);
                else Files.copy(file, target);
            }
        }
    }

    static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }
}
