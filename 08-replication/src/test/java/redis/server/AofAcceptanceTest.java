package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// The log as a client sees it: its parameters, BGREWRITEAOF, and what INFO tells.
class AofAcceptanceTest extends AcceptanceTest {

    private static final List<String> CHANGED = List.of("appendonly", "appendfsync", "aof-load-truncated",
            "auto-aof-rewrite-percentage", "auto-aof-rewrite-min-size");

    private final List<String> original = new ArrayList<>();

    @BeforeEach
    void rememberParameters() throws IOException {
        for (var name : CHANGED) original.addAll(redis.call("CONFIG", "GET", name).texts());
    }

    /// The server may be somebody else's.
    @AfterEach
    void restoreParameters() throws Exception {
        awaitRewrite();
        set(original.toArray(String[]::new)).isOk();
    }

    private Reply set(String... namesAndValues) throws IOException {
        var request = new ArrayList<>(List.of("CONFIG", "SET"));
        request.addAll(List.of(namesAndValues));
        return redis.call(request.toArray(String[]::new));
    }

    private List<String> info() throws IOException {
        return redis.call("INFO", "persistence").text().lines().toList();
    }

    private void awaitRewrite() throws Exception {
        Eventually.becomesTrue("the rewrite ends", () -> info().contains("aof_rewrite_in_progress:0"));
    }

    // ---- parameters ----

    @ParameterizedTest
    @CsvSource({"appendfsync, always", "appendfsync, everysec", "appendfsync, no", "aof-load-truncated, no", "aof-load-truncated, yes",
            "auto-aof-rewrite-percentage, 0", "auto-aof-rewrite-percentage, 2147483647", "auto-aof-rewrite-min-size, 0"})
    void aParameterKeepsWhatItIsSetTo(String name, String value) throws IOException {
        set(name, value).isOk();
        redis.call("CONFIG", "GET", name).is(List.of(name, value));
    }

