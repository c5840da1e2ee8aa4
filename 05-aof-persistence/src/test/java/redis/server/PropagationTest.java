package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/// What each command leaves in the log, byte for byte. The same table holds for our server and for a real one.
class PropagationTest {

    /// A moment of which the test knows only that it is some time from now: 13 digits.
    private static final String SOON = "1[0-9]{12}";

    /// @param setup what is done before; nobody looks at its records
    /// @param request what is done; `" "` stands for a space within a word, `''` for an empty word
    /// @param records what is in the log then, where `SOON` is a moment that the command has computed
    private record Row(String setup, String request, String... records) {
        @Override
        public String toString() {
            return (setup.isEmpty() ? "" : setup + " ; ") + request + " -> " + String.join(" ; ", records);
        }
    }

    private static Row row(String setup, String request, String... records) {
        return new Row(setup, request, records);
    }

    private static Stream<Row> rows() {
        return Stream.of(
                // as it was typed
                row("", "SET k v", "SET k v"),
                row("", "set k v", "set k v"),
                row("", "SeT k v nX", "SeT k v nX"),
                row("SET k v", "SET k w XX", "SET k w XX"),
                row("SET k v EX 100", "SET k w keepttl", "SET k w keepttl"),
                row("", "SETNX k v", "SETNX k v"),
                row("", "mset a 1 b 2", "mset a 1 b 2"),
                row("", "MSETNX a 1 b 2", "MSETNX a 1 b 2"),
                row("SET k v", "append k w", "append k w"),
                row("", "SETRANGE k 2 x", "SETRANGE k 2 x"),
                row("", "incr n", "incr n"),
                row("", "DECR n", "DECR n"),
                row("", "INCRBY n 0", "INCRBY n 0"),
                row("", "DECRBY n 7", "DECRBY n 7"),
                row("SET a 1", "DEL a b", "DEL a b"),
                row("SET a 1", "unlink b a", "unlink b a"),
                row("SET a 1", "RENAME a b", "RENAME a b"),
                row("SET a 1", "renamenx a b", "renamenx a b"),
                row("SET a 1", "COPY a b", "COPY a b"),
                row("MSET a 1 b 2", "COPY a b REPLACE", "COPY a b REPLACE"),
                row("SET k v EX 100", "persist k", "persist k"),
                row("SET k v", "FLUSHALL", "FLUSHALL"),
                row("SET k v", "flushdb async", "flushdb async"),
                row("", "FLUSHALL", "FLUSHALL"),
                row("", "FLUSHDB", "FLUSHDB"),

                // the effect, not the intent
                row("", "SET k v EX 100", "SET k v PXAT SOON"),
                row("", "set k v px 100000", "SET k v PXAT SOON"),
                row("", "SET k v EXAT 4102444800", "SET k v PXAT 4102444800000"),
                row("", "SET k v PXAT 4102444800000", "SET k v PXAT 4102444800000"),
                row("", "set k v pxat 4102444800000", "SET k v PXAT 4102444800000"),
                row("", "SET k v NX EX 100", "SET k v PXAT SOON"),
                row("SET k v", "SET k w EX 100 GET XX", "SET k w PXAT SOON"),
                row("SET k v", "SET k w GET", "SET k w"),
                row("SET k v EX 100", "set k w get XX KEEPTTL Get", "set k w XX KEEPTTL"),
                row("", "SETEX k 100 v", "SET k v PXAT SOON"),
                row("", "psetex k 100000 v", "SET k v PXAT SOON"),
                row("SET k v", "getset k w", "SET k w"),
                row("", "GETSET k w", "SET k w"),
                row("SET k v", "GETDEL k", "DEL k"),
                row("SET k v", "GETEX k EX 100", "PEXPIREAT k SOON"),
                row("SET k v", "GETEX k PXAT 4102444800000", "PEXPIREAT k 4102444800000"),
                row("SET k v EX 100", "GETEX k persist", "PERSIST k"),
                row("SET k v", "GETEX k EXAT 1", "DEL k"),
                row("SET n 1.5", "INCRBYFLOAT n 1", "SET n 2.5 KEEPTTL"),
                row("", "incrbyfloat n 3.0e3", "SET n 3000 KEEPTTL"),
                row("SET k v", "EXPIRE k 100", "PEXPIREAT k SOON"),
                row("SET k v", "pexpire k 100000", "PEXPIREAT k SOON"),
                row("SET k v", "EXPIREAT k 4102444800", "PEXPIREAT k 4102444800000"),
                row("SET k v", "PEXPIREAT k 4102444800000", "PEXPIREAT k 4102444800000"),
                row("SET k v", "pexpireat k 4102444800000 nx", "pexpireat k 4102444800000 nx"),
                row("SET k v EX 10", "EXPIRE k 100 GT", "PEXPIREAT k SOON GT"),
                row("SET k v EX 100", "EXPIRE k 10 lt", "PEXPIREAT k SOON lt"),
                row("SET k v EX 100", "EXPIRE k 10 XX", "PEXPIREAT k SOON XX"),
                row("SET k v", "EXPIRE k -1", "DEL k"),
                row("SET k v", "PEXPIREAT k 1", "DEL k"),
                row("SET k v", "EXPIRE k 0 LT", "DEL k"),

                // nothing has changed
                row("SET k v", "SET k w NX"),
                row("", "SET k w XX"),
                row("SET k v", "SET k w NX GET"),
                row("SET k v", "SET k w NX EX 100"),
                row("SET k v", "SETNX k w"),
                row("SET a 1", "MSETNX a 1 b 2"),
                row("", "DEL a b"),
                row("", "GETDEL k"),
                row("", "GETEX k EX 100"),
                row("SET k v", "GETEX k"),
                row("SET k v", "GETEX k PERSIST"),
                row("SET k v", "SETRANGE k 5 ''"),
                row("SET k v", "PERSIST k"),
                row("", "EXPIRE k 100"),
                row("SET k v EX 100", "EXPIRE k 100 NX"),
                row("SET k v", "EXPIRE k 100 GT"),
                row("SET k v", "EXPIRE k -1 XX"),
                row("SET a 1", "RENAME a a"),
                row("MSET a 1 b 2", "RENAMENX a b"),
                row("MSET a 1 b 2", "COPY a b"),
                row("", "COPY a b"),
                row("SET k v", "GET k"),
                row("SET k v", "INCR k"),
                row("SET k v", "SET k"),
                row("SET k v", "SET k w EX 0"),
                row("SET k v", "NOPE k"));
    }

