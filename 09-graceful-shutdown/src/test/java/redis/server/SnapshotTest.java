package redis.server;

import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// A snapshot is the keyspace at the moment at which it began, whatever happens until it is complete.
///
/// No other thread is needed to see it: between any two of its steps the snapshot asks whether it was cancelled, and the test, before it says
/// no, changes the store.
class SnapshotTest {

    /// So many that a snapshot takes eight steps, of 64 buckets each.
    private static final int KEYS = 300;
    private static final int STEPS = 8;

    private static final long DUE = 2_000;
    private static final long FAR = 1_000_000;

    private final AtomicLong now = new AtomicLong(1_000);
    private final Store store = new Store(() -> Instant.ofEpochMilli(now.get()));

    /// A third of the keys has no deadline, a third one that comes soon, a third one that is far away.
    private void fill() {
        for (int i = 0; i < KEYS; i++) store.set(key(i), ByteString.of("old " + i), i % 3 == 0 ? Store.NEVER : i % 3 == 1 ? DUE : FAR);
        while (store.rehash(1_000)) {
            // the number of steps is certain when it has come to rest
        }
    }

    private static ByteString key(int i) {
        return ByteString.of("key:" + i);
    }

    private void passTo(long millis) {
        now.set(millis);
        store.lock();
        store.unlock();
    }

    private Map<ByteString, Store.Entry> contents() {
        var contents = new HashMap<ByteString, Store.Entry>();
        store.forEach(entry -> contents.put(entry.key(), entry));
        return contents;
    }

    /// Takes what is left of a snapshot, which must not have any entry twice.
    ///
    /// @param cancelled asked between any two steps
    private static Map<ByteString, Store.Entry> write(Snapshot snapshot, BooleanSupplier cancelled) throws IOException {
        var entries = new HashMap<ByteString, Store.Entry>();
        snapshot.writeTo(entry -> assertThat(entries.put(entry.key(), entry)).as("%s before", entry.key()).isNull(), cancelled);
        return entries;
    }

    /// A change of a key.
    @FunctionalInterface
    interface Change {
        void apply(SnapshotTest test, int i);
    }

    static Stream<Named<Change>> changes() {
        return Stream.of(
                Named.of("nothing", (_, _) -> {}),
                Named.of("read", (test, i) -> test.store.get(key(i))),
                Named.of("overwritten", (test, i) -> test.store.set(key(i), ByteString.of("new"))),
                Named.of("overwritten, with a deadline", (test, i) -> test.store.set(key(i), ByteString.of("new"), FAR + 1)),
                Named.of("overwritten twice", (test, i) -> {
                    test.store.set(key(i), ByteString.of("new"));
                    test.store.update(key(i), ByteString.of("newer"));
                }),
                Named.of("updated", (test, i) -> test.store.update(key(i), ByteString.of("new"))),
                Named.of("deleted", (test, i) -> test.store.delete(key(i))),
                Named.of("deleted and set again", (test, i) -> {
                    test.store.delete(key(i));
                    test.store.set(key(i), ByteString.of("new"));
                }),
                Named.of("given a deadline", (test, i) -> test.store.expireAt(key(i), FAR + 2)),
                Named.of("freed of its deadline", (test, i) -> test.store.persist(key(i))),
                Named.of("freed of its deadline, and deleted", (test, i) -> {
                    test.store.persist(key(i));
                    test.store.delete(key(i));
                }),
                Named.of("found to be over", (test, i) -> {
                    test.passTo(DUE + 1);
                    test.store.get(key(i));
                }),
                Named.of("over, and removed by active expiry", (test, i) -> {
                    test.passTo(FAR + 1);
                    test.store.expireSome(1);
                }),
                Named.of("over, and overwritten", (test, i) -> {
                    test.passTo(DUE + 1);
                    test.store.set(key(i), ByteString.of("new"));
                }),
                Named.of("renamed", (test, i) -> {
                    if (!test.store.contains(key(i))) return; // it was before
                    long deadline = test.store.deadline(key(i));
                    test.store.set(ByteString.of("renamed:" + i), test.store.delete(key(i)), deadline);
                }),
                Named.of("copied over the next", (test, i) ->
                        test.store.set(key((i + 1) % KEYS), ByteString.of("copied " + i), test.store.deadline(key(i)))),
                Named.of("joined by another", (test, i) -> test.store.set(ByteString.of("another:" + i), ByteString.of("new"), FAR)),
                Named.of("joined by twenty others", (test, i) -> {
                    for (int j = 0; j < 20; j++) test.store.set(ByteString.of("another:" + i + ":" + j), ByteString.of("new"), FAR);
                }),
                Named.of("flushed with all others", (test, _) -> test.store.clear()),
                Named.of("flushed, and set again", (test, i) -> {
                    test.store.clear();
                    test.store.set(key(i), ByteString.of("new"), FAR + 3);
                }),
                Named.of("in a store that is reloaded in vain", (test, i) -> {
                    var contents = test.store.takeContents();
                    test.store.set(key(i), ByteString.of("half"), FAR + 4);
                    test.store.restore(contents);
                    test.store.update(key((i + 1) % KEYS), ByteString.of("new"));
                }));
    }

