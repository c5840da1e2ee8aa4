package redis.server;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

class RateTest {

    private static final long TENTH = 100_000_000;

    @Test
    void isTheMeanOfTheLastSixteenLooks() {
        var rate = new Rate(0);
        for (int i = 1; i <= 16; i++) rate.look(i * 50L, i * TENTH);
        assertThat(rate.perSecond()).isCloseTo(500, offset(0.001));
        for (int i = 17; i <= 24; i++) rate.look(800, i * TENTH);
        assertThat(rate.perSecond()).isCloseTo(250, offset(0.001));
        for (int i = 25; i <= 32; i++) rate.look(800, i * TENTH);
        assertThat(rate.perSecond()).isZero();
    }

    @Test
    void countsALateLookForWhatItIs() {
        var rate = new Rate(0);
        rate.look(1_000, 10 * TENTH);
        assertThat(rate.perSecond()).isCloseTo(1_000.0 / 16, offset(0.001));
        rate.look(1_000, 10 * TENTH); // at the same moment
        assertThat(rate.perSecond()).isCloseTo(1_000.0 / 16, offset(0.001));
    }

    @Test
    void startsAnewWithASmallerNumber() {
        var rate = new Rate(0);
        rate.look(1_000, TENTH);
        rate.look(0, 2 * TENTH);
        rate.look(16, 3 * TENTH);
        assertThat(rate.perSecond()).isCloseTo((10_000 + 0 + 160) / 16.0, offset(0.001));
    }
}
