package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RespClientTest {

    private static final Duration PATIENT = Duration.ofSeconds(10);

    /// A server that takes one connection, follows its script and hangs up. Closing it fails the test if the script has failed.
    private static final class Peer implements AutoCloseable {

        private interface Script {
            void run(RespReader requests, RespWriter replies) throws Exception;
        }

        private final ServerSocket server;
        private final Thread thread;
        private volatile Throwable failure;

        Peer(Script script) throws IOException {
            server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            thread = Thread.ofVirtual().name("peer").start(() -> follow(script));
        }

        private void follow(Script script) {
            try (Socket socket = server.accept()) {
                var replies = new RespWriter(socket.getOutputStream());
                script.run(new RespReader(socket.getInputStream()), replies);
                replies.flush();
            } catch (Throwable e) {
                failure = e;
            }
        }

        RespClient connect(Duration timeout) throws IOException {
            return RespClient.connect(address(), timeout);
        }

        InetSocketAddress address() {
            return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
        }

        @Override
        public void close() throws IOException {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            server.close();
            if (failure != null) throw new AssertionError("the peer's script failed", failure);
        }
    }

    private static List<ByteString> request(String... words) {
        return List.of(words).stream().map(ByteString::of).toList();
    }

    @Test
    void aCallSendsARequestAndReturnsItsReply() throws Exception {
        try (var peer = new Peer((requests, replies) -> {
            assertThat(requests.readRequest()).isEqualTo(request("SET", "k", "caf\u00e9"));
            replies.write(Resp.OK);
            replies.flush();
            assertThat(requests.readRequest()).isEqualTo(request("GET", "k"));
            replies.write(Resp.bulk("caf\u00e9"));
            replies.flush();
            assertThat(requests.readRequest()).isNull();
        })) {
            try (var client = peer.connect(PATIENT)) {
                assertThat(client.call("SET", "k", "caf\u00e9")).isEqualTo(Resp.OK);
                assertThat(client.call("GET", "k")).isEqualTo(Resp.bulk("caf\u00e9"));
            }
        }
    }

    @Test
    void anErrorReplyIsReturned() throws Exception {
        try (var peer = new Peer((requests, replies) -> {
            requests.readRequest();
            replies.write(Resp.error("ERR no"));
        })) {
            try (var client = peer.connect(PATIENT)) {
                assertThat(client.call("GET")).isEqualTo(Resp.error("ERR no"));
            }
        }
    }

    @Test
    void wordsMayBeAnyBytes() throws Exception {
        var bytes = ByteString.of(new byte[] {0, (byte) 0xff, '\r', '\n'});
        try (var peer = new Peer((requests, replies) -> replies.write(Resp.bulk(requests.readRequest().get(1))))) {
            try (var client = peer.connect(PATIENT)) {
                client.send(List.of(ByteString.of("ECHO"), bytes));
                assertThat(client.read()).isEqualTo(Resp.bulk(bytes));
            }
        }
    }

    @Test
    void requestsThatWereSentLeaveTogetherWhenAReplyIsRead() throws Exception {
        try (var peer = new Peer((requests, replies) -> {
            assertThat(requests.readRequest()).isEqualTo(request("ECHO", "0"));
            // All came in one packet, so the others are here without another read.
            for (int i = 1; i < 10; i++) assertThat(requests.pollRequest()).isEqualTo(request("ECHO", "" + i));
            for (int i = 0; i < 10; i++) replies.write(Resp.integer(i));
        })) {
            try (var client = peer.connect(PATIENT)) {
                for (int i = 0; i < 10; i++) client.send("ECHO", "" + i);
                for (int i = 0; i < 10; i++) assertThat(client.read()).isEqualTo(Resp.integer(i));
            }
        }
    }

    @Test
    void requestsLeaveAtAFlushWithoutWaitingForAReply() throws Exception {
        var arrived = new CountDownLatch(2);
        try (var peer = new Peer((requests, _) -> {
            while (requests.readRequest() != null) arrived.countDown();
        })) {
            try (var client = peer.connect(PATIENT)) {
                client.send("REPLCONF", "ACK", "1");
                client.send("REPLCONF", "ACK", "2");
                client.flush();
                arrived.await();
            }
        }
        assertThat(arrived.getCount()).isZero();
    }

    @Test
    void aReplyThatDoesNotComeInTimeIsATimeout() throws Exception {
        try (var peer = new Peer((requests, _) -> {
            while (requests.readRequest() != null) assertThat(requests.pollRequest()).isNull();
        })) {
            try (var client = peer.connect(Duration.ofMillis(20))) {
                assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> client.call("PING"));
            }
        }
    }

    @Test
    void aPeerThatHangsUpIsAnEndOfFile() throws Exception {
        try (var peer = new Peer((requests, _) -> requests.readRequest())) {
            try (var client = peer.connect(PATIENT)) {
                assertThatExceptionOfType(EOFException.class).isThrownBy(() -> client.call("PING"));
            }
        }
    }

    @Test
    void aPeerThatHangsUpWithinAReplyIsAnEndOfFile() throws Exception {
        try (var peer = new Peer((requests, replies) -> {
            requests.readRequest();
            replies.writeRequest(List.of()); // "*0", a reply
            replies.write(new Resp.Array(java.util.Collections.nCopies(1, Resp.OK)));
        })) {
            try (var client = peer.connect(PATIENT)) {
                assertThat(client.call("PING")).isEqualTo(Resp.array());
                assertThat(client.read()).isEqualTo(Resp.array(Resp.OK));
                assertThatExceptionOfType(EOFException.class).isThrownBy(client::read);
            }
        }
    }

    @Test
    void whereNobodyListensAConnectionIsRefused() throws Exception {
        InetSocketAddress nobody;
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
        }
        assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> RespClient.connect(nobody, PATIENT).close());
    }

    @Test
    void aClosedClientSaysSo() throws Exception {
        try (var peer = new Peer((requests, _) -> assertThat(requests.readRequest()).isNull())) {
            var client = peer.connect(PATIENT);
            client.close();
            client.close();
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.call("PING"));
        }
    }
}
