package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// CONFIG SET aof-disable-auto-gc yes: the files that a rewrite replaces stay, and the manifest goes on to name them as history.
@Tag("exercise")
class Exercise1KeepHistoryTest extends AcceptanceTest {

    private Path file(String name) {
        return directory.resolve("appendonlydir").resolve(name);
    }

    private List<String> history() throws IOException {
        return Files.readAllLines(file("appendonly.aof.manifest")).stream().filter(line -> line.endsWith(" type h")).toList();
    }

    private void rewrite() throws IOException {
        assertThat(redis.call("BGREWRITEAOF").text()).isEqualTo("Background append only file rewriting started");
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!redis.call("INFO", "persistence").text().contains("aof_rewrite_in_progress:0")) {
            assertThat(System.nanoTime()).as("the rewrite does not end").isLessThan(deadline);
        }
    }

    @Test
    void whatARewriteHasReplacedIsKept() throws IOException {
        redis.call("CONFIG", "SET", "aof-disable-auto-gc", "yes").isOk();
        redis.call("SET", "k", "first").isOk();
        rewrite();
        assertThat(file("appendonly.aof.1.incr.aof")).content().contains("first");
        redis.call("SET", "k", "second").isOk();
        rewrite();
        assertThat(file("appendonly.aof.2.incr.aof")).content().contains("second");
        assertThat(history()).containsExactlyInAnyOrder(
                "file appendonly.aof.1.base.aof seq 1 type h", "file appendonly.aof.1.incr.aof seq 1 type h",
                "file appendonly.aof.2.base.aof seq 2 type h", "file appendonly.aof.2.incr.aof seq 2 type h");

        redis.call("CONFIG", "SET", "aof-disable-auto-gc", "no").isOk();
        rewrite();
        assertThat(history()).isEmpty();
        assertThat(file("appendonly.aof.1.incr.aof")).doesNotExist();
        assertThat(file("appendonly.aof.3.base.aof")).doesNotExist();
        assertThat(file("appendonly.aof.4.base.aof")).content().contains("second");
    }

    @Test
    void usuallyNothingIsKept() throws IOException {
        redis.call("CONFIG", "GET", "aof-disable-auto-gc").is(List.of("aof-disable-auto-gc", "no"));
        redis.call("SET", "k", "v").isOk();
        rewrite();
        assertThat(history()).isEmpty();
        assertThat(file("appendonly.aof.1.incr.aof")).doesNotExist();
    }
}
