package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// UNLOCK key token: deletes a key if it has this value. Not a command of Redis, where one writes a script for it.
@Tag("exercise")
class Exercise2UnlockTest extends AcceptanceTest {

    @Test
    void whoHoldsTheLockGivesItBack() throws IOException {
        redis.call("SET", "lock", "mine", "NX", "PX", "60000").isOk();
        redis.call("UNLOCK", "lock", "mine").is(1);
        redis.call("EXISTS", "lock").is(0);
        redis.call("UNLOCK", "lock", "mine").is(0);
    }

    @Test
    void whoLostItToTheClockDoesNotTakeItFromTheNext() throws IOException {
        redis.call("SET", "lock", "mine", "PXAT", "1").isOk();
        redis.call("UNLOCK", "lock", "mine").is(0);
        redis.call("SET", "lock", "theirs", "NX", "PX", "60000").isOk();
        redis.call("UNLOCK", "lock", "mine").is(0);
        redis.call("GET", "lock").is("theirs");
        redis.call("UNLOCK", "lock").isError("ERR wrong number of arguments for 'unlock' command");
    }
}
