package redis.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static redis.server.RdbContent.file;

/// The file of the snapshot: when it is replaced, that it never is by half of one, and what happens when it cannot be.
class RdbFileTest {

    private static final String MISCONF = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
            + "Commands that may modify the data set are disabled, because this instance is configured to report errors during writes "
            + "if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.";

    private static final String NEVER = "1000000 1000000"; // save points that no test reaches

    @TempDir
    private Path directory;

    private final AtomicLong now = new AtomicLong(System.currentTimeMillis() / 1_000);
    private final InstantSource clock = () -> Instant.ofEpochSecond(now.get());

    private RecordedLog log;
    private LocalServer server;

    @BeforeEach
    void recordLog() {
        log = new RecordedLog();
    }

    @AfterEach
    void stopServer() throws IOException {
        if (server != null) server.close();
        log.close();
    }

    private void start(String... options) throws IOException {
        if (server != null) server.close();
        server = LocalServer.start(clock, directory, options);
    }

    private Path dump() {
        return directory.resolve("dump.rdb");
    }

    /// @return keys and values in the file, as `key=value`
    private List<String> saved() throws IOException {
        return RdbContent.of(Files.readAllBytes(dump())).entries().stream().map(entry -> entry.key() + "=" + entry.value()).sorted().toList();
    }

    private void bgSave() throws Exception {
        assertThat(server.call("BGSAVE").text()).isEqualTo("Background saving started");
        awaitSave();
    }

    private void awaitSave() throws Exception {
        Eventually.becomesTrue("it is saved", () -> "0".equals(server.info("rdb_bgsave_in_progress")));
    }

    private void awaitMessage(String message) throws Exception {
        Eventually.becomesTrue("the log has: " + message, () -> log.messages().stream().anyMatch(line -> line.startsWith(message)));
    }

    /// Makes it impossible to save, even for root, who may write anywhere: where the file belongs there is a directory that is not empty.
    private void obstruct() throws IOException {
        if (Files.exists(dump())) Files.move(dump(), directory.resolve("kept.rdb"));
        Files.createDirectories(dump().resolve("obstacle"));
    }

    private void clear() throws IOException {
        Files.delete(dump().resolve("obstacle"));
        Files.delete(dump());
    }

