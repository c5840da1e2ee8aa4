package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import redis.resp.ByteString;
import redis.resp.ProtocolException;
import redis.resp.Resp;
import redis.resp.RespWriter;

/// What a server answered, to the byte, and the assertions a test makes about it.
///
/// @param sent the request, as one would type it; several with a dot between them if they were sent before a reply was read
/// @param bytes what came back
/// @param value what these bytes mean; null if they are no complete reply
/// @param failure why there is no value; null if there is one
record Reply(String sent, byte[] bytes, Resp value, IOException failure) {

    /// How many bytes a message shows on either side of the one that matters.
    private static final int CONTEXT = 40;

    /// Asserts that exactly this came back, byte for byte.
    ///
    /// @param expected a [Resp]; or a `String` or [ByteString] for a bulk string, a number for an integer, a `List` for an array of such,
    ///     null for `$-1`
    void is(Object expected) {
        var wanted = encode(toResp(expected));
        if (failure == null && Arrays.equals(wanted, bytes)) return;
        int difference = Arrays.mismatch(wanted, bytes);
        if (difference < 0) difference = bytes.length; // the same bytes, and yet no complete reply
        int from = Math.max(0, difference - CONTEXT);
        throw new AssertionError(message(excerpt(wanted, from), received(from)) + caret(from, difference));
    }

    /// Asserts that this error came back.
    ///
    /// @param message the code and the text, without the leading `-`
    void isError(String message) {
        is(Resp.error(message));
    }

    void isOk() {
        is(Resp.OK);
    }

    void isNil() {
        is(null);
    }

    /// Asserts that nothing came back and the server closed the connection.
    void isEnd() {
        boolean ended = failure instanceof EOFException || failure instanceof SocketException;
        if (!ended || bytes.length > 0) throw new AssertionError(message("the end of the connection", received(0)));
    }

    /// Asserts something about a value that may vary.
    void satisfies(Consumer<Resp> assertion) {
        var reply = valueOrFail("a reply");
        try {
            assertion.accept(reply);
        } catch (AssertionError e) {
            throw new AssertionError(message("see below", received(0)) + "\n" + e.getMessage(), e);
        }
    }

    /// The bulk string, simple string, verbatim string or integer that came back, as text; null for a null.
    String text() {
        return switch (valueOrFail("a string or an integer")) {
            case Resp.BulkString(var text) -> text.toString();
            case Resp.SimpleString(var text) -> text;
            case Resp.VerbatimString(_, var text) -> text.toString();
            case Resp.Integer(var number) -> Long.toString(number);
            case Resp.Null _ -> null;
            default -> throw new AssertionError(message("a string or an integer", received(0)));
        };
    }

    /// The elements of the array that came back, in its order, each as [#text()].
    List<String> texts() {
        if (!(valueOrFail("an array") instanceof Resp.Array(var elements))) {
            throw new AssertionError(message("an array", received(0)));
        }
        return elements.stream().map(element -> new Reply(sent, encode(element), element, null).text()).toList();
    }

    private Resp valueOrFail(String expected) {
        if (failure == null) return value;
        throw new AssertionError(message(expected, received(0)));
    }

    // ---- what a learner reads when a test fails ----

    private String message(String expected, String received) {
        return """

                Sent:      %s
                Expected:  %s
                Received:  %s""".formatted(sent.isEmpty() ? "nothing" : sent, expected, received);
    }

    /// A line that points at one of the bytes in the line of [#received(int)] above it.
    private String caret(int from, int index) {
        int column = excerpt(Arrays.copyOf(bytes, index), from).length();
        return "\n           " + " ".repeat(column) + "^ byte " + index;
    }

    private String received(int from) {
        var text = bytes.length == 0 ? "nothing" : excerpt(bytes, from);
        return switch (failure) {
            case null -> text;
            case SocketTimeoutException _ -> text + " (and no more within " + TestClient.TIMEOUT_MILLIS / 1000 + " s)";
            case EOFException _ -> text + " (and the end of the connection)";
            case ProtocolException e -> text + " (which is not RESP: " + e.getMessage() + ")";
            default -> text + " (and then: " + failure.getMessage() + ")";
        };
    }

    /// Some bytes from `from` on, as [#escape(byte[])] shows them, and dots for those left out.
    static String excerpt(byte[] bytes, int from) {
        int to = Math.min(bytes.length, from + 2 * CONTEXT);
        var text = escape(Arrays.copyOfRange(bytes, from, to));
        return (from > 0 ? "… " : "") + text + (to < bytes.length ? " … (%,d bytes)".formatted(bytes.length) : "");
    }

    /// Bytes as text on one line, with what cannot be printed escaped: `+OK\r\n`.
    static String escape(byte[] bytes) {
        var text = new StringBuilder();
        for (byte b : bytes) {
            switch (b) {
                case '\r' -> text.append("\\r");
                case '\n' -> text.append("\\n");
                case '\t' -> text.append("\\t");
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                default -> {
                    if (' ' <= b && b <= '~') text.append((char) b);
                    else text.append("\\x%02x".formatted(b));
                }
            }
        }
        return text.toString();
    }

    // ---- the bytes of a value ----

    private static Resp toResp(Object value) {
        return switch (value) {
            case null -> Resp.Null.BULK_STRING;
            case Resp resp -> resp;
            case String text -> Resp.bulk(text);
            case ByteString bytes -> Resp.bulk(bytes);
            case Number number -> Resp.integer(number.longValue());
            case List<?> list -> new Resp.Array(list.stream().map(Reply::toResp).toList());
            default -> throw new IllegalArgumentException("no RESP type for " + value.getClass());
        };
    }

    private static byte[] encode(Resp value) {
        var bytes = new ByteArrayOutputStream();
        var writer = new RespWriter(bytes);
        try {
            writer.write(value);
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array in memory fails no write
        }
        return bytes.toByteArray();
    }
}
