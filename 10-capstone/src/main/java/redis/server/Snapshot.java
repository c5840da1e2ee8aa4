package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import redis.resp.ByteString;

/// The keyspace as it was at one moment, saved while the store goes on changing.
///
/// Redis forks: the system then copies each page of memory before one of the two processes changes it. A JVM cannot fork, so the store does
/// the same with entries. Each carries an *epoch*, and a snapshot begins by making the store's epoch one higher: that is all that
/// happens to a million entries in that moment. From then on an entry of a lower epoch is one that is still to be saved, unchanged. There are two who
/// save it, and who does first gives it the new epoch, so that the other passes over it:
///
/// - the walk through the table, some buckets at a time, which [Dict#scan] allows while the table changes;
/// - a command that is about to change or to delete it, and hands over what it was.
///
/// An entry that is added later has the new epoch from the beginning.
final class Snapshot implements AutoCloseable {

    /// How many buckets of the table are walked through under one hold of the lock: some ten microseconds.
    private static final int BUCKETS = 64;

    private final Store store;
    private final Dict<Value> values;
    private final Dict<Store.Deadline> deadlines;
    private final int epoch;
    private final int size;
    private final int volatileSize;

    // For the thread that holds the store's lock.
    private final List<Store.Entry> kept = new ArrayList<>(); // what commands have handed over
    private final List<Value> found = new ArrayList<>();
    private long cursor;
    private boolean complete;

    private long longestHold; // for the thread that writes

    /// The caller holds the store's lock.
    Snapshot(Store store, Dict<Value> values, Dict<Store.Deadline> deadlines, int epoch) {
        this.store = store;
        this.values = values;
        this.deadlines = deadlines;
        this.epoch = epoch;
        this.size = values.size();
        this.volatileSize = deadlines.size();
    }

    /// How many entries it has.
    int size() {
        return size;
    }

    /// How many of them have a deadline.
    int volatileSize() {
        return volatileSize;
    }

    /// Whether it is of this table, and not of one that the store has had before.
    boolean isOf(Dict<Value> values) {
        return this.values == values;
    }

    /// What takes the entries, one after the other.
    @FunctionalInterface
    interface Sink {
        void accept(Store.Entry entry) throws IOException;
    }

    /// Passes every entry on, once, in no particular order. Takes the store's lock for a moment now and then, and never while it writes.
    ///
    /// @param cancelled asked between two of these moments
    /// @throws IOException if the sink throws it, or it was cancelled
    void writeTo(Sink sink, BooleanSupplier cancelled) throws IOException {
        var entries = new ArrayList<Store.Entry>();
        var pace = new Pace();
        boolean more;
        do {
            if (cancelled.getAsBoolean()) throw new IOException("it was cancelled");
            store.lock();
            long start = System.nanoTime();
            try {
                more = next(entries);
                pace.count(store.holds());
            } finally {
                longestHold = Math.max(longestHold, System.nanoTime() - start);
                store.unlock();
            }
            for (var entry : entries) sink.accept(entry);
            entries.clear();
            pace.rest();
        } while (more);
    }

    /// Leaves the processors to the clients: while others use the store, it works at most a quarter of the time. A snapshot is in no hurry,
    /// and where hardly anybody else is it takes no rest.
    private static final class Pace {

        private static final long STRETCH_NANOS = 1_000_000;
        private static final int RESTS_PER_WORK = 3;

        /// Others are busy if they take the lock more than once for so many times that the snapshot does.
        private static final int BUSY_SHARE = 4;

        private long start = System.nanoTime();
        private long holdsBefore;
        private long holds;
        private int ours;

        /// @param holds how often the lock has been taken by anybody
        void count(long holds) {
            this.holds = holds;
            if (ours++ == 0) holdsBefore = holds;
        }

        void rest() {
            long worked = System.nanoTime() - start;
            if (worked < STRETCH_NANOS) return;
            long others = holds - holdsBefore - (ours - 1);
            if (others > ours / BUSY_SHARE) LockSupport.parkNanos(RESTS_PER_WORK * worked);
            start = System.nanoTime();
            ours = 0;
        }
    }

    /// For how long it has held the store's lock at the most, in nanoseconds.
    long longestHold() {
        return longestHold;
    }

    /// @return whether there are more
    private boolean next(List<Store.Entry> entries) {
        entries.addAll(kept);
        kept.clear();
        found.clear();
        for (int i = 0; i < BUCKETS && !complete; i++) {
            cursor = values.collect(cursor, found);
            complete = cursor == 0;
        }
        for (var value : found) {
            if (value.epoch != epoch) entries.add(save(value));
        }
        if (complete) store.endSnapshot(this);
        return !complete;
    }

    /// Takes an entry that is about to change.
    void keep(Value value) {
        kept.add(save(value));
    }

    private Store.Entry save(Value value) {
        value.epoch = epoch;
        var key = ByteString.wrap(value.key);
        var deadline = deadlines.size() == 0 ? null : deadlines.find(key);
        return new Store.Entry(key, ByteString.wrap(value.bytes()), deadline == null ? Store.NEVER : deadline.millis);
    }

    /// Gives up what has not been saved. The caller does not hold the store's lock.
    @Override
    public void close() {
        store.lock();
        try {
            store.endSnapshot(this);
        } finally {
            store.unlock();
        }
    }
}
