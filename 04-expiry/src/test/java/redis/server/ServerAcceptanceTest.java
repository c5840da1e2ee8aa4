package redis.server;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// The commands about the connection, the server and the commands.
class ServerAcceptanceTest extends AcceptanceTest {

    @Test
    void thereIsADatabaseZero() throws IOException {
        redis.call("SELECT", "0").isOk();
        redis.call("SELECT", "-1").isError("ERR DB index is out of range");
        redis.call("SELECT", "10000").isError("ERR DB index is out of range");
        redis.call("SELECT", "x").isError("ERR value is not an integer or out of range");
    }

    @Test
    void clientsHaveNumbersAndNames() throws IOException {
        long id = Long.parseLong(redis.call("CLIENT", "ID").text());
        try (var other = connect()) {
            assertThat(Long.parseLong(other.call("client", "id").text())).isGreaterThan(id);
        }
        redis.call("CLIENT", "GETNAME").isNil();
        redis.call("CLIENT", "SETNAME", "worker-1").isOk();
        redis.call("CLIENT", "GETNAME").is("worker-1");
        redis.call("CLIENT", "SETNAME", "two words").isError("ERR Client names cannot contain spaces, newlines or special characters.");
        redis.call("CLIENT", "GETNAME").is("worker-1");
        redis.call("CLIENT", "SETNAME", "").isOk();
        redis.call("CLIENT", "GETNAME").isNil();
    }

    @Test
    void resetMakesTheConnectionAsGoodAsNew() throws IOException {
        redis.call("CLIENT", "SETNAME", "worker-1").isOk();
        redis.call("RESET").is(new Resp.SimpleString("RESET"));
        redis.call("CLIENT", "GETNAME").isNil();
    }

    @Test
    void helloTellsAboutTheServer() throws IOException {
        for (var reply : List.of(redis.call("HELLO"), redis.call("HELLO", "2"))) {
            reply.satisfies(value -> {
                var fields = ((Resp.Array) value).elements();
                assertThat(fields).hasSize(14);
                assertThat(fields.subList(0, 2)).containsExactly(Resp.bulk("server"), Resp.bulk("redis"));
                assertThat(fields.subList(4, 6)).containsExactly(Resp.bulk("proto"), Resp.integer(2));
                assertThat(fields.subList(8, 14)).containsExactly(Resp.bulk("mode"), Resp.bulk("standalone"),
                        Resp.bulk("role"), Resp.bulk("master"), Resp.bulk("modules"), Resp.array());
            });
        }
        redis.call("HELLO", "2", "SETNAME", "worker-1");
        redis.call("CLIENT", "GETNAME").is("worker-1");
    }

    @Test
    void helloRefusesWhatItDoesNotKnow() throws IOException {
        redis.call("HELLO", "4").isError("NOPROTO unsupported protocol version");
        redis.call("HELLO", "x").isError("ERR Protocol version is not an integer or out of range");
        redis.call("HELLO", "2", "FOO").isError("ERR Syntax error in HELLO option 'FOO'");
        redis.call("HELLO", "2", "SETNAME").isError("ERR Syntax error in HELLO option 'SETNAME'");
        redis.call("HELLO", "2", "AUTH", "nobody", "x").isError("WRONGPASS invalid username-password pair or user is disabled.");
    }

    @Test
    void time() throws IOException {
        var time = redis.call("TIME").texts();
        assertThat(Long.parseLong(time.get(0))).isBetween(System.currentTimeMillis() / 1000 - 5, System.currentTimeMillis() / 1000 + 5);
        assertThat(Long.parseLong(time.get(1))).isBetween(0L, 999_999L);
    }

    @Test
    void infoHasSections() throws IOException {
        redis.call("SET", "k", "v").isOk();
        assertThat(redis.call("INFO").text()).contains("# Server\r\nredis_version:", "\r\n\r\n# Clients\r\n", "connected_clients:",
                "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n");
        assertThat(redis.call("INFO", "KEYSPACE", "clients").text()).contains("# Clients", "# Keyspace").doesNotContain("# Server");
        redis.call("INFO", "nothing").is("");
    }

    @Test
    void configShowsParametersThatMatch() throws IOException {
        redis.call("CONFIG", "GET", "maxclients").is(List.of("maxclients", "10000"));
        redis.call("CONFIG", "GET", "nothing").is(List.of());
        redis.call("config", "get", "appendonl?").is(List.of("appendonly", "no"));
        assertThat(redis.call("CONFIG", "GET", "maxclients", "port").texts()).hasSize(4).contains("maxclients", "port");
    }

    @Test
    void commandDescribesCommands() throws IOException {
        assertThat(Long.parseLong(redis.call("COMMAND", "COUNT").text())).isGreaterThan(30);
        redis.call("COMMAND", "INFO", "get", "nothing").satisfies(value -> {
            var descriptions = ((Resp.Array) value).elements();
            assertThat(((Resp.Array) descriptions.get(0)).elements().subList(0, 2)).containsExactly(Resp.bulk("get"), Resp.integer(2));
            assertThat(descriptions.get(1)).isEqualTo(Resp.Null.BULK_STRING);
        });
        redis.call("COMMAND", "DOCS", "get").satisfies(value ->
                assertThat(((Resp.Array) value).elements()).hasSize(2).startsWith(Resp.bulk("get")));
        redis.call("COMMAND", "DOCS", "nothing").is(List.of());
    }

    @ParameterizedTest
    @CsvSource({"CONFIG", "CLIENT", "COMMAND"})
    void everyGroupOfCommandsHasHelp(String group) throws IOException {
        assertThat(redis.call(group, "HELP").texts()).hasSizeGreaterThan(4)
                .startsWith(group + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:").contains("HELP");
    }

    @Test
    void whatDoesNotExistIsRefused() throws IOException {
        redis.call("NOPE").isError("ERR unknown command 'NOPE', with args beginning with: ");
        redis.call("nope", "a", "b c").isError("ERR unknown command 'nope', with args beginning with: 'a' 'b c' ");
        redis.call("CONFIG", "nope").isError("ERR unknown subcommand 'nope'. Try CONFIG HELP.");
        redis.call("CLIENT", "nope", "x").isError("ERR unknown subcommand 'nope'. Try CLIENT HELP.");
        redis.call("CONFIG").isError("ERR wrong number of arguments for 'config' command");
        redis.call("CONFIG", "GET").isError("ERR wrong number of arguments for 'config|get' command");
        redis.call("CLIENT", "SETNAME").isError("ERR wrong number of arguments for 'client|setname' command");
    }

    @Test
    void emptyArgumentsAreArguments() throws IOException {
        redis.call("").isError("ERR unknown command '', with args beginning with: ");
        redis.call("MGET", "", "").is(Arrays.asList(null, null));
    }
}
