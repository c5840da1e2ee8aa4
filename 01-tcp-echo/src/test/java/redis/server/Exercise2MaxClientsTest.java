package redis.server;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/// Exercise 2: `--maxclients N` turns the next client away with Redis's own words, and admits one again when another has left.
@Tag("exercise")
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class Exercise2MaxClientsTest {

    private static final String FULL = "-ERR max number of clients reached\r\n";

    @Test
    void oneTooManyIsToldSoAndSentAway() throws IOException {
        try (var server = start(); var first = connect(server); var second = connect(server)) {
            assertEcho(first);
            assertEcho(second);
            try (var third = connect(server)) {
                assertThat(third.getInputStream().readAllBytes()).asString(StandardCharsets.US_ASCII).isEqualTo(FULL);
            }
            assertEcho(first);
            assertEcho(second);
        }
    }

    @Test
    void aPlaceThatBecomesFreeIsGivenAway() throws IOException {
        try (var server = start(); var first = connect(server)) {
            assertEcho(first);
            for (int i = 0; i < 20; i++) {
                try (var next = admitted(server)) {
                    assertEcho(next);
                }
            }
        }
    }

    /// Connects until the server has noticed that the client before has left.
    private static Socket admitted(RedisServer server) throws IOException {
        while (true) {
            var client = connect(server);
            client.getOutputStream().write('?');
            if (client.getInputStream().read() == '?') return client;
            client.close();
        }
    }

    private static RedisServer start() throws IOException {
        var server = new RedisServer(ServerConfig.parse("--port", "0", "--maxclients", "2"));
        server.start();
        return server;
    }

    private static Socket connect(RedisServer server) throws IOException {
        var client = new Socket("127.0.0.1", server.port());
        client.setSoTimeout(10_000);
        return client;
    }

    private static void assertEcho(Socket client) throws IOException {
        client.getOutputStream().write('x');
        assertThat((char) client.getInputStream().read()).isEqualTo('x');
    }
}