    /// The change comes to all keys at once, and that at every step.
    @ParameterizedTest
    @MethodSource("changes")
    void hasEveryKeyAsItWasWhateverHappensToAllOfThemAtOnce(Change change) throws IOException {
        for (int when = 0; when <= STEPS; when++) {
            store.clear();
            passTo(1_000);
            fill();
            var before = contents();
            var step = new AtomicLong(when);
            var snapshot = store.startSnapshot();
            assertThat(snapshot.size()).isEqualTo(KEYS);
            assertThat(snapshot.volatileSize()).isEqualTo(KEYS / 3 * 2);
            var written = write(snapshot, () -> {
                if (step.getAndDecrement() == 0) for (int i = 0; i < KEYS; i++) change.apply(this, i);
                return false;
            });
            assertThat(written).as("changed at step %d", when).isEqualTo(before);
            assertThat(step.get()).as("steps that are left").isLessThanOrEqualTo(when == STEPS ? 0 : -1);
        }
    }

    /// The change comes to one key after the other, some of them at each step.
    @ParameterizedTest
    @MethodSource("changes")
    void hasEveryKeyAsItWasWhateverHappensToOneAfterTheOther(Change change) throws IOException {
        fill();
        var before = contents();
        var next = new AtomicLong();
        var written = write(store.startSnapshot(), () -> {
            for (int i = 0; i < 20; i++) change.apply(this, (int) (next.getAndIncrement() % KEYS));
            return false;
        });
        assertThat(written).isEqualTo(before);
    }

    @Test
    void ofNothingIsNothing() throws IOException {
        var snapshot = store.startSnapshot();
        store.set(key(1), ByteString.of("new"));
        assertThat(write(snapshot, () -> false)).isEmpty();
        assertThat(snapshot.size()).isZero();
    }

    @Test
    void thereIsOneAtATime() throws IOException {
        fill();
        var snapshot = store.startSnapshot();
        assertThatThrownBy(store::startSnapshot).isInstanceOf(IllegalStateException.class);
        write(snapshot, () -> false);
        store.startSnapshot().close();
        store.startSnapshot().close();
    }

    @Test
    void toCloseOneThatIsCompleteDoesNotEndTheNext() throws IOException {
        fill();
        var first = store.startSnapshot();
        write(first, () -> false);
        var before = contents();
        var second = store.startSnapshot();
        first.close();
        for (int i = 0; i < KEYS; i++) store.delete(key(i));
        assertThat(write(second, () -> false)).isEqualTo(before);
    }

