package redis.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The server's parameters. A configuration file and the command line set them; CONFIG GET shows them, CONFIG SET changes some, and CONFIG REWRITE
/// has the file say what they are by now.
final class ServerConfig {

    static final String USAGE = new ServerConfig().usage();

    private static final long MIN_BACKLOG = 16 * 1024;
    private static final int MAX_ADDRESSES = 16;

    /// What Redis called replicas before version 5. Its configuration files and clients still may.
    private static final Map<String, String> OLD_NAMES = Map.of(
            "slaveof", "replicaof",
            "slave-read-only", "replica-read-only",
            "slave-serve-stale-data", "replica-serve-stale-data",
            "slave-announce-ip", "replica-announce-ip",
            "slave-announce-port", "replica-announce-port",
            "slave-priority", "replica-priority",
            "repl-ping-slave-period", "repl-ping-replica-period",
            "min-slaves-to-write", "min-replicas-to-write",
            "min-slaves-max-lag", "min-replicas-max-lag");

    private final Map<String, Parameter<?>> parameters = new LinkedHashMap<>();
    private final ForeignParameters foreign = new ForeignParameters();
    private ConfigFile file; // null: there is none

    /// The addresses to listen on, separated by spaces. One with a `-` before it need not exist.
    final Parameter<String> bind = add(Parameter.of("bind", "addresses to listen on; 0.0.0.0 for all of this machine's, -::1: if there is IPv6", "127.0.0.1",
            ServerConfig::parseAddresses, text -> text).words());

    /// The TCP port to listen on; 0 lets the system choose a free one.
    final Parameter<Integer> port = add(Parameter.number("port", "port to listen on", 6380, 0, 65_535));

    /// How many connections may wait to be accepted. The system may allow less.
    final Parameter<Integer> tcpBacklog = add(Parameter.number("tcp-backlog", "how many connections may wait to be accepted", 511, 0, Integer.MAX_VALUE));

    /// How many clients may be connected at a time.
    final Parameter<Integer> maxClients = add(Parameter.number("maxclients", "how many clients are served at a time", 10_000, 1, Integer.MAX_VALUE)
            .changeable());

    /// Whether a server without a password turns away clients on other machines.
    final Parameter<Boolean> protectedMode = add(Parameter.yesOrNo("protected-mode", "whether other machines need a password to be let in", true).changeable());

    /// After how many seconds a client that asks for nothing is disconnected; 0: never.
    final Parameter<Integer> timeout = add(Parameter.number("timeout", "after how many idle seconds a client is disconnected; 0 for never", 0, 0,
            Integer.MAX_VALUE).changeable());

    /// After how many seconds of silence the system looks whether the machine of a client is still there; 0: never.
    final Parameter<Integer> tcpKeepAlive = add(Parameter.number("tcp-keepalive", "after how many silent seconds a client's machine is looked for; 0 for never",
            300, 0, Integer.MAX_VALUE).changeable());

    /// The password of this server; empty for none.
    final Parameter<String> requirePass = add(Parameter.text("requirepass", "password that clients have to give", "").changeable());

    /// The directory of all files.
    final Parameter<String> dir = add(Parameter.directory("dir", "directory of the server's files", "data/10-capstone").alwaysSaved().guarded());

