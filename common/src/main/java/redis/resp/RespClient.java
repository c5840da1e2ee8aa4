package redis.resp;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/// A blocking client: one connection, one reply for each request.
///
/// Not for use by several threads at once.
public final class RespClient implements AutoCloseable {

    private final Socket socket;
    private final RespReader reader;
    private final RespWriter writer;

    private RespClient(Socket socket) throws IOException {
        this.socket = socket;
        this.writer = new RespWriter(socket.getOutputStream());
        this.reader = new RespReader(socket.getInputStream(), writer);
    }

    /// @param timeout how long to wait for the connection, and later for each piece of a reply; more than zero
    /// @throws IOException if nobody listens there, or not in time
    public static RespClient connect(InetSocketAddress address, Duration timeout) throws IOException {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(address, Math.toIntExact(timeout.toMillis()));
            socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
            return new RespClient(socket);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /// Sends a request and waits for its reply.
    ///
    /// @param words the command's name and its arguments
    /// @throws java.net.SocketTimeoutException if the reply does not come in time
    public Resp call(String... words) throws IOException {
        send(words);
        return read();
    }

    /// Adds a request to those that leave together at the next [#read()] or [#flush()].
    public void send(String... words) throws IOException {
        send(Arrays.stream(words).map(ByteString::of).toList());
    }

    /// As [#send(String...)], for words that are not text.
    public void send(List<ByteString> words) throws IOException {
        writer.writeRequest(words);
    }

    /// Waits for the next reply. An error reply is returned, not thrown.
    ///
    /// @throws java.net.SocketTimeoutException if the reply does not come in time. It may come later, whole or in part:
    ///     what is read after that answers an earlier request than one thinks, so close the client.
    public Resp read() throws IOException {
        return reader.readReply();
    }

    public void flush() throws IOException {
        writer.flush();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
