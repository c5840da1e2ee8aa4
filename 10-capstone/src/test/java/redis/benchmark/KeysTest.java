package redis.benchmark;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class KeysTest {

    private static final int DRAWS = 1_000_000;

    @Test
    void zipfDrawsEachKeyAsOftenAsItsRankSays() {
        int keyspace = 1_000;
        double exponent = 0.99;
        var counts = count(Keys.zipf(keyspace, exponent), keyspace);
        double sum = IntStream.rangeClosed(1, keyspace).mapToDouble(rank -> Math.pow(rank, -exponent)).sum();
        for (int rank : new int[] {1, 2, 3, 10, 100, 1_000}) {
            double expected = DRAWS * Math.pow(rank, -exponent) / sum;
            assertThat((double) counts[rank - 1]).as("key of rank %d", rank).isCloseTo(expected, within(6 * Math.sqrt(expected)));
        }
        int hottest = Arrays.stream(counts, 0, keyspace / 10).sum();
        assertThat(hottest / (double) DRAWS).as("share of the first tenth").isBetween(0.65, 0.75);
    }

    @Test
    void zipfOfASingleKeyDrawsIt() {
        assertThat(count(Keys.zipf(1, Keys.ZIPF_EXPONENT), 1)).containsExactly(DRAWS);
    }

    @Test
    void uniformDrawsAllKeysEquallyOften() {
        double expected = DRAWS / 100.0;
        for (int count : count(Keys.uniform(100), 100)) assertThat((double) count).isCloseTo(expected, within(6 * Math.sqrt(expected)));
    }

    @Test
    void allDrawsEachOnceAndBeginsAgain() {
        var keys = Keys.all(3);
        assertThat(IntStream.generate(keys::next).limit(5)).containsExactly(0, 1, 2, 0, 1);
    }

    @Test
    void bothServersGetTheSameKeys() {
        var one = Keys.zipf(100, 1);
        var other = Keys.zipf(100, 1);
        for (int i = 0; i < 1_000; i++) assertThat(one.next()).isEqualTo(other.next());
    }

    private static int[] count(Keys keys, int keyspace) {
        var counts = new int[keyspace];
        for (int i = 0; i < DRAWS; i++) counts[keys.next()]++;
        return counts;
    }
}
