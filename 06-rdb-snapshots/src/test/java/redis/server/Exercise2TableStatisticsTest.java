package redis.server;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// DEBUG HTSTATS 0 shows the tables of the keys and of the deadlines from inside, in Redis's words.
@Tag("exercise")
class Exercise2TableStatisticsTest extends AcceptanceTest {

    private static final String EMPTY = "Hash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n";

    private String statistics() throws IOException {
        return redis.call("DEBUG", "HTSTATS", "0").text();
    }

    /// The part about the keys.
    private static String ofKeys(String statistics) {
        assertThat(statistics).startsWith("[Dictionary HT]\n").contains("\n[Expires HT]\n");
        return statistics.substring(0, statistics.indexOf("[Expires HT]"));
    }

    /// What stands behind this name in each table: one number, or two while there are two tables.
    private static List<Long> numbers(String name, String statistics) {
        return statistics.lines().filter(line -> line.startsWith(" " + name + ": ")).map(line -> Long.valueOf(line.substring(name.length() + 3))).toList();
    }

    @Test
    void emptyTablesHaveNoStatistics() throws IOException {
        assertThat(statistics()).isEqualTo("[Dictionary HT]\n" + EMPTY + "[Expires HT]\n" + EMPTY);
    }

    @Test
    void aTableAtRest() throws IOException {
        redis.call("MSET", "a", "1", "b", "2", "c", "3").isOk();
        redis.call("EXPIRE", "a", "1000").is(1);
        var statistics = statistics();
        assertThat(numbers("table size", statistics)).containsExactly(4L, 4L);
        assertThat(numbers("number of elements", statistics)).containsExactly(3L, 1L);
        var slots = numbers("different slots", statistics);
        var longest = numbers("max chain length", statistics);
        assertThat(slots.getFirst()).isBetween(1L, 3L);
        assertThat(longest.getFirst()).isBetween(1L, 4 - slots.getFirst());
        assertThat(slots.getLast()).isOne();
        assertThat(longest.getLast()).isOne();
    }

    /// One packet is one hold of the lock: nobody can move the rest of the entries in the midst of it.
    @Test
    void aTableThatGrowsIsTwo() throws IOException {
        for (int i = 0; i < 1_023; i++) redis.send("SET", "k" + i, "v");
        for (int i = 0; i < 1_023; i++) redis.read().isOk();
        redis.sendRaw("SET x v\r\nSET y v\r\nSET z v\r\nDEBUG HTSTATS 0\r\n");
        for (int i = 0; i < 3; i++) redis.read().isOk();
        var keys = ofKeys(redis.read().text());
        assertThat(keys.lines().filter(line -> line.startsWith("Hash table")))
                .containsExactly("Hash table 0 stats (main hash table):", "Hash table 1 stats (rehashing target):");
        assertThat(numbers("table size", keys)).containsExactly(1_024L, 2_048L);
        var elements = numbers("number of elements", keys);
        assertThat(elements.getFirst() + elements.getLast()).isEqualTo(1_026);
        assertThat(elements.getFirst()).as("most are still in the old table").isGreaterThan(900);
        assertThat(elements.getLast()).as("the new ones, and those that have been moved").isGreaterThanOrEqualTo(2);
        assertThat(numbers("different slots", keys).getFirst()).isLessThan(elements.getFirst());

        long deadline = System.nanoTime() + 10_000_000_000L;
        while (numbers("table size", keys).size() == 2) {
            assertThat(System.nanoTime()).as("active expiry does not move the rest").isLessThan(deadline);
            keys = ofKeys(statistics());
        }
        assertThat(numbers("table size", keys)).containsExactly(2_048L);
        assertThat(numbers("number of elements", keys)).containsExactly(1_026L);
    }

    @Test
    void otherDatabasesAreOutOfRange() throws IOException {
        redis.call("DEBUG", "HTSTATS", "1").isError("ERR Out of range database");
        redis.call("DEBUG", "HTSTATS", "x").isError("ERR value is not an integer or out of range");
    }
}
