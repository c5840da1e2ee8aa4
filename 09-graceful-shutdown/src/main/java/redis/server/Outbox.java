package redis.server;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import redis.resp.RespWriter;

/// What a client is still to get, in the order in which it was added, under the store's lock: hence in order of execution.
///
/// Adding never waits for the client. Writing does, so it is done without the store's lock, by whoever comes first of two threads, for all
/// that is there: the session, which has added replies and may as well write them itself; and, for a client that listens to channels, a writer,
/// because its session waits for requests while others publish.
final class Outbox implements AutoCloseable {

    private final RespWriter writer;
    private final Closeable connection;

    /// Guards the queue, for the moment it takes to add something to it or to take all of it. A lock of its own, so that a writer that goes
    /// on with the next round does not queue for the store's.
    private final ReentrantLock queueLock = new ReentrantLock();

    private List<Output> queue = new ArrayList<>();
    private long bytes;             // of what was added and is not yet written
    private long softSince;         // since when there are more of them than the soft limit, in System.nanoTime(); meaningless if there are not
    private boolean aboveSoft;
    private volatile boolean overflown; // the client has been given up: nothing is added any more

    /// Guards the connection's output: held by the thread that writes to it, for as long as the client takes to read.
    private final ReentrantLock writeLock = new ReentrantLock();

    private volatile Thread thread; // of the writer; null as long as nobody has pushed anything
    private volatile boolean open = true;

    /// @param connection closed when the writer cannot write
    Outbox(RespWriter writer, Closeable connection) {
        this.writer = writer;
        this.connection = connection;
    }

    // ---- under the store's lock ----

    /// @return whether it has to be woken: nobody is about to write, or it has just grown beyond the limit
    boolean add(Output output, OutputLimit limit) {
        queueLock.lock();
        try {
            if (overflown) return false;
            boolean first = queue.isEmpty();
            queue.add(output);
            bytes += output.size();
            return first | exceeds(limit);
        } finally {
            queueLock.unlock();
        }
    }

    /// Whether there has been too much for too long. What there is is thrown away then.
    ///
    /// @return true once
    boolean check(OutputLimit limit) {
        queueLock.lock();
        try {
            return !overflown && exceeds(limit);
        } finally {
            queueLock.unlock();
        }
    }

    private boolean exceeds(OutputLimit limit) {
        boolean above = limit.soft() > 0 && bytes >= limit.soft();
        if (above && !aboveSoft) softSince = System.nanoTime();
        aboveSoft = above;
        if (limit.hard() > 0 && bytes >= limit.hard()
                || above && System.nanoTime() - softSince > TimeUnit.SECONDS.toNanos(limit.softSeconds())) {
            overflown = true;
            queue = new ArrayList<>();
        }
        return overflown;
    }

    /// Starts the writer, if there is none.
    void startWriter(String name) {
        if (thread == null) thread = Thread.ofVirtual().name(name).start(this::write);
    }

    // ---- without it ----

    /// Lets the writer look for what was added.
    void wake() {
        LockSupport.unpark(thread);
    }

    private void write() {
        try {
            while (open) {
                if (isEmpty()) LockSupport.park(this);
                drain();
                flush();
            }
        } catch (IOException e) { // the session, which reads, finds out as well
            close(connection);
        }
    }

    private static void close(Closeable connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // there is nothing more to be closed
        }
    }

    /// Gives the connection's writer all that was added so far: it has it when this returns, from this thread or another.
    void drain() throws IOException {
        writeLock.lock();
        try {
            var outputs = take(0);
            while (!outputs.isEmpty()) {
                long written = 0;
                for (var output : outputs) {
                    output.writeTo(writer);
                    written += output.size();
                }
                outputs = take(written);
            }
        } finally {
            writeLock.unlock();
        }
    }

    /// @param written how many bytes of what was taken before are written now
    /// @return what was added since
    private List<Output> take(long written) {
        queueLock.lock();
        try {
            bytes -= written;
            if (queue.isEmpty()) return List.of();
            var taken = queue;
            queue = new ArrayList<>();
            return taken;
        } finally {
            queueLock.unlock();
        }
    }

    /// Sends what the writer of the connection has gathered.
    void flush() throws IOException {
        writeLock.lock();
        try {
            writer.flush();
        } finally {
            writeLock.unlock();
        }
    }

    // ---- its state ----

    private boolean isEmpty() {
        return length() == 0;
    }

    /// How many replies and messages have not been taken to be written.
    int length() {
        queueLock.lock();
        try {
            return queue.size();
        } finally {
            queueLock.unlock();
        }
    }

    /// How many bytes wait to be written.
    long bytes() {
        queueLock.lock();
        try {
            return bytes;
        } finally {
            queueLock.unlock();
        }
    }

    /// Whether the client has left more unread than it may.
    boolean isOverflown() {
        return overflown;
    }

    /// Returns when the writer has ended. The connection must have been closed, so that it does not wait for that.
    @Override
    public void close() {
        open = false;
        var writing = thread;
        if (writing == null) return;
        LockSupport.unpark(writing);
        try {
            writing.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
