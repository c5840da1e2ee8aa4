package redis.server;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// The parameter `timeout`, with a clock that only the test moves. The server looks at it once a second.
class IdleClientTest {

    @TempDir
    Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochSecond(1_700_000_000));
    private LocalServer server;

    @BeforeEach
    void start() throws Exception {
        server = LocalServer.start(now::get, directory, "--save", "", "--timeout", "10");
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    private void pass(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    /// Waits until the server has looked at all clients once more, and a client that has been idle for too long is gone.
    private void awaitLook() throws Exception {
        try (var probe = server.connect()) {
            probe.call("PING").is(new Resp.SimpleString("PONG"));
            pass(Duration.ofSeconds(11));
            probe.expectEnd();
        }
    }

    @Test
    void whoAsksForNothingIsDisconnected() throws Exception {
        try (var idle = server.connect(); var silent = server.connect()) { // who has never said a word
            idle.call("PING").is(new Resp.SimpleString("PONG"));
            Eventually.becomesTrue("both are there", () -> server.call("CLIENT", "LIST").text().lines().count() == 3);
            pass(Duration.ofSeconds(11));
            idle.expectEnd();
            silent.expectEnd();
        }
    }

    @Test
    void whoAsksInTimeIsNot() throws Exception {
        try (var idle = server.connect(); var busy = server.connect()) {
            busy.call("PING").is(new Resp.SimpleString("PONG"));
            idle.call("PING").is(new Resp.SimpleString("PONG"));
            pass(Duration.ofMillis(9_999));
            busy.call("PING").is(new Resp.SimpleString("PONG"));
            pass(Duration.ofMillis(2));
            idle.expectEnd(); // so the server has looked
            busy.call("PING").is(new Resp.SimpleString("PONG"));
        }
    }

    @Test
    void whoListensOrFollowsOrWaitsIsNot() throws Exception {
        try (var listener = server.connect(); var waiting = server.connect(); var _ = FakeReplica.synchronizedWith(server.address())) {
            listener.call("SUBSCRIBE", "news").satisfies(_ -> {});
            waiting.send("WAIT", "2", "0");
            Eventually.becomesTrue("it waits", () -> "1".equals(server.info("blocked_clients")));
            awaitLook();
            awaitLook();
            try (var other = server.connect()) {
                other.call("PUBLISH", "news", "x").is(1);
                assertThat(other.call("CLIENT", "LIST").text()).contains("cmd=wait", "cmd=subscribe", "flags=S");
            }
        }
    }

    @Test
    void itCanBeChanged() throws Exception {
        try (var idle = server.connect()) {
            server.call("CONFIG", "SET", "timeout", "0").isOk();
            idle.call("PING").is(new Resp.SimpleString("PONG"));
            pass(Duration.ofDays(1));
            idle.call("PING").is(new Resp.SimpleString("PONG"));
            server.call("CONFIG", "SET", "timeout", "3600").isOk();
            pass(Duration.ofMinutes(61));
            idle.expectEnd();
        }
    }
}
