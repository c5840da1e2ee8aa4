package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// INFO persistence tells how many entries the snapshot that is being saved has, and how many of them are saved.
@Tag("exercise")
class Exercise1SaveProgressTest extends AcceptanceTest {

    private static final int KEYS = 1_000;

    private static long field(String name, String info) {
        var value = info.lines().filter(line -> line.startsWith(name + ":")).findFirst();
        assertThat(value).as("INFO persistence should have a line %s:…", name).isPresent();
        return Long.parseLong(value.get().substring(name.length() + 1).strip());
    }

    private static void assertProgress(long processed, long total, String info) {
        assertThat(field("current_save_keys_processed", info)).as("current_save_keys_processed").isEqualTo(processed);
        assertThat(field("current_save_keys_total", info)).as("current_save_keys_total").isEqualTo(total);
    }

    @Test
    void withoutASnapshotBothAreZero() throws IOException {
        redis.call("SET", "k", "v").isOk();
        assertProgress(0, 0, redis.call("INFO", "persistence").text());
        redis.call("SAVE").isOk();
        assertProgress(0, 0, redis.call("INFO", "persistence").text());
    }

    /// One packet is one hold of the lock, in which the walk cannot take a step. So what is saved within it, writers have saved.
    @Test
    void writersSaveTooAndEachEntryOnce() throws IOException {
        for (int i = 0; i < KEYS; i++) redis.send("SET", "k" + i, "old");
        for (int i = 0; i < KEYS; i++) redis.read().isOk();

        redis.sendRaw("BGSAVE\r\nINFO persistence\r\n"
                + "SET k1 new\r\nSET k1 newer\r\nDEL k2\r\nEXPIRE k3 1000\r\nSET another v\r\nSET another w\r\nGET k4\r\nINFO persistence\r\n");
        assertThat(redis.read().text()).isEqualTo("Background saving started");
        assertProgress(0, KEYS, redis.read().text());
        for (int i = 0; i < 7; i++) redis.read();
        assertProgress(3, KEYS, redis.read().text());
    }

    @Test
    void whenItHasEndedBothAreZeroAgain() throws IOException {
        for (int i = 0; i < KEYS; i++) redis.send("SET", "k" + i, "v");
        for (int i = 0; i < KEYS; i++) redis.read().isOk();
        redis.call("BGSAVE").text();
        long deadline = System.nanoTime() + 10_000_000_000L;
        var info = redis.call("INFO", "persistence").text();
        while (field("rdb_bgsave_in_progress", info) == 1) {
            assertThat(field("current_save_keys_processed", info)).isLessThanOrEqualTo(KEYS);
            assertThat(System.nanoTime()).as("the snapshot does not end").isLessThan(deadline);
            info = redis.call("INFO", "persistence").text();
        }
        assertProgress(0, 0, info);
    }
}
