package redis.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.server.Node.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/// Keys that are evicted are evicted everywhere: in the log and at the replicas, and before the command that needed the room.
class EvictionPropagationTest {

    private static final String VALUE = "x".repeat(20_000);

    @TempDir
    private Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void stopServers() throws Exception {
        for (var closeable : opened.reversed()) closeable.close();
    }

    private Node start(Kind kind, String name, String... options) throws Exception {
        var node = Node.start(kind, Files.createDirectories(directory.resolve(name)), options);
        opened.add(node);
        return node;
    }

    private static void limit(Node node, long values) throws Exception {
        node.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", Long.toString(node.number("used_memory") + values * VALUE.length())).isOk();
    }

    /// Records without their values: `SET k1`, `DEL k0`.
    private static List<String> shortRecords(Path log) throws Exception {
        return AofFiles.records(log, 0).stream().map(record -> record.replaceAll(" x{100,}", "")).toList();
    }

    /// What the log has is what happened: without it the server would come back with too much.
    @ParameterizedTest
    @CsvSource({"OURS", "REAL"})
    void theLogHasADelBeforeTheWrite(Kind kind) throws Exception {
        var node = start(kind, "node", "--appendonly", "yes", "--aof-use-rdb-preamble", "no", "--appendfsync", "always");
        Eventually.becomesTrue("the log has begun", () -> "0".equals(node.info("aof_rewrite_in_progress")));
        limit(node, 5);
        for (int i = 0; i < 30; i++) node.call("SET", "k" + i, VALUE).isOk();
        long evicted = node.number("evicted_keys");
        var expected = node.call("KEYS", "*").texts();
        assertThat(expected).hasSizeBetween(2, 10);

        var records = shortRecords(new AofFiles(directory.resolve("node")).increment(1));
        var there = new HashSet<String>();
        int most = 0;
        int deletions = 0;
        for (var record : records) {
            var words = record.split(" ");
            if (words[0].equals("SET")) assertThat(there.add(words[1])).isTrue();
            if (words[0].equals("DEL")) {
                assertThat(words).hasSize(2);
                assertThat(there.remove(words[1])).as("%s is evicted, and was there", words[1]).isTrue();
                deletions++;
            }
            most = Math.max(most, there.size());
        }
        assertThat(records).doesNotContain("MULTI"); // as in Redis
        assertThat(deletions).isEqualTo(30 - expected.size()).isGreaterThanOrEqualTo((int) evicted);
        assertThat(there).isEqualTo(Set.copyOf(expected));
        assertThat(most).isLessThanOrEqualTo(8); // at no time were there many more than there is room for
    }

    /// Room is made for all that is queued, before it is carried out. In between nothing is evicted, however much it is.
    @ParameterizedTest
    @CsvSource({"OURS", "REAL"})
    void whatATransactionEvictsIsNoPartOfIt(Kind kind) throws Exception {
        var node = start(kind, "node", "--appendonly", "yes", "--aof-use-rdb-preamble", "no", "--appendfsync", "always");
        Eventually.becomesTrue("the log has begun", () -> "0".equals(node.info("aof_rewrite_in_progress")));
        limit(node, 20); // a real one counts what is queued
        for (int i = 0; i < 60; i += 3) {
            node.call("MULTI").isOk();
            for (int j = i; j < i + 3; j++) node.call("SET", "k" + j, VALUE).satisfies(_ -> {});
            assertThat(node.call("EXEC").texts()).isEqualTo(List.of("OK", "OK", "OK"));
        }
        assertThat(node.number("evicted_keys")).isGreaterThan(20);

        boolean inside = false;
        int deletions = 0;
        for (var record : shortRecords(new AofFiles(directory.resolve("node")).increment(1))) {
            if (record.equals("MULTI") || record.equals("EXEC")) inside = record.equals("MULTI");
            else if (record.startsWith("SET ")) assertThat(inside).as(record).isTrue();
            else if (record.startsWith("DEL ")) {
                assertThat(inside).as(record).isFalse();
                deletions++;
            }
        }
        assertThat(deletions).isGreaterThan(20);
    }

    @Test
    void whatComesBackFromTheLogIsWhatWasThere() throws Exception {
        var options = new String[] {"--maxmemory", "200000", "--maxmemory-policy", "allkeys-random"};
        Map<String, String> before;
        try (var server = LocalServer.withLog(directory, options)) {
            for (int i = 0; i < 100; i++) server.call("APPEND", "k" + i % 30, VALUE).satisfies(_ -> {});
            before = server.dataset();
            assertThat(Long.parseLong(server.info("evicted_keys"))).isGreaterThan(50);
        }
        try (var server = LocalServer.withLog(directory, options)) {
            assertThat(server.dataset()).isEqualTo(before);
            assertThat(server.info("evicted_keys")).isEqualTo("0");
        }
    }

