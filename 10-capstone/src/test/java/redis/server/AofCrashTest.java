package redis.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// `kill -9` at a random moment under load, again and again, always on the same directory: what was acknowledged is there afterwards, and
/// beyond that at most the one write of each connection that was on its way.
///
/// A failure names its seed; `-Dcrash.seed=…` runs the same plan again. (The moments are not exactly the same.)
class AofCrashTest {

    private static final int ROUNDS = Boolean.getBoolean("torture.short") ? 10 : 200;
    private static final int WRITERS = 8;
    private static final int MAX_MILLIS = 400;

    @TempDir
    Path directory;

    /// A client with keys of its own, which counts and sets by turns, and what it knows of them.
    private static final class Writer {

        private final int number;
        private final Map<String, String> acknowledged = new HashMap<>();
        private String pendingKey; // of the write that has no reply yet; null if there is none
        private String pendingValue;
        private long count;

        Writer(int number) {
            this.number = number;
        }

        private String counter() {
            return "writer %d counter".formatted(number);
        }

        /// Writes until the connection breaks.
        void run(ServerProcess server, CountDownLatch connected) throws IOException {
            try (var redis = server.connect()) {
                connected.countDown();
                while (true) {
                    long next = Long.parseLong(acknowledged.getOrDefault(counter(), "0")) + 1;
                    if (!write(redis, counter(), Long.toString(next), "INCR", counter())) return;
                    var key = "writer %d key %d".formatted(number, count % 50);
                    var value = Long.toString(count++);
                    if (!write(redis, key, value, "SET", key, value)) return;
                }
            }
        }

        private boolean write(TestClient redis, String key, String value, String... request) throws IOException {
            pendingKey = key;
            pendingValue = value;
            var reply = redis.call(request);
            if (reply.value() == null) return false; // the server is gone
            assertThat(reply.value()).isIn(Resp.OK, Resp.integer(Long.parseLong(value)));
            acknowledged.put(key, value);
            pendingKey = null;
            return true;
        }

        /// Compares what the server has after its restart, and goes on from there.
        ///
        /// @return whether the write that had no reply was carried out
        boolean check(Map<String, String> dataset, String round) {
            var mine = new HashMap<>(dataset);
            mine.keySet().removeIf(key -> !key.startsWith("writer " + number + " "));
            boolean carriedOut = pendingKey != null && pendingValue.equals(mine.get(pendingKey));
            if (carriedOut) acknowledged.put(pendingKey, pendingValue);
            pendingKey = null;
            assertThat(mine).as(round).isEqualTo(acknowledged);
            return carriedOut;
        }
    }

    @Test
    @Tag("torture")
    void whatWasAcknowledgedSurvives() throws Exception {
        long seed = Long.getLong("crash.seed", System.nanoTime());
        var random = new Random(seed);
        var writers = new ArrayList<Writer>();
        for (int i = 0; i < WRITERS; i++) writers.add(new Writer(i));
        int beyond = 0;
        for (int i = 0; i < ROUNDS; i++) {
            var policy = i % 2 == 0 ? "always" : "everysec";
            boolean rewriting = random.nextInt(3) > 0;
            int millis = random.nextInt(MAX_MILLIS);
            var round = "round %d of -Dcrash.seed=%d: appendfsync %s, %s, killed after %d ms".formatted(i, seed, policy,
                    rewriting ? "with rewrites" : "without rewrites", millis);
            var sizes = rewriting ? List.of("1kb", "10") : List.of("64mb", "100");
            try (var server = ServerProcess.start(directory, "--appendfsync", policy,
                    "--auto-aof-rewrite-min-size", sizes.get(0), "--auto-aof-rewrite-percentage", sizes.get(1))) {
                beyond += check(server, writers, round);
                load(server, writers, rewriting, millis);
            }
        }
        try (var server = ServerProcess.start(directory)) {
            check(server, writers, "after round " + ROUNDS + " of -Dcrash.seed=" + seed);
        }
        new AofFiles(directory).check();
        long acknowledged = writers.stream().mapToLong(writer -> writer.count).sum();
        System.out.printf("%d rounds, %,d pairs of writes, %d carried out without a reply%n", ROUNDS, acknowledged, beyond);
    }

    private static int check(ServerProcess server, List<Writer> writers, String round) throws IOException {
        int carriedOut = 0;
        try (var redis = server.connect()) {
            var dataset = Dataset.of(redis);
            for (var writer : writers) {
                if (writer.check(dataset, round)) carriedOut++;
            }
        }
        return carriedOut;
    }

    /// Returns when the server has been killed and all writers have noticed.
    private static void load(ServerProcess server, List<Writer> writers, boolean rewriting, int millis) throws Exception {
        var connected = new CountDownLatch(writers.size());
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Future<?>>();
            for (var writer : writers) {
                tasks.add(executor.submit(() -> {
                    writer.run(server, connected);
                    return null;
                }));
            }
            if (rewriting) tasks.add(executor.submit(() -> rewriteAgainAndAgain(server)));
            assertThat(connected.await(10, TimeUnit.SECONDS)).as("all writers are connected").isTrue();
            TimeUnit.MILLISECONDS.sleep(millis); // the random moment: there is nothing to wait for
            server.kill();
            for (var task : tasks) await(task);
        }
    }

    private static Void rewriteAgainAndAgain(ServerProcess server) throws IOException {
        try (var redis = server.connect()) {
            while (redis.call("BGREWRITEAOF").value() != null) {
                // until the server is gone
            }
        }
        return null;
    }

    private static void await(Future<?> task) throws Exception {
        try {
            task.get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof IOException)) throw e; // which is what killing it does to a connection
        }
    }
}
