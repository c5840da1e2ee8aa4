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
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// CLIENT PAUSE and UNPAUSE, and CLIENT UNBLOCK.
class ClientPauseAcceptanceTest extends AcceptanceTest {

    private static final Resp PONG = new Resp.SimpleString("PONG");

    private TestClient other;
    private String otherId;

    @BeforeEach
    void connectAnother() throws IOException {
        other = connect();
        otherId = other.call("CLIENT", "ID").text();
    }

    @AfterEach
    void goOn() throws IOException {
        redis.call("CLIENT", "UNPAUSE").isOk();
        other.close();
    }

    private String flagsOf(String id) throws IOException {
        return redis.call("CLIENT", "LIST", "ID", id).text().replaceFirst("(?s).* flags=(\\w+) .*", "$1");
    }

    private void awaitThatOtherWaits() throws Exception {
        Eventually.becomesTrue("it waits", () -> flagsOf(otherId).contains("b"));
    }

    private static long millisSince(long start) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    // ---- writes ----

    @Test
    void writesWaitAndReadsGoOn() throws Exception {
        redis.call("SET", "k", "old").isOk();
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.send("SET", "k", "new");
        awaitThatOtherWaits();
        redis.call("GET", "k").is("old");
        assertThat(redis.call("INFO", "clients").text()).contains("blocked_clients:1\r\n");
        redis.call("CLIENT", "UNPAUSE").isOk();
        other.read().isOk();
        redis.call("GET", "k").is("new");
        assertThat(flagsOf(otherId)).isEqualTo("N");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DEL k", "FLUSHALL", "GETEX k", "PUBLISH c x", "SPUBLISH c x", "EXPIRE k 100"})
    void whateverReplicasWouldHearOfWaits(String request) throws Exception {
        redis.call("CLIENT", "PAUSE", "60000", "write").isOk();
        other.send(request.split(" "));
        awaitThatOtherWaits();
        redis.call("CLIENT", "UNPAUSE").isOk();
        other.read().satisfies(reply -> assertThat(reply).isNotInstanceOf(Resp.SimpleError.class));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET k", "PING", "MULTI", "SUBSCRIBE c", "CONFIG GET port", "INFO", "WAIT 0 0", "SELECT 0", "CLIENT ID"})
    void whatChangesNothingGoesOn(String request) throws IOException {
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.call(request.split(" ")).satisfies(reply -> assertThat(reply).isNotInstanceOf(Resp.SimpleError.class));
    }

    @Test
    void errorsDoNotWait() throws IOException {
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.call("SET", "k").isError("ERR wrong number of arguments for 'set' command");
        other.call("nope").isError("ERR unknown command 'nope', with args beginning with: ");
    }

    @Test
    void requestsAreCarriedOutInTheirOrder() throws Exception {
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.sendRaw("GET k\r\nSET k 1\r\nGET k\r\nINCR k\r\nGET k\r\n").read().isNil();
        awaitThatOtherWaits();
        redis.call("GET", "k").isNil();
        redis.call("CLIENT", "UNPAUSE").isOk();
        other.read().isOk();
        other.read().is("1");
        other.read().is(2);
        other.read().is("2");
    }

    @Test
    void aTransactionWaitsBeforeItsFirstWriteIsQueued() throws Exception {
        other.call("MULTI").isOk();
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.call("GET", "k").is(new Resp.SimpleString("QUEUED"));
        other.send("SET", "k", "v");
        awaitThatOtherWaits();
        redis.call("CLIENT", "UNPAUSE").isOk();
        other.read().is(new Resp.SimpleString("QUEUED"));
        other.call("EXEC").satisfies(reply -> assertThat(((Resp.Array) reply).elements()).containsExactly(Resp.Null.BULK_STRING, Resp.OK));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET k v", "PUBLISH c x"})
    void aTransactionWithWritesWaitsAsAWhole(String request) throws Exception {
        other.call("MULTI").isOk();
        other.call("GET", "k").is(new Resp.SimpleString("QUEUED"));
        other.call(request.split(" ")).is(new Resp.SimpleString("QUEUED"));
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.send("EXEC");
        awaitThatOtherWaits();
        redis.call("GET", "k").isNil();
        redis.call("CLIENT", "UNPAUSE").isOk();
        other.read().satisfies(reply -> assertThat(((Resp.Array) reply).elements()).hasSize(2));
    }

    @Test
    void aTransactionWithoutWritesGoesOn() throws IOException {
        other.call("MULTI").isOk();
        other.call("GET", "k").is(new Resp.SimpleString("QUEUED"));
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.call("EXEC").satisfies(reply -> assertThat(((Resp.Array) reply).elements()).containsExactly(Resp.Null.BULK_STRING));
    }

    @Test
    void aTransactionThatPausesIsCarriedOutToItsEnd() throws IOException {
        other.call("MULTI").isOk();
        other.call("CLIENT", "PAUSE", "60000", "WRITE");
        other.call("SET", "k", "v");
        other.call("EXEC").satisfies(reply -> assertThat(((Resp.Array) reply).elements()).containsExactly(Resp.OK, Resp.OK));
        redis.call("GET", "k").is("v");
    }

    @Test
    void nothingIsEvicted() throws Exception {
        redis.call("MSET", "a", "1", "b", "2").isOk();
        try {
            redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-random").isOk();
            redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
            redis.call("CONFIG", "SET", "maxmemory", "1").isOk();
            redis.call("GET", "a").is("1");
            redis.call("DBSIZE").is(2);
            redis.call("CLIENT", "UNPAUSE").isOk();
            Eventually.becomesTrue("all of them are", () -> redis.call("DBSIZE").text().equals("0"));
        } finally {
            redis.call("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction").isOk();
        }
    }

    /// It is not found, but it is there.
    @Test
    void nothingExpiresForGood() throws Exception {
        redis.call("CONFIG", "RESETSTAT").isOk();
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        redis.call("CLIENT", "UNPAUSE").isOk();
        redis.call("SET", "k", "v", "PX", "50").isOk();
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        Eventually.becomesTrue("its time is over", () -> redis.call("GET", "k").text() == null);
        long start = System.nanoTime();
        do {
            redis.call("DBSIZE").is(1);
        } while (millisSince(start) < 300); // active expiry looks ten times a second
        assertThat(redis.call("INFO", "stats").text()).contains("expired_keys:0\r\n");
        redis.call("CLIENT", "UNPAUSE").isOk();
        Eventually.becomesTrue("it goes", () -> redis.call("DBSIZE").text().equals("0"));
    }

    @Test
    void whoIsKilledMeanwhileHasChangedNothing() throws Exception {
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.send("SET", "k", "v");
        awaitThatOtherWaits();
        redis.call("CLIENT", "KILL", "ID", otherId).is(1);
        redis.call("CLIENT", "UNPAUSE").isOk();
        other.expectEnd();
        redis.call("GET", "k").isNil();
    }

    @Test
    void whoLeavesMeanwhileHasChangedNothing() throws Exception {
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.send("SET", "k", "v");
        awaitThatOtherWaits();
        other.close();
        Eventually.becomesTrue("it is gone", () -> redis.call("CLIENT", "LIST", "ID", otherId).text().isEmpty());
        redis.call("CLIENT", "UNPAUSE").isOk();
        redis.call("SET", "l", "v").isOk();
        redis.call("GET", "k").isNil();
    }

    // ---- its time ----

    @Test
    void endsByItself() throws IOException {
        long start = System.nanoTime();
        redis.call("CLIENT", "PAUSE", "200", "WRITE").isOk();
        other.call("SET", "k", "v").isOk();
        assertThat(millisSince(start)).isBetween(190L, 2_000L);
    }

    @Test
    void untilThenEverybodyWaitsIfEverybodyIsToWait() throws IOException {
        long start = System.nanoTime();
        redis.call("CLIENT", "PAUSE", "200").isOk();
        other.send("PING");
        redis.call("CLIENT", "UNPAUSE").isOk();
        assertThat(millisSince(start)).isBetween(190L, 2_000L);
        other.read().is(PONG);
    }

    @Test
    void evenErrorsDoNotWaitThen() throws IOException {
        long start = System.nanoTime();
        redis.call("CLIENT", "PAUSE", "300", "ALL").isOk();
        other.call("GET").isError("ERR wrong number of arguments for 'get' command");
        assertThat(millisSince(start)).isLessThan(290);
    }

    @Test
    void isMadeLongerAndNeverShorter() throws IOException {
        long start = System.nanoTime();
        redis.call("CLIENT", "PAUSE", "300", "WRITE").isOk();
        redis.call("CLIENT", "PAUSE", "10", "WRITE").isOk();
        other.send("SET", "k", "v");
        redis.call("CLIENT", "PAUSE", "500", "WRITE").isOk();
        other.read().isOk();
        assertThat(millisSince(start)).isBetween(490L, 2_000L);
    }

    @Test
    void isMadeStricterAndNeverLessSo() throws IOException {
        long start = System.nanoTime();
        redis.call("CLIENT", "PAUSE", "300", "WRITE").isOk();
        redis.call("CLIENT", "PAUSE", "10", "ALL").isOk();
        other.call("PING").is(PONG);
        assertThat(millisSince(start)).as("all wait for as long as writes had to").isBetween(290L, 2_000L);
        redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
        other.call("PING").is(PONG); // what is over does not count
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            CLIENT PAUSE               -> ERR wrong number of arguments for 'client|pause' command
            CLIENT PAUSE x             -> ERR timeout is not an integer or out of range
            CLIENT PAUSE 1.5           -> ERR timeout is not an integer or out of range
            CLIENT PAUSE -1            -> ERR timeout is negative
            CLIENT PAUSE x foo         -> ERR CLIENT PAUSE mode must be WRITE or ALL
            CLIENT PAUSE 1 WRITE x     -> ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.
            CLIENT UNPAUSE x           -> ERR wrong number of arguments for 'client|unpause' command
            CLIENT UNBLOCK             -> ERR wrong number of arguments for 'client|unblock' command
            CLIENT UNBLOCK x           -> ERR value is not an integer or out of range
            CLIENT UNBLOCK x foo       -> ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
            CLIENT UNBLOCK 1 ERROR x   -> ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.
            """)
    void whatItDoesNotUnderstandIsRefused(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
    }

    @Test
    void unpauseIsAlwaysAllowed() throws IOException {
        redis.call("CLIENT", "UNPAUSE").isOk();
        redis.call("CLIENT", "PAUSE", "0").isOk();
        redis.call("SET", "k", "v").isOk();
    }

    // ---- CLIENT UNBLOCK ----

    @ParameterizedTest
    @ValueSource(strings = {"", " TIMEOUT", " timeout"})
    void unblockEndsAWaitAsIfItsTimeWereOver(String reason) throws Exception {
        other.send("WAIT", "1", "0");
        awaitThatOtherWaits();
        redis.call(("CLIENT UNBLOCK " + otherId + reason).split(" ")).is(1);
        other.read().is(0);
        redis.call("CLIENT", "UNBLOCK", otherId).is(0);
        other.call("PING").is(PONG);
    }

    @Test
    void unblockEndsAWaitWithAnError() throws Exception {
        other.sendRaw("WAIT 1 0\r\nPING\r\n");
        awaitThatOtherWaits();
        redis.call("CLIENT", "UNBLOCK", otherId, "ERROR").is(1);
        other.read().isError("UNBLOCKED client unblocked via CLIENT UNBLOCK");
        other.read().is(PONG);
        other.send("WAIT", "1", "1").read().is(0); // that was for the last one
    }

    @Test
    void whoDoesNotWaitIsNotUnblocked() throws IOException {
        redis.call("CLIENT", "UNBLOCK", otherId).is(0);
        redis.call("CLIENT", "UNBLOCK", "999999999").is(0);
        redis.call("CLIENT", "UNBLOCK", "-1", "ERROR").is(0);
    }

    @Test
    void twoPausesOneAfterTheOther() throws Exception {
        for (int i = 0; i < 3; i++) {
            redis.call("CLIENT", "PAUSE", "60000", "WRITE").isOk();
            other.send("INCR", "n");
            awaitThatOtherWaits();
            redis.call("CLIENT", "UNPAUSE").isOk();
            other.read().is(i + 1);
        }
        redis.call("MGET", "n").is(List.of("3"));
    }
}
