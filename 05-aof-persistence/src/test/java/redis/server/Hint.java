package redis.server;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.resp.ProtocolException;

/// The usual cause of a wrong reply, as far as its bytes betray it.
final class Hint {

    private static final Pattern LENGTH = Pattern.compile("\\$(\\d{1,9})\r\n");
    private static final Pattern COUNT = Pattern.compile("[*%~>](\\d{1,9})\r\n");
    private static final Pattern INTEGER = Pattern.compile(":(-?\\d{1,15})\r\n");

    private static final Pattern TIME = Pattern.compile("(P?TTL|P?EXPIRETIME|LASTSAVE)\\b.*");

    private Hint() {}

    /// @param sent as [Reply#sent()]
    /// @param expected the right reply; null if it was not known to the byte
    /// @param failure why what was received is no whole reply; null if it is one
    /// @return one or two sentences, or nothing
    static String about(String sent, byte[] expected, byte[] received, IOException failure) {
        var text = latin1(received);
        return switch (failure) {
            case null -> text.startsWith("-") ? aboutError(expected, text) : expected == null ? "" : aboutValue(sent, latin1(expected), text);
            case SocketTimeoutException _ when text.isEmpty() && sent.contains(TestClient.ELSEWHERE) ->
                    "nothing came to this client. Is it among those who are to get it? Is whoever writes to it woken, and is it flushed?";
            case SocketTimeoutException _ when text.isEmpty() ->
                    "no reply. Is it written and not flushed? Or does the server wait for more of the request?";
            case SocketTimeoutException _ -> aboutHalf(text);
            case EOFException _ when text.isEmpty() -> hungUp();
            case SocketException _ when text.isEmpty() -> hungUp();
            case EOFException _ -> "the connection ended in the middle of a reply. An exception, or no flush before the end?";
            case SocketException _ -> "the connection broke in the middle of a reply. An exception while it was written?";
            case ProtocolException _ -> aboutNonsense(text);
            default -> "";
        };
    }

    private static String hungUp() {
        return "the server hung up without a word. An exception in the session's thread? Its log would tell.";
    }

    /// A reply that does not go on.
    private static String aboutHalf(String text) {
        if (text.contains("\n") && !text.contains("\r")) return "a line ends in \\r\\n, not in \\n.";
        var length = LENGTH.matcher(text);
        if (length.lookingAt()) {
            int announced = Integer.parseInt(length.group(1));
            int came = text.length() - length.end();
            if (came == announced) return "the \\r\\n behind the %s is missing, or not flushed.".formatted(bytes(announced));
            if (came < announced) return "the length announces %s, and %d came. What does it count?".formatted(bytes(announced), came);
        }
        var count = COUNT.matcher(text);
        if (count.lookingAt()) return "the reply announces %s elements, and fewer came.".formatted(count.group(1));
        return text.endsWith("\r\n") ? "a part of the reply is missing, or not flushed." : "the \\r\\n at the end is missing, or not flushed.";
    }

    /// Bytes that are no reply.
    private static String aboutNonsense(String text) {
        if (text.contains("\n") && !text.contains("\r")) return "a line ends in \\r\\n, not in \\n.";
        var length = LENGTH.matcher(text);
        if (length.lookingAt()) {
            int announced = Integer.parseInt(length.group(1));
            int came = text.stripTrailing().length() - length.end();
            if (came > announced) return "the length announces %s, and more came. A length counts bytes: in UTF-8, é has two.".formatted(bytes(announced));
        }
        if (!text.isEmpty() && "+-:$*_,#%~>=(!".indexOf(text.charAt(0)) < 0) {
            return "a reply begins with its type: + - : $ or *. Or is this the rest of the reply before, whose length was too small?";
        }
        return "";
    }

    private static String aboutError(byte[] expected, String text) {
        if (text.startsWith("-ERR unknown command")) {
            return expected != null && latin1(expected).startsWith(text.substring(0, 20)) ? toTheLetter() : "the server does not know this command yet.";
        }
        if (text.startsWith("-ERR unknown subcommand")) return "the server does not know this subcommand yet.";
        if (expected == null || expected.length == 0) return "";
        if (expected[0] == '-') return toTheLetter();
        if (text.startsWith("-ERR syntax error")) return "the server refuses an option that is right here. Does it know it, with the words that follow it?";
        return text.startsWith("-ERR wrong number of arguments") ? "does the server count the words of this request right, and does the command take as many?" : "";
    }

    private static String toTheLetter() {
        return "an error's text is Redis's own, to the letter: clients look at it.";
    }

    private static String aboutValue(String sent, String expected, String text) {
        if (!expected.isEmpty() && !type(expected).equals(type(text))) {
            var types = "%s is expected, and it is %s.".formatted(type(expected), type(text));
            return expected.charAt(0) == text.charAt(0) ? types : "the first byte is the type: " + types; // a null begins as what it stands for
        }
        if (expected.equalsIgnoreCase(text)) return "only upper and lower case differ.";
        Matcher wanted = INTEGER.matcher(expected);
        Matcher number = INTEGER.matcher(text);
        if (wanted.matches() && number.matches()) return factor(sent, Long.parseLong(wanted.group(1)), Long.parseLong(number.group(1)));
        return "";
    }

    /// About a number that is not what it should be.
    static String factor(String sent, long expected, long received) {
        if (!TIME.matcher(sent).matches() || expected < 0 || received < 0 || expected == received) return "";
        boolean mixed = Math.abs(expected - received) > 1 && (isNear(expected / 1000, received) || isNear(expected, received / 1000));
        return mixed ? "seconds and milliseconds mixed up?" : "";
    }

    private static boolean isNear(long one, long other) {
        return Math.abs(one - other) <= Math.max(1, one / 100);
    }

    private static String type(String reply) {
        return switch (reply.charAt(0)) {
            case '+' -> "a simple string (+)";
            case '-' -> "an error (-)";
            case ':' -> "an integer (:)";
            case '$' -> reply.startsWith("$-1") ? "a null ($-1)" : "a bulk string ($)";
            case '*' -> reply.startsWith("*-1") ? "a null array (*-1)" : "an array (*)";
            case '%' -> "a map (%)";
            case '~' -> "a set (~)";
            case '>' -> "a push (>)";
            case '_' -> "a null (_)";
            case '#' -> "a boolean (#)";
            case ',' -> "a double (,)";
            case '=' -> "a verbatim string (=)";
            default -> "'" + Mismatch.escape(Arrays.copyOf(reply.getBytes(StandardCharsets.ISO_8859_1), 1)) + "'";
        };
    }

    private static String bytes(int count) {
        return count == 1 ? "1 byte" : count + " bytes";
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
