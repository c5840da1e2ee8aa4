package redis.server;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import redis.resp.ByteString;
import redis.resp.ProtocolException;
import redis.resp.RespReader;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

/// Rebuilds the keyspace: executes the commands of the log again, in their order.
final class AofLoader {

    private static final System.Logger LOG = System.getLogger(AofLoader.class.getName());

    /// How many commands are executed under one hold of the store's lock, so that clients can be told that the server is loading.
    private static final int SLICE = 1_000;

    private final AofDirectory directory;
    private final Store store;
    private final CommandTable commands;
    private final ServerConfig config;
    private final boolean repair;
    private final LoadProgress progress;
    private long before; // bytes of the files that are loaded already

    /// @param repair whether to cut back a log whose last command is incomplete
    /// @param progress is told how far it has come
    AofLoader(AofDirectory directory, Store store, CommandTable commands, ServerConfig config, boolean repair, LoadProgress progress) {
        this.directory = directory;
        this.store = store;
        this.commands = commands;
        this.config = config;
        this.repair = repair;
        this.progress = progress;
    }

    /// @throws AofException if a file is damaged, but for the end of the last one
    void load() throws IOException {
        var parts = directory.manifest().parts();
        store.replaying(true);
        try {
            for (int i = 0; i < parts.size(); i++) {
                boolean last = directory.size(parts.subList(i + 1, parts.size())) == 0;
                load(directory.path(parts.get(i)), last);
            }
        } finally {
            store.replaying(false);
        }
        if (!parts.isEmpty()) LOG.log(INFO, "DB loaded from append only file: %.3f seconds".formatted(progress.seconds()));
    }

    private void load(Path file, boolean last) throws IOException {
        long end;
        boolean torn = false;
        try (var in = new BufferedInputStream(Files.newInputStream(file))) {
            var source = isRdb(in) ? loadRdb(file, in) : new Source(in, 0);
            torn = !replay(file, source);
            end = source.complete;
            before += source.offset();
        }
        if (torn) cutBack(file, end, last);
    }

    private static boolean isRdb(InputStream in) throws IOException {
        in.mark(1);
        boolean is = in.read() == RdbFormat.MAGIC.charAt(0);
        in.reset();
        return is;
    }

    /// @return the commands that may follow in the same file, as in logs from before Redis 7
    private Source loadRdb(Path file, InputStream in) throws IOException {
        var contents = store.emptyContents();
        var loader = new RdbLoader(contents, file, in, config.rdbChecksum.get(), RdbLoader.KEEP_ALL, progress);
        var rest = loader.load();
        store.lock();
        try {
            store.restore(contents);
        } finally {
            store.unlock();
        }
        return new Source(rest, loader.offset());
    }

    /// The commands of one file.
    private static final class Source {
        final RespReader reader;
        private final long start;
        long complete; // the end of the last command, or of the last transaction, that is all there

        /// @param start where in the file the commands begin
        Source(InputStream in, long start) {
            reader = new RespReader(in);
            this.start = start;
            complete = start;
        }

        /// Where the next command begins in the file.
        long offset() {
            return start + reader.bytesConsumed();
        }
    }

    /// @param offset where it begins in its file
    private record Entry(long offset, List<ByteString> command) {}

    /// @return false if the file ends within a command or a transaction
    private boolean replay(Path file, Source source) throws IOException {
        var transaction = new ArrayList<Entry>();
        boolean inTransaction = false;
        try {
            while (true) {
                store.lock();
                try {
                    for (int i = 0; i < SLICE; i++) {
                        var entry = next(file, source);
                        if (entry == null) return !inTransaction;
                        var name = entry.command.getFirst();
                        if (name.equalsIgnoreCase("multi") && !inTransaction) {
                            inTransaction = true;
                        } else if (name.equalsIgnoreCase("exec") && inTransaction) {
                            for (var queued : transaction) execute(file, queued);
                            transaction.clear();
                            inTransaction = false;
                        } else if (inTransaction) {
                            transaction.add(entry);
                        } else {
                            execute(file, entry);
                        }
                        if (!inTransaction) source.complete = source.offset();
                    }
                    progress.reached(before + source.complete, file); // before anybody is let in who may ask
                } finally {
                    store.unlock();
                }
                if (store.isWanted()) LockSupport.parkNanos(1); // lets the others in: a lock is not handed over, it is taken
            }
        } catch (EOFException e) {
            return false;
        } catch (ProtocolException e) {
            throw damaged(file, source.offset(), e.getMessage());
        }
    }

    /// @return null at the end of the file
    private static Entry next(Path file, Source source) throws IOException {
        var reader = source.reader;
        int first;
        while ((first = reader.peek()) == '#') reader.skipLine(); // an annotation, such as #TS:1700000000
        long offset = source.offset();
        if (first >= 0 && first != '*') throw damaged(file, offset, "expected a command, which begins with '*', and found byte 0x%02x".formatted(first));
        var command = reader.readRequest();
        return command == null ? null : new Entry(offset, command);
    }

    private void execute(Path file, Entry entry) throws AofException {
        try {
            commands.replay(entry.command);
        } catch (CommandException e) {
            throw AofException.at(file, entry.offset, e.getMessage().substring("ERR ".length()).strip()
                    + ". redis-check-aof does not judge commands: remove this one by hand, or restore the file from a backup");
        }
    }

    private static AofException damaged(Path file, long offset, String problem) {
        return AofException.at(file, offset, problem + ". See what redis-check-aof says of it; with --fix it cuts the log there");
    }

    /// Ends the file after its last whole command. What is cut off is kept beside it: a crash leaves a few bytes there, but if it was
    /// damage that only looks like an end, they may be worth something.
    private void cutBack(Path file, long end, boolean last) throws IOException {
        if (!last || !repair) {
            throw new AofException(("Unexpected end of the AOF file %s: its last whole command ends at offset %d. "
                    + (last ? "Cut it there with redis-check-aof --fix %s, or start with --aof-load-truncated yes."
                            : "It is not the last file of the log, so no crash has cut it; restore it from a backup, or repair %s with redis-check-aof --fix."))
                    .formatted(file, end, directory.manifestFile()));
        }
        try (var channel = FileChannel.open(file, READ, WRITE)) {
            var rest = file.resolveSibling("cut-from-" + file.getFileName() + "-at-" + end + "-" + System.currentTimeMillis());
            try (var copy = FileChannel.open(rest, CREATE_NEW, WRITE)) {
                for (long at = end; at < channel.size(); ) at += channel.transferTo(at, channel.size() - at, copy);
                copy.force(true);
            }
            LOG.log(WARNING, "Unexpected end of the AOF file %s: the server was stopped while it wrote. Truncating it from %d to %d bytes, the end of the last whole command. What is cut off is kept in %s."
                    .formatted(file, channel.size(), end, rest.getFileName()));
            channel.truncate(end);
            channel.force(true);
        }
    }
}
