package redis.server;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Keys;

import static java.lang.System.Logger.Level.WARNING;
import static redis.server.Command.Flag.ADMIN;
import static redis.server.Command.Flag.FAST;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.NOSCRIPT;
import static redis.server.Command.Flag.NO_ASYNC_LOADING;
import static redis.server.Command.Flag.NO_MULTI;
import static redis.server.Command.Flag.STALE;

/// The commands about what is on disk.
final class PersistenceCommands {

    private static final System.Logger LOG = System.getLogger(PersistenceCommands.class.getName());

    private final Persistence persistence;
    private final CommandTable commands;

    PersistenceCommands(Persistence persistence, CommandTable commands) {
        this.persistence = persistence;
        this.commands = commands;
    }

    void addTo(CommandTable table) {
        var admin = EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE);
        var debug = EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI); // in a transaction, files would have a part of it, or none
        table.add("server",
                Command.of("bgrewriteaof", 1, EnumSet.of(ADMIN, NOSCRIPT, NO_ASYNC_LOADING), Keys.NONE,
                        "Rewrites the log in the background, as short as it can be.", this::bgRewriteAof),
                Command.of("save", 1, EnumSet.of(ADMIN, NOSCRIPT, NO_ASYNC_LOADING, NO_MULTI), Keys.NONE,
                        "Saves a snapshot while everybody waits.", this::save),
                Command.of("bgsave [SCHEDULE]", -1, EnumSet.of(ADMIN, NOSCRIPT, NO_ASYNC_LOADING), Keys.NONE,
                        "Saves a snapshot in the background.", this::bgSave),
                Command.of("lastsave", 1, EnumSet.of(LOADING, STALE, FAST), Keys.NONE,
                        "Returns when the last snapshot was saved, in seconds since 1970.", this::lastSave),
                Command.group("debug", -2, admin,
                        "Groups the commands for tests of the server.", null,
                        Command.of("debug|loadaof", 2, debug, Keys.NONE,
                                "Load the data from the log again, in place of those in memory.", this::loadAof),
                        Command.of("debug|reload", 2, debug, Keys.NONE,
                                "Save a snapshot and load it again.", this::reload)));
    }

    private Resp bgRewriteAof(ClientSession client, List<ByteString> request) {
        boolean started = false;
        if (client.isExecuting()) persistence.rewriteLogLater(); // not between two commands of a transaction
        else started = persistence.rewriteLog();
        return new Resp.SimpleString("Background append only file rewriting " + (started ? "started" : "scheduled"));
    }

    private Resp save(ClientSession client, List<ByteString> request) {
        try {
            persistence.save();
            return Resp.OK;
        } catch (IOException e) {
            LOG.log(WARNING, "Saving failed, the old file stays: " + e);
            throw new CommandException("ERR"); // Redis says no more either
        }
    }

    private Resp bgSave(ClientSession client, List<ByteString> request) {
        boolean schedule = request.size() == 2 && request.get(1).equalsIgnoreCase("schedule");
        if (request.size() > 1 && !schedule) throw new CommandException(CommandException.SYNTAX);
        boolean started = false;
        if (client.isExecuting()) persistence.saveLater();
        else started = persistence.saveInBackground(schedule);
        return new Resp.SimpleString("Background saving " + (started ? "started" : "scheduled"));
    }

    private Resp lastSave(ClientSession client, List<ByteString> request) {
        return Resp.integer(persistence.lastSave());
    }

    /// Keeps everybody else waiting, as Redis does.
    private Resp loadAof(ClientSession client, List<ByteString> request) {
        try {
            persistence.reload(commands);
            return Resp.OK;
        } catch (IOException e) {
            throw new CommandException("ERR Error trying to load the AOF files, check server logs: " + e.getMessage());
        }
    }

    private Resp reload(ClientSession client, List<ByteString> request) {
        try {
            persistence.reloadSnapshot();
            return Resp.OK;
        } catch (IOException e) {
            throw new CommandException("ERR Error trying to load the RDB dump, check server logs: " + e.getMessage());
        }
    }
}
