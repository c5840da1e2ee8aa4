package redis.benchmark;

import java.util.List;
import java.util.function.ToDoubleFunction;

/// One of the numbers of a row.
enum Metric {
    THROUGHPUT("throughput", Round::perSecond),
    P50("p50", Round::p50),
    P90("p90", Round::p90),
    P99("p99", Round::p99),
    P999("p99.9", Round::p999),
    MAX("max", Round::max),
    CPU("CPU", Round::cpuMicros);

    /// Those of a reply's time, in milliseconds.
    static final List<Metric> LATENCIES = List.of(P50, P90, P99, P999, MAX);

    final String title;
    private final ToDoubleFunction<Round> of;

    Metric(String title, ToDoubleFunction<Round> of) {
        this.title = title;
        this.of = of;
    }

    double of(Round round) {
        return of.applyAsDouble(round);
    }
}
