package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// SIGTERM at a random moment while 50 clients write, again and again: what was answered, and nothing else, is in the log, in the snapshot and on the
/// replica, which is ours and a real one by turns.
///
/// A failure names its seed; `-Dshutdown.seed=…` runs the same plan again. (The moments are not exactly the same.)
class ShutdownTortureTest {

    private static final int ROUNDS = Boolean.getBoolean("torture.short") ? 5 : 50;
    private static final int WRITERS = 50;
    private static final int MAX_MILLIS = 300;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    /// A client with keys of its own, which counts and sets by turns.
    private static final class Writer {

        private final int number;
        private final Map<String, String> answered = new TreeMap<>();
        private long count;

        Writer(int number) {
            this.number = number;
        }

        void run(ServerProcess server, CountDownLatch connected) throws IOException {
            try (var redis = server.connect()) {
                connected.countDown();
                var counter = "writer %d counter".formatted(number);
                while (true) {
                    if (!write(redis, counter, Long.toString(Long.parseLong(answered.getOrDefault(counter, "0")) + 1), "INCR", counter)) return;
                    var key = "writer %d key %d".formatted(number, count % 20);
                    var value = Long.toString(count++);
                    if (!write(redis, key, value, "SET", key, value)) return;
                }
            }
        }

        private boolean write(TestClient redis, String key, String value, String... request) throws IOException {
            var reply = redis.call(request);
            if (reply.value() == null) return false; // the server is gone
            assertThat(reply.value()).isIn(Resp.OK, Resp.integer(Long.parseLong(value)));
            answered.put(key, value);
            return true;
        }
    }

    @Test
    @Tag("torture")
    @Timeout(900)
    void whatWasAnsweredAndNothingElseIsEverywhere() throws Exception {
        Programs.require("redis-server");
        long seed = Long.getLong("shutdown.seed", System.nanoTime());
        var random = new Random(seed);
        var writers = new ArrayList<Writer>();
        for (int i = 0; i < WRITERS; i++) writers.add(new Writer(i));
        long slowest = 0;
        for (int i = 0; i < ROUNDS; i++) {
            var policy = List.of("always", "everysec", "no").get(random.nextInt(3));
            var busy = List.of("BGSAVE", "BGREWRITEAOF", "PING").get(random.nextInt(3));
            int millis = random.nextInt(MAX_MILLIS);
            var round = "round %d of -Dshutdown.seed=%d: appendfsync %s, with %s, SIGTERM after %d ms".formatted(i, seed, policy, busy, millis);
            try (var master = ServerProcess.start(directory, "--appendfsync", policy, "--save", "3600 1")) {
                try (var replica = i % 2 == 0 ? new Ours(master.port()) : new Real(master.port()); var redis = master.connect()) {
                    Eventually.becomesTrue("the replica is online", () -> redis.call("INFO", "replication").text().contains("state=online"));
                    slowest = Math.max(slowest, load(master, writers, busy, millis, round));
                    var expected = new TreeMap<String, String>();
                    for (var writer : writers) expected.putAll(writer.answered);
                    try (var there = new TestClient(replica.address())) {
                        assertThat(Dataset.of(there)).as(round + ": the replica").isEqualTo(expected);
                    }
                    try (var fromSnapshot = ShutdownProcessTest.fromSnapshot(directory)) {
                        assertThat(fromSnapshot.dataset()).as(round + ": the snapshot").isEqualTo(expected);
                    }
                    try (var fromLog = LocalServer.withLog(directory)) {
                        assertThat(fromLog.dataset()).as(round + ": the log").isEqualTo(expected);
                    }
                }
            }
        }
        long answered = writers.stream().mapToLong(writer -> writer.count).sum();
        System.out.printf("%d rounds, %,d pairs of writes, the slowest end took %d ms%n", ROUNDS, answered, slowest);
    }

    private interface Follower extends AutoCloseable {

        InetSocketAddress address();

        @Override
        void close() throws IOException;
    }

    private static final class Ours implements Follower {

        private final LocalServer server;

        Ours(int master) throws IOException {
            server = LocalServer.start(Files.createTempDirectory("replica"), "--save", "", "--replicaof", "127.0.0.1 " + master);
        }

        @Override
        public InetSocketAddress address() {
            return server.address();
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    private static final class Real implements Follower {

        private final RealRedis server;

        Real(int master) throws Exception {
            server = RealRedis.start("--replicaof", "127.0.0.1", Integer.toString(master));
        }

        @Override
        public InetSocketAddress address() {
            return server.address();
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    /// Returns when the server has ended and all writers have noticed.
    ///
    /// @return how long the end took, in milliseconds
    private static long load(ServerProcess server, List<Writer> writers, String busy, int millis, String round) throws Exception {
        var connected = new CountDownLatch(writers.size());
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Future<?>>();
            for (var writer : writers) {
                tasks.add(executor.submit(() -> {
                    writer.run(server, connected);
                    return null;
                }));
            }
            tasks.add(executor.submit(() -> {
                try (var redis = server.connect()) {
                    while (redis.call(busy).value() != null) {
                        // until the server is gone
                    }
                }
                return null;
            }));
            assertThat(connected.await(10, TimeUnit.SECONDS)).as("all writers are connected").isTrue();
            TimeUnit.MILLISECONDS.sleep(millis); // the random moment: there is nothing to wait for
            long start = System.nanoTime();
            server.signal("TERM");
            assertThat(server.awaitExit(PATIENCE)).as(round).isZero();
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            for (var task : tasks) task.get();
            return took;
        }
    }
}
