package redis.server;

/// What has been asked of one command, and how long that took. For the thread that holds the store's lock.
final class CommandStatistics {

    private long calls;
    private long nanos;
    private long rejected;
    private long failed;
    private LatencyHistogram latencies; // null as long as nobody has called it

    /// It was carried out.
    ///
    /// @param failed whether the reply is an error
    /// @param keepsLatency whether the time counts for percentiles, too
    void called(long nanos, boolean failed, boolean keepsLatency) {
        calls++;
        this.nanos += nanos;
        if (failed) this.failed++;
        if (!keepsLatency) return;
        if (latencies == null) latencies = new LatencyHistogram();
        latencies.record(nanos);
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
