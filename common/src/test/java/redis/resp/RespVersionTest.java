package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What a reply looks like in each version of the protocol.
class RespVersionTest {

    private static SequencedMap<Resp, Resp> entries(Resp... keysAndValues) {
        var entries = new LinkedHashMap<Resp, Resp>();
        for (int i = 0; i < keysAndValues.length; i += 2) entries.put(keysAndValues[i], keysAndValues[i + 1]);
        return entries;
    }

    static List<Arguments> replies() {
        var a = new Resp.SimpleString("a");
        var b = Resp.bulk("b");
        var one = Resp.integer(1);
        return List.of(
                arguments(Resp.OK, "+OK\r\n", "+OK\r\n"),
                arguments(Resp.error("ERR no"), "-ERR no\r\n", "-ERR no\r\n"),
                arguments(one, ":1\r\n", ":1\r\n"),
                arguments(b, "$1\r\nb\r\n", "$1\r\nb\r\n"),
                arguments(Resp.array(a, one), "*2\r\n+a\r\n:1\r\n", "*2\r\n+a\r\n:1\r\n"),
                arguments(Resp.Null.BULK_STRING, "$-1\r\n", "_\r\n"),
                arguments(Resp.Null.ARRAY, "*-1\r\n", "_\r\n"),
                arguments(Resp.Null.RESP3, "$-1\r\n", "_\r\n"),
                arguments(new Resp.Boolean(true), ":1\r\n", "#t\r\n"),
                arguments(new Resp.Boolean(false), ":0\r\n", "#f\r\n"),
                arguments(new Resp.Double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n"),
                arguments(new Resp.Double(Double.NEGATIVE_INFINITY), "$4\r\n-inf\r\n", ",-inf\r\n"),
                arguments(new Resp.BigNumber(new BigInteger("-12345678901234567890")), "$21\r\n-12345678901234567890\r\n", "(-12345678901234567890\r\n"),
                arguments(new Resp.BulkError(ByteString.of("ERR a\r\nb")), "-ERR a  b\r\n", "!8\r\nERR a\r\nb\r\n"),
                arguments(new Resp.VerbatimString("txt", ByteString.of("text")), "$4\r\ntext\r\n", "=8\r\ntxt:text\r\n"),
                arguments(new Resp.VerbatimString("txt", ByteString.EMPTY), "$0\r\n\r\n", "=4\r\ntxt:\r\n"),
                arguments(new Resp.Map(entries(a, one, b, Resp.OK)), "*4\r\n+a\r\n:1\r\n$1\r\nb\r\n+OK\r\n", "%2\r\n+a\r\n:1\r\n$1\r\nb\r\n+OK\r\n"),
                arguments(new Resp.Map(entries()), "*0\r\n", "%0\r\n"),
                arguments(new Resp.Set(List.of(a, one)), "*2\r\n+a\r\n:1\r\n", "~2\r\n+a\r\n:1\r\n"),
                arguments(new Resp.Push(List.of(a, one)), "*2\r\n+a\r\n:1\r\n", ">2\r\n+a\r\n:1\r\n"),
                arguments(new Resp.Attribute(entries(a, one), new Resp.Boolean(true)), ":1\r\n", "|1\r\n+a\r\n:1\r\n#t\r\n"),
                arguments(Resp.array(new Resp.Map(entries(a, new Resp.Set(List.of(Resp.Null.ARRAY)))), new Resp.Attribute(entries(), b)),
                        "*2\r\n*2\r\n+a\r\n*1\r\n*-1\r\n$1\r\nb\r\n", "*2\r\n%1\r\n+a\r\n~1\r\n_\r\n|0\r\n$1\r\nb\r\n"));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void everyVersionHasItsFormOfAReply(Resp reply, String resp2, String resp3) throws IOException {
        for (var version : RespVersion.values()) {
            var wire = version == RespVersion.RESP2 ? resp2 : resp3;
            assertThat(RespWriter.encode(reply, version).toLatin1()).as("encoded in %s", version).isEqualTo(wire);
            var out = new ByteArrayOutputStream();
            var writer = new RespWriter(out);
            writer.version(version);
            writer.write(reply);
            writer.flush();
            assertThat(ByteString.of(out.toByteArray()).toLatin1()).as("written in %s", version).isEqualTo(wire);
        }
    }

    /// Whatever the reply is: at any depth there are only types that the version has.
    @ParameterizedTest
    @EnumSource
    void aVersionUsesItsOwnTypesOnly(RespVersion version) throws IOException {
        var random = new RandomResp(new Random(7));
        for (int i = 0; i < 5_000; i++) {
            var wire = RespWriter.encode(random.reply(), version);
            if (wire.length() > RespReader.MAX_LINE) continue; // an error of any length is a line in version 2, and too long a one is refused
            var reader = new RespReader(new ByteArrayInputStream(wire.toLatin1().getBytes(StandardCharsets.ISO_8859_1)));
            requireTypesOf(version, reader.readReply());
            assertThat(reader.bytesConsumed()).as("one reply, no more and no less").isEqualTo(wire.length());
        }
    }

    private static void requireTypesOf(RespVersion version, Resp reply) {
        switch (reply) {
            case Resp.SimpleString _, Resp.SimpleError _, Resp.Integer _, Resp.BulkString _ -> { }
            case Resp.Array(var elements) -> elements.forEach(element -> requireTypesOf(version, element));
            case Resp.Null nothing -> assertThat(nothing == Resp.Null.RESP3).isEqualTo(version == RespVersion.RESP3);
            default -> assertThat(version).as("%s", reply).isEqualTo(RespVersion.RESP3);
        }
    }

    @Test
    void theVersionCanChangeBetweenTwoReplies() throws IOException {
        var out = new ByteArrayOutputStream();
        var writer = new RespWriter(out);
        writer.write(Resp.Null.ARRAY); // as it is: no version was chosen
        writer.version(RespVersion.RESP2);
        writer.write(Resp.Null.RESP3);
        writer.version(RespVersion.RESP3);
        writer.write(Resp.Null.BULK_STRING);
        writer.version(RespVersion.RESP2);
        writer.write(new Resp.Boolean(true));
        writer.flush();
        assertThat(out.toString()).isEqualTo("*-1\r\n$-1\r\n_\r\n:1\r\n");
    }

    @ParameterizedTest
    @EnumSource
    void whatIsEncodedIsWrittenAsItIsInItsPlace(RespVersion version) throws IOException {
        var encoded = RespWriter.encode(new Resp.Push(List.of(Resp.bulk("x".repeat(40_000)), Resp.Null.RESP3)), RespVersion.RESP3);
        var out = new ByteArrayOutputStream();
        var writer = new RespWriter(out);
        writer.version(version);
        writer.write(Resp.OK);
        writer.writeEncoded(encoded);
        writer.write(Resp.OK);
        writer.writeEncoded(RespWriter.encode(Resp.integer(1), version));
        assertThat(out.size()).as("bytes that have left: what was too large for the buffer, and what came before").isLessThan(encoded.length() + 10);
        writer.flush();
        assertThat(out.toString()).isEqualTo("+OK\r\n>2\r\n$40000\r\n" + "x".repeat(40_000) + "\r\n_\r\n+OK\r\n:1\r\n");
    }
}
