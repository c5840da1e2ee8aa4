package redis.server;

import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// What CLIENT LIST tells that a client on the other side of a network cannot bring about at will.
class ClientListTest {

    @TempDir
    Path directory;

    private final AtomicLong now = new AtomicLong(1_700_000_000_000L);

    @Test
    void tellsHowOldAConnectionIsAndHowLongItHasBeenIdle() throws Exception {
        try (var server = LocalServer.start(() -> Instant.ofEpochMilli(now.get()), directory, "--save", ""); var other = server.connect()) {
            other.call("PING");
            assertThat(ages(server, 2)).isEqualTo("age=0 idle=0");
            now.addAndGet(1_999);
            assertThat(ages(server, 2)).isEqualTo("age=1 idle=1");
            now.addAndGet(8_001);
            assertThat(ages(server, 2)).isEqualTo("age=10 idle=10");
            assertThat(ages(server, 1)).as("the caller").isEqualTo("age=10 idle=0");
            other.call("PING");
            now.addAndGet(3_000);
            assertThat(ages(server, 2)).isEqualTo("age=13 idle=3");
            other.call("SUBSCRIBE", "a");
            now.addAndGet(5_000);
            assertThat(ages(server, 2)).isEqualTo("age=18 idle=5");
            server.call("PUBLISH", "a", "x").is(1);
            assertThat(ages(server, 2)).as("it has been sent a message").isEqualTo("age=18 idle=0");
        }
    }

    private static String ages(LocalServer server, int id) throws Exception {
        return server.call("CLIENT", "LIST", "ID", Integer.toString(id)).text().replaceFirst("(?s).* (age=\\S+ idle=\\S+) .*", "$1");
    }

    /// One that does not read: what waits for it is in `oll`, replies and messages, and `omem`, bytes.
    @Test
    void tellsHowMuchWaitsForAClient() throws Exception {
        try (var server = LocalServer.start(directory, "--save", ""); var slow = server.connect()) {
            slow.call("SUBSCRIBE", "a");
            var message = "x".repeat(1 << 20);
            for (int i = 0; i < 16; i++) server.call("PUBLISH", "a", message).is(1); // more than the socket's buffers take
            Eventually.becomesTrue("something waits", () -> waiting(server) > 1 << 20);
            for (int i = 0; i < 16; i++) slow.read().satisfies(_ -> {});
            Eventually.becomesTrue("nothing waits any more", () -> waiting(server) == 0);
        }
    }

    private static long waiting(LocalServer server) throws Exception {
        return Long.parseLong(server.call("CLIENT", "LIST", "ID", "2").text().replaceFirst("(?s).* omem=(\\d+) .*", "$1"));
    }
}
