package redis.server;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.Resp;
import redis.resp.RespReader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// The orderly end of a server in this JVM, which goes on.
class ShutdownTest {

    private static final String FAILED = "ERR Errors trying to SHUTDOWN. Check logs.";

    @TempDir
    Path directory;

    private Path dump() {
        return directory.resolve("dump.rdb");
    }

    private static void awaitEnd(LocalServer server) throws Exception {
        Eventually.becomesTrue("nobody listens any more", () -> {
            try (var _ = new Socket("127.0.0.1", server.address().getPort())) {
                return false;
            } catch (IOException e) {
                return true;
            }
        });
    }

    // ---- what is on disk ----

    @Test
    void aSnapshotIsSavedIfThereAreSavePointsAlthoughNothingHasChanged() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "3600 1")) {
            server.client().send("SHUTDOWN").expectEnd();
            awaitEnd(server);
            assertThat(dump()).exists();
        }
    }

    @Test
    void noSnapshotIsSavedIfNobodyWantsIt() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "3600 1")) {
            server.call("SET", "a", "1").isOk();
            server.client().send("SHUTDOWN", "NOSAVE").expectEnd();
            awaitEnd(server);
        }
        assertThat(dump()).doesNotExist();
        try (var server = LocalServer.start(directory, "--save", "")) {
            server.client().send("SHUTDOWN").expectEnd();
            awaitEnd(server);
        }
        assertThat(dump()).doesNotExist();
        try (var server = LocalServer.start(directory, "--save", "")) {
            server.call("SET", "a", "1").isOk();
            server.client().send("SHUTDOWN", "SAVE").expectEnd();
            awaitEnd(server);
        }
        try (var server = LocalServer.start(directory)) {
            server.call("GET", "a").is("1");
        }
    }

    @Test
    void theServerGoesOnIfTheSnapshotCannotBeSaved() throws Exception {
        Files.createDirectories(dump().resolve("in the way"));
        try (var log = new RecordedLog(); var server = startWithoutLoading("--save", "3600 1"); var writer = server.connect()) {
            server.call("SHUTDOWN").isError(FAILED);
            server.call("SET", "a", "1").isOk();
            writer.call("INCR", "a").is(2);
            server.call("SHUTDOWN", "NOW").isError(FAILED);
            server.call("SHUTDOWN", "ABORT").isError("ERR No shutdown in progress.");
            assertThat(log.messages()).containsSubsequence("User requested shutdown...", "Saving the final RDB snapshot before exiting.",
                    "Errors trying to shut down the server. Check the logs for more information.");
            assertThat(log.messages()).anyMatch(line -> line.startsWith("Error trying to save the DB, can't exit: "));

            server.client().send("SHUTDOWN", "FORCE").expectEnd();
            awaitEnd(server);
            assertThat(log.messages()).anyMatch(line -> line.startsWith("Error trying to save the DB. Exit anyway: "));
            Eventually.becomesTrue("it has ended", () -> log.messages().getLast().equals("Redis is now ready to exit, bye bye..."));
        }
        assertThat(directory).isDirectoryNotContaining("glob:**temp-*");
    }

    /// What is at the place of the snapshot would keep it from starting.
    private LocalServer startWithoutLoading(String... options) throws IOException {
        var blocked = dump().resolveSibling("blocked");
        Files.move(dump(), blocked);
        var server = LocalServer.start(directory, options);
        Files.move(blocked, dump());
        return server;
    }

    @Test
    void aSnapshotThatIsBeingSavedGivesWayToTheLast() throws Exception {
        try (var server = LocalServer.start(directory, "--save", "3600 1")) {
            for (int i = 0; i < 1_000; i++) server.client().send("SET", "key " + i, "x".repeat(100));
            for (int i = 0; i < 1_000; i++) server.client().read().isOk();
            server.client().sendRaw("BGSAVE\r\nSET last write\r\nSHUTDOWN\r\n");
            server.client().read().is(new Resp.SimpleString("Background saving started"));
            server.client().read().isOk();
            server.client().expectEnd();
            awaitEnd(server);
        }
        try (var server = LocalServer.start(directory)) {
            server.call("DBSIZE").is(1_001);
            server.call("GET", "last").is("write");
        }
        assertThat(directory).isDirectoryNotContaining("glob:**temp-*");
    }

    // ---- what clients get ----

    /// A client that does not wait for replies gets one for each request that was carried out, and for no other.
    @RepeatedTest(5)
    void whatWasCarriedOutIsAnswered() throws Exception {
        long answered = 0;
        try (var server = LocalServer.withLog(directory); var client = new Socket("127.0.0.1", server.address().getPort())) {
            var sender = Thread.ofVirtual().start(() -> {
                var requests = "INCR n\r\n".repeat(100).getBytes();
                try {
                    while (true) client.getOutputStream().write(requests);
                } catch (IOException e) {
                    // the server is gone
                }
            });
            var reader = new RespReader(client.getInputStream());
            try {
                for (var reply = reader.readReply(); reply instanceof Resp.Integer(var n); reply = reader.readReply()) {
                    assertThat(n).isEqualTo(++answered);
                    if (answered == 1_000) server.client().send("SHUTDOWN", "NOSAVE");
                }
            } catch (IOException e) {
                // the end: what was lost would not have been answered
            }
            sender.join();
        }
        try (var server = LocalServer.withLog(directory)) {
            server.call("GET", "n").is(Long.toString(answered));
        }
    }

    @Test
    void aSubscriberGetsItsLastMessages() throws Exception {
        try (var server = LocalServer.start(directory, "--save", ""); var subscriber = server.connect()) {
            subscriber.call("SUBSCRIBE", "channel").satisfies(_ -> {});
            for (int i = 0; i < 1_000; i++) server.client().send("PUBLISH", "channel", Integer.toString(i));
            server.client().send("SHUTDOWN");
            for (int i = 0; i < 1_000; i++) server.client().read().is(1);
            server.client().expectEnd();
            for (int i = 0; i < 1_000; i++) assertThat(subscriber.read().texts()).containsExactly("message", "channel", Integer.toString(i));
            subscriber.expectEnd();
        }
    }

    @Test
    void theClientThatHasAskedForItGoesOnWhenItIsCalledOff() throws Exception {
        try (var server = LocalServer.start(directory); var client = server.connect(); var _ = lag(server)) {
            client.sendRaw("SHUTDOWN\r\nPING\r\nINCR n\r\n");
            Eventually.becomesTrue("the shutdown begins", () -> server.info("shutdown_in_milliseconds") != null);
            server.call("SHUTDOWN", "ABORT").isOk();
            client.read().isError(FAILED);
            client.read().is(new Resp.SimpleString("PONG"));
            client.read().is(1);
        }
    }

    /// While replicas are waited for no key is removed, since they would have to hear of it. Afterwards it is.
    @Test
    void keysDoNotEndWhileReplicasAreWaitedFor() throws Exception {
        var now = new AtomicReference<>(Instant.now());
        try (var server = LocalServer.start(now::get, directory); var client = server.connect(); var _ = lag(server)) {
            server.call("SET", "short", "lived", "PX", "100").isOk();
            client.send("SHUTDOWN");
            Eventually.becomesTrue("the shutdown begins", () -> server.info("shutdown_in_milliseconds") != null);
            now.updateAndGet(instant -> instant.plusMillis(101));
            server.call("GET", "short").isNil();
            assertThat(server.info("expired_keys")).isEqualTo("0");
            server.call("SHUTDOWN", "ABORT").isOk();
            Eventually.becomesTrue("it is removed", () -> "1".equals(server.info("expired_keys")));
        }
    }

    private static TestClient lag(LocalServer server) throws Exception {
        var replica = server.connect();
        replica.call("REPLCONF", "listening-port", "1").isOk();
        replica.send("PSYNC", "?", "-1");
        Eventually.becomesTrue("there is a replica", () -> "1".equals(server.info("connected_slaves")));
        server.call("SET", "something", "to miss").isOk();
        return replica;
    }

    // ---- replicas ----

    @RepeatedTest(5)
    void aReplicaGetsTheRestOfTheStream() throws Exception {
        try (var master = LocalServer.start(directory.resolve("master"), "--save", "");
             var replica = LocalServer.start(directory.resolve("replica"), "--save", "", "--replicaof", "127.0.0.1 " + master.address().getPort())) {
            Eventually.becomesTrue("the replica is online", () -> String.valueOf(master.info("slave0")).contains("state=online"));
            var value = "x".repeat(10_000);
            for (int i = 0; i < 300; i++) master.client().send("SET", "key " + i, value);
            master.client().send("SHUTDOWN", "NOW");
            for (int i = 0; i < 300; i++) master.client().read().isOk();
            master.client().expectEnd();
            Eventually.becomesTrue("the replica has all of it", () -> replica.call("DBSIZE").value().equals(Resp.integer(300)));
        }
    }

    @Test
    void aReplicaThatCatchesUpIsWaitedFor() throws Exception {
        try (var log = new RecordedLog();
             var master = LocalServer.start(directory.resolve("master"), "--save", "", "--shutdown-timeout", "600");
             var replica = LocalServer.start(directory.resolve("replica"), "--save", "", "--replicaof", "127.0.0.1 " + master.address().getPort())) {
            Eventually.becomesTrue("the replica is online", () -> String.valueOf(master.info("slave0")).contains("state=online"));
            master.client().sendRaw("SET a 1\r\nSHUTDOWN\r\n"); // what was written in the same moment is not acknowledged yet
            master.client().read().isOk();
            master.client().expectEnd();
            replica.call("GET", "a").is("1");
            assertThat(log.messages()).containsSubsequence("User requested shutdown...", "Waiting for replicas before shutting down.",
                    "1 of 1 replicas are in sync when shutting down.");
        }
    }

    // ---- nobody can hold it up ----

    @Test
    void noKindOfClientHoldsItUp() throws Exception {
        var server = LocalServer.start(directory, "--save", "", "--client-output-buffer-limit", "normal 0 0 0");
        var clients = new ArrayList<TestClient>();
        for (int i = 0; i < 20; i++) {
            clients.add(server.connect().send("WAIT", "1", "0"));
            clients.add(server.connect().send("WAIT", "1", "600000"));
            clients.add(server.connect().send("SUBSCRIBE", "channel"));
            clients.add(server.connect().send("SYNC"));
            clients.add(server.connect().sendRaw("*2\r\n$3\r\nGET\r\n$1000000\r\nhalf of a"));
            clients.add(server.connect());
        }
        server.call("SET", "large", "x".repeat(1_000_000)).isOk();
        for (int i = 0; i < 5; i++) clients.add(server.connect().sendRaw("GET large\r\n".repeat(50))); // and does not read
        for (int i = 0; i < 100; i++) server.call("PUBLISH", "channel", "x".repeat(100_000));
        long start = System.nanoTime();
        server.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
        for (var client : clients) client.close();
    }

    /// Somebody has asked for the end, and waits for a replica that does not answer. Who owns the server does not.
    @Test
    void itsOwnerDoesNotWaitForReplicas() throws Exception {
        var server = LocalServer.start(directory, "--shutdown-timeout", "600");
        try (var client = server.connect(); var _ = lag(server)) {
            client.send("SHUTDOWN");
            Eventually.becomesTrue("the shutdown begins", () -> server.info("shutdown_in_milliseconds") != null);
            server.close();
            client.read().isError(FAILED);
            client.expectEnd();
        }
    }

    // ---- while it loads ----

    /// Lets nobody ask for the time until it may.
    private static final class StandingClock implements InstantSource {

        private final CountDownLatch asked = new CountDownLatch(1);
        private final CountDownLatch goesOn = new CountDownLatch(1);

        @Override
        public Instant instant() {
            return Instant.now();
        }

        @Override
        public long millis() {
            asked.countDown();
            try {
                goesOn.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return System.currentTimeMillis();
        }
    }

    @Test
    void itMayEndBeforeItHasLoaded() throws Exception {
        var content = new StringBuilder(AofFiles.commands("SET first v EX 1000"));
        for (int i = 0; i < 50_000; i++) content.append("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n");
        var files = new AofFiles(directory);
        files.withLog(content.toString());
        var clock = new StandingClock();
        var server = new RedisServer(LocalServer.configWithLog(directory), clock);
        var start = new FutureTask<Void>(() -> {
            server.start();
            return null;
        });
        Thread.ofPlatform().start(start);
        assertThat(clock.asked.await(20, TimeUnit.SECONDS)).as("it has begun to load").isTrue();
        try (var client = new TestClient(new InetSocketAddress("127.0.0.1", server.port()))) {
            client.send("SHUTDOWN");
            clock.goesOn.countDown();
            client.expectEnd();
        }
        assertThatThrownBy(start::get).hasRootCauseMessage("It was shut down while it loaded the data");
        server.close();
        assertThat(dump()).doesNotExist();
        assertThat(AofFiles.records(files.increment(1), 0)).hasSize(50_001);
    }

    // ---- nothing is left behind ----

    @RepeatedTest(20)
    void noThreadNoFileAndNoPortIsLeftBehind() throws Exception {
        Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "only Linux tells which files are open");
        var before = threads();
        int port;
        try (var replica = LocalServer.withLog(directory.resolve("replica"), "--appendfsync", "always")) {
            var server = LocalServer.withLog(directory, "--save", "3600 1");
            port = server.address().getPort();
            replica.call("REPLICAOF", "127.0.0.1", Integer.toString(port)).isOk();
            try (var _ = server.connect().send("WAIT", "5", "0"); var subscriber = server.connect(); var _ = server.connect().sendRaw("*2\r\n")) {
                subscriber.call("SUBSCRIBE", "channel").satisfies(_ -> {});
                for (int i = 0; i < 100; i++) server.call("SET", "key " + i, "value").isOk();
                server.call("BGREWRITEAOF").satisfies(_ -> {});
                server.call("BGSAVE", "SCHEDULE").satisfies(_ -> {});
                server.close();
            }
        }
        var left = threads();
        left.removeAll(before);
        assertThat(left).as("threads").isEmpty();
        assertThat(openFiles()).as("open files").isEmpty();
        assertThat(directory).isDirectoryNotContaining("glob:**temp-*");
        assertThatThrownBy(() -> new Socket("127.0.0.1", port).close()).isInstanceOf(ConnectException.class);
        try (var next = LocalServer.withLog(directory, "--port", Integer.toString(port))) {
            next.call("DBSIZE").is(100);
        }
    }

    private static final Pattern THREAD = Pattern.compile("(?m)^#(\\d+) \"(.*)\".*");

    /// What the JVM starts for itself, when it needs it.
    private static final Pattern OF_THE_JVM = Pattern.compile("ForkJoinPool-.*|.*-Poller.*|.*unparker.*|process reaper.*|Attach Listener|.*Cleaner.*|junit-.*");

    /// All threads that are alive, virtual ones included, by number and name.
    private static Set<String> threads() throws IOException {
        var file = Files.createTempFile("threads", ".txt");
        Files.delete(file); // it must not exist
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpThreads(file.toString(), ThreadDumpFormat.TEXT_PLAIN);
        var threads = new TreeSet<String>();
        var line = THREAD.matcher(Files.readString(file));
        while (line.find()) {
            if (!OF_THE_JVM.matcher(line.group(2)).matches()) threads.add(line.group(1) + " " + line.group(2));
        }
        Files.delete(file);
        return threads;
    }

    /// Those of the test's directory.
    private Set<Path> openFiles() throws IOException {
        var files = new TreeSet<Path>();
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (var descriptor : descriptors.toList()) {
                try {
                    var file = Files.readSymbolicLink(descriptor);
                    if (file.startsWith(directory)) files.add(file);
                } catch (IOException e) {
                    // it has been closed
                }
            }
        }
        return files;
    }
}
