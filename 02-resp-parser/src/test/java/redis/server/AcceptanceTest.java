package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/// A test that knows the server only through its port.
///
/// Each test gets a server of its own with nothing in it. With `-Dredis.address=host:port` they all speak to that server instead,
/// whatever it is written in, and **empty it** before each test.
@ExtendWith(Explained.class)
abstract class AcceptanceTest {

    private static final String EXTERNAL = System.getProperty("redis.address", "");

    /// To try every test on a server that never answers would take minutes.
    private static boolean mute;

    private RedisServer server;
    private InetSocketAddress address;

    /// A connection that is open when a test begins.
    TestClient redis;

    @BeforeEach
    void startServer() throws IOException {
        if (EXTERNAL.isEmpty()) {
            server = new RedisServer(ServerConfig.parse("--port", "0"));
            server.start();
            address = new InetSocketAddress("127.0.0.1", server.port());
        } else {
            int colon = EXTERNAL.lastIndexOf(':');
            if (colon < 0) throw new IllegalArgumentException("-Dredis.address=" + EXTERNAL + " should be host:port");
            address = new InetSocketAddress(EXTERNAL.substring(0, colon), Integer.parseInt(EXTERNAL.substring(colon + 1)));
        }
        redis = connect();
        if (Patience.isLost() && !mute) mute = redis.call("PING").bytes().length == 0;
        if (mute) {
            throw new AssertionError(Mismatch.message("PING", "any reply", "nothing",
                    "the server has never answered anything, so this test was not tried. Is what it writes flushed?"));
        }
        if (!EXTERNAL.isEmpty()) redis.call("FLUSHALL");
    }

    @AfterEach
    void stopServer() throws IOException {
        if (redis != null) redis.close();
        if (server != null) server.close();
    }

    /// Another connection to the same server. The test closes it.
    TestClient connect() throws IOException {
        return new TestClient(address);
    }

    InetSocketAddress address() {
        return address;
    }
}
