package redis.server;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// A defect in a handler costs the client who comes upon it the connection, and nobody else anything.
class UnexpectedErrorTest {

    private final Logger logger = Logger.getLogger(RedisServer.class.getName());
    private final List<LogRecord> log = new CopyOnWriteArrayList<>();
    private final Handler recorder = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            log.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void recordTheLog() {
        logger.addHandler(recorder);
        logger.setUseParentHandlers(false); // what is meant to go wrong need not be seen
    }

    @AfterEach
    void stopRecording() {
        logger.removeHandler(recorder);
        logger.setUseParentHandlers(true);
    }

    @Test
    void closesOneConnectionAndLeavesALineInTheLog() throws Exception {
        var clock = new BrokenClock();
        try (var server = new RedisServer(ServerConfig.parse("--port", "0", "--save", ""), clock)) {
            server.start();
            var address = new InetSocketAddress("127.0.0.1", server.port());
            try (var unlucky = new TestClient(address); var other = new TestClient(address)) {
                other.call("SET", "k", "v").isOk();
                clock.broken = true;
                unlucky.sendRaw("TIME\r\nPING\r\n").expectEnd();
                clock.broken = false;

                other.call("GET", "k").is("v"); // so the lock is free
                try (var next = new TestClient(address)) {
                    next.call("PING").is(new Resp.SimpleString("PONG"));
                }
            }
        }
        assertThat(log).hasSize(1);
        assertThat(log.getFirst().getLevel()).isEqualTo(Level.WARNING);
        assertThat(log.getFirst().getMessage()).startsWith("Closed /127.0.0.1:").endsWith(" after an unexpected error");
        assertThat(log.getFirst().getThrown()).hasMessage("the clock is broken");
    }

    /// TIME asks the clock: a place where a test can put a defect.
    private static final class BrokenClock implements InstantSource {

        volatile boolean broken;

        @Override
        public Instant instant() {
            if (broken) throw new IllegalStateException("the clock is broken");
            return Instant.now();
        }
    }
}
