package redis.server;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

/// Keeps a directory for one server at a time. Two that write the same files would ruin them, and it is easy to start a step twice.
///
/// The system lets go of the lock when the process ends, however it ends. Redis takes no such care.
final class DirectoryLock implements AutoCloseable {

    private final FileChannel file;

    private DirectoryLock(FileChannel file) {
        this.file = file;
    }

    /// Creates the directory if need be.
    ///
    /// @throws IOException if it cannot, for one because another server has the directory
    static DirectoryLock acquire(Path directory) throws IOException {
        Files.createDirectories(directory);
        var lock = new DirectoryLock(FileChannel.open(directory.resolve(".lock"), CREATE, WRITE));
        if (lock.isAcquired()) return lock;
        lock.close();
        throw new AofException("Another server keeps its data in " + directory + ". Stop it, or choose another directory with --dir.");
    }

    private boolean isAcquired() throws IOException {
        try {
            return file.tryLock() != null;
        } catch (OverlappingFileLockException e) { // by a server in this JVM
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
