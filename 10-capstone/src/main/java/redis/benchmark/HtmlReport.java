package redis.benchmark;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The results as one page that needs nothing else: no script, no font, no network. What its pictures show, its tables say too, so it can also be read
/// in a terminal browser.
final class HtmlReport {

    private static final String STYLE = """
            :root { color-scheme: light dark; --back: #fff; --text: #1c1917; --dim: #57534e; --line: #d6d3d1; --card: #fafaf9;
              --s0: #c2410c; --s1: #1d4ed8; --bad: #b91c1c; --good: #15803d }
            @media (prefers-color-scheme: dark) { :root { --back: #1c1917; --text: #f5f5f4; --dim: #a8a29e; --line: #44403c; --card: #292524;
              --s0: #fb923c; --s1: #60a5fa; --bad: #f87171; --good: #4ade80 } }
            * { box-sizing: border-box }
            body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--back); color: var(--text);
              font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
            h1 { margin: 0; line-height: 1.2 } h2 { margin: 2.5rem 0 .75rem } h3 { margin: 0 }
            p { margin: .5rem 0; max-width: 60rem } .dim { color: var(--dim) } .s0 { color: var(--s0) } .s1 { color: var(--s1) }
            .bad { color: var(--bad); font-weight: 600 } .good { color: var(--good) }
            .scroll { overflow-x: auto } table { min-width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal }
            th, td { padding: .2rem .75rem; text-align: right; white-space: nowrap } thead th { border-bottom: 2px solid var(--line) }
            tbody th, td:first-child, thead th:first-child, .name { text-align: left } tbody tr:first-child > * { border-top: 1px solid var(--line) }
            tbody th { font-weight: 600; vertical-align: top } tr.ratio td { color: var(--dim) } tr.ratio td.bad { color: var(--bad) }
            a { color: inherit }
            .bars > div { display: grid; grid-template: "title bars ratio" / 11rem 1fr 4rem; gap: .1rem 1rem; align-items: center; margin-bottom: .6rem }
            .bars .title { grid-area: title } .bars .both { grid-area: bars } .bars .ratio { grid-area: ratio; text-align: right }
            .bar { display: flex; align-items: center; gap: .5rem; font-size: .8rem; line-height: 1.35; white-space: nowrap }
            .bar i { display: block; height: .8rem; border-radius: 2px; background: currentColor; min-width: 2px }
            .bar span { color: var(--text); font-variant-numeric: tabular-nums }
            .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 32rem), 1fr)); gap: 1.25rem }
            article { padding: 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); min-width: 0 }
            article p { font-size: .9rem }
            svg { display: block; width: 100%; min-width: 26rem; height: auto } svg text { font: 12px system-ui, sans-serif; fill: var(--dim) }
            svg .grid { stroke: var(--line); stroke-width: 1 } svg .curve { fill: none; stroke: currentColor; stroke-width: 2 }
            svg .second { stroke-dasharray: 7 3 } svg .uncorrected { stroke-width: 1; stroke-dasharray: 1.5 3 }
            dt { font-weight: 600; margin-top: .5rem } dd { margin: 0 }
            @media (max-width: 40rem) { body { padding: 1rem } .bars > div { grid-template: "title ratio" "bars bars" / 1fr auto } }
            """;

    private final Report report;

    private HtmlReport(Report report) {
        this.report = report;
    }

    static String of(Report report) {
        return new HtmlReport(report).page();
    }

