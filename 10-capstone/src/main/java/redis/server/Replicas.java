package redis.server;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import redis.resp.ByteString;
import redis.resp.Resp;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// The master's part: the replicas of this server, and what they are fed with. A replica has one too, for replicas of its own.
final class Replicas {

    private static final System.Logger LOG = System.getLogger(Replicas.class.getName());

    private static final long RETRY_MILLIS = 1_000;
    private static final long POLL_NANOS = 100_000_000;

    private static final List<ByteString> PING = List.of(ByteString.of("ping"));
    private static final List<ByteString> GETACK = List.of(ByteString.of("REPLCONF"), ByteString.of("GETACK"), ByteString.of("*"));

    private final ServerConfig config;
    private final Store store;
    private final ReplicationStream stream;
    private final ReplicationHistory history;
    private final Persistence persistence;
    private final InstantSource clock;

    /// All that have asked to follow and are connected. Changed under the store's lock; others look at it without.
    private final List<Replica> replicas = new CopyOnWriteArrayList<>();

    // For the thread that holds the store's lock.
    private FullSync sync;      // the last one: one that goes on may be joined; null if none may
    private long notBefore;     // when the next one may be tried, in milliseconds since 1970
    private long lastPing;      // in milliseconds since 1970
    private long aloneSince;    // as a master, in milliseconds since 1970
    private long fullSyncs;
    private long partialSyncs;
    private long refusedPartialSyncs;

    /// Guards nothing but the wait for acknowledgements, which come with every session of a replica.
    private final ReentrantLock ackLock = new ReentrantLock();
    private final Condition acknowledged = ackLock.newCondition();
    private boolean closed;

    Replicas(ServerConfig config, Store store, ReplicationStream stream, ReplicationHistory history, Persistence persistence, InstantSource clock) {
        this.config = config;
        this.store = store;
        this.stream = stream;
        this.history = history;
        this.persistence = persistence;
        this.clock = clock;
        stream.onGrowth(() -> store.afterUnlock(this::wake));
    }

    // ---- under the store's lock ----

    /// Nobody follows yet, and whoever did so before a restart has the time from now on to come back.
    void start() {
        aloneSince = clock.millis();
    }

    /// Lets a replica go on where it was.
    ///
    /// @param offset of the first byte that it does not have
    /// @return false if the stream does not reach back so far, or not yet so far ahead
    boolean resume(Replica replica, long offset) {
        var reader = stream.readerAt(offset);
        if (reader == null) return false;
        partialSyncs++;
        replica.follow(reader);
        add(replica);
        LOG.log(INFO, "Partial resynchronization of replica %s: it gets %,d bytes".formatted(replica.name(), stream.offset() - offset));
        return true;
    }

    void refusedPartialSync() {
        refusedPartialSyncs++;
    }

    /// Gives a replica all data, and then the stream.
    void synchronize(Replica replica) {
        fullSyncs++;
        add(replica);
        if (sync == null || !replica.follow(sync)) startSync();
    }

    private void add(Replica replica) {
        replica.heard(clock.millis());
        replicas.add(replica);
        replica.attach();
    }

    /// Starts to take a snapshot for all replicas that wait for one, unless another one is being taken: then they go on waiting.
    private void startSync() {
        if (persistence.isBusy() || clock.millis() < notBefore) return;
        FullSync next;
        try {
            next = new FullSync(history.id(), stream.readerAt(stream.offset()), persistence.directory());
        } catch (IOException e) {
            LOG.log(WARNING, "Cannot synchronize replicas: " + e);
            notBefore = clock.millis() + RETRY_MILLIS;
            return;
        }
        sync = next;
        for (var replica : replicas) {
            if (replica.isWaitingForSync()) replica.follow(next);
        }
        stream.selectAgain();
        persistence.saveFor(next);
    }

    void remove(Replica replica) {
        if (replicas.remove(replica)) LOG.log(INFO, "Connection with replica " + replica.name() + " lost");
    }

    /// Has all of them connect and ask anew: the stream is no longer what they have followed.
    void disconnect() {
        for (var replica : replicas) replica.close();
        sync = null; // nor can anybody begin with what it leads to
    }

    /// Asks all of them how far they are.
    void askForAcknowledgement() {
        stream.appendAside(GETACK);
        stream.offset();
    }

    /// Whether there are as many replicas as a write needs.
    boolean areEnough() {
        int needed = config.minReplicasToWrite.get();
        return needed == 0 || config.minReplicasMaxLag.get() == 0 || good() >= needed;
    }

    private long good() {
        long oldest = clock.millis() - TimeUnit.SECONDS.toMillis(config.minReplicasMaxLag.get());
        return replicas.stream().filter(replica -> replica.isOnline() && replica.lastSign() >= oldest).count();
    }

    // ---- without it ----

    /// Lets those who feed replicas look whether the stream has grown.
    private void wake() {
        for (var replica : replicas) replica.wake();
    }

    /// A replica has sent something.
    void heard(Replica replica) {
        replica.heard(clock.millis());
    }

    /// A replica has said how far it is.
    void acknowledge(Replica replica, long offset) {
        replica.acknowledge(offset);
        ackLock.lock();
        try {
            acknowledged.signalAll();
        } finally {
            ackLock.unlock();
        }
    }

    /// How many replicas have acknowledged an offset.
    int acknowledgements(long offset) {
        return (int) replicas.stream().filter(replica -> replica.isOnline() && replica.acknowledged() >= offset).count();
    }

