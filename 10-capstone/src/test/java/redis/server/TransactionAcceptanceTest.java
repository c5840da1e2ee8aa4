package redis.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// MULTI, EXEC, DISCARD, WATCH and UNWATCH: several commands as one, or none of them.
class TransactionAcceptanceTest extends AcceptanceTest {

    private static final Resp QUEUED = new Resp.SimpleString("QUEUED");
    private static final Resp PONG = new Resp.SimpleString("PONG");
    private static final Resp NULL_ARRAY = Resp.Null.ARRAY;

    private static final String BROKEN = "EXECABORT Transaction discarded because of previous errors.";
    private static final String BECAUSE = "EXECABORT Transaction discarded because of: ";

    private TestClient other;

    @BeforeEach
    void connectAnother() throws IOException {
        other = connect();
    }

    /// The server may be somebody else's, who wants to use it after this test.
    @AfterEach
    void restore() throws IOException {
        other.call("REPLICAOF", "NO", "ONE").isOk();
        other.call("CONFIG", "SET", "min-replicas-to-write", "0", "replica-serve-stale-data", "yes").isOk();
        other.close();
    }

    private static String[] words(String line) {
        return line.split(" ");
    }

    private void queue(String... requests) throws IOException {
        redis.call("MULTI").isOk();
        for (var request : requests) redis.call(words(request)).is(QUEUED);
    }

    /// Asserts that EXEC answers with one element for each command, byte for byte.
    private void exec(Object... replies) throws IOException {
        var elements = new ArrayList<Object>();
        for (var reply : replies) elements.add(reply);
        redis.call("EXEC").is(elements);
    }

    // ---- all at once ----

    @Test
    void whatIsQueuedIsCarriedOutAtExec() throws IOException {
        queue("SET a 1", "INCR a", "GET a", "get none");
        other.call("GET", "a").isNil();
        exec(Resp.OK, 2, "2", null);
        other.call("GET", "a").is("2");
        redis.call("GET", "a").is("2");
    }

    @Test
    void aTransactionMayBeEmpty() throws IOException {
        queue();
        exec();
        queue();
        exec();
        redis.call("PING").is(PONG);
    }

    @Test
    void aCommandThatFailsLeavesTheOthersAsTheyAre() throws IOException {
        redis.call("SET", "a", "x").isOk();
        queue("SET b 1", "INCR a", "SELECT 100000", "INCR b");
        exec(Resp.OK, Resp.error("ERR value is not an integer or out of range"), Resp.error("ERR DB index is out of range"), 2);
        redis.call("GET", "b").is("2");
    }

    @Test
    void discardForgetsAll() throws IOException {
        queue("SET a 1");
        redis.call("DISCARD").isOk();
        redis.call("GET", "a").isNil();
        redis.call("EXEC").isError("ERR EXEC without MULTI");
        redis.call("DISCARD").isError("ERR DISCARD without MULTI");
    }

    @Test
    void theyMayComeInOnePacketAndBeMany() throws IOException {
        var requests = new StringBuilder("MULTI\r\n");
        for (int i = 0; i < 1_000; i++) requests.append("INCR n\r\n");
        redis.sendRaw(requests + "EXEC\r\nGET n\r\n");
        redis.read().isOk();
        for (int i = 0; i < 1_000; i++) redis.read().is(QUEUED);
        redis.read().is(IntStream.rangeClosed(1, 1_000).boxed().toList());
        redis.read().is("1000");
    }

    @Test
    void namesAreWrittenInAnyCase() throws IOException {
        redis.call("multi").isOk();
        redis.call("Incr", "n").is(QUEUED);
        redis.call("eXeC").is(List.of(1));
    }

    // ---- what breaks a transaction ----

    @ParameterizedTest
    @CsvSource(delimiterString = "->", quoteCharacter = '"', textBlock = """
            FOO x           -> ERR unknown command 'FOO', with args beginning with: 'x' |
            SET a           -> ERR wrong number of arguments for 'set' command
            GET             -> ERR wrong number of arguments for 'get' command
            CLIENT          -> ERR wrong number of arguments for 'client' command
            CLIENT NOPE     -> ERR unknown subcommand 'NOPE'. Try CLIENT HELP.
            MULTI x         -> ERR wrong number of arguments for 'multi' command
            DISCARD x       -> ERR wrong number of arguments for 'discard' command
            WATCH           -> ERR wrong number of arguments for 'watch' command
            SAVE            -> ERR Command not allowed inside a transaction
            SHUTDOWN        -> ERR Command not allowed inside a transaction
            PSYNC ? -1      -> ERR Command not allowed inside a transaction
            SYNC            -> ERR Command not allowed inside a transaction
            """)
    void whatCannotBeQueuedBreaksIt(String request, String error) throws IOException {
        queue("SET a 1");
        redis.call(words(request)).isError(error.replace(" |", " "));
        redis.call("SET", "a", "2").is(QUEUED);
        redis.call("EXEC").isError(BROKEN);
        redis.call("GET", "a").isNil();
        queue("SET a 3");
        exec(Resp.OK);
    }