    @Test
    void oneAfterACancelledOneIsComplete() throws IOException {
        for (int when = 0; when <= STEPS; when++) {
            store.clear();
            fill();
            var step = new AtomicLong(when);
            try (var cancelled = store.startSnapshot()) {
                BooleanSupplier isCancelled = () -> {
                    store.update(key((int) step.get()), ByteString.of("changed"));
                    return step.getAndDecrement() == 0;
                };
                if (when < STEPS) assertThatThrownBy(() -> write(cancelled, isCancelled)).isInstanceOf(IOException.class);
                else write(cancelled, isCancelled);
            }
            store.update(key(KEYS - 1), ByteString.of("changed"));
            var before = contents();
            assertThat(write(store.startSnapshot(), () -> {
                for (int i = 0; i < KEYS; i++) store.delete(key(i));
                return false;
            })).as("cancelled at step %d", when).isEqualTo(before);
        }
    }

    @Test
    void oneAfterAFailedOneIsComplete() throws IOException {
        fill();
        try (var failing = store.startSnapshot()) {
            assertThatThrownBy(() -> failing.writeTo(_ -> {
                throw new IOException("disk full");
            }, () -> false)).hasMessage("disk full");
        }
        assertThat(write(store.startSnapshot(), () -> false)).isEqualTo(contents());
    }

    /// Without any thread that writes to the store, an entry costs nothing but its bytes: nothing is kept for a snapshot that is over.
    @Test
    void keepsNothingWhenNoneIsTaken() throws IOException {
        fill();
        var snapshot = store.startSnapshot();
        snapshot.close();
        for (int i = 0; i < KEYS; i++) store.delete(key(i));
        assertThat(write(snapshot, () -> false)).as("what was handed over to it after its end").isEmpty();
    }

    @Test
    void doesNotSeeTheTablesThatTookThePlaceOfItsOwn() throws IOException {
        fill();
        var before = contents();
        var snapshot = store.startSnapshot();
        var others = store.emptyContents();
        others.load(ByteString.of("other"), ByteString.of("1"), Store.NEVER);
        store.restore(others);
        store.update(ByteString.of("other"), ByteString.of("2"));
        assertThat(write(snapshot, () -> false)).isEqualTo(before);
    }

    // ---- anything at random ----

    /// A model of the store: a plain map, which never removes what is over.
    private record Model(Map<ByteString, Store.Entry> entries, AtomicLong now) {

        boolean lives(Store.Entry entry) {
            return entry.deadline() == Store.NEVER || entry.deadline() >= now.get();
        }

        /// The key as whoever asks for it sees it.
        Store.Entry find(ByteString key) {
            var entry = entries.get(key);
            return entry != null && lives(entry) ? entry : null;
        }

        void put(ByteString key, ByteString value, long deadline) {
            entries.put(key, new Store.Entry(key, value, deadline));
        }

        Map<ByteString, Store.Entry> living() {
            var living = new HashMap<>(entries);
            living.values().removeIf(entry -> !lives(entry));
            return living;
        }
    }

    /// Random operations on the store and on the model, with a scan in flight all the time.
    private final class Life {
        private final Random random;
        private final int keys;
        private final Model model = new Model(new HashMap<>(), now);
        private boolean growing = true;
        private long operations;

        private long cursor;
        private Set<ByteString> toBeFound = new HashSet<>(); // there since the scan began, and not yet found

        Life(long seed, int keys) {
            random = new Random(seed);
            this.keys = keys;
        }