    @Test
    void namesAndWordsMayBeInAnyCase() throws IOException {
        set("AppendFsync", "ALWAYS", "AOF-load-truncated", "No").isOk();
        redis.call("CONFIG", "GET", "appendfsync").is(List.of("appendfsync", "always"));
        redis.call("CONFIG", "GET", "aof-load-truncated").is(List.of("aof-load-truncated", "no"));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1b, 1", "1k, 1000", "1kb, 1024", "64mb, 67108864", "1GB, 1073741824"})
    void sizesMayHaveUnitsAndAreShownInBytes(String text, String bytes) throws IOException {
        set("auto-aof-rewrite-min-size", text).isOk();
        redis.call("CONFIG", "GET", "auto-aof-rewrite-min-size").is(List.of("auto-aof-rewrite-min-size", bytes));
    }

    @Test
    void severalParametersAreSetAtOnce() throws IOException {
        set("appendfsync", "no", "auto-aof-rewrite-percentage", "50").isOk();
        redis.call("CONFIG", "GET", "appendfsync").is(List.of("appendfsync", "no"));
        redis.call("CONFIG", "GET", "auto-aof-rewrite-percentage").is(List.of("auto-aof-rewrite-percentage", "50"));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            nope 1                              -> ERR Unknown option or number of arguments for CONFIG SET - 'nope'
            Nope 1 databases 2                  -> ERR Unknown option or number of arguments for CONFIG SET - 'Nope'
            databases 3                         -> ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config
            appendfilename log                  -> ERR CONFIG SET failed (possibly related to argument 'appendfilename') - can't set immutable config
            appenddirname logs                  -> ERR CONFIG SET failed (possibly related to argument 'appenddirname') - can't set immutable config
            databases 3 appendfsync often       -> ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config
            appendfsync no appendfsync no       -> ERR CONFIG SET failed (possibly related to argument 'appendfsync') - duplicate parameter
            appendonly maybe                    -> ERR CONFIG SET failed (possibly related to argument 'appendonly') - argument must be 'yes' or 'no'
            appendfsync often                   -> ERR CONFIG SET failed (possibly related to argument 'appendfsync') - argument(s) must be one of the following: everysec, always, no
            aof-load-truncated 1                -> ERR CONFIG SET failed (possibly related to argument 'aof-load-truncated') - argument must be 'yes' or 'no'
            auto-aof-rewrite-percentage x       -> ERR CONFIG SET failed (possibly related to argument 'auto-aof-rewrite-percentage') - argument couldn't be parsed into an integer
            auto-aof-rewrite-percentage -1      -> ERR CONFIG SET failed (possibly related to argument 'auto-aof-rewrite-percentage') - argument must be between 0 and 2147483647 inclusive
            auto-aof-rewrite-min-size 1.5mb     -> ERR CONFIG SET failed (possibly related to argument 'auto-aof-rewrite-min-size') - argument must be a memory value
            auto-aof-rewrite-min-size -1        -> ERR CONFIG SET failed (possibly related to argument 'auto-aof-rewrite-min-size') - argument must be a memory value
            appendfsync                         -> ERR wrong number of arguments for 'config|set' command
            appendfsync no appendonly           -> ERR syntax error
            """)
    void whatCannotBeSetIsRefused(String request, String error) throws IOException {
        set(request.split(" ")).isError(error);
    }

    @ParameterizedTest
    @ValueSource(strings = {"appendfsync often", "databases 1", "nope 1", "auto-aof-rewrite-percentage 7"})
    void allIsSetOrNothing(String wrong) throws IOException {
        set("auto-aof-rewrite-percentage", "100", "aof-load-truncated", "yes").isOk();
        var request = ("auto-aof-rewrite-percentage 42 aof-load-truncated no " + wrong).split(" ");
        set(request).satisfies(reply -> assertThat(reply.toString()).contains("ERR "));
        redis.call("CONFIG", "GET", "auto-aof-rewrite-percentage").is(List.of("auto-aof-rewrite-percentage", "100"));
        redis.call("CONFIG", "GET", "aof-load-truncated").is(List.of("aof-load-truncated", "yes"));
    }

    /// Starts the server again, with the log that it has.
    private void restart() throws IOException {
        restart(List.of("DEBUG", "LOADAOF"), "--appendonly", "yes");
    }

    private void logWrites() throws Exception {
        set("appendonly", "yes").isOk();
        awaitRewrite();
    }

    // ---- what the log is for ----

    @Test
    void theDataAreThereAfterARestart() throws Exception {
        logWrites();
        redis.call("MSET", "a", "1", "b", "2", "c", "3").isOk();
        redis.call("APPEND", "a", "x").is(2);
        redis.call("INCR", "b").is(3);
        redis.call("DEL", "c").is(1);
        redis.call("INCRBYFLOAT", "f", "1.5").is("1.5");
        redis.call("GETDEL", "f").is("1.5");
        redis.sendRaw("*3\r\n$3\r\nSET\r\n$4\r\n\u0000\r\n\u00ff\r\n$0\r\n\r\n").read().isOk();
        restart();
        redis.call("DBSIZE").is(3);
        redis.call("MGET", "a", "b").is(List.of("1x", "3"));
        redis.sendRaw("*2\r\n$3\r\nGET\r\n$4\r\n\u0000\r\n\u00ff\r\n").read().is("");
        redis.call("INCR", "b").is(4);
        restart();
        redis.call("GET", "b").is("4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET k v EX 1000", "SETEX k 1000 v", "GETEX k PX 1000000", "EXPIRE k 1000"})
    void aDeadlineIsTheSameMomentAfterARestart(String request) throws Exception {
        logWrites();
        redis.call("SET", "k", "v").isOk();
        redis.call(request.split(" "));
        long deadline = Long.parseLong(redis.call("PEXPIRETIME", "k").text());
        while (System.currentTimeMillis() < deadline - 1_000_000 + 5) Thread.onSpinWait(); // a span that began anew would end later
        restart();
        redis.call("PEXPIRETIME", "k").is(deadline);
    }

    /// While a log is replayed no key ends by itself. Otherwise what follows its end would be done to another key.
    @Test
    void whatHasEndedHasEndedAfterARestart() throws Exception {
        logWrites();
        redis.call("SET", "k", "v", "PX", "20").isOk();
        redis.call("APPEND", "k", "w").is(2);
        Eventually.becomesTrue("the key ends", () -> redis.call("TTL", "k").text().equals("-2"));
        redis.call("APPEND", "k", "x").is(1);
        redis.call("SET", "l", "v").isOk();
        redis.call("EXPIRE", "l", "-1").is(1);
        restart();
        redis.call("GET", "k").is("x");
        redis.call("TTL", "k").is(-1);
        redis.call("EXISTS", "l").is(0);
    }

    @Test
    void aRewrittenLogMeansTheSameAfterARestart() throws Exception {
        logWrites();
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call("PEXPIREAT", "b", "33177117420001").is(1);
        for (int i = 0; i < 2; i++) {
            redis.sendRaw("SET c 1\r\nBGREWRITEAOF\r\nSET c 2\r\n");
            for (int reply = 0; reply < 3; reply++) redis.read();
            redis.call("INCR", "a").is(i + 2);
            awaitRewrite();
        }
        restart();
        redis.call("MGET", "a", "b", "c").is(List.of("3", "2", "2"));
        redis.call("PEXPIRETIME", "b").is(33177117420001L);
        redis.call("DBSIZE").is(3);
    }

    // ---- rewriting, and switching on and off ----

    @Test
    void bgRewriteAof() throws Exception {
        redis.call("SET", "k", "v").isOk();
        for (var way : List.of("no", "yes")) {
            set("appendonly", way).isOk();
            awaitRewrite();
            redis.call("BGREWRITEAOF").is(new Resp.SimpleString("Background append only file rewriting started"));
            awaitRewrite();
            assertThat(info()).contains("aof_last_bgrewrite_status:ok").doesNotContain("aof_last_rewrite_time_sec:-1", "aof_rewrites:0");
            redis.call("GET", "k").is("v");
        }
        redis.call("BGREWRITEAOF", "x").isError("ERR wrong number of arguments for 'bgrewriteaof' command");
    }

    @Test
    void infoTellsAboutTheLog() throws Exception {
        set("appendonly", "no").isOk();
        assertThat(info()).startsWith("# Persistence").contains("loading:0", "aof_enabled:0", "aof_rewrite_in_progress:0",
                "aof_current_rewrite_time_sec:-1", "aof_rewrites_consecutive_failures:0", "aof_last_write_status:ok");
        assertThat(info()).noneMatch(line -> line.startsWith("aof_current_size:"));

        set("appendonly", "yes").isOk();
        awaitRewrite();
        assertThat(info()).contains("aof_enabled:1", "aof_last_write_status:ok");
        for (var field : List.of("aof_current_size:", "aof_base_size:", "aof_buffer_length:")) {
            assertThat(info()).anyMatch(line -> line.matches(field + "\\d+"));
        }
    }

    @Test
    void theLogGrowsWithWrites() throws Exception {
        set("appendonly", "yes", "auto-aof-rewrite-percentage", "0").isOk();
        awaitRewrite();
        long before = currentSize();
        redis.call("SET", "k", "x".repeat(1_000)).isOk();
        redis.call("GET", "k").is("x".repeat(1_000));
        assertThat(currentSize() - before).as("by how much aof_current_size has grown").isBetween(1_000L, 1_100L); // with a SELECT or without
    }

    private long currentSize() throws IOException {
        return info().stream().filter(line -> line.startsWith("aof_current_size:"))
                .mapToLong(line -> Long.parseLong(line.substring("aof_current_size:".length()))).findFirst().orElseThrow();
    }

    @Test
    void everyPolicyServesReadsAndWrites() throws Exception {
        set("appendonly", "yes").isOk();
        awaitRewrite();
        for (var policy : List.of("always", "everysec", "no", "always")) {
            set("appendfsync", policy).isOk();
            redis.call("SET", "k", policy).isOk();
            redis.call("GET", "k").is(policy);
        }
    }

    @Test
    void debugNeedsASubcommand() throws IOException {
        redis.call("DEBUG").isError("ERR wrong number of arguments for 'debug' command");
    }
}
