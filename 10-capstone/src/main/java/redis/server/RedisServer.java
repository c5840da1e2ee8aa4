package redis.server;

import java.io.IOException;
import java.net.BindException;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

/// Accepts connections and gives each one a virtual thread of its own.
final class RedisServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(RedisServer.class.getName());

    private final ServerConfig config;
    private final Store store;
    private final Persistence persistence;
    private final Propagation propagation;
    private final PubSub pubSub = new PubSub();
    private final ReplicationStream stream = new ReplicationStream();
    private final Replicas replicas;
    private final Replication replication;
    private final ActiveExpiry activeExpiry;
    private final Shutdown shutdown;
    private final CommandTable commands;
    private final Admission admission;
    private final Listeners listeners;

    /// The live sessions. Concurrent, because the listeners add and every session removes itself.
    private final Set<ClientSession> sessions = ConcurrentHashMap.newKeySet();

    /// The threads of all sessions, for [#close()] to join: one whose session is no longer live may still be about to end. Weak, so
    /// that those that have ended are forgotten. The listeners add, one at a time; nobody else looks before they have ended.
    private final Set<Thread> threads = Collections.newSetFromMap(new WeakHashMap<>());

    /// What has to be done once a second. A platform thread, as those that accept connections.
    private final ScheduledExecutorService cron = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("cron").factory());

    /// Held while the server starts: what is to be ended has to be there first.
    private final ReentrantLock starting = new ReentrantLock();

    private final InstantSource clock;
    private final Instant created;
    private long lastId; // of a session; for the listeners, one at a time

    RedisServer(ServerConfig config) throws IOException {
        this(config, InstantSource.system());
    }

    /// A server that takes the time from this clock.
    RedisServer(ServerConfig config, InstantSource clock) throws IOException {
        this.config = config;
        this.clock = clock;
        this.created = clock.instant();
        store = new Store(clock);
        var history = new ReplicationHistory(stream);
        persistence = new Persistence(config, store, clock, history);
        propagation = new Propagation(store, persistence.log(), stream);
        replicas = new Replicas(config, store, stream, history, persistence, clock);
        activeExpiry = new ActiveExpiry(store, propagation);
        commands = new CommandTable(propagation);
        replication = new Replication(config, store, stream, history, persistence, commands, replicas, clock);
        shutdown = new Shutdown(config, store, commands, persistence, stream, replicas, replication, this::end);
        admission = new Admission(config);
        listeners = new Listeners(config, this::admit);
        var authentication = new Authentication(config);
        var transactionCommands = new TransactionCommands(propagation);
        commands.add(authentication::admit);
        commands.add(transactionCommands::admit);
        commands.add((_, command) -> persistence.admit(command));
        commands.add((_, command) -> replication.admit(command));
        var info = new ServerInfo();
        info.add("Server", this::serverInfo);
        info.add("Clients", this::clientsInfo);
        info.add("Memory", this::memoryInfo);
        info.add("Persistence", persistence::info);
        info.add("Stats", this::statsInfo);
        info.add("Replication", replication::info);
        info.add("Keyspace", this::keyspaceInfo);
        info.onReset(admission::resetStatistics);
        info.onReset(commands::resetStatistics);
        info.onReset(store::resetStatistics);
        info.onReset(replicas::resetStatistics);
        new ConnectionCommands(pubSub, replication, authentication).addTo(commands);
        new ClientCommands(sessions).addTo(commands);
        var events = new KeyspaceEvents(config.notifyKeyspaceEvents, store, pubSub);
        new StringCommands(store, propagation, events).addTo(commands);
        new KeyCommands(store, events).addTo(commands);
        new ExpiryCommands(store, propagation, events).addTo(commands);
        new ServerCommands(store, config, info, persistence, clock).addTo(commands);
        new PersistenceCommands(persistence, commands).addTo(commands);
        var pubSubCommands = new PubSubCommands(pubSub, propagation);
        commands.add(pubSubCommands::admit);
        pubSubCommands.addTo(commands);
        transactionCommands.addTo(commands);
        new ReplicationCommands(replication, replicas).addTo(commands);
        new ShutdownCommands(shutdown).addTo(commands);
        new IntrospectionCommands(commands).addTo(commands);
    }

    /// Listens, loads the data, and returns as soon as clients can use them. Those that connect earlier are told to wait.
    ///
    /// @throws BindException if the address cannot be bound, for one because the port is taken
    /// @throws IOException if the data cannot be loaded; the server is closed then
    void start() throws IOException {
        listeners.start();
        try {
            load();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void load() throws IOException {
        starting.lock();
        try {
            persistence.load(commands);
            begin();
        } finally {
            starting.unlock();
        }
    }

    private void begin() throws IOException {
        store.lock();
        try {
            if (shutdown.isOver()) throw new IOException("It was shut down while it loaded the data");
            replication.start();
            activeExpiry.start();
            cron.scheduleWithFixedDelay(replication::tick, 100, 100, TimeUnit.MILLISECONDS);
            cron.scheduleWithFixedDelay(() -> sessions.forEach(ClientSession::checkLimit), 1, 1, TimeUnit.SECONDS);
            cron.scheduleWithFixedDelay(() -> sessions.forEach(ClientSession::checkIdle), 1, 1, TimeUnit.SECONDS);
        } finally {
            store.unlock();
        }
    }

    /// The port it listens on: the configured one, or the one the system chose for port 0.
    int port() {
        return listeners.port();
    }

    /// The addresses it listens on.
    List<String> hosts() {
        return listeners.hosts();
    }

    private void admit(Socket socket) throws IOException {
        ClientSession session;
        try {
            if (!admission.admit(socket, sessions.size())) return;
            session = new ClientSession(++lastId, clock.millis(), socket, config, store, commands, propagation, persistence.log(), pubSub, stream,
                    replicas, shutdown);
        } catch (IOException e) { // it left before we could greet it
            socket.close();
            return;
        }
        var thread = Thread.ofVirtual().name("client " + session.peer()).unstarted(() -> serve(session));
        threads.add(thread);
        sessions.add(session); // before the start, so that close() finds every session that runs
        thread.start();
    }

    private void serve(ClientSession session) {
        try (session) {
            session.run();
        } catch (IOException e) {
            LOG.log(DEBUG, () -> "Lost " + session.peer() + ": " + e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.log(WARNING, "Closed " + session.peer() + " after an unexpected error", e);
        } finally {
            forget(session);
        }
    }

    private void forget(ClientSession session) {
        store.lock();
        try {
            pubSub.forget(session);
            session.discardTransaction();
            if (session.isReplica()) replicas.remove(session.replica());
        } finally {
            store.unlock();
        }
        session.awaitWriters();
        sessions.remove(session);
    }

    /// @param exit ends the process when the server has ended because a client or a signal has asked for it
    void onExit(Runnable exit) {
        shutdown.onExit(exit);
    }

    /// Begins to end the server, unless somebody else has done so.
    ///
    /// @return whether it does end, as soon as that is certain
    CompletableFuture<Boolean> shutdown(ShutdownOptions options) {
        store.lock();
        try {
            return shutdown.begin(options);
        } finally {
            store.unlock();
        }
    }

    /// Ends the server, as SHUTDOWN NOW NOSAVE FORCE does, and returns when nothing of it is left.
    @Override
    public void close() {
        shutdown.close();
    }

    /// Stops listening, lets the clients have their last replies, and waits for all threads to end. No command is carried out any more.
    private void end(Duration limit) throws IOException {
        starting.lock(); // as soon as it is free everything has begun that is going to
        starting.unlock();
        cron.close();
        replication.close();
        listeners.close(); // from here on nobody adds a session
        finishSessions(limit);
        replicas.close();
        for (var thread : threads) join(thread);
        activeExpiry.close();
        persistence.close();
    }

    private void finishSessions(Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        var finishing = sessions.stream().map(session -> Thread.ofVirtual().name("end of " + session.peer()).start(session::finish)).toList();
        for (var thread : finishing) {
            try {
                thread.join(Duration.ofNanos(deadline - System.nanoTime()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        for (var session : sessions) session.close();
        for (var thread : finishing) join(thread);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- what INFO tells ----

    private Map<String, ?> serverInfo() {
        long uptime = Duration.between(created, clock.instant()).toSeconds();
        var fields = new LinkedHashMap<String, Object>();
        fields.put("redis_version", ServerInfo.REDIS_VERSION);
        fields.put("redis_mode", "standalone");
        fields.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
        fields.put("arch_bits", 64);
        fields.put("process_id", ProcessHandle.current().pid());
        fields.put("tcp_port", port());
        fields.put("uptime_in_seconds", uptime);
        fields.put("uptime_in_days", uptime / Duration.ofDays(1).toSeconds());
        fields.put("config_file", config.file() == null ? "" : config.file());
        long left = shutdown.millisLeft();
        if (left >= 0) fields.put("shutdown_in_milliseconds", left);
        return fields;
    }

    private Map<String, ?> clientsInfo() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("connected_clients", sessions.size());
        fields.put("maxclients", config.maxClients.get());
        fields.put("blocked_clients", sessions.stream().filter(ClientSession::isBlocked).count());
        return fields;
    }

    private Map<String, ?> memoryInfo() {
        var runtime = Runtime.getRuntime();
        return Map.of("used_memory", runtime.totalMemory() - runtime.freeMemory());
    }

    private Map<String, ?> statsInfo() {
        var fields = new LinkedHashMap<String, Object>();
        fields.putAll(admission.statistics());
        fields.put("total_commands_processed", commands.executed());
        fields.put("expired_keys", store.expired());
        fields.putAll(replicas.statistics());
        fields.put("pubsub_channels", pubSub.channels(PubSub.Kind.CHANNEL).size());
        fields.put("pubsub_patterns", pubSub.channels(PubSub.Kind.PATTERN).size());
        fields.put("pubsubshard_channels", pubSub.channels(PubSub.Kind.SHARD_CHANNEL).size());
        return fields;
    }

    private Map<String, ?> keyspaceInfo() {
        if (store.size() == 0) return Map.of();
        return Map.of("db0", "keys=" + store.size() + ",expires=" + store.volatileSize() + ",avg_ttl=0");
    }
}
