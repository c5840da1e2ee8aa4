package redis.server;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// Where clients connect: a socket and a thread for each address of `bind`.
final class Listeners implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Listeners.class.getName());

    private static final long ACCEPT_RETRY_NANOS = 100_000_000;

    /// Gets each connection.
    @FunctionalInterface
    interface Acceptor {
        void accept(Socket socket) throws IOException;
    }

    /// @param thread a platform thread: the kernel schedules it, however busy the carriers of the virtual threads are
    private record Listener(ServerSocket socket, Thread thread) {}

    private final ServerConfig config;
    private final Acceptor acceptor;
    private final List<Listener> listeners = new ArrayList<>();

    /// Lets one connection after the other in, whatever address it comes to, so that there are never more clients than there may be.
    private final ReentrantLock acceptLock = new ReentrantLock();

    private volatile boolean open = true;

    /// @param acceptor is given one connection at a time
    Listeners(ServerConfig config, Acceptor acceptor) {
        this.config = config;
        this.acceptor = acceptor;
    }

    /// Listens to all addresses.
    ///
    /// @throws BindException if one cannot be listened to, for one because the port is taken; it listens to none then
    void start() throws IOException {
        try {
            for (var address : addresses()) listen(address);
        } catch (IOException e) {
            close();
            throw e;
        }
        for (var listener : listeners) listener.thread.start();
    }

    /// What is to be listened to. A socket for any address takes connections to all of them, IPv4 and IPv6: Java has no other.
    private List<InetAddress> addresses() throws BindException {
        var addresses = new ArrayList<InetAddress>();
        for (var word : config.bind.get().strip().split("\\s+")) {
            boolean optional = word.startsWith("-");
            var name = optional ? word.substring(1) : word;
            if (name.isEmpty()) continue; // which Java takes for this machine
            var address = resolve(name);
            if (address.isAnyLocalAddress()) return List.of(address);
            if (optional && !exists(address)) LOG.log(INFO, "This machine does not have the address " + name + ": nobody can connect to it");
            else addresses.add(address);
        }
        if (addresses.isEmpty()) throw new BindException("'" + config.bind.get() + "': that is no address of this machine");
        return addresses;
    }

    private static InetAddress resolve(String name) throws BindException {
        try {
            return switch (name) {
                case "*" -> InetAddress.getByName("0.0.0.0");
                case "::*" -> InetAddress.getByName("::");
                default -> InetAddress.getByName(name);
            };
        } catch (UnknownHostException e) {
            throw new BindException(name + ": unknown host");
        }
    }

    private static boolean exists(InetAddress address) {
        try (var probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(address, 0));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void listen(InetAddress address) throws IOException {
        int port = listeners.isEmpty() ? config.port.get() : port(); // one that the system has chosen is the same for all
        var socket = new ServerSocket();
        try {
            socket.bind(new InetSocketAddress(address, port), config.tcpBacklog.get());
        } catch (IOException e) {
            socket.close();
            throw new BindException(text(address, port) + ": " + e.getMessage());
        }
        var name = "acceptor of " + text(address, socket.getLocalPort());
        listeners.add(new Listener(socket, Thread.ofPlatform().name(name).unstarted(() -> accept(socket))));
    }

    private void accept(ServerSocket listener) {
        while (open) {
            try {
                acceptOne(listener.accept());
            } catch (IOException | RuntimeException | Error e) { // whatever it is, other clients want to connect
                if (!open) return;
                LOG.log(WARNING, "Cannot accept a connection: " + e);
                LockSupport.parkNanos(ACCEPT_RETRY_NANOS); // out of file descriptors, most likely: let some be closed
            }
        }
    }

    private void acceptOne(Socket socket) throws IOException {
        acceptLock.lock();
        try {
            acceptor.accept(socket);
        } finally {
            acceptLock.unlock();
        }
    }

    /// The port it listens on: the configured one, or the one the system chose for port 0.
    int port() {
        return listeners.getFirst().socket.getLocalPort();
    }

    /// Where it listens: `127.0.0.1`.
    List<String> hosts() {
        return listeners.stream().map(listener -> host(listener.socket.getInetAddress())).toList();
    }

    private static String host(InetAddress address) {
        return address.getHostAddress().replaceFirst("^(0:){7}0?", "::"); // :: and ::1, as everybody writes them
    }

    private static String text(InetAddress address, int port) {
        return host(address) + ":" + port;
    }

    /// Stops to listen, and returns when no connection is let in any more.
    @Override
    public void close() throws IOException {
        open = false;
        for (var listener : listeners) listener.socket.close();
        for (var listener : listeners) {
            try {
                listener.thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
