package redis.server;

import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;

/// What a learner reads when a test fails: what was sent, what should have come back, what did, and the first byte that is wrong.
///
/// @param sent as one would type it; empty if nothing was
/// @param failure why no more came; null if all did that was waited for
/// @param hint the usual cause; empty if none is known
record Mismatch(String sent, byte[] expected, byte[] received, IOException failure, String hint) {

    /// How many bytes a message shows on either side of the one that matters.
    private static final int CONTEXT = 40;

    private static final String INDENT = " ".repeat(11);

    String message() {
        int wrong = Arrays.mismatch(expected, received);
        if (wrong < 0) wrong = received.length; // the same bytes, and yet not all that was waited for
        int context = isError(expected) ? Math.max(CONTEXT, expected.length) : CONTEXT; // an error's text has to be known to the letter
        int from = Math.max(0, wrong - context);
        int column = excerpt(Arrays.copyOf(received, wrong), from, context).length();
        var caret = "\n" + INDENT + " ".repeat(column) + "^ byte " + wrong;
        return message(sent, excerpt(expected, from, context), shown(received, from, context, failure) + caret, hint);
    }

    private static boolean isError(byte[] reply) {
        return reply.length > 0 && reply[0] == '-';
    }

    /// The same for what cannot be compared byte by byte.
    static String message(String sent, String expected, String received, String hint) {
        return """

                Sent:      %s
                Expected:  %s
                Received:  %s%s""".formatted(sent.isEmpty() ? "nothing" : sent, expected, received, hint.isEmpty() ? "" : "\nHint:      " + hint);
    }

    /// What came, on one line.
    static String shown(byte[] bytes, int from, IOException failure) {
        return shown(bytes, from, CONTEXT, failure);
    }

    private static String shown(byte[] bytes, int from, int context, IOException failure) {
        var text = bytes.length == 0 ? "nothing" : excerpt(bytes, from, context);
        return switch (failure) {
            case null -> text;
            case EOFException _ -> text + " (and the end of the connection)";
            default -> text + " (" + failure.getMessage() + ")";
        };
    }

    /// Some bytes from `from` on, as [#escape(byte[])] shows them, and dots for those left out.
    static String excerpt(byte[] bytes, int from) {
        return excerpt(bytes, from, CONTEXT);
    }

    private static String excerpt(byte[] bytes, int from, int context) {
        int to = Math.min(bytes.length, from + 2 * context);
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
}
