package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// FAILOVER: a master hands its part over to a replica that has everything, and not one write is lost.
@Tag("exercise")
class Exercise3FailoverTest {

    @TempDir
    Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private LocalServer master;

    @BeforeEach
    void start() throws IOException {
        master = LocalServer.start(now::get, directory.resolve("master"));
    }

    @AfterEach
    void stop() throws IOException {
        master.close();
    }

    /// A replica that never says how far it is, so that no failover comes to its end.
    private TestClient silentReplica() throws Exception {
        var replica = new TestClient(master.address());
        replica.send("SYNC");
        Eventually.becomesTrue("it is online", () -> String.valueOf(master.info("slave0")).contains("state=online"));
        master.call("SET", "unheard", "of").isOk();
        return replica;
    }

    private void follow(TestClient replica, int port) throws Exception {
        replica.call("CONFIG", "SET", "replica-announce-port", Integer.toString(port)).isOk();
        replica.call("REPLICAOF", "127.0.0.1", Integer.toString(master.address().getPort())).isOk();
        Eventually.becomesTrue("it is online", () -> String.valueOf(master.info("slave0")).contains("port=" + port + ",state=online"));
    }

    private void handOverTo(TestClient replica, InetSocketAddress address) throws Exception {
        follow(replica, address.getPort());
        master.call("SET", "before", "1").isOk();
        var id = master.info("master_replid");
        master.call("FAILOVER", "TO", "127.0.0.1", Integer.toString(address.getPort())).isOk();
        master.call("SET", "during", "2").isError("READONLY You can't write against a read only replica."); // it has waited for that

        Eventually.becomesTrue("the master follows", () -> "up".equals(master.info("master_link_status")));
        assertThat(master.info("master_failover_state")).isEqualTo("no-failover");
        assertThat(master.info("master_replid2")).as("the id that both had").isEqualTo(id);
        assertThat(replica.call("INFO", "stats").text()).contains("sync_partial_ok:1\r\n");
        replica.call("GET", "before").is("1");
        replica.call("SET", "after", "3").isOk();
        replica.call("WAIT", "1", "5000").is(1);
        master.call("GET", "after").is("3");
    }

    @Test
    void aReplicaTakesOver() throws Exception {
        try (var replica = LocalServer.start(directory.resolve("replica"))) {
            handOverTo(replica.client(), replica.address());
        }
    }

    @Test
    void aRealRedisTakesOver() throws Exception {
        try (var redis = RealRedis.start(); var client = new TestClient(redis.address())) {
            handOverTo(client, redis.address());
        }
    }

    @Test
    void meanwhileNothingIsWrittenAndReadsGoOn() throws Exception {
        master.call("SET", "k", "v").isOk();
        try (var _ = silentReplica(); var writer = master.connect()) {
            writer.sendRaw("SET a 1\r\nFAILOVER\r\nSET b 2\r\n");
            writer.read().isOk();
            writer.read().isOk();
            assertThat(master.info("master_failover_state")).isEqualTo("waiting-for-sync");
            master.call("GET", "k").is("v");
            master.call("EXISTS", "a", "b").is(1);

            master.call("FAILOVER", "ABORT").isOk();
            writer.read().isOk();
            master.call("EXISTS", "a", "b").is(2);
            assertThat(master.info("role")).isEqualTo("master");
            assertThat(master.info("master_failover_state")).isEqualTo("no-failover");
        }
    }

    @Test
    void meanwhileNoKeyEnds() throws Exception {
        master.call("SET", "k", "v", "EX", "100").isOk();
        try (var _ = silentReplica()) {
            master.call("FAILOVER").isOk();
            var offset = master.info("master_repl_offset");
            now.updateAndGet(instant -> instant.plusSeconds(101));
            master.call("GET", "k").isNil();
            assertThat(master.info("master_repl_offset")).as("offset, after a key was found to be over").isEqualTo(offset);
            master.call("DBSIZE").is(2);

            master.call("FAILOVER", "ABORT").isOk();
            master.call("GET", "k").isNil();
            master.call("DBSIZE").is(1);
        }
    }

    @Test
    void whoCannotCatchUpInTimeIsNotWaitedFor() throws Exception {
        try (var _ = silentReplica()) {
            master.call("FAILOVER", "TIMEOUT", "5000").isOk();
            now.updateAndGet(instant -> instant.plusSeconds(5));
            master.call("SET", "k", "v").isOk(); // it has waited for the end
            assertThat(master.info("role")).isEqualTo("master");
            assertThat(master.info("master_failover_state")).isEqualTo("no-failover");
        }
    }

    @Test
    void whatCannotBe() throws Exception {
        master.call("FAILOVER").isError("ERR FAILOVER requires connected replicas.");
        master.call("FAILOVER", "ABORT").isError("ERR No failover in progress.");
        master.call("FAILOVER", "TIMEOUT", "0").isError("ERR FAILOVER timeout must be greater than 0");
        master.call("FAILOVER", "NOW").isError("ERR syntax error");
        master.call("PSYNC", "?", "-1", "FAILOVER").isError("ERR PSYNC FAILOVER can't be sent to a master.");
        try (var replica = LocalServer.start(directory.resolve("replica"))) {
            follow(replica.client(), replica.address().getPort());
            replica.call("FAILOVER").isError("ERR FAILOVER is not valid when server is a replica.");
            replica.call("PSYNC", "0".repeat(40), "1", "FAILOVER").isError("ERR PSYNC FAILOVER replid must match my replid.");
            master.call("FAILOVER", "TO", "127.0.0.1", "1").isError("ERR FAILOVER target HOST and PORT is not a replica.");
        }
    }
}
