package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

/// A test that knows the server only through its port.
///
/// Each test gets a server of its own with nothing in it. With `-Dredis.address=host:port` they all speak to that server instead,
/// whatever it is written in, and **empty it** before each test.
@ExtendWith(Explained.class)
abstract class AcceptanceTest {

    private static final String EXTERNAL = System.getProperty("redis.address", "");

    /// Where the server keeps its log.
    @TempDir
    Path directory;

    /// To try every test on a server that never answers would take minutes.
    private static boolean mute;

    private RedisServer server;
    private InetSocketAddress address;

    /// A connection that is open when a test begins.
    TestClient redis;

    @BeforeEach
    void startServer() throws IOException {
        if (EXTERNAL.isEmpty()) {
            startOurs();
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

    private void startOurs(String... options) throws IOException {
        var all = Stream.concat(Stream.of("--port", "0", "--dir", directory.toString()), Stream.of(options)).toArray(String[]::new);
        ServerConfig config;
        try {
            config = ServerConfig.parse(all);
        } catch (IllegalArgumentException e) {
            throw new AssertionError("Each test starts the server with %s, and ServerConfig.parse says: %s".formatted(String.join(" ", all), e.getMessage()));
        }
        server = new RedisServer(config);
        server.start();
        address = new InetSocketAddress("127.0.0.1", server.port());
    }

    /// Stops the server, and starts it again on the files that it has left. A server that is not ours is told to read its files again instead.
    ///
    /// @param reading how it is told
    /// @param options of a server of ours, as on the command line
    void restart(List<String> reading, String... options) throws IOException {
        if (EXTERNAL.isEmpty()) {
            stopServer();
            startOurs(options);
            redis = connect();
        } else {
            var told = redis.call(reading.toArray(String[]::new));
            assumeFalse(new String(told.bytes()).startsWith("-ERR DEBUG command not allowed"), "Start that server with --enable-debug-command local.");
            told.isOk();
        }
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
