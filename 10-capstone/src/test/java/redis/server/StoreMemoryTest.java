package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

/// The account of the memory that the data take: kept up to date by each change, and equal to what a walk over all of it finds.
class StoreMemoryTest {

    private final AtomicLong now = new AtomicLong(1_000_000);
    private final Store store = new Store(() -> Instant.ofEpochMilli(now.get()));

    private static ByteString bytes(int length) {
        return ByteString.of(new byte[length]);
    }

    private static ByteString key(int number) {
        return ByteString.of("key:" + number);
    }

    @Test
    void aKeyCountsWithAllThatBelongsToIt() {
        long empty = store.memory();
        store.set(key(1), bytes(100), 2_000_000);
        long tables = 2 * (12 + 4 + 4 * 4); // of four buckets each
        assertThat(store.memory() - empty).isEqualTo(tables + 32 + 24 + 112 + 32);
        store.delete(key(1));
        assertThat(store.memory() - empty).isEqualTo(tables);
    }

    /// What is set in place of it is of another length.
    @ParameterizedTest
    @ValueSource(ints = {0, 4, 5, 100, 10_000, 1_000_000})
    void aValueCountsByItsLength(int length) {
        store.set(key(1), bytes(12)); // an array of 24 bytes
        long before = store.memory();
        store.update(key(1), bytes(length));
        assertThat(store.memory() - before).isEqualTo((12 + length + 7) / 8 * 8 - 24);
        store.update(key(1), bytes(12));
        assertThat(store.memory()).isEqualTo(before);
    }

