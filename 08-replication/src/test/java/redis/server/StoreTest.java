package redis.server;

import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// What the store reckons, loads, and does in the background; its keys are in [StoreExpiryTest] and in the acceptance tests.
class StoreTest {

    private static final ByteString KEY = ByteString.of("key");

    private final Store store = new Store(InstantSource.system());

    private long memory(ByteString key) {
        return store.memoryUsage(key);
    }

    @Test
    void theMemoryOfAKeyIsThatOfItsNameItsValueAndItsDeadline() {
        store.set(KEY, ByteString.of("x".repeat(100)));
        long usage = memory(KEY);
        assertThat(usage).isBetween(100L, 250L);

        store.set(KEY, ByteString.of("x".repeat(1_100)));
        assertThat(memory(KEY)).isEqualTo(usage + 1_000);

        var longKey = ByteString.of("k".repeat(3 + 800));
        store.set(longKey, ByteString.of("x".repeat(100)));
        assertThat(memory(longKey)).isEqualTo(usage + 800);

        store.expireAt(longKey, Long.MAX_VALUE);
        assertThat(memory(longKey)).isBetween(usage + 800 + 1, usage + 800 + 100);
    }

    /// Objects take multiples of 8 bytes, and an array has 12 besides its content.
    @Test
    void theMemoryOfAValueGrowsByEightBytesAtATime() {
        store.set(KEY, ByteString.of("x".repeat(100)));
        long usage = memory(KEY);
        for (int more = 1; more <= 16; more++) {
            store.set(KEY, ByteString.of("x".repeat(100 + more)));
            assertThat(memory(KEY)).isEqualTo(more <= 8 ? usage + 8 : usage + 16);
        }
    }

    @Test
    void bothTablesAreRehashedUntilThereIsNothingLeftToDo() {
        for (int i = 0; i < 1_024; i++) store.set(ByteString.of(i), KEY);
        assertThat(store.rehash(10)).as("the values move").isTrue();
        while (store.rehash(10)) {
            // until they have moved
        }
        for (int i = 0; i < 512; i++) store.expireAt(ByteString.of(i), Long.MAX_VALUE);
        assertThat(store.rehash(10)).as("the deadlines move").isTrue();
        int slices = 0;
        while (store.rehash(10)) slices++;
        assertThat(slices).isBetween(20, 60);
    }

    @Test
    void whatIsLoadedTakesThePlaceOfWhatWasThere() {
        store.set(KEY, ByteString.of("old"));
        var first = ByteString.of("first");
        var second = ByteString.of("second");
        var contents = store.emptyContents();
        contents.reserve(2, 1);
        assertThat(contents.load(first, KEY, Store.NEVER)).isTrue();
        assertThat(contents.load(first, second, 1)).as("a second entry with this key").isFalse();
        assertThat(contents.load(second, KEY, Long.MAX_VALUE)).isTrue();

        store.restore(contents);
        assertThat(store.keys()).containsExactlyInAnyOrder(first, second);
        assertThat(store.get(first)).isEqualTo(KEY);
        assertThat(store.deadline(first)).isEqualTo(Store.NEVER);
        assertThat(store.deadline(second)).isEqualTo(Long.MAX_VALUE);
    }
}
