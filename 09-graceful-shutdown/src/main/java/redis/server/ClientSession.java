package redis.server;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import redis.resp.ByteString;
import redis.resp.ProtocolException;
import redis.resp.Resp;
import redis.resp.RespReader;
import redis.resp.RespVersion;
import redis.resp.RespWriter;

import static java.lang.System.Logger.Level.WARNING;

/// One connection, served by one virtual thread from its first byte to its last, and by a second one if it listens to channels.
final class ClientSession implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ClientSession.class.getName());

    /// How many requests are carried out under one hold of the lock before others get their turn.
    private static final int MAX_BATCH = 64;

    /// Who has sent nothing for so long will most likely not do so before the connection is closed.
    private static final int QUIET_MILLIS = 10;

    private static final long BEHIND_ALL = -1; // as long as nobody else can have written

    private final long id;
    private final Socket socket;
    private final ServerConfig config;
    private final Store store;
    private final CommandTable commands;
    private final Propagation propagation;
    private final AppendOnlyFile log;
    private final PubSub pubSub;
    private final ReplicationStream stream;
    private final Replicas replicas;
    private final Shutdown shutdown;
    private final Outbox outbox;
    private final RespReader reader;

    private final ReentrantLock finishing = new ReentrantLock(); // held while the client gets its last replies
    private boolean ending;
    private Supplier<Resp> later; // where the reply to the last request comes from; null: it is there

    // For the thread that holds the store's lock.
    private ByteString name = ByteString.EMPTY;
    private RespVersion version = RespVersion.RESP2;
    private Subscriptions subscriptions; // null as long as it has never had any
    private Replica replica;             // what the client is, too; null: it has never said so
    private long lastWrite;              // the offset of the stream behind its last write
    private Batch batch;                 // what its requests are answered with right now; null if none is being carried out

    /// @param id unique in this server, from 1 on
    ClientSession(long id, Socket socket, ServerConfig config, Store store, CommandTable commands, Propagation propagation, AppendOnlyFile log,
                  PubSub pubSub, ReplicationStream stream, Replicas replicas, Shutdown shutdown) throws IOException {
        this.id = id;
        this.socket = socket;
        this.config = config;
        this.store = store;
        this.commands = commands;
        this.propagation = propagation;
        this.log = log;
        this.pubSub = pubSub;
        this.stream = stream;
        this.replicas = replicas;
        this.shutdown = shutdown;
        socket.setTcpNoDelay(true); // a reply leaves when we write it, not when the kernel has gathered a full packet
        var writer = new RespWriter(socket.getOutputStream());
        writer.version(version);
        outbox = new Outbox(writer, socket);
        reader = new RespReader(socket.getInputStream(), outbox::flush); // before it waits, and only then
    }

    long id() {
        return id;
    }

    /// The client's address, for log lines.
    String peer() {
        return socket.getRemoteSocketAddress().toString();
    }

    /// What the client calls itself; empty if it has not said.
    ByteString name() {
        return name;
    }

    void rename(ByteString name) {
        this.name = name;
    }

    RespVersion version() {
        return version;
    }

    /// Speaks another version of the protocol from the reply to the current request on.
    void speak(RespVersion version) {
        this.version = version;
        batch.version(version);
    }

    /// Lets the reply to the current request be the last one.
    void endAfterReply() {
        ending = true;
    }

    /// Answers requests until the client has no more.
    ///
    /// @throws IOException if the connection breaks
    void run() throws IOException {
        var requests = new ArrayList<List<ByteString>>();
        try {
            while (!ending && readBatch(requests)) {
                while (!requests.isEmpty() && !ending) execute(requests);
                requests.clear();
            }
        } catch (ProtocolException e) {
            var last = new Batch(log);
            last.add(Resp.error("ERR Protocol error: " + e.getMessage()), false);
            outbox.add(last, OutputLimit.NONE);
            outbox.drain();
        }
        outbox.flush();
    }

    /// Waits for a request, and takes along those that have arrived with it.
    ///
    /// @return false if the client has no more requests
    private boolean readBatch(List<List<ByteString>> requests) throws IOException {
        var request = reader.readRequest();
        if (request == null) return false;
        do {
            requests.add(request);
        } while (requests.size() < MAX_BATCH && (request = reader.pollRequest()) != null);
        return true;
    }

    /// Carries out requests, and takes them off the list: all of them, or up to one whose reply takes its time.
    private void execute(List<List<ByteString>> requests) throws IOException {
        List<ClientSession> toWake;
        int done = 0;
        store.lock();
        batch = new Batch(log);
        try {
            while (done < requests.size() && !ending && later == null) {
                if (shutdown.holdsBack(this, requests.get(done))) continue;
                long before = propagation.writes();
                var reply = commands.execute(this, requests.get(done++));
                boolean wrote = propagation.writes() != before;
                if (wrote) lastWrite = BEHIND_ALL;
                if (reply != null) batch.add(reply, wrote);
            }
            lastWrite = lastWrite(); // which also lets those who feed replicas have what was written
            batch.end(log.offset());
            outbox.add(batch, limit());
            toWake = pubSub.takeToWake();
        } finally {
            batch = null;
            store.unlock();
        }
        requests.subList(0, done).clear();
        for (var client : toWake) client.wake();
        replicas.wake();
        if (outbox.isOverflown()) giveUp();
        outbox.drain();
        if (later != null) answerLater();
    }

    private void answerLater() throws IOException {
        outbox.flush();
        var reply = later.get();
        later = null;
        if (reply == null) return;
        var last = new Batch(log);
        last.add(reply, false);
        outbox.add(last, OutputLimit.NONE);
        outbox.drain();
    }

    /// Has the reply to the current request come from somewhere that may have to wait for it, without the store's lock; null if there is none. What came before it leaves at
    /// once, and what comes after it is carried out after it.
    void answerLater(Supplier<Resp> reply) {
        later = reply;
    }

    // ---- replication; the caller holds the store's lock ----

    /// What the client is as a replica, or is about to become.
    Replica replica() {
        if (replica == null) replica = new Replica(this);
        return replica;
    }

    /// Whether it follows this server.
    boolean isReplica() {
        return replica != null && replica.isFollowing();
    }

    /// The offset that a replica must have reached to have all that this client has written.
    long lastWrite() {
        long end = stream.offset();
        return lastWrite == BEHIND_ALL ? end : lastWrite;
    }

    // ---- messages; the caller holds the store's lock ----

    Subscriptions subscriptions() {
        if (subscriptions == null) subscriptions = new Subscriptions();
        return subscriptions;
    }

    boolean isSubscribed() {
        return subscriptions != null && !subscriptions.isEmpty();
    }

    ClientType type() {
        if (isReplica()) return ClientType.SLAVE;
        return isSubscribed() ? ClientType.PUBSUB : ClientType.NORMAL;
    }

    /// Makes sure that messages are written while the client does not ask for anything.
    void expectMessages() {
        outbox.startWriter("messages to " + peer());
    }

    /// Lets the client have a message. Never waits for it to read.
    ///
    /// @return whether it has to be woken when the lock is free again
    boolean push(Message message) {
        if (batch != null) { // to itself, or a confirmation: in its place among the replies
            batch.add(message.push(), false);
            return false;
        }
        return outbox.add(message.in(version), limit());
    }

    private OutputLimit limit() {
        return config.clientOutputBufferLimit.get().of(type());
    }

    // ---- without the lock ----

    /// Has the messages that were added written; or ends the session, if they are too many.
    void wake() {
        if (outbox.isOverflown()) giveUp();
        else outbox.wake();
    }

    /// Ends the session if too much has been waiting for too long.
    void checkLimit() {
        OutputLimit limit;
        store.lock();
        try {
            limit = limit();
        } finally {
            store.unlock();
        }
        if (outbox.check(limit)) giveUp();
    }

    private void giveUp() {
        LOG.log(WARNING, "Closed " + peer() + ", which has left more unread than client-output-buffer-limit allows");
        disconnect();
    }

    /// Ends the session from any thread: a read or write that waits fails at once.
    @Override
    public void close() throws IOException {
        socket.close();
    }

    /// Ends the session when the client has everything, or the replica the whole stream. Waits for it to read.
    void finish() {
        finishing.lock(); // the session may be about to do the same
        try (this) {
            var following = following();
            if (following != null) following.finish();
            else sendLast();
        } catch (IOException e) {
            // it has left
        } finally {
            finishing.unlock();
        }
    }

    private Replica following() {
        store.lock();
        try {
            return isReplica() ? replica : null;
        } finally {
            store.unlock();
        }
    }

    /// Lets the client have all replies and messages, and says that there are no more. A connection that is closed while the client still sends
    /// is reset, and replies that are on their way are lost: so what it sends is read away.
    private void sendLast() throws IOException {
        outbox.drain();
        outbox.flush();
        socket.shutdownOutput();
        socket.setSoTimeout(QUIET_MILLIS);
        var in = socket.getInputStream();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(QUIET_MILLIS));
        if (in.available() > 0) in.transferTo(OutputStream.nullOutputStream());
    }

    /// As [#close()], for those who need not know whether that works.
    void disconnect() {
        try {
            close();
        } catch (IOException e) {
            // it is closed
        }
    }

    /// Returns when no thread writes any more but the session's. The session must be closed.
    void awaitWriters() {
        outbox.close();
        if (replica != null) replica.awaitFeeder();
    }

    // ---- for a replica's feeder ----

    /// Sends the replies to what has been carried out so far.
    void sendReplies() throws IOException {
        store.lock(); // as soon as it is free the replies are in the outbox
        store.unlock();
        outbox.drain();
        outbox.flush();
    }

    /// The connection itself, for one who has it for himself.
    OutputStream output() throws IOException {
        return socket.getOutputStream();
    }

    InetAddress address() {
        return socket.getInetAddress();
    }
}
