package redis.benchmark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Counts the replies in a stream of bytes, however it is cut into pieces, and keeps nothing of them but the first error.
///
/// A load generator needs to know how many replies have come, not what is in them. So this looks at the first byte of each value and at its
/// length, skips the rest, and makes no objects.
final class ReplyCounter {

    /// What the next byte belongs to.
    private enum Part { TYPE, LINE, LINE_FEED, BULK }

    private Part part = Part.TYPE;
    private byte type;
    private long number; // of the line so far, for types that have one
    private boolean negative;
    private long bulkBytes; // that are still to be skipped, the line break included
    private long values = 1; // that still belong to the reply
    private long nulls;

    private final byte[] errorBytes = new byte[512];
    private int errorLength;
    private String error;

    /// @return how many replies end within these bytes, all of which are consumed
    /// @throws LoadException if they are no replies
    int count(ByteBuffer in) throws LoadException {
        int replies = 0;
        while (in.hasRemaining()) {
            switch (part) {
                case TYPE -> begin(in.get());
                case LINE -> line(in.get());
                case LINE_FEED -> {
                    in.get();
                    endOfLine();
                }
                case BULK -> {
                    int skipped = (int) Math.min(bulkBytes, in.remaining());
                    in.position(in.position() + skipped);
                    bulkBytes -= skipped;
                    if (bulkBytes == 0) endOfValue();
                }
            }
            if (values == 0) {
                replies++;
                values = 1;
            }
        }
        return replies;
    }

    private void begin(byte first) throws LoadException {
        type = first;
        switch (first) {
            case '+', '-', ':', '$', '*', '_', '#', ',', '(', '!', '=', '%', '~', '>' -> part = Part.LINE;
            default -> throw new LoadException("the server sent byte 0x%02x where a reply should begin".formatted(first));
        }
        number = 0;
        negative = false;
        errorLength = 0;
    }

    private void line(byte next) {
        if (next == '\r') part = Part.LINE_FEED;
        else if (type == '-') {
            if (errorLength < errorBytes.length) errorBytes[errorLength++] = next;
        } else if (next == '-') negative = true;
        else number = number * 10 + (next - '0'); // nonsense in a line of text, where nobody looks at it
    }

    private void endOfLine() {
        switch (type) {
            case '$', '=', '!' -> {
                if (type == '!' && error == null) error = "an error of " + number + " bytes";
                if (negative) {
                    nulls++;
                    endOfValue();
                } else {
                    bulkBytes = number + 2;
                    part = Part.BULK;
                }
            }
            case '*', '~', '>' -> endOfHeader(number);
            case '%' -> endOfHeader(2 * number);
            case '-' -> {
                if (error == null) error = new String(errorBytes, 0, errorLength, StandardCharsets.UTF_8);
                endOfValue();
            }
            case '_' -> {
                nulls++;
                endOfValue();
            }
            default -> endOfValue();
        }
    }

    private void endOfHeader(long elements) {
        if (!negative) values += elements;
        endOfValue();
    }

    private void endOfValue() {
        values--;
        part = Part.TYPE;
    }

    /// The first error reply so far; null if there was none.
    String error() {
        return error;
    }

    /// How many values were "there is nothing": a GET of a key that does not exist.
    long nulls() {
        return nulls;
    }
}