    @Test
    void someErrorsDoNotBreakIt() throws IOException {
        queue("SET a 1");
        redis.call("MULTI").isError("ERR MULTI calls can not be nested");
        redis.call("WATCH", "a").isError("ERR WATCH inside MULTI is not allowed");
        other.call("SET", "a", "2").isOk();
        exec(Resp.OK);
        redis.call("GET", "a").is("1");
    }

    @Test
    void anExecThatIsRefusedSaysWhy() throws IOException {
        redis.call("EXEC", "x").isError(BECAUSE + "wrong number of arguments for 'exec' command");
        queue("SET a 1");
        redis.call("EXEC", "x").isError(BECAUSE + "wrong number of arguments for 'exec' command");
        redis.call("EXEC").isError("ERR EXEC without MULTI");
        redis.call("SUBSCRIBE", "c").satisfies(_ -> {});
        redis.call("EXEC").isError(BECAUSE + "Can't execute 'exec': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
    }

    @Test
    void aWriteThatIsRefusedBreaksIt() throws IOException {
        redis.call("CONFIG", "SET", "min-replicas-to-write", "1").isOk();
        queue("GET a");
        redis.call("SET", "a", "1").isError("NOREPLICAS Not enough good replicas to write.");
        redis.call("EXEC").isError(BROKEN);
    }

    /// What was in order when it was queued may not be at EXEC: then nothing is carried out, reads neither.
    @Test
    void writesAreJudgedOnceMoreAtExec() throws IOException {
        queue("GET a", "SET a 1");
        other.call("CONFIG", "SET", "min-replicas-to-write", "1").isOk();
        redis.call("EXEC").isError(BECAUSE + "NOREPLICAS Not enough good replicas to write.");
        redis.call("EXEC").isError("ERR EXEC without MULTI");
        queue("GET a");
        exec((Object) null);
    }

    private void followNobody(TestClient client) throws IOException {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = socket.getLocalPort();
        }
        client.call("REPLICAOF", "127.0.0.1", Integer.toString(port)).isOk();
    }

    @Test
    void aServerMayBecomeAReplicaBetweenMultiAndExec() throws IOException {
        queue("GET a", "SET a 1");
        followNobody(other);
        redis.call("EXEC").isError(BECAUSE + "READONLY You can't write against a read only replica.");
        queue("GET a");
        redis.call("SET", "a", "1").isError("READONLY You can't write against a read only replica.");
        redis.call("EXEC").isError(BROKEN);
        queue("GET a");
        exec((Object) null);
    }

    @Test
    void aReplicaWithoutItsMasterMayRefuseReads() throws IOException {
        var down = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
        other.call("CONFIG", "SET", "replica-serve-stale-data", "no").isOk();
        queue("GET a");
        followNobody(other);
        redis.call("EXEC").isError(BECAUSE + down);
        queue("CLIENT GETNAME", "UNWATCH");
        exec(null, Resp.OK);
        redis.call("WATCH", "a").isOk();
        redis.call("UNWATCH").isOk();
        redis.call("MULTI").isOk();
        redis.call("GET", "a").isError(down);
        redis.call("DISCARD").isOk();
    }

    // ---- what a transaction is not for, and what is otherwise in it ----

    @Test
    void resetAndQuitAreNotQueued() throws IOException {
        queue("SET a 1");
        redis.call("RESET").is(new Resp.SimpleString("RESET"));
        redis.call("EXEC").isError("ERR EXEC without MULTI");
        queue("SET a 1");
        redis.call("QUIT").isOk();
        redis.expectEnd();
        other.call("GET", "a").isNil();
    }

    @Test
    void whoLeavesLeavesNothing() throws Exception {
        redis.call("CLIENT", "SETNAME", "leaver").isOk();
        queue("SET a 1");
        redis.close();
        Eventually.becomesTrue("it is gone", () -> !other.call("CLIENT", "LIST").text().contains("name=leaver"));
        other.call("GET", "a").isNil();
    }

