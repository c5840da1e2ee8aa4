package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// Servers with passwords that follow one another, and redis-cli with a password.
class AuthenticationInteropTest {

    private static final String PASSWORD = "a secret, ünd more";

    @TempDir
    private Path directory;

    private static void awaitLink(TestClient replica) throws Exception {
        Eventually.becomesTrue("the replica is connected", () -> replica.call("INFO", "replication").text().contains("master_link_status:up"));
    }

    /// What is written on the master arrives at the replica.
    private static void assertFollows(TestClient replica, TestClient master) throws Exception {
        awaitLink(replica);
        master.call("SET", "key", "value").isOk();
        Eventually.becomesTrue("the write arrives", () -> "value".equals(replica.call("GET", "key").text()));
        master.call("WAIT", "1", "5000").is(1);
    }

    private static String[] replicaOf(InetSocketAddress master) {
        return new String[] {"REPLICAOF", master.getHostString(), Integer.toString(master.getPort())};
    }

    @Test
    void oursFollowsARedisThatHasAPassword() throws Exception {
        try (var redis = RealRedis.start(); var master = new TestClient(redis.address())) {
            master.call("CONFIG", "SET", "requirepass", PASSWORD).isOk();
            try (var ours = LocalServer.start(directory, "--replicaof", "127.0.0.1 " + redis.address().getPort(), "--masterauth", PASSWORD)) {
                assertFollows(ours.client(), master);
            }
        }
    }

    @Test
    void oursMayNameTheUser() throws Exception {
        try (var redis = RealRedis.start(); var master = new TestClient(redis.address())) {
            master.call("ACL", "SETUSER", "copyist", "on", ">" + PASSWORD, "+psync", "+replconf", "+ping").isOk();
            master.call("CONFIG", "SET", "requirepass", "another").isOk();
            try (var ours = LocalServer.start(directory, "--replicaof", "127.0.0.1 " + redis.address().getPort(),
                    "--masteruser", "copyist", "--masterauth", PASSWORD)) {
                assertFollows(ours.client(), master);
            }
        }
    }

    @Test
    void aRedisFollowsOursThatHasAPassword() throws Exception {
        try (var ours = LocalServer.start(directory); var redis = RealRedis.start(); var replica = new TestClient(redis.address())) {
            ours.call("CONFIG", "SET", "requirepass", PASSWORD).isOk();
            replica.call("CONFIG", "SET", "masterauth", PASSWORD).isOk();
            replica.call(replicaOf(ours.address())).isOk();
            assertFollows(replica, ours.client());
            replica.call("REPLICAOF", "NO", "ONE").isOk();
            replica.call("CONFIG", "SET", "masteruser", "default").isOk();
            replica.call(replicaOf(ours.address())).isOk();
            assertFollows(replica, ours.client());
        }
    }

    @Test
    void bothHavePasswordsAndChangeRoles() throws Exception {
        try (var ours = LocalServer.start(directory, "--masterauth", "redis's"); var redis = RealRedis.start();
             var us = ours.connect(); var them = new TestClient(redis.address())) {
            us.call("CONFIG", "SET", "requirepass", "ours").isOk();
            them.call("CONFIG", "SET", "requirepass", "redis's", "masterauth", "ours").isOk();
            them.call(replicaOf(ours.address())).isOk();
            assertFollows(them, us);
            them.call("REPLICAOF", "NO", "ONE").isOk();
            us.call(replicaOf(redis.address())).isOk();
            assertFollows(us, them);
        }
    }

    @Test
    void aReplicaWithTheWrongPasswordTriesUntilItIsRight() throws Exception {
        try (var master = LocalServer.start(directory.resolve("master"), "--requirepass", PASSWORD);
             var replica = LocalServer.start(directory.resolve("replica"), "--masterauth", "wrong")) {
            master.call("PING").isError("NOAUTH Authentication required.");
            master.call("AUTH", PASSWORD).isOk();
            replica.call(replicaOf(master.address())).isOk();
            Eventually.becomesTrue("it has tried", () -> connections(master) > 1);
            assertThat(replica.info("master_link_status")).isEqualTo("down");
            assertThat(master.info("connected_slaves")).isEqualTo("0");
            replica.call("CONFIG", "SET", "masterauth", PASSWORD).isOk();
            assertFollows(replica.client(), master.client());
        }
    }

    private static long connections(LocalServer server) throws IOException {
        return Long.parseLong(server.info("total_connections_received"));
    }

    // ---- redis-cli ----

    private static String cli(Map<String, String> environment, InetSocketAddress address, String... arguments) throws Exception {
        Programs.require("redis-cli");
        var command = new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(address.getPort())));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        var process = builder.start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    @Test
    void redisCliGivesThePassword() throws Exception {
        try (var ours = LocalServer.start(directory, "--requirepass", PASSWORD)) {
            var none = Map.<String, String>of();
            assertThat(cli(none, ours.address(), "PING")).isEqualTo("NOAUTH Authentication required.\n\n");
            assertThat(cli(none, ours.address(), "--no-auth-warning", "-a", PASSWORD, "PING")).isEqualTo("PONG\n");
            assertThat(cli(none, ours.address(), "--no-auth-warning", "--user", "default", "--pass", PASSWORD, "PING")).isEqualTo("PONG\n");
            assertThat(cli(none, ours.address(), "--no-auth-warning", "-3", "-a", PASSWORD, "PING")).isEqualTo("PONG\n");
            assertThat(cli(none, ours.address(), "--no-auth-warning", "-a", "wrong", "PING"))
                    .contains("AUTH failed: WRONGPASS invalid username-password pair or user is disabled.").contains("NOAUTH Authentication required.");
            assertThat(cli(Map.of("REDISCLI_AUTH", PASSWORD), ours.address(), "PING")).isEqualTo("PONG\n");
        }
    }

    @Test
    void redisCliTakesACopy() throws Exception {
        Programs.require("redis-check-rdb");
        try (var ours = LocalServer.start(directory, "--requirepass", PASSWORD)) {
            ours.call("AUTH", PASSWORD).isOk();
            ours.call("SET", "key", "value").isOk();
            var copy = directory.resolve("copy.rdb");
            assertThat(cli(Map.of("REDISCLI_AUTH", PASSWORD), ours.address(), "--rdb", copy.toString())).contains("Transfer finished with success");
            assertThat(Programs.run("", "redis-check-rdb", copy.toString())).contains("Checksum OK", "1 keys read");
        }
    }
}
