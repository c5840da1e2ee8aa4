package redis.server;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import redis.resp.ByteString;
import redis.resp.Resp;

/// What the server counts, from its start or the last CONFIG RESETSTAT on, and how long its commands take.
///
/// To look at the clock takes about as long as to look for a key. So it is looked at once for each command: where one ends the next one begins, as long
/// as the lock is held.
///
/// For the thread that holds the store's lock, the traffic excepted.
final class Statistics {

    private static final int MAX_CODE = 32; // of an error, in bytes

    private final ServerConfig config;
    private final Store store;
    private final SlowLog slowLog;

    final Traffic clients = new Traffic();
    final Traffic servers = new Traffic(); // the stream of replication, in both directions

    private final long start = System.nanoTime();
    private final Map<String, Supplier<Long>> sources = new LinkedHashMap<>();
    private final Map<String, Rate> rates = new LinkedHashMap<>();

    private long commands;
    private long hits;
    private long misses;
    private long errorReplies;
    private final Map<String, Long> errors = new TreeMap<>();

    private long hold;     // of the lock, in which the clock was last looked at
    private long lastLook; // System.nanoTime()
    private boolean tracksLatency;

    Statistics(ServerConfig config, Store store, SlowLog slowLog) {
        this.config = config;
        this.store = store;
        this.slowLog = slowLog;
        tracksLatency = config.latencyTracking.get();
        config.latencyTracking.onChange(tracks -> tracksLatency = tracks);
        watch("ops", () -> commands);
        watch("input", clients.input::sum);
        watch("output", clients.output::sum);
        watch("input_repl", servers.input::sum);
        watch("output_repl", servers.output::sum);
    }

    private void watch(String name, Supplier<Long> source) {
        sources.put(name, source);
        rates.put(name, new Rate(start));
    }

    // ---- commands ----

    /// A command begins.
    ///
    /// @return when, for [#called]
    long begin() {
        if (hold != store.holds()) {
            hold = store.holds();
            lastLook = System.nanoTime();
        }
        return lastLook;
    }

    /// A command has been carried out.
    ///
    /// @param begin what [#begin()] has returned
    /// @param client null: the master
    /// @param reply null: there is none, or it comes later
    void called(Command command, ClientSession client, List<ByteString> request, long begin, Resp reply) {
        lastLook = System.nanoTime();
        long nanos = lastLook - begin;
        commands++;
        boolean failed = reply instanceof Resp.SimpleError;
        if (failed) countError((Resp.SimpleError) reply);
        command.statistics().called(nanos, failed, tracksLatency);
        slowLog.consider(command, client, request, nanos);
    }

    /// A command has not been carried out.
    ///
    /// @param command null if there is no such
    Resp rejected(Command command, Resp.SimpleError reply) {
        if (command != null) command.statistics().rejected();
        countError(reply);
        return reply;
    }

    /// A client gets an error. It is counted by its code, the first word.
    void countError(Resp.SimpleError error) {
        errorReplies++;
        int end = error.message().indexOf(' ');
        var code = end < 0 || end >= MAX_CODE ? "ERR" : error.message().substring(0, end);
        errors.merge(code, 1L, Long::sum);
    }

    /// How many commands have been carried out.
    long commands() {
        return commands;
    }

    // ---- keys ----

    /// A command has looked for a key to read it.
    void lookedUp(boolean found) {
        if (found) hits++;
        else misses++;
    }

    // ---- what INFO tells ----

    /// Looks how fast things go. To be called ten times a second.
    void measureRates() {
        store.lock();
        try {
            long now = System.nanoTime();
            rates.forEach((name, rate) -> rate.look(sources.get(name).get(), now));
        } finally {
            store.unlock();
        }
    }

    Map<String, ?> traffic() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("total_commands_processed", commands);
        fields.put("instantaneous_ops_per_sec", Math.round(rates.get("ops").perSecond()));
        fields.put("total_net_input_bytes", clients.input.sum());
        fields.put("total_net_output_bytes", clients.output.sum());
        fields.put("total_net_repl_input_bytes", servers.input.sum());
        fields.put("total_net_repl_output_bytes", servers.output.sum());
        for (var name : List.of("input", "output", "input_repl", "output_repl")) {
            fields.put("instantaneous_" + name + "_kbps", ServerInfo.decimal(rates.get(name).perSecond() / 1024, 2));
        }
        return fields;
    }

    Map<String, ?> lookups() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("keyspace_hits", hits);
        fields.put("keyspace_misses", misses);
        return fields;
    }

    Map<String, ?> replies() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("total_error_replies", errorReplies);
        fields.put("total_reads_processed", clients.reads() + servers.reads());
        fields.put("total_writes_processed", clients.writes() + servers.writes());
        return fields;
    }

    Map<String, ?> errors() {
        var fields = new LinkedHashMap<String, Object>();
        errors.forEach((code, count) -> fields.put("errorstat_" + code, "count=" + count));
        return fields;
    }

    static Map<String, ?> commandInfo(CommandTable table) {
        var fields = new LinkedHashMap<String, Object>();
        table.forEach(command -> {
            if (command.statistics().isUsed()) fields.put("cmdstat_" + command.name(), command.statistics());
        });
        return fields;
    }

    Map<String, ?> latencyInfo(CommandTable table) {
        var fields = new LinkedHashMap<String, Object>();
        if (!tracksLatency) return fields;
        table.forEach(command -> {
            var latencies = command.statistics().latencies();
            if (latencies != null) fields.put("latency_percentiles_usec_" + command.name(), config.latencyPercentiles.get().of(latencies));
        });
        return fields;
    }

    /// CONFIG RESETSTAT.
    void reset(CommandTable table) {
        clients.reset();
        servers.reset();
        commands = 0;
        hits = 0;
        misses = 0;
        errorReplies = 0;
        errors.clear();
        rates.replaceAll((_, _) -> new Rate(System.nanoTime()));
        table.forEach(command -> command.statistics().reset());
    }
}
