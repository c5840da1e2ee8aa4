package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// A server that is a process and has a configuration file.
class ConfigProcessTest {

    /// As the one that comes with Redis: much of it says what is the default, and some of it this server does not know.
    private static final String STOCK = """
            # Redis configuration file example.
            bind 127.0.0.1 -::1
            protected-mode yes
            port 6379
            tcp-backlog 511
            timeout 0
            tcp-keepalive 300
            daemonize yes
            pidfile /run/redis/redis-server.pid
            loglevel notice
            logfile /var/log/redis/redis-server.log
            databases 16
            always-show-logo no
            set-proc-title yes
            proc-title-template "{title} {listen-addr} {server-mode}"
            stop-writes-on-bgsave-error yes
            rdbcompression yes
            rdbchecksum yes
            dbfilename dump.rdb
            rdb-del-sync-files no
            dir /var/lib/redis
            replica-serve-stale-data yes
            replica-read-only yes
            repl-diskless-sync yes
            repl-diskless-sync-delay 5
            replica-priority 100
            acllog-max-len 128
            oom-score-adj-values 0 200 800
            appendonly no
            appendfilename "appendonly.aof"
            appenddirname "appendonlydir"
            appendfsync everysec
            auto-aof-rewrite-percentage 100
            auto-aof-rewrite-min-size 64mb
            aof-load-truncated yes
            aof-use-rdb-preamble yes
            notify-keyspace-events ""
            client-output-buffer-limit normal 0 0 0
            client-output-buffer-limit replica 256mb 64mb 60
            client-output-buffer-limit pubsub 32mb 8mb 60
            hz 10
            """;

    @TempDir
    Path directory;

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("redis.conf"), text);
    }

    @Test
    void startsWithAStockFile() throws Exception {
        var file = file(STOCK);
        try (var server = ServerProcess.startWith(file, directory, "--daemonize", "no", "--logfile", "", "--pidfile", ""); var redis = server.connect()) {
            assertThat(server.log()).filteredOn(line -> line.contains("Parameters without effect here: ")).singleElement().asString()
                    .endsWith("databases, always-show-logo, set-proc-title, proc-title-template, rdb-del-sync-files, repl-diskless-sync, "
                            + "repl-diskless-sync-delay, acllog-max-len, oom-score-adj-values, hz");
            redis.call("SET", "k", "v").isOk();
            redis.call("CONFIG", "GET", "timeout").is(List.of("timeout", "0"));
            redis.call("CONFIG", "SET", "timeout", "100").isOk();
            redis.call("CONFIG", "REWRITE").isOk();
            assertThat(redis.call("INFO", "server").text()).contains("\r\nconfig_file:" + file + "\r\n");
        }
        assertThat(file).content().startsWith("# Redis configuration file example.\n").contains("\ntimeout 100\n", "\ndaemonize \"no\"\n", "\nhz 10\n");
        try (var server = ServerProcess.startWith(file, directory); var redis = server.connect()) { // which is what the options said
            redis.call("CONFIG", "GET", "timeout").is(List.of("timeout", "100"));
        }
    }

    /// Sentinel has it do this, so that it is what it has become after a restart too.
    @Test
    void remembersItsMaster() throws Exception {
        var file = file("save \"\"\n");
        try (var server = ServerProcess.startWith(file, directory); var redis = server.connect()) {
            redis.call("REPLICAOF", "127.0.0.1", "1").isOk();
            redis.call("CONFIG", "REWRITE").isOk();
        }
        assertThat(file).content().contains("\nreplicaof 127.0.0.1 1\n");
        try (var server = ServerProcess.startWith(file, directory); var redis = server.connect()) {
            assertThat(redis.call("INFO", "replication").text()).contains("role:slave", "master_port:1\r\n");
            redis.call("REPLICAOF", "NO", "ONE").isOk();
            redis.call("CONFIG", "REWRITE").isOk();
        }
        assertThat(file).content().doesNotContain("replicaof");
    }

    @Test
    void saysWhatIsWrongWithItAndExits() throws Exception {
        var file = file(STOCK);
        var process = new ProcessBuilder(command(file.toString(), "--dir", directory.toString())).redirectErrorStream(true).start();
        assertThat(process.inputReader().lines().toList()).containsExactly("*** FATAL CONFIG FILE ERROR ***",
                "Reading the configuration file " + file + ", at line 8", ">>> 'daemonize yes'",
                "this server stays in the foreground: run it as a service, or with & in a shell");
        assertThat(process.waitFor()).isEqualTo(1);
    }

    @Test
    void readsTheStandardInput() throws Exception {
        var text = "port 0\nsave \"\"\nloglevel verbose\ndir " + directory + "\n";
        var process = Programs.start(text, command("-").toArray(String[]::new));
        try (var out = process.inputReader()) {
            assertThat(out.readLine()).startsWith("Listening on 127.0.0.1:");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /// Who moves it away, as logrotate does, gets a new one.
    @Test
    void logsToAFile() throws Exception {
        var log = directory.resolve("redis.log");
        try (var server = ServerProcess.startWith(file("save \"\"\nlogfile redis.log\n"), directory); var redis = server.connect()) {
            Files.move(log, directory.resolve("redis.log.1"));
            redis.call("CONFIG", "REWRITE").isOk();
            assertThat(log).content().contains("CONFIG REWRITE executed with success.");
            redis.call("CONFIG", "SET", "loglevel", "warning").isOk();
            Files.delete(log);
            redis.call("CONFIG", "REWRITE").isOk();
            assertThat(log).as("a message that is not wanted").doesNotExist();
            redis.call("CONFIG", "SET", "loglevel", "verbose").isOk();
            server.connect().close();
            assertThat(server.log()).singleElement().asString().startsWith("Listening on ");
        }
    }

    @Test
    void aLogFileThatCannotBeWrittenEndsIt() throws Exception {
        var process = new ProcessBuilder(command("--dir", directory.toString(), "--logfile", directory.resolve("none/redis.log").toString()))
                .redirectErrorStream(true).start();
        assertThat(process.inputReader().lines().toList()).singleElement().asString().startsWith("Can't open the log file: ");
        assertThat(process.waitFor()).isEqualTo(1);
    }

    @Test
    void tellsItsProcessAsLongAsItRuns() throws Exception {
        var pidFile = directory.resolve("redis.pid");
        try (var server = ServerProcess.startWith(file("save \"\"\npidfile redis.pid\n"), directory)) {
            assertThat(pidFile).hasContent(server.pid() + "\n");
            server.signal("TERM");
            assertThat(server.awaitExit(Duration.ofSeconds(10))).isZero();
            assertThat(pidFile).doesNotExist();
        }
        try (var server = ServerProcess.startWith(file("save \"\"\npidfile none/redis.pid\n"), directory)) {
            assertThat(server.log()).as("a server without it is better than none").anyMatch(line -> line.contains("Failed to write PID file"));
        }
    }

    private static List<String> command(String... arguments) {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), "redis.server.Main"));
        command.addAll(List.of(arguments));
        return command;
    }
}
