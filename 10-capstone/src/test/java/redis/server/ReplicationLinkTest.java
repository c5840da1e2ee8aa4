package redis.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/// A master and a replica that the test plays itself, to see and to choose every byte that passes between them.
class ReplicationLinkTest {

    private static final String ID = "0123456789012345678901234567890123456789";
    private static final String OTHER_ID = "abcdefabcdefabcdefabcdefabcdefabcdefabcd";

    @TempDir
    private Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (var closeable : opened.reversed()) closeable.close();
    }

    private <T extends AutoCloseable> T open(Callable<T> opening) throws Exception {
        var closeable = opening.call();
        opened.add(closeable);
        return closeable;
    }

    private LocalServer startServer(String... options) throws Exception {
        var all = new ArrayList<>(List.of("--save", "", "--repl-ping-replica-period", "2000000000"));
        all.addAll(List.of(options));
        return open(() -> LocalServer.start(directory.resolve("server"), all.toArray(String[]::new)));
    }

    // ---- the test is a replica ----

    /// A replica that has got everything, and of the stream the first ping.
    ///
    /// @param offset of the first byte of the stream
    private record FakeReplica(RawConnection connection, String id, long offset, byte[] snapshot) {}

    private FakeReplica follow(LocalServer master) throws Exception {
        var connection = open(() -> RawConnection.connect(master.address()));
        connection.request("PSYNC ? -1");
        var words = connection.line().split(" ");
        assertThat(words).hasSize(3);
        assertThat(words[0]).isEqualTo("+FULLRESYNC");
        var snapshot = readSnapshot(connection);
        return new FakeReplica(connection, words[1], Long.parseLong(words[2]), snapshot);
    }

    private static byte[] readSnapshot(RawConnection connection) throws IOException {
        var header = connection.line();
        while (header.isEmpty()) header = connection.line();
        assertThat(header).matches("\\$\\d+");
        return connection.bytes(Integer.parseInt(header.substring(1)));
    }

    @Test
    void everyByteOfTheStreamIsCounted() throws Exception {
        var master = startServer();
        master.call("SET", "before", "1").isOk();
        var replica = follow(master);
        assertThat(RdbContent.of(replica.snapshot).aux()).contains("repl-id=" + replica.id, "repl-offset=" + replica.offset);
        assertThat(replica.offset).isZero(); // nobody has followed before
        var connection = replica.connection;
        master.call("SET", "x", "1").isOk();
        connection.expectRequest("SELECT 0");
        connection.expectRequest("SET x 1");
        assertThat(master.info("master_repl_offset")).isEqualTo("50");
        master.call("PUBLISH", "news", "y").is(0);
        connection.expectRequest("PUBLISH news y");
        master.call("GET", "x").is("1");
        master.call("DEL", "nothing").is(0);
        master.call("EXPIREAT", "x", "1").is(1);
        connection.expectRequest("DEL x");
        assertThat(master.call("WAIT", "1", "10").text()).isEqualTo("0");
        connection.expectRequest("REPLCONF GETACK *");
        assertThat(master.info("master_repl_offset")).isEqualTo("" + (50 + 34 + 20 + 37));
        assertThat(master.info("repl_backlog_first_byte_offset")).isEqualTo("1");
        assertThat(master.info("repl_backlog_histlen")).isEqualTo("141");
    }

    @Test
    void pingsAreInLowerCase() throws Exception {
        var master = startServer("--repl-ping-replica-period", "1");
        var connection = follow(master).connection;
        connection.expectRequest("ping"); // which is for no database
        connection.expectRequest("ping");
    }

    @Test
    void aReplicaGoesOnAtAnyByte() throws Exception {
        var master = startServer();
        var replica = follow(master);
        master.call("SET", "x", "1").isOk();
        var stream = AofFiles.commands("SELECT 0", "SET x 1");
        for (int missing : new int[] {0, 1, 7, 27, 50}) {
            var connection = open(() -> RawConnection.connect(master.address()));
            connection.request("PSYNC " + replica.id.toUpperCase() + " " + (50 - missing + 1));
            connection.expect("+CONTINUE\r\n" + stream.substring(50 - missing));
        }
        for (var refused : List.of(replica.id + " 52", replica.id + " 0", replica.id + " -5", OTHER_ID + " 1", "0".repeat(40) + " -1",
                replica.id + " " + Long.MIN_VALUE, replica.id + " " + Long.MAX_VALUE)) {
            var connection = open(() -> RawConnection.connect(master.address()));
            connection.request("REPLCONF capa psync2");
            connection.request("PSYNC " + refused);
            connection.expect("+OK\r\n+FULLRESYNC " + replica.id + " 50\r\n");
            readSnapshot(connection);
        }
        assertThat(master.info("sync_partial_ok")).isEqualTo("5");
        assertThat(master.info("sync_partial_err")).isEqualTo("7");
    }

    /// It looks for the mark at the end of what it has read: behind it nothing may come before it has found it.
    @Test
    void aReplicaThatReadsUpToAMarkGetsTheStreamWhenItIsReady() throws Exception {
        var master = startServer();
        master.call("SET", "a", "1").isOk();
        var connection = open(() -> RawConnection.connect(master.address()));
        connection.request("REPLCONF capa eof capa psync2");
        connection.request("PSYNC ? -1");
        connection.expect("+OK\r\n");
        assertThat(connection.line()).startsWith("+FULLRESYNC");
        var header = connection.line();
        assertThat(header).matches("\\$EOF:[0-9a-f]{40}");
        var received = new StringBuilder();
        while (!received.toString().endsWith(header.substring(5))) received.append((char) (connection.bytes(1)[0] & 0xff));
        var snapshot = received.substring(0, received.length() - 40).getBytes(StandardCharsets.ISO_8859_1);
        assertThat(RdbContent.of(snapshot).byKey()).hasSize(1);
        master.call("SET", "b", "1").isOk();
        connection.expectSilence();
        connection.request("REPLCONF ACK 0");
        connection.expectRequest("SELECT 0");
        connection.expectRequest("SET b 1");
    }

    @Test
    void syncHasNoHeaderButTheLength() throws Exception {
        var master = startServer();
        var connection = open(() -> RawConnection.connect(master.address()));
        connection.send("SYNC\r\n");
        readSnapshot(connection);
        master.call("SET", "a", "1").isOk();
        connection.expectRequest("SELECT 0");
        connection.expectRequest("SET a 1");
    }

    /// As long as there is no place for the snapshot, they wait, and then they share one.
    @Test
    void replicasThatWaitGetASignOfLifeAndThenOneSnapshot() throws Exception {
        var master = startServer();
        master.call("SET", "a", "1").isOk();
        var place = directory.resolve("server");
        if (Files.exists(place)) Files.move(place, directory.resolve("elsewhere"));
        Files.writeString(place, "not a directory");
        var first = open(() -> RawConnection.connect(master.address()));
        var second = open(() -> RawConnection.connect(master.address()));
        first.request("PSYNC ? -1");
        first.expect("\n");
        second.request("PSYNC ? -1");
        second.expect("\n");
        assertThat(master.info("slave0")).contains("state=wait_bgsave");
        Files.delete(place);
        var snapshots = new ArrayList<byte[]>();
        for (var connection : List.of(first, second)) {
            var line = connection.line();
            while (line.isEmpty()) line = connection.line();
            assertThat(line).startsWith("+FULLRESYNC");
            snapshots.add(readSnapshot(connection));
        }
        assertThat(snapshots.get(0)).isEqualTo(snapshots.get(1));
        master.call("SET", "b", "1").isOk(); // which a failed snapshot for replicas does not prevent
        for (var connection : List.of(first, second)) {
            connection.expectRequest("SELECT 0");
            connection.expectRequest("SET b 1");
        }
    }

    @Test
    void whoeverIsSilentForTooLongIsDisconnected() throws Exception {
        var now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
        var master = open(() -> LocalServer.start(now::get, directory, "--save", "", "--repl-timeout", "10", "--repl-ping-replica-period", "100000"));
        var connection = follow(master).connection;
        Eventually.becomesTrue("it is online", () -> master.info("slave0").contains("state=online"));
        for (var sign : List.of("\n", "\r\n", AofFiles.commands("REPLCONF ACK 0"))) {
            now.updateAndGet(instant -> instant.plusSeconds(8));
            assertThat(master.info("slave0")).contains("lag=8");
            connection.send(sign);
            Eventually.becomesTrue("it has been heard", () -> master.info("slave0").contains("lag=0"));
        }
        now.updateAndGet(instant -> instant.plusSeconds(11));
        connection.expectEnd();
        Eventually.becomesTrue("it is forgotten", () -> "0".equals(master.info("connected_slaves")));
    }

    @Test
    void theBacklogIsKeptForAWhile() throws Exception {
        var now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
        var master = open(() -> LocalServer.start(now::get, directory, "--save", "", "--repl-backlog-ttl", "100", "--repl-ping-replica-period", "100000"));
        var replica = follow(master);
        replica.connection.close();
        Eventually.becomesTrue("it is forgotten", () -> "0".equals(master.info("connected_slaves")));
        now.updateAndGet(instant -> instant.plusSeconds(90));
        master.call("SET", "x", "1").isOk();
        try (var again = RawConnection.connect(master.address())) {
            again.request("PSYNC " + replica.id + " 1");
            again.expect("+CONTINUE\r\n" + AofFiles.commands("SELECT 0", "SET x 1"));
        }
        Eventually.becomesTrue("it is forgotten", () -> "0".equals(master.info("connected_slaves")));
        var later = Instant.parse("2026-01-02T00:00:00Z");
        Eventually.becomesTrue("the backlog is given up", () -> {
            now.set(later.plusMillis(System.nanoTime() / 10_000)); // which is fast
            return "0".equals(master.info("repl_backlog_active"));
        });
        assertThat(master.info("master_replid")).isNotEqualTo(replica.id);
        master.call("SET", "x", "2").isOk();
        assertThat(follow(master).offset).isEqualTo(50);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PING", "GET x", "REPLCONF listening-port 1", "nonsense"})
    void aReplicaThatWouldGetAReplyIsDisconnected(String request) throws Exception {
        var connection = follow(startServer()).connection;
        connection.request(request);
        connection.expectEnd();
    }

    @Test
    void aReplicaThatDoesNotReadIsDisconnected() throws Exception {
        var master = startServer("--client-output-buffer-limit", "slave 1mb 0 0");
        var connection = follow(master).connection;
        master.call("SET", "a", "1").isOk();
        connection.expectRequest("SELECT 0");
        var value = "x".repeat(500_000);
        for (int i = 0; i < 100 && !"0".equals(master.info("connected_slaves")); i++) master.call("SET", "a", value).isOk();
        Eventually.becomesTrue("it is gone", () -> "0".equals(master.info("connected_slaves")));
        connection.expectEnd();
    }

    @Test
    void waitCountsWhatReplicasSayTheyHave() throws Exception {
        var master = startServer();
        var connection = follow(master).connection;
        master.call("SET", "x", "1").isOk();
        connection.expectRequest("SELECT 0");
        connection.expectRequest("SET x 1");
        master.call("WAIT", "1", "20").is(0);
        connection.request("REPLCONF ACK 49");
        master.call("WAIT", "1", "20").is(0);
        master.client().send("WAIT", "1", "0").send("WAIT", "2", "1").send("PING");
        connection.expectRequest("REPLCONF GETACK *");
        connection.request("REPLCONF ACK 50");
        master.client().read().is(1);
        master.client().read().is(1);
        master.client().read().satisfies(_ -> {});
        try (var other = master.connect()) {
            other.call("WAIT", "1", "0").is(1); // it has written nothing
        }
    }

    @Test
    void aClientThatLeavesDoesNotWait() throws Exception {
        var master = startServer();
        try (var client = master.connect()) {
            client.send("SET", "a", "1").send("WAIT", "1", "0");
            client.read().isOk();
        }
        Eventually.becomesTrue("its session ends", () -> "1".equals(master.info("connected_clients")));
    }

    @Test
    void writesNeedReplicasThatWereHeardOf() throws Exception {
        var now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
        var master = open(() -> LocalServer.start(now::get, directory, "--save", "", "--min-replicas-to-write", "1", "--min-replicas-max-lag", "5"));
        master.call("SET", "a", "1").isError("NOREPLICAS Not enough good replicas to write.");
        var connection = follow(master).connection;
        Eventually.becomesTrue("it is online", () -> "1".equals(master.info("min_slaves_good_slaves")));
        master.call("SET", "a", "1").isOk();
        now.updateAndGet(instant -> instant.plusSeconds(6));
        master.call("SET", "a", "1").isError("NOREPLICAS Not enough good replicas to write.");
        master.call("GET", "a").is("1");
        connection.send("\n");
        Eventually.becomesTrue("it is good again", () -> "1".equals(master.info("min_slaves_good_slaves")));
        master.call("SET", "a", "2").isOk();
    }

    // ---- the test is a master ----

    private ServerSocket listen() throws Exception {
        var listener = open(() -> new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
        listener.setSoTimeout(20_000);
        return listener;
    }

    private RawConnection accept(ServerSocket listener) throws Exception {
        return open(() -> new RawConnection(listener.accept()));
    }

    private static void follow(LocalServer replica, ServerSocket master) throws IOException {
        replica.call("REPLICAOF", "127.0.0.1", Integer.toString(master.getLocalPort())).isOk();
    }

    /// Answers what a replica begins with.
    private static void greet(RawConnection connection, String psync) throws IOException {
        connection.expectRequest("PING");
        connection.send("+PONG\r\n");
        assertThat(AofFiles.commands("REPLCONF listening-port 0")).isEqualTo("*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$1\r\n0\r\n");
        connection.expect("*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$1\r\n0\r\n");
        connection.send("+OK\r\n");
        connection.expectRequest("REPLCONF capa psync2");
        connection.send("+OK\r\n");
        connection.expectRequest("PSYNC " + psync);
    }

    /// An RDB file with these keys and values of less than 64 bytes.
    private static byte[] snapshot(String... keysAndValues) {
        var bytes = new byte[0];
        for (int i = 0; i < keysAndValues.length; i += 2) {
            bytes = RdbContent.bytes(bytes, 0, keysAndValues[i].length(), keysAndValues[i], keysAndValues[i + 1].length(), keysAndValues[i + 1]);
        }
        return RdbContent.file(bytes);
    }

    private static void sendSnapshot(RawConnection connection, long offset, byte[] snapshot) throws IOException {
        connection.send("+FULLRESYNC " + ID + " " + offset + "\r\n$" + snapshot.length + "\r\n");
        connection.send(snapshot);
        connection.expectRequest("REPLCONF ACK " + offset);
    }

    /// A replica that has everything up to byte 100.
    private RawConnection synchronize(LocalServer replica, ServerSocket listener, String... keysAndValues) throws Exception {
        follow(replica, listener);
        var master = accept(listener);
        greet(master, "? -1");
        sendSnapshot(master, 100, snapshot(keysAndValues));
        return master;
    }

    /// Asserts that the replica acknowledges this offset. By itself it does so once a second, and maybe what it had before.
    private static void expectAcknowledgement(RawConnection master, long offset) throws IOException {
        long acknowledged;
        do {
            assertThat(master.line()).isEqualTo("*3");
            for (var word : List.of("REPLCONF", "ACK")) {
                assertThat(master.line()).isEqualTo("$" + word.length());
                assertThat(master.line()).isEqualTo(word);
            }
            assertThat(master.line()).matches("\\$\\d+");
            acknowledged = Long.parseLong(master.line());
        } while (acknowledged < offset);
        assertThat(acknowledged).isEqualTo(offset);
    }

    private void assertEventually(LocalServer replica, String key, String value) throws Exception {
        Eventually.becomesTrue(key + " is " + value, () -> value.equals(replica.call("GET", key).text()));
    }

    @Test
    void clientsSeeTheOldDataUntilAllOfTheNewIsHere() throws Exception {
        var replica = startServer("--repl-timeout", "1");
        replica.call("SET", "old", "1").isOk();
        var listener = listen();
        follow(replica, listener);
        var master = accept(listener);
        greet(master, "? -1");
        for (int i = 0; i < 5; i++) { // for longer than repl-timeout
            TimeUnit.MILLISECONDS.sleep(300);
            master.send("\n");
        }
        var snapshot = snapshot("new", "1", "newer", "2");
        master.send("+FULLRESYNC " + ID + " 100\r\n\n\n$" + snapshot.length + "\r\n");
        for (int i = 0; i < snapshot.length - 1; i++) master.send(new byte[] {snapshot[i]});
        replica.call("GET", "old").is("1");
        replica.call("GET", "new").isNil();
        Eventually.becomesTrue("it is being synchronized", () -> "1".equals(replica.info("master_sync_in_progress")));
        assertThat(replica.info("master_sync_total_bytes")).isEqualTo("" + snapshot.length);
        master.send(new byte[] {snapshot[snapshot.length - 1]});
        master.expectRequest("REPLCONF ACK 100");
        replica.call("GET", "old").isNil();
        replica.call("GET", "newer").is("2");
        assertThat(replica.info("master_replid")).isEqualTo(ID);
    }

    @Test
    void acknowledgementsCountAllButTheRequestForThem() throws Exception {
        var replica = startServer();
        var master = synchronize(replica, listen());
        master.request("SELECT 0");
        master.request("SET x 1");
        master.send("*1\r\n$4\r\nPING\r\n");
        master.request("REPLCONF GETACK *");
        expectAcknowledgement(master, 164);
        master.request("REPLCONF GETACK *");
        expectAcknowledgement(master, 201);
        expectAcknowledgement(master, 238); // by itself, once a second
    }

    @Test
    void aTransactionThatIsCutOffHasNotBegun() throws Exception {
        var replica = startServer();
        var listener = listen();
        var master = synchronize(replica, listener, "a", "1");
        master.request("INCR b");
        long end = 100 + AofFiles.commands("INCR b").length();
        master.request("MULTI");
        master.request("INCR a");
        master.request("INCR b");
        master.request("REPLCONF GETACK *");
        expectAcknowledgement(master, end);
        replica.call("GET", "a").is("1");
        replica.call("GET", "b").is("1");
        assertThat(replica.info("slave_repl_offset")).isEqualTo("" + end);
        master.close();

        master = accept(listener);
        greet(master, ID + " " + (end + 1));
        master.send("+CONTINUE " + ID + "\r\n");
        master.expectRequest("REPLCONF ACK " + end);
        for (var request : List.of("MULTI", "INCR a", "INCR b", "EXEC")) master.request(request);
        assertEventually(replica, "b", "2");
        replica.call("GET", "a").is("2");
        assertThat(replica.info("slave_repl_offset")).isEqualTo("" + (end + AofFiles.commands("MULTI", "INCR a", "INCR b", "EXEC").length()));
    }

    /// To go on would be to have other data than the master, and not to know.
    @ParameterizedTest
    @ValueSource(strings = {"LPUSH list x", "INCR text", "MULTI|INCR a|LPUSH list x|EXEC", "MULTI|INCR a|SELECT 1|EXEC"})
    void whatCannotBeFollowedNeedsAllDataAnew(String requests) throws Exception {
        var replica = startServer();
        var listener = listen();
        var master = synchronize(replica, listener, "a", "1", "text", "x");
        master.send(AofFiles.commands("SET b 1") + AofFiles.commands(requests.split("\\|")) + AofFiles.commands("SET c 1")); // at once: it leaves soon
        master.expectEnd();
        replica.call("GET", "a").is("1");
        replica.call("GET", "b").is("1");
        replica.call("GET", "c").isNil();
        Eventually.becomesTrue("the link is down", () -> "down".equals(replica.info("master_link_status")));
        master = accept(listener);
        greet(master, "? -1");
        sendSnapshot(master, 1_000, snapshot("c", "1"));
        replica.call("GET", "c").is("1");
    }

    /// What comes after it in the log would else be a part of a transaction without an end, and be gone with the next start.
    @Test
    void aTransactionThatFailsHalfWayEndsInTheLog() throws Exception {
        var replica = startServer("--appendonly", "yes");
        var master = synchronize(replica, listen(), "text", "x");
        Eventually.becomesTrue("the log has begun anew", () -> "0".equals(replica.info("aof_rewrite_in_progress")) && !"0".equals(replica.info("aof_rewrites")));
        master.send(AofFiles.commands("MULTI", "SET a 1", "INCR text", "EXEC"));
        master.expectEnd();
        replica.call("REPLICAOF", "NO", "ONE").isOk();
        replica.call("SET", "b", "2").isOk();
        replica.call("DEBUG", "LOADAOF").isOk();
        replica.call("MGET", "a", "b").is(List.of("1", "2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"*1\r\n+PING\r\n", "\r\nDEL a\r\n"})
    void aStreamThatIsOutOfStepNeedsAllDataAnew(String bytes) throws Exception {
        var replica = startServer();
        var listener = listen();
        var master = synchronize(replica, listener, "a", "1");
        master.request("INCR b");
        master.send(bytes);
        master.expectEnd();
        replica.call("GET", "a").is("1");
        greet(accept(listener), "? -1");
    }

    @Test
    void aSilentMasterIsLeft() throws Exception {
        var replica = startServer("--repl-timeout", "1");
        var listener = listen();
        var master = synchronize(replica, listener);
        master.expectEnd();
        greet(accept(listener), ID + " 101");
    }

    /// Not a second later, as else. Whoever keeps this test from running for so long does not do it three times.
    @Test
    void aLinkThatWasUpIsTriedAgainAtOnce() throws Exception {
        var replica = startServer();
        var listener = listen();
        var master = synchronize(replica, listener);
        long limit = TimeUnit.MILLISECONDS.toNanos(900);
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < 3 && shortest >= limit; i++) {
            long start = System.nanoTime();
            master.close();
            master = accept(listener);
            shortest = Math.min(shortest, System.nanoTime() - start);
            greet(master, ID + " 101");
            master.send("+CONTINUE " + ID + "\r\n");
            master.expectRequest("REPLCONF ACK 100");
        }
        assertThat(shortest).isLessThan(limit);
    }

    @Test
    void aMasterMayHaveAnotherIdForTheSameHistory() throws Exception {
        var replica = startServer();
        var listener = listen();
        synchronize(replica, listener, "a", "1").close();
        var sub = open(() -> LocalServer.start(directory.resolve("sub"), "--save", ""));
        var master = accept(listener);
        greet(master, ID + " 101");
        master.send("+CONTINUE " + OTHER_ID + "\r\n");
        master.expectRequest("REPLCONF ACK 100");
        assertThat(replica.info("master_replid")).isEqualTo(OTHER_ID);
        assertThat(replica.info("master_replid2")).isEqualTo(ID);
        assertThat(replica.info("second_repl_offset")).isEqualTo("101");
        sub.call("REPLICAOF", "127.0.0.1", Integer.toString(replica.address().getPort())).isOk();
        Eventually.becomesTrue("the sub-replica is up", () -> "up".equals(sub.info("master_link_status")));
        var value = "x".repeat(3_000_000);
        master.request("SELECT 0");
        master.send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$3000000\r\n" + value + "\r\n");
        master.request("SET small 1");
        assertEventually(sub, "small", "1");
        sub.call("GET", "big").is(value);
        assertThat(sub.info("slave_repl_offset")).isEqualTo("" + (100 + 23 + 32 + 3_000_000 + 2 + 31));
        assertThat(sub.info("master_replid")).isEqualTo(OTHER_ID);
    }

    @Test
    void aReplicaKeepsItsDataWhoeverItFollows() throws Exception {
        var replica = startServer("--replica-serve-stale-data", "no");
        replica.call("SET", "a", "1").isOk();
        var down = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
        var own = Integer.toString(replica.address().getPort());
        replica.call("REPLICAOF", "127.0.0.1", own).isOk(); // itself
        replica.call("GET", "a").isError(down);
        int unused;
        try (var listener = new ServerSocket(0)) {
            unused = listener.getLocalPort();
        }
        replica.call("REPLICAOF", "127.0.0.1", Integer.toString(unused)).isOk(); // nobody
        var listener = listen();
        follow(replica, listener);
        var stranger = accept(listener);
        stranger.expectRequest("PING");
        stranger.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        stranger.expectEnd();
        stranger = accept(listener);
        greet(stranger, "? -1");
        stranger.send("+FULLRESYNC " + ID + " 1\r\n$10\r\n0123456789");
        stranger.expectEnd();
        replica.call("GET", "a").isError(down);
        replica.call("INFO").satisfies(_ -> {});
        replica.call("REPLICAOF", "NO", "ONE").isOk();
        replica.call("GET", "a").is("1");
    }

    // ---- the end ----

    @Test
    void noThreadIsLeftBehind() throws Exception {
        var master = startServer();
        var connection = follow(master).connection;
        var listener = listen();
        var replica = LocalServer.start(directory.resolve("replica"), "--save", "");
        replica.call("REPLICAOF", "127.0.0.1", Integer.toString(master.address().getPort())).isOk();
        Eventually.becomesTrue("it is up", () -> "up".equals(replica.info("master_link_status")));
        var waiting = master.connect();
        waiting.send("SET", "a", "1").send("WAIT", "9", "0").send("PING");
        waiting.read().isOk();
        follow(replica, listener); // one that says nothing, in place of one that is up
        accept(listener);
        replica.close();
        opened.remove(master);
        master.close();
        connection.expectEnd();
        var left = Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("feeder of") || name.equals("master link") || name.equals("bgsave")).toList();
        assertThat(left).isEmpty();
        waiting.close();
    }
}
