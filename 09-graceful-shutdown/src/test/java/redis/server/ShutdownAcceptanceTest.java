package redis.server;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/// SHUTDOWN, as far as the server is there afterwards: what is wrong with it, and what it does until it is called off.
class ShutdownAcceptanceTest extends AcceptanceTest {

    private static final String FAILED = "ERR Errors trying to SHUTDOWN. Check logs.";

    @BeforeEach
    void takeTime() throws IOException {
        redis.call("CONFIG", "SET", "shutdown-timeout", "600").isOk(); // no test is so slow that the server ends
    }

    @AfterEach
    void restoreParameters() throws IOException {
        redis.call("CONFIG", "SET", "shutdown-timeout", "10", "shutdown-on-sigterm", "default").isOk();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FOO", "SAVE NOSAVE", "NOSAVE SAVE", "NOW NOW SAVE NOSAVE", "ABORT NOW", "NOW ABORT", "DEFAULT", "SAVE FOO"})
    void optionsThatDoNotExistOrContradictAreASyntaxError(String options) throws IOException {
        redis.call(("SHUTDOWN " + options).split(" ")).isError("ERR syntax error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ABORT", "abort", "ABORT ABORT"})
    void thereMayBeNothingToCallOff(String options) throws IOException {
        redis.call(("SHUTDOWN " + options).split(" ")).isError("ERR No shutdown in progress.");
    }

    @Test
    void parametersSayHowItEnds() throws IOException {
        assertThat(redis.call("CONFIG", "GET", "shutdown*").texts())
                .contains("shutdown-timeout", "600", "shutdown-on-sigint", "shutdown-on-sigterm", "default");
        redis.call("CONFIG", "SET", "shutdown-on-sigterm", "FORCE nosave default").isOk();
        redis.call("CONFIG", "GET", "shutdown-on-sigterm").is(List.of("shutdown-on-sigterm", "nosave force"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            shutdown-on-sigterm | foo         | argument(s) must be one of the following: default, save, nosave, now, force
            shutdown-on-sigint  | ''          | argument(s) must be one of the following: default, save, nosave, now, force
            shutdown-on-sigterm | save nosave | shutdown options SAVE and NOSAVE can't be used simultaneously
            shutdown-timeout    | -1          | argument must be between 0 and 2147483647 inclusive
            shutdown-timeout    | 1d          | argument couldn't be parsed into an integer
            """)
    void parametersAreChecked(String name, String value, String reason) throws IOException {
        redis.call("CONFIG", "SET", name, value).isError("ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + reason);
    }

    /// A client that calls itself a replica, and never says that it has got what is written.
    private TestClient lag() throws Exception {
        var replica = connect();
        replica.call("REPLCONF", "listening-port", "1").isOk();
        replica.send("PSYNC", "?", "-1");
        awaitReplicas(1);
        redis.call("SET", "something", "to miss").isOk();
        return replica;
    }

    private void awaitReplicas(int number) throws Exception {
        Eventually.becomesTrue(number + " replicas", () -> redis.call("INFO", "replication").text().contains("connected_slaves:" + number + "\r\n"));
    }

    private boolean isShuttingDown() throws IOException {
        return redis.call("INFO", "server").text().contains("\r\nshutdown_in_milliseconds:");
    }

    @Test
    void whileReplicasLagWritesWaitAndReadsGoOnUntilItIsCalledOff() throws Exception {
        redis.call("SET", "a", "1").isOk();
        redis.call("SET", "short", "lived", "PX", "50").isOk();
        try (var _ = lag(); var first = connect(); var second = connect(); var writer = connect(); var publisher = connect()) {
            first.send("SHUTDOWN");
            Eventually.becomesTrue("the shutdown begins", this::isShuttingDown);
            second.send("SHUTDOWN", "NOSAVE");
            writer.sendRaw("GET a\r\nINCR a\r\nGET a\r\n");
            writer.read().is("1"); // what comes before the write is answered
            publisher.send("PUBLISH", "channel", "message");

            Eventually.becomesTrue("a key ends", () -> redis.call("GET", "short").text() == null); // although nobody may remove it
            redis.call("GET", "a").is("1");
            redis.call("SHUTDOWN", "FOO").isError("ERR syntax error");
            assertThat(isShuttingDown()).as("whether INFO server tells shutdown_in_milliseconds").isTrue();

            redis.call("SHUTDOWN", "ABORT").isOk();
            first.read().isError(FAILED);
            second.read().isError(FAILED);
            writer.read().is(2);
            writer.read().is("2");
            publisher.read().is(0);
            assertThat(isShuttingDown()).as("whether INFO server tells shutdown_in_milliseconds").isFalse();
            redis.call("SHUTDOWN", "ABORT").isError("ERR No shutdown in progress.");
            redis.call("SET", "a", "3").isOk();
        }
        awaitReplicas(0);
    }

    @Test
    void itMayBeCalledOffAgainAndAgain() throws Exception {
        try (var _ = lag()) {
            for (int i = 0; i < 5; i++) {
                try (var other = connect()) { // and not one for all: Redis 7.0 crashes when such a client asks for something more
                    other.send("SHUTDOWN");
                    Eventually.becomesTrue("the shutdown begins", this::isShuttingDown);
                    redis.call("SHUTDOWN", "ABORT").isOk();
                    other.read().isError(FAILED);
                }
                redis.call("INCR", "n").is(i + 1);
            }
        }
        awaitReplicas(0);
    }

    /// A client that has left does not take its wish along.
    @Test
    void itGoesOnWhenTheClientThatHasAskedForItLeaves() throws Exception {
        try (var _ = lag()) {
            try (var other = connect()) {
                other.send("SHUTDOWN");
                Eventually.becomesTrue("the shutdown begins", this::isShuttingDown);
            }
            TimeUnit.MILLISECONDS.sleep(50); // nothing happens: there is nothing to wait for
            assertThat(isShuttingDown()).as("whether INFO server tells shutdown_in_milliseconds").isTrue();
            redis.call("SHUTDOWN", "ABORT").isOk();
        }
        awaitReplicas(0);
    }
}
