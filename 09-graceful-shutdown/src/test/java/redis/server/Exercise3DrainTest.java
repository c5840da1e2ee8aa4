package redis.server;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

/// Before the end begins, clients have time to leave by themselves, and new ones are refused.
@Tag("exercise")
class Exercise3DrainTest {

    private static final String FAILED = "ERR Errors trying to SHUTDOWN. Check logs.";

    @TempDir
    Path directory;

    private LocalServer start(String... options) throws Exception {
        var server = LocalServer.start(directory, options);
        server.call("CONFIG", "SET", "shutdown-timeout", "600", "save", "").isOk();
        return server;
    }

    private static void begin(LocalServer server, TestClient client) throws Exception {
        client.send("SHUTDOWN");
        Eventually.becomesTrue("the shutdown begins", () -> server.info("shutdown_in_milliseconds") != null);
    }

    private static void assertRefusesNewClients(LocalServer server) throws Exception {
        try (var late = server.connect()) {
            late.read().isError("ERR server is shutting down");
            late.expectEnd();
        }
    }

    @Test
    void thoseWhoAreThereAreServedUntilTheyLeave() throws Exception {
        try (var server = start("--shutdown-drain", "600"); var first = server.connect(); var second = server.connect()) {
            begin(server, first);
            assertRefusesNewClients(server);
            second.call("SET", "a", "1").isOk();
            server.call("INCR", "a").is(2);
            second.send("SHUTDOWN"); // now two of them only wait
            server.call("QUIT").isOk();
            first.expectEnd();
            second.expectEnd();
        }
    }

    @Test
    void whoDoesNotLeaveIsNotWaitedForLonger() throws Exception {
        try (var server = start("--shutdown-drain", "1"); var client = server.connect()) {
            client.send("SHUTDOWN").expectEnd();
            server.client().expectEnd();
        }
    }

    @Test
    void nobodyIsWaitedForIfNobodyWantsThat() throws Exception {
        try (var server = start("--shutdown-drain", "600"); var client = server.connect()) {
            client.send("SHUTDOWN", "NOW").expectEnd();
        }
        try (var server = start("--shutdown-drain", "0"); var client = server.connect()) {
            client.send("SHUTDOWN").expectEnd();
        }
    }

    @Test
    void newClientsAreLetInAgainWhenItIsCalledOffOrFails() throws Exception {
        try (var server = start("--shutdown-drain", "600"); var client = server.connect()) {
            begin(server, client);
            assertRefusesNewClients(server);
            server.call("SHUTDOWN", "ABORT").isOk();
            client.read().isError(FAILED);
            try (var next = server.connect()) {
                next.call("PING").is(new Resp.SimpleString("PONG"));
            }
            server.call("CONFIG", "SET", "shutdown-drain", "1").isOk();
            Files.createDirectories(directory.resolve("dump.rdb/in the way"));
            server.call("SHUTDOWN", "SAVE").isError(FAILED);
            try (var next = server.connect()) {
                next.call("PING").is(new Resp.SimpleString("PONG"));
            }
        }
    }

    /// What replicas are waited to reach is the end of the stream when the last client has left, and not when somebody has asked for the end.
    @Test
    void replicasGetWhatIsWrittenMeanwhile() throws Exception {
        try (var log = new RecordedLog(); var server = start("--shutdown-drain", "600"); var first = server.connect();
             var replica = server.connect().send("SYNC")) {
            Eventually.becomesTrue("the replica is online", () -> String.valueOf(server.info("slave0")).contains("state=online"));
            acknowledge(replica, Long.parseLong(server.info("master_repl_offset")));
            Eventually.becomesTrue("the replica lags no more", () -> server.info("slave0").contains("offset=" + server.info("master_repl_offset")));
            begin(server, first);
            server.call("INCR", "n").is(1);
            server.call("QUIT").isOk();
            Eventually.becomesTrue("the replica is waited for", () -> log.messages().contains("Waiting for replicas before shutting down."));
            acknowledge(replica, 999_999_999);
            first.expectEnd();
        }
    }

    private static void acknowledge(TestClient replica, long offset) throws Exception {
        replica.sendRaw("REPLCONF ACK " + offset + "\r\n");
    }
}
