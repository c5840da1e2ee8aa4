package redis.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// A server as a master, whose replicas the tests play, and as a replica of nobody who answers.
@Order(1)
class ReplicationAcceptanceTest extends AcceptanceTest {

    private static final Resp ALREADY = new Resp.SimpleString("OK Already connected to specified master");
    private static final String READONLY = "READONLY You can't write against a read only replica.";
    private static final String MASTERDOWN = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
    private static final String NOREPLICAS = "NOREPLICAS Not enough good replicas to write.";
    private static final String NOT_HERE = "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured "
            + "to be writable (which is not the default) writes to replicas are just local and are not propagated.";

    private final List<String> changed = new ArrayList<>(); // parameters, and what they were

    /// A ping could come at any time, and the stream be longer than a test expects.
    @BeforeEach
    void switchPingsOff() throws IOException {
        set("repl-ping-replica-period", Integer.toString(Integer.MAX_VALUE));
    }

    /// The server may be somebody else's, who wants to use it after this test.
    @AfterEach
    void restore() throws IOException {
        try (var client = connect()) {
            client.call("REPLICAOF", "NO", "ONE").isOk();
            for (int i = changed.size() - 2; i >= 0; i -= 2) client.call("CONFIG", "SET", changed.get(i), changed.get(i + 1)).isOk();
        }
    }

    private void set(String parameter, String value) throws IOException {
        changed.addAll(redis.call("CONFIG", "GET", parameter).texts());
        redis.call("CONFIG", "SET", parameter, value).isOk();
    }

    private FakeReplica replica() throws IOException {
        return FakeReplica.synchronizedWith(address());
    }

