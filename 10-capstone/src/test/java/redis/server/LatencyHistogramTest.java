package redis.server;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class LatencyHistogramTest {

    @Test
    void knowsShortTimesToTheNanosecond() {
        var histogram = new LatencyHistogram();
        for (int nanos = 1; nanos <= 100; nanos++) histogram.record(nanos);
        assertThat(histogram.percentile(50)).isEqualTo(50);
        assertThat(histogram.percentile(99)).isEqualTo(99);
        assertThat(histogram.percentile(99.9)).isEqualTo(100);
        assertThat(histogram.percentile(100)).isEqualTo(100);
        assertThat(histogram.percentile(0)).isEqualTo(1);
    }

    /// As Redis, which shows a microsecond as 1.003.
    @Test
    void tellsTheLongestTimeOfABucket() {
        var histogram = new LatencyHistogram();
        histogram.record(1_000);
        assertThat(histogram.percentile(50)).isEqualTo(1_003);
    }

    @Test
    void isRightToOnePercent() {
        var random = new Random(1);
        var times = new long[10_000];
        var histogram = new LatencyHistogram();
        for (int i = 0; i < times.length; i++) {
            times[i] = (long) Math.exp(random.nextDouble() * Math.log(999_000_000));
            histogram.record(times[i]);
        }
        Arrays.sort(times);
        for (int percentage = 1; percentage <= 100; percentage++) {
            long exact = times[percentage * times.length / 100 - 1];
            assertThat(histogram.percentile(percentage)).as("p%d", percentage).isBetween(exact, exact + exact / 100);
        }
    }

    @Test
    void whatTakesLongerThanASecondIsSlowAndNoMore() {
        var histogram = new LatencyHistogram();
        histogram.record(0);
        histogram.record(Long.MAX_VALUE);
        assertThat(histogram.percentile(50)).isEqualTo(1);
        assertThat(histogram.percentile(100)).isBetween(1_000_000_000L, 1_010_000_000L);
    }
}
