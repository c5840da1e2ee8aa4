package redis.benchmark;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/// A histogram of nanoseconds as percentiles in milliseconds.
final class Percentiles {

    private static final double NANOS_PER_MILLI = 1e6;
    private static final int STEPS_PER_HALF = 5; // as HdrHistogram's own tools have it

    /// A point of the curve.
    ///
    /// @param nines how many nines the percentile has: 1 for 90 %, 2 for 99 %; 0 for the minimum
    record Point(double nines, double percentile, double millis) {}

    private Percentiles() {}

    /// In HdrHistogram's format, which its plotter reads.
    static String text(Histogram histogram) {
        var text = new ByteArrayOutputStream();
        histogram.outputPercentileDistribution(new PrintStream(text, true, StandardCharsets.UTF_8), STEPS_PER_HALF, NANOS_PER_MILLI);
        return text.toString(StandardCharsets.UTF_8);
    }

    /// The curve as far as there are values: its last point is the greatest of them.
    static List<Point> curve(Histogram histogram) {
        var points = new ArrayList<Point>();
        double most = Math.log10(Math.max(1, histogram.getTotalCount()));
        for (double nines = 0; nines < most; nines += 0.1) points.add(point(histogram, nines));
        points.add(point(histogram, most));
        return points;
    }

    private static Point point(Histogram histogram, double nines) {
        double percentile = 100 * (1 - Math.pow(10, -nines));
        return new Point(nines, percentile, histogram.getValueAtPercentile(percentile) / NANOS_PER_MILLI);
    }
}
