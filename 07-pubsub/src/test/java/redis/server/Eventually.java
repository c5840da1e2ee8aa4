package redis.server;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/// Waits for what another thread or process is about to do.
final class Eventually {

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    /// Once something has failed to happen, the run is red, and waits less for the rest. See [Patience].
    private static volatile boolean lost;

    private Eventually() {}

    /// @param what for the message if it does not happen
    static void becomesTrue(String what, Callable<Boolean> condition) throws Exception {
        var waiting = lost ? TIMEOUT.dividedBy(4) : TIMEOUT;
        long deadline = System.nanoTime() + waiting.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                lost = true;
                throw new AssertionError("waited %d s, and it did not happen that %s".formatted(waiting.toSeconds(), what));
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }
}
