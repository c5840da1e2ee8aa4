package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

/// Accepts connections and gives each one a virtual thread of its own.
final class RedisServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(RedisServer.class.getName());

    /// Connections that the kernel completes and holds for us until we accept them. Redis's `tcp-backlog`.
    private static final int BACKLOG = 511;

    private static final long ACCEPT_RETRY_NANOS = 100_000_000;

    private final ServerConfig config;
    private final ServerSocket listener = new ServerSocket();

    /// A platform thread: the kernel schedules it, however busy the carriers of the virtual threads are.
    private final Thread acceptor = Thread.ofPlatform().name("acceptor").unstarted(this::acceptConnections);

    /// The live sessions. Concurrent, because the acceptor adds and every session removes itself.
    private final Set<ClientSession> sessions = ConcurrentHashMap.newKeySet();

    /// The threads of all sessions, for [#close()] to join: one whose session is no longer live may still be about to end. Weak, so
    /// that those that have ended are forgotten. The acceptor adds; nobody else looks before it has ended.
    private final Set<Thread> threads = Collections.newSetFromMap(new WeakHashMap<>());

    private volatile boolean running;

    RedisServer(ServerConfig config) throws IOException {
        this.config = config;
    }

    /// Listens, and returns as soon as clients can connect.
    ///
    /// @throws IOException if the address cannot be bound, for one because the port is taken
    void start() throws IOException {
        listener.bind(new InetSocketAddress(config.bind(), config.port()), BACKLOG);
        running = true;
        acceptor.start();
    }

    /// The port it listens on: the configured one, or the one the system chose for port 0.
    int port() {
        return listener.getLocalPort();
    }

    private void acceptConnections() {
        while (running) {
            try {
                admit(listener.accept());
            } catch (IOException | RuntimeException | Error e) { // whatever it is, other clients want to connect
                if (!running) return;
                LOG.log(WARNING, "Cannot accept a connection: " + e);
                LockSupport.parkNanos(ACCEPT_RETRY_NANOS); // out of file descriptors, most likely: let some be closed
            }
        }
    }

    private void admit(Socket socket) throws IOException {
        ClientSession session;
        try {
            session = new ClientSession(socket);
        } catch (IOException e) { // it left before we could greet it
            socket.close();
            return;
        }
        var thread = Thread.ofVirtual().name("client " + session.peer()).unstarted(() -> serve(session));
        threads.add(thread);
        sessions.add(session); // before the start, so that close() finds every session that runs
        thread.start();
    }

    private void serve(ClientSession session) {
        try (session) {
            session.run();
        } catch (IOException e) {
            LOG.log(DEBUG, () -> "Lost " + session.peer() + ": " + e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.log(WARNING, "Closed " + session.peer() + " after an unexpected error", e);
        } finally {
            sessions.remove(session);
        }
    }

    /// Stops listening, closes every connection and waits for their threads to end.
    @Override
    public void close() throws IOException {
        running = false;
        listener.close();
        join(acceptor); // from here on nobody adds a session
        for (var session : sessions) session.close();
        for (var thread : threads) join(thread);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
