package redis.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.exceptions.JedisException;
import redis.resp.Resp;
import redis.resp.RespClient;
import redis.server.Node.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/// Three servers under three Sentinels. The master is killed, with -9, and a replica takes its place while clients write: no write of which WAIT has said
/// that a replica has it is lost, and the old master comes back as a replica of the new one.
///
/// Servers and Sentinels are processes with configuration files, which Sentinel has them rewrite.
@Tag("torture")
@Timeout(900)
class SentinelTest {

    private static final int ROUNDS = Boolean.getBoolean("torture.short") ? 1 : 4;
    private static final int WRITERS = 3;
    private static final int WRITES = 300; // before the master is killed, and again behind it

    /// A failover takes some five seconds here, and it takes at least eight more before Sentinel tells an old master to follow the new one.
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private static final String MASTER = "mymaster";
    private static final Resp PONG = new Resp.SimpleString("PONG");

    @TempDir
    private Path directory;

    private final List<Member> servers = new ArrayList<>();
    private final List<Member> sentinels = new ArrayList<>();

    /// A server or a Sentinel: a process, which can be killed and started again.
    private final class Member implements AutoCloseable {

        final InetSocketAddress address = new InetSocketAddress("127.0.0.1", FixedPorts.next());
        private final Path home;
        private final Path config;
        private List<String> command;
        private Process process;

        Member(String name) throws IOException {
            home = Files.createDirectories(directory.resolve(name));
            config = home.resolve(name + ".conf");
        }

        /// @param command runs it; its configuration file is put in the place of `CONFIG`
        void configure(List<String> command, List<String> directives) throws IOException {
            this.command = command.stream().map(word -> word.equals("CONFIG") ? config.toString() : word).toList();
            Files.write(config, List.of("port " + port(), "bind 127.0.0.1", "dir " + home));
            Files.write(config, directives, StandardOpenOption.APPEND);
        }

