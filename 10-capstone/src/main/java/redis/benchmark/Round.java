package redis.benchmark;

import org.HdrHistogram.Histogram;

/// What one short run against one server came to.
///
/// @param perSecond replies; of pub/sub, messages that were delivered
/// @param p50 and the others: milliseconds
/// @param cpuMicros the server's own CPU time for each reply, in microseconds; NaN if that is not known
/// @param saves snapshots that were completed meanwhile
record Round(double perSecond, double p50, double p90, double p99, double p999, double max, double cpuMicros, int saves) {

    static Round of(Measurement measurement, double cpuSeconds, int saves) {
        var latency = measurement.latency;
        return new Round(measurement.perSecond(), millis(latency, 50), millis(latency, 90), millis(latency, 99), millis(latency, 99.9),
                latency.getMaxValue() / 1e6, cpuSeconds * 1e6 / measurement.replies, saves);
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }
}
