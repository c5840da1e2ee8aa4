package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a line typed by a person means. Each expectation is what a Redis 7.0.15 made of the same line.
class InlineRequestTest {

    /// @param line one char for each byte, as are the words that come back
    private static List<String> words(String line) throws ProtocolException {
        var bytes = PieceStream.bytes(line);
        return InlineRequest.split(bytes, 0, bytes.length).stream().map(ByteString::toLatin1).toList();
    }

    static List<Arguments> lines() {
        return List.of(
                arguments("PING", List.of("PING")),
                arguments("SET k v", List.of("SET", "k", "v")),
                arguments("  SET \t k   v \t ", List.of("SET", "k", "v")),
                arguments("PING\r", List.of("PING")),
                arguments("PING\rx", List.of("PING", "x")),
                arguments("ECHO caf\u00e9\u00ff", List.of("ECHO", "caf\u00e9\u00ff")),
                // vertical tab and form feed: skipped before a word, part of it once it has begun
                arguments("\u000b\fPING \u000bx\f", List.of("PING", "x\f")),
                arguments("a\u000bb c\fd", List.of("a\u000bb", "c\fd")),
                arguments("\"a\"\u000bb 'c'\fd", List.of("a", "b", "c", "d")),
                // double quotes
                arguments("\"\"", List.of("")),
                arguments("ECHO \"a  b\"", List.of("ECHO", "a  b")),
                arguments("ECHO \"'\"", List.of("ECHO", "'")),
                arguments("\"a\"\tb", List.of("a", "b")),
                arguments("\"a\"\r", List.of("a")),
                arguments("a\"b c\"", List.of("ab c")),
                arguments("\"\\n\\r\\t\\b\\a\"", List.of("\n\r\t\b\u0007")),
                arguments("\"\\\\ \\\" \\' \\q \\0\"", List.of("\\ \" ' q 0")),
                arguments("\"\\x41\\x7f\\xfF\\x00\"", List.of("A\u007f\u00ff\0")),
                arguments("\"\\xg1 \\x1g \\x4\"", List.of("xg1 x1g x4")),
                arguments("\"\\x\"", List.of("x")),
                arguments("\"\\X41\"", List.of("X41")),
                arguments("\"a\u000bb\"", List.of("a\u000bb")),
                // single quotes
                arguments("''", List.of("")),
                arguments("ECHO 'a  b'", List.of("ECHO", "a  b")),
                arguments("'\\''", List.of("'")),
                arguments("'\\n \\x41 \\\\ \"'", List.of("\\n \\x41 \\\\ \"")),
                arguments("a'b c'", List.of("ab c")),
                // a backslash outside of quotes is a char like any other
                arguments("a\\nb \\x41 \\\\", List.of("a\\nb", "\\x41", "\\\\")));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void aLineIsSplitAsRedisSplitsIt(String line, List<String> words) throws ProtocolException {
        assertThat(words(line)).isEqualTo(words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\r", " \t \r", "\u000b\f"})
    void aBlankLineHasNoWords(String line) throws ProtocolException {
        assertThat(words(line)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"", "'", "\"a", "'a", "a\"b", "a'b", "SET k \"v\r", "\"a\\\"", "'a\\'", "\"a\\", "'a\\",
        "\"\\x4", "\"a'", "'a\"", "\"a\"b", "'a'b", "\"a\"\"b\"", "'a''b'", "\"a\"'b'", "p\"in\"g"})
    void aQuoteThatIsNotClosedOrNotFollowedByASpaceIsUnbalanced(String line) {
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> words(line))
                .withMessage("unbalanced quotes in request");
    }

    @Test
    void onlyTheGivenPartOfTheBufferIsLookedAt() throws ProtocolException {
        var buffer = PieceStream.bytes("\"x\" \"PING\" y\"");
        assertThat(InlineRequest.split(buffer, 4, 10)).containsExactly(ByteString.of("PING"));
        assertThat(InlineRequest.split(buffer, 5, 9)).containsExactly(ByteString.of("PING"));
    }
}
