package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/// The log while it is replaced by a shorter one, switched off and on.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AofRewriteTest {

    private static final String[] BY_HAND_ONLY = {"--auto-aof-rewrite-percentage", "0"};

    @TempDir
    Path directory;

    private AofFiles files;
    private RecordedLog log;

    @BeforeEach
    void prepare() {
        files = new AofFiles(directory);
        log = new RecordedLog();
    }

    @AfterEach
    void stopRecording() {
        log.close();
    }

    private LocalServer start(String... options) throws IOException {
        return LocalServer.withLog(directory, options.length == 0 ? BY_HAND_ONLY : options);
    }

    private Map<String, String> load() throws IOException {
        try (var server = start()) {
            return server.dataset();
        }
    }

    // ---- rewriting ----

    @Test
    void everyRewriteReplacesAllFiles() throws Exception {
        try (var server = start()) {
            files.consistsOf("base 1", "incr 1");
            for (int i = 2; i <= 4; i++) {
                server.call("SET", "k", Integer.toString(i)).isOk();
                server.rewriteLog();
                files.consistsOf("base " + i, "incr " + i);
                assertThat(AofFiles.records(files.base(i), 0)).containsExactly("SELECT 0", "SET k " + i);
                assertThat(files.increment(i)).isEmptyFile();
                files.check();
            }
            assertThat(server.info("aof_rewrites")).isEqualTo("3");
            assertThat(server.info("aof_base_size")).isEqualTo(Long.toString(Files.size(files.base(4))));
            assertThat(server.info("aof_current_size")).isEqualTo(server.info("aof_base_size"));
        }
        assertThat(load()).isEqualTo(Map.of("k", "4"));
        try (var stream = Files.list(directory)) {
            assertThat(stream.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(".lock", "appendonlydir");
        }
    }

    @Test
    void anEmptyKeyspaceHasAnEmptyBase() throws Exception {
        try (var server = start()) {
            server.call("SET", "k", "v").isOk();
            server.call("DEL", "k").is(1);
            server.rewriteLog();
            assertThat(files.base(2)).isEmptyFile();
        }
        assertThat(load()).isEmpty();
    }

    @Test
    void deadlinesAndBytesOfAnyKindAreKept() throws Exception {
        var binary = "\u0000\r\n*1\r\n\u00fc \"";
        try (var server = start()) {
            server.call("SET", binary, binary).isOk();
            server.call("SET", "", "").isOk();
            server.call("SET", "k", "v", "PXAT", "4102444800123").isOk();
            var before = server.dataset();
            server.rewriteLog();
            assertThat(before).hasSize(3);
            server.call("DEBUG", "LOADAOF").isOk();
            assertThat(server.dataset()).isEqualTo(before);
        }
    }

    @Test
    void oneAtATime() throws Exception {
        try (var server = start()) {
            server.client().sendRaw("BGREWRITEAOF\r\nBGREWRITEAOF\r\nCONFIG SET appendonly no\r\nCONFIG SET appendonly yes\r\nCONFIG GET appendonly\r\n"); // carried out as one
            assertThat(server.client().read().text()).isEqualTo("Background append only file rewriting started");
            server.client().read().isError("ERR Background append only file rewriting already in progress");
            server.client().read().isOk();
            server.client().read().isError("ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF while a rewrite is in progress.");
            server.client().read().is(List.of("appendonly", "no"));
            server.awaitRewrite();
            assertThat(server.info("aof_last_bgrewrite_status")).as("that it was given up is no failure").isEqualTo("ok");
            assertThat(server.info("aof_rewrites")).isEqualTo("0");
            server.call("CONFIG", "SET", "appendonly", "yes").isOk();
            server.awaitRewrite();
            assertThat(server.info("aof_rewrites")).isEqualTo("1");
        }
    }

    @Test
    void theLogIsNotReadAgainMeanwhile() throws Exception {
        try (var server = start()) {
            server.call("SET", "k", "v").isOk();
            server.client().sendRaw("BGREWRITEAOF\r\nDEBUG LOADAOF\r\n");
            server.client().read();
            server.client().read().isError("ERR Error trying to load the AOF files, check server logs: The log is being rewritten");
            server.awaitRewrite();
            server.call("DEBUG", "LOADAOF").isOk();
            server.call("GET", "k").is("v");
        }
    }

    // ---- under load ----

    /// Clients that count and set keys of their own until they are told to stop, and what was acknowledged to them.
    private static final class Writers implements AutoCloseable {

        private static final int CLIENTS = 4;

        private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        private final List<Future<?>> tasks = new ArrayList<>();
        private final Map<String, String> model = new ConcurrentHashMap<>();
        private final AtomicLong writes = new AtomicLong();
        private volatile boolean running = true;

        Writers(LocalServer server) {
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                tasks.add(executor.submit(() -> {
                    write(server, client);
                    return null;
                }));
            }
        }

        private void write(LocalServer server, int client) throws IOException {
            try (var redis = server.connect()) {
                for (long n = 1; running; n++) {
                    redis.call("INCR", "counter " + client).is(n);
                    model.put("counter " + client, Long.toString(n));
                    var key = "key " + client + " " + n % 100;
                    if (n % 7 == 0) {
                        redis.call("DEL", key);
                        model.remove(key);
                    } else {
                        redis.call("SET", key, Long.toString(n)).isOk();
                        model.put(key, Long.toString(n));
                    }
                    writes.incrementAndGet();
                }
            }
        }

        void awaitWrites(int count) throws Exception {
            long goal = writes.get() + count;
            Eventually.becomesTrue(count + " writes", () -> writes.get() >= goal || tasks.stream().anyMatch(Future::isDone));
        }

        Map<String, String> stop() throws Exception {
            running = false;
            for (var task : tasks) task.get();
            return model;
        }

        @Override
        public void close() {
            running = false;
            executor.close();
        }
    }

    @ParameterizedTest
    @EnumSource(FsyncPolicy.class)
    void nothingIsLostWhileOthersWrite(FsyncPolicy policy) throws Exception {
        Map<String, String> model;
        try (var server = start(); var writers = new Writers(server)) {
            server.call("CONFIG", "SET", "appendfsync", policy.name()).isOk();
            for (int i = 0; i < 5; i++) {
                writers.awaitWrites(100);
                server.rewriteLog();
            }
            writers.awaitWrites(100);
            model = writers.stop();
            assertThat(server.dataset()).isEqualTo(model);
            assertThat(server.info("aof_rewrites")).isEqualTo("5");
        }
        files.consistsOf("base 6", "incr 6");
        files.check();
        assertThat(load()).isEqualTo(model);
    }

    @Test
    void nothingIsLostWhenItIsSwitchedOnWhileOthersWrite() throws Exception {
        Map<String, String> model;
        try (var server = start(); var writers = new Writers(server)) {
            for (int i = 0; i < 5; i++) {
                writers.awaitWrites(50);
                server.call("CONFIG", "SET", "appendonly", "no").isOk();
                writers.awaitWrites(50);
                server.call("CONFIG", "SET", "appendonly", "yes").isOk();
                writers.awaitWrites(50);
                server.awaitRewrite();
            }
            writers.awaitWrites(50);
            model = writers.stop();
            assertThat(server.dataset()).isEqualTo(model);
        }
        files.consistsOf("base 6", "incr 6");
        files.check();
        assertThat(load()).isEqualTo(model);
    }

    // ---- off and on ----

    @Test
    void switchedOffTheLogStaysAsItIs() throws Exception {
        try (var server = start()) {
            server.call("SET", "k", "1").isOk();
            server.call("CONFIG", "SET", "appendonly", "no").isOk();
            var before = files.contents();
            server.call("SET", "k", "2").isOk();
            assertThat(server.info("aof_enabled")).isEqualTo("0");
            assertThat(server.info("aof_current_size")).isNull();
            assertThat(files.contents()).isEqualTo(before);
        }
        assertThat(load()).isEqualTo(Map.of("k", "1"));
    }

    @Test
    void switchedOnItHoldsWhatIsInMemory() throws Exception {
        try (var server = LocalServer.withLog(directory, "--appendonly", "no")) {
            server.call("SET", "k", "1").isOk();
            server.call("CONFIG", "SET", "appendonly", "yes").isOk();
            server.awaitRewrite();
            files.consistsOf("base 1", "incr 1");
            server.call("SET", "l", "2").isOk();
            server.call("CONFIG", "SET", "appendonly", "yes").isOk(); // changes nothing
            server.call("SET", "m", "3").isOk();
        }
        assertThat(load()).isEqualTo(Map.of("k", "1", "l", "2", "m", "3"));
    }

    @Test
    void withoutALogARewriteWritesABase() throws Exception {
        try (var server = LocalServer.withLog(directory, "--appendonly", "no")) {
            server.call("SET", "k", "1").isOk();
            server.rewriteLog();
            files.consistsOf("base 1");
            server.call("SET", "k", "2").isOk();
            server.rewriteLog();
            files.consistsOf("base 2");
            files.check();
            server.call("SET", "k", "3").isOk();
        }
        assertThat(load()).isEqualTo(Map.of("k", "2"));
        files.consistsOf("base 2", "incr 1");
    }

    /// It was not loaded, so what it holds is nowhere else.
    @ParameterizedTest
    @ValueSource(strings = {"BGREWRITEAOF", "CONFIG SET appendonly yes"})
    void aLogFromBeforeRedis7ThatWasNotLoadedIsLeftAlone(String request) throws Exception {
        var old = Files.writeString(directory.resolve("appendonly.aof"), AofFiles.commands("SET k old"));
        try (var server = LocalServer.withLog(directory, "--appendonly", "no")) {
            server.call("SET", "k", "new").isOk();
            server.call(request.split(" ")).satisfies(_ -> {});
            server.awaitRewrite();
        }
        assertThat(AofFiles.read(old)).isEqualTo(AofFiles.commands("SET k old"));
        assertThat(load()).isEqualTo(Map.of("k", "new"));
    }

    @Test
    void itCannotBeSwitchedOnWhereTheOldOneIsDamaged() throws Exception {
        files.withManifest("incr 1");
        try (var server = LocalServer.withLog(directory, "--appendonly", "no")) {
            server.call("CONFIG", "SET", "appendonly", "yes").satisfies(reply -> assertThat(reply.toString())
                    .contains("ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF: The AOF file", "is missing"));
            server.call("CONFIG", "GET", "appendonly").is(List.of("appendonly", "no"));
            server.call("BGREWRITEAOF").isError("ERR Can't execute an AOF background rewriting. Please check the server logs for more information.");
            server.call("SET", "k", "v").isOk();
        }
    }

    // ---- by itself ----

    @Test
    void itIsRewrittenWhenItHasGrown() throws Exception {
        try (var server = start("--auto-aof-rewrite-percentage", "0", "--auto-aof-rewrite-min-size", "1kb")) {
            var value = "x".repeat(100);
            for (int i = 0; i < 20; i++) server.call("SET", "k", value).isOk();
            server.call("CONFIG", "SET", "auto-aof-rewrite-min-size", "10kb", "auto-aof-rewrite-percentage", "100").isOk();
            assertThat(server.info("aof_rewrites")).isEqualTo("0");
            server.call("CONFIG", "SET", "auto-aof-rewrite-min-size", "1kb").isOk();
            Eventually.becomesTrue("it is rewritten", () -> "1".equals(server.info("aof_rewrites")));
            server.awaitRewrite();
            assertThat(AofFiles.records(files.base(2), 0)).containsExactly("SELECT 0", "SET k " + value);
        }
    }

    /// The base is what it is compared with, also after a restart: a server that is often restarted would never rewrite its log.
    @Test
    void itIsRewrittenAfterTheStartIfItHadGrownBefore() throws Exception {
        files.with("appendonly.aof.1.base.aof", AofFiles.commands("SET k " + "x".repeat(1_000)))
                .with("appendonly.aof.1.incr.aof", AofFiles.commands("SET k " + "y".repeat(1_000)))
                .withManifest("base 1", "incr 1");
        try (var server = start("--auto-aof-rewrite-percentage", "90", "--auto-aof-rewrite-min-size", "1kb")) {
            Eventually.becomesTrue("it is rewritten", () -> "1".equals(server.info("aof_rewrites")));
            files.consistsOf("base 2", "incr 2");
        }
    }

    // ---- failures ----

    /// A directory where the rewrite wants to write its file.
    private Path obstacle() throws IOException {
        var obstacle = directory.resolve("temp-rewriteaof-bg-" + ProcessHandle.current().pid() + ".aof");
        Files.createDirectories(obstacle.resolve("something"));
        return obstacle;
    }

    private static void remove(Path obstacle) throws IOException {
        Files.delete(obstacle.resolve("something"));
        Files.delete(obstacle);
    }

    @Test
    void aRewriteThatFailsLeavesTheLogWhole() throws Exception {
        var obstacle = obstacle();
        try (var server = start()) {
            server.call("SET", "a", "1").isOk();
            server.rewriteLog();
            server.call("SET", "b", "2").isOk();
            server.rewriteLog();
            server.call("SET", "c", "3").isOk();
            assertThat(server.info("aof_last_bgrewrite_status")).isEqualTo("err");
            assertThat(server.info("aof_rewrites_consecutive_failures")).isEqualTo("2");
            assertThat(server.info("aof_rewrites")).isEqualTo("0");
            assertThat(log.messages()).anyMatch(line -> line.startsWith("Rewriting the AOF failed, it goes on as it was: "));
            files.consistsOf("base 1", "incr 1", "incr 2", "incr 3");
            files.check();
        }
        var all = Map.of("a", "1", "b", "2", "c", "3");
        assertThat(load()).isEqualTo(all);
        remove(obstacle);
        try (var server = start()) {
            server.rewriteLog();
            assertThat(server.info("aof_last_bgrewrite_status")).isEqualTo("ok");
            assertThat(server.info("aof_rewrites_consecutive_failures")).isEqualTo("0");
        }
        files.consistsOf("base 2", "incr 4");
        assertThat(load()).isEqualTo(all);
    }

    @Test
    void aManifestThatCannotBeWrittenLeavesTheLogWhole() throws Exception {
        try (var server = start()) {
            Files.createDirectory(files.file("temp-appendonly.aof.manifest"));
            server.call("SET", "a", "1").isOk();
            server.rewriteLog();
            server.call("SET", "b", "2").isOk();
            assertThat(server.info("aof_last_bgrewrite_status")).isEqualTo("err");
            assertThat(AofFiles.records(files.increment(1), 0)).containsExactly("SELECT 0", "SET a 1", "SET b 2");
            Files.delete(files.file("temp-appendonly.aof.manifest"));
            server.rewriteLog();
            files.consistsOf("base 2", "incr 2");
        }
        assertThat(load()).isEqualTo(Map.of("a", "1", "b", "2"));
    }

    @Test
    void aLogThatCannotBeBegunIsOff() throws Exception {
        var obstacle = obstacle();
        try (var server = LocalServer.withLog(directory, "--appendonly", "no")) {
            server.call("SET", "k", "v").isOk();
            server.call("CONFIG", "SET", "appendonly", "yes").isOk();
            server.awaitRewrite();
            server.call("CONFIG", "GET", "appendonly").is(List.of("appendonly", "no"));
            server.call("SET", "k", "w").isOk();
            assertThat(log.messages()).contains("The log could not be begun. It is off.");
            remove(obstacle);
            server.call("CONFIG", "SET", "appendonly", "yes").isOk();
            server.awaitRewrite();
            server.call("CONFIG", "GET", "appendonly").is(List.of("appendonly", "yes"));
            server.call("APPEND", "k", "x").is(2);
        }
        assertThat(load()).isEqualTo(Map.of("k", "wx"));
    }

    /// After three failures in a row the next attempt comes a minute later.
    @Test
    void failuresDelayTheRewritesItDoesByItself() throws Exception {
        var now = new AtomicLong(System.currentTimeMillis());
        InstantSource clock = () -> Instant.ofEpochMilli(now.get());
        var obstacle = obstacle();
        try (var server = LocalServer.withLog(clock, directory, "--auto-aof-rewrite-min-size", "0", "--auto-aof-rewrite-percentage", "1")) {
            server.call("SET", "k", "v").isOk();
            Eventually.becomesTrue("it fails three times", () -> "3".equals(server.info("aof_rewrites_consecutive_failures")));
            remove(obstacle);
            server.awaitRewrite();
            now.addAndGet(59_000);
            server.call("SET", "k", "w").isOk();
            assertThat(server.info("aof_rewrites")).isEqualTo("0");
            now.addAndGet(1_000);
            Eventually.becomesTrue("it is tried again", () -> "1".equals(server.info("aof_rewrites")));
        }
    }

    // ---- crashes ----

    private static final String HALF_A_BASE = "*3\r\n$3\r\nSET\r\n$1\r\nk";

    /// The steps of a rewrite, and what a crash after each leaves: the log says that k is 3, counted in the old log and in the new increment.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void aCrashAfterAnyStepOfARewriteLosesNothing(int step) throws Exception {
        files.with("appendonly.aof.1.base.aof", AofFiles.commands("SELECT 0", "SET k 1"))
                .with("appendonly.aof.1.incr.aof", AofFiles.commands("SELECT 0", "INCR k"))
                .withManifest("base 1", "incr 1");
        var tail = AofFiles.commands("SELECT 0", "INCR k");
        var temporary = directory.resolve("temp-rewriteaof-bg-4711.aof");
        var base = AofFiles.commands("SELECT 0", "SET k 2");
        // 1: the increment is created. Nothing has been written to it, and the manifest does not know it.
        files.with("appendonly.aof.2.incr.aof", "");
        if (step == 1) files.with("appendonly.aof.1.incr.aof", AofFiles.commands("SELECT 0", "INCR k", "INCR k"));
        // 2: the manifest is being written.
        if (step == 2) files.with("temp-appendonly.aof.manifest", "file appe").with("appendonly.aof.1.incr.aof", AofFiles.commands("SELECT 0", "INCR k", "INCR k"));
        // 3: it names the increment, which is in use; the base is being written.
        if (step >= 3) files.with("appendonly.aof.2.incr.aof", tail).withManifest("base 1", "incr 1", "incr 2");
        if (step == 3) Files.writeString(temporary, HALF_A_BASE);
        // 4: the base is whole, and has its place; the manifest does not know it.
        if (step >= 4) files.with("appendonly.aof.2.base.aof", base);
        // 5: the manifest knows it.
        if (step >= 5) files.withManifest("base 2", "file appendonly.aof.1.base.aof seq 1 type h", "file appendonly.aof.1.incr.aof seq 1 type h", "incr 2");
        // 6, 7: the history is being deleted.
        if (step >= 6) Files.delete(files.base(1));
        if (step >= 7) Files.delete(files.increment(1));
        // 8: the manifest has forgotten it.
        if (step >= 8) files.withManifest("base 2", "incr 2");

        assertThat(load()).isEqualTo(Map.of("k", "3"));
        files.check();
        try (var server = start()) {
            server.call("INCR", "k").is(4);
            server.rewriteLog();
        }
        int sequence = step < 5 ? 2 : 3;
        files.consistsOf("base " + sequence, "incr " + (step < 3 ? 2 : 3));
        assertThat(load()).isEqualTo(Map.of("k", "4"));
    }

    /// When a log is switched on, it is the old one until the new one is whole.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void aCrashAfterAnyStepOfSwitchingOnLeavesTheOldLogOrTheNew(int step) throws Exception {
        files.with("appendonly.aof.1.base.aof", AofFiles.commands("SET k 1"))
                .with("appendonly.aof.1.incr.aof", AofFiles.commands("SET k old"))
                .withManifest("base 1", "incr 1");
        var tail = AofFiles.commands("SELECT 0", "APPEND k er");
        if (step == 1) files.with("temp-appendonly.aof.incr", tail);
        if (step >= 2) files.with("appendonly.aof.2.incr.aof", tail);
        if (step >= 3) files.with("appendonly.aof.2.base.aof", AofFiles.commands("SET k new"));
        if (step >= 4) files.withManifest("base 2", "file appendonly.aof.1.base.aof seq 1 type h", "file appendonly.aof.1.incr.aof seq 1 type h", "incr 2");
        assertThat(load()).isEqualTo(Map.of("k", step < 4 ? "old" : "newer"));
        try (var server = start()) {
            server.call("CONFIG", "SET", "appendonly", "no").isOk();
            server.call("SET", "k", "newest").isOk();
            server.call("CONFIG", "SET", "appendonly", "yes").isOk();
            server.awaitRewrite();
        }
        assertThat(load()).isEqualTo(Map.of("k", "newest"));
        int sequence = step < 4 ? 2 : 3;
        files.consistsOf("base " + sequence, "incr " + sequence);
    }
}
