package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// The chain of chunks: what is appended, what is kept, and what those who follow it read.
class ReplicationStreamTest {

    private static final int CHUNK = 64 * 1024;
    private static final long BASE = 1_000;
    private static final String SELECT = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";

    private final ReplicationStream stream = new ReplicationStream();
    private final Random random = new Random(8);

    private static List<ByteString> command(String... words) {
        return Stream.of(words).map(ByteString::of).toList();
    }

    private static String encoded(String... words) {
        var text = new StringBuilder("*" + words.length + "\r\n");
        for (var word : words) text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        return text.toString();
    }

    private static String rest(ReplicationStream.Reader reader) throws IOException {
        var out = new ByteArrayOutputStream();
        while (reader.writeTo(out) > 0) {
            // the next chunk
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    /// Adds as many random bytes, in pieces of any size.
    private byte[] relay(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        for (int done = 0; done < length; ) {
            int n = Math.min(length - done, 1 + random.nextInt(10_000));
            stream.relay(bytes, done, n);
            done += n;
        }
        return bytes;
    }

    // ---- commands ----

    @Test
    void keepsNothingUntilSomebodyFollows() {
        stream.append(command("SET", "a", "1"));
        stream.relay(new byte[10], 0, 10);
        assertThat(stream.isOpen()).isFalse();
        assertThat(stream.offset()).isZero();
        assertThat(stream.readerAt(0)).isNull();
    }

    @Test
    void saysOnceWhichDatabaseTheCommandsAreFor() throws IOException {
        stream.open(BASE, false);
        var reader = stream.readerAt(BASE);
        stream.append(command("SET", "a", "1"));
        stream.append(command("DEL", "a"));
        assertThat(stream.offset()).isEqualTo(BASE + 23 + 27 + 20);
        assertThat(rest(reader)).isEqualTo(SELECT + encoded("SET", "a", "1") + encoded("DEL", "a"));
        assertThat(reader.offset()).isEqualTo(stream.offset());
    }

    @Test
    void saysItOnceMoreForThoseWhoBeginHere() throws IOException {
        stream.open(BASE, false);
        stream.append(command("SET", "a", "1"));
        stream.selectAgain();
        var reader = stream.readerAt(stream.offset());
        stream.append(command("SET", "b", "1"));
        stream.append(command("SET", "c", "1"));
        stream.offset();
        assertThat(rest(reader)).isEqualTo(SELECT + encoded("SET", "b", "1") + encoded("SET", "c", "1"));
    }

    @Test
    void saysNothingOfADatabaseForWhatNeedsNone() throws IOException {
        stream.open(BASE, false);
        var reader = stream.readerAt(BASE);
        stream.appendAside(command("ping"));
        stream.append(command("SET", "a", "1"));
        stream.appendAside(command("ping"));
        stream.append(command("SET", "b", "1"));
        stream.offset();
        assertThat(rest(reader)).isEqualTo(encoded("ping") + SELECT + encoded("SET", "a", "1") + encoded("ping") + encoded("SET", "b", "1"));
    }

    @Test
    void aRelayedStreamIsTheMastersAlone() throws IOException {
        stream.open(BASE, true);
        var reader = stream.readerAt(BASE);
        stream.append(command("SET", "a", "1"));
        stream.appendAside(command("ping"));
        stream.relay("xyz".getBytes(), 1, 2);
        assertThat(stream.offset()).isEqualTo(BASE + 2);
        assertThat(rest(reader)).isEqualTo("yz");
    }

    @Test
    void aStreamThatIsNoLongerRelayedGoesOnWithCommands() throws IOException {
        stream.open(BASE, true);
        var reader = stream.readerAt(BASE);
        stream.relay("xyz".getBytes(), 0, 3);
        stream.relayed(false);
        stream.append(command("SET", "a", "1"));
        stream.offset();
        assertThat(rest(reader)).isEqualTo("xyz" + SELECT + encoded("SET", "a", "1")); // whatever database the master had chosen
        stream.relayed(true);
        stream.append(command("SET", "b", "1"));
        assertThat(stream.offset()).isEqualTo(BASE + 3 + 23 + 27);
        assertThat(rest(reader)).isEmpty();
    }

    @Test
    void othersSeeTheOffsetAfterItWasAskedFor() {
        stream.open(BASE, false);
        stream.append(command("SET", "a", "1"));
        long offset = stream.offset();
        assertThat(stream.visibleOffset()).isEqualTo(offset).isEqualTo(BASE + 50);
    }

    // ---- readers ----

    @Test
    void aReaderMayBeginAtEachByte() throws IOException {
        stream.open(BASE, true);
        var bytes = relay(3 * CHUNK + 100);
        long end = BASE + bytes.length;
        assertThat(stream.offset()).isEqualTo(end);
        assertThat(stream.readerAt(BASE - 1)).isNull();
        assertThat(stream.readerAt(end + 1)).isNull();
        var first = new FirstByte();
        for (int i = 0; i < bytes.length; i++) {
            var reader = stream.readerAt(BASE + i);
            assertThat(reader.offset()).isEqualTo(BASE + i);
            int n = reader.writeTo(first);
            assertThat(n).isEqualTo(Math.min(CHUNK - i % CHUNK, bytes.length - i)); // the rest of a chunk
            assertThat(first.value).isEqualTo(bytes[i]);
            assertThat(reader.offset()).isEqualTo(BASE + i + n);
        }
        for (int border = 0; border <= bytes.length; border += CHUNK) {
            for (int i = Math.max(0, border - 3); i <= Math.min(bytes.length, border + 3); i++) {
                var rest = rest(stream.readerAt(BASE + i)).getBytes(StandardCharsets.ISO_8859_1);
                assertThat(rest).as("from %d on", i).isEqualTo(Arrays.copyOfRange(bytes, i, bytes.length));
            }
        }
    }

    private static final class FirstByte extends OutputStream {
        byte value;

        @Override
        public void write(int b) {
            throw new AssertionError("a write of a single byte");
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            value = bytes[from];
        }
    }

    @Test
    void aReaderAtTheEndGoesOnWhenThereIsMore() throws IOException {
        for (int length : new int[] {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK}) {
            stream.open(BASE, true);
            relay(length);
            var reader = stream.readerAt(BASE + length);
            assertThat(reader.hasMore()).isFalse();
            assertThat(rest(reader)).isEmpty();
            stream.relay("more".getBytes(), 0, 4);
            assertThat(reader.hasMore()).isTrue();
            var copy = reader.copy();
            assertThat(rest(reader)).isEqualTo("more");
            assertThat(reader.hasMore()).isFalse();
            assertThat(copy.offset()).isEqualTo(BASE + length);
            assertThat(rest(copy)).isEqualTo("more");
        }
    }

    /// The appender has a lock of its own in the server, and readers have none.
    @RepeatedTest(50)
    void aReaderSeesEachByteOnceWhileTheStreamGrows() throws Exception {
        int length = 500_000;
        stream.open(BASE, true);
        var reader = stream.readerAt(BASE);
        var appended = new AtomicLong();
        var bytes = new byte[length];
        random.nextBytes(bytes);
        var appender = Thread.ofPlatform().start(() -> {
            for (int done = 0; done < length; ) {
                int n = Math.min(length - done, 1 + random.nextInt(2_000));
                stream.relay(bytes, done, n);
                done += n;
                appended.set(done);
            }
        });
        var out = new ByteArrayOutputStream();
        while (out.size() < length) {
            long before = appended.get();
            reader.writeTo(out);
            assertThat(reader.offset()).isEqualTo(BASE + out.size());
            if (out.size() < before) assertThat(reader.hasMore()).isTrue(); // what is there is seen
        }
        appender.join();
        assertThat(out.toByteArray()).isEqualTo(bytes);
        assertThat(reader.hasMore()).isFalse();
    }

    // ---- what is kept ----

    @Test
    void trimsWholeChunksAndKeepsAtLeastWhatItIsTold() throws IOException {
        stream.open(BASE, true);
        var bytes = relay(10 * CHUNK);
        long end = BASE + bytes.length;
        for (int size : new int[] {20 * CHUNK, 10 * CHUNK, 10 * CHUNK - 1, 5 * CHUNK + 1, 5 * CHUNK, 5 * CHUNK - 1, 100, 0}) {
            stream.trim(size);
            long first = stream.first();
            assertThat(end - first).as("kept of %d", size).isBetween((long) Math.min(size, bytes.length), (long) Math.max(size + CHUNK, 0));
            assertThat(stream.readerAt(first - 1)).isNull();
            var rest = rest(stream.readerAt(first)).getBytes(StandardCharsets.ISO_8859_1);
            assertThat(rest).isEqualTo(Arrays.copyOfRange(bytes, (int) (first - BASE), bytes.length));
            assertThat(stream.offset()).isEqualTo(end);
        }
    }

    @Test
    void aSlowReaderKeepsWhatItHasNotRead() throws IOException {
        stream.open(BASE, true);
        var bytes = relay(4 * CHUNK);
        var slow = stream.readerAt(BASE + 5);
        stream.trim(10);
        assertThat(stream.first()).isGreaterThan(BASE + 5);
        assertThat(rest(slow).getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(Arrays.copyOfRange(bytes, 5, bytes.length));
    }

    @Test
    void trimmingAShortStreamForgetsNothing() {
        stream.trim(0); // nobody follows
        stream.open(BASE, false);
        stream.append(command("SET", "a", "1"));
        stream.trim(0);
        assertThat(stream.first()).isEqualTo(BASE);
        assertThat(stream.readerAt(BASE)).isNotNull();
    }

    @Test
    void aClosedStreamIsForgottenButNotByThoseWhoReadIt() throws IOException {
        stream.open(BASE, false);
        var reader = stream.readerAt(BASE);
        stream.append(command("SET", "a", "1"));
        long end = stream.offset();
        stream.close();
        assertThat(stream.isOpen()).isFalse();
        assertThat(stream.readerAt(end)).isNull();
        stream.append(command("SET", "b", "1"));
        assertThat(stream.offset()).isEqualTo(end); // nobody counts
        assertThat(rest(reader)).isEqualTo(SELECT + encoded("SET", "a", "1"));
    }

    @Test
    void aStreamThatIsOpenedAnewHasNothingOfTheOneBefore() throws IOException {
        stream.open(BASE, false);
        var before = stream.readerAt(BASE);
        stream.append(command("SET", "a", "1"));
        stream.offset();
        stream.open(5, false);
        assertThat(stream.first()).isEqualTo(5);
        assertThat(stream.offset()).isEqualTo(5);
        assertThat(stream.readerAt(BASE)).isNull();
        var after = stream.readerAt(5);
        stream.append(command("SET", "b", "1"));
        stream.offset();
        assertThat(rest(after)).isEqualTo(SELECT + encoded("SET", "b", "1"));
        assertThat(rest(before)).isEqualTo(SELECT + encoded("SET", "a", "1"));
    }
}
