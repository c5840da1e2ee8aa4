package redis.server;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import redis.resp.ByteString;

/// The keyspace: every key and its value, and for keys that do not live forever when they end. It knows nothing of sockets.
///
/// A key whose time is over is gone for everyone who asks, whether it has been removed already or not.
///
/// All methods but [#lock()], [#unlock()], [#isWanted()], [#holds()] and [#millis()] are for the thread that holds the lock.
final class Store {

    /// The deadline of a key that lives forever.
    static final long NEVER = -1;

    private static final long UNKNOWN = Long.MIN_VALUE;

    private static final int RANDOM_TRIES = 100;

    private static final int ENTRY_BYTES = 32 + 4; // the entry, and the reference to it
    private static final int ARRAY_HEADER_BYTES = 12;

    /// How many empty buckets a search for deadlines passes over for each that it is to look at.
    private static final int BUCKETS_PER_DEADLINE = 10;

    /// What becomes of a key whose time is over.
    enum Expiry {
        /// whoever finds it removes it
        REMOVE,
        /// nobody finds it, and it is removed when the master says so
        HIDE,
        /// it is there until a command removes it
        KEEP
    }

    /// A key and its value, as bare bytes: that is two objects for each key less.
    static final class Value extends Dict.Entry {
        byte[] bytes; // replaced by others, and never written to
        int epoch;    // of the last snapshot that has it, or need not have it; see Snapshot

        Value(byte[] key, byte[] bytes, int epoch) {
            super(key);
            this.bytes = bytes;
            this.epoch = epoch;
        }
    }

    /// When a key ends. Most keys have none, so it is not kept with the value.
    static final class Deadline extends Dict.Entry {
        long millis; // since 1970; the key is gone when the clock shows more

        Deadline(byte[] key, long millis) {
            super(key);
            this.millis = millis;
        }
    }

    /// Guards all data, so that commands run one at a time, each as a whole, in one order that everybody sees.
    /// A `ReentrantLock`, because a virtual thread that waits for it leaves its carrier, and because under contention its slowest waits
    /// are several times shorter than those of `synchronized`.
    private final ReentrantLock lock = new ReentrantLock();

    private final InstantSource clock;
    private final SipHash hash = SipHash.random();
    private final SplittableRandom random = new SplittableRandom();

    private Dict<Value> values = new Dict<>(hash);
    private Dict<Deadline> deadlines = new Dict<>(hash);
    private long expiryCursor; // how far active expiry has come with its walk through the deadlines

    private final WatchedKeys watchedKeys = new WatchedKeys(this::isDue);

    private int epoch;         // grows by one with each snapshot
    private Snapshot snapshot; // the one that is being taken; null if there is none

    private List<Runnable> afterUnlock = List.of();
    private BiConsumer<KeyspaceEvent, ByteString> listener = (_, _) -> {};

    private long expired;
    private final List<ByteString> expiredKeys = new ArrayList<>(); // those of which takeExpired() has not told yet
    private long changes;
    private boolean replaying;
    private Expiry expiry = Expiry.REMOVE;
    private final AtomicLong holds = new AtomicLong(); // written by the thread that holds the lock
    private long now = UNKNOWN; // as of the first time that somebody asked since the lock was taken

    Store(InstantSource clock) {
        this.clock = clock;
    }

    /// Tells of what happens to keys without a command that says so: that one is new, and that one has expired.
    void onEvent(BiConsumer<KeyspaceEvent, ByteString> listener) {
        this.listener = listener;
    }

    void lock() {
        lock.lock();
        now = UNKNOWN;
        holds.setRelease(holds.getPlain() + 1);
    }

    /// How often the lock has been taken. For any thread.
    long holds() {
        return holds.getAcquire();
    }

    /// Then does what was put off until the lock is free.
    void unlock() {
        var actions = afterUnlock;
        boolean isLast = lock.getHoldCount() == 1;
        if (isLast) afterUnlock = List.of();
        lock.unlock();
        if (isLast) actions.forEach(Runnable::run);
    }

