package redis.server;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// CLIENT REPLY: requests without a reply.
class ClientReplyAcceptanceTest extends AcceptanceTest {

    private static final Resp PONG = new Resp.SimpleString("PONG");

    @Test
    void offUntilItIsOn() throws IOException {
        redis.send("CLIENT", "REPLY", "OFF").send("SET", "k", "v").send("GET", "k").send("nope").send("client", "reply", "on").read().isOk();
        redis.call("GET", "k").is("v");
    }

    @Test
    void skipsTheNextReplyAndNoMore() throws IOException {
        redis.send("CLIENT", "REPLY", "SKIP").send("SET", "k", "v").send("GET", "k").read().is("v");
        redis.send("CLIENT", "REPLY", "SKIP").send("nope").send("PING").read().is(PONG);
        redis.send("CLIENT", "REPLY", "SKIP").send("CLIENT", "REPLY", "SKIP").send("PING").send("ECHO", "x").read().is("x");
        redis.send("CLIENT", "REPLY", "SKIP").send("CLIENT", "REPLY", "ON").read().isOk();
        redis.send("CLIENT", "REPLY", "OFF").send("CLIENT", "REPLY", "SKIP").send("CLIENT", "REPLY", "ON").read().isOk();
        redis.call("PING").is(PONG);
    }

    @Test
    void onIsTheUsual() throws IOException {
        redis.call("CLIENT", "REPLY", "ON").isOk();
        redis.call("PING").is(PONG);
    }

    @Test
    void resetTurnsItOn() throws IOException {
        redis.send("CLIENT", "REPLY", "OFF").send("RESET").read().is(new Resp.SimpleString("RESET"));
        redis.call("PING").is(PONG);
        redis.send("CLIENT", "REPLY", "SKIP").send("RESET").send("PING").read().is(PONG);
    }

    @Test
    void messagesComeInAnyCase() throws IOException {
        redis.send("CLIENT", "REPLY", "OFF").send("SUBSCRIBE", "c").read().is(List.of("subscribe", "c", 1));
        try (var other = connect()) {
            other.call("PUBLISH", "c", "x").is(1);
        }
        redis.read().is(List.of("message", "c", "x"));
        redis.call("UNSUBSCRIBE", "c").is(List.of("unsubscribe", "c", 0));
        redis.send("PING").send("CLIENT", "REPLY", "ON").read().isOk();
        redis.send("CLIENT", "REPLY", "SKIP").send("SUBSCRIBE", "c").read().is(List.of("subscribe", "c", 1));
        redis.call("PING").is(List.of("pong", ""));
    }

    @Test
    void aReplyThatTakesItsTimeIsNotSentEither() throws IOException {
        redis.send("CLIENT", "REPLY", "OFF").send("WAIT", "1", "10").send("CLIENT", "REPLY", "ON").read().isOk();
        redis.send("CLIENT", "REPLY", "SKIP").send("WAIT", "1", "10").send("PING").read().is(PONG);
    }

    @Test
    void withinATransaction() throws IOException {
        redis.call("MULTI").isOk();
        redis.call("CLIENT", "REPLY", "SKIP").is(new Resp.SimpleString("QUEUED"));
        redis.send("EXEC").send("PING").send("ECHO", "x").read().is(List.of("x")); // one element was announced, and the next reply takes its place
        redis.send("CLIENT", "REPLY", "OFF").send("MULTI").send("SET", "k", "v").send("EXEC").send("CLIENT", "REPLY", "ON").read().isOk();
        redis.call("GET", "k").is("v");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CLIENT REPLY", "CLIENT REPLY ON x"})
    void theNumberOfArgumentsIsChecked(String request) throws IOException {
        redis.call(request.split(" ")).isError("ERR wrong number of arguments for 'client|reply' command");
    }

    @Test
    void otherModesAreRefused() throws IOException {
        redis.call("CLIENT", "REPLY", "maybe").isError("ERR syntax error");
        assertThat(redis.call("CLIENT", "HELP").texts()).anyMatch(line -> line.startsWith("REPLY "));
    }
}
