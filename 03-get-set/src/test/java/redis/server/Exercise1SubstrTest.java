package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// SUBSTR, the name that GETRANGE had before Redis 2.0, and that still works.
@Tag("exercise")
class Exercise1SubstrTest extends AcceptanceTest {

    @Test
    void substrDoesWhatGetrangeDoes() throws IOException {
        redis.call("SET", "k", "This is a string").isOk();
        redis.call("SUBSTR", "k", "0", "3").is("This");
        redis.call("substr", "k", "-6", "-1").is("string");
        redis.call("SUBSTR", "none", "0", "3").is("");
    }

    @Test
    void itsArgumentsAreChecked() throws IOException {
        redis.call("SUBSTR", "k").isError("ERR wrong number of arguments for 'substr' command");
        redis.call("SUBSTR", "k", "a", "b").isError("ERR value is not an integer or out of range");
    }
}
