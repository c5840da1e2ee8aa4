package redis.server;

import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.ByteString;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

import static org.assertj.core.api.Assertions.assertThat;

/// What a transaction keeps, and what it takes for a change of a key that it watches. Clients cannot choose the moment at which a key ends: here the
/// clock is the test's.
class TransactionTest {

    private static final ByteString KEY = ByteString.of("key");
    private static final ByteString OTHER = ByteString.of("other");
    private static final ByteString VALUE = ByteString.of("value");

    private final AtomicLong now = new AtomicLong(1_000);
    private final Store store = new Store(() -> Instant.ofEpochMilli(now.get()));
    private final Transaction transaction = store.newTransaction();

    private void passTo(long millis) {
        now.set(millis);
        store.lock(); // time stands still as long as it is held
        store.unlock();
    }

    private boolean isCarriedOut() {
        return !transaction.isLost();
    }

    private void watchUntilItEnds() {
        store.set(KEY, VALUE, 2_000);
        transaction.watch(KEY);
        assertThat(isCarriedOut()).isTrue();
        passTo(2_001);
    }

    private void watchAfterItsEnd() {
        store.set(KEY, VALUE, 2_000);
        passTo(2_001);
        transaction.watch(KEY);
        assertThat(store.size()).as("it has not been removed by that").isEqualTo(1);
    }

    // ---- keys that end ----

    @Test
    void aKeyThatHasEndedIsAChangeThoughNobodyHasNoticed() {
        watchUntilItEnds();
        assertThat(transaction.isTouched()).isFalse();
        assertThat(isCarriedOut()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"REMOVE, true", "HIDE, false"})
    void orSomebodyHas(Store.Expiry expiry, boolean removes) {
        store.expiry(expiry);
        watchUntilItEnds();
        assertThat(store.get(KEY)).isNull();
        assertThat(transaction.isTouched()).isEqualTo(removes);
        assertThat(isCarriedOut()).isFalse();
    }

    @Test
    void aKeyThatHadEndedBeforeIsNoChange() {
        watchAfterItsEnd();
        assertThat(isCarriedOut()).isTrue();
        assertThat(store.get(KEY)).isNull(); // which removes it
        assertThat(store.size()).isZero();
        assertThat(isCarriedOut()).isTrue();
        store.set(KEY, VALUE);
        assertThat(isCarriedOut()).isFalse();
    }

    @Test
    void activeExpiryIsNoOtherWay() {
        watchAfterItsEnd();
        store.expireSome(10);
        assertThat(store.size()).isZero();
        assertThat(isCarriedOut()).isTrue();
    }

    /// The master's DEL comes later.
    @ParameterizedTest
    @CsvSource({"false, true", "true, false"})
    void onAReplicaTheMasterSaysWhenItGoes(boolean setsAnew, boolean isCarriedOut) {
        store.expiry(Store.Expiry.HIDE);
        watchAfterItsEnd();
        assertThat(store.get(KEY)).isNull();
        store.expiry(Store.Expiry.KEEP);
        if (setsAnew) store.set(KEY, VALUE);
        else store.delete(KEY);
        store.expiry(Store.Expiry.HIDE);
        assertThat(isCarriedOut()).isEqualTo(isCarriedOut);
    }

    @Test
    void aKeyThatIsSetOverOneThatHasEndedIsAChange() {
        watchAfterItsEnd();
        store.set(KEY, VALUE);
        assertThat(isCarriedOut()).isFalse();
    }

    @Test
    void aKeyMayEndASecondTime() {
        watchAfterItsEnd();
        assertThat(store.get(KEY)).isNull();
        assertThat(isCarriedOut()).isTrue();
        transaction.discard();
        store.set(KEY, VALUE, 3_000);
        transaction.watch(KEY);
        passTo(3_001);
        assertThat(isCarriedOut()).isFalse();
    }

    // ---- all keys at once ----

    @Test
    void allKeysAreDeleted() {
        transaction.watch(KEY);
        store.set(OTHER, VALUE);
        store.clear();
        assertThat(isCarriedOut()).isTrue();
        transaction.watch(OTHER);
        store.set(KEY, VALUE);
        assertThat(isCarriedOut()).isFalse();
        transaction.unwatch();
        transaction.watch(KEY);
        store.clear();
        assertThat(isCarriedOut()).isFalse();
    }

    @Test
    void deletingAKeyThatHadEndedIsNoChange() {
        watchAfterItsEnd();
        store.clear();
        assertThat(isCarriedOut()).isTrue();
        store.set(KEY, VALUE);
        assertThat(isCarriedOut()).isFalse();
    }