    /// Puts something off until the lock is free, and is done by the thread that has it now: what others need not wait for.
    void afterUnlock(Runnable action) {
        if (afterUnlock.isEmpty()) afterUnlock = new ArrayList<>();
        afterUnlock.add(action);
    }

    /// Whether others wait for the lock.
    boolean isWanted() {
        return lock.hasQueuedThreads();
    }

    /// @return the value, or null if there is no such key
    ByteString get(ByteString key) {
        var value = find(key);
        return value == null ? null : ByteString.wrap(value.bytes);
    }

    boolean contains(ByteString key) {
        return find(key) != null;
    }

    /// @return null if there is no such key, or its time is over
    private Value find(ByteString key) {
        return expireIfDue(key) ? null : values.find(key);
    }

    /// Sets a value that lives forever, whatever was there before.
    void set(ByteString key, ByteString value) {
        set(key, value, NEVER);
    }

    /// Sets a value that lives until the deadline, in milliseconds since 1970, or [#NEVER].
    void set(ByteString key, ByteString value, long deadline) {
        expireIfDue(key);
        put(key, value);
        if (deadline == NEVER) removeDeadline(key);
        else putDeadline(key, deadline);
        changes++;
    }

    /// Sets a value and leaves the key its deadline.
    void update(ByteString key, ByteString value) {
        expireIfDue(key);
        put(key, value);
        changes++;
    }

    private void put(ByteString key, ByteString value) {
        var entry = values.find(key);
        if (entry == null) {
            values.add(new Value(key.array(), value.array(), epoch));
            watchedKeys.touched(key);
            listener.accept(KeyspaceEvent.NEW, key);
        } else {
            change(entry, key);
            entry.bytes = value.array();
        }
    }

    private void change(Value entry, ByteString key) {
        preserve(entry);
        watchedKeys.touched(key);
    }

    /// @return the value it had, or null if there was no such key
    ByteString delete(ByteString key) {
        expireIfDue(key);
        var entry = remove(key);
        if (entry == null) return null;
        changes++;
        return ByteString.wrap(entry.bytes);
    }

    private Value remove(ByteString key) {
        var entry = values.find(key);
        if (entry == null) return null;
        preserve(entry);
        removeDeadline(key);
        watchedKeys.removed(key);
        return values.remove(key);
    }

    /// Deletes all keys. A snapshot that is being taken has the tables for itself from now on.
    void clear() {
        takeContents();
        changes++; // even if there was nothing: Redis counts it, and logs it
    }

    /// How many keys there are, counting those that are over but not yet removed, as Redis counts them.
    int size() {
        return values.size();
    }

    /// The keys, in no particular order.
    List<ByteString> keys() {
        var keys = new ArrayList<ByteString>(values.size());
        values.forEach(value -> addUnlessDue(value, keys::add));
        return keys;
    }

    /// A part of the keys, and where to go on: see [Dict#scan]. Keys that are there from the first call to the last are among them.
    ///
    /// @param cursor 0 to begin, or what the last call has returned
    /// @return 0 if that was the last part
    long scan(long cursor, Consumer<ByteString> visitor) {
        return values.scan(cursor, value -> addUnlessDue(value, visitor));
    }

    private void addUnlessDue(Value value, Consumer<ByteString> target) {
        var key = ByteString.wrap(value.key);
        if (!isDue(key)) target.accept(key);
    }

    /// @return any key, each about as likely as the others; null if there is none, or hardly one that is not over
    ByteString randomKey() {
        for (int tries = 0; expiry == Expiry.REMOVE || tries < RANDOM_TRIES; tries++) {
            var value = values.random(random);
            if (value == null) return null;
            var key = ByteString.wrap(value.key);
            if (contains(key)) return key;
        }
        return null; // a replica cannot remove what is over: perhaps nothing else is left
    }

