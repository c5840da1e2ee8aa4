package redis.server;

import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import redis.resp.ByteString;

/// The keyspace: every key and its value, and for keys that do not live forever when they end. It knows nothing of sockets.
///
/// A key whose time is over is gone for everyone who asks, whether it has been removed already or not.
///
/// All methods but [#lock()] and [#unlock()] are for the thread that holds the lock.
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
        persist(key);
        values.put(key, value);
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
    }

    /// @return the value it had, or null if there was no such key
    ByteString delete(ByteString key) {
        expireIfDue(key);
        persist(key);
        return values.remove(key);
    }

    void clear() {
        values.clear();
        deadlines.clear();
        queue.clear();
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
        persist(key);
        var deadline = new Deadline(millis, key);
        deadlines.put(key, deadline);
        queue.add(deadline);
    }

    /// Lets a key live forever.
    ///
    /// @return false if it did so already
    boolean persist(ByteString key) {
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

    /// The time, in milliseconds since 1970. It stands still while the lock is held: otherwise a key could end in the middle of a command,
    /// which would find it at first and then write half of it back.
    long now() {
        if (now == UNKNOWN) now = clock.millis();
        return now;
    }

    private boolean isDue(ByteString key) {
        if (deadlines.isEmpty()) return false;
        var deadline = deadlines.get(key);
        return deadline != null && deadline.millis < now();
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
        while (count < limit && !queue.isEmpty() && queue.first().millis < now()) {
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
    }
}
