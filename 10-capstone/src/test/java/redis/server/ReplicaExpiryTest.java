package redis.server;

import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A replica's clock is not the master's. When a key ends, the master says.
class ReplicaExpiryTest {

    @TempDir
    Path directory;

    private final AtomicReference<Instant> clock = new AtomicReference<>(Instant.now()); // the replica's

    @Test
    void theStreamFindsWhatIsOverHereAndNotYetAtTheMaster() throws Exception {
        try (var master = LocalServer.start(directory.resolve("master"));
                var replica = LocalServer.start(clock::get, directory.resolve("replica"), "--replicaof", "127.0.0.1 " + master.address().getPort())) {
            Eventually.becomesTrue("the replica has a master", () -> "up".equals(replica.info("master_link_status")));
            master.call("SET", "k", "v", "EX", "1000").isOk();
            master.call("WAIT", "1", "5000").is(1);

            clock.updateAndGet(instant -> instant.plusSeconds(2000));
            replica.call("GET", "k").isNil();
            replica.call("DBSIZE").is(1);
            master.call("APPEND", "k", "w").is(2);
            master.call("WAIT", "1", "5000").is(1);
            replica.call("GET", "k").isNil();

            clock.updateAndGet(instant -> instant.minusSeconds(2000));
            replica.call("GET", "k").is("vw");
            master.call("DEL", "k").is(1);
            master.call("WAIT", "1", "5000").is(1);
            replica.call("DBSIZE").is(0);
        }
    }
}
