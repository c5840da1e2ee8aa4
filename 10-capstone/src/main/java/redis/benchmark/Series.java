package redis.benchmark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.HdrHistogram.Histogram;

/// The rounds of one server in one row.
final class Series {

    /// The server's short name.
    final String server;

    final List<Round> rounds = new ArrayList<>();

    /// The latencies of all rounds, in nanoseconds.
    final Histogram latency = Measurement.newHistogram();

    /// The same without the correction for coordinated omission; null where there is none.
    Histogram uncorrected;

    Series(String server) {
        this.server = server;
    }

    void add(Measurement measurement, double cpuSeconds, int saves) {
        rounds.add(Round.of(measurement, cpuSeconds, saves));
        latency.add(measurement.latency);
        if (measurement.uncorrected == null) return;
        if (uncorrected == null) uncorrected = Measurement.newHistogram();
        uncorrected.add(measurement.uncorrected);
    }

    /// The median of the rounds; of the maximum, the maximum.
    double value(Metric metric) {
        var values = rounds.stream().mapToDouble(metric::of);
        return metric == Metric.MAX ? values.max().orElse(Double.NaN) : median(values.toArray());
    }

    static double median(double... numbers) {
        if (numbers.length == 0) return Double.NaN;
        var sorted = numbers.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
