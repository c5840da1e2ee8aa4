package redis.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The parameters that Redis 7.0 has and this server has not, so that files written for Redis can be used here.
///
/// Most say how Redis is to do something that is done otherwise here, or not at all: they may be given, and have no effect. With others that would
/// be a bad surprise, such as a server that is thought to speak TLS: they are refused, unless they say what is the case here.
final class ForeignParameters {

    private static final Set<String> WITHOUT_EFFECT = Set.of("""
            acl-pubsub-default acllog-max-len active-defrag-cycle-max active-defrag-cycle-min active-defrag-ignore-bytes active-defrag-max-scan-fields
            active-defrag-threshold-lower active-defrag-threshold-upper active-expire-effort activedefrag activerehashing always-show-logo
            aof-disable-auto-gc aof-rewrite-incremental-fsync aof-timestamp-enabled aof_rewrite_cpulist bgsave_cpulist bio_cpulist busy-reply-threshold
            client-query-buffer-limit cluster-allow-pubsubshard-when-down cluster-allow-reads-when-down cluster-allow-replica-migration
            cluster-announce-bus-port cluster-announce-hostname cluster-announce-ip cluster-announce-port cluster-announce-tls-port cluster-config-file
            cluster-link-sendbuf-limit cluster-migration-barrier cluster-node-timeout cluster-port cluster-preferred-endpoint-type
            cluster-replica-no-failover cluster-replica-validity-factor cluster-require-full-coverage cluster-slave-no-failover
            cluster-slave-validity-factor crash-log-enabled crash-memcheck-enabled databases disable-thp dynamic-hz enable-debug-command
            enable-module-command enable-protected-configs hash-max-listpack-entries hash-max-listpack-value hash-max-ziplist-entries
            hash-max-ziplist-value hll-sparse-max-bytes hz ignore-warnings io-threads io-threads-do-reads jemalloc-bg-thread latency-monitor-threshold
            latency-tracking latency-tracking-info-percentiles lazyfree-lazy-eviction lazyfree-lazy-expire lazyfree-lazy-server-del
            lazyfree-lazy-user-del lazyfree-lazy-user-flush lfu-decay-time lfu-log-factor list-compress-depth list-max-listpack-size
            list-max-ziplist-entries list-max-ziplist-size list-max-ziplist-value lua-time-limit maxmemory-clients maxmemory-eviction-tenacity maxmemory-policy maxmemory-samples
            no-appendfsync-on-rewrite oom-score-adj oom-score-adj-values proc-title-template propagation-error-behavior proto-max-bulk-len
            rdb-del-sync-files rdb-save-incremental-fsync repl-disable-tcp-nodelay repl-diskless-load repl-diskless-sync repl-diskless-sync-delay
            repl-diskless-sync-max-replicas replica-ignore-disk-write-errors replica-ignore-maxmemory replica-lazy-flush sanitize-dump-payload
            server_cpulist set-max-intset-entries set-proc-title slave-ignore-maxmemory slave-lazy-flush slowlog-log-slower-than slowlog-max-len
            socket-mark-id stream-node-max-bytes stream-node-max-entries syslog-facility syslog-ident tls-auth-clients tls-ca-cert-dir tls-ca-cert-file
            tls-cert-file tls-ciphers tls-ciphersuites tls-client-cert-file tls-client-key-file tls-client-key-file-pass tls-dh-params-file tls-key-file
            tls-key-file-pass tls-prefer-server-ciphers tls-protocols tls-session-cache-size tls-session-cache-timeout tls-session-caching
            tracking-table-max-keys unixsocketperm zset-max-listpack-entries zset-max-listpack-value zset-max-ziplist-entries zset-max-ziplist-value
            """.split("\\s+"));

    private static final String NO_TLS = "this server does not speak TLS";
    private static final String READ_ONLY = "this server does not write as a replica";
    private static final String NO_USERS = "this server has one user, default, who may do everything: give it a password with requirepass";

    /// Which values say what is the case here, and what is to be said of others.
    private record Fact(Set<String> values, String text) {

        static Fact of(String text, String... values) {
            return new Fact(Set.of(values), text);
        }
    }

