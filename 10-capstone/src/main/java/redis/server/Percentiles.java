package redis.server;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Which percentiles of latencies INFO shows: the parameter `latency-tracking-info-percentiles`.
///
/// @param text as CONFIG GET shows it: `50 99 99.9`
record Percentiles(String text, List<Double> percentages) {

    /// @throws IllegalArgumentException with the reason in Redis's words
    static Percentiles parse(String text) {
        List<Double> percentages;
        try {
            percentages = Pattern.compile(" +").splitAsStream(text).filter(word -> !word.isEmpty()).map(Double::valueOf).toList();
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("Invalid latency-tracking-info-percentiles parameters");
        }
        for (double percentage : percentages) {
            if (!(0 <= percentage && percentage <= 100)) {
                throw new IllegalArgumentException("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
            }
        }
        return new Percentiles(percentages.stream().map(Percentiles::format).collect(Collectors.joining(" ")), percentages);
    }

    private static String format(double percentage) {
        return percentage == Math.rint(percentage) ? Long.toString((long) percentage) : Double.toString(percentage);
    }

    /// As a file of parameters has them.
    List<String> lines() {
        return List.of(text.isEmpty() ? "\"\"" : text);
    }

    /// As INFO shows them, in microseconds: `p50=1.003,p99=7.007`.
    String of(LatencyHistogram latencies) {
        return percentages.stream()
                .map(percentage -> "p%s=%s".formatted(format(percentage), ServerInfo.decimal(latencies.percentile(percentage) / 1000.0, 3)))
                .collect(Collectors.joining(","));
    }
}
