package redis.benchmark;

import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/// The percentile curves of a row, as SVG.
final class LatencyChart {

    private static final int WIDTH = 560;
    private static final int HEIGHT = 300;
    private static final int LEFT = 62;
    private static final int RIGHT = 30;
    private static final int TOP = 12;
    private static final int BOTTOM = 42;

    private final Row row;
    private final int lowest; // the powers of ten, in milliseconds, that the scale ends with
    private final int highest;
    private final int nines; // to which the scale goes

    private LatencyChart(Row row) {
        this.row = row;
        lowest = (int) Math.floor(Math.log10(row.series.stream().mapToLong(series -> Math.max(1, series.latency.getMinNonZeroValue())).min().orElse(1) / 1e6));
        highest = Math.max(lowest + 1,
                (int) Math.ceil(Math.log10(row.series.stream().mapToLong(series -> series.latency.getMaxValue()).max().orElse(1) / 1e6)));
        nines = Math.max(1, (int) Math.ceil(Math.log10(row.series.stream().mapToLong(series -> series.latency.getTotalCount()).max().orElse(1))));
    }

    static String of(Row row) {
        return new LatencyChart(row).svg();
    }

    private String svg() {
        var svg = new StringBuilder("""
                <div class="scroll"><svg viewBox="0 0 %d %d" role="img" aria-label="Latency by percentile, %s">
                """.formatted(WIDTH, HEIGHT, HtmlReport.escape(row.workload.title())));
        for (int power = lowest; power <= highest; power++) {
            svg.append("<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%3$.1f\"/>".formatted(LEFT, WIDTH - RIGHT, y(power)));
            svg.append("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n".formatted(LEFT - 6, y(power) + 4, time(power)));
        }
        for (int i = 0; i <= nines; i++) {
            svg.append("<line class=\"grid\" x1=\"%.1f\" x2=\"%1$.1f\" y1=\"%d\" y2=\"%d\"/>".formatted(x(i), TOP, HEIGHT - BOTTOM));
            svg.append("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n".formatted(x(i), HEIGHT - BOTTOM + 18, percentile(i)));
        }
        svg.append("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">percentile of replies</text>\n".formatted((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6));
        for (int i = 0; i < row.series.size(); i++) {
            var series = row.series.get(i);
            if (series.uncorrected != null) svg.append(curve(series.uncorrected, "s%d curve uncorrected".formatted(i), series.server + ", uncorrected"));
            svg.append(curve(series.latency, i == 0 ? "s0 curve" : "s1 curve second", series.server));
        }
        return svg.append("</svg></div>\n").toString();
    }

    private String curve(Histogram histogram, String classes, String name) {
        var points = Percentiles.curve(histogram).stream()
                .map(point -> "%.1f,%.1f".formatted(x(point.nines()), y(Math.log10(Math.max(1e-6, point.millis()))))).collect(Collectors.joining(" "));
        return "<polyline class=\"%s\" points=\"%s\"><title>%s</title></polyline>\n".formatted(classes, points, HtmlReport.escape(name));
    }

    private double x(double nines) {
        return LEFT + nines / this.nines * (WIDTH - LEFT - RIGHT);
    }

    private double y(double power) {
        return TOP + Math.clamp((highest - power) / (highest - lowest), 0, 1) * (HEIGHT - TOP - BOTTOM);
    }

    /// A power of ten of milliseconds, with a unit that keeps it short.
    private static String time(int power) {
        if (power >= 3) return "%d s".formatted((int) Math.pow(10, power - 3));
        if (power >= 0) return "%d ms".formatted((int) Math.pow(10, power));
        if (power >= -3) return "%d µs".formatted((int) Math.pow(10, power + 3));
        return "%d ns".formatted((int) Math.pow(10, power + 6));
    }

    private static String percentile(int nines) {
        return switch (nines) {
            case 0 -> "0";
            case 1 -> "90 %";
            case 2 -> "99 %";
            default -> "99." + "9".repeat(nines - 2); // no unit: up to eight of them have to find room
        };
    }
}
