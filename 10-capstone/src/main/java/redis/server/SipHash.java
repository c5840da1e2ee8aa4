package redis.server;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/// SipHash-1-2, the hash function of Redis's tables: a seeded hash of bytes.
///
/// A client chooses the keys. With a hash that it can compute it would choose thousands that fall into one bucket, and every lookup
/// would walk them all. Without the seed it can't. The two numbers are the rounds of mixing for each eight bytes and at the end:
/// the fewest that still mix well, for speed. See Aumasson and Bernstein, *SipHash: a fast short-input PRF*, 2012.
///
/// @param k0 the first half of the seed: as secret as the memory of the server
/// @param k1 the second half
record SipHash(long k0, long k1) {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /// With a seed that nobody can guess.
    static SipHash random() {
        var random = new SecureRandom();
        return new SipHash(random.nextLong(), random.nextLong());
    }

    long hash(byte[] bytes) {
        var state = new State(k0, k1);
        int whole = bytes.length & -Long.BYTES;
        for (int i = 0; i < whole; i += Long.BYTES) state.mix((long) LONG.get(bytes, i));

        long last = (long) bytes.length << 56; // above the up to seven bytes that are left
        for (int i = whole; i < bytes.length; i++) last |= (bytes[i] & 0xffL) << 8 * (i - whole);
        state.mix(last);
        return state.end();
    }

    /// Lives only in registers: the compiler sees that it never leaves [#hash(byte\[\])], and allocates nothing.
    private static final class State {

        private long v0;
        private long v1;
        private long v2;
        private long v3;

        State(long k0, long k1) { // mixed with "somepseudorandomlygeneratedbytes"
            v0 = k0 ^ 0x736f6d6570736575L;
            v1 = k1 ^ 0x646f72616e646f6dL;
            v2 = k0 ^ 0x6c7967656e657261L;
            v3 = k1 ^ 0x7465646279746573L;
        }

        void mix(long eightBytes) {
            v3 ^= eightBytes;
            round();
            v0 ^= eightBytes;
        }

        long end() {
            v2 ^= 0xff;
            round();
            round();
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void round() {
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
        }
    }
}