    /// Each operation on one of some hundred keys, with lengths from nothing to more than a page. The number of keys grows and shrinks, so that the tables do.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void theAccountIsRightAfterAnything(long seed) throws IOException {
        var random = new Random(seed);
        Snapshot snapshot = null;
        for (int i = 0; i < 30_000; i++) {
            int keys = i / 5_000 % 2 == 0 ? 4_000 : 20;
            var key = key(random.nextInt(keys));
            var value = bytes(random.nextInt(10) == 0 ? random.nextInt(5_000) : random.nextInt(40));
            store.lock();
            switch (random.nextInt(14)) {
                case 0, 1, 2 -> store.set(key, value);
                case 3 -> store.set(key, value, now.get() + random.nextInt(1_000) - 100);
                case 4 -> store.update(key, value);
                case 5 -> store.extend(key, value);
                case 6, 7 -> {
                    for (int n = 0; n < 5; n++) store.delete(key(random.nextInt(4_000)));
                }
                case 8 -> {
                    if (store.contains(key)) store.expireAt(key, now.get() + random.nextInt(1_000));
                }
                case 9 -> {
                    if (store.contains(key)) store.persist(key);
                }
                case 10 -> {
                    if (store.size() > 0) store.evict(store.anyKey(store.volatileSize() > 0 && random.nextBoolean()));
                }
                case 11 -> {
                    store.expireSome(random.nextInt(20));
                    store.rehash(random.nextInt(20));
                }
                case 12 -> {
                    now.addAndGet(random.nextInt(50));
                    store.get(key);
                }
                default -> {
                    if (random.nextInt(200) == 0) store.clear();
                    if (random.nextInt(100) == 0) store.restore(store.takeContents());
                    if (snapshot == null && random.nextInt(50) == 0) snapshot = store.startSnapshot();
                }
            }
            if (i % 50 == 0 || random.nextInt(50) == 0) assertThat(store.memory()).as("after %d operations", i + 1).isEqualTo(MemoryWalk.count(store));
            store.unlock();
            if (snapshot != null && random.nextInt(50) == 0) {
                snapshot.writeTo(_ -> {}, () -> false);
                snapshot = null;
            }
        }
        store.clear();
        assertThat(store.memory()).isEqualTo(MemoryWalk.count(store));
    }

    @Test
    void whatIsLoadedAsideCountsWhenItTakesThePlaceOfTheRest() {
        store.set(key(1), bytes(1_000));
        var contents = store.emptyContents();
        contents.reserve(10_000, 100);
        for (int i = 0; i < 5_000; i++) contents.load(key(i), bytes(i % 100), i % 10 == 0 ? 2_000_000 : Store.NEVER, 0);
        assertThat(contents.load(key(1), bytes(5), Store.NEVER, 0)).isFalse(); // it is there already
        long before = store.memory();
        var old = store.takeContents();
        store.restore(contents);
        assertThat(store.memory()).isEqualTo(MemoryWalk.count(store)).isGreaterThan(5_000 * (32 + 24 + 16));
        store.restore(old);
        assertThat(store.memory()).isEqualTo(before);
    }

    @Test
    void memoryUsageSharesTheTablesOut() {
        for (int i = 0; i < 1_024; i++) store.set(key(i), bytes(i), i % 2 == 0 ? 2_000_000 : Store.NEVER);
        store.rehash(10_000);
        long sum = 0;
        for (int i = 0; i < 1_024; i++) sum += store.memoryUsage(key(i));
        assertThat(sum).isCloseTo(store.memory(), withinPercentage(2));
    }

    // ---- servers ----

    @TempDir
    private Path directory;

    private static void change(LocalServer server, int requests, long seed) throws IOException {
        var random = new Random(seed);
        for (int i = 0; i < requests; i++) {
            var key = "key:" + random.nextInt(300);
            var value = "x".repeat(random.nextInt(200));
            server.call((switch (random.nextInt(9)) {
                case 0 -> "APPEND " + key + " " + value + "-";
                case 1 -> "SETRANGE " + key + " " + random.nextInt(300) + " x";
                case 2 -> "DEL " + key + " key:" + random.nextInt(300);
                case 3 -> "RENAME " + key + " key:" + random.nextInt(300);
                case 4 -> "COPY " + key + " key:" + random.nextInt(300) + " REPLACE";
                case 5 -> "EXPIRE " + key + " " + (100 + random.nextInt(100));
                case 6 -> "PERSIST " + key;
                case 7 -> "SET " + key + " " + random.nextInt() + " KEEPTTL";
                default -> "SET " + key + " " + value + "- PX " + (random.nextInt(5) == 0 ? 1 : 1_000_000);
            }).split(" ")).satisfies(_ -> {});
        }
    }

    private static void check(LocalServer server) {
        var account = MemoryWalk.Account.of(server);
        assertThat(account.kept()).isEqualTo(account.counted());
    }

    /// Two servers with the same keys and values may differ in their tables, which have grown and shrunk in another order.
    private static void checkSame(LocalServer server, LocalServer other) {
        check(server);
        check(other);
        var store = MemoryWalk.storeOf(server);
        var otherStore = MemoryWalk.storeOf(other);
        assertThat(store.memory()).isCloseTo(otherStore.memory(), within(8_500L));
    }

    @Test
    void theAccountIsRightAfterLoadingALog() throws Exception {
        try (var server = LocalServer.withLog(directory)) {
            change(server, 2_000, 1);
            check(server);
            server.call("DEBUG", "LOADAOF").isOk();
            check(server);
            server.rewriteLog();
            change(server, 500, 2);
        }
        try (var server = LocalServer.withLog(directory)) {
            check(server);
            assertThat(MemoryWalk.storeOf(server).size()).isGreaterThan(50);
            server.call("FLUSHALL").isOk();
            check(server);
            change(server, 500, 3);
            check(server);
        }
    }

    @Test
    void theAccountIsRightAfterLoadingASnapshot() throws Exception {
        try (var server = LocalServer.start(directory)) {
            change(server, 2_000, 1);
            server.call("DEBUG", "RELOAD").isOk();
            check(server);
            server.call("BGSAVE").satisfies(_ -> {});
            change(server, 500, 2); // while it is being saved, perhaps
            check(server);
            Eventually.becomesTrue("it is saved", () -> "0".equals(server.info("rdb_bgsave_in_progress")));
            server.call("SAVE").isOk();
        }
        try (var server = LocalServer.start(directory)) {
            check(server);
            assertThat(MemoryWalk.storeOf(server).size()).isGreaterThan(50);
        }
    }

    @Test
    void theAccountIsRightOnAReplica() throws Exception {
        try (var master = LocalServer.start(Files.createDirectories(directory.resolve("master")), "--save", "");
             var replica = LocalServer.start(Files.createDirectories(directory.resolve("replica")), "--save", "")) {
            change(replica, 500, 1); // what the master's data replace
            change(master, 1_000, 2);
            replica.call("REPLICAOF", "127.0.0.1", Integer.toString(master.address().getPort())).isOk();
            Eventually.becomesTrue("the link is up", () -> "up".equals(replica.info("master_link_status")));
            change(master, 1_000, 3);
            master.call("WAIT", "1", "5000").is(1);
            checkSame(master, replica);
        }
    }

    @Test
    void infoTellsTheAccountAndTheBacklog() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "")) {
            change(server, 500, 1);
            assertThat(Long.parseLong(server.info("used_memory"))).isEqualTo(MemoryWalk.Account.of(server).counted());
            var fields = List.of("used_memory_rss", "used_memory_peak", "used_memory_overhead", "used_memory_dataset", "jvm_heap_used", "jvm_heap_max");
            var numbers = new ArrayList<Long>();
            for (var field : fields) numbers.add(Long.parseLong(server.info(field)));
            assertThat(numbers).allMatch(number -> number > 0);
            assertThat(Long.parseLong(server.info("used_memory_overhead")) + Long.parseLong(server.info("used_memory_dataset")))
                    .isEqualTo(Long.parseLong(server.info("used_memory")));
            long peak = Long.parseLong(server.info("used_memory_peak"));
            server.call("FLUSHALL").isOk();
            assertThat(Long.parseLong(server.info("used_memory_peak"))).isEqualTo(peak);
            assertThat(Long.parseLong(server.info("used_memory"))).isLessThan(1_000);
            assertThat(server.info("mem_replication_backlog")).isEqualTo("0");
        }
    }

    @Test
    void numbersForPeople() {
        assertThat(List.of(Memory.human(0), Memory.human(1023), Memory.human(1024), Memory.human(1_572_864), Memory.human(1L << 30), Memory.human(1L << 62)))
                .containsExactly("0B", "1023B", "1.00K", "1.50M", "1.00G", "4096.00P");
    }

    // ---- when a value was last used ----

    private void pass(Duration time) {
        now.addAndGet(time.toMillis());
        store.lock();
        store.unlock();
    }

    @Test
    void aUseIsNoted() {
        store.set(key(1), bytes(1));
        pass(Duration.ofSeconds(10));
        store.contains(key(1));
        store.peek(key(1));
        store.deadline(key(1));
        assertThat(store.idle(key(1))).isBetween(9_000L, 11_000L);
        store.get(key(1));
        assertThat(store.idle(key(1))).isLessThan(1_100);
        pass(Duration.ofDays(300));
        assertThat(store.idle(key(1))).isBetween(Duration.ofDays(300).toMillis() - 1_024, Duration.ofDays(300).toMillis() + 1_024);
        store.update(key(1), bytes(2));
        assertThat(store.idle(key(1))).isLessThan(1_100);
    }

    @Test
    void aClockThatIsSetBackMakesNothingOld() {
        pass(Duration.ofDays(10_000));
        store.set(key(1), bytes(1));
        pass(Duration.ofDays(-1));
        assertThat(store.idle(key(1))).isZero();
    }

    @Test
    void whatIsLoadedHasBeenIdleForAsLongAsTheFileSays() {
        pass(Duration.ofDays(20_000));
        var contents = store.emptyContents();
        contents.load(key(1), bytes(1), Store.NEVER, 5_000);
        contents.load(key(2), bytes(1), Store.NEVER, Long.MAX_VALUE);
        store.restore(contents);
        assertThat(store.idle(key(1))).isBetween(4_000L, 6_000L);
        assertThat(store.idle(key(2))).isGreaterThan(Duration.ofDays(300).toMillis());
    }
}
