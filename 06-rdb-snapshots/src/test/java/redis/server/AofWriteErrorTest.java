package redis.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// A disk that takes no more: writes are refused, reads go on, and when it takes some again, all is as before.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AofWriteErrorTest {

    private static final int LIMIT = 64 * 1024; // of the size of a file, in bytes
    private static final String VALUE = "x".repeat(1_000);

    @TempDir
    Path directory;

    @BeforeEach
    void requireLinux() {
        Assumptions.assumeTrue(System.getProperty("os.name").equals("Linux"), "only Linux has the tools to make a disk fail");
    }

    @ParameterizedTest
    @EnumSource(names = {"ALWAYS", "EVERYSEC"})
    void writesAreRefusedAsLongAsTheFileMayNotGrow(FsyncPolicy policy) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "prlimit is not installed (Debian: apt-get install util-linux)");
        var files = new AofFiles(directory);
        try (var server = ServerProcess.startUnder(List.of("prlimit", "--fsize=" + LIMIT + ":unlimited"), directory,
                "--appendfsync", policy.name());
             var redis = server.connect()) {
            fill(redis, "File too large");
            assertRefusing(server, redis, "File too large");
            assertThat(Files.size(files.increment(1))).isLessThanOrEqualTo(LIMIT);
            assertThat(AofFiles.records(files.increment(1), 0)).as("only whole commands are in the file").isNotEmpty();

            Programs.run("", "prlimit", "--pid", Long.toString(server.pid()), "--fsize=unlimited:unlimited");
            assertHealing(server, redis, files);
        }
    }

    @Test
    void writesAreRefusedAsLongAsTheDiskIsFull() throws Exception {
        var disk = Files.createDirectory(directory.resolve("disk"));
        var mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()).redirectErrorStream(true).start();
        Assumptions.assumeTrue(mount.waitFor(10, TimeUnit.SECONDS) && mount.exitValue() == 0, "mounting a tmpfs is not allowed here");
        try {
            var ballast = Files.write(disk.resolve("ballast"), new byte[512 * 1024]);
            try (var server = ServerProcess.start(disk); var redis = server.connect()) {
                fill(redis, "No space left on device");
                assertRefusing(server, redis, "No space left on device");
                Files.delete(ballast);
                assertHealing(server, redis, new AofFiles(disk));
            }
        } finally {
            Programs.run("", "umount", disk.toString());
        }
    }

    /// Sets keys until one is refused. The first to fail is told so, too: its bytes are not in the log.
    private static void fill(TestClient redis, String problem) throws Exception {
        for (int i = 0; i < 10_000; i++) {
            var reply = redis.call("SET", "key " + i, VALUE);
            if (reply.value().equals(Resp.OK)) continue;
            reply.isError("MISCONF Errors writing to the AOF file: " + problem);
            assertThat(i).as("writes before the first error").isGreaterThan(10);
            return;
        }
        throw new AssertionError("10,000 writes, and no error");
    }

    private static void assertRefusing(ServerProcess server, TestClient redis, String problem) throws Exception {
        for (var refused : List.of("SET k v", "INCR n", "DEL key", "EXPIRE key 100", "FLUSHALL", "PING")) {
            redis.call(refused.split(" ")).isError("MISCONF Errors writing to the AOF file: " + problem);
        }
        redis.sendRaw("GET nothing\r\nSET k v\r\nGET k\r\n");
        redis.read().isNil();
        redis.read().isError("MISCONF Errors writing to the AOF file: " + problem);
        redis.read().isNil();
        redis.call("GET", "key 1").is(VALUE);
        redis.call("ECHO", "hello").is("hello");
        redis.call("CONFIG", "SET", "auto-aof-rewrite-percentage", "0").isOk();
        assertThat(redis.call("INFO", "persistence").text()).contains("aof_last_write_status:err").doesNotContain("aof_buffer_length:0\r\n");
        assertSaidOnce(server, "Error writing to the AOF file: " + problem);
    }

    /// What a server prints may arrive after what it answers.
    private static void assertSaidOnce(ServerProcess server, String text) throws Exception {
        Predicate<String> hasText = line -> line.contains(text);
        Eventually.becomesTrue("the server says \"" + text + '"', () -> server.log().stream().anyMatch(hasText));
        assertThat(server.log()).filteredOn(hasText).hasSize(1);
    }

    private void assertHealing(ServerProcess server, TestClient redis, AofFiles files) throws Exception {
        Eventually.becomesTrue("writes go on", () -> redis.call("SET", "after", "all").value().equals(Resp.OK));
        redis.call("PING").is(new Resp.SimpleString("PONG"));
        redis.call("INCR", "n").is(1);
        assertThat(redis.call("INFO", "persistence").text()).contains("aof_last_write_status:ok");
        assertSaidOnce(server, "AOF write error looks solved, the server can write again.");
        var inMemory = Dataset.of(redis);
        server.kill();
        files.check();
        assertThat(load(files)).isEqualTo(inMemory).containsEntry("after", "all");
    }

    private static Map<String, String> load(AofFiles files) throws Exception {
        try (var next = LocalServer.withLog(files.dir())) {
            return next.dataset();
        }
    }
}
