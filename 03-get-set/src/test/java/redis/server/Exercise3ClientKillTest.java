package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.resp.Resp;

/// CLIENT KILL ID n: one client ends the connection of another.
@Tag("exercise")
class Exercise3ClientKillTest extends AcceptanceTest {

    @Test
    void theOtherConnectionEndsAndTheOwnGoesOn() throws IOException {
        try (var other = connect()) {
            var id = other.call("CLIENT", "ID").text();
            redis.call("CLIENT", "KILL", "ID", id).is(1);
            other.expectEnd();
            redis.call("CLIENT", "KILL", "ID", "987654321").is(0);
        }
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }

    /// As in Redis, where "skip me" is the default.
    @Test
    void nobodyKillsHimself() throws IOException {
        redis.call("CLIENT", "KILL", "ID", redis.call("CLIENT", "ID").text()).is(0);
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }

    @Test
    void itsArgumentsAreChecked() throws IOException {
        redis.call("CLIENT", "KILL", "ID", "x").isError("ERR client-id should be greater than 0");
        redis.call("CLIENT", "KILL", "FOO", "1").isError("ERR syntax error");
    }
}
