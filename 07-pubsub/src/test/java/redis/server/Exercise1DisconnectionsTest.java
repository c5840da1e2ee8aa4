package redis.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// INFO stats tells how many clients were disconnected because they had left too much unread.
@Tag("exercise")
class Exercise1DisconnectionsTest {

    private static final String FIELD = "client_output_buffer_limit_disconnections";
    private static final String LARGE = "x".repeat(300); // more than the limit: nobody could read it in time

    @TempDir
    Path directory;

    private LocalServer start() throws IOException {
        return LocalServer.start(directory, "--client-output-buffer-limit", "pubsub 200 0 0");
    }

    private static void subscribe(TestClient client, String channel) throws IOException {
        client.call("SUBSCRIBE", channel).is(List.of("subscribe", channel, 1));
    }

    /// A client has been counted, if it has to be, when it is no longer there.
    private static void awaitClients(int number, LocalServer server) throws Exception {
        Eventually.becomesTrue("as many clients as " + number + " are left",
                () -> server.info("connected_clients").equals(Integer.toString(number)));
    }

    private static void assertDisconnections(int number, LocalServer server) throws IOException {
        assertThat(server.info(FIELD)).as(FIELD + " in INFO stats").isEqualTo(Integer.toString(number));
    }

    @Test
    void countsThoseWhoLeaveTooMuchUnread() throws Exception {
        try (var server = start(); var one = server.connect(); var another = server.connect()) {
            assertDisconnections(0, server);
            subscribe(one, "news");
            subscribe(another, "news");
            server.call("PUBLISH", "news", LARGE).is(2);
            awaitClients(1, server);
            assertDisconnections(2, server);
        }
    }

    /// The first message in the packet has the client woken, and the second one too, as it is too much.
    @Test
    void countsEachOnceHoweverManyMessagesAreTooMany() throws Exception {
        try (var server = start(); var subscriber = server.connect()) {
            subscribe(subscriber, "news");
            server.client().sendRaw("PUBLISH news small\r\n*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$300\r\n" + LARGE + "\r\nPUBLISH news late\r\n");
            for (int i = 0; i < 3; i++) server.client().read().is(1);
            awaitClients(1, server);
            assertDisconnections(1, server);
        }
    }

    @Test
    void doesNotCountThoseWhoLeaveByThemselves() throws Exception {
        try (var server = start()) {
            try (var reader = server.connect(); var quitter = server.connect()) {
                subscribe(reader, "news");
                server.call("PUBLISH", "news", "small").is(1);
                reader.read().is(List.of("message", "news", "small"));
                quitter.call("QUIT").isOk();
            }
            awaitClients(1, server);
            assertDisconnections(0, server);
        }
    }
}
