package redis.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// DUMP key returns a value in RDB form, RESTORE key ttl payload [REPLACE] [ABSTTL] puts it back, here or in another server.
@Tag("exercise")
class Exercise3DumpRestoreTest extends AcceptanceTest {

    // What a redis-server 7.0.15 returns, a char for each byte.
    private static final String HELLO = "\0\5hello\12\0cr\337ve4 \12";
    private static final String TEN = "\0\300\12\12\0n\237WE\16\256c\273";

    private static final String WRONG = "ERR DUMP payload version or checksum are wrong";

    /// `RESTORE key ttl payload option…`, with these bytes as they are.
    private Reply restore(String key, String ttl, String payload, String... options) throws IOException {
        var request = new StringBuilder("*" + (4 + options.length) + "\r\n");
        for (var word : new String[] {"RESTORE", key, ttl, payload}) append(request, word);
        for (var option : options) append(request, option);
        return redis.sendRaw(request.toString()).read();
    }

    private static void append(StringBuilder request, String word) {
        request.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }

    private void assertDump(String key, String payload) throws IOException {
        redis.call("DUMP", key).satisfies(reply -> assertThat(((Resp.BulkString) reply).value().toLatin1()).isEqualTo(payload));
    }

    @Test
    void dumpsTheBytesThatRedisDumps() throws IOException {
        redis.call("SET", "text", "hello").isOk();
        redis.call("SET", "number", "10", "EX", "1000").isOk();
        assertDump("text", HELLO);
        assertDump("number", TEN);
        redis.call("DUMP", "nothing").isNil();
    }

    @Test
    void restoresWhatRedisDumps() throws IOException {
        restore("text", "0", HELLO).isOk();
        redis.call("GET", "text").is("hello");
        redis.call("TTL", "text").is(-1);
        restore("number", "100000", TEN).isOk();
        redis.call("INCR", "number").is(11);
        redis.call("TTL", "number").is(100);
    }

    @Test
    void aLongValueComesBackAsItWas() throws IOException {
        var value = "abracadabra ".repeat(1_000);
        redis.call("SET", "long", value).isOk();
        var payload = new String[1];
        redis.call("DUMP", "long").satisfies(reply -> payload[0] = ((Resp.BulkString) reply).value().toLatin1());
        assertThat(payload[0]).as("compressed").hasSizeLessThan(1_000);
        restore("copy", "0", payload[0]).isOk();
        redis.call("GET", "copy").is(value);
    }

    @Test
    void aKeyThatIsThereStaysUnlessToldOtherwise() throws IOException {
        redis.call("SET", "k", "old", "EX", "1000").isOk();
        restore("k", "0", HELLO).isError("BUSYKEY Target key name already exists.");
        redis.call("GET", "k").is("old");
        restore("k", "0", HELLO, "replace").isOk();
        redis.call("GET", "k").is("hello");
        redis.call("TTL", "k").is(-1);
    }

    @Test
    void theDeadlineMayBeAMoment() throws IOException {
        restore("k", "4102444800000", HELLO, "ABSTTL").isOk();
        redis.call("PEXPIRETIME", "k").is(4102444800000L);
        restore("k", "1", HELLO, "ABSTTL", "REPLACE").isOk();
        redis.call("EXISTS", "k").is(0);
        restore("k", "-1", HELLO).isError("ERR Invalid TTL value, must be >= 0");
        restore("k", "x", HELLO).isError("ERR value is not an integer or out of range");
        restore("k", "0", HELLO, "SOON").isError("ERR syntax error");
    }

    @Test
    void nothingThatIsDamagedGetsIn() throws IOException {
        for (int i = 0; i < HELLO.length(); i++) {
            var damaged = new StringBuilder(HELLO);
            damaged.setCharAt(i, (char) (damaged.charAt(i) ^ 1));
            restore("k", "0", damaged.toString()).isError(WRONG);
            restore("k", "0", HELLO.substring(0, i)).isError(WRONG);
        }
        redis.call("EXISTS", "k").is(0);
    }

    /// The checksum says that these are the bytes that were sent, not that they make sense.
    @Test
    void nothingThatIsNoStringGetsIn() throws IOException {
        restore("k", "0", withFooter("\0\6hello")).isError("ERR Bad data format"); // one byte is missing
        restore("k", "0", withFooter("\177\5hello")).isError("ERR Bad data format");
        redis.call("EXISTS", "k").is(0);
    }

    private static String withFooter(String content) {
        var bytes = (content + "\12\0").getBytes(StandardCharsets.ISO_8859_1);
        long crc = Crc64.update(0, bytes, 0, bytes.length);
        var payload = new StringBuilder(new String(bytes, StandardCharsets.ISO_8859_1));
        for (int i = 0; i < Long.BYTES; i++) payload.append((char) (crc >>> 8 * i & 0xff));
        return payload.toString();
    }

    /// The log tells the moment, not the span: it is replayed later.
    @Test
    void theLogKeepsTheDeadline() throws IOException {
        redis.call("CONFIG", "SET", "appendonly", "yes").isOk();
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (redis.call("INFO", "persistence").text().contains("aof_rewrite_in_progress:1")) {
            assertThat(System.nanoTime()).as("the log does not begin").isLessThan(deadline);
        }
        restore("k", "100000", HELLO).isOk();
        var ends = redis.call("PEXPIRETIME", "k").text();
        while (System.currentTimeMillis() <= Long.parseLong(ends) - 100_000) Thread.onSpinWait(); // so that a span would give a later moment
        redis.call("DEBUG", "LOADAOF").isOk();
        redis.call("GET", "k").is("hello");
        redis.call("PEXPIRETIME", "k").is(Long.parseLong(ends));
    }
}
