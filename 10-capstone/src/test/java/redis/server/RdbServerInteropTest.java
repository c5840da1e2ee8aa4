package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// Our server and a real one take turns with the same directory, and neither misses anything.
@Tag("torture")
class RdbServerInteropTest {

    @TempDir
    private Path directory;

    private LocalServer ours;

    @BeforeEach
    void requireRedis() throws IOException {
        Programs.require("redis-server", "redis-cli", "redis-check-rdb", "redis-check-aof");
    }

    @AfterEach
    void stopServer() throws IOException {
        if (ours != null) ours.close();
    }

    private void startOurs(String... options) throws IOException {
        ours = LocalServer.start(directory, Stream.concat(Stream.of("--save", ""), Stream.of(options)).toArray(String[]::new));
    }

    private void stopOurs() throws IOException {
        ours.close();
        ours = null;
    }

    private RealRedis startReal(String... options) throws Exception {
        return RealRedis.start(Stream.concat(Stream.of("--dir", directory.toString()), Stream.of(options)).toArray(String[]::new));
    }

    /// A client of a server that has loaded its data.
    private static TestClient connect(RealRedis real) throws Exception {
        var client = new TestClient(real.address());
        await(client, "loading:0");
        return client;
    }

    /// Ends it in good order: all that was logged is on disk.
    private static void stop(TestClient real) throws IOException {
        real.call("SHUTDOWN", "NOSAVE").isEnd();
    }

    private Path dump() {
        return directory.resolve("dump.rdb");
    }

    private AofFiles log() {
        return new AofFiles(directory);
    }

    private static void await(TestClient client, String field) throws Exception {
        Eventually.becomesTrue(field, () -> client.call("INFO", "persistence").text().contains("\r\n" + field + "\r\n"));
    }

    private static void bgSave(TestClient client) throws Exception {
        assertThat(client.call("BGSAVE").text()).isEqualTo("Background saving started");
        await(client, "rdb_bgsave_in_progress:0");
        await(client, "rdb_last_bgsave_status:ok");
    }

    private static void rewriteLog(TestClient client) throws Exception {
        assertThat(client.call("BGREWRITEAOF").text()).isEqualTo("Background append only file rewriting started");
        await(client, "aof_rewrite_in_progress:0");
        await(client, "aof_last_bgrewrite_status:ok");
    }

    /// Keys and values of every encoding, some with a deadline.
    private static void fill(TestClient client, int count, long seed) throws IOException {
        var random = new Random(seed);
        var mset = new ArrayList<>(List.of("MSET"));
        for (int i = 0; i < count; i++) {
            mset.add(switch (i % 4) {
                case 0 -> Integer.toString(random.nextInt() >> random.nextInt(32));
                case 1 -> "key:" + i;
                case 2 -> "a long key that repeats itself, ".repeat(1 + i % 5) + i;
                default -> "ключ " + i;
            });
            mset.add(switch (random.nextInt(5)) {
                case 0 -> Integer.toString(random.nextInt() >> random.nextInt(32));
                case 1 -> "x".repeat(random.nextInt(1_000));
                case 2 -> Long.toString(random.nextLong(), 36);
                case 3 -> "line\r\nline\0" + i;
                default -> "";
            });
        }
        client.call(mset.toArray(String[]::new)).isOk();
        for (int i = 1; i < count; i += 8) client.call("EXPIRE", "key:" + i, Integer.toString(1_000 + i)).is(1);
        client.call("SET", "", "the empty key").isOk();
    }

    // ---- dump.rdb ----

    @ParameterizedTest
    @ValueSource(strings = {"SAVE", "BGSAVE"})
    void aRealOneStartsFromOurSnapshotAndWeFromItsOwn(String way) throws Exception {
        startOurs();
        fill(ours.client(), 2_000, 1);
        var expected = ours.dataset();
        if (way.equals("SAVE")) ours.call("SAVE").isOk();
        else bgSave(ours.client());
        stopOurs();
        assertThat(Programs.run("", "redis-check-rdb", dump().toString())).contains("RDB looks OK!").contains("[info] " + expected.size() + " keys read");
        try (var real = startReal(); var client = connect(real)) {
            assertThat(Dataset.of(client)).isEqualTo(expected);
            fill(client, 2_000, 2);
            client.call("SET", "by", "a real one").isOk();
            expected = Dataset.of(client);
            if (way.equals("SAVE")) client.call("SAVE").isOk();
            else bgSave(client);
            stop(client);
        }
        startOurs();
        assertThat(ours.dataset()).isEqualTo(expected).containsEntry("by", "a real one");
    }

