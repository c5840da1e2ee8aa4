package redis.server;

import java.io.IOException;
import java.net.Socket;
import java.util.List;

/// One connection, served by one virtual thread from its first byte to its last.
final class ClientSession implements AutoCloseable {

    private final Socket socket;

    ClientSession(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true); // a reply leaves when we write it, not when the kernel has gathered a full packet
    }

    /// The client's address, for log lines.
    String peer() {
        return socket.getRemoteSocketAddress().toString();
    }

    /// Answers requests, one after the other, until the client has no more of them, quits, or sends what is none.
    ///
    /// @throws IOException if the connection breaks
    void run() throws IOException {
        var replies = new ReplyWriter(socket.getOutputStream());
        var requests = new RespParser(socket.getInputStream(), replies);
        var commands = new Commands(replies);
        try {
            List<byte[]> request;
            do {
                request = requests.readRequest();
            } while (request != null && commands.execute(request));
        } catch (ProtocolException e) {
            replies.error("ERR Protocol error: " + e.getMessage());
        }
        replies.flush(); // until here the parser did this, each time before it waited
    }

    /// Ends the session from any thread: a read or write that waits fails at once.
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
