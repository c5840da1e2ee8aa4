package redis.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import redis.resp.ByteString;

/// Reads an RDB file of strings, of any version that Redis has written up to 8.0: 1 to 12.
///
/// It trusts nothing. Memory grows with the bytes that came, never with the bytes that a length announces, and whatever
/// it cannot read or does not know ends in an [RdbException]. What came before that has been handed out already: who
/// gets it has to throw it away.
///
/// Not for use by several threads at once.
final class RdbReader {

    /// Where the content goes.
    interface Sink {

        /// @param deadline Unix time in milliseconds, or -1 for none; perhaps past
        /// @return false if there is such a key already, which makes the file invalid
        boolean entry(ByteString key, ByteString value, long deadline);

        /// For how long the next entry has not been used, in seconds: any number of 64 bits without a sign.
        default void idle(long seconds) {}

        /// A field about the file itself: `redis-ver`, `repl-id` …
        default void aux(String name, String value) {}

        /// How many keys will come, and how many of them with a deadline. A damaged file may announce any number from 0 to 2^63 - 1.
        default void resizeHint(long keys, long withDeadline) {}

        /// The file has something else than keys that this server does not know and can do without: it will be missing in the next file.
        ///
        /// @param what for a log line: `a function library at offset 12`
        default void skipped(String what) {}
    }

    /// The longest array that any JVM grants.
    private static final int MAX_STRING = Integer.MAX_VALUE - 8;

    private final InputStream in;
    private final boolean verifyChecksum;

    private final byte[] buffer = new byte[64 * 1024];
    private int position;
    private int limit;
    private long bufferOffset; // where the buffer's first byte stands in the file
    private long crc;          // of the bytes before the buffer

    /// @param in read ahead of what is needed, in pieces as it gives them, and not closed; [#rest()] is what follows the file
    /// @param verifyChecksum Redis's `rdbchecksum`. A checksum of eight zero bytes is not verified in any case.
    RdbReader(InputStream in, boolean verifyChecksum) {
        this.in = in;
        this.verifyChecksum = verifyChecksum;
    }

    /// Reads the file to its end.
    ///
    /// @throws RdbException if it is damaged, cut off, or has a key that this server can't hold
    void read(Sink sink) throws IOException {
        int version = readVersion();
        long deadline = RdbFormat.NO_DEADLINE;
        while (true) {
            long at = offset();
            int opcode = readByte();
            switch (opcode) {
                case RdbFormat.TYPE_STRING -> {
                    var key = readString();
                    if (!sink.entry(key, readString(), deadline)) {
                        throw new RdbException("the key %s at offset %d: it is there already".formatted(quote(key), at));
                    }
                    deadline = RdbFormat.NO_DEADLINE;
                }
                case RdbFormat.EXPIRETIME_MS -> deadline = readLittleEndian(Long.BYTES);
                case RdbFormat.EXPIRETIME -> deadline = (int) readLittleEndian(Integer.BYTES) * 1000L;
                case RdbFormat.IDLE -> sink.idle(readUnsigned());
                case RdbFormat.FREQ -> readByte();
                case RdbFormat.AUX -> sink.aux(readString().toString(), readString().toString());
                case RdbFormat.RESIZEDB -> sink.resizeHint(readLength(), readLength());
                case RdbFormat.SELECTDB -> {
                    long database = readUnsigned();
                    if (database != 0) {
                        throw new RdbException("database %s at offset %d: this server has only database 0"
                                .formatted(Long.toUnsignedString(database), at));
                    }
                }
                case RdbFormat.SLOT_INFO -> {
                    for (int i = 0; i < 3; i++) readUnsigned();
                }
                case RdbFormat.FUNCTION -> {
                    readString();
                    sink.skipped("a function library at offset " + at);
                }
                case RdbFormat.MODULE_AUX -> sink.skipped("data of the module %s at offset %d".formatted(skipModuleAux(), at));
                case RdbFormat.EOF -> {
                    if (version >= RdbFormat.FIRST_VERSION_WITH_CHECKSUM) readChecksum();
                    return;
                }
                default -> throw unknown(opcode, at);
            }
        }
    }

