package redis.server;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/// Waits for what another thread or process is about to do.
final class Eventually {

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private Eventually() {}

    /// @param what for the message if it does not happen
    static void becomesTrue(String what, Callable<Boolean> condition) throws Exception {
        becomesTrue(what, TIMEOUT, condition);
    }

    /// For what takes longer than most.
    static void becomesTrue(String what, Duration limit, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("%s, within %d s", what, limit.toSeconds()).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }
}
