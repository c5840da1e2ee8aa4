package redis.server;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.ByteString;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Version 3 of the protocol, which a client asks for with HELLO 3: maps, sets, texts with a format, and one null.
@Order(4)
class Resp3AcceptanceTest extends AcceptanceTest {

    private static final Resp NULL = Resp.Null.RESP3;

    private static Resp.Map map(String... keysAndValues) {
        var entries = new LinkedHashMap<Resp, Resp>();
        for (int i = 0; i < keysAndValues.length; i += 2) entries.put(Resp.bulk(keysAndValues[i]), Resp.bulk(keysAndValues[i + 1]));
        return new Resp.Map(entries);
    }

    private static Resp text(String text) {
        return new Resp.VerbatimString("txt", ByteString.of(text));
    }

    private static Resp.Push push(Object... elements) {
        return new Resp.Push(List.of(elements).stream()
                .map(element -> switch (element) {
                    case Integer number -> Resp.integer(number);
                    case Resp resp -> resp;
                    default -> Resp.bulk(element.toString());
                }).toList());
    }

    private void hello3() throws IOException {
        redis.call("HELLO", "3").satisfies(value -> assertThat(value).isInstanceOf(Resp.Map.class));
    }

    // ---- the agreement ----

    @Test
    void helloAnswersInTheVersionThatItAgreesOn() throws IOException {
        var id = redis.call("CLIENT", "ID").text();
        redis.call("HELLO", "3").satisfies(value -> isGreeting(value, 3, id));
        redis.call("HELLO").satisfies(value -> isGreeting(value, 3, id));
        redis.call("HELLO", "3", "AUTH", "default", "any", "SETNAME", "x").satisfies(value -> isGreeting(value, 3, id));
        redis.call("CLIENT", "GETNAME").is("x");
        redis.call("HELLO", "2").satisfies(value -> assertThat(((Resp.Array) value).elements()).hasSize(14));
        redis.call("GET", "no").isNil();
    }

    private static void isGreeting(Resp value, int version, String id) {
        var fields = ((Resp.Map) value).entries();
        assertThat(fields.keySet()).containsExactly(Resp.bulk("server"), Resp.bulk("version"), Resp.bulk("proto"), Resp.bulk("id"), Resp.bulk("mode"),
                Resp.bulk("role"), Resp.bulk("modules"));
        assertThat(fields).containsEntry(Resp.bulk("proto"), Resp.integer(version)).containsEntry(Resp.bulk("id"), Resp.integer(Long.parseLong(id)))
                .containsEntry(Resp.bulk("modules"), Resp.array());
    }

    @Test
    void aConnectionSpeaksVersionTwoUntilItAsks() throws IOException {
        redis.call("GET", "no").isNil();
        hello3();
        redis.call("GET", "no").is(NULL);
        try (var other = connect()) {
            other.call("GET", "no").isNil();
        }
    }

