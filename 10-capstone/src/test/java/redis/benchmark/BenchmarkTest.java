package redis.benchmark;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;
import redis.resp.RespClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/// The whole benchmark, in short, against real Redis servers.
class BenchmarkTest {

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void comparesTwoServersAndLeavesThemAsTheyWere() throws Exception {
        try (var one = TestServers.startRedis(); var other = TestServers.startRedis()) {
            call(one, "SET", "somebody", "else's");
            int status = run("--port", port(one), "--against", TestServers.address(other), "--requests", "300", "--rounds", "2", "--warm-up", "0",
                    "--keyspace", "100", "--clients", "5");
            assertThat(status).as(text()).isZero();
            assertThat(text()).contains("sequential GET", "pipelined 100 SET", "pub/sub fan-out", "ratio")
                    .contains("AOF always SET: skipped. 127.0.0.1:" + port(one) + ": needs a server with appendonly yes and appendfsync always")
                    .contains("BGSAVE under load: skipped.").doesNotContain("FAILED", "elow target", "found nothing");
            assertThat(Files.readString(directory.resolve("report.html"))).contains("sequential GET");
            assertThat(Files.readString(directory.resolve("report.json"))).contains("\"id\": \"mixed\"");
            assertThat(directory.resolve("mixed.127.0.0.1-%s.hgrm".formatted(port(one)))).exists();
            assertThat(call(one, "DBSIZE")).isEqualTo(Resp.integer(1));
            assertThat(call(other, "DBSIZE")).isEqualTo(Resp.integer(0));
        }
    }

    @Test
    void aServerThatLogsAsARowWantsRunsIt() throws Exception {
        try (var one = RunningServer.start(TestServers.redis(), 0, Workload.Setting.AOF_ALWAYS.options)) {
            assertThat(run("--port", port(one), "--against", TestServers.address(one), "--requests", "100", "--rounds", "1", "--warm-up", "0",
                    "--keyspace", "10", "--tests", "aof")).isZero();
            assertThat(text()).contains("AOF everysec SET: skipped").containsPattern("(?m)^AOF always SET +127\\.0\\.0\\.1:\\d+ +[1-9]")
                    .contains("was not started by the benchmark, and logs its writes (appendonly yes, appendfsync always)");
        }
    }

    @Test
    void snapshotsAreSavedByServersThatWereStartedForIt() throws Exception {
        var options = Options.parse("--keyspace", "1000", "--rounds", "1", "--duration", "0.3", "--warm-up", "0", "--tests", "bgsave,aof-always");
        var launch = TestServers.redis();
        try (var server = RunningServer.start(launch, 0, Workload.Setting.PLAIN.options); var contender = new Contender("Redis", server, launch)) {
            var rows = new Race(List.of(contender), options, new Progress(new PrintStream(out), false)).run(options.workloads());
            assertThat(rows).extracting(row -> row.reason).containsOnly("");
            assertThat(rows.getLast().notes).anyMatch(note -> note.matches("Redis: snapshots of 10,000 keys; completed: [1-9]\\d*, rounds: 1\\."));
            assertThat(rows.getLast().series.getFirst().uncorrected).isNotNull();
        }
    }

    @Test
    void aServerThatDiesInMidRunFailsItsRowsAndTheOthersAreReported() throws Exception {
        var dying = TestServers.startRedis();
        try (var other = TestServers.startRedis()) {
            var running = CompletableFuture.supplyAsync(() -> runUnchecked("--port", port(dying), "--against", TestServers.address(other), "--duration", "10",
                    "--rounds", "2", "--warm-up", "0", "--keyspace", "10", "--tests", "concurrent-get,mixed"));
            awaitCommands(dying, 1_000);
            dying.close();
            assertThat(running.get(20, TimeUnit.SECONDS)).as(text()).isEqualTo(1);
            assertThat(text()).contains("concurrent GET: FAILED. 127.0.0.1:" + port(dying) + ": ", "mixed 90/10: FAILED.");
            assertThat(Files.readString(directory.resolve("report.html"))).contains("✗ Failed");
            assertThat(call(other, "DBSIZE")).as("its keys are deleted all the same").isEqualTo(Resp.integer(0));
        } finally {
            dying.close();
        }
    }

    @Test
    void anInterruptEndsItAndTheKeysAreDeleted() throws Exception {
        try (var server = TestServers.startRedis()) {
            var outcome = new CompletableFuture<String>();
            var thread = Thread.ofPlatform().start(() -> {
                try {
                    outcome.complete("status " + run("--port", port(server), "--against", TestServers.address(server), "--duration", "60", "--keyspace", "10",
                            "--warm-up", "0", "--tests", "concurrent-get"));
                } catch (InterruptedException e) {
                    outcome.complete("interrupted");
                }
            });
            awaitCommands(server, 1_000);
            thread.interrupt();
            assertThat(outcome.get(20, TimeUnit.SECONDS)).isEqualTo("interrupted");
            assertThat(call(server, "DBSIZE")).isEqualTo(Resp.integer(0));
        }
    }

    @Test
    void nobodyAtTheAddressEndsItWithOneLine() throws Exception {
        var server = TestServers.startRedis();
        server.close();
        assertThat(run("--port", port(server))).isEqualTo(2);
        assertThat(text()).isEmpty();
    }

    @Test
    void aServerThatDoesNotStartIsToldWithItsLastWords() throws Exception {
        var launch = TestServers.redis();
        var bad = new Launch("Redis", List.of(launch.command().getFirst(), "--no-such-option", "1"));
        assertThat(catchThrowable(() -> RunningServer.start(bad, 0, List.of())))
                .isInstanceOf(LoadException.class).hasMessageContaining("it does not start: ").hasMessageContaining("no-such-option");
    }

    @Test
    void theHelpIsPrinted() throws Exception {
        assertThat(run("--help")).isZero();
        assertThat(text()).contains("--against HOST:PORT", "bgsave");
    }

    private int run(String... arguments) throws InterruptedException {
        var all = new ArrayList<>(List.of(arguments));
        if (!all.contains("--help")) all.addAll(List.of("--output", directory.toString()));
        return Benchmark.run(new PrintStream(out, true, StandardCharsets.UTF_8), false, all.toArray(String[]::new));
    }

    private int runUnchecked(String... arguments) {
        try {
            return run(arguments);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String text() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String port(RunningServer server) {
        return Integer.toString(server.address.getPort());
    }

    private static Resp call(RunningServer server, String... words) throws Exception {
        try (var client = RespClient.connect(server.address, Duration.ofSeconds(10))) {
            return client.call(words);
        }
    }

    /// Until the server has executed that many.
    private static void awaitCommands(RunningServer server, int count) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        try (var client = RespClient.connect(server.address, Duration.ofSeconds(10))) {
            while (Long.parseLong(ServerFacts.field(client, "stats", "total_commands_processed")) < count) {
                assertThat(System.nanoTime()).as("a load within 20 s").isLessThan(deadline);
                TimeUnit.MILLISECONDS.sleep(5);
            }
        }
    }
}
