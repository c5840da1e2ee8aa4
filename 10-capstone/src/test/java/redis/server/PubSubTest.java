package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;
import redis.server.PubSub.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/// What a server keeps of its subscribers: who has to be woken, and that nothing is left of those that have gone.
class PubSubTest {

    private static final ByteString CHANNEL = ByteString.of("c");
    private static final String TEXT = "x".repeat(100_000);

    private final List<Socket> sockets = new ArrayList<>();
    private RedisServer server;
    private TestClient redis;
    private PubSub pubSub;
    private Store store;

    @BeforeEach
    void startServer() throws IOException {
        server = new RedisServer(ServerConfig.parse("--port", "0", "--save", ""));
        server.start();
        redis = new TestClient(address());
        pubSub = (PubSub) field(server, "pubSub");
        store = (Store) field(server, "store");
    }

    @AfterEach
    void stopServer() throws IOException {
        for (var socket : sockets) socket.close();
        redis.close();
        server.close();
    }

    private InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", server.port());
    }

    /// Clients that subscribe, and then read nothing.
    private void subscribe(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            var socket = new Socket("127.0.0.1", server.port());
            socket.getOutputStream().write("SUBSCRIBE c\r\nPSUBSCRIBE c*\r\nSSUBSCRIBE c\r\n".getBytes());
            sockets.add(socket);
        }
        Eventually.becomesTrue("they listen", () -> redis.call("PUBSUB", "SHARDNUMSUB", "c").texts().getLast().equals("" + count));
        Eventually.becomesTrue("what confirms it is written",
                () -> sessions().stream().allMatch(session -> ((Outbox) field(session, "outbox")).length() == 0));
    }

    // ---- who has to be woken ----

    @Test
    void onlyThoseWhoGotSomethingHaveToBeWoken() throws Exception {
        subscribe(3);
        store.lock(); // so that nobody else publishes
        try {
            assertThat(pubSub.publish(Kind.CHANNEL, ByteString.of("nobody's"), CHANNEL)).isZero();
            assertThat(toBeWoken()).isZero();
            assertThat(pubSub.publish(Kind.SHARD_CHANNEL, CHANNEL, ByteString.of("text"))).isEqualTo(3);
            assertThat(toBeWoken()).isEqualTo(3);
            assertThat(pubSub.publish(Kind.CHANNEL, CHANNEL, ByteString.of("text"))).isEqualTo(6); // each twice
            assertThat(toBeWoken()).isEqualTo(3);
        } finally {
            store.unlock();
        }
    }

    @Test
    void whatNobodyListensToAnyMoreIsForgotten() throws Exception {
        subscribe(2);
        store.lock();
        try {
            for (var session : sessions()) {
                pubSub.unsubscribe(session, Kind.CHANNEL, CHANNEL);
                pubSub.unsubscribe(session, Kind.CHANNEL, CHANNEL); // again
            }
            assertThat(pubSub.channels(Kind.CHANNEL)).isEmpty();
            assertThat(pubSub.subscribers(Kind.SHARD_CHANNEL, CHANNEL)).isEqualTo(2);
            for (var session : sessions()) pubSub.forget(session);
            for (var kind : Kind.values()) assertThat(pubSub.channels(kind)).isEmpty();
            assertThat(sessions()).noneMatch(ClientSession::isSubscribed);
        } finally {
            store.unlock();
        }
    }

    // ---- nothing is left behind ----

    @Test
    void closesWhileSubscribersDoNotRead() throws Exception {
        subscribe(20);
        for (int i = 0; i < 50; i++) redis.call("PUBLISH", "c", TEXT).is(40); // 10 MB for each
        var writers = writers();
        assertThat(writers).hasSize(20).allMatch(Thread::isAlive);
        server.close();
        assertThat(writers).noneMatch(Thread::isAlive);
        assertThat(sessions()).isEmpty();
        for (var kind : Kind.values()) assertThat(pubSub.channels(kind)).isEmpty();
    }

    @Test
    void ofSubscribersThatVanishNothingIsLeft() throws Exception {
        subscribe(20);
        redis.call("PUBLISH", "c", TEXT).is(40);
        var writers = writers();
        for (int i = 0; i < sockets.size(); i++) {
            if (i % 2 == 0) sockets.get(i).setSoLinger(true, 0); // to close is now to reset
            sockets.get(i).close();
        }
        Eventually.becomesTrue("their sessions end", () -> sessions().size() == 1);
        assertThat(writers).hasSize(20).noneMatch(Thread::isAlive);
        redis.call("PUBSUB", "CHANNELS").is(List.of());
    }

    @Test
    void ofOneThatIsDisconnectedAtItsLimitNothingIsLeftButALineInTheLog() throws Exception {
        try (var log = new RecordedLog()) {
            redis.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0").isOk();
            subscribe(1);
            var writers = writers();
            Eventually.becomesTrue("it is disconnected", () -> redis.call("PUBLISH", "c", TEXT).text().equals("0"));
            Eventually.becomesTrue("its session ends", () -> sessions().size() == 1);
            assertThat(writers).hasSize(1).noneMatch(Thread::isAlive);
            assertThat(log.messages()).containsExactly("Closed /127.0.0.1:" + sockets.getFirst().getLocalPort()
                    + ", which has left more unread than client-output-buffer-limit allows");
        }
    }

    /// Subscribers come and go at any moment while others publish, and then the server closes.
    @RepeatedTest(20)
    void subscribersComeAndGoWhileOthersPublish() throws Exception {
        var writers = new ConcurrentLinkedQueue<Thread>();
        var failures = new ConcurrentLinkedQueue<Throwable>();
        var publishers = new ArrayList<Thread>();
        for (int i = 0; i < 2; i++) publishers.add(Thread.ofVirtual().start(() -> {
            try (var publisher = new TestClient(address())) {
                while (true) {
                    for (int n = 0; n < 16; n++) publisher.send("PUBLISH", "c", "text");
                    for (int n = 0; n < 16; n++) {
                        if (publisher.read().failure() != null) return; // the server has closed
                    }
                }
            } catch (IOException e) {
                failures.add(e);
            }
        }));
        for (int round = 0; round < 5; round++) {
            subscribe(5);
            writers.addAll(writers());
            if (round == 4) break;
            for (var socket : sockets) socket.close();
            Eventually.becomesTrue("they have left", () -> redis.call("PUBSUB", "NUMSUB", "c").texts().getLast().equals("0"));
        }
        server.close();
        for (var publisher : publishers) publisher.join();
        assertThat(failures).isEmpty();
        assertThat(writers).hasSizeGreaterThanOrEqualTo(25).noneMatch(Thread::isAlive);
        assertThat(sessions()).isEmpty();
        for (var kind : Kind.values()) assertThat(pubSub.channels(kind)).isEmpty();
    }

    // ---- the server tells nobody about these; a test may look ----

    @SuppressWarnings("unchecked")
    private Set<ClientSession> sessions() {
        return (Set<ClientSession>) field(server, "sessions");
    }

    /// How many sessions are to be woken when the lock is free.
    private int toBeWoken() {
        return ((Collection<?>) field(store, "afterUnlock")).size();
    }

    /// The threads that write messages to the subscribers there are.
    private Collection<Thread> writers() {
        return sessions().stream().map(session -> (Thread) field(field(session, "outbox"), "thread")).filter(Objects::nonNull).toList();
    }

    private static Object field(Object object, String name) {
        try {
            var field = object.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(object);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
