package redis.resp;

import java.io.EOFException;
import java.io.Flushable;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;

/// Reads RESP from a stream: requests on a server's side of a connection, replies on a client's.
///
/// Bytes arrive in pieces of any size. A request that is not complete stays in the buffer, parsed as far as it goes, and is
/// taken up from there when more bytes arrive. Memory grows with the bytes that arrived, never with the bytes that a
/// header announced.
///
/// Not for use by several threads at once.
public final class RespReader {

    /// The longest line: an inline request, or a header such as `*3`. Redis's `PROTO_INLINE_MAX_SIZE`.
    public static final int MAX_LINE = 64 * 1024;

    /// The longest bulk string: Redis's default `proto-max-bulk-len`, 512 MB.
    public static final int MAX_BULK = 512 * 1024 * 1024;

    /// The longest request, headers and all: Redis's default `client-query-buffer-limit`, 1 GB. Redis does not count the
    /// arguments that it has already taken out of its buffer. We do, for they are in memory as well.
    private static final long MAX_REQUEST = 1024 * 1024 * 1024;

    /// How large a request may be that comes from who knows whom, so that strangers cannot use up the memory: Redis's limits for clients that have
    /// not given the password.
    private static final int MAX_STRANGERS_ARGUMENTS = 10;
    private static final int MAX_STRANGERS_BULK = 16 * 1024;

    /// How deep arrays may nest in a reply.
    public static final int MAX_DEPTH = 128;

    private static final int INITIAL_BUFFER = 512;
    private static final int USUAL_BUFFER = 16 * 1024;

    /// A bulk string longer than this is read into an array of its own, past the buffer.
    private static final int LARGE_BULK = 8 * 1024;

    private static final int LARGE_BULK_FIRST_CHUNK = 64 * 1024;

    /// After so many reads in a row that filled less than an eighth of it, a buffer that has grown starts small again.
    private static final int SMALL_READS_TO_SHRINK = 64;

    private final InputStream in;
    private final Flushable beforeWaiting;
    private final long maxRequest;
    private final BooleanSupplier isStranger;

    private byte[] buffer = new byte[INITIAL_BUFFER];
    private int position;       // the next byte to parse
    private int limit;          // the end of the bytes that were read
    private int searched;       // how many bytes from position on are known to hold no line end
    private int smallReads;
    private long received;      // all bytes ever read from the stream
    private long consumed;      // of these, up to the end of the last request or reply that was returned

    // The request that is being parsed.
    private int missing;        // arguments still to come; 0: between two requests
    private long start;         // of its first argument, as a number of bytes received
    private ByteString[] arguments;
    private int count;          // of the arguments that are here
    private int bulkLength = -1; // of the next argument; -1: its header is still to come
    private byte[] largeBulk;   // a large one, as far as it has arrived; null otherwise
    private int largeBulkFilled;

    /// @param beforeWaiting flushed each time before the reader asks the stream for more, which may wait for the peer: the
    ///     moment at which replies that are still buffered have to leave
    public RespReader(InputStream in, Flushable beforeWaiting) {
        this(in, beforeWaiting, () -> false);
    }

    /// @param beforeWaiting as above
    /// @param isStranger whether the peer still has to say who it is, and until then may send small requests only: no more than 10 arguments, none
    ///     of more than 16 KiB. Asked whenever a request is larger than that
    public RespReader(InputStream in, Flushable beforeWaiting, BooleanSupplier isStranger) {
        this(in, beforeWaiting, MAX_REQUEST, isStranger);
    }

    RespReader(InputStream in, Flushable beforeWaiting, long maxRequest) {
        this(in, beforeWaiting, maxRequest, () -> false);
    }

    private RespReader(InputStream in, Flushable beforeWaiting, long maxRequest, BooleanSupplier isStranger) {
        this.in = in;
        this.beforeWaiting = beforeWaiting;
        this.maxRequest = maxRequest;
        this.isStranger = isStranger;
    }

    /// A reader with nothing to do before it waits.
    public RespReader(InputStream in) {
        this(in, () -> {});
    }

    /// The bytes that the requests and replies returned so far took on the wire, empty requests between them included.
    /// Those of a request that is only partly here do not count yet.
    public long bytesConsumed() {
        return consumed;
    }

    /// Counts what was parsed, now that it is a whole request or reply.
    private <T> T complete(T message) {
        consumed = received - (limit - position);
        return message;
    }

