package redis.server;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// The store with a clock that only the test moves.
class StoreExpiryTest {

    private static final ByteString KEY = ByteString.of("key");
    private static final ByteString VALUE = ByteString.of("value");

    private final AtomicLong now = new AtomicLong(1_000);
    private final Store store = new Store(() -> Instant.ofEpochMilli(now.get()));

    /// Moves the clock. The store notices when its lock is taken the next time.
    private void passTo(long millis) {
        now.set(millis);
        store.lock();
        store.unlock();
    }

    @Test
    void noKeyEndsWhileTheLockIsHeld() {
        store.lock();
        store.set(KEY, VALUE, 2_000);
        assertThat(store.get(KEY)).isEqualTo(VALUE);
        now.set(3_000); // in the middle of a command
        store.update(KEY, VALUE.concat(store.get(KEY)));
        assertThat(store.deadline(KEY)).isEqualTo(2_000);
        store.unlock();
        passTo(3_000);
        assertThat(store.get(KEY)).isNull();
    }

    @Test
    void aKeyIsThereUpToItsDeadlineAndGoneAfterIt() {
        store.set(KEY, VALUE, 2_000);
        passTo(2_000);
        assertThat(store.get(KEY)).isEqualTo(VALUE);
        passTo(2_001);
        assertThat(store.get(KEY)).isNull();
        assertThat(store.size()).isZero();
        assertThat(store.volatileSize()).isZero();
        assertThat(store.expired()).isOne();
    }

    @Test
    void anUpdateDoesNotBringBackWhatIsOver() {
        store.set(KEY, VALUE, 2_000);
        passTo(3_000);
        store.update(KEY, VALUE);
        assertThat(store.deadline(KEY)).isEqualTo(Store.NEVER);
        assertThat(store.get(KEY)).isEqualTo(VALUE);
    }

    @Test
    void aKeyThatIsOverEndsBeforeItIsSetAnew() {
        store.set(KEY, VALUE, 2_000);
        passTo(3_000);
        store.set(KEY, VALUE);
        assertThat(store.expired()).isOne();
        assertThat(store.get(KEY)).isEqualTo(VALUE);
    }

    @Test
    void aKeyThatIsOverHasNoDeadlineAnyMore() {
        store.set(KEY, VALUE, 2_000);
        passTo(3_000);
        assertThat(store.deadline(KEY)).isEqualTo(Store.NEVER);
        assertThat(store.expired()).isOne();
    }

    @Test
    void keysThatAreOverAreNotListed() {
        store.set(KEY, VALUE, 2_000);
        store.set(ByteString.of("other"), VALUE);
        passTo(3_000);
        assertThat(store.keys()).containsExactly(ByteString.of("other"));
    }

    @Test
    void activeExpiryRemovesWhatIsOverAPartAtATime() {
        for (int i = 0; i < 1_000; i++) store.set(ByteString.of(i), VALUE, i % 2 == 0 ? 2_000 : 9_000);
        passTo(3_000);
        assertThat(store.expireSome(100)).as("half of what it saw was over").isTrue();
        assertThat(store.size()).as("it saw about a hundred").isBetween(880, 989);
        while (store.expireSome(10)) {
            // until it sees few that are over
        }
        for (int i = 0; i < 1_000; i++) store.expireSome(10); // and then some are left, for another walk or two
        assertThat(store.size()).isEqualTo(500);
        assertThat(store.get(ByteString.of(1))).isEqualTo(VALUE);
    }

    @Test
    void aDeadlineThatWasMovedCountsOnce() {
        store.set(KEY, VALUE, 2_000);
        store.expireAt(KEY, 5_000);
        passTo(3_000);
        assertThat(store.expireSome(10)).isFalse();
        passTo(6_000);
        assertThat(store.expireSome(10)).isTrue();
        assertThat(store.volatileSize()).isZero();
    }

    /// Random operations, and after each the store must say the same as two plain maps.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void behavesAsTwoPlainMaps(long seed) {
        var random = new Random(seed);
        Map<ByteString, ByteString> values = new HashMap<>();
        Map<ByteString, Long> deadlines = new HashMap<>();
        for (int step = 0; step < 5_000; step++) {
            var key = ByteString.of(random.nextInt(30));
            var value = ByteString.of(step);
            long deadline = now.get() + random.nextInt(50);
            switch (random.nextInt(9)) {
                case 0 -> {
                    store.set(key, value);
                    values.put(key, value);
                    deadlines.remove(key);
                }
                case 1 -> {
                    store.set(key, value, deadline);
                    values.put(key, value);
                    deadlines.put(key, deadline);
                }
                case 2 -> {
                    store.update(key, value);
                    values.put(key, value);
                }
                case 3 -> {
                    assertThat(store.delete(key)).isEqualTo(values.remove(key));
                    deadlines.remove(key);
                }
                case 4 -> {
                    if (store.contains(key)) store.expireAt(key, deadline);
                    if (values.containsKey(key)) deadlines.put(key, deadline);
                }
                case 5 -> assertThat(store.contains(key) && store.persist(key)).isEqualTo(deadlines.remove(key) != null);
                case 6 -> store.expireSome(3);
                case 7 -> assertThat(store.keys()).containsExactlyInAnyOrderElementsOf(values.keySet());
                default -> passTo(now.get() + random.nextInt(10));
            }
            for (var due : new ArrayList<>(deadlines.keySet())) {
                if (deadlines.get(due) < now.get()) {
                    deadlines.remove(due);
                    values.remove(due);
                }
            }
            assertThat(store.get(key)).as("seed %d, step %d", seed, step).isEqualTo(values.get(key));
            assertThat(store.deadline(key)).as("seed %d, step %d", seed, step).isEqualTo(deadlines.getOrDefault(key, Store.NEVER));
        }
        passTo(now.get() + 100);
        while (store.volatileSize() > 0) store.expireSome(3);
        assertThat(store.volatileSize()).isZero();
        values.keySet().removeAll(deadlines.keySet());
        assertThat(store.size()).isEqualTo(values.size());
    }
}
