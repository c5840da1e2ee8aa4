package redis.server;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Removes keys that are over and that nobody asks for, so that their memory is given back.
///
/// It works in slices: a few keys under the lock, then a rest, so that a million keys that end in the same second delay no client
/// by more than one slice. As long as there is more to do it uses a quarter of one core, as Redis does.
final class ActiveExpiry implements AutoCloseable {

    /// How many keys with a deadline it looks at under one hold of the lock: well below a millisecond.
    private static final int SLICE = 128;

    /// How many buckets of the tables it moves in passing. A table that has to grow or shrink does so a bucket at a time, when it is used:
    /// one that nobody uses any more would stay half moved.
    private static final int REHASH_STEPS = 64;

    /// It works at most one part in four of the time.
    private static final int RESTS_PER_WORK = 3;

    /// How long it rests when nothing is over: ten looks a second, Redis's `hz`.
    private static final long IDLE_NANOS = 100_000_000;

    private final Store store;
    private final Propagation propagation;
    private final Thread thread = Thread.ofVirtual().name("active-expiry").unstarted(this::run);
    private volatile boolean running = true;
    private long worked; // nanoseconds, with the store's lock held, which guards it

    ActiveExpiry(Store store, Propagation propagation) {
        this.store = store;
        this.propagation = propagation;
    }

    void start() {
        thread.start();
    }

    private void run() {
        while (running) {
            long start = System.nanoTime();
            boolean more = expireSlice();
            long work = System.nanoTime() - start;
            LockSupport.parkNanos(more ? RESTS_PER_WORK * work : IDLE_NANOS);
        }
    }

    /// @return whether there is more to be done at once
    private boolean expireSlice() {
        store.lock();
        long start = System.nanoTime();
        try {
            boolean manyAreOver = store.expireSome(SLICE);
            propagation.propagateExpired();
            return store.rehash(REHASH_STEPS) || manyAreOver;
        } finally {
            worked += System.nanoTime() - start;
            store.unlock();
        }
    }

    // ---- what INFO tells; the caller holds the store's lock ----

    Map<String, ?> statistics() {
        return Map.of("expire_cycle_cpu_milliseconds", TimeUnit.NANOSECONDS.toMillis(worked));
    }

    void resetStatistics() {
        worked = 0;
    }

    /// Returns when the thread has ended. It must have been started.
    @Override
    public void close() {
        running = false;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
