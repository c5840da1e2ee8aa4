package redis.server;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class Crc64Test {

    @Test
    void knownValues() {
        assertThat(crc("")).isZero();
        assertThat(crc("123456789")).isEqualTo(0xe9c6d914c4b8d9caL);
    }

    @Test
    void isTheRemainderOfTheDivision() {
        var bytes = new byte[1000];
        new Random(1).nextBytes(bytes);
        for (int from = 0; from < 20; from++) {
            for (int to = from; to < from + 40; to++) {
                assertThat(Crc64.update(7, bytes, from, to - from)).isEqualTo(bitByBit(7, bytes, from, to));
            }
        }
        assertThat(Crc64.update(0, bytes, 0, 1000)).isEqualTo(bitByBit(0, bytes, 0, 1000));
    }

    @Test
    void ofTwoPiecesIsThatOfTheWhole() {
        var bytes = new byte[100];
        new Random(2).nextBytes(bytes);
        long whole = Crc64.update(0, bytes, 0, 100);
        for (int i = 0; i <= 100; i++) assertThat(Crc64.update(Crc64.update(0, bytes, 0, i), bytes, i, 100 - i)).isEqualTo(whole);
    }

    private static long crc(String text) {
        return Crc64.update(0, text.getBytes(StandardCharsets.US_ASCII), 0, text.length());
    }

    /// The definition, as slow as it gets.
    private static long bitByBit(long crc, byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            for (int bit = 0; bit < 8; bit++) {
                boolean odd = (crc & 1 ^ bytes[i] >> bit & 1) != 0;
                crc >>>= 1;
                if (odd) crc ^= Long.reverse(0xad93d23594c935a9L);
            }
        }
        return crc;
    }
}
