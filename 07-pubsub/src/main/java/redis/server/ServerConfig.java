package redis.server;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/// The server's parameters. The command line sets them, `--name value` for each; CONFIG GET shows them, and CONFIG SET changes some.
final class ServerConfig {

    static final String USAGE = new ServerConfig().usage();

    private final Map<String, Parameter<?>> parameters = new LinkedHashMap<>();

    /// The address to listen on.
    final Parameter<String> bind = add(Parameter.text("bind", "address to listen on; 0.0.0.0 for all of this machine's", "127.0.0.1"));

    /// The TCP port to listen on; 0 lets the system choose a free one.
    final Parameter<Integer> port = add(Parameter.number("port", "port to listen on", 6380, 0, 65_535));

    /// How many clients may be connected at a time.
    final Parameter<Integer> maxClients = add(Parameter.number("maxclients", "how many clients are served at a time", 10_000, 1, Integer.MAX_VALUE)
            .changeable());

    /// The directory of all files.
    final Parameter<String> dir = add(Parameter.directory("dir", "directory of the server's files", "data/07-pubsub").guarded());

    final Parameter<Boolean> appendOnly = add(Parameter.yesOrNo("appendonly", "whether writes are logged", false).changeable());
    final Parameter<FsyncPolicy> appendFsync = add(Parameter.oneOf("appendfsync", "when the log is forced to disk: always, everysec, no",
            FsyncPolicy.EVERYSEC).changeable());
    final Parameter<String> appendFilename = add(Parameter.fileName("appendfilename", "how the names of the log's files begin", "appendonly.aof"));
    final Parameter<String> appendDirname = add(Parameter.fileName("appenddirname", "directory of the log, within dir", "appendonlydir"));

    /// Whether a log whose last command is incomplete is cut back, rather than refused.
    final Parameter<Boolean> aofLoadTruncated = add(Parameter.yesOrNo("aof-load-truncated", "whether to start with a log that a crash cut short", true)
            .changeable());

    /// By how many percent the log has to grow before it is rewritten by itself; 0: never.
    final Parameter<Integer> autoAofRewritePercentage = add(Parameter.number("auto-aof-rewrite-percentage",
            "growth in percent after which the log is rewritten", 100, 0, Integer.MAX_VALUE).changeable());

    /// How large the log has to be, in bytes, before it is rewritten by itself.
    final Parameter<Long> autoAofRewriteMinSize = add(Parameter.memory("auto-aof-rewrite-min-size",
            "size from which on the log is rewritten by itself", "64mb").changeable());

    /// Whether the base of the log is in RDB form, which is shorter and loads faster.
    final Parameter<Boolean> aofUseRdbPreamble = add(Parameter.yesOrNo("aof-use-rdb-preamble", "whether a rewritten log begins with a snapshot", true)
            .changeable());

    final Parameter<SavePoints> save = add(Parameter.of("save", "when a snapshot is saved: after SECONDS if there were CHANGES, in pairs; \"\" for never",
            "3600 1 300 100 60 10000", SavePoints::parse, SavePoints::text).changeable());
    final Parameter<String> dbFilename = add(Parameter.fileName("dbfilename", "name of the file with the snapshot", "dump.rdb").guarded());
    final Parameter<Boolean> rdbCompression = add(Parameter.yesOrNo("rdbcompression", "whether strings are compressed in snapshots", true).changeable());
    final Parameter<Boolean> rdbChecksum = add(Parameter.yesOrNo("rdbchecksum", "whether snapshots have a checksum, and it is verified", true));

    /// Whether writes are refused after a snapshot that should have been saved by itself has failed.
    final Parameter<Boolean> stopWritesOnBgsaveError = add(Parameter.yesOrNo("stop-writes-on-bgsave-error",
            "whether writes are refused when snapshots cannot be saved", true).changeable());

    /// How many bytes may wait for a client that does not read them, for each class of clients. A class that a text does not name keeps what it has.
    final Parameter<OutputLimits> clientOutputBufferLimit = add(Parameter.of("client-output-buffer-limit",
            "how much may wait for a client: CLASS HARD SOFT SECONDS, for normal, slave and pubsub", OutputLimits.DEFAULT,
            this::parseOutputLimits, OutputLimits::text).changeable());

    /// Which events of keys are published; none: nobody is told of any.
    final Parameter<KeyspaceEvents.Wanted> notifyKeyspaceEvents = add(Parameter.of("notify-keyspace-events",
            "which events of keys are published, of the classes A g $ x m n, to K: a channel for the key, E: one for the event", "",
            KeyspaceEvents.Wanted::parse, KeyspaceEvents.Wanted::text).changeable());

    {
        add(Parameter.fixed("databases", "1"));
    }

    private <T> Parameter<T> add(Parameter<T> parameter) {
        parameters.put(parameter.name(), parameter);
        return parameter;
    }

    private OutputLimits parseOutputLimits(String text) {
        return OutputLimits.parse(text, clientOutputBufferLimit == null ? null : clientOutputBufferLimit.get());
    }

    /// Reads `--name value` pairs.
    ///
    /// @return the configuration, or null if the user asked for `--help`
    /// @throws IllegalArgumentException if an option is unknown or its value is missing or wrong; the message says which
    static ServerConfig parse(String... args) {
        var config = new ServerConfig();
        for (int i = 0; i < args.length; i += 2) {
            var option = args[i];
            if (option.equals("--help")) return null;
            var parameter = option.startsWith("--") ? config.find(option.substring(2)) : null;
            if (parameter == null) throw new IllegalArgumentException("Unknown option " + option + ".");
            if (i + 1 == args.length) throw new IllegalArgumentException(option + " needs a value.");
            try {
                parameter.set(args[i + 1]);
            } catch (IllegalArgumentException e) {
                var end = e.getMessage().endsWith(".") ? "" : ".";
                throw new IllegalArgumentException("%s %s: %s%s".formatted(option, args[i + 1], e.getMessage(), end));
            }
        }
        return config;
    }

    private String usage() {
        var usage = new StringBuilder("Options:\n");
        for (var parameter : all()) {
            if (parameter.help().isEmpty()) continue;
            usage.append("  --%-34s %s (default %s)%n".formatted(parameter.name() + " VALUE", parameter.help(), parameter.initial()));
        }
        return usage.append("  --%-34s %s%n".formatted("help", "print this")).toString();
    }

    /// @param name in lower case
    /// @return null if there is no such parameter
    Parameter<?> find(String name) {
        return parameters.get(name);
    }

    Collection<Parameter<?>> all() {
        return parameters.values();
    }
}
