package redis.server;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Who is connected, and how to end that: CLIENT LIST, INFO, KILL and NO-EVICT.
@Order(6)
class ClientListAcceptanceTest extends AcceptanceTest {

    private TestClient other;
    private String id;
    private String otherId;

    @BeforeEach
    void connectAnother() throws IOException {
        other = connect();
        id = redis.call("CLIENT", "ID").text();
        otherId = other.call("CLIENT", "ID").text();
    }

    @AfterEach
    void closeIt() throws IOException {
        other.close();
    }

    /// The fields of each line, by the client's number.
    private static Map<String, Map<String, String>> parse(String list) {
        var clients = new LinkedHashMap<String, Map<String, String>>();
        list.lines().forEach(line -> {
            var fields = new LinkedHashMap<String, String>();
            for (var field : line.split(" ")) {
                var parts = field.split("=", 2);
                fields.put(parts[0], parts[1]);
            }
            clients.put(fields.get("id"), fields);
        });
        return clients;
    }

    private Map<String, Map<String, String>> list(String... options) throws IOException {
        var words = new String[2 + options.length];
        words[0] = "CLIENT";
        words[1] = "LIST";
        System.arraycopy(options, 0, words, 2, options.length);
        return parse(redis.call(words).text());
    }

    private static Map<String, String> info(TestClient client) throws IOException {
        return parse(client.call("CLIENT", "INFO").text()).values().iterator().next();
    }

    private Map<String, String> infoOnOther() throws IOException {
        return list("ID", otherId).get(otherId);
    }

    // ---- the list ----

    @Test
    void listsAllConnectionsInTheirOrder() throws IOException {
        var clients = list();
        assertThat(clients.keySet().stream().mapToLong(Long::parseLong)).isSorted();
        assertThat(clients).containsKeys(id, otherId);
        assertThat(redis.call("CLIENT", "LIST").text()).as("a line each").endsWith("\n").doesNotContain("\r", "\n\n");
    }

    @Test
    void tellsWhereAConnectionComesFromAndWhereItLeads() throws IOException {
        var mine = list().get(id);
        assertThat(mine.get("laddr")).isEqualTo("127.0.0.1:" + address().getPort());
        assertThat(mine.get("addr")).matches("127\\.0\\.0\\.1:[0-9]+").isNotEqualTo(infoOnOther().get("addr"));
        assertThat(list().get(otherId)).containsEntry("laddr", mine.get("laddr"));
    }

    @Test
    void hasTheFieldsInTheOrderOfRedis() throws IOException {
        var order = List.of("id", "addr", "laddr", "fd", "name", "age", "idle", "flags", "db", "sub", "psub", "ssub", "multi", "qbuf", "qbuf-free",
                "argv-mem", "multi-mem", "rbs", "rbp", "obl", "oll", "omem", "tot-mem", "events", "cmd", "user", "redir", "resp");
        for (var fields : List.of(info(redis), list().get(otherId))) {
            assertThat(order).containsSubsequence(fields.keySet());
            assertThat(fields).containsKeys("id", "addr", "laddr", "name", "age", "idle", "flags", "db", "sub", "psub", "ssub",
                    "oll", "omem", "cmd", "user", "resp");
        }
    }

    @Test
    void tellsTheNameTheUserTheDatabaseAndTheProtocol() throws IOException {
        assertThat(infoOnOther()).containsEntry("name", "").containsEntry("user", "default").containsEntry("db", "0").containsEntry("resp", "2");
        other.call("HELLO", "3", "SETNAME", "worker-1").satisfies(_ -> {});
        assertThat(infoOnOther()).containsEntry("name", "worker-1").containsEntry("resp", "3");
        other.call("RESET").satisfies(_ -> {});
        assertThat(infoOnOther()).containsEntry("name", "").containsEntry("resp", "2");
    }

