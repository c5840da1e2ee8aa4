package redis.server;

import java.util.EnumSet;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.ADMIN;
import static redis.server.Command.Flag.ALLOW_BUSY;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.NOSCRIPT;
import static redis.server.Command.Flag.NO_MULTI;
import static redis.server.Command.Flag.STALE;

/// The command that ends the server.
final class ShutdownCommands {

    private final Shutdown shutdown;

    ShutdownCommands(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    void addTo(CommandTable table) {
        table.add("server",
                Command.of("shutdown [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]", -1,
                        EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI, ALLOW_BUSY), Keys.NONE,
                        "Brings the data to disk and ends the server, or calls that off.", this::shutdown));
    }

    /// There is a reply only if the server goes on. Else the connection ends with it.
    private Resp shutdown(ClientSession client, List<ByteString> request) {
        var words = request.subList(1, request.size());
        if (!words.isEmpty() && words.stream().allMatch(word -> word.equalsIgnoreCase("abort"))) {
            if (!shutdown.callOff()) throw new CommandException("ERR No shutdown in progress.");
            return Resp.OK;
        }
        var outcome = shutdown.begin(ShutdownOptions.parse(words));
        client.answerLater(() -> outcome.join() ? null : Resp.error("ERR Errors trying to SHUTDOWN. Check logs."));
        return null;
    }
}
