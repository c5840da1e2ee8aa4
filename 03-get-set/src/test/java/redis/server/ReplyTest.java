package redis.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/// What a failing acceptance test prints. It is all that someone who writes their own server has to go by.
class ReplyTest {

    @Test
    void showsWhatWasSentAndPointsAtTheFirstWrongByte() throws IOException {
        assertThat(failure("+OK\r\n", client -> client.call("PING"), reply -> reply.is(new Resp.SimpleString("PONG")))).isEqualTo("""

                Sent:      PING
                Expected:  +PONG\\r\\n
                Received:  +OK\\r\\n
                            ^ byte 1""");
    }

    @Test
    void pointsAtAByteBehindEscapedOnes() throws IOException {
        assertThat(failure("$5\r\nhallo\r\n", client -> client.call("GET", "a key"), reply -> reply.is("hello"))).isEqualTo("""

                Sent:      GET "a key"
                Expected:  $5\\r\\nhello\\r\\n
                Received:  $5\\r\\nhallo\\r\\n
                                  ^ byte 5""");
        assertThat(failure("$4\r\n\0\t\"b\r\n", client -> client.call("GET", "k"), reply -> reply.is("\0\t\"a"))).isEqualTo("""

                Sent:      GET k
                Expected:  $4\\r\\n\\x00\\t\\"a\\r\\n
                Received:  $4\\r\\n\\x00\\t\\"b\\r\\n
                                         ^ byte 7""");
    }

    @Test
    void showsOnlyTheSurroundingsOfTheWrongByteOfALongReply() throws IOException {
        var right = "a".repeat(1_000);
        var wrong = "a".repeat(500) + "b" + "a".repeat(499);
        assertThat(failure("$1000\r\n" + wrong + "\r\n", client -> client.call("GET", "k"), reply -> reply.is(right))).isEqualTo("""

                Sent:      GET k
                Expected:  … %s … (1,009 bytes)
                Received:  … %sb%s … (1,009 bytes)
                             %s^ byte 507""", "a".repeat(80), "a".repeat(40), "a".repeat(39), " ".repeat(40));
    }

    @Test
    void pointsBehindAReplyThatIsTooShort() throws IOException {
        assertThat(failure("*1\r\n$1\r\na\r\n", client -> client.call("KEYS", "*"), reply -> reply.is(List.of("a", "b")))).isEqualTo("""

                Sent:      KEYS *
                Expected:  *2\\r\\n$1\\r\\na\\r\\n$1\\r\\nb\\r\\n
                Received:  *1\\r\\n$1\\r\\na\\r\\n
                            ^ byte 1""");
        assertThat(failure("$3\r\nab", client -> client.call("GET", "k"), reply -> reply.is("abc"))).isEqualTo("""

                Sent:      GET k
                Expected:  $3\\r\\nabc\\r\\n
                Received:  $3\\r\\nab (and the end of the connection)
                                   ^ byte 6""");
    }

    @Test
    void saysThatTheConnectionWasClosed() throws IOException {
        assertThat(failure("", client -> client.call("PING"), Reply::isOk)).isEqualTo("""

                Sent:      PING
                Expected:  +OK\\r\\n
                Received:  nothing (and the end of the connection)
                           ^ byte 0""");
    }

