package redis.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import redis.resp.ByteString;

import static java.lang.System.Logger.Level.WARNING;

/// Fills the store from a file in RDB form.
final class RdbLoader implements RdbReader.Sink {

    private static final System.Logger LOG = System.getLogger(RdbLoader.class.getName());

    /// How many entries are loaded under one hold of the store's lock, so that clients can be told that the server is loading.
    private static final int SLICE = 1_000;

    private static final int SMALLEST_ENTRY = 3; // in bytes: a type, an empty key, an empty value

    private final Store store;
    private final Path file;
    private final RdbReader reader;
    private final boolean keepExpired;
    private final LoadProgress progress;

    private long loaded;
    private long expired;

    /// @param keepExpired whether entries that are over are loaded too: those of a log's base, since the log after it is to find them
    RdbLoader(Store store, Path file, InputStream in, boolean verifyChecksum, boolean keepExpired, LoadProgress progress) {
        this.store = store;
        this.file = file;
        this.reader = new RdbReader(in, verifyChecksum);
        this.keepExpired = keepExpired;
        this.progress = progress;
    }

    /// @return what follows in the stream
    /// @throws RdbException if the file is damaged; what has been loaded until then is in the store
    InputStream load() throws IOException {
        store.lock();
        try {
            reader.read(this);
        } catch (RdbException e) {
            throw new RdbException("Bad RDB file %s: %s. See what redis-check-rdb says of it, and restore it from a backup."
                    .formatted(file, e.getMessage()));
        } finally {
            store.unlock();
        }
        return reader.rest();
    }

    @Override
    public void resizeHint(long keys, long withDeadline) {
        long most = progress.total() / SMALLEST_ENTRY; // whatever the file says
        store.reserve(Math.min(keys, most), Math.min(withDeadline, most));
    }

    @Override
    public boolean entry(ByteString key, ByteString value, long deadline) {
        if ((loaded + expired) % SLICE == SLICE - 1) letOthersIn();
        if (!keepExpired && deadline != Store.NEVER && store.isOver(deadline)) {
            expired++;
            return true;
        }
        loaded++;
        return store.load(key, value, deadline);
    }

    private void letOthersIn() {
        progress.reached(reader.offset(), file);
        if (!store.isWanted()) return;
        store.unlock();
        LockSupport.parkNanos(1);
        store.lock();
    }

    @Override
    public void skipped(String what) {
        LOG.log(WARNING, "%s has %s, which this server does not know: it is left out.".formatted(file, what));
    }

    /// How many bytes of the file have been read.
    long offset() {
        return reader.offset();
    }

    /// How many entries were loaded.
    long loaded() {
        return loaded;
    }

    /// How many were left out because they were over.
    long expired() {
        return expired;
    }
}
