package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Consumer;
import org.opentest4j.AssertionFailedError;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespWriter;

/// What a server answered, to the byte, and the assertions a test makes about it.
///
/// @param sent the request, as one would type it; several with a dot between them if they were sent before a reply was read
/// @param bytes what came back
/// @param value what these bytes mean; null if they are no complete reply
/// @param failure why there is no value; null if there is one
record Reply(String sent, byte[] bytes, Resp value, IOException failure) {

    /// Asserts that exactly this came back, byte for byte.
    ///
    /// @param expected a [Resp]; or a `String` or [ByteString] for a bulk string, a number for an integer, a `List` for an array of such,
    ///     null for `$-1`
    void is(Object expected) {
        var wanted = encode(toResp(expected));
        if (failure == null && Arrays.equals(wanted, bytes)) return;
        throw new AssertionError(new Mismatch(sent, wanted, bytes, failure, Hint.about(sent, wanted, bytes, failure)).message());
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
        if (ended && bytes.length == 0) return;
        var hint = failure instanceof SocketTimeoutException ? "the server is to hang up here, and keeps the connection open." : "";
        throw new AssertionError(Mismatch.message(sent, "the end of the connection", received(), hint));
    }

    /// Asserts that an array of these strings came back, in any order.
    void isInAnyOrder(String... expected) {
        var missing = new ArrayList<>(List.of(expected));
        var elements = elements();
        for (int i = 0; i < elements.size(); i++) {
            if (missing.remove(elements.get(i).text())) continue;
            var rest = new ArrayList<>(elements.subList(0, i).stream().map(element -> (Object) element.value).toList());
            rest.addAll(missing); // the first that should not be here is where one of these should be
            throw new AssertionError(new Mismatch(sent, encode(toResp(rest)), bytes, null, "the order does not matter.").message());
        }
        if (missing.isEmpty()) return;
        throw new AssertionError(message("also " + String.join(", ", missing)));
    }

    /// Asserts that an integer, or a string that is one, came back within these bounds, both included.
    void isBetween(long min, long max) {
        long number;
        try {
            number = Long.parseLong(Objects.requireNonNullElse(text(), "null"));
        } catch (NumberFormatException e) {
            throw new AssertionError(message("an integer from %d to %d".formatted(min, max)));
        }
        if (min <= number && number <= max) return;
        throw new AssertionError(Mismatch.message(sent, "an integer from %d to %d".formatted(min, max), received(), Hint.factor(sent, max, number)));
    }

    /// Asserts something about a value that may vary.
    void satisfies(Consumer<Resp> assertion) {
        var reply = valueOrFail("a reply");
        try {
            assertion.accept(reply);
        } catch (AssertionError e) {
            throw explain(e);
        } catch (RuntimeException e) { // of another type than the assertion takes for granted
            throw explain(e);
        }
    }

    /// What an assertion about a part of this reply says, or about what a test has made of it, and beside it the whole.
    AssertionError explain(Throwable assertion) {
        var text = assertion instanceof AssertionFailedError failed && failed.isExpectedDefined() && failed.isActualDefined()
                ? comparison(failed)
                : null;
        if (text == null) {
            var said = switch (assertion) {
                case AssertionError _ -> assertion.getMessage();
                case ClassCastException _, IndexOutOfBoundsException _, NoSuchElementException _ ->
                        "the reply has another type, or fewer elements, than the test goes on to look at: " + assertion;
                default -> "the test could not go on: " + assertion;
            };
            text = message("see below") + "\n" + (said == null ? "" : said.strip());
        }
        var error = new AssertionError(text);
        error.setStackTrace(assertion.getStackTrace());
        return error;
    }

    /// @return null if it is too long to be looked at
    private String comparison(AssertionFailedError failed) {
        var expected = plain(failed.getExpected().getStringRepresentation());
        var actual = plain(failed.getActual().getStringRepresentation());
        if (expected.length() > 200 || actual.length() > 200 || expected.contains("\n") || actual.contains("\n")) return null;
        if (expected.equals(actual)) return null; // they look the same, and differ in something else
        var said = failed.getMessage().strip();
        var what = said.startsWith("[") && said.contains("]") ? "\nOf:        " + said.substring(1, said.indexOf(']')) : "";
        var a = expected.getBytes(StandardCharsets.UTF_8);
        var b = actual.getBytes(StandardCharsets.UTF_8);
        return new Mismatch(sent, a, b, null, "").message().replaceFirst("\\^ byte \\d+", "^") + what + "\nIn:        " + received();
    }

    /// Without what AssertJ puts around a value: `"text"`, `5L`.
    private static String plain(String value) {
        if (value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")) return value.substring(1, value.length() - 1);
        return value.matches("-?\\d+L") ? value.substring(0, value.length() - 1) : value;
    }

    /// The bulk string, simple string, verbatim string or integer that came back, as text; null for a null.
    String text() {
        return switch (valueOrFail("a string or an integer")) {
            case Resp.BulkString(var text) -> text.toString();
            case Resp.SimpleString(var text) -> text;
            case Resp.VerbatimString(_, var text) -> text.toString();
            case Resp.Integer(var number) -> Long.toString(number);
            case Resp.Null _ -> null;
            default -> throw new AssertionError(message("a string or an integer"));
        };
    }

    /// The elements of the array that came back, in its order, each as [#text()].
    List<String> texts() {
        return elements().stream().map(Reply::text).toList();
    }

    private List<Reply> elements() {
        if (!(valueOrFail("an array") instanceof Resp.Array(var elements))) throw new AssertionError(message("an array"));
        return elements.stream().map(element -> new Reply(sent, encode(element), element, null)).toList();
    }

    private Resp valueOrFail(String expected) {
        if (failure == null) return value;
        throw new AssertionError(message(expected));
    }

    private String message(String expected) {
        return Mismatch.message(sent, expected, received(), Hint.about(sent, null, bytes, failure));
    }

    private String received() {
        return Mismatch.shown(bytes, 0, failure);
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
