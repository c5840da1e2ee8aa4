package redis.server;

import java.io.IOException;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;
import static redis.server.Command.Flag.ADMIN;
import static redis.server.Command.Flag.FAST;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.NOSCRIPT;
import static redis.server.Command.Flag.READONLY;
import static redis.server.Command.Flag.STALE;
import static redis.server.Command.Flag.WRITE;

/// The commands about the server as a whole.
final class ServerCommands {

    private static final System.Logger LOG = System.getLogger(ServerCommands.class.getName());

    private final Store store;
    private final ServerConfig config;
    private final ServerInfo info;
    private final Persistence persistence;
    private final InstantSource clock;

    ServerCommands(Store store, ServerConfig config, ServerInfo info, Persistence persistence, InstantSource clock) {
        this.store = store;
        this.config = config;
        this.info = info;
        this.persistence = persistence;
        this.clock = clock;
    }

    void addTo(CommandTable table) {
        var always = EnumSet.of(LOADING, STALE);
        table.add("server",
                Command.of("dbsize", 1, EnumSet.of(READONLY, FAST), Keys.NONE,
                        "Returns how many keys there are.", this::dbSize),
                Command.of("flushdb [ASYNC | SYNC]", -1, EnumSet.of(WRITE), Keys.NONE,
                        "Deletes all keys of the database.", this::flush),
                Command.of("flushall [ASYNC | SYNC]", -1, EnumSet.of(WRITE), Keys.NONE,
                        "Deletes all keys of all databases.", this::flushAll),
                Command.of("time", 1, EnumSet.of(LOADING, STALE, FAST), Keys.NONE,
                        "Returns the server's time.", this::time),
                Command.of("info [section ...]", -1, always, Keys.NONE,
                        "Tells about the server.", this::info),
                Command.group("config", -2, EnumSet.noneOf(Flag.class),
                        "Groups the commands about the configuration.", null,
                        Command.of("config|get pattern [pattern ...]", -3, EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE), Keys.NONE,
                                "Return parameters matching the glob-like patterns, and their values.", this::configGet),
                        Command.of("config|set parameter value [parameter value ...]", -4, EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE), Keys.NONE,
                                "Change parameters: all of these or none.", this::configSet),
                        Command.of("config|rewrite", 2, EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE), Keys.NONE,
                                "Have the configuration file say what the parameters are now.", this::configRewrite),
                        Command.of("config|resetstat", 2, EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE), Keys.NONE,
                                "Have the statistics that INFO tells begin again.", this::configResetStat)));
    }

    private Resp dbSize(ClientSession client, List<ByteString> request) {
        return Resp.integer(store.size());
    }

    /// ASYNC and SYNC say which thread frees the memory. Here it is always one of the garbage collector's.
    private Resp flush(ClientSession client, List<ByteString> request) {
        boolean valid = switch (request.size()) {
            case 1 -> true;
            case 2 -> request.get(1).equalsIgnoreCase("async") || request.get(1).equalsIgnoreCase("sync");
            default -> false;
        };
        if (!valid) throw new CommandException(CommandException.SYNTAX);
        store.clear();
        return Resp.OK;
    }

    /// There is one database: the difference is the snapshot, which FLUSHALL empties too.
    private Resp flushAll(ClientSession client, List<ByteString> request) {
        var reply = flush(client, request);
        persistence.flushed();
        return reply;
    }

    /// Seconds since 1970, and microseconds within the second.
    private Resp time(ClientSession client, List<ByteString> request) {
        var now = clock.instant();
        return Resp.array(Resp.bulk(ByteString.of(now.getEpochSecond())), Resp.bulk(ByteString.of(now.getNano() / 1_000)));
    }

    private Resp info(ClientSession client, List<ByteString> request) {
        return new Resp.VerbatimString("txt", ByteString.of(info.text(request.subList(1, request.size()))));
    }

    private Resp configGet(ClientSession client, List<ByteString> request) {
        var patterns = request.stream().skip(2)
                .map(pattern -> new GlobPattern(ByteString.of(pattern.toLatin1().toLowerCase(Locale.ROOT)))).toList();
        var found = new LinkedHashMap<Resp, Resp>();
        for (var text : config.names()) {
            var name = ByteString.of(text);
            if (patterns.stream().anyMatch(pattern -> pattern.matches(name))) found.put(Resp.bulk(name), Resp.bulk(config.find(text).text()));
        }
        return new Resp.Map(found);
    }

    private Resp configSet(ClientSession client, List<ByteString> request) {
        if (request.size() % 2 != 0) throw new CommandException(CommandException.SYNTAX);
        var wanted = new LinkedHashMap<Parameter<?>, String>();
        for (int i = 2; i < request.size(); i += 2) {
            var name = request.get(i).toString().toLowerCase(Locale.ROOT);
            var parameter = config.find(name);
            if (parameter == null) {
                throw new CommandException("ERR Unknown option or number of arguments for CONFIG SET - '" + request.get(i).toLatin1() + "'");
            }
            if (parameter.refusal() != null) throw cannotSet(parameter, parameter.refusal());
            if (wanted.put(parameter, request.get(i + 1).toString()) != null) throw cannotSet(parameter, "duplicate parameter");
        }
        wanted.forEach((parameter, text) -> attempt(parameter, () -> parameter.check(text)));
        var before = new LinkedHashMap<Parameter<?>, String>();
        try {
            wanted.forEach((parameter, text) -> attempt(parameter, () -> {
                var old = parameter.text();
                parameter.change(text);
                before.put(parameter, old);
            }));
        } catch (CommandException e) {
            before.forEach(Parameter::change);
            throw e;
        }
        return Resp.OK;
    }

    private static void attempt(Parameter<?> parameter, Runnable step) {
        try {
            step.run();
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw cannotSet(parameter, e.getMessage());
        }
    }

    private static CommandException cannotSet(Parameter<?> parameter, String reason) {
        return new CommandException("ERR CONFIG SET failed (possibly related to argument '" + parameter.name() + "') - " + reason);
    }

    private Resp configRewrite(ClientSession client, List<ByteString> request) {
        if (config.file() == null) throw new CommandException("ERR The server is running without a config file");
        client.answerLater(this::rewrite); // it waits for the disk
        return null;
    }

    private Resp rewrite() {
        try {
            config.rewriteFile();
            LOG.log(INFO, "CONFIG REWRITE executed with success.");
            return Resp.OK;
        } catch (IOException e) {
            LOG.log(WARNING, "CONFIG REWRITE failed: " + e);
            return Resp.error("ERR Rewriting config file: " + ConfigFile.reason(e));
        }
    }

    private Resp configResetStat(ClientSession client, List<ByteString> request) {
        info.resetStatistics();
        return Resp.OK;
    }
}
