package redis.server;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import redis.resp.ByteString;

/// The keyspace: every key and its value. It knows nothing of sockets.
///
/// All methods but [#lock()] and [#unlock()] are for the thread that holds the lock.
final class Store {

    /// Guards all data, so that commands run one at a time, each as a whole, in one order that everybody sees.
    /// A `ReentrantLock`, because a virtual thread that waits for it leaves its carrier, and because under contention its slowest waits
    /// are several times shorter than those of `synchronized`.
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<ByteString, ByteString> values = new HashMap<>();

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /// @return the value, or null if there is no such key
    ByteString get(ByteString key) {
        return values.get(key);
    }

    boolean contains(ByteString key) {
        return values.containsKey(key);
    }

    void set(ByteString key, ByteString value) {
        values.put(key, value);
    }

    /// @return the value it had, or null if there was no such key
    ByteString delete(ByteString key) {
        return values.remove(key);
    }

    void clear() {
        values.clear();
    }

    int size() {
        return values.size();
    }

    /// The keys, in no particular order: a view, which a change of the store makes invalid.
    Set<ByteString> keys() {
        return values.keySet();
    }
}