    /// Waits for the next byte between two requests or replies, and leaves it to be read.
    ///
    /// @return 0 to 255; -1 if the stream has ended
    public int peek() throws IOException {
        while (position == limit) {
            if (!fill()) return -1;
        }
        return buffer[position] & 0xff;
    }

    /// Skips a line between two requests.
    ///
    /// @throws EOFException if the stream ends before the line does
    public void skipLine() throws IOException {
        int end;
        while ((end = findLineEnd('\n', "too big line")) < 0) {
            if (!fill()) throw new EOFException("the stream ended within a line");
        }
        consumeLine(end + 1);
        complete(null);
    }

    // ---- requests ----

    /// Waits for the next request.
    ///
    /// @return the command's name and its arguments, never empty; null if the stream has ended between two requests
    /// @throws ProtocolException if the bytes are not a request; it is thrown again by every later call
    /// @throws EOFException if the stream ends within a request
    /// @throws IOException also if the request takes more than 1 GB. It is no ProtocolException: Redis closes the connection
    ///     without a reply
    public List<ByteString> readRequest() throws IOException {
        List<ByteString> request;
        while ((request = parseRequest()) == null) {
            if (missing > 0 && received - start > maxRequest) {
                throw new IOException("a request of more than " + maxRequest + " bytes");
            }
            if (!fill()) {
                if (missing == 0 && position == limit) return null;
                throw new EOFException("the connection ended within a request");
            }
        }
        return request;
    }

    /// The next request if all of it has been read already. Never waits. A protocol error is left to [#readRequest()], so that the
    /// requests before it are answered first.
    ///
    /// @return as [#readRequest()]; null if no complete request is here
    public List<ByteString> pollRequest() {
        try {
            return parseRequest();
        } catch (ProtocolException e) {
            return null;
        }
    }

    /// Parses as far as the bytes in the buffer go. Throws before it consumes what it complains about.
    private List<ByteString> parseRequest() throws ProtocolException {
        while (missing == 0) {
            if (position == limit) return null;
            if (buffer[position] != '*') {
                int end = findLineEnd('\n', "too big inline request");
                if (end < 0) return null;
                var words = InlineRequest.split(buffer, position, end);
                consumeLine(end + 1);
                if (!words.isEmpty()) return complete(words);
            } else {
                int end = findHeaderEnd("too big mbulk count string");
                if (end < 0) return null;
                long announced = parseLength(end, Long.MIN_VALUE, Integer.MAX_VALUE, "invalid multibulk length");
                if (announced > MAX_STRANGERS_ARGUMENTS && isStranger.getAsBoolean()) throw new ProtocolException("unauthenticated multibulk length");
                consumeLine(end + 2);
                if (announced > 0) startRequest((int) announced);
            }
        }
        while (missing > 0) {
            var argument = parseArgument();
            if (argument == null) return null;
            if (count == arguments.length) arguments = Arrays.copyOf(arguments, Math.min(2 * count, count + missing));
            arguments[count++] = argument;
            missing--;
        }
        var request = Arrays.asList(arguments);
        arguments = null;
        return complete(request);
    }

    private void startRequest(int announced) {
        missing = announced;
        start = received - (limit - position);
        count = 0;
        arguments = new ByteString[Math.min(announced, 16)];
    }

    private ByteString parseArgument() throws ProtocolException {
        if (bulkLength < 0) {
            int end = findHeaderEnd("too big bulk count string");
            if (end < 0) return null;
            if (buffer[position] != '$') {
                throw new ProtocolException("expected '$', got '" + (char) (buffer[position] & 0xff) + "'");
            }
            int length = (int) parseLength(end, 0, MAX_BULK, "invalid bulk length");
            if (length > MAX_STRANGERS_BULK && isStranger.getAsBoolean()) throw new ProtocolException("unauthenticated bulk length");
            bulkLength = length;
            consumeLine(end + 2);
            if (bulkLength > LARGE_BULK) startLargeBulk();
        }
        var bytes = largeBulk == null ? takeBulk() : takeLargeBulk();
        if (bytes == null) return null;
        position += 2; // as Redis, without a look at the two bytes that should be a line end
        bulkLength = -1;
        return ByteString.wrap(bytes);
    }

    private byte[] takeBulk() {
        if (limit - position < bulkLength + 2) return null;
        var bytes = Arrays.copyOfRange(buffer, position, position + bulkLength);
        position += bulkLength;
        return bytes;
    }

    private byte[] takeLargeBulk() {
        if (largeBulkFilled < bulkLength || limit - position < 2) return null;
        var bytes = largeBulk;
        largeBulk = null;
        return bytes;
    }

