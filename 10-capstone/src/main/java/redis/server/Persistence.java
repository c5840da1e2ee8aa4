package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// What of the server outlives its process: loads it at the start, has it logged, rewrites the log when it has grown too long, and
/// takes snapshots.
final class Persistence implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Persistence.class.getName());

    private final ServerConfig config;
    private final Store store;
    private final AppendOnlyFile log;
    private final AofRewrites rewrites;
    private final RdbFiles files;
    private final Snapshots snapshots;

    private DirectoryLock lock;              // null as long as nobody has wanted to write
    private volatile AofDirectory directory; // null as long as nobody has wanted a log
    private volatile LoadProgress progress;  // null but during load()
    private volatile boolean loaded;
    private volatile boolean logToBegin;     // as soon as nothing else goes on
    private boolean beginsLog;               // the rewrite that goes on does; guarded by the store's lock
    private boolean closing;                 // nothing begins any more; guarded by the store's lock

    // What begins when the snapshot that is being taken is complete.
    private volatile boolean rewriteScheduled;
    private volatile boolean saveScheduled;

    // In bytes: what the log is compared with to see how it has grown; all its files when they were last measured; written() then.
    private volatile long baseSize;
    private volatile long measured;
    private volatile long writtenBefore;

    Persistence(ServerConfig config, Store store, InstantSource clock, ReplicationHistory history) {
        this.config = config;
        this.store = store;
        log = new AppendOnlyFile(config, this::tick);
        rewrites = new AofRewrites(store, clock);
        files = new RdbFiles(config, store, clock);
        snapshots = new Snapshots(config, store, clock, files, history);
        config.appendOnly.onChange(on -> {
            if (!loaded) throw new IllegalStateException("The data is being loaded.");
            if (on) startLog();
            else stopLog();
        });
    }

    AppendOnlyFile log() {
        return log;
    }

    // ---- the start ----

    /// Loads the log, if there is to be one, or else the last snapshot, and gets ready to write. Commands that need data are refused
    /// meanwhile.
    ///
    /// @throws IOException if the files are damaged, or cannot be written
    void load(CommandTable commands) throws IOException {
        if (!config.save.get().isEmpty()) lockDirectory();
        if (!config.appendOnly.get()) {
            progress = new LoadProgress(Files.exists(files.dump()) ? Files.size(files.dump()) : 0);
            snapshots.load(false, progress);
        } else {
            openDirectory(true);
            progress = new LoadProgress(directory.size(directory.manifest().parts()));
            new AofLoader(directory, store, commands, config, config.aofLoadTruncated.get(), progress).load();
            openLog();
        }
        progress = null;
        log.start();
        loaded = true;
    }

    /// Loads the log that is on disk now in place of what is in memory. The caller holds the store's lock. Not during a rewrite, which
    /// deletes files that would still have to be read.
    ///
    /// @throws IOException if it cannot be loaded; what is in memory is as before then
    void reload(CommandTable commands) throws IOException {
        if (!log.isLogging()) throw new AofException("There is no log: appendonly is off");
        if (rewrites.isRunning()) throw new AofException("The log is being rewritten");
        log.commit(log.offset());
        var before = store.takeContents();
        try {
            var progress = new LoadProgress(directory.size(directory.manifest().parts()));
            new AofLoader(directory, store, commands, config, false, progress).load();
        } catch (IOException e) {
            store.restore(before);
            throw e;
        }
    }

    /// Saves a snapshot and loads it again. The caller holds the store's lock.
    ///
    /// @throws IOException if it cannot be saved or loaded; what is in memory is as before then
    void reloadSnapshot() throws IOException {
        save();
        snapshots.load(true, new LoadProgress(Files.size(files.dump()))); // the log is to hear of the end of each key
    }

    private void openLog() throws IOException {
        directory.deleteHistory(); // first, since a new file may get the name of an old one
        var manifest = directory.manifest();
        if (manifest.parts().isEmpty()) {
            var base = directory.nextBase(false);
            directory.create(base);
            manifest = manifest.rewritten(base, List.of());
        }
        if (manifest.increments().isEmpty()) {
            var increment = directory.nextIncrement();
            directory.create(increment);
            manifest = manifest.withIncrement(increment);
        }
        if (!manifest.equals(directory.manifest())) directory.save(manifest);
        var segment = new AofSegment(directory.path(manifest.lastIncrement()));
        store.lock();
        try {
            log.continueIn(segment);
        } finally {
            store.unlock();
        }
        measure();
        baseSize = manifest.base() == null ? 0 : directory.size(List.of(manifest.base())); // not measured: that may be due to be rewritten
    }

    private void measure() throws IOException {
        measured = directory.size(directory.manifest().parts());
        writtenBefore = log.written();
    }

    private long size() {
        return measured + log.written() - writtenBefore;
    }

    boolean isLoaded() {
        return loaded;
    }

    /// @throws CommandException if this command cannot be carried out now: while data are being loaded, or when a write could not be logged
    void admit(Command command) {
        if (!loaded && !command.flags().contains(Command.Flag.LOADING)) {
            throw new CommandException("LOADING Redis is loading the dataset in memory");
        }
        var error = log.error();
        boolean refused = command.flags().contains(Command.Flag.WRITE) || command.name().equals("ping"); // as Redis
        if (error != null && refused) throw CommandException.cannotLog(error);
        if (refused && snapshots.refusesWrites()) throw CommandException.cannotSave();
    }

    // ---- CONFIG SET appendonly; the caller holds the store's lock ----

    private void startLog() {
        if (rewrites.isRunning()) throw new IllegalStateException("Unable to turn on AOF while a rewrite is in progress.");
        if (snapshots.isSaving()) throw new IllegalStateException("Unable to turn on AOF while a snapshot is being saved.");
        try {
            openDirectory(false);
        } catch (IOException e) {
            throw new IllegalStateException("Unable to turn on AOF: " + e.getMessage());
        }
        beginsLog = true;
        rewrite(AofRewrite::ofNewLog, () -> {
            LOG.log(WARNING, "The log could not be begun. It is off.");
            config.appendOnly.set("no");
            stopLog();
        });
    }

    private void stopLog() {
        logToBegin = false;
        rewrites.cancel();
        try {
            log.stopLogging();
        } catch (IOException e) {
            LOG.log(WARNING, "The log ends with an error: " + e.getMessage());
        }
    }

    /// @param takeOver as in [AofDirectory#open]
    private void openDirectory(boolean takeOver) throws IOException {
        if (directory != null) return;
        lockDirectory();
        var opened = new AofDirectory(config);
        opened.open(takeOver);
        directory = opened;
    }

    private void lockDirectory() throws IOException {
        if (lock == null) lock = DirectoryLock.acquire(Path.of(config.dir.text()));
    }

    // ---- snapshots; the caller holds the store's lock ----

    /// SAVE: everybody waits.
    ///
    /// @throws IOException if it cannot
    void save() throws IOException {
        if (snapshots.isSaving()) throw new CommandException("ERR Background save already in progress");
        lockDirectory();
        snapshots.saveNow(false);
    }

    /// BGSAVE.
    ///
    /// @param patient whether to wait for a rewrite of the log to end, rather than to give up
    /// @return false if it is to begin later
    boolean saveInBackground(boolean patient) {
        if (snapshots.isSaving()) throw new CommandException("ERR Background save already in progress");
        if (rewrites.isRunning()) {
            if (!patient) {
                throw new CommandException("ERR Another child process is active (AOF?): can't BGSAVE right now. "
                        + "Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.");
            }
            saveScheduled = true;
            return false;
        }
        try {
            lockDirectory();
        } catch (IOException e) {
            snapshots.failed(e);
            throw new CommandException("ERR");
        }
        saveScheduled = false;
        snapshots.start();
        return true;
    }

    /// BGSAVE, as soon as nothing else goes on.
    void saveLater() {
        if (snapshots.isSaving()) throw new CommandException("ERR Background save already in progress");
        saveScheduled = true;
    }

    /// FLUSHALL has emptied the store. The file is to hold nothing either: the data are not to come back with the next start. A FLUSHALL of the
    /// log is another matter: the file may be newer than that.
    void flushed() {
        if (store.isReplaying()) return;
        snapshots.cancel();
        if (config.save.get().isEmpty()) return;
        try {
            lockDirectory();
            snapshots.saveNow(true);
        } catch (IOException e) {
            LOG.log(WARNING, "Cannot empty the snapshot: " + e.getMessage());
        }
    }

    // ---- the end; the caller holds the store's lock ----

    /// Brings everything that was logged to disk.
    ///
    /// @throws IOException if it cannot, or if there is no whole log yet
    void forceLog() throws IOException {
        if (config.appendOnly.get() && (logToBegin || beginsLog && rewrites.isRunning())) throw new IOException("the log is still being begun");
        log.force();
    }

    /// Gives up what is being written to files in the background.
    void cancel() {
        rewrites.cancel();
        snapshots.cancel();
    }

    /// Lets nothing begin any more, and gives up all that goes on in the background.
    void end() {
        closing = true;
        rewrites.cancel();
        snapshots.end();
    }

    /// Saves a snapshot, in place of one that has just been given up.
    ///
    /// @throws IOException if it cannot
    void saveLast() throws IOException {
        lockDirectory();
        snapshots.saveNow(false);
    }

    // ---- for replication; the caller holds the store's lock ----

    /// Whether a snapshot cannot be taken now, because of another one.
    boolean isBusy() {
        return !loaded || closing || rewrites.isRunning() || snapshots.isSaving();
    }

    /// Where a temporary file can be.
    Path directory() throws IOException {
        return Files.createDirectories(Path.of(config.dir.text()));
    }

    /// Takes a snapshot for replicas.
    void saveFor(FullSync sync) {
        snapshots.startFor(sync);
    }

    /// Replaces everything in memory by what has come from a master. A log begins anew: the old one leads to other data.
    void replaceBy(Store.Contents contents) {
        store.restore(contents);
        if (!config.appendOnly.get()) return;
        stopLog();
        logToBegin = true;
    }

    private void beginLog() {
        logToBegin = false;
        try {
            startLog();
        } catch (IllegalStateException e) {
            LOG.log(WARNING, "The log is off: " + e.getMessage());
            config.appendOnly.set("no");
        }
    }

    long lastSave() {
        return snapshots.lastSave();
    }

    /// What begins by itself: a save point that is reached, what had to wait for something else, and a log that has grown.
    private void tick() {
        if (!loaded || rewrites.isRunning() || snapshots.isSaving()) return;
        var point = snapshots.due();
        if (point == null && !logToBegin && !saveScheduled && !rewriteScheduled && !rewriteIsDue()) return;
        store.lock();
        try {
            if (closing || rewrites.isRunning() || snapshots.isSaving()) return;
            if (logToBegin) {
                beginLog();
            } else if (rewriteScheduled) {
                rewriteLog();
            } else if (saveScheduled || point != null) {
                if (point != null) LOG.log(INFO, "%d changes in %d seconds. Saving...".formatted(point.changes(), point.seconds()));
                saveInBackground(true);
            } else {
                LOG.log(INFO, "Rewriting the AOF by itself: it has grown from %,d to %,d bytes".formatted(baseSize, size()));
                rewriteLog();
            }
        } catch (CommandException e) {
            // the log says why
        } finally {
            store.unlock();
        }
    }

    // ---- rewriting ----

    /// Rewrites the log as soon as nothing else goes on. The caller holds the store's lock.
    ///
    /// @throws CommandException if it is being rewritten
    void rewriteLogLater() {
        if (rewrites.isRunning()) throw new CommandException("ERR Background append only file rewriting already in progress");
        rewriteScheduled = true;
    }

    /// Starts to rewrite the log, now or when the snapshot is saved that is being taken. The caller holds the store's lock.
    ///
    /// @return false if it is to begin later
    /// @throws CommandException if it cannot
    boolean rewriteLog() {
        if (rewrites.isRunning()) throw new CommandException("ERR Background append only file rewriting already in progress");
        rewriteScheduled = snapshots.isSaving();
        if (rewriteScheduled) return false;
        try {
            openDirectory(false);
        } catch (IOException e) {
            LOG.log(WARNING, "Cannot rewrite the log: " + e.getMessage());
            throw new CommandException("ERR Can't execute an AOF background rewriting. Please check the server logs for more information.");
        }
        beginsLog = false;
        rewrite(log.isLogging() ? AofRewrite::ofLiveLog : AofRewrite::withoutLog, () -> {});
        return true;
    }

    @FunctionalInterface
    private interface Way {
        void take(AofRewrite rewrite) throws IOException;
    }

    private void rewrite(Way way, Runnable onFailure) {
        rewrites.start(cancelled -> {
            way.take(new AofRewrite(directory, log, store, config, files, cancelled));
            measure();
            baseSize = measured;
            LOG.log(INFO, "The AOF has been rewritten: %,d bytes".formatted(baseSize));
        }, onFailure);
    }

    private boolean rewriteIsDue() {
        return log.isLogging() && hasGrown() && !rewrites.mustWait();
    }

    private boolean hasGrown() {
        int percentage = config.autoAofRewritePercentage.get();
        long base = Math.max(1, baseSize);
        return percentage > 0 && size() > config.autoAofRewriteMinSize.get() && (size() - base) / (double) base * 100 >= percentage;
    }

    // ---- what INFO tells ----

    Map<String, ?> info() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("loading", flag(!loaded));
        fields.putAll(snapshots.info());
        fields.put("aof_enabled", flag(config.appendOnly.get()));
        fields.put("aof_rewrite_scheduled", flag(rewriteScheduled));
        fields.putAll(rewrites.info());
        fields.put("aof_last_write_status", log.error() == null ? "ok" : "err");
        if (log.isLogging()) {
            fields.put("aof_current_size", size());
            fields.put("aof_base_size", baseSize);
            fields.put("aof_buffer_length", log.buffered());
        }
        var loading = progress;
        if (loading != null) fields.putAll(loading.info());
        return fields;
    }

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    /// Returns when everything that was logged is on disk and no thread is left.
    @Override
    public void close() throws IOException {
        store.lock();
        end();
        store.unlock();
        rewrites.close();
        snapshots.close();
        try (var _ = lock) { // given free even if the log cannot be written
            log.close();
        }
    }
}