        void step() {
            operations++;
            if (random.nextInt(4 * keys) == 0) growing = !growing;
            var key = key(random.nextInt(keys));
            var value = ByteString.of(operations);
            long deadline = now.get() + random.nextInt(2_000);
            int dice = random.nextInt(100);
            if (dice < 40) {
                if (growing) set(key, value, random.nextInt(3) == 0 ? deadline : Store.NEVER);
                else delete(key);
            } else if (dice < 50) {
                update(key, value);
            } else if (dice < 58) {
                set(key, value, Store.NEVER);
            } else if (dice < 66) {
                delete(key);
            } else if (dice < 72) {
                if (store.contains(key)) store.expireAt(key, deadline);
                if (model.find(key) != null) model.put(key, model.find(key).value(), deadline);
            } else if (dice < 76) {
                if (store.contains(key)) store.persist(key);
                if (model.find(key) != null) model.put(key, model.find(key).value(), Store.NEVER);
            } else if (dice < 80) {
                rename(key, key(random.nextInt(keys)));
            } else if (dice < 81) {
                passTo(now.get() + random.nextInt(50));
                toBeFound.removeIf(due -> model.find(due) == null);
            } else if (dice < 86) {
                store.expireSome(1 + random.nextInt(20));
            } else if (dice < 88) {
                store.rehash(random.nextInt(5));
            } else if (dice < 89) {
                var any = store.randomKey();
                assertThat(any == null).isEqualTo(model.living().isEmpty());
                if (any != null) assertThat(model.find(any)).isNotNull();
            } else if (random.nextInt(keys) == 0) {
                store.clear();
                model.entries.clear();
                toBeFound.clear();
            } else {
                scan();
            }
            var found = model.find(key);
            assertThat(store.get(key)).isEqualTo(found == null ? null : found.value());
            assertThat(store.deadline(key)).isEqualTo(found == null ? Store.NEVER : found.deadline());
        }

        private void set(ByteString key, ByteString value, long deadline) {
            store.set(key, value, deadline);
            model.put(key, value, deadline);
        }

        private void update(ByteString key, ByteString value) {
            store.update(key, value);
            var old = model.find(key);
            model.put(key, value, old == null ? Store.NEVER : old.deadline());
        }

        private void delete(ByteString key) {
            store.delete(key);
            model.entries.remove(key);
            toBeFound.remove(key);
        }

        private void rename(ByteString from, ByteString to) {
            var entry = model.find(from);
            if (entry == null) return;
            delete(from);
            set(to, entry.value(), entry.deadline());
        }

        private void scan() {
            cursor = store.scan(cursor, key -> {
                assertThat(model.find(key)).as("%s, found by the scan", key).isNotNull();
                toBeFound.remove(key);
            });
            if (cursor != 0) return;
            assertThat(toBeFound).as("not found by the scan").isEmpty();
            toBeFound = new HashSet<>(model.living().keySet());
        }

        /// Takes a snapshot, and lives on between its steps.
        ///
        /// @return whether it was complete, and not cancelled
        boolean takeSnapshot() throws IOException {
            var possible = new HashMap<>(model.entries); // with those that are over: they may be removed already
            var certain = model.living();
            int pace = random.nextInt(100);
            boolean cancels = random.nextInt(5) == 0;
            try (var snapshot = store.startSnapshot()) {
                var written = write(snapshot, () -> {
                    for (int i = random.nextInt(pace + 1); i > 0; i--) step();
                    return cancels && random.nextInt(10) == 0;
                });
                assertThat(written).hasSize(snapshot.size());
                written.forEach((key, entry) -> assertThat(entry).isEqualTo(possible.get(key)));
                assertThat(written.keySet()).containsAll(certain.keySet());
                return true;
            } catch (IOException e) {
                return false;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void holdsWhateverHappens(long seed) throws IOException {
        var life = new Life(seed, IntStream.of(50, 200, 1_000, 3_000).toArray()[(int) (seed % 4)]);
        int complete = 0;
        for (int round = 0; round < 20; round++) {
            try {
                for (int i = life.random.nextInt(2_000); i > 0; i--) life.step();
                if (life.takeSnapshot()) complete++;
            } catch (AssertionError e) {
                throw new AssertionError("seed %d, round %d, operation %d: %s".formatted(seed, round, life.operations, e.getMessage()), e);
            }
        }
        assertThat(complete).as("seed %d: complete snapshots", seed).isGreaterThan(8);
        assertThat(store.keys()).containsExactlyInAnyOrderElementsOf(life.model.living().keySet());
    }
}
