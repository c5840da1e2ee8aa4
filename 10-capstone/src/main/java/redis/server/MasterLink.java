package redis.server;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import redis.resp.ByteString;
import redis.resp.ProtocolException;
import redis.resp.Resp;
import redis.resp.RespReader;
import redis.resp.RespWriter;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// The replica's part: the connection with the master, from the handshake to the last command, and again from the beginning if it breaks.
final class MasterLink implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(MasterLink.class.getName());

    private static final long RETRY_NANOS = 1_000_000_000;
    private static final long ACK_NANOS = 1_000_000_000;
    private static final int MAX_LINE = 1024; // of what the master says before the stream begins
    private static final int MAX_BATCH = 64;  // commands under one hold of the store's lock

    /// How far it has come, by the names that ROLE gives.
    enum State {
        CONNECT, CONNECTING, HANDSHAKE, SYNC, CONNECTED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final String host;
    private final int port;
    private final ServerConfig config;
    private final Store store;
    private final CommandTable commands;
    private final Replication replication;
    private final ReplicationStream stream;
    private final InstantSource clock;
    private final Statistics statistics;

    /// A platform thread, since it loads a snapshot, which takes a processor for itself.
    private final Thread thread = Thread.ofPlatform().name("master link").unstarted(this::run);
    private volatile boolean open = true;
    private String reported; // why there is no connection, the last time that this was said; null if it was not
    private boolean lost; // it could not follow the stream as it was, and needs all data anew

    private volatile State state = State.CONNECT;
    private volatile Socket socket;       // null if there is no connection
    private volatile Received received;   // what has come through it
    private volatile long downSince;      // in milliseconds since 1970; 0: it has never been up, or is now
    private volatile long snapshotLength; // in bytes; -1: the master has not said

    /// Guards the output: acknowledgements are sent by the thread that applies the stream, when the master asks, and by the clock.
    private final ReentrantLock outputLock = new ReentrantLock();
    private RespWriter out;
    private volatile long lastAck; // System.nanoTime()

    MasterLink(String host, int port, ServerConfig config, Store store, CommandTable commands, Replication replication, ReplicationStream stream,
               InstantSource clock, Statistics statistics) {
        this.host = host;
        this.port = port;
        this.config = config;
        this.store = store;
        this.commands = commands;
        this.replication = replication;
        this.stream = stream;
        this.clock = clock;
        this.statistics = statistics;
    }

    boolean leadsTo(String host, int port) {
        return this.host.equalsIgnoreCase(host) && this.port == port;
    }

    /// Whether the data are those of the master, as far as it is known here.
    boolean isUp() {
        return state == State.CONNECTED;
    }

    void start() {
        thread.start();
    }

    /// Ends it soon. Nothing that comes from the master is applied any more when this returns, if the caller holds the store's lock.
    void cancel() {
        open = false;
        LockSupport.unpark(thread);
        var connection = socket;
        if (connection == null) return;
        try {
            connection.close();
        } catch (IOException e) {
            // it is closed
        }
    }

    private void run() {
        while (open) {
            boolean wasUp;
            try (var connection = new Socket()) {
                state = State.CONNECTING;
                socket = connection;
                if (!open) break; // cancel() may have missed it
                connection.setTcpNoDelay(true);
                int timeout = (int) Math.min(TimeUnit.SECONDS.toMillis(config.replTimeout.get()), Integer.MAX_VALUE);
                connection.setSoTimeout(timeout);
                connection.connect(new InetSocketAddress(host, port), timeout);
                follow(connection);
            } catch (IOException | RuntimeException | Error e) { // whatever it is, there is nobody else to try again
                if (open) report(e);
            } finally {
                wasUp = isUp();
                if (wasUp) downSince = clock.millis();
                state = State.CONNECT;
                socket = null;
            }
            if (open && (lost || !wasUp)) LockSupport.parkNanos(RETRY_NANOS);
        }
        replication.ended(this);
    }

    /// Says once why there is no connection, however often it is tried.
    private void report(Throwable e) {
        var reason = e instanceof UnknownHostException ? "nobody knows this host" : e.getMessage() == null ? e.toString() : e.getMessage();
        if (!isUp() && reason.equals(reported)) return;
        reported = reason;
        LOG.log(WARNING, isUp() ? "Lost the master %s:%d: %s".formatted(host, port, reason)
                : "Cannot follow %s:%d yet: %s. It is tried again every second".formatted(host, port, reason));
    }

    /// @throws IOException when it is over
    private void follow(Socket connection) throws IOException {
        received = new Received(statistics.servers.count(connection.getInputStream()));
        var in = new BufferedInputStream(received, 64 * 1024);
        outputLock.lock();
        try {
            out = new RespWriter(statistics.servers.count(connection.getOutputStream()));
        } finally {
            outputLock.unlock();
        }
        state = State.HANDSHAKE;
        introduce(in);
        synchronize(in);
        downSince = 0;
        reported = null;
        state = State.CONNECTED;
        acknowledge(currentOffset());
        apply(in);
    }

    // ---- the handshake ----

    private void introduce(InputStream in) throws IOException {
        var pong = ask(in, "PING");
        if (!pong.startsWith("+") && !pong.startsWith("-NOAUTH") && !pong.startsWith("-NOPERM") && !pong.startsWith("-ERR operation not permitted")) {
            throw new IOException("it answers PING with " + pong);
        }
        if (!config.masterAuth.get().isEmpty()) {
            var reply = config.masterUser.get().isEmpty()
                    ? ask(in, "AUTH", config.masterAuth.get())
                    : ask(in, "AUTH", config.masterUser.get(), config.masterAuth.get());
            if (reply.startsWith("-")) throw new IOException("it answers AUTH with " + reply);
        }
        int announced = config.replicaAnnouncePort.get();
        tell(in, "REPLCONF", "listening-port", Integer.toString(announced == 0 ? config.port.get() : announced));
        if (!config.replicaAnnounceIp.get().isEmpty()) tell(in, "REPLCONF", "ip-address", config.replicaAnnounceIp.get());
        tell(in, "REPLCONF", "capa", "psync2");
    }

    private void tell(InputStream in, String... request) throws IOException {
        var reply = ask(in, request);
        if (reply.startsWith("-")) LOG.log(INFO, "The master does not understand %s: %s".formatted(String.join(" ", request), reply));
    }

    private String ask(InputStream in, String... request) throws IOException {
        send(request);
        return readLine(in);
    }

    private void send(String... request) throws IOException {
        var words = new ArrayList<ByteString>();
        for (var word : request) words.add(ByteString.of(word));
        outputLock.lock();
        try {
            out.writeRequest(words);
            out.flush();
        } finally {
            outputLock.unlock();
        }
    }

    /// The next line that is not empty: an empty one is a sign of life.
    private static String readLine(InputStream in) throws IOException {
        var line = new StringBuilder();
        while (true) {
            int b = in.read();
            if (b < 0) throw new EOFException("it has closed the connection");
            if (b == '\n' && !line.isEmpty()) return line.toString().strip();
            if (b != '\n') line.append((char) b);
            if (line.length() > MAX_LINE) throw new IOException("it has sent a line that is too long: " + line.substring(0, 40));
        }
    }

    /// Gets to where the master is, as far as the stream has to be followed from.
    private void synchronize(InputStream in) throws IOException {
        String id;
        long offset;
        store.lock();
        try {
            id = lost ? "?" : replication.wantedId();
            offset = lost ? -1 : replication.wantedOffset();
        } finally {
            store.unlock();
        }
        var reply = ask(in, "PSYNC", id, Long.toString(offset));
        var words = reply.split(" ");
        if (words[0].equals("+CONTINUE")) {
            resume(words.length > 1 ? words[1] : id);
        } else if (words[0].equals("+FULLRESYNC") && words.length == 3) {
            state = State.SYNC;
            load(in, words[1], Long.parseLong(words[2]));
        } else {
            throw new IOException("it answers PSYNC with " + reply);
        }
    }

    private void resume(String id) throws IOException {
        store.lock();
        try {
            requireOpen();
            replication.continueAs(id);
        } finally {
            store.unlock();
        }
        LOG.log(INFO, "The master %s:%d lets this server go on from where it was".formatted(host, port));
    }

    /// Loads the master's snapshot aside. Clients see the old data until all of the new is here, and never a part of it.
    private void load(InputStream in, String id, long offset) throws IOException {
        var header = readLine(in);
        long start = System.nanoTime();
        var contents = store.emptyContents();
        if (header.startsWith("$EOF:")) {
            snapshotLength = -1;
            var mark = header.substring("$EOF:".length());
            var rest = load(contents, in, Long.MAX_VALUE);
            if (!new String(rest.readNBytes(mark.length()), StandardCharsets.US_ASCII).equals(mark)) {
                throw new IOException("its snapshot does not end with the mark it has announced");
            }
        } else if (header.matches("\\$\\d{1,18}")) {
            snapshotLength = Long.parseLong(header.substring(1));
            var bounded = new BoundedInput(in, snapshotLength);
            load(contents, bounded, snapshotLength);
            bounded.skipRest();
        } else {
            throw new IOException("it has sent, in place of a snapshot, " + header);
        }
        replace(contents, id, offset);
        LOG.log(INFO, "The snapshot of the master %s:%d is loaded: %.3f seconds".formatted(host, port, (System.nanoTime() - start) / 1e9));
    }

    private InputStream load(Store.Contents contents, InputStream in, long length) throws IOException {
        return new RdbLoader(contents, Path.of("of the master"), in, config.rdbChecksum.get(), RdbLoader.KEEP_ALL, new LoadProgress(length)).load();
    }

    private void replace(Store.Contents contents, String id, long offset) throws IOException {
        store.lock();
        try {
            requireOpen();
            replication.replaceBy(contents, id, offset);
            lost = false;
        } finally {
            store.unlock();
        }
    }

    private void requireOpen() throws IOException {
        if (!open) throw new IOException("this server no longer follows it");
    }

    // ---- the stream ----

    /// A command, and where it ends in the stream of this connection.
    private record Request(List<ByteString> words, long end) {}

    private void apply(InputStream in) throws IOException {
        try {
            applyAll(new RelayedInput(in), currentOffset());
        } catch (ProtocolException | RuntimeException | Error e) {
            lost = true; // to go on behind it would be to have other data than the master, and not to know
            throw new IOException("it has sent what this server cannot follow: " + e.getMessage(), e);
        }
    }

    private void applyAll(RelayedInput copy, long base) throws IOException {
        var reader = new RespReader(copy);
        var transaction = new Transaction();
        var batch = new ArrayList<Request>();
        while (open) {
            long end = reader.bytesConsumed();
            var request = reader.readRequest();
            if (request == null) throw new EOFException("it has closed the connection");
            do {
                if (!copy.hasArrayAt(end)) throw new ProtocolException("a request in a line of text"); // a part of something else, most likely
                end = reader.bytesConsumed();
                batch.add(new Request(request, end));
            } while (batch.size() < MAX_BATCH && (request = reader.pollRequest()) != null);
            execute(batch, transaction, copy, base);
            batch.clear();
        }
    }

    /// What has come since a MULTI whose EXEC has not: it is executed as a whole, and counts only then.
    private final class Transaction {

        boolean open;
        private final List<List<ByteString>> requests = new ArrayList<>();

        void add(List<ByteString> request) {
            commands.requireKnown(request); // before any of them is carried out
            requests.add(request);
        }

        void commit() {
            commands.applyAll(requests);
            requests.clear();
            open = false;
        }
    }

    private void execute(List<Request> batch, Transaction transaction, RelayedInput copy, long base) throws IOException {
        long applied = copy.passed();
        long ack = -1;
        store.lock();
        try {
            requireOpen();
            store.expiry(Store.Expiry.KEEP); // the master says when a key ends
            try {
                for (var request : batch) {
                    var words = request.words;
                    if (isGetAck(words)) ack = base + applied; // which it is not a part of
                    else if (words.getFirst().equalsIgnoreCase("multi")) transaction.open = true;
                    else if (words.getFirst().equalsIgnoreCase("exec")) transaction.commit();
                    else if (transaction.open) transaction.add(words);
                    else commands.apply(words);
                    if (!transaction.open) applied = request.end;
                }
            } finally {
                store.expiry(Store.Expiry.HIDE);
                copy.passTo(applied, stream);
                commands.applied();
            }
        } finally {
            store.unlock();
        }
        if (ack >= 0) acknowledge(ack);
    }

    private static boolean isGetAck(List<ByteString> words) {
        return words.size() == 3 && words.get(0).equalsIgnoreCase("replconf") && words.get(1).equalsIgnoreCase("getack");
    }

    private long currentOffset() {
        store.lock();
        try {
            return stream.offset();
        } finally {
            store.unlock();
        }
    }

    /// Counts what comes from the master, and notes when.
    private final class Received extends FilterInputStream {

        volatile long bytes;
        volatile long last = clock.millis();

        Received(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] buffer, int from, int length) throws IOException {
            int n = in.read(buffer, from, length);
            if (n > 0) bytes += n;
            last = clock.millis();
            return n;
        }
    }

    // ---- acknowledgements ----

    /// What there is to do ten times a second.
    void tick() {
        if (!isUp() || System.nanoTime() - lastAck < ACK_NANOS) return;
        try {
            acknowledge(currentOffset());
        } catch (IOException e) {
            // the thread that reads finds out too
        }
    }

    private void acknowledge(long offset) throws IOException {
        lastAck = System.nanoTime();
        send("REPLCONF", "ACK", Long.toString(offset));
    }

    // ---- its state ----

    Resp role() {
        return Resp.array(Resp.bulk("slave"), Resp.bulk(host), Resp.integer(port), Resp.bulk(state.toString()),
                Resp.integer(isUp() ? stream.visibleOffset() : -1));
    }

    Map<String, ?> info() {
        var fields = new LinkedHashMap<String, Object>();
        var current = state;
        boolean syncing = current == State.SYNC;
        long now = clock.millis();
        fields.put("master_host", host);
        fields.put("master_port", port);
        fields.put("master_link_status", current == State.CONNECTED ? "up" : "down");
        fields.put("master_last_io_seconds_ago", current == State.CONNECTED ? (now - received.last) / 1000 : -1);
        fields.put("master_sync_in_progress", syncing ? 1 : 0);
        fields.put("slave_read_repl_offset", stream.visibleOffset());
        fields.put("slave_repl_offset", stream.visibleOffset());
        if (syncing) {
            fields.put("master_sync_total_bytes", snapshotLength);
            fields.put("master_sync_read_bytes", received.bytes);
            fields.put("master_sync_left_bytes", snapshotLength < 0 ? -1 : Math.max(0, snapshotLength - received.bytes));
            fields.put("master_sync_perc", snapshotLength <= 0 ? "0.00" : "%.2f".formatted(Math.min(100, 100.0 * received.bytes / snapshotLength)));
            fields.put("master_sync_last_io_seconds_ago", (now - received.last) / 1000);
        }
        if (current != State.CONNECTED) fields.put("master_link_down_since_seconds", downSince == 0 ? -1 : (now - downSince) / 1000);
        fields.put("slave_priority", config.replicaPriority.get());
        fields.put("slave_read_only", 1);
        fields.put("replica_announced", 1);
        return fields;
    }

    /// Returns when its thread has ended. The caller does not hold the store's lock.
    @Override
    public void close() {
        cancel();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
