package redis.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// What an echo server promises, seen from its port.
///
/// Each test gets a server of its own; with `-Dredis.address=host:port` they all speak to that one instead.
class EchoAcceptanceTest {

    private static final String EXTERNAL = System.getProperty("redis.address", "");

    /// How long a test waits for something before it fails.
    private static final int TIMEOUT_MILLIS = 10_000;

    private static final int MIB = 1024 * 1024;

    private RedisServer server;
    private InetSocketAddress address;

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
    }

    @AfterEach
    void stopServer() throws IOException {
        if (server != null) server.close();
    }

    @Test
    void whatGoesInComesOut() throws IOException {
        try (var client = connect()) {
            assertEcho(client, "hello\n");
            assertEcho(client, "no line end");
            assertEcho(client, "\n");
        }
    }

    @Test
    void everyByteComesOutAsItWentIn() throws IOException {
        var bytes = new byte[256];
        for (int i = 0; i < 256; i++) bytes[i] = (byte) i;
        try (var client = connect()) {
            client.getOutputStream().write(bytes);
            assertThat(client.getInputStream().readNBytes(256)).isEqualTo(bytes);
        }
    }

    @Test
    void aStreamComesOutWhileItGoesIn() throws Exception {
        var bytes = new byte[10 * MIB];
        new Random(1).nextBytes(bytes);
        try (var client = connect()) {
            var sending = inBackground(() -> {
                client.getOutputStream().write(bytes);
                return null;
            });
            assertThat(client.getInputStream().readNBytes(bytes.length)).isEqualTo(bytes);
            sending.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void aClientThatHasNoMoreToSayStillGetsEverythingAndThenTheEnd() throws Exception {
        var bytes = new byte[MIB];
        new Random(2).nextBytes(bytes);
        try (var client = connect()) {
            var sending = inBackground(() -> {
                client.getOutputStream().write(bytes);
                client.shutdownOutput();
                return null;
            });
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(bytes);
            sending.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void aClientThatSaysNothingGetsTheEnd() throws IOException {
        try (var client = connect()) {
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void aClientThatResetsItsConnectionDoesNotHinderAnother() throws IOException {
        try (var other = connect()) {
            for (int i = 0; i < 100; i++) {
                var client = connect();
                client.getOutputStream().write("never read".getBytes(StandardCharsets.US_ASCII));
                client.setSoLinger(true, 0); // to close is now to reset
                client.close();
            }
            assertEcho(other, "still here");
        }
        try (var another = connect()) {
            assertEcho(another, "and open to others");
        }
    }

    /// One thread for all connections would wait for ever for the one that does not read.
    @Test
    void aClientThatDoesNotReadSlowsDownItselfAlone() throws Exception {
        var sent = new AtomicLong();
        try (var slow = connect(); var other = connect()) {
            var sending = inBackground(() -> {
                var chunk = new byte[64 * 1024];
                for (int i = 0; i < 1024; i++) { // 64 MiB: more than all socket buffers on the way can hold
                    slow.getOutputStream().write(chunk);
                    sent.addAndGet(chunk.length);
                }
                slow.shutdownOutput();
                return null;
            });

            long before;
            int standstill = 0; // rounds in a row in which the slow client could not send
            while (standstill < 100) {
                before = sent.get();
                assertEcho(other, "quick");
                standstill = before > 0 && sent.get() == before ? standstill + 1 : 0;
            }
            assertThat(sending).as("the server keeps what the client does not read, instead of letting it wait").isNotDone();

            assertThat(count(slow.getInputStream())).isEqualTo(64 * MIB);
            sending.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void twoThousandClientsAreServedAtTheSameTime() throws IOException {
        var clients = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 2_000; i++) clients.add(connect());
            for (int i = 0; i < 2_000; i++) clients.get(i).getOutputStream().write(message(i));
            for (int i = 0; i < 2_000; i++) {
                assertThat(clients.get(i).getInputStream().readNBytes(message(i).length)).isEqualTo(message(i));
            }
        } finally {
            for (var client : clients) client.close();
        }
    }

    private Socket connect() throws IOException {
        var socket = new Socket();
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        socket.connect(address, TIMEOUT_MILLIS);
        return socket;
    }

    private static void assertEcho(Socket client, String message) throws IOException {
        var bytes = message.getBytes(StandardCharsets.UTF_8);
        client.getOutputStream().write(bytes);
        assertThat(new String(client.getInputStream().readNBytes(bytes.length), StandardCharsets.UTF_8)).isEqualTo(message);
    }

    private static byte[] message(int client) {
        return ("message of client " + client).getBytes(StandardCharsets.US_ASCII);
    }

    private static long count(InputStream in) throws IOException {
        var buffer = new byte[64 * 1024];
        long count = 0;
        int n;
        while ((n = in.read(buffer)) != -1) count += n;
        return count;
    }

    private static FutureTask<Void> inBackground(Callable<Void> work) {
        var task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }
}
