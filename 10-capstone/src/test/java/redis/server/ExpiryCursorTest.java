package redis.server;

import java.time.Instant;
import java.util.HashSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// Active expiry walks through the deadlines with a cursor, so that it comes to every one of them, a bounded part at a time.
class ExpiryCursorTest {

    private static final ByteString VALUE = ByteString.of("value");
    private static final int SLICE = 128; // as ActiveExpiry has it
    private static final long FAR = 1_000_000;

    private final AtomicLong now = new AtomicLong(1_000);
    private final Store store = new Store(() -> Instant.ofEpochMilli(now.get()));

    private void passTo(long millis) {
        now.set(millis);
        store.lock();
        store.unlock();
    }

    private void set(String prefix, int count, long deadline) {
        for (int i = 0; i < count; i++) store.set(ByteString.of(prefix + i), VALUE, deadline);
    }

    private void restUntilNothingMoves() {
        while (store.rehash(1_000)) {
            // as it does when nobody uses it for a while
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 200})
    void aThousandKeysThatAreOverGoWithoutBeingRead(int spread) {
        set("stays:", 100_000, Store.NEVER);
        set("later:", 10_000, FAR);
        for (int i = 0; i < 1_000; i++) store.set(ByteString.of("over:" + i), VALUE, 2_000 + i % spread);
        passTo(3_000);
        int slices = 0;
        while (store.volatileSize() > 10_000) {
            int before = store.volatileSize();
            store.expireSome(SLICE);
            assertThat(before - store.volatileSize()).as("removed in slice %d", slices).isLessThanOrEqualTo(SLICE + 32);
            assertThat(++slices).as("slices: one walk through 11,000 deadlines, and what of it the table's growth repeats").isLessThan(200);
        }
        assertThat(store.size()).isEqualTo(110_000);
        assertThat(store.expired()).isEqualTo(1_000);
        assertThat(new HashSet<>(store.takeExpired())).hasSize(1_000).allMatch(key -> key.toString().startsWith("over:"));
    }

    @Test
    void whatIsOverLaterGoesWithTheNextWalk() {
        set("later:", 5_000, FAR);
        restUntilNothingMoves();
        for (int round = 1; round <= 20; round++) {
            long due = 2_000L * round;
            set("over:" + round + ":", 100, due);
            passTo(due + 1);
            for (int slices = 0; store.volatileSize() > 5_000; slices++) {
                store.expireSome(SLICE);
                assertThat(slices).as("round %d", round).isLessThan(120);
            }
        }
        assertThat(store.expired()).isEqualTo(2_000);
    }

    @Test
    void goesOnAtOnceAsLongAsManyAreOver() {
        set("over:", 10_000, 2_000);
        set("later:", 1_000, FAR);
        passTo(2_001);
        int slices = 1;
        while (store.expireSome(SLICE)) slices++;
        assertThat(slices).isBetween(50, 150);
        assertThat(store.volatileSize()).as("it stops when one in ten or fewer of those it saw were over").isLessThan(2_500);
        assertThat(store.expireSome(SLICE)).isFalse();
    }

    /// The table was large once. A walk through it passes over thousands of empty buckets, and must not do so at one go.
    @Test
    void anEmptyTableIsWalkedThroughInPartsToo() {
        set("first:", 20_000, FAR);
        restUntilNothingMoves();
        for (int i = 0; i < 18_000; i++) store.persist(ByteString.of("first:" + i));
        assertThat(store.volatileSize()).isEqualTo(2_000);
        set("over:", 10, 2_000);
        passTo(3_000);
        int slices = 0;
        while (store.volatileSize() > 2_000) {
            store.expireSome(10);
            assertThat(++slices).isLessThan(2_000);
        }
        assertThat(store.size()).isEqualTo(20_000);
    }

    @Test
    void nothingToDoIsNoWork() {
        assertThat(store.expireSome(SLICE)).isFalse();
        set("stays:", 1_000, Store.NEVER);
        passTo(FAR);
        assertThat(store.expireSome(SLICE)).isFalse();
        assertThat(store.size()).isEqualTo(1_000);
        assertThat(store.takeExpired()).isEmpty();
    }

    @Test
    void eachIsTakenOnce() {
        set("over:", 3_000, 2_000);
        passTo(3_000);
        var taken = new HashSet<ByteString>();
        while (store.volatileSize() > 0) {
            store.expireSome(7);
            for (var key : store.takeExpired()) assertThat(taken.add(key)).as("%s for the first time", key).isTrue();
        }
        assertThat(taken).hasSize(3_000);
        assertThat(store.expired()).isEqualTo(3_000);
        assertThat(store.size()).isZero();
    }

    /// What is over stays in the table until somebody comes across it, and nobody sees it there.
    @Test
    void whatIsOverIsNotFoundByAWalk() {
        set("over:", 100, 2_000);
        set("later:", 100, FAR);
        passTo(3_000);
        assertThat(store.size()).isEqualTo(200);
        assertThat(store.keys()).hasSize(100).allMatch(key -> key.toString().startsWith("later:"));
        var found = new HashSet<ByteString>();
        long cursor = 0;
        do cursor = store.scan(cursor, found::add); while (cursor != 0);
        assertThat(found).hasSize(100);
        for (int i = 0; i < 100; i++) assertThat(store.randomKey().toString()).startsWith("later:");
        passTo(FAR + 1);
        assertThat(store.randomKey()).isNull();
        assertThat(store.size()).isZero();
    }
}