    /// About how many bytes of the heap an existing key takes: the objects for it, and its share of the table. It is reckoned for a JVM
    /// with compact object headers, whose objects take multiples of 8 bytes.
    int memoryUsage(ByteString key) {
        int deadline = deadlineOf(key) == NEVER ? 0 : ENTRY_BYTES;
        return ENTRY_BYTES + deadline + arrayBytes(key) + arrayBytes(ByteString.wrap(values.find(key).bytes));
    }

    private static int arrayBytes(ByteString bytes) {
        return ARRAY_HEADER_BYTES + bytes.length() + 7 & -8;
    }

    /// Moves on with growing or shrinking the tables, which otherwise only does when they are used.
    ///
    /// @param steps how many buckets of each, at the most
    /// @return whether there is more to be done
    boolean rehash(int steps) {
        return values.rehash(steps) | deadlines.rehash(steps);
    }

    // ---- deadlines ----

    /// @return in milliseconds since 1970; [#NEVER] if it lives forever, or there is no such key
    long deadline(ByteString key) {
        return expireIfDue(key) ? NEVER : deadlineOf(key);
    }

    private long deadlineOf(ByteString key) {
        if (deadlines.size() == 0) return NEVER; // saves a lookup where nobody uses deadlines
        var deadline = deadlines.find(key);
        return deadline == null ? NEVER : deadline.millis;
    }

    /// Gives an existing key a deadline, in place of the one it may have.
    ///
    /// @param millis since 1970
    void expireAt(ByteString key, long millis) {
        change(values.find(key), key);
        putDeadline(key, millis);
        changes++;
    }

    private void putDeadline(ByteString key, long millis) {
        var deadline = deadlines.find(key);
        if (deadline == null) deadlines.add(new Deadline(values.find(key).key, millis)); // shares the key's bytes
        else deadline.millis = millis;
    }

    /// Lets a key live forever.
    ///
    /// @return false if it did so already
    boolean persist(ByteString key) {
        if (deadlineOf(key) == NEVER) return false;
        change(values.find(key), key);
        removeDeadline(key);
        changes++;
        return true;
    }

    private void removeDeadline(ByteString key) {
        if (deadlines.size() > 0) deadlines.remove(key);
    }

    /// How many keys have a deadline.
    int volatileSize() {
        return deadlines.size();
    }

    /// How many keys have been removed because they were over.
    long expired() {
        return expired;
    }

    void resetStatistics() {
        expired = 0;
    }

    /// Whether a moment is over, in milliseconds since 1970. None is while a log is replayed.
    boolean isOver(long millis) {
        return !replaying && expiry != Expiry.KEEP && millis < now();
    }

    /// The time, in milliseconds since 1970. It stands still while the lock is held: otherwise a key could end in the middle of a command,
    /// which would find it at first and then write half of it back.
    long now() {
        if (now == UNKNOWN) now = clock.millis();
        return now;
    }

    /// What the clock shows right now, in milliseconds since 1970. Needs no lock.
    long millis() {
        return clock.millis();
    }

    private boolean isDue(ByteString key) {
        long deadline = deadlineOf(key);
        return deadline != NEVER && isOver(deadline);
    }

    /// Lazy expiry: whoever asks for a key that is over removes it, on a master.
    ///
    /// @return whether it is over
    private boolean expireIfDue(ByteString key) {
        if (!isDue(key)) return false;
        if (expiry == Expiry.REMOVE) expire(key);
        return true;
    }

    /// Active expiry: removes keys that are over and that nobody asks for. It walks through the deadlines, a part each time.
    ///
    /// @param limit how many deadlines to look at, or a few more, since others wait for the lock meanwhile
    /// @return whether so many of them were over, more than one in ten, that it is worth going on at once: Redis's rule
    boolean expireSome(int limit) {
        if (expiry != Expiry.REMOVE) return false;
        var seen = new ArrayList<Deadline>();
        int buckets = 0;
        do {
            expiryCursor = deadlines.scan(expiryCursor, seen::add);
        } while (expiryCursor != 0 && seen.size() < limit && ++buckets < BUCKETS_PER_DEADLINE * limit);
        int removed = 0;
        for (var deadline : seen) {
            if (!isOver(deadline.millis)) continue;
            expire(ByteString.wrap(deadline.key));
            removed++;
        }
        return removed > seen.size() / 10;
    }