    /// Asserts that there is nothing in the directory but what has to be there.
    private void holdsOnly(String... names) throws IOException {
        try (var files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.equals(".lock"))).containsExactlyInAnyOrder(names);
        }
    }

    // ---- saving and loading ----

    @ParameterizedTest
    @ValueSource(strings = {"SAVE", "BGSAVE"})
    void whatIsSavedIsThereAfterTheNextStart(String command) throws Exception {
        start("--save", "");
        server.call("MSET", "a", "1", "b", "x".repeat(10_000), "", "").isOk();
        server.call("SET", "c", "3", "EX", "1000").isOk();
        server.call("SET", "d", "4", "EX", "5").isOk();
        var before = server.dataset();
        server.call(command).satisfies(_ -> {});
        awaitSave();
        server.call("SET", "a", "not saved").isOk();
        holdsOnly("dump.rdb");
        start("--save", "");
        assertThat(server.dataset()).isEqualTo(before);
        assertThat(server.info("rdb_last_load_keys_loaded")).isEqualTo("5");
        now.addAndGet(10);
        start("--save", "");
        assertThat(server.dataset()).hasSize(4).doesNotContainKey("d");
        assertThat(server.info("rdb_last_load_keys_loaded")).isEqualTo("4");
        assertThat(server.info("rdb_last_load_keys_expired")).isEqualTo("1");
        assertThat(server.info("rdb_changes_since_last_save")).isEqualTo("0");
    }

    @Test
    void theFileHasTheNameThatItIsGiven() throws Exception {
        start("--dbfilename", "other.rdb", "--rdbcompression", "no", "--rdbchecksum", "no", "--save", "");
        server.call("SET", "a", "x".repeat(1_000)).isOk();
        server.call("SAVE").isOk();
        holdsOnly("other.rdb");
        var bytes = Files.readAllBytes(directory.resolve("other.rdb"));
        assertThat(bytes).hasSizeGreaterThan(1_000).endsWith(0, 0, 0, 0, 0, 0, 0, 0);
        start("--dbfilename", "other.rdb", "--save", "");
        server.call("STRLEN", "a").is(1_000);
    }

    @Test
    void withALogTheFileIsNotLoaded() throws Exception {
        Files.write(dump(), "no snapshot at all".getBytes());
        start("--appendonly", "yes");
        server.call("DBSIZE").is(0);
        server.call("SET", "a", "1").isOk();
        start("--appendonly", "yes");
        server.call("GET", "a").is("1");
    }

    /// A log that is replayed repeats commands, not what they did to other files.
    @Test
    void aFlushAllInTheLogDoesNotEmptyTheFileOnceMore() throws Exception {
        start("--appendonly", "yes", "--save", NEVER);
        server.call("FLUSHALL").isOk();
        server.call("SET", "a", "1").isOk();
        server.call("SAVE").isOk();
        assertThat(saved()).containsExactly("a=1");
        server.call("DEBUG", "LOADAOF").isOk();
        assertThat(saved()).containsExactly("a=1");
        start("--appendonly", "yes", "--save", NEVER);
        assertThat(saved()).containsExactly("a=1");
        server.call("GET", "a").is("1");
    }

    // ---- a start that must not be ----

    private static byte[] fileOf(String what) {
        return switch (what) {
            case "nothing" -> new byte[0];
            case "not an RDB file" -> "something else that is long enough to be one".getBytes();
            case "a later version" -> RdbContent.bytes("REDIS0099", 0xff, 0, 0, 0, 0, 0, 0, 0, 0);
            case "a list" -> file(0, 1, "a", 1, "1", 1, 4, "list", 1, 1, "x");
            case "another database" -> file(0xfe, 3, 0, 1, "a", 1, "1");
            case "the same key twice" -> file(0, 1, "a", 1, "1", 0, 1, "a", 1, "2");
            case "cut off" -> Arrays.copyOf(file(0, 1, "a", 1, "1"), 20);
            case "a flipped bit" -> {
                var bytes = file(0, 1, "a", 1, "1");
                bytes[11] ^= 1;
                yield bytes;
            }
            default -> throw new IllegalArgumentException(what);
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing", "not an RDB file", "a later version", "a list", "another database", "the same key twice", "cut off", "a flipped bit"})
    void aFileThatCannotBeLoadedStopsTheStartAndStaysAsItIs(String what) throws Exception {
        var bytes = fileOf(what);
        Files.write(dump(), bytes);
        for (var savePoints : List.of("", "1 1")) {
            assertThatThrownBy(() -> start("--save", savePoints)).isInstanceOf(IOException.class)
                    .hasMessageContaining(dump().toString()).hasMessageContaining("offset");
        }
        assertThat(Files.readAllBytes(dump())).isEqualTo(bytes);
        holdsOnly("dump.rdb");
        Files.delete(dump());
        start("--save", ""); // and it has let go of everything
    }

    @Test
    void theProgramSaysSoInOneLine() throws Exception {
        Files.write(dump(), fileOf("a flipped bit"));
        try (var program = new Program(List.of(), directory)) {
            assertThat(program.process.waitFor()).isEqualTo(1);
            assertThat(program.out.lines()).isEmpty();
            var errors = program.process.errorReader().readAllAsString().lines().toList();
            assertThat(errors).hasSize(1);
            assertThat(errors.getFirst()).startsWith("Bad RDB file " + dump() + ": the checksum at offset 15 is ")
                    .endsWith(": the file is damaged. See what redis-check-rdb says of it, and restore it from a backup.");
        }
    }

    @Test
    void anotherServerInTheSameDirectoryIsRefused() throws Exception {
        start(); // it has save points, and so it will write
        assertThatThrownBy(() -> LocalServer.start(directory)).isInstanceOf(IOException.class)
                .hasMessageContaining("Another server").hasMessageContaining(directory.toString());
        server.call("SET", "a", "1").isOk();
        server.call("SAVE").isOk();
    }

    @Test
    void aServerThatOnlyReadsTheDirectoryMayNotWriteThereWhileAnotherDoes() throws Exception {
        start();
        server.call("SET", "a", "1").isOk();
        server.call("SAVE").isOk();
        try (var other = LocalServer.start(clock, directory, "--save", "")) {
            other.call("GET", "a").is("1");
            other.call("SET", "a", "2").isOk();
            other.call("SAVE").isError("ERR");
            other.call("BGSAVE").isError("ERR");
            other.call("DEBUG", "RELOAD").satisfies(reply -> assertThat(reply.toString()).contains("Another server"));
            other.call("GET", "a").is("2");
            other.call("CONFIG", "SET", "save", NEVER, "stop-writes-on-bgsave-error", "no").isOk();
            other.call("FLUSHALL").isOk();
            assertThat(saved()).containsExactly("a=1");
            server.close();
            server = null;
            other.call("SET", "a", "3").isOk();
            other.call("SAVE").isOk();
            assertThat(saved()).containsExactly("a=3");
        }
    }

    /// A save point that cannot be followed is a failed snapshot, and not tried ten times a second.
    @Test
    void aSavePointInADirectoryOfAnotherServerIsAFailure() throws Exception {
        start();
        try (var other = LocalServer.start(clock, directory, "--save", "")) {
            other.call("CONFIG", "SET", "save", "10 1").isOk();
            other.call("SET", "a", "2").isOk();
            now.addAndGet(11);
            Eventually.becomesTrue("it has failed", () -> "err".equals(other.info("rdb_last_bgsave_status")));
            other.call("SET", "a", "3").isError(MISCONF);
            assertThat(log.messages().stream().filter(message -> message.contains("1 changes in 10 seconds"))).hasSize(1);
        }
    }

    // ---- a snapshot that fails ----

    @Test
    void aFailureLeavesTheOldFileAndNothingElse() throws Exception {
        start("--save", "");
        server.call("SET", "a", "1").isOk();
        server.call("SAVE").isOk();
        var before = Files.readAllBytes(dump());
        obstruct();
        server.call("SET", "a", "2").isOk();
        server.call("SAVE").isError("ERR");
        bgSave();
        assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("err");
        assertThat(server.info("rdb_changes_since_last_save")).isEqualTo("1");
        holdsOnly("dump.rdb", "kept.rdb");
        assertThat(Files.readAllBytes(directory.resolve("kept.rdb"))).isEqualTo(before);
        assertThat(log.messages()).anyMatch(message -> message.startsWith("Background saving failed, the old file stays: "))
                .anyMatch(message -> message.startsWith("Saving failed, the old file stays: "));
        server.call("SET", "a", "3").isOk(); // nobody wanted snapshots by themselves
        clear();
        bgSave();
        assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("ok");
        assertThat(saved()).containsExactly("a=3");
    }

    @Test
    void aDirectoryThatIsGoneIsAFailureToo() throws Exception {
        var gone = Files.createDirectory(directory.resolve("gone"));
        try (var other = LocalServer.start(clock, gone, "--save", NEVER)) {
            Files.delete(gone.resolve(".lock"));
            Files.delete(gone);
            other.call("SAVE").isError("ERR");
            other.call("BGSAVE").satisfies(_ -> {});
            Eventually.becomesTrue("it has failed", () -> "err".equals(other.info("rdb_last_bgsave_status")));
            other.call("SET", "a", "1").isError(MISCONF);
            Files.createDirectory(gone);
            other.call("SAVE").isOk();
            other.call("SET", "a", "1").isOk();
        }
    }

    @Test
    void afterAFailureWritesAreRefusedUntilItHeals() throws Exception {
        start("--save", NEVER);
        server.call("SET", "a", "1").isOk();
        obstruct();
        bgSave();
        server.call("SET", "a", "2").isError(MISCONF);
        server.call("DEL", "a").isError(MISCONF);
        server.call("FLUSHALL").isError(MISCONF);
        server.call("PING").isError(MISCONF);
        server.call("GET", "a").is("1");
        server.call("SCAN", "0").is(List.of("0", List.of("a")));

        server.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no").isOk();
        server.call("SET", "a", "2").isOk();
        server.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes").isOk();
        server.call("SET", "a", "3").isError(MISCONF);

        server.call("CONFIG", "SET", "save", "").isOk();
        server.call("SET", "a", "3").isOk();
        server.call("CONFIG", "SET", "save", NEVER).isOk();
        server.call("SET", "a", "4").isError(MISCONF);

        clear();
        bgSave();
        server.call("SET", "a", "4").isOk();
        assertThat(server.call("PING").text()).isEqualTo("PONG");
        assertThat(saved()).containsExactly("a=3");
    }

    @Test
    void aGoodSaveHealsItToo() throws Exception {
        start("--save", NEVER);
        obstruct();
        bgSave();
        server.call("SET", "a", "1").isError(MISCONF);
        clear();
        server.call("SAVE").isOk();
        server.call("SET", "a", "1").isOk();
    }

    /// As in Redis: it is told of its failure, and nobody else is.
    @Test
    void aFailedSaveRefusesNoWrites() throws Exception {
        start("--save", NEVER);
        server.call("SET", "a", "1").isOk();
        obstruct();
        server.call("SAVE").isError("ERR");
        assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("ok");
        server.call("SET", "a", "2").isOk();
        clear();
    }

    /// A program of its own that may not write files of more than some bytes: what it meets is a real error in the middle of a write.
    @Test
    void aDiskThatIsFullLeavesTheOldFile() throws Exception {
        Programs.require("prlimit");
        start("--save", "");
        server.call("SET", "a", "1").isOk();
        server.call("SAVE").isOk();
        server.close();
        server = null;
        var before = Files.readAllBytes(dump());
        try (var program = new Program(List.of("prlimit", "--fsize=1000000"), directory, "--save", NEVER);
             var client = program.connect()) {
            client.call("GET", "a").is("1");
            for (int i = 0; i < 20; i++) client.call("SET", "large:" + i, incompressible(i)).isOk();
            client.call("SAVE").isError("ERR");
            assertThat(Files.readAllBytes(dump())).isEqualTo(before);
            client.call("SET", "b", "1").isOk();
            assertThat(client.call("BGSAVE").text()).isEqualTo("Background saving started");
            Eventually.becomesTrue("it has failed", () -> client.call("INFO", "persistence").text().contains("rdb_last_bgsave_status:err"));
            client.call("SET", "b", "2").isError(MISCONF);
            assertThat(Files.readAllBytes(dump())).isEqualTo(before);
            holdsOnly("dump.rdb");

            client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no").isOk();
            for (int i = 1; i < 20; i++) client.call("DEL", "large:" + i).is(1);
            client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes").isOk();
            assertThat(client.call("BGSAVE").text()).isEqualTo("Background saving started");
            Eventually.becomesTrue("it has healed", () -> client.call("INFO", "persistence").text().contains("rdb_last_bgsave_status:ok"));
            client.call("SET", "b", "3").isOk();
            assertThat(RdbContent.of(Files.readAllBytes(dump())).entries()).hasSize(3);
        }
    }

    private static String incompressible(int seed) {
        var random = new java.util.Random(seed);
        var text = new StringBuilder();
        while (text.length() < 100_000) text.append((char) (' ' + random.nextInt(95)));
        return text.toString();
    }

    // ---- save points ----

    @Test
    void aSavePointNeedsItsChangesAndMoreThanItsSeconds() throws Exception {
        start("--save", "100 2 50 1000");
        server.call("SET", "a", "1").isOk();
        now.addAndGet(200); // long enough, but one change is missing
        awaitTicks();
        assertThat(dump()).doesNotExist();
        server.call("SET", "b", "2").isOk();
        awaitMessage("2 changes in 100 seconds. Saving...");
        awaitMessage("Background saving terminated with success");
        assertThat(saved()).containsExactly("a=1", "b=2");
        assertThat(server.call("LASTSAVE").text()).isEqualTo(Long.toString(now.get()));

        server.call("MSET", "a", "2", "b", "3").isOk();
        server.call("SET", "a", "3").isOk();
        now.addAndGet(100); // not more
        awaitTicks();
        assertThat(saved()).containsExactly("a=1", "b=2");
        now.addAndGet(1);
        Eventually.becomesTrue("it is saved", () -> saved().equals(List.of("a=3", "b=3")));
    }

    /// Lets the server look at its save points at least once more: what has to wait for that is done when a rewrite that was scheduled has come.
    private void awaitTicks() throws Exception {
        var ticks = server.info("aof_rewrites");
        server.client().sendRaw("BGREWRITEAOF\r\n").read().satisfies(_ -> {});
        Eventually.becomesTrue("a rewrite ends", () -> !ticks.equals(server.info("aof_rewrites")));
        server.awaitRewrite();
        Thread.sleep(150); // there is no sign of a look that finds nothing; to miss one makes the test weaker, and never fail
    }

    @Test
    void withoutSavePointsNothingIsSaved() throws Exception {
        start("--save", "");
        server.call("SET", "a", "1").isOk();
        now.addAndGet(1_000_000);
        awaitTicks();
        assertThat(dump()).doesNotExist();
    }

    @Test
    void afterAFailureItTriesAgainInFiveSeconds() throws Exception {
        start("--save", "1 1");
        server.call("SET", "a", "1").isOk();
        obstruct();
        now.addAndGet(2);
        Eventually.becomesTrue("it has failed", () -> "err".equals(server.info("rdb_last_bgsave_status")));
        awaitSave();
        clear();
        now.addAndGet(5);
        awaitTicks();
        assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("err");
        assertThat(dump()).doesNotExist();
        now.addAndGet(1);
        Eventually.becomesTrue("it has healed", () -> "ok".equals(server.info("rdb_last_bgsave_status")));
        server.call("SET", "a", "2").isOk();
        assertThat(saved()).containsExactly("a=1");
    }

    // ---- FLUSHALL ----

    @Test
    void flushAllEmptiesTheFile() throws Exception {
        start("--save", NEVER);
        server.call("SET", "a", "1").isOk();
        server.call("SAVE").isOk();
        server.call("FLUSHDB").isOk();
        assertThat(saved()).as("FLUSHDB does not").containsExactly("a=1");
        server.call("FLUSHALL").isOk();
        assertThat(saved()).isEmpty();
        server.call("CONFIG", "SET", "save", "").isOk();
        server.call("SET", "b", "1").isOk();
        server.call("SAVE").isOk();
        server.call("FLUSHALL").isOk();
        assertThat(saved()).as("without save points it does not").containsExactly("b=1");
    }

    @Test
    void aSnapshotFromBeforeAFlushAllNeverComesAfterIt() throws Exception {
        start("--save", NEVER);
        var mset = new ArrayList<>(List.of("MSET"));
        for (int i = 0; i < 20_000; i++) mset.addAll(List.of("key:" + i, "value"));
        for (int round = 0; round < 30; round++) {
            server.call(mset.toArray(String[]::new)).isOk();
            assertThat(server.call("BGSAVE").text()).isEqualTo("Background saving started");
            for (int i = 0; i < round; i++) server.call("GET", "key:" + i).is("value"); // a little later each time
            server.call("FLUSHALL").isOk();
            assertThat(saved()).as("round %d, right after FLUSHALL", round).isEmpty();
            server.call("SET", "after", "1").isOk();
            awaitSave();
            assertThat(saved()).as("round %d, when the snapshot has ended", round).isEmpty();
            assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("ok");
            holdsOnly("dump.rdb");
        }
        bgSave();
        assertThat(saved()).containsExactly("after=1");
    }

    // ---- the end of a server ----

    /// It gives up what it has begun, and nothing of it is left, no thread and no file.
    @Test
    void aServerThatIsClosedLeavesNothingHalfDone() throws Exception {
        for (int round = 0; round < 20; round++) {
            start("--save", "", "--appendonly", round % 2 == 0 ? "yes" : "no");
            var mset = new ArrayList<>(List.of("MSET"));
            for (int i = 0; i < 5_000; i++) mset.addAll(List.of("key:" + i, "value"));
            server.call(mset.toArray(String[]::new)).isOk();
            server.client().sendRaw(round % 3 == 0 ? "BGREWRITEAOF\r\nBGSAVE SCHEDULE\r\n" : "BGSAVE\r\nBGREWRITEAOF\r\n");
            server.client().read().satisfies(_ -> {});
            server.client().read().satisfies(_ -> {});
            server.close();
            server = null;
            Eventually.becomesTrue("its threads have ended, round " + round, () -> Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().matches("bgsave|aof-rewrite|aof")));
            try (var files = Files.list(directory)) {
                assertThat(files.map(file -> file.getFileName().toString())).as("round %d", round).noneMatch(name -> name.startsWith("temp-"));
            }
        }
    }

    // ---- the server as a program ----

    private static final class Program implements AutoCloseable {
        final Process process;
        final BufferedReader out;

        Program(List<String> prefix, Path directory, String... options) throws IOException {
            var command = new ArrayList<>(prefix);
            command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:-UsePerfData", "-cp",
                    System.getProperty("java.class.path"), "redis.server.Main", "--port", "0", "--dir", directory.toString()));
            command.addAll(List.of(options));
            process = new ProcessBuilder(command).start();
            out = process.inputReader();
        }

        TestClient connect() throws IOException {
            var greeting = Pattern.compile("Listening on 127\\.0\\.0\\.1:(\\d+)\\..*").matcher(String.valueOf(out.readLine()));
            assertThat(greeting.matches()).as("it says where it listens").isTrue();
            return new TestClient(new InetSocketAddress("127.0.0.1", Integer.parseInt(greeting.group(1))));
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }
}
