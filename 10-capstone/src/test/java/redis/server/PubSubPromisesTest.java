package redis.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// What publishers and subscribers may rely on: the invariants of GUIDE.md, one by one.
class PubSubPromisesTest {

    private static final String MEGABYTE = "x".repeat(1_000_000);

    @TempDir
    Path directory;

    private LocalServer start(String limit) throws IOException {
        return LocalServer.start(directory, "--client-output-buffer-limit", limit);
    }

    private static void subscribe(TestClient client, String channel) throws IOException {
        client.call("SUBSCRIBE", channel).is(List.of("subscribe", channel, 1));
    }

    /// Invariant 1. More than the kernel takes for a client that does not read, and no limit: it all waits in the outbox.
    @Test
    @Timeout(value = 30, unit = TimeUnit.SECONDS)
    void aPublisherNeverWaitsForASubscriber() throws Exception {
        try (var server = start("pubsub 0 0 0"); var silent = server.connect(); var attentive = server.connect()) {
            subscribe(silent, "news");
            subscribe(attentive, "news");
            for (int i = 0; i < 30; i++) {
                server.call("PUBLISH", "news", MEGABYTE).is(2);
                attentive.read().is(List.of("message", "news", MEGABYTE));
            }
            server.call("SET", "others", "go on").isOk();
            silent.read().is(List.of("message", "news", MEGABYTE)); // and nothing is lost
        }
    }

    /// Invariants 2 and 3. `INCR n` and `PUBLISH news <n>` come in one packet, hence under one hold of the lock. So whoever listens and asks for
    /// n too must get exactly the number of the message before.
    @Test
    void messagesAndRepliesComeInTheOrderOfExecution() throws Exception {
        int messages = 10_000;
        try (var server = LocalServer.start(directory); var client = server.connect(); var publisher = server.connect()) {
            client.call("HELLO", "3").satisfies(_ -> {});
            client.send("SUBSCRIBE", "news").read().satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Push.class));
            server.call("SET", "n", "0").isOk();
            var publishing = Thread.ofVirtual().start(() -> {
                for (int i = 1; i <= messages; i++) publish(publisher, i);
            });
            int last = 0;
            int asked = 0;
            client.send("GET", "n");
            while (last < messages) {
                switch (client.read().value()) {
                    case Resp.Push(var frame) -> assertThat(frame.getLast()).as("the message after %d", last).isEqualTo(Resp.bulk(Integer.toString(++last)));
                    case Resp.BulkString(var n) -> {
                        assertThat(n.toString()).as("n after the message %d", last).isEqualTo(Integer.toString(last));
                        asked++;
                        client.send("GET", "n");
                    }
                    case null, default -> throw new AssertionError("neither a message nor a reply");
                }
            }
            publishing.join();
            assertThat(asked).as("how often n was asked for").isGreaterThan(1);
        }
    }

    /// Waits for the replies: several packets at once would be cut where the server's buffer ends, maybe between an INCR and its PUBLISH.
    private static void publish(TestClient publisher, int n) {
        try {
            publisher.sendRaw("INCR n\r\nPUBLISH news " + n + "\r\n");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        publisher.read().is(n);
        publisher.read().is(1);
    }

    /// Invariant 4. The subscriber asks for nothing meanwhile.
    @Test
    void aMessageArrivesByItself() throws Exception {
        try (var server = LocalServer.start(directory); var subscriber = server.connect()) {
            subscribe(subscriber, "news");
            for (int i = 0; i < 100; i++) {
                server.call("PUBLISH", "news", "message " + i).is(1);
                subscriber.read().is(List.of("message", "news", "message " + i));
            }
        }
    }

    /// Invariant 4, under load: nothing is lost between those who add and the one who writes.
    @Test
    void allMessagesOfAllPublishersArrive() throws Exception {
        int publishers = 4;
        int messages = 5_000;
        try (var server = LocalServer.start(directory); var subscriber = server.connect()) {
            subscribe(subscriber, "news");
            for (int p = 0; p < publishers; p++) {
                Thread.ofVirtual().start(() -> {
                    try (var publisher = server.connect()) {
                        for (int i = 0; i < messages; i++) {
                            publisher.send("PUBLISH", "news", "m");
                            publisher.read();
                        }
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
            }
            for (int i = 0; i < publishers * messages; i++) subscriber.read().is(List.of("message", "news", "m"));
        }
    }

    /// Invariant 5. One is too slow, and only this one is disconnected.
    @Test
    void whoLeavesTooMuchUnreadIsDisconnected() throws Exception {
        try (var server = start("pubsub 8mb 0 0"); var silent = server.connect(); var attentive = server.connect()) {
            subscribe(silent, "news");
            subscribe(attentive, "news");
            int deliveries = 2;
            for (int i = 0; deliveries == 2; i++) {
                assertThat(i).as("megabytes that wait for a client").isLessThan(100);
                deliveries = Integer.parseInt(server.call("PUBLISH", "news", MEGABYTE).text());
                attentive.read().is(List.of("message", "news", MEGABYTE));
            }
            assertThat(deliveries).isEqualTo(1);
        }
    }

    /// Invariant 6.
    @Test
    void whoIsGoneIsInNoList() throws Exception {
        try (var server = LocalServer.start(directory)) {
            try (var subscriber = server.connect()) {
                subscribe(subscriber, "news");
                server.call("PUBSUB", "NUMSUB", "news").is(List.of("news", 1));
            }
            Eventually.becomesTrue("the subscriber is forgotten", () -> server.call("PUBLISH", "news", "m").text().equals("0"));
            server.call("PUBSUB", "CHANNELS").is(List.of());
        }
    }
}