    /// Moves what the buffer has of the value into an array of its own; [#fillLargeBulk()] reads the rest there.
    private void startLargeBulk() {
        largeBulkFilled = Math.min(limit - position, bulkLength);
        largeBulk = new byte[Math.clamp(largeBulkFilled, Math.min(bulkLength, LARGE_BULK_FIRST_CHUNK), bulkLength)];
        System.arraycopy(buffer, position, largeBulk, 0, largeBulkFilled);
        position += largeBulkFilled;
    }

    /// @return the index of the line end, or -1 if it has not arrived
    private int findLineEnd(char lineEnd, String tooLong) throws ProtocolException {
        int end = position + searched;
        while (end < limit && buffer[end] != lineEnd) end++;
        if (end - position > MAX_LINE) throw new ProtocolException(tooLong); // even if its end happens to be here
        if (end < limit) return end;
        searched = limit - position;
        return -1;
    }

    /// @return the index of the carriage return if it and the byte behind it have arrived, or -1
    private int findHeaderEnd(String tooLong) throws ProtocolException {
        int end = findLineEnd('\r', tooLong);
        if (end < 0 || end + 1 < limit) return end;
        searched = end - position;
        return -1;
    }

    private long parseLength(int end, long min, long max, String invalid) throws ProtocolException {
        try {
            long length = ByteString.parseLong(buffer, position + 1, end);
            if (min <= length && length <= max) return length;
        } catch (NumberFormatException e) {
            // the exception below serves both
        }
        throw new ProtocolException(invalid);
    }

    private void consumeLine(int next) {
        position = next;
        searched = 0;
    }

    // ---- the buffer ----

    /// Reads what the stream has, and waits for it if it has nothing.
    ///
    /// @return false if the stream has ended
    private boolean fill() throws IOException {
        beforeWaiting.flush();
        return largeBulk != null && largeBulkFilled < bulkLength ? fillLargeBulk() : fillBuffer();
    }

    private boolean fillLargeBulk() throws IOException {
        if (largeBulkFilled == largeBulk.length) {
            largeBulk = Arrays.copyOf(largeBulk, (int) Math.min(2L * largeBulk.length, bulkLength));
        }
        int n = in.read(largeBulk, largeBulkFilled, largeBulk.length - largeBulkFilled);
        if (n < 0) return false;
        received += n;
        largeBulkFilled += n;
        return true;
    }

    private boolean fillBuffer() throws IOException {
        makeRoom();
        int n = in.read(buffer, limit, buffer.length - limit);
        if (n < 0) return false;
        received += n;
        limit += n;
        smallReads = n < buffer.length / 8 ? smallReads + 1 : 0;
        return true;
    }

    private void makeRoom() {
        boolean wasFull = limit == buffer.length;
        int unread = limit - position;
        int size = buffer.length;
        if (unread == size || wasFull && size < USUAL_BUFFER) size *= 2;
        else if (unread == 0 && size > USUAL_BUFFER) size = USUAL_BUFFER;
        else if (unread == 0 && smallReads >= SMALL_READS_TO_SHRINK) size = INITIAL_BUFFER;

        if (size != buffer.length || position > 0) {
            var target = size == buffer.length ? buffer : new byte[size];
            System.arraycopy(buffer, position, target, 0, unread);
            buffer = target;
            position = 0;
            limit = unread;
        }
    }

    // ---- replies ----

    /// Waits for the next reply.
    ///
    /// @throws ProtocolException if the bytes are not a reply
    /// @throws EOFException if the stream ends before the reply does
    public Resp readReply() throws IOException {
        return complete(readReply(0));
    }