    private static final Map<String, Fact> FACTS = Map.ofEntries(
            Map.entry("aclfile", Fact.of(NO_USERS, "")),
            Map.entry("bind-source-addr", Fact.of("the system chooses the address from which this server connects to its master", "")),
            Map.entry("cluster-enabled", Fact.of("this server is not part of a cluster", "no")),
            Map.entry("daemonize", Fact.of("this server stays in the foreground: run it as a service, or with & in a shell", "no")),
            Map.entry("loadmodule", Fact.of("this server does not load modules")),
            Map.entry("rename-command", Fact.of("this server's commands keep their names")),
            Map.entry("maxmemory", Fact.of("this server takes what memory the JVM gives it", "0")),
            Map.entry("replica-announced", Fact.of("this server does not hide from Sentinel", "yes")),
            Map.entry("replica-read-only", Fact.of(READ_ONLY, "yes")),
            Map.entry("slave-read-only", Fact.of(READ_ONLY, "yes")),
            Map.entry("supervised", Fact.of("this server does not report to a supervisor", "no", "auto")),
            Map.entry("syslog-enabled", Fact.of("this server does not write to the system's log: name a file with logfile", "no")),
            Map.entry("tls-cluster", Fact.of(NO_TLS, "no")),
            Map.entry("tls-port", Fact.of(NO_TLS, "0")),
            Map.entry("tls-replication", Fact.of(NO_TLS, "no")),
            Map.entry("unixsocket", Fact.of("this server listens to TCP ports only", "")));

    /// What Redis's rules for a user say if he may do everything. It writes some of them into each file that it rewrites.
    private static final Set<String> ALL_RIGHTS = Set.of("on", "sanitize-payload", "~*", "allkeys", "&*", "allchannels", "+@all", "allcommands");

    /// The last of each: files and options may give one more than once.
    private final Map<String, Directive> given = new LinkedHashMap<>();

    static boolean has(String name) {
        return WITHOUT_EFFECT.contains(name) || FACTS.containsKey(name) || name.equals("user");
    }

    /// @throws IllegalArgumentException if it is none
    void add(Directive directive) {
        if (!has(directive.name())) throw directive.unknown();
        boolean isUser = directive.name().equals("user") && !directive.values().isEmpty();
        given.put(isUser ? "user " + directive.values().getFirst() : directive.name(), directive);
    }

    /// @param password of the server; empty for none
    /// @throws IllegalArgumentException if one of them cannot be ignored; the message says why
    void check(String password) {
        for (var directive : given.values()) {
            var fact = FACTS.get(directive.name());
            if (fact != null && !fact.values.contains(String.join(" ", directive.values()).toLowerCase(Locale.ROOT))) throw directive.invalid(fact.text);
            if (directive.name().equals("user") && !isDefaultUser(directive.values(), password)) throw directive.invalid(NO_USERS);
        }
    }

    /// @param words the name of a user, and rules
    private static boolean isDefaultUser(List<String> words, String password) {
        if (words.isEmpty() || !words.getFirst().equals("default")) return false;
        var rules = new ArrayList<>(words.subList(1, words.size()));
        boolean hasPassword = rules.remove(password.isEmpty() ? "nopass" : "#" + sha256(password));
        return hasPassword && ALL_RIGHTS.containsAll(rules);
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JVM has it", e);
        }
    }

    /// Those that were given and have no effect.
    List<String> withoutEffect() {
        return given.values().stream().map(Directive::name).filter(WITHOUT_EFFECT::contains).toList();
    }

    /// What a file that is rewritten is to say: what an option has said differently. A line about the default user goes, since `requirepass` says the same
    /// and may have changed.
    List<ConfigFile.Setting> settings() {
        var settings = new ArrayList<>(List.of(new ConfigFile.Setting("user", List.of(), _ -> false)));
        given.values().stream().filter(option -> option.isOption() && !option.name().equals("user"))
                .map(option -> new ConfigFile.Setting(option.name(), List.of(String.join(" ", option.values().stream().map(ConfigFile::quote).toList())), _ -> true))
                .forEach(settings::add);
        return settings;
    }
}
