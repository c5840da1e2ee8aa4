package redis.server;

import java.io.IOException;
import java.net.Socket;

/// One connection, served by one virtual thread from its first byte to its last.
final class ClientSession implements AutoCloseable {

    private static final int BUFFER_SIZE = 8 * 1024;

    private final Socket socket;

    ClientSession(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true); // a reply leaves when we write it, not when the kernel has gathered a full packet
    }

    /// The client's address, for log lines.
    String peer() {
        return socket.getRemoteSocketAddress().toString();
    }

    /// Sends every byte back until the client has no more to say.
    ///
    /// @throws IOException if the connection breaks
    void run() throws IOException {
        var in = socket.getInputStream();
        var out = socket.getOutputStream();
        var buffer = new byte[BUFFER_SIZE];
        int n;
        while ((n = in.read(buffer)) != -1) { // waits here; only this virtual thread does, its carrier serves others
            out.write(buffer, 0, n);          // waits here when the client does not read: it slows down itself alone
        }
    }

    /// Ends the session from any thread: a read or write that waits fails at once.
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
