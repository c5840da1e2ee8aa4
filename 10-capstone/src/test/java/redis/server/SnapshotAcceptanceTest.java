package redis.server;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Snapshots as a client sees them: SAVE, BGSAVE, LASTSAVE, their parameters, and what INFO tells.
///
/// Requests that are sent in one packet are carried out at one go, and a snapshot that one of them starts can't be complete before the last.
class SnapshotAcceptanceTest extends AcceptanceTest {

    private static final List<String> CHANGED = List.of("save", "rdbcompression", "stop-writes-on-bgsave-error", "aof-use-rdb-preamble", "appendonly");

    private final List<String> original = new ArrayList<>();

    @BeforeEach
    void rememberParameters() throws IOException {
        for (var name : CHANGED) original.addAll(redis.call("CONFIG", "GET", name).texts());
    }

    /// The server may be somebody else's.
    @AfterEach
    void restoreParameters() throws Exception {
        awaitQuiet();
        set(original.toArray(String[]::new)).isOk();
        awaitQuiet();
    }

    private Reply set(String... namesAndValues) throws IOException {
        var request = new ArrayList<>(List.of("CONFIG", "SET"));
        request.addAll(List.of(namesAndValues));
        return redis.call(request.toArray(String[]::new));
    }

    private List<String> info() throws IOException {
        return redis.call("INFO", "persistence").text().lines().toList();
    }

    private long info(String field) throws IOException {
        return info().stream().filter(line -> line.startsWith(field + ":")).map(line -> line.substring(field.length() + 1))
                .mapToLong(Long::parseLong).findFirst().orElseThrow();
    }

    private void awaitQuiet() throws Exception {
        Eventually.becomesTrue("no snapshot and no rewrite is going on", () -> info("rdb_bgsave_in_progress") == 0
                && info("aof_rewrite_in_progress") == 0 && info("aof_rewrite_scheduled") == 0);
    }

    private static String packet(String... requests) {
        return String.join("\r\n", requests) + "\r\n";
    }

    private List<String> replies(String... requests) throws IOException {
        redis.sendRaw(packet(requests));
        var replies = new ArrayList<String>();
        for (var _ : requests) {
            var reply = redis.read();
            replies.add(new String(reply.bytes()).strip());
        }
        return replies;
    }

    // ---- SAVE, BGSAVE, LASTSAVE ----

    @Test
    void saveSavesAtOnce() throws IOException {
        long start = Instant.now().getEpochSecond();
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call("SAVE").isOk();
        redis.call("LASTSAVE").isBetween(start - 1, start + 60);
        assertThat(info("rdb_changes_since_last_save")).as("rdb_changes_since_last_save").isZero();
        assertThat(info("rdb_last_save_time")).as("rdb_last_save_time").isEqualTo(Long.parseLong(redis.call("LASTSAVE").text()));
        assertThat(info()).contains("rdb_last_bgsave_status:ok", "rdb_bgsave_in_progress:0");
        redis.call("GET", "a").is("1");
    }

    @Test
    void bgSaveSavesInTheBackground() throws Exception {
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call("BGSAVE").is(new Resp.SimpleString("Background saving started"));
        awaitQuiet();
        assertThat(info("rdb_changes_since_last_save")).as("rdb_changes_since_last_save").isZero();
        assertThat(info()).contains("rdb_last_bgsave_status:ok", "rdb_current_bgsave_time_sec:-1").doesNotContain("rdb_last_bgsave_time_sec:-1");
        redis.call("bgsave", "schedule").is(new Resp.SimpleString("Background saving started"));
    }

    @Test
    void countsChangesSinceTheLastSave() throws Exception {
        redis.call("SAVE").isOk();
        assertThat(replies("SET a 1", "SET b 2", "GET a", "DEL nothing", "INCR a", "EXPIRE a 100", "DEL a")).doesNotContainNull();
        assertThat(info("rdb_changes_since_last_save")).as("rdb_changes_since_last_save").isEqualTo(5);
        replies("BGSAVE", "SET c 3");
        awaitQuiet();
        assertThat(info("rdb_changes_since_last_save")).as("what has changed since it began").isOne();
    }

    @Test
    void lastSaveIsANumberFromTheBeginning() throws IOException {
        redis.call("LASTSAVE").isBetween(1L, Instant.now().getEpochSecond() + 60);
    }

    @Test
    void oneSnapshotIsTakenAtATime() throws Exception {
        assertThat(replies("SET k v", "BGSAVE", "BGSAVE", "BGSAVE SCHEDULE", "SAVE", "INFO nothing", "GET k", "SET k w")).containsExactly("+OK",
                "+Background saving started",
                "-ERR Background save already in progress",
                "-ERR Background save already in progress",
                "-ERR Background save already in progress",
                "$0", "$1\r\nv", "+OK");
        awaitQuiet();
        redis.call("SAVE").isOk();
    }

