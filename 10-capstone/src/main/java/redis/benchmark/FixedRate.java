package redis.benchmark;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;

/// Requests by the clock, whether the server keeps up or not: it measures how long users wait at a load that is given.
///
/// Users do not stop coming because a server has stalled. So a request that finds no idle connection waits for one, and its latency counts from when it
/// was due: the correction for coordinated omission. Requests go out in pipelines here too, which are due when their first request is.
final class FixedRate implements Traffic {

    private static final long SHORTEST_PERIOD_NANOS = 50_000;

    private final List<Connection> connections;
    private final int pipeline;
    private final double nanosPerRequest;
    private final Extent extent;
    private final long requests;
    private final ArrayDeque<Connection> idle = new ArrayDeque<>();
    private final Measurement measurement = new Measurement(true);

    private long start;
    private long sent;
    private long outstanding;

    /// @param rate requests per second, more than zero
    FixedRate(List<Connection> connections, int pipeline, double rate, Extent extent) {
        this.connections = connections;
        this.pipeline = pipeline;
        this.nanosPerRequest = 1e9 / rate;
        this.extent = extent;
        this.requests = Math.max(1, (long) Math.min(extent.requests(), extent.nanos() / nanosPerRequest));
    }

    @Override
    public long periodNanos() {
        return period(pipeline * nanosPerRequest);
    }

    /// That of what is to be sent, but not more often than a thread can reasonably be woken: what is due then goes out together.
    static long period(double nanos) {
        return Math.max((long) nanos, SHORTEST_PERIOD_NANOS);
    }

    @Override
    public void begin(long now) throws IOException {
        start = now;
        idle.addAll(connections);
        advance(now);
    }

    @Override
    public void advance(long now) throws IOException {
        while (sent < requests && due() <= now && !idle.isEmpty()) {
            var connection = idle.remove();
            int count = (int) Math.min(pipeline, requests - sent);
            connection.dueAt = due();
            connection.sentAt = System.nanoTime();
            sent += count;
            outstanding += count;
            connection.send(count);
        }
    }

    /// When the next request is to be sent.
    private long due() {
        return start + (long) (sent * nanosPerRequest);
    }

    @Override
    public void replied(Connection connection, int count, long now) throws IOException {
        connection.outstanding -= count;
        outstanding -= count;
        measurement.record(connection.dueAt, connection.sentAt, now, count);
        measurement.nanos = now - start;
        if (connection.outstanding == 0) idle.add(connection);
        if (isHopeless(now)) giveUp(now);
    }

    /// Whether the server is so far behind that the run would not end in good time.
    private boolean isHopeless(long now) {
        return sent < requests && extent.nanos() < Long.MAX_VALUE && now - start > 2 * extent.nanos() + 1_000_000_000L;
    }

    /// Those that have not been sent have waited until now at least, and this must not be left out.
    private void giveUp(long now) {
        for (; sent < requests; sent++) measurement.recordMissing(due(), now);
    }

    @Override
    public boolean isOver() {
        return sent == requests && outstanding == 0;
    }

    @Override
    public Measurement measurement() {
        return measurement;
    }
}
