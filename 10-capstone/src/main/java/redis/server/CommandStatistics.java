package redis.server;

/// What has been asked of one command, and how long that took. For the thread that holds the store's lock.
final class CommandStatistics {

    private final boolean quick;
    private long calls;
    private long nanos;
    private long rejected;
    private long failed;
    private LatencyHistogram latencies; // null as long as nobody has called it

    /// @param quick whether it takes constant time, whatever the data are
    CommandStatistics(boolean quick) {
        this.quick = quick;
    }

    boolean isQuick() {
        return quick;
    }

    /// It was carried out.
    ///
    /// @param times how often
    /// @param nanos how long that took altogether
    /// @param keepsLatency whether the time counts for percentiles, too
    void called(int times, long nanos, boolean keepsLatency) {
        calls += times;
        this.nanos += nanos;
        if (!keepsLatency) return;
        if (latencies == null) latencies = new LatencyHistogram();
        latencies.record(times, nanos / times);
    }

    /// It was carried out, and the reply was an error.
    void failed() {
        failed++;
    }

    /// It was not carried out: with so few words, or at this moment, or for this client.
    void rejected() {
        rejected++;
    }

    void reset() {
        calls = 0;
        nanos = 0;
        rejected = 0;
        failed = 0;
        latencies = null;
    }

    /// Whether there is anything to tell of.
    boolean isUsed() {
        return calls + rejected + failed > 0;
    }

    /// @return null if there are none
    LatencyHistogram latencies() {
        return latencies;
    }

    /// As INFO shows it.
    @Override
    public String toString() {
        long micros = nanos / 1000;
        return "calls=%d,usec=%d,usec_per_call=%s,rejected_calls=%d,failed_calls=%d"
                .formatted(calls, micros, ServerInfo.decimal(calls == 0 ? 0 : (double) micros / calls, 2), rejected, failed);
    }
}