    @Test
    void aRealOneStartsFromWhatWasSavedUnderLoad() throws Exception {
        startOurs();
        fill(ours.client(), 20_000, 3);
        for (int i = 0; i < 100; i++) ours.call("SET", "counter:" + i, "0").isOk();
        var before = ours.dataset();
        ours.client().sendRaw("BGSAVE\r\n");
        int requests = 1;
        for (int round = 1; round <= 20; round++) {
            for (int i = 0; i < 100; i++, requests++) ours.client().sendRaw("INCR counter:" + i + "\r\n");
            ours.client().sendRaw("RENAME key:%d renamed:%d\r\nDEL key:%d\r\n".formatted(4 * round + 1, round, 4 * round + 1001));
            requests += 2;
        }
        for (; requests > 0; requests--) ours.client().read().satisfies(_ -> {});
        await(ours.client(), "rdb_bgsave_in_progress:0");
        stopOurs();
        try (var real = startReal(); var client = connect(real)) {
            assertThat(Dataset.of(client)).isEqualTo(before);
            stop(client);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--rdbcompression no", "--rdbchecksum no", "--rdbchecksum no --rdbcompression no"})
    void withoutCompressionOrChecksum(String options) throws Exception {
        startOurs(options.split(" "));
        fill(ours.client(), 500, 4);
        var expected = ours.dataset();
        ours.call("SAVE").isOk();
        stopOurs();
        try (var real = startReal(options.split(" ")); var client = connect(real)) {
            assertThat(Dataset.of(client)).isEqualTo(expected);
            client.call("SAVE").isOk();
            stop(client);
        }
        startOurs();
        assertThat(ours.dataset()).isEqualTo(expected);
    }

    @Test
    void whatWeCannotHoldStopsOurStart() throws Exception {
        try (var real = startReal(); var client = connect(real)) {
            client.call("SET", "a", "1").isOk();
            client.call("RPUSH", "list", "x", "y").is(2);
            client.call("SAVE").isOk();
            stop(client);
        }
        var bytes = Files.readAllBytes(dump());
        assertThatThrownBy(() -> LocalServer.start(directory)).isInstanceOf(IOException.class)
                .hasMessageContaining(dump().toString()).hasMessageContaining("\"list\"").hasMessageContaining("offset");
        assertThat(Files.readAllBytes(dump())).isEqualTo(bytes);
    }

    // ---- the log, with its base in RDB form ----

    @ParameterizedTest
    @ValueSource(strings = {"yes", "no"})
    void weGoOnWithTheLogOfARealOne(String preamble) throws Exception {
        Map<String, String> expected;
        try (var real = startReal("--appendonly", "yes", "--aof-use-rdb-preamble", preamble); var client = connect(real)) {
            fill(client, 1_000, 5);
            rewriteLog(client);
            fill(client, 300, 6);
            expected = Dataset.of(client);
            stop(client);
        }
        assertThat(log().names()).contains("appendonly.aof.2.base." + (preamble.equals("yes") ? "rdb" : "aof"));
        startOurs("--appendonly", "yes");
        assertThat(ours.dataset()).isEqualTo(expected);
        ours.call("SET", "by", "ours").isOk();
        stopOurs();
        log().check();

        startOurs("--appendonly", "yes");
        rewriteLog(ours.client());
        ours.call("SET", "by", "ours, rewritten").isOk();
        expected = ours.dataset();
        stopOurs();
        log().check();
        log().consistsOf("file appendonly.aof.3.base.rdb seq 3 type b", "incr 3");
        startOurs("--appendonly", "yes");
        assertThat(ours.dataset()).isEqualTo(expected);
        stopOurs();

        try (var real = startReal("--appendonly", "yes"); var client = connect(real)) {
            assertThat(Dataset.of(client)).isEqualTo(expected).containsEntry("by", "ours, rewritten");
            client.call("SET", "by", "a real one again").isOk();
            rewriteLog(client);
            client.call("SET", "and", "after that").isOk();
            stop(client);
        }
        startOurs("--appendonly", "yes");
        ours.call("GET", "by").is("a real one again");
        ours.call("GET", "and").is("after that");
        assertThat(ours.dataset()).hasSize(expected.size() + 1);
    }

    @Test
    void aRealOneGoesOnWithOurLog() throws Exception {
        startOurs("--appendonly", "yes");
        fill(ours.client(), 1_000, 7);
        for (int round = 0; round < 3; round++) {
            rewriteLog(ours.client());
            fill(ours.client(), 200, 8 + round);
        }
        ours.call("CONFIG", "SET", "aof-use-rdb-preamble", "no").isOk();
        rewriteLog(ours.client());
        ours.call("CONFIG", "SET", "aof-use-rdb-preamble", "yes").isOk();
        rewriteLog(ours.client());
        ours.call("SET", "last", "word").isOk();
        var expected = ours.dataset();
        stopOurs();
        log().check();
        log().consistsOf("file appendonly.aof.6.base.rdb seq 6 type b", "incr 6");
        assertThat(Programs.run("", "redis-check-rdb", log().file("appendonly.aof.6.base.rdb").toString())).contains("RDB looks OK!");
        try (var real = startReal("--appendonly", "yes"); var client = connect(real)) {
            assertThat(Dataset.of(client)).isEqualTo(expected);
            stop(client);
        }
    }

    @Test
    void aLogThatWasSwitchedOnLater() throws Exception {
        startOurs();
        fill(ours.client(), 1_000, 9);
        ours.call("CONFIG", "SET", "appendonly", "yes").isOk();
        ours.call("SET", "meanwhile", "1").isOk();
        await(ours.client(), "aof_rewrite_in_progress:0");
        ours.call("SET", "afterwards", "1").isOk();
        var expected = ours.dataset();
        stopOurs();
        log().check();
        try (var real = startReal("--appendonly", "yes"); var client = connect(real)) {
            assertThat(Dataset.of(client)).isEqualTo(expected).containsKeys("meanwhile", "afterwards");
            stop(client);
        }
    }

    /// A first start that was followed by nothing: an empty base.
    @Test
    void anEmptyLog() throws Exception {
        startOurs("--appendonly", "yes");
        rewriteLog(ours.client());
        stopOurs();
        log().check();
        try (var real = startReal("--appendonly", "yes"); var client = connect(real)) {
            client.call("DBSIZE").is(0);
            stop(client);
        }
        startOurs("--appendonly", "yes");
        ours.call("DBSIZE").is(0);
    }

    // ---- the single file of Redis 4 to 6: a snapshot, and commands after it ----

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 30})
    void aSingleFileWithAPreambleIsTakenOver(int missing) throws Exception {
        Map<String, String> expected;
        try (var real = startReal(); var client = connect(real)) {
            fill(client, 500, 10);
            client.call("SAVE").isOk();
            expected = new TreeMap<>(Dataset.of(client));
            stop(client);
        }
        var old = directory.resolve("appendonly.aof");
        Files.move(dump(), old);
        var tail = AofFiles.commands("SELECT 0", "SET tail 1", "APPEND tail 2", "SET torn 1234567890");
        Files.writeString(old, tail.substring(0, tail.length() - missing), StandardOpenOption.APPEND);
        expected.put("tail", "12");
        if (missing == 0) expected.put("torn", "1234567890");

        startOurs("--appendonly", "yes");
        assertThat(ours.dataset()).isEqualTo(expected);
        assertThat(old).doesNotExist();
        ours.call("SET", "by", "ours").isOk();
        expected.put("by", "ours");
        stopOurs();
        log().check();
        startOurs("--appendonly", "yes");
        assertThat(ours.dataset()).isEqualTo(expected);
        stopOurs();
        try (var real = startReal("--appendonly", "yes"); var client = connect(real)) {
            assertThat(Dataset.of(client)).isEqualTo(expected);
            stop(client);
        }
    }

