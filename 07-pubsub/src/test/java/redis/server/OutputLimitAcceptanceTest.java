package redis.server;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// `client-output-buffer-limit`: what happens to a client that does not read what it gets.
@Order(3)
class OutputLimitAcceptanceTest extends AcceptanceTest {

    private static final String LIMIT = "client-output-buffer-limit";
    private static final String DEFAULT = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";

    private static final String TEXT = "0123456789".repeat(10_000); // 100 KB

    /// As many texts of 100 KB as no kernel takes off a server's hands: 50 MB.
    private static final int MANY = 500;

    @AfterEach
    void restoreDefault() throws IOException {
        redis.call("CONFIG", "SET", LIMIT, DEFAULT).isOk();
    }

    // ---- the parameter ----

    @Test
    void showsAllClasses() throws IOException {
        redis.call("CONFIG", "GET", LIMIT).is(List.of(LIMIT, DEFAULT));
    }

    @ParameterizedTest
    @CsvSource({
            "pubsub 256mb 64mb 60,         normal 0 0 0 slave 268435456 67108864 60 pubsub 268435456 67108864 60",
            "PubSub 1k 1kb 5,              normal 0 0 0 slave 268435456 67108864 60 pubsub 1000 1024 5",
            "normal 1g 1m 0,               normal 1000000000 1000000 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
            "replica 1gb 5 1,              normal 0 0 0 slave 1073741824 5 1 pubsub 33554432 8388608 60",
            "pubsub 1 2 3 normal 1m 1k 6,  normal 1000000 1000 6 slave 268435456 67108864 60 pubsub 1 2 3",
            "pubsub 1 1 1 pubsub 2 2 2,    normal 0 0 0 slave 268435456 67108864 60 pubsub 2 2 2",
            "'',                           normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"})
    void aClassThatIsNotNamedKeepsItsLimit(String text, String all) throws IOException {
        redis.call("CONFIG", "SET", LIMIT, text).isOk();
        redis.call("CONFIG", "GET", LIMIT).is(List.of(LIMIT, all));
    }

    @ParameterizedTest
    @CsvSource({
            "foo 1 1 1,                 Invalid client class specified in buffer limit configuration.",
            "master 1 1 1,              Invalid client class specified in buffer limit configuration.",
            "normal 1 1,                Wrong number of arguments in buffer limit configuration.",
            "normal  1 1 1,             Wrong number of arguments in buffer limit configuration.",
            "'normal 1 1 1 ',           Wrong number of arguments in buffer limit configuration.",
            "normal x 1 1,              'Error in hard, soft or soft_seconds setting in buffer limit configuration.'",
            "normal -1 1 1,             'Error in hard, soft or soft_seconds setting in buffer limit configuration.'",
            "normal 1 1.5 1,            'Error in hard, soft or soft_seconds setting in buffer limit configuration.'",
            "normal 1 1 x,              'Error in hard, soft or soft_seconds setting in buffer limit configuration.'",
            "normal 1 1 -1,             'Error in hard, soft or soft_seconds setting in buffer limit configuration.'",
            "normal 1 1 1mb,            'Error in hard, soft or soft_seconds setting in buffer limit configuration.'",
            "pubsub 1 1 1 normal x 1 1, 'Error in hard, soft or soft_seconds setting in buffer limit configuration.'"})
    void aWrongTextChangesNothing(String text, String reason) throws IOException {
        redis.call("CONFIG", "SET", LIMIT, text).isError("ERR CONFIG SET failed (possibly related to argument '" + LIMIT + "') - " + reason);
        redis.call("CONFIG", "GET", LIMIT).is(List.of(LIMIT, DEFAULT));
    }

    // ---- what it does ----

    /// Every PUBLISH is answered while the subscriber reads nothing. Later it finds all that it has missed.
    @Test
    void aPublisherDoesNotWaitForASubscriber() throws IOException {
        redis.call("CONFIG", "SET", LIMIT, "pubsub 0 0 0").isOk();
        try (var subscriber = subscribe()) {
            for (int i = 0; i < MANY; i++) redis.call("PUBLISH", "limited", i + TEXT).is(1);
            for (int i = 0; i < MANY; i++) subscriber.read().is(List.of("message", "limited", i + TEXT));
            redis.call("PUBLISH", "limited", "the end").is(1);
            subscriber.read().is(List.of("message", "limited", "the end"));
        }
    }

