package redis.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// CLIENT PAUSE, as far as others than clients are concerned: the replicas, and the end of the server.
class ClientPauseTest {

    @TempDir
    Path directory;

    /// That is what it is for: once all writes wait, the stream has an end that a replica can reach.
    @Test
    void replicasGetTheStreamAllTheTime() throws Exception {
        try (var master = LocalServer.start(directory.resolve("master"));
             var replica = LocalServer.start(directory.resolve("replica"), "--replicaof", "127.0.0.1 " + master.address().getPort())) {
            Eventually.becomesTrue("it follows", () -> "up".equals(replica.info("master_link_status")));
            master.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
            var offset = master.info("master_repl_offset");
            Eventually.becomesTrue("it has everything", () -> offset.equals(replica.info("slave_repl_offset")));
            master.call("WAIT", "1", "5000").is(1);
            assertThat(master.info("master_repl_offset")).as("nothing was added").isEqualTo(offset);
            master.call("CLIENT", "UNPAUSE").isOk();
            master.call("SET", "k", "v").isOk();
            Eventually.becomesTrue("it goes on", () -> "v".equals(replica.call("GET", "k").text()));
        }
    }

    @Test
    void aReplicaCanComeMeanwhile() throws Exception {
        try (var master = LocalServer.start(directory.resolve("master"))) {
            master.call("SET", "k", "v").isOk();
            master.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
            try (var replica = LocalServer.start(directory.resolve("replica"), "--replicaof", "127.0.0.1 " + master.address().getPort())) {
                Eventually.becomesTrue("it has the data", () -> "v".equals(replica.call("GET", "k").text()));
            }
        }
    }

    /// Who waits for the end of a pause does not keep the server from ending, and learns that it has ended.
    @Test
    void theServerCanEndMeanwhile() throws Exception {
        var waiting = new ArrayList<TestClient>();
        try {
            try (var server = LocalServer.start(directory, "--appendonly", "yes")) {
                server.call("CLIENT", "PAUSE", "600000", "WRITE").isOk();
                for (int i = 0; i < 20; i++) {
                    var client = server.connect();
                    waiting.add(client);
                    client.sendRaw("PING\r\nSET k " + i + "\r\n").read().is(new Resp.SimpleString("PONG"));
                }
                Eventually.becomesTrue("they wait", () -> "20".equals(server.info("blocked_clients")));
            }
            for (var client : waiting) client.expectEnd();
        } finally {
            for (var client : waiting) client.close();
        }
        try (var server = LocalServer.start(directory, "--appendonly", "yes")) {
            server.call("GET", "k").isNil();
        }
    }

    /// Each ends by itself.
    @Test
    void aPauseAndTheEndOfTheServerDoNotEndEachOther() throws Exception {
        try (var master = LocalServer.start(directory); var _ = FakeReplica.synchronizedWith(master.address()); var writer = master.connect()) {
            master.call("SET", "k", "v").isOk(); // which nobody acknowledges
            master.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
            var shutdown = master.connect().send("SHUTDOWN");
            Eventually.becomesTrue("it ends", () -> master.info("shutdown_in_milliseconds") != null);
            var reply = CompletableFuture.supplyAsync(() -> {
                try {
                    return writer.call("SET", "k", "w");
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            Eventually.becomesTrue("both wait", () -> "2".equals(master.info("blocked_clients")));
            master.call("CLIENT", "UNPAUSE").isOk();
            assertThatThrownBy(() -> reply.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            master.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
            master.call("SHUTDOWN", "ABORT").isOk();
            shutdown.read().isError("ERR Errors trying to SHUTDOWN. Check logs.");
            assertThatThrownBy(() -> reply.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            master.call("CLIENT", "UNPAUSE").isOk();
            reply.get(5, TimeUnit.SECONDS).isOk();
            shutdown.close();
        }
    }
}
