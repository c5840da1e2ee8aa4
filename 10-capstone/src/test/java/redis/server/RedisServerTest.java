package redis.server;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// The life of the server and its sessions, whatever these speak.
class RedisServerTest {

    private RedisServer server;

    @BeforeEach
    void startServer() throws IOException {
        server = new RedisServer(ServerConfig.parse("--port", "0", "--save", ""));
        server.start();
    }

    @AfterEach
    void stopServer() throws IOException {
        server.close();
    }

    @Test
    void knowsASessionAsLongAsItsClientStays() throws Exception {
        try (var _ = connect()) {
            await(() -> sessions().size() == 1);
        }
        await(() -> sessions().isEmpty());
    }

    @Test
    void forgetsASessionWhoseClientResetsTheConnection() throws Exception {
        for (int i = 0; i < 20; i++) {
            var client = connect();
            client.setSoLinger(true, 0); // to close is now to reset
            client.close();
        }
        try (var last = connect()) { // accepted after the others
            var peer = "/127.0.0.1:" + last.getLocalPort();
            await(() -> sessions().stream().map(ClientSession::peer).toList().equals(List.of(peer)));
        }
    }

    @Test
    void servesEachSessionOnAVirtualThreadNamedAfterItsClient() throws Exception {
        try (var client = connect()) {
            await(() -> sessions().size() == 1);
            var thread = threads().iterator().next();
            assertThat(thread.isVirtual()).isTrue();
            assertThat(thread.getName()).isEqualTo("client /127.0.0.1:" + client.getLocalPort());
        }
    }

    @Test
    void endsAllConnectionsAndThreadsWhenItCloses() throws Exception {
        var clients = new ArrayList<Socket>();
        for (int i = 0; i < 100; i++) clients.add(connect());
        await(() -> sessions().size() == 100);
        var threads = new ArrayList<>(threads());
        var acceptor = "acceptor of 127.0.0.1:" + server.port();
        Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals(acceptor)).forEach(threads::add);
        assertThat(threads).as("those of the clients and the one that accepts them").hasSize(101);

        server.close();

        assertThat(threads).noneMatch(Thread::isAlive);
        assertThat(sessions()).isEmpty();
        for (var client : clients) {
            assertThat(hasEnded(client)).isTrue();
            client.close();
        }
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
    }

    /// Many sessions end by themselves at the moment at which the server closes.
    @RepeatedTest(50)
    void noThreadOutlivesIt() throws Exception {
        var connected = new CountDownLatch(20);
        var clients = new ArrayList<Thread>();
        for (int i = 0; i < 4; i++) {
            clients.add(Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        connect().close();
                        connected.countDown();
                    }
                } catch (IOException e) {
                    // the server has closed
                }
            }));
        }
        connected.await();
        server.close();
        assertThat(threads()).noneMatch(Thread::isAlive);
        for (var client : clients) client.join();
    }

    /// Sessions write to clients that do not read: a thread waits in a write, and close() must end that too.
    @Test
    void closesWhileAWriteWaits() throws Exception {
        try (var client = connect()) {
            await(() -> sessions().size() == 1);
            var sending = Thread.ofVirtual().start(() -> {
                try {
                    var requests = "PING\r\n".repeat(10_000).getBytes();
                    while (true) client.getOutputStream().write(requests);
                } catch (IOException e) {
                    // the server has closed
                }
            });
            var thread = threads().iterator().next();
            await(() -> isWriting(thread) && isWriting(sending));
            server.close();
            assertThat(thread.isAlive()).isFalse();
            assertThat(sending.join(Duration.ofSeconds(10))).isTrue();
        }
    }

    @Test
    void mayBeClosedTwiceOrWithoutHavingStarted() throws IOException {
        server.close();
        server.close();
        new RedisServer(ServerConfig.parse()).close();
    }

    @Test
    void aTakenPortIsAnIOException() throws IOException {
        try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
             var second = new RedisServer(ServerConfig.parse("--port", Integer.toString(other.getLocalPort()), "--save", ""))) {
            assertThatThrownBy(second::start).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aPortIsFreeAgainOnceTheServerHasClosed() throws Exception {
        try (var client = connect()) {
            await(() -> sessions().size() == 1);
            server.close();
            assertThat(hasEnded(client)).isTrue();
        }
        var config = ServerConfig.parse("--port", Integer.toString(server.port()), "--save", "");
        try (var next = new RedisServer(config)) {
            next.start();
        }
    }

    private Socket connect() throws IOException {
        return new Socket("127.0.0.1", server.port());
    }

    /// Whether it waits for the peer to read.
    private static boolean isWriting(Thread thread) {
        return thread.getState() == Thread.State.WAITING
                && Arrays.stream(thread.getStackTrace()).anyMatch(frame -> frame.getMethodName().equals("implWrite"));
    }

    /// Whether the server has closed this connection, with or without having read all that was sent.
    private static boolean hasEnded(Socket client) throws IOException {
        client.setSoTimeout(10_000);
        try {
            return client.getInputStream().read() == -1;
        } catch (SocketException e) {
            return true;
        }
    }

    /// The server tells nobody about its sessions. A test may look.
    @SuppressWarnings("unchecked")
    private Set<ClientSession> sessions() {
        return (Set<ClientSession>) field("sessions");
    }

    /// Also those that have ended, until they are garbage. To look is safe while nobody connects.
    @SuppressWarnings("unchecked")
    private Set<Thread> threads() {
        return (Set<Thread>) field("threads");
    }

    private Object field(String name) {
        try {
            var field = RedisServer.class.getDeclaredField(name);
            field.setAccessible(true);
            return field.get(server);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it happens within 10 s").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }
}