    private static Stream<Row> rowsOfExpiredKeys() {
        return Stream.of( // the keys a and b are over when the request comes
                row("", "GET a", "DEL a"),
                row("", "EXISTS a x", "DEL a"),
                row("", "MGET a b", "MULTI", "DEL a", "DEL b", "EXEC"),
                row("", "TTL a", "DEL a"),
                row("", "DEL a", "DEL a"),
                row("", "SET a v", "MULTI", "DEL a", "SET a v", "EXEC"),
                row("", "SET a v NX", "MULTI", "DEL a", "SET a v NX", "EXEC"),
                row("", "SET a v XX", "DEL a"),
                row("", "SET a v EX 100", "MULTI", "DEL a", "SET a v PXAT SOON", "EXEC"),
                row("", "SETEX a 100 v", "MULTI", "DEL a", "SET a v PXAT SOON", "EXEC"),
                row("", "MSET a 1 c 3", "MULTI", "DEL a", "MSET a 1 c 3", "EXEC"),
                row("", "APPEND a v", "MULTI", "DEL a", "APPEND a v", "EXEC"),
                row("", "incr a", "MULTI", "DEL a", "incr a", "EXEC"),
                row("", "INCRBYFLOAT a 1.5", "MULTI", "DEL a", "SET a 1.5 KEEPTTL", "EXEC"),
                row("", "EXPIRE a 100", "DEL a"),
                row("", "PERSIST a", "DEL a"),
                row("", "GETDEL a", "DEL a"),
                row("SET c 3", "RENAME c a", "MULTI", "DEL a", "RENAME c a", "EXEC"),
                row("SET c 3", "COPY c a", "MULTI", "DEL a", "COPY c a", "EXEC"),
                row("", "RENAME a c", "DEL a"));
    }

    /// A clock that a client can put forward: TIME is the one command that asks for the instant, not for the milliseconds.
    private static final class LeapingClock implements InstantSource {

        private volatile long ahead;

        @Override
        public Instant instant() {
            ahead += 3_600_000;
            return Instant.ofEpochMilli(millis());
        }

        @Override
        public long millis() {
            return System.currentTimeMillis() + ahead;
        }
    }

    @TempDir
    static Path directory;

    private static Path ourLog;
    private static LocalServer ours;
    private static Path realLog;
    private static RealRedis real;

    @BeforeAll
    static void startOurs() throws IOException {
        ours = LocalServer.withLog(new LeapingClock(), directory.resolve("ours"), "--auto-aof-rewrite-percentage", "0");
        ourLog = new AofFiles(directory.resolve("ours")).increment(1);
    }

    @AfterAll
    static void stopBoth() throws IOException {
        ours.close();
        if (real != null) real.close();
        real = null;
    }

    private static TestClient connectToReal() throws Exception {
        if (real == null) {
            var dir = Files.createDirectory(directory.resolve("real"));
            // With appendfsync no it writes before it replies, always.
            real = RealRedis.start("--dir", dir.toString(), "--appendonly", "yes", "--appendfsync", "no", "--enable-debug-command", "yes");
            realLog = new AofFiles(dir).increment(1);
        }
        return new TestClient(real.address());
    }

    private static void run(TestClient client, String request) throws IOException {
        if (!request.isEmpty()) client.call(words(request)).satisfies(_ -> {});
    }

