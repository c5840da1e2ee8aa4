package redis.server;

import java.util.Arrays;
import java.util.zip.DataFormatException;

/// LZF, the compression that RDB files use for strings: quick rather than tight.
///
/// You need not read this class to understand the server. A compressed string is a sequence of two things:
///
/// | first byte | means |
/// | --- | --- |
/// | `000lllll` | l + 1 bytes follow as they are (1 to 32) |
/// | `llldddddd…` | a match: copy l + 2 bytes of the output from d + 1 bytes back. l is 1 to 6, or 7: then a byte follows to add to it. d has 13 bits, its lower eight in the last byte |
///
/// A match may reach into its own copy: from 1 back, 100 bytes long, is one byte a hundred times.
///
/// Many such sequences give the same string. This class finds the one that Redis 7.0 finds, so that files can be compared byte by
/// byte. Where that explains a line, the line says so.
///
/// An instance compresses one string after the other; it is not for use by several threads at once.
final class Lzf {

    private static final int MAX_LITERALS = 32;
    private static final int MIN_MATCH = 3;
    private static final int MAX_MATCH = 2 + 7 + 255;
    private static final int MAX_DISTANCE = 1 << 13;

    /// Three bytes can become 264; nothing gives more.
    private static final int MAX_EXPANSION = MAX_MATCH / 3;

    /// For each hash of three bytes: where they were last seen, plus [#base]. What is not above the base is from an earlier
    /// string, so the table need not be cleared for each one, which would take longer than to compress it.
    private final int[] lastSeen = new int[1 << 16];
    private int base;

    // The string that is being compressed.
    private byte[] in;
    private byte[] out;
    private int size;

    /// Compresses a string, if that makes it shorter by at least four bytes.
    ///
    /// @param in the string
    /// @param out for the result; it needs room for four bytes fewer than the string has
    /// @return how many bytes of `out` the result takes; 0 if it is not worth it
    int compress(byte[] in, byte[] out) {
        if (base > Integer.MAX_VALUE - in.length) {
            Arrays.fill(lastSeen, 0);
            base = 0;
        }
        this.in = in;
        this.out = out;
        size = 0;
        boolean shorter = compress(in.length - 4);
        base += in.length;
        this.in = this.out = null;
        return shorter ? size : 0;
    }

    /// @return false if it would take more than `limit` bytes
    private boolean compress(int limit) {
        int literals = 0; // where those begin that are not written yet
        int end = in.length - MIN_MATCH;
        int i = 0;
        while (i <= end) {
            int three = three(i);
            int seen = remember(three, i);
            if (seen <= 0 || i - seen > MAX_DISTANCE || three(seen) != three) {
                i++;
                continue;
            }
            int max = maxMatch(in.length - i);
            int mismatch = Arrays.mismatch(in, seen, seen + max, in, i, i + max);
            int length = mismatch < 0 ? max : mismatch;
            if (!writeLiterals(literals, i, limit) || !writeMatch(length, i - seen, limit)) return false;
            i += length;
            literals = i;
            // Of the places within a match, the last two are remembered: the others are not worth the time.
            if (i <= end) {
                remember(three(i - 2), i - 2);
                remember(three(i - 1), i - 1);
            }
        }
        int pending = i - literals;
        int written = size + pending + pending / MAX_LITERALS + 1;
        if (written + 3 > limit) return false; // as Redis: it asks for room for three more, however few are left
        return writeLiterals(literals, in.length, limit);
    }

    /// As Redis, which likes a match to end two bytes before the string does, but compares 19 bytes without a look at that where it can.
    private static int maxMatch(int remaining) {
        int max = Math.min(remaining - 2, MAX_MATCH);
        return Math.max(max, max > 16 ? 19 : MIN_MATCH);
    }

    private int three(int i) {
        return (in[i] & 0xff) << 16 | (in[i + 1] & 0xff) << 8 | in[i + 2] & 0xff;
    }

    /// @return where three bytes with this hash were seen before; 0 or less: nowhere in this string. (Its start does not count.)
    private int remember(int three, int i) {
        int hash = (three >> 8) - 5 * three & 0xffff; // as Redis's: the same collisions, the same matches overlooked
        int seen = lastSeen[hash] - base;
        lastSeen[hash] = base + i;
        return seen;
    }

    private boolean writeLiterals(int from, int to, int limit) {
        while (from < to) {
            int n = Math.min(to - from, MAX_LITERALS);
            if (size + 1 + n > limit) return false;
            out[size++] = (byte) (n - 1);
            System.arraycopy(in, from, out, size, n);
            size += n;
            from += n;
        }
        return true;
    }

    private boolean writeMatch(int length, int distance, int limit) {
        if (size + 3 > limit) return false;
        int l = length - 2;
        int d = distance - 1;
        out[size++] = (byte) (Math.min(l, 7) << 5 | d >> 8);
        if (l >= 7) out[size++] = (byte) (l - 7);
        out[size++] = (byte) d;
        return true;
    }

    /// The string that was compressed into the bytes of `in` between two places.
    ///
    /// @param length what it has to come to, in bytes
    /// @throws DataFormatException if the bytes are not such a string, with the reason. A length that so few bytes can't
    ///     give is refused before memory is taken for it.
    static byte[] decompress(byte[] in, int from, int to, int length) throws DataFormatException {
        check(length <= (long) MAX_EXPANSION * (to - from), "it cannot be that long");
        var out = new byte[length];
        int size = 0;
        for (int i = from; i < to; ) {
            int control = in[i++] & 0xff;
            if (control < MAX_LITERALS) {
                int n = control + 1;
                check(n <= to - i, "it ends too early");
                check(n <= length - size, "it is longer than announced");
                System.arraycopy(in, i, out, size, n);
                i += n;
                size += n;
            } else {
                int l = control >> 5;
                check((l == 7 ? 2 : 1) <= to - i, "it ends too early");
                if (l == 7) l += in[i++] & 0xff;
                int distance = ((control & 0x1f) << 8 | in[i++] & 0xff) + 1;
                check(distance <= size, "it refers to bytes before its start");
                check(l + 2 <= length - size, "it is longer than announced");
                for (int end = size + l + 2; size < end; size++) out[size] = out[size - distance];
            }
        }
        check(size == length, "it is shorter than announced");
        return out;
    }

    private static void check(boolean valid, String reason) throws DataFormatException {
        if (!valid) throw new DataFormatException(reason);
    }
}