    /// A port of this machine on which nobody listens as long as the socket is open: it is bound, and no more.
    private static ServerSocket deadPort() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
    }

    /// Has the server follow a port on which nobody answers.
    private int followNobody() throws IOException {
        int port;
        try (var socket = deadPort()) {
            port = socket.getLocalPort();
        }
        redis.call("REPLICAOF", "127.0.0.1", Integer.toString(port)).isOk();
        return port;
    }

    private Map<String, String> info() throws IOException {
        return info(redis);
    }

    private static Map<String, String> info(TestClient client) throws IOException {
        var fields = new LinkedHashMap<String, String>();
        client.call("INFO", "replication").text().lines().filter(line -> line.contains(":"))
                .forEach(line -> fields.put(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(':') + 1)));
        return fields;
    }

    private long offset() throws IOException {
        return Long.parseLong(info().get("master_repl_offset"));
    }

    // ---- roles ----

    @Test
    void aServerIsAMasterWithoutReplicasAtFirst() throws IOException {
        redis.call("ROLE").is(List.of("master", offset(), List.of()));
        redis.call("REPLICAOF", "NO", "ONE").isOk();
        redis.call("slaveof", "no", "one").isOk();
        redis.call("ROLE").is(List.of("master", offset(), List.of()));
        redis.call("ROLE", "x").isError("ERR wrong number of arguments for 'role' command");
    }

    @Test
    void aMasterTellsOfItsReplicas() throws Exception {
        try (var one = replica()) {
            one.acknowledgeTo(redis);
            var it = List.of("127.0.0.1", "7777", Long.toString(one.offset()));
            redis.call("ROLE").is(List.of("master", one.offset(), List.of(it)));
            assertThat(info()).containsEntry("connected_slaves", "1");
            var line = "ip=127\\.0\\.0\\.1,port=7777,state=online,offset=" + one.offset() + ",lag=[01]";
            // The two clocks that Redis subtracts may differ for a moment, and make it -1.
            Eventually.becomesTrue("it is known with its lag", () -> info().get("slave0").matches(line));
            redis.call("SET", "a", "1").isOk();
            one.expect("SELECT 0", "SET a 1");
            redis.call("ROLE").is(List.of("master", one.offset(), List.of(it)));
            one.leave(redis);
            redis.call("ROLE").is(List.of("master", one.offset(), List.of()));
        }
    }

    @Test
    void aReplicaMayAnnounceAnotherAddress() throws Exception {
        try (var one = new FakeReplica(address())) {
            one.expectLine("+OK", "REPLCONF", "ip-address", "replica.example", "capa", "psync2", "capa", "from-the-future");
            one.send("PSYNC", "?", "-1");
            one.readFullResync();
            one.readSnapshot();
            one.acknowledgeTo(redis);
            Eventually.becomesTrue("it is known by that address", () -> info().get("slave0").startsWith("ip=replica.example,port=7777,state=online,"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "65536", "99999999999999999999", "", "6380x", "1.5"})
    void aPortIsANumber(String port) throws IOException {
        redis.call("REPLICAOF", "127.0.0.1", port).isError("ERR Invalid master port");
        redis.call("SLAVEOF", "no", port).isError("ERR Invalid master port");
        redis.call("ROLE").is(List.of("master", offset(), List.of()));
    }

    @Test
    void replicaOfTakesAHostAndAPort() throws IOException {
        redis.call("REPLICAOF", "127.0.0.1").isError("ERR wrong number of arguments for 'replicaof' command");
        redis.call("SLAVEOF", "127.0.0.1", "1", "2").isError("ERR wrong number of arguments for 'slaveof' command");
        redis.call("REPLICAOF", "NO", "TWO").isError("ERR Invalid master port");
    }

    @Test
    void aReplicaKnowsItsMaster() throws IOException {
        int port = followNobody();
        redis.call("REPLICAOF", "127.0.0.1", Integer.toString(port)).is(ALREADY);
        redis.call("slaveof", "127.0.0.1", Integer.toString(port)).is(ALREADY);
        redis.call("CONFIG", "GET", "replicaof").is(List.of("replicaof", "127.0.0.1 " + port));
        redis.call("ROLE").satisfies(reply -> {
            var fields = ((Resp.Array) reply).elements();
            assertThat(fields).hasSize(5).startsWith(Resp.bulk("slave"), Resp.bulk("127.0.0.1"), Resp.integer(port)).endsWith(Resp.integer(-1));
            assertThat(fields.get(3)).isIn(Resp.bulk("connect"), Resp.bulk("connecting"), Resp.bulk("handshake"));
        });
        redis.call("REPLICAOF", "NO", "ONE").isOk();
        redis.call("CONFIG", "GET", "replicaof").is(List.of("replicaof", ""));
        redis.call("ROLE").is(List.of("master", offset(), List.of()));
    }

    @Test
    void infoOfAMasterHasTheFieldsOfRedisInTheirOrder() throws Exception {
        assertThat(info().keySet()).containsExactly("role", "connected_slaves", "master_failover_state", "master_replid", "master_replid2",
                "master_repl_offset", "second_repl_offset", "repl_backlog_active", "repl_backlog_size", "repl_backlog_first_byte_offset",
                "repl_backlog_histlen");
        assertThat(info()).containsEntry("role", "master").containsEntry("connected_slaves", "0").containsEntry("master_failover_state", "no-failover")
                .containsEntry("repl_backlog_size", "1048576");
        try (var one = replica(); var other = replica()) {
            set("min-replicas-to-write", "1");
            one.acknowledge();
            other.acknowledge();
            Eventually.becomesTrue("both count", () -> "2".equals(info().get("min_slaves_good_slaves")));
            assertThat(info().keySet()).containsExactly("role", "connected_slaves", "min_slaves_good_slaves", "slave0", "slave1", "master_failover_state",
                    "master_replid", "master_replid2", "master_repl_offset", "second_repl_offset", "repl_backlog_active", "repl_backlog_size",
                    "repl_backlog_first_byte_offset", "repl_backlog_histlen");
            assertThat(info()).containsEntry("min_slaves_good_slaves", "2").containsEntry("repl_backlog_active", "1").containsEntry("master_replid", one.id());
        }
        assertThat(redis.call("INFO", "replication").text()).startsWith("# Replication\r\nrole:master\r\nconnected_slaves:");
    }

    @Test
    void infoOfAReplicaHasTheFieldsOfRedisInTheirOrder() throws IOException {
        int port = followNobody();
        assertThat(info().keySet()).containsExactly("role", "master_host", "master_port", "master_link_status", "master_last_io_seconds_ago",
                "master_sync_in_progress", "slave_read_repl_offset", "slave_repl_offset", "master_link_down_since_seconds", "slave_priority",
                "slave_read_only", "replica_announced", "connected_slaves", "master_failover_state", "master_replid", "master_replid2",
                "master_repl_offset", "second_repl_offset", "repl_backlog_active", "repl_backlog_size", "repl_backlog_first_byte_offset",
                "repl_backlog_histlen");
        assertThat(info()).containsEntry("role", "slave").containsEntry("master_host", "127.0.0.1").containsEntry("master_port", Integer.toString(port))
                .containsEntry("master_link_status", "down").containsEntry("master_last_io_seconds_ago", "-1")
                .containsEntry("master_sync_in_progress", "0").containsEntry("master_link_down_since_seconds", "-1")
                .containsEntry("slave_priority", "100").containsEntry("slave_read_only", "1").containsEntry("replica_announced", "1");
    }

    @Test
    void helloTellsTheRole() throws IOException {
        assertThat(redis.call("HELLO", "3").value().toString()).contains("master");
        redis.call("HELLO", "2").satisfies(_ -> {});
        followNobody();
        assertThat(redis.call("HELLO", "3").value().toString()).contains("replica");
    }

    // ---- a replica whose master is away ----

    @Test
    void aReplicaServesWhatItHasAndTakesNoWrites() throws IOException {
        redis.call("SET", "a", "1").isOk();
        followNobody();
        redis.call("GET", "a").is("1");
        redis.call("DBSIZE").is(1);
        redis.call("SET", "a", "2").isError(READONLY);
        redis.call("DEL", "nothing").isError(READONLY);
        redis.call("FLUSHALL").isError(READONLY);
        redis.call("FOO").isError("ERR unknown command 'FOO', with args beginning with: ");
        redis.call("SET", "a").isError("ERR wrong number of arguments for 'set' command");
        redis.call("PUBLISH", "channel", "message").is(0);
        redis.call("GET", "a").is("1");
        redis.call("REPLICAOF", "NO", "ONE").isOk();
        redis.call("SET", "a", "2").isOk();
        redis.call("GET", "a").is("2");
    }

    @Test
    void aReplicaHidesWhatIsOverAndDoesNotRemoveIt() throws Exception {
        redis.call("SET", "over", "1", "PX", "500").isOk(); // and not before it is a replica
        redis.call("SET", "stays", "1").isOk();
        followNobody();
        Eventually.becomesTrue("the key is over", () -> redis.call("GET", "over").text() == null);
        redis.call("EXISTS", "over").is(0);
        redis.call("TTL", "over").is(-2);
        redis.call("TYPE", "over").is(new Resp.SimpleString("none"));
        redis.call("KEYS", "*").is(List.of("stays"));
        redis.call("SCAN", "0").is(List.of("0", List.of("stays")));
        redis.call("DBSIZE").is(2);
        redis.call("REPLICAOF", "NO", "ONE").isOk();
        redis.call("GET", "over").isNil();
        redis.call("DBSIZE").is(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PING", "GET a", "DBSIZE", "KEYS *", "SCAN 0", "EXISTS a", "TTL a", "RANDOMKEY", "WAIT 0 0", "PSYNC ? -1", "SYNC", "SAVE", "BGSAVE"})
    void withoutStaleDataAReplicaRefusesMost(String request) throws IOException {
        set("replica-serve-stale-data", "no");
        followNobody();
        redis.call(request.split(" ")).isError(MASTERDOWN);
    }

    @Test
    void withoutStaleDataAReplicaStillRefusesWritesAsWrites() throws IOException {
        set("replica-serve-stale-data", "no");
        followNobody();
        redis.call("SET", "a", "1").isError(READONLY);
        redis.call("GET").isError("ERR wrong number of arguments for 'get' command");
    }

    @ParameterizedTest
    @ValueSource(strings = {"INFO", "CONFIG GET port", "ROLE", "SELECT 0", "ECHO a", "TIME", "LASTSAVE", "CLIENT ID", "COMMAND COUNT", "PUBLISH a b",
            "HELLO", "AUTH default x", "REPLCONF", "PUBSUB CHANNELS", "SUBSCRIBE a", "RESET", "QUIT"})
    void withoutStaleDataAReplicaStillAnswersWhatIsNotAboutData(String request) throws IOException {
        set("replica-serve-stale-data", "no");
        followNobody();
        try (var client = connect()) {
            client.call(request.split(" ")).satisfies(reply -> assertThat(reply).isNotInstanceOf(Resp.SimpleError.class));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PSYNC ? -1", "SYNC"})
    void aReplicaWithoutAMasterHasNoStreamToGiveAway(String request) throws IOException {
        followNobody();
        redis.call(request.split(" ")).isError("NOMASTERLINK Can't SYNC while not connected with my master");
    }

    // ---- REPLCONF ----

    @Test
    void replConfTakesPairs() throws IOException {
        redis.call("REPLCONF").isOk();
        redis.call("REPLCONF", "listening-port", "1", "CAPA", "eof", "capa", "whatever", "ip-address", "host").isOk();
        redis.call("REPLCONF", "capa").isError("ERR syntax error");
        redis.call("REPLCONF", "capa", "eof", "capa").isError("ERR syntax error");
        redis.call("REPLCONF", "foo", "bar").isError("ERR Unrecognized REPLCONF option: foo");
        redis.call("REPLCONF", "capa", "eof", "Foo", "bar").isError("ERR Unrecognized REPLCONF option: Foo");
        redis.call("REPLCONF", "listening-port", "x").isError("ERR value is not an integer or out of range");
        redis.call("REPLCONF", "rdb-only", "x").isError("ERR value is not an integer or out of range");
        redis.call("REPLCONF", "ip-address", "x".repeat(255)).isOk();
        redis.call("REPLCONF", "ip-address", "x".repeat(256)).isError("ERR REPLCONF ip-address provided by replica instance is too long: 256 bytes");
    }

    @Test
    void whatReplicasAcknowledgeIsNotAnswered() throws IOException {
        redis.send("REPLCONF", "ACK", "1").send("REPLCONF", "GETACK", "*").send("REPLCONF", "ack", "x").send("ECHO", "next");
        redis.read().is("next");
    }

    // ---- full synchronization ----

    @Test
    void aFullSynchronizationGivesAllDataAndThenTheStream() throws Exception {
        redis.call("SET", "before", "1").isOk();
        try (var one = new FakeReplica(address())) {
            one.send("PSYNC", "?", "-1");
            one.readFullResync();
            assertThat(one.offset()).as("the offset up to which this replica has the stream").isEqualTo(offset());
            assertThat(one.id()).isEqualTo(info().get("master_replid"));
            assertThat(new String(one.readSnapshot(), StandardCharsets.ISO_8859_1)).contains("before", "repl-stream-db", "repl-id", one.id(), "repl-offset");
            redis.call("SET", "after", "1").isOk();
            one.expect("SELECT 0", "SET after 1");
            assertThat(one.offset()).as("the offset up to which this replica has the stream").isEqualTo(offset());
        }
    }

    @Test
    void syncGivesASnapshotWithoutALineBeforeIt() throws IOException {
        redis.call("SET", "before", "1").isOk();
        try (var one = new FakeReplica(address())) {
            one.sendRaw("SYNC\r\n");
            assertThat(new String(one.readSnapshot(), StandardCharsets.ISO_8859_1)).contains("before");
            redis.call("SET", "after", "1").isOk();
            one.expect("SELECT 0", "SET after 1");
        }
    }

    @Test
    void whoWantsNoMoreThanASnapshotIsClosedBehindIt() throws IOException {
        redis.call("SET", "before", "1").isOk();
        try (var one = new FakeReplica(address())) {
            one.expectLine("+OK", "REPLCONF", "rdb-only", "1");
            one.sendRaw("SYNC\r\n");
            assertThat(new String(one.readSnapshot(), StandardCharsets.ISO_8859_1)).contains("before");
            one.expectEnd();
        }
    }

    /// A Redis would otherwise wait for five seconds whether others come along. Ours begins at once, and has no such parameter.
    private void beginAtOnce() throws IOException {
        if (!redis.call("CONFIG", "GET", "repl-diskless-sync-delay").texts().isEmpty()) set("repl-diskless-sync-delay", "0");
    }

    @Test
    void whoKnowsMarksGetsASnapshotThatEndsWithOne() throws Exception {
        beginAtOnce();
        redis.call("SET", "before", "x".repeat(100_000)).isOk();
        try (var one = new FakeReplica(address())) {
            one.expectLine("+OK", "REPLCONF", "capa", "eof", "capa", "psync2");
            one.send("PSYNC", "?", "-1");
            one.readFullResync();
            assertThat(new String(one.readSnapshot(), StandardCharsets.ISO_8859_1)).contains("before");
            redis.call("SET", "after", "1").isOk();
            redis.call("WAIT", "1", "50").is(0); // it is slow
            one.expectNothingYet(); // the mark might otherwise be overlooked
            one.acknowledge();
            one.expect("SELECT 0", "SET after 1", "REPLCONF GETACK *");
            assertThat(one.offset()).as("the offset up to which this replica has the stream").isEqualTo(offset());
        }
    }

    @Test
    void severalReplicasFollowOneStream() throws Exception {
        try (var one = replica()) {
            redis.call("SET", "a", "1").isOk();
            one.expect("SELECT 0", "SET a 1");
            try (var other = replica()) {
                assertThat(other.id()).isEqualTo(one.id());
                assertThat(other.offset()).isEqualTo(one.offset());
                redis.call("SET", "b", "1").isOk();
                one.expect("SELECT 0", "SET b 1"); // once more, for the other
                other.expect("SELECT 0", "SET b 1");
                redis.call("SET", "c", "1").isOk();
                one.expect("SET c 1");
                other.expect("SET c 1");
            }
        }
    }

    // ---- the stream ----

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SET a 1                   | SET a 1
            set a 1 PXAT 9999999999999 | SET a 1 PXAT 9999999999999
            SET a 1 EXAT 9999999999   | SET a 1 PXAT 9999999999000
            EXPIREAT a 9999999999     | PEXPIREAT a 9999999999000
            EXPIRE a -1               | DEL a
            SET a 1 KEEPTTL           | SET a 1 KEEPTTL
            GETDEL a                  | DEL a
            INCRBYFLOAT n 1.5         | SET n 11.5 KEEPTTL
            INCR n                    | INCR n
            append a x                | append a x
            MSET b 1 c 2              | MSET b 1 c 2
            RENAME a b                | RENAME a b
            UNLINK a nothing          | UNLINK a nothing
            PUBLISH channel message   | PUBLISH channel message
            FLUSHALL                  | FLUSHALL
            """)
    void theStreamHoldsWhatCommandsDo(String request, String streamed) throws IOException {
        redis.call("MSET", "a", "value", "n", "10").isOk();
        try (var one = replica()) {
            redis.call(request.split(" ")).satisfies(reply -> assertThat(reply).isNotInstanceOf(Resp.SimpleError.class));
            one.expect("SELECT 0", streamed);
            assertThat(one.offset()).as("the offset up to which this replica has the stream").isEqualTo(offset());
        }
    }

    @Test
    void theStreamHoldsNothingThatHasChangedNothing() throws IOException {
        redis.call("SET", "a", "value").isOk();
        try (var one = replica()) {
            redis.call("DEL", "nothing").is(0);
            redis.call("GET", "a").is("value");
            redis.call("INCR", "a").isError("ERR value is not an integer or out of range");
            redis.call("SETNX", "a", "1").is(0);
            redis.call("PERSIST", "a").is(0);
            redis.call("SET", "b", "1").isOk();
            one.expect("SELECT 0", "SET b 1");
        }
    }

    @Test
    void aKeyEndsWithADel() throws IOException {
        try (var one = replica()) {
            redis.call("SET", "a", "1", "PXAT", "1").isOk(); // in 1970
            one.expect("SELECT 0");
            var next = one.readStream("*2\r\n$3\r\nDEL\r\n$1\r\na\r\n".length());
            if (next.startsWith("*5")) { // a Redis adds it, and then finds that it is over
                one.readStream("*5\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n$4\r\nPXAT\r\n$1\r\n1\r\n".length() - next.length());
                one.expect("DEL a");
            }
            redis.call("SET", "b", "1", "PX", "20").isOk();
            var set = one.readStream("*5\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n$4\r\nPXAT\r\n$13\r\n1234567890123\r\n".length());
            assertThat(set).startsWith("*5\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n$4\r\nPXAT\r\n$13\r\n");
            one.expect("DEL b"); // whoever finds it: nobody asks
        }
    }

    /// A ping is for no database, so none has to be chosen before it.
    @Test
    void replicasArePinged() throws IOException {
        set("repl-ping-replica-period", "1");
        try (var one = replica()) {
            one.expectPing();
            one.expectPing();
            assertThat(one.offset()).as("the offset up to which this replica has the stream").isEqualTo(offset());
            redis.call("SET", "a", "1").isOk();
            one.expect("SELECT 0", "SET a 1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET a", "PING", "NOSUCH", "REPLCONF foo bar", "REPLCONF listening-port 1", "SUBSCRIBE a", "QUIT"})
    void aReplicaThatAsksForSomethingIsClosed(String request) throws IOException {
        try (var one = replica()) {
            one.send(request.split(" "));
            one.expectEnd();
        }
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }

    @Test
    void aReplicaThatSendsNoRequestIsClosed() throws IOException {
        try (var one = replica()) {
            one.sendRaw("*x\r\n");
            one.expectEnd();
        }
    }

    @Test
    void whatAReplicaSaysWithoutAQuestionIsFine() throws IOException {
        try (var one = replica()) {
            one.sendRaw("\n\r\n");
            one.send("REPLCONF", "GETACK", "*");
            one.send("REPLCONF", "ACK", "x");
            one.send("PSYNC", "?", "-1");
            one.send("SYNC");
            one.acknowledge();
            redis.call("SET", "a", "1").isOk();
            one.expect("SELECT 0", "SET a 1");
        }
    }

    // ---- partial synchronization ----

    /// A replica that says what it has.
    private FakeReplica returning(String id, long offset) throws IOException {
        var one = new FakeReplica(address());
        one.expectLine("+OK", "REPLCONF", "capa", "psync2");
        one.send("PSYNC", id, Long.toString(offset + 1));
        return one;
    }

    @Test
    void aReplicaThatComesBackGoesOnWhereItWas() throws Exception {
        String id;
        long offset;
        try (var one = replica()) {
            redis.call("SET", "a", "1").isOk();
            one.expect("SELECT 0", "SET a 1");
            id = one.id();
            offset = one.offset();
            one.leave(redis);
        }
        redis.call("SET", "b", "1").isOk();
        redis.call("SET", "c", "1").isOk();
        for (var asked : List.of(id, id.toUpperCase())) {
            try (var one = returning(asked, offset)) {
                assertThat(one.readLine()).isEqualTo("+CONTINUE " + id);
                one.expect("SET b 1", "SET c 1"); // and no SELECT: that was before
            }
        }
        try (var one = returning(id, offset())) { // it has all
            assertThat(one.readLine()).isEqualTo("+CONTINUE " + id);
            redis.call("SET", "d", "1").isOk();
            one.expect("SET d 1");
        }
    }

    @Test
    void aReplicaMayGoOnFromAnyByte() throws Exception {
        try (var one = replica()) {
            long from = one.offset();
            redis.call("SET", "a", "1").isOk();
            var all = one.readStream("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n".length());
            for (int i = 0; i <= all.length(); i++) {
                try (var other = returning(one.id(), from + i)) {
                    assertThat(other.readLine()).isEqualTo("+CONTINUE " + one.id());
                    assertThat(other.readStream(all.length() - i)).isEqualTo(all.substring(i));
                }
            }
        }
    }

    @Test
    void anOlderReplicaIsNotToldTheId() throws Exception {
        try (var one = replica(); var older = new FakeReplica(address())) {
            older.send("PSYNC", one.id(), Long.toString(one.offset() + 1));
            assertThat(older.readLine()).isEqualTo("+CONTINUE");
            redis.call("SET", "a", "1").isOk();
            older.expect("SELECT 0", "SET a 1");
        }
    }

    @Test
    void whoAsksForWhatIsNotKeptGetsAllData() throws Exception {
        try (var one = replica()) {
            redis.call("SET", "a", "1").isOk();
            one.expect("SELECT 0", "SET a 1");
            long first = Long.parseLong(info().get("repl_backlog_first_byte_offset"));
            for (long wanted : new long[] {offset() + 2, first - 1, 0, -1, Long.MAX_VALUE, Long.MIN_VALUE}) getsAllData(one.id(), wanted);
            getsAllData("f".repeat(40), offset() + 1);
            getsAllData("0".repeat(40), -1);
            getsAllData("?", -1);
        }
    }

    private void getsAllData(String id, long wanted) throws IOException {
        try (var other = returning(id, wanted - 1)) {
            other.readFullResync();
            assertThat(other.offset()).isEqualTo(offset());
            other.readSnapshot();
        }
    }

    @Test
    void theBacklogHasASize() throws Exception {
        set("repl-backlog-size", "16kb");
        try (var one = replica()) {
            var value = "x".repeat(1_000);
            for (int i = 0; i < 300; i++) redis.call("SET", "key", value).isOk();
            one.expect("SELECT 0");
            for (int i = 0; i < 300; i++) one.expect("SET key " + value);
            Eventually.becomesTrue("the beginning is given up", () -> Long.parseLong(info().get("repl_backlog_histlen")) < 200_000);
            assertThat(Long.parseLong(info().get("repl_backlog_histlen"))).isGreaterThanOrEqualTo(16 * 1024);
            getsAllData(one.id(), offset() - 250_000);
            try (var other = returning(one.id(), offset() - 16_000)) {
                assertThat(other.readLine()).isEqualTo("+CONTINUE " + one.id());
            }
        }
    }

    @Test
    void psyncTakesAnIdAndAnOffset() throws IOException {
        redis.call("PSYNC", "?").isError("ERR wrong number of arguments for 'psync' command");
        redis.call("PSYNC", "?", "x").isError("ERR value is not an integer or out of range");
        redis.call("SYNC", "x").isError("ERR wrong number of arguments for 'sync' command");
    }

    @Test
    void aMasterThatWasAReplicaKnowsItsFormerHistory() throws Exception {
        String before;
        long parted;
        try (var one = replica()) {
            redis.call("SET", "a", "1").isOk();
            one.expect("SELECT 0", "SET a 1");
            before = one.id();
            parted = one.offset();
            followNobody();
            redis.call("REPLICAOF", "NO", "ONE").isOk();
            one.expectEnd(); // it is to learn of the new id
        }
        var after = info().get("master_replid");
        assertThat(after).isNotEqualTo(before);
        assertThat(info()).containsEntry("master_replid2", before).containsEntry("second_repl_offset", Long.toString(parted + 1))
                .containsEntry("master_repl_offset", Long.toString(parted));
        redis.call("SET", "b", "1").isOk();
        try (var one = returning(before, parted)) {
            assertThat(one.readLine()).isEqualTo("+CONTINUE " + after);
            one.expect("SELECT 0", "SET b 1");
        }
        getsAllData(before, parted + 2); // there it is another history
    }

    // ---- WAIT ----

    @Test
    void whoWaitsIsCountedAsBlockedUntilItLeaves() throws Exception {
        try (var waiting = connect()) {
            waiting.send("WAIT", "1", "0");
            Eventually.becomesTrue("it is blocked", () -> redis.call("INFO", "clients").text().contains("blocked_clients:1\r\n"));
        }
        Eventually.becomesTrue("it has left", () -> redis.call("INFO", "clients").text().contains("blocked_clients:0\r\n"));
    }

    @Test
    void waitAnswersHowManyReplicasHaveIt() throws IOException {
        redis.call("WAIT", "0", "0").is(0);
        redis.call("WAIT", "-1", "0").is(0);
        redis.call("WAIT", "1", "20").is(0);
        redis.call("WAIT", "1", "-1").isError("ERR timeout is negative");
        redis.call("WAIT", "0", "-1").isError("ERR timeout is negative");
        redis.call("WAIT", "1", "x").isError("ERR timeout is not an integer or out of range");
        redis.call("WAIT", "x", "1").isError("ERR value is not an integer or out of range");
        redis.call("WAIT", "1").isError("ERR wrong number of arguments for 'wait' command");
        followNobody();
        redis.call("WAIT", "0", "0").isError(NOT_HERE);
        redis.call("WAIT", "x", "x").isError(NOT_HERE);
    }

    @Test
    void waitAsksTheReplicas() throws Exception {
        try (var one = replica(); var other = connect()) {
            redis.call("SET", "a", "1").isOk();
            one.expect("SELECT 0", "SET a 1");
            redis.send("WAIT", "1", "0");
            one.expect("REPLCONF GETACK *");
            one.send("REPLCONF", "ACK", Long.toString(one.offset() - 37)); // how far it was when it was asked
            redis.read().is(1);
            redis.call("WAIT", "1", "0").is(1); // which is known by now
            one.acknowledgeTo(other);
            redis.call("WAIT", "2", "20").is(1);
            one.expect("REPLCONF GETACK *");
            assertThat(one.offset()).as("the offset up to which this replica has the stream").isEqualTo(offset());
        }
    }

    @Test
    void waitDoesNotTakeLessThanAll() throws Exception {
        try (var one = replica(); var other = connect()) {
            redis.call("SET", "a", "1").isOk();
            one.expect("SELECT 0", "SET a 1");
            redis.send("WAIT", "1", "0").send("ECHO", "next");
            one.expect("REPLCONF GETACK *");
            one.send("REPLCONF", "ACK", Long.toString(one.offset() - 38)); // a byte is missing
            var acknowledged = "offset=" + (one.offset() - 38) + ",";
            Eventually.becomesTrue("it arrives", () -> other.call("INFO", "replication").text().contains(acknowledged));
            other.call("SET", "b", "1").isOk(); // others go on meanwhile
            one.expect("SET b 1");
            one.acknowledge();
            redis.read().is(1);
            redis.read().is("next");
        }
    }

    // ---- min-replicas-to-write ----

    @Test
    void aMasterMayNeedReplicasToWrite() throws Exception {
        redis.call("SET", "a", "1").isOk();
        set("min-replicas-to-write", "1");
        redis.call("SET", "a", "2").isError(NOREPLICAS);
        redis.call("DEL", "nothing").isError(NOREPLICAS);
        redis.call("GET", "a").is("1");
        redis.call("PUBLISH", "a", "b").is(0);
        redis.call("SET", "a").isError("ERR wrong number of arguments for 'set' command");
        assertThat(info()).containsEntry("min_slaves_good_slaves", "0");
        try (var one = replica()) {
            one.acknowledge();
            Eventually.becomesTrue("it counts", () -> info().get("min_slaves_good_slaves").equals("1"));
            redis.call("SET", "a", "2").isOk();
            one.leave(redis);
        }
        redis.call("SET", "a", "3").isError(NOREPLICAS);
        set("min-replicas-max-lag", "0"); // which switches it off
        redis.call("SET", "a", "3").isOk();
        assertThat(info()).doesNotContainKey("min_slaves_good_slaves");
    }

    // ---- parameters ----

    @ParameterizedTest
    @CsvSource({"replicaof, slaveof, ''", "replica-serve-stale-data, slave-serve-stale-data, yes", "replica-read-only, slave-read-only, yes",
            "replica-announce-ip, slave-announce-ip, ''", "replica-announce-port, slave-announce-port, 0", "replica-priority, slave-priority, 100",
            "min-replicas-to-write, min-slaves-to-write, 0",
            "min-replicas-max-lag, min-slaves-max-lag, 10", "repl-backlog-size,, 1048576", "repl-backlog-ttl,, 3600", "repl-timeout,, 60",
            "masterauth,, ''", "masteruser,, ''", "requirepass,, ''"})
    void parametersHaveTheDefaultsOfRedisAndAnswerToTheirOldNames(String name, String oldName, String value) throws IOException {
        redis.call("CONFIG", "GET", name).is(List.of(name, value));
        if (oldName != null) redis.call("CONFIG", "GET", oldName).is(List.of(oldName, value));
    }

    @Test
    void pingsComeEveryTenSeconds() throws IOException {
        assertThat(changed).containsExactly("repl-ping-replica-period", "10"); // before this test began
        redis.call("CONFIG", "SET", "repl-ping-slave-period", "20").isOk();
        redis.call("CONFIG", "GET", "repl-ping-replica-period").is(List.of("repl-ping-replica-period", "20"));
    }

    @Test
    void anOldNameMeansTheSameParameter() throws IOException {
        set("slave-priority", "50");
        redis.call("CONFIG", "GET", "replica-priority").is(List.of("replica-priority", "50"));
        assertThat(info()).doesNotContainKey("slave_priority");
        followNobody();
        assertThat(info()).containsEntry("slave_priority", "50");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            repl-backlog-size        | 0          | argument must be between 1 and 9223372036854775807 inclusive
            repl-backlog-size        | -5         | argument must be a memory value
            repl-timeout             | 0          | argument must be between 1 and 2147483647 inclusive
            repl-timeout             | 2147483648 | argument must be between 1 and 2147483647 inclusive
            repl-ping-replica-period | 0          | argument must be between 1 and 2147483647 inclusive
            min-replicas-to-write    | -1         | argument must be between 0 and 2147483647 inclusive
            min-replicas-max-lag     | -1         | argument must be between 0 and 2147483647 inclusive
            replica-announce-port    | 65536      | argument must be between 0 and 65535 inclusive
            replica-priority         | x          | argument couldn't be parsed into an integer
            replica-serve-stale-data | maybe      | argument must be 'yes' or 'no'
            replicaof                | a 1        | can't set immutable config
            """)
    void parametersRefuseWhatRedisRefuses(String name, String value, String reason) throws IOException {
        redis.call("CONFIG", "SET", name, value).isError("ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + reason);
    }

    @Test
    void theBacklogIsNoSmallerThan16KiB() throws IOException {
        set("repl-backlog-size", "1");
        redis.call("CONFIG", "GET", "repl-backlog-size").is(List.of("repl-backlog-size", "16384"));
        redis.call("CONFIG", "SET", "repl-backlog-size", "20k").isOk();
        redis.call("CONFIG", "GET", "repl-backlog-size").is(List.of("repl-backlog-size", "20000"));
        assertThat(info()).containsEntry("repl_backlog_size", "20000");
    }

    @Test
    void statisticsCountSynchronizations() throws Exception {
        var before = statistics();
        try (var one = replica()) {
            assertThat(statistics()).isEqualTo(Stream.of(before.get(0) + 1, before.get(1), before.get(2)).toList());
            try (var other = returning(one.id(), one.offset())) {
                assertThat(other.readLine()).startsWith("+CONTINUE");
                assertThat(statistics()).isEqualTo(Stream.of(before.get(0) + 1, before.get(1) + 1, before.get(2)).toList());
            }
            getsAllData("f".repeat(40), 1);
            assertThat(statistics()).isEqualTo(Stream.of(before.get(0) + 2, before.get(1) + 1, before.get(2) + 1).toList());
        }
    }

    private List<Long> statistics() throws IOException {
        return redis.call("INFO", "stats").text().lines().filter(line -> line.startsWith("sync_")).map(line -> Long.valueOf(line.split(":")[1])).toList();
    }
}
