package redis.benchmark;

import org.HdrHistogram.Histogram;

/// What one run of a load has measured so far.
final class Measurement {

    private static final long HIGHEST_NANOS = 3_600_000_000_000L;

    /// From when a request was to be sent until its reply was there, in nanoseconds. Without a rate it is to be sent when it is.
    final Histogram latency = newHistogram();

    /// From when a request was really sent: without the time for which it had to wait for its turn. It leaves out what a stalled server does to
    /// those who would have come meanwhile ("coordinated omission"), and is here to show the difference. Null without a rate.
    final Histogram uncorrected;

    long replies;
    long nanos;

    Measurement(boolean corrected) {
        uncorrected = corrected ? newHistogram() : null;
    }

    static Histogram newHistogram() {
        return new Histogram(HIGHEST_NANOS, 3);
    }

    /// @param dueAt when the requests were to be sent, and `sentAt` when they were
    void record(long dueAt, long sentAt, long now, int count) {
        latency.recordValueWithCount(limited(now - dueAt), count);
        if (uncorrected != null) uncorrected.recordValueWithCount(limited(now - sentAt), count);
        replies += count;
    }

    /// A request that was due and has not been sent, let alone replied to: it has waited for that long already.
    void recordMissing(long dueAt, long now) {
        latency.recordValue(limited(now - dueAt));
    }

    private static long limited(long nanos) {
        return Math.clamp(nanos, 0, HIGHEST_NANOS);
    }

    double perSecond() {
        return replies / (nanos / 1e9);
    }
}
