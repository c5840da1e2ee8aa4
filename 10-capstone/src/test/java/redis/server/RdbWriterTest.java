package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static redis.server.RdbContent.bytes;
import static redis.server.RdbContent.littleEndian;
import static redis.server.RdbContent.withChecksum;

class RdbWriterTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /// The bytes of a string, as a key without a deadline has them.
    private byte[] encoded(byte[] string, boolean compress) throws IOException {
        var writer = new RdbWriter(out, compress, false);
        writer.entry(ByteString.EMPTY, ByteString.of(string), -1);
        writer.finish();
        var file = out.toByteArray();
        out.reset();
        assertThat(file).startsWith(0, 0).endsWith(0xff, 0, 0, 0, 0, 0, 0, 0, 0);
        return Arrays.copyOfRange(file, 2, file.length - 9);
    }

    private byte[] encoded(String string) throws IOException {
        return encoded(bytes(string), true);
    }

    @Test
    void anEmptyFile() throws IOException {
        var writer = new RdbWriter(out, true, true);
        writer.start(1_700_000_000, 1_000_000);
        writer.aux("aof-base", "0");
        writer.database(0, 0);
        writer.finish();
        assertThat(out.toByteArray()).isEqualTo(withChecksum(bytes("REDIS0010",
                0xfa, 9, "redis-ver", 6, "7.0.15",
                0xfa, 10, "redis-bits", 0xc0, 64,
                0xfa, 5, "ctime", 0xc2, littleEndian(1_700_000_000, 4),
                0xfa, 8, "used-mem", 0xc2, littleEndian(1_000_000, 4),
                0xfa, 8, "aof-base", 0xc0, 0,
                0xff))).hasSize(89);
    }

    @Test
    void keysWithAndWithoutADeadline() throws IOException {
        var writer = new RdbWriter(out, true, true);
        writer.start(0, 0);
        int header = 9 + 2 + 9 + 7 + 2 + 10 + 2 + 2 + 5 + 2 + 2 + 8 + 2;
        writer.database(2, 1);
        writer.entry(ByteString.of("k"), ByteString.of("v"), -1);
        writer.entry(ByteString.of("12"), ByteString.of(""), 1_700_000_000_123L);
        writer.finish();
        var file = out.toByteArray();
        assertThat(Arrays.copyOfRange(file, header, file.length - 8)).isEqualTo(bytes(
                0xfe, 0, 0xfb, 2, 1,
                0, 1, "k", 1, "v",
                0xfc, littleEndian(1_700_000_000_123L, 8), 0, 0xc0, 12, 0,
                0xff));
        assertThat(file).isEqualTo(withChecksum(Arrays.copyOf(file, file.length - 8)));
    }

    @ParameterizedTest
    @CsvSource({"0,c000", "-1,c0ff", "127,c07f", "-128,c080", "128,c18000", "-129,c17fff", "32767,c1ff7f", "-32768,c10080", "32768,c200800000",
        "-32769,c2ff7fffff", "2147483647,c2ffffff7f", "-2147483648,c200000080"})
    void numbersAsNumbers(String number, String hex) throws IOException {
        assertThat(encoded(number)).asHexString().isEqualToIgnoringCase(hex);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "007", "00", "-0", "-01", "+1", " 1", "1 ", "1.0", "1e3", "2147483648", "-2147483649", "4294967296", "99999999999", "0x1",
        "\u00ff", "12345678901234567890"})
    void whatOnlyLooksLikeANumberAsText(String text) throws IOException {
        assertThat(encoded(text)).isEqualTo(bytes(text.length(), text));
    }

    @Test
    void compressesStringsOverTwentyBytesThatGetShorter() throws IOException {
        assertThat(encoded("a".repeat(20))).isEqualTo(bytes(20, "a".repeat(20)));
        assertThat(encoded("a".repeat(21))).isEqualTo(bytes(0xc3, 6, 21, 1, "aa", 0xe0, 0x0a, 0));
        assertThat(encoded(bytes("a".repeat(21)), false)).isEqualTo(bytes(21, "a".repeat(21)));
        assertThat(encoded("abcdefghijklmnopqrstuvwxyz")).isEqualTo(bytes(26, "abcdefghijklmnopqrstuvwxyz"));
    }

    @Test
    void lengthsInTheShortestForm() throws IOException {
        var noise = new byte[70_000];
        new Random(1).nextBytes(noise);
        assertThat(encoded(Arrays.copyOf(noise, 63), true)).startsWith(63);
        assertThat(encoded(Arrays.copyOf(noise, 64), true)).startsWith(0x40, 64);
        assertThat(encoded(Arrays.copyOf(noise, 16383), true)).startsWith(0x7f, 0xff);
        assertThat(encoded(Arrays.copyOf(noise, 16384), true)).startsWith(0x80, 0, 0, 0x40, 0);
        assertThat(encoded(noise, true)).isEqualTo(bytes(0x80, 0, 1, 0x11, 0x70, noise));
    }

    @Test
    void lengthsBeyond32Bits() throws IOException {
        var writer = new RdbWriter(out, true, false);
        writer.database((1L << 32) - 1, 1L << 32);
        writer.finish();
        assertThat(out.toByteArray()).startsWith(bytes(0xfe, 0, 0xfb, 0x80, 0xff, 0xff, 0xff, 0xff, 0x81, 0, 0, 0, 1, 0, 0, 0, 0));
    }

    @Test
    void theChecksumCoversWhatPassesTheBufferAndWhatFillsIt() throws IOException {
        var noise = new byte[300_000];
        new Random(1).nextBytes(noise);
        for (int length : new int[] {65_520, 65_531, 65_532, 65_533, 65_534, 65_535, 65_536, 65_537, 65_600, 300_000}) {
            out.reset();
            var writer = new RdbWriter(out, false, true);
            writer.entry(ByteString.of("a"), ByteString.of(Arrays.copyOf(noise, length)), 5);
            writer.entry(ByteString.of("b"), ByteString.of("c"), -1);
            writer.finish();
            var file = out.toByteArray();
            assertThat(file).isEqualTo(withChecksum(Arrays.copyOf(file, file.length - 8)));
        }
    }
}