        /// Returns when it answers.
        void start() throws Exception {
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile())).start();
            Eventually.becomesTrue(config.getFileName() + " answers", LIMIT, () -> {
                assertThat(process.isAlive()).as("it runs; it has said: %s", Files.readString(log())).isTrue();
                try {
                    return PONG.equals(call("PING").value()); // not that it loads its data
                } catch (IOException e) {
                    return false; // it does not listen yet
                }
            });
        }

        Reply call(String... words) throws IOException {
            try (var client = new TestClient(address)) {
                return client.call(words);
            }
        }

        /// Empty if there is no answer: Sentinel has the connections of all clients closed when a server changes its role.
        Map<String, String> replication() throws IOException {
            if (!(call("INFO", "replication").value() instanceof Resp.BulkString(var text))) return Map.of();
            return text.toString().lines().filter(line -> line.contains(":"))
                    .collect(Collectors.toMap(line -> line.substring(0, line.indexOf(':')), line -> line.substring(line.indexOf(':') + 1)));
        }

        boolean follows(Member master) throws IOException {
            var replication = replication();
            return "slave".equals(replication.get("role")) && master.port().equals(replication.get("master_port"))
                    && "up".equals(replication.get("master_link_status"));
        }

        /// Keys and values.
        Map<String, Resp> dataset() throws IOException {
            try (var client = RespClient.connect(address, Duration.ofSeconds(30))) {
                var keys = ((Resp.Array) client.call("KEYS", "*")).elements().stream().map(key -> ((Resp.BulkString) key).value().toString()).toList();
                var data = new HashMap<String, Resp>();
                for (int from = 0; from < keys.size(); from += 1_000) {
                    var some = keys.subList(from, Math.min(from + 1_000, keys.size()));
                    var values = (Resp.Array) client.call(Stream.concat(Stream.of("MGET"), some.stream()).toArray(String[]::new));
                    for (int i = 0; i < some.size(); i++) data.put(some.get(i), values.elements().get(i));
                }
                return data;
            }
        }

        String port() {
            return Integer.toString(address.getPort());
        }

        Path log() {
            return home.resolve("log");
        }

        /// kill -9.
        void kill() {
            process.destroyForcibly().onExit().join();
        }

        @Override
        public void close() {
            if (process != null) kill();
        }
    }

    @BeforeEach
    void requireSentinel() {
        Programs.require("redis-server"); // which is redis-sentinel, too
    }

    @AfterEach
    void stop() {
        sentinels.forEach(Member::close);
        servers.forEach(Member::close);
    }

    @ParameterizedTest
    @CsvSource({"OURS, OURS", "REAL, OURS", "OURS, REAL"})
    void aReplicaTakesThePlaceOfAKilledMaster(Kind first, Kind others) throws Exception {
        startServers(first, others);
        startSentinels();
        var acknowledged = ConcurrentHashMap.<String>newKeySet();
        try (var client = client()) {
            for (int round = 0; round < ROUNDS; round++) {
                var master = master(port -> true);
                round(client, master, "round" + round, acknowledged);
            }
        } catch (Throwable e) {
            for (var member : sentinels) System.out.println(member.log() + ":\n" + Files.readString(member.log()));
            for (var member : servers) System.out.println(member.log() + ":\n" + Files.readString(member.log()));
            throw e;
        }
        System.out.printf("%d failovers, %,d acknowledged writes%n", ROUNDS, acknowledged.size());
    }

    private void startServers(Kind first, Kind others) throws Exception {
        for (int i = 0; i < 3; i++) {
            var kind = i == 0 ? first : others;
            var server = new Member("server" + i);
            var directives = new ArrayList<>(List.of("appendonly yes", "save \"\"", "repl-ping-replica-period 1", "min-replicas-to-write 1"));
            if (kind == Kind.REAL) directives.add("repl-diskless-sync-delay 0");
            if (i > 0) directives.add("replicaof 127.0.0.1 " + servers.getFirst().port());
            var command = new ArrayList<>(kind == Kind.OURS ? ServerProcess.command() : List.of("redis-server"));
            command.add("CONFIG");
            server.configure(command, directives);
            servers.add(server);
            server.start();
        }
        for (var replica : servers.subList(1, 3)) Eventually.becomesTrue("the replica follows", LIMIT, () -> replica.follows(servers.getFirst()));
    }

    private void startSentinels() throws Exception {
        for (int i = 0; i < 3; i++) {
            var sentinel = new Member("sentinel" + i);
            sentinel.configure(List.of("redis-server", "CONFIG", "--sentinel"), List.of(
                    "sentinel monitor %s 127.0.0.1 %s 2".formatted(MASTER, servers.getFirst().port()),
                    "sentinel down-after-milliseconds %s 1500".formatted(MASTER),
                    "sentinel failover-timeout %s 5000".formatted(MASTER)));
            sentinels.add(sentinel);
            sentinel.start();
        }
        for (var sentinel : sentinels) {
            Eventually.becomesTrue("a Sentinel knows all others", LIMIT, () -> {
                var facts = facts(sentinel.call("SENTINEL", "MASTER", MASTER).texts());
                return facts.get("num-slaves").equals("2") && facts.get("num-other-sentinels").equals("2") && facts.get("flags").equals("master");
            });
        }
    }

    private static Map<String, String> facts(List<String> flat) {
        var facts = new HashMap<String, String>();
        for (int i = 0; i + 1 < flat.size(); i += 2) facts.put(flat.get(i), flat.get(i + 1));
        return facts;
    }

    private RedisSentinelClient client() {
        var pool = new ConnectionPoolConfig();
        pool.setMaxTotal(WRITERS);
        return RedisSentinelClient.builder().masterName(MASTER)
                .sentinels(sentinels.stream().map(sentinel -> new HostAndPort("127.0.0.1", sentinel.address.getPort())).collect(Collectors.toSet()))
                .clientConfig(DefaultJedisClientConfig.builder().timeoutMillis(3_000).build()).poolConfig(pool).build();
    }

    private void round(RedisSentinelClient client, Member master, String round, Set<String> acknowledged) throws Exception {
        Member successor;
        try (var load = new Load(client, round, acknowledged)) {
            load.await(WRITES);
            master.kill();
            successor = master(port -> !port.equals(master.port()));
            load.await(WRITES);
            master.start();
            Eventually.becomesTrue("the old master follows the new one", LIMIT, () -> master.follows(successor));
            load.await(WRITES);
        }
        for (var server : servers) if (server != successor) Eventually.becomesTrue("all follow", LIMIT, () -> server.follows(successor));
        assertThat(master.config).content().contains("replicaof 127.0.0.1 " + successor.port());
        assertThat(successor.config).content().doesNotContain("replicaof");
        Eventually.becomesTrue("the replicas have all", LIMIT, () -> servers.stream().map(this::offset).distinct().count() == 1);
        var data = successor.dataset();
        assertThat(acknowledged).as("%s: writes that WAIT has acknowledged", round).allMatch(data::containsKey);
        for (var server : servers) assertThat(server.dataset().equals(data)).as("%s has what its master has", server.config).isTrue();
    }

    private String offset(Member server) {
        try {
            return server.replication().get("master_repl_offset");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The server that all Sentinels take for the master, when they agree and this is one that is wanted.
    private Member master(Predicate<String> isWanted) throws Exception {
        var found = new ArrayList<String>();
        Eventually.becomesTrue("the Sentinels agree on the master", LIMIT, () -> {
            found.clear();
            for (var sentinel : sentinels) found.add(sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER).texts().getLast());
            return found.stream().distinct().count() == 1 && isWanted.test(found.getFirst());
        });
        return servers.stream().filter(server -> server.port().equals(found.getFirst())).findFirst().orElseThrow();
    }

    /// Clients that write without pause, each key once, and ask Sentinel for the master.
    private static final class Load implements AutoCloseable {

        private final RedisSentinelClient client;
        private final Set<String> acknowledged;
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        private final List<Future<?>> writers = new ArrayList<>();
        private volatile boolean stopped;

        Load(RedisSentinelClient client, String name, Set<String> acknowledged) {
            this.client = client;
            this.acknowledged = acknowledged;
            for (int i = 0; i < WRITERS; i++) {
                var prefix = name + ":" + i + ":";
                writers.add(threads.submit(() -> write(prefix)));
            }
        }

        private void write(String prefix) {
            for (int n = 0; !stopped; n++) {
                try (var pipeline = client.pipelined()) { // on one connection: WAIT is about what its own client has written
                    var written = pipeline.set(prefix + n, Integer.toString(n));
                    var replicas = pipeline.waitReplicas(1, 1_000);
                    pipeline.sync();
                    if (written.get().equals("OK") && replicas.get() >= 1) acknowledged.add(prefix + n);
                } catch (JedisException e) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10)); // there is no master: the next one may find one
                }
            }
        }

        /// Returns when so many more writes have been acknowledged.
        void await(int writes) throws Exception {
            int enough = acknowledged.size() + writes;
            Eventually.becomesTrue("writes are acknowledged", LIMIT, () -> {
                for (var writer : writers) if (writer.isDone()) writer.get(); // which says what it died of
                return acknowledged.size() >= enough;
            });
        }

        @Override
        public void close() {
            stopped = true;
            threads.close(); // waits for them
        }
    }
}
