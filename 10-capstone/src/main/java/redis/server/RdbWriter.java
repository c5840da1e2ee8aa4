package redis.server;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import redis.resp.ByteString;

/// Writes an RDB file of strings, byte for byte as Redis 7.0 does: [#start(long, long)], [#aux(String, String)] for each further field,
/// [#database(long, long)], [#entry(ByteString, ByteString, long)] for each key, [#finish()].
///
/// It keeps 64 KB, and passes longer values on as they are. Not for use by several threads at once.
final class RdbWriter {

    /// The longest text of a 32-bit number: `-2147483648`.
    private static final int MAX_INTEGER_DIGITS = 11;
    private static final long NOT_AN_INTEGER = Long.MIN_VALUE;

    /// Redis compresses strings that are longer than this, in bytes.
    private static final int MAX_UNCOMPRESSED = 20;

    private final OutputStream out;
    private final Lzf lzf; // null: do not compress
    private final boolean checksum;

    private final byte[] buffer = new byte[64 * 1024];
    private int size;
    private long crc; // of what has left the buffer
    private byte[] compressed = new byte[256];

    /// @param out not closed by the writer, and without need of a buffer of its own
    /// @param compress Redis's `rdbcompression`
    /// @param checksum Redis's `rdbchecksum`; without it the file ends with eight zero bytes, which means "do not check"
    RdbWriter(OutputStream out, boolean compress, boolean checksum) {
        this.out = out;
        this.lzf = compress ? new Lzf() : null;
        this.checksum = checksum;
    }

    /// Writes the version and the fields that every file of Redis begins with.
    ///
    /// @param time of this file, Unix time in seconds
    /// @param usedMemory of this server, in bytes
    void start(long time, long usedMemory) throws IOException {
        write((RdbFormat.MAGIC + "%04d".formatted(RdbFormat.VERSION)).getBytes(StandardCharsets.US_ASCII));
        aux("redis-ver", "7.0.15");
        aux("redis-bits", "64");
        aux("ctime", Long.toString(time));
        aux("used-mem", Long.toString(usedMemory));
    }

    /// Writes a field about the file itself. Redis goes on with `repl-stream-db`, `repl-id` and `repl-offset` if it takes part in
    /// replication, and always with `aof-base`: 1 if the file is the base of an append only file, 0 if not.
    void aux(String name, String value) throws IOException {
        write(RdbFormat.AUX);
        writeString(ByteString.of(name).array());
        writeString(ByteString.of(value).array());
    }

    /// Announces the keys, for a reader who wants to make room for them. Without any there is nothing to announce, as in Redis.
    ///
    /// @param keys how many will come
    /// @param withDeadline how many of them with a deadline
    void database(long keys, long withDeadline) throws IOException {
        if (keys == 0) return;
        write(RdbFormat.SELECTDB);
        writeLength(0);
        write(RdbFormat.RESIZEDB);
        writeLength(keys);
        writeLength(withDeadline);
    }

    /// @param deadline Unix time in milliseconds, or -1 for none
    void entry(ByteString key, ByteString value, long deadline) throws IOException {
        if (deadline != RdbFormat.NO_DEADLINE) {
            write(RdbFormat.EXPIRETIME_MS);
            writeLittleEndian(deadline, Long.BYTES);
        }
        write(RdbFormat.TYPE_STRING);
        writeString(key.array());
        writeString(value.array());
    }

    /// Ends the file and flushes the stream.
    void finish() throws IOException {
        write(RdbFormat.EOF);
        flushBuffer();
        writeLittleEndian(checksum ? crc : 0, Long.BYTES);
        flushBuffer();
        out.flush();
    }

    private void writeString(byte[] bytes) throws IOException {
        if (bytes.length <= MAX_INTEGER_DIGITS) {
            long number = parseInt(bytes);
            if (number != NOT_AN_INTEGER) {
                writeInteger((int) number);
                return;
            }
        }
        if (lzf != null && bytes.length > MAX_UNCOMPRESSED) {
            if (compressed.length < bytes.length) compressed = new byte[bytes.length];
            int n = lzf.compress(bytes, compressed);
            if (n > 0) {
                write(RdbFormat.LZF);
                writeLength(n);
                writeLength(bytes.length);
                write(compressed, n);
                return;
            }
        }
        writeLength(bytes.length);
        write(bytes);
    }

    /// The number of 32 bits that a text spells, if a reader who spells it again gets the same text.
    private static long parseInt(byte[] text) {
        boolean negative = text.length > 0 && text[0] == '-';
        int first = negative ? 1 : 0;
        if (first == text.length || text[first] == '0' && text.length > 1) return NOT_AN_INTEGER;
        long number = 0;
        for (int i = first; i < text.length; i++) {
            int digit = text[i] - '0';
            if (digit < 0 || digit > 9) return NOT_AN_INTEGER;
            number = 10 * number + digit;
        }
        if (negative) number = -number;
        return number == (int) number ? number : NOT_AN_INTEGER;
    }

    private void writeInteger(int number) throws IOException {
        if (number == (byte) number) {
            write(RdbFormat.INT8);
            write(number);
        } else if (number == (short) number) {
            write(RdbFormat.INT16);
            writeLittleEndian(number, Short.BYTES);
        } else {
            write(RdbFormat.INT32);
            writeLittleEndian(number, Integer.BYTES);
        }
    }

    private void writeLength(long length) throws IOException {
        if (length < 1 << 6) {
            write((int) length);
        } else if (length < 1 << 14) {
            write(RdbFormat.LENGTH_14_BITS | (int) length >> 8);
            write((int) length);
        } else if (length < 1L << 32) {
            write(RdbFormat.LENGTH_32_BITS);
            writeLittleEndian(Integer.reverseBytes((int) length), Integer.BYTES);
        } else {
            write(RdbFormat.LENGTH_64_BITS);
            writeLittleEndian(Long.reverseBytes(length), Long.BYTES);
        }
    }

    private void writeLittleEndian(long number, int bytes) throws IOException {
        for (int i = 0; i < bytes; i++) write((int) (number >>> 8 * i));
    }

    // ---- the buffer ----

    /// Writes the lowest eight bits.
    private void write(int b) throws IOException {
        if (size == buffer.length) flushBuffer();
        buffer[size++] = (byte) b;
    }

    private void write(byte[] bytes) throws IOException {
        write(bytes, bytes.length);
    }

    private void write(byte[] bytes, int length) throws IOException {
        if (length > buffer.length - size) flushBuffer();
        if (length > buffer.length) {
            pass(bytes, length);
        } else {
            System.arraycopy(bytes, 0, buffer, size, length);
            size += length;
        }
    }

    private void flushBuffer() throws IOException {
        pass(buffer, size);
        size = 0;
    }

    private void pass(byte[] bytes, int length) throws IOException {
        if (checksum) crc = Crc64.update(crc, bytes, 0, length);
        out.write(bytes, 0, length);
    }
}
