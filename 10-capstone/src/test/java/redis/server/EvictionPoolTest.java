package redis.server;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// The candidates that are remembered from one eviction to the next.
class EvictionPoolTest {

    private final EvictionPool pool = new EvictionPool();
    private final Map<ByteString, Long> orders = new HashMap<>();

    private static ByteString key(int number) {
        return ByteString.of("key:" + number);
    }

    private void offer(int number, long order) {
        orders.put(key(number), order);
        pool.offer(key(number), order);
    }

    private ByteString poll() {
        return pool.poll(key -> orders.getOrDefault(key, -1L));
    }

    @Test
    void theLowestGoesFirst() {
        offer(1, 30);
        offer(2, 10);
        offer(3, 20);
        assertThat(poll()).isEqualTo(key(2));
        offer(4, 25);
        assertThat(poll()).isEqualTo(key(3));
        assertThat(poll()).isEqualTo(key(4));
        assertThat(poll()).isEqualTo(key(1));
        assertThat(poll()).isNull();
    }

    @Test
    void itKeepsTheSixteenBest() {
        for (int i = 0; i < 50; i++) offer(i, i * 7 % 50);
        for (int i = 0; i < 16; i++) assertThat(orders.get(poll())).isEqualTo(i);
        assertThat(poll()).isNull();
    }

    @Test
    void whoHasBeenUsedSinceOrIsGoneIsPassedOver() {
        for (int i = 0; i < 4; i++) offer(i, i);
        orders.put(key(0), 100L);
        orders.remove(key(1));
        assertThat(poll()).isEqualTo(key(2));
    }

    @Test
    void aKeyIsThereOnce() {
        for (int i = 0; i < 20; i++) {
            offer(1, 5);
            offer(2, 5);
        }
        offer(3, 6);
        assertThat(poll()).isIn(key(1), key(2));
        assertThat(poll()).isIn(key(1), key(2));
        assertThat(poll()).isEqualTo(key(3));
        assertThat(poll()).isNull();
    }
}
