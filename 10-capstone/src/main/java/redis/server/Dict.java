package redis.server;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import redis.resp.ByteString;

/// Redis's hash table. It does two things that a `HashMap` can't do: it grows without a pause, and it can be walked while it changes.
///
/// **It grows and shrinks step by step.** A `HashMap` that is full moves all of its entries at once, and the client whose `SET` was one
/// too many waits, and everybody with it. Here the old table stays beside the new one, and each operation moves one bucket, until
/// the old table is empty. For as long as that takes, an entry may be in either.
///
/// **A walk is a number.** See [#scan].
///
/// Not thread-safe: for the thread that holds the lock of the store.
///
/// @param <E> what is stored: an entry is its own link of the chain of its bucket, which saves an object for each key
final class Dict<E extends Dict.Entry> {

    /// A key, and in a subclass what belongs to it.
    abstract static class Entry {

        final byte[] key;   // nobody ever writes to it
        private int hash;   // kept, since to move an entry takes its hash
        private Entry next; // in the same bucket

        Entry(byte[] key) {
            this.key = key;
        }

        /// About how many bytes of the heap it takes, with what belongs to nobody else.
        abstract long memory();
    }

    private static final int ARRAY_HEADER = 12;
    private static final int REFERENCE = 4;

    private static final int MIN_BUCKETS = 4;
    private static final int MAX_BUCKETS = 1 << 30;

    /// A table shrinks when less than one bucket in ten would be used.
    private static final int MIN_FILL = 10;

    /// It then shrinks by this factor and no more, since a bucket of the small table is as many of the large one, and a scan
    /// has to visit them all in one call.
    private static final int SHRINK = 8;

    /// How many buckets, most of them empty, a step of rehashing looks at.
    private static final int BUCKETS_PER_STEP = 10;

    /// How often [#random] tries its luck: with one bucket in ten used, it is out of luck once in 40,000 calls.
    private static final int FAIR_TRIES = 100;

    /// How many buckets [#sample] looks at for each entry that it is to find.
    private static final int BUCKETS_PER_SAMPLE = 10;

    private final SipHash sipHash;
    private Table table = new Table(MIN_BUCKETS);
    private Table old;       // the one that the entries are moved from; null when all are in the table
    private int rehashIndex; // the first bucket of the old table that has not been moved
    private int size;
    private long memory;     // of the entries, in bytes

    Dict(SipHash sipHash) {
        this.sipHash = sipHash;
    }

    int size() {
        return size;
    }

    void clear() {
        table = new Table(MIN_BUCKETS);
        old = null;
        size = 0;
        memory = 0;
    }

    // ---- its memory ----

    /// The bytes that an array with a content of so many takes: its header, and what fills up the last eight. It is reckoned for a JVM with compact
    /// object headers, whose objects take multiples of 8 bytes, and whose references take 4.
    static long arrayMemory(long content) {
        return ARRAY_HEADER + content + 7 & -8;
    }

    /// How many bytes of the heap the entries and the tables take. It is kept up to date and not counted, so to ask costs nothing.
    long memory() {
        return memory + tableMemory();
    }

    /// How many of them the tables take.
    long tableMemory() {
        return table.memory + (old == null ? 0 : old.memory);
    }

    /// Takes note that an entry has grown by so many bytes, or has shrunk.
    void grown(long bytes) {
        memory += bytes;
    }

    // ---- entries ----

    /// @return the entry, or null if there is none
    E find(ByteString key) {
        moveBucket();
        return cast(find(hash(key.array()), key.array()));
    }

    private Entry find(int hash, byte[] key) {
        var found = table.find(hash, key);
        return found == null && old != null ? old.find(hash, key) : found;
    }

    /// Adds an entry. There must be none with its key.
    void add(E entry) {
        moveBucket();
        insert(entry, hash(entry.key));
    }

    /// Adds an entry unless there is one with its key.
    ///
    /// @return whether it was added
    boolean addIfAbsent(E entry) {
        moveBucket();
        int hash = hash(entry.key);
        if (find(hash, entry.key) != null) return false;
        insert(entry, hash);
        return true;
    }

    private void insert(Entry entry, int hash) {
        entry.hash = hash;
        table.add(entry);
        size++;
        memory += entry.memory();
        growIfFull();
    }

