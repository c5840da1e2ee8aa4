package redis.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.resp.Resp;
import redis.server.Node.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/// `kill -9` of a master at a random moment: the replica that takes its place has every write of which WAIT has said so.
class ReplicationCrashTest {

    private static final int ROUNDS = Boolean.getBoolean("torture.short") ? 3 : 20;
    private static final int WRITERS = 8;
    private static final int MAX_MILLIS = 500;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    @Tag("torture")
    @Timeout(600)
    void aPromotedReplicaHasEveryAcknowledgedWrite(Kind replicaKind) throws Exception {
        long seed = Long.getLong("crash.seed", System.nanoTime());
        var random = new Random(seed);
        int acknowledged = 0;
        for (int round = 0; round < ROUNDS; round++) {
            acknowledged += round(replicaKind, directory.resolve("round" + round), random.nextInt(MAX_MILLIS),
                    "round %d of -Dcrash.seed=%d".formatted(round, seed));
        }
        System.out.printf("%d rounds, %,d acknowledged writes%n", ROUNDS, acknowledged);
    }

    private static int round(Kind replicaKind, Path directory, int millis, String round) throws Exception {
        var acknowledged = new ConcurrentHashMap<String, String>();
        try (var master = ServerProcess.start(Files.createDirectories(directory.resolve("master")), "--appendonly", "no", "--save", "");
             var replica = Node.start(replicaKind, Files.createDirectories(directory.resolve("replica")))) {
            replica.call("REPLICAOF", "127.0.0.1", Integer.toString(master.port())).isOk();
            replica.awaitLink();
            load(master, acknowledged, millis);
            replica.call("REPLICAOF", "NO", "ONE").isOk();
            var dataset = replica.dataset();
            assertThat(acknowledged.entrySet().stream().filter(entry -> !atLeast(dataset.get(entry.getKey()), entry.getValue())))
                    .as(round).isEmpty();
            replica.call("SET", "it", "goes on").isOk();
        }
        return acknowledged.values().stream().mapToInt(Integer::parseInt).sum();
    }

    /// Whether a counter has come as far as that, or further with a write that was not acknowledged.
    private static boolean atLeast(String actual, String acknowledged) {
        return actual != null && Integer.parseInt(actual) >= Integer.parseInt(acknowledged) && Integer.parseInt(actual) <= Integer.parseInt(acknowledged) + 1;
    }

    /// Returns when the master has been killed and all writers have noticed.
    private static void load(ServerProcess master, Map<String, String> acknowledged, int millis) throws Exception {
        var connected = new CountDownLatch(WRITERS);
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Future<?>>();
            for (int i = 0; i < WRITERS; i++) {
                var key = "writer " + i;
                tasks.add(executor.submit(() -> write(master, key, acknowledged, connected)));
            }
            assertThat(connected.await(10, TimeUnit.SECONDS)).as("all writers are connected").isTrue();
            TimeUnit.MILLISECONDS.sleep(millis); // the random moment: there is nothing to wait for
            master.kill();
            for (var task : tasks) task.get();
        }
    }

    private static Void write(ServerProcess master, String key, Map<String, String> acknowledged, CountDownLatch connected) throws Exception {
        try (var redis = master.connect()) {
            connected.countDown();
            while (true) {
                var count = redis.call("INCR", key).value();
                if (!(count instanceof Resp.Integer(long number))) return null; // the master is gone
                var replicas = redis.call("WAIT", "1", "1000").value();
                if (replicas == null) return null;
                assertThat(replicas).isEqualTo(Resp.integer(1));
                acknowledged.put(key, Long.toString(number));
            }
        }
    }
}
