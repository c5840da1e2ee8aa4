package redis.server;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static redis.server.RdbContent.bytes;
import static redis.server.RdbContent.littleEndian;

/// Damages files at random. A failure names its seed and shows the file.
@Timeout(120)
@Tag("torture")
class RdbFuzzTest {

    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

    /// Of memory: for an empty file the reader's buffer and a message; for a byte of the file, a compressed one that becomes 88, and they
    /// are counted more than once on their way through the test.
    private static final long MEMORY_AT_LEAST = 512 * 1024;
    private static final long MEMORY_PER_BYTE = 1_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aFileWithOneBitFlippedOrCutNeverLoadsAsAnother(long seed) throws IOException {
        var random = new Random(seed);
        for (int i = 0; i < 2_500; i++) {
            var file = file(random);
            var original = RdbContent.of(file);
            var damaged = file.clone();
            if (random.nextInt(4) == 0) damaged = Arrays.copyOf(file, random.nextInt(file.length));
            else damaged[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                var content = RdbContent.of(damaged);
                if (!content.equals(original)) fail(description(seed, damaged));
            } catch (RdbException e) {
                assertThat(e).hasMessageContaining(" at offset ");
            }
        }
    }

    /// As a checksum would find nearly all damage, here is what happens without one: no other exception, no more memory than the file gives reason for.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whateverComesIsReadOrRefused(long seed) throws IOException {
        var random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            var file = file(random);
            for (int damage = 1 + random.nextInt(4); damage > 0; damage--) {
                int at = 9 + random.nextInt(file.length - 9);
                file[at] = (byte) switch (random.nextInt(4)) {
                    case 0 -> file[at] ^ 1 << random.nextInt(8);
                    case 1 -> 0xc0 + random.nextInt(4);
                    case 2 -> 0xf0 + random.nextInt(16);
                    default -> random.nextInt(256);
                };
            }
            long before = THREADS.getCurrentThreadAllocatedBytes();
            try {
                RdbContent.of(new ByteArrayInputStream(file), false);
            } catch (RdbException e) {
                assertThat(e).hasMessageContaining(" at offset ");
            } catch (RuntimeException | Error e) {
                fail(description(seed, file), e);
            }
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            assertThat(allocated).as(() -> "memory for " + description(seed, file))
                    .isLessThan(MEMORY_AT_LEAST + MEMORY_PER_BYTE * file.length);
        }
    }

    private static String description(long seed, byte[] file) {
        return "seed %d, a file of %d bytes: %s".formatted(seed, file.length, HexFormat.of().formatHex(file, 0, Math.min(file.length, 2_000)));
    }

    /// A valid file with a few of everything; some are longer than the reader's buffer.
    private static byte[] file(Random random) throws IOException {
        var out = new ByteArrayOutputStream();
        var writer = new RdbWriter(out, random.nextBoolean(), true);
        writer.start(1_700_000_000 + random.nextInt(1_000_000), random.nextInt());
        var keys = new HashSet<ByteString>();
        for (int i = random.nextInt(6); i > 0; i--) keys.add(string(random, "k" + i));
        writer.database(keys.size(), keys.size());
        for (var key : keys) {
            writer.entry(key, string(random, "v"), random.nextBoolean() ? -1 : random.nextLong() >>> random.nextInt(64));
        }
        writer.finish();
        var rdb = out.toByteArray();
        // What this writer never writes, before the end.
        var body = bytes(Arrays.copyOf(rdb, rdb.length - 9),
                random.nextInt(4) > 0 ? new byte[0] : bytes(0xf5, 3, "lua"),
                random.nextInt(4) > 0 ? new byte[0] : bytes(0xf7, 0x81, littleEndian(random.nextLong(), 8), 2, 1, 2, 7, 5, 1, "x", 0),
                random.nextInt(4) > 0 ? new byte[0] : bytes(0xfd, littleEndian(random.nextInt(), 4), 0xf8, 9, 0xf9, 5, 0, 3, "old", 0xc3, 6, 21, 1, "aa", 0xe0, 10, 0),
                0xff);
        return RdbContent.withChecksum(body);
    }

    private static ByteString string(Random random, String prefix) {
        return switch (random.nextInt(4)) {
            case 0 -> ByteString.of(prefix);
            case 1 -> ByteString.of(prefix + "abc".repeat(random.nextInt(100)));
            case 2 -> ByteString.of(random.nextInt() >> random.nextInt(32));
            default -> {
                var noise = new byte[random.nextInt(random.nextInt(300) == 0 ? 100_000 : 100)];
                random.nextBytes(noise);
                yield ByteString.of(bytes(prefix, noise));
            }
        };
    }
}
