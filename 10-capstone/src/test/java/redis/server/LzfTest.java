package redis.server;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.DataFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.fail;
import static redis.server.RdbContent.bytes;

class LzfTest {

    private final Lzf lzf = new Lzf();

    /// @return null if it is not worth it
    private byte[] compress(byte[] string) {
        var out = new byte[Math.max(0, string.length - 4)];
        int n = lzf.compress(string, out);
        return n == 0 ? null : Arrays.copyOf(out, n);
    }

    @Test
    void compressesAsRedisDoes() {
        assertThat(compress(bytes("a".repeat(21)))).isEqualTo(bytes(1, "aa", 0xe0, 0x0a, 0));
        assertThat(compress(bytes("a".repeat(23)))).isEqualTo(bytes(1, "aa", 0xe0, 0x0a, 0, 1, "aa"));
        assertThat(compress(bytes("babbaabbaabbaabbaabbaababbaab")))
                .isEqualTo(bytes(4, "babba", 0xe0, 0x09, 0x03, 0x40, 0x11, 1, "ab"));
    }

    @Test
    void refersToBytesAsFarBackAsItCan() {
        assertThat(compress(bytes(".", "abcdefgh", new byte[8192 - 8], "abcdefgh", "xyz"))).endsWith(bytes(0xdf, 0xff, 2, "xyz"));
        assertThat(compress(bytes(".", "abcdefgh", new byte[8193 - 8], "abcdefgh", "xyz"))).endsWith(bytes("abcdefghxyz"));
    }

    @Test
    void leavesWhatGetsNoShorter() {
        for (int length = 0; length < 12; length++) assertThat(compress(bytes("a".repeat(length)))).as("%s bytes", length).isNull();
        var noise = new byte[10_000];
        new Random(1).nextBytes(noise);
        assertThat(compress(noise)).isNull();
    }

    @Test
    void whatItCompressesItRestores() throws DataFormatException {
        var random = new Random(2);
        int worthIt = 0;
        for (int i = 0; i < 5_000; i++) {
            var string = string(random);
            var compressed = compress(string);
            if (compressed == null) continue;
            worthIt++;
            assertThat(compressed.length).isLessThanOrEqualTo(string.length - 4);
            assertThat(Lzf.decompress(bytes(9, compressed, 9), 1, 1 + compressed.length, string.length)).isEqualTo(string);
        }
        assertThat(worthIt).isGreaterThan(1_000);
    }

    /// Words of few letters, some of which come again, near or far.
    static byte[] string(Random random) {
        var string = new byte[random.nextInt(random.nextInt(50) == 0 ? 30_000 : 400)];
        int letters = 1 << random.nextInt(9);
        for (int i = 0; i < string.length; i++) {
            string[i] = (byte) random.nextInt(letters);
            if (i == 0 || random.nextInt(10) > 0) continue;
            int distance = 1 + random.nextInt(i);
            int end = Math.min(string.length, i + random.nextInt(600));
            for (; i < end; i++) string[i] = string[i - distance];
        }
        return string;
    }

    /// Nothing that one string leaves in the table may be taken for a place in the next.
    @Test
    void forgetsTheStringBefore() {
        var string = bytes("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz");
        var first = compress(string);
        compress(new byte[100_000]);
        assertThat(compress(string)).isEqualTo(first);
    }

    @Test
    void goesOnWhenItsPlacesRunOutOfNumbers() throws DataFormatException {
        var zeros = new byte[64 << 20];
        var out = new byte[2 << 20];
        for (int i = 0; i < 33; i++) assertThat(lzf.compress(zeros, out)).isPositive();
        var string = bytes("abcabcabcabcabcabcabcabcabc");
        var compressed = compress(string);
        assertThat(Lzf.decompress(compressed, 0, compressed.length, string.length)).isEqualTo(string);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            0061,     2, it is shorter than announced
            00,       2, it ends too early
            0061,     0, it is longer than announced
            0161,     2, it ends too early
            1f,       2, it ends too early
            006120,   4, it ends too early
            0061e000, 9, it ends too early
            0061e0,   9, it ends too early
            2000,     3, it refers to bytes before its start
            00612001, 4, it refers to bytes before its start
            00612000, 3, it is longer than announced
            00612000, 5, it is shorter than announced
            '',       1, it cannot be that long
            006161,   265, it cannot be that long
            """)
    void refusesWhatIsNotCompressed(String hex, int length, String reason) {
        var in = HexFormat.of().parseHex(hex);
        assertThatThrownBy(() -> Lzf.decompress(in, 0, in.length, length)).isInstanceOf(DataFormatException.class).hasMessage(reason);
    }

    @Test
    void takesTheLongestMatchAndTheFarthest() throws DataFormatException {
        assertThat(Lzf.decompress(bytes(0, "a", 0xe0, 0xff, 0), 0, 5, 265)).isEqualTo(bytes("a".repeat(265)));
        var far = new byte[256 * 33];
        for (int i = 0; i < 256; i++) far[33 * i] = 31;
        far[1] = 'x';
        var string = Lzf.decompress(bytes(far, 0x3f, 0xff), 0, far.length + 2, 8195);
        assertThat(string).hasSize(8195).startsWith('x').endsWith('x', 0, 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whateverComesIsRestoredOrRefused(long seed) {
        var random = new Random(seed);
        for (int i = 0; i < 100_000; i++) {
            var in = new byte[random.nextInt(40)];
            for (int k = 0; k < in.length; k++) in[k] = (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(4));
            int length = random.nextInt(100);
            try {
                assertThat(Lzf.decompress(in, 0, in.length, length)).hasSize(length);
            } catch (DataFormatException e) {
                // refused
            } catch (RuntimeException e) {
                fail("seed " + seed + ": " + Arrays.toString(in) + " for " + length + " bytes", e);
            }
        }
    }
}
