package redis.server;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/// Waits for what another thread or process is about to do.
final class Eventually {

    private static final int TIMEOUT_SECONDS = 20;

    private Eventually() {}

    /// @param what for the message if it does not happen
    static void becomesTrue(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("%s, within %d s", what, TIMEOUT_SECONDS).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }
}