    /// How many bytes of the file were read: within a call of the sink, to tell the progress; after [#read(Sink)], all of them.
    long offset() {
        return bufferOffset + position;
    }

    /// What follows the file in the stream: for an append only file, its commands. Call it once, after [#read(Sink)].
    InputStream rest() {
        return new SequenceInputStream(new ByteArrayInputStream(buffer, position, limit - position), in);
    }

    private int readVersion() throws IOException {
        for (int i = 0; i < RdbFormat.MAGIC.length(); i++) {
            if (readByte() != RdbFormat.MAGIC.charAt(i)) throw new RdbException("not an RDB file: it does not start with REDIS at offset 0");
        }
        var version = ByteString.wrap(readBytes(4));
        if (!version.toLatin1().matches("00(0[1-9]|1[0-2])")) {
            throw new RdbException("RDB version %s at offset 5: this server reads versions 0001 to 0012".formatted(quote(version)));
        }
        return Integer.parseInt(version.toLatin1());
    }

    private void readChecksum() throws IOException {
        long computed = Crc64.update(crc, buffer, 0, position);
        long at = offset();
        long stored = readLittleEndian(Long.BYTES);
        if (verifyChecksum && stored != 0 && stored != computed) {
            throw new RdbException("the checksum at offset %d is %016x, that of the bytes before it %016x: the file is damaged".formatted(at, stored, computed));
        }
    }

    private RdbException unknown(int type, long at) throws IOException {
        var name = switch (type) {
            case 1, 10, 14, 18 -> "a list";
            case 2, 11, 20 -> "a set";
            case 3, 5, 12, 17 -> "a sorted set";
            case 4, 9, 13, 16, 22, 23, 24, 25 -> "a hash";
            case 7 -> "a value of a module";
            case 15, 19, 21 -> "a stream";
            default -> null;
        };
        if (name != null) {
            return new RdbException("the key %s is %s (type %d at offset %d): this server knows strings only".formatted(quote(readString()), name, type, at));
        }
        if (type == RdbFormat.FUNCTION_PRE_GA) {
            return new RdbException("a function library of a release candidate of Redis 7.0 at offset %d: no later server reads it".formatted(at));
        }
        return new RdbException("neither an opcode nor a type of value at offset %d: %d".formatted(at, type));
    }

    /// A module describes the kind of each item, so that even those who lack the module can skip them.
    ///
    /// @return the name of the module, which its number spells in nine characters of six bits each
    private String skipModuleAux() throws IOException {
        long id = readUnsigned();
        readUnsigned(); // the kind of the next number
        readUnsigned(); // when to load this: before or after the keys
        while (true) {
            long at = offset();
            long kind = readUnsigned();
            switch (Math.clamp(kind, -1, 6)) {
                case 0 -> {
                    return moduleName(id);
                }
                case 1, 2 -> readUnsigned();
                case 3 -> readBytes(Float.BYTES);
                case 4 -> readBytes(Double.BYTES);
                case 5 -> readString();
                default -> throw new RdbException("unknown data of the module %s at offset %d: %s"
                        .formatted(moduleName(id), at, Long.toUnsignedString(kind)));
            }
        }
    }

    private static String moduleName(long id) {
        var name = new StringBuilder();
        for (int shift = 58; shift >= 10; shift -= 6) {
            name.append("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".charAt((int) (id >>> shift & 63)));
        }
        return name.toString();
    }

    /// A key for people: bytes that are not printable as `\xNN`, and a long one cut.
    private static String quote(ByteString key) {
        var quoted = new StringBuilder("\"");
        for (int i = 0; i < Math.min(key.length(), 64); i++) {
            int b = key.at(i) & 0xff;
            quoted.append(' ' <= b && b <= '~' ? Character.toString(b) : "\\x%02x".formatted(b));
        }
        return quoted.append(key.length() > 64 ? "…\"" : "\"").toString();
    }

