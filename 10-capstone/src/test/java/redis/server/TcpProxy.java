package redis.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Stands between a replica and its master, and cuts their connection where a test wants it.
final class TcpProxy implements AutoCloseable {

    private final InetSocketAddress target;
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong left = new AtomicLong(Long.MAX_VALUE); // how many bytes it passes on from the target before it cuts
    private volatile boolean refusing;
    private volatile int connections;

    TcpProxy(InetSocketAddress target) throws IOException {
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    /// How many connections there have been.
    int connections() {
        return connections;
    }

    private void accept() {
        try (listener) {
            while (true) {
                var client = listener.accept();
                connections++;
                if (refusing) client.close();
                else connect(client);
            }
        } catch (IOException e) {
            // the test is over
        }
    }

    private void connect(Socket client) throws IOException {
        Socket server;
        try {
            server = new Socket(target.getAddress(), target.getPort());
        } catch (IOException e) { // it is gone
            client.close();
            return;
        }
        sockets.add(client);
        sockets.add(server);
        Thread.ofVirtual().start(() -> pump(client, server, new AtomicLong(Long.MAX_VALUE)));
        Thread.ofVirtual().start(() -> pump(server, client, left));
    }

    private void pump(Socket from, Socket to, AtomicLong left) {
        var buffer = new byte[16 * 1024];
        try (from; to) {
            from.setTcpNoDelay(true);
            to.setTcpNoDelay(true);
            int n;
            while ((n = from.getInputStream().read(buffer)) >= 0) {
                int read = n;
                long allowed = left.getAndUpdate(before -> before <= read ? Long.MAX_VALUE : before - read);
                to.getOutputStream().write(buffer, 0, (int) Math.min(allowed, read));
                if (allowed <= read) return;
            }
        } catch (IOException e) {
            // it has been cut
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    /// Cuts the connection, and lets the next one through.
    void cut() throws IOException {
        for (var socket : sockets) socket.close();
    }

    /// Cuts the connection when so many more bytes of the target have passed.
    void cutAfter(long bytes) {
        left.set(bytes);
    }

    /// Whether a cut that was announced is still to come.
    boolean isToCut() {
        return left.get() < Long.MAX_VALUE / 2;
    }

    /// Cuts the connection, and lets nobody through until [#restore()].
    void interrupt() throws IOException {
        refusing = true;
        cut();
    }

    void restore() {
        refusing = false;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }
}
