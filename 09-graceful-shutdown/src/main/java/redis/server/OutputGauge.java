package redis.server;

import java.util.concurrent.TimeUnit;

/// Watches how much waits for a client. Not for use by several threads at once.
final class OutputGauge {

    private boolean aboveSoft;
    private long since; // when it came above the soft limit, in System.nanoTime()

    /// @param bytes that wait now
    /// @return whether that is more than the limit allows, at once or for so long
    boolean exceeds(long bytes, OutputLimit limit) {
        if (limit.hard() > 0 && bytes >= limit.hard()) return true;
        boolean above = limit.soft() > 0 && bytes >= limit.soft();
        if (above && !aboveSoft) since = System.nanoTime();
        aboveSoft = above;
        return above && System.nanoTime() - since > TimeUnit.SECONDS.toNanos(limit.softSeconds());
    }
}
