package redis.server;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

class DictTest {

    /// What no call of scan exceeds, however many entries there are: eight buckets of a table that shrinks, and then some.
    private static final int ENTRIES_OF_A_SCAN = 64;

    private static final class Numbered extends Dict.Entry {

        final int number;

        Numbered(int number) {
            super(key(number).array());
            this.number = number;
        }
    }

    private final Dict<Numbered> dict = new Dict<>(new SipHash(1, 2));

    private static ByteString key(int number) {
        return ByteString.of("key:" + number);
    }

    private void addAll(int from, int to) {
        for (int i = from; i < to; i++) dict.add(new Numbered(i));
    }

    private void removeAll(int from, int to) {
        for (int i = from; i < to; i++) assertThat(dict.remove(key(i)).number).isEqualTo(i);
    }

    private void rehashToTheEnd() {
        boolean more = true;
        while (more) more = dict.rehash(100);
    }

    private int buckets() {
        rehashToTheEnd();
        return walk();
    }

    /// How many calls a walk takes: one for each bucket of the table, or of the smaller one of two.
    private int walk() {
        int calls = 0;
        long cursor = 0;
        do {
            cursor = dict.scan(cursor, _ -> {});
            calls++;
        } while (cursor != 0);
        return calls;
    }

    // ---- find, add, remove ----

    @Test
    void anEntryIsThereFromAddToRemove() {
        assertThat(dict.find(key(1))).isNull();
        var entry = new Numbered(1);
        dict.add(entry);
        assertThat(dict.find(key(1))).isSameAs(entry);
        assertThat(dict.find(key(2))).isNull();
        assertThat(dict.size()).isOne();
        assertThat(dict.remove(key(2))).isNull();
        assertThat(dict.remove(key(1))).isSameAs(entry);
        assertThat(dict.remove(key(1))).isNull();
        assertThat(dict.find(key(1))).isNull();
        assertThat(dict.size()).isZero();
    }

    @Test
    void clearForgetsAll() {
        addAll(0, 1_025); // some are still in the old table
        dict.clear();
        assertThat(dict.size()).isZero();
        assertThat(dict.find(key(1))).isNull();
        assertThat(buckets()).isEqualTo(4);
    }

    @Test
    void keysWithTheSameHashAreTwoKeys() {
        var sipHash = new SipHash(1, 2);
        Map<Integer, Integer> numbers = new HashMap<>();
        int second = 0;
        Integer first = null;
        while (first == null) first = numbers.put((int) sipHash.hash(key(++second).array()), second);
        dict.add(new Numbered(first));
        assertThat(dict.find(key(second))).isNull();
        dict.add(new Numbered(second));
        assertThat(dict.find(key(first)).number).isEqualTo(first);
        assertThat(dict.find(key(second)).number).isEqualTo(second);
        assertThat(dict.remove(key(first)).number).isEqualTo(first);
        assertThat(dict.find(key(second)).number).isEqualTo(second);
    }

    /// The classic attack on hash tables of Java: 16,384 texts with the same `hashCode`.
    @Test
    void keysThatCollideElsewhereSpreadHere() {
        var texts = List.of("");
        for (int i = 0; i < 14; i++) texts = texts.stream().flatMap(t -> List.of(t + "Aa", t + "BB").stream()).toList();
        assertThat(texts.stream().map(t -> ByteString.of(t).hashCode()).distinct()).hasSize(1);

        var flooded = new Dict<Dict.Entry>(SipHash.random());
        for (var text : texts) flooded.add(new Dict.Entry(text.getBytes()) {});
        long cursor = 0;
        do {
            var bucket = new ArrayList<Dict.Entry>();
            cursor = flooded.scan(cursor, bucket::add);
            assertThat(bucket).hasSizeLessThan(ENTRIES_OF_A_SCAN);
        } while (cursor != 0);
    }

    @Test
    void aSecondEntryWithTheSameKeyIsNotAdded() {
        addAll(0, 1_024); // all of them are still in the old table
        assertThat(dict.addIfAbsent(new Numbered(7))).isFalse();
        assertThat(dict.size()).isEqualTo(1_024);
        var entry = new Numbered(-1);
        assertThat(dict.addIfAbsent(entry)).isTrue();
        assertThat(dict.find(key(-1))).isSameAs(entry);
        assertThat(dict.size()).isEqualTo(1_025);
    }

    // ---- growing and shrinking ----

