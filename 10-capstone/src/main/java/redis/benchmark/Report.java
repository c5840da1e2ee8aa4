package redis.benchmark;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/// All that there is to tell: the rows, and what somebody has to know who reads them later.
///
/// @param judged whether the rows are held against their targets: those are for our server beside a real Redis
/// @param arguments of the benchmark
/// @param servers a line for each, ours first
record Report(Instant date, Machine machine, String arguments, Options options, List<String> servers, boolean judged, List<String> notes, List<Row> rows) {

    boolean isBelowTarget(Row row) {
        return judged && row.isBelowTarget();
    }

    boolean hasFailures() {
        return rows.stream().anyMatch(row -> row.state == Row.State.FAILED);
    }

    /// How the numbers came about.
    String method() {
        var round = options.requests() > 0 ? "%,d requests".formatted(options.requests()) : seconds(options.duration().toNanos());
        return """
                %d round%s of %s for each server and row, after %s of warm-up; values of %d bytes. Shown are the medians of the rounds; the maximum is \
                that of all."""
                .formatted(options.rounds(), options.rounds() == 1 ? "" : "s", round, seconds(options.warmUp().toNanos()), options.dataSize())
                + (servers.size() > 1 ? " The servers take turns; a ratio is the median of the rounds' ratios." : "");
    }

    private static String seconds(long nanos) {
        return "%s s".formatted(nanos % 1_000_000_000 == 0 ? Long.toString(nanos / 1_000_000_000) : Double.toString(nanos / 1e9));
    }

    /// Why a row is below its target, as far as this run can tell.
    static String explanation(Row row) {
        var rounds = Arrays.stream(row.ratios(row.judgedBy())).summaryStatistics();
        var text = new StringBuilder("Below its target, %s: %.2fx (rounds from %.2fx to %.2fx)."
                .formatted(row.workload.target(), row.ratio(row.judgedBy()), rounds.getMin(), rounds.getMax()));
        double ours = row.series.get(0).value(Metric.CPU);
        double theirs = row.series.get(1).value(Metric.CPU);
        // a snapshot is written by our own process, and by a child of Redis's, which is not counted
        if (row.workload.setting() != Workload.Setting.SAVING && !Double.isNaN(ours) && !Double.isNaN(theirs)) {
            text.append(" A reply took %.1f µs of CPU time in our server and %.1f µs in Redis.".formatted(ours, theirs));
        }
        return text.toString();
    }
}
