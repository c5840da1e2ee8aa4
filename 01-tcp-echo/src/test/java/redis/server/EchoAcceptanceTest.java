package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What an echo server promises, seen from its port.
///
/// Each test gets a server of its own; with `-Dredis.address=host:port` they all speak to that one instead.
class EchoAcceptanceTest {

    private static final String EXTERNAL = System.getProperty("redis.address", "");

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
            expect(client, bytes);
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
            expect(client, bytes);
            await(sending);
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
            expect(client, bytes);
            expectEnd(client, bytes);
            await(sending);
        }
    }

    @Test
    void aClientThatSaysNothingGetsTheEnd() throws IOException {
        try (var client = connect()) {
            client.shutdownOutput();
            expectEnd(client, new byte[0]);
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
            if (sending.isDone()) {
                throw new AssertionError(Mismatch.message("64 MiB, of which the client has read none", "that it has to wait", "all of it, into some memory",
                        "the server is to write what it has read before it reads on. It has no need to keep more than one buffer."));
            }

            expect(slow, new byte[64 * MIB]);
            expectEnd(slow, new byte[64 * MIB]);
            await(sending);
        }
    }

    @Test
    void twoThousandClientsAreServedAtTheSameTime() throws IOException {
        var clients = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 2_000; i++) clients.add(connect());
            for (int i = 0; i < 2_000; i++) clients.get(i).getOutputStream().write(message(i));
            for (int i = 0; i < 2_000; i++) {
                expect(clients.get(i), message(i));
            }
        } finally {
            for (var client : clients) client.close();
        }
    }

    private Socket connect() throws IOException {
        return Patience.connect(address);
    }

    private static void assertEcho(Socket client, String message) throws IOException {
        var bytes = message.getBytes(StandardCharsets.UTF_8);
        client.getOutputStream().write(bytes);
        expect(client, bytes);
    }

    private static byte[] message(int client) {
        return ("message of client " + client).getBytes(StandardCharsets.US_ASCII);
    }

    /// Asserts that these bytes, which have been sent, come back.
    private static void expect(Socket client, byte[] sent) {
        var received = new ByteArrayOutputStream();
        IOException failure = null;
        try {
            while (received.size() < sent.length) {
                var some = read(client, sent.length - received.size());
                if (some.length == 0) throw new EOFException();
                received.writeBytes(some);
            }
        } catch (IOException e) {
            failure = e;
        }
        if (!Arrays.equals(sent, received.toByteArray())) fail(sent, sent, received.toByteArray(), failure);
    }

    /// Asserts that no more than what was expected comes, and then the end of the connection.
    private static void expectEnd(Socket client, byte[] sent) {
        try {
            var more = read(client, 100);
            if (more.length > 0) fail(sent, new byte[0], more, null);
        } catch (IOException e) {
            throw new AssertionError(Mismatch.message(Mismatch.excerpt(sent, 0), "the end of the connection", Mismatch.shown(new byte[0], 0, e),
                    "the client has no more to say: read() returns -1. Does your loop end then, and is the socket closed behind it?"));
        }
    }

    /// Waits for bytes. None come at the end of the connection.
    private static byte[] read(Socket client, int atMost) throws IOException {
        long start = System.nanoTime();
        int patience = Patience.millis();
        client.setSoTimeout(patience);
        var buffer = new byte[Math.min(atMost, 64 * 1024)];
        try {
            int n = client.getInputStream().read(buffer);
            Patience.rewarded(start);
            return Arrays.copyOf(buffer, Math.max(n, 0));
        } catch (SocketTimeoutException e) {
            throw Patience.exhausted(patience);
        }
    }

    private static void fail(byte[] sent, byte[] expected, byte[] received, IOException failure) {
        throw new AssertionError(new Mismatch(Mismatch.excerpt(sent, 0), expected, received, failure, hint(expected, received, failure)).message());
    }

    /// The usual cause.
    private static String hint(byte[] expected, byte[] received, IOException failure) {
        int wrong = Arrays.mismatch(expected, received);
        if (expected.length == 0) return "more came back than was sent. Of a buffer only as many bytes count as read() has returned.";
        if (wrong < received.length && expected[wrong] < 0) return "this byte is no ASCII. Bytes that become chars and bytes again, in a Reader or Writer, may be others.";
        if (wrong < received.length) return "are these the bytes of this client, each once, in its order? Of a buffer only as many count as read() has returned.";
        if (failure instanceof EOFException) return "the server has ended the connection too early. An exception in its thread? Its log would tell.";
        if (!(failure instanceof SocketTimeoutException)) return "the server has broken the connection off. It was closed with something unread, or too early.";
        if (received.length > 0) return "a part is missing. Does something drop line ends, or wait for more?";
        return "nothing came back. Is it written, and flushed? Does the server wait for a line end, for more, or for another client?";
    }

    private static void await(FutureTask<Void> task) throws Exception {
        task.get(Patience.FULL_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static FutureTask<Void> inBackground(Callable<Void> work) {
        var task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }
}
