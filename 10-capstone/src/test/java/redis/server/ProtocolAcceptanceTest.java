package redis.server;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.junit.jupiter.params.provider.Arguments.arguments;

/// How requests are cut out of a stream of bytes: arrays of bulk strings, inline requests, and bytes that are neither.
class ProtocolAcceptanceTest extends AcceptanceTest {

    private static final Resp PONG = new Resp.SimpleString("PONG");

    private static final String ECHO = "*2\r\n$4\r\nECHO\r\n$7\r\na\r\nb\0c\n\r\n";
    private static final String ECHOED = "a\r\nb\0c\n";

    // ---- requests in pieces, and several in one piece ----

    @Test
    void aRequestMayComeByteByByte() throws IOException {
        for (int i = 0; i < ECHO.length(); i++) redis.sendRaw(ECHO.substring(i, i + 1));
        redis.read().is(ECHOED);
    }

    @Test
    void aRequestMayComeInTwoPieces() throws IOException {
        for (int i = 1; i < ECHO.length(); i++) {
            redis.sendRaw(ECHO.substring(0, i)).sendRaw(ECHO.substring(i)).read().is(ECHOED);
        }
    }

    @Test
    void manyRequestsMayComeTogether() throws IOException {
        var requests = new StringBuilder();
        for (int i = 0; i < 1_000; i++) requests.append("*2\r\n$4\r\nECHO\r\n$%d\r\n%d\r\n".formatted(Integer.toString(i).length(), i));
        redis.sendRaw(requests.toString());
        for (int i = 0; i < 1_000; i++) redis.read().is(Integer.toString(i));
    }

    @Test
    void requestsOfBothKindsMayComeTogether() throws IOException {
        redis.sendRaw("ECHO inline\r\n" + ECHO + "PING\n" + "*1\r\n$4\r\nPING\r\n");
        redis.read().is("inline");
        redis.read().is(ECHOED);
        redis.read().is(PONG);
        redis.read().is(PONG);
    }

    @Test
    void aReplyDoesNotWaitForTheRestOfTheNextRequest() throws IOException {
        redis.sendRaw("PING\r\n" + ECHO.substring(0, 20)).read().is(PONG);
        redis.sendRaw(ECHO.substring(20)).read().is(ECHOED);
    }

    // ---- what is accepted ----

    @ParameterizedTest
    @ValueSource(strings = {"*0\r\n", "*-1\r\n", "*-5\r\n", "\r\n", "\n", " \t \r\n"})
    void anEmptyRequestIsIgnored(String empty) throws IOException {
        redis.sendRaw(empty + "PING\r\n" + empty + "ECHO end\r\n");
        redis.read().is(PONG);
        redis.read().is("end");
    }

    @Test
    void theTwoBytesBehindABulkStringAreNotLookedAt() throws IOException {
        redis.sendRaw("*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n");
        redis.read().is(PONG);
        redis.read().is(PONG);
    }

    static Stream<Arguments> inlineRequests() {
        return Stream.of(
                arguments("ECHO hello\r\n", "hello"),
                arguments("ECHO hello\n", "hello"),
                arguments("  ECHO \t hello  \r\n", "hello"),
                arguments("ECHO a\"b c\"\r\n", "ab c"),
                arguments("\"ECHO\" 'hello world'\r\n", "hello world"),
                arguments("ECHO \"hello world\"\r\n", "hello world"),
                arguments("ECHO \"\"\r\n", ""),
                arguments("ECHO ''\r\n", ""),
                arguments("ECHO \"it's\"\r\n", "it's"),
                arguments("ECHO 'say \"hello\"'\r\n", "say \"hello\""),
                arguments("ECHO \"\\n\\r\\t\\b\\a\\\\\\\"\"\r\n", "\n\r\t\b\u0007\\\""),
                arguments("ECHO \"\\x41\\x7a\\x00\\q\\xZZ\\x4\"\r\n", "Az\0qxZZx4"),
                arguments("ECHO 'it\\'s \\n \\x41'\r\n", "it's \\n \\x41"),
                arguments("ECHO \\x41\\n\r\n", "\\x41\\n"),
                arguments("ECHO a*$b\r\n", "a*$b"));
    }

