package redis.server;

import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// What a connection has of its own: a number, a name, a database, a version of the protocol.
@Order(4)
class ClientAcceptanceTest extends AcceptanceTest {

    private static final String BAD_NAME = "ERR Client names cannot contain spaces, newlines or special characters.";

    // ---- CLIENT ----

    @Test
    void everyConnectionHasALargerNumberThanThoseBefore() throws IOException {
        long id = Long.parseLong(redis.call("CLIENT", "ID").text());
        assertThat(id).isPositive();
        try (var other = connect()) {
            assertThat(Long.parseLong(other.call("client", "id").text())).isGreaterThan(id);
        }
        redis.call("CLIENT", "ID").is(id);
    }

    @Test
    void aConnectionHasANameOnceItHasBeenGivenOne() throws IOException {
        redis.call("CLIENT", "GETNAME").isNil();
        redis.call("CLIENT", "SETNAME", "worker-1").isOk();
        redis.call("client", "getname").is("worker-1");
        redis.call("CLIENT", "SETNAME", "!#[{worker-2}]~").isOk();
        redis.call("CLIENT", "GETNAME").is("!#[{worker-2}]~");
        try (var other = connect()) {
            other.call("CLIENT", "GETNAME").isNil();
            other.call("CLIENT", "SETNAME", "!#[{worker-2}]~").isOk(); // a name need not be unique
        }
        redis.call("CLIENT", "SETNAME", "").isOk();
        redis.call("CLIENT", "GETNAME").isNil();
    }

    @ParameterizedTest
    @ValueSource(strings = {"two words", " ", "line\nbreak", "tab\t", "ünicode", "nul\0", "del\u007f"})
    void aNameIsPrintable(String name) throws IOException {
        redis.call("CLIENT", "SETNAME", "worker-1").isOk();
        redis.call("CLIENT", "SETNAME", name).isError(BAD_NAME);
        redis.call("HELLO", "2", "SETNAME", name).isError(BAD_NAME);
        redis.call("CLIENT", "GETNAME").is("worker-1");
    }

