package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What counts as a request, and what is wrong with what does not. How it arrives is the theme of
/// [RespReaderStreamTest].
class RespReaderRequestTest {

    private static final String PING = "*1\r\n$4\r\nPING\r\n";

    private static RespReader reader(String wire) {
        return new RespReader(PieceStream.of(wire));
    }

    private static List<ByteString> request(String... words) {
        return Arrays.stream(words).map(ByteString::of).toList();
    }

    private static void assertRefused(RespReader reader, String message) {
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(reader::readRequest).withMessage(message);
    }

    /// The rest is a request that has begun well and lacks only bytes.
    private static void assertUnfinished(RespReader reader) {
        assertThat(reader.pollRequest()).isNull();
        assertThatExceptionOfType(EOFException.class).isThrownBy(reader::readRequest);
    }

    // ---- what a request is ----

    @Test
    void anArrayOfBulkStringsIsARequest() throws IOException {
        var reader = reader("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n");
        assertThat(reader.readRequest()).isEqualTo(request("SET", "key", "value"));
        assertThat(reader.readRequest()).isNull();
    }

    @Test
    void argumentsMayHoldAnyBytesAndNone() throws IOException {
        var reader = reader("*4\r\n$0\r\n\r\n$2\r\n\r\n\r\n$6\r\n*1\r\n$4\r\n$3\r\n\0\u0080\u00ff\r\n");
        assertThat(reader.readRequest()).extracting(ByteString::toLatin1)
                .containsExactly("", "\r\n", "*1\r\n$4", "\0\u0080\u00ff");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 31, 32, 33, 1000})
    void aRequestHasAsManyArgumentsAsItsHeaderSays(int size) throws IOException {
        var words = new ArrayList<ByteString>();
        for (int i = 0; i < size; i++) words.add(ByteString.of(i));
        var wire = new ByteArrayOutputStream();
        var writer = new RespWriter(wire);
        writer.writeRequest(words);
        writer.flush();

        assertThat(new RespReader(PieceStream.of(wire.toByteArray())).readRequest()).isEqualTo(words);
    }

    @Test
    void aLineThatStartsWithAnythingElseIsAnInlineRequest() throws IOException {
        var reader = reader("SET k \"a b\"\r\nPING\n$4\r\n+OK\r\n");
        assertThat(reader.readRequest()).isEqualTo(request("SET", "k", "a b"));
        assertThat(reader.readRequest()).isEqualTo(request("PING"));
        assertThat(reader.readRequest()).isEqualTo(request("$4"));
        assertThat(reader.readRequest()).isEqualTo(request("+OK"));
        assertThat(reader.readRequest()).isNull();
    }

    @Test
    void bothKindsMayFollowOneAnother() throws IOException {
        var reader = reader(PING + "ECHO a\n" + PING + "ECHO b\r\n");
        assertThat(reader.readRequest()).isEqualTo(request("PING"));
        assertThat(reader.readRequest()).isEqualTo(request("ECHO", "a"));
        assertThat(reader.readRequest()).isEqualTo(request("PING"));
        assertThat(reader.readRequest()).isEqualTo(request("ECHO", "b"));
        assertThat(reader.readRequest()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*0\r\n", "*-1\r\n", "*-2147483649\r\n", "*-9223372036854775808\r\n", "\n", "\r\n",
        " \t \r\n", "\n\r\n*0\r\n\n*-1\r\n"})
    void emptyRequestsAreSkipped(String nothing) throws IOException {
        var reader = reader(nothing + PING + nothing + nothing + "PING\r\n" + nothing);
        assertThat(reader.readRequest()).isEqualTo(request("PING"));
        assertThat(reader.readRequest()).isEqualTo(request("PING"));
        assertThat(reader.readRequest()).isNull();
    }

    @Test
    void aQuotedEmptyWordIsARequestAllTheSame() throws IOException {
        assertThat(reader("\"\"\r\n").readRequest()).isEqualTo(request(""));
    }

    /// Redis looks for the carriage return alone. It never checks what should be a line feed, nor the line end behind a
    /// value.
    @Test
    void whatShouldBeALineFeedIsSkippedUnchecked() throws IOException {
        var reader = reader("*1\rX$4\rYPINGzz" + PING);
        assertThat(reader.readRequest()).isEqualTo(request("PING"));
        assertThat(reader.readRequest()).isEqualTo(request("PING"));
        assertThat(reader.readRequest()).isNull();
    }

    @Test
    void aHeaderThatEndsInALineFeedAloneIsNotFinished() {
        assertUnfinished(reader("*1\n$4\nPING\n"));
    }

    // ---- what is not ----

    static List<Arguments> errors() {
        var multibulk = "invalid multibulk length";
        var bulk = "invalid bulk length";
        return List.of(
                arguments("*\r\n", multibulk),
                arguments("*a\r\n", multibulk),
                arguments("*-\r\n", multibulk),
                arguments("*-0\r\n", multibulk),
                arguments("*+1\r\n", multibulk),
                arguments("*01\r\n", multibulk),
                arguments("* 1\r\n", multibulk),
                arguments("*1 \r\n", multibulk),
                arguments("*1.0\r\n", multibulk),
                arguments("**1\r\n", multibulk),
                arguments("*1\n$4\nPING\r\n", multibulk),
                arguments("*2147483648\r\n", multibulk),
                arguments("*9223372036854775808\r\n", multibulk),
                arguments("*-9223372036854775809\r\n", multibulk),

                arguments("*1\r\n+OK\r\n", "expected '$', got '+'"),
                arguments("*1\r\n4\r\nPING\r\n", "expected '$', got '4'"),
                arguments("*1\r\n*1\r\n$4\r\nPING\r\n", "expected '$', got '*'"),
                arguments("*1\r\n\r\n", "expected '$', got '\r'"),
                arguments("*1\r\n\u00e9\r\n", "expected '$', got '\u00e9'"),
                arguments("*2\r\n$4\r\nPING\r\nx\r\n", "expected '$', got 'x'"),
                arguments("*2\r\n$3\r\nPING\r\n$1\r\nx\r\n", "expected '$', got '\n'"),

                arguments("*1\r\n$\r\n", bulk),
                arguments("*1\r\n$a\r\n", bulk),
                arguments("*1\r\n$-0\r\n", bulk),
                arguments("*1\r\n$-1\r\n", bulk),
                arguments("*1\r\n$+4\r\n", bulk),
                arguments("*1\r\n$04\r\n", bulk),
                arguments("*1\r\n$ 4\r\n", bulk),
                arguments("*1\r\n$4 \r\n", bulk),
                arguments("*1\r\n$4\nPING\r\n", bulk),
                arguments("*1\r\n$536870913\r\n", bulk),
                arguments("*1\r\n$4294967300\r\n", bulk),
                arguments("*1\r\n$99999999999999999999\r\n", bulk),
                arguments("*2\r\n$4\r\nPING\r\n$-1\r\n", bulk),

                arguments("PING \"a\r\n", "unbalanced quotes in request"),
                arguments("PING 'a'b\n", "unbalanced quotes in request"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void whatIsNotARequestIsRefusedInRedisWords(String wire, String message) {
        assertRefused(reader(wire), message);
    }

    @ParameterizedTest
    @MethodSource("errors")
    void anErrorIsThrownAgainByEveryLaterCall(String wire, String message) {
        var reader = reader(wire + PING);
        for (int i = 0; i < 3; i++) {
            assertRefused(reader, message);
            assertThat(reader.pollRequest()).isNull();
        }
        assertThat(reader.bytesConsumed()).isZero();
    }

    @ParameterizedTest
    @MethodSource("errors")
    void theRequestsBeforeAnErrorComeFirst(String wire, String message) throws IOException {
        var reader = reader(PING + "ECHO a\r\n" + wire + PING);
        assertThat(reader.readRequest()).isEqualTo(request("PING"));
        assertThat(reader.pollRequest()).isEqualTo(request("ECHO", "a"));
        assertThat(reader.pollRequest()).isNull();
        assertRefused(reader, message);
        assertRefused(reader, message);
    }

    // ---- limits ----

    @ParameterizedTest
    @ValueSource(strings = {"*2147483647\r\n", "*1\r\n$536870912\r\n", "*2147483647\r\n$0\r\n\r\n$536870912\r\nabc"})
    void theLargestLengthsAreAccepted(String wire) {
        assertUnfinished(reader(wire));
    }

    @Test
    void anInlineRequestMayHave64KiBBeforeItsLineFeed() throws IOException {
        var word = "x".repeat(RespReader.MAX_LINE - "ECHO \r".length());
        assertThat(reader("ECHO " + word + "\r\n").readRequest()).isEqualTo(request("ECHO", word));
        assertThat(reader("ECHO " + word + "\r\n\nPING\n").readRequest()).isEqualTo(request("ECHO", word));
        assertRefused(reader("ECHO " + word + "x\r\n"), "too big inline request");
        assertRefused(reader("ECHO " + word + "x" + word + "\r\n"), "too big inline request");
    }

    static List<Arguments> lines() {
        return List.of(
                arguments("x", "too big inline request"),
                arguments("*", "too big mbulk count string"),
                arguments("*1\r\n$", "too big bulk count string"),
                arguments("*1\r\nX", "too big bulk count string"));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void aLineThatDoesNotEndIsRefusedOnceItIsLongerThan64KiB(String start, String message) {
        var unfinished = start + "1".repeat(RespReader.MAX_LINE - 1);
        assertUnfinished(reader(unfinished));
        assertRefused(reader(unfinished + "1"), message);
        assertRefused(reader(unfinished + "1".repeat(100_000)), message);
    }

    @ParameterizedTest
    @MethodSource("lines")
    void theRequestsBeforeATooLongLineComeFirst(String start, String message) throws IOException {
        var reader = reader(PING + start + "1".repeat(RespReader.MAX_LINE) + "\r\n" + PING);
        assertThat(reader.readRequest()).isEqualTo(request("PING"));
        assertRefused(reader, message);
        assertRefused(reader, message);
    }

    // ---- the end of the stream ----

    @ParameterizedTest
    @ValueSource(strings = {"", PING, "PING\n", "*0\r\n", "\r\n", PING + "\r\n"})
    void aStreamMayEndBetweenTwoRequests(String wire) throws IOException {
        var reader = reader(wire);
        while (reader.readRequest() != null) assertThat(reader.pollRequest()).isNull();
        assertThat(reader.readRequest()).isNull();
    }

    @Test
    void aStreamMustNotEndWithinARequest() throws IOException {
        var wire = "*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n";
        for (int cut = 1; cut < wire.length(); cut++) {
            var reader = reader(PING + wire.substring(0, cut));
            assertThat(reader.readRequest()).isEqualTo(request("PING"));
            assertUnfinished(reader);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"P", "PING", "PING\r", " ", "\r", "PING \"a"})
    void aStreamMustNotEndWithinALine(String wire) {
        assertUnfinished(reader(wire));
    }

    @Test
    void aStreamMustNotEndWithinALargeValue() {
        var half = "x".repeat(50_000);
        assertUnfinished(reader("*1\r\n$100000\r\n" + half));
        assertUnfinished(reader("*1\r\n$100000\r\n" + half + half));
        assertUnfinished(reader("*1\r\n$100000\r\n" + half + half + "\r"));
    }

    // ---- bytesConsumed ----

    @Test
    void consumedBytesAreThoseOfTheRequestsReturned() throws IOException {
        var reader = reader(PING + "\r\n*0\r\nECHO a\r\n" + PING);
        assertThat(reader.bytesConsumed()).isZero();
        reader.readRequest();
        assertThat(reader.bytesConsumed()).isEqualTo(14);
        reader.readRequest();
        assertThat(reader.bytesConsumed()).isEqualTo(14 + 6 + 8);
        reader.pollRequest();
        assertThat(reader.bytesConsumed()).isEqualTo(14 + 6 + 8 + 14);
    }

    /// A replica acknowledges this number. If it counted half a command, the master would continue in the middle of it.
    @Test
    void aRequestThatIsOnlyPartlyHereIsNotConsumed() throws IOException {
        var large = "x".repeat(20_000);
        for (var request : List.of("*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n", "ECHO x\r\n", "\r\n" + PING,
                "*1\r\n$20000\r\n" + large + "\r\n")) {
            var reader = reader(PING + request.substring(0, request.length() - 1));
            reader.readRequest();
            assertUnfinished(reader);
            assertThat(reader.bytesConsumed()).isEqualTo(PING.length());
        }
    }

    @Test
    void aRequestCanBeTakenToPieces() throws IOException {
        var request = reader("*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n").readRequest();
        assertThat(request).hasSize(2).doesNotContainAnyElementsOf(Collections.singleton(null));
        assertThat(request.getFirst()).isEqualTo(ByteString.of("ECHO"));
        assertThat(request.subList(1, 2)).containsExactly(ByteString.of("x"));
    }

    // ---- between two requests ----

    /// As in a log, which may have annotations between its commands.
    @Test
    void theNextByteCanBeLookedAtAndItsLineSkipped() throws IOException {
        var reader = new RespReader(PieceStream.of("#TS:1700", "000000\r\n", PING + "\u00ff\r\n"));
        assertThat(reader.peek()).isEqualTo('#');
        assertThat(reader.peek()).isEqualTo('#');
        assertThat(reader.bytesConsumed()).isZero();
        reader.skipLine();
        assertThat(reader.bytesConsumed()).isEqualTo(16);
        assertThat(reader.peek()).isEqualTo('*');
        assertThat(reader.readRequest()).containsExactly(ByteString.of("PING"));
        assertThat(reader.peek()).isEqualTo(0xff);
        reader.skipLine();
        assertThat(reader.peek()).isEqualTo(-1);
    }

    @Test
    void anEmptyLineCanBeSkippedAndAStreamMustNotEndWithinOne() throws IOException {
        var reader = reader("\n" + "#TS");
        reader.skipLine();
        assertThat(reader.bytesConsumed()).isEqualTo(1);
        assertThat(reader.peek()).isEqualTo('#');
        assertThatExceptionOfType(EOFException.class).isThrownBy(reader::skipLine);
    }

    // ---- strangers ----

    private static RespReader strangersReader(String wire, AtomicBoolean isStranger) {
        return new RespReader(PieceStream.of(wire), () -> {}, isStranger::get);
    }

    @Test
    void aStrangerMaySendTenArgumentsOf16KiB() throws IOException {
        var word = "x".repeat(16 * 1024);
        var wire = "*10\r\n" + ("$16384\r\n" + word + "\r\n").repeat(10);
        assertThat(strangersReader(wire, new AtomicBoolean(true)).readRequest()).hasSize(10).allMatch(ByteString.of(word)::equals);
    }

    @ParameterizedTest
    @CsvSource({"*11, unauthenticated multibulk length", "*2147483647, unauthenticated multibulk length", "*2147483648, invalid multibulk length",
            "*1\\r\\n$16385, unauthenticated bulk length", "*1\\r\\n$536870912, unauthenticated bulk length", "*1\\r\\n$536870913, invalid bulk length"})
    void aStrangerMaySendNothingLarger(String header, String message) {
        var wire = header.translateEscapes() + "\r\n";
        assertRefused(strangersReader(wire, new AtomicBoolean(true)), message);
        if (message.startsWith("unauthenticated")) assertUnfinished(strangersReader(wire, new AtomicBoolean(false)));
    }

    @Test
    void aLineIsNotLimitedForStrangers() throws IOException {
        var words = "PING " + "x".repeat(20_000) + " y".repeat(20) + "\r\n";
        assertThat(strangersReader(words, new AtomicBoolean(true)).readRequest()).hasSize(22);
    }

    /// The large request is in the buffer already, refused to a stranger, when the one before it is carried out.
    @ParameterizedTest
    @ValueSource(strings = {"*11\r\n$4\r\nMGET\r\n$1\r\na\r\n$1\r\nb\r\n", "*11\r\n"})
    void whoGivesThePasswordIsNoStrangerFromTheNextRequestOn(String large) throws IOException {
        var isStranger = new AtomicBoolean(true);
        var reader = strangersReader("*1\r\n$4\r\nAUTH\r\n*2\r\n$4\r\nECHO\r\n$20000\r\n" + "x".repeat(20_000) + "\r\n"
                + large + ("$1\r\nc\r\n").repeat(11), isStranger);
        assertThat(reader.readRequest()).isEqualTo(request("AUTH"));
        assertThat(reader.pollRequest()).isNull();
        isStranger.set(false);
        assertThat(reader.readRequest()).isEqualTo(request("ECHO", "x".repeat(20_000)));
        assertThat(reader.readRequest()).hasSize(11);
    }
}