    /// There is no room for what is loaded: nothing goes while that is going on, and then all that has to.
    @Test
    void nothingIsEvictedBeforeAllIsLoaded() throws Exception {
        try (var server = LocalServer.withLog(directory)) {
            for (int i = 0; i < 30; i++) server.call("SET", "k" + i, VALUE).isOk();
        }
        long size = Files.size(new AofFiles(directory).increment(1));
        try (var server = LocalServer.withLog(directory, "--maxmemory", "200000", "--maxmemory-policy", "allkeys-lru")) {
            assertThat(server.dataset().size()).isBetween(7, 10);
            assertThat(shortRecords(new AofFiles(directory).increment(1)).stream().filter(record -> record.startsWith("DEL"))).hasSizeBetween(20, 23);
        }
        assertThat(Files.size(new AofFiles(directory).increment(1))).isGreaterThan(size);
        try (var server = LocalServer.withLog(directory)) {
            assertThat(server.dataset().size()).isBetween(7, 10);
        }
    }

    @ParameterizedTest
    @CsvSource({"OURS, OURS", "OURS, REAL", "REAL, OURS"})
    void aReplicaLosesTheSameKeys(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master", "--repl-backlog-size", "16384");
        var replica = start(replicaKind, "replica");
        replica.follow(master.address());
        replica.awaitLink();
        limit(master, 20);
        for (int i = 0; i < 100; i++) {
            master.call("SET", "k" + i, VALUE).isOk();
            if (i % 5 == 0) master.call("GET", "k1").satisfies(_ -> {});
            if (i % 7 == 0) master.call("EXPIRE", "k" + i, "1000").satisfies(_ -> {});
        }
        assertThat(master.number("evicted_keys")).isBetween(70L, 90L);
        master.call("CONFIG", "SET", "maxmemory", "0").isOk(); // a real one counts what clients are sent, so to look at all keys would evict some
        replica.awaitSameAs(master);
        assertThat(replica.number("evicted_keys")).isZero();
    }

    /// It has what its master has, whatever its own limit is.
    @ParameterizedTest
    @CsvSource({"OURS, OURS", "REAL, OURS"})
    void aReplicaEvictsNothingByItself(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master");
        var replica = start(replicaKind, "replica", "--maxmemory", "100000", "--maxmemory-policy", "allkeys-lru");
        replica.follow(master.address());
        replica.awaitLink();
        for (int i = 0; i < 30; i++) master.call("SET", "k" + i, VALUE).isOk();
        replica.awaitSameAs(master);
        replica.call("GET", "k1").is(VALUE);
        assertThat(replica.call("DBSIZE").text()).isEqualTo("30");
        assertThat(replica.number("used_memory")).isGreaterThan(500_000);

        replica.call("REPLICAOF", "NO", "ONE").isOk(); // now it decides
        replica.call("PING").satisfies(_ -> {});
        assertThat(Long.parseLong(replica.call("DBSIZE").text())).isLessThan(6);
    }

    @Test
    void aSnapshotHasWhatIsEvictedMeanwhile() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "", "--maxmemory-policy", "allkeys-random")) {
            var expected = new HashSet<String>();
            for (int from = 0; from < 50_000; from += 1_000) {
                var mset = new ArrayList<>(List.of("MSET"));
                for (int i = from; i < from + 1_000; i++) {
                    mset.addAll(List.of("k" + i, "v"));
                    expected.add("k" + i);
                }
                server.call(mset.toArray(String[]::new)).isOk();
            }
            server.client().send("BGSAVE").send("CONFIG", "SET", "maxmemory", "1000000").send("DBSIZE");
            assertThat(server.client().read().text()).isEqualTo("Background saving started");
            server.client().read().isOk();
            server.client().read().satisfies(_ -> {});
            Eventually.becomesTrue("it is saved", () -> "0".equals(server.info("rdb_bgsave_in_progress")));
            Eventually.becomesTrue("there is room", () -> Long.parseLong(server.info("used_memory")) <= 1_000_000);
            assertThat(Integer.parseInt(server.call("DBSIZE").text())).isLessThan(20_000);
            try (var in = Files.newInputStream(directory.resolve("dump.rdb"))) {
                var saved = new HashSet<String>();
                for (var entry : RdbContent.of(in, true).entries()) saved.add(entry.key().toString());
                assertThat(saved).isEqualTo(expected);
            }
        }
    }
}
