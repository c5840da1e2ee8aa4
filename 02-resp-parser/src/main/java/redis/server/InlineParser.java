package redis.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Splits an inline request, the line of someone who types into `nc`, into words.
///
/// Blanks separate words, and quotes keep them together: `SET greeting "hello\nworld"`. In double quotes `\n \r \t \b \a \xHH` stand
/// for one byte each and a backslash makes any other byte literal; in single quotes only `\'` is special. A closing quote ends its word.
/// These are the rules of `sdssplitargs` in Redis's `sds.c`.
final class InlineParser {

    private final String line; // one char is one byte
    private int position;

    private InlineParser(String line) {
        this.line = line;
    }

    /// @return the words, none if the line is blank
    /// @throws ProtocolException if a quote is not closed, or something follows it directly
    static List<byte[]> split(String line) throws ProtocolException {
        return new InlineParser(line).words();
    }

    private List<byte[]> words() throws ProtocolException {
        var words = new ArrayList<byte[]>();
        while (true) {
            while (hasMore() && isBlank(line.charAt(position))) position++;
            if (!hasMore()) return words;
            words.add(word().getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private String word() throws ProtocolException {
        var word = new StringBuilder();
        while (hasMore()) {
            char c = line.charAt(position++);
            switch (c) {
                case '"', '\'' -> {
                    quoted(c, word);
                    if (hasMore() && !isBlank(line.charAt(position))) throw unbalanced();
                    return word.toString();
                }
                case ' ', '\t', '\r', '\n' -> {
                    return word.toString();
                }
                default -> word.append(c);
            }
        }
        return word.toString();
    }

    private void quoted(char quote, StringBuilder word) throws ProtocolException {
        while (hasMore()) {
            char c = line.charAt(position++);
            if (c == quote) return;
            if (c != '\\' || !hasMore()) word.append(c);
            else if (quote == '"') word.append(escaped());
            else if (line.charAt(position) == '\'') word.append(line.charAt(position++));
            else word.append(c);
        }
        throw unbalanced();
    }

    /// What follows a backslash in double quotes.
    private char escaped() {
        char c = line.charAt(position++);
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 0x07;
            case 'x' -> {
                if (!isHexDigit(position) || !isHexDigit(position + 1)) yield c;
                position += 2;
                yield (char) Integer.parseInt(line, position - 2, position, 16);
            }
            default -> c;
        };
    }

    private boolean isHexDigit(int index) {
        return index < line.length() && Character.digit(line.charAt(index), 16) >= 0;
    }

    private boolean hasMore() {
        return position < line.length();
    }

    /// C's `isspace`. Only four of these six end a word that is not quoted: a quirk of Redis, kept.
    private static boolean isBlank(char c) {
        return c == ' ' || '\t' <= c && c <= '\r';
    }

    private static ProtocolException unbalanced() {
        return new ProtocolException("unbalanced quotes in request");
    }
}