    private void expire(ByteString key) {
        remove(key);
        expired++;
        expiredKeys.add(key);
        listener.accept(KeyspaceEvent.EXPIRED, key);
    }

    // ---- snapshots ----

    /// An entry as it was at some moment; the deadline may be [#NEVER].
    record Entry(ByteString key, ByteString value, long deadline) {}

    /// Starts a snapshot of all entries as they are now. It takes no longer for many than for few. There can be one at a time.
    Snapshot startSnapshot() {
        if (snapshot != null) throw new IllegalStateException("a snapshot is being taken");
        epoch++;
        snapshot = new Snapshot(this, values, deadlines, epoch);
        return snapshot;
    }

    void endSnapshot(Snapshot ended) {
        if (snapshot == ended) snapshot = null;
    }

    /// Hands an entry over to the snapshot that is being taken, if that still has to save it, before the entry changes or goes.
    private void preserve(Value entry) {
        if (snapshot == null || entry.epoch == epoch || !snapshot.isOf(values)) return;
        snapshot.keep(entry);
    }

    /// Visits all entries as they are now, those too that are over.
    void forEach(Consumer<Entry> visitor) {
        values.forEach(value -> {
            var key = ByteString.wrap(value.key);
            visitor.accept(new Entry(key, ByteString.wrap(value.bytes), deadlineOf(key)));
        });
    }

    /// The tables: those of the store, or others that are filled to take their place.
    record Contents(Dict<Value> values, Dict<Deadline> deadlines) {

        /// Makes empty tables ready for what is to be loaded.
        void reserve(long keys, long withDeadline) {
            values.reserve(keys);
            deadlines.reserve(withDeadline);
        }

        /// @return false if there is an entry with this key
        boolean load(ByteString key, ByteString value, long deadline) {
            if (!values.addIfAbsent(new Value(key.array(), value.array(), 0))) return false;
            if (deadline != NEVER) deadlines.add(new Deadline(key.array(), deadline));
            return true;
        }
    }

    /// Empty tables, to be filled by anybody, without the lock. To be put in the place of the store's with [#restore].
    Contents emptyContents() {
        return new Contents(new Dict<>(hash), new Dict<>(hash));
    }

    /// Leaves the store empty.
    ///
    /// @return what was in it, to be put back with [#restore] if what is loaded in its place turns out to be damaged
    Contents takeContents() {
        var taken = new Contents(values, deadlines);
        restore(emptyContents());
        return taken;
    }

    void restore(Contents contents) {
        var before = values;
        values = contents.values;
        deadlines = contents.deadlines;
        watchedKeys.replaced(key -> before.find(key) != null, key -> values.find(key) != null);
    }

    // ---- for transactions ----

    /// A transaction that watches nothing yet.
    Transaction newTransaction() {
        return new Transaction(watchedKeys, Transaction.MAX_BYTES);
    }

    // ---- for the log ----

    /// Grows with every change that a command makes. Two equal numbers: nothing has changed in between but by expiry.
    long changes() {
        return changes;
    }

    /// The keys that have been removed because they were over, since this was last asked.
    List<ByteString> takeExpired() {
        if (expiredKeys.isEmpty()) return List.of();
        var taken = List.copyOf(expiredKeys);
        expiredKeys.clear();
        return taken;
    }

    /// While a log is replayed no key ends by itself: the log says when each one did. Otherwise a key that was over when its APPEND is
    /// replayed would begin anew, without a deadline.
    void replaying(boolean replaying) {
        this.replaying = replaying;
    }

    boolean isReplaying() {
        return replaying;
    }

    // ---- for replication ----

    void expiry(Expiry expiry) {
        this.expiry = expiry;
    }
}
