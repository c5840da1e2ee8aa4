package redis.resp;

import java.io.ByteArrayOutputStream;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Writes RESP to a stream, gathered in a buffer until [#flush()]: many small replies, one write to the socket.
///
/// Not for use by several threads at once.
public final class RespWriter implements Flushable {

    private static final int INITIAL_BUFFER = 512;
    private static final int MAX_BUFFER = 16 * 1024;

    /// After so many flushes in a row that used less than an eighth of it, a buffer that has grown starts small again.
    private static final int SMALL_WRITES_TO_SHRINK = 64;

    private static final int MAX_DIGITS = 20; // of a long, with its sign

    private final OutputStream out;
    private RespVersion version; // null: replies are written as they are
    private byte[] buffer = new byte[INITIAL_BUFFER];
    private int length;
    private int smallWrites;

    public RespWriter(OutputStream out) {
        this.out = out;
    }

    /// Writes what comes from now on in the form that this version has for it: a map as an array, if it knows no maps.
    public void version(RespVersion version) {
        this.version = version;
    }

    /// The bytes of a reply in this version: for one that many clients get.
    public static ByteString encode(Resp reply, RespVersion version) {
        var bytes = new ByteArrayOutputStream();
        var writer = new RespWriter(bytes);
        writer.version(version);
        try {
            writer.write(reply);
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it writes to memory
        }
        return ByteString.wrap(bytes.toByteArray());
    }

    /// Adds a reply that is encoded already.
    public void writeEncoded(ByteString reply) throws IOException {
        put(reply.bytes);
    }

    /// Adds a reply. What does not fit the buffer goes to the stream at once, which may wait for the peer to read.
    public void write(Resp reply) throws IOException {
        switch (version == null ? reply : version.form(reply)) {
            case Resp.SimpleString(String text) -> line('+', text);
            case Resp.SimpleError(String message) -> line('-', message);
            case Resp.Integer(long value) -> header(':', value);
            case Resp.BulkString(ByteString value) -> bulk('$', value);
            case Resp.Array(List<Resp> elements) -> aggregate('*', elements);
            case Resp.Null.BULK_STRING -> header('$', -1);
            case Resp.Null.ARRAY -> header('*', -1);
            case Resp.Null.RESP3 -> line('_', "");
            case Resp.Boolean(boolean value) -> line('#', value ? "t" : "f");
            case Resp.Double(double value) -> line(',', format(value));
            case Resp.BigNumber(var value) -> line('(', value.toString());
            case Resp.BulkError(ByteString message) -> bulk('!', message);
            case Resp.VerbatimString(String format, ByteString text) -> bulk('=', ByteString.of(format + ":").concat(text));
            case Resp.Map(var entries) -> entries('%', entries);
            case Resp.Set(List<Resp> elements) -> aggregate('~', elements);
            case Resp.Push(List<Resp> elements) -> aggregate('>', elements);
            case Resp.Attribute(var notes, Resp decorated) -> {
                entries('|', notes);
                write(decorated);
            }
        }
    }

    /// Adds a request: an array of bulk strings.
    public void writeRequest(List<ByteString> words) throws IOException {
        header('*', words.size());
        for (var word : words) bulk('$', word);
    }

    /// Hands all that was gathered to the stream, in one write.
    @Override
    public void flush() throws IOException {
        if (length == 0) return;
        drain();
        out.flush();
    }

    private void drain() throws IOException {
        out.write(buffer, 0, length);
        smallWrites = length < buffer.length / 8 ? smallWrites + 1 : 0;
        length = 0;
        if (smallWrites >= SMALL_WRITES_TO_SHRINK && buffer.length > INITIAL_BUFFER) buffer = new byte[INITIAL_BUFFER];
    }

    private void line(char type, String text) throws IOException {
        put(type);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            put(asLatin1(c));
        }
        lineEnd();
    }

    /// The char as one byte. A line break would end the reply, and the rest be taken for another one; so would half of
    /// a char like U+010A.
    private static char asLatin1(char c) {
        if (c == '\r' || c == '\n') return ' ';
        return c <= 0xff ? c : '?';
    }

    private void bulk(char type, ByteString value) throws IOException {
        header(type, value.length());
        put(value.bytes);
        lineEnd();
    }

    private void aggregate(char type, List<Resp> elements) throws IOException {
        header(type, elements.size());
        for (var element : elements) write(element);
    }

    private void entries(char type, Map<Resp, Resp> entries) throws IOException {
        header(type, entries.size());
        for (var entry : entries.entrySet()) {
            write(entry.getKey());
            write(entry.getValue());
        }
    }

    private void header(char type, long number) throws IOException {
        reserve(1 + MAX_DIGITS + 2);
        buffer[length++] = (byte) type;
        digits(number);
        buffer[length++] = '\r';
        buffer[length++] = '\n';
    }

    /// Writes decimal digits in place: last digit first, into the space that [#header] has reserved.
    private void digits(long number) {
        if (number < 0) buffer[length++] = '-';
        int size = 1;
        for (long rest = number / 10; rest != 0; rest /= 10) size++;
        long rest = number;
        for (int i = length + size - 1; i >= length; i--) {
            buffer[i] = (byte) ('0' + Math.abs(rest % 10));
            rest /= 10;
        }
        length += size;
    }

    private void lineEnd() throws IOException {
        reserve(2);
        buffer[length++] = '\r';
        buffer[length++] = '\n';
    }

    private void put(char c) throws IOException {
        reserve(1);
        buffer[length++] = (byte) c;
    }

    private void put(byte[] bytes) throws IOException {
        if (bytes.length > MAX_BUFFER) {
            drain();
            out.write(bytes);
            return;
        }
        reserve(bytes.length);
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
    }

    /// Makes room for `size` more bytes, at most [#MAX_BUFFER].
    private void reserve(int size) throws IOException {
        if (length + size <= buffer.length) return;
        if (length + size > MAX_BUFFER) drain();
        int capacity = buffer.length;
        while (capacity < length + size) capacity *= 2;
        if (capacity > buffer.length) buffer = Arrays.copyOf(buffer, capacity);
    }

    static String format(double value) {
        if (Double.isNaN(value)) return "nan";
        if (Double.isInfinite(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return 1 / value > 0 ? "0" : "-0"; // a BigDecimal has no negative zero
        return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    }
}
