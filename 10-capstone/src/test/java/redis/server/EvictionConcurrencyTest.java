package redis.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Many clients, and not enough room.
class EvictionConcurrencyTest {

    private static final int CLIENTS = 4;
    private static final int REQUESTS = 1_500; // of each client
    private static final int LIMIT = 300_000;
    private static final int LARGEST = 3_000;

    /// By how much a command may go beyond the limit: its value, its key, and the tables, which grow by two pieces at a time.
    private static final int ONE_COMMAND = LARGEST + 100 + 2 * 4_112;

    @TempDir
    private Path directory;

    private LocalServer server;
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    private Thread start(Work work) {
        return Thread.ofPlatform().start(() -> {
            try {
                work.run();
            } catch (Throwable e) {
                failures.add(e);
            }
        });
    }

    private void use(long seed) throws Exception {
        var random = new Random(seed);
        try (var client = server.connect()) {
            for (int done = 0; done < REQUESTS; ) {
                int many = 1 + random.nextInt(40);
                for (int i = 0; i < many; i++) {
                    var key = "k" + random.nextInt(2_000);
                    var value = "x".repeat(1 + random.nextInt(random.nextInt(20) == 0 ? LARGEST : 200));
                    client.send(switch (random.nextInt(8)) {
                        case 0 -> new String[] {"GET", key};
                        case 1 -> new String[] {"DEL", key};
                        case 2 -> new String[] {"EXPIRE", key, "1000"};
                        case 3 -> new String[] {"RENAMENX", key, key + "a"};
                        case 4 -> new String[] {"SET", key, value, "PX", "20"};
                        default -> new String[] {"SET", key, value, "EX", "1000"};
                    });
                }
                for (int i = 0; i < many; i++) {
                    client.read().satisfies(reply -> {
                        if (reply instanceof Resp.SimpleError(var message)) assertThat(message).startsWith("ERR no such key");
                    });
                }
                done += many;
            }
        }
    }

    /// Looks at the memory as the clients do at the data: between two commands, now and then.
    private void watch(Thread... others) throws Exception {
        var store = MemoryWalk.storeOf(server);
        boolean more = true;
        while (more) {
            more = List.of(others).stream().anyMatch(Thread::isAlive);
            store.lock();
            try {
                assertThat(store.memory()).isLessThanOrEqualTo(LIMIT + ONE_COMMAND);
            } finally {
                store.unlock();
            }
            Thread.sleep(1); // there is nothing to wait for: it is how often it looks
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"allkeys-lru", "allkeys-random", "volatile-ttl"})
    void theLimitIsKeptAndNothingGetsLost(String policy) throws Exception {
        server = LocalServer.start(directory, "--appendonly", "yes", "--save", "", "--maxmemory", Integer.toString(LIMIT), "--maxmemory-policy", policy);
        try (var server = this.server) {
            var clients = new ArrayList<Thread>();
            for (int i = 0; i < CLIENTS; i++) {
                long seed = i;
                clients.add(start(() -> use(seed)));
            }
            var watcher = start(() -> watch(clients.toArray(Thread[]::new)));
            while (clients.stream().anyMatch(Thread::isAlive)) {
                server.call("BGSAVE").satisfies(_ -> {});
                server.rewriteLog();
            }
            for (var client : clients) client.join();
            watcher.join();
            assertThat(failures).isEmpty();
            assertThat(Long.parseLong(server.info("evicted_keys"))).isGreaterThan(100);
            var account = MemoryWalk.Account.of(server);
            assertThat(account.kept()).isEqualTo(account.counted()).isLessThanOrEqualTo(LIMIT);
            Eventually.becomesTrue("it is saved", () -> "0".equals(server.info("rdb_bgsave_in_progress")));
            Eventually.becomesTrue("no rewrite waits for the end of that", () -> "0".equals(server.info("aof_rewrite_scheduled")));
            server.awaitRewrite();
            Eventually.becomesTrue("no key is about to end", () -> Dataset.of(server.client()).values().stream().noneMatch(EvictionConcurrencyTest::endsSoon));
            server.call("CONFIG", "SET", "maxmemory", "0").isOk(); // the tables may be larger after loading, and a few more keys would go
            var before = server.dataset();
            server.call("DEBUG", "LOADAOF").isOk();
            assertThat(server.dataset()).isEqualTo(before);
            assertThat(Files.exists(directory.resolve("dump.rdb"))).isTrue();
        }
    }

    private static boolean endsSoon(String value) {
        int at = value.indexOf(" until ");
        return at >= 0 && Long.parseLong(value.substring(at + " until ".length())) < System.currentTimeMillis() + 100_000;
    }
}