    @Test
    void saysThatTheConnectionWasReset() throws IOException {
        try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
             var client = new TestClient((InetSocketAddress) listener.getLocalSocketAddress())) {
            client.send("PING");
            var socket = listener.accept();
            socket.setSoLinger(true, 0); // to close is now to reset
            socket.close();
            var reply = client.read();
            assertThatThrownBy(reply::isOk).hasMessageContaining("Received:  nothing (and then: Connection reset)");
            reply.isEnd();
        }
    }

    @Test
    void saysThatNothingCameInTime() {
        var late = new Reply("PING", bytes("+PO"), null, new SocketTimeoutException("Read timed out"));
        assertThatThrownBy(() -> late.is(new Resp.SimpleString("PONG"))).hasMessage("""

                Sent:      PING
                Expected:  +PONG\\r\\n
                Received:  +PO (and no more within 20 s)
                              ^ byte 3""");
        var never = new Reply("", new byte[0], null, new SocketTimeoutException("Read timed out"));
        assertThatThrownBy(never::isEnd).hasMessage("""

                Sent:      nothing
                Expected:  the end of the connection
                Received:  nothing (and no more within 20 s)""");
    }

    @Test
    void saysWhyBytesAreNoReply() throws IOException {
        assertThat(failure("PONG\r\n", client -> client.call("PING"), reply -> reply.is(new Resp.SimpleString("PONG")))).isEqualTo("""

                Sent:      PING
                Expected:  +PONG\\r\\n
                Received:  PONG\\r\\n (which is not RESP: unknown type 'P')
                           ^ byte 0""");
    }

    @Test
    void showsAllThatWasSentSinceAReplyWasRead() throws IOException {
        assertThat(failure(":1\r\n:2\r\n:3\r\n", client -> {
            client.call("INCR", "a").is(1);
            client.send("INCR", "b").sendRaw("INCR c\r\n").read().is(2);
            return client.read();
        }, reply -> reply.is(4))).isEqualTo("""

                Sent:      INCR b · INCR c\\r\\n
                Expected:  :4\\r\\n
                Received:  :3\\r\\n
                            ^ byte 1""");
    }

    @Test
    void quotesWordsAsRedisCliWould() throws IOException {
        assertThat(failure("+OK\r\n", client -> client.call("SET", "", "it's", "\"\\\r\n", "é", "[a-c]*?", "x".repeat(200)), Reply::isNil))
                .startsWith("\nSent:      SET \"\" \"it's\" \"\\\"\\\\\\r\\n\" \"\\xc3\\xa9\" [a-c]*? \"" + "x".repeat(80) + " … (200 bytes)\"\n");
    }

    @Test
    void keepsALongRequestOnOneLine() throws IOException {
        assertThat(failure("+OK\r\n", client -> {
            for (int i = 0; i < 1_000; i++) client.send("INCR", "key:" + i);
            return client.read();
        }, Reply::isNil).lines().skip(1).findFirst().orElseThrow()).hasSizeBetween(400, 420).endsWith("INCR key:998 · INCR key:999");
    }

    @Test
    void saysWhatElseCameInsteadOfTheEnd() throws IOException {
        assertThat(failure("+OK\r\n", client -> client.call("QUIT"), Reply::isEnd)).isEqualTo("""

                Sent:      QUIT
                Expected:  the end of the connection
                Received:  +OK\\r\\n""");
    }

    @Test
    void showsTheReplyThatAnAssertionRejects() throws IOException {
        assertThat(failure(":5\r\n", client -> client.call("TTL", "k"), reply -> reply.satisfies(value -> {
            throw new AssertionError("at most 3");
        }))).isEqualTo("""

                Sent:      TTL k
                Expected:  see below
                Received:  :5\\r\\n
                at most 3""");
    }

    @Test
    void saysWhichKindOfReplyItCannotRead() throws IOException {
        assertThat(failure("*0\r\n", client -> client.call("GET", "k"), Reply::text)).isEqualTo("""

                Sent:      GET k
                Expected:  a string or an integer
                Received:  *0\\r\\n""");
        assertThat(failure("-ERR no\r\n", client -> client.call("KEYS", "*"), Reply::texts)).isEqualTo("""

                Sent:      KEYS *
                Expected:  an array
                Received:  -ERR no\\r\\n""");
    }

    @Test
    void passesWhatIsRight() throws IOException {
        answering("+OK\r\n$-1\r\n:7\r\n*2\r\n$1\r\na\r\n:1\r\n-ERR no\r\n$1\r\n\u00ff\r\n$1\r\nb\r\n*2\r\n$1\r\nc\r\n$-1\r\n", client -> {
            client.read().isOk();
            client.read().isNil();
            client.read().is(7);
            client.read().is(List.of("a", 1));
            client.read().isError("ERR no");
            client.read().is(ByteString.of(new byte[] {(byte) 0xff}));
            assertThat(client.read().text()).isEqualTo("b");
            assertThat(client.read().texts()).containsExactly("c", null);
            client.expectEnd();
            return null;
        });
    }

    /// The message of the assertion that fails on a server which sends these bytes, whatever it is asked, and hangs up.
    private static String failure(String answer, Conversation conversation, Consumer<Reply> assertion) throws IOException {
        var reply = answering(answer, conversation);
        return catchThrowableOfType(AssertionError.class, () -> assertion.accept(reply)).getMessage();
    }

    private static Reply answering(String answer, Conversation conversation) throws IOException {
        try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
             var client = new TestClient((InetSocketAddress) listener.getLocalSocketAddress());
             var socket = listener.accept()) {
            socket.getOutputStream().write(bytes(answer));
            socket.shutdownOutput();
            return conversation.with(client);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private interface Conversation {
        Reply with(TestClient client) throws IOException;
    }
}
