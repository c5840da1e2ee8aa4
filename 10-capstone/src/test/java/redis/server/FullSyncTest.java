package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// One file that is written once, and sent to several replicas, meanwhile or later.
class FullSyncTest {

    private static final String ID = "a".repeat(40);
    private static final long OFFSET = 100;

    @TempDir
    private Path directory;

    private final ReplicationStream stream = new ReplicationStream();
    private FullSync sync;

    @BeforeEach
    void begin() throws IOException {
        stream.open(OFFSET, false);
        sync = new FullSync(ID, stream.readerAt(OFFSET), directory);
    }

    private static boolean joins(FullSync sync) {
        return sync.join() != null;
    }

    private static byte[] random(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] join(Object... parts) {
        return RdbContent.bytes(parts);
    }

    /// What a replica gets, sent by a thread of its own.
    private CompletableFuture<byte[]> send(boolean eof) {
        return CompletableFuture.supplyAsync(() -> {
            var out = new ByteArrayOutputStream();
            try {
                sync.sendTo(out, eof);
                return out.toByteArray();
            } catch (IOException e) {
                throw new IllegalStateException(e.getMessage());
            } finally {
                sync.leave();
            }
        }, task -> Thread.ofPlatform().start(task));
    }

    private static byte[] get(CompletableFuture<byte[]> sent) throws Exception {
        return sent.get(10, TimeUnit.SECONDS);
    }

    private static void assertSame(byte[] sent, byte[] expected) {
        assertThat(Arrays.mismatch(sent, expected)).as("the first wrong one of %d bytes", expected.length).isEqualTo(-1);
    }

    /// Asserts that a replica got this content between a mark and the same mark.
    private static void assertMarked(byte[] sent, byte[] content) {
        var text = new String(sent, StandardCharsets.ISO_8859_1);
        assertThat(text).matches("(?s)\\$EOF:[0-9a-f]{40}\r\n.*");
        var mark = text.substring(5, 45);
        assertSame(sent, join("$EOF:" + mark + "\r\n", content, mark));
    }

