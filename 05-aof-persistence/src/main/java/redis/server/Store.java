package redis.server;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import redis.resp.ByteString;

/// The keyspace: every key and its value, and for keys that do not live forever when they end. It knows nothing of sockets.
///
/// A key whose time is over is gone for everyone who asks, whether it has been removed already or not.
///
/// All methods but [#lock()], [#unlock()] and [#isWanted()] are for the thread that holds the lock.
final class Store {

    /// The deadline of a key that lives forever.
    static final long NEVER = -1;

    private static final long UNKNOWN = Long.MIN_VALUE;

    /// When a key ends.
    ///
    /// @param millis since 1970; the key is gone when the clock shows more
    private record Deadline(long millis, ByteString key) {
        static final Comparator<Deadline> BY_TIME = Comparator.comparingLong(Deadline::millis).thenComparing(Deadline::key);
    }

    /// Guards all data, so that commands run one at a time, each as a whole, in one order that everybody sees.
    /// A `ReentrantLock`, because a virtual thread that waits for it leaves its carrier, and because under contention its slowest waits
    /// are several times shorter than those of `synchronized`.
    private final ReentrantLock lock = new ReentrantLock();

    private final InstantSource clock;
    private final Map<ByteString, ByteString> values = new HashMap<>();

    /// The deadlines twice: by key, for whoever asks for that key, and in order of time, for whoever removes what is over.
    private final Map<ByteString, Deadline> deadlines = new HashMap<>();
    private final TreeSet<Deadline> queue = new TreeSet<>(Deadline.BY_TIME);

    private long expired;
    private final List<ByteString> expiredKeys = new ArrayList<>(); // those of which takeExpired() has not told yet
    private long changes;
    private boolean replaying;
    private long now = UNKNOWN; // as of the first time that somebody asked since the lock was taken

    Store(InstantSource clock) {
        this.clock = clock;
    }

    void lock() {
        lock.lock();
        now = UNKNOWN;
    }

    void unlock() {
        lock.unlock();
    }

    /// Whether others wait for the lock.
    boolean isWanted() {
        return lock.hasQueuedThreads();
    }

    /// @return the value, or null if there is no such key
    ByteString get(ByteString key) {
        expireIfDue(key);
        return values.get(key);
    }

    boolean contains(ByteString key) {
        expireIfDue(key);
        return values.containsKey(key);
    }

    /// Sets a value that lives forever, whatever was there before.
    void set(ByteString key, ByteString value) {
        expireIfDue(key);
        removeDeadline(key);
        values.put(key, value);
        changes++;
    }

    /// Sets a value that lives until the deadline, in milliseconds since 1970, or [#NEVER].
    void set(ByteString key, ByteString value, long deadline) {
        set(key, value);
        if (deadline != NEVER) expireAt(key, deadline);
    }

    /// Sets a value and leaves the key its deadline.
    void update(ByteString key, ByteString value) {
        expireIfDue(key);
        values.put(key, value);
        changes++;
    }

    /// @return the value it had, or null if there was no such key
    ByteString delete(ByteString key) {
        expireIfDue(key);
        removeDeadline(key);
        var value = values.remove(key);
        if (value != null) changes++;
        return value;
    }

    void clear() {
        values.clear();
        deadlines.clear();
        queue.clear();
        changes++; // even if there was nothing: Redis counts it, and logs it
    }

    /// How many keys there are, counting those that are over but not yet removed, as Redis counts them.
    int size() {
        return values.size();
    }

    /// The keys, in no particular order: a view, which a change of the store makes invalid.
    Iterable<ByteString> keys() {
        return () -> values.keySet().stream().filter(key -> !isDue(key)).iterator();
    }

    // ---- deadlines ----

    /// @return in milliseconds since 1970; [#NEVER] if it lives forever, or there is no such key
    long deadline(ByteString key) {
        expireIfDue(key);
        var deadline = deadlines.get(key);
        return deadline == null ? NEVER : deadline.millis;
    }

    /// Gives an existing key a deadline, in place of the one it may have.
    ///
    /// @param millis since 1970
    void expireAt(ByteString key, long millis) {
        removeDeadline(key);
        var deadline = new Deadline(millis, key);
        deadlines.put(key, deadline);
        queue.add(deadline);
        changes++;
    }

    /// Lets a key live forever.
    ///
    /// @return false if it did so already
    boolean persist(ByteString key) {
        boolean removed = removeDeadline(key);
        if (removed) changes++;
        return removed;
    }

    private boolean removeDeadline(ByteString key) {
        if (deadlines.isEmpty()) return false; // saves a lookup where nobody uses deadlines
        var deadline = deadlines.remove(key);
        return deadline != null && queue.remove(deadline);
    }

    /// How many keys have a deadline.
    int volatileSize() {
        return deadlines.size();
    }

    /// How many keys have been removed because they were over.
    long expired() {
        return expired;
    }

    /// Whether a moment is over, in milliseconds since 1970. None is while a log is replayed.
    boolean isOver(long millis) {
        return !replaying && millis < now();
    }

    /// The time, in milliseconds since 1970. It stands still while the lock is held: otherwise a key could end in the middle of a command,
    /// which would find it at first and then write half of it back.
    long now() {
        if (now == UNKNOWN) now = clock.millis();
        return now;
    }

    private boolean isDue(ByteString key) {
        if (deadlines.isEmpty()) return false;
        var deadline = deadlines.get(key);
        return deadline != null && isOver(deadline.millis);
    }

    /// Lazy expiry: whoever asks for a key that is over removes it.
    private void expireIfDue(ByteString key) {
        if (isDue(key)) expire(deadlines.get(key));
    }

    /// Active expiry: removes keys that are over and that nobody asks for.
    ///
    /// @param limit how many at the most, since others wait for the lock meanwhile
    /// @return how many it has removed
    int expireDue(int limit) {
        int count = 0;
        while (count < limit && !queue.isEmpty() && isOver(queue.first().millis)) {
            expire(queue.first());
            count++;
        }
        return count;
    }

    private void expire(Deadline deadline) {
        values.remove(deadline.key);
        deadlines.remove(deadline.key);
        queue.remove(deadline);
        expired++;
        expiredKeys.add(deadline.key);
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

    /// A key with its value and its deadline, which may be [#NEVER].
    record Entry(ByteString key, ByteString value, long deadline) {}

    /// All entries as they are now, also those that are over: values never change, so references are enough. It takes some 50 ms for
    /// a million keys, in which nobody else gets in.
    List<Entry> copy() {
        var copy = new ArrayList<Entry>(values.size());
        values.forEach((key, value) -> {
            var deadline = deadlines.get(key);
            copy.add(new Entry(key, value, deadline == null ? NEVER : deadline.millis));
        });
        return copy;
    }
}
