package redis.server;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.ADMIN;
import static redis.server.Command.Flag.ALLOW_BUSY;
import static redis.server.Command.Flag.FAST;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.NOSCRIPT;
import static redis.server.Command.Flag.NO_ASYNC_LOADING;
import static redis.server.Command.Flag.NO_MULTI;
import static redis.server.Command.Flag.STALE;

/// The commands by which servers follow one another, and those that tell about it.
final class ReplicationCommands {

    private static final int MAX_ADDRESS = 255; // of a replica, in bytes

    private final Replication replication;
    private final Replicas replicas;

    ReplicationCommands(Replication replication, Replicas replicas) {
        this.replication = replication;
        this.replicas = replicas;
    }

    void addTo(CommandTable table) {
        var role = EnumSet.of(ADMIN, NOSCRIPT, STALE, NO_ASYNC_LOADING);
        var sync = EnumSet.of(ADMIN, NOSCRIPT, NO_ASYNC_LOADING, NO_MULTI);
        table.add("server",
                Command.of("replicaof host port", 3, role, Keys.NONE,
                        "Makes this server the replica of another one, or with NO ONE a master.", this::replicaOf),
                Command.of("slaveof host port", 3, role, Keys.NONE,
                        "As REPLICAOF, which came later.", this::replicaOf),
                Command.of("psync replicationid offset", -3, sync, Keys.NONE,
                        "Is sent by a replica to get the stream of writes.", this::psync),
                Command.of("sync", 1, sync, Keys.NONE,
                        "Is sent for a snapshot and the stream of writes after it.", this::sync),
                Command.of("replconf [option value ...]", -1, EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE, ALLOW_BUSY), Keys.NONE,
                        "Is sent by a replica to tell about itself.", this::replConf),
                Command.of("role", 1, EnumSet.of(NOSCRIPT, LOADING, STALE, FAST), Keys.NONE,
                        "Returns what this server is to others.", (_, _) -> replication.role()));
        table.add("generic",
                Command.of("wait numreplicas timeout", 3, EnumSet.of(NOSCRIPT), Keys.NONE,
                        "Waits until so many replicas have what this client has written.", this::await));
    }

    private Resp replicaOf(ClientSession client, List<ByteString> request) {
        var host = request.get(1);
        if (host.equalsIgnoreCase("no") && request.get(2).equalsIgnoreCase("one")) {
            replication.lead();
            return Resp.OK;
        }
        long port = Arguments.integer(request.get(2), "ERR Invalid master port");
        if (port < 0 || port > 65_535) throw new CommandException("ERR Invalid master port");
        boolean changed = replication.follow(host.toString(), (int) port);
        return changed ? Resp.OK : new Resp.SimpleString("OK Already connected to specified master");
    }

    private Resp psync(ClientSession client, List<ByteString> request) {
        if (client.isReplica()) return null; // it has the stream already
        long offset = Arguments.integer(request.get(2));
        return replication.psync(client.replica(), request.get(1).toLatin1(), offset);
    }

    private Resp sync(ClientSession client, List<ByteString> request) {
        if (client.isReplica()) return null;
        client.replica().isOld();
        replication.synchronize(client.replica());
        return null;
    }

    private Resp replConf(ClientSession client, List<ByteString> request) {
        if (request.size() % 2 == 0) throw new CommandException(CommandException.SYNTAX);
        for (int i = 1; i < request.size(); i += 2) {
            var value = request.get(i + 1);
            switch (request.get(i).toLatin1().toLowerCase(Locale.ROOT)) {
                case "listening-port" -> client.replica().listensOn((int) Arguments.integer(value));
                case "ip-address" -> {
                    if (value.length() > MAX_ADDRESS) {
                        throw new CommandException("ERR REPLCONF ip-address provided by replica instance is too long: " + value.length() + " bytes");
                    }
                    client.replica().announcesAddress(value.toString());
                }
                case "capa" -> client.replica().isCapableOf(value.toLatin1().toLowerCase(Locale.ROOT));
                case "rdb-only" -> client.replica().wantsRdbOnly(Arguments.integer(value) != 0);
                case "ack" -> {
                    if (client.isReplica()) acknowledge(client.replica(), value);
                    return null;
                }
                case "getack" -> {
                    return null; // is for a replica, and comes through the stream
                }
                default -> throw new CommandException("ERR Unrecognized REPLCONF option: " + request.get(i).toLatin1());
            }
        }
        return Resp.OK;
    }

    private void acknowledge(Replica replica, ByteString offset) {
        try {
            replicas.acknowledge(replica, Arguments.integer(offset));
        } catch (CommandException e) {
            // an error would end up in the stream
        }
    }

    private Resp await(ClientSession client, List<ByteString> request) {
        if (replication.isReplica()) {
            throw new CommandException("ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured "
                    + "to be writable (which is not the default) writes to replicas are just local and are not propagated.");
        }
        long wanted = Arguments.integer(request.get(1));
        long millis = Arguments.integer(request.get(2), "ERR timeout is not an integer or out of range");
        if (millis < 0) throw new CommandException("ERR timeout is negative");
        long offset = client.lastWrite();
        int acknowledged = replicas.acknowledgements(offset);
        if (acknowledged >= wanted || client.isExecuting()) return Resp.integer(acknowledged);
        replicas.askForAcknowledgement();
        int many = (int) Math.min(wanted, Integer.MAX_VALUE);
        client.answerLater(() -> Resp.integer(replicas.awaitAcknowledgements(many, offset, millis, client::isGone)));
        return null;
    }
}
