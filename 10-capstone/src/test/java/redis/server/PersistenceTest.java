package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/// Snapshots and the log side by side: which waits for which, and what DEBUG RELOAD and DEBUG LOADAOF leave behind.
///
/// Requests that are sent in one packet are carried out at one go: what one of them starts cannot end before the last.
class PersistenceTest {

    @TempDir
    private Path directory;

    private final AtomicLong now = new AtomicLong(System.currentTimeMillis());
    private final RecordedLog log = new RecordedLog();
    private LocalServer server;

    @AfterEach
    void stopServer() throws IOException {
        if (server != null) server.close();
        log.close();
    }

    private void start(String... options) throws IOException {
        if (server != null) server.close();
        server = LocalServer.start(() -> Instant.ofEpochMilli(now.get()), directory, options);
    }

    private Path dump() {
        return directory.resolve("dump.rdb");
    }

    private List<String> replies(String... requests) throws IOException {
        server.client().sendRaw(String.join("\r\n", requests) + "\r\n");
        var replies = new ArrayList<String>();
        for (var _ : requests) replies.add(new String(server.client().read().bytes()).strip());
        return replies;
    }

    private void awaitQuiet() throws Exception {
        Eventually.becomesTrue("nothing goes on", () -> "0".equals(server.info("rdb_bgsave_in_progress"))
                && "0".equals(server.info("aof_rewrite_in_progress")) && "0".equals(server.info("aof_rewrite_scheduled")));
    }

    private void fill(int keys) throws IOException {
        var mset = new ArrayList<>(List.of("MSET"));
        for (int i = 0; i < keys; i++) mset.addAll(List.of("key:" + i, "value " + i));
        server.call(mset.toArray(String[]::new)).isOk();
        for (int i = 0; i < keys; i += 100) server.call("EXPIRE", "key:" + i, "1000").is(1);
    }

    // ---- which waits for which ----

    @Test
    void theLogCannotBeSwitchedOnWhileASnapshotIsTaken() throws Exception {
        start("--save", "");
        fill(1_000);
        assertThat(replies("BGSAVE", "CONFIG SET appendonly yes", "CONFIG GET appendonly")).containsExactly("+Background saving started",
                "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF while a snapshot is being saved.",
                "*2\r\n$10\r\nappendonly\r\n$2\r\nno");
        awaitQuiet();
        server.call("CONFIG", "SET", "appendonly", "yes").isOk();
        awaitQuiet();
        var before = server.dataset();
        start("--save", "", "--appendonly", "yes");
        assertThat(server.dataset()).isEqualTo(before).hasSize(1_000);
    }

    @Test
    void aSnapshotWaitsForTheLogThatIsSwitchedOn() throws Exception {
        start("--save", "");
        fill(1_000);
        var replies = replies("CONFIG SET appendonly yes", "BGSAVE", "BGSAVE SCHEDULE", "SAVE", "BGREWRITEAOF");
        assertThat(replies.get(0)).isEqualTo("+OK");
        assertThat(replies.get(1)).startsWith("-ERR Another child process is active (AOF?)");
        assertThat(replies.subList(2, 5)).containsExactly("+Background saving scheduled", "+OK",
                "-ERR Background append only file rewriting already in progress");
        Eventually.becomesTrue("the snapshot comes", () -> "2".equals(server.info("rdb_saves")));
        assertThat(server.info("aof_rewrites")).isEqualTo("1");
    }

    @Test
    void whatIsScheduledComesEvenIfTheOtherFails() throws Exception {
        start("--save", "", "--appendonly", "yes");
        fill(1_000);
        Files.createDirectories(dump().resolve("obstacle")); // so that the snapshot fails
        assertThat(replies("BGSAVE", "BGREWRITEAOF")).containsExactly("+Background saving started", "+Background append only file rewriting scheduled");
        Eventually.becomesTrue("the rewrite comes", () -> "1".equals(server.info("aof_rewrites")));
        awaitQuiet();
        assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("err");
        assertThat(server.info("aof_last_bgrewrite_status")).isEqualTo("ok");
    }

    @Test
    void flushAllLetsARewriteGoOnAndTheLogIsWhole() throws Exception {
        start("--save", "1000000 1000000", "--appendonly", "yes");
        for (int round = 0; round < 10; round++) {
            fill(1_000);
            int saves = Integer.parseInt(server.info("rdb_saves"));
            assertThat(replies("BGREWRITEAOF", "SET before 1", "FLUSHALL", "SET after " + round, "BGSAVE SCHEDULE"))
                    .containsExactly("+Background append only file rewriting started", "+OK", "+OK", "+OK", "+Background saving scheduled");
            Eventually.becomesTrue("the snapshot comes, after that of FLUSHALL", () -> Integer.parseInt(server.info("rdb_saves")) == saves + 2);
            awaitQuiet();
            assertThat(RdbContent.of(Files.readAllBytes(dump())).entries()).hasSize(1);
            server.call("DEBUG", "LOADAOF").isOk();
            assertThat(server.dataset()).as("round %d", round).isEqualTo(Map.of("after", Integer.toString(round)));
        }
    }

