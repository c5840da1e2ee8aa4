package redis.benchmark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RequestsTest {

    @Test
    void aRequestIsAnArrayOfBulkStringsWithTheNextKey() {
        var gets = Requests.get(Keys.all(1_000_000));
        assertThat(next(gets)).isEqualTo("*2\r\n$3\r\nGET\r\n$27\r\nbyor-benchmark:000000000000\r\n");
        assertThat(next(gets)).isEqualTo("*2\r\n$3\r\nGET\r\n$27\r\nbyor-benchmark:000000000001\r\n");
        for (int i = 2; i < 999_999; i++) next(gets);
        assertThat(next(gets)).contains(Requests.key(999_999));
    }

    @Test
    void aSetHasAValueOfTheSizeThatIsAskedFor() {
        assertThat(next(Requests.set(Keys.all(1), 32))).matches("\\*3\r\n\\$3\r\nSET\r\n\\$27\r\nbyor-benchmark:0{12}\r\n\\$32\r\n[a-z]{32}\r\n");
        assertThat(next(Requests.set(Keys.all(1), 1))).matches("(?s).*\\$1\r\n[a-z]\r\n");
    }

    @Test
    void mixedRequestsHaveTheShareOfGetsThatIsAskedFor() {
        var mixed = Requests.mixed(Keys.all(10), 3, 0.9);
        int gets = 0;
        for (int i = 0; i < 100_000; i++) {
            if (next(mixed).contains("GET")) gets++;
        }
        assertThat(gets).isBetween(89_500, 90_500);
    }

    @Test
    void noRequestIsLongerThanItSays() {
        var mixed = Requests.mixed(Keys.all(10), 100, 0.5);
        for (int i = 0; i < 100; i++) assertThat(next(mixed).length()).isLessThanOrEqualTo(mixed.maxLength());
        assertThat(next(Requests.publish(5))).hasSize(Requests.publish(5).maxLength()).startsWith("*3\r\n$7\r\nPUBLISH\r\n$14\r\nbyor-benchmark\r\n$5\r\n");
    }

    private static String next(Requests requests) {
        var out = ByteBuffer.allocate(requests.maxLength());
        requests.putNext(out);
        return new String(out.array(), 0, out.position(), StandardCharsets.US_ASCII);
    }
}
