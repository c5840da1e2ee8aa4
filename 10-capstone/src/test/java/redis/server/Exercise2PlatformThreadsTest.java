package redis.server;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Some clients are served by platform threads, the others by virtual ones.
@Tag("exercise")
class Exercise2PlatformThreadsTest {

    @TempDir
    Path directory;

    /// Starts a server with clients beside its own, which are the first, and have all been served.
    private LocalServer start(int platformThreads) throws Exception {
        return LocalServer.start(directory, "--platform-threads", Integer.toString(platformThreads));
    }

    private static String addressOf(TestClient client) throws Exception {
        return client.call("CLIENT", "INFO").text().split(" addr=")[1].split(" ")[0];
    }

    /// Whether a platform thread serves this client: of threads, the JVM lists no others. Threads are called as before: `client /127.0.0.1:12345`.
    private static boolean isServedByPlatformThread(String address) {
        return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().startsWith("client ") && thread.getName().endsWith(address));
    }

    private static boolean isServedByPlatformThread(TestClient client) throws Exception {
        return isServedByPlatformThread(addressOf(client));
    }

    @Test
    void asManyAsThereMayBeAndNoMore() throws Exception {
        try (var server = start(2); var second = server.connect()) {
            assertThat(isServedByPlatformThread(server.client())).isTrue();
            assertThat(isServedByPlatformThread(second)).isTrue();
            try (var third = server.connect(); var fourth = server.connect()) {
                assertThat(isServedByPlatformThread(third)).isFalse();
                assertThat(isServedByPlatformThread(fourth)).isFalse();
                fourth.call("SET", "k", "v").isOk();
                second.call("GET", "k").is("v");
            }
        }
    }

    @Test
    void noneUnlessTheUserWantsThem() throws Exception {
        try (var server = LocalServer.start(directory)) {
            server.call("CONFIG", "GET", "platform-threads").is(List.of("platform-threads", "0"));
            assertThat(isServedByPlatformThread(server.client())).isFalse();
        }
    }

    /// However a connection ends.
    @Test
    void whoLeavesMakesRoomForTheNext() throws Exception {
        try (var server = start(2)) {
            for (var end : List.of("QUIT", "an error in the protocol", "a killed connection", "a lost one")) {
                var client = server.connect();
                assertThat(isServedByPlatformThread(client)).as("before " + end).isTrue();
                var address = addressOf(client);
                switch (end) {
                    case "QUIT" -> client.call("QUIT").isOk();
                    case "an error in the protocol" -> client.sendRaw("*-x\r\n").read().satisfies(_ -> {});
                    case "a killed connection" -> server.call("CLIENT", "KILL", address).isOk();
                    default -> {}
                }
                client.close();
                Eventually.becomesTrue("its thread ends", () -> !isServedByPlatformThread(address));
                Eventually.becomesTrue("there is room after " + end, () -> {
                    try (var next = server.connect()) {
                        return isServedByPlatformThread(next);
                    }
                });
                Eventually.becomesTrue("the next one is gone, too", () -> server.info("connected_clients").equals("1"));
            }
        }
    }

    /// Who is pushed messages has a second thread, and it may stay virtual.
    @Test
    void messagesGetToThem() throws Exception {
        try (var server = start(2); var subscriber = server.connect()) {
            subscriber.call("SUBSCRIBE", "news").satisfies(_ -> {});
            server.call("PUBLISH", "news", "hello").is(1);
            subscriber.read().is(List.of("message", "news", "hello"));
            server.call("PING").is(new Resp.SimpleString("PONG"));
        }
    }

    @Test
    void theEndOfTheServerIsTheirsToo() throws Exception {
        String address;
        try (var server = start(1)) {
            address = addressOf(server.client());
            assertThat(isServedByPlatformThread(address)).isTrue();
        }
        assertThat(isServedByPlatformThread(address)).isFalse();
    }
}
