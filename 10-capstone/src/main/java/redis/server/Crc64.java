package redis.server;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The checksum at the end of an RDB file: the CRC with the polynomial `0xad93d23594c935a9`, reflected, with nothing added
/// at the start or the end.
///
/// A CRC is the remainder of a division of polynomials over bits, done byte by byte with a table. "Slicing by 8" takes
/// eight bytes at a time: the remainder of each comes from a table for its place, and these eight lookups need not wait
/// for one another. See Kounavis and Berry, "A Systematic Approach to Building High Performance Software-based CRC
/// Generators", 2005.
final class Crc64 {

    /// The polynomial with its bits in reverse order.
    private static final long POLYNOMIAL = Long.reverse(0xad93d23594c935a9L);

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /// `TABLE[256 * n + b]`: the remainder of the byte b with n bytes behind it.
    private static final long[] TABLE = table();

    private Crc64() {}

    private static long[] table() {
        var table = new long[8 * 256];
        for (int b = 0; b < 256; b++) {
            long remainder = b;
            for (int bit = 0; bit < 8; bit++) remainder = remainder >>> 1 ^ ((remainder & 1) == 0 ? 0 : POLYNOMIAL);
            table[b] = remainder;
        }
        for (int i = 256; i < table.length; i++) table[i] = table[i - 256] >>> 8 ^ table[(int) (table[i - 256] & 0xff)];
        return table;
    }

    /// The checksum of all bytes so far and these.
    ///
    /// @param crc the checksum of the bytes before these; 0 if these are the first
    static long update(long crc, byte[] bytes, int offset, int length) {
        int end = offset + length;
        int i = offset;
        for (; i <= end - Long.BYTES; i += Long.BYTES) {
            long x = crc ^ (long) LONG.get(bytes, i);
            crc = TABLE[7 * 256 + (int) (x & 0xff)]
                    ^ TABLE[6 * 256 + (int) (x >>> 8 & 0xff)]
                    ^ TABLE[5 * 256 + (int) (x >>> 16 & 0xff)]
                    ^ TABLE[4 * 256 + (int) (x >>> 24 & 0xff)]
                    ^ TABLE[3 * 256 + (int) (x >>> 32 & 0xff)]
                    ^ TABLE[2 * 256 + (int) (x >>> 40 & 0xff)]
                    ^ TABLE[256 + (int) (x >>> 48 & 0xff)]
                    ^ TABLE[(int) (x >>> 56)];
        }
        for (; i < end; i++) crc = crc >>> 8 ^ TABLE[(int) (crc ^ bytes[i]) & 0xff];
        return crc;
    }
}
