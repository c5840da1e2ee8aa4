package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What the server knows of its memory.
///
/// What a JVM has taken of the heap is of no use as a measure: it grows with everything that was ever allocated, and shrinks when the collector sees fit, so
/// a server that went by it would evict keys because of garbage. It goes by an account of its own, which each change of the data keeps up to date.
///
/// For the thread that holds the store's lock.
final class Memory {

    private static final Path STATUS = Path.of("/proc/self/status");

    private final ServerConfig config;
    private final Store store;
    private final ReplicationStream stream;
    private long peak;

    Memory(ServerConfig config, Store store, ReplicationStream stream) {
        this.config = config;
        this.store = store;
        this.stream = stream;
    }

    /// How many bytes the data take, and what is kept of the stream for replicas that come back. This is what `maxmemory` is about. What waits for clients,
    /// replicas or the log is not counted, nor is what a snapshot keeps.
    long used() {
        return store.memory() + backlog();
    }

    /// Some more of the stream may be kept for a moment: that is for replicas that lag.
    private long backlog() {
        return stream.isOpen() ? Math.min(stream.visibleOffset() - stream.first(), config.replBacklogSize.get()) : 0;
    }

    /// Looks whether this is the most so far: what INFO calls the peak.
    void measurePeak() {
        peak = Math.max(peak, used());
    }

    /// How much of it is neither keys nor values.
    private long overhead() {
        return store.keysOverhead() + store.deadlinesOverhead() + backlog();
    }

    /// What MEMORY STATS tells: numbers, and for the database some more of them.
    Map<String, ?> statistics() {
        measurePeak();
        var database = new LinkedHashMap<String, Object>();
        database.put("overhead.hashtable.main", store.keysOverhead());
        database.put("overhead.hashtable.expires", store.deadlinesOverhead());
        var fields = new LinkedHashMap<String, Object>();
        fields.put("peak.allocated", peak);
        fields.put("total.allocated", used());
        fields.put("replication.backlog", backlog());
        if (store.size() > 0) fields.put("db.0", database);
        fields.put("overhead.total", overhead());
        fields.put("keys.count", (long) store.size());
        fields.put("keys.bytes-per-key", store.size() == 0 ? 0 : store.memory() / store.size());
        fields.put("dataset.bytes", used() - overhead());
        fields.put("dataset.percentage", percentage(used() - overhead(), used()));
        fields.put("peak.percentage", percentage(used(), peak));
        return fields;
    }

    Map<String, ?> info() {
        measurePeak();
        var runtime = Runtime.getRuntime();
        var fields = new LinkedHashMap<String, Object>();
        putBytes(fields, "used_memory", used());
        putBytes(fields, "used_memory_rss", residentSetSize());
        putBytes(fields, "used_memory_peak", peak);
        fields.put("used_memory_peak_perc", String.format(Locale.ROOT, "%.2f%%", percentage(used(), peak)));
        fields.put("used_memory_overhead", overhead());
        fields.put("used_memory_dataset", used() - overhead());
        fields.put("used_memory_dataset_perc", String.format(Locale.ROOT, "%.2f%%", percentage(used() - overhead(), used())));
        putBytes(fields, "maxmemory", config.maxMemory.get());
        fields.put("maxmemory_policy", config.maxMemoryPolicy.text());
        fields.put("mem_replication_backlog", backlog());
        fields.put("jvm_heap_used", runtime.totalMemory() - runtime.freeMemory()); // garbage too
        fields.put("jvm_heap_committed", runtime.totalMemory());
        fields.put("jvm_heap_max", runtime.maxMemory());
        return fields;
    }

    private static double percentage(long part, long whole) {
        return whole == 0 ? 0 : 100.0 * part / whole;
    }

    private static void putBytes(Map<String, Object> fields, String name, long bytes) {
        fields.put(name, bytes);
        fields.put(name + "_human", human(bytes));
    }

    /// A number of bytes as Redis writes it for people: `1.50M`.
    static String human(long bytes) {
        if (bytes < 1024) return bytes + "B";
        double number = bytes;
        int unit = -1;
        for (; number >= 1024 && unit < 4; unit++) number /= 1024;
        return String.format(Locale.ROOT, "%.2f%c", number, "KMGTP".charAt(unit));
    }

    /// How much of the machine's memory the process has, in bytes: all of the heap that it has used before, and the JVM itself. Where the system does not say, it
    /// is the heap alone.
    private static long residentSetSize() {
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith("VmRSS:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).findFirst().orElseThrow();
        } catch (IOException | RuntimeException e) {
            return Runtime.getRuntime().totalMemory();
        }
    }
}
