package redis.server;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import redis.resp.ByteString;
import redis.resp.RespWriter;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// The log of all writes: commands, in the order in which they were executed.
///
/// A command is *appended* to a buffer in memory, under the store's lock, which makes the log's order that of execution. It is
/// *written* to the file, and under `appendfsync always` *forced* onto the disk, without that lock, before any reply leaves that tells of
/// it: [#commit(long)]. Whoever gets to the file first writes for all who wait.
///
/// An offset counts the bytes that were appended since the server has started.
final class AppendOnlyFile implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(AppendOnlyFile.class.getName());

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int TICKS_PER_FSYNC = 10;

    private static final List<ByteString> SELECT_0 = List.of(ByteString.of("SELECT"), ByteString.of("0"));

    private final ServerConfig config;

    // For the thread that holds the store's lock.
    private final RespWriter encoder = new RespWriter(new Buffer());
    private boolean selected; // whether the file that gets the next command says which database it is for

    /// Whether commands are logged. Changes under the store's lock.
    private volatile boolean logging;

    /// Guards the segments and what they have in memory, for as long as it takes to copy some bytes or to swap two buffers. A lock of
    /// its own, so that those who write the file do not queue for the store's.
    private final ReentrantLock bufferLock = new ReentrantLock();

    /// The last is the one that grows. Those before it have their last bytes still to be written.
    private final Deque<AofSegment> segments = new ArrayDeque<>();

    private long appended;

    /// Guards the files: one thread at a time writes, for all who wait. Never held by a thread that then asks for the store's lock.
    private final ReentrantLock fileLock = new ReentrantLock();

    private volatile long written;
    private volatile long forced;
    private volatile IOException writeError; // of the last attempt; null if it went well
    private volatile IOException forceError;

    /// A platform thread, because it waits for the disk, which would hold the carrier of a virtual one.
    private final Thread ticker = Thread.ofPlatform().name("aof").unstarted(this::tick);
    private final Runnable onTick;
    private volatile boolean running = true;

    /// @param onTick called ten times a second, without any lock
    AppendOnlyFile(ServerConfig config, Runnable onTick) {
        this.config = config;
        this.onTick = onTick;
    }

    void start() {
        ticker.start();
    }

    // ---- under the store's lock: in order of execution ----

    boolean isLogging() {
        return logging;
    }

    void append(List<ByteString> command) {
        if (!logging) return;
        try {
            if (!selected) encoder.writeRequest(SELECT_0);
            selected = true;
            encoder.writeRequest(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it writes to memory
        }
    }

    /// Lets those who write the file have what was appended.
    void handOver() {
        try {
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it writes to memory
        }
    }

    /// The offset that the log has to reach before anybody may learn what the store holds now.
    long offset() {
        handOver();
        return appended;
    }

    /// Lets this file get what is appended from now on, and closes the one before once that has all its bytes.
    void continueIn(AofSegment segment) {
        handOver();
        bufferLock.lock();
        try {
            segments.add(segment);
        } finally {
            bufferLock.unlock();
        }
        selected = false;
        logging = true;
    }

    /// Ends the log: everything that was appended is on disk when this returns. The only time that anybody waits for the disk under the
    /// store's lock.
    void stopLogging() throws IOException {
        if (!logging) return;
        handOver();
        fileLock.lock();
        try {
            logging = false;
            write();
            oldest().force();
            forced = written;
        } finally {
            closeSegments();
            fileLock.unlock();
        }
    }

    private void closeSegments() throws IOException {
        bufferLock.lock();
        try {
            for (var segment : segments) segment.close();
            segments.clear();
        } finally {
            bufferLock.unlock();
        }
        written = appended; // or lost, if there was an error: nobody is to wait for it
        forced = appended;
        writeError = null;
        forceError = null;
    }

    /// What the encoder writes to: the memory of the segment that grows.
    private final class Buffer extends OutputStream {

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            bufferLock.lock();
            try {
                segments.getLast().append(bytes, offset, length);
                appended += length;
            } finally {
                bufferLock.unlock();
            }
        }
    }

    // ---- without it: to the disk ----

    /// Returns when the log has reached an offset, as far as `appendfsync` wants it: group commit. Most callers find that somebody else
    /// has written their bytes along with his own while they waited for the lock.
    ///
    /// @throws IOException if the log cannot be written; what was appended is kept, and written when it can
    void commit(long offset) throws IOException {
        if (hasReached(offset)) return;
        Thread.yield(); // sessions that are ready append first: more of them share a write, and a wait for the disk
        if (hasReached(offset)) return;
        fileLock.lock();
        try {
            while (!hasReached(offset)) { // mostly once; once more if the policy has become stricter meanwhile
                // The ticker tries again after an error, so that not every request waits for a failure of its own.
                if (error() != null) throw error();
                writeAndForce();
            }
        } finally {
            fileLock.unlock();
        }
    }

    private boolean hasReached(long offset) {
        return (config.appendFsync.get() == FsyncPolicy.ALWAYS ? forced : written) >= offset;
    }

    /// The caller holds the file lock.
    private void writeAndForce() {
        try {
            write();
            if (writeError != null) LOG.log(INFO, "AOF write error looks solved, the server can write again.");
            writeError = null;
        } catch (IOException e) {
            if (writeError == null) LOG.log(WARNING, "Error writing to the AOF file: " + e.getMessage() + ". Writes are refused until it is solved.");
            writeError = e;
            return;
        }
        if (config.appendFsync.get() == FsyncPolicy.ALWAYS && forced < written) {
            var failure = force(oldest()); // not the newest: a rewrite may just have added that, and nothing is written there yet
            if (failure == null) forced = written;
            noteForced(failure);
        }
    }

    /// The segment that has the last bytes that were written; null if there is no log.
    private AofSegment oldest() {
        bufferLock.lock();
        try {
            return segments.peekFirst();
        } finally {
            bufferLock.unlock();
        }
    }

    private static IOException force(AofSegment segment) {
        try {
            segment.force();
            return null;
        } catch (ClosedChannelException e) {
            return null; // it was complete, and was forced before it was closed
        } catch (IOException e) {
            return e;
        }
    }

    private void noteForced(IOException failure) {
        if (failure != null && forceError == null) {
            LOG.log(WARNING, "Error forcing the AOF file to disk: " + failure.getMessage() + ". Writes are refused until it is solved.");
        }
        forceError = failure;
    }

    /// Writes what has been appended so far, and closes the files that are complete with it. The caller holds the file lock.
    private void write() throws IOException {
        while (true) {
            AofSegment segment;
            ByteBuffer bytes;
            boolean last;
            bufferLock.lock();
            try {
                if (segments.isEmpty()) return;
                segment = segments.getFirst();
                bytes = segment.takeBuffer();
                last = segments.size() == 1;
            } finally {
                bufferLock.unlock();
            }
            if (bytes.hasRemaining()) written += segment.write(bytes);
            else if (!last) complete(segment);
            if (last) return;
        }
    }

    /// Forces it first: if a power cut could take its end, but not the beginning of the next, a hole would be left.
    private void complete(AofSegment segment) throws IOException {
        segment.force();
        forced = written;
        segment.close();
        bufferLock.lock();
        try {
            segments.removeFirst();
        } finally {
            bufferLock.unlock();
        }
    }

    private void tick() {
        for (int ticks = 1; running; ticks++) {
            LockSupport.parkNanos(TICK_NANOS);
            if (logging) {
                fileLock.lock();
                try {
                    writeAndForce(); // what active expiry has logged, and what could not be written before
                } finally {
                    fileLock.unlock();
                }
                boolean wanted = config.appendFsync.get() == FsyncPolicy.EVERYSEC || forceError != null; // which nobody else would clear
                if (ticks % TICKS_PER_FSYNC == 0 && wanted) forceInBackground();
            }
            onTick.run();
        }
    }

    /// Forces the file without its lock: others go on writing meanwhile.
    private void forceInBackground() {
        AofSegment segment;
        long reached;
        fileLock.lock();
        try {
            if (forced == written) return;
            segment = oldest();
            if (segment == null) return;
            reached = written;
        } finally {
            fileLock.unlock();
        }
        var failure = force(segment);
        fileLock.lock();
        try {
            if (failure == null) forced = Math.max(forced, reached);
            noteForced(failure);
        } finally {
            fileLock.unlock();
        }
    }

    // ---- its state ----

    /// Why the log could not be written or forced the last time; null if it could.
    IOException error() {
        var e = writeError;
        return e != null ? e : forceError;
    }

    /// How many bytes have been written to files since the server has started.
    long written() {
        return written;
    }

    /// How many bytes are in memory only.
    long buffered() {
        bufferLock.lock();
        try {
            return appended - written;
        } finally {
            bufferLock.unlock();
        }
    }

    /// Writes and forces all there is. Nothing may be appended any more.
    @Override
    public void close() throws IOException {
        running = false;
        LockSupport.unpark(ticker);
        try {
            ticker.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stopLogging();
    }
}