    // ---- strings and lengths ----

    private ByteString readString() throws IOException {
        long at = offset();
        int first = readByte();
        return switch (first) {
            case RdbFormat.INT8 -> ByteString.of((byte) readByte());
            case RdbFormat.INT16 -> ByteString.of((short) readLittleEndian(Short.BYTES));
            case RdbFormat.INT32 -> ByteString.of((int) readLittleEndian(Integer.BYTES));
            case RdbFormat.LZF -> ByteString.wrap(readCompressed(at));
            default -> ByteString.wrap(readBytes(checkLength(readUnsigned(first, at), MAX_STRING, at)));
        };
    }

    private byte[] readCompressed(long at) throws IOException {
        int compressed = (int) checkLength(readUnsigned(), MAX_STRING, at);
        int length = (int) checkLength(readUnsigned(), MAX_STRING, at);
        try {
            if (compressed > limit - position) return Lzf.decompress(readBytes(compressed), 0, compressed, length);
            position += compressed;
            return Lzf.decompress(buffer, position - compressed, position, length);
        } catch (DataFormatException e) {
            throw new RdbException("a compressed string of %d bytes at offset %d: %s".formatted(length, at, e.getMessage()));
        }
    }

    /// A length that counts something.
    private long readLength() throws IOException {
        long at = offset();
        return checkLength(readUnsigned(), Long.MAX_VALUE, at);
    }

    private static long checkLength(long length, long max, long at) throws RdbException {
        if (0 <= length && length <= max) return length;
        throw new RdbException("a length of %s at offset %d: more than the %d that are possible".formatted(Long.toUnsignedString(length), at, max));
    }

    /// A number in the form of a length: 64 bits without a sign.
    private long readUnsigned() throws IOException {
        long at = offset();
        return readUnsigned(readByte(), at);
    }

    private long readUnsigned(int first, long at) throws IOException {
        if (first < RdbFormat.LENGTH_14_BITS) return first;
        if (first < RdbFormat.LENGTH_32_BITS) return (first & 0x3f) << 8 | readByte();
        return switch (first) {
            case RdbFormat.LENGTH_32_BITS -> Integer.toUnsignedLong(Integer.reverseBytes((int) readLittleEndian(Integer.BYTES)));
            case RdbFormat.LENGTH_64_BITS -> Long.reverseBytes(readLittleEndian(Long.BYTES));
            default -> throw new RdbException("not a length at offset %d: it begins with %d".formatted(at, first));
        };
    }

    // ---- the buffer ----

    private long readLittleEndian(int bytes) throws IOException {
        long number = 0;
        for (int i = 0; i < bytes; i++) number |= (long) readByte() << 8 * i;
        return number;
    }

    private int readByte() throws IOException {
        if (position == limit) fill();
        return buffer[position++] & 0xff;
    }

    private byte[] readBytes(long length) throws IOException {
        int available = limit - position;
        if (length <= available) {
            position += (int) length;
            return Arrays.copyOfRange(buffer, position - (int) length, position);
        }
        var bytes = new byte[(int) Math.min(length, buffer.length)];
        int filled = 0;
        while (filled < length) {
            if (position == limit) fill();
            if (filled == bytes.length) bytes = Arrays.copyOf(bytes, (int) Math.min(2L * filled, length));
            int n = Math.min(bytes.length - filled, limit - position);
            System.arraycopy(buffer, position, bytes, filled, n);
            position += n;
            filled += n;
        }
        return bytes;
    }

    /// Replaces the buffer's content, all of which has been read, by what comes next.
    private void fill() throws IOException {
        if (verifyChecksum) crc = Crc64.update(crc, buffer, 0, limit);
        bufferOffset += limit;
        position = 0;
        limit = Math.max(0, in.read(buffer));
        if (limit == 0) throw new RdbException("the file ends too early at offset " + bufferOffset);
    }
}
