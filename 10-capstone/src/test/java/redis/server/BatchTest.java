package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespVersion;
import redis.resp.RespWriter;

import static org.assertj.core.api.Assertions.assertThat;

/// The replies to some requests, and messages on their way to several clients: how large they are, and what is written.
class BatchTest {

    private final Batch batch = new Batch(new AppendOnlyFile(ServerConfig.parse(), () -> {})); // a log that was not begun

    private static String written(Output output, RespVersion version) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var writer = new RespWriter(bytes);
        writer.version(version);
        output.writeTo(writer);
        writer.flush();
        return bytes.toString(StandardCharsets.US_ASCII);
    }

    @Test
    void repliesAreWrittenInTheirOrder() throws IOException {
        batch.add(Resp.OK, true);
        batch.add(Resp.integer(1), false);
        batch.add(Resp.bulk("x"), false);
        assertThat(written(batch, RespVersion.RESP2)).isEqualTo("+OK\r\n:1\r\n$1\r\nx\r\n");
    }

    @Test
    void theVersionChangesBetweenTwoReplies() throws IOException {
        batch.add(Resp.Null.BULK_STRING, false);
        batch.version(RespVersion.RESP3);
        batch.add(Resp.Null.BULK_STRING, false);
        batch.add(new Resp.Push(List.of(Resp.integer(1))), false);
        batch.version(RespVersion.RESP2);
        batch.add(Resp.Null.BULK_STRING, false);
        batch.version(RespVersion.RESP3); // twice before one reply: the last counts
        batch.version(RespVersion.RESP2);
        batch.add(new Resp.Push(List.of(Resp.integer(1))), false);
        assertThat(written(batch, RespVersion.RESP2)).isEqualTo("$-1\r\n_\r\n>1\r\n:1\r\n$-1\r\n*1\r\n:1\r\n");
    }

    /// EXEC's reply: what is in it may change the version, and some commands have no reply, or several.
    @Test
    void anArrayMayBeWrittenPieceByPiece() throws IOException {
        batch.add(Resp.OK, false);
        batch.beginArray(3);
        batch.version(RespVersion.RESP3);
        batch.add(Resp.Null.BULK_STRING, false);
        batch.version(RespVersion.RESP2);
        batch.add(Resp.Null.BULK_STRING, true);
        batch.add(Resp.OK, false);
        batch.beginArray(0);
        batch.add(Resp.OK, false);
        batch.beginArray(1);
        assertThat(written(batch, RespVersion.RESP2)).isEqualTo("+OK\r\n*3\r\n_\r\n$-1\r\n+OK\r\n*0\r\n+OK\r\n*1\r\n");
    }

    /// A limit on it is of use only if it is about as large as what is written.
    @Test
    void itsSizeIsAboutThatOnTheWire() throws IOException {
        var text = "x".repeat(1_000);
        var entries = new LinkedHashMap<Resp, Resp>();
        entries.put(Resp.bulk("a" + text), Resp.bulk(text));
        entries.put(Resp.bulk("b" + text), Resp.array(Resp.bulk(text), Resp.bulk(text)));
        assertThat(batch.size()).isZero();
        batch.add(Resp.bulk(text), false);
        batch.add(new Resp.Map(entries), false);
        batch.add(new Resp.Set(List.of(Resp.bulk(text))), false);
        batch.add(new Resp.Push(List.of(Resp.bulk(text), Resp.integer(1))), false);
        batch.add(new Resp.VerbatimString("txt", ByteString.of(text)), false);
        for (int i = 0; i < 64; i++) batch.add(Resp.OK, true);
        long size = written(batch, RespVersion.RESP3).length();
        assertThat(batch.size()).isBetween(size, size + size / 4);
    }

    @Test
    void aMessageIsEncodedOnceForAllClientsOfAVersion() throws IOException {
        var message = new Message(new Resp.Push(List.of(Resp.bulk("message"), Resp.bulk("c"), Resp.bulk("x"))));
        var second = message.in(RespVersion.RESP2);
        var third = message.in(RespVersion.RESP3);
        assertThat(message.in(RespVersion.RESP2)).isSameAs(second);
        assertThat(message.in(RespVersion.RESP3)).isSameAs(third);
        var rest = "3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n";
        assertThat(written(second, RespVersion.RESP2)).isEqualTo("*" + rest);
        assertThat(written(third, RespVersion.RESP3)).isEqualTo(">" + rest);
        assertThat(second.size()).isEqualTo(rest.length() + 1);
    }
}
