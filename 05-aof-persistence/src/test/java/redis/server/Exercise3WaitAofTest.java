package redis.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// WAITAOF 1 0 timeout: answers when all that has been written so far is on the disk, whatever appendfsync says.
@Tag("exercise")
class Exercise3WaitAofTest extends AcceptanceTest {

    @TempDir
    Path recordings;

    private interface Requests {
        void send() throws IOException;
    }

    /// The calls of `FileChannel.force` on the log while these requests are answered, as the JVM's flight recorder has seen them.
    private List<RecordedEvent> forcesDuring(Requests requests) throws IOException {
        var file = recordings.resolve("forces.jfr");
        try (var recording = new Recording()) {
            recording.enable("jdk.FileForce").withoutThreshold().withStackTrace();
            recording.start();
            requests.send();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream().filter(event -> event.getString("path").endsWith(".incr.aof")).toList();
    }

    @Test
    void itWaitsForTheDisk() throws IOException {
        redis.call("CONFIG", "SET", "appendfsync", "no").isOk();
        assertThat(forcesDuring(() -> redis.call("SET", "k", "v").isOk())).as("fsyncs after a SET").isEmpty();

        var forces = forcesDuring(() -> {
            redis.call("SET", "k", "w").isOk();
            redis.call("WAITAOF", "1", "0", "0").is(List.of(1, 0));
        });
        assertThat(forces).as("fsyncs after a SET and a WAITAOF").hasSize(1);
        assertThat(forces.getFirst().getStackTrace().getFrames())
                .as("who waits for the disk; the handler of a command must not, it holds the store's lock")
                .noneMatch(frame -> frame.getMethod().getType().getName().equals(CommandTable.class.getName()));

        assertThat(forcesDuring(() -> redis.call("WAITAOF", "1", "0", "0").is(List.of(1, 0))))
                .as("fsyncs after a WAITAOF when nothing new was written").isEmpty();
    }

    @Test
    void requestsOfOnePacketShareIt() throws IOException {
        redis.call("CONFIG", "SET", "appendfsync", "no").isOk();
        var forces = forcesDuring(() -> {
            redis.sendRaw("SET a 1\r\nWAITAOF 1 0 0\r\nSET b 2\r\nWAITAOF 1 0 0\r\n");
            redis.read().isOk();
            redis.read().is(List.of(1, 0));
            redis.read().isOk();
            redis.read().is(List.of(1, 0));
        });
        assertThat(forces).hasSizeBetween(1, 2); // a packet may arrive in two pieces
    }

    @Test
    void whatCannotBeWaitedFor() throws IOException {
        redis.call("WAITAOF", "2", "0", "0").isError("ERR value is out of range, value must between 0 and 1");
        redis.call("WAITAOF", "x", "0", "0").isError("ERR value is not an integer or out of range");
        redis.call("WAITAOF", "1").isError("ERR wrong number of arguments for 'waitaof' command");
        redis.call("CONFIG", "SET", "appendonly", "no").isOk();
        redis.call("WAITAOF", "1", "0", "0").isError("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    }
}
