package redis.server;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.ADMIN;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.NOSCRIPT;
import static redis.server.Command.Flag.NO_ASYNC_LOADING;
import static redis.server.Command.Flag.STALE;

/// The commands about what is on disk.
final class PersistenceCommands {

    private final Persistence persistence;
    private final CommandTable commands;

    PersistenceCommands(Persistence persistence, CommandTable commands) {
        this.persistence = persistence;
        this.commands = commands;
    }

    void addTo(CommandTable table) {
        var admin = EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE);
        table.add("server",
                Command.of("bgrewriteaof", 1, EnumSet.of(ADMIN, NOSCRIPT, NO_ASYNC_LOADING), Keys.NONE,
                        "Rewrites the log in the background, as short as it can be.", this::bgRewriteAof),
                Command.group("debug", -2, admin,
                        "Groups the commands for tests of the server.", null,
                        Command.of("debug|loadaof", 2, admin, Keys.NONE,
                                "Load the data from the log again, in place of those in memory.", this::loadAof)));
    }

    private Resp bgRewriteAof(ClientSession client, List<ByteString> request) {
        persistence.rewriteLog();
        return new Resp.SimpleString("Background append only file rewriting started");
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
}
