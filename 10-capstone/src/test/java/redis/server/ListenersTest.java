package redis.server;

import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// The addresses of `bind`.
class ListenersTest {

    private static final String NOT_OURS = "192.0.2.99"; // an address for documentation, which no machine has

    private final LinkedBlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();

    private Listeners listeners(String bind, int port) {
        return new Listeners(ServerConfig.parse("--bind", bind, "--port", Integer.toString(port)), accepted::add);
    }

    private void expectConnection(String host, Listeners listeners) throws Exception {
        try (var client = new Socket(host, listeners.port()); var server = accepted.poll(5, TimeUnit.SECONDS)) {
            assertThat(server).as("what was accepted").isNotNull();
            assertThat(server.getPort()).isEqualTo(client.getLocalPort());
        }
    }

    private static void requireIpv6() {
        try (var _ = new ServerSocket(0, 1, InetAddress.getByName("::1"))) {
            return;
        } catch (Exception e) {
            Assumptions.abort("this machine has no IPv6");
        }
    }

    @Test
    void listensToEachAddress() throws Exception {
        try (var listeners = listeners("127.0.0.1 127.0.0.2", 0)) {
            listeners.start();
            assertThat(listeners.hosts()).containsExactly("127.0.0.1", "127.0.0.2");
            expectConnection("127.0.0.1", listeners);
            expectConnection("127.0.0.2", listeners);
            assertThatThrownBy(() -> new Socket("127.0.0.3", listeners.port())).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void listensToBothProtocols() throws Exception {
        requireIpv6();
        try (var listeners = listeners("127.0.0.1 -::1", 0)) {
            listeners.start();
            assertThat(listeners.hosts()).containsExactly("127.0.0.1", "::1");
            expectConnection("127.0.0.1", listeners);
            expectConnection("::1", listeners);
        }
    }

    @Test
    void anAddressWithAMinusNeedNotExist() throws Exception {
        try (var log = new RecordedLog(); var listeners = listeners("-" + NOT_OURS + " 127.0.0.1", 0)) {
            listeners.start();
            assertThat(listeners.hosts()).containsExactly("127.0.0.1");
            expectConnection("127.0.0.1", listeners);
            assertThat(log.messages()).containsExactly("This machine does not have the address " + NOT_OURS + ": nobody can connect to it");
        }
    }

    @Test
    void othersMust() throws Exception {
        var listeners = listeners("127.0.0.1 " + NOT_OURS, 0);
        assertThatExceptionOfType(BindException.class).isThrownBy(listeners::start).withMessageContaining(NOT_OURS + ":");
        assertThatThrownBy(() -> new Socket("127.0.0.1", listeners.port())).as("it listens to none").isInstanceOf(Exception.class);
        assertThatExceptionOfType(BindException.class).isThrownBy(listeners("nosuchhost.invalid", 0)::start).withMessage("nosuchhost.invalid: unknown host");
        assertThatExceptionOfType(BindException.class).isThrownBy(listeners("-" + NOT_OURS, 0)::start)
                .withMessage("'-" + NOT_OURS + "': that is no address of this machine");
        assertThatExceptionOfType(BindException.class).isThrownBy(listeners("", 0)::start).withMessage("'': that is no address of this machine");
    }

    @Test
    void aTakenPortIsNoMissingAddress() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            int port = other.getLocalPort();
            assertThatExceptionOfType(BindException.class).isThrownBy(listeners("-127.0.0.1", port)::start)
                    .withMessageStartingWith("127.0.0.1:" + port + ": ");
        }
    }

    @Test
    void nobodyIsLetInAfterTheEnd() throws Exception {
        var listeners = listeners("127.0.0.1 127.0.0.2", 0);
        listeners.start();
        int port = listeners.port();
        listeners.close();
        assertThatThrownBy(() -> new Socket("127.0.0.1", port)).isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> new Socket("127.0.0.2", port)).isInstanceOf(ConnectException.class);
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("acceptor of") && thread.getName().endsWith(":" + port));
    }
}
