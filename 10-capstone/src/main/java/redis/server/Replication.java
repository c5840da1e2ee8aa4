package redis.server;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import redis.resp.Resp;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// What this server is to others: a master, or the replica of one, which may have replicas itself.
final class Replication implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Replication.class.getName());

    private final ServerConfig config;
    private final Store store;
    private final ReplicationStream stream;
    private final ReplicationHistory history;
    private final Persistence persistence;
    private final CommandTable commands;
    private final Replicas replicas;
    private final InstantSource clock;
    private final Statistics statistics;

    /// The connection with the master; null: this server is one. Changes under the store's lock.
    private volatile MasterLink link;

    /// That one, and those before it whose threads have not ended yet.
    private final Set<MasterLink> links = ConcurrentHashMap.newKeySet();
    private boolean closing; // there are no more links; guarded by the store's lock

    Replication(ServerConfig config, Store store, ReplicationStream stream, ReplicationHistory history, Persistence persistence, CommandTable commands,
                Replicas replicas, InstantSource clock, Statistics statistics) {
        this.config = config;
        this.store = store;
        this.stream = stream;
        this.history = history;
        this.persistence = persistence;
        this.commands = commands;
        this.replicas = replicas;
        this.clock = clock;
        this.statistics = statistics;
        if (!config.replicaOf.get().isEmpty()) store.expiry(Store.Expiry.HIDE); // from the first client on
    }

    boolean isReplica() {
        return link != null;
    }

    /// Begins with the role that the configuration says, when the data are loaded.
    void start() {
        store.lock();
        try {
            replicas.start();
            var master = config.replicaOf.get().split(" +");
            if (master.length == 2) follow(master[0], Integer.parseInt(master[1]));
            else if (history.isKnown()) history.continueAs(ReplicationHistory.randomId()); // what this server writes from now on is its own
        } finally {
            store.unlock();
        }
    }

    // ---- which role; the caller holds the store's lock ----

    /// Becomes the replica of a master. It keeps its data until those of the master are here.
    ///
    /// @return false if it is that already
    boolean follow(String host, int port) {
        if (closing || link != null && link.leadsTo(host, port)) return false;
        if (link != null) link.cancel();
        else if (stream.isOpen()) history.becomesKnown(); // another replica of it may be the new master
        stream.relayed(true);
        replicas.disconnect();
        store.expiry(Store.Expiry.HIDE);
        link = new MasterLink(host, port, config, store, commands, this, stream, clock, statistics);
        links.add(link);
        LOG.log(INFO, "This server is a replica of %s:%d now".formatted(host, port));
        link.start();
        config.replicaOf.put(host + " " + port);
        return true;
    }

    /// Becomes a master, with the data it has.
    void lead() {
        if (link == null) return;
        link.cancel();
        link = null;
        store.expiry(Store.Expiry.REMOVE);
        stream.relayed(false);
        if (history.isKnown()) history.continueAs(ReplicationHistory.randomId());
        replicas.disconnect(); // they come back and learn the new id
        LOG.log(INFO, "This server is a master now");
        config.replicaOf.put("");
    }

    // ---- the master's side; the caller holds the store's lock ----

    /// A replica asks for the stream.
    ///
    /// @param id of the history that it has; `?` if it has none
    /// @param offset of the first byte that it wants, counted from 1 on
    /// @return the reply; null if it gets all data first
    Resp psync(Replica replica, String id, long offset) {
        requireLink();
        if (history.includes(id, offset) && replicas.resume(replica, offset - 1)) {
            return new Resp.SimpleString(replica.understandsPsync2() ? "CONTINUE " + history.id() : "CONTINUE");
        }
        if (!id.equals("?")) {
            replicas.refusedPartialSync();
            LOG.log(INFO, "Partial resynchronization is not possible: replica %s asks for %s from %d on, here is %s up to %d"
                    .formatted(replica.name(), id, offset, history.id(), stream.offset()));
        }
        synchronize(replica);
        return null;
    }

    /// Gives a replica all data, and then the stream.
    void synchronize(Replica replica) {
        requireLink();
        if (!stream.isOpen()) {
            if (!isReplica()) history.begin(); // what has been written so far has not been counted
            stream.open(stream.offset(), isReplica());
        }
        replicas.synchronize(replica);
    }

    private void requireLink() {
        if (link != null && !link.isUp()) throw new CommandException("NOMASTERLINK Can't SYNC while not connected with my master");
    }

    // ---- the replica's side; the caller holds the store's lock ----

    /// The id of the history to ask the master for; `?` if there is none.
    String wantedId() {
        return history.isKnown() ? history.id() : "?";
    }

    /// The first byte that is wanted of it, counted from 1 on; -1 if there is none.
    long wantedOffset() {
        return history.isKnown() ? stream.offset() + 1 : -1;
    }

    /// Takes over a master's data and its history, in place of its own.
    void replaceBy(Store.Contents contents, String id, long offset) {
        replicas.disconnect();
        persistence.replaceBy(contents);
        history.replaceBy(id, offset);
    }

    /// Goes on from where it was, under the id that the history has at the master.
    void continueAs(String id) {
        if (!stream.isOpen()) stream.open(stream.offset(), true);
        if (id.equals(history.id())) return;
        history.continueAs(id);
        replicas.disconnect();
    }

    // ---- without the lock ----

    /// What there is to do ten times a second.
    void tick() {
        try {
            replicas.tick(!isReplica());
            var current = link;
            if (current != null) current.tick();
        } catch (RuntimeException | Error e) { // it is to go on
            LOG.log(WARNING, "An unexpected error", e);
        }
    }

    /// A link's thread is about to end.
    void ended(MasterLink ended) {
        links.remove(ended);
    }

    /// @throws CommandException if this server cannot carry out this command for a client
    void admit(Command command) {
        var flags = command.flags();
        boolean write = flags.contains(Command.Flag.WRITE);
        if (write && !isReplica() && !replicas.areEnough()) throw new CommandException("NOREPLICAS Not enough good replicas to write.");
        if (!isReplica()) return;
        if (write) throw new CommandException("READONLY You can't write against a read only replica.");
        if (!link.isUp() && !config.replicaServeStaleData.get() && !flags.contains(Command.Flag.STALE)) {
            throw new CommandException("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.");
        }
    }

    // ---- its state ----

    Resp role() {
        if (isReplica()) return link.role();
        return Resp.array(Resp.bulk("master"), Resp.integer(stream.visibleOffset()), replicas.role());
    }

    Map<String, ?> info() {
        var fields = new LinkedHashMap<String, Object>();
        var current = link;
        fields.put("role", current == null ? "master" : "slave");
        if (current != null) fields.putAll(current.info());
        fields.putAll(replicas.info());
        fields.put("master_failover_state", "no-failover");
        fields.putAll(history.info());
        fields.put("repl_backlog_active", stream.isOpen() ? 1 : 0);
        fields.put("repl_backlog_size", config.replBacklogSize.get());
        fields.put("repl_backlog_first_byte_offset", stream.isOpen() ? stream.first() + 1 : 0);
        fields.put("repl_backlog_histlen", stream.isOpen() ? stream.visibleOffset() - stream.first() : 0);
        return fields;
    }

    /// Applies nothing any more that comes from a master. The caller holds the store's lock.
    void leave() {
        if (link != null) link.cancel();
    }

    /// Leaves the master, and returns when no thread of that is left. The sessions of replicas are closed as all others are.
    @Override
    public void close() {
        store.lock();
        closing = true;
        store.unlock();
        for (var link : links) link.close();
    }
}
