package redis.server;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
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

    static final int ENTRY_MEMORY = 32;     // bytes: an entry without its arrays, of either table
    private static final int REFERENCE = 4; // bytes: its place in the table

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

    /// When a key ends. Most keys have none, so it is not kept with the value.
    static final class Deadline extends Dict.Entry {
        long millis; // since 1970; the key is gone when the clock shows more

        Deadline(byte[] key, long millis) {
            super(key);
            this.millis = millis;
        }

        @Override
        long memory() {
            return ENTRY_MEMORY; // the key's bytes are the value's
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
    private long evicted;
    private final List<ByteString> expiredKeys = new ArrayList<>(); // those of which takeExpired() has not told yet
    private long changes;
    private boolean replaying;
    private Expiry expiry = Expiry.REMOVE;
    private BooleanSupplier isPaused = () -> false;
    private final AtomicLong holds = new AtomicLong(); // written by the thread that holds the lock
    private long now = UNKNOWN; // as of the first time that somebody asked since the lock was taken

    Store(InstantSource clock) {
        this.clock = clock;
    }

    /// Tells of what happens to keys without a command that says so: that one is new, and that one has expired.
    void onEvent(BiConsumer<KeyspaceEvent, ByteString> listener) {
        this.listener = listener;
    }

    /// @param isPaused whether keys that are over have to stay for now, as with [Expiry#HIDE]
    void pausedBy(BooleanSupplier isPaused) {
        this.isPaused = isPaused;
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

    /// Returns a value, and takes note that it is used.
    ///
    /// @return null if there is no such key
    ByteString get(ByteString key) {
        var value = find(key);
        if (value == null) return null;
        value.use(now());
        return ByteString.wrap(value.bytes());
    }

    /// As [#get], but that does not count as a use.
    ByteString peek(ByteString key) {
        var value = find(key);
        return value == null ? null : ByteString.wrap(value.bytes());
    }

    /// As [#contains], and takes note that the value is used.
    boolean touch(ByteString key) {
        return get(key) != null;
    }

    /// Whether there is such a key. To ask does not count as a use of its value.
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
        put(key, value, false);
        if (deadline == NEVER) removeDeadline(key);
        else putDeadline(key, deadline);
        changes++;
    }

    /// Sets a value and leaves the key its deadline.
    void update(ByteString key, ByteString value) {
        expireIfDue(key);
        put(key, value, false);
        changes++;
    }

    /// As [#update], for a value that was written to and not replaced, and that may well go on growing. Redis leaves room behind such a value, whatever it
    /// is, and calls that *raw*. Here it is remembered, and that is all.
    void extend(ByteString key, ByteString value) {
        expireIfDue(key);
        put(key, value, true);
        changes++;
    }

    private void put(ByteString key, ByteString value, boolean raw) {
        var entry = values.find(key);
        if (entry == null) {
            values.add(new Value(key.array(), value.array(), raw, epoch, now()));
            watchedKeys.touched(key);
            listener.accept(KeyspaceEvent.NEW, key);
        } else {
            change(entry, key);
            values.grown(entry.set(value.array(), raw, now()));
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
        return ByteString.wrap(entry.bytes());
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
        for (int tries = 0; removesByItself() || tries < RANDOM_TRIES; tries++) {
            var value = values.random(random);
            if (value == null) return null;
            var key = ByteString.wrap(value.key);
            if (contains(key)) return key;
        }
        return null; // a replica cannot remove what is over: perhaps nothing else is left
    }

    /// Moves on with growing or shrinking the tables, which otherwise only does when they are used.
    ///
    /// @param steps how many buckets of each, at the most
    /// @return whether there is more to be done
    boolean rehash(int steps) {
        return values.rehash(steps) | deadlines.rehash(steps);
    }

    // ---- memory ----

    /// About how many bytes of the heap an existing key takes: the objects for it, and its share of the tables.
    long memoryUsage(ByteString key) {
        int deadline = deadlineOf(key) == NEVER ? 0 : ENTRY_MEMORY + REFERENCE;
        return values.find(key).memory() + REFERENCE + deadline;
    }

    /// About how many bytes of the heap all keys take, with their values, and the tables. A value that two keys share after a COPY counts twice.
    long memory() {
        return values.memory() + deadlines.memory();
    }

    /// How many of these bytes are neither keys nor values, but what it takes to find them.
    long keysOverhead() {
        return values.tableMemory() + (long) ENTRY_MEMORY * values.size();
    }

    /// How many of them are deadlines.
    long deadlinesOverhead() {
        return deadlines.memory();
    }

    /// For how long an existing key has not been used, in milliseconds.
    long idle(ByteString key) {
        return values.find(key).idle(now());
    }

    /// Whether an existing key has been written to since it was set; see [#extend].
    boolean isRaw(ByteString key) {
        return values.find(key).isRaw();
    }

    // ---- eviction ----

    /// Whether keys may be removed that no command has asked to remove. A replica leaves that to its master, and a log says what was removed.
    boolean removesByItself() {
        return expiry == Expiry.REMOVE && !replaying && !isPaused.getAsBoolean();
    }

    /// Some keys, wherever they are, for a policy to choose from; see [Dict#sample].
    ///
    /// @param withDeadline whether they are to be such that do not live forever
    void sample(int count, boolean withDeadline, Consumer<ByteString> visitor) {
        var found = new ArrayList<Dict.Entry>();
        if (withDeadline) deadlines.sample(random, count, found);
        else values.sample(random, count, found);
        for (var entry : found) visitor.accept(ByteString.wrap(entry.key));
    }

    /// @param withDeadline whether it is to be one that does not live forever
    /// @return any key, over or not, each about as likely as the others; null if there is none
    ByteString anyKey(boolean withDeadline) {
        var entry = withDeadline ? deadlines.random(random) : values.random(random);
        return entry == null ? null : ByteString.wrap(entry.key);
    }

    /// When a key was last used, in milliseconds since 1970, as far as that was noted; [#NEVER] if there is no such key, over or not.
    long lastUse(ByteString key) {
        var value = values.find(key);
        return value == null ? NEVER : value.lastUse(now());
    }

    /// Removes a key so that there is room for others.
    void evict(ByteString key) {
        remove(key);
        evicted++;
        listener.accept(KeyspaceEvent.EVICTED, key);
    }

    /// How many keys have been evicted.
    long evicted() {
        return evicted;
    }

    // ---- deadlines ----

    /// @return in milliseconds since 1970; [#NEVER] if it lives forever, or there is no such key
    long deadline(ByteString key) {
        return expireIfDue(key) ? NEVER : deadlineOf(key);
    }

    /// @return the same, over or not
    long deadlineOf(ByteString key) {
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
        evicted = 0;
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
        if (removesByItself()) expire(key);
        return true;
    }

    /// Active expiry: removes keys that are over and that nobody asks for. It walks through the deadlines, a part each time.
    ///
    /// @param limit how many deadlines to look at, or a few more, since others wait for the lock meanwhile
    /// @return whether so many of them were over, more than one in ten, that it is worth going on at once: Redis's rule
    boolean expireSome(int limit) {
        if (!removesByItself()) return false;
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
            visitor.accept(new Entry(key, ByteString.wrap(value.bytes()), deadlineOf(key)));
        });
    }

    /// The tables: those of the store, or others that are filled to take their place.
    ///
    /// @param now when they were made, in milliseconds since 1970
    record Contents(Dict<Value> values, Dict<Deadline> deadlines, long now) {

        /// Makes empty tables ready for what is to be loaded.
        void reserve(long keys, long withDeadline) {
            values.reserve(keys);
            deadlines.reserve(withDeadline);
        }

        /// @param idle for how long it has not been used, in milliseconds
        /// @return false if there is an entry with this key
        boolean load(ByteString key, ByteString value, long deadline, long idle) {
            var entry = new Value(key.array(), value.array(), false, 0, now);
            entry.usedBefore(idle, now);
            if (!values.addIfAbsent(entry)) return false;
            if (deadline != NEVER) deadlines.add(new Deadline(key.array(), deadline));
            return true;
        }
    }

    /// Empty tables, to be filled by anybody, without the lock. To be put in the place of the store's with [#restore].
    Contents emptyContents() {
        return new Contents(new Dict<>(hash), new Dict<>(hash), clock.millis());
    }

    /// Leaves the store empty.
    ///
    /// @return what was in it, to be put back with [#restore] if what is loaded in its place turns out to be damaged
    Contents takeContents() {
        var taken = new Contents(values, deadlines, clock.millis());
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
