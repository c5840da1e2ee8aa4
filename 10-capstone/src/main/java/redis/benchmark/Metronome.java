package redis.benchmark;

import java.nio.channels.Selector;
import java.util.concurrent.locks.LockSupport;

/// Wakes a selector at regular times.
///
/// A selector counts its timeouts in milliseconds, and a loop that looks at the clock all the time would take a core from the servers. Linux wakes a
/// sleeper some 50 microseconds late, which counts as latency, of either server.
final class Metronome implements AutoCloseable {

    private final Thread thread;
    private volatile boolean isOver;

    /// @param start the first tick is a period after it: System.nanoTime
    Metronome(Selector selector, long start, long periodNanos) {
        thread = Thread.ofPlatform().name("metronome").daemon().start(() -> {
            for (long next = start + periodNanos; !isOver; next += periodNanos) {
                long now = System.nanoTime();
                while (next <= now) next += periodNanos; // it is late: ticks are left out
                LockSupport.parkNanos(next - now);
                selector.wakeup();
            }
        });
    }

    @Override
    public void close() {
        isOver = true;
        LockSupport.unpark(thread);
    }
}
