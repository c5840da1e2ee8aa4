package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// aof-timestamp-enabled yes: a line `#TS:<seconds since 1970>` in the log before the first record of each second.
@Tag("exercise")
class Exercise2TimestampsTest {

    private static final long SECOND = 1_700_000_000;

    /// Stands still, or goes on by a second each time that somebody looks at it.
    private static final class TestClock implements InstantSource {

        private volatile long millis = SECOND * 1_000;
        private volatile boolean running;

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(millis());
        }

        @Override
        public long millis() {
            if (running) millis += 1_000;
            return millis;
        }
    }

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock();

    private Path file(String name) {
        return directory.resolve("appendonlydir").resolve(name);
    }

    private String log() throws IOException {
        return Files.readString(file("appendonly.aof.1.incr.aof"));
    }

    private RedisServer start(String annotations) throws IOException {
        var config = ServerConfig.parse("--port", "0", "--dir", directory.toString(), "--aof-timestamp-enabled", annotations);
        var server = new RedisServer(config, clock);
        server.start();
        return server;
    }

    private static TestClient connect(RedisServer server) throws IOException {
        return new TestClient(new InetSocketAddress("127.0.0.1", server.port()));
    }

    @Test
    void eachSecondIsAnnotatedOnce() throws IOException {
        try (var server = start("yes"); var redis = connect(server)) {
            redis.call("SET", "a", "1").isOk();
            clock.millis += 999;
            redis.call("SET", "b", "2").isOk();
            clock.millis += 1;
            redis.call("GET", "a").is("1");
            redis.call("SET", "c", "3").isOk();
            clock.millis += 10_000;
            redis.call("SET", "d", "4").isOk();
        }
        assertThat(log()).isEqualTo("""
                #TS:1700000000
                *2|$6|SELECT|$1|0|
                *3|$3|SET|$1|a|$1|1|
                *3|$3|SET|$1|b|$1|2|
                #TS:1700000001
                *3|$3|SET|$1|c|$1|3|
                #TS:1700000011
                *3|$3|SET|$1|d|$1|4|
                """.replace("|\n", "|").replace("\n", "|").replace("|", "\r\n"));
        try (var server = start("yes"); var redis = connect(server)) {
            redis.call("DBSIZE").is(4);
        }
    }

    @Test
    void noAnnotationSplitsATransaction() throws IOException {
        try (var server = start("yes"); var redis = connect(server)) {
            redis.call("MSET", "a", "1", "b", "2", "c", "3").isOk();
            redis.call("PEXPIREAT", "a", Long.toString(clock.millis + 1)).is(1);
            redis.call("PEXPIREAT", "b", Long.toString(clock.millis + 1)).is(1);
            clock.running = true;
            redis.call("MGET", "a", "b", "c");
            redis.call("SET", "a", "new").isOk();
            clock.running = false;
        }
        var rest = log();
        assertThat(rest).contains("DEL");
        while (rest.contains("MULTI")) {
            rest = rest.substring(rest.indexOf("MULTI"));
            assertThat(rest.substring(0, rest.indexOf("EXEC"))).doesNotContain("#TS:");
            rest = rest.substring(rest.indexOf("EXEC"));
        }
    }

    @Test
    void itCanBeSwitched() throws IOException {
        try (var server = start("no"); var redis = connect(server)) {
            redis.call("SET", "a", "1").isOk();
            assertThat(log()).doesNotContain("#");
            redis.call("CONFIG", "SET", "aof-timestamp-enabled", "yes").isOk();
            redis.call("SET", "a", "2").isOk();
            assertThat(log()).contains("#TS:1700000000\r\n");
        }
    }

    /// What it is for: back to a moment before the mistake.
    @Test
    void redisCheckAofTruncatesToATime() throws Exception {
        Programs.require("redis-check-aof");
        try (var server = start("yes"); var redis = connect(server)) {
            redis.call("SET", "account", "100").isOk();
            clock.millis += 60_000;
            redis.call("FLUSHALL").isOk();
        }
        Programs.run("", "redis-check-aof", "--truncate-to-timestamp", Long.toString(SECOND + 59), file("appendonly.aof.manifest").toString());
        try (var server = start("yes"); var redis = connect(server)) {
            redis.call("GET", "account").is("100");
        }
    }
}
