package redis.server;

import java.io.IOException;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// The rewrite of the log that is going on, one at a time, on a thread of its own, and what became of those before.
final class AofRewrites {

    private static final System.Logger LOG = System.getLogger(AofRewrites.class.getName());

    /// After so many failures in a row the automatic rewrite waits: 1, 2, 4 … 60 minutes.
    private static final int FAILURES_BEFORE_WAITING = 3;
    private static final int MAX_WAIT_MINUTES = 60;

    private final Store store;
    private final InstantSource clock;

    // Written by the thread that holds the store's lock; INFO reads.
    private volatile Thread thread; // null if none is going on
    private volatile long start;    // in milliseconds since 1970
    private volatile boolean cancelled;
    private volatile boolean lastFailed;
    private volatile long lastSeconds = -1;
    private volatile long count;
    private volatile int failures;  // in a row
    private volatile long lastFailure; // in milliseconds since 1970

    AofRewrites(Store store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    boolean isRunning() {
        return thread != null;
    }

    /// What a rewrite does.
    @FunctionalInterface
    interface Work {

        /// @param cancelled to be asked now and then
        /// @throws IOException if it cannot be done, or was cancelled
        void run(BooleanSupplier cancelled) throws IOException;
    }

    /// Starts a rewrite. The caller holds the store's lock, and none is going on.
    ///
    /// @param onFailure what to do if it fails, under the store's lock
    void start(Work work, Runnable onFailure) {
        cancelled = false;
        start = clock.millis();
        thread = Thread.ofPlatform().name("aof-rewrite").start(() -> {
            Throwable failure = null;
            try {
                work.run(() -> cancelled);
            } catch (IOException | RuntimeException | Error e) {
                failure = e;
            }
            ended(failure, onFailure);
        });
    }

    private void ended(Throwable failure, Runnable onFailure) {
        store.lock();
        try {
            lastSeconds = (clock.millis() - start) / 1000;
            if (failure == null) {
                lastFailed = false;
                count++;
                failures = 0;
            } else if (cancelled) {
                LOG.log(INFO, "Rewriting the AOF was given up");
            } else {
                lastFailed = true;
                failures++;
                lastFailure = clock.millis();
                LOG.log(WARNING, "Rewriting the AOF failed, it goes on as it was: " + failure);
                onFailure.run();
            }
            thread = null;
        } finally {
            store.unlock();
        }
    }

    /// Gives up the rewrite that is going on. It ends soon.
    void cancel() {
        cancelled = true;
    }

    /// Whether so many have failed that none should begin by itself yet.
    boolean mustWait() {
        if (failures < FAILURES_BEFORE_WAITING) return false;
        long minutes = Math.min(MAX_WAIT_MINUTES, 1L << Math.min(failures - FAILURES_BEFORE_WAITING, 10));
        return clock.millis() - lastFailure < TimeUnit.MINUTES.toMillis(minutes);
    }

    Map<String, ?> info() {
        var fields = new LinkedHashMap<String, Object>();
        boolean running = isRunning();
        fields.put("aof_rewrite_in_progress", running ? 1 : 0);
        fields.put("aof_last_rewrite_time_sec", lastSeconds);
        fields.put("aof_current_rewrite_time_sec", running ? (clock.millis() - start) / 1000 : -1);
        fields.put("aof_last_bgrewrite_status", lastFailed ? "err" : "ok");
        fields.put("aof_rewrites", count);
        fields.put("aof_rewrites_consecutive_failures", failures);
        return fields;
    }

    void resetStatistics() {
        count = 0;
        failures = 0;
    }

    /// Cancels, and returns when no thread of it is left. The caller does not hold the store's lock.
    void close() {
        cancel();
        var last = thread;
        if (last == null) return;
        try {
            last.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
