package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RespReaderReplyTest {

    private static Resp read(String wire) throws IOException {
        return new RespReader(PieceStream.of(wire)).readReply();
    }

    private static SequencedMap<Resp, Resp> entries(Resp... keysAndValues) {
        var entries = new LinkedHashMap<Resp, Resp>();
        for (int i = 0; i < keysAndValues.length; i += 2) entries.put(keysAndValues[i], keysAndValues[i + 1]);
        return entries;
    }

    private static Resp one() {
        return Resp.integer(1);
    }

    static List<Arguments> replies() {
        return List.of(
                arguments("+OK\r\n", Resp.OK),
                arguments("+\r\n", new Resp.SimpleString("")),
                arguments("+caf\u00e9 \n\r\n", new Resp.SimpleString("caf\u00e9 \n")),
                arguments("-ERR syntax error\r\n", Resp.error("ERR syntax error")),
                arguments(":0\r\n", Resp.integer(0)),
                arguments(":+1\r\n", Resp.integer(1)),
                arguments(":-9223372036854775808\r\n", Resp.integer(Long.MIN_VALUE)),
                arguments(":9223372036854775807\r\n", Resp.integer(Long.MAX_VALUE)),
                arguments("$5\r\nhello\r\n", Resp.bulk("hello")),
                arguments("$0\r\n\r\n", Resp.bulk("")),
                arguments("$4\r\n\r\n\r\n\r\n", Resp.bulk("\r\n\r\n")),
                arguments("$-1\r\n", Resp.Null.BULK_STRING),
                arguments("*0\r\n", Resp.array()),
                arguments("*2\r\n:1\r\n$1\r\na\r\n", Resp.array(one(), Resp.bulk("a"))),
                arguments("*2\r\n*1\r\n:1\r\n*-1\r\n", Resp.array(Resp.array(one()), Resp.Null.ARRAY)),
                arguments("*-1\r\n", Resp.Null.ARRAY),
                // RESP3
                arguments("_\r\n", Resp.Null.RESP3),
                arguments("#t\r\n", new Resp.Boolean(true)),
                arguments("#f\r\n", new Resp.Boolean(false)),
                arguments(",1.5\r\n", new Resp.Double(1.5)),
                arguments(",10\r\n", new Resp.Double(10)),
                arguments(",-0\r\n", new Resp.Double(-0.0)),
                arguments(",+1.5E-3\r\n", new Resp.Double(0.0015)),
                arguments(",1e+20\r\n", new Resp.Double(1e20)),
                arguments(",0.10000000000000001\r\n", new Resp.Double(0.1)),
                arguments(",inf\r\n", new Resp.Double(Double.POSITIVE_INFINITY)),
                arguments(",-inf\r\n", new Resp.Double(Double.NEGATIVE_INFINITY)),
                arguments(",nan\r\n", new Resp.Double(Double.NaN)),
                arguments(",-nan\r\n", new Resp.Double(Double.NaN)),
                arguments("(1234567999999999999999999999999999999\r\n",
                        new Resp.BigNumber(new BigInteger("1234567999999999999999999999999999999"))),
                arguments("(-1\r\n", new Resp.BigNumber(BigInteger.ONE.negate())),
                arguments("!10\r\nSYNTAX bad\r\n", new Resp.BulkError(ByteString.of("SYNTAX bad"))),
                arguments("=8\r\ntxt:text\r\n", new Resp.VerbatimString("txt", ByteString.of("text"))),
                arguments("=4\r\nmkd:\r\n", new Resp.VerbatimString("mkd", ByteString.EMPTY)),
                arguments("%0\r\n", new Resp.Map(entries())),
                arguments("%2\r\n+a\r\n:1\r\n:1\r\n*0\r\n",
                        new Resp.Map(entries(new Resp.SimpleString("a"), one(), one(), Resp.array()))),
                arguments("~2\r\n:1\r\n#f\r\n", new Resp.Set(List.of(one(), new Resp.Boolean(false)))),
                arguments(">2\r\n+message\r\n:1\r\n", new Resp.Push(List.of(new Resp.SimpleString("message"), one()))),
                arguments("|1\r\n+ttl\r\n:1\r\n$1\r\na\r\n",
                        new Resp.Attribute(entries(new Resp.SimpleString("ttl"), one()), Resp.bulk("a"))),
                // one in another
                arguments("%1\r\n%1\r\n:1\r\n_\r\n~1\r\n|0\r\n:1\r\n",
                        new Resp.Map(entries(new Resp.Map(entries(one(), Resp.Null.RESP3)),
                                new Resp.Set(List.of(new Resp.Attribute(entries(), one())))))));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void everyTypeIsUnderstood(String wire, Resp reply) throws IOException {
        assertThat(read(wire)).isEqualTo(reply);
    }

    @ParameterizedTest
    @MethodSource("replies")
    void aReplyCutInTwoAnywhereMeansTheSame(String wire, Resp reply) throws IOException {
        var bytes = PieceStream.bytes(wire);
        for (int cut = 1; cut < bytes.length; cut++) {
            var reader = new RespReader(PieceStream.splitAt(cut, bytes));
            assertThat(reader.readReply()).as("cut at %d", cut).isEqualTo(reply);
        }
    }

    @ParameterizedTest
    @MethodSource("replies")
    void aReplyMustNotEndEarly(String wire, Resp reply) {
        for (int cut = 0; cut < wire.length(); cut++) {
            var reader = new RespReader(PieceStream.of(wire.substring(0, cut)));
            assertThatExceptionOfType(EOFException.class).as("%s cut at %d", reply, cut).isThrownBy(reader::readReply);
            assertThat(reader.bytesConsumed()).isZero();
        }
    }

    @Test
    void repliesFollowOneAnotherAndTheirBytesAreCounted() throws IOException {
        var wire = new StringBuilder();
        for (var reply : replies()) wire.append(reply.get()[0]);
        var bytes = PieceStream.bytes(wire.toString());
        for (var stream : List.of(PieceStream.of(bytes), PieceStream.byteByByte(bytes))) {
            var reader = new RespReader(stream);
            long consumed = 0;
            for (var reply : replies()) {
                assertThat(reader.readReply()).isEqualTo(reply.get()[1]);
                assertThat(reader.bytesConsumed()).isEqualTo(consumed += ((String) reply.get()[0]).length());
            }
            assertThatExceptionOfType(EOFException.class).isThrownBy(reader::readReply);
        }
    }

    @Test
    void entriesKeepTheirOrder() throws IOException {
        var map = (Resp.Map) read("%3\r\n+c\r\n:1\r\n+a\r\n:2\r\n+b\r\n:3\r\n");
        assertThat(map.entries().keySet())
                .containsExactly(new Resp.SimpleString("c"), new Resp.SimpleString("a"), new Resp.SimpleString("b"));
    }

    @ParameterizedTest
    @ValueSource(ints = {511, 512, 8193, 65_536, 65_537, 300_000})
    void aLargeValueArrivesWhole(int size) throws IOException {
        var text = "0123456789".repeat(size / 10 + 1).substring(0, size);
        var reader = new RespReader(PieceStream.of("$" + size + "\r\n" + text + "\r\n:1\r\n"));
        assertThat(reader.readReply()).isEqualTo(Resp.bulk(text));
        assertThat(reader.readReply()).isEqualTo(one());
    }

    /// A replica reads the answers to its handshake, and then the commands of its master, from the same stream.
    @Test
    void requestsMayFollowReplies() throws IOException {
        var reader = new RespReader(PieceStream.of("+CONTINUE\r\n*1\r\n$4\r\nPING\r\nPING\n:1\r\n"));
        assertThat(reader.readReply()).isEqualTo(new Resp.SimpleString("CONTINUE"));
        assertThat(reader.readRequest()).containsExactly(ByteString.of("PING"));
        assertThat(reader.readRequest()).containsExactly(ByteString.of("PING"));
        assertThat(reader.readReply()).isEqualTo(one());
    }

    static List<Arguments> malformed() {
        return List.of(
                arguments("x\r\n", "unknown type 'x'"),
                arguments("\r\n", "unknown type '\r'"),
                arguments("\u00e9\r\n", "unknown type '\u00e9'"),
                arguments("*1\r\nx", "unknown type 'x'"),
                arguments(":\r\n", "invalid number"),
                arguments(":a\r\n", "invalid number"),
                arguments(":1 \r\n", "invalid number"),
                arguments(":1.5\r\n", "invalid number"),
                arguments(":9223372036854775808\r\n", "invalid number"),
                arguments("$\r\n", "invalid number"),
                arguments("$?\r\n", "invalid number"),
                arguments("$-2\r\n", "invalid length"),
                arguments("$536870913\r\n", "invalid length"),
                arguments("$4294967297\r\n", "invalid length"),
                arguments("*-2\r\n", "invalid length"),
                arguments("*2147483648\r\n", "invalid length"),
                arguments("%-1\r\n", "invalid length"),
                arguments("~-1\r\n", "invalid length"),
                arguments(">-1\r\n", "invalid length"),
                arguments("|-1\r\n", "invalid length"),
                arguments("!-1\r\n", "invalid length"),
                arguments("=-1\r\n", "invalid length"),
                arguments("_x\r\n", "invalid null"),
                arguments("#\r\n", "invalid boolean"),
                arguments("#true\r\n", "invalid boolean"),
                arguments(",\r\n", "invalid double"),
                arguments(",e\r\n", "invalid double"),
                arguments(",1.2.3\r\n", "invalid double"),
                arguments(",1f\r\n", "invalid double"),
                arguments(",1d\r\n", "invalid double"),
                arguments(", 1\r\n", "invalid double"),
                arguments(",0x1p3\r\n", "invalid double"),
                arguments(",NaN\r\n", "invalid double"),
                arguments(",Infinity\r\n", "invalid double"),
                arguments("(\r\n", "invalid big number"),
                arguments("(1.5\r\n", "invalid big number"),
                arguments("=3\r\ntxt\r\n", "invalid verbatim string"),
                arguments("=7\r\ntext:ab\r\n", "invalid verbatim string"),
                arguments("+OK\rx", "expected a line end"),
                arguments("_\rx", "expected a line end"),
                arguments("$1\r\nabc", "expected a line end"),
                arguments("$1\r\na\rx", "expected a line end"),
                arguments("+" + "x".repeat(RespReader.MAX_LINE + 1), "too big line"),
                arguments("+" + "x".repeat(RespReader.MAX_LINE + 1) + "\r\n", "too big line"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void whatIsNotAReplyIsRefused(String wire, String message) {
        var reader = new RespReader(PieceStream.of(wire));
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(reader::readReply).withMessage(message);
    }

    @Test
    void theLongestLineIsAccepted() throws IOException {
        var text = "x".repeat(RespReader.MAX_LINE);
        assertThat(read("+" + text + "\r\n")).isEqualTo(new Resp.SimpleString(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"*1\r\n", "~1\r\n", ">1\r\n", "%1\r\n", "%1\r\n+k\r\n", "|0\r\n"})
    void repliesMayNestToTheLimit(String level) throws IOException {
        assertThat(read(level.repeat(RespReader.MAX_DEPTH) + "_\r\n".repeat(1 + RespReader.MAX_DEPTH))).isNotNull(); // a map of maps has its values behind
        for (int depth : new int[] {RespReader.MAX_DEPTH + 1, 100_000}) {
            assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> read(level.repeat(depth) + "_\r\n"))
                    .withMessage("nested too deep");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"$536870912\r\n", "$536870912\r\nabc", "!536870912\r\n", "=536870912\r\n",
        "*2147483647\r\n", "~2147483647\r\n", ">2147483647\r\n", "%2147483647\r\n", "|2147483647\r\n",
        "*2147483647\r\n*2147483647\r\n%2147483647\r\n"})
    void anAnnouncementAloneTakesNoMemory(String wire) throws IOException {
        long allocated = Allocation.inSecondRun(
                () -> assertThatExceptionOfType(EOFException.class).isThrownBy(() -> read(wire)));
        assertThat(allocated).isLessThan(256 * 1024);
    }

    @Test
    void whatIsToLeaveIsFlushedBeforeEachRead() throws IOException {
        var flushes = new int[1];
        var stream = PieceStream.of("+O", "K\r\n:1\r\n", ":2\r\n");
        stream.beforeRead(() -> assertThat(flushes[0]).isEqualTo(stream.reads() + 1));
        var reader = new RespReader(stream, () -> flushes[0]++);
        for (int i = 0; i < 3; i++) reader.readReply();
        assertThat(flushes[0]).isEqualTo(3);
    }
}