    /// By what comes from a master, or from a file: 0 is no key, 2000 one that has ended, 9000 one that has not.
    @ParameterizedTest
    @CsvSource({"0, 0, true", "0, 2000, true", "0, 9000, false", "2000, 0, true", "2000, 2000, true", "2000, 9000, false",
            "9000, 0, false", "9000, 2000, false", "9000, 9000, false"})
    void allKeysAreReplaced(long before, long after, boolean isCarriedOut) {
        store.expiry(Store.Expiry.HIDE);
        if (before > 0) store.set(KEY, VALUE, before);
        passTo(3_000);
        transaction.watch(KEY);
        var contents = store.emptyContents();
        if (after > 0) contents.load(KEY, VALUE, after);
        store.restore(contents);
        assertThat(isCarriedOut()).isEqualTo(isCarriedOut);
        if (!isCarriedOut) return;
        store.expiry(Store.Expiry.REMOVE);
        assertThat(store.get(KEY)).isNull();
        assertThat(isCarriedOut()).isTrue();
        store.set(KEY, VALUE);
        assertThat(isCarriedOut()).isFalse();
    }

    // ---- who watches ----

    @Test
    void nobodyIsRememberedForLongerThanItWatches() {
        var watchedKeys = new WatchedKeys(_ -> false);
        var one = new Transaction(watchedKeys, 1_000);
        var two = new Transaction(watchedKeys, 1_000);
        for (var transaction : List.of(one, two)) {
            for (int i = 0; i < 3; i++) transaction.watch(KEY);
            transaction.watch(OTHER);
        }
        watchedKeys.touched(KEY);
        assertThat(watchedKeys.isEmpty()).as("who is touched watches nothing").isTrue();
        one.watch(KEY);
        assertThat(watchedKeys.isEmpty()).isTrue();
        one.unwatch();
        two.discard();
        one.watch(KEY);
        two.watch(KEY);
        one.begin();
        one.run();
        assertThat(watchedKeys.isEmpty()).isFalse();
        watchedKeys.removed(KEY);
        assertThat(one.isTouched()).as("the first is being carried out").isFalse();
        assertThat(two.isTouched()).isTrue();
        assertThat(watchedKeys.isEmpty()).isTrue();
    }

    // ---- the queue ----

    private static Command command(String name, Flag... flags) {
        var all = EnumSet.noneOf(Flag.class);
        all.addAll(List.of(flags));
        return Command.of(name, -1, all, Keys.NONE, "Is for this test.", (_, _) -> null);
    }

    private EnumSet<Flag> flagsOfExec() {
        return transaction.asOne(command("exec", Flag.NOSCRIPT, Flag.LOADING, Flag.STALE)).flags();
    }

    @Test
    void itIsJudgedByAllThatItWillDo() {
        transaction.begin();
        assertThat(flagsOfExec()).containsOnly(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE);
        transaction.add(command("echo", Flag.FAST, Flag.LOADING, Flag.STALE), List.of());
        assertThat(flagsOfExec()).containsOnly(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE);
        transaction.add(command("get", Flag.READONLY, Flag.STALE), List.of());
        assertThat(flagsOfExec()).containsOnly(Flag.NOSCRIPT, Flag.STALE, Flag.READONLY);
        transaction.add(command("set", Flag.WRITE, Flag.DENYOOM), List.of());
        assertThat(flagsOfExec()).containsOnly(Flag.NOSCRIPT, Flag.READONLY, Flag.WRITE, Flag.DENYOOM);
    }

    @Test
    void itTakesNoMoreThanItMay() {
        var small = new Transaction(new WatchedKeys(_ -> false), 1_000);
        var request = List.of(ByteString.of("SET"), KEY, ByteString.of("x".repeat(100))); // and what three words take beyond their bytes
        small.begin();
        assertThat(small.add(command("set"), request)).isTrue();
        assertThat(small.add(command("set"), request)).isTrue();
        assertThat(small.add(command("set"), List.of(KEY))).isTrue();
        assertThat(small.add(command("set"), request)).isTrue();
        assertThat(small.add(command("set"), request)).isFalse();
        small.discard();
        small.begin();
        small.breakOff();
        for (int i = 0; i < 100; i++) assertThat(small.add(command("set"), request)).as("nothing is kept that will not be carried out").isTrue();
        assertThat(small.size()).isZero();
    }
}
