package redis.server;

import java.io.Closeable;
import java.io.Flushable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import redis.resp.RespWriter;

/// What a client is still to get, in the order in which it was added, under the store's lock: hence in order of execution.
///
/// Adding never waits for the client. Writing does, so it is done without the store's lock, by one thread at a time. That is the session, as
/// long as its client only gets replies. A client that listens to channels gets messages while its session waits for requests, so it has a
/// writer, a thread of its own that writes replies too. The session then waits for nobody to read: it goes on with the next requests.
final class Outbox implements Flushable {

    private final RespWriter writer;
    private final Closeable connection;

    /// Guards the queue, for the moment it takes to add something to it or to take all of it. A lock of its own, so that a writer that goes
    /// on with the next round does not queue for the store's.
    private final ReentrantLock queueLock = new ReentrantLock();

    private List<Output> queue = new ArrayList<>();
    private long added;             // bytes, since the connection began
    private final OutputGauge gauge;
    private volatile boolean overflown; // the client has been given up: nothing is added any more

    private volatile long written;   // of the bytes added; changed by the thread that writes

    /// Guards the connection's output as long as there is no writer: the session uses it, and at the end who ends the session.
    private final ReentrantLock outputLock = new ReentrantLock();

    private volatile Thread thread;  // of the writer; null if the session writes
    private volatile boolean ending; // the writer is to write what there is, and to end

    /// @param connection closed when the writer cannot write
    Outbox(RespWriter writer, Closeable connection) {
        this(writer, connection, System::nanoTime);
    }

    /// @param nanoTime as System.nanoTime()
    Outbox(RespWriter writer, Closeable connection, LongSupplier nanoTime) {
        this.writer = writer;
        this.connection = connection;
        gauge = new OutputGauge(nanoTime);
    }

    // ---- under the store's lock ----

    /// @return whether it has to be woken: nobody is about to write, or it has just grown beyond the limit
    boolean add(Output output, OutputLimit limit) {
        queueLock.lock();
        try {
            if (overflown) return false;
            boolean first = queue.isEmpty();
            queue.add(output);
            added += output.size();
            return first | exceeds(limit);
        } finally {
            queueLock.unlock();
        }
    }

    /// Whether there is too much, or has been for too long. What there is is thrown away then.
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
        if (gauge.exceeds(added - written, limit)) {
            overflown = true;
            queue = new ArrayList<>();
        }
        return overflown;
    }

    // ---- without it ----

    /// Lets the writer look for what was added.
    void wake() {
        LockSupport.unpark(thread);
    }

    private void write() {
        try {
            boolean last;
            do {
                last = ending; // what was added before it was set is written
                if (!last && length() == 0) LockSupport.park(this);
                writeAll();
                writer.flush();
            } while (!last);
        } catch (IOException e) { // the session, which reads, finds out as well
            close(connection);
        } catch (RuntimeException | Error e) {
            close(connection); // without a writer nothing may be left to wait for one
            throw e;
        }
    }

    private static void close(Closeable connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // there is nothing more to be closed
        }
    }

    /// Takes all that was added so far, and gives it to the connection. What is added meanwhile is left.
    private void writeAll() throws IOException {
        for (var output : take()) {
            output.writeTo(writer);
            written += output.size();
        }
    }

    private List<Output> take() {
        queueLock.lock();
        try {
            if (queue.isEmpty()) return List.of();
            var taken = queue;
            queue = new ArrayList<>();
            return taken;
        } finally {
            queueLock.unlock();
        }
    }

    // ---- for the session ----

    /// Starts the writer, if there is none.
    void startWriter(String name) {
        if (thread == null) thread = Thread.ofVirtual().name(name).start(this::write);
    }

    /// Has the writer write what there is, which may wait for the client to read, and end. From then on the session writes again.
    void endWriter() {
        var writing = thread;
        if (writing == null) return;
        ending = true;
        LockSupport.unpark(writing);
        try {
            writing.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return; // the writer ends all the same
        }
        thread = null;
        ending = false;
    }

    /// Has all that was added so far written, by the writer if there is one, and here if not. That may wait for the client to read, and leaves
    /// the rest for [#flush()].
    void drain() throws IOException {
        if (thread != null) {
            wake();
            return;
        }
        outputLock.lock();
        try {
            writeAll();
        } finally {
            outputLock.unlock();
        }
    }

    /// Sends what the session has gathered.
    @Override
    public void flush() throws IOException {
        if (thread != null) return;
        outputLock.lock();
        try {
            writer.flush();
        } finally {
            outputLock.unlock();
        }
    }

    // ---- its state ----

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
            return added - written;
        } finally {
            queueLock.unlock();
        }
    }

    /// Whether the client has left more unread than it may.
    boolean isOverflown() {
        return overflown;
    }
}
