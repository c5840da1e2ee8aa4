package redis.benchmark;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The results for machines. Throughput is in replies per second, latency in milliseconds, CPU time in microseconds per reply.
final class JsonReport {

    private JsonReport() {}

    static String of(Report report) {
        var json = new LinkedHashMap<String, Object>();
        json.put("date", report.date());
        json.put("machine", map("system", report.machine().system(), "processor", report.machine().processor(), "cores", report.machine().cores(),
                "memoryBytes", report.machine().memoryBytes(), "load", report.machine().load(), "java", report.machine().java()));
        json.put("arguments", report.arguments());
        json.put("servers", report.servers());
        json.put("method", report.method());
        json.put("notes", report.notes());
        json.put("rows", report.rows().stream().map(row -> row(report, row)).toList());
        return Json.of(json) + "\n";
    }

    private static Map<String, Object> row(Report report, Row row) {
        var workload = row.workload;
        var json = map("id", workload.id(), "title", workload.title(), "clients", workload.clients(), "pipeline", workload.pipeline(),
                "rate", workload.rate() == 0 ? null : workload.rate(), "keyspace", workload.keyspace(), "state", lowerCase(row.state),
                "reason", row.reason.isEmpty() ? null : row.reason, "notes", row.notes);
        json.put("servers", row.series.stream().map(JsonReport::series).toList());
        if (row.isComparison()) {
            var ratios = new LinkedHashMap<String, Object>();
            for (var metric : Metric.values()) ratios.put(lowerCase(metric), rounded(row.ratio(metric)));
            json.put("ratios", ratios);
            json.put("ratiosOfRounds", Arrays.stream(row.ratios(row.judgedBy())).mapToObj(JsonReport::rounded).toList());
        }
        if (report.judged() && workload.target() != null) {
            json.put("target", map("metric", lowerCase(workload.target().metric()), "bound", workload.target().bound(), "text", workload.target()));
            json.put("belowTarget", row.isBelowTarget());
        }
        return json;
    }

    private static Map<String, Object> series(Series series) {
        var json = map("server", series.server);
        for (var metric : Metric.values()) json.put(lowerCase(metric), rounded(series.value(metric)));
        json.put("rounds", series.rounds.stream().map(JsonReport::round).toList());
        if (series.uncorrected != null) {
            json.put("p99Uncorrected", rounded(series.uncorrected.getValueAtPercentile(99) / 1e6));
            json.put("maxUncorrected", rounded(series.uncorrected.getMaxValue() / 1e6));
        }
        return json;
    }

    private static Map<String, Object> round(Round round) {
        var json = new LinkedHashMap<String, Object>();
        for (var metric : Metric.values()) json.put(lowerCase(metric), rounded(metric.of(round)));
        return json;
    }

    private static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static double rounded(double number) {
        return Double.isFinite(number) ? Math.round(number * 1e4) / 1e4 : number;
    }

    private static Map<String, Object> map(Object... namesAndValues) {
        var map = new LinkedHashMap<String, Object>();
        for (int i = 0; i < namesAndValues.length; i += 2) map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        return map;
    }

    /// The percentiles of every row and server in HdrHistogram's own format, in milliseconds: a file name and its text for each.
    static Map<String, String> histograms(List<Row> rows) {
        var files = new LinkedHashMap<String, String>();
        for (var row : rows) {
            for (var series : row.series) {
                if (series.rounds.isEmpty()) continue;
                var name = row.workload.id() + "." + series.server.replaceAll("[^A-Za-z0-9.-]", "-");
                files.put(name + ".hgrm", Percentiles.text(series.latency));
                if (series.uncorrected != null) files.put(name + ".uncorrected.hgrm", Percentiles.text(series.uncorrected));
            }
        }
        return files;
    }
}
