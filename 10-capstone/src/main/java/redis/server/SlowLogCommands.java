package redis.server;

import java.util.EnumSet;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.ADMIN;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.STALE;

/// SLOWLOG: which commands have taken long.
final class SlowLogCommands {

    private static final long USUAL_COUNT = 10;

    private final SlowLog slowLog;

    SlowLogCommands(SlowLog slowLog) {
        this.slowLog = slowLog;
    }

    void addTo(CommandTable table) {
        var flags = EnumSet.of(ADMIN, LOADING, STALE);
        table.add("server",
                Command.group("slowlog", -2, EnumSet.noneOf(Flag.class),
                        "Groups the commands about the log of slow commands.", null,
                        Command.of("slowlog|get [count]", -2, flags, Keys.NONE,
                                "Return the last commands that took long, 10 unless told otherwise; -1 for all.", this::get),
                        Command.of("slowlog|len", 2, flags, Keys.NONE,
                                "Return how many there are.", (_, _) -> Resp.integer(slowLog.size())),
                        Command.of("slowlog|reset", 2, flags, Keys.NONE,
                                "Forget them.", this::reset)));
    }

    private Resp get(ClientSession client, List<ByteString> request) {
        if (request.size() > 3) {
            throw new CommandException("ERR unknown subcommand or wrong number of arguments for '%s'. Try SLOWLOG HELP.".formatted(request.get(1).toLatin1()));
        }
        long count = request.size() == 2 ? USUAL_COUNT : count(request.get(2));
        return new Resp.Array(slowLog.last(count).stream().map(SlowLogCommands::describe).toList());
    }

    private static long count(ByteString argument) {
        var message = "ERR count should be greater than or equal to -1";
        long count = Arguments.integer(argument, message);
        if (count < -1) throw new CommandException(message);
        return count == -1 ? Long.MAX_VALUE : count;
    }

    private static Resp describe(SlowLog.Entry entry) {
        return Resp.array(
                Resp.integer(entry.id()),
                Resp.integer(entry.time()),
                Resp.integer(entry.micros()),
                new Resp.Array(entry.request().stream().map(Resp::bulk).toList()),
                Resp.bulk(entry.address()),
                Resp.bulk(entry.name()));
    }

    private Resp reset(ClientSession client, List<ByteString> request) {
        slowLog.clear();
        return Resp.OK;
    }
}
