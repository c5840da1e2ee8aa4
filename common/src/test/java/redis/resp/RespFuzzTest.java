package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Feeds the reader what nobody would send: valid streams with some bytes changed, and plain noise. Whatever comes,
///
/// - it ends, with nothing but the stream's end, an [java.io.EOFException] or a [ProtocolException];
/// - it takes memory in proportion to the bytes that came;
/// - it means the same in whichever pieces it comes.
///
/// A failure names its seed; `-Dfuzz.seed=…` runs that one alone.
class RespFuzzTest {

    private static final int INPUTS = 5_000;
    private static final Duration NET = Duration.ofSeconds(30);

    /// Bytes allocated for each byte that came. The worst is a one-letter word on an inline line: an object, an array
    /// and a buffer to build it.
    private static final int MEMORY_PER_BYTE = 128;
    private static final int MEMORY_AT_LEAST = 256 * 1024;

    private static final String[] TELLING = {"\r\n", "\r", "\n", "*", "$", "+", "-", ":", "%", "~", "|", "_", ",", "(",
        "=", "!", "#", ">", "0", "9", "-1", "\"", "'", "\\", "\\x", " ", "\0", "\u00ff", "*0\r\n", "*1\r\n",
        "$0\r\n\r\n", "$-1\r\n", "*-1\r\n", "_\r\n"};

    private static final String[] EXTREMES = {"", "-", "-0", "00", "+1", "-1", "-2", "16", "17", "8191", "8192", "8193",
        "65536", "65537", "536870911", "536870912", "536870913", "2147483647", "2147483648", "4294967295", "4294967296",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
        "99999999999999999999"};

    static LongStream seeds() {
        var seed = Long.getLong("fuzz.seed");
        return seed != null ? LongStream.of(seed) : LongStream.of(1, 2, 3, 4);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whateverComesIsReadOrRefused(long seed) {
        new Fuzz(seed).run();
    }

    @Test
    @Tag("torture")
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void whateverElseComesIsReadOrRefused() {
        for (int i = 0; i < 20; i++) new Fuzz(new Random().nextLong()).run();
    }

    /// The inputs that grow from one seed.
    private static final class Fuzz {

        private final long seed;
        private final Random random;
        private final RandomResp source;
        private volatile byte[] input = {};

        Fuzz(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            this.source = new RandomResp(random);
        }

        void run() {
            assertTimeoutPreemptively(NET, () -> {
                for (int i = 0; i < INPUTS; i++) {
                    input = input();
                    check(Outcome::ofRequests);
                    check(Outcome::ofReplies);
                }
            }, this::description);
        }

        private void check(Function<InputStream, Outcome> reading) throws IOException {
            var whole = measured(reading, PieceStream.of(input));
            var inPieces = measured(reading, pieces());
            assertThat(inPieces).as(this::description).isEqualTo(whole);
        }

        private Outcome measured(Function<InputStream, Outcome> reading, PieceStream stream) throws IOException {
            var outcome = new Outcome[1];
            long allocated;
            try {
                allocated = Allocation.during(() -> outcome[0] = reading.apply(stream));
            } catch (RuntimeException | Error e) {
                throw new AssertionError(description(), e);
            }
            assertThat(allocated).as(() -> "memory for " + description())
                    .isLessThan(MEMORY_AT_LEAST + (long) MEMORY_PER_BYTE * input.length);
            return outcome[0];
        }

        private String description() {
            var head = Arrays.copyOf(input, Math.min(input.length, 2_000));
            return "-Dfuzz.seed=%d, input of %d bytes: %s%nin hex: %s".formatted(seed, input.length,
                    ByteString.of(head).toLatin1(), HexFormat.of().formatHex(head));
        }

        private PieceStream pieces() {
            int longest = 1 << random.nextInt(input.length > 1000 ? 14 : 7);
            var stream = PieceStream.of(new byte[0]);
            for (int from = 0; from < input.length; ) {
                int to = Math.min(input.length, from + 1 + random.nextInt(longest));
                stream.add(Arrays.copyOfRange(input, from, to));
                from = to;
            }
            return stream;
        }

        private byte[] input() throws IOException {
            var bytes = switch (random.nextInt(40)) {
                case 0 -> noise();
                case 1 -> words();
                case 2 -> PieceStream.bytes(TELLING[random.nextInt(TELLING.length)].repeat(random.nextInt(400)));
                default -> valid();
            };
            for (int mutations = random.nextInt(4); mutations > 0; mutations--) bytes = mutated(bytes);
            return bytes;
        }

        private byte[] noise() {
            var bytes = new byte[random.nextInt(100)];
            random.nextBytes(bytes);
            return bytes;
        }

        /// Telling bytes in any order; now and then a line that is too long.
        private byte[] words() {
            var text = new StringBuilder();
            for (int i = random.nextInt(100); i > 0; i--) text.append(TELLING[random.nextInt(TELLING.length)]);
            if (random.nextInt(10) == 0) text.append("1".repeat(65_500 + random.nextInt(100)));
            return PieceStream.bytes(text.toString());
        }

        private byte[] valid() throws IOException {
            var wire = new ByteArrayOutputStream();
            var writer = new RespWriter(wire);
            boolean requests = random.nextBoolean();
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                if (!requests) writer.write(source.reply());
                else if (random.nextInt(3) > 0) writer.writeRequest(source.request());
                else wire.writeBytes(PieceStream.bytes("SET key \"a\\x41 b\" 'c'\r\n"));
            }
            writer.flush();
            return wire.toByteArray();
        }

        private byte[] mutated(byte[] bytes) {
            if (bytes.length == 0) return bytes;
            int from = random.nextInt(bytes.length);
            int to = Math.min(bytes.length, from + random.nextInt(20));
            return switch (random.nextInt(7)) {
                case 0 -> spliced(bytes, from, from + 1, new byte[] {(byte) (bytes[from] ^ 1 << random.nextInt(8))});
                case 1 -> spliced(bytes, from, to, new byte[0]);
                case 2 -> spliced(bytes, from, from, PieceStream.bytes(TELLING[random.nextInt(TELLING.length)]));
                case 3 -> Arrays.copyOf(bytes, from);
                case 4 -> spliced(bytes, from, from, Arrays.copyOfRange(bytes, random.nextInt(from + 1), to));
                case 5 -> spliced(bytes, from, to, noise());
                default -> withExtremeNumber(bytes, from);
            };
        }

        /// The bytes with those between two places replaced.
        private static byte[] spliced(byte[] bytes, int from, int to, byte[] replacement) {
            var result = new ByteArrayOutputStream();
            result.write(bytes, 0, from);
            result.writeBytes(replacement);
            result.write(bytes, to, bytes.length - to);
            return result.toByteArray();
        }

        /// The first number from a place on becomes one at which something changes.
        private byte[] withExtremeNumber(byte[] bytes, int place) {
            int from = place;
            while (from < bytes.length && !isDigit(bytes[from])) from++;
            int to = from;
            while (to < bytes.length && isDigit(bytes[to])) to++;
            return spliced(bytes, from, to, PieceStream.bytes(EXTREMES[random.nextInt(EXTREMES.length)]));
        }

        private static boolean isDigit(byte b) {
            return '0' <= b && b <= '9';
        }
    }
}