    @Test
    void confirmationsOfSubscriptionsAreAmongTheReplies() throws IOException {
        queue("SUBSCRIBE a b", "PING", "GET x", "PUBLISH a hi", "UNSUBSCRIBE a b", "PSUBSCRIBE *", "PUNSUBSCRIBE");
        exec(List.of("subscribe", "a", 1), List.of("subscribe", "b", 2), List.of("pong", ""), null, List.of("message", "a", "hi"), 1,
                List.of("unsubscribe", "a", 1)); // that is seven, one for each command: the rest comes behind it
        redis.read().is(List.of("unsubscribe", "b", 0));
        redis.read().is(List.of("psubscribe", "*", 1));
        redis.read().is(List.of("punsubscribe", "*", 0));
        redis.call("GET", "x").isNil();
        queue("SSUBSCRIBE a");
        exec(Resp.error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"));
        queue("SUBSCRIBE a", "PING", "ping x");
        exec(List.of("subscribe", "a", 1), List.of("pong", ""), List.of("pong", "x"));
        other.call("PUBLISH", "a", "hi").is(1);
        redis.read().is(List.of("message", "a", "hi"));
    }

    /// REPLCONF ACK has no reply, and yet is counted.
    @Test
    void aReplyMayBeMissing() throws IOException {
        queue("REPLCONF ACK 1", "ECHO x");
        redis.sendRaw("EXEC\r\nPING\r\n");
        redis.read().is(List.of("x", PONG));
    }

    @Test
    void messagesComeAtExec() throws IOException {
        other.call("SUBSCRIBE", "c").satisfies(_ -> {});
        queue("PUBLISH c 1", "PUBLISH c 2");
        redis.call("PUBLISH", "c", "3").is(QUEUED);
        exec(1, 1, 1);
        for (var text : List.of("1", "2", "3")) other.read().is(List.of("message", "c", text));
        other.call("RESET").is(new Resp.SimpleString("RESET"));
    }

    @Test
    void waitDoesNotWait() throws IOException {
        queue("SET a 1", "WAIT 1 0", "WAIT x 0");
        exec(Resp.OK, 0, Resp.error("ERR value is not an integer or out of range"));
    }

    @Test
    void whatRunsInTheBackgroundBeginsAfterIt() throws Exception {
        Eventually.becomesTrue("nothing goes on", () -> redis.call("INFO", "persistence").text().lines()
                .filter(line -> line.matches("(aof_rewrite_in_progress|rdb_bgsave_in_progress|aof_rewrite_scheduled):.*")).allMatch(line -> line.endsWith(":0")));
        long before = Long.parseLong(redis.call("LASTSAVE").text());
        queue("BGREWRITEAOF", "BGSAVE", "LASTSAVE");
        exec(new Resp.SimpleString("Background append only file rewriting scheduled"), new Resp.SimpleString("Background saving scheduled"), before);
        Eventually.becomesTrue("both have been done", () -> redis.call("INFO", "persistence").text().lines()
                .filter(line -> line.matches("(aof_rewrites|rdb_saves):.*")).noneMatch(line -> line.endsWith(":0")));
    }

    @Test
    void theVersionOfTheProtocolMayChangeInIt() throws IOException {
        queue("GET none", "HELLO 3", "GET none", "HELLO 2", "GET none");
        redis.call("EXEC").satisfies(reply -> {
            var elements = ((Resp.Array) reply).elements();
            assertThat(elements.get(0)).isEqualTo(Resp.Null.BULK_STRING);
            assertThat(elements.get(1)).isInstanceOf(Resp.Map.class);
            assertThat(elements.get(2)).isEqualTo(Resp.Null.RESP3);
            assertThat(elements.get(3)).isInstanceOf(Resp.Array.class);
            assertThat(elements.get(4)).isEqualTo(Resp.Null.BULK_STRING);
        });
    }

    @Test
    void authenticationIsQueuedAsAnythingElse() throws IOException {
        queue("AUTH x", "AUTH default x");
        exec(Resp.error("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"),
                Resp.OK);
    }

    @Test
    void whoEndsItselfGetsTheRepliesUpToThat() throws IOException {
        redis.call("CLIENT", "SETNAME", "itself").isOk();
        var id = redis.call("CLIENT", "ID").text();
        queue("SET a 1", "CLIENT KILL ID " + id + " SKIPME no", "SET a 2", "PUBLISH c x");
        redis.sendRaw("EXEC\r\n");
        assertThat(redis.read().bytes()).asString(StandardCharsets.US_ASCII).isEqualTo("*4\r\n+OK\r\n:1\r\n"); // and no more
        other.call("GET", "a").is("2");
    }

    /// What Sentinel sends to the replica that it has chosen, in one write. It loses the other connections, and gets its replies.
    @Test
    void sentinelMakesAMaster() throws IOException {
        followNobody(other);
        try (var subscriber = connect(); var normal = connect()) {
            subscriber.call("SUBSCRIBE", "__sentinel__:hello").satisfies(_ -> {});
            normal.call("PING").is(PONG);
            redis.sendRaw(AofFiles.commands("MULTI", "SLAVEOF NO ONE", "CLIENT KILL TYPE normal", "CLIENT KILL TYPE pubsub", "EXEC"));
            redis.read().isOk();
            for (int i = 0; i < 3; i++) redis.read().is(QUEUED);
            redis.read().is(List.of(Resp.OK, 2, 1));
            subscriber.expectEnd();
            normal.expectEnd();
        }
        other.close();
        other = connect();
        assertThat(redis.call("ROLE").value()).isInstanceOfSatisfying(Resp.Array.class,
                role -> assertThat(role.elements().getFirst()).isEqualTo(Resp.bulk("master")));
    }

    // ---- what others see ----

    private Map<String, String> infoOf(String id) throws IOException {
        var line = other.call("CLIENT", "LIST", "ID", id).text().strip();
        return Stream.of(line.split(" ")).map(field -> field.split("=", 2)).collect(Collectors.toMap(field -> field[0], field -> field[1]));
    }

    @Test
    void clientListTellsWhoHasBegunOne() throws IOException {
        var id = redis.call("CLIENT", "ID").text();
        assertThat(infoOf(id)).containsEntry("multi", "-1").containsEntry("flags", "N");
        redis.call("WATCH", "a").isOk();
        assertThat(infoOf(id)).containsEntry("multi", "-1").containsEntry("flags", "N");
        queue();
        assertThat(infoOf(id)).containsEntry("multi", "0").containsEntry("flags", "x").containsEntry("cmd", "multi");
        redis.call("GET", "a").is(QUEUED);
        assertThat(infoOf(id)).containsEntry("multi", "1").containsEntry("flags", "x").containsEntry("cmd", "get");
        other.call("SET", "a", "1").isOk();
        redis.call("CLIENT", "INFO").is(QUEUED); // which is no longer kept
        assertThat(infoOf(id)).containsEntry("multi", "1").containsEntry("flags", "xd").containsEntry("cmd", "client|info");
        redis.call("EXEC").is(NULL_ARRAY);
        assertThat(infoOf(id)).containsEntry("multi", "-1").containsEntry("flags", "N").containsEntry("cmd", "exec");
        queue("CLIENT INFO", "PING");
        redis.call("EXEC").satisfies(reply -> assertThat(((Resp.Array) reply).elements().getFirst().toString())
                .contains(" multi=2 ", " flags=x ", " cmd=exec "));
    }

    // ---- WATCH ----

    private void expectExecuted() throws IOException {
        queue("PING");
        exec(PONG);
    }

    private void expectNotExecuted() throws IOException {
        queue("SET done 1");
        redis.call("EXEC").is(NULL_ARRAY);
        other.call("GET", "done").isNil();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                        | SET a 1             | true
                        | SET b 1             | false
            SET a 1     | SET a 1             | true
            SET a 1     | GET a               | false
            SET a 1     | SET a 2 NX          | false
                        | SET a 2 NX          | true
            SET a 1     | APPEND a x          | true
            SET a 1     | SETRANGE a 0 x      | true
            SET a 1     | INCRBY a 0          | true
            SET a x     | INCR a              | false
            SET a 1     | GETSET a 1          | true
            SET a 1     | GETDEL a            | true
            SET a 1     | GETEX a             | false
            SET a 1     | GETEX a EX 100      | true
            SET a 1     | DEL a               | true
                        | DEL a               | false
            SET a 1     | UNLINK b a          | true
            SET a 1     | EXPIRE a 100        | true
                        | EXPIRE a 100        | false
            SET a 1     | EXPIRE a -1         | true
            SET a 1     | EXPIRE a 100 XX     | false
            SET a 1     | PERSIST a           | false
            SETEX a 9 1 | PERSIST a           | true
            SET a 1     | RENAME a b          | true
            SET b 1     | RENAME b a          | true
            SET a 1     | RENAME a a          | false
            SET a 1     | COPY a b            | false
            SET b 1     | COPY b a            | true
            SET a 1     | MSET b 1 a 1        | true
            SET a 1     | MSETNX b 1 a 1      | false
            SET a 1     | TOUCH a             | false
            SET a 1     | FLUSHALL            | true
            SET b 1     | FLUSHALL            | false
            SET a 1     | FLUSHDB             | true
            SET a 1     | RESET               | false
            """)
    void aChangeOfAWatchedKeyIsNoticed(String before, String change, boolean isNoticed) throws IOException {
        if (before != null) redis.call(words(before)).satisfies(_ -> {});
        redis.call("WATCH", "a").isOk();
        other.call(words(change)).satisfies(_ -> {});
        if (isNoticed) expectNotExecuted();
        else expectExecuted();
        expectExecuted(); // what was watched is forgotten
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoeverChangesIt(boolean itself) throws IOException {
        redis.call("WATCH", "a", "b", "a").isOk();
        (itself ? redis : other).call("SET", "b", "1").isOk();
        expectNotExecuted();
    }

    @Test
    void aChangeAfterMultiCountsAndItsOwnDoesNot() throws IOException {
        redis.call("WATCH", "a").isOk();
        queue("INCR a", "INCR a");
        exec(1, 2);
        redis.call("WATCH", "a").isOk();
        queue("INCR a");
        other.call("INCR", "a").is(3);
        redis.call("EXEC").is(NULL_ARRAY);
        redis.call("GET", "a").is("3");
    }

    @Test
    void manyMayWatchAKeyAndTheFirstWins() throws IOException {
        redis.call("WATCH", "a").isOk();
        other.call("WATCH", "a").isOk();
        queue("SET a redis");
        other.call("MULTI").isOk();
        other.call("SET", "a", "other").is(QUEUED);
        exec(Resp.OK);
        other.call("EXEC").is(NULL_ARRAY);
        other.call("GET", "a").is("redis");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UNWATCH", "DISCARD", "RESET", "EXEC", "EXEC x"})
    void whatUndoesWatch(String request) throws IOException {
        for (boolean after : new boolean[] {false, true}) {
            redis.call("WATCH", "a").isOk();
            if (after) other.call("INCR", "a").satisfies(_ -> {});
            if (!request.equals("UNWATCH") && !request.equals("EXEC x")) redis.call("MULTI").isOk();
            redis.call(words(request)).satisfies(_ -> {});
            if (!after) other.call("INCR", "a").satisfies(_ -> {});
            expectExecuted();
        }
    }

    @Test
    void whatDoesNotUndoWatch() throws IOException {
        redis.call("WATCH", "a").isOk();
        redis.call("WATCH", "b").isOk();
        redis.call("EXEC").isError("ERR EXEC without MULTI");
        redis.call("DISCARD").isError("ERR DISCARD without MULTI");
        other.call("SET", "a", "1").isOk();
        redis.call("WATCH", "c").isOk();
        queue("UNWATCH", "PING"); // which comes too late
        redis.call("EXEC").is(NULL_ARRAY);
    }

    @Test
    void anErrorIsToldBeforeAChange() throws IOException {
        redis.call("WATCH", "a").isOk();
        queue("PING");
        redis.call("NOPE").satisfies(_ -> {});
        other.call("SET", "a", "1").isOk();
        redis.call("EXEC").isError(BROKEN);
    }

    @Test
    void theEndOfAWatchedKeyIsAChange() throws Exception {
        redis.call("SET", "a", "1", "PX", "500").isOk(); // and not before it is watched
        redis.call("WATCH", "a").isOk();
        Eventually.becomesTrue("its time is over", () -> other.call("DBSIZE").text().equals("0"));
        expectNotExecuted();
        redis.call("WATCH", "a").isOk();
        expectExecuted();
    }

    @Test
    void nothingLooksDifferentInVersion3() throws IOException {
        redis.call("HELLO", "3").satisfies(_ -> {});
        redis.call("WATCH", "a").isOk();
        other.call("SET", "a", "1").isOk();
        queue("GET a");
        redis.call("EXEC").is(Resp.Null.RESP3);
        queue("GET a", "GET none");
        exec("1", Resp.Null.RESP3);
    }
}
