package redis.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

/// The files of the log and the manifest that names them. Every change of the manifest is atomic: after a crash it is the old one or
/// the new one, and all files that it names are there.
///
/// The layout is Redis 7's, documented in the comments of its `redis.conf` under `appenddirname`.
final class AofDirectory {

    private static final System.Logger LOG = System.getLogger(AofDirectory.class.getName());

    private final Path dir;
    private final Path logDir;
    private final String filename;

    private volatile AofManifest manifest = AofManifest.EMPTY;

    AofDirectory(ServerConfig config) {
        dir = Path.of(config.dir.text());
        logDir = dir.resolve(config.appendDirname.get());
        filename = config.appendFilename.get();
    }

    /// Reads the manifest.
    ///
    /// @param takeOver whether a log from before Redis 7, which is one file without a manifest, becomes part of the log. One that was not
    ///     loaded must not: the next rewrite would delete it.
    /// @throws AofException if the manifest is damaged or missing, or names a file that is not there
    void open(boolean takeOver) throws IOException {
        var file = manifestFile();
        var old = dir.resolve(filename);
        try {
            manifest = AofManifest.parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            refuseOrphans();
            if (takeOver && Files.isRegularFile(old)) {
                LOG.log(INFO, "Taking over the single-file log " + old);
                Files.createDirectories(logDir);
                save(new AofManifest(new AofManifest.Part(filename, 1, 'b'), List.of(), List.of()));
            }
        } catch (AofException e) {
            throw new AofException("Bad AOF manifest %s: %s. Restore it from a backup, or mend it by hand: a line 'file NAME seq NUMBER type b|i' for each file."
                    .formatted(file, e.getMessage()));
        }
        for (var part : manifest.parts()) {
            // The manifest named it before it was moved, so that a crash in between is no loss: the next start moves it.
            if (part.name().equals(filename) && !Files.exists(path(part)) && Files.exists(old)) adopt(old, part);
            if (!Files.isRegularFile(path(part))) {
                throw new AofException("The AOF file %s is missing, and the manifest %s names it. Restore it from a backup.".formatted(path(part), file));
            }
        }
    }

    /// Files of a log without a manifest may hold data. Going on as if they were not there would end in overwriting them.
    private void refuseOrphans() throws IOException {
        if (!Files.isDirectory(logDir)) return;
        try (var files = Files.list(logDir)) {
            for (var orphan : files.filter(file -> file.getFileName().toString().startsWith(filename + ".")).toList()) {
                if (Files.size(orphan) == 0) continue;
                throw new AofException("There is the AOF file %s, but no manifest %s. Restore the manifest, or move the files away."
                        .formatted(orphan, manifestFile()));
            }
        }
    }

    AofManifest manifest() {
        return manifest;
    }

    Path path(AofManifest.Part part) {
        return logDir.resolve(part.name());
    }

    Path manifestFile() {
        return logDir.resolve(filename + ".manifest");
    }

    /// A file that is not part of the log yet.
    Path temporary(String purpose) {
        return dir.resolve("temp-" + purpose + "-" + ProcessHandle.current().pid() + ".aof");
    }

    /// @param rdb whether it is in RDB form
    AofManifest.Part nextBase(boolean rdb) {
        return manifest.nextBase(filename, rdb ? "rdb" : "aof");
    }

    AofManifest.Part nextIncrement() {
        return manifest.nextIncrement(filename);
    }

    /// Where a log that is being switched on is written until it becomes part of the log.
    AofManifest.Part temporaryIncrement() {
        return new AofManifest.Part("temp-" + filename + ".incr", 1, 'i');
    }

    /// Sums up the sizes of files, in bytes.
    long size(List<AofManifest.Part> parts) throws IOException {
        long size = 0;
        for (var part : parts) size += Files.size(path(part));
        return size;
    }

    /// Replaces the manifest. When this returns, the new one has survived any crash.
    void save(AofManifest changed) throws IOException {
        var temporary = logDir.resolve("temp-" + filename + ".manifest");
        try (var channel = FileChannel.open(temporary, CREATE, TRUNCATE_EXISTING, WRITE)) {
            var text = ByteBuffer.wrap(changed.text().getBytes(StandardCharsets.UTF_8));
            while (text.hasRemaining()) channel.write(text);
            channel.force(true);
        }
        Files.move(temporary, manifestFile(), ATOMIC_MOVE);
        force(logDir);
        manifest = changed;
    }

    /// Creates a file of the log that does not exist yet. The manifest does not name it yet either.
    Path create(AofManifest.Part part) throws IOException {
        Files.createDirectories(logDir);
        FileChannel.open(path(part), CREATE, TRUNCATE_EXISTING, WRITE).close();
        force(logDir);
        return path(part);
    }

    /// Moves a finished file into the log's directory. The manifest does not name it yet.
    void adopt(Path finished, AofManifest.Part part) throws IOException {
        Files.createDirectories(logDir);
        Files.move(finished, path(part), ATOMIC_MOVE);
        force(logDir);
    }

    /// Deletes the files that the last rewrite has replaced.
    void deleteHistory() throws IOException {
        if (manifest.history().isEmpty()) return;
        for (var part : manifest.history()) {
            try {
                Files.deleteIfExists(path(part));
            } catch (IOException e) {
                LOG.log(WARNING, "Cannot delete " + path(part) + ", which is no longer part of the log: " + e.getMessage());
            }
        }
        save(manifest.withoutHistory());
    }

    /// Makes the names in a directory survive a power cut: creating and renaming files changes the directory, not the file.
    private static void force(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, READ)) {
            channel.force(true);
        }
    }
}
