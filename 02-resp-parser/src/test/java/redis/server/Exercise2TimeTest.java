package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// Exercise 2: `TIME` answers with two bulk strings, the seconds since 1970 and the microseconds of the current second.
@Tag("exercise")
class Exercise2TimeTest extends AcceptanceTest {

    @Test
    void tellsTheTimeInSecondsAndMicroseconds() throws IOException {
        long before = System.currentTimeMillis();
        var time = redis.call("TIME").texts();
        long after = System.currentTimeMillis();
        assertThat(time).hasSize(2).allMatch(text -> text.matches("0|[1-9][0-9]*"));
        long micros = Long.parseLong(time.get(1));
        assertThat(micros).isBetween(0L, 999_999L);
        assertThat(Long.parseLong(time.get(0)) * 1000 + micros / 1000).isBetween(before, after);
    }

    @Test
    void isOneReplyAmongOthersInAPipeline() throws IOException {
        redis.sendRaw("TIME\r\nECHO a\r\nTIME\r\nECHO b\r\n");
        assertThat(redis.read().texts()).hasSize(2);
        redis.read().is("a");
        assertThat(redis.read().texts()).hasSize(2);
        redis.read().is("b");
    }

    @Test
    void takesNoArguments() throws IOException {
        redis.call("time", "now").isError("ERR wrong number of arguments for 'time' command");
    }
}