    /// Makes an empty dict ready for so many entries, so that it does not have to grow while they are added.
    ///
    /// @param entries 0 or more; more than there can be are as many as there can be
    void reserve(long entries) {
        if (size > 0) return;
        long buckets = Long.highestOneBit(Math.clamp(entries - 1, MIN_BUCKETS / 2, MAX_BUCKETS / 2)) * 2;
        table = new Table((int) buckets);
        old = null;
    }

    /// @return the entry that was removed, or null if there was none
    E remove(ByteString key) {
        moveBucket();
        byte[] bytes = key.array();
        int hash = hash(bytes);
        var removed = table.remove(hash, bytes);
        if (removed == null && old != null) removed = old.remove(hash, bytes);
        if (removed == null) return null;
        size--;
        memory -= removed.memory();
        shrinkIfSparse();
        return cast(removed);
    }

    /// @return any entry, each about as likely as the others; null if there is none
    E random(RandomGenerator random) {
        if (size == 0) return null;
        moveBucket();
        var bucket = new ArrayList<E>();
        long cursor = 0;
        for (int tries = 0; bucket.isEmpty(); tries++) {
            if (tries < FAIR_TRIES) cursor = random.nextLong() & narrow().mask; // later it takes the next best, to come to an end
            cursor = collect(cursor, bucket);
        }
        return bucket.get(random.nextInt(bucket.size()));
    }

    /// Finds some entries that are neighbours, wherever that is. It costs little more than to find one, and is good enough to judge all by some.
    ///
    /// @param count how many, or a few more; fewer where the table is almost empty
    void sample(RandomGenerator random, int count, List<? super E> found) {
        moveBucket();
        long cursor = random.nextLong();
        long buckets = Math.min(BUCKETS_PER_SAMPLE * (long) count, narrow().buckets());
        for (long i = 0; i < buckets && found.size() < count; i++) cursor = collect(cursor, found);
    }

    private int hash(byte[] key) {
        return (int) sipHash.hash(key);
    }

    @SuppressWarnings("unchecked")
    private E cast(Entry entry) {
        return (E) entry; // nothing else was ever added
    }

    // ---- rehashing ----

    /// Does a share of the work of growing or shrinking. Every operation does one step. A table that nobody uses any more would stay half
    /// moved, so somebody should call this from time to time.
    ///
    /// @param steps how many buckets to move, at the most
    /// @return whether there is more to be done
    boolean rehash(int steps) {
        for (int i = 0; i < steps && resizeIfDue(); i++) moveBucket();
        return resizeIfDue();
    }

    private boolean resizeIfDue() {
        growIfFull();
        shrinkIfSparse();
        return old != null;
    }

    private void growIfFull() {
        if (old == null && size >= table.buckets() && table.buckets() < MAX_BUCKETS) resize(2 * table.buckets());
    }

    private void shrinkIfSparse() {
        int buckets = table.buckets();
        if (old == null && size < buckets / MIN_FILL && buckets > MIN_BUCKETS) resize(Math.max(buckets / SHRINK, MIN_BUCKETS));
    }

    private void resize(int buckets) {
        old = table;
        table = new Table(buckets);
        rehashIndex = 0;
    }

    /// One step of rehashing, if there is anything to be moved.
    private void moveBucket() {
        for (int i = 0; i < BUCKETS_PER_STEP && old != null; i++) {
            var chain = old.take(rehashIndex++);
            if (rehashIndex == old.buckets()) old = null;
            if (chain == null) continue;
            while (chain != null) {
                var next = chain.next;
                table.add(chain);
                chain = next;
            }
            return;
        }
    }

    // ---- walking ----

    /// Visits the entries of a bucket. Whoever starts with cursor 0, and goes on with the cursor that each call returns until that is 0,
    /// has visited every entry that was there all the time: at least once, and maybe again if the table has shrunk in between.
    ///
    /// Nothing is kept between two calls. This is how: a table of 2ⁿ buckets uses the lowest n bits of a hash. When it doubles, the
    /// entries of a bucket spread over the two buckets that have the same n bits and one more above. So the cursor counts up with
    /// its bits reversed, the highest first. Then the buckets that one bucket splits into are neighbours in the order of the walk,
    /// and what is done is done in a table of any size. Every number is a cursor, as the bits above the n-th count for nothing.
    ///
    /// @param visitor may add and remove, the visited entry too; it may still be shown an entry of this call that it has just removed
    /// @return the next cursor, or 0 at the end
    long scan(long cursor, Consumer<? super E> visitor) {
        var bucket = new ArrayList<E>();
        long next = collect(cursor, bucket);
        bucket.forEach(visitor);
        return next;
    }