    private String page() {
        var title = report.judged() ? "Our server beside Redis" : "Benchmark";
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <link rel="icon" href="data:,"/>
                <title>%s</title>
                <style>
                %s</style>
                </head>
                <body>
                <h1>%1$s</h1>
                <p class="dim">%s · %s</p>
                %s<h2>At a glance</h2>
                <p class="dim">Throughput%s.</p>
                %s<h2>All numbers</h2>
                %s<h2>Latency, row by row</h2>
                <p class="dim">How many of the replies (across) had come within which time (up). Both scales are logarithmic: each step to the right is ten times
                rarer. All rounds together.</p>
                <div class="cards">
                %s</div>
                <h2>How it was measured</h2>
                %s</body>
                </html>
                """.formatted(title, STYLE, DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm zzz", Locale.ENGLISH)
                        .format(report.date().atZone(ZoneId.systemDefault())), escape(report.machine().toString()), verdict(),
                        report.servers().size() > 1 ? ", and the ratio of the two" : "", bars(), table(), cards(), method());
    }

    // ---- at a glance ----

    private String verdict() {
        var failed = report.rows().stream().filter(row -> row.state == Row.State.FAILED).toList();
        var below = report.rows().stream().filter(report::isBelowTarget).toList();
        var text = new StringBuilder();
        if (!failed.isEmpty()) text.append("<p class=\"bad\">✗ Failed: %s.</p>\n".formatted(titles(failed)));
        if (!below.isEmpty()) text.append("<p class=\"bad\">▼ Below target: %s.</p>\n".formatted(titles(below)));
        else if (report.judged() && failed.isEmpty()) text.append("<p class=\"good\">✓ No row is below its target.</p>\n");
        return text.toString();
    }

    private static String titles(List<Row> rows) {
        return rows.stream().map(row -> "<a class=\"bad\" href=\"#%s\">%s</a>".formatted(row.workload.id(), escape(row.workload.title())))
                .collect(Collectors.joining(", "));
    }

    /// The number that a row is judged by, for each server.
    private String bars() {
        var html = new StringBuilder("<div class=\"bars\">\n");
        for (var row : report.rows()) {
            if (row.state != Row.State.DONE) continue;
            var metric = row.judgedBy();
            double most = row.series.stream().mapToDouble(series -> series.value(metric)).max().orElse(1);
            html.append("<div>\n<div class=\"title\">%s%s</div>\n<div class=\"both\">\n".formatted(escape(row.workload.title()),
                    metric == Metric.THROUGHPUT ? "" : " <span class=\"dim\">(%s; less is better)</span>".formatted(metric.title)));
            for (int i = 0; i < row.series.size(); i++) {
                var series = row.series.get(i);
                double value = series.value(metric);
                html.append("<div class=\"bar s%d\"><i style=\"width: calc(%.3f * (100%% - 10rem))\"></i><span>%s %s</span></div>\n".formatted(i, value / most,
                        escape(series.server), metric == Metric.THROUGHPUT ? Table.throughput(value) + "/s" : Table.millis(value) + " ms"));
            }
            html.append("</div>\n<div class=\"ratio%s\">%s</div>\n</div>\n".formatted(report.isBelowTarget(row) ? " bad" : "",
                    row.isComparison() ? Table.ratio(row.ratio(metric)) : ""));
        }
        return html.append("</div>\n").toString();
    }

    // ---- all numbers ----

    private String table() {
        var html = new StringBuilder("""
                <div class="scroll"><table>
                <thead><tr><th>row</th><th class="name">server</th><th>replies/s</th><th>p50 ms</th><th>p90 ms</th><th>p99 ms</th><th>p99.9 ms</th>\
                <th>max ms</th><th>CPU µs/reply</th></tr></thead>
                """);
        for (var row : report.rows()) html.append("<tbody>\n").append(tableRows(row)).append("</tbody>\n");
        return html.append("</table></div>\n").toString();
    }

    private String tableRows(Row row) {
        var title = "<a href=\"#%s\">%s</a>".formatted(row.workload.id(), escape(row.workload.title()));
        if (row.state != Row.State.DONE) {
            return "<tr><th scope=\"row\">%s</th><td class=\"name%s\" colspan=\"8\">%s</td></tr>\n".formatted(title,
                    row.state == Row.State.FAILED ? " bad" : "", row.state == Row.State.FAILED ? "failed" : "skipped");
        }
        var html = new StringBuilder();
        for (int i = 0; i < row.series.size(); i++) {
            var series = row.series.get(i);
            html.append("<tr>");
            if (i == 0) html.append("<th scope=\"rowgroup\" rowspan=\"%d\">%s</th>".formatted(row.isComparison() ? 3 : row.series.size(), title));
            html.append("<td class=\"name s%d\">%s</td><td>%s</td>".formatted(i, escape(series.server), Table.throughput(series.value(Metric.THROUGHPUT))));
            for (var metric : Metric.LATENCIES) html.append("<td>%s</td>".formatted(Table.millis(series.value(metric))));
            double cpu = series.value(Metric.CPU);
            html.append("<td>%s</td></tr>\n".formatted(Double.isNaN(cpu) ? "" : "%.1f".formatted(cpu)));
        }
        if (!row.isComparison()) return html.toString();
        html.append("<tr class=\"ratio\"><td class=\"name\">ratio</td>").append(ratio(row, Metric.THROUGHPUT));
        for (var metric : Metric.LATENCIES) html.append(ratio(row, metric));
        double cpu = row.ratio(Metric.CPU);
        return html.append("<td>%s</td></tr>\n".formatted(Double.isNaN(cpu) ? "" : Table.ratio(cpu))).toString();
    }

    private String ratio(Row row, Metric metric) {
        boolean isBelow = report.isBelowTarget(row) && row.judgedBy() == metric;
        return "<td%s>%s%s</td>".formatted(isBelow ? " class=\"bad\"" : "", isBelow ? "▼ " : "", Table.ratio(row.ratio(metric)));
    }

    // ---- row by row ----

    private String cards() {
        return report.rows().stream().map(this::card).collect(Collectors.joining());
    }

    private String card(Row row) {
        var html = new StringBuilder("<article id=\"%s\">\n<h3>%s</h3>\n<p class=\"dim\">%s</p>\n"
                .formatted(row.workload.id(), escape(row.workload.title()), escape(row.workload.shape())));
        if (row.state == Row.State.FAILED) html.append("<p class=\"bad\">✗ Failed. %s</p>\n".formatted(escape(row.reason)));
        if (row.state == Row.State.SKIPPED) html.append("<p>Skipped. %s</p>\n".formatted(escape(row.reason)));
        if (row.state == Row.State.DONE) html.append(LatencyChart.of(row)).append(legend(row));
        html.append("<p>%s</p>\n".formatted(escape(row.workload.about().strip())));
        if (report.isBelowTarget(row)) html.append("<p class=\"bad\">▼ %s</p>\n".formatted(escape(Report.explanation(row))));
        for (var note : row.notes) html.append("<p>%s</p>\n".formatted(escape(note)));
        return html.append("</article>\n").toString();
    }

    private static String legend(Row row) {
        var html = new StringBuilder("<p>");
        for (int i = 0; i < row.series.size(); i++) {
            html.append("<span class=\"s%d\">%s %s</span>%s ".formatted(i, i == 0 ? "━" : "╍", escape(row.series.get(i).server),
                    i + 1 < row.series.size() ? " ·" : ""));
        }
        if (row.series.getFirst().uncorrected != null) html.append("· ┈ without the correction for coordinated omission");
        return html.append("</p>\n").toString();
    }

    // ---- how ----

    private String method() {
        var html = new StringBuilder("<p>%s</p>\n<dl>\n".formatted(escape(report.method())));
        for (var server : report.servers()) {
            int colon = server.indexOf(": ");
            html.append("<dt>%s</dt><dd>%s</dd>\n".formatted(escape(server.substring(0, colon)), escape(server.substring(colon + 2))));
        }
        html.append("<dt>machine</dt><dd>%s</dd>\n<dt>Java</dt><dd>%s</dd>\n<dt>arguments</dt><dd>%s</dd>\n</dl>\n".formatted(
                escape(report.machine().toString()), escape(report.machine().java()), report.arguments().isEmpty() ? "none" : escape(report.arguments())));
        for (var note : report.notes()) html.append("<p>%s</p>\n".formatted(escape(note)));
        return html.toString();
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("\n", "<br/>\n");
    }
}
