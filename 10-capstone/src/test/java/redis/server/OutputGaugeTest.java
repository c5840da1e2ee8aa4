package redis.server;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class OutputGaugeTest {

    private long now; // in nanoseconds
    private final OutputGauge gauge = new OutputGauge(() -> now);

    private void passSeconds(int seconds) {
        now += TimeUnit.SECONDS.toNanos(seconds);
    }

    @Test
    void withoutALimitAnythingMayWait() {
        assertThat(gauge.exceeds(Long.MAX_VALUE, OutputLimit.NONE)).isFalse();
        assertThat(gauge.exceeds(0, OutputLimit.NONE)).isFalse();
    }

    @Test
    void theHardLimitHoldsAtOnce() {
        var limit = new OutputLimit(1_000, 0, 0);
        assertThat(gauge.exceeds(999, limit)).isFalse();
        assertThat(gauge.exceeds(1_000, limit)).isTrue();
        assertThat(gauge.exceeds(1_001, limit)).isTrue();
        assertThat(gauge.exceeds(0, limit)).isFalse();
    }

    @Test
    void theSoftLimitHoldsAfterAWhile() {
        var limit = new OutputLimit(0, 1_000, 1);
        assertThat(gauge.exceeds(1_000, limit)).isFalse();
        passSeconds(1);
        assertThat(gauge.exceeds(1_000, limit)).isFalse();
        now++;
        assertThat(gauge.exceeds(1_000, limit)).isTrue();
    }

    @Test
    void whoFallsBelowTheSoftLimitBeginsAnew() {
        var limit = new OutputLimit(0, 1_000, 1);
        assertThat(gauge.exceeds(1_000, limit)).isFalse();
        passSeconds(2);
        assertThat(gauge.exceeds(999, limit)).isFalse();
        assertThat(gauge.exceeds(1_000, limit)).isFalse();
        assertThat(gauge.exceeds(1_000, limit)).isFalse();
        passSeconds(2);
        assertThat(gauge.exceeds(1_000, limit)).isTrue();
    }
}
