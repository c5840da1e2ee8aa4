package redis.server;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// The commands about the server as a whole and about the commands.
@Order(3)
class ServerAcceptanceTest extends AcceptanceTest {

    @Test
    void time() throws IOException {
        var time = redis.call("TIME").texts();
        assertThat(Long.parseLong(time.get(0))).isBetween(System.currentTimeMillis() / 1000 - 5, System.currentTimeMillis() / 1000 + 5);
        assertThat(Long.parseLong(time.get(1))).isBetween(0L, 999_999L);
        redis.call("TIME", "x").isError("ERR wrong number of arguments for 'time' command");
    }

    @Test
    void infoHasSections() throws IOException {
        redis.call("SET", "k", "v").isOk();
        assertThat(redis.call("INFO").text()).contains("# Server\r\nredis_version:", "\r\n\r\n# Clients\r\n", "connected_clients:",
                "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n");
        assertThat(redis.call("INFO", "KEYSPACE", "clients").text()).contains("# Clients", "# Keyspace").doesNotContain("# Server");
        redis.call("INFO", "nothing").is("");
        redis.call("INFO", "").is("");
        assertThat(redis.call("INFO", "nothing", "Keyspace").text()).startsWith("# Keyspace\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "ALL", "everything", "clients all"})
    void infoHasNamesForSeveralSections(String sections) throws IOException {
        var request = ("INFO " + sections).split(" ");
        assertThat(redis.call(request).text()).contains("# Server\r\n", "# Clients\r\n", "# Keyspace\r\n").containsOnlyOnce("# Clients");
    }

    @Test
    void infoOnlyListsADatabaseThatHasKeys() throws IOException {
        redis.call("INFO", "keyspace").is("# Keyspace\r\n");
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call("INFO", "keyspace").is("# Keyspace\r\ndb0:keys=2,expires=0,avg_ttl=0\r\n");
        redis.call("FLUSHALL").isOk();
        redis.call("INFO", "keyspace").is("# Keyspace\r\n");
    }

    @Test
    void configShowsParametersThatMatch() throws IOException {
        redis.call("CONFIG", "GET", "maxclients").is(List.of("maxclients", "10000"));
        redis.call("CONFIG", "GET", "nothing").is(List.of());
        redis.call("config", "get", "maxclient?").is(List.of("maxclients", "10000"));
        redis.call("CONFIG", "GET", "MAXclient?").is(List.of("maxclients", "10000"));
        assertThat(redis.call("CONFIG", "GET", "maxclients", "port").texts()).hasSize(4).contains("maxclients", "port");
        assertThat(redis.call("CONFIG", "GET", "maxclients", "maxclient[s]").texts()).as("each parameter is listed once").hasSize(2);
        assertThat(redis.call("CONFIG", "GET", "*").texts()).contains("bind", "port", "databases", "save");
    }

    @Test
    void commandDescribesCommands() throws IOException {
        assertThat(Long.parseLong(redis.call("COMMAND", "COUNT").text())).isGreaterThan(30);
        redis.call("COMMAND", "INFO", "get", "nothing").satisfies(value -> {
            var descriptions = ((Resp.Array) value).elements();
            assertThat(((Resp.Array) descriptions.get(0)).elements().subList(0, 2)).containsExactly(Resp.bulk("get"), Resp.integer(2));
            assertThat(descriptions.get(1)).isEqualTo(Resp.Null.BULK_STRING);
        });
        redis.call("COMMAND", "INFO", "CONFIG|Get", "config|nothing", "get|x").satisfies(value -> {
            var descriptions = ((Resp.Array) value).elements();
            assertThat(((Resp.Array) descriptions.getFirst()).elements()).hasSize(10).startsWith(Resp.bulk("config|get"), Resp.integer(-3));
            assertThat(descriptions.subList(1, 3)).containsOnly(Resp.Null.BULK_STRING);
        });
        redis.call("COMMAND", "DOCS", "nothing").is(List.of());
        redis.call("COMMAND", "DOCS", "get", "nothing", "config|get").satisfies(value -> {
            var docs = ((Resp.Array) value).elements();
            assertThat(docs).hasSize(4).contains(Resp.bulk("get"), Resp.bulk("config|get"));
            for (int i = 1; i < docs.size(); i += 2) assertThat(((Resp.Array) docs.get(i)).elements()).contains(Resp.bulk("summary"));
        });
    }

    @Test
    void commandListsEveryCommandInTenFields() throws IOException {
        int count = Integer.parseInt(redis.call("COMMAND", "COUNT").text());
        for (var request : List.of("COMMAND", "COMMAND INFO")) {
            redis.call(request.split(" ")).satisfies(value ->
                    assertThat(((Resp.Array) value).elements()).hasSize(count)
                            .allSatisfy(command -> assertThat(((Resp.Array) command).elements()).hasSize(10)));
        }
        redis.call("COMMAND", "DOCS").satisfies(value -> assertThat(((Resp.Array) value).elements()).hasSize(2 * count));
    }

    @ParameterizedTest
    @CsvSource({"CONFIG", "CLIENT", "COMMAND"})
    void everyGroupOfCommandsHasHelp(String group) throws IOException {
        assertThat(redis.call(group, "HELP").texts()).hasSizeGreaterThan(4)
                .startsWith(group + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:").contains("HELP");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            CONFIG Nope         -> ERR unknown subcommand 'Nope'. Try CONFIG HELP.
            config nope x       -> ERR unknown subcommand 'nope'. Try CONFIG HELP.
            COMMAND nope        -> ERR unknown subcommand 'nope'. Try COMMAND HELP.
            CONFIG              -> ERR wrong number of arguments for 'config' command
            CONFIG GET          -> ERR wrong number of arguments for 'config|get' command
            config HELP me      -> ERR wrong number of arguments for 'config|help' command
            COMMAND COUNT x     -> ERR wrong number of arguments for 'command|count' command
            """)
    void whatASubcommandDoesNotKnowIsRefused(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
    }

    @Test
    void aSubcommandIsNoCommand() throws IOException {
        redis.call("CONFIG|GET", "save").isError("ERR unknown command 'CONFIG|GET', with args beginning with: 'save' ");
    }

    @Test
    void emptyArgumentsAreArguments() throws IOException {
        redis.call("").isError("ERR unknown command '', with args beginning with: ");
        redis.call("MGET", "", "").is(Arrays.asList(null, null));
    }
}