    @Test
    void infoIsTheCallersOwnLine() throws IOException {
        assertThat(info(redis)).containsEntry("id", id).containsEntry("cmd", "client|info");
        assertThat(parse(redis.call("CLIENT", "INFO").text())).hasSize(1);
        assertThat(info(other)).containsEntry("id", otherId);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            PING             -> ping
            get k            -> get
            GET              -> get
            CLIENT GETNAME   -> client|getname
            CONFIG GET save  -> config|get
            CONFIG GET       -> config|get
            CONFIG           -> config
            nope             -> NULL
            CONFIG nope      -> NULL
            """)
    void tellsTheLastCommand(String request, String command) throws IOException {
        other.call(request.split(" ")).satisfies(_ -> {});
        assertThat(infoOnOther()).containsEntry("cmd", command);
        assertThat(list().get(id)).containsEntry("cmd", "client|list");
    }

    @Test
    void whoHasSentNothingHasNoCommand() throws Exception {
        try (var silent = connect()) {
            Eventually.becomesTrue("it is listed", () -> list().size() >= 3);
            assertThat(list().values()).anySatisfy(fields -> assertThat(fields).containsEntry("cmd", "NULL").containsEntry("age", "0"));
            silent.call("PING");
        }
    }

    @Test
    void tellsWhatAClientListensTo() throws IOException {
        assertThat(infoOnOther()).containsEntry("flags", "N").containsEntry("sub", "0").containsEntry("psub", "0").containsEntry("ssub", "0");
        other.call("SUBSCRIBE", "a");
        other.call("SUBSCRIBE", "b");
        other.call("PSUBSCRIBE", "a*");
        other.call("SSUBSCRIBE", "s");
        assertThat(infoOnOther()).containsEntry("flags", "P").containsEntry("sub", "2").containsEntry("psub", "1").containsEntry("ssub", "1")
                .containsEntry("cmd", "ssubscribe");
        other.call("UNSUBSCRIBE", "a");
        other.call("UNSUBSCRIBE", "b");
        other.call("PUNSUBSCRIBE");
        assertThat(infoOnOther()).containsEntry("flags", "P").containsEntry("sub", "0").containsEntry("psub", "0").containsEntry("ssub", "1");
        other.call("SUNSUBSCRIBE");
        assertThat(infoOnOther()).containsEntry("flags", "N").containsEntry("ssub", "0");
    }

    @Test
    void noEvictIsAFlag() throws IOException {
        redis.call("CLIENT", "NO-EVICT", "ON").isOk();
        assertThat(info(redis)).containsEntry("flags", "e");
        redis.call("client", "no-evict", "off").isOk();
        assertThat(info(redis)).containsEntry("flags", "N");
        redis.call("CLIENT", "NO-EVICT", "on").isOk();
        redis.call("HELLO", "3").satisfies(_ -> {});
        redis.call("SUBSCRIBE", "a").satisfies(_ -> {});
        assertThat(info(redis)).containsEntry("flags", "Pe");
        redis.call("RESET").satisfies(_ -> {});
        assertThat(info(redis)).as("it outlives RESET").containsEntry("flags", "e");
    }

    @Test
    void listsThoseOfAType() throws IOException {
        other.call("SUBSCRIBE", "a");
        assertThat(list("TYPE", "pubsub")).containsKey(otherId).doesNotContainKey(id);
        assertThat(list("type", "NORMAL")).containsKey(id).doesNotContainKey(otherId);
        redis.call("CLIENT", "LIST", "TYPE", "master").is("");
        redis.call("CLIENT", "LIST", "TYPE", "replica").is("");
        redis.call("CLIENT", "LIST", "TYPE", "Slave").is("");
        other.call("SUNSUBSCRIBE");
        other.call("UNSUBSCRIBE");
        assertThat(list("TYPE", "normal")).containsKeys(id, otherId);
    }

    @Test
    void listsThoseWithTheseNumbersInTheOrderInWhichTheyAreNamed() throws IOException {
        assertThat(list("ID", otherId).keySet()).containsExactly(otherId);
        assertThat(list("id", otherId, "999999999", "0", "-1", id).keySet()).containsExactly(otherId, id);
        assertThat(redis.call("CLIENT", "LIST", "ID", id, id).text().lines()).as("and as often").hasSize(2);
        redis.call("CLIENT", "LIST", "ID", "999999999").is("");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            CLIENT LIST foo              -> ERR syntax error
            CLIENT LIST TYPE             -> ERR syntax error
            CLIENT LIST TYPE foo         -> ERR Unknown client type 'foo'
            CLIENT LIST TYPE normal x    -> ERR syntax error
            CLIENT LIST TYPE normal ID 1 -> ERR syntax error
            CLIENT LIST ID               -> ERR syntax error
            CLIENT LIST ID x             -> ERR Invalid client ID
            CLIENT LIST ID 1 x           -> ERR Invalid client ID
            CLIENT INFO x                -> ERR wrong number of arguments for 'client|info' command
            CLIENT NO-EVICT              -> ERR wrong number of arguments for 'client|no-evict' command
            CLIENT NO-EVICT ON x         -> ERR wrong number of arguments for 'client|no-evict' command
            CLIENT NO-EVICT foo          -> ERR syntax error
            CLIENT KILL                  -> ERR wrong number of arguments for 'client|kill' command
            CLIENT KILL foo              -> ERR No such client
            CLIENT KILL skipme           -> ERR No such client
            CLIENT KILL 127.0.0.1:1      -> ERR No such client
            CLIENT KILL ID x             -> ERR client-id should be greater than 0
            CLIENT KILL ID 0             -> ERR client-id should be greater than 0
            CLIENT KILL ID -5            -> ERR client-id should be greater than 0
            CLIENT KILL TYPE Foo         -> ERR Unknown client type 'Foo'
            CLIENT KILL USER foo         -> ERR No such user 'foo'
            CLIENT KILL USER DEFAULT     -> ERR No such user 'DEFAULT'
            CLIENT KILL SKIPME maybe     -> ERR syntax error
            CLIENT KILL foo bar          -> ERR syntax error
            CLIENT KILL ID 999999999 foo -> ERR syntax error
            CLIENT KILL ID 999999999 ID  -> ERR syntax error
            """)
    void whatItDoesNotUnderstandIsRefused(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
        other.call("PING").is(new Resp.SimpleString("PONG"));
    }

