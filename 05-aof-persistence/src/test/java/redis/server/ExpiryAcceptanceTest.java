package redis.server;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

/// Keys that end: how they are told to, what the commands say about it, and that they do.
class ExpiryAcceptanceTest extends AcceptanceTest {

    private static final long HOUR_MILLIS = 3_600_000;

    /// Waits for what has to come about by itself.
    private void await(String key, String expectedTtl) throws IOException {
        var deadline = Instant.now().plus(Duration.ofSeconds(5));
        while (Instant.now().isBefore(deadline) && !redis.call("PTTL", key).text().equals(expectedTtl)) Thread.onSpinWait();
        redis.call("PTTL", key).is(Long.parseLong(expectedTtl));
    }

    // ---- SET and its kin ----

    @ParameterizedTest
    @CsvSource({"EX, 100", "PX, 100000"})
    void setWithARelativeDeadline(String option, String amount) throws IOException {
        redis.call("SET", "k", "v", option, amount).isOk();
        redis.call("GET", "k").is("v");
        redis.call("TTL", "k").is(100);
        redis.call("PTTL", "k").isBetween(99_000, 100_000);
    }

    @Test
    void setWithAnAbsoluteDeadline() throws IOException {
        redis.call("SET", "k", "v", "EXAT", "33177117420").isOk();
        redis.call("EXPIRETIME", "k").is(33177117420L);
        redis.call("PEXPIRETIME", "k").is(33177117420000L);
        redis.call("SET", "k", "v", "PXAT", "33177117420001").isOk();
        redis.call("PEXPIRETIME", "k").is(33177117420001L);
    }

    @Test
    void setWithADeadlineThatIsOverLeavesNothing() throws IOException {
        redis.call("SET", "k", "v", "EXAT", "1").isOk();
        redis.call("GET", "k").isNil();
        redis.call("SET", "k", "v").isOk();
        redis.call("SET", "k", "w", "PXAT", "1").isOk();
        redis.call("EXISTS", "k").is(0);
    }

    @Test
    void setTakesTheDeadlineAwayUnlessToldToKeepIt() throws IOException {
        redis.call("SET", "k", "v", "EX", "100").isOk();
        redis.call("SET", "k", "w", "KEEPTTL").isOk();
        redis.call("TTL", "k").is(100);
        redis.call("SET", "k", "x").isOk();
        redis.call("TTL", "k").is(-1);
        redis.call("SET", "new", "v", "KEEPTTL").isOk();
        redis.call("TTL", "new").is(-1);
    }

    @Test
    void setThatIsNotAllowedLeavesTheDeadlineAlone() throws IOException {
        redis.call("SET", "k", "v", "EX", "100").isOk();
        redis.call("SET", "k", "w", "NX").isNil();
        redis.call("SET", "k", "w", "NX", "EX", "5").isNil();
        redis.call("TTL", "k").is(100);
        redis.call("SET", "k", "w", "XX", "GET", "EX", "200").is("v");
        redis.call("TTL", "k").is(200);
    }