    /// The file with the server's messages, and the one with the number of its process: relative to `dir`; empty for none.
    final Parameter<String> logFile = add(Parameter.text("logfile", "file for messages, within dir; \"\" for the terminal", "")
            .lines(text -> List.of(ConfigFile.quote(text))));
    final Parameter<String> pidFile = add(Parameter.text("pidfile", "file for the number of the process, within dir", ""));
    final Parameter<LogLevel> logLevel = add(Parameter.oneOf("loglevel", "which messages: debug, verbose, notice, warning", LogLevel.NOTICE).changeable());

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
            "3600 1 300 100 60 10000", SavePoints::parse, SavePoints::text).wordsOfAllLines().lines(SavePoints::lines).alwaysSaved().changeable());
    final Parameter<String> dbFilename = add(Parameter.fileName("dbfilename", "name of the file with the snapshot", "dump.rdb").guarded());
    final Parameter<Boolean> rdbCompression = add(Parameter.yesOrNo("rdbcompression", "whether strings are compressed in snapshots", true).changeable());
    final Parameter<Boolean> rdbChecksum = add(Parameter.yesOrNo("rdbchecksum", "whether snapshots have a checksum, and it is verified", true));

    /// Whether writes are refused after a snapshot that should have been saved by itself has failed.
    final Parameter<Boolean> stopWritesOnBgsaveError = add(Parameter.yesOrNo("stop-writes-on-bgsave-error",
            "whether writes are refused when snapshots cannot be saved", true).changeable());

    /// The master to follow: its host and port; empty for none.
    final Parameter<String> replicaOf = add(Parameter.of("replicaof", "master to follow, \"HOST PORT\"; \"\" for none", "",
            ServerConfig::parseMaster, text -> text).words().lines(text -> text.isEmpty() ? List.of() : List.of(text)));

    /// The password that this server gives its master; empty for none.
    final Parameter<String> masterAuth = add(Parameter.text("masterauth", "password for the master", "").changeable());
    final Parameter<String> masterUser = add(Parameter.text("masteruser", "user for the master", "").changeable());

    /// Whether a replica that has lost its master answers from what it has.
    final Parameter<Boolean> replicaServeStaleData = add(Parameter.yesOrNo("replica-serve-stale-data",
            "whether a replica answers while it has no master", true).changeable());

    /// By what address and port a master is to tell of this replica; empty and 0: those of the connection.
    final Parameter<String> replicaAnnounceIp = add(Parameter.text("replica-announce-ip", "address that a master is told", "").changeable());
    final Parameter<Integer> replicaAnnouncePort = add(Parameter.number("replica-announce-port", "port that a master is told; 0 for that of port",
            0, 0, 65_535).changeable());

    /// Which replica Sentinel prefers as the next master: the lowest number; 0 for never.
    final Parameter<Integer> replicaPriority = add(Parameter.number("replica-priority", "Sentinel makes the replica with the lowest a master; 0 for never",
            100, 0, Integer.MAX_VALUE).changeable());

    /// How much of the stream is kept for replicas that come back, in bytes.
    final Parameter<Long> replBacklogSize = add(Parameter.memory("repl-backlog-size", "how much is kept for replicas that come back", "1mb",
            ServerConfig::parseBacklogSize).changeable());

    /// For how long it is kept when there are no replicas, in seconds; 0: for ever.
    final Parameter<Integer> replBacklogTtl = add(Parameter.number("repl-backlog-ttl", "for how many seconds it is kept without replicas; 0 for ever",
            3600, 0, Integer.MAX_VALUE).changeable());

    /// After how many seconds without a sign of life a master or a replica is given up.
    final Parameter<Integer> replTimeout = add(Parameter.number("repl-timeout", "after how many seconds of silence a connection between servers is given up",
            60, 1, Integer.MAX_VALUE).changeable());
    final Parameter<Integer> replPingReplicaPeriod = add(Parameter.number("repl-ping-replica-period", "how often replicas are pinged, in seconds",
            10, 1, Integer.MAX_VALUE).changeable());

    /// How many replicas a write needs that were heard of in the last `min-replicas-max-lag` seconds; either is 0: none.
    final Parameter<Integer> minReplicasToWrite = add(Parameter.number("min-replicas-to-write", "how many replicas a write needs", 0, 0, Integer.MAX_VALUE)
            .changeable());
    final Parameter<Integer> minReplicasMaxLag = add(Parameter.number("min-replicas-max-lag", "how many seconds ago they may have been heard of",
            10, 0, Integer.MAX_VALUE).changeable());

    /// How long the end of the server may take, in seconds, if replicas lag; 0: they are not waited for.
    final Parameter<Integer> shutdownTimeout = add(Parameter.number("shutdown-timeout", "how many seconds the end may take when replicas lag", 10, 0,
            Integer.MAX_VALUE).changeable());

    /// How the server ends when it gets these signals.
    final Parameter<ShutdownOptions> shutdownOnSigint = add(onSignal("shutdown-on-sigint", "how SIGINT, which is Ctrl-C, ends the server"));
    final Parameter<ShutdownOptions> shutdownOnSigterm = add(onSignal("shutdown-on-sigterm", "how SIGTERM ends it: default, or some of save, nosave, now, force"));

    /// How many bytes may wait for a client that does not read them, for each class of clients. A class that a text does not name keeps what it has.
    final Parameter<OutputLimits> clientOutputBufferLimit = add(Parameter.of("client-output-buffer-limit",
            "how much may wait for a client: CLASS HARD SOFT SECONDS, for normal, slave and pubsub", OutputLimits.DEFAULT,
            this::parseOutputLimits, OutputLimits::text).words().lines(OutputLimits::lines).changeable());

    /// Which events of keys are published; none: nobody is told of any.
    final Parameter<KeyspaceEvents.Wanted> notifyKeyspaceEvents = add(Parameter.of("notify-keyspace-events",
            "which events of keys are published, of the classes A g $ x m n, to K: a channel for the key, E: one for the event", "",
            KeyspaceEvents.Wanted::parse, KeyspaceEvents.Wanted::text).lines(wanted -> List.of(ConfigFile.quote(wanted.text()))).changeable());

    {
        add(Parameter.fixed("databases", "1"));
        add(Parameter.fixed("replica-read-only", "yes"));
    }

    private <T> Parameter<T> add(Parameter<T> parameter) {
        parameters.put(parameter.name(), parameter);
        return parameter;
    }

    private OutputLimits parseOutputLimits(String text) {
        return OutputLimits.parse(text, clientOutputBufferLimit == null ? null : clientOutputBufferLimit.get());
    }

    private static Long parseBacklogSize(String text) {
        long size = Parameter.parseMemory(text);
        if (size == 0) throw new IllegalArgumentException("argument must be between 1 and " + Long.MAX_VALUE + " inclusive");
        return Math.max(size, MIN_BACKLOG);
    }

    private static String parseAddresses(String text) {
        if (text.split(" ").length > MAX_ADDRESSES) throw new IllegalArgumentException("Too many bind addresses specified.");
        return text;
    }

    private static String parseMaster(String text) {
        if (text.isEmpty() || text.equalsIgnoreCase("no one")) return "";
        var words = text.split(" +");
        if (words.length != 2 || words[0].isEmpty()) throw new IllegalArgumentException("argument must be \"HOST PORT\"");
        if (!words[1].matches("\\d{1,5}") || Integer.parseInt(words[1]) > 65_535) throw new IllegalArgumentException("Invalid master port");
        return text;
    }

    private static Parameter<ShutdownOptions> onSignal(String name, String help) {
        return Parameter.of(name, help, ShutdownOptions.DEFAULT, ShutdownOptions::parse, ShutdownOptions::text).words().changeable();
    }

    /// Reads the arguments of the program: `[redis.conf] [--name value…]…`; or `replica PORT MASTER-HOST MASTER-PORT` and options: a replica that listens on
    /// another port and keeps its files in a directory of its own.
    ///
    /// @return the configuration, or null if the user asked for `--help`
    /// @throws IllegalArgumentException if the file or an option is unknown or its value is missing or wrong; the message says which
    static ServerConfig parse(String... args) {
        if (args.length > 0 && args[0].equals("replica")) return List.of(args).contains("--help") ? null : parse(asOptions(args));
        var arguments = CommandLine.parse(List.of(args));
        if (arguments.asksForHelp()) return null;
        var config = new ServerConfig();
        if (arguments.file() != null) config.read(arguments.file());
        arguments.options().forEach(config::apply);
        config.foreign.check(config.requirePass.get()); // not before: options win
        return config;
    }

    private void read(String name) {
        if (name.equals("-")) {
            ConfigFile.parse("from the standard input", standardInput()).forEach(this::apply);
            return;
        }
        file = new ConfigFile(Path.of(name));
        file.read().forEach(this::apply);
    }

    private static String standardInput() {
        try {
            return new String(System.in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new ConfigFileException("Can't read the standard input: " + e.getMessage());
        }
    }

    private void apply(Directive directive) {
        var parameter = find(directive.name());
        if (parameter == null || parameter.isFixed()) {
            foreign.add(directive);
            return;
        }
        try {
            parameter.set(directive.values());
        } catch (IllegalArgumentException e) {
            throw directive.invalid(e.getMessage());
        }
    }

    private static String[] asOptions(String[] args) {
        if (args.length < 4) throw new IllegalArgumentException("replica needs three values: its own port, and its master's host and port.");
        var options = new ArrayList<>(List.of("--port", args[1], "--dir", "data/10-capstone/replica-" + args[1], "--replicaof", args[2] + " " + args[3]));
        options.addAll(Arrays.asList(args).subList(4, args.length));
        return options.toArray(String[]::new);
    }

    private String usage() {
        var usage = new StringBuilder("""
                [redis.conf] [--option VALUE…]…                          a server, configured by a file of Redis's and by options, which win
                replica PORT MASTER-HOST MASTER-PORT [--option VALUE…]…  the replica of another server
                """);
        for (var parameter : parameters.values()) {
            if (parameter.help().isEmpty()) continue;
            usage.append("  --%-34s %s (default %s)%n".formatted(parameter.name() + " VALUE", parameter.help(), parameter.initial()));
        }
        return usage.append("  --%-34s %s%n".formatted("help", "print this")).toString();
    }

    /// @param name in lower case
    /// @return null if there is no such parameter
    Parameter<?> find(String name) {
        return parameters.get(OLD_NAMES.getOrDefault(name, name));
    }

    /// All names by which there is a parameter.
    Collection<String> names() {
        var names = new ArrayList<>(parameters.keySet());
        names.addAll(OLD_NAMES.keySet());
        return names;
    }

    /// Those that were given, that Redis knows, and that have no effect here.
    List<String> withoutEffect() {
        return foreign.withoutEffect();
    }

    /// A file whose path is relative to `dir`.
    ///
    /// @return null if none is named
    Path fileInDir(Parameter<String> name) {
        return name.get().isEmpty() ? null : Path.of(dir.text()).resolve(name.get());
    }

    // ---- the file ----

    /// What it was read from; null: from no file.
    Path file() {
        return file == null ? null : file.path();
    }

    /// Has the file, which must be there, say what the parameters are by now.
    ///
    /// @throws IOException if it cannot be written; it is as it was then
    void rewriteFile() throws IOException {
        var settings = new ArrayList<>(parameters.values().stream().filter(parameter -> !parameter.isFixed()).map(Parameter::setting).toList());
        settings.addAll(foreign.settings());
        file.rewrite(settings, name -> OLD_NAMES.getOrDefault(name, name));
    }
}