    // ---- redis-cli's walks through the keyspace ----

    private String cli(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(ours.address().getPort())));
        command.addAll(List.of(arguments));
        return Programs.run("", command.toArray(String[]::new));
    }

    @Test
    void redisCliScansAHundredThousandKeys() throws Exception {
        startOurs();
        var all = new HashSet<String>();
        for (int batch = 0; batch < 10; batch++) {
            var mset = new ArrayList<>(List.of("MSET"));
            for (int i = 0; i < 10_000; i++) {
                mset.addAll(List.of("key:" + batch + ":" + i, "value"));
                all.add("key:" + batch + ":" + i);
            }
            ours.call(mset.toArray(String[]::new)).isOk();
        }
        var found = directory.resolve("found"); // more than a pipe holds
        Programs.run("", "sh", "-c", "redis-cli -p %d --scan > %s".formatted(ours.address().getPort(), found));
        assertThat(new HashSet<>(Files.readAllLines(found))).isEqualTo(all);
        assertThat(cli("--scan", "--pattern", "key:3:77*").lines().distinct()).hasSize(111);
    }

    @Test
    void redisCliFindsBigKeys() throws Exception {
        startOurs();
        fill(ours.client(), 300, 11);
        ours.call("SET", "the biggest", "x".repeat(5_000)).isOk();
        int keys = ours.dataset().size();
        assertThat(cli("--bigkeys")).contains("Sampled " + keys + " keys in the keyspace!")
                .contains("Biggest string found '\"the biggest\"' has 5000 bytes").contains(keys + " strings with ");
        assertThat(cli("--memkeys")).contains("Sampled " + keys + " keys in the keyspace!").containsPattern("Biggest string found '\"the biggest\"' has 5\\d\\d\\d bytes");
    }
}
