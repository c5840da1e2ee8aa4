package redis.server;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// What becomes of a key whose time is over: on a master, for the clients of a replica, and for the stream of its master.
class StoreExpiryModeTest {

    private static final ByteString OVER = ByteString.of("over");
    private static final ByteString STAYS = ByteString.of("stays");
    private static final ByteString VALUE = ByteString.of("value");

    private final AtomicLong now = new AtomicLong(1_000);
    private final Store store = new Store(() -> Instant.ofEpochMilli(now.get()));

    @BeforeEach
    void letAKeyPass() {
        store.lock();
        store.set(OVER, VALUE, 2_000);
        store.set(STAYS, VALUE, 9_000);
        store.unlock();
        now.set(3_000);
        store.lock();
    }

    private List<ByteString> scan() {
        var keys = new ArrayList<ByteString>();
        long cursor = 0;
        do {
            cursor = store.scan(cursor, keys::add);
        } while (cursor != 0);
        return keys;
    }

    @Test
    void aMasterRemovesIt() {
        store.expiry(Store.Expiry.REMOVE);
        assertThat(store.get(OVER)).isNull();
        assertThat(store.size()).isEqualTo(1);
        assertThat(store.volatileSize()).isEqualTo(1);
        assertThat(store.expired()).isEqualTo(1);
        assertThat(store.takeExpired()).containsExactly(OVER);
        assertThat(store.takeExpired()).isEmpty();
    }

    @Test
    void aReplicaHidesIt() {
        store.expiry(Store.Expiry.HIDE);
        assertThat(store.get(OVER)).isNull();
        assertThat(store.contains(OVER)).isFalse();
        assertThat(store.deadline(OVER)).isEqualTo(Store.NEVER);
        assertThat(store.keys()).containsExactly(STAYS);
        assertThat(scan()).containsExactly(STAYS);
        for (int i = 0; i < 100; i++) assertThat(store.randomKey()).isEqualTo(STAYS);
        assertThat(store.isOver(2_000)).isTrue();
        assertIsStillThere();
    }

    @Test
    void aReplicaRemovesNothingActively() {
        store.expiry(Store.Expiry.HIDE);
        for (int i = 0; i < 100; i++) assertThat(store.expireSome(20)).isFalse();
        assertIsStillThere();
        store.expiry(Store.Expiry.KEEP);
        for (int i = 0; i < 100; i++) assertThat(store.expireSome(20)).isFalse();
        assertIsStillThere();
    }

    private void assertIsStillThere() {
        assertThat(store.size()).isEqualTo(2);
        assertThat(store.volatileSize()).isEqualTo(2);
        assertThat(store.expired()).isZero();
        assertThat(store.takeExpired()).isEmpty();
        var entries = new ArrayList<Store.Entry>();
        store.forEach(entries::add);
        assertThat(entries).containsExactlyInAnyOrder(new Store.Entry(OVER, VALUE, 2_000), new Store.Entry(STAYS, VALUE, 9_000));
    }

    @Test
    void theStreamOfAMasterFindsIt() {
        store.expiry(Store.Expiry.KEEP);
        assertThat(store.get(OVER)).isEqualTo(VALUE);
        assertThat(store.deadline(OVER)).isEqualTo(2_000);
        assertThat(store.keys()).containsExactlyInAnyOrder(OVER, STAYS);
        assertThat(scan()).containsExactlyInAnyOrder(OVER, STAYS);
        assertThat(store.isOver(2_000)).isFalse();
        assertIsStillThere();
        store.update(OVER, ByteString.of("longer")); // as APPEND does: the deadline stays
        assertThat(store.deadline(OVER)).isEqualTo(2_000);
        assertThat(store.delete(OVER)).isEqualTo(ByteString.of("longer"));
        assertThat(store.size()).isEqualTo(1);
    }

    @Test
    void theStreamMayAddAKeyThatIsOverAlready() {
        store.expiry(Store.Expiry.KEEP);
        store.set(ByteString.of("late"), VALUE, 2_500);
        assertThat(store.get(ByteString.of("late"))).isEqualTo(VALUE);
        store.expiry(Store.Expiry.HIDE);
        assertThat(store.get(ByteString.of("late"))).isNull();
        assertThat(store.size()).isEqualTo(3);
    }

    @Test
    void whoBecomesAMasterRemovesWhatItHasHidden() {
        store.expiry(Store.Expiry.HIDE);
        assertThat(store.get(OVER)).isNull();
        store.expiry(Store.Expiry.REMOVE);
        assertThat(store.keys()).containsExactly(STAYS);
        while (store.size() > 1) store.expireSome(20);
        assertThat(store.takeExpired()).containsExactly(OVER);
    }

    /// A replica cannot look for a key that is not over until it finds one: there may be none.
    @Test
    void aReplicaOfNothingButKeysThatAreOverHasNoRandomKey() {
        store.delete(STAYS);
        store.takeExpired();
        store.expiry(Store.Expiry.KEEP);
        IntStream.range(0, 1_000).forEach(i -> store.set(ByteString.of(i), VALUE, 2_500));
        store.expiry(Store.Expiry.HIDE);
        assertThat(store.randomKey()).isNull();
        assertThat(store.keys()).isEmpty();
        assertThat(scan()).isEmpty();
        assertThat(store.size()).isEqualTo(1_001);
        store.expiry(Store.Expiry.REMOVE);
        assertThat(store.randomKey()).isNull();
        assertThat(store.size()).isZero();
    }
}
