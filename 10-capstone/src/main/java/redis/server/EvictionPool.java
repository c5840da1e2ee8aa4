package redis.server;

import java.util.ArrayList;
import java.util.List;
import redis.resp.ByteString;

/// The best candidates for eviction that have been seen so far, the best one last.
///
/// To evict the key that has not been used for longest one would have to keep all keys in that order. Redis looks at a few, and remembers those that it
/// did not take: after some rounds the pool has the oldest of hundreds. With five keys a round it comes close to the true order.
final class EvictionPool {

    private static final int SIZE = 16;

    /// @param order the lower, the sooner it goes
    private record Candidate(ByteString key, long order) {}

    private final List<Candidate> candidates = new ArrayList<>(SIZE + 1); // their order falls

    /// Takes a key in, if it is one of the best.
    void offer(ByteString key, long order) {
        int at = candidates.size();
        while (at > 0 && candidates.get(at - 1).order < order) at--;
        for (int same = at; same > 0 && candidates.get(same - 1).order == order; same--) {
            if (candidates.get(same - 1).key.equals(key)) return;
        }
        candidates.add(at, new Candidate(key, order));
        if (candidates.size() > SIZE) candidates.removeFirst();
    }

    @FunctionalInterface
    interface Order {
        long of(ByteString key);
    }

    /// Takes the best one out. Those that are gone by now, or have been used since, are passed over.
    ///
    /// @param order what it is now
    /// @return null if there is none
    ByteString poll(Order order) {
        while (!candidates.isEmpty()) {
            var best = candidates.removeLast();
            if (order.of(best.key) == best.order) return best.key;
        }
        return null;
    }

    void clear() {
        candidates.clear();
    }
}
