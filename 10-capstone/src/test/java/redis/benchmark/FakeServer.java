package redis.benchmark;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/// A server that answers every request of one fixed length as a test wants it.
final class FakeServer implements AutoCloseable {

    /// Answers a request.
    interface Answer {

        /// @param number of the request, counted from 1 over all connections
        void to(int number, OutputStream out) throws Exception;
    }

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    private final AtomicInteger requests = new AtomicInteger();
    private final int requestLength;
    private final Answer answer;

    FakeServer(Requests kind, Answer answer) throws IOException {
        this.requestLength = kind.maxLength();
        this.answer = answer;
        Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                var socket = listener.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // the test is over
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            var in = socket.getInputStream();
            while (in.readNBytes(requestLength).length == requestLength) answer.to(requests.incrementAndGet(), socket.getOutputStream());
        } catch (Exception e) {
            // the client has gone, or the test wants the connection to end
        }
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    static void ok(OutputStream out) throws IOException {
        out.write("+OK\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
