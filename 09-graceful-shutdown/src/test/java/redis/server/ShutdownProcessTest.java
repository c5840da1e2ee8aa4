package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Signals and SHUTDOWN, sent to a server that is a process: how it exits, what it says, and what it leaves on disk.
class ShutdownProcessTest {

    private static final String FAILED = "ERR Errors trying to SHUTDOWN. Check logs.";

    private static final int SIGINT = 2;

    /// After which `systemctl stop` would kill it here.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private Path dump() {
        return directory.resolve("dump.rdb");
    }

    private static void awaitLine(ServerProcess server, String text, int times) throws Exception {
        Eventually.becomesTrue("the log says: " + text, () -> count(server, text) == times);
    }

    private static long count(ServerProcess server, String text) {
        return server.log().stream().filter(line -> line.contains(text)).count();
    }

    /// What it has said of its end, without the lines that tell the time.
    private static List<String> messages(ServerProcess server) {
        return server.log().stream().map(line -> line.replaceFirst("^(INFO|WARNING): ", "")).toList();
    }

    /// A JVM does not take back that a signal is ignored.
    private static void requireSigInt() throws IOException {
        var status = Path.of("/proc/self/status");
        if (!Files.exists(status)) return;
        var ignored = Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:"))
                .mapToLong(line -> Long.parseUnsignedLong(line.substring("SigIgn:".length()).strip(), 16)).findFirst().orElse(0);
        Assumptions.assumeTrue((ignored & 1 << SIGINT - 1) == 0, "SIGINT is ignored where these tests run, as by nohup or in a background job");
    }

    @Test
    void sigTermSavesAndExitsWithZero() throws Exception {
        try (var server = ServerProcess.start(directory); var redis = server.connect()) {
            server.signal("HUP"); // is ignored
            redis.call("SET", "a", "1").isOk();
            assertThat(dump()).doesNotExist();
            server.signal("TERM");
            assertThat(server.awaitExit(PATIENCE)).isZero();
            redis.expectEnd();
            Eventually.becomesTrue("the log is complete", () -> messages(server).getLast().equals("Redis is now ready to exit, bye bye..."));
            assertThat(messages(server)).containsSubsequence("Received SIGTERM scheduling shutdown...", "User requested shutdown...",
                    "Calling fsync() on the AOF file.", "Saving the final RDB snapshot before exiting.", "DB saved on disk");
        }
        assertThat(dump()).exists();
    }

    @Test
    void parametersSayWhatSignalsMean() throws Exception {
        requireSigInt();
        try (var server = ServerProcess.start(directory, "--shutdown-on-sigint", "nosave", "--appendonly", "no")) {
            server.signal("INT");
            assertThat(server.awaitExit(PATIENCE)).isZero();
            assertThat(dump()).doesNotExist();
            awaitLine(server, "Received SIGINT scheduling shutdown...", 1);
            assertThat(count(server, "Saving the final RDB snapshot")).isZero();
        }
        try (var server = ServerProcess.start(directory, "--shutdown-on-sigterm", "save now", "--save", "", "--appendonly", "no")) {
            server.signal("TERM");
            assertThat(server.awaitExit(PATIENCE)).isZero();
            assertThat(dump()).exists();
        }
    }

    @Test
    void aServerThatCannotSaveStaysUntilItIsForced() throws Exception {
        requireSigInt();
        try (var server = ServerProcess.start(directory, "--appendonly", "no"); var redis = server.connect()) {
            Files.createDirectories(dump().resolve("in the way"));
            for (int i = 1; i <= 2; i++) { // the second one does not insist: the first is over
                server.signal("INT");
                awaitLine(server, "Errors trying to shut down the server. Check the logs for more information.", i);
                redis.call("INCR", "n").is(i);
            }
            redis.call("SHUTDOWN").isError(FAILED);
            redis.call("INCR", "n").is(3);
            redis.send("SHUTDOWN", "FORCE").expectEnd();
            assertThat(server.awaitExit(PATIENCE)).isZero();
        }
    }

    /// What could not be logged has not been acknowledged, and is not by the last replies either.
    @Test
    void aServerThatCannotLogStaysUntilItIsForced() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "prlimit is not installed (Debian: apt-get install util-linux)");
        int limit = 64 * 1024;
        try (var server = ServerProcess.startUnder(List.of("prlimit", "--fsize=" + limit + ":unlimited"), directory, "--save", "");
             var redis = server.connect()) {
            int written = 0;
            while (redis.call("SET", "key " + written, "x".repeat(1_000)).value().equals(Resp.OK)) written++;
            redis.call("SHUTDOWN").isError(FAILED);
            redis.call("GET", "key 0").is("x".repeat(1_000));
            server.signal("TERM");
            awaitLine(server, "Errors trying to shut down the server. Check the logs for more information.", 2);
            redis.send("SHUTDOWN", "FORCE").expectEnd();
            assertThat(server.awaitExit(PATIENCE)).isZero();
            try (var next = LocalServer.withLog(directory)) {
                next.call("DBSIZE").is(written);
            }
        }
    }

    // ---- replicas that lag ----

    /// Stops a replica, and writes what it does not get.
    private static void outrun(ServerProcess server, TestClient redis, long pid) throws Exception {
        Eventually.becomesTrue("the replica is online", () -> redis.call("INFO", "replication").text().contains("state=online"));
        Programs.run("", "kill", "-STOP", Long.toString(pid));
        redis.call("SET", "a", "1").isOk();
    }

    private static boolean isShuttingDown(TestClient redis) throws Exception {
        return redis.call("INFO", "server").text().contains("shutdown_in_milliseconds:");
    }

    @Test
    void aRealReplicaThatLagsIsWaitedForUntilItIsCalledOffOrTheReplicaHasEverything() throws Exception {
        try (var server = ServerProcess.start(directory, "--shutdown-timeout", "600"); var redis = server.connect(); var writer = server.connect();
             var replica = RealRedis.start("--replicaof", "127.0.0.1", Integer.toString(server.port()))) {
            outrun(server, redis, replica.pid());
            server.signal("TERM");
            Eventually.becomesTrue("the shutdown begins", () -> isShuttingDown(redis));
            server.signal("TERM"); // changes nothing
            awaitLine(server, "Received SIGTERM scheduling shutdown...", 2);
            writer.send("SET", "b", "2");
            redis.call("GET", "b").isNil();
            redis.call("SHUTDOWN", "ABORT").isOk();
            writer.read().isOk();

            server.signal("TERM");
            awaitLine(server, "Waiting for replicas before shutting down.", 2);
            assertThat(server.isAlive()).isTrue();
            Programs.run("", "kill", "-CONT", Long.toString(replica.pid()));
            assertThat(server.awaitExit(PATIENCE)).isZero();
            awaitLine(server, "1 of 1 replicas are in sync when shutting down.", 1);
            try (var there = new TestClient(replica.address())) {
                there.call("MGET", "a", "b").is(List.of("1", "2"));
            }
        }
    }

    @Test
    void aReplicaThatDoesNotCatchUpIsGivenUpInTime() throws Exception {
        try (var server = ServerProcess.start(directory.resolve("master"), "--shutdown-timeout", "2"); var redis = server.connect();
             var replica = ServerProcess.start(directory.resolve("replica"), "--replicaof", "127.0.0.1 " + server.port())) {
            outrun(server, redis, replica.pid());
            long start = System.nanoTime();
            server.signal("TERM");
            assertThat(server.awaitExit(PATIENCE)).isZero();
            // Two seconds, and what else a busy machine needs to tell a process to end and to end it.
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(5));
            awaitLine(server, "0 of 1 replicas are in sync when shutting down.", 1);
            assertThat(messages(server)).anyMatch(line -> line.matches("Lagging replica 127\\.0\\.0\\.1:\\d+ reported offset \\d+ behind master, lag=\\d, state=online\\."));
        }
        try (var next = LocalServer.withLog(directory.resolve("master"))) {
            next.call("GET", "a").is("1");
        }
    }

    /// A client that calls itself a replica, and never says that it has got what is written.
    private static TestClient lag(ServerProcess server, TestClient redis) throws Exception {
        var replica = server.connect().send("SYNC");
        Eventually.becomesTrue("the replica is online", () -> redis.call("INFO", "replication").text().contains("state=online"));
        redis.call("SET", "a", "1").isOk();
        return replica;
    }

    @Test
    void replicasAreNotWaitedForIfNobodyWantsThat() throws Exception {
        try (var server = ServerProcess.start(directory, "--shutdown-timeout", "600"); var redis = server.connect(); var _ = lag(server, redis)) {
            redis.send("SHUTDOWN", "NOW").expectEnd();
            assertThat(server.awaitExit(PATIENCE)).isZero();
            awaitLine(server, "0 of 1 replicas are in sync when shutting down.", 1);
        }
        try (var server = ServerProcess.start(directory, "--shutdown-timeout", "0"); var redis = server.connect(); var _ = lag(server, redis)) {
            server.signal("TERM");
            assertThat(server.awaitExit(PATIENCE)).isZero();
            awaitLine(server, "0 of 1 replicas are in sync when shutting down.", 1);
            assertThat(count(server, "Waiting for replicas")).isZero();
        }
    }

    @Test
    void aSecondSigIntInsists() throws Exception {
        requireSigInt();
        for (var first : List.of("INT", "TERM")) {
            try (var server = ServerProcess.start(directory, "--shutdown-timeout", "600"); var redis = server.connect(); var _ = lag(server, redis)) {
                server.signal(first);
                Eventually.becomesTrue("the shutdown begins", () -> isShuttingDown(redis));
                server.signal("INT");
                assertThat(server.awaitExit(PATIENCE)).isEqualTo(1);
                awaitLine(server, "You insist... exiting now.", 1);
            }
        }
    }

    // ---- nobody holds it up ----

    @Test
    void noKindOfClientHoldsItUp() throws Exception {
        assertThat(endWithAllKindsOfClients(false)).isLessThan(Duration.ofSeconds(5));
    }

    /// As `systemctl stop` with ten seconds of patience: with all parameters as they are by default, and replicas that use up their time.
    @Test
    @Tag("torture")
    void nobodyHasToKillIt() throws Exception {
        for (int i = 0; i < 3; i++) assertThat(endWithAllKindsOfClients(true)).isLessThan(PATIENCE);
    }

    private Duration endWithAllKindsOfClients(boolean lagging) throws Exception {
        var clients = new ArrayList<TestClient>();
        try (var server = ServerProcess.start(directory, "--client-output-buffer-limit", "normal 0 0 0 pubsub 0 0 0"); var redis = server.connect()) {
            redis.call("SET", "large", "x".repeat(1_000_000)).isOk();
            if (lagging) clients.add(lag(server, redis));
            for (int i = 0; i < 10; i++) {
                clients.add(server.connect().send("WAIT", "9", "0"));
                clients.add(server.connect().send("SUBSCRIBE", "channel")); // and does not read either
                clients.add(server.connect().sendRaw("*2\r\n$3\r\nGET\r\n$1000000\r\nhalf of a"));
                clients.add(server.connect().sendRaw("GET large\r\n".repeat(20)));
                clients.add(server.connect());
            }
            for (int i = 0; i < 20; i++) redis.call("PUBLISH", "channel", "x".repeat(500_000));
            long start = System.nanoTime();
            server.signal("TERM");
            assertThat(server.awaitExit(PATIENCE)).isZero();
            redis.expectEnd();
            return Duration.ofNanos(System.nanoTime() - start);
        } finally {
            for (var client : clients) client.close();
        }
    }

    @Test
    void theFilesAreThoseOfAServerThatCanStartAgain() throws Exception {
        try (var server = ServerProcess.start(directory); var redis = server.connect()) {
            for (int i = 0; i < 100; i++) redis.send("SET", "key " + i, "value").send("BGREWRITEAOF").send("BGSAVE");
            redis.send("SHUTDOWN", "NOW");
            while (redis.read().value() != null) {
                // until the end
            }
            assertThat(server.awaitExit(PATIENCE)).isZero();
        }
        try (var files = Files.walk(directory)) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.startsWith("temp-"));
        }
        new AofFiles(directory).check();
        try (var fromLog = LocalServer.withLog(directory); var fromSnapshot = fromSnapshot(directory)) {
            fromLog.call("DBSIZE").is(100);
            fromSnapshot.call("DBSIZE").is(100);
        }
    }

    /// A server that starts from a copy of the snapshot alone.
    static LocalServer fromSnapshot(Path directory) throws Exception {
        var copy = Files.createDirectories(directory.resolve("copy-" + System.nanoTime()));
        Files.copy(directory.resolve("dump.rdb"), copy.resolve("dump.rdb"));
        return LocalServer.start(copy, "--save", "");
    }
}
