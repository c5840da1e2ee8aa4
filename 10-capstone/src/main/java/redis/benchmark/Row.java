package redis.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// What became of one workload.
final class Row {

    enum State {
        DONE,
        /// It was not possible against these servers.
        SKIPPED,
        /// A server did not do what was asked of it.
        FAILED
    }

    final Workload workload;

    /// One for each server, ours first. Empty, or without the last rounds, if the row is not DONE.
    final List<Series> series = new ArrayList<>();

    final List<String> notes = new ArrayList<>();
    State state = State.DONE;

    /// Why it is not DONE.
    String reason = "";

    Row(Workload workload) {
        this.workload = workload;
    }

    void end(State state, String reason) {
        this.state = state;
        this.reason = reason;
    }

    boolean isComparison() {
        return state == State.DONE && series.size() == 2;
    }

    /// The first server's number divided by the second's: the median of the rounds' ratios, as the two runs of a round are close in time. Of the maximum,
    /// the ratio of the two maxima.
    double ratio(Metric metric) {
        if (metric == Metric.MAX) return series.get(0).value(metric) / series.get(1).value(metric);
        return Series.median(ratios(metric));
    }

    /// Of each round.
    double[] ratios(Metric metric) {
        var first = series.get(0).rounds;
        var second = series.get(1).rounds;
        return IntStream.range(0, Math.min(first.size(), second.size()))
                .mapToDouble(i -> metric.of(first.get(i)) / metric.of(second.get(i))).toArray();
    }

    /// The number that the row is judged by.
    Metric judgedBy() {
        return workload.target() == null ? Metric.THROUGHPUT : workload.target().metric();
    }

    boolean isBelowTarget() {
        return isComparison() && workload.target() != null && !workload.target().isMetBy(ratio(judgedBy()));
    }
}
