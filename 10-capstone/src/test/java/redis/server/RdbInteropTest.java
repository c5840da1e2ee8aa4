package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespClient;
import redis.server.RdbContent.Entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// Redis's own programs read what we write, and we read what they write.
@Timeout(120)
class RdbInteropTest {

    private static final long SOME_YEARS_FROM_NOW = System.currentTimeMillis() + Duration.ofDays(2_000).toMillis();
    private static final int BATCH = 1_000;

    @TempDir
    private Path directory;

    private Path dump() {
        return directory.resolve("dump.rdb");
    }

    /// Keys and values of every encoding; every third key with a deadline.
    private static Map<ByteString, Entry> entries(int count) {
        var random = new Random(count);
        var entries = new LinkedHashMap<ByteString, Entry>();
        var large = new byte[100_000];
        random.nextBytes(large);
        put(entries, ByteString.EMPTY, ByteString.EMPTY, -1);
        put(entries, ByteString.of("large and random"), ByteString.of(large), -1);
        put(entries, ByteString.of("large and the same"), ByteString.of("0123456789abcdef".repeat(10_000)), SOME_YEARS_FROM_NOW);
        put(entries, ByteString.of(large).substring(0, 70_000), ByteString.of("large key"), -1);
        while (entries.size() < count) {
            put(entries, string(random), string(random), random.nextInt(3) > 0 ? -1 : SOME_YEARS_FROM_NOW + random.nextInt());
        }
        return entries;
    }

    private static void put(Map<ByteString, Entry> entries, ByteString key, ByteString value, long deadline) {
        entries.putIfAbsent(key, new Entry(key, value, deadline));
    }

    private static ByteString string(Random random) {
        return switch (random.nextInt(7)) {
            case 0 -> ByteString.of(random.nextInt() >> random.nextInt(32));
            case 1 -> ByteString.of(random.nextLong() >> random.nextInt(64));
            case 2 -> ByteString.of("00" + random.nextInt(1_000_000));
            case 3 -> ByteString.of(("word " + random.nextInt(1_000_000) + " ").repeat(1 + random.nextInt(20)));
            case 4 -> ByteString.of(LzfTest.string(random));
            case 5 -> ByteString.of("key:" + random.nextInt(10_000_000));
            default -> {
                var noise = new byte[random.nextInt(200)];
                random.nextBytes(noise);
                yield ByteString.of(noise);
            }
        };
    }

    private void write(Map<ByteString, Entry> entries, boolean compress, boolean checksum) throws IOException {
        try (var out = Files.newOutputStream(dump())) {
            var writer = new RdbWriter(out, compress, checksum);
            writer.start(System.currentTimeMillis() / 1000, 1_000_000);
            writer.aux("aof-base", "0");
            writer.database(entries.size(), entries.values().stream().filter(entry -> entry.deadline() >= 0).count());
            for (var entry : entries.values()) writer.entry(entry.key(), entry.value(), entry.deadline());
            writer.finish();
        }
    }

    private RdbContent read() throws IOException {
        try (var in = Files.newInputStream(dump())) {
            return RdbContent.of(in, true);
        }
    }

    private RealRedis redis(String... options) throws Exception {
        var all = new ArrayList<>(List.of("--dir", directory.toString()));
        all.addAll(List.of(options));
        return RealRedis.start(all.toArray(String[]::new));
    }

    private static RespClient connect(RealRedis redis) throws IOException {
        return RespClient.connect(redis.address(), Duration.ofSeconds(30));
    }

    private static ByteString bytes(String command) {
        return ByteString.of(command);
    }

    private static void assertHolds(RealRedis redis, Map<ByteString, Entry> entries) throws IOException {
        try (var client = connect(redis)) {
            awaitLoaded(client);
            assertThat(client.call("DBSIZE")).isEqualTo(new Resp.Integer(entries.size()));
            var all = List.copyOf(entries.values());
            for (int from = 0; from < all.size(); from += BATCH) {
                var batch = all.subList(from, Math.min(from + BATCH, all.size()));
                for (var entry : batch) {
                    client.send(List.of(bytes("GET"), entry.key()));
                    client.send(List.of(bytes("PEXPIRETIME"), entry.key()));
                }
                for (var entry : batch) {
                    assertThat(client.read()).isEqualTo(new Resp.BulkString(entry.value()));
                    assertThat(client.read()).isEqualTo(new Resp.Integer(entry.deadline()));
                }
            }
        }
    }

