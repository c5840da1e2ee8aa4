package redis.server;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// repl-diskless-sync-delay: a snapshot is not begun before others may have come that want one too.
@Tag("exercise")
class Exercise2SyncDelayTest {

    @TempDir
    Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochSecond(1_900_000_000));
    private LocalServer master;

    @BeforeEach
    void start() throws IOException {
        master = LocalServer.start(now::get, directory);
        master.call("CONFIG", "SET", "repl-diskless-sync-delay", "5").isOk();
    }

    @AfterEach
    void stop() throws IOException {
        master.close();
    }

    private void passSeconds(int seconds) {
        now.updateAndGet(instant -> instant.plusSeconds(seconds));
    }

    /// What asks for a snapshot as a replica does.
    private final class Follower implements AutoCloseable {

        private final Socket socket = new Socket();
        private final InputStream in;

        /// Returns when the master knows it.
        Follower(String capabilities) throws Exception {
            socket.connect(master.address());
            socket.setSoTimeout(Patience.FULL_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
            int before = Integer.parseInt(master.info("connected_slaves"));
            send("REPLCONF " + capabilities);
            assertThat(line()).isEqualTo("+OK");
            send("PSYNC ? -1");
            Eventually.becomesTrue("the master knows the replica", () -> Integer.parseInt(master.info("connected_slaves")) == before + 1);
        }

        private void send(String line) throws IOException {
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        }

        /// The next line that is not empty.
        private String line() throws IOException {
            var line = new StringBuilder();
            while (line.isEmpty()) {
                for (int b = in.read(); b != '\n'; b = in.read()) {
                    if (b < 0) throw new IOException("the master has closed the connection");
                    line.append((char) b);
                }
            }
            return line.toString().strip();
        }

        /// Waits for the snapshot.
        ///
        /// @return the offset that it has
        long snapshotOffset() throws IOException {
            var reply = line();
            assertThat(reply).startsWith("+FULLRESYNC ");
            return Long.parseLong(reply.split(" ")[2]);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private void assertWaiting(int replica) throws IOException {
        assertThat(master.info("slave" + replica)).as("what INFO says of replica %d", replica).contains("state=wait_bgsave");
    }

    @Test
    void whoComesInTimeSharesTheSnapshot() throws Exception {
        try (var first = new Follower("capa eof capa psync2")) {
            passSeconds(4);
            try (var second = new Follower("capa eof capa psync2")) {
                assertWaiting(0);
                assertWaiting(1);
                master.call("SET", "k", "v").isOk();
                passSeconds(1); // five since the first one came
                long offset = first.snapshotOffset();
                assertThat(offset).as("offset of a snapshot that has the SET").isPositive();
                assertThat(second.snapshotOffset()).isEqualTo(offset);
            }
        }
    }

    @Test
    void whoNeedsTheLengthDoesNotWaitAndTakesTheOthersAlong() throws Exception {
        try (var patient = new Follower("capa eof capa psync2")) {
            assertWaiting(0);
            try (var old = new Follower("capa psync2")) {
                assertThat(old.snapshotOffset()).isEqualTo(patient.snapshotOffset());
            }
        }
    }

    @Test
    void enoughAreEnough() throws Exception {
        master.call("CONFIG", "SET", "repl-diskless-sync-max-replicas", "2").isOk();
        try (var first = new Follower("capa eof capa psync2")) {
            assertWaiting(0);
            try (var second = new Follower("capa eof capa psync2")) {
                assertThat(first.snapshotOffset()).isEqualTo(second.snapshotOffset());
            }
        }
    }
}
