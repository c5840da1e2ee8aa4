package redis.resp;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/// The request of someone who types into `nc` or `telnet`: words on a line, quoted where they hold spaces.
///
/// The rules are those of Redis's `sdssplitargs`: in double quotes `\n \r \t \b \a \\ \" \xHH` are escapes, in single quotes `\'` is,
/// and a closing quote ends its word.
final class InlineRequest {

    private final byte[] line;
    private final int end;
    private int position;

    private InlineRequest(byte[] line, int from, int end) {
        this.line = line;
        this.position = from;
        this.end = end;
    }

    /// @return the words of the line, none if it is blank
    /// @throws ProtocolException if a quote is not closed, or something follows it directly
    static List<ByteString> split(byte[] line, int from, int end) throws ProtocolException {
        return new InlineRequest(line, from, end).words();
    }

    private List<ByteString> words() throws ProtocolException {
        var words = new ArrayList<ByteString>();
        while (true) {
            while (position < end && isSpace(line[position])) position++;
            if (position == end) return words;
            words.add(word());
        }
    }

    private ByteString word() throws ProtocolException {
        var word = new ByteArrayOutputStream();
        while (position < end && !endsWord(line[position])) {
            byte b = line[position++];
            switch (b) {
                case '"', '\'' -> {
                    quoted(b, word);
                    if (position < end && !isSpace(line[position])) throw unbalanced();
                    return ByteString.wrap(word.toByteArray());
                }
                default -> word.write(b);
            }
        }
        return ByteString.wrap(word.toByteArray());
    }

    private void quoted(byte quote, ByteArrayOutputStream word) throws ProtocolException {
        while (position < end) {
            byte b = line[position++];
            if (b == quote) return;
            if (b != '\\' || position == end) word.write(b);
            else if (quote == '"') word.write(escaped());
            else if (line[position] == '\'') word.write(line[position++]);
            else word.write(b);
        }
        throw unbalanced();
    }

    private int escaped() {
        byte b = line[position++];
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 0x07;
            case 'x' -> {
                int high = position + 1 < end ? Character.digit(line[position], 16) : -1;
                int low = position + 1 < end ? Character.digit(line[position + 1], 16) : -1;
                if (high < 0 || low < 0) yield 'x';
                position += 2;
                yield high << 4 | low;
            }
            default -> b;
        };
    }

    /// What may stand between words: C's `isspace`.
    private static boolean isSpace(byte b) {
        return b == ' ' || '\t' <= b && b <= '\r';
    }

    /// What ends a word without quotes. Not a vertical tab or a form feed, though they are skipped between words.
    private static boolean endsWord(byte b) {
        return b == ' ' || b == '\t' || b == '\r';
    }

    private static ProtocolException unbalanced() {
        return new ProtocolException("unbalanced quotes in request");
    }
}
