package redis.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/// Eviction where our server differs from Redis, or where the test has to look inside.
class EvictionTest {

    @TempDir
    private Path directory;

    private static long used(LocalServer server) {
        var store = MemoryWalk.storeOf(server);
        store.lock();
        try {
            return store.memory();
        } finally {
            store.unlock();
        }
    }

    private static void fill(LocalServer server, int keys) throws Exception {
        for (int from = 0; from < keys; from += 1_000) {
            var mset = new ArrayList<>(List.of("MSET"));
            for (int i = from; i < from + 1_000; i++) mset.addAll(List.of("k" + i, "v"));
            server.call(mset.toArray(String[]::new)).isOk();
        }
    }

    /// Redis counts the request itself, and would refuse this one.
    @Test
    void aKeyThatIsLargerThanAllRoomIsSetAndGoesNext() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "", "--maxmemory", "10000", "--maxmemory-policy", "allkeys-lru")) {
            server.call("SET", "large", "x".repeat(100_000)).isOk();
            server.call("GET", "large").isNil();
            server.call("SET", "small", "v").isOk();
            server.call("GET", "small").is("v");
        }
    }

    /// Nobody waits for all of it, and it comes to an end although nobody asks for anything.
    @Test
    void muchIsEvictedInSlices() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "", "--maxmemory-policy", "allkeys-lru")) {
            fill(server, 200_000);
            var client = server.client();
            client.send("CONFIG", "SET", "maxmemory", "2mb").send("SET", "new", "v").send("DBSIZE");
            client.read().isOk();
            client.read().isOk(); // although there is no room yet
            assertThat(Integer.parseInt(client.read().text())).isGreaterThan(100_000);
            Eventually.becomesTrue("there is room", () -> used(server) <= 2 << 20);
            assertThat(Integer.parseInt(server.call("DBSIZE").text())).isBetween(5_000, 40_000);
        }
    }

    @ParameterizedTest
    @EnumSource(EvictionPolicy.class)
    void oneThatEvictsNothingOrEverythingComesToAnEnd(EvictionPolicy policy) throws Exception {
        var name = policy.name().toLowerCase(Locale.ROOT).replace('_', '-');
        try (var server = LocalServer.start(directory, "--save", "", "--maxmemory-policy", name)) {
            fill(server, 1_000);
            for (int i = 0; i < 1_000; i += 2) server.call("EXPIRE", "k" + i, "1000").is(1);
            server.call("CONFIG", "SET", "maxmemory", "1").isOk();
            var expected = switch (policy) {
                case NOEVICTION -> "1000";
                case ALLKEYS_LRU, ALLKEYS_RANDOM -> "0";
                case VOLATILE_LRU, VOLATILE_RANDOM, VOLATILE_TTL -> "500";
            };
            Eventually.becomesTrue("all that may go is gone", () -> server.call("DBSIZE").text().equals(expected));
            server.call("SET", "k", "v").isError("OOM command not allowed when used memory > 'maxmemory'.");
            var account = MemoryWalk.Account.of(server);
            assertThat(account.kept()).isEqualTo(account.counted());
        }
    }

    /// It is in the pool with an order of the policy before.
    @Test
    void aPolicyTakesNoCandidatesOfAnother() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "", "--maxmemory-policy", "volatile-ttl")) {
            fill(server, 1_000);
            for (int i = 0; i < 1_000; i += 2) server.call("EXPIRE", "k" + i, "1").is(1);
            server.call("CONFIG", "SET", "maxmemory", Long.toString(used(server) - 100)).isOk();
            server.call("PING").satisfies(_ -> {});
            for (int i = 0; i < 1_000; i += 2) server.call("PERSIST", "k" + i).satisfies(_ -> {});
            server.call("SET", "k0", "v", "EX", "1000").isOk();
            server.call("CONFIG", "SET", "maxmemory-policy", "volatile-lru", "maxmemory", "1").isOk();
            Eventually.becomesTrue("the one that may go is gone", () -> server.call("EXISTS", "k0").text().equals("0"));
            assertThat(Integer.parseInt(server.call("DBSIZE").text())).isGreaterThan(900);
        }
    }

    @Test
    void optionsAndFilesSetTheParameters() throws Exception {
        var file = Files.writeString(directory.resolve("redis.conf"), "maxmemory 1gb\nmaxmemory-policy Volatile-TTL\nmaxmemory-samples 3\n");
        var config = ServerConfig.parse(file.toString(), "--maxmemory", "100mb");
        assertThat(config.maxMemory.get()).isEqualTo(100 << 20);
        assertThat(config.maxMemoryPolicy.get()).isEqualTo(EvictionPolicy.VOLATILE_TTL);
        assertThat(config.maxMemorySamples.get()).isEqualTo(3);
        assertThat(config.withoutEffect()).isEmpty();
    }

    @Test
    void resetStatBeginsAnewToCount() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "", "--maxmemory", "10000", "--maxmemory-policy", "allkeys-random")) {
            for (int i = 0; i < 20; i++) server.call("SET", "k" + i, "x".repeat(1_000)).isOk();
            assertThat(Integer.parseInt(server.info("evicted_keys"))).isGreaterThan(10);
            server.call("CONFIG", "RESETSTAT").isOk();
            assertThat(server.info("evicted_keys")).isEqualTo("0");
        }
    }

    @Test
    void itSaysWhenTheHeapIsSmallerThanTheData() throws Exception {
        long heap = Runtime.getRuntime().maxMemory();
        var more = "maxmemory is %,d bytes, and the heap of this JVM may have %,d: -Xmx has to be larger".formatted(heap + 1, heap);
        try (var log = new RecordedLog()) {
            try (var server = LocalServer.start(directory, "--save", "", "--maxmemory", Long.toString(heap + 1))) {
                assertThat(log.messages()).containsOnlyOnce(more);
                server.call("CONFIG", "SET", "maxmemory", Long.toString(heap)).isOk();
                assertThat(log.messages()).containsOnlyOnce(more);
                server.call("CONFIG", "SET", "maxmemory", Long.toString(heap + 1)).isOk();
            }
            assertThat(log.messages().stream().filter(more::equals)).hasSize(2);
        }
    }

    @Test
    void policiesThatCountUsesAreNotKnown() {
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse("--maxmemory-policy", "allkeys-lfu"))
                .withMessage("--maxmemory-policy allkeys-lfu: argument(s) must be one of the following: "
                        + "volatile-lru, volatile-random, volatile-ttl, allkeys-lru, allkeys-random, noeviction.");
    }

    /// A replica's data are its master's, and `maxmemory` is the master's business.
    @Test
    void thatReplicasEvictNothingCannotBeChanged() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "")) {
            server.call("CONFIG", "GET", "replica-ignore-maxmemory").is(List.of("replica-ignore-maxmemory", "yes"));
            server.call("CONFIG", "SET", "replica-ignore-maxmemory", "no")
                    .isError("ERR CONFIG SET failed (possibly related to argument 'replica-ignore-maxmemory') - can't set immutable config");
        }
    }
}
