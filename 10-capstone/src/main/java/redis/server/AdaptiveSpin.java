package redis.server;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Waits a moment for a client's next request before its thread is parked. To park a virtual thread and to wake it again takes longer than a client takes
/// to answer a reply with its next request, if nobody else keeps the server busy.
///
/// Whoever spins keeps a processor from others. So it ends as soon as somebody else asks for something; and where it was in vain it is left alone for a
/// while, for one wait, then for two, for four, and so on. Instead the others go first: when it is this thread's turn again, the request may be there.
final class AdaptiveSpin {

    static final long LONGEST_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
    static final int LONGEST_BREAK = 1024;

    private final Store store;
    private final InputStream in;
    private final LongSupplier nanoTime;
    private int rest; // for how many waits it is left alone after it was in vain
    private int resting; // how many of those are still to come

    /// @param nanoTime as System.nanoTime()
    AdaptiveSpin(Store store, InputStream in, LongSupplier nanoTime) {
        this.store = store;
        this.in = in;
        this.nanoTime = nanoTime;
    }

    /// Returns when there is something to read, or when it does not pay to go on.
    ///
    /// @throws IOException if the connection is closed
    void await() throws IOException {
        if (resting > 0) {
            resting--;
        } else if (spin()) {
            rest = 0;
            return;
        } else {
            rest = Math.clamp(2L * rest, 1, LONGEST_BREAK);
            resting = rest;
        }
        Thread.yield();
    }

    /// @return whether there is something to read
    private boolean spin() throws IOException {
        long holds = store.holds();
        long start = nanoTime.getAsLong();
        do {
            if (in.available() > 0) return true;
            Thread.onSpinWait();
        } while (store.holds() == holds && nanoTime.getAsLong() - start < LONGEST_NANOS);
        return false;
    }
}
