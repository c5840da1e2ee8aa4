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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    void showsAllOfAnErrorHoweverLong() throws IOException {
        var text = "ERR this is an error " + "and some more of it, ".repeat(6);
        assertThat(failure("-" + text + "but not all\r\n", client -> client.call("GET", "k"), reply -> reply.isError(text + "to the end"))).isEqualTo("""

                Sent:      GET k
                Expected:  -%sto the end\\r\\n
                Received:  -%sbut not all\\r\\n
                            %s^ byte 148
                Hint:      an error's text is Redis's own, to the letter: clients look at it.""", text, text, " ".repeat(text.length()));
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
                                   ^ byte 6
                Hint:      the connection ended in the middle of a reply. An exception, or no flush before the end?""");
    }

    @Test
    void saysThatTheConnectionWasClosed() throws IOException {
        assertThat(failure("", client -> client.call("PING"), Reply::isOk)).isEqualTo("""

                Sent:      PING
                Expected:  +OK\\r\\n
                Received:  nothing (and the end of the connection)
                           ^ byte 0
                Hint:      the server hung up without a word. An exception in the session's thread? Its log would tell.""");
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
            assertThatThrownBy(reply::isOk).hasMessageContaining("Received:  nothing (Connection reset)");
            reply.isEnd();
        }
    }

    @Test
    void saysThatNothingCameInTime() {
        var late = new Reply("PING", bytes("+PO"), null, new SocketTimeoutException("and no more within 5 s"));
        assertThatThrownBy(() -> late.is(new Resp.SimpleString("PONG"))).hasMessage("""

                Sent:      PING
                Expected:  +PONG\\r\\n
                Received:  +PO (and no more within 5 s)
                              ^ byte 3
                Hint:      the \\r\\n at the end is missing, or not flushed.""");
        var never = new Reply("", new byte[0], null, new SocketTimeoutException("and no more within 5 s"));
        assertThatThrownBy(never::isEnd).hasMessage("""

                Sent:      nothing
                Expected:  the end of the connection
                Received:  nothing (and no more within 5 s)
                Hint:      the server is to hang up here, and keeps the connection open.""");
    }

    @Test
    void saysWhyBytesAreNoReply() throws IOException {
        assertThat(failure("PONG\r\n", client -> client.call("PING"), reply -> reply.is(new Resp.SimpleString("PONG")))).isEqualTo("""

                Sent:      PING
                Expected:  +PONG\\r\\n
                Received:  PONG\\r\\n (unknown type 'P')
                           ^ byte 0
                Hint:      a reply begins with its type: + - : $ or *. Or is this the rest of the reply before, whose length was too small?""");
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
    void showsWhatWasSentOnAnotherConnectionIfNothingWasSentOnThisOne() throws IOException {
        answering("+OK\r\n:1\r\n", client -> {
            client.call("SUBSCRIBE", "a");
            return answering(":1\r\n", other -> {
                other.call("PUBLISH", "a", "x");
                assertThat(client.read().sent()).isEqualTo("SUBSCRIBE a · and on another connection: PUBLISH a x");
                return other.read();
            });
        });
        assertThat(Hint.about("SUBSCRIBE a" + TestClient.ELSEWHERE + "PUBLISH a x", null, new byte[0], new SocketTimeoutException())).contains("woken");
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
    void showsTheReplyThatAnAssertionTookForAnotherType() throws IOException {
        assertThat(failure(":5\r\n", client -> client.call("COMMAND"), reply -> reply.satisfies(value -> ((Resp.Array) value).elements())))
                .startsWith("""

                        Sent:      COMMAND
                        Expected:  see below
                        Received:  :5\\r\\n
                        the reply has another type, or fewer elements, than the test goes on to look at: java.lang.ClassCastException""");
    }

    @Test
    void pointsIntoAPartOfAReply() throws IOException {
        assertThat(failure("*2\r\n$4\r\nport\r\n$2\r\n79\r\n", client -> client.call("CONFIG", "GET", "port"),
                reply -> reply.satisfies(_ -> assertThat(reply.texts().get(1)).as("the port").isEqualTo("70")))).isEqualTo("""

                Sent:      CONFIG GET port
                Expected:  70
                Received:  79
                            ^
                Of:        the port
                In:        *2\\r\\n$4\\r\\nport\\r\\n$2\\r\\n79\\r\\n""");
    }

    @Test
    void pointsAtTheFirstElementThatShouldNotBeThere() throws IOException {
        var reply = "*2\r\n$1\r\nb\r\n$1\r\nc\r\n";
        answering(reply, client -> {
            client.call("KEYS", "*").isInAnyOrder("c", "b");
            return null;
        });
        assertThat(failure(reply, client -> client.call("KEYS", "*"), keys -> keys.isInAnyOrder("a", "b"))).isEqualTo("""

                Sent:      KEYS *
                Expected:  *2\\r\\n$1\\r\\nb\\r\\n$1\\r\\na\\r\\n
                Received:  *2\\r\\n$1\\r\\nb\\r\\n$1\\r\\nc\\r\\n
                                                  ^ byte 15
                Hint:      the order does not matter.""");
        assertThat(failure(reply, client -> client.call("KEYS", "*"), keys -> keys.isInAnyOrder("a", "b", "c"))).contains("Expected:  also a\n");
    }

    @Test
    void hasAnIntegerBetweenBounds() throws IOException {
        assertThat(failure(":10\r\n", client -> client.call("PTTL", "k"), reply -> reply.isBetween(9_000, 10_000))).isEqualTo("""

                Sent:      PTTL k
                Expected:  an integer from 9000 to 10000
                Received:  :10\\r\\n
                Hint:      seconds and milliseconds mixed up?""");
        assertThat(failure("$-1\r\n", client -> client.call("PTTL", "k"), reply -> reply.isBetween(1, 2))).contains("Expected:  an integer from 1 to 2\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            $1<é<               | $2<é<     | the length announces 1 byte, and more came. A length counts bytes: in UTF-8, é has two.
            $3<abc              | $3<abc<   | the connection ended in the middle of a reply. An exception, or no flush before the end?
            +OK<                | :1<       | the first byte is the type: an integer (:) is expected, and it is a simple string (+).
            $0<<                | $-1<      | a null ($-1) is expected, and it is a bulk string ($).
            +pong<              | +PONG<    | only upper and lower case differ.
            :100<               | :100000<  | seconds and milliseconds mixed up?
            :0<                 | :100<     | seconds and milliseconds mixed up?
            :7<                 | :8<       | ''
            -ERR Unknown<       | -ERR no<  | an error's text is Redis's own, to the letter: clients look at it.
            -ERR unknown command 'GET'< | :1< | the server does not know this command yet.
            -ERR oops<          | :1<       | ''
            -ERR syntax error<  | :1<       | the server refuses an option that is right here. Does it know it, with the words that follow it?
            -ERR syntax error<  | -ERR no<  | an error's text is Redis's own, to the letter: clients look at it.
            -ERR wrong number of arguments for 'x' command< | :1< | does the server count the words of this request right, and does the command take as many?
            """)
    void knowsTheUsualCauses(String received, String expected, String hint) throws IOException {
        var reply = answering(latin1(received), client -> client.call("X"));
        assertThat(Hint.about("PTTL k", bytes(latin1(expected)), reply.bytes(), reply.failure())).isEqualTo(hint);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''       | no reply. Is it written and not flushed? Or does the server wait for more of the request?
            $3<abc   | the \\r\\n behind the 3 bytes is missing, or not flushed.
            $7<abc<  | 'the length announces 7 bytes, and 5 came. What does it count?'
            *2<:1<   | the reply announces 2 elements, and fewer came.
            """)
    void knowsWhyAReplyDoesNotGoOn(String received, String hint) {
        assertThat(Hint.about("X", null, bytes(latin1(received)), new SocketTimeoutException())).isEqualTo(hint);
    }

    @Test
    void knowsLinesWithoutACarriageReturn() {
        assertThat(Hint.about("X", null, bytes("+OK\n"), new SocketTimeoutException())).isEqualTo("a line ends in \\r\\n, not in \\n.");
    }

    private static String latin1(String text) {
        return new String(text.replace("<", "\r\n").getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
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
