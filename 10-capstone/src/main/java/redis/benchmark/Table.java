package redis.benchmark;

import java.util.ArrayList;
import java.util.List;

/// The results as text, for a terminal.
final class Table {

    private static final String LINE = "%-22s %-16s %12s %9s %9s %9s %9s %9s%n";

    private Table() {}

    static String of(Report report) {
        var text = new StringBuilder();
        text.append(LINE.formatted("", "", "replies/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"));
        for (var row : report.rows()) append(text, report, row);
        var remarks = remarks(report);
        if (!remarks.isEmpty()) text.append('\n').append(String.join("\n", remarks)).append('\n');
        return text.append('\n').append(report.method()).append('\n').toString();
    }

    private static void append(StringBuilder text, Report report, Row row) {
        if (row.state != Row.State.DONE) {
            text.append("%-22s %s%n".formatted(row.workload.title(), row.state == Row.State.SKIPPED ? "skipped" : "FAILED"));
            return;
        }
        var title = row.workload.title();
        for (var series : row.series) {
            var cells = new ArrayList<String>(List.of(title, series.server, throughput(series.value(Metric.THROUGHPUT))));
            for (var metric : Metric.LATENCIES) cells.add(millis(series.value(metric)));
            text.append(LINE.formatted(cells.toArray()));
            title = "";
        }
        if (!row.isComparison()) return;
        var cells = new ArrayList<String>(List.of("", "ratio", ratio(row.ratio(Metric.THROUGHPUT))));
        for (var metric : Metric.LATENCIES) cells.add(ratio(row.ratio(metric)));
        var line = LINE.formatted(cells.toArray()).stripTrailing();
        text.append(line).append(report.isBelowTarget(row) ? "  << below target" : "").append('\n');
    }

    /// What is to be said about rows, beside their numbers.
    private static List<String> remarks(Report report) {
        var remarks = new ArrayList<String>();
        for (var row : report.rows()) {
            var title = row.workload.title() + ": ";
            if (row.state == Row.State.SKIPPED) remarks.add(title + "skipped. " + row.reason);
            if (row.state == Row.State.FAILED) remarks.add(title + "FAILED. " + row.reason);
            for (var note : row.notes) remarks.add(title + note);
            if (report.isBelowTarget(row)) remarks.add(title + Report.explanation(row));
        }
        remarks.addAll(report.notes());
        return remarks;
    }

    /// A row in a line.
    static String summary(Row row) {
        var parts = new ArrayList<String>();
        for (var series : row.series) {
            parts.add("%s %s/s, p99 %s ms".formatted(series.server, throughput(series.value(Metric.THROUGHPUT)), millis(series.value(Metric.P99))));
        }
        if (row.isComparison()) parts.add("%s %s".formatted(row.judgedBy().title, ratio(row.ratio(row.judgedBy()))));
        return String.join("; ", parts);
    }

    static String throughput(double perSecond) {
        return "%,.0f".formatted(perSecond);
    }

    static String millis(double millis) {
        return "%.3f".formatted(millis);
    }

    static String ratio(double ratio) {
        return "%.2fx".formatted(ratio);
    }
}