    /// Waits until so many replicas have acknowledged an offset.
    ///
    /// @param millis for how long; 0: forever
    /// @param isGone whether nobody waits for the answer any more; asked ten times a second
    /// @return how many have
    int awaitAcknowledgements(int wanted, long offset, long millis, BooleanSupplier isGone) {
        long start = System.nanoTime();
        long nanos = millis == 0 ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            while (!closed && acknowledgements(offset) < wanted) {
                long left = nanos - (System.nanoTime() - start);
                if (left <= 0) break;
                boolean inVain = !awaitAcknowledgement(wanted, offset, Math.min(left, POLL_NANOS));
                if (inVain && isGone.getAsBoolean()) break;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return acknowledgements(offset);
    }

    /// @return false if none has come in that time
    private boolean awaitAcknowledgement(int wanted, long offset, long nanos) throws InterruptedException {
        ackLock.lock();
        try {
            return acknowledgements(offset) >= wanted || acknowledged.awaitNanos(nanos) > 0;
        } finally {
            ackLock.unlock();
        }
    }

    /// How many replicas do not have the stream up to an offset, as far as is known.
    int lagging(long offset) {
        return (int) replicas.stream().filter(replica -> !replica.has(offset)).count();
    }

    /// Logs which replicas do not have the stream up to an offset.
    void logLag(long offset) {
        if (replicas.isEmpty()) return;
        for (var replica : replicas) {
            if (replica.has(offset)) continue;
            LOG.log(WARNING, "Lagging replica %s reported offset %d behind master, lag=%d, state=%s.".formatted(replica.name(),
                    offset - replica.acknowledged(), replica.isOnline() ? (clock.millis() - replica.lastSign()) / 1000 : 0, replica.state()));
        }
        LOG.log(INFO, "%d of %d replicas are in sync when shutting down.".formatted(replicas.size() - lagging(offset), replicas.size()));
    }

    /// Lets nobody wait for acknowledgements any more.
    void close() {
        ackLock.lock();
        try {
            closed = true;
            acknowledged.signalAll();
        } finally {
            ackLock.unlock();
        }
    }

    /// What there is to do ten times a second.
    ///
    /// @param leads whether the stream begins here, so that nobody else pings those who follow it
    void tick(boolean leads) {
        store.lock();
        try {
            if (replicas.stream().anyMatch(Replica::isWaitingForSync)) startSync();
            if (leads) ping();
            if (backlogIsOver(leads)) {
                stream.close();
                history.begin();
                sync = null;
            }
            stream.trim(config.replBacklogSize.get());
        } finally {
            store.unlock();
        }
        for (var replica : replicas) check(replica);
    }

    private void ping() {
        long now = clock.millis();
        if (replicas.isEmpty()) lastPing = now;
        if (now - lastPing < TimeUnit.SECONDS.toMillis(config.replPingReplicaPeriod.get())) return;
        lastPing = now;
        stream.appendAside(PING);
    }

    /// Whether nobody has followed the stream for as long as its end is kept.
    private boolean backlogIsOver(boolean leads) {
        long now = clock.millis();
        if (aloneSince == 0 || !leads || !replicas.isEmpty()) aloneSince = now;
        int seconds = config.replBacklogTtl.get();
        return seconds > 0 && stream.isOpen() && now - aloneSince > TimeUnit.SECONDS.toMillis(seconds);
    }

    private void check(Replica replica) {
        if (!replica.mustAcknowledge()) replica.heard(clock.millis()); // as when it gets its snapshot
        if (clock.millis() - replica.lastSign() > TimeUnit.SECONDS.toMillis(config.replTimeout.get())) {
            LOG.log(WARNING, "Disconnecting replica %s: nothing was heard of it for %d seconds".formatted(replica.name(), config.replTimeout.get()));
            replica.close();
        } else if (replica.leavesTooMuch(stream.visibleOffset(), config.clientOutputBufferLimit.get().of(ClientType.SLAVE))) {
            LOG.log(WARNING, "Disconnecting replica %s: it has left more unread than client-output-buffer-limit allows".formatted(replica.name()));
            replica.close();
        }
    }

    // ---- its state ----

    Resp role() {
        var online = replicas.stream().filter(Replica::isOnline)
                .map(replica -> Resp.array(Resp.bulk(replica.ip()), Resp.bulk(ByteString.of(replica.listeningPort())),
                        Resp.bulk(ByteString.of(replica.acknowledged()))))
                .toList();
        return new Resp.Array(online);
    }

    Map<String, ?> info() {
        var fields = new LinkedHashMap<String, Object>();
        var listed = new ArrayList<>(replicas);
        fields.put("connected_slaves", listed.size());
        if (config.minReplicasToWrite.get() > 0 && config.minReplicasMaxLag.get() > 0) fields.put("min_slaves_good_slaves", good());
        for (int i = 0; i < listed.size(); i++) {
            var replica = listed.get(i);
            fields.put("slave" + i, "ip=%s,port=%d,state=%s,offset=%d,lag=%d".formatted(replica.ip(), replica.listeningPort(), replica.state(),
                    replica.acknowledged(), replica.isOnline() ? (clock.millis() - replica.lastSign()) / 1000 : 0));
        }
        return fields;
    }

    Map<String, ?> statistics() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("sync_full", fullSyncs);
        fields.put("sync_partial_ok", partialSyncs);
        fields.put("sync_partial_err", refusedPartialSyncs);
        return fields;
    }

    void resetStatistics() {
        fullSyncs = 0;
        partialSyncs = 0;
        refusedPartialSyncs = 0;
    }
}
