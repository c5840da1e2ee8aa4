package redis.server;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/// Exercise 1: `--timeout N` closes a connection that has been silent for N seconds.
@Tag("exercise")
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class Exercise1IdleTimeoutTest {

    @Test
    void aSilentClientIsSentAway() throws IOException {
        try (var server = new RedisServer(ServerConfig.parse("--port", "0", "--timeout", "1"))) {
            server.start();
            try (var client = new Socket("127.0.0.1", server.port())) {
                client.setSoTimeout(10_000);
                client.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
                assertThat(client.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
                assertThat(client.getInputStream().read()).as("the end of the stream").isEqualTo(-1);
            }
        }
    }

    @Test
    void zeroMeansNever() throws IOException {
        assertThat(ServerConfig.USAGE).contains("--timeout");
        try (var server = new RedisServer(ServerConfig.parse("--port", "0", "--timeout", "0"))) {
            server.start();
            try (var client = new Socket("127.0.0.1", server.port())) {
                client.setSoTimeout(10_000);
                client.getOutputStream().write('x');
                assertThat(client.getInputStream().read()).isEqualTo('x');
            }
        }
    }
}
