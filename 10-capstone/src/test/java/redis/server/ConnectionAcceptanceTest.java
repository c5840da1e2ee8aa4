package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// The commands that are about the connection itself, and what a connection's life does to others.
class ConnectionAcceptanceTest extends AcceptanceTest {

    @Test
    void pingAnswersPongOrItsArgument() throws IOException {
        redis.call("PING").is(new Resp.SimpleString("PONG"));
        redis.call("PING", "hello").is("hello");
        redis.call("PING", "").is("");
    }

    @Test
    void echoAnswersItsArgument() throws IOException {
        redis.call("ECHO", "hello").is("hello");
        redis.call("ECHO", "").is("");
        redis.call("ECHO", "héllo wörld").is("héllo wörld");
    }

    @Test
    void echoKeepsEveryByte() throws IOException {
        var bytes = new StringBuilder();
        for (char b = 0; b < 256; b++) bytes.append(b);
        redis.sendRaw("*2\r\n$4\r\nECHO\r\n$256\r\n" + bytes + "\r\n").read()
                .satisfies(reply -> assertThat(((Resp.BulkString) reply).value().toLatin1()).isEqualTo(bytes.toString()));
    }

    @ParameterizedTest
    @ValueSource(ints = {100_000, 20_000_000})
    void echoAnswersALargeArgument(int size) throws IOException {
        var text = "0123456789".repeat(size / 10);
        redis.call("ECHO", text).is(text);
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }

    @Test
    void namesOfCommandsHaveNoCase() throws IOException {
        redis.call("ping").is(new Resp.SimpleString("PONG"));
        redis.call("eChO", "Hello").is("Hello");
    }

    @Test
    void aWrongNumberOfArgumentsIsAnError() throws IOException {
        redis.call("ECHO").isError("ERR wrong number of arguments for 'echo' command");
        redis.call("echo", "a", "b").isError("ERR wrong number of arguments for 'echo' command");
        redis.call("Ping", "a", "b").isError("ERR wrong number of arguments for 'ping' command");
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }

    @Test
    void anUnknownCommandIsQuotedBack() throws IOException {
        redis.call("FOO").isError("ERR unknown command 'FOO', with args beginning with: ");
        redis.call("foo", "a", "b c", "").isError("ERR unknown command 'foo', with args beginning with: 'a' 'b c' '' ");
        redis.call("").isError("ERR unknown command '', with args beginning with: ");
        redis.call("ECHOO", "a").isError("ERR unknown command 'ECHOO', with args beginning with: 'a' ");
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }

    @Test
    void aLongUnknownCommandIsCut() throws IOException {
        redis.call("x".repeat(200)).isError("ERR unknown command '" + "x".repeat(128) + "', with args beginning with: ");
        redis.call("foo", "a".repeat(200), "b")
                .isError("ERR unknown command 'foo', with args beginning with: '" + "a".repeat(128) + "' ");
        redis.call("foo", "a".repeat(120), "bcdefghi", "j")
                .isError("ERR unknown command 'foo', with args beginning with: '" + "a".repeat(120) + "' 'bcdef' ");
        redis.call("foo", "a".repeat(124), "bc", "d")
                .isError("ERR unknown command 'foo', with args beginning with: '" + "a".repeat(124) + "' 'b' ");
        redis.call("foo", "a".repeat(125), "b")
                .isError("ERR unknown command 'foo', with args beginning with: '" + "a".repeat(125) + "' ");
    }

    @Test
    void anUnknownCommandStaysOneLine() throws IOException {
        redis.call("foo\r\n", "a\r\n+OK\r\n").isError("ERR unknown command 'foo  ', with args beginning with: 'a  +OK  ' ");
        redis.call("foo\0bar", "a\0b", "c").isError("ERR unknown command 'foo', with args beginning with: 'a' 'c' ");
        redis.sendRaw("*2\r\n$4\r\n\u00c9cho\r\n$2\r\n\u00ff\u00fe\r\n").read()
                .isError("ERR unknown command '\u00c9cho', with args beginning with: '\u00ff\u00fe' ");
    }

    @Test
    void commandAnswersAnArray() throws IOException {
        redis.call("COMMAND").satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Array.class));
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }

    @Test
    void quitAnswersOkAndEndsTheConnection() throws IOException {
        redis.call("QUIT").isOk();
        redis.expectEnd();
    }

    @Test
    void nothingIsAnsweredAfterQuit() throws IOException {
        redis.sendRaw("PING\r\nQUIT now\r\nPING\r\n");
        redis.read().is(new Resp.SimpleString("PONG"));
        redis.read().isOk();
        redis.expectEnd();
    }

    /// A web page can make a browser send a request to this port, with Redis commands in its body.
    @ParameterizedTest
    @ValueSource(strings = {"POST / HTTP/1.1\r\n", "Host: localhost\r\n", "*1\r\n$4\r\npost\r\n"})
    void anHttpClientIsHungUpOn(String request) throws IOException {
        redis.sendRaw(request).expectEnd();
    }

    @Test
    void aClientThatHasNoMoreToSayStillGetsItsReplies() throws IOException {
        redis.sendRaw("PING\r\nECHO hello\r\n").shutdownOutput();
        redis.read().is(new Resp.SimpleString("PONG"));
        redis.read().is("hello");
        redis.expectEnd();
    }

    @Test
    void aRequestThatBreaksOffIsNotAnswered() throws IOException {
        redis.sendRaw("PING\r\n*2\r\n$4\r\nECHO\r\n$5\r\nhel").shutdownOutput();
        redis.read().is(new Resp.SimpleString("PONG"));
        redis.expectEnd();
    }

    @Test
    void aClientInTheMiddleOfARequestDoesNotHinderAnother() throws IOException {
        redis.sendRaw("*2\r\n$4\r\nECHO\r\n$5\r\nhel");
        try (var other = connect()) {
            other.call("ECHO", "other").is("other");
            redis.sendRaw("lo\r\n").read().is("hello");
            other.call("ECHO", "again").is("again");
        }
    }

    @Test
    void aClientThatLeavesDoesNotHinderAnother() throws IOException {
        for (int i = 0; i < 100; i++) {
            try (var other = connect()) {
                other.sendRaw("*2\r\n$4\r\nECHO\r\n$5\r\nhel");
            }
        }
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }
}