    /// While it loads its file, it answers INFO, and LOADING to most other commands.
    private static void awaitLoaded(RespClient client) throws IOException {
        long start = System.nanoTime();
        while (!(client.call("INFO", "persistence") instanceof Resp.BulkString(var info) && info.toString().contains("\r\nloading:0\r\n"))) {
            if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(30)) throw new AssertionError("still loading after 30 s");
            Thread.onSpinWait();
        }
    }

    private static void fill(RealRedis redis, Map<ByteString, Entry> entries) throws IOException {
        try (var client = connect(redis)) {
            var all = List.copyOf(entries.values());
            for (int from = 0; from < all.size(); from += BATCH) {
                var batch = all.subList(from, Math.min(from + BATCH, all.size()));
                for (var entry : batch) {
                    client.send(entry.deadline() < 0
                            ? List.of(bytes("SET"), entry.key(), entry.value())
                            : List.of(bytes("SET"), entry.key(), entry.value(), bytes("PXAT"), ByteString.of(entry.deadline())));
                }
                for (int i = 0; i < batch.size(); i++) assertThat(client.read()).isEqualTo(new Resp.SimpleString("OK"));
            }
            assertThat(client.call("SAVE")).isEqualTo(new Resp.SimpleString("OK"));
        }
    }

    // ---- they read what we write ----

    @ParameterizedTest
    @CsvSource({"true,true", "false,true", "true,false"})
    void redisCheckRdbPassesOurFile(boolean compress, boolean checksum) throws Exception {
        Programs.require("redis-check-rdb");
        var entries = entries(5_000);
        write(entries, compress, checksum);
        long expires = entries.values().stream().filter(entry -> entry.deadline() >= 0).count();
        assertThat(Programs.run("", "redis-check-rdb", dump().toString())).contains("AUX FIELD redis-ver = '7.0.15'", "RDB looks OK!",
                "[info] 5000 keys read", "[info] " + expires + " expires", "[info] 0 already expired");
    }

    @Test
    void redisCheckRdbPassesOurEmptyFile() throws Exception {
        Programs.require("redis-check-rdb");
        write(Map.of(), true, true);
        assertThat(dump()).hasSize(89);
        assertThat(Programs.run("", "redis-check-rdb", dump().toString())).contains("Checksum OK", "[info] 0 keys read");
    }

    @ParameterizedTest
    @CsvSource({"true,true", "false,true", "true,false"})
    void redisServerStartsFromOurFile(boolean compress, boolean checksum) throws Exception {
        Programs.require("redis-server");
        var entries = entries(20_000);
        write(entries, compress, checksum);
        try (var redis = redis()) {
            assertHolds(redis, entries);
        }
    }

    // ---- we read what they write ----

    @ParameterizedTest
    @CsvSource({"yes,yes", "no,yes", "yes,no"})
    void weReadWhatRedisServerWrites(String compression, String checksum) throws Exception {
        var entries = entries(100_000);
        try (var redis = redis("--rdbcompression", compression, "--rdbchecksum", checksum)) {
            fill(redis, entries);
        }
        var content = read();
        assertThat(content.byKey().equals(entries)).as("the same keys, values and deadlines").isTrue();
        assertThat(content.entries()).hasSize(100_000);
        assertThat(content.resizeHint()).containsExactly(100_000L, entries.values().stream().filter(entry -> entry.deadline() >= 0).count());
        assertThat(content.aux()).contains("redis-ver=7.0.15", "redis-bits=64", "aof-base=0");
    }

    /// Not all sequences of bytes that mean the same, but the same sequence.
    @ParameterizedTest
    @CsvSource({"yes,yes", "no,yes", "yes,no"})
    void weWriteTheBytesThatRedisServerWrites(String compression, String checksum) throws Exception {
        try (var redis = redis("--rdbcompression", compression, "--rdbchecksum", checksum)) {
            fill(redis, entries(20_000));
        }
        var content = read();
        var out = new ByteArrayOutputStream();
        var writer = new RdbWriter(out, compression.equals("yes"), checksum.equals("yes"));
        var aux = content.aux().stream().map(field -> field.split("=", 2)).toList();
        assertThat(aux).extracting(field -> field[0]).containsExactly("redis-ver", "redis-bits", "ctime", "used-mem", "aof-base");
        writer.start(Long.parseLong(aux.get(2)[1]), Long.parseLong(aux.get(3)[1]));
        writer.aux("aof-base", "0");
        writer.database(content.resizeHint().get(0), content.resizeHint().get(1));
        for (var entry : content.entries()) writer.entry(entry.key(), entry.value(), entry.deadline()); // in the order of its table
        writer.finish();
        assertThat(out.toByteArray()).isEqualTo(Files.readAllBytes(dump()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"volatile-lru", "allkeys-lfu"})
    void weReadHowOftenKeysAreUsed(String policy) throws Exception {
        var entries = entries(1_000);
        try (var redis = redis("--maxmemory", "100mb", "--maxmemory-policy", policy)) {
            fill(redis, entries);
        }
        assertThat(read().byKey().equals(entries)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            RPUSH k a b c        | a list (type 18
            SADD k a b c         | a set (type 2
            SADD k 1 2 3         | a set (type 11
            ZADD k 1 a           | a sorted set (type 17
            HSET k f v           | a hash (type 16
            XADD k 1-1 f v       | a stream (type 19
            """)
    void weNameTheTypeThatWeDoNotKnow(String command, String type) throws Exception {
        try (var redis = redis(); var client = connect(redis)) {
            client.call(command.split(" "));
            client.call("SAVE");
        }
        assertThatThrownBy(this::read).isInstanceOf(RdbException.class)
                .hasMessageMatching("the key \"k\" is \\Q" + type + "\\E at offset \\d+\\): this server knows strings only");
    }

    @Test
    void weSkipFunctions() throws Exception {
        try (var redis = redis(); var client = connect(redis)) {
            assertThat(client.call("FUNCTION", "LOAD", "#!lua name=mylib\nredis.register_function('f', function() return 1 end)"))
                    .isEqualTo(new Resp.BulkString(ByteString.of("mylib")));
            client.call("SET", "k", "v");
            client.call("SAVE");
        }
        var content = read();
        assertThat(content.entries()).containsExactly(new Entry(ByteString.of("k"), ByteString.of("v"), -1));
        assertThat(content.skipped()).singleElement().asString().startsWith("a function library at offset ");
    }

    @Test
    void weRefuseAnotherDatabase() throws Exception {
        try (var redis = redis(); var client = connect(redis)) {
            client.call("SELECT", "3");
            client.call("SET", "k", "v");
            client.call("SAVE");
        }
        assertThatThrownBy(this::read).isInstanceOf(RdbException.class)
                .hasMessageMatching("database 3 at offset \\d+: this server has only database 0");
    }
}
