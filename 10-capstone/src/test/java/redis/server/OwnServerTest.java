package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/// What this server does otherwise than Redis 7.0, on purpose.
class OwnServerTest {

    @Test
    void thereIsOneDatabase() throws Exception {
        try (var server = start(); var redis = new TestClient(address(server))) {
            redis.call("SELECT", "1").isError("ERR DB index is out of range");
            redis.call("COPY", "a", "b", "DB", "1").isError("ERR DB index is out of range");
            redis.call("CONFIG", "GET", "databases").is(List.of("databases", "1"));
        }
    }

    /// Redis has more to tell, of its memory and its event loop.
    @Test
    void clientListTellsWhatThereIsToTell() throws Exception {
        try (var server = start(); var redis = new TestClient(address(server))) {
            assertThat(redis.call("CLIENT", "INFO").text()).matches("id=1 addr=127\\.0\\.0\\.1:[0-9]+ laddr=127\\.0\\.0\\.1:" + server.port()
                    + " name= age=0 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 oll=0 omem=0 cmd=client\\|info user=default resp=2\n");
        }
    }

    /// As Redis 7.2 does. In 7.0 the new name stays, although the reply is an error.
    @Test
    void helloIsDoneAsAWholeOrNotAtAll() throws Exception {
        try (var server = start(); var redis = new TestClient(address(server))) {
            redis.call("HELLO", "2", "SETNAME", "worker-1", "FOO").isError("ERR Syntax error in HELLO option 'FOO'");
            redis.call("HELLO", "2", "SETNAME", "worker-1", "AUTH", "nobody", "x")
                    .isError("WRONGPASS invalid username-password pair or user is disabled.");
            redis.call("CLIENT", "GETNAME").isNil();
        }
    }

    /// As Redis 7.2 does: newer client libraries send it when they connect.
    @Test
    void clientsMayTellTheirLibrary() throws Exception {
        try (var server = start(); var redis = new TestClient(address(server))) {
            redis.call("CLIENT", "SETINFO", "lib-name", "jedis").isOk();
            redis.call("CLIENT", "SETINFO", "LIB-VER", "5.0").isOk();
            redis.call("CLIENT", "SETINFO", "lib-ver", "5 0").isError("ERR lib-ver cannot contain spaces, newlines or special characters.");
            redis.call("CLIENT", "SETINFO", "color", "red").isError("ERR Unrecognized option 'color'");
            redis.call("CLIENT", "SETINFO", "lib-ver").isError("ERR wrong number of arguments for 'client|setinfo' command");
        }
    }

    /// Redis would carry it out, and then log and send to its replicas what it has just forgotten.
    @Test
    void whatLoadsTheDataAnewIsNotForTransactions() throws Exception {
        try (var server = start(); var redis = new TestClient(address(server))) {
            for (var request : List.of("RELOAD", "LOADAOF")) {
                redis.call("MULTI").isOk();
                redis.call("DEBUG", request).isError("ERR Command not allowed inside a transaction");
                redis.call("EXEC").isError("EXECABORT Transaction discarded because of previous errors.");
            }
        }
    }

    @Test
    void moreClientsThanItMayHaveAreTurnedAwayUntilOthersLeave() throws Exception {
        try (var server = start("--maxclients", "2"); var first = new TestClient(address(server))) {
            first.call("PING");
            try (var second = new TestClient(address(server))) {
                second.call("PING");
                try (var third = new TestClient(address(server))) {
                    third.read().isError("ERR max number of clients reached");
                    third.expectEnd();
                }
                second.call("QUIT").isOk();
                second.expectEnd();
            }
            long deadline = System.nanoTime() + 5_000_000_000L;
            while (!isAdmitted(server)) assertThat(System.nanoTime()).as("the slot is not given back").isLessThan(deadline);
        }
    }

    private static boolean isAdmitted(RedisServer server) throws IOException {
        try (var client = new TestClient(address(server))) {
            return "PONG".equals(client.call("PING").text());
        } catch (AssertionError refused) {
            return false;
        }
    }

    @ParameterizedTest
    @CsvSource({"--maxclients 0, '--maxclients 0: argument must be between 1 and 2147483647 inclusive.'", "--maxclients, --maxclients needs a value."})
    void theNumberOfClientsIsChecked(String arguments, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerConfig.parse(arguments.split(" "))).withMessage(message);
    }

    private static RedisServer start(String... options) throws IOException {
        var arguments = new ArrayList<>(List.of("--port", "0", "--save", ""));
        arguments.addAll(List.of(options));
        var server = new RedisServer(ServerConfig.parse(arguments.toArray(String[]::new)));
        server.start();
        return server;
    }

    private static InetSocketAddress address(RedisServer server) {
        return new InetSocketAddress("127.0.0.1", server.port());
    }
}
