package redis.server;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Messages in version 3 of the protocol: they are pushes, which nobody can take for a reply. So the client may ask for anything.
@Order(5)
class Resp3PubSubAcceptanceTest extends AcceptanceTest {

    private static final Resp PONG = new Resp.SimpleString("PONG");

    private TestClient subscriber;

    @BeforeEach
    void connectSubscriber() throws IOException {
        subscriber = connect();
        subscriber.call("HELLO", "3").satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Map.class));
    }

    @AfterEach
    void disconnectSubscriber() throws IOException {
        subscriber.close();
    }

    /// @param elements strings and numbers, as bulk strings and integers
    private static Resp push(Object... elements) {
        return new Resp.Push(Stream.of(elements).map(element -> switch (element) {
            case Integer number -> Resp.integer(number);
            case Resp resp -> resp;
            default -> Resp.bulk(element.toString());
        }).toList());
    }

    @Test
    void confirmationsAndMessagesArePushes() throws IOException {
        subscriber.call("SUBSCRIBE", "r3").is(push("subscribe", "r3", 1));
        subscriber.call("PSUBSCRIBE", "r3*").is(push("psubscribe", "r3*", 2));
        subscriber.call("SSUBSCRIBE", "r3").is(push("ssubscribe", "r3", 1));
        redis.call("PUBLISH", "r3", "x").is(2);
        subscriber.read().is(push("message", "r3", "x"));
        subscriber.read().is(push("pmessage", "r3*", "r3", "x"));
        redis.call("SPUBLISH", "r3", "x").is(1);
        subscriber.read().is(push("smessage", "r3", "x"));
        subscriber.call("UNSUBSCRIBE").is(push("unsubscribe", "r3", 1));
        subscriber.call("UNSUBSCRIBE").is(push("unsubscribe", Resp.Null.RESP3, 1));
        subscriber.call("PUNSUBSCRIBE", "r3*").is(push("punsubscribe", "r3*", 0));
        subscriber.call("SUNSUBSCRIBE").is(push("sunsubscribe", "r3", 0));
    }

    @Test
    void aSubscriberMayAskForAnything() throws IOException {
        subscriber.call("SUBSCRIBE", "r3").is(push("subscribe", "r3", 1));
        subscriber.call("PING").is(PONG);
        subscriber.call("PING", "x").is("x");
        subscriber.call("SET", "k", "v").isOk();
        subscriber.call("GET", "k").is("v");
        subscriber.call("GET", "none").is(Resp.Null.RESP3);
        subscriber.call("PUBSUB", "NUMSUB", "r3").is(List.of("r3", 1));
    }

    @Test
    void whoPublishesToItselfGetsTheMessageBeforeTheReply() throws IOException {
        subscriber.call("SUBSCRIBE", "r3").is(push("subscribe", "r3", 1));
        subscriber.send("PING").send("PUBLISH", "r3", "x").send("PUBLISH", "r3", "y").send("PING");
        subscriber.read().is(PONG);
        subscriber.read().is(push("message", "r3", "x"));
        subscriber.read().is(1);
        subscriber.read().is(push("message", "r3", "y"));
        subscriber.read().is(1);
        subscriber.read().is(PONG);
    }

    @Test
    void eachClientGetsTheMessageInItsOwnVersion() throws IOException {
        try (var other = connect()) {
            other.call("SUBSCRIBE", "r3").is(List.of("subscribe", "r3", 1));
            subscriber.call("SUBSCRIBE", "r3").is(push("subscribe", "r3", 1));
            redis.call("PUBLISH", "r3", "x").is(2);
            other.read().is(List.of("message", "r3", "x"));
            subscriber.read().is(push("message", "r3", "x"));
        }
    }

    @Test
    void theVersionMayChangeWithinAPipeline() throws IOException {
        try (var client = connect()) {
            client.sendRaw("PING\r\nHELLO 3\r\nSUBSCRIBE v\r\nPUBLISH v x\r\nGET none\r\nHELLO 2\r\nGET none\r\nPING\r\nUNSUBSCRIBE v\r\n"
                    + "GET none\r\nHELLO 3\r\nGET none\r\n");
            client.read().is(PONG);
            client.read().satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Map.class));
            client.read().is(push("subscribe", "v", 1));
            client.read().is(push("message", "v", "x"));
            client.read().is(1);
            client.read().is(Resp.Null.RESP3);
            client.read().satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Array.class));
            client.read().isError("ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
            client.read().is(List.of("pong", ""));
            client.read().is(List.of("unsubscribe", "v", 0));
            client.read().isNil();
            client.read().satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Map.class));
            client.read().is(Resp.Null.RESP3);
        }
    }

    @Test
    void messagesFollowAChangeOfTheVersion() throws IOException {
        subscriber.call("SUBSCRIBE", "r3").is(push("subscribe", "r3", 1));
        subscriber.call("HELLO", "2").satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Array.class));
        redis.call("PUBLISH", "r3", "x").is(1);
        subscriber.read().is(List.of("message", "r3", "x"));
    }

    @Test
    void resetEndsTheSubscriptionsAndTheVersion() throws IOException {
        subscriber.call("SUBSCRIBE", "r3").is(push("subscribe", "r3", 1));
        subscriber.send("PUBLISH", "r3", "x").send("RESET").send("GET", "none").send("SUBSCRIBE", "r3").send("UNSUBSCRIBE", "r3");
        subscriber.read().is(push("message", "r3", "x"));
        subscriber.read().is(1);
        subscriber.read().is(new Resp.SimpleString("RESET"));
        subscriber.read().isNil();
        subscriber.read().is(List.of("subscribe", "r3", 1));
        subscriber.read().is(List.of("unsubscribe", "r3", 0));
        redis.call("PUBLISH", "r3", "x").is(0);
    }

    @Test
    void quitIsTheLastReply() throws IOException {
        subscriber.call("SUBSCRIBE", "r3").is(push("subscribe", "r3", 1));
        subscriber.send("PUBLISH", "r3", "x").send("QUIT").send("PING");
        subscriber.read().is(push("message", "r3", "x"));
        subscriber.read().is(1);
        subscriber.read().isOk();
        subscriber.expectEnd();
    }
}
