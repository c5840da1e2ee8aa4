package redis.benchmark;

import java.io.IOException;
import java.util.List;

/// One publisher, and many subscribers of its channel. What is counted are the messages that have reached subscribers, and latency is from PUBLISH to each
/// of them.
///
/// A subscriber's n-th message is the n-th that was published, so nothing needs to be read from it. At most `window` messages are on their way at a time:
/// a publisher that waited for the reply to PUBLISH only would soon be ahead of its subscribers by whatever the server is willing to keep.
final class FanOut implements Traffic {

    private final Connection publisher;
    private final List<Connection> subscribers;
    private final int window;
    private final double nanosPerMessage;
    private final Extent extent;
    private final long messages;
    private final Measurement measurement;

    private final long[] sentAt; // of the messages on their way, by number modulo the window
    private final long[] dueAt;
    private final int[] missing; // how many subscribers do not have it yet
    private final long[] received; // how many messages each subscriber has
    private long start;
    private long sent;
    private long complete; // messages that all have
    private long owed; // replies to PUBLISH

    /// @param rate messages per second; 0 for as many as possible
    FanOut(Connection publisher, List<Connection> subscribers, int window, double rate, Extent extent) {
        this.publisher = publisher;
        this.subscribers = subscribers;
        this.window = window;
        this.nanosPerMessage = rate == 0 ? 0 : 1e9 / rate;
        this.extent = extent;
        this.messages = rate == 0 ? extent.requests() : Math.max(1, (long) Math.min(extent.requests(), extent.nanos() / nanosPerMessage));
        this.measurement = new Measurement(rate > 0);
        sentAt = new long[window];
        dueAt = new long[window];
        missing = new int[window];
        received = new long[subscribers.size()];
        for (int i = 0; i < received.length; i++) subscribers.get(i).number = i;
    }

    @Override
    public long periodNanos() {
        return nanosPerMessage == 0 ? 0 : FixedRate.period(nanosPerMessage);
    }

    @Override
    public void begin(long now) throws IOException {
        start = now;
        advance(now);
    }

    @Override
    public void advance(long now) throws IOException {
        while (mayPublish(now)) {
            int slot = (int) (sent % window);
            dueAt[slot] = nanosPerMessage == 0 ? now : due();
            sentAt[slot] = now;
            missing[slot] = received.length;
            sent++;
            owed++;
            publisher.send(1);
        }
    }

    private boolean mayPublish(long now) {
        if (sent == messages || sent - complete == window) return false;
        return nanosPerMessage == 0 ? now - start < extent.nanos() : due() <= now;
    }

    private long due() {
        return start + (long) (sent * nanosPerMessage);
    }

    @Override
    public void replied(Connection connection, int count, long now) throws IOException {
        if (connection == publisher) {
            owed -= count;
            return;
        }
        for (int i = 0; i < count; i++) {
            int slot = (int) (received[connection.number]++ % window);
            measurement.record(dueAt[slot], sentAt[slot], now, 1);
            missing[slot]--;
        }
        measurement.nanos = now - start;
        while (complete < sent && missing[(int) (complete % window)] == 0) complete++;
        advance(now);
    }

    @Override
    public boolean isOver() {
        return owed == 0 && complete == sent && (sent == messages || nanosPerMessage == 0);
    }

    @Override
    public Measurement measurement() {
        return measurement;
    }
}
