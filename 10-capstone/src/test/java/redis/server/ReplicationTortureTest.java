package redis.server;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;
import redis.resp.RespClient;
import redis.server.Node.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/// Replication under load, for long: large full synchronizations, and links that break again and again.
///
/// A failure names its seed; `-Dreplication.seed=…` runs the same plan again. (The moments are not exactly the same.)
@Tag("torture")
@Timeout(600)
class ReplicationTortureTest {

    private static final int CUTS = Boolean.getBoolean("torture.short") ? 20 : 100;
    private static final int KEYS = 100_000;

    @TempDir
    private Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void stopServers() throws Exception {
        for (var closeable : opened.reversed()) closeable.close();
    }

    private Node start(Kind kind, String name, String... options) throws Exception {
        var node = Node.start(kind, Files.createDirectories(directory.resolve(name)), options);
        opened.add(node);
        return node;
    }

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "REAL, OURS", "OURS, OURS"})
    void aHundredThousandKeysAreSynchronizedDuringWrites(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master", "--repl-backlog-size", "64mb");
        var replica = start(replicaKind, "replica");
        var second = start(replicaKind, "second");
        for (int from = 0; from < KEYS; from += 1_000) {
            master.call(IntStream.range(from, from + 1_000).boxed().flatMap(i -> List.of("n:" + i, "value " + i).stream())
                    .collect(() -> new ArrayList<>(List.of("MSET")), List::add, List::addAll).toArray(String[]::new)).isOk();
        }
        for (int i = 0; i < KEYS; i += 10) master.client().send("EXPIRE", "n:" + i, Integer.toString(100_000 + i));
        for (int i = 0; i < KEYS; i += 10) master.client().read().is(1);
        try (var load = new WriteLoad(master.address(), 4, 1)) {
            load.await(10_000);
            replica.follow(master.address());
            second.follow(master.address());
            load.await(10_000);
            replica.awaitLink();
            second.awaitLink();
            load.await(10_000);
            load.stop();
        }
        replica.awaitSameAs(master);
        second.awaitSameAs(master);
        assertThat(master.info("sync_full")).isEqualTo("2");
    }

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "REAL, OURS", "OURS, OURS"})
    void aLinkIsCutAgainAndAgain(Kind masterKind, Kind replicaKind) throws Exception {
        long seed = Long.getLong("replication.seed", System.nanoTime());
        var random = new Random(seed);
        var master = start(masterKind, "master", "--repl-backlog-size", "256mb");
        var replica = start(replicaKind, "replica");
        var sub = start(Kind.OURS, "sub");
        var proxy = new TcpProxy(master.address());
        opened.add(proxy);
        replica.follow(proxy.address());
        replica.awaitMaster(master);
        sub.follow(replica.address());
        sub.awaitMaster(replica);
        int cuts = 0;
        while (cuts < CUTS) {
            try (var load = new WriteLoad(master.address(), 3, random.nextLong())) {
                for (int i = 0; i < 10; i++, cuts++) {
                    load.await(200);
                    proxy.cutAfter(random.nextInt(random.nextBoolean() ? 200 : 100_000));
                    Eventually.becomesTrue("it is cut", () -> !proxy.isToCut());
                    if (random.nextInt(3) > 0) replica.awaitLink();
                }
                load.stop();
            }
            replica.awaitSameAs(master);
            sub.awaitSameAs(replica);
            assertThat(master.info("sync_full")).as("cut %d of -Dreplication.seed=%d", cuts, seed).isEqualTo("1");
        }
        assertThat(replica.info("sync_full")).isEqualTo("1");
        System.out.printf("%d cuts, %s partial resynchronizations, %,d bytes%n", cuts, master.info("sync_partial_ok"),
                master.number("master_repl_offset"));
    }

    /// What is written long after a full synchronization must not be kept for it.
    @Test
    void theStreamIsNotKeptForEver() throws Exception {
        var place = Files.createDirectories(directory.resolve("master"));
        try (var process = ServerProcess.start(place, "--appendonly", "no", "--save", "");
             var master = RespClient.connect(new InetSocketAddress("127.0.0.1", process.port()), Duration.ofSeconds(10))) {
            var replica = start(Kind.OURS, "replica");
            replica.call("REPLICAOF", "127.0.0.1", Integer.toString(process.port())).isOk();
            replica.awaitLink();
            var value = "x".repeat(1_000_000);
            for (int i = 0; i < 1_000; i++) assertThat(master.call("SET", "key", value + i)).isEqualTo(Resp.OK); // four times what fits its heap
            Eventually.becomesTrue("the replica has all", () -> (value + 999).equals(replica.call("GET", "key").text()));
        }
    }
}
