package redis.server;

import java.io.EOFException;
import java.io.Flushable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Cuts a connection's stream of bytes into requests.
///
/// TCP delivers bytes, not messages: a read may bring half a request, or three and a half. This parser does not care. Where a byte is
/// missing it waits, in the middle of a number if need be, and the half-read request waits with it on the stack of its thread. That is what
/// a thread per connection buys: no state machine.
///
/// Requests take memory as their bytes arrive. What a header merely announces costs nothing.
final class RespParser {

    /// The longest line, its end not counted: Redis's `PROTO_INLINE_MAX_SIZE`.
    private static final int MAX_LINE = 64 * 1024;

    /// The longest bulk string: Redis's default `proto-max-bulk-len`.
    private static final int MAX_BULK = 512 * 1024 * 1024;

    private static final int BUFFER_SIZE = 16 * 1024;

    private final InputStream in;
    private final Flushable replies;

    private final byte[] buffer = new byte[BUFFER_SIZE];
    private int position; // the next byte to parse
    private int limit;    // the end of the bytes that have arrived

    /// @param replies flushed each time before the parser waits for the client
    RespParser(InputStream in, Flushable replies) {
        this.in = in;
        this.replies = replies;
    }

    /// Waits for the next request.
    ///
    /// @return the command's name and its arguments, never empty; null if the client has no more to say
    /// @throws ProtocolException if the bytes are not a request
    /// @throws EOFException if the stream ends within a request
    List<byte[]> readRequest() throws IOException {
        while (hasMore()) {
            var request = buffer[position] == '*' ? readArray() : readInline();
            if (!request.isEmpty()) return request; // "*0" and blank lines ask nothing, and get no reply
        }
        return null;
    }

    private List<byte[]> readInline() throws IOException {
        return InlineParser.split(readLine('\n', "too big inline request"));
    }

    /// `*2\r\n` and then that many bulk strings.
    private List<byte[]> readArray() throws IOException {
        var header = readHeader("too big mbulk count string");
        long count = readLength(header, Long.MIN_VALUE, Integer.MAX_VALUE, "invalid multibulk length");
        var words = new ArrayList<byte[]>(); // not of size "count": anyone can send "*2147483647"
        for (long i = 0; i < count; i++) words.add(readBulkString());
        return words;
    }

    /// `$5\r\nhello\r\n`. The length comes first, so the bytes may be any, line ends among them.
    private byte[] readBulkString() throws IOException {
        var header = readHeader("too big bulk count string");
        if (header.charAt(0) != '$') throw new ProtocolException("expected '$', got '" + header.charAt(0) + "'");
        var bytes = readBytes((int) readLength(header, 0, MAX_BULK, "invalid bulk length"));
        readByte(); // Redis does not look at the two bytes of the line end either
        readByte();
        return bytes;
    }

    /// The number behind a header's first char. Redis takes it in its canonical form only: no plus, no spaces, no leading zeros.
    private static long readLength(String header, long min, long max, String invalid) throws ProtocolException {
        var digits = header.substring(1, header.length() - 1);
        try {
            long length = Long.parseLong(digits);
            if (min <= length && length <= max && Long.toString(length).equals(digits)) return length;
        } catch (NumberFormatException e) {
            // the exception below serves both
        }
        throw new ProtocolException(invalid);
    }

    // ---- from lines and blocks down to bytes ----

    /// A header, which ends with `\r\n`, up to and with its `\r`.
    private String readHeader(String tooLong) throws IOException {
        var header = readLine('\r', tooLong);
        readByte();
        return header;
    }

    /// The chars, one for each byte, up to and with the given end.
    private String readLine(char end, String tooLong) throws IOException {
        var line = new StringBuilder();
        char c;
        do {
            if (line.length() > MAX_LINE) throw new ProtocolException(tooLong);
            c = (char) (readByte() & 0xff);
            line.append(c);
        } while (c != end);
        return line.toString();
    }

    private byte[] readBytes(int length) throws IOException {
        var bytes = new byte[Math.min(length, BUFFER_SIZE)]; // not of size "length": anyone can send "$536870912"
        int filled = 0;
        while (filled < length) {
            if (!hasMore()) throw endWithinRequest();
            if (filled == bytes.length) bytes = Arrays.copyOf(bytes, Math.min(2 * filled, length));
            int n = Math.min(limit - position, bytes.length - filled);
            System.arraycopy(buffer, position, bytes, filled, n);
            position += n;
            filled += n;
        }
        return bytes;
    }

    private byte readByte() throws IOException {
        if (!hasMore()) throw endWithinRequest();
        return buffer[position++];
    }

    /// Whether there is another byte. Waits for the client if none is here.
    private boolean hasMore() throws IOException {
        if (position < limit) return true;
        replies.flush(); // all that could be answered is; the client may be waiting for it before it goes on
        position = 0;
        limit = Math.max(0, in.read(buffer)); // -1 at the end of the stream
        return limit > 0;
    }

    private static EOFException endWithinRequest() {
        return new EOFException("the connection ended within a request");
    }
}
