package redis.resp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// An immutable sequence of bytes: what Redis calls a string. It is binary safe: any byte may occur, and length counts bytes.
///
/// Its hash is computed once. It is comparable so that a `HashMap` can sort the keys of an overfull bucket into a tree:
/// someone who sends thousands of keys with the same hash gets slow lookups, not a standstill.
public final class ByteString implements Comparable<ByteString> {

    public static final ByteString EMPTY = new ByteString(new byte[0]);

    final byte[] bytes; // readers and writers of this package copy from it, and nobody ever writes to it
    private int hash;   // 0: not computed yet; a race computes the same value twice

    private ByteString(byte[] bytes) {
        this.bytes = bytes;
    }

    /// These bytes themselves, not a copy of them: for a caller who never writes to the array again.
    public static ByteString wrap(byte[] bytes) {
        return new ByteString(bytes);
    }

    /// The UTF-8 bytes of a text.
    public static ByteString of(String text) {
        return new ByteString(text.getBytes(StandardCharsets.UTF_8));
    }

    /// A number in decimal digits.
    public static ByteString of(long number) {
        return of(Long.toString(number));
    }

    /// A copy of these bytes.
    public static ByteString of(byte[] bytes) {
        return new ByteString(bytes.clone());
    }

    /// The number of bytes.
    public int length() {
        return bytes.length;
    }

    public boolean isEmpty() {
        return bytes.length == 0;
    }

    public byte at(int index) {
        return bytes[index];
    }

    /// The bytes of this one, then those of the other.
    ///
    /// @throws ArithmeticException if there are more than an array can hold
    public ByteString concat(ByteString other) {
        var joined = Arrays.copyOf(bytes, Math.addExact(bytes.length, other.bytes.length));
        System.arraycopy(other.bytes, 0, joined, bytes.length, other.bytes.length);
        return wrap(joined);
    }

    /// The bytes from `from` (included) to `to` (excluded).
    public ByteString substring(int from, int to) {
        return wrap(Arrays.copyOfRange(bytes, from, to));
    }

    /// These bytes with those at `offset` overwritten by `patch`. Grows as needed; a gap is filled with zero bytes.
    ///
    /// @throws ArithmeticException if it would grow to more than an array can hold
    public ByteString overwrite(int offset, ByteString patch) {
        int end = Math.addExact(offset, patch.bytes.length);
        var result = Arrays.copyOf(bytes, Math.max(bytes.length, end));
        System.arraycopy(patch.bytes, 0, result, offset, patch.bytes.length);
        return wrap(result);
    }

    /// The number that these bytes spell in canonical decimal: an optional minus, no plus, no leading zeros, no spaces,
    /// and in the range of a signed 64-bit integer. Redis accepts nothing else as an integer.
    ///
    /// @throws NumberFormatException if they spell anything else
    public long parseLong() {
        return parseLong(bytes, 0, bytes.length);
    }

    static long parseLong(byte[] bytes, int from, int to) {
        boolean negative = from < to && bytes[from] == '-';
        int digits = negative ? from + 1 : from;
        int length = to - digits;
        boolean canonical = 1 <= length && length <= 19
                && (bytes[digits] != '0' || length == 1 && !negative);
        long value = 0; // kept negative: the range below zero is larger by one
        for (int i = digits; canonical && i < to; i++) {
            int digit = bytes[i] - '0';
            canonical = 0 <= digit && digit <= 9 && value >= (Long.MIN_VALUE + digit) / 10;
            value = value * 10 - digit;
        }
        if (!canonical || !negative && value == Long.MIN_VALUE) throw new NumberFormatException("not a canonical integer");
        return negative ? value : -value;
    }

    /// Whether these bytes are this text, the letters A to Z in either case.
    public boolean equalsIgnoreCase(String ascii) {
        if (bytes.length != ascii.length()) return false;
        for (int i = 0; i < bytes.length; i++) {
            if (toLowerCase(bytes[i]) != toLowerCase((byte) ascii.charAt(i))) return false;
        }
        return true;
    }

    private static byte toLowerCase(byte b) {
        return 'A' <= b && b <= 'Z' ? (byte) (b + ('a' - 'A')) : b;
    }

    /// A copy of these bytes.
    public byte[] toByteArray() {
        return bytes.clone();
    }

    /// These bytes themselves, not a copy of them: for a caller who only reads the array.
    public byte[] array() {
        return bytes;
    }

    /// One char for each byte, none lost: for a text that goes back to the client, such as an error that quotes it.
    public String toLatin1() {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /// The bytes read as UTF-8, for people. What is not UTF-8 becomes U+FFFD.
    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof ByteString that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        if (hash == 0) hash = Arrays.hashCode(bytes);
        return hash;
    }

    /// Orders by bytes, read as unsigned.
    @Override
    public int compareTo(ByteString other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }
}
