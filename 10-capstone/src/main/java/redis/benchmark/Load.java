package redis.benchmark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A load generator: the connections to one server, all served by the thread that calls it.
///
/// One thread with a selector keeps a server busy and leaves the other cores to it. The connections stay open from run to run. Not for use by several
/// threads at once.
final class Load implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long SELECT_MILLIS = 100;
    private static final long UPDATE_NANOS = Duration.ofMillis(200).toNanos();

    private final Selector selector = Selector.open();
    private final List<Connection> connections = new ArrayList<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(256 << 10);

    private final Duration patience;

    private Load(Duration patience) throws IOException {
        this.patience = patience;
    }

    /// Returns when they are all connected.
    static Load open(InetSocketAddress address, int connections) throws IOException {
        return open(address, connections, PATIENCE);
    }

    /// @param patience after how much silence a server is given up; [#PATIENCE] but in tests
    static Load open(InetSocketAddress address, int connections, Duration patience) throws IOException {
        var load = new Load(patience);
        try {
            for (int i = 0; i < connections; i++) load.connections.add(Connection.open(address, load.selector));
            return load;
        } catch (IOException e) {
            load.close();
            throw new LoadException("cannot open %d connections: %s".formatted(connections, e.getMessage()));
        }
    }

    List<Connection> connections() {
        return connections;
    }

    /// Sends these requests on all connections, as fast as the server replies.
    Measurement closedLoop(Requests requests, int pipeline, Extent extent) throws IOException, InterruptedException {
        for (var connection : connections) connection.use(requests);
        return run(new ClosedLoop(connections, pipeline, extent), _ -> {});
    }

    /// Runs until the traffic is over.
    ///
    /// @param watcher is told from time to time what has been measured so far
    /// @throws LoadException if the server replies with an error, ends a connection, or says nothing for ten seconds
    /// @throws InterruptedException if the thread is interrupted; the load is of no use then
    Measurement run(Traffic traffic, Consumer<Measurement> watcher) throws IOException, InterruptedException {
        try {
            loop(traffic, watcher);
            return traffic.measurement();
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            throw new InterruptedException();
        } catch (LoadException e) {
            throw e;
        } catch (IOException e) {
            throw new LoadException("a connection was lost: " + e.getMessage());
        }
    }

    private void loop(Traffic traffic, Consumer<Measurement> watcher) throws IOException, InterruptedException {
        long now = System.nanoTime();
        long lastReply = now;
        long lastUpdate = now;
        long period = traffic.periodNanos();
        try (var _ = period == 0 ? null : new Metronome(selector, now, period)) {
            traffic.begin(now);
            while (!traffic.isOver()) {
                if (selector.select(SELECT_MILLIS) > 0) lastReply = System.nanoTime();
                for (var key : selector.selectedKeys()) serve((Connection) key.attachment(), traffic);
                selector.selectedKeys().clear();
                if (Thread.interrupted()) throw new InterruptedException();
                now = System.nanoTime();
                traffic.advance(now);
                if (now - lastReply > patience.toNanos()) {
                    throw new LoadException("the server has not replied for %s seconds".formatted(patience.toNanos() / 1e9));
                }
                if (now - lastUpdate > UPDATE_NANOS) {
                    watcher.accept(traffic.measurement());
                    lastUpdate = now;
                }
            }
        }
    }

    private void serve(Connection connection, Traffic traffic) throws IOException {
        if (connection.isWritable()) connection.write();
        if (connection.isReadable()) {
            int count = connection.read(in);
            if (count > 0) traffic.replied(connection, count, System.nanoTime());
        }
    }

    /// How many replies were "there is nothing".
    long nulls() {
        return connections.stream().mapToLong(Connection::nulls).sum();
    }

    @Override
    public void close() throws IOException {
        for (var connection : connections) connection.close();
        selector.close();
    }
}
