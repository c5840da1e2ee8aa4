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

    private volatile State state = State.WAIT_BGSAVE;
    private volatile FullSync sync;                   // null: it needs none, or waits for one
    private volatile ReplicationStream.Reader reader; // null as long as it waits for a snapshot
    private volatile long sent;          // offset
    private volatile long acknowledged;  // offset
    private volatile long lastSign;      // when it was last heard of, in milliseconds since 1970
    private volatile boolean hasAcknowledged;
    private final OutputGauge gauge = new OutputGauge(); // for the thread that looks after all replicas

    /// A platform thread, since it reads a file.
    private final Thread feeder;
    private volatile boolean idle;
    private volatile boolean open = true;
    private volatile boolean finishing; // it gets what there is, and no more

    Replica(ClientSession client) {
        this.client = client;
        ip = client.address().getHostAddress();
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

    boolean understandsPsync2() {
        return psync2;
    }

    /// @param offset up to which it has executed the stream
    /// @param now in milliseconds since 1970
    void acknowledge(long offset, long now) {
        acknowledged = Math.max(acknowledged, offset);
        lastSign = now;
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

    /// Gets this snapshot, which it takes part in, and then the stream.
    void follow(FullSync sync) {
        reader = sync.start();
        sent = reader.offset();
        state = State.SEND_BULK;
        this.sync = sync;
        LockSupport.unpark(feeder);
    }

    void start() {
        feeder.start();
    }

    private void run() {
        try (client) {
            client.sendReplies();
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
            out.write("+FULLRESYNC %s %d\r\n".formatted(sync.id(), sync.offset()).getBytes(StandardCharsets.US_ASCII));
            sync.sendTo(out, eof);
        } finally {
            sync.leave();
        }
        if (rdbOnly) return false;
        while (open && eof && !hasAcknowledged) LockSupport.park(this); // who reads up to a mark would not find it if more came along with it
        state = State.ONLINE;
        LOG.log(INFO, "Synchronization with replica " + name() + " succeeded");
        return true;
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
        return feeder.getState() != Thread.State.NEW;
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

    long sent() {
        return sent;
    }

    long acknowledged() {
        return acknowledged;
    }

    /// Whether it has the stream up to an offset, as far as is known.
    boolean has(long offset) {
        return isOnline() && acknowledged >= offset;
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
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
