package redis.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// PFADD, PFCOUNT and PFMERGE: about how many different elements there were, in 12 KiB. To the last digit, and to the last bit, what Redis says.
@Tag("exercise")
class Exercise3HyperLogLogTest extends AcceptanceTest {

    private static final String NONE = "WRONGTYPE Key is not a valid HyperLogLog string value.";

    /// What Redis keeps after `PFADD k a b c`: the runs of equal registers.
    private static final String SPARSE = "HYLL\1\0\0\0\0\0\0\0\0\0\0\u0080" + "`\u00f3\u0080P\u00b1\u0084K\u00fb\u0080BZ";

    /// Has the elements `user:FROM` to `user:TO` counted.
    private void add(String key, int from, int to) throws IOException {
        for (int start = from; start <= to; start += 1_000) {
            var request = new ArrayList<>(List.of("PFADD", key));
            IntStream.rangeClosed(start, Math.min(start + 999, to)).forEach(i -> request.add("user:" + i));
            redis.call(request.toArray(String[]::new)).satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Integer.class));
        }
    }

    /// Sets a value whose bytes are the chars of a text.
    private void setBytes(String key, String bytes) throws IOException {
        redis.sendRaw("*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n".formatted(key.length(), key, bytes.length(), bytes)).read().isOk();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "10, 10", "1000, 1007", "20000, 19857", "100000, 99471"})
    void theEstimateIsThatOfRedis(int elements, int estimate) throws IOException {
        add("k", 1, elements);
        redis.call("PFCOUNT", "k").is(estimate);
        add("k", 1, elements);
        redis.call("PFCOUNT", "k").is(estimate);
    }

    /// Long and short ones, and those with bytes that are no letters.
    @Test
    void everyByteOfAnElementCounts() throws IOException {
        redis.call("PFADD", "k", "", "a", "ab", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghj", "ü", "\0", "\0\0", "x".repeat(1_000), "x".repeat(1_001)).is(1);
        redis.call("PFCOUNT", "k").is(12);
    }

    @Test
    void tellsWhetherAnElementMadeADifference() throws IOException {
        redis.call("PFADD", "k").is(1);
        redis.call("PFADD", "k").is(0);
        redis.call("PFADD", "k", "a", "b").is(1);
        redis.call("PFADD", "k", "b", "a").is(0);
        redis.call("PFADD", "k", "a", "c").is(1);
        redis.call("TYPE", "k").is(new Resp.SimpleString("string"));
    }

    @Test
    void severalCountTogether() throws IOException {
        add("a", 1, 1_000);
        add("b", 501, 1_500);
        redis.call("PFCOUNT", "a", "b", "none").is(1_516);
        redis.call("PFCOUNT", "a").is(1_007);
        redis.call("PFMERGE", "both", "a", "b").isOk();
        redis.call("PFCOUNT", "both").is(1_516);
        redis.call("PFMERGE", "a", "b").isOk();
        redis.call("PFCOUNT", "a").is(1_516);
        redis.call("PFMERGE", "new").isOk();
        redis.call("PFCOUNT", "new").is(0);
    }

    /// Byte for byte: then a replica of the other kind, or a snapshot, has the same.
    @Test
    void keepsWhatRedisKeeps() throws Exception {
        add("k", 1, 20_000);
        redis.call("GET", "k").satisfies(reply -> {
            var bytes = ((Resp.BulkString) reply).value().toByteArray();
            assertThat(new String(bytes, 0, 4, StandardCharsets.ISO_8859_1)).isEqualTo("HYLL");
            assertThat(bytes).hasSize(16 + 12_288);
            assertThat(HexFormat.of().formatHex(sha256(bytes))).isEqualTo("7c128996d179f4e1165a1fba594c4a32a0c95b4fca465cdb465278602576162f");
        });
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void readsWhatRedisKeepsWhileThereIsLittle() throws IOException {
        setBytes("k", SPARSE);
        redis.call("PFCOUNT", "k").is(3);
        redis.call("PFADD", "k", "a", "b", "c").is(0);
        redis.call("PFADD", "k", "d").is(1);
        redis.call("PFCOUNT", "k").is(4);
    }

    @Test
    void whatIsNoneIsRefusedAndStays() throws IOException {
        redis.call("SET", "text", "HYLL, it says").isOk();
        setBytes("short", "HYLL\0\0\0\0\0\0\0\0\0\0\0\u0080 but not long enough");
        setBytes("unknown", "HYLL\2" + SPARSE.substring(5));
        for (var key : List.of("text", "short", "unknown")) {
            redis.call("PFADD", key, "a").isError(NONE);
            redis.call("PFCOUNT", key).isError(NONE);
            redis.call("PFCOUNT", "none", key).isError(NONE);
            redis.call("PFMERGE", "k", key).isError(NONE);
        }
        redis.call("EXISTS", "k").is(0);
        redis.call("GET", "text").is("HYLL, it says");
        setBytes("damaged", SPARSE.substring(0, SPARSE.length() - 1));
        redis.call("PFCOUNT", "damaged").isError("INVALIDOBJ Corrupted HLL object detected");
        setBytes("damaged", SPARSE + "\0");
        redis.call("PFCOUNT", "damaged").isError("INVALIDOBJ Corrupted HLL object detected");
    }

    @Test
    void aDifferenceIsAChangeAndNoneIsNot() throws IOException {
        redis.call("PFADD", "k", "a").is(1);
        redis.call("EXPIRE", "k", "100").is(1);
        try (var other = connect()) {
            for (var element : List.of("a", "b")) {
                redis.call("WATCH", "k").isOk();
                other.call("PFADD", "k", element).is(element.equals("a") ? 0 : 1);
                redis.call("MULTI").isOk();
                redis.call("PFADD", "k", "c").is(new Resp.SimpleString("QUEUED"));
                redis.call("EXEC").is(element.equals("a") ? Resp.array(Resp.integer(1)) : Resp.Null.ARRAY);
            }
        }
        redis.call("PFCOUNT", "k").is(3);
        redis.call("TTL", "k").satisfies(reply -> assertThat(((Resp.Integer) reply).value()).isBetween(1L, 100L));
    }

    @Test
    void tellsWhoListensToEvents() throws IOException {
        redis.call("CONFIG", "SET", "notify-keyspace-events", "E$").isOk();
        try (var listener = connect()) {
            listener.call("SUBSCRIBE", "__keyevent@0__:pfadd").satisfies(_ -> {});
            redis.call("PFADD", "k", "a").is(1);
            redis.call("PFADD", "k", "a").is(0);
            redis.call("PFMERGE", "other", "k").isOk();
            for (var key : List.of("k", "other")) {
                assertThat(listener.read().texts()).containsExactly("message", "__keyevent@0__:pfadd", key);
            }
        } finally {
            redis.call("CONFIG", "SET", "notify-keyspace-events", "").isOk();
        }
    }

    @Test
    void saysWhichWordsAreKeys() throws IOException {
        redis.call("COMMAND", "INFO", "pfadd", "pfcount", "pfmerge").satisfies(reply -> {
            var commands = ((Resp.Array) reply).elements();
            assertThat(commands).extracting(command -> ((Resp.Array) command).elements().subList(3, 6)).containsExactly(
                    List.of(Resp.integer(1), Resp.integer(1), Resp.integer(1)),
                    List.of(Resp.integer(1), Resp.integer(-1), Resp.integer(1)),
                    List.of(Resp.integer(1), Resp.integer(-1), Resp.integer(1)));
        });
    }
}
