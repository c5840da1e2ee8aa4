package redis.server;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
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

    private final long id;
    private final Socket socket;
    private final ServerConfig config;
    private final Store store;
    private final CommandTable commands;
    private final Propagation propagation;
    private final AppendOnlyFile log;
    private final PubSub pubSub;
    private final Outbox outbox;
    private final RespReader reader;

    private boolean ending;
    private final AtomicBoolean givenUp = new AtomicBoolean(); // several threads may find that it has to be, and one says so

    // For the thread that holds the store's lock.
    private ByteString name = ByteString.EMPTY;
    private RespVersion version = RespVersion.RESP2;
    private Subscriptions subscriptions; // null as long as it has never had any
    private Batch batch;                 // what its requests are answered with right now; null if none is being carried out

    /// @param id unique in this server, from 1 on
    ClientSession(long id, Socket socket, ServerConfig config, Store store, CommandTable commands, Propagation propagation, AppendOnlyFile log,
                  PubSub pubSub) throws IOException {
        this.id = id;
        this.socket = socket;
        this.config = config;
        this.store = store;
        this.commands = commands;
        this.propagation = propagation;
        this.log = log;
        this.pubSub = pubSub;
        socket.setTcpNoDelay(true); // a reply leaves when we write it, not when the kernel has gathered a full packet
        var writer = new RespWriter(socket.getOutputStream());
        writer.version(version);
        outbox = new Outbox(writer, socket);
        reader = new RespReader(socket.getInputStream(), outbox); // before it waits, and only then
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
                execute(requests);
                requests.clear();
            }
        } catch (ProtocolException e) {
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

    private void execute(List<List<ByteString>> requests) throws IOException {
        List<ClientSession> toWake;
        store.lock();
        batch = new Batch(log);
        try {
            for (var request : requests) {
                long before = propagation.writes();
                var reply = commands.execute(this, request);
                if (reply != null) batch.add(reply, propagation.writes() != before);
                if (ending) break;
            }
            batch.end(log.offset());
            outbox.add(batch, limit());
            if (ending) pubSub.forget(this); // no message follows the last reply
            toWake = pubSub.takeToWake();
        } finally {
            batch = null;
            store.unlock();
        }
        for (var client : toWake) client.wake();
        if (outbox.isOverflown()) giveUp();
        if (!isSubscribed()) outbox.endWriter(); // no message comes any more
        outbox.drain();
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

    private void giveUp() {
        if (givenUp.getAndSet(true)) return;
        LOG.log(WARNING, "Closed " + peer() + ", which has left more unread than client-output-buffer-limit allows");
        try {
            close();
        } catch (IOException e) {
            // it is closed
        }
    }

    /// Ends the session from any thread: a read or write that waits fails at once.
    @Override
    public void close() throws IOException {
        socket.close();
    }

    /// Returns when no thread writes messages any more. The session must be closed.
    void awaitWriter() {
        outbox.endWriter();
    }
}