    private static String[] words(String request) {
        return Stream.of(request.split(" ")).map(word -> word.equals("''") ? "" : word).toArray(String[]::new);
    }

    private static void assertRecords(Path log, long from, Row row) throws IOException {
        assertRecords(AofFiles.records(log, from), row);
    }

    private static void assertRecords(List<String> records, Row row) {
        assertThat(records).as(row.toString()).hasSize(row.records.length);
        for (int i = 0; i < row.records.length; i++) {
            var pattern = row.records[i].replace("SOON", SOON);
            assertThat(records.get(i)).as(row.toString()).matches(pattern);
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void whatWeLog(Row row) throws IOException {
        whatIsLogged(ours.client(), ourLog, row);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void whatRedisLogs(Row row) throws Exception {
        try (var client = connectToReal()) {
            whatIsLogged(client, realLog, row);
        }
    }

    private static void whatIsLogged(TestClient client, Path log, Row row) throws IOException {
        run(client, "FLUSHALL");
        run(client, row.setup);
        long from = Files.size(log);
        run(client, row.request);
        assertRecords(log, from, row);
    }

    @ParameterizedTest
    @MethodSource("rowsOfExpiredKeys")
    void whatWeLogWhenKeysAreOver(Row row) throws IOException {
        var client = ours.client();
        run(client, "FLUSHALL");
        run(client, row.setup);
        run(client, "SET a old PX 60000");
        run(client, "SET b old PX 60000");
        long from = Files.size(ourLog);
        // Sent at once they are carried out at once: active expiry cannot come in between.
        client.sendRaw(AofFiles.commands("TIME", row.request));
        client.read();
        client.read().satisfies(_ -> {});
        var records = AofFiles.records(ourLog, from);
        if (records.size() == row.records.length + 1 && records.getLast().equals("DEL b")) records.removeLast(); // by active expiry, afterwards
        assertRecords(records, row);
    }

    @ParameterizedTest
    @MethodSource("rowsOfExpiredKeys")
    void whatRedisLogsWhenKeysAreOver(Row row) throws Exception {
        try (var client = connectToReal()) {
            client.call("DEBUG", "SET-ACTIVE-EXPIRE", "0").isOk();
            run(client, "FLUSHALL");
            run(client, row.setup);
            run(client, "SET a old PX 1");
            run(client, "SET b old PX 1");
            long written = System.currentTimeMillis();
            long from = Files.size(realLog);
            Eventually.becomesTrue("time goes by", () -> System.currentTimeMillis() > written + 2);
            run(client, row.request);
            assertRecords(realLog, from, row);
            client.call("DEBUG", "SET-ACTIVE-EXPIRE", "1").isOk();
        }
    }

    @Test
    void everyFileSaysFirstWhichDatabaseItIsFor() throws Exception {
        var files = new AofFiles(directory.resolve("select"));
        try (var server = LocalServer.withLog(files.dir())) {
            server.call("GET", "k").isNil();
            assertThat(AofFiles.records(files.increment(1), 0)).isEmpty();
            server.call("SET", "k", "1").isOk();
            server.call("SET", "k", "2").isOk();
            assertThat(AofFiles.records(files.increment(1), 0)).containsExactly("SELECT 0", "SET k 1", "SET k 2");
            server.rewriteLog();
            server.call("SET", "k", "3").isOk();
            assertThat(AofFiles.records(files.increment(2), 0)).containsExactly("SELECT 0", "SET k 3");
        }
        try (var server = LocalServer.withLog(files.dir())) {
            server.call("SET", "k", "4").isOk();
            assertThat(AofFiles.records(files.increment(2), 0)).containsExactly("SELECT 0", "SET k 3", "SELECT 0", "SET k 4");
        }
    }

    @Test
    void activeExpiryLogsWhatItRemoves() throws Exception {
        var client = ours.client();
        run(client, "FLUSHALL");
        long from = Files.size(ourLog);
        run(client, "SET k v PX 1");
        Eventually.becomesTrue("its DEL is written, though no client does anything", () -> AofFiles.records(ourLog, from).size() > 1);
        assertRecords(ourLog, from, row("", "SET k v PX 1", "SET k v PXAT SOON", "DEL k"));
    }

    @Test
    void requestsOfOnePacketAreLoggedInTheirOrder() throws IOException {
        var client = ours.client();
        run(client, "FLUSHALL");
        long from = Files.size(ourLog);
        client.sendRaw("SET a 1\r\nGET a\r\nINCR a\r\nDEL b\r\nDEL a\r\n");
        for (int i = 0; i < 5; i++) client.read();
        assertThat(AofFiles.records(ourLog, from)).containsExactly("SET a 1", "INCR a", "DEL a");
    }

    @Test
    void nothingIsLoggedWithoutALog() throws Exception {
        var files = new AofFiles(directory.resolve("off"));
        try (var server = LocalServer.withLog(files.dir(), "--appendonly", "no")) {
            server.call("SET", "k", "v").isOk();
        }
        assertThat(files.logDir()).doesNotExist();
    }
}