    @ParameterizedTest
    @MethodSource("inlineRequests")
    void anInlineRequestIsSplitIntoWords(String request, String word) throws IOException {
        redis.sendRaw(request).read().is(word);
        redis.call("PING").is(PONG);
    }

    @Test
    void anInlineRequestMayBeLong() throws IOException {
        var word = "x".repeat(64 * 1024 - "ECHO ".length() - 1);
        redis.sendRaw("ECHO " + word + "\n").read().is(word);
    }

    @Test
    void anAnnouncedSizeIsNoReasonToFail() throws IOException {
        redis.sendRaw("*2147483647\r\n$536870912\r\nhello");
        try (var other = connect()) {
            other.call("PING").is(PONG);
        }
    }

    // ---- what is not ----

    static Stream<Arguments> protocolErrors() {
        return Stream.of(
                arguments("*abc\r\n", "invalid multibulk length"),
                arguments("*\r\n", "invalid multibulk length"),
                arguments("*+1\r\n", "invalid multibulk length"),
                arguments("* 1\r\n", "invalid multibulk length"),
                arguments("*01\r\n", "invalid multibulk length"),
                arguments("*-0\r\n", "invalid multibulk length"),
                arguments("*2147483648\r\n", "invalid multibulk length"),
                arguments("*99999999999999999999\r\n", "invalid multibulk length"),
                arguments("*1\n$4\nPING\r\n", "invalid multibulk length"),
                arguments("*1\r\n:4\r\n", "expected '$', got ':'"),
                arguments("*1\r\nPING\r\n", "expected '$', got 'P'"),
                arguments("*1\r\n\u00ff\r\n", "expected '$', got '\u00ff'"),
                arguments("*1\r\n\r\n", "expected '$', got ' '"),
                arguments("*2\r\n$4\r\nECHO\r\n*1\r\n", "expected '$', got '*'"),
                arguments("*1\r\n$\r\n", "invalid bulk length"),
                arguments("*1\r\n$abc\r\n", "invalid bulk length"),
                arguments("*1\r\n$-1\r\n", "invalid bulk length"),
                arguments("*1\r\n$04\r\n", "invalid bulk length"),
                arguments("*1\r\n$536870913\r\n", "invalid bulk length"),
                arguments("*2\r\n$4\r\nECHO\r\n$-1\r\n", "invalid bulk length"),
                arguments("ECHO \"hello\r\n", "unbalanced quotes in request"),
                arguments("ECHO 'hello\r\n", "unbalanced quotes in request"),
                arguments("ECHO 'hello\\'\r\n", "unbalanced quotes in request"),
                arguments("ECHO \"hello\"world\r\n", "unbalanced quotes in request"),
                arguments("ECHO ''''\r\n", "unbalanced quotes in request"));
    }

    @ParameterizedTest
    @MethodSource("protocolErrors")
    void whatIsNoRequestEndsTheConnection(String bytes, String error) throws IOException {
        redis.sendRaw(bytes).read().isError("ERR Protocol error: " + error);
        redis.expectEnd();
    }

    @ParameterizedTest
    @MethodSource("protocolErrors")
    void requestsBeforeAnErrorAreAnsweredAndThoseAfterItAreNot(String bytes, String error) throws IOException {
        redis.sendRaw(ECHO + "PING\r\n" + bytes + "PING\r\n");
        redis.read().is(ECHOED);
        redis.read().is(PONG);
        redis.read().isError("ERR Protocol error: " + error);
        redis.expectEnd();
    }

    static Stream<Arguments> endlessLines() {
        return Stream.of(
                arguments("", "x", "too big inline request"),
                arguments("", "*", "too big mbulk count string"),
                arguments("*1\r\n", "$", "too big bulk count string"));
    }

    @ParameterizedTest
    @MethodSource("endlessLines")
    void aLineThatDoesNotEndIsCutOff(String start, String firstByte, String error) throws IOException {
        redis.sendRaw("PING\r\n" + start + firstByte + "1".repeat(64 * 1024));
        redis.read().is(PONG);
        redis.read().isError("ERR Protocol error: " + error);
        redis.expectEnd();
    }

    @Test
    void anErrorEndsOneConnectionOnly() throws IOException {
        try (var other = connect()) {
            other.sendRaw("*x\r\n").read().isError("ERR Protocol error: invalid multibulk length");
            other.expectEnd();
        }
        redis.call("PING").is(PONG);
    }
}