    // ---- ending connections ----

    @Test
    void killsTheClientWithAnAddress() throws IOException {
        redis.call("CLIENT", "KILL", infoOnOther().get("addr")).isOk();
        other.expectEnd();
        assertThat(list()).containsKey(id).doesNotContainKey(otherId);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ID", "ADDR"})
    void killsTheClientThatAFilterNames(String option) throws IOException {
        var value = infoOnOther().get(option.toLowerCase(Locale.ROOT));
        redis.call("CLIENT", "KILL", option, value).is(1);
        redis.call("CLIENT", "KILL", option, value).is(0);
        other.expectEnd();
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }

    @Test
    void killsWhomAllFiltersMean() throws IOException {
        var address = infoOnOther().get("addr");
        var here = infoOnOther().get("laddr");
        redis.call("CLIENT", "KILL", "ID", otherId, "ADDR", info(redis).get("addr")).is(0);
        redis.call("CLIENT", "KILL", "ID", otherId, "TYPE", "pubsub").is(0);
        redis.call("CLIENT", "KILL", "ID", otherId, "TYPE", "replica").is(0);
        redis.call("CLIENT", "KILL", "ID", otherId, "TYPE", "master").is(0);
        redis.call("CLIENT", "KILL", "ID", otherId, "LADDR", "127.0.0.1:1").is(0);
        redis.call("CLIENT", "KILL", "ID", otherId, "ID", "999999999").is(0); // the last one counts
        other.call("PING").is(new Resp.SimpleString("PONG"));
        redis.call("client", "kill", "id", otherId, "addr", address, "laddr", here, "type", "Normal", "user", "default", "skipme", "no").is(1);
        other.expectEnd();
    }

    @Test
    void killsThoseOfAType() throws IOException {
        other.call("SUBSCRIBE", "a");
        redis.call("CLIENT", "KILL", "TYPE", "pubsub").is(1);
        other.expectEnd();
        redis.call("PUBSUB", "NUMSUB", "a").is(List.of("a", 0));
        redis.call("PUBLISH", "a", "x").is(0);
    }

    @Test
    void killsEveryoneElse() throws IOException {
        try (var third = connect()) {
            third.call("PING");
            assertThat(Long.parseLong(redis.call("CLIENT", "KILL", "SKIPME", "yes").text())).isGreaterThanOrEqualTo(2);
            other.expectEnd();
            third.expectEnd();
        }
        assertThat(list().keySet()).containsExactly(id);
    }

    @Test
    void whoKillsItselfGetsTheReplyFirst() throws IOException {
        var address = infoOnOther().get("addr");
        other.call("CLIENT", "KILL", "ADDR", address).is(0);
        other.call("CLIENT", "KILL", "ID", otherId, "SKIPME", "YES").is(0);
        other.sendRaw("CLIENT KILL " + address + "\r\nSET k v\r\n").read().isOk();
        other.expectEnd();
        redis.call("GET", "k").isNil();
        try (var third = connect()) {
            var thirdId = third.call("CLIENT", "ID").text();
            third.call("CLIENT", "KILL", "ID", thirdId, "SKIPME", "no").is(1);
            third.expectEnd();
        }
    }

    /// The list and the counts that follow in the same packet know of it already.
    @Test
    void whoIsKilledIsGoneAtOnce() throws IOException {
        other.call("SUBSCRIBE", "a");
        redis.sendRaw("CLIENT KILL ID " + otherId + "\r\nPUBLISH a x\r\nPUBSUB CHANNELS\r\nCLIENT LIST ID " + otherId
                + "\r\nCLIENT KILL ID " + otherId + "\r\n");
        redis.read().is(1);
        redis.read().is(0);
        redis.read().is(List.of());
        redis.read().is("");
        redis.read().is(0);
        other.expectEnd();
    }

    /// Clients that send as fast as they can, and are ended by others: nothing of theirs happens after the reply that says so.
    @Test
    void whoIsKilledDoesNothingMore() throws Exception {
        for (int i = 0; i < 20; i++) {
            try (var busy = connect()) {
                var busyId = busy.call("CLIENT", "ID").text();
                var sending = new CountDownLatch(1);
                var sender = Thread.ofVirtual().start(() -> {
                    try {
                        for (int n = 0; n < 1_000; n++) {
                            busy.sendRaw("INCR n\r\n".repeat(100));
                            sending.countDown();
                        }
                    } catch (IOException e) {
                        // it is closed
                    }
                });
                assertThat(sending.await(5, TimeUnit.SECONDS)).isTrue();
                redis.call("CLIENT", "KILL", "ID", busyId).is(1);
                var n = redis.call("GET", "n").text();
                redis.call("PING").is(new Resp.SimpleString("PONG"));
                redis.call("GET", "n").is(n);
                sender.join();
            }
        }
    }
}