    /// The base is what was there when the rewrite began, the rest is in the increment: both together are everything, whatever happened meanwhile.
    @Test
    void renameCopyAndExpireDuringARewriteAreInTheLog() throws Exception {
        start("--save", "", "--appendonly", "yes", "--auto-aof-rewrite-percentage", "0");
        fill(2_000);
        for (int round = 0; round < 10; round++) {
            server.client().sendRaw("BGREWRITEAOF\r\n");
            int requests = 1;
            for (int i = round; i < 2_000; i += 10) {
                server.client().sendRaw(switch (i % 7) {
                    case 0 -> "RENAME key:%d key:%d\r\n".formatted(i, i);
                    case 1 -> "SET key:%d %d\r\n".formatted(i, round);
                    case 2 -> "COPY key:%d copy:%d REPLACE\r\n".formatted(i, i);
                    case 3 -> "EXPIRE key:%d %d\r\n".formatted(i, 2_000 + round);
                    case 4 -> "PERSIST key:%d\r\n".formatted(i);
                    case 5 -> "RENAME key:%d renamed:%d\r\n".formatted(i, i);
                    default -> "APPEND key:%d x\r\n".formatted(i);
                });
                requests++;
            }
            for (; requests > 0; requests--) server.client().read().satisfies(_ -> {});
            awaitQuiet();
        }
        var before = server.dataset();
        assertThat(before).hasSizeGreaterThan(2_200);
        server.call("DEBUG", "LOADAOF").isOk();
        assertThat(server.dataset()).isEqualTo(before);
        start("--save", "", "--appendonly", "yes");
        assertThat(server.dataset()).isEqualTo(before);
    }

    // ---- DEBUG RELOAD and DEBUG LOADAOF ----

    @ParameterizedTest
    @ValueSource(strings = {"RELOAD", "LOADAOF"})
    void whatIsReloadedIsTheSame(String way) throws Exception {
        start("--save", "", "--appendonly", "yes");
        fill(500);
        var before = server.dataset();
        for (int round = 0; round < 3; round++) {
            server.call("DEBUG", way).isOk();
            assertThat(server.dataset()).isEqualTo(before);
        }
        server.call("SET", "key:0", "changed").isOk();
        server.call("DEBUG", "LOADAOF").isOk();
        server.call("GET", "key:0").is("changed");
        server.call("DBSIZE").is(500);
    }

    @Test
    void reloadWithoutALog() throws Exception {
        start("--save", "");
        fill(300);
        var before = server.dataset();
        server.call("DEBUG", "RELOAD").isOk();
        assertThat(server.dataset()).isEqualTo(before);
        assertThat(server.info("rdb_last_load_keys_loaded")).isEqualTo("300");
        assertThat(server.info("rdb_changes_since_last_save")).isEqualTo("0");
        server.call("DEBUG", "LOADAOF").isError("ERR Error trying to load the AOF files, check server logs: There is no log: appendonly is off");
        assertThat(server.dataset()).isEqualTo(before);
    }

    @Test
    void aReloadThatFailsKeepsTheData() throws Exception {
        start("--save", "", "--appendonly", "yes");
        fill(300);
        var before = server.dataset();
        Files.createDirectories(dump().resolve("obstacle"));
        server.call("DEBUG", "RELOAD").satisfies(reply -> assertThat(reply.toString()).contains("ERR"));
        assertThat(server.dataset()).isEqualTo(before);
        Files.delete(dump().resolve("obstacle"));
        Files.delete(dump());

        var increment = directory.resolve("appendonlydir/appendonly.aof.1.incr.aof");
        var intact = Files.readAllBytes(increment);
        var damaged = intact.clone();
        damaged[damaged.length - 40] = 'x'; // after most of it has been loaded
        Files.write(increment, damaged);
        server.call("DEBUG", "LOADAOF").satisfies(reply -> assertThat(reply.toString()).contains("ERR Error trying to load the AOF"));
        assertThat(server.dataset()).isEqualTo(before);
        server.call("EXPIRE", "key:1", "500").is(1);
        server.call("BGREWRITEAOF").satisfies(_ -> {});
        awaitQuiet();
        var after = server.dataset();
        server.call("DEBUG", "LOADAOF").isOk();
        assertThat(server.dataset()).isEqualTo(after);
    }

    @Test
    void aReloadDuringASnapshotOrARewrite() throws Exception {
        start("--save", "", "--appendonly", "yes");
        fill(500);
        for (int round = 0; round < 6; round++) {
            assertThat(replies("SET round " + round, "BGSAVE", "DEBUG RELOAD")).last().asString().startsWith("-ERR Background save already in progress");
            awaitQuiet();
            var before = server.dataset();
            assertThat(replies("BGREWRITEAOF", "DEBUG RELOAD")).last().isEqualTo("+OK");
            awaitQuiet();
            assertThat(server.dataset()).as("round %d", round).isEqualTo(before);
            assertThat(server.info("aof_last_bgrewrite_status")).isEqualTo("ok");
            server.call("DEBUG", "LOADAOF").isOk();
            assertThat(server.dataset()).as("the log of round %d", round).isEqualTo(before);
        }
    }

    /// A key that is over and that nobody has removed: the log still has it, and has to hear of its end before the key begins anew.
    @Test
    void theLogHearsOfKeysThatEndInAReload() throws Exception {
        start("--save", "", "--appendonly", "yes");
        server.call("SET", "k", "old", "PX", "100000").isOk();
        replies("GET k"); // nobody looks at it any more until it is over
        now.addAndGet(100_001);
        assertThat(replies("DEBUG RELOAD", "APPEND k new", "GET k", "TTL k")).containsExactly("+OK", ":3", "$3\r\nnew", ":-1");
        start("--save", "", "--appendonly", "yes");
        server.call("GET", "k").is("new");
        server.call("TTL", "k").is(-1);
    }
}
