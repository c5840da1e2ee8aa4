package redis.server;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/// Waits for what another thread or process is about to do.
final class Eventually {

    private static final int TIMEOUT_SECONDS = 20;

    /// Once something has failed to happen, the run is red, and waits less for the rest. See [Patience].
    private static volatile int seconds = TIMEOUT_SECONDS;

    private Eventually() {}

    /// @param what for the message if it does not happen
    static void becomesTrue(String what, Callable<Boolean> condition) throws Exception {
        int waiting = seconds;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(waiting);
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                seconds = TIMEOUT_SECONDS / 4;
                throw new AssertionError("waited %d s, and it did not happen that %s".formatted(waiting, what));
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }
}
