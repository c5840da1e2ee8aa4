package redis.server;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// A server that follows this one, as this one sees it. A thread of its own feeds it with the stream, at the speed at which the replica takes it.
final class Replica implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Replica.class.getName());

    /// What it waits for, by the names that INFO gives.
    enum State {
        /// a snapshot that is still to begin
        WAIT_BGSAVE,
        /// the end of a snapshot
        SEND_BULK,
        /// the stream
        ONLINE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final ClientSession client;

    // What it has said of itself. For the thread that holds the store's lock.
    private int listeningPort;
    private String ip;
    private boolean eof;
    private boolean psync2;
    private boolean rdbOnly;
    private boolean psync = true; // it has asked with PSYNC, and not with SYNC, as before Redis 2.8: then it says nothing any more

    private volatile boolean attached;
    private volatile State state = State.WAIT_BGSAVE;
    private volatile FullSync sync;                   // the one it takes part in; null if there is none, yet or any more
    private volatile ReplicationStream.Reader reader; // null as long as it waits for a snapshot
    private volatile long sent;          // offset
    private volatile long acknowledged;  // offset
    private volatile long lastSign;      // when it was last heard of, in milliseconds since 1970
    private volatile boolean hasAcknowledged;
    private final OutputGauge gauge = new OutputGauge(System::nanoTime); // for the thread that looks after all replicas

    /// A platform thread, since it reads a file.
    private final Thread feeder;
    private volatile boolean idle;
    private volatile boolean open = true;
    private volatile boolean finishing; // it gets what there is, and no more

    Replica(ClientSession client) {
        this.client = client;
        ip = client.host().getHostAddress();
        feeder = Thread.ofPlatform().name("feeder of " + client.peer()).daemon().unstarted(this::run);
    }

    // ---- what it says of itself; the caller holds the store's lock ----

    void listensOn(int port) {
        listeningPort = port;
    }

    void announcesAddress(String ip) {
        this.ip = ip;
    }

    void isCapableOf(String capability) {
        switch (capability) {
            case "eof" -> eof = true;
            case "psync2" -> psync2 = true;
            default -> {} // of something that a later Redis has
        }
    }

    /// It is no replica, and leaves when it has a snapshot: `redis-cli --rdb`.
    void wantsRdbOnly(boolean rdbOnly) {
        this.rdbOnly = rdbOnly;
    }

    /// It has asked with SYNC.
    void isOld() {
        psync = false;
    }

    boolean understandsPsync2() {
        return psync2;
    }

    /// It has sent something, be it an empty line.
    ///
    /// @param now in milliseconds since 1970
    void heard(long now) {
        lastSign = now;
    }

    /// @param offset up to which it has executed the stream
    void acknowledge(long offset) {
        acknowledged = Math.max(acknowledged, offset);
        if (!hasAcknowledged) {
            hasAcknowledged = true;
            LockSupport.unpark(feeder);
        }
    }

    // ---- its life ----

    /// Follows the stream from here on.
    void follow(ReplicationStream.Reader reader) {
        this.reader = reader;
        sent = reader.offset();
        state = State.ONLINE;
    }

    /// Gets this snapshot, and then the stream.
    ///
    /// @return false if it is too late for that
    boolean follow(FullSync sync) {
        var start = sync.join();
        if (start == null) return false;
        reader = start;
        sent = start.offset();
        state = State.SEND_BULK;
        this.sync = sync;
        LockSupport.unpark(feeder);
        return true;
    }

    /// Becomes one of the server's replicas. It is fed when the reply to its request has left.
    void attach() {
        attached = true;
    }

    /// Begins to feed it, if that has not begun.
    void start() {
        if (feeder.getState() == Thread.State.NEW) feeder.start();
    }

    private void run() {
        try (client) {
            var out = client.output();
            if (state != State.ONLINE && !sendSnapshot(out)) return;
            feed(out);
        } catch (IOException e) {
            if (open) LOG.log(WARNING, "Lost replica " + name() + ": " + e.getMessage());
        }
    }

    /// @return whether it is to get the stream, too
    private boolean sendSnapshot(OutputStream out) throws IOException {
        while (open && sync == null) {
            LockSupport.parkNanos(1_000_000_000);
            if (sync == null) out.write('\n'); // a sign of life
        }
        if (sync == null) return false;
        try {
            if (psync) out.write("+FULLRESYNC %s %d\r\n".formatted(sync.id(), sync.offset()).getBytes(StandardCharsets.US_ASCII));
            sync.sendTo(out, eof);
        } finally {
            leaveSync();
        }
        if (rdbOnly) return false;
        state = State.ONLINE;
        LOG.log(INFO, "Synchronization with replica " + name() + " succeeded");
        while (open && eof && psync && !hasAcknowledged) LockSupport.park(this); // who reads up to a mark would not find it if more came along with it
        return true;
    }

    /// Lets go of the snapshot, and of the stream behind it.
    private void leaveSync() {
        var left = sync;
        sync = null;
        if (left != null) left.leave();
    }

    private void feed(OutputStream out) throws IOException {
        while (open) {
            int n = reader.writeTo(out);
            sent += n;
            if (n > 0) continue;
            if (finishing) return;
            idle = true;
            if (!reader.hasMore() && open) LockSupport.park(this);
            idle = false;
        }
    }

    /// Lets the feeder look whether the stream has grown.
    void wake() {
        if (idle) LockSupport.unpark(feeder);
    }

    // ---- its state ----

    /// Whether it has asked to follow.
    boolean isFollowing() {
        return attached;
    }

    State state() {
        return state;
    }

    boolean isWaitingForSync() {
        return state == State.WAIT_BGSAVE;
    }

    /// Whether it counts as a replica, rather than somebody who takes a copy.
    boolean isOnline() {
        return state == State.ONLINE;
    }

    String ip() {
        return ip;
    }

    int listeningPort() {
        return listeningPort;
    }

    long acknowledged() {
        return acknowledged;
    }

    /// Whether it has the stream up to an offset, as far as is known.
    boolean has(long offset) {
        return isOnline() && acknowledged >= offset;
    }

    /// Whether it can be expected to be heard of.
    boolean mustAcknowledge() {
        return psync && isOnline();
    }

    /// When it was last heard of, in milliseconds since 1970.
    long lastSign() {
        return lastSign;
    }

    String name() {
        return ip + ":" + listeningPort;
    }

    /// Whether more of the stream waits for it than it may.
    boolean leavesTooMuch(long offset, OutputLimit limit) {
        return reader != null && gauge.exceeds(offset - sent, limit);
    }

    /// Ends the connection. The session's thread finds out and takes it off the list.
    @Override
    public void close() {
        open = false;
        LockSupport.unpark(feeder);
        client.disconnect();
    }

    /// Lets it have the rest of the stream, and ends the connection then. Returns when that is done, which is at once if it does not follow the
    /// stream yet.
    void finish() {
        if (!isOnline()) close();
        finishing = true;
        LockSupport.unpark(feeder);
        join();
    }

    /// Returns when nobody feeds it any more. The connection must be closed.
    void awaitFeeder() {
        open = false;
        LockSupport.unpark(feeder);
        join();
    }

    private void join() {
        try {
            feeder.join(); // returns at once if it was never started
            leaveSync(); // which may have begun too late for it
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
