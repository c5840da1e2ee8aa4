package redis.server;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/// What INFO tells, and what it counts.
class InfoAcceptanceTest extends AcceptanceTest {

    private static final String USUAL = "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace";

    private Map<String, String> info(String... sections) throws IOException {
        var request = Stream.concat(Stream.of("INFO"), Stream.of(sections)).toArray(String[]::new);
        var fields = new LinkedHashMap<String, String>();
        redis.call(request).text().lines().filter(line -> line.contains(":")).forEach(line -> {
            int colon = line.indexOf(':');
            fields.put(line.substring(0, colon), line.substring(colon + 1));
        });
        return fields;
    }

    private long stat(String field) throws IOException {
        return Long.parseLong(info("stats").get(field));
    }

    // ---- sections ----

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            INFO                     -> USUAL
            INFO default             -> USUAL
            INFO DEFAULT             -> USUAL
            INFO cpu default         -> USUAL
            INFO all                 -> USUAL Commandstats Latencystats
            INFO everything          -> USUAL Commandstats Latencystats
            INFO stats ALL           -> USUAL Commandstats Latencystats
            INFO default commandstats -> USUAL Commandstats
            INFO commandstats        -> Commandstats
            INFO Latencystats        -> Latencystats
            INFO cluster cpu cpu     -> CPU Cluster
            INFO modules nothing     -> Modules
            """)
    void someSectionsAreOnlyForThoseWhoAskForThem(String request, String sections) throws IOException {
        var headings = redis.call(request.split(" ")).text().lines().filter(line -> line.startsWith("# ")).map(line -> line.substring(2)).toList();
        assertThat(headings).containsExactlyInAnyOrder(sections.replace("USUAL", USUAL).split(" "));
    }

    @Test
    void sectionsComeInOneOrder() throws IOException {
        var headings = redis.call("INFO", "cpu", "keyspace", "SERVER", "stats").text().lines().filter(line -> line.startsWith("# "));
        assertThat(headings).containsExactly("# Server", "# Stats", "# CPU", "# Keyspace");
    }

    /// What redis-cli --stat, Sentinel and the exporters for Prometheus look for.
    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            server      -> redis_version redis_git_sha1 redis_git_dirty redis_mode os arch_bits process_id process_supervised run_id tcp_port server_time_usec \
            uptime_in_seconds uptime_in_days hz executable io_threads_active
            clients     -> connected_clients cluster_connections maxclients blocked_clients tracking_clients
            memory      -> used_memory
            persistence -> loading rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_save_time aof_enabled aof_rewrite_in_progress
            stats       -> total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes total_net_output_bytes \
            total_net_repl_input_bytes total_net_repl_output_bytes instantaneous_input_kbps instantaneous_output_kbps rejected_connections sync_full \
            sync_partial_ok sync_partial_err expired_keys keyspace_hits keyspace_misses pubsub_channels pubsub_patterns total_error_replies \
            total_reads_processed total_writes_processed
            replication -> role connected_slaves master_replid master_repl_offset
            cpu         -> used_cpu_sys used_cpu_user
            cluster     -> cluster_enabled
            """)
    void fieldsHaveTheNamesThatOthersLookFor(String section, String fields) throws IOException {
        assertThat(info(section)).containsKeys(fields.split(" +"));
    }

    @Test
    void theServerSaysWhoItIs() throws IOException {
        var server = info("server");
        assertThat(server).containsEntry("redis_mode", "standalone").containsEntry("tcp_port", Integer.toString(address().getPort()));
        assertThat(server.get("run_id")).matches("[0-9a-f]{40}").isEqualTo(info("server").get("run_id"));
        assertThat(Long.parseLong(server.get("server_time_usec")) / 1_000_000)
                .isCloseTo(System.currentTimeMillis() / 1000, within(5L));
        assertThat(server.get("executable")).startsWith("/");
        assertThat(Double.parseDouble(info("cpu").get("used_cpu_user"))).isPositive();
    }

    // ---- counters ----

    @Test
    void countsCommandsThatAreCarriedOut() throws IOException {
        redis.call("CONFIG", "RESETSTAT").isOk();
        redis.call("SET", "k", "v").isOk();
        redis.call("INCR", "k").isError("ERR value is not an integer or out of range");
        redis.call("GET").isError("ERR wrong number of arguments for 'get' command");
        redis.call("nope").isError("ERR unknown command 'nope', with args beginning with: ");
        assertThat(stat("total_commands_processed")).as("RESETSTAT itself, SET, INCR").isEqualTo(3);
        redis.call("MULTI").isOk();
        redis.call("PING");
        redis.call("EXEC");
        assertThat(stat("total_commands_processed")).as("and INFO, MULTI, PING, EXEC").isEqualTo(7);
    }

    @Test
    void countsErrorsByTheirCode() throws IOException {
        redis.call("CONFIG", "RESETSTAT").isOk();
        assertThat(info("errorstats")).isEmpty();
        redis.call("GET");
        redis.call("nope");
        redis.call("AUTH", "joe", "x");
        redis.call("EXEC");
        assertThat(info("errorstats")).isEqualTo(Map.of("errorstat_ERR", "count=3", "errorstat_WRONGPASS", "count=1"));
        assertThat(stat("total_error_replies")).isEqualTo(4);
    }

    @Test
    void countsAProtocolErrorToo() throws Exception {
        redis.call("CONFIG", "RESETSTAT").isOk();
        try (var other = connect()) {
            other.sendRaw("*1\r\n+x\r\n").read().isError("ERR Protocol error: expected '$', got '+'");
            other.expectEnd();
        }
        assertThat(info("errorstats")).containsEntry("errorstat_ERR", "count=1");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            GET k          -> 1 0
            GET n          -> 0 1
            SET k v        -> 0 0
            SET k v GET    -> 1 0
            SET n v GET    -> 0 1
            SETNX k v      -> 0 0
            GETSET k v     -> 1 0
            GETDEL k       -> 1 0
            GETDEL n       -> 0 1
            GETEX n        -> 0 1
            MGET k n k     -> 2 1
            APPEND k v     -> 0 0
            STRLEN k       -> 1 0
            GETRANGE n 0 1 -> 0 1
            SETRANGE k 0 x -> 0 0
            INCR n         -> 0 0
            EXISTS k n k   -> 2 1
            TOUCH k n      -> 1 1
            TYPE k         -> 1 0
            TTL n          -> 0 1
            PEXPIRETIME k  -> 1 0
            PERSIST k      -> 0 0
            EXPIRE k 100   -> 0 0
            RENAME k n     -> 0 0
            COPY k n       -> 1 0
            COPY n k       -> 0 1
            DEL k          -> 0 0
            RANDOMKEY      -> 0 0
            KEYS *         -> 0 0
            """)
    void countsLookupsOfThoseWhoWantToRead(String request, String hitsAndMisses) throws IOException {
        redis.call("SET", "k", "v").isOk();
        redis.call("CONFIG", "RESETSTAT").isOk();
        redis.call(request.split(" ")).satisfies(_ -> {});
        assertThat(stat("keyspace_hits") + " " + stat("keyspace_misses")).isEqualTo(hitsAndMisses);
    }

    @Test
    void countsBytesAndReads() throws Exception {
        redis.call("CONFIG", "RESETSTAT").isOk();
        redis.call("ECHO", "x".repeat(10_000));
        // what was sent is counted when it has been sent, which the client may see first
        Eventually.becomesTrue("the reply counts", () -> stat("total_net_output_bytes") > 10_000);
        assertThat(stat("total_net_input_bytes")).isBetween(10_000L, 30_000L);
        assertThat(stat("total_reads_processed")).isPositive();
        assertThat(stat("total_writes_processed")).isPositive();
    }

    @Test
    void measuresHowFastItIs() throws Exception {
        for (int i = 0; i < 20; i++) redis.sendRaw("PING\r\n".repeat(100));
        for (int i = 0; i < 2_000; i++) redis.read().is(new Resp.SimpleString("PONG"));
        Eventually.becomesTrue("it is fast", () -> stat("instantaneous_ops_per_sec") > 100);
        Eventually.becomesTrue("it rests", () -> stat("instantaneous_ops_per_sec") < 100_000);
    }

    // ---- for each command ----

    @Test
    void countsForEachCommandWhatHasBecomeOfIt() throws IOException {
        redis.call("CONFIG", "RESETSTAT").isOk();
        redis.call("SET", "k", "v").isOk();
        redis.call("INCR", "k");
        redis.call("INCR");
        redis.call("incr", "n").is(1);
        redis.call("CONFIG", "GET");
        var commands = info("commandstats");
        assertThat(commands.get("cmdstat_set")).matches("calls=1,usec=\\d+,usec_per_call=\\d+\\.\\d\\d,rejected_calls=0,failed_calls=0");
        assertThat(commands.get("cmdstat_incr")).matches("calls=2,usec=\\d+,usec_per_call=\\d+\\.\\d\\d,rejected_calls=1,failed_calls=1");
        assertThat(commands.get("cmdstat_config|get")).isEqualTo("calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0");
        assertThat(commands).doesNotContainKeys("cmdstat_get", "cmdstat_config");
    }

    @Test
    void theTimeOfATransactionIncludesThatOfItsCommands() throws IOException {
        redis.call("CONFIG", "RESETSTAT").isOk();
        redis.call("SET", "k", "x".repeat(1_000_000)).isOk();
        redis.call("MULTI").isOk();
        for (int i = 0; i < 30; i++) redis.call("APPEND", "k", "y");
        redis.call("EXEC").satisfies(_ -> {});
        var commands = info("commandstats");
        assertThat(commands.get("cmdstat_append")).startsWith("calls=30,");
        assertThat(usec(commands.get("cmdstat_exec"))).isGreaterThanOrEqualTo(usec(commands.get("cmdstat_append")));
    }

    private static long usec(String stats) {
        return Long.parseLong(stats.replaceFirst(".*,usec=(\\d+),.*", "$1"));
    }

    @Test
    void showsPercentilesOfLatencies() throws IOException {
        redis.call("CONFIG", "RESETSTAT").isOk();
        redis.call("GET", "k").isNil();
        assertThat(info("latencystats").get("latency_percentiles_usec_get")).matches("p50=\\d+\\.\\d{3},p99=\\d+\\.\\d{3},p99\\.9=\\d+\\.\\d{3}");
        redis.call("CONFIG", "SET", "latency-tracking-info-percentiles", "0 99.95 100").isOk();
        assertThat(info("latencystats").get("latency_percentiles_usec_get")).matches("p0=[\\d.]+,p99\\.95=[\\d.]+,p100=[\\d.]+");
        redis.call("CONFIG", "GET", "latency-tracking-info-percentiles").is(List.of("latency-tracking-info-percentiles", "0 99.95 100"));
        redis.call("CONFIG", "SET", "latency-tracking-info-percentiles", "50 99 99.9").isOk();
        redis.call("CONFIG", "SET", "latency-tracking", "no").isOk();
        assertThat(info("latencystats")).isEmpty();
        redis.call("CONFIG", "SET", "latency-tracking", "yes").isOk();
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            x    -> Invalid latency-tracking-info-percentiles parameters
            200  -> latency-tracking-info-percentiles parameters should sit between [0.0,100.0]
            -0.5 -> latency-tracking-info-percentiles parameters should sit between [0.0,100.0]
            """)
    void aPercentileIsAPercentage(String value, String reason) throws IOException {
        redis.call("CONFIG", "SET", "latency-tracking-info-percentiles", value)
                .isError("ERR CONFIG SET failed (possibly related to argument 'latency-tracking-info-percentiles') - " + reason);
    }

    @Test
    void resetStatBeginsAnew() throws IOException {
        redis.call("GET", "k").isNil();
        redis.call("nope");
        long saves = Long.parseLong(info("persistence").get("rdb_saves"));
        redis.call("SAVE").isOk();
        assertThat(info("persistence")).containsEntry("rdb_saves", Long.toString(saves + 1));
        redis.call("CONFIG", "RESETSTAT").isOk();
        assertThat(info("persistence")).containsEntry("rdb_saves", "0").containsEntry("aof_rewrites", "0");
        var stats = info("stats");
        assertThat(Stream.of("total_connections_received", "keyspace_hits", "keyspace_misses", "total_error_replies", "expired_keys", "rejected_connections")
                .collect(Collectors.toMap(field -> field, stats::get)).values()).containsOnly("0");
        assertThat(info("commandstats").keySet()).containsExactlyInAnyOrder("cmdstat_config|resetstat", "cmdstat_info");
    }
}
