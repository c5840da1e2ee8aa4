package redis.server;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

/// One snapshot for all replicas that need one while it is being taken, and the place in the stream at which it was taken.
///
/// It is written to a temporary file, so that no replica can slow down the snapshot, or another replica. One that has announced `eof` reads the file
/// while it grows; others wait for its end, because they want to know its length first.
final class FullSync {

    private static final byte[] NEWLINE = {'\n'};

    private final String id; // of the history
    private final long offset;
    private final String mark; // what tells the end to who does not know the length: 40 chars that the file hardly contains

    private final FileChannel channel;

    /// Guards what is known of the file, and tells those who read it that there is more.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progress = lock.newCondition();
    private long written;
    private ReplicationStream.Reader start; // null when it is over: it would keep all of the stream from there on
    private boolean complete;
    private IOException failure;
    private int users = 1; // the writer, and every replica; the last one closes the file

    /// @param start the stream from the moment of the snapshot on
    /// @throws IOException if the temporary file cannot be created
    FullSync(String id, ReplicationStream.Reader start, Path directory) throws IOException {
        this.id = id;
        this.start = start;
        this.offset = start.offset();
        this.mark = ReplicationHistory.randomId();
        var file = directory.resolve("temp-repl-%d-%d.rdb".formatted(ProcessHandle.current().pid(), System.nanoTime()));
        channel = FileChannel.open(file, CREATE_NEW, READ, WRITE, DELETE_ON_CLOSE);
    }

    String id() {
        return id;
    }

    /// The offset up to which the snapshot has everything.
    long offset() {
        return offset;
    }

    /// Takes part, until [#leave()].
    ///
    /// @return where a replica goes on when it has the snapshot; null if it is over already
    ReplicationStream.Reader join() {
        lock.lock();
        try {
            if (start == null) return null;
            users++;
            return start.copy();
        } finally {
            lock.unlock();
        }
    }

    void leave() {
        lock.lock();
        try {
            if (--users == 0) channel.close();
        } catch (IOException e) {
            // a file that nobody needs any more
        } finally {
            lock.unlock();
        }
    }

    // ---- the writer ----

    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    void write(Content content) throws IOException {
        IOException failed = null;
        try {
            content.writeTo(new File());
        } catch (IOException e) {
            failed = e;
            throw e;
        } catch (RuntimeException | Error e) {
            failed = new IOException(e);
            throw e;
        } finally {
            end(failed);
        }
    }

    private void end(IOException failed) {
        lock.lock();
        try {
            failure = failed;
            complete = failed == null;
            start = null;
            progress.signalAll();
        } finally {
            lock.unlock();
        }
        leave();
    }

    private final class File extends OutputStream {

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            var buffer = ByteBuffer.wrap(bytes, from, length);
            while (buffer.hasRemaining()) channel.write(buffer);
            lock.lock();
            try {
                written += length;
                progress.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    // ---- the replicas ----

    /// Sends the file as one bulk string that has no line end.
    ///
    /// @param eof whether the replica can do without the length
    /// @throws IOException if the replica is gone, or the snapshot could not be taken
    void sendTo(OutputStream out, boolean eof) throws IOException {
        if (eof) {
            out.write(ascii("$EOF:" + mark + "\r\n"));
            copy(out);
            out.write(ascii(mark));
        } else {
            while (!awaitCompletion()) out.write(NEWLINE); // a sign of life
            out.write(ascii("$" + written + "\r\n"));
            copy(out);
        }
        out.flush();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void copy(OutputStream out) throws IOException {
        var buffer = ByteBuffer.allocate(64 * 1024);
        long at = 0;
        while (awaitMoreThan(at)) {
            buffer.clear();
            int n = channel.read(buffer, at);
            out.write(buffer.array(), 0, n);
            at += n;
        }
    }

    /// @return false if a second has passed in vain
    private boolean awaitCompletion() throws IOException {
        lock.lock();
        try {
            if (!complete && failure == null) progress.await(1, TimeUnit.SECONDS);
            requireNoFailure();
            return complete;
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            lock.unlock();
        }
    }

    /// @return false if the file ends there
    private boolean awaitMoreThan(long at) throws IOException {
        lock.lock();
        try {
            while (written <= at && !complete && failure == null) progress.await();
            requireNoFailure();
            return written > at;
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            lock.unlock();
        }
    }

    private void requireNoFailure() throws IOException {
        if (failure != null) throw new IOException("the snapshot could not be taken: " + failure.getMessage(), failure);
    }
}