    private Resp readReply(int depth) throws IOException {
        if (depth > MAX_DEPTH) throw new ProtocolException("nested too deep");
        byte type = readByte();
        return switch (type) {
            case '+' -> new Resp.SimpleString(readLine());
            case '-' -> new Resp.SimpleError(readLine());
            case ':' -> new Resp.Integer(readNumber());
            case '$' -> {
                int length = readLength(MAX_BULK);
                yield length < 0 ? Resp.Null.BULK_STRING : new Resp.BulkString(readBulk(length));
            }
            case '*' -> {
                int length = readLength(Integer.MAX_VALUE);
                yield length < 0 ? Resp.Null.ARRAY : new Resp.Array(readElements(length, depth));
            }
            case '_' -> {
                if (!readLine().isEmpty()) throw new ProtocolException("invalid null");
                yield Resp.Null.RESP3;
            }
            case '#' -> switch (readLine()) {
                case "t" -> new Resp.Boolean(true);
                case "f" -> new Resp.Boolean(false);
                default -> throw new ProtocolException("invalid boolean");
            };
            case ',' -> new Resp.Double(readDouble());
            case '(' -> new Resp.BigNumber(readBigNumber());
            case '!' -> new Resp.BulkError(readBulk(readCount(MAX_BULK)));
            case '=' -> readVerbatimString();
            case '%' -> new Resp.Map(readEntries(readCount(Integer.MAX_VALUE), depth));
            case '~' -> new Resp.Set(readElements(readCount(Integer.MAX_VALUE), depth));
            case '>' -> new Resp.Push(readElements(readCount(Integer.MAX_VALUE), depth));
            case '|' -> new Resp.Attribute(readEntries(readCount(Integer.MAX_VALUE), depth), readReply(depth + 1));
            default -> throw new ProtocolException("unknown type '" + (char) (type & 0xff) + "'");
        };
    }

    private byte readByte() throws IOException {
        while (position == limit) fillOrThrow();
        return buffer[position++];
    }

    /// The text up to the line end, each byte a char.
    private String readLine() throws IOException {
        int end;
        while ((end = findHeaderEnd("too big line")) < 0) fillOrThrow();
        if (buffer[end + 1] != '\n') throw new ProtocolException("expected a line end");
        var line = new String(buffer, position, end - position, StandardCharsets.ISO_8859_1);
        consumeLine(end + 2);
        return line;
    }

    private long readNumber() throws IOException {
        try {
            return Long.parseLong(readLine());
        } catch (NumberFormatException e) {
            throw new ProtocolException("invalid number");
        }
    }

    /// A length, or -1 for null.
    private int readLength(int max) throws IOException {
        long length = readNumber();
        if (length < -1 || length > max) throw new ProtocolException("invalid length");
        return (int) length;
    }

    private int readCount(int max) throws IOException {
        int count = readLength(max);
        if (count < 0) throw new ProtocolException("invalid length");
        return count;
    }

    private ByteString readBulk(int length) throws IOException {
        var bytes = new byte[Math.min(length, LARGE_BULK_FIRST_CHUNK)];
        int filled = 0;
        while (filled < length) {
            if (filled == bytes.length) bytes = Arrays.copyOf(bytes, (int) Math.min(2L * bytes.length, length));
            while (position == limit) fillOrThrow();
            int n = Math.min(bytes.length - filled, limit - position);
            System.arraycopy(buffer, position, bytes, filled, n);
            position += n;
            filled += n;
        }
        if (readByte() != '\r' || readByte() != '\n') throw new ProtocolException("expected a line end");
        return ByteString.wrap(bytes);
    }

    private double readDouble() throws IOException {
        var text = readLine();
        try {
            return switch (text) {
                case "inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                case "nan", "-nan" -> Double.NaN;
                default -> parseDecimal(text);
            };
        } catch (NumberFormatException e) {
            throw new ProtocolException("invalid double");
        }
    }

    /// Java takes more for a double than RESP does: `1f`, `0x1p3`, `Infinity`, spaces around it.
    private static double parseDecimal(String text) {
        if (!text.chars().allMatch(c -> "+-.0123456789eE".indexOf(c) >= 0)) throw new NumberFormatException();
        return Double.parseDouble(text);
    }

    private BigInteger readBigNumber() throws IOException {
        try {
            return new BigInteger(readLine());
        } catch (NumberFormatException e) {
            throw new ProtocolException("invalid big number");
        }
    }

    private Resp readVerbatimString() throws IOException {
        var bytes = readBulk(readCount(MAX_BULK));
        if (bytes.length() < 4 || bytes.at(3) != ':') throw new ProtocolException("invalid verbatim string");
        return new Resp.VerbatimString(bytes.substring(0, 3).toLatin1(), bytes.substring(4, bytes.length()));
    }

    private List<Resp> readElements(int count, int depth) throws IOException {
        var elements = new ArrayList<Resp>(Math.min(count, 16));
        for (int i = 0; i < count; i++) elements.add(readReply(depth + 1));
        return elements;
    }

    private SequencedMap<Resp, Resp> readEntries(int count, int depth) throws IOException {
        var entries = new LinkedHashMap<Resp, Resp>();
        for (int i = 0; i < count; i++) entries.put(readReply(depth + 1), readReply(depth + 1));
        return entries;
    }

    private void fillOrThrow() throws IOException {
        if (!fill()) throw new EOFException("the connection ended within a reply");
    }
}
