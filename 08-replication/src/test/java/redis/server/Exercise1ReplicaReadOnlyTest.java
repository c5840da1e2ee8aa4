package redis.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// CONFIG SET replica-read-only no: a replica takes writes of its own, of which no other server hears.
@Tag("exercise")
class Exercise1ReplicaReadOnlyTest {

    @TempDir
    Path directory;

    private LocalServer master;
    private LocalServer replica;

    @BeforeEach
    void start() throws Exception {
        master = LocalServer.start(directory.resolve("master"));
        replica = replicaOf(master, "replica");
    }

    private LocalServer replicaOf(LocalServer server, String name) throws Exception {
        var follower = LocalServer.start(directory.resolve(name), "--replicaof", "127.0.0.1 " + server.address().getPort());
        Eventually.becomesTrue(name + " has a master", () -> "up".equals(follower.info("master_link_status")));
        return follower;
    }

    @AfterEach
    void stop() throws IOException {
        replica.close();
        master.close();
    }

    @Test
    void aReplicaRefusesWritesUnlessItIsToldToTakeThem() throws IOException {
        replica.call("CONFIG", "GET", "replica-read-only").is(List.of("replica-read-only", "yes"));
        assertThat(replica.info("slave_read_only")).isEqualTo("1");
        replica.call("SET", "k", "mine").isError("READONLY You can't write against a read only replica.");

        replica.call("CONFIG", "SET", "replica-read-only", "no").isOk();
        assertThat(replica.info("slave_read_only")).isEqualTo("0");
        replica.call("SET", "k", "mine").isOk();
        replica.call("GET", "k").is("mine");

        replica.call("CONFIG", "SET", "replica-read-only", "yes").isOk();
        replica.call("SET", "k", "again").isError("READONLY You can't write against a read only replica.");
        replica.call("GET", "k").is("mine");
    }

    @Test
    void nobodyElseHearsOfItAndTheMasterHasTheLastWord() throws Exception {
        try (var below = replicaOf(replica, "below")) {
            replica.call("CONFIG", "SET", "replica-read-only", "no").isOk();
            replica.call("SET", "local", "mine").isOk();
            replica.call("SET", "shared", "mine").isOk();
            master.call("SET", "shared", "the master's").isOk();
            master.call("WAIT", "1", "5000").is(1);

            replica.call("MGET", "local", "shared").is(List.of("mine", "the master's"));
            master.call("EXISTS", "local").is(0);
            Eventually.becomesTrue("the replica's replica follows", () -> below.dataset().containsKey("shared"));
            below.call("EXISTS", "local").is(0);
        }
    }

    @Test
    void itDoesNotCount() throws Exception {
        replica.call("CONFIG", "SET", "replica-read-only", "no").isOk();
        master.call("SET", "k", "1").isOk();
        for (int i = 0; i < 100; i++) replica.call("SET", "local" + i, "mine").isOk();
        master.call("SET", "k", "2").isOk();
        master.call("WAIT", "1", "5000").is(1);
        Eventually.becomesTrue("both have the same offset", () -> master.info("master_repl_offset").equals(replica.info("master_repl_offset")));
    }
}
