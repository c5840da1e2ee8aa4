package redis.server;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import redis.resp.ByteString;
import redis.resp.ProtocolException;
import redis.resp.Resp;
import redis.resp.RespReader;
import redis.resp.RespVersion;
import redis.resp.RespWriter;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

/// One connection, served by one virtual thread from its first byte to its last, and by a second one if it listens to channels.
final class ClientSession implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ClientSession.class.getName());

    /// How many requests are carried out under one hold of the lock before others get their turn.
    private static final int MAX_BATCH = 64;

    /// Who has sent nothing for so long will most likely not do so before the connection is closed.
    private static final int QUIET_MILLIS = 10;

    private static final Resp QUEUED = new Resp.SimpleString("QUEUED");

    private static final long BUSY = Long.MAX_VALUE; // since never

    private static final long BEHIND_ALL = -1; // as long as nobody else can have written

    private final long id;
    private final long connected; // in milliseconds since 1970
    private final Socket socket;
    private final SocketAddress remote;
    private final SocketAddress local; // not to be had from a socket that is closed
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
    private final AdaptiveSpin spin;
    private final RespReader reader;

    private final ReentrantLock finishing = new ReentrantLock(); // held while the client gets its last replies
    private boolean authenticated; // whether it has given the password, or there was none when it came
    private boolean ending;
    private final AtomicBoolean givenUp = new AtomicBoolean(); // several threads may find that it has to be, and one says so
    private volatile long idleSince; // when it began to wait for a request, or for more of one, in milliseconds since 1970
    private volatile Supplier<Resp> later; // where the reply to the last request comes from; null: it is there. INFO looks

    // For the thread that holds the store's lock.
    private ByteString name = ByteString.EMPTY;
    private RespVersion version = RespVersion.RESP2;
    private Subscriptions subscriptions; // null as long as it has never had any
    private Transaction transaction;     // null as long as it has never had one
    private Replica replica;             // what the client is, too; null: it has never said so
    private long lastWrite;              // the offset of the stream behind its last write
    private Batch batch;                 // what its requests are answered with right now; null if none is being carried out
    private Command command;             // the last one it has sent; null if there is no such command, or it has sent none
    private long active;                 // when it last sent requests or was sent a message, in milliseconds since 1970
    private boolean noEvict;
    private boolean killed;              // somebody has ended it, and is about to close its connection

    /// @param id unique in this server, from 1 on
    /// @param connected when, in milliseconds since 1970
    ClientSession(long id, long connected, Socket socket, ServerConfig config, Store store, CommandTable commands, Propagation propagation,
                  AppendOnlyFile log, PubSub pubSub, ReplicationStream stream, Replicas replicas, Shutdown shutdown) throws IOException {
        this.id = id;
        this.connected = connected;
        this.active = connected;
        this.idleSince = connected;
        this.socket = socket;
        this.remote = socket.getRemoteSocketAddress();
        this.local = socket.getLocalSocketAddress();
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
        var in = socket.getInputStream();
        spin = new AdaptiveSpin(store, in, System::nanoTime);
        reader = new RespReader(in, this::beforeWaiting, () -> !isAuthenticated());
        becomesNew();
    }

    /// Everything that has arrived is answered. The replies leave now, and only now.
    private void beforeWaiting() throws IOException {
        idleSince = store.millis();
        outbox.flush();
        if (replica != null) replicas.heard(replica); // if only an empty line
        spin.await();
    }

    long id() {
        return id;
    }

    /// The client's address, for log lines.
    String peer() {
        return remote.toString();
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

    /// Whether it may do more than give the password.
    boolean isAuthenticated() {
        return authenticated || config.requirePass.get().isEmpty();
    }

    /// It has given the password.
    void becomesAuthenticated() {
        authenticated = true;
    }

    /// It has given none. Where there is none it may stay even if there is one later, as in Redis.
    void becomesNew() {
        authenticated = config.requirePass.get().isEmpty();
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
            if (isReplica()) return; // an error would end up in the stream
            var last = new Batch(log);
            last.add(Resp.error("ERR Protocol error: " + e.getMessage()), false);
            outbox.add(last, OutputLimit.NONE);
        }
        outbox.endWriter();
        outbox.drain();
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
        boolean expectsMessages;
        int done = 0;
        store.lock();
        batch = new Batch(log);
        idleSince = BUSY;
        try {
            if (killed) { // while it waited for the lock
                ending = true;
                return;
            }
            while (done < requests.size() && !ending && later == null) {
                if (shutdown.holdsBack(this, requests.get(done))) continue;
                long before = propagation.writes();
                boolean follows = isReplica();
                var reply = commands.execute(this, requests.get(done++));
                if (follows && reply != null) {
                    LOG.log(WARNING, "Closed the replica " + peer() + ", which has asked for something: the reply would end up in the stream");
                    store.afterUnlock(this::disconnect);
                    ending = true;
                    break;
                }
                boolean wrote = propagation.writes() != before;
                if (wrote) lastWrite = BEHIND_ALL;
                if (reply != null) batch.add(reply, wrote);
            }
            lastWrite = lastWrite(); // which also lets those who feed replicas have what was written
            active = store.now(); // read once, and often has been
            batch.end(log.offset());
            outbox.add(batch, limit());
            if (ending) pubSub.forget(this); // no message follows the last reply
            expectsMessages = expectsMessages();
        } finally {
            batch = null;
            store.unlock();
        }
        requests.subList(0, done).clear();
        if (outbox.isOverflown()) giveUp();
        if (!expectsMessages) outbox.endWriter(); // none comes any more
        outbox.drain();
        if (later != null) answerLater();
        if (isReplica()) startFeeder();
    }

    /// From the reply to its request to follow on, nobody else writes to the connection.
    private void startFeeder() throws IOException {
        outbox.endWriter();
        outbox.flush();
        replica.start();
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

    /// Has the reply to the current request come from somewhere that may have to wait for it, without the store's lock; null if there is none. What
    /// came before it leaves at once, and what comes after it is carried out after it.
    void answerLater(Supplier<Resp> reply) {
        later = reply;
    }

    /// Whether the client has left, or the session has been closed, as far as that can be told while its next request is still to be read. For those
    /// on whose reply the session's thread waits.
    boolean isGone() {
        if (socket.isClosed()) return true;
        try {
            socket.setSoTimeout(1);
            try {
                return reader.peek() < 0;
            } catch (SocketTimeoutException e) {
                return false;
            } finally {
                socket.setSoTimeout(0);
            }
        } catch (IOException e) {
            return true;
        }
    }

    /// Whether the client waits for a reply that takes its time.
    boolean isBlocked() {
        return later != null;
    }

    // ---- transactions; the caller holds the store's lock ----

    Transaction transaction() {
        if (transaction == null) transaction = store.newTransaction();
        return transaction;
    }

    /// Whether it has sent MULTI, and its EXEC is still to come or is being carried out.
    boolean isInTransaction() {
        return transaction != null && transaction.isOpen();
    }

    /// Whether one of the commands of its transaction is being carried out: it must not wait.
    boolean isExecuting() {
        return transaction != null && transaction.isRunning();
    }

    void discardTransaction() {
        if (transaction != null) transaction.discard();
    }

    /// Keeps a request for EXEC.
    Resp queue(Command command, List<ByteString> request) {
        if (transaction().add(command, request)) return QUEUED;
        LOG.log(WARNING, "Closed " + peer() + ", which has queued more in a transaction than there is memory for");
        discardTransaction();
        ending = true;
        return null;
    }

    /// Carries out what was queued. The replies are the elements of one.
    void executeAll(List<Transaction.Queued> queue) {
        batch.beginArray(queue.size());
        for (var queued : queue) {
            boolean isLeaving = ending; // it has ended its own connection, with the reply to that
            long before = propagation.writes();
            var reply = commands.run(queued.command(), this, queued.request());
            if (reply != null && !isLeaving) batch.add(reply, propagation.writes() != before);
        }
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

    // ---- what CLIENT tells and does; the caller holds the store's lock ----

    /// Takes note of what the client wants.
    ///
    /// @param command null if there is no such command
    void calls(Command command) {
        this.command = command;
    }

    void noEvict(boolean noEvict) {
        this.noEvict = noEvict;
    }

    /// Ends another session. Nobody sees or reaches it any more, and it carries out nothing more. Its connection is closed when the lock is free:
    /// that takes a system call, for which the others need not wait.
    void kill(ClientSession victim) {
        victim.killed = true;
        pubSub.forget(victim);
        store.afterUnlock(victim::disconnect); // before the reply that says so
    }

    /// Whether its connection is open, and to stay so.
    boolean isLive() {
        return !killed && !socket.isClosed();
    }

    /// The client's address and port, as Redis writes them: `127.0.0.1:6380`, `[::1]:6380`.
    String address() {
        return text(remote);
    }

    /// The address and port that it has connected to.
    String localAddress() {
        return text(local);
    }

    private static String text(SocketAddress address) {
        var of = (InetSocketAddress) address;
        var host = of.getAddress().getHostAddress();
        return (of.getAddress() instanceof Inet6Address ? "[" + host + "]" : host) + ":" + of.getPort();
    }

    /// The fields of its line in CLIENT LIST, with Redis's names and in its order. Those about the memory and the event loop of a C program are
    /// left out.
    Map<String, ?> info() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("id", id);
        fields.put("addr", address());
        fields.put("laddr", localAddress());
        fields.put("name", name);
        fields.put("age", (store.now() - connected) / 1000);
        fields.put("idle", batch != null ? 0 : (store.now() - active) / 1000); // it is not while it asks
        fields.put("flags", flags());
        fields.put("db", 0);
        fields.put("sub", subscribed(PubSub.Kind.CHANNEL));
        fields.put("psub", subscribed(PubSub.Kind.PATTERN));
        fields.put("ssub", subscribed(PubSub.Kind.SHARD_CHANNEL));
        fields.put("multi", isInTransaction() ? transaction.size() : -1);
        fields.put("oll", outbox.length());
        fields.put("omem", outbox.bytes());
        fields.put("cmd", command == null ? "NULL" : command.name());
        fields.put("user", "default");
        fields.put("resp", version == RespVersion.RESP2 ? 2 : 3);
        return fields;
    }

    private int subscribed(PubSub.Kind kind) {
        return subscriptions == null ? 0 : subscriptions.of(kind).size();
    }

    /// `S`: follows this server; `P`: listens to channels; `x`: has begun a transaction; `d`: a key that it watches has changed;
    /// `e`: not to be disconnected to save memory, which nobody is; `N`: nothing of note.
    private String flags() {
        var flags = (isReplica() ? "S" : "") + (isSubscribed() ? "P" : "") + (isInTransaction() ? "x" : "")
                + (transaction != null && transaction.isTouched() ? "d" : "") + (noEvict ? "e" : "");
        return flags.isEmpty() ? "N" : flags;
    }

    // ---- messages; the caller holds the store's lock ----

    Subscriptions subscriptions() {
        if (subscriptions == null) subscriptions = new Subscriptions();
        return subscriptions;
    }

    boolean isSubscribed() {
        return subscriptions != null && !subscriptions.isEmpty();
    }

    /// Whether something may come for the client that it has not asked for.
    private boolean expectsMessages() {
        return isSubscribed();
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
    void push(Message message) {
        if (isReplica()) { // messages would end up in the stream
            store.afterUnlock(this::disconnect);
            return;
        }
        if (batch != null) { // to itself, or a confirmation: in its place among the replies
            if (!ending) batch.add(message.push(), false);
            return;
        }
        active = store.now();
        if (outbox.add(message.in(version), limit())) store.afterUnlock(this::wake);
    }

    private OutputLimit limit() {
        return config.clientOutputBufferLimit.get().of(type());
    }

    // ---- without the lock ----

    /// Has the messages that were added written; or ends the session, if they are too many.
    private void wake() {
        if (outbox.isOverflown()) giveUp();
        else outbox.wake();
    }

    /// Ends the session if too much has been waiting for too long.
    void checkLimit() {
        if (outbox.bytes() == 0) return; // as almost all of them, so the lock is left alone
        OutputLimit limit;
        store.lock();
        try {
            limit = limit();
        } finally {
            store.unlock();
        }
        if (outbox.check(limit)) giveUp();
    }

    /// Ends the session if the client has asked for nothing for longer than `timeout`. Replicas and those who listen to channels need not ask.
    void checkIdle() {
        if (!isIdle()) return; // as almost all of them, so the lock is left alone
        store.lock();
        try {
            if (!isIdle() || type() != ClientType.NORMAL || killed) return;
            LOG.log(DEBUG, () -> "Closed " + peer() + ", which has been idle for too long");
            kill(this);
        } finally {
            store.unlock();
        }
    }

    private boolean isIdle() {
        int timeout = config.timeout.get();
        return timeout > 0 && store.millis() - idleSince > TimeUnit.SECONDS.toMillis(timeout);
    }

    private void giveUp() {
        if (givenUp.getAndSet(true)) return;
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
        outbox.endWriter();
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
        outbox.endWriter();
        if (replica != null) replica.awaitFeeder();
    }

    // ---- for a replica's feeder ----

    /// The connection itself, for one who has it for himself.
    OutputStream output() throws IOException {
        return socket.getOutputStream();
    }

    InetAddress host() {
        return socket.getInetAddress();
    }
}
