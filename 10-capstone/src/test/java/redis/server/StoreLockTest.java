package redis.server;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class StoreLockTest {

    private final Store store = new Store(InstantSource.system());
    private final List<String> done = new ArrayList<>();

    @Test
    void whatIsPutOffIsDoneOnceAndInItsOrder() {
        store.lock();
        store.afterUnlock(() -> done.add("first"));
        store.afterUnlock(() -> done.add("second"));
        assertThat(done).isEmpty();
        store.unlock();
        assertThat(done).containsExactly("first", "second");
        store.lock();
        store.unlock();
        assertThat(done).hasSize(2);
    }

    @Test
    void whoHasTheLockTwiceHasToGiveItUpTwice() {
        store.lock();
        store.lock();
        store.afterUnlock(() -> done.add("it is free"));
        store.unlock();
        assertThat(done).isEmpty();
        store.unlock();
        assertThat(done).containsExactly("it is free");
    }

    @Test
    void othersHaveTheLockMeanwhile() {
        store.lock();
        store.afterUnlock(() -> CompletableFuture.runAsync(this::lockAndUnlock).orTimeout(10, TimeUnit.SECONDS).join());
        store.unlock();
        assertThat(done).containsExactly("another thread");
    }

    private void lockAndUnlock() {
        store.lock();
        done.add("another thread");
        store.unlock();
    }
}
