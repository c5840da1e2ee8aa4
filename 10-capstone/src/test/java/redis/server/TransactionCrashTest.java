package redis.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// `kill -9` at a random moment, again and again, while transactions are carried out: afterwards each is there as a whole, or not at all, and those
/// that were acknowledged are there.
///
/// A failure names its seed; `-Dcrash.seed=…` runs the same plan again. (The moments are not exactly the same.)
class TransactionCrashTest {

    private static final int ROUNDS = Boolean.getBoolean("torture.short") ? 5 : 60;
    private static final int WRITERS = 4;
    private static final int KEYS = 5;
    private static final int MAX_MILLIS = 400;

    @TempDir
    Path directory;

    /// A client that sets all its keys to the same number, which grows by one each time.
    private static final class Writer {

        private final int number;
        private final Random random;
        private long acknowledged; // the last number that the server has said it has

        Writer(int number, Random random) {
            this.number = number;
            this.random = random;
        }

        private String key(int i) {
            return "writer %d key %d".formatted(number, i);
        }

        /// The number, and so much behind it that a transaction is rarely written to the file in one piece.
        private String value(long next) {
            return next + " " + "x".repeat(random.nextInt(40_000));
        }

        /// Writes until the connection breaks.
        void run(ServerProcess server, CountDownLatch connected) throws IOException {
            try (var redis = server.connect()) {
                connected.countDown();
                for (long next = acknowledged + 1; ; next++) {
                    redis.send("MULTI");
                    for (int i = 0; i < KEYS; i++) redis.send("SET", key(i), value(next));
                    redis.send("INCR", key(KEYS)).send("EXEC");
                    for (int i = 0; i < KEYS + 2; i++) redis.read();
                    if (!(redis.read().value() instanceof Resp.Array(var replies))) return; // the server is gone
                    assertThat(replies).hasSize(KEYS + 1).endsWith(Resp.integer(next));
                    acknowledged = next;
                }
            }
        }

        /// Looks at what the server has after its restart, and goes on from there.
        ///
        /// @return whether the transaction that had no reply was carried out
        boolean check(TestClient redis, String round) throws IOException {
            long there = number(redis, KEYS);
            for (int i = 0; i < KEYS; i++) assertThat(number(redis, i)).as(round).isEqualTo(there);
            assertThat(there).as(round).isBetween(acknowledged, acknowledged + 1);
            boolean carriedOut = there > acknowledged;
            acknowledged = there;
            return carriedOut;
        }

        private long number(TestClient redis, int i) throws IOException {
            var value = redis.call("GET", key(i)).text();
            return value == null ? 0 : Long.parseLong(value.split(" ")[0]);
        }
    }

    @Test
    @Tag("torture")
    @Timeout(600)
    void allOrNothing() throws Exception {
        long seed = Long.getLong("crash.seed", System.nanoTime());
        var random = new Random(seed);
        var writers = new ArrayList<Writer>();
        for (int i = 0; i < WRITERS; i++) writers.add(new Writer(i, new Random(seed + i)));
        int beyond = 0;
        int torn = 0;
        for (int i = 0; i <= ROUNDS; i++) {
            var policy = i % 2 == 0 ? "always" : "everysec";
            var round = "round %d of -Dcrash.seed=%d: appendfsync %s".formatted(i, seed, policy);
            var sizes = random.nextBoolean() ? List.of("1mb", "10") : List.of("8mb", "100"); // with many rewrites, or with few
            try (var server = ServerProcess.start(directory, "--appendfsync", policy,
                    "--auto-aof-rewrite-min-size", sizes.get(0), "--auto-aof-rewrite-percentage", sizes.get(1))) {
                if (server.log().stream().anyMatch(line -> line.contains("Truncating it"))) torn++;
                try (var redis = server.connect()) {
                    for (var writer : writers) if (writer.check(redis, round)) beyond++;
                }
                if (i < ROUNDS) load(server, writers, random.nextInt(MAX_MILLIS));
            }
        }
        new AofFiles(directory).check();
        long transactions = writers.stream().mapToLong(writer -> writer.acknowledged).sum();
        System.out.printf("%d rounds, %,d transactions, %d carried out without a reply, %d logs cut back%n", ROUNDS, transactions, beyond, torn);
    }

    /// Returns when the server has been killed and all writers have noticed.
    private static void load(ServerProcess server, List<Writer> writers, int millis) throws Exception {
        var connected = new CountDownLatch(writers.size());
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Future<?>>();
            for (var writer : writers) {
                tasks.add(executor.submit(() -> {
                    writer.run(server, connected);
                    return null;
                }));
            }
            assertThat(connected.await(10, TimeUnit.SECONDS)).as("all writers are connected").isTrue();
            TimeUnit.MILLISECONDS.sleep(millis); // the random moment: there is nothing to wait for
            server.kill();
            for (var task : tasks) await(task);
        }
    }

    private static void await(Future<?> task) throws Exception {
        try {
            task.get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof IOException)) throw e; // which is what killing it does to a connection
        }
    }
}
