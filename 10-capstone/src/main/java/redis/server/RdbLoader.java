package redis.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import redis.resp.ByteString;

import static java.lang.System.Logger.Level.WARNING;

/// Fills tables from a file in RDB form. They are not the store's yet, so nobody has to wait.
final class RdbLoader implements RdbReader.Sink {

    private static final System.Logger LOG = System.getLogger(RdbLoader.class.getName());

    /// After how many entries it tells the progress.
    private static final int SLICE = 1_000;

    /// For the base of a log: the log after it is to find those too that are over.
    static final long KEEP_ALL = Long.MIN_VALUE;

    private static final int SMALLEST_ENTRY = 3; // in bytes: a type, an empty key, an empty value

    private final Store.Contents contents;
    private final Path file;
    private final RdbReader reader;
    private final long now;
    private final LoadProgress progress;

    private String replid; // null: the file does not say
    private String replicationOffset;
    private long idle; // of the next entry, in milliseconds
    private long loaded;
    private long expired;

    /// @param now in milliseconds since 1970: entries that are over by then are left out, unless the file tells of a history that others may have;
    ///     [#KEEP_ALL] keeps them
    RdbLoader(Store.Contents contents, Path file, InputStream in, boolean verifyChecksum, long now, LoadProgress progress) {
        this.contents = contents;
        this.file = file;
        this.reader = new RdbReader(in, verifyChecksum);
        this.now = now;
        this.progress = progress;
    }

    /// @return what follows in the stream
    /// @throws RdbException if the file is damaged
    InputStream load() throws IOException {
        try {
            reader.read(this);
        } catch (RdbException e) {
            throw new RdbException("Bad RDB file %s: %s. See what redis-check-rdb says of it, and restore it from a backup."
                    .formatted(file, e.getMessage()));
        }
        return reader.rest();
    }

    @Override
    public void resizeHint(long keys, long withDeadline) {
        long most = progress.total() / SMALLEST_ENTRY; // whatever the file says
        contents.reserve(Math.min(keys, most), Math.min(withDeadline, most));
    }

    @Override
    public void idle(long seconds) {
        idle = TimeUnit.SECONDS.toMillis(seconds < 0 ? Long.MAX_VALUE : seconds);
    }

    @Override
    public boolean entry(ByteString key, ByteString value, long deadline) {
        long idle = this.idle;
        this.idle = 0;
        if ((loaded + expired) % SLICE == SLICE - 1) progress.reached(reader.offset(), file);
        // Where others have the same history, an entry that is over ends with a DEL in the stream, as for them. Until then the stream may refer to it.
        if (deadline != Store.NEVER && deadline < now && replid == null) {
            expired++;
            return true;
        }
        loaded++;
        return contents.load(key, value, deadline, idle);
    }

    @Override
    public void aux(String name, String value) {
        switch (name) {
            case "repl-id" -> replid = value;
            case "repl-offset" -> replicationOffset = value;
            default -> {}
        }
    }

    /// Tells which history of writes the entries come from, if the file does.
    void restore(ReplicationHistory history) {
        if (replid == null || !replid.matches("[0-9a-f]{40}") || replicationOffset == null || !replicationOffset.matches("\\d{1,18}")) return;
        history.restore(replid, Long.parseLong(replicationOffset));
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
