package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RespClientTest {

    private static final Duration PATIENT = Duration.ofSeconds(10);

    /// A server that takes one connection, follows its script and hangs up. Closing it fails the test if the script has
    /// failed.
    private static final class Peer implements AutoCloseable {

        private interface Script {
            void run(RespReader requests, OutputStream out) throws IOException;
        }

        private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final CompletableFuture<Void> end = new CompletableFuture<Void>().orTimeout(20, TimeUnit.SECONDS);

        Peer(Script script) throws IOException {
            Thread.ofVirtual().name("peer").start(() -> follow(script));
        }

        private void follow(Script script) {
            try (var socket = server.accept()) {
                script.run(new RespReader(socket.getInputStream()), socket.getOutputStream());
                end.complete(null);
            } catch (IOException | RuntimeException | AssertionError e) {
                end.completeExceptionally(e);
            }
        }

        RespClient connect(Duration timeout) throws IOException {
            return RespClient.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()), timeout);
        }

        @Override
        public void close() throws IOException {
            try (server) {
                end.join();
            }
        }
    }

    private static List<ByteString> request(String... words) {
        return Arrays.stream(words).map(ByteString::of).toList();
    }

    private static void send(OutputStream out, String wire) throws IOException {
        out.write(PieceStream.bytes(wire));
    }

    @Test
    void aCallSendsARequestAndReturnsItsReply() throws IOException {
        try (var peer = new Peer((requests, out) -> {
            assertThat(requests.readRequest()).isEqualTo(request("SET", "k", "caf\u00e9"));
            send(out, "+OK\r\n");
            assertThat(requests.readRequest()).isEqualTo(request("GET", "k"));
            send(out, "$5\r\ncaf\u00c3\u00a9\r\n");
            assertThat(requests.readRequest()).isNull();
        }); var client = peer.connect(PATIENT)) {
            assertThat(client.call("SET", "k", "caf\u00e9")).isEqualTo(Resp.OK);
            assertThat(client.call("GET", "k")).isEqualTo(Resp.bulk("caf\u00e9"));
        }
    }

    @Test
    void anErrorReplyIsReturned() throws IOException {
        try (var peer = new Peer((requests, out) -> {
            requests.readRequest();
            send(out, "-ERR no\r\n");
        }); var client = peer.connect(PATIENT)) {
            assertThat(client.call("GET")).isEqualTo(Resp.error("ERR no"));
        }
    }

    @Test
    void wordsMayBeAnyBytes() throws IOException {
        var bytes = ByteString.of(new byte[] {0, (byte) 0xff, '\r', '\n'});
        try (var peer = new Peer((requests, out) -> {
            assertThat(requests.readRequest()).containsExactly(ByteString.of("ECHO"), bytes);
            send(out, "$4\r\n\0\u00ff\r\n\r\n");
        }); var client = peer.connect(PATIENT)) {
            client.send(List.of(ByteString.of("ECHO"), bytes));
            assertThat(client.read()).isEqualTo(Resp.bulk(bytes));
        }
    }

    @Test
    void requestsThatWereSentLeaveTogetherWhenAReplyIsRead() throws IOException {
        try (var peer = new Peer((requests, out) -> {
            assertThat(requests.readRequest()).isEqualTo(request("ECHO", "0"));
            // All came in one packet, so the others are here without another read.
            for (int i = 1; i < 10; i++) assertThat(requests.pollRequest()).isEqualTo(request("ECHO", "" + i));
            for (int i = 0; i < 10; i++) send(out, ":" + i + "\r\n");
        }); var client = peer.connect(PATIENT)) {
            for (int i = 0; i < 10; i++) client.send("ECHO", "" + i);
            for (int i = 0; i < 10; i++) assertThat(client.read()).isEqualTo(Resp.integer(i));
        }
    }

    @Test
    void requestsLeaveAtAFlushWithoutWaitingForAReply() throws IOException, InterruptedException {
        var arrived = new CountDownLatch(2);
        try (var peer = new Peer((requests, _) -> {
            while (requests.readRequest() != null) arrived.countDown();
        }); var client = peer.connect(PATIENT)) {
            client.send("REPLCONF", "ACK", "1");
            client.send("REPLCONF", "ACK", "2");
            client.flush();
            arrived.await();
        }
    }

    @Test
    void aReplyThatDoesNotComeInTimeIsATimeout() throws IOException {
        try (var peer = new Peer((requests, _) -> {
            assertThat(requests.readRequest()).isEqualTo(request("PING"));
            assertThat(requests.readRequest()).isNull();
        }); var client = peer.connect(Duration.ofMillis(20))) {
            assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> client.call("PING"));
        }
    }

    @Test
    void aPeerThatHangsUpIsAnEndOfFile() throws IOException {
        try (var peer = new Peer((requests, _) -> requests.readRequest()); var client = peer.connect(PATIENT)) {
            assertThatExceptionOfType(EOFException.class).isThrownBy(() -> client.call("PING"));
        }
    }

    @Test
    void aPeerThatHangsUpWithinAReplyIsAnEndOfFile() throws IOException {
        try (var peer = new Peer((requests, out) -> {
            requests.readRequest();
            send(out, "+OK\r\n*2\r\n$3\r\nab");
        }); var client = peer.connect(PATIENT)) {
            assertThat(client.call("PING")).isEqualTo(Resp.OK);
            assertThatExceptionOfType(EOFException.class).isThrownBy(client::read);
        }
    }

    @Test
    void aReplyThatIsNoReplyIsAProtocolError() throws IOException {
        try (var peer = new Peer((requests, out) -> {
            requests.readRequest();
            send(out, "HTTP/1.1 400 Bad Request\r\n\r\n");
        }); var client = peer.connect(PATIENT)) {
            assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> client.call("PING"))
                    .withMessage("unknown type 'H'");
        }
    }

    @Test
    void whereNobodyListensAConnectionIsRefused() throws IOException {
        InetSocketAddress nobody;
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
        }
        assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> RespClient.connect(nobody, PATIENT).close());
    }

    @Test
    void aClosedClientCannotCall() throws IOException {
        RespClient closed;
        try (var peer = new Peer((requests, _) -> assertThat(requests.readRequest()).isNull());
                var client = peer.connect(PATIENT)) {
            closed = client;
        }
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> closed.call("PING"));
    }
}
