package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// CLIENT TRACKING: a client that keeps copies of what it has read is told when they are no longer true.
@Tag("exercise")
class Exercise3TrackingTest extends AcceptanceTest {

    private TestClient cache;

    @BeforeEach
    void trackInVersion3() throws IOException {
        cache = connect();
        cache.call("HELLO", "3").satisfies(_ -> {});
        cache.call("CLIENT", "TRACKING", "ON").isOk();
    }

    @AfterEach
    void close() throws IOException {
        cache.close();
    }

    private static Resp invalidate(String key) {
        return new Resp.Push(List.of(Resp.bulk("invalidate"), Resp.array(Resp.bulk(key))));
    }

    /// Asserts that the client has been told nothing that it has not read yet.
    private static void assertNothingTold(TestClient client) throws IOException {
        client.call("ECHO", "nothing").is("nothing");
    }

    @Test
    void tellsWhoHasReadAKeyThatChanges() throws IOException {
        redis.call("SET", "k", "1").isOk();
        cache.call("GET", "k").is("1");
        redis.call("SET", "k", "2").isOk();
        cache.read().is(invalidate("k"));
        assertNothingTold(cache);
    }

    /// Whoever wants to know of the next change, too, has to read the new value.
    @Test
    void tellsOnceForEachTimeThatItIsRead() throws IOException {
        cache.call("GET", "k").is(Resp.Null.RESP3);
        redis.call("SET", "k", "1").isOk();
        cache.read().is(invalidate("k"));
        redis.call("SET", "k", "2").isOk();
        assertNothingTold(cache);

        cache.call("GET", "k").is("2");
        cache.call("STRLEN", "k").is(1);
        redis.call("DEL", "k").is(1);
        cache.read().is(invalidate("k"));
        assertNothingTold(cache);
    }

    @Test
    void knowsTheKeysOfCommandsWithMany() throws IOException {
        cache.call("MGET", "a", "b").satisfies(_ -> {});
        cache.call("EXISTS", "c").is(0);
        redis.call("MSET", "a", "1", "x", "a", "c", "3").isOk();
        cache.read().is(invalidate("a"));
        cache.read().is(invalidate("c"));
        redis.call("SET", "b", "2").isOk();
        cache.read().is(invalidate("b"));
        assertNothingTold(cache);
    }

    @Test
    void tellsNothingOfWhatHasChangedNothing() throws IOException {
        redis.call("SET", "k", "1").isOk();
        cache.call("GET", "k").is("1");
        redis.call("SETNX", "k", "2").is(0);
        redis.call("GET", "k").is("1");
        redis.call("INCR", "another").is(1);
        assertNothingTold(cache);
        redis.call("EXPIRE", "k", "100").is(1);
        cache.read().is(invalidate("k"));
    }

    /// Also when the key comes to its end: its value is no longer true.
    @Test
    void tellsOfAKeyThatEnds() throws Exception {
        redis.call("SET", "k", "v", "PX", "30").isOk();
        cache.call("GET", "k").is("v");
        Eventually.becomesTrue("k ends", () -> "0".equals(redis.call("EXISTS", "k").text()));
        cache.read().is(invalidate("k"));
        assertNothingTold(cache);
    }

    @Test
    void tellsThatNothingIsTrueAnyMore() throws IOException {
        cache.call("GET", "a").is(Resp.Null.RESP3);
        cache.call("GET", "b").is(Resp.Null.RESP3);
        redis.call("FLUSHALL").isOk();
        cache.read().is(new Resp.Push(List.of(Resp.bulk("invalidate"), Resp.Null.RESP3)));
        redis.call("SET", "a", "1").isOk();
        assertNothingTold(cache);
    }

    /// In which order the client gets the reply and the message is not asserted.
    @Test
    void tellsAlsoWhoHasChangedItUnlessItDoesNotWantThat() throws IOException {
        cache.call("GET", "k").is(Resp.Null.RESP3);
        cache.send("SET", "k", "mine");
        var both = new ArrayList<>(List.of(cache.read().value(), cache.read().value()));
        if (both.getFirst().equals(invalidate("k"))) Collections.swap(both, 0, 1);
        assertThat(both).containsExactly(Resp.OK, invalidate("k"));

        cache.call("CLIENT", "TRACKING", "OFF").isOk();
        cache.call("CLIENT", "TRACKING", "ON", "NOLOOP").isOk();
        cache.call("GET", "k").is("mine");
        cache.call("SET", "k", "mine again").isOk();
        assertNothingTold(cache);
        cache.call("GET", "k").is("mine again");
        redis.call("SET", "k", "theirs").isOk();
        cache.read().is(invalidate("k"));
    }

    @Test
    void tellsOnlyThoseWhoHaveAskedForIt() throws IOException {
        try (var other = connect()) {
            other.call("GET", "k").isNil();
            cache.call("GET", "k").is(Resp.Null.RESP3);
            cache.call("CLIENT", "TRACKING", "OFF").isOk();
            redis.call("SET", "k", "1").isOk();
            assertNothingTold(cache);
            assertNothingTold(other);
        }
        cache.call("CLIENT", "TRACKING", "ON").isOk();
        cache.call("GET", "k").is("1");
        cache.call("RESET").satisfies(_ -> {});
        cache.call("HELLO", "3").satisfies(_ -> {});
        redis.call("SET", "k", "2").isOk();
        assertNothingTold(cache);
    }

    /// Version 2 has no type for what nobody has asked for.
    @Test
    void tellsNothingInVersion2() throws IOException {
        cache.call("HELLO", "2").satisfies(_ -> {});
        cache.call("GET", "k").isNil();
        redis.call("SET", "k", "1").isOk();
        assertNothingTold(cache);
    }

    @Test
    void refusesWhatItDoesNotKnow() throws IOException {
        redis.call("CLIENT", "TRACKING").isError("ERR wrong number of arguments for 'client|tracking' command");
        redis.call("CLIENT", "TRACKING", "MAYBE").isError("ERR syntax error");
        redis.call("CLIENT", "TRACKING", "ON", "SOMETIMES").isError("ERR syntax error");
    }
}
