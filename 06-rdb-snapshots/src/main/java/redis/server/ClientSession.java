package redis.server;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.ProtocolException;
import redis.resp.Resp;
import redis.resp.RespReader;
import redis.resp.RespWriter;

/// One connection, served by one virtual thread from its first byte to its last.
final class ClientSession implements AutoCloseable {

    /// How many requests are carried out under one hold of the lock before others get their turn.
    private static final int MAX_BATCH = 64;

    private final long id;
    private final Socket socket;
    private final Store store;
    private final CommandTable commands;
    private final Propagation propagation;
    private final AppendOnlyFile log;
    private final RespWriter writer;
    private final RespReader reader;

    private ByteString name = ByteString.EMPTY;
    private boolean ending;

    /// @param id unique in this server, from 1 on
    ClientSession(long id, Socket socket, Store store, CommandTable commands, Propagation propagation, AppendOnlyFile log) throws IOException {
        this.id = id;
        this.socket = socket;
        this.store = store;
        this.commands = commands;
        this.propagation = propagation;
        this.log = log;
        socket.setTcpNoDelay(true); // a reply leaves when we write it, not when the kernel has gathered a full packet
        writer = new RespWriter(socket.getOutputStream());
        reader = new RespReader(socket.getInputStream(), writer); // which flushes the writer before it waits, and only then
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

    /// Lets the reply to the current request be the last one.
    void endAfterReply() {
        ending = true;
    }

    /// Answers requests until the client has no more.
    ///
    /// @throws IOException if the connection breaks
    void run() throws IOException {
        var requests = new ArrayList<List<ByteString>>();
        var replies = new ArrayList<Resp>();
        try {
            while (!ending && readBatch(requests)) {
                execute(requests, replies);
                for (var reply : replies) writer.write(reply);
                requests.clear();
                replies.clear();
            }
        } catch (ProtocolException e) {
            writer.write(Resp.error("ERR Protocol error: " + e.getMessage()));
        }
        writer.flush();
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

    /// Carries out a batch, and waits until the log holds what the replies tell of: also of a value that another client has just set.
    /// Values never change, so the replies can be written after the lock is free again.
    private void execute(List<List<ByteString>> requests, List<Resp> replies) {
        var writes = new BitSet(); // which replies acknowledge a write
        long offset;
        store.lock();
        try {
            for (var request : requests) {
                long before = propagation.writes();
                var reply = commands.execute(this, request);
                if (propagation.writes() != before) writes.set(replies.size());
                if (reply != null) replies.add(reply);
                if (ending) break;
            }
            offset = log.offset();
        } finally {
            store.unlock();
        }
        try {
            log.commit(offset);
        } catch (IOException e) { // reads go on
            writes.stream().forEach(i -> replies.set(i, Resp.error(CommandException.cannotLog(e).getMessage())));
        }
    }

    /// Ends the session from any thread: a read or write that waits fails at once.
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
