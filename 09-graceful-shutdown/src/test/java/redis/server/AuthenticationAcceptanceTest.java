package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// A server with a password, and clients that know it or not.
@Order(2)
class AuthenticationAcceptanceTest extends AcceptanceTest {

    private static final Resp PONG = new Resp.SimpleString("PONG");
    private static final String NOAUTH = "NOAUTH Authentication required.";
    private static final String NOAUTH_HELLO = "NOAUTH HELLO must be called with the client already authenticated, otherwise the "
            + "HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time";
    private static final String WRONGPASS = "WRONGPASS invalid username-password pair or user is disabled.";
    private static final String NO_PASSWORD = "ERR AUTH <password> called without any password configured for the default user. "
            + "Are you sure your configuration is correct?";

    /// Connected before there was a password, so that it may do everything.
    private TestClient admin;

    @BeforeEach
    void connectAdmin() throws IOException {
        admin = connect();
    }

    /// The server may be somebody else's, who wants to use it after this test.
    @AfterEach
    void removePassword() throws IOException {
        setPassword("");
        admin.close();
    }

    private void setPassword(String password) throws IOException {
        admin.call("CONFIG", "SET", "requirepass", password).isOk();
    }

    @Test
    void withoutAPasswordEverybodyIsWelcome() throws IOException {
        redis.call("AUTH", "secret").isError(NO_PASSWORD);
        redis.call("AUTH", "").isError(NO_PASSWORD);
        redis.call("AUTH", "default", "whatever").isOk();
        redis.call("AUTH", "DEFAULT", "whatever").isError(WRONGPASS);
        redis.call("AUTH", "joe", "whatever").isError(WRONGPASS);
        redis.call("HELLO", "2", "AUTH", "default", "whatever").satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Array.class));
        redis.call("HELLO", "2", "AUTH", "joe", "whatever").isError(WRONGPASS);
        redis.call("PING").is(PONG);
    }

    @Test
    void withAPasswordItHasToBeGiven() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.call("PING").isError(NOAUTH);
            client.call("AUTH", "secret").isOk();
            client.call("PING").is(PONG);
        }
        try (var client = connect()) {
            client.call("AUTH", "default", "secret").isOk();
            client.call("PING").is(PONG);
        }
    }

    @Test
    void aWrongPasswordIsRefused() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            for (var wrong : List.of("", "secre", "secret1", "Secret", "s", "tercesterces")) {
                client.call("AUTH", wrong).isError(WRONGPASS);
                client.call("AUTH", "default", wrong).isError(WRONGPASS);
                client.call("PING").isError(NOAUTH);
            }
            client.call("AUTH", "joe", "secret").isError(WRONGPASS);
            client.call("AUTH").isError("ERR wrong number of arguments for 'auth' command");
            client.call("AUTH", "default", "secret", "x").isError("ERR syntax error");
            client.call("PING").isError(NOAUTH);
        }
    }

    @Test
    void whoHasGivenItStaysInEvenAfterAWrongOne() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.call("AUTH", "secret").isOk();
            client.call("AUTH", "wrong").isError(WRONGPASS);
            client.call("PING").is(PONG);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pässword", "two words", "quote\"s'", "x"})
    void aPasswordIsAnyText(String password) throws IOException {
        setPassword(password);
        admin.call("CONFIG", "GET", "requirepass").is(List.of("requirepass", password));
        try (var client = connect()) {
            client.call("AUTH", password).isOk();
            client.call("PING").is(PONG);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET a", "SET a 1", "INFO", "COMMAND", "CONFIG GET requirepass", "CLIENT ID", "SELECT 0", "ECHO a", "SUBSCRIBE a", "PUBLISH a b",
            "ROLE", "REPLICAOF NO ONE", "REPLCONF capa eof", "PSYNC ? -1", "SYNC", "WAIT 0 0", "FLUSHALL"})
    void withoutItNothingElseIsAllowed(String request) throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.call(request.split(" ")).isError(NOAUTH);
        }
    }

    @Test
    void whatIsNoCommandIsSaidToBeNone() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.call("FOO", "a").isError("ERR unknown command 'FOO', with args beginning with: 'a' ");
            client.call("GET").isError("ERR wrong number of arguments for 'get' command");
            client.call("CONFIG", "FOO").isError("ERR unknown subcommand 'FOO'. Try CONFIG HELP.");
            client.call("CONFIG", "GET").isError("ERR wrong number of arguments for 'config|get' command");
        }
    }

    @Test
    void onePacketMayHoldThePasswordAndWhatNeedsIt() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.sendRaw("PING\r\nAUTH secret\r\nPING\r\n");
            client.read().isError(NOAUTH);
            client.read().isOk();
            client.read().is(PONG);
        }
    }

    @Test
    void whoHasNotGivenItMayLeave() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.call("QUIT").isOk();
            client.expectEnd();
        }
    }

    // ---- HELLO ----

    @Test
    void helloMayGiveIt() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.call("HELLO").isError(NOAUTH_HELLO);
            client.call("HELLO", "3").isError(NOAUTH_HELLO);
            client.call("HELLO", "3", "SETNAME", "worker").isError(NOAUTH_HELLO);
            client.call("HELLO", "3", "AUTH", "default", "wrong").isError(WRONGPASS);
            client.call("HELLO", "3", "AUTH", "joe", "secret").isError(WRONGPASS);
            client.call("PING").isError(NOAUTH);
            client.call("HELLO", "3", "AUTH", "default", "secret").satisfies(reply -> assertThat(reply).isInstanceOf(Resp.Map.class));
            client.call("PING").is(PONG);
        }
    }

    @Test
    void helloComplainsAboutWhatIsWrongFirst() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.call("HELLO", "4").isError("NOPROTO unsupported protocol version");
            client.call("HELLO", "x").isError("ERR Protocol version is not an integer or out of range");
            client.call("HELLO", "3", "FOO").isError("ERR Syntax error in HELLO option 'FOO'");
            client.call("HELLO", "3", "AUTH", "secret").isError("ERR Syntax error in HELLO option 'AUTH'");
            client.call("PING").isError(NOAUTH);
            client.call("HELLO", "3", "AUTH", "default", "secret", "FOO").isError("ERR Syntax error in HELLO option 'FOO'");
            client.call("PING").is(PONG); // the password came before the mistake
            client.call("GET", "a").isNil(); // and the version after it
        }
    }

    // ---- changes ----

    @Test
    void resetForgetsThatItWasGiven() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.call("RESET").is(new Resp.SimpleString("RESET"));
            client.call("AUTH", "secret").isOk();
            client.call("PING").is(PONG);
            client.call("RESET").is(new Resp.SimpleString("RESET"));
            client.call("PING").isError(NOAUTH);
        }
    }

    @Test
    void whoWasThereBeforeThePasswordNeedsNone() throws IOException {
        setPassword("secret");
        redis.call("PING").is(PONG);
        setPassword("other");
        redis.call("PING").is(PONG);
        redis.call("RESET").is(new Resp.SimpleString("RESET"));
        redis.call("PING").isError(NOAUTH);
    }

    @Test
    void aPasswordMayChangeAndGo() throws IOException {
        setPassword("secret");
        try (var client = connect(); var stranger = connect()) {
            client.call("AUTH", "secret").isOk();
            setPassword("other");
            client.call("PING").is(PONG);
            client.call("AUTH", "secret").isError(WRONGPASS);
            client.call("AUTH", "other").isOk();
            stranger.call("PING").isError(NOAUTH);
            setPassword("");
            stranger.call("PING").is(PONG);
            setPassword("third");
            stranger.call("PING").isError(NOAUTH); // it has never given one, and there was one when it came
        }
    }

    // ---- limits for strangers ----

    @Test
    void aStrangerMaySendSmallRequestsOnly() throws IOException {
        setPassword("secret");
        refusesStrangers("*11\r\n", "ERR Protocol error: unauthenticated multibulk length");
        refusesStrangers("*2147483647\r\n", "ERR Protocol error: unauthenticated multibulk length");
        refusesStrangers("*2147483648\r\n", "ERR Protocol error: invalid multibulk length");
        refusesStrangers("*2\r\n$4\r\nAUTH\r\n$16385\r\n", "ERR Protocol error: unauthenticated bulk length");
        refusesStrangers("*2\r\n$4\r\nAUTH\r\n$536870913\r\n", "ERR Protocol error: invalid bulk length");
    }

    private void refusesStrangers(String request, String message) throws IOException {
        try (var client = connect()) {
            client.sendRaw(request).read().isError(message);
            client.expectEnd();
        }
    }

    @Test
    void aStrangerMaySendRequestsUpToTheLimits() throws IOException {
        setPassword("secret");
        try (var client = connect()) {
            client.call("MGET", "1", "2", "3", "4", "5", "6", "7", "8", "9").isError(NOAUTH);
            client.call("ECHO", "x".repeat(16_384)).isError(NOAUTH);
            client.call("AUTH", "x".repeat(16_384)).isError(WRONGPASS);
            client.sendRaw("PING" + " 1".repeat(50) + "\r\nPING " + "x".repeat(20_000) + "\r\n"); // lines have another limit
            client.read().isError(NOAUTH);
            client.read().isError(NOAUTH);
        }
    }

    @Test
    void theLimitsEndWithinAPacket() throws IOException {
        setPassword("secret");
        var text = "x".repeat(20_000);
        try (var client = connect()) {
            client.sendRaw("*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n"
                    + "*2\r\n$4\r\nECHO\r\n$20000\r\n" + text + "\r\n"
                    + "*12\r\n$4\r\nMGET\r\n" + "$1\r\na\r\n".repeat(11));
            client.read().isOk();
            client.read().is(text);
            var nothing = new ArrayList<String>();
            for (int i = 0; i < 11; i++) nothing.add(null);
            assertThat(client.read().texts()).isEqualTo(nothing);
        }
    }
}