    @Test
    void aRewriteWaitsForASnapshot() throws Exception {
        long before = info("aof_rewrites");
        assertThat(replies("BGSAVE", "BGREWRITEAOF", "BGREWRITEAOF")).containsExactly("+Background saving started",
                "+Background append only file rewriting scheduled", "+Background append only file rewriting scheduled");
        Eventually.becomesTrue("the rewrite comes", () -> info("aof_rewrites") == before + 1);
        awaitQuiet();
        assertThat(info("aof_rewrites")).as("aof_rewrites").isEqualTo(before + 1);
        assertThat(info()).contains("aof_last_bgrewrite_status:ok");
    }

    @Test
    void aSnapshotWaitsForARewriteIfItIsPatient() throws Exception {
        long saved = info("rdb_saves");
        var replies = replies("SET k v", "BGREWRITEAOF", "BGREWRITEAOF", "BGSAVE", "BGSAVE SCHEDULE", "BGSAVE SCHEDULE", "SAVE", "SET k w");
        assertThat(replies).containsExactly("+OK",
                "+Background append only file rewriting started",
                "-ERR Background append only file rewriting already in progress",
                "-ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.",
                "+Background saving scheduled",
                "+Background saving scheduled",
                "+OK", // SAVE needs nobody
                "+OK");
        Eventually.becomesTrue("the snapshot comes", () -> info("rdb_saves") == saved + 2 && info("rdb_changes_since_last_save") == 0);
        awaitQuiet();
        assertThat(info("rdb_saves")).as("SAVE, and one that was scheduled").isEqualTo(saved + 2);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            SAVE x               -> ERR wrong number of arguments for 'save' command
            LASTSAVE x           -> ERR wrong number of arguments for 'lastsave' command
            BGSAVE x             -> ERR syntax error
            BGSAVE SCHEDULE x    -> ERR syntax error
            BGSAVE SCHEDULE SCHEDULE -> ERR syntax error
            """)
    void whatMakesNoSenseIsRefused(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
    }

    // ---- what a snapshot is for ----

    /// Starts the server again, with the snapshot that it has.
    private void restart() throws IOException {
        restart(List.of("DEBUG", "RELOAD", "NOSAVE"), "--appendonly", "no");
    }

    /// Numbers, short and long strings are different bytes in the file.
    @ParameterizedTest
    @ValueSource(strings = {"yes", "no"})
    void aSnapshotIsThereAfterARestart(String compression) throws Exception {
        set("appendonly", "no", "save", "", "rdbcompression", compression).isOk();
        var values = new ArrayList<>(List.of("0", "-1", "127", "128", "-128", "-129", "32767", "-32769", "2147483647", "-2147483648", "2147483648",
                "9223372036854775807", "007", "-0", "+1", "1.5", "", "-", "hahahahahahahahahahahahaha"));
        for (int length : List.of(20, 21, 63, 64, 300, 16_383, 16_384, 70_000)) {
            values.add("x".repeat(length));
            values.add(new Random(length).ints(length, '!', '~').mapToObj(Character::toString).collect(Collectors.joining()));
        }
        for (int i = 0; i < values.size(); i++) redis.call("SET", "k" + i, values.get(i)).isOk();
        redis.sendRaw("*3\r\n$3\r\nSET\r\n$4\r\n\u0000\r\n\u00ff\r\n$2\r\n\u00c0\u00ff\r\n").read().isOk();
        redis.call("PEXPIREAT", "k1", "33177117420001").is(1);
        redis.call("SAVE").isOk();
        redis.call("SET", "late", "v").isOk();
        restart();
        redis.call("EXISTS", "late").is(0);
        redis.call("DBSIZE").is(values.size() + 1);
        for (int i = 0; i < values.size(); i++) redis.call("GET", "k" + i).is(values.get(i));
        redis.sendRaw("*2\r\n$6\r\nSTRLEN\r\n$4\r\n\u0000\r\n\u00ff\r\n").read().is(2);
        redis.call("PEXPIRETIME", "k1").is(33177117420001L);
        redis.call("TTL", "k2").is(-1);
    }

    @Test
    void aSnapshotIsOfOneMomentAfterARestart() throws Exception {
        set("appendonly", "no", "save", "").isOk();
        for (int i = 0; i < 1_000; i++) redis.send("SET", "k" + i, "1");
        for (int i = 0; i < 1_000; i++) redis.read().isOk();
        replies("BGSAVE", "INCR k0", "DEL k1", "PEXPIREAT k2 33177117420001", "SET new 1", "APPEND k999 x", "RENAME k3 moved");
        awaitQuiet();
        restart();
        redis.call("MGET", "k0", "k1", "k2", "k3", "k999").is(List.of("1", "1", "1", "1", "1"));
        redis.call("DBSIZE").is(1_000);
        redis.call("TTL", "k2").is(-1);
        redis.call("EXISTS", "new", "moved").is(0);
    }

    // ---- parameters ----

    @ParameterizedTest
    @ValueSource(strings = {"", "3600 1", "3600 1 300 100 60 10000", "60 10000 3600 1", "1 0", "2147483647 2147483647", "5 1 5 1", "9 1 9 2"})
    void savePointsAreKeptAsTheyAreSet(String points) throws IOException {
        set("save", points).isOk();
        redis.call("CONFIG", "GET", "save").is(List.of("save", points));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1", "a b", "1 x", "1 1 1", "0 1", "-1 1", "1 -1", "1.5 1"})
    void wrongSavePointsAreRefused(String points) throws IOException {
        set("save", "3600 1").isOk();
        set("save", points).isError("ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters");
        set("stop-writes-on-bgsave-error", "no", "save", points)
                .isError("ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters");
        redis.call("CONFIG", "GET", "save").is(List.of("save", "3600 1"));
        redis.call("CONFIG", "GET", "stop-writes-on-bgsave-error").is(List.of("stop-writes-on-bgsave-error", original.get(5)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rdbcompression", "stop-writes-on-bgsave-error", "aof-use-rdb-preamble"})
    void switchesAreSet(String name) throws Exception {
        for (var value : List.of("yes", "no", "YES")) {
            set(name, value).isOk();
            redis.call("CONFIG", "GET", name).is(List.of(name, value.toLowerCase()));
            redis.call("SET", "k", "x".repeat(1_000)).isOk();
            redis.call("SAVE").isOk();
            assertThat(replies("BGREWRITEAOF")).containsExactly("+Background append only file rewriting started");
            awaitQuiet();
        }
        set(name, "maybe").isError("ERR CONFIG SET failed (possibly related to argument '" + name + "') - argument must be 'yes' or 'no'");
    }

    @Test
    void theChecksumIsSetAtTheStart() throws IOException {
        redis.call("CONFIG", "GET", "rdbchecksum").is(List.of("rdbchecksum", "yes"));
        set("rdbchecksum", "no").isError("ERR CONFIG SET failed (possibly related to argument 'rdbchecksum') - can't set immutable config");
    }

    @Test
    void clientsCannotSayWhereFilesGo() throws IOException {
        redis.call("CONFIG", "GET", "dbfilename").is(List.of("dbfilename", "dump.rdb"));
        for (var name : List.of("dir", "dbfilename")) {
            set(name, "x").isError("ERR CONFIG SET failed (possibly related to argument '" + name + "') - can't set protected config");
        }
    }

    // ---- what happens by itself ----

    @Test
    void aSavePointThatIsReachedStartsASnapshot() throws Exception {
        redis.call("SAVE").isOk();
        set("save", "1 2").isOk();
        redis.call("SET", "a", "1").isOk();
        redis.call("SET", "b", "2").isOk();
        Eventually.becomesTrue("a snapshot is saved", () -> info("rdb_changes_since_last_save") == 0);
        awaitQuiet();
        assertThat(info()).contains("rdb_last_bgsave_status:ok");
    }

    @Test
    void flushAllWithSavePoints() throws Exception {
        set("save", "3600 1").isOk();
        assertThat(replies("SET k v", "BGSAVE", "FLUSHALL", "SET k w", "GET k")).containsExactly("+OK", "+Background saving started", "+OK", "+OK", "$1\r\nw");
        awaitQuiet();
        assertThat(info()).contains("rdb_last_bgsave_status:ok");
        redis.call("SET", "k", "x").isOk(); // not refused
    }

    @Test
    void infoTellsAboutSnapshots() throws Exception {
        assertThat(info()).contains("loading:0", "rdb_bgsave_in_progress:0", "rdb_last_bgsave_status:ok", "rdb_current_bgsave_time_sec:-1");
        for (var field : List.of("rdb_changes_since_last_save:", "rdb_last_save_time:", "rdb_last_bgsave_time_sec:", "rdb_saves:",
                "rdb_last_load_keys_expired:", "rdb_last_load_keys_loaded:")) {
            assertThat(info()).anyMatch(line -> line.matches(field + "-?\\d+"));
        }
        long saves = info("rdb_saves");
        redis.call("SAVE").isOk();
        assertThat(info("rdb_saves")).as("rdb_saves").isEqualTo(saves + 1);
        replies("BGSAVE", "INFO persistence");
        awaitQuiet();
        assertThat(info("rdb_saves")).as("rdb_saves").isEqualTo(saves + 2);
    }
}
