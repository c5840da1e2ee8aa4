package redis.server;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class OutputGaugeTest {

    private final OutputGauge gauge = new OutputGauge();

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
    void theSoftLimitHoldsAfterAWhile() throws Exception {
        var limit = new OutputLimit(0, 1_000, 1);
        long start = System.nanoTime();
        assertThat(gauge.exceeds(1_000, limit)).isFalse();
        Eventually.becomesTrue("it has been above the limit for a second", () -> gauge.exceeds(1_000, limit));
        assertThat(System.nanoTime() - start).isGreaterThan(1_000_000_000L);
    }

    @Test
    void whoFallsBelowTheSoftLimitBeginsAnew() throws Exception {
        var hour = new OutputLimit(0, 1_000, 3_600);
        var second = new OutputLimit(0, 1_000, 1);
        assertThat(gauge.exceeds(1_000, hour)).isFalse();
        long start = System.nanoTime();
        Eventually.becomesTrue("a second has passed", () -> System.nanoTime() - start > 1_000_000_000L);
        assertThat(gauge.exceeds(999, second)).isFalse();
        assertThat(gauge.exceeds(1_000, second)).isFalse();
        assertThat(gauge.exceeds(1_000, second)).isFalse();
    }
}