    @ParameterizedTest
    @CsvSource({"0, 4", "4, 4", "5, 8", "1024, 1024", "1025, 2048"})
    void anEmptyDictIsMadeReadyForItsEntries(int entries, int buckets) {
        dict.reserve(entries);
        assertThat(walk()).isEqualTo(buckets);
        addAll(0, entries);
        dict.reserve(1_000_000); // too late
        for (int i = 0; i < entries; i++) assertThat(dict.find(key(i)).number).isEqualTo(i);
    }

    @Test
    void everyOperationDoesAShareOfTheRehashing() {
        assertRehashes(() -> dict.find(key(-1)));
        assertRehashes(() -> dict.remove(key(-1)));
        assertRehashes(() -> dict.addIfAbsent(new Numbered(1)));
        assertRehashes(() -> dict.random(new Random(1)));
    }

    private void assertRehashes(Runnable operation) {
        dict.clear();
        addAll(0, 1_024); // the last of them makes the table grow
        for (int i = 0; i < 1_024; i++) operation.run();
        assertThat(dict.rehash(0)).as("there is more to be moved").isFalse();
    }

    @Test
    void growsWhenThereIsAnEntryForEachBucket() {
        addAll(0, 4);
        assertThat(buckets()).isEqualTo(8);
        addAll(4, 1_023);
        assertThat(buckets()).isEqualTo(1_024);
        addAll(1_023, 1_024);
        assertThat(buckets()).isEqualTo(2_048);
    }

    @Test
    void shrinksWhenOneBucketInTenIsUsed() {
        addAll(0, 1_000);
        removeAll(102, 1_000);
        assertThat(buckets()).isEqualTo(1_024);
        removeAll(101, 102);
        assertThat(buckets()).isEqualTo(128);
        removeAll(0, 101);
        assertThat(buckets()).isLessThanOrEqualTo(16);
    }

    /// A small table beside a huge one would make a call of scan visit thousands of buckets.
    @Test
    void shrinksByAFactorOfEightAtATime() {
        int full = 1 << 16;
        addAll(0, full);
        removeAll(0, full); // so fast that the table could not shrink meanwhile
        for (int buckets = 2 * full; buckets > 4; buckets /= 8) {
            assertThat(walk()).isBetween(buckets / 8, buckets);
            while (walk() > buckets / 8) dict.rehash(100);
        }
        assertThat(buckets()).isEqualTo(4);
    }

    @Test
    void rehashesStepByStepWithoutAnyOperation() {
        addAll(0, 1_024);
        int slices = 0;
        while (dict.rehash(10)) slices++;
        assertThat(slices).isBetween(55, 80); // six in ten of 1,024 buckets are used, and the others are skipped
        assertThat(dict.rehash(10)).isFalse();
        for (int i = 0; i < 1_024; i++) assertThat(dict.find(key(i)).number).isEqualTo(i);
    }

    // ---- random ----

