package redis.server;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import static java.lang.System.Logger.Level.INFO;

/// How far the server has come with loading its data: a log line each second, and what INFO tells.
final class LoadProgress {

    private static final System.Logger LOG = System.getLogger(LoadProgress.class.getName());

    private static final long LINE_NANOS = 1_000_000_000;

    private final long start = System.nanoTime();
    private final long total;
    private volatile long loaded;
    private long nextLine = start + LINE_NANOS;

    /// @param total of all files, in bytes
    LoadProgress(long total) {
        this.total = total;
    }

    /// @param bytes of all files so far
    void reached(long bytes, Path file) {
        loaded = bytes;
        if (System.nanoTime() < nextLine) return;
        nextLine += LINE_NANOS;
        LOG.log(INFO, "Loading %s: %.0f %% done".formatted(file.getFileName(), percent()));
    }

    /// How many bytes all files have.
    long total() {
        return total;
    }

    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    private double percent() {
        return total == 0 ? 100 : 100.0 * loaded / total;
    }

    Map<String, ?> info() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("loading_total_bytes", total);
        fields.put("loading_loaded_bytes", loaded);
        fields.put("loading_loaded_perc", String.format(Locale.ROOT, "%.2f", percent()));
        return fields;
    }
}
