package redis.server;

import java.util.concurrent.locks.LockSupport;

/// Removes keys that are over and that nobody asks for, so that their memory is given back.
///
/// It works in slices: a few keys under the lock, then a rest, so that a million keys that end in the same second delay no client
/// by more than one slice. As long as there is more to do it uses a quarter of one core, as Redis does.
final class ActiveExpiry implements AutoCloseable {

    /// How many keys it removes under one hold of the lock: well below a millisecond.
    private static final int SLICE = 128;

    /// It works at most one part in four of the time.
    private static final int RESTS_PER_WORK = 3;

    /// How long it rests when nothing is over: ten looks a second, Redis's `hz`.
    private static final long IDLE_NANOS = 100_000_000;

    private final Store store;
    private final Propagation propagation;
    private final Thread thread = Thread.ofVirtual().name("active-expiry").unstarted(this::run);
    private volatile boolean running = true;

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
            boolean more = expireSlice() == SLICE;
            long work = System.nanoTime() - start;
            LockSupport.parkNanos(more ? RESTS_PER_WORK * work : IDLE_NANOS);
        }
    }

    private int expireSlice() {
        store.lock();
        try {
            int removed = store.expireDue(SLICE);
            propagation.propagateExpired();
            return removed;
        } finally {
            store.unlock();
        }
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