    @Test
    void randomOfNothingIsNull() {
        assertThat(dict.random(new Random(1))).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 1_024, 1_400}) // one table, two of which the old is full, two of which it is half empty
    void randomFindsEachEntryAboutAsOften(int size) {
        addAll(0, size);
        var random = new Random(1);
        var draws = new int[size];
        for (int i = 0; i < 200 * size; i++) draws[dict.random(random).number]++;
        assertThat(IntStream.of(draws)).allSatisfy(n -> assertThat(n).isBetween(20, 600));
    }

    @Test
    void randomEndsInATableThatIsAlmostEmpty() {
        int full = 1 << 16;
        addAll(0, full + 1);
        removeAll(1, full + 1); // so fast that the large table could not shrink
        RandomGenerator alwaysTheSame = () -> 1;
        assertThat(dict.random(alwaysTheSame).number).isZero();
        assertThat(dict.random(new Random(1)).number).isZero();
    }

    // ---- scan ----

    @Test
    void aWalkVisitsEachEntryOnceWhenNothingChanges() {
        addAll(0, 1_400); // with entries in both tables
        var scanned = new ArrayList<Integer>();
        long cursor = 0;
        do cursor = dict.scan(cursor, entry -> scanned.add(entry.number)); while (cursor != 0);
        assertThat(scanned).hasSize(1_400).doesNotHaveDuplicates();

        var visited = new ArrayList<Integer>();
        dict.forEach(entry -> visited.add(entry.number));
        assertThat(visited).containsExactlyInAnyOrderElementsOf(scanned);
    }

    @Test
    void everyNumberIsACursor() {
        addAll(0, 1_030);
        var random = new Random(1);
        for (int i = 0; i < 100; i++) {
            long cursor = switch (i) {
                case 0 -> -1;
                case 1 -> Long.MIN_VALUE;
                case 2 -> Long.MAX_VALUE;
                default -> random.nextLong();
            };
            int calls = 0;
            do cursor = dict.scan(cursor, _ -> {}); while (cursor != 0 && ++calls <= 2_048);
            assertThat(calls).isLessThanOrEqualTo(2_048);
        }
    }

    @Test
    void theVisitorMayRemoveWhatItVisits() {
        addAll(0, 10_000);
        var visited = new HashSet<Integer>();
        long cursor = 0;
        do {
            cursor = dict.scan(cursor, entry -> {
                visited.add(entry.number);
                if (entry.number % 100 != 0) dict.remove(ByteString.wrap(entry.key)); // it may be gone, as it shrinks meanwhile
            });
        } while (cursor != 0);
        assertThat(visited).hasSize(10_000);
        assertThat(dict.size()).isEqualTo(100);
        for (int i = 0; i < 10_000; i += 100) assertThat(dict.find(key(i)).number).isEqualTo(i);
    }

    // ---- everything at once ----

    /// Random operations while several scans are on their way, in a table that grows to 100,000 entries and shrinks to almost none.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void behavesAsAMapAndKeepsThePromiseOfScan(long seed) {
        new Trial(seed).run();
    }

    private final class Trial {

        private static final int KEYS = 120_000;

        private final String name;
        private final Random random;
        private final Map<Integer, Numbered> model = new HashMap<>();
        private final BitSet present = new BitSet(KEYS);
        private final List<Scan> scans = new ArrayList<>();

        Trial(long seed) {
            name = "seed " + seed;
            random = new Random(seed);
        }

        void run() {
            for (int size : new int[] {100_000, 13_000, 10, 5_000, 4_000, random.nextInt(30_000), 0}) {
                while (model.size() != size) step(model.size() < size, 1);
                for (int i = 0; i < 20_000; i++) step(random.nextBoolean(), 20); // a scan finds much that was there when it began
            }
            clear();
            for (int i = 0; i < 10_000; i++) step(random.nextBoolean(), 1);
            for (var scan : scans) while (!scan.ended) scan.step();
        }

        /// Mostly adds or mostly removes.
        ///
        /// @param pace changes something once in so many steps
        private void step(boolean grow, int pace) {
            int number = random.nextInt(KEYS);
            if (random.nextInt(pace) != 0) find(number);
            else switch (random.nextInt(20)) {
                case 0 -> dict.rehash(random.nextInt(20));
                case 1, 2, 3 -> change(number, !grow);
                default -> change(grow ? present.nextClearBit(number) : presentOne(number), grow);
            }
            assertThat(dict.size()).as(name).isEqualTo(model.size());
            scans.removeIf(scan -> scan.ended);
            while (scans.size() < 4) scans.add(new Scan(2 << random.nextInt(4)));
            for (var scan : scans) for (int i = random.nextInt(scan.pace); i > 0 && !scan.ended; i--) scan.step();
        }

        private int presentOne(int near) {
            int below = present.previousSetBit(near);
            return below >= 0 ? below : Math.max(0, present.nextSetBit(near));
        }

        private void find(int number) {
            assertThat(dict.find(key(number))).as(name).isSameAs(model.get(number));
        }

        private void change(int number, boolean add) {
            if (!add) {
                assertThat(dict.remove(key(number))).as(name).isSameAs(model.remove(number));
                present.clear(number);
                for (var scan : scans) scan.promised.clear(number);
            } else if (!present.get(number)) {
                var entry = new Numbered(number);
                dict.add(entry);
                model.put(number, entry);
                present.set(number);
            }
        }

        private void clear() {
            dict.clear();
            model.clear();
            present.clear();
            for (var scan : scans) scan.promised.clear();
        }

        private final class Scan {

            final int pace;                                   // below that many calls for each operation
            final BitSet promised = (BitSet) present.clone(); // what has been there since the beginning
            final BitSet visited = new BitSet(KEYS);
            long cursor;
            boolean ended;

            Scan(int pace) {
                this.pace = pace;
            }

            void step() {
                var entries = new ArrayList<Numbered>();
                cursor = dict.scan(cursor, entries::add);
                if (entries.size() > ENTRIES_OF_A_SCAN) fail("%s: one call of scan visited %d entries", name, entries.size());
                for (var entry : entries) {
                    if (model.get(entry.number) != entry) fail("%s: scan visited %d, which is gone", name, entry.number);
                    visited.set(entry.number);
                }
                ended = cursor == 0;
                if (!ended) return;
                promised.andNot(visited);
                assertThat(promised.stream().limit(5)).as("%s: keys that the scan has left out", name).isEmpty();
            }
        }
    }
}
