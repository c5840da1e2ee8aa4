package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/// Our log in the hands of Redis's own programs, and theirs in ours.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AofInteropTest {

    @TempDir
    Path directory;

    private RecordedLog log;

    @BeforeEach
    void recordTheLog() {
        log = new RecordedLog();
    }

    @AfterEach
    void stopRecording() {
        log.close();
    }

    private AofFiles files(String name) {
        return new AofFiles(directory.resolve(name));
    }

    /// Has a server do something of everything, with deadlines far away.
    private static void use(TestClient redis) throws IOException {
        redis.call("FLUSHALL").isOk();
        for (int i = 0; i < 200; i++) redis.call("SET", "key " + i, "value " + i).isOk();
        for (int i = 0; i < 200; i += 3) redis.call("DEL", "key " + i).is(1);
        redis.call("SET", "soon", "v", "EX", "10000").isOk();
        redis.call("SETEX", "later", "20000", "v").isOk();
        redis.call("EXPIRE", "key 1", "30000").is(1);
        redis.call("PEXPIREAT", "key 2", "4102444800123").is(1);
        redis.call("SET", "forever", "v", "PX", "1000000").isOk();
        redis.call("PERSIST", "forever").is(1);
        redis.call("SET", "over", "v").isOk();
        redis.call("EXPIRE", "over", "-1").is(1);
        redis.call("SET", "short", "v", "PX", "1").isOk();
        redis.call("SET", "", "\u0000\r\n\u00fc$5\r\n").isOk();
        redis.call("SET", "large", "x".repeat(1_000_000)).isOk();
        redis.call("APPEND", "large", "y").is(1_000_001);
        redis.call("SETRANGE", "range", "5", "abc").is(8);
        redis.call("INCRBY", "n", "41").is(41);
        redis.call("INCR", "n").is(42);
        redis.call("SET", "f", "3200").isOk();
        redis.call("INCRBYFLOAT", "f", "0.1").satisfies(_ -> {});
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call("RENAME", "a", "c").isOk();
        redis.call("COPY", "c", "d").is(1);
        redis.call("GETDEL", "b").is("2");
        redis.call("SET", "n", "43", "GET", "KEEPTTL").is("42");
        redis.call("SET", "n", "44", "NX").isNil();
    }

    /// Returns when it has loaded its log.
    private static TestClient connect(RealRedis redis) throws Exception {
        var client = new TestClient(redis.address());
        Eventually.becomesTrue("redis-server has loaded the log", () -> client.call("INFO").text().contains("\r\nloading:0\r\n"));
        return client;
    }

    private static void isGone(TestClient redis, String key) throws Exception {
        Eventually.becomesTrue(key + " is over", () -> redis.call("GET", key).text() == null);
    }

    @Test
    void redisCheckAofFindsNothingWrong() throws Exception {
        Programs.require("redis-check-aof");
        var files = files("ours");
        try (var server = LocalServer.withLog(files.dir())) {
            use(server.client());
            files.check();
            server.rewriteLog();
            files.check();
            use(server.client());
            files.check();
        }
        files.check();
        LocalServer.withLog(files.dir()).close();
        files.check();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void redisStartsFromOurLog(boolean rewritten) throws Exception {
        var ours = files("ours");
        Map<String, String> dataset;
        try (var server = LocalServer.withLog(ours.dir())) {
            if (rewritten) {
                use(server.client());
                server.rewriteLog();
            }
            use(server.client());
            isGone(server.client(), "short");
            dataset = server.dataset();
        }
        var theirs = ours.copyTo(directory.resolve("theirs"));
        try (var redis = RealRedis.start("--appendonly", "yes", "--dir", theirs.dir().toString(), "--aof-use-rdb-preamble", "no");
             var client = connect(redis)) {
            assertThat(Dataset.of(client)).isEqualTo(dataset);
            client.call("SET", "back", "again").isOk();
        }
        try (var server = LocalServer.withLog(theirs.dir())) {
            server.call("DEL", "back").is(1);
            assertThat(server.dataset()).isEqualTo(dataset);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void weStartFromTheLogOfRedis(boolean rewritten) throws Exception {
        var theirs = files("theirs");
        Files.createDirectories(theirs.dir());
        Map<String, String> dataset;
        try (var redis = RealRedis.start("--appendonly", "yes", "--dir", theirs.dir().toString(), "--aof-use-rdb-preamble", "no",
                "--aof-timestamp-enabled", "yes", "--appendfsync", "always");
             var client = connect(redis)) {
            use(client);
            if (rewritten) {
                client.call("BGREWRITEAOF").satisfies(_ -> {});
                Eventually.becomesTrue("the rewrite ends", () -> client.call("INFO").text().contains("aof_rewrite_in_progress:0"));
                assertThat(theirs.base(2)).exists();
            }
            client.sendRaw("MULTI\r\nSET t 1\r\nINCR t\r\nEXEC\r\n");
            for (int i = 0; i < 4; i++) client.read();
            client.call("PEXPIRE", "t", "5000000").is(1);
            isGone(client, "short");
            dataset = Dataset.of(client);
        }
        try (var server = LocalServer.withLog(theirs.dir())) {
            assertThat(server.dataset()).isEqualTo(dataset);
            server.rewriteLog();
            server.call("INCR", "t").is(3);
        }
        theirs.check();
        try (var redis = RealRedis.start("--appendonly", "yes", "--dir", theirs.dir().toString()); var client = connect(redis)) {
            client.call("DECR", "t").is(2);
            assertThat(Dataset.of(client)).isEqualTo(dataset);
        }
    }
}
