package redis.server;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Watches how much waits for a client. Not for use by several threads at once.
final class OutputGauge {

    private final LongSupplier nanoTime;
    private boolean aboveSoft;
    private long since; // when it came above the soft limit, in nanoseconds

    /// @param nanoTime as System.nanoTime()
    OutputGauge(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// @param bytes that wait now
    /// @return whether that is more than the limit allows, at once or for so long
    boolean exceeds(long bytes, OutputLimit limit) {
        if (limit.hard() > 0 && bytes >= limit.hard()) return true;
        boolean above = limit.soft() > 0 && bytes >= limit.soft();
        if (above && !aboveSoft) since = nanoTime.getAsLong();
        aboveSoft = above;
        return above && nanoTime.getAsLong() - since > TimeUnit.SECONDS.toNanos(limit.softSeconds());
    }
}
