package redis.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// While the server runs, a file has the number of its process.
@Tag("exercise")
class Exercise1PidFileTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("redis.pid");
    }

    private ServerProcess start() throws Exception {
        return ServerProcess.start(directory, "--pidfile", file().toString());
    }

    private void assertIsThere(ServerProcess server) {
        assertThat(file()).hasContent(server.pid() + "\n");
    }

    @Test
    void isThereUntilTheOrderlyEnd() throws Exception {
        try (var server = start(); var redis = server.connect()) {
            assertIsThere(server);
            redis.send("SHUTDOWN").expectEnd();
            assertThat(server.awaitExit(PATIENCE)).isZero();
            assertThat(file()).doesNotExist();
        }
    }

    /// Who finds the file looks for the server, and it is there.
    @Test
    void staysIfTheServerCannotEnd() throws Exception {
        try (var server = start(); var redis = server.connect()) {
            Files.createDirectories(directory.resolve("dump.rdb/in the way"));
            redis.call("SHUTDOWN").isError("ERR Errors trying to SHUTDOWN. Check logs.");
            assertIsThere(server);
            redis.send("SHUTDOWN", "FORCE").expectEnd();
            assertThat(server.awaitExit(PATIENCE)).isZero();
            assertThat(file()).doesNotExist();
        }
    }

    @Test
    void tellsOfACrashAndDoesNotHinderTheNextStart() throws Exception {
        try (var server = start()) {
            server.kill();
            assertIsThere(server);
        }
        try (var server = start()) {
            assertIsThere(server);
        }
    }

    /// Both have the same directory, and only one can.
    @Test
    void aServerThatDoesNotStartLeavesTheFileOfTheOther() throws Exception {
        try (var server = start()) {
            assertThatThrownBy(this::start).hasMessageContaining("does not start");
            assertIsThere(server);
        }
    }

    @Test
    void aServerThatCannotWriteItRunsAllTheSame() throws Exception {
        try (var server = ServerProcess.start(directory, "--pidfile", directory.resolve("no/such/directory").toString()); var redis = server.connect()) {
            redis.send("SHUTDOWN").expectEnd();
            assertThat(server.awaitExit(PATIENCE)).isZero();
        }
    }
}