    @Test
    void knowsWhereInWhichHistoryItBegan() {
        assertThat(sync.id()).isEqualTo(ID);
        assertThat(sync.offset()).isEqualTo(OFFSET);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 1_000_000})
    void sendsTheSameToAll(int length) throws Exception {
        var content = random(length);
        assertThat(joins(sync)).isTrue();
        assertThat(joins(sync)).isTrue();
        assertThat(joins(sync)).isTrue();
        var early = send(true);
        sync.write(out -> {
            for (int i = 0; i < length; i += 10_000) out.write(content, i, Math.min(10_000, length - i));
        });
        assertMarked(get(early), content);
        assertMarked(get(send(true)), content);
        assertSame(get(send(false)), join("$" + length + "\r\n", content));
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void whoKnowsMarksReadsWhileItIsWritten() throws Exception {
        assertThat(joins(sync)).isTrue();
        var arrived = new CountDownLatch(5);
        var counting = new OutputStream() {
            @Override
            public void write(int b) {
                throw new AssertionError("a write of a single byte");
            }

            @Override
            public void write(byte[] bytes, int from, int length) {
                for (int i = from; i < from + length; i++) {
                    if (bytes[i] == '#') arrived.countDown();
                }
            }
        };
        var sent = CompletableFuture.runAsync(() -> {
            try {
                sync.sendTo(counting, true);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }, task -> Thread.ofPlatform().start(task));
        sync.write(out -> {
            out.write("#####".getBytes());
            try {
                assertThat(arrived.await(10, TimeUnit.SECONDS)).as("the beginning arrives before the end is written").isTrue();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            out.write('.');
        });
        sent.get(10, TimeUnit.SECONDS);
        sync.leave();
    }

    @Test
    void whoHasToKnowTheLengthGetsASignOfLifeMeanwhile() throws Exception {
        assertThat(joins(sync)).isTrue();
        var signs = new CountDownLatch(1);
        var out = new ByteArrayOutputStream() {
            @Override
            public synchronized void writeBytes(byte[] bytes) {
                throw new AssertionError();
            }

            @Override
            public synchronized void write(byte[] bytes, int from, int length) {
                super.write(bytes, from, length);
                signs.countDown();
            }
        };
        var sent = CompletableFuture.runAsync(() -> {
            try {
                sync.sendTo(out, false);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }, task -> Thread.ofPlatform().start(task));
        assertThat(signs.await(10, TimeUnit.SECONDS)).isTrue();
        sync.write(file -> file.write("content".getBytes()));
        sent.get(10, TimeUnit.SECONDS);
        assertThat(out.toString()).matches("\n+\\$7\r\ncontent");
        sync.leave();
    }

    @Test
    void aSlowReaderHoldsUpNobody() throws Exception {
        var content = random(300_000);
        var go = new CountDownLatch(1);
        assertThat(joins(sync)).isTrue();
        assertThat(joins(sync)).isTrue();
        var received = new ByteArrayOutputStream();
        var slow = CompletableFuture.runAsync(() -> {
            try {
                sync.sendTo(new OutputStream() {
                    @Override
                    public void write(int b) {
                        throw new AssertionError("a write of a single byte");
                    }

                    @Override
                    public void write(byte[] bytes, int from, int length) throws IOException {
                        try {
                            if (!go.await(10, TimeUnit.SECONDS)) throw new IOException("it had to wait for too long");
                        } catch (InterruptedException e) {
                            throw new IOException(e);
                        }
                        received.write(bytes, from, length);
                    }
                }, true);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } finally {
                sync.leave();
            }
        }, task -> Thread.ofPlatform().start(task));
        sync.write(out -> out.write(content)); // returns
        assertMarked(get(send(true)), content);
        assertThat(slow).isNotDone();
        go.countDown();
        slow.get(10, TimeUnit.SECONDS);
        assertMarked(received.toByteArray(), content);
    }

    @Test
    void whoComesWhenItIsOverComesTooLate() throws Exception {
        assertThat(joins(sync)).isTrue();
        sync.write(out -> {
            out.write("content".getBytes());
            assertThat(joins(sync)).isTrue(); // it is not over yet
        });
        assertThat(joins(sync)).isFalse();
        assertThat(get(send(false))).isEqualTo("$7\r\ncontent".getBytes()); // who came in time has time
        assertThat(get(send(false))).isEqualTo("$7\r\ncontent".getBytes());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSnapshotThatFailsFailsForAll(boolean eof) throws IOException {
        assertThat(joins(sync)).isTrue();
        var sent = send(eof);
        assertThatIOException().isThrownBy(() -> sync.write(out -> {
            out.write("content".getBytes());
            throw new IOException("No space left on device");
        })).withMessage("No space left on device");
        assertThatThrownBy(() -> get(sent)).hasMessageContaining("the snapshot could not be taken: No space left on device");
        assertThat(joins(sync)).isFalse();
        assertThat(Files.list(directory)).isEmpty();
    }

    @Test
    void anErrorIsAFailureToo() {
        assertThat(joins(sync)).isTrue();
        assertThatThrownBy(() -> sync.write(_ -> {
            throw new IllegalStateException("a surprise");
        })).isInstanceOf(IllegalStateException.class);
        assertThatIOException().isThrownBy(() -> sync.sendTo(OutputStream.nullOutputStream(), true)).withMessageContaining("a surprise");
        sync.leave();
    }

    @Test
    void theFileIsThereAsLongAsSomebodyNeedsIt() throws Exception {
        assertThat(joins(sync)).isTrue();
        sync.write(out -> out.write("content".getBytes()));
        assertThat(get(send(false))).isEqualTo("$7\r\ncontent".getBytes());
        assertThat(directory).isEmptyDirectory();
        assertThatIOException().isThrownBy(() -> sync.sendTo(OutputStream.nullOutputStream(), false)); // it is closed
    }
}
