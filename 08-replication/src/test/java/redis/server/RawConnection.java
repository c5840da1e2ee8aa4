package redis.server;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// A connection of which a test writes and reads every byte: it plays a master or a replica. Bytes are chars of Latin-1.
final class RawConnection implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket;

    RawConnection(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
    }

    static RawConnection connect(InetSocketAddress address) throws IOException {
        return new RawConnection(new Socket(address.getAddress(), address.getPort()));
    }

    void send(String bytes) throws IOException {
        send(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /// Sends a request as an array.
    void request(String words) throws IOException {
        send(AofFiles.commands(words));
    }

    /// Everything up to a line end, and without it.
    String line() throws IOException {
        var line = new StringBuilder();
        while (true) {
            int b = socket.getInputStream().read();
            if (b < 0) throw new EOFException("the connection has ended behind \"" + line + '"');
            if (b == '\n') return line.toString().stripTrailing();
            line.append((char) b);
        }
    }

    byte[] bytes(int count) throws IOException {
        return socket.getInputStream().readNBytes(count);
    }

    /// Asserts that these bytes come next.
    void expect(String bytes) throws IOException {
        var received = bytes(bytes.length());
        assertThat(Mismatch.escape(received)).isEqualTo(Mismatch.escape(bytes.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /// Asserts that this request comes next.
    void expectRequest(String words) throws IOException {
        expect(AofFiles.commands(words));
    }

    /// Asserts that nothing comes for a while.
    void expectSilence() throws IOException {
        socket.setSoTimeout(200);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(TIMEOUT_MILLIS);
    }

    /// Asserts that the other side closes the connection, whatever it sends before.
    void expectEnd() throws IOException {
        try {
            socket.getInputStream().skipNBytes(Long.MAX_VALUE); // what was on its way
        } catch (EOFException e) {
            // closed
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the connection has not been closed", e);
        } catch (SocketException e) {
            // closed, with something unread
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
