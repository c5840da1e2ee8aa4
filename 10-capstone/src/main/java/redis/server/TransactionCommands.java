package redis.server;

import java.util.EnumSet;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.ALLOW_BUSY;
import static redis.server.Command.Flag.FAST;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.NOSCRIPT;
import static redis.server.Command.Flag.SKIP_SLOWLOG;
import static redis.server.Command.Flag.STALE;

/// The commands by which several others become one. What is queued in between: see [CommandTable#execute].
final class TransactionCommands {

    private final Propagation propagation;

    TransactionCommands(Propagation propagation) {
        this.propagation = propagation;
    }

    void addTo(CommandTable table) {
        var flags = EnumSet.of(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY);
        table.add("transactions",
                Command.of("multi", 1, flags, Keys.NONE,
                        "Begins a transaction: what follows is queued.", this::multi),
                Command.of("exec", 1, EnumSet.of(NOSCRIPT, LOADING, STALE, SKIP_SLOWLOG), Keys.NONE,
                        "Carries out all that was queued, as if it were one command.", this::exec),
                Command.of("discard", 1, flags, Keys.NONE,
                        "Forgets what was queued.", this::discard),
                Command.of("watch key [key ...]", -2, flags, Keys.ALL,
                        "Has the next transaction carried out only if none of these keys changes until then.", this::watch),
                Command.of("unwatch", 1, flags, Keys.NONE,
                        "Forgets which keys are watched.", this::unwatch));
    }

    /// @throws CommandException if the command cannot be part of a transaction, and the client has begun one
    void admit(ClientSession client, Command command) {
        if (client.isInTransaction() && command.flags().contains(Flag.NO_MULTI)) {
            throw new CommandException("ERR Command not allowed inside a transaction");
        }
    }

    private Resp multi(ClientSession client, List<ByteString> request) {
        var transaction = client.transaction();
        if (transaction.isOpen()) throw new CommandException("ERR MULTI calls can not be nested");
        transaction.begin();
        return Resp.OK;
    }

    /// All under this one hold of the store's lock. A command that fails does not keep the others from being carried out: there is no way back.
    private Resp exec(ClientSession client, List<ByteString> request) {
        var transaction = client.transaction();
        if (!transaction.isOpen()) throw new CommandException("ERR EXEC without MULTI");
        try {
            if (transaction.isBroken()) throw new CommandException("EXECABORT Transaction discarded because of previous errors.");
            if (transaction.isLost()) return Resp.Null.ARRAY;
            var queue = transaction.run();
            propagation.together(() -> client.executeAll(queue));
            return null; // the replies are there
        } finally {
            transaction.discard();
        }
    }

    private Resp discard(ClientSession client, List<ByteString> request) {
        var transaction = client.transaction();
        if (!transaction.isOpen()) throw new CommandException("ERR DISCARD without MULTI");
        transaction.discard();
        return Resp.OK;
    }

    private Resp watch(ClientSession client, List<ByteString> request) {
        var transaction = client.transaction();
        if (transaction.isOpen()) throw new CommandException("ERR WATCH inside MULTI is not allowed");
        for (var key : request.subList(1, request.size())) transaction.watch(key);
        return Resp.OK;
    }

    private Resp unwatch(ClientSession client, List<ByteString> request) {
        client.transaction().unwatch();
        return Resp.OK;
    }
}
