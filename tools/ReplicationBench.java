import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/// The comparisons of step 08: writes with a replica, a full synchronization, the delay of the stream. Ours follows ours, and Redis follows Redis. See
/// [Bench].
class ReplicationBench {

    static final int KEYS = 1_000_000;
    static final int PROBES = 2_000;

    /// The requests of the load for the delay, and how often a packet of them is sent.
    static final int PACKET = 64;

    private final Bench bench;

    ReplicationBench(Bench bench) {
        this.bench = bench;
    }

    void run() throws Exception {
        if (bench.step.compareTo("08") < 0 || !bench.only.contains("replication")) return;
        try (var ours = new Pair(true); var redis = new Pair(false)) {
            double load = throughput(ours, redis);
            delay(ours, redis, load);
        }
        try (var ours = new Pair(true); var redis = new Pair(false)) {
            fullSync(ours, redis);
        }
    }

    /// A master and a server that can follow it.
    private final class Pair implements AutoCloseable {
        final Path directory = Files.createTempDirectory("replication");
        final Bench.Server master;
        final Bench.Server replica;

        Pair(boolean ours) throws Exception {
            master = start(ours, "master");
            replica = start(ours, "replica");
        }

        private Bench.Server start(boolean ours, String name) throws Exception {
            var own = Files.createDirectory(directory.resolve(name));
            var options = new ArrayList<>(List.of("--save", "", "--dir", own.toString()));
            if (ours) return bench.startOurs(options);
            options.addAll(List.of("--repl-diskless-sync-delay", "0")); // ours does not wait either
            return Bench.startRedis(options.toArray(String[]::new));
        }

        void connect() throws Exception {
            ask(replica, "REPLICAOF 127.0.0.1 " + master.port);
            try (var connection = new Bench.Connection(replica)) {
                while (!connection.info("replication", "master_link_status").equals("up")) TimeUnit.MILLISECONDS.sleep(2);
            }
        }

        void disconnect() throws Exception {
            ask(replica, "REPLICAOF NO ONE");
            ask(replica, "FLUSHALL");
        }

        @Override
        public void close() throws IOException, InterruptedException {
            replica.close();
            master.close();
            PersistenceBench.delete(directory);
        }
    }

    private static void ask(Bench.Server server, String command) throws Exception {
        try (var connection = new Bench.Connection(server)) {
            connection.send(command + "\r\n");
            if (!connection.line().startsWith("+OK")) throw new IllegalStateException(server.name + " refuses " + command);
        }
    }

    /// @return half of what both can do, in SETs a second
    private double throughput(Pair ours, Pair redis) throws Exception {
        System.out.printf("%nWith one replica: %d connections, %,d random keys, median of %d pairs%n", Bench.CLIENTS, Bench.KEYS, bench.pairs);
        ours.connect();
        redis.connect();
        bench.warmUp(ours.master, redis.master, List.of("set"));
        System.out.println(Bench.HEADING);
        for (int pipeline : List.of(1, 16)) bench.compare("SET", ours.master, redis.master, "set", pipeline);
        double most = Math.min(bench.load(ours.master, "set", 16, 10 * bench.requests).rps(), bench.load(redis.master, "set", 16, 10 * bench.requests).rps());
        return most / 2;
    }

    // ---- the delay ----

    private void delay(Pair ours, Pair redis, double load) throws Exception {
        System.out.printf("%nFrom a PUBLISH at the master to its message at the replica, beside %,.0f SETs a second: milliseconds%n", load);
        var ourTimes = new ArrayList<Double>();
        var redisTimes = new ArrayList<Double>();
        for (int round = 0; round < 3; round++) {
            ourTimes.addAll(delays(ours, load));
            redisTimes.addAll(delays(redis, load));
        }
        System.out.printf("ours         p50, p99, max: %s%n", bench.percentiles(ourTimes));
        System.out.printf("redis-server p50, p99, max: %s%n", bench.percentiles(redisTimes));
        System.out.printf("p99 ratio %.2fx%n", bench.percentile(ourTimes, 0.99) / bench.percentile(redisTimes, 0.99));
    }

    private static List<Double> delays(Pair pair, double load) throws Exception {
        var running = new AtomicBoolean(true);
        var loader = Thread.ofPlatform().start(() -> write(pair.master, load, running));
        var times = new ArrayList<Double>();
        try (var publisher = new Bench.Connection(pair.master); var subscriber = new Bench.Connection(pair.replica)) {
            subscriber.send("SUBSCRIBE probe\r\n");
            skip(subscriber, 6);
            for (int i = 0; i < PROBES; i++) {
                long start = System.nanoTime();
                publisher.send("PUBLISH probe x\r\n");
                skip(subscriber, 7);
                times.add((System.nanoTime() - start) / 1e6);
                publisher.line();
                TimeUnit.MILLISECONDS.sleep(1);
            }
        }
        running.set(false);
        loader.join();
        return times;
    }

    private static void skip(Bench.Connection connection, int lines) throws IOException {
        for (int i = 0; i < lines; i++) connection.line();
    }

    /// Sends packets of SETs at a steady pace.
    private static void write(Bench.Server server, double perSecond, AtomicBoolean running) {
        long pause = (long) (1e9 * PACKET / perSecond);
        try (var connection = new Bench.Connection(server)) {
            long next = System.nanoTime();
            for (int packet = 0; running.get(); packet++) {
                var requests = new StringBuilder();
                for (int i = 0; i < PACKET; i++) requests.append("SET key:%012d xxx\r\n".formatted((packet * 7919 + i) % Bench.KEYS));
                connection.send(requests.toString());
                skip(connection, PACKET);
                next += pause;
                LockSupport.parkNanos(next - System.nanoTime());
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- a full synchronization ----

    private void fullSync(Pair ours, Pair redis) throws Exception {
        System.out.printf("%nFull synchronization of %,d keys: seconds from REPLICAOF to a link that is up%n", KEYS);
        for (var pair : List.of(ours, redis)) {
            try (var connection = new Bench.Connection(pair.master)) {
                PersistenceBench.fill(connection, 0, KEYS);
            }
            syncTime(pair);
            syncTime(pair);
        }
        var ourTimes = new double[bench.pairs];
        var redisTimes = new double[bench.pairs];
        var ratios = new double[bench.pairs];
        for (int i = 0; i < bench.pairs; i++) {
            ourTimes[i] = syncTime(ours);
            redisTimes[i] = syncTime(redis);
            ratios[i] = ourTimes[i] / redisTimes[i];
        }
        System.out.printf("ours %.2f s, Redis %.2f s; ratio %.2fx%n", Bench.median(ourTimes), Bench.median(redisTimes), Bench.median(ratios));
    }

    private static double syncTime(Pair pair) throws Exception {
        long start = System.nanoTime();
        pair.connect();
        double seconds = (System.nanoTime() - start) / 1e9;
        try (var connection = new Bench.Connection(pair.replica)) {
            if (connection.integer("DBSIZE") != KEYS) throw new IllegalStateException("the replica of " + pair.master.name + " has not all keys");
        }
        pair.disconnect();
        return seconds;
    }
}
