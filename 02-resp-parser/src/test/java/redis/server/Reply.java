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
import redis.resp.Resp;
import redis.resp.RespWriter;

/// What a server answered, to the byte, and the assertions a test makes about it.
///
/// @param sent the request, as one would type it
/// @param bytes what came back
/// @param value what these bytes mean; null if they are no complete reply
/// @param failure why there is no value; null if there is one
record Reply(String sent, byte[] bytes, Resp value, IOException failure) {

    private static final int CONTEXT = 40;

    /// Asserts that exactly this came back, byte for byte.
    ///
    /// @param expected a [Resp]; or a `String` for a bulk string, a number for an integer, a `List` for an array of such, null for
    ///     `$-1`
    void is(Object expected) {
        var wanted = encode(toResp(expected));
        if (failure == null && Arrays.equals(wanted, bytes)) return;
        throw new AssertionError(comparison(wanted));
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

    /// Asserts something about a value that may vary.
    void satisfies(Consumer<Resp> assertion) {
        try {
            assertion.accept(orFail());
        } catch (AssertionError e) {
            throw new AssertionError("%nSent:      %s%nReceived:  %s%n%s".formatted(sent, escape(bytes), e.getMessage()), e);
        }
    }

    /// The bulk string or integer that came back, as text; null for a null.
    String text() {
        return switch (orFail()) {
            case Resp.BulkString(var text) -> text.toString();
            case Resp.SimpleString(var text) -> text;
            case Resp.Integer(var number) -> Long.toString(number);
            case Resp.Null _ -> null;
            default -> throw new AssertionError("%nSent:      %s%nExpected:  a string%nReceived:  %s".formatted(sent, escape(bytes)));
        };
    }

    /// The elements of the array that came back, in its order, each as [#text()].
    List<String> texts() {
        if (!(orFail() instanceof Resp.Array(var elements))) {
            throw new AssertionError("%nSent:      %s%nExpected:  an array%nReceived:  %s".formatted(sent, escape(bytes)));
        }
        return elements.stream().map(element -> new Reply(sent, encode(element), element, null).text()).toList();
    }

    /// Asserts that nothing came back and the server closed the connection.
    void isEnd() {
        boolean ended = failure instanceof EOFException || failure instanceof SocketException;
        if (ended && bytes.length == 0) return;
        throw new AssertionError("%nSent:      %s%nExpected:  the end of the connection%nReceived:  %s".formatted(sent, received()));
    }

    private Resp orFail() {
        if (failure == null) return value;
        throw new AssertionError("%nSent:      %s%nExpected:  a reply%nReceived:  %s".formatted(sent, received()));
    }

    private String comparison(byte[] wanted) {
        int difference = Arrays.mismatch(wanted, bytes);
        if (difference < 0) difference = bytes.length;
        int from = Math.max(0, difference - CONTEXT);
        var lead = (from > 0 ? "… " : "") + escape(Arrays.copyOfRange(bytes, from, Math.min(difference, bytes.length)));
        return """

                Sent:      %s
                Expected:  %s
                Received:  %s
                           %s^ byte %d""".formatted(sent, excerpt(wanted, from), received(from), " ".repeat(lead.length()), difference);
    }

    private String received() {
        return received(0);
    }

    private String received(int from) {
        var text = excerpt(bytes, from);
        return switch (failure) {
            case null -> text;
            case SocketTimeoutException _ -> text + " (and no more within " + TestClient.TIMEOUT_MILLIS / 1000 + " s)";
            case EOFException _ -> text + " (and the end of the connection)";
            default -> text + " (" + failure.getMessage() + ")";
        };
    }

    private static String excerpt(byte[] bytes, int from) {
        int to = Math.min(bytes.length, from + 2 * CONTEXT);
        if (from >= to) return from > 0 ? "…" : "";
        return (from > 0 ? "… " : "") + escape(Arrays.copyOfRange(bytes, from, to)) + (to < bytes.length ? " …" : "");
    }

    private static Resp toResp(Object value) {
        return switch (value) {
            case null -> Resp.Null.BULK_STRING;
            case Resp resp -> resp;
            case String text -> Resp.bulk(text);
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
}
