package redis.server;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// What clients are told that come before the log has been loaded.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AofLoadingTest {

    private static final String LOADING = "LOADING Redis is loading the dataset in memory";
    private static final int KEYS = 200_000;

    @TempDir
    Path directory;

    /// Loading gets to the first command, which is the first to ask what time it is, and waits there until a client is in the queue behind it.
    /// There is so much left to load then that the client is served in the midst of it.
    private static final class WaitingClock implements InstantSource {

        private final CountDownLatch loading = new CountDownLatch(1);
        private final CountDownLatch clientWaits = new CountDownLatch(1);

        @Override
        public Instant instant() {
            return Instant.now();
        }

        @Override
        public long millis() {
            if (loading.getCount() > 0) {
                loading.countDown();
                try {
                    clientWaits.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            return System.currentTimeMillis();
        }
    }

    @Test
    void clientsAreToldToWait() throws Exception {
        var content = new StringBuilder(AofFiles.commands("SET first v EX 1000"));
        for (int i = 0; i < KEYS; i++) content.append(AofFiles.commands("SET " + i + " v"));
        new AofFiles(directory).withLog(content.toString());
        var clock = new WaitingClock();
        try (var log = new RecordedLog(); var server = new RedisServer(LocalServer.configWithLog(directory), clock)) {
            long begun = System.nanoTime();
            var start = new FutureTask<Void>(() -> {
                server.start();
                return null;
            });
            Thread.ofPlatform().start(start);
            assertThat(clock.loading.await(20, TimeUnit.SECONDS)).as("it has begun to load").isTrue();
            try (var redis = new TestClient(new InetSocketAddress("127.0.0.1", server.port()))) {
                redis.sendRaw("PING\r\nGET first\r\nSET k v\r\nBGREWRITEAOF\r\nCONFIG SET appendonly no\r\nNOPE\r\nECHO hello\r\nINFO persistence\r\n");
                Eventually.becomesTrue("the client waits for the lock", store(server)::isWanted);
                Eventually.becomesTrue("it is time to tell how far it is", () -> System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(1));
                clock.clientWaits.countDown();

                redis.read().isError(LOADING);
                redis.read().isError(LOADING);
                redis.read().isError(LOADING);
                redis.read().isError(LOADING);
                redis.read().isError("ERR CONFIG SET failed (possibly related to argument 'appendonly') - The data is being loaded.");
                redis.read().isError("ERR unknown command 'NOPE', with args beginning with: ");
                redis.read().is("hello");
                var info = redis.read().text();
                assertThat(info).contains("loading:1\r\n", "loading_total_bytes:" + content.length() + "\r\n").containsPattern("loading_loaded_perc:\\d+\\.\\d\\d\r\n");
                assertThat(Double.parseDouble(info.replaceFirst("(?s).*loading_loaded_perc:([0-9.]+).*", "$1"))).isBetween(0.01, 99.99);

                start.get();
                assertThat(redis.call("INFO").text()).contains("loading:0\r\n").doesNotContain("loading_total_bytes");
                redis.call("DBSIZE").is(KEYS + 1);
                redis.call("GET", "first").is("v");
                redis.call("SET", "k", "v").isOk();
            }
            assertThat(log.messages()).anyMatch(line -> line.matches("Loading appendonly\\.aof\\.1\\.incr\\.aof: \\d+ % done"))
                    .anyMatch(line -> line.matches("DB loaded from append only file: [0-9.,]+ seconds"));
        }
    }

    /// The server tells nobody about its store. A test may look.
    private static Store store(RedisServer server) throws ReflectiveOperationException {
        var field = RedisServer.class.getDeclaredField("store");
        field.setAccessible(true);
        return (Store) field.get(server);
    }
}