    @Test
    void optionsOfSetComeInAnyCaseAndOrderAndTheLastOfAKindCounts() throws IOException {
        redis.call("SET", "k", "v", "ex", "5", "Get", "eX", "100", "nX").isNil();
        redis.call("TTL", "k").is(100);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EX", "PX", "EX 10 PX 10", "EX 10 KEEPTTL", "KEEPTTL EX 10", "EX 10 EXAT 10", "PXAT 10 PX 10", "NX XX", "EX NX",
            "EX 10 20", "PERSIST", "FOO"})
    void optionsOfSetThatExcludeOneAnotherAreRefused(String options) throws IOException {
        var request = ("SET k v " + options).split(" ");
        var reply = redis.call(request);
        if (options.equals("EX NX")) reply.isError("ERR value is not an integer or out of range");
        else reply.isError("ERR syntax error");
        redis.call("EXISTS", "k").is(0);
    }

    @ParameterizedTest
    @CsvSource({"SET k v EX 0, set", "SET k v PX -1, set", "SET k v EXAT 0, set", "SET k v PXAT -5, set",
            "SET k v EX 9223372036854775807, set", "SET k v PX 9223372036854775807, set", "SET k v EXAT 9223372036854776, set",
            "SETEX k 0 v, setex", "PSETEX k -1 v, psetex", "SETEX k 9223372036854775 v, setex", "PSETEX k 9223372036854775807 v, psetex",
            "EXPIRE old 9223372036854775807, expire", "EXPIRE old -9223372036854775808, expire", "PEXPIRE old 9223372036854775807, pexpire",
            "EXPIREAT old 9223372036854776, expireat", "GETEX old EX 0, getex", "GETEX old PXAT -1, getex"})
    void aTimeOutOfRangeIsRefused(String request, String command) throws IOException {
        redis.call("SET", "old", "v").isOk();
        redis.call(request.split(" ")).isError("ERR invalid expire time in '" + command + "' command");
        redis.call("EXISTS", "k").is(0);
        redis.call("TTL", "old").is(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET k v EX ten", "SET k v PX 1.5", "SETEX k +1 v", "PSETEX k 01 v", "EXPIRE old x", "PEXPIREAT old 1e3", "GETEX old EX x"})
    void aTimeThatIsNoIntegerIsRefused(String request) throws IOException {
        redis.call("SET", "old", "v").isOk();
        redis.call(request.split(" ")).isError("ERR value is not an integer or out of range");
        redis.call("EXISTS", "k").is(0);
        redis.call("TTL", "old").is(-1);
    }

    @Test
    void setExAndPSetExSetBoth() throws IOException {
        redis.call("SETEX", "k", "100", "v").isOk();
        redis.call("TTL", "k").is(100);
        redis.call("PSETEX", "k", "200000", "w").isOk();
        redis.call("TTL", "k").is(200);
        redis.call("GET", "k").is("w");
    }

    @Test
    void getExChangesTheDeadlineAndReturnsTheValue() throws IOException {
        redis.call("SET", "k", "v").isOk();
        redis.call("GETEX", "k").is("v");
        redis.call("TTL", "k").is(-1);
        redis.call("GETEX", "k", "ex", "100").is("v");
        redis.call("TTL", "k").is(100);
        redis.call("GETEX", "k").is("v");
        redis.call("TTL", "k").is(100);
        redis.call("GETEX", "k", "PERSIST").is("v");
        redis.call("TTL", "k").is(-1);
        redis.call("GETEX", "k", "PXAT", "1").is("v");
        redis.call("EXISTS", "k").is(0);
        redis.call("GETEX", "k", "EX", "10").isNil();
    }

    @Test
    void theLastOfSeveralTimesOfAGetExCounts() throws IOException {
        redis.call("SET", "k", "v").isOk();
        redis.call("GETEX", "k", "EX", "50", "ex", "100").is("v");
        redis.call("TTL", "k").isBetween(99, 100);
        redis.call("GETEX", "k", "PERSIST", "persist").is("v");
        redis.call("TTL", "k").is(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GETEX k EX", "GETEX k FOO", "GETEX k PERSIST EX 10", "GETEX k EX 10 PX 10", "GETEX k KEEPTTL", "GETEX k NX"})
    void optionsOfGetExThatMakeNoSenseAreRefused(String request) throws IOException {
        redis.call("SET", "k", "v").isOk();
        redis.call(request.split(" ")).isError("ERR syntax error");
    }

    // ---- which writes keep a deadline ----

    @ParameterizedTest
    @ValueSource(strings = {"APPEND k 1", "INCR k", "DECRBY k 3", "INCRBYFLOAT k 1.5", "SETRANGE k 0 7", "TOUCH k"})
    void aCommandThatChangesAValueKeepsItsDeadline(String request) throws IOException {
        redis.call("SET", "k", "5", "EX", "100").isOk();
        redis.call(request.split(" "));
        redis.call("TTL", "k").is(100);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GETSET k w", "MSET k w", "SET k w"})
    void aCommandThatReplacesAValueTakesItsDeadlineAway(String request) throws IOException {
        redis.call("SET", "k", "5", "EX", "100").isOk();
        redis.call(request.split(" "));
        redis.call("TTL", "k").is(-1);
    }

    @Test
    void aDeadlineMovesWithItsKeyAndIsCopiedWithIt() throws IOException {
        redis.call("SET", "a", "v", "EX", "100").isOk();
        redis.call("SET", "b", "w", "EX", "500").isOk();
        redis.call("RENAME", "a", "b").isOk();
        redis.call("TTL", "b").is(100);
        redis.call("COPY", "b", "c").is(1);
        redis.call("TTL", "c").is(100);
        redis.call("SET", "d", "x").isOk();
        redis.call("RENAME", "d", "b").isOk();
        redis.call("TTL", "b").is(-1);
        redis.call("RENAME", "c", "c").isOk();
        redis.call("TTL", "c").is(100);
    }

    @Test
    void aKeyThatIsDeletedAndSetAgainLivesForever() throws IOException {
        redis.call("SET", "k", "v", "EX", "100").isOk();
        redis.call("DEL", "k").is(1);
        redis.call("SET", "k", "w").isOk();
        redis.call("TTL", "k").is(-1);
    }

    // ---- EXPIRE and its kin ----

    @ParameterizedTest
    @CsvSource({"EXPIRE, 100", "PEXPIRE, 100000"})
    void expireInSomeTime(String command, String amount) throws IOException {
        redis.call(command, "k", amount).is(0);
        redis.call("SET", "k", "v").isOk();
        redis.call(command, "k", amount).is(1);
        redis.call("TTL", "k").is(100);
    }

    @Test
    void expireAtAMoment() throws IOException {
        redis.call("SET", "k", "v").isOk();
        redis.call("EXPIREAT", "k", "33177117420").is(1);
        redis.call("PEXPIRETIME", "k").is(33177117420000L);
        redis.call("PEXPIREAT", "k", "33177117420500").is(1);
        redis.call("EXPIRETIME", "k").is(33177117421L);
        redis.call("PEXPIRETIME", "k").is(33177117420500L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EXPIRE k 0", "EXPIRE k -1", "PEXPIRE k -100", "EXPIREAT k 1", "PEXPIREAT k 0"})
    void expireInThePastDeletes(String request) throws IOException {
        redis.call("SET", "k", "v").isOk();
        redis.call(request.split(" ")).is(1);
        redis.call("EXISTS", "k").is(0);
        redis.call("DBSIZE").is(0);
    }

    /// @param ttl the key has before, -1 for none
    @ParameterizedTest
    @CsvSource({"-1, 200, NX, 1", "100, 200, NX, 0", "-1, 200, XX, 0", "100, 200, XX, 1", "-1, 200, GT, 0", "100, 200, GT, 1", "100, 50, GT, 0",
            "100, 100, GT, 0", "-1, 200, LT, 1", "100, 200, LT, 0", "100, 50, LT, 1", "100, 200, XX GT, 1", "-1, 200, XX LT, 0", "100, 50, lt xx, 1"})
    void expireOnACondition(int ttl, int wanted, String condition, int changed) throws IOException {
        // Absolute times: with relative ones a millisecond that passes would decide about "greater than the same".
        long base = 33177117420L;
        redis.call("SET", "k", "v").isOk();
        if (ttl >= 0) redis.call("EXPIREAT", "k", "" + (base + ttl)).is(1);
        redis.call(("EXPIREAT k " + (base + wanted) + " " + condition).split(" ")).is(changed);
        redis.call("EXPIRETIME", "k").is(changed == 1 ? base + wanted : ttl < 0 ? -1 : base + ttl);
    }

    @ParameterizedTest
    @CsvSource({"NX XX, 'NX and XX, GT or LT'", "NX GT, 'NX and XX, GT or LT'", "LT NX, 'NX and XX, GT or LT'", "GT LT, GT and LT"})
    void conditionsThatExcludeOneAnotherAreRefused(String conditions, String which) throws IOException {
        redis.call(("EXPIRE k 10 " + conditions).split(" ")).isError("ERR " + which + " options at the same time are not compatible");
    }

    @Test
    void aConditionThatDoesNotExistIsRefused() throws IOException {
        redis.call("EXPIRE", "k", "10", "FOO").isError("ERR Unsupported option FOO");
        redis.call("EXPIRE", "k", "10", "NX", "bar").isError("ERR Unsupported option bar");
    }

    @Test
    void persistTakesTheDeadlineAway() throws IOException {
        redis.call("PERSIST", "k").is(0);
        redis.call("SET", "k", "v", "EX", "100").isOk();
        redis.call("PERSIST", "k").is(1);
        redis.call("PERSIST", "k").is(0);
        redis.call("TTL", "k").is(-1);
    }

    @Test
    void timesOfKeysThatHaveNone() throws IOException {
        redis.call("SET", "forever", "v").isOk();
        for (var command : List.of("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME")) {
            redis.call(command, "forever").is(-1);
            redis.call(command, "nothing").is(-2);
        }
    }

    @Test
    void theTimeToLiveIsRoundedToTheNearestSecond() throws IOException {
        redis.call("SET", "k", "v", "PX", "10900").isOk();
        redis.call("TTL", "k").is(11);
        redis.call("SET", "k", "v", "PX", "10400").isOk();
        redis.call("TTL", "k").is(10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TTL", "PTTL k x", "EXPIRE k", "PEXPIREAT k", "SETEX k 1", "PSETEX k 1 v x", "PERSIST", "EXPIRETIME", "GETEX"})
    void theNumberOfArgumentsIsChecked(String request) throws IOException {
        var words = request.split(" ");
        redis.call(words).isError("ERR wrong number of arguments for '" + words[0].toLowerCase(Locale.ROOT) + "' command");
    }

    // ---- the end ----

    @Test
    void aKeyEndsWhenItsTimeIsOver() throws IOException {
        redis.call("SET", "k", "v", "PX", "30").isOk();
        await("k", "-2");
        redis.call("GET", "k").isNil();
        redis.call("TYPE", "k").is(new Resp.SimpleString("none"));
        redis.call("EXISTS", "k").is(0);
        redis.call("DEL", "k").is(0);
        redis.call("KEYS", "*").is(List.of());
        redis.call("GETDEL", "k").isNil();
        redis.call("EXPIRE", "k", "100").is(0);
        redis.call("RENAME", "k", "x").isError("ERR no such key");
        redis.call("INCR", "k").is(1);
        redis.call("TTL", "k").is(-1);
    }

    @Test
    void keysThatNobodyReadsAreRemoved() throws IOException {
        redis.call("SET", "stays", "v", "PX", "" + HOUR_MILLIS).isOk();
        for (int i = 0; i < 1_000; i++) redis.send("SET", "k" + i, "v", "PX", "50");
        for (int i = 0; i < 1_000; i++) redis.read().isOk();
        var deadline = Instant.now().plus(Duration.ofSeconds(10));
        while (Instant.now().isBefore(deadline) && !redis.call("DBSIZE").text().equals("1")) Thread.onSpinWait();
        redis.call("DBSIZE").is(1);
        redis.call("KEYS", "*").is(List.of("stays"));
    }

    @Test
    void deadlinesGoWithFlushAll() throws IOException {
        redis.call("SET", "k", "v", "EX", "100").isOk();
        redis.call("FLUSHALL").isOk();
        redis.call("SET", "k", "v", "KEEPTTL").isOk();
        redis.call("TTL", "k").is(-1);
    }
}
