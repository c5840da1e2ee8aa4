package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;
import redis.resp.RespClient;

import static org.assertj.core.api.Assertions.assertThat;

/// How much memory a key takes, when there are a million of them: 16 bytes, with values of 32. Beside a real Redis, which has the same.
@Tag("torture")
class MemoryPerKeyTest {

    private static final int KEYS = 1_000_000;
    private static final int AT_ONCE = 1_000;

    @TempDir
    private Path directory;

    /// @param account what the server says that the data take, in bytes for each key
    /// @param resident by how much the process has grown, in bytes for each key
    private record PerKey(double account, double resident) {}

    private static void load(RespClient client) throws IOException {
        var random = new Random(1);
        for (int from = 0; from < KEYS; from += AT_ONCE) {
            for (int i = from; i < from + AT_ONCE; i++) client.send("SET", "key:%012d".formatted(i), "%016x%016x".formatted(random.nextLong(), random.nextLong()));
            for (int i = from; i < from + AT_ONCE; i++) assertThat(client.read()).isEqualTo(Resp.OK);
        }
    }

    private static long resident(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream().filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).findFirst().orElseThrow();
    }

    @FunctionalInterface
    private interface Cleaning {
        void run() throws Exception;
    }

    private static PerKey measure(InetSocketAddress address, long pid, Cleaning cleaning) throws Exception {
        try (var client = RespClient.connect(address, Duration.ofSeconds(30))) {
            cleaning.run();
            long before = resident(pid);
            load(client);
            cleaning.run();
            var info = ((Resp.BulkString) client.call("INFO", "memory")).value().toString();
            var used = info.lines().filter(line -> line.startsWith("used_memory:")).findFirst().orElseThrow().substring("used_memory:".length());
            return new PerKey(Double.parseDouble(used) / KEYS, (double) (resident(pid) - before) / KEYS);
        }
    }

    private static String program(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    /// By itself the JVM keeps up to 70 % of its heap free to grow into, even when it has collected all garbage: two options have it keep less. They are not among
    /// those that the server usually runs with.
    @Test
    void itIsAtMostAThirdMoreThanInRedis() throws Exception {
        PerKey theirs;
        try (var redis = RealRedis.start()) {
            theirs = measure(redis.address(), redis.pid(), () -> {});
        }
        PerKey ours;
        var command = new ArrayList<>(List.of(program("java"), "@../tools/jvm.options", "-XX:MinHeapFreeRatio=5", "-XX:MaxHeapFreeRatio=10",
                "-cp", System.getProperty("java.class.path"), "redis.server.Main"));
        try (var server = ServerProcess.startBy(command, directory, "--save", "")) {
            ours = measure(server.address(), server.pid(), () -> {
                for (int i = 0; i < 2; i++) Programs.run("", program("jcmd"), Long.toString(server.pid()), "GC.run");
            });
        }
        System.out.printf("bytes for each key: redis-server %s, this server %s%n", theirs, ours);
        assertThat(ours.account).isLessThan(theirs.account);
        assertThat(ours.resident).isLessThan(1.3 * theirs.resident);
    }
}
