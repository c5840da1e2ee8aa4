package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;
import redis.resp.Resp;

/// Exercise 1: `REVERSE text` answers with the bytes of its argument in reverse order.
@Tag("exercise")
class Exercise1ReverseTest extends AcceptanceTest {

    @Test
    void turnsTheBytesAround() throws IOException {
        redis.call("REVERSE", "hello").is("olleh");
        redis.call("REVERSE", "").is("");
        redis.call("REVERSE", "\r\n").is("\n\r");
        redis.sendRaw("reverse \"\\x00\\xff\"\r\n").read().is(new Resp.BulkString(
                ByteString.of(new byte[] {(byte) 0xff, 0})));
    }

    @Test
    void checksItsArguments() throws IOException {
        redis.call("reverse").isError("ERR wrong number of arguments for 'reverse' command");
        redis.call("Reverse", "a", "b").isError("ERR wrong number of arguments for 'reverse' command");
    }
}
