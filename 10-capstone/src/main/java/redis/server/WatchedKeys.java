package redis.server;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import redis.resp.ByteString;

/// Who watches which keys. Every change of a key passes here, so it costs next to nothing where nobody watches.
///
/// For the thread that holds the store's lock.
final class WatchedKeys {

    /// A key, and the transaction that is not carried out if it changes.
    static final class Watch {
        final ByteString key;
        final Transaction transaction;
        private boolean over; // there is a key, but its time was over already: the client has seen none, and may be told so once more

        private Watch(ByteString key, Transaction transaction, boolean over) {
            this.key = key;
            this.transaction = transaction;
            this.over = over;
        }
    }

    private final Map<ByteString, Set<Watch>> watches = new HashMap<>();
    private final Predicate<ByteString> isOver;

    /// @param isOver whether there is a key whose time is over, and that has not been removed
    WatchedKeys(Predicate<ByteString> isOver) {
        this.isOver = isOver;
    }

    boolean isEmpty() {
        return watches.isEmpty();
    }

    Watch add(ByteString key, Transaction transaction) {
        var watch = new Watch(key, transaction, isOver.test(key));
        watches.computeIfAbsent(key, _ -> new LinkedHashSet<>()).add(watch);
        return watch;
    }

    void remove(Watch watch) {
        watches.computeIfPresent(watch.key, (_, others) -> {
            others.remove(watch);
            return others.isEmpty() ? null : others;
        });
    }

    /// Whether a key's time has come to its end since it is watched: a change, although nothing has touched the key yet.
    boolean hasEnded(Watch watch) {
        return !watch.over && isOver.test(watch.key);
    }

    /// A key has got a value, or another deadline.
    void touched(ByteString key) {
        if (isEmpty()) return;
        for (var watch : of(key)) watch.transaction.touch();
    }

    /// A key has been removed, by a command or because it was over.
    void removed(ByteString key) {
        if (isEmpty()) return;
        for (var watch : of(key)) {
            if (!watch.over) watch.transaction.touch();
            watch.over = false;
        }
    }

    /// A copy: who is touched watches nothing any more.
    private List<Watch> of(ByteString key) {
        return List.copyOf(watches.getOrDefault(key, Set.of()));
    }

    /// All keys have been replaced by others, or by none. Whoever has seen a key, or would see one now, is touched.
    ///
    /// @param was whether there was such a key before, its time over or not
    /// @param is whether there is one now
    void replaced(Predicate<ByteString> was, Predicate<ByteString> is) {
        for (var key : List.copyOf(watches.keySet())) {
            boolean existed = was.test(key);
            boolean exists = is.test(key);
            boolean over = exists && isOver.test(key);
            for (var watch : of(key)) {
                if (existed && !watch.over || exists && !over) watch.transaction.touch();
                watch.over = over;
            }
        }
    }
}
