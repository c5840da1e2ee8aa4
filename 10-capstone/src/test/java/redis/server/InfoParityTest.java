package redis.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// What INFO tells, field by field, beside a real redis-server: a master and its replica each, both with a log.
class InfoParityTest {

    /// What Redis tells and this server does not. A colon ends the reason, and the fields follow.
    private static final String NOT_TOLD = """
            about a C program and its event loop: redis_build_id monotonic_clock multiplexing_api atomicvar_api gcc_version configured_hz lru_clock \
            clients_in_timeout_table used_cpu_sys_main_thread used_cpu_user_main_thread
            about buffers, which each session has of its own: client_recent_max_input_buffer client_recent_max_output_buffer reply_buffer_shrinks \
            reply_buffer_expands
            about a child process, and this server never forks: current_cow_peak current_cow_size current_cow_size_age current_fork_perc \
            current_save_keys_processed current_save_keys_total rdb_last_cow_size aof_last_cow_size module_fork_in_progress module_fork_last_cow_size \
            latest_fork_usec total_forks
            about an allocator, and the JVM is its own: allocator_allocated allocator_active allocator_resident allocator_frag_ratio allocator_frag_bytes \
            allocator_rss_ratio allocator_rss_bytes rss_overhead_ratio rss_overhead_bytes mem_fragmentation_ratio mem_fragmentation_bytes mem_allocator \
            active_defrag_running active_defrag_hits active_defrag_misses active_defrag_key_hits active_defrag_key_misses total_active_defrag_time \
            current_active_defrag_time lazyfree_pending_objects lazyfreed_objects
            about scripts, functions, modules and a cluster, of which there are none: used_memory_lua used_memory_vm_eval used_memory_lua_human \
            used_memory_scripts_eval number_of_cached_scripts number_of_functions number_of_libraries used_memory_vm_functions used_memory_vm_total \
            used_memory_vm_total_human used_memory_functions used_memory_scripts used_memory_scripts_human mem_cluster_links migrate_cached_sockets
            about keys that clients track: tracking_total_keys tracking_total_items tracking_total_prefixes
            about a replica that can be written to: slave_expires_tracked_keys
            about threads that write and read for the one that works: io_threaded_reads_processed io_threaded_writes_processed
            about RESTORE: dump_payload_sanitizations
            about an fsync that everybody has to wait for: aof_pending_rewrite aof_pending_bio_fsync aof_delayed_fsync
            about rounds of active expiry, which here has slices: expired_stale_perc expired_time_cap_reached_count
            about data that are loaded beside those in use, as always here: async_loading
            about memory that maxmemory is not about: used_memory_startup mem_not_counted_for_evict mem_total_replication_buffers mem_clients_slaves \
            mem_clients_normal mem_aof_buffer total_system_memory total_system_memory_human
            about clients that are disconnected to save memory: evicted_clients
            about the time above maxmemory, which nobody measures here: total_eviction_exceeded_time current_eviction_exceeded_time
            about errors that nobody gets, which are in the server's log: unexpected_error_replies
            """;

    /// What this server tells and Redis does not.
    private static final Set<String> TOLD_BESIDES = Set.of("java_version", "jvm_heap_used", "jvm_heap_committed", "jvm_heap_max");

    /// What depends on what has been asked for.
    private static final Pattern DYNAMIC = Pattern.compile("(cmdstat|errorstat|latency_percentiles_usec)_.*");

    @TempDir
    Path directory;

    private static Set<String> fields(TestClient client) throws IOException {
        return client.call("INFO", "everything").text().lines().filter(line -> line.contains(":")).map(line -> line.substring(0, line.indexOf(':')))
                .filter(field -> !DYNAMIC.matcher(field).matches()).collect(Collectors.toCollection(TreeSet::new));
    }

    private static void awaitLink(TestClient replica) throws Exception {
        Eventually.becomesTrue("it follows", () -> replica.call("INFO", "replication").text().contains("master_link_status:up"));
    }

    private static Set<String> without(Set<String> fields, Set<String> others) {
        var rest = new TreeSet<>(fields);
        rest.removeAll(others);
        return rest;
    }

    @Test
    void everyFieldOfRedisIsToldOrThereIsAReason() throws Exception {
        try (var real = RealRedis.start("--appendonly", "yes", "--repl-diskless-sync-delay", "0");
             var ours = LocalServer.start(directory.resolve("master"), "--appendonly", "yes");
             var realReplica = RealRedis.start("--appendonly", "yes", "--replicaof", "127.0.0.1 " + real.address().getPort());
             var ourReplica = LocalServer.start(directory.resolve("replica"), "--appendonly", "yes", "--replicaof", "127.0.0.1 " + ours.address().getPort());
             var redis = new TestClient(real.address()); var redisReplica = new TestClient(realReplica.address())) {
            awaitLink(redisReplica);
            awaitLink(ourReplica.client());
            for (var master : Set.of(redis, ours.client())) {
                master.call("SET", "k", "v", "EX", "1000").isOk();
                master.call("WAIT", "1", "5000").is(1);
            }
            var theirs = new TreeSet<>(fields(redis));
            theirs.addAll(fields(redisReplica));
            var told = new TreeSet<>(fields(ours.client()));
            told.addAll(fields(ourReplica.client()));

            var notTold = NOT_TOLD.lines().flatMap(line -> Arrays.stream(line.replaceFirst(".*: ", "").split(" +"))).collect(Collectors.toSet());
            assertThat(without(theirs, told)).isEqualTo(new TreeSet<>(notTold));
            assertThat(without(told, theirs)).isEqualTo(new TreeSet<>(TOLD_BESIDES));
            assertThat(without(fields(ours.client()), TOLD_BESIDES)).as("the master's").isSubsetOf(fields(redis));
            assertThat(without(fields(ourReplica.client()), TOLD_BESIDES)).as("the replica's").isSubsetOf(fields(redisReplica));
        }
    }

    /// A line for each command and each replica is a list of fields of its own.
    @Test
    void linesWithSeveralFieldsHaveThoseOfRedis() throws Exception {
        try (var real = RealRedis.start("--repl-diskless-sync-delay", "0"); var ours = LocalServer.start(directory);
             var realReplica = RealRedis.start("--replicaof", "127.0.0.1 " + real.address().getPort());
             var ourReplica = LocalServer.start(directory.resolve("replica"), "--replicaof", "127.0.0.1 " + ours.address().getPort());
             var redis = new TestClient(real.address()); var redisReplica = new TestClient(realReplica.address())) {
            awaitLink(redisReplica);
            awaitLink(ourReplica.client());
            for (var master : Set.of(redis, ours.client())) {
                master.call("SET", "k", "v", "EX", "1000").isOk();
                master.call("INCR", "k").isError("ERR value is not an integer or out of range");
            }
            for (var line : Set.of("slave0", "db0", "cmdstat_incr", "errorstat_ERR", "latency_percentiles_usec_set", "cmdstat_client|list")) {
                for (var master : Set.of(redis, ours.client())) master.call("CLIENT", "LIST");
                assertThat(names(ours.client(), line)).as(line).isEqualTo(names(redis, line));
            }
        }
    }

    private static String names(TestClient client, String field) throws IOException {
        var line = client.call("INFO", "everything").text().lines().filter(each -> each.startsWith(field + ":")).findFirst().orElse("none");
        return line.replaceFirst("^.*?:", "").replaceAll("=[^,]*", "");
    }
}