    // ---- SELECT ----

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -1                   | ERR DB index is out of range
            10000                | ERR DB index is out of range
            2147483647           | ERR DB index is out of range
            -2147483648          | ERR DB index is out of range
            2147483648           | ERR value is out of range, value must between -2147483648 and 2147483647
            -9223372036854775808 | ERR value is out of range, value must between -2147483648 and 2147483647
            9223372036854775808  | ERR value is not an integer or out of range
            x                    | ERR value is not an integer or out of range
            00                   | ERR value is not an integer or out of range
            '0 '                 | ERR value is not an integer or out of range
            ''                   | ERR value is not an integer or out of range
            """)
    void selectRefusesADatabaseThatDoesNotExist(String index, String error) throws IOException {
        redis.call("SET", "k", "in 0").isOk();
        redis.call("SELECT", index).isError(error);
        redis.call("GET", "k").is("in 0");
    }

    @Test
    void selectZeroIsWhereOneIs() throws IOException {
        redis.call("SET", "k", "v").isOk();
        redis.call("SELECT", "0").isOk();
        redis.call("GET", "k").is("v");
    }

    // ---- HELLO ----

    @Test
    void helloTellsAboutTheServer() throws IOException {
        redis.call("HELLO").satisfies(this::isGreeting);
        redis.call("HELLO", "2").satisfies(this::isGreeting);
        redis.call("hello", "2", "auth", "default", "any password", "setname", "x").satisfies(this::isGreeting);
    }

    private void isGreeting(Resp value) {
        long id = id();
        assertThat(((Resp.Array) value).elements()).hasSize(14)
                .startsWith(Resp.bulk("server"), Resp.bulk("redis"), Resp.bulk("version"))
                .endsWith(Resp.bulk("proto"), Resp.integer(2), Resp.bulk("id"), Resp.integer(id), Resp.bulk("mode"), Resp.bulk("standalone"),
                        Resp.bulk("role"), Resp.bulk("master"), Resp.bulk("modules"), Resp.array());
        assertThat(((Resp.BulkString) ((Resp.Array) value).elements().get(3)).value().toString()).matches("[0-9]+\\.[0-9]+\\.[0-9]+");
    }

    private long id() {
        try {
            return Long.parseLong(redis.call("CLIENT", "ID").text());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void helloMayNameTheConnection() throws IOException {
        redis.call("HELLO", "2", "SETNAME", "worker-1").satisfies(this::isGreeting);
        redis.call("CLIENT", "GETNAME").is("worker-1");
        redis.call("HELLO", "2").satisfies(this::isGreeting);
        redis.call("CLIENT", "GETNAME").is("worker-1");
        redis.call("HELLO", "2", "SETNAME", "a", "SETNAME", "").satisfies(this::isGreeting);
        redis.call("CLIENT", "GETNAME").isNil();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            HELLO 1                                | NOPROTO unsupported protocol version
            HELLO 4                                | NOPROTO unsupported protocol version
            HELLO -2                               | NOPROTO unsupported protocol version
            HELLO 4 FOO                            | NOPROTO unsupported protocol version
            HELLO x                                | ERR Protocol version is not an integer or out of range
            HELLO 02                               | ERR Protocol version is not an integer or out of range
            HELLO 9223372036854775808              | ERR Protocol version is not an integer or out of range
            HELLO SETNAME a                        | ERR Protocol version is not an integer or out of range
            HELLO 2 FOO                            | ERR Syntax error in HELLO option 'FOO'
            HELLO 2 SETNAME                        | ERR Syntax error in HELLO option 'SETNAME'
            HELLO 2 auth default                   | ERR Syntax error in HELLO option 'auth'
            HELLO 2 AUTH default x FOO             | ERR Syntax error in HELLO option 'FOO'
            HELLO 2 AUTH nobody x                  | WRONGPASS invalid username-password pair or user is disabled.
            HELLO 2 AUTH nobody x SETNAME a        | WRONGPASS invalid username-password pair or user is disabled.
            """)
    void helloRefusesWhatItDoesNotKnow(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
        redis.call("CLIENT", "GETNAME").isNil();
    }

    // ---- RESET, and what all have in common ----

    @Test
    void resetMakesTheConnectionAsGoodAsNew() throws IOException {
        long id = id();
        redis.call("CLIENT", "SETNAME", "worker-1").isOk();
        redis.call("RESET").is(new Resp.SimpleString("RESET"));
        redis.call("CLIENT", "GETNAME").isNil();
        redis.call("CLIENT", "ID").is(id);
        redis.call("PING").is(new Resp.SimpleString("PONG"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT", "SELECT 0 1", "RESET now", "CLIENT"})
    void theNumberOfArgumentsIsChecked(String request) throws IOException {
        var words = request.split(" ");
        redis.call(words).isError("ERR wrong number of arguments for '" + words[0].toLowerCase(Locale.ROOT) + "' command");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CLIENT ID 1", "CLIENT GETNAME x", "CLIENT SETNAME", "client setname a b", "CLIENT HELP me"})
    void theNumberOfArgumentsOfASubcommandIsChecked(String request) throws IOException {
        var words = request.toLowerCase(Locale.ROOT).split(" ");
        redis.call(request.split(" ")).isError("ERR wrong number of arguments for 'client|" + words[1] + "' command");
    }

    @Test
    void anUnknownSubcommandIsQuotedBack() throws IOException {
        redis.call("CLIENT", "Foo").isError("ERR unknown subcommand 'Foo'. Try CLIENT HELP.");
        redis.call("client", "foo", "bar").isError("ERR unknown subcommand 'foo'. Try CLIENT HELP.");
        redis.call("CLIENT", "").isError("ERR unknown subcommand ''. Try CLIENT HELP.");
        redis.call("CLIENT", "x".repeat(200)).isError("ERR unknown subcommand '" + "x".repeat(128) + "'. Try CLIENT HELP.");
        redis.call("CLIENT", "a\r\nb\0c").isError("ERR unknown subcommand 'a  b'. Try CLIENT HELP.");
        redis.sendRaw("*2\r\n$6\r\nCLIENT\r\n$2\r\n\u00ff\u0080\r\n").read().isError("ERR unknown subcommand '\u00ff\u0080'. Try CLIENT HELP.");
        redis.call("CLIENT|ID").isError("ERR unknown command 'CLIENT|ID', with args beginning with: ");
    }
}
