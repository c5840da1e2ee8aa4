package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// The file that snapshots are saved to: when it is written, on request and by itself, and what became of it.
final class Snapshots {

    private static final System.Logger LOG = System.getLogger(Snapshots.class.getName());

    /// After a snapshot that has failed the next one by itself waits so long, in seconds.
    private static final int RETRY_SECONDS = 5;

    private final ServerConfig config;
    private final Store store;
    private final InstantSource clock;
    private final RdbFiles files;

    // Written by the thread that holds the store's lock; INFO reads.
    private volatile Thread saving;       // null if no snapshot is being saved
    private volatile boolean savesToFile; // and not for replicas
    private volatile boolean cancelled;
    private volatile boolean lastFailed;
    private volatile long lastSave;       // seconds since 1970
    private volatile long lastTry;        // seconds since 1970
    private volatile long savedChanges;   // store.changes() as of the last snapshot
    private volatile long lastSeconds = -1;
    private volatile long saves;
    private volatile long keysLoaded;
    private volatile long keysExpired;

    private final ReplicationHistory history;

    Snapshots(ServerConfig config, Store store, InstantSource clock, RdbFiles files, ReplicationHistory history) {
        this.config = config;
        this.store = store;
        this.clock = clock;
        this.files = files;
        this.history = history;
        lastSave = seconds();
    }

    private long seconds() {
        return clock.instant().getEpochSecond();
    }

    /// Loads the file, if there is one.
    ///
    /// @param keepExpired whether entries that are over are loaded too
    /// @throws IOException if it is damaged; the store is as before then
    void load(boolean keepExpired, LoadProgress progress) throws IOException {
        var dump = files.dump();
        if (!Files.exists(dump)) return;
        try (var in = Files.newInputStream(dump)) {
            var contents = store.emptyContents();
            boolean isReplica = !config.replicaOf.get().isEmpty(); // whose master says when a key ends
            var loader = new RdbLoader(contents, dump, in, config.rdbChecksum.get(), keepExpired || isReplica ? RdbLoader.KEEP_ALL : clock.millis(), progress);
            loader.load();
            store.lock();
            try {
                store.restore(contents);
                if (!keepExpired) loader.restore(history);
            } finally {
                store.unlock();
            }
            keysLoaded = loader.loaded();
            keysExpired = loader.expired();
        }
        LOG.log(INFO, "DB loaded from disk: %.3f seconds".formatted(progress.seconds()));
    }

    // ---- saving; the caller holds the store's lock ----

    boolean isSaving() {
        return saving != null;
    }

    /// Saves what the store holds, while everybody waits.
    ///
    /// @param midway whether a command is being carried out that is not yet in the stream: no replica could go on from here
    /// @throws IOException if it cannot; the old file is still there then
    void saveNow(boolean midway) throws IOException {
        files.saveNow(midway ? Map.of() : history.fields());
        saved(store.changes());
    }

    /// Starts to save what the store holds now.
    void start() {
        var fields = history.fields();
        long changes = store.changes();
        start(snapshot -> files.save(snapshot, fields, () -> cancelled), true, () -> saved(changes));
    }

    /// Starts to take a snapshot of what the store holds now for replicas, which does not end up in the file.
    void startFor(FullSync sync) {
        var fields = history.fields();
        start(snapshot -> sync.write(out -> files.write(snapshot, fields, out, false, () -> cancelled)), false, () -> {});
    }

    @FunctionalInterface
    private interface Work {
        void run(Snapshot snapshot) throws IOException;
    }

    private void start(Work work, boolean toFile, Runnable onSuccess) {
        var snapshot = store.startSnapshot();
        lastTry = seconds();
        cancelled = false;
        savesToFile = toFile;
        saving = Thread.ofPlatform().name("bgsave").start(() -> {
            Throwable failure = null;
            try (snapshot) {
                work.run(snapshot);
            } catch (IOException | RuntimeException | Error e) { // whatever it is, it has ended
                failure = e;
            }
            ended(failure, onSuccess, snapshot);
        });
    }

    private void ended(Throwable failure, Runnable onSuccess, Snapshot snapshot) {
        store.lock();
        try {
            lastSeconds = seconds() - lastTry;
            if (failure == null) {
                onSuccess.run();
                LOG.log(INFO, "Background saving terminated with success: %,d keys; the lock was held for %.2f ms at a time, at the most"
                        .formatted(snapshot.size(), snapshot.longestHold() / 1e6));
            } else if (savesToFile && !cancelled) { // replicas find out for themselves
                failed(failure);
            }
            saving = null;
        } finally {
            store.unlock();
        }
    }

    /// Notes that what should have been saved in the background was not.
    void failed(Throwable failure) {
        lastFailed = true;
        lastTry = seconds();
        LOG.log(WARNING, "Background saving failed, the old file stays: " + failure);
    }

    private void saved(long changes) {
        savedChanges = changes;
        lastSave = seconds();
        lastFailed = false;
        saves++;
    }

    /// Gives up a snapshot that is being saved to the file. It ends soon.
    void cancel() {
        if (savesToFile) cancelled = true;
    }

    /// Gives up a snapshot for whatever it is taken.
    void end() {
        cancelled = true;
    }

    /// @return the save point that is reached now, or null
    SavePoints.SavePoint due() {
        if (config.save.get().isEmpty()) return null;
        if (isSaving() || lastFailed && seconds() - lastTry <= RETRY_SECONDS) return null;
        return config.save.get().reached(seconds() - lastSave, changesSinceSave());
    }

    // ---- its state ----

    long changesSinceSave() {
        return store.changes() - savedChanges;
    }

    /// Seconds since 1970.
    long lastSave() {
        return lastSave;
    }

    /// Whether writes are refused, because they would not be saved.
    boolean refusesWrites() {
        return lastFailed && config.stopWritesOnBgsaveError.get() && !config.save.get().isEmpty();
    }

    Map<String, ?> info() {
        var fields = new LinkedHashMap<String, Object>();
        boolean isSaving = saving != null;
        fields.put("rdb_changes_since_last_save", changesSinceSave());
        fields.put("rdb_bgsave_in_progress", isSaving ? 1 : 0);
        fields.put("rdb_last_save_time", lastSave);
        fields.put("rdb_last_bgsave_status", lastFailed ? "err" : "ok");
        fields.put("rdb_last_bgsave_time_sec", lastSeconds);
        fields.put("rdb_current_bgsave_time_sec", isSaving ? seconds() - lastTry : -1);
        fields.put("rdb_saves", saves);
        fields.put("rdb_last_load_keys_expired", keysExpired);
        fields.put("rdb_last_load_keys_loaded", keysLoaded);
        return fields;
    }

    void resetStatistics() {
        saves = 0;
    }

    /// Returns when no thread of it is left.
    void close() {
        end();
        var last = saving;
        if (last == null) return;
        try {
            last.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
