package redis.server;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Who asks for the end while it is under way may be in a greater hurry than who has asked first.
@Tag("exercise")
class Exercise2HurryTest {

    private static final String FAILED = "ERR Errors trying to SHUTDOWN. Check logs.";

    @TempDir
    Path directory;

    private Path dump() {
        return directory.resolve("dump.rdb");
    }

    private LocalServer start() throws Exception {
        return LocalServer.start(directory, "--shutdown-timeout", "600", "--save", "");
    }

    /// A client that calls itself a replica, and never says that it has got what is written. It is given the first snapshot.
    private static TestClient lag(LocalServer server) throws Exception {
        var replica = server.connect().send("SYNC");
        Eventually.becomesTrue("the replica is online", () -> String.valueOf(server.info("slave0")).contains("state=online"));
        server.call("SET", "something", "to miss").isOk();
        return replica;
    }

    private static void begin(LocalServer server, TestClient client, String... options) throws Exception {
        client.sendRaw("SHUTDOWN " + String.join(" ", options) + "\r\n");
        Eventually.becomesTrue("the shutdown begins", () -> server.info("shutdown_in_milliseconds") != null);
    }

    @Test
    void whoDoesNotWaitEndsItForAll() throws Exception {
        try (var server = start(); var first = server.connect(); var second = server.connect(); var _ = lag(server)) {
            begin(server, first);
            second.send("SHUTDOWN", "NOW").expectEnd();
            first.expectEnd();
        }
    }

    /// The second one wants no snapshot, but nobody is to lose what the first was promised.
    @Test
    void whetherThereIsASnapshotIsUpToTheFirst() throws Exception {
        try (var server = start(); var first = server.connect(); var second = server.connect(); var _ = lag(server)) {
            begin(server, first, "SAVE");
            Files.deleteIfExists(dump());
            second.send("SHUTDOWN", "NOSAVE", "NOW").expectEnd();
            first.expectEnd();
        }
        assertThat(dump()).exists();
    }

    @Test
    void forceCountsForTheOneThatIsUnderWay() throws Exception {
        try (var server = start(); var first = server.connect(); var second = server.connect(); var _ = lag(server)) {
            Files.deleteIfExists(dump());
            Files.createDirectories(dump().resolve("in the way"));
            begin(server, first, "SAVE");
            second.send("SHUTDOWN", "FORCE", "NOW").expectEnd();
            first.expectEnd();
        }
    }

    @Test
    void noHurryIsLeftFromOneThatWasCalledOff() throws Exception {
        try (var server = start(); var first = server.connect(); var second = server.connect(); var third = server.connect(); var _ = lag(server)) {
            Files.deleteIfExists(dump());
            Files.createDirectories(dump().resolve("in the way"));
            begin(server, first, "SAVE");
            second.sendRaw("PING\r\nSHUTDOWN FORCE\r\n"); // in one hold of the lock: when the first is answered, the second is under way
            second.read().is(new Resp.SimpleString("PONG"));
            server.call("SHUTDOWN", "ABORT").isOk();
            first.read().isError(FAILED);
            begin(server, third, "SAVE");
            server.call("SHUTDOWN", "NOW").isError(FAILED);
            third.read().isError(FAILED);
            begin(server, third);
            assertThat(server.info("shutdown_in_milliseconds")).isNotEqualTo("0");
            server.call("SHUTDOWN", "ABORT").isOk();
            third.read().isError(FAILED);
        }
    }
}
