package redis.server;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/// Who may connect.
class AdmissionTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final ServerConfig config = ServerConfig.parse("--maxclients", "10");
    private final Admission admission = new Admission(config);

    private String refusal(String address) throws Exception {
        return admission.refusal(InetAddress.getByName(address), 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"})
    void thisMachineMayConnectWithoutAPassword(String address) throws Exception {
        assertThat(refusal(address)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.2.3", "192.168.1.5", "8.8.8.8", "fd00::9", "fe80::1", "::ffff:10.1.2.3"})
    void othersMayNot(String address) throws Exception {
        assertThat(refusal(address)).startsWith("DENIED Redis is running in protected mode because ").endsWith(" connections from the outside.");
    }

    @Test
    void unlessThereIsAPasswordOrNobodyCares() throws Exception {
        config.requirePass.change("secret");
        assertThat(refusal("10.1.2.3")).isNull();
        config.requirePass.change("");
        assertThat(refusal("10.1.2.3")).isNotNull();
        config.protectedMode.change("no");
        assertThat(refusal("10.1.2.3")).isNull();
    }

    @Test
    void thereAreSoManyClientsAndNoMore() throws Exception {
        assertThat(admission.refusal(LOOPBACK, 9)).isNull();
        assertThat(admission.refusal(LOOPBACK, 10)).isEqualTo("ERR max number of clients reached");
        assertThat(admission.refusal(InetAddress.getByName("10.1.2.3"), 10)).as("what is asked first").isEqualTo("ERR max number of clients reached");
        config.maxClients.change("11");
        assertThat(admission.refusal(LOOPBACK, 10)).isNull();
    }

    @Test
    void countsThoseThatMayAndThoseThatMayNot() throws Exception {
        try (var listener = new ServerSocket(0, 50, LOOPBACK)) {
            for (int clients : new int[] {0, 9, 10}) {
                try (var client = new Socket(LOOPBACK, listener.getLocalPort()); var accepted = listener.accept()) {
                    assertThat(admission.admit(accepted, clients)).isEqualTo(clients < 10);
                    if (clients == 10) {
                        assertThat(new String(client.getInputStream().readAllBytes())).isEqualTo("-ERR max number of clients reached\r\n");
                    }
                }
            }
        }
        assertThat(admission.statistics().toString()).isEqualTo("{total_connections_received=2, rejected_connections=1}");
        admission.resetStatistics();
        assertThat(admission.statistics().toString()).isEqualTo("{total_connections_received=0, rejected_connections=0}");
    }

    @Test
    void theSystemLooksWhetherAClientIsStillThere() throws Exception {
        try (var socket = new Socket()) {
            Admission.keepAlive(socket, 0);
            assertThat(socket.getOption(StandardSocketOptions.SO_KEEPALIVE)).isFalse();
            Admission.keepAlive(socket, 300);
            assertThat(socket.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
            Assumptions.assumeTrue(socket.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE));
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(300);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(100);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(3);
            Admission.keepAlive(socket, 1);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(1);
            Admission.keepAlive(socket, Integer.MAX_VALUE); // more than the system takes
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(32_767);
        }
    }
}
