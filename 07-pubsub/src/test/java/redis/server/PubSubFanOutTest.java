package redis.server;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// Ten thousand clients listen to one channel, and each of them gets every one of a thousand messages, to the byte.
@Tag("torture")
class PubSubFanOutTest {

    private static final boolean SHORT = Boolean.getBoolean("torture.short");
    private static final int SUBSCRIBERS = SHORT ? 1_000 : 10_000;
    private static final int MESSAGES = SHORT ? 200 : 1_000;
    private static final int AT_A_TIME = 10;

    private static final long SELECT_TIMEOUT_MILLIS = 20_000;

    @TempDir
    private Path directory;

    @Test
    @Timeout(600)
    void everyoneGetsEveryMessage() throws Exception {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            Assumptions.assumeTrue(system.getMaxFileDescriptorCount() > SUBSCRIBERS + 200,
                    "ulimit -n allows too few open files for " + SUBSCRIBERS + " connections");
        }
        try (var server = ServerProcess.start(directory, "--appendonly", "no", "--save", "", "--maxclients", "" + (SUBSCRIBERS + 10));
             var publisher = server.connect()) {
            try (var subscribers = new Subscribers(server)) {
                var publishing = Thread.ofPlatform().start(() -> publish(publisher));
                subscribers.awaitAllMessages();
                publishing.join();
                publisher.call("PUBSUB", "NUMSUB", "news").is(List.of("news", SUBSCRIBERS)); // nobody was disconnected
            }
            Eventually.becomesTrue("all have left", () -> publisher.call("PUBLISH", "news", "x").text().equals("0"));
            assertThat(server.log()).noneMatch(line -> line.contains("WARNING"));
        }
    }

    private static String text(int number) {
        return "message %06d".formatted(number);
    }

    private static void publish(TestClient publisher) {
        try {
            for (int i = 0; i < MESSAGES; i += AT_A_TIME) {
                for (int n = 0; n < AT_A_TIME; n++) publisher.send("PUBLISH", "news", text(i + n));
                for (int n = 0; n < AT_A_TIME; n++) publisher.read().is(SUBSCRIBERS);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// All of them, read by one thread, which compares every byte.
    private static final class Subscribers implements AutoCloseable {

        private static final byte[] REQUEST = "SUBSCRIBE news\r\n".getBytes(StandardCharsets.US_ASCII);
        private static final byte[] CONFIRMATION = "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n".getBytes(StandardCharsets.US_ASCII);

        private final byte[] expected = expected();
        private final Selector selector = Selector.open();
        private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        private int complete;

        /// Returns when all have subscribed.
        Subscribers(ServerProcess server) throws IOException {
            for (int i = 0; i < SUBSCRIBERS; i++) {
                var channel = SocketChannel.open(server.address());
                channel.write(ByteBuffer.wrap(REQUEST));
                var confirmation = ByteBuffer.allocate(CONFIRMATION.length);
                while (confirmation.hasRemaining()) assertThat(channel.read(confirmation)).isPositive();
                assertThat(confirmation.array()).isEqualTo(CONFIRMATION);
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ, new int[1]); // how many bytes it has got
            }
        }

        private static byte[] expected() {
            var bytes = new ByteArrayOutputStream();
            for (int i = 0; i < MESSAGES; i++) {
                var text = text(i);
                bytes.writeBytes("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$%d\r\n%s\r\n".formatted(text.length(), text).getBytes(StandardCharsets.US_ASCII));
            }
            return bytes.toByteArray();
        }

        void awaitAllMessages() throws IOException {
            while (complete < SUBSCRIBERS) {
                int ready = selector.select(this::read, SELECT_TIMEOUT_MILLIS);
                assertThat(ready).as("something arrives; %d of %d have got all messages", complete, SUBSCRIBERS).isPositive();
            }
        }

        private void read(SelectionKey key) {
            var got = (int[]) key.attachment();
            try {
                int n = ((SocketChannel) key.channel()).read(buffer.clear());
                assertThat(n).as("bytes after %d of %d", got[0], expected.length).isPositive();
                if (n > expected.length - got[0] || !Arrays.equals(buffer.array(), 0, n, expected, got[0], got[0] + n)) {
                    throw new AssertionError("Not what follows after %d bytes: %s".formatted(got[0],
                            Mismatch.excerpt(Arrays.copyOf(buffer.array(), n), 0)));
                }
                got[0] += n;
                if (got[0] == expected.length) complete++;
            } catch (IOException e) {
                throw new AssertionError("after %d of %d bytes".formatted(got[0], expected.length), e);
            }
        }

        @Override
        public void close() throws IOException {
            for (var key : selector.keys()) key.channel().close();
            selector.close();
        }
    }
}
