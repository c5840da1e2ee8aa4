package redis.benchmark;

import java.io.IOException;
import java.util.List;

/// Each connection sends its next requests when it has the replies to the last ones: it measures how much a server can do.
///
/// What goes out as a pipeline is sent at one time, and each of its replies has come when the bytes of its end have: the last of them waited longest.
final class ClosedLoop implements Traffic {

    private final List<Connection> connections;
    private final int pipeline;
    private final Extent extent;
    private final Measurement measurement = new Measurement(false);

    private long start;
    private long sent;
    private int outstanding;

    ClosedLoop(List<Connection> connections, int pipeline, Extent extent) {
        this.connections = connections;
        this.pipeline = pipeline;
        this.extent = extent;
    }

    @Override
    public long periodNanos() {
        return 0;
    }

    @Override
    public void begin(long now) throws IOException {
        start = now;
        for (var connection : connections) sendNext(connection, now);
    }

    private void sendNext(Connection connection, long now) throws IOException {
        int count = (int) Math.min(pipeline, extent.requests() - sent);
        if (count == 0 || now - start >= extent.nanos()) return;
        connection.sentAt = now;
        sent += count;
        outstanding += count;
        connection.send(count);
    }

    @Override
    public void advance(long now) {}

    @Override
    public void replied(Connection connection, int count, long now) throws IOException {
        connection.outstanding -= count;
        outstanding -= count;
        measurement.record(connection.sentAt, connection.sentAt, now, count);
        measurement.nanos = now - start;
        if (connection.outstanding == 0) sendNext(connection, now);
    }

    @Override
    public boolean isOver() {
        return outstanding == 0;
    }

    @Override
    public Measurement measurement() {
        return measurement;
    }
}