    /// As [#scan], for a caller who wants to look at the entries of several buckets together.
    long collect(long cursor, List<? super E> found) {
        Table narrow = narrow();
        Table wide = narrow == table && old != null ? old : table;
        if (narrow != wide) addAll(narrow.head(cursor), found);
        do { // with two tables these are a bucket of the narrow one, and all those of the wide one that it splits into
            addAll(wide.head(cursor), found);
            cursor = Long.reverse(Long.reverse(cursor | ~wide.mask) + 1); // the ones above the mask carry the 1 into it
        } while ((cursor & (narrow.mask ^ wide.mask)) != 0);
        return cursor;
    }

    private void addAll(Entry chain, List<? super E> found) {
        for (var entry = chain; entry != null; entry = entry.next) found.add(cast(entry));
    }

    /// Visits every entry once, in a third of the time of a whole scan. The visitor must not use this dict, not even to find: that
    /// moves entries.
    void forEach(Consumer<? super E> visitor) {
        if (old != null) old.forEach(entry -> visitor.accept(cast(entry)));
        table.forEach(entry -> visitor.accept(cast(entry)));
    }

    private Table narrow() {
        return old != null && old.mask < table.mask ? old : table;
    }

    /// A power of two of buckets, each a chain of entries, in segments that are allocated when they are first used: to allocate one
    /// array for two million buckets would take 4 ms.
    private static final class Table {

        private static final int SEGMENT_BITS = 10;
        private static final int SEGMENT = 1 << SEGMENT_BITS;

        final long mask; // the bits of a hash that tell the bucket
        private final Entry[][] segments;
        long memory; // of the arrays, in bytes

        Table(int buckets) {
            mask = buckets - 1;
            segments = new Entry[Math.max(1, buckets >> SEGMENT_BITS)][];
            memory = arrayMemory((long) REFERENCE * segments.length);
        }

        int buckets() {
            return (int) mask + 1;
        }

        /// The first entry of a bucket, or null.
        ///
        /// @param hash the bits above the mask do not matter
        Entry head(long hash) {
            int bucket = (int) (hash & mask);
            var segment = segments[bucket >> SEGMENT_BITS];
            return segment == null ? null : segment[bucket & SEGMENT - 1];
        }

        Entry find(int hash, byte[] key) {
            var entry = head(hash);
            while (entry != null && !matches(entry, hash, key)) entry = entry.next;
            return entry;
        }

        void add(Entry entry) {
            int bucket = (int) (entry.hash & mask);
            var segment = segments[bucket >> SEGMENT_BITS];
            if (segment == null) segment = addSegment(bucket >> SEGMENT_BITS);
            entry.next = segment[bucket & SEGMENT - 1];
            segment[bucket & SEGMENT - 1] = entry;
        }

        private Entry[] addSegment(int index) {
            var segment = new Entry[Math.min(buckets(), SEGMENT)];
            segments[index] = segment;
            memory += arrayMemory((long) REFERENCE * segment.length);
            return segment;
        }

        Entry remove(int hash, byte[] key) {
            var found = find(hash, key);
            if (found == null) return null;
            var before = head(hash);
            if (before == found) {
                int bucket = (int) (hash & mask);
                segments[bucket >> SEGMENT_BITS][bucket & SEGMENT - 1] = found.next;
            } else {
                while (before.next != found) before = before.next;
                before.next = found.next;
            }
            found.next = null;
            return found;
        }

        /// Empties a bucket. Buckets are taken in order, and a segment is given back with its last bucket.
        Entry take(int bucket) {
            var chain = head(bucket);
            int offset = bucket & SEGMENT - 1;
            if (chain != null) segments[bucket >> SEGMENT_BITS][offset] = null;
            if (offset == SEGMENT - 1) dropSegment(bucket >> SEGMENT_BITS);
            return chain;
        }

        private void dropSegment(int index) {
            var segment = segments[index];
            if (segment == null) return;
            segments[index] = null;
            memory -= arrayMemory((long) REFERENCE * segment.length);
        }

        void forEach(Consumer<Entry> visitor) {
            for (int bucket = 0; bucket < buckets(); bucket++) {
                for (var entry = head(bucket); entry != null; entry = entry.next) visitor.accept(entry);
            }
        }

        private static boolean matches(Entry entry, int hash, byte[] key) {
            return entry.hash == hash && Arrays.equals(entry.key, key);
        }
    }
}