    /// Nor does the server stop reading the requests of one that does not read its replies: neither would ever go on.
    @Test
    void aSubscriberMayAskALotBeforeItReads() throws IOException {
        redis.call("CONFIG", "SET", LIMIT, "pubsub 0 0 0").isOk();
        try (var subscriber = connect()) {
            subscriber.call("HELLO", "3").satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Map.class));
            subscriber.call("SUBSCRIBE", "limited").satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Push.class));
            for (int i = 0; i < MANY; i++) subscriber.send("ECHO", i + TEXT);
            for (int i = 0; i < MANY; i++) subscriber.read().is(i + TEXT);
        }
    }

    @Test
    void whoReachesTheHardLimitIsDisconnectedAndWhoReadsIsNot() throws IOException {
        redis.call("CONFIG", "SET", LIMIT, "pubsub 1mb 0 0").isOk();
        try (var subscriber = subscribe(); var reader = subscribe()) {
            int published = 0;
            String listeners;
            do {
                assertThat(published).isLessThan(MANY);
                listeners = redis.call("PUBLISH", "limited", published + TEXT).text();
                reader.read().is(List.of("message", "limited", published + TEXT));
                published++;
            } while (listeners.equals("2"));
            assertThat(listeners).isEqualTo("1");
            isCutOff(subscriber);
            reader.call("PING").is(List.of("pong", ""));
        }
    }

    @Test
    void oneLargeMessageMayBeTooMuch() throws Exception {
        redis.call("CONFIG", "SET", LIMIT, "pubsub 100000 0 0").isOk();
        try (var subscriber = subscribe()) {
            redis.call("PUBLISH", "limited", "small").is(1);
            subscriber.read().is(List.of("message", "limited", "small"));
            redis.call("PUBLISH", "limited", TEXT.repeat(2)).is(1); // Redis does not count the first 16 KB
            isCutOff(subscriber);
            Eventually.becomesTrue("it is forgotten", () -> redis.call("PUBLISH", "limited", "x").text().equals("0"));
        }
    }

    /// The limit for those who do not listen to channels holds for replies.
    @Test
    void repliesMayBeTooMuchToo() throws IOException {
        redis.call("SET", "k", TEXT).isOk();
        redis.call("CONFIG", "SET", LIMIT, "normal 1mb 0 0").isOk();
        try (var client = connect()) {
            client.call("GET", "k").is(TEXT);
            for (int i = 0; i < MANY; i++) client.send("GET", "k"); // reads nothing meanwhile
            isCutOff(client);
        }
        redis.call("GET", "k").is(TEXT);
    }

    @Test
    void whoStaysAboveTheSoftLimitIsDisconnected() throws Exception {
        redis.call("CONFIG", "SET", LIMIT, "pubsub 0 100kb 2").isOk();
        try (var subscriber = subscribe()) {
            long start = System.nanoTime();
            for (int i = 0; i < MANY / 4; i++) redis.call("PUBLISH", "limited", TEXT).satisfies(_ -> {}); // 12.5 MB, which may take longer than that
            Eventually.becomesTrue("it is disconnected", () -> redis.call("PUBSUB", "NUMSUB", "limited").texts().getLast().equals("0"));
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.SECONDS.toNanos(2));
            isCutOff(subscriber);
        }
    }

    private TestClient subscribe() throws IOException {
        var subscriber = connect();
        subscriber.call("SUBSCRIBE", "limited").is(List.of("subscribe", "limited", 1));
        return subscriber;
    }

    /// Reads what the server had sent, and then the end of the connection, which comes before all that was to be sent, and within a reply most
    /// often.
    private static void isCutOff(TestClient client) {
        int replies = 0;
        var last = client.read();
        for (; last.failure() == null; last = client.read()) replies++;
        assertThat(last.failure()).isInstanceOfAny(EOFException.class, SocketException.class);
        assertThat(replies).isLessThan(MANY);
    }
}
