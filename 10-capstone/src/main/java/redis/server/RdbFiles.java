package redis.server;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

/// Writes RDB files, and puts them in their place.
final class RdbFiles {

    private final ServerConfig config;
    private final Store store;
    private final InstantSource clock;

    /// Makes the look whether a snapshot was cancelled and the change of the file one step: a snapshot from before a FLUSHALL must not
    /// come after the empty one.
    private final ReentrantLock moveLock = new ReentrantLock();

    RdbFiles(ServerConfig config, Store store, InstantSource clock) {
        this.config = config;
        this.store = store;
        this.clock = clock;
    }

    /// The file that a server without a log starts from.
    Path dump() {
        return directory().resolve(config.dbFilename.get());
    }

    private Path directory() {
        return Path.of(config.dir.text());
    }

    /// Replaces the file by a snapshot.
    ///
    /// @param fields what else the file is to say about itself
    /// @throws IOException if it cannot, or it was cancelled; the old file is still there then
    void save(Snapshot snapshot, Map<String, String> fields, BooleanSupplier cancelled) throws IOException {
        replace(out -> write(snapshot, fields, out, false, cancelled), cancelled);
    }

    /// Replaces the file by what the store holds. The caller holds the store's lock, and everybody waits.
    ///
    /// @throws IOException if it cannot; the old file is still there then
    void saveNow(Map<String, String> fields) throws IOException {
        replace(out -> {
            var writer = start(out, fields, false);
            writer.database(store.size(), store.volatileSize());
            try {
                store.forEach(entry -> {
                    try {
                        writer.entry(entry.key(), entry.value(), entry.deadline());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            writer.finish();
        }, () -> false);
    }

    /// Writes a snapshot in RDB form.
    ///
    /// @param fields what else it is to say about itself
    /// @param aofBase whether it is the base of a log
    void write(Snapshot snapshot, Map<String, String> fields, OutputStream out, boolean aofBase, BooleanSupplier cancelled) throws IOException {
        var writer = start(out, fields, aofBase);
        writer.database(snapshot.size(), snapshot.volatileSize());
        snapshot.writeTo(entry -> writer.entry(entry.key(), entry.value(), entry.deadline()), cancelled);
        writer.finish();
    }

    private RdbWriter start(OutputStream out, Map<String, String> fields, boolean aofBase) throws IOException {
        var writer = new RdbWriter(out, config.rdbCompression.get(), config.rdbChecksum.get());
        var runtime = Runtime.getRuntime();
        writer.start(clock.instant().getEpochSecond(), runtime.totalMemory() - runtime.freeMemory());
        for (var field : fields.entrySet()) writer.aux(field.getKey(), field.getValue());
        writer.aux("aof-base", aofBase ? "1" : "0");
        return writer;
    }

    @FunctionalInterface
    private interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /// After a crash at any point the file is the old one or the new one, as a whole: the new one gets its name when all of it is on disk.
    private void replace(Content content, BooleanSupplier cancelled) throws IOException {
        // Two of them may be at work: a snapshot that was cancelled, and the one that comes in its place.
        var temporary = directory().resolve("temp-%d-%d.rdb".formatted(ProcessHandle.current().pid(), System.nanoTime()));
        try (var channel = FileChannel.open(temporary, CREATE_NEW, WRITE)) {
            content.writeTo(Channels.newOutputStream(channel));
            channel.force(true);
            move(temporary, cancelled);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        try (var channel = FileChannel.open(directory(), READ)) {
            channel.force(true); // the new name
        }
    }

    private void move(Path temporary, BooleanSupplier cancelled) throws IOException {
        moveLock.lock();
        try {
            if (cancelled.getAsBoolean()) throw new IOException("it was cancelled");
            Files.move(temporary, dump(), ATOMIC_MOVE);
        } finally {
            moveLock.unlock();
        }
    }
}
