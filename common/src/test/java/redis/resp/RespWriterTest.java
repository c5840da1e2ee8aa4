package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RespWriterTest {

    /// Keeps what it is given, write by write.
    private static final class Sink extends OutputStream {

        final List<byte[]> writes = new ArrayList<>();
        int flushes;

        @Override
        public void write(int b) {
            throw new AssertionError("a write of a single byte");
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            writes.add(Arrays.copyOfRange(bytes, offset, offset + length));
        }

        @Override
        public void flush() {
            flushes++;
        }

        ByteString all() {
            var all = new ByteArrayOutputStream();
            writes.forEach(all::writeBytes);
            return ByteString.of(all.toByteArray());
        }
    }

    private final Sink sink = new Sink();
    private final RespWriter writer = new RespWriter(sink);

    /// @return what was written, a char for each byte
    private String written() throws IOException {
        writer.flush();
        return sink.all().toLatin1();
    }

    private static SequencedMap<Resp, Resp> entries(Resp key, Resp value) {
        var entries = new LinkedHashMap<Resp, Resp>();
        entries.put(key, value);
        return entries;
    }

    // ---- the bytes ----

    static List<Arguments> replies() {
        var one = Resp.integer(1);
        var text = new Resp.SimpleString("a");
        return List.of(
                arguments(Resp.OK, "+OK\r\n"),
                arguments(new Resp.SimpleString(""), "+\r\n"),
                arguments(Resp.error("ERR syntax error"), "-ERR syntax error\r\n"),
                arguments(Resp.bulk("hello"), "$5\r\nhello\r\n"),
                arguments(Resp.bulk(""), "$0\r\n\r\n"),
                arguments(Resp.bulk("a\r\nb"), "$4\r\na\r\nb\r\n"),
                arguments(Resp.bulk("\u00e9"), "$2\r\n\u00c3\u00a9\r\n"),
                arguments(Resp.integer(true), ":1\r\n"),
                arguments(Resp.integer(false), ":0\r\n"),
                arguments(Resp.Null.BULK_STRING, "$-1\r\n"),
                arguments(Resp.Null.ARRAY, "*-1\r\n"),
                arguments(Resp.Null.RESP3, "_\r\n"),
                arguments(Resp.array(), "*0\r\n"),
                arguments(Resp.array(one, Resp.array(text), Resp.Null.BULK_STRING), "*3\r\n:1\r\n*1\r\n+a\r\n$-1\r\n"),
                arguments(new Resp.Boolean(true), "#t\r\n"),
                arguments(new Resp.Boolean(false), "#f\r\n"),
                arguments(new Resp.BigNumber(new BigInteger("-12345678901234567890")), "(-12345678901234567890\r\n"),
                arguments(new Resp.BulkError(ByteString.of("ERR a\r\nb")), "!8\r\nERR a\r\nb\r\n"),
                arguments(new Resp.VerbatimString("txt", ByteString.of("text")), "=8\r\ntxt:text\r\n"),
                arguments(new Resp.VerbatimString("mkd", ByteString.EMPTY), "=4\r\nmkd:\r\n"),
                arguments(new Resp.Map(entries(text, one)), "%1\r\n+a\r\n:1\r\n"),
                arguments(new Resp.Set(List.of(one, text)), "~2\r\n:1\r\n+a\r\n"),
                arguments(new Resp.Push(List.of(text, one)), ">2\r\n+a\r\n:1\r\n"),
                arguments(new Resp.Attribute(entries(text, one), Resp.OK), "|1\r\n+a\r\n:1\r\n+OK\r\n"));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void everyTypeHasItsBytes(Resp reply, String wire) throws IOException {
        writer.write(reply);
        assertThat(written()).isEqualTo(wire);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 9, 10, 11, 99, 100, 101, -9, -10, -99, -100, 1_000_000_007, Integer.MIN_VALUE,
        Long.MAX_VALUE, 1_000_000_000_000_000_000L, 999_999_999_999_999_999L, Long.MIN_VALUE, Long.MIN_VALUE + 1})
    void anIntegerIsWrittenInDecimal(long number) throws IOException {
        writer.write(Resp.integer(number));
        assertThat(written()).isEqualTo(":" + number + "\r\n");
    }

    static List<Arguments> doubles() {
        return List.of(
                arguments(0.0, "0"), arguments(-0.0, "-0"), arguments(1.5, "1.5"), arguments(-1.5, "-1.5"),
                arguments(10, "10"), arguments(0.1, "0.1"), arguments(1 / 3.0, "0.3333333333333333"),
                arguments(1e20, "100000000000000000000"), arguments(1e-7, "0.0000001"), arguments(Double.NaN, "nan"),
                arguments(Double.POSITIVE_INFINITY, "inf"), arguments(Double.NEGATIVE_INFINITY, "-inf"));
    }

    @ParameterizedTest
    @MethodSource("doubles")
    void aDoubleIsWrittenInFullWithoutAnExponent(double value, String text) throws IOException {
        writer.write(new Resp.Double(value));
        assertThat(written()).isEqualTo("," + text + "\r\n");
    }

    @Test
    void aLineBreakInALineIsSentAsASpace() throws IOException {
        writer.write(Resp.error("ERR unknown command 'a\r\n:1\r\nb\n'"));
        writer.write(new Resp.SimpleString("\r"));
        assertThat(written()).isEqualTo("-ERR unknown command 'a  :1  b '\r\n+ \r\n");
    }

    @Test
    void aLineIsLatin1() throws IOException {
        writer.write(Resp.error("ERR caf\u00e9\u00ff\0"));
        assertThat(written()).isEqualTo("-ERR caf\u00e9\u00ff\0\r\n");
    }

    /// U+010A and U+010D would be a line break if they were cut to their lower eight bits.
    @Test
    void aCharThatIsNotLatin1CannotBecomeALineBreak() throws IOException {
        writer.write(Resp.error("ERR \u0100\u010d\u010a:1\u20ac"));
        assertThat(written()).isEqualTo("-ERR ???:1?\r\n");
    }

    @Test
    void anErrorThatQuotesAnArgumentKeepsItsBytes() throws IOException {
        var argument = ByteString.of("caf\u00e9");
        writer.write(Resp.error("ERR no '" + argument.toLatin1() + "'"));
        writer.flush();
        assertThat(sink.all()).isEqualTo(ByteString.of("-ERR no 'caf\u00e9'\r\n"));
    }

    @Test
    void aRequestIsAnArrayOfBulkStrings() throws IOException {
        writer.writeRequest(List.of(ByteString.of("SET"), ByteString.of("k"), ByteString.EMPTY));
        assertThat(written()).isEqualTo("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
    }

    // ---- when they leave ----

    @Test
    void nothingLeavesBeforeAFlush() throws IOException {
        for (int i = 0; i < 1000; i++) writer.write(Resp.integer(i));
        writer.write(Resp.bulk("x".repeat(8000)));
        assertThat(sink.writes).isEmpty();
        assertThat(sink.flushes).isZero();
    }

    @Test
    void manySmallRepliesLeaveInOneWrite() throws IOException {
        for (int round = 1; round <= 3; round++) {
            for (int i = 0; i < 3000; i++) writer.write(Resp.OK);
            writer.flush();
            assertThat(sink.writes).hasSize(round);
            assertThat(sink.flushes).isEqualTo(round);
        }
        assertThat(written()).isEqualTo("+OK\r\n".repeat(9000));
    }

    @Test
    void aFlushOfNothingDoesNothing() throws IOException {
        writer.flush();
        writer.write(Resp.OK);
        writer.flush();
        writer.flush();
        assertThat(sink.writes).hasSize(1);
        assertThat(sink.flushes).isEqualTo(1);
    }

    @Test
    void whatDoesNotFitTheBufferLeavesAtOnceAndInOrder() throws IOException {
        for (int i = 0; i < 10_000; i++) writer.write(Resp.integer(i));
        assertThat(sink.writes).isNotEmpty().hasSizeLessThan(10);
        assertThat(sink.writes).allSatisfy(write -> assertThat(write.length).isBetween(16_000, 16_384));
        var expected = new StringBuilder();
        for (int i = 0; i < 10_000; i++) expected.append(':').append(i).append("\r\n");
        assertThat(written()).isEqualTo(expected.toString());
    }

    @Test
    void theBufferHolds16KiB() throws IOException {
        writer.write(new Resp.SimpleString("x".repeat(16_384 - 3)));
        assertThat(sink.writes).isEmpty();
        writer.write(Resp.OK);
        assertThat(sink.writes).hasSize(1);
        assertThat(written()).isEqualTo("+" + "x".repeat(16_381) + "\r\n+OK\r\n");
    }

    /// The longest number, at each distance from each size that the buffer may have.
    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 8192, 16_384})
    void aReplyMayStartAtAnyPlaceOfTheBuffer(int size) throws IOException {
        var expected = new StringBuilder();
        for (int length = size - 50; length <= size; length++) {
            var text = "x".repeat(length - 3);
            var fresh = new RespWriter(sink);
            fresh.write(new Resp.SimpleString(text));
            fresh.write(Resp.integer(Long.MIN_VALUE));
            fresh.flush();
            expected.append('+').append(text).append("\r\n:").append(Long.MIN_VALUE).append("\r\n");
        }
        assertThat(written()).isEqualTo(expected.toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 512, 1020, 16_370, 16_375, 16_380, 16_383, 16_384, 16_385, 16_400, 100_000})
    void aValueOfAnySizeIsWrittenWhole(int size) throws IOException {
        var value = "0123456789".repeat(size / 10 + 1).substring(0, size);
        writer.write(Resp.array(Resp.OK, Resp.bulk(value), new Resp.SimpleString(value), Resp.bulk(value), Resp.OK));
        var bulk = "$" + size + "\r\n" + value + "\r\n";
        assertThat(written()).isEqualTo("*5\r\n+OK\r\n" + bulk + "+" + value + "\r\n" + bulk + "+OK\r\n");
        assertThat(sink.writes).allSatisfy(write -> assertThat(write).isNotEmpty());
    }

    @Test
    void aLargeValueIsNotCopied() throws IOException {
        var reply = Resp.bulk("x".repeat(1024 * 1024));
        var nowhere = new RespWriter(OutputStream.nullOutputStream());
        long allocated = Allocation.inSecondRun(() -> writeAndFlush(nowhere, reply));
        assertThat(allocated).isLessThan(64 * 1024);
    }

    /// The buffer that has grown for a large reply is let go. What is written next must not notice.
    @Test
    void theBufferShrinksAndGrowsUnnoticed() throws IOException {
        var large = Resp.bulk("x".repeat(10_000));
        var expected = new StringBuilder();
        for (int round = 0; round < 3; round++) {
            writer.write(large);
            writer.flush();
            expected.append("$10000\r\n").append("x".repeat(10_000)).append("\r\n");
            for (int i = 0; i < 100; i++) {
                writer.write(Resp.integer(i));
                writer.flush();
                expected.append(':').append(i).append("\r\n");
            }
        }
        assertThat(written()).isEqualTo(expected.toString());
    }

    @Test
    void aGrownBufferIsLetGoAfterManySmallWrites() throws IOException {
        var large = Resp.bulk("x".repeat(10_000));
        var nowhere = new RespWriter(OutputStream.nullOutputStream());
        long growing = Allocation.during(() -> writeAndFlush(nowhere, large));
        long grown = Allocation.during(() -> writeAndFlush(nowhere, large));
        for (int i = 0; i < 100; i++) writeAndFlush(nowhere, Resp.OK);
        long growingAgain = Allocation.during(() -> writeAndFlush(nowhere, large));
        assertThat(growing).isGreaterThan(16_000);
        assertThat(grown).isLessThan(1000);
        assertThat(growingAgain).isGreaterThan(16_000);
    }

    @Test
    void aGrownBufferStaysWhileALargeWriteComesNowAndThen() throws IOException {
        var large = Resp.bulk("x".repeat(10_000));
        var nowhere = new RespWriter(OutputStream.nullOutputStream());
        writeAndFlush(nowhere, large);
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 30; i++) writeAndFlush(nowhere, Resp.OK);
            assertThat(Allocation.during(() -> writeAndFlush(nowhere, large))).isLessThan(1000);
        }
    }

    private static void writeAndFlush(RespWriter writer, Resp reply) throws IOException {
        writer.write(reply);
        writer.flush();
    }

    // ---- and back ----

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatIsWrittenCanBeReadAgain(long seed) throws IOException {
        var source = new RandomResp(new Random(seed));
        var replies = new ArrayList<Resp>();
        for (int i = 0; i < 1000; i++) replies.add(source.reply());
        for (var reply : replies) writer.write(reply);
        writer.flush();

        var reader = new RespReader(PieceStream.of(sink.writes.toArray(byte[][]::new)));
        for (var reply : replies) assertThat(reader.readReply()).isEqualTo(reply);
        assertThat(reader.bytesConsumed()).isEqualTo(sink.all().length());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void requestsThatAreWrittenCanBeReadAgain(long seed) throws IOException {
        var source = new RandomResp(new Random(seed));
        var requests = new ArrayList<List<ByteString>>();
        for (int i = 0; i < 1000; i++) requests.add(source.request());
        for (var request : requests) writer.writeRequest(request);
        writer.flush();

        var reader = new RespReader(PieceStream.of(sink.writes.toArray(byte[][]::new)));
        for (var request : requests) assertThat(reader.readRequest()).isEqualTo(request);
        assertThat(reader.readRequest()).isNull();
        assertThat(reader.bytesConsumed()).isEqualTo(sink.all().length());
    }
}
