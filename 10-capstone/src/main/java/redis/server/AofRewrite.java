package redis.server;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import redis.resp.ByteString;
import redis.resp.RespWriter;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

/// Replaces the log by a shorter one with the same meaning: a new base, which holds the keyspace as it is now, and a new increment for what
/// comes after that moment.
///
/// A crash at any point leaves a manifest that names a whole log, the old one or the new one.
final class AofRewrite {

    private static final List<ByteString> SELECT_0 = List.of(ByteString.of("SELECT"), ByteString.of("0"));
    private static final ByteString SET = ByteString.of("SET");
    private static final ByteString PEXPIREAT = ByteString.of("PEXPIREAT");

    private final AofDirectory directory;
    private final AppendOnlyFile log;
    private final Store store;
    private final boolean rdb; // the form of the base
    private final RdbFiles rdbFiles;
    private final BooleanSupplier cancelled;

    /// @param cancelled asked now and then while it works
    AofRewrite(AofDirectory directory, AppendOnlyFile log, Store store, ServerConfig config, RdbFiles rdbFiles, BooleanSupplier cancelled) {
        this.directory = directory;
        this.log = log;
        this.store = store;
        this.rdb = config.aofUseRdbPreamble.get();
        this.rdbFiles = rdbFiles;
        this.cancelled = cancelled;
    }

    /// Rewrites a log that is being written. The new increment is part of the log before the first command goes there, since from then on
    /// commands are acknowledged that are nowhere else.
    void ofLiveLog() throws IOException {
        var increment = directory.nextIncrement();
        var segment = new AofSegment(directory.create(increment));
        directory.save(directory.manifest().withIncrement(increment));
        finish(writeBase(turnTo(segment)), List.of(increment));
    }

    /// Begins a log. What is logged while the base is being written goes to a file that becomes part of the log together with the base:
    /// without it, it would mean nothing.
    void ofNewLog() throws IOException {
        var increment = directory.nextIncrement();
        var temporary = directory.create(directory.temporaryIncrement());
        var base = writeBase(turnTo(new AofSegment(temporary)));
        directory.adopt(temporary, increment);
        finish(base, List.of(increment));
    }

    /// Writes the keyspace down once, with no log after it.
    void withoutLog() throws IOException {
        store.lock();
        Snapshot snapshot;
        try {
            snapshot = store.startSnapshot();
        } finally {
            store.unlock();
        }
        finish(writeBase(snapshot), List.of());
    }

    /// The moment at which the old log ends and the new one begins: no command runs between the snapshot and the change of files.
    private Snapshot turnTo(AofSegment segment) throws IOException {
        store.lock();
        try {
            requireWanted();
            log.continueIn(segment);
            return store.startSnapshot();
        } catch (IOException e) {
            segment.close();
            throw e;
        } finally {
            store.unlock();
        }
    }

    private void finish(Path written, List<AofManifest.Part> increments) throws IOException {
        var base = directory.nextBase(rdb);
        directory.adopt(written, base);
        directory.save(directory.manifest().rewritten(base, increments));
        directory.deleteHistory();
    }

    private Path writeBase(Snapshot snapshot) throws IOException {
        var file = directory.temporary("rewriteaof-bg");
        try (snapshot; var channel = FileChannel.open(file, CREATE, TRUNCATE_EXISTING, WRITE)) {
            var out = Channels.newOutputStream(channel);
            if (rdb) rdbFiles.write(snapshot, Map.of(), out, true, cancelled);
            else writeCommands(snapshot, new RespWriter(new BufferedOutputStream(out, 64 * 1024)));
            channel.force(true);
            return file;
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    private void writeCommands(Snapshot snapshot, RespWriter writer) throws IOException {
        if (snapshot.size() > 0) writer.writeRequest(SELECT_0);
        snapshot.writeTo(entry -> {
            writer.writeRequest(List.of(SET, entry.key(), entry.value()));
            if (entry.deadline() != Store.NEVER) {
                writer.writeRequest(List.of(PEXPIREAT, entry.key(), ByteString.of(entry.deadline())));
            }
        }, cancelled);
        writer.flush();
    }

    private void requireWanted() throws IOException {
        if (cancelled.getAsBoolean()) throw new IOException("it was cancelled");
    }
}
