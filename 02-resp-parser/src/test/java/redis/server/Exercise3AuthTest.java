package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.resp.Resp;

/// Exercise 3: `--requirepass` asks for a password, and a stranger gets neither an answer nor much memory.
@Tag("exercise")
class Exercise3AuthTest {

    private RedisServer server;
    private TestClient redis;

    @BeforeEach
    void startServer() throws IOException {
        server = new RedisServer(ServerConfig.parse("--port", "0", "--requirepass", "secret"));
        server.start();
        redis = connect();
    }

    @AfterEach
    void stopServer() throws IOException {
        if (redis != null) redis.close();
        server.close();
    }

    @Test
    void answersAfterThePasswordOnly() throws IOException {
        redis.call("PING").isError("NOAUTH Authentication required.");
        redis.call("ECHO", "a").isError("NOAUTH Authentication required.");
        redis.call("AUTH", "guess").isError("WRONGPASS invalid username-password pair or user is disabled.");
        redis.call("PING").isError("NOAUTH Authentication required.");
        redis.call("auth", "secret").isOk();
        redis.call("PING").is(new Resp.SimpleString("PONG"));
        try (var other = connect()) { // the password opens one connection, not the server
            other.call("PING").isError("NOAUTH Authentication required.");
        }
    }

    @Test
    void letsAStrangerLeave() throws IOException {
        redis.call("QUIT").isOk();
        redis.expectEnd();
    }

    @Test
    void aStrangerMaySendTenWordsOfSixteenKibibytes() throws IOException {
        var longest = "x".repeat(16_384);
        redis.call("ECHO", longest).isError("NOAUTH Authentication required.");
        redis.sendRaw("*10\r\n" + "$4\r\nPING\r\n".repeat(10)).read().isError("NOAUTH Authentication required.");
        redis.sendRaw("*11\r\n").read().isError("ERR Protocol error: unauthenticated multibulk length");
        redis.expectEnd();
        try (var other = connect()) {
            other.sendRaw("*2\r\n$4\r\nECHO\r\n$16385\r\n").read().isError("ERR Protocol error: unauthenticated bulk length");
            other.expectEnd();
        }
    }

    @Test
    void thePasswordLiftsTheLimitsForTheNextRequestInTheSamePacket() throws IOException {
        redis.sendRaw("AUTH secret\r\n*2\r\n$4\r\nECHO\r\n$16385\r\n" + "y".repeat(16_385) + "\r\n");
        redis.read().isOk();
        redis.read().is("y".repeat(16_385));
    }

    private TestClient connect() throws IOException {
        return new TestClient(new InetSocketAddress("127.0.0.1", server.port()));
    }
}
