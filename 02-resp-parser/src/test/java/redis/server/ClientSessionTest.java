package redis.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// When replies leave. On a socket every write is a system call, and most often a packet.
class ClientSessionTest {

    @Test
    void answersAPacketOfRequestsWithOneWrite() throws IOException {
        var socket = new RecordingSocket("PING\r\n".repeat(1_000), "*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n".repeat(3));
        new ClientSession(socket).run();
        assertThat(socket.events).containsExactly(
                "read", "write " + "+PONG\r\n".repeat(1_000),
                "read", "write " + "$2\r\nhi\r\n".repeat(3),
                "read");
    }

    @Test
    void answersWhatIsCompleteBeforeItWaitsForTheRest() throws IOException {
        var socket = new RecordingSocket("PING\r\nECHO a\r\n*2\r\n$4\r\nEC", "HO\r\n$1\r\n", "b\r\nPI", "NG\r\n");
        new ClientSession(socket).run();
        assertThat(socket.events).containsExactly(
                "read", "write +PONG\r\n$1\r\na\r\n",
                "read",
                "read", "write $1\r\nb\r\n",
                "read", "write +PONG\r\n",
                "read");
    }

    @Test
    void sendsItsLastWordsInOneWriteWithTheRepliesBefore() throws IOException {
        var error = new RecordingSocket("PING\r\n*x\r\nPING\r\n", "PING\r\n");
        new ClientSession(error).run();
        assertThat(error.events).containsExactly("read", "write +PONG\r\n-ERR Protocol error: invalid multibulk length\r\n");

        var quit = new RecordingSocket("PING\r\nQUIT\r\nPING\r\n", "PING\r\n");
        new ClientSession(quit).run();
        assertThat(quit.events).containsExactly("read", "write +PONG\r\n+OK\r\n");
    }

    /// A socket without a network: reads return these packets, and writes are recorded.
    private static final class RecordingSocket extends Socket {

        final List<String> events = new ArrayList<>();
        private final List<byte[]> packets;

        RecordingSocket(String... packets) {
            this.packets = Arrays.stream(packets).map(PacketStream::bytes).toList();
        }

        @Override
        public void setTcpNoDelay(boolean on) {}

        @Override
        public InputStream getInputStream() {
            return new PacketStream(packets, () -> events.add("read"));
        }

        @Override
        public OutputStream getOutputStream() {
            return new OutputStream() {
                @Override
                public void write(int b) {
                    throw new AssertionError("a write of a single byte");
                }

                @Override
                public void write(byte[] source, int offset, int length) {
                    events.add("write " + new String(source, offset, length, StandardCharsets.ISO_8859_1));
                }
            };
        }
    }
}