    @Test
    void resetGoesBackToVersionTwo() throws IOException {
        hello3();
        redis.call("RESET").is(new Resp.SimpleString("RESET"));
        redis.call("GET", "no").isNil();
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            HELLO 3 FOO             -> ERR Syntax error in HELLO option 'FOO'
            HELLO 3 AUTH nobody x   -> WRONGPASS invalid username-password pair or user is disabled.
            HELLO 4                 -> NOPROTO unsupported protocol version
            HELLO x                 -> ERR Protocol version is not an integer or out of range
            """)
    void aHelloThatFailsChangesNothing(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
        redis.call("GET", "no").isNil();
        hello3();
        redis.call(request.split(" ")).isError(error);
        redis.call("GET", "no").is(NULL);
    }

    /// Each reply is in the version that holds when its request is carried out, also if many are sent together.
    @Test
    void theVersionChangesWithinAPacket() throws IOException {
        redis.sendRaw("GET no\r\nHELLO 3\r\nGET no\r\nMGET a b\r\nHELLO 2\r\nGET no\r\nHELLO 3\r\nHELLO 3\r\nGET no\r\nRESET\r\nGET no\r\n");
        redis.read().isNil();
        redis.read().satisfies(value -> assertThat(value).isInstanceOf(Resp.Map.class));
        redis.read().is(NULL);
        redis.read().is(Resp.array(NULL, NULL));
        redis.read().satisfies(value -> assertThat(value).isInstanceOf(Resp.Array.class));
        redis.read().isNil();
        redis.read().satisfies(value -> assertThat(value).isInstanceOf(Resp.Map.class));
        redis.read().satisfies(value -> assertThat(value).isInstanceOf(Resp.Map.class));
        redis.read().is(NULL);
        redis.read().is(new Resp.SimpleString("RESET"));
        redis.read().isNil();
    }

    // ---- the types ----

    @ParameterizedTest
    @CsvSource({"GET no", "SET no x XX", "SET k x NX", "SET new x GET", "GETSET new2 x", "GETDEL no", "GETEX no", "CLIENT GETNAME", "MEMORY USAGE no"})
    void thereIsOneNull(String request) throws IOException {
        redis.call("SET", "k", "v").isOk();
        hello3();
        redis.call(request.split(" ")).is(NULL);
    }

    @Test
    void aNullMayBeAnElement() throws IOException {
        redis.call("SET", "k", "v").isOk();
        hello3();
        redis.call("MGET", "no", "k").is(Resp.array(NULL, Resp.bulk("v")));
        redis.call("RANDOMKEY").is("k");
        redis.call("FLUSHALL").isOk();
        redis.call("RANDOMKEY").is(NULL);
    }

    @Test
    void parametersAreAMap() throws IOException {
        redis.call("CONFIG", "GET", "maxclients").is(List.of("maxclients", "10000"));
        hello3();
        redis.call("CONFIG", "GET", "maxclients").is(map("maxclients", "10000"));
        redis.call("CONFIG", "GET", "nothing").is(map());
        redis.call("CONFIG", "GET", "*").satisfies(value -> assertThat(((Resp.Map) value).entries())
                .containsKeys(Resp.bulk("port"), Resp.bulk("save"), Resp.bulk("maxclients")));
    }

    @Test
    void whatIsForPeopleIsText() throws IOException {
        redis.call("INFO", "keyspace").is("# Keyspace\r\n");
        hello3();
        redis.call("INFO", "keyspace").is(text("# Keyspace\r\n"));
        redis.call("INFO", "nothing").is(text(""));
        redis.call("INFO").satisfies(value -> assertThat(((Resp.VerbatimString) value).format()).isEqualTo("txt"));
        redis.call("CLIENT", "LIST", "ID", "999999999").is(text(""));
        redis.call("CLIENT", "LIST").satisfies(value -> assertThat(((Resp.VerbatimString) value).text().toString()).startsWith("id=").endsWith(" resp=3\n"));
        redis.call("CLIENT", "INFO").satisfies(value -> assertThat(((Resp.VerbatimString) value).text().toString()).contains(" resp=3\n"));
    }

    @Test
    void whatHasNoOrderIsASet() throws IOException {
        var none = new Resp.Set(List.of());
        var flags = List.<Resp>of(new Resp.SimpleString("readonly"), new Resp.SimpleString("fast"));
        redis.call("COMMAND", "INFO", "get").satisfies(value -> assertThat(description(value, 0).get(2)).isEqualTo(new Resp.Array(flags)));
        hello3();
        redis.call("COMMAND", "INFO", "get", "nothing", "config").satisfies(value -> {
            var get = description(value, 0);
            assertThat(get).hasSize(10).startsWith(Resp.bulk("get"), Resp.integer(2), new Resp.Set(flags), Resp.integer(1), Resp.integer(1), Resp.integer(1));
            assertThat(get.subList(6, 10)).hasOnlyElementsOfType(Resp.Set.class);
            assertThat(get.getLast()).as("subcommands").isEqualTo(none);
            assertThat(((Resp.Array) value).elements().get(1)).isEqualTo(NULL);
            assertThat(description(value, 2).get(2)).as("no flags").isEqualTo(none);
            assertThat(description(value, 2).getLast()).as("subcommands").isInstanceOf(Resp.Array.class);
        });
    }

    private static List<Resp> description(Resp value, int index) {
        return ((Resp.Array) ((Resp.Array) value).elements().get(index)).elements();
    }

    @Test
    void documentationIsAMapOfMaps() throws IOException {
        hello3();
        redis.call("COMMAND", "DOCS", "nothing").is(map());
        redis.call("COMMAND", "DOCS", "get", "config", "nothing").satisfies(value -> {
            var docs = ((Resp.Map) value).entries();
            assertThat(docs.keySet()).containsExactly(Resp.bulk("get"), Resp.bulk("config"));
            var get = ((Resp.Map) docs.get(Resp.bulk("get"))).entries();
            assertThat(get).containsKeys(Resp.bulk("summary"), Resp.bulk("group"), Resp.bulk("arguments"));
            assertThat(((Resp.Array) get.get(Resp.bulk("arguments"))).elements()).hasSize(1)
                    .allSatisfy(argument -> assertThat(((Resp.Map) argument).entries()).containsKeys(Resp.bulk("name"), Resp.bulk("type")));
            var subcommands = ((Resp.Map) docs.get(Resp.bulk("config"))).entries().get(Resp.bulk("subcommands"));
            assertThat(((Resp.Map) subcommands).entries()).containsKey(Resp.bulk("config|get"));
        });
    }

    @Test
    void whatHasAnOrderOrRepeatsItselfStaysAnArray() throws IOException {
        redis.call("SET", "k", "v").isOk();
        hello3();
        redis.call("KEYS", "*").is(List.of("k"));
        redis.call("SCAN", "0").is(List.of("0", List.of("k")));
        redis.call("PUBSUB", "CHANNELS").is(List.of());
        redis.call("PUBSUB", "NUMSUB", "a", "b").is(List.of("a", 0, "b", 0));
        redis.call("PUBSUB", "SHARDNUMSUB", "a").is(List.of("a", 0));
        redis.call("PUBSUB", "SHARDCHANNELS").is(List.of());
        redis.call("TIME").satisfies(value -> assertThat(((Resp.Array) value).elements()).hasSize(2).hasOnlyElementsOfType(Resp.BulkString.class));
        redis.call("CLIENT", "HELP").satisfies(value -> assertThat(((Resp.Array) value).elements()).hasOnlyElementsOfType(Resp.SimpleString.class));
    }

    @Test
    void numbersStringsAndErrorsAreAsBefore() throws IOException {
        hello3();
        redis.call("PING").is(new Resp.SimpleString("PONG"));
        redis.call("SET", "n", "1").isOk();
        redis.call("INCR", "n").is(2);
        redis.call("EXISTS", "n").is(1);
        redis.call("INCRBYFLOAT", "n", "0.5").is("2.5");
        redis.call("TTL", "n").is(-1);
        redis.call("TYPE", "n").is(new Resp.SimpleString("string"));
        redis.call("INCR", "n").isError("ERR value is not an integer or out of range");
        redis.call("NOPE").isError("ERR unknown command 'NOPE', with args beginning with: ");
    }

    // ---- messages ----

    @Test
    void messagesArePushedAndEveryCommandStaysAllowed() throws IOException {
        hello3();
        redis.call("SUBSCRIBE", "a").is(push("subscribe", "a", 1));
        redis.call("GET", "no").is(NULL);
        redis.call("PING").is(new Resp.SimpleString("PONG"));
        redis.call("PING", "x").is("x");
        try (var other = connect()) {
            other.call("PUBLISH", "a", "text").is(1);
        }
        redis.read().is(push("message", "a", "text"));
        redis.call("UNSUBSCRIBE", "a").is(push("unsubscribe", "a", 0));
        redis.call("UNSUBSCRIBE").is(push("unsubscribe", NULL, 0));
    }
}
