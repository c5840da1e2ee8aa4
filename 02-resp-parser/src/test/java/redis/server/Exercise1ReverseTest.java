package redis.server;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Exercise 1: `REVERSE text` answers with the bytes of its argument in reverse order.
@Tag("exercise")
class Exercise1ReverseTest extends AcceptanceTest {

    @Test
    void turnsTheBytesAround() {
        call("hello").is("olleh");
        call("").is("");
        call("\r\n").is("\n\r");
    }

    @Test
    void checksItsArgumentsInAnyCase() throws Exception {
        redis.call("reverse").isError("ERR wrong number of arguments for 'reverse' command");
        redis.call("Reverse", "a", "b").isError("ERR wrong number of arguments for 'reverse' command");
    }

    private Reply call(String text) {
        try {
            return redis.call("REVERSE", text);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
