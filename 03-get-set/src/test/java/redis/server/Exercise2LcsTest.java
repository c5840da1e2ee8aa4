package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// LCS key1 key2 [LEN]: the longest sequence of bytes that both values have in the same order.
@Tag("exercise")
class Exercise2LcsTest extends AcceptanceTest {

    @Test
    void theSequenceOrItsLength() throws IOException {
        redis.call("MSET", "a", "ohmytext", "b", "mynewtext").isOk();
        redis.call("LCS", "a", "b").is("mytext");
        redis.call("LCS", "a", "b", "len").is(6);
        redis.call("LCS", "a", "none").is("");
        redis.call("LCS", "none", "none", "LEN").is(0);
    }

    @Test
    void itsArgumentsAreChecked() throws IOException {
        redis.call("LCS", "a").isError("ERR wrong number of arguments for 'lcs' command");
        redis.call("LCS", "a", "b", "FOO").isError("ERR syntax error");
    }
}
