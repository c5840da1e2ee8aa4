package redis.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/// redis-cli and redis-benchmark, as people use them, against our server.
class RedisProgramsTest {

    private RedisServer server;
    private String port;

    @BeforeEach
    void startServer() throws IOException {
        Programs.require("redis-cli", "redis-benchmark");
        server = new RedisServer(ServerConfig.parse("--port", "0"));
        server.start();
        port = Integer.toString(server.port());
    }

    @AfterEach
    void stopServer() throws IOException {
        if (server != null) server.close();
    }

    private String cli(String input, String... arguments) throws Exception {
        var command = new String[3 + arguments.length];
        command[0] = "redis-cli";
        command[1] = "-p";
        command[2] = port;
        System.arraycopy(arguments, 0, command, 3, arguments.length);
        return Programs.run(input, command);
    }

    @Test
    void redisCliWithACommand() throws Exception {
        assertThat(cli("", "SET", "a", "1")).isEqualTo("OK\n");
        assertThat(cli("", "GET", "a")).isEqualTo("1\n");
        assertThat(cli("", "-n", "0", "GET", "a")).isEqualTo("1\n");
    }

    @Test
    void redisCliThroughAPipe() throws Exception {
        assertThat(cli("SET a \"x y\"\nGET a\nINCR n\nNOPE\nHELP get\n", "--no-raw"))
                .contains("OK\n\"x y\"\n(integer) 1\n(error) ERR unknown command 'NOPE', with args beginning with: ")
                .contains("GET").contains("Returns the value of a key.").doesNotContain("(null)");
    }

    @Test
    void redisCliThatAsksForTheNewerProtocolGoesOnWithTheOlder() throws Exception {
        assertThat(cli("", "-3", "SET", "a", "1").lines())
                .containsExactlyInAnyOrder("HELLO 3 failed: NOPROTO unsupported protocol version", "OK");
    }

    @Test
    void redisCliPipeLoadsManyKeys() throws Exception {
        var requests = new StringBuilder();
        for (int i = 0; i < 100_000; i++) requests.append("SET key:").append(i).append(" value:").append(i).append("\r\n");
        assertThat(cli(requests.toString(), "--pipe")).contains("errors: 0, replies: 100000");
        assertThat(cli("", "DBSIZE")).isEqualTo("100000\n");
        assertThat(cli("", "GET", "key:99999")).isEqualTo("value:99999\n");
    }

    @Test
    void redisCliStatShowsTheKeysAndTheRequests() throws Exception {
        try (var other = new TestClient(new InetSocketAddress("127.0.0.1", server.port()))) {
            other.call("MSET", "a", "1", "b", "2").isOk();
            assertStatistics(Programs.start("", "redis-cli", "-p", port, "--stat", "-i", "0.01"));
        }
    }

    private static void assertStatistics(Process stat) throws Exception {
        try (var lines = new BufferedReader(new InputStreamReader(stat.getInputStream()))) {
            assertThat(lines.readLine()).contains("data");
            assertThat(lines.readLine()).contains("keys").contains("mem").contains("clients").contains("requests");
            assertThat(lines.readLine().strip()).matches("2 +[0-9.]+[KMG] +2 +0 +[0-9]+ \\(\\+0\\) +[0-9]+");
        } finally {
            stat.destroy();
            stat.waitFor();
        }
    }

    @Test
    void redisCliLatencyMeasuresPings() throws Exception {
        // Where its output is no terminal, it measures for a second and prints: min max avg count.
        assertThat(cli("", "--latency", "-i", "1", "--raw")).matches("[0-9]+ [0-9]+ [0-9.]+ [0-9]+\\s*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "16"})
    void redisBenchmark(String pipeline) throws Exception {
        var output = Programs.run("", "redis-benchmark", "-p", port, "-t", "set,get,incr,mset,ping", "-n", "5000", "-P", pipeline, "-r", "1000", "--csv");
        assertThat(output.lines().filter(line -> !line.contains("\"test\""))).hasSize(6)
                .allMatch(line -> line.matches("\"[A-Z_]+( \\(.*\\))?\",(\"[0-9.]+\",?)+"));
        assertThat(output).doesNotContain("ERR").doesNotContainIgnoringCase("warning");
    }
}
