package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// What happens when the memory that the data may take is used up.
class EvictionAcceptanceTest extends AcceptanceTest {

    private static final String OOM = "OOM command not allowed when used memory > 'maxmemory'.";
    private static final int SIZE = 20_000; // of a value: much more than what else may be counted
    private static final String VALUE = "x".repeat(SIZE);

    @AfterEach
    void lift() throws IOException {
        redis.call("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction", "maxmemory-samples", "5", "notify-keyspace-events", "").isOk();
    }

    private String info(String field) throws IOException {
        return redis.call("INFO").text().lines().filter(line -> line.startsWith(field + ":")).findFirst().orElseThrow().substring(field.length() + 1);
    }

    private long used() throws IOException {
        return Long.parseLong(info("used_memory"));
    }

    private long evicted() throws IOException {
        return Long.parseLong(info("evicted_keys"));
    }

    private void policy(String policy) throws IOException {
        redis.call("CONFIG", "SET", "maxmemory-policy", policy).isOk();
    }

    /// Leaves room for so many values of [#SIZE] bytes; for less than 0 it is too little already.
    private void room(int values) throws IOException {
        redis.call("CONFIG", "SET", "maxmemory", Long.toString(used() + (long) values * SIZE)).isOk();
    }

    private void fill(String prefix, int from, int to, String... options) throws IOException {
        for (int i = from; i < to; i++) {
            var request = new ArrayList<>(List.of("SET", prefix + i, VALUE));
            request.addAll(List.of(options));
            redis.call(request.toArray(String[]::new)).isOk();
        }
    }

    private boolean isSet(String key) throws IOException {
        return redis.call("SET", key, VALUE).value().equals(Resp.OK);
    }

    private long existing(String prefix, int from, int to) throws IOException {
        long existing = 0;
        for (int i = from; i < to; i++) existing += Long.parseLong(redis.call("EXISTS", prefix + i).text());
        return existing;
    }

    // ---- the parameters ----

    @Test
    void thereIsNoLimitUnlessOneIsSet() throws IOException {
        redis.call("CONFIG", "GET", "maxmemory").is(List.of("maxmemory", "0"));
        redis.call("CONFIG", "GET", "maxmemory-policy").is(List.of("maxmemory-policy", "noeviction"));
        redis.call("CONFIG", "GET", "maxmemory-samples").is(List.of("maxmemory-samples", "5"));
        assertThat(info("maxmemory")).isEqualTo("0");
        assertThat(info("maxmemory_human")).isEqualTo("0B");
        assertThat(info("maxmemory_policy")).isEqualTo("noeviction");
    }

    @Test
    void theParametersCanBeChanged() throws IOException {
        redis.call("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "ALLKEYS-lru", "maxmemory-samples", "10").isOk();
        redis.call("CONFIG", "GET", "maxmemory").is(List.of("maxmemory", "104857600"));
        redis.call("CONFIG", "GET", "maxmemory-policy").is(List.of("maxmemory-policy", "allkeys-lru"));
        assertThat(info("maxmemory")).isEqualTo("104857600");
        assertThat(info("maxmemory_human")).isEqualTo("100.00M");
        assertThat(info("maxmemory_policy")).isEqualTo("allkeys-lru");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            maxmemory -1          -> argument must be a memory value
            maxmemory x           -> argument must be a memory value
            maxmemory-samples 0   -> argument must be between 1 and 2147483647 inclusive
            maxmemory-samples x   -> argument couldn't be parsed into an integer
            """)
    void whatMakesNoSenseIsRefused(String parameter, String error) throws IOException {
        var words = parameter.split(" ");
        redis.call("CONFIG", "SET", words[0], words[1])
                .isError("ERR CONFIG SET failed (possibly related to argument '" + words[0] + "') - " + error);
    }

    // ---- no eviction ----

    @ParameterizedTest
    @ValueSource(strings = {"SET k v", "SET k v XX", "GETSET k v", "SETNX k v", "SETEX k 10 v", "PSETEX k 10 v", "MSET k v", "MSETNX k v", "APPEND k v", "SETRANGE k 0 v",
            "INCR k", "DECR k", "INCRBY k 1", "DECRBY k 1", "INCRBYFLOAT k 1", "COPY a k", "set k v"})
    void commandsThatMayNeedMemoryAreRefused(String request) throws IOException {
        redis.call("SET", "a", "1").isOk();
        redis.call("CONFIG", "SET", "maxmemory", "1").isOk();
        redis.call(request.split(" ")).isError(OOM);
        redis.call("EXISTS", "k").is(0);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            GET a             -> v
            GETRANGE a 0 0    -> v
            STRLEN a          -> 1
            EXISTS a          -> 1
            TTL a             -> -1
            EXPIRE a 100      -> 1
            GETEX a EX 100    -> v
            PERSIST a         -> 0
            RENAME a b        -> OK
            DEL a             -> 1
            GETDEL a          -> v
            UNLINK a          -> 1
            PUBLISH c m       -> 0
            PING              -> PONG
            FLUSHALL          -> OK
            """)
    void allOthersGoOn(String request, String reply) throws IOException {
        redis.call("SET", "a", "v").isOk();
        redis.call("CONFIG", "SET", "maxmemory", "1").isOk();
        assertThat(redis.call(request.split(" ")).text()).isEqualTo(reply);
    }

    /// The request itself makes no sense: that is found out first.
    @Test
    void theNumberOfArgumentsMattersBeforeTheMemory() throws IOException {
        redis.call("CONFIG", "SET", "maxmemory", "1").isOk();
        redis.call("SET", "k").isError("ERR wrong number of arguments for 'set' command");
        redis.call("SET", "k", "v", "EX").isError(OOM);
    }

    @Test
    void whereNothingIsEvictedTheLimitIsKeptByRefusals() throws IOException {
        room(10);
        int set = 0;
        while (set < 100 && isSet("k" + set)) set++;
        redis.call("SET", "k" + set, VALUE).isError(OOM);
        assertThat(set).isBetween(8, 12); // one may go beyond the limit, and the next one is refused
        assertThat(existing("k", 0, 100)).isEqualTo(set);
        for (int i = 0; i < 3; i++) redis.call("DEL", "k" + i).is(1);
        redis.call("SET", "k0", VALUE).isOk();
    }

    // ---- transactions ----

    /// What is queued takes memory, whatever it is.
    @Test
    void nothingIsQueuedWhereThereIsNoRoom() throws IOException {
        redis.call("SET", "a", "v").isOk();
        redis.call("CONFIG", "SET", "maxmemory", "1").isOk();
        for (var request : List.of("GET a", "PING", "SET a w", "MULTI", "WATCH a", "CONFIG GET maxmemory")) {
            redis.call("MULTI").isOk();
            redis.call(request.split(" ")).isError(OOM);
            redis.call("EXEC").isError("EXECABORT Transaction discarded because of previous errors.");
        }
        redis.call("MULTI").isOk();
        redis.call("DISCARD").isOk();
        redis.call("MULTI").isOk();
        redis.call("EXEC").is(List.of());
        redis.call("MULTI").isOk();
        assertThat(redis.call("RESET").text()).isEqualTo("RESET");
        redis.call("WATCH", "a").isOk();
        redis.call("UNWATCH").isOk();
        redis.call("GET", "a").is("v");
    }

    @Test
    void execNeedsMemoryIfOneOfItsCommandsDoes() throws IOException {
        redis.call("SET", "a", "v").isOk();
        try (var other = connect()) {
            redis.call("MULTI").isOk();
            redis.call("GET", "a").is(new Resp.SimpleString("QUEUED"));
            redis.call("SET", "a", "w").is(new Resp.SimpleString("QUEUED"));
            other.call("CONFIG", "SET", "maxmemory", "1").isOk();
            redis.call("EXEC").isError("EXECABORT Transaction discarded because of: " + OOM);
            redis.call("GET", "a").is("v");
            other.call("CONFIG", "SET", "maxmemory", "0").isOk();
            redis.call("MULTI").isOk();
            redis.call("GET", "a").is(new Resp.SimpleString("QUEUED"));
            redis.call("DEL", "a").is(new Resp.SimpleString("QUEUED"));
            other.call("CONFIG", "SET", "maxmemory", "1").isOk();
            redis.call("EXEC").is(List.of("v", 1));
        }
    }

    @Test
    void aWatchedKeyThatIsEvictedHasChanged() throws Exception {
        redis.call("SET", "a", VALUE).isOk();
        policy("allkeys-lru");
        redis.call("WATCH", "a", "b").isOk();
        try (var other = connect()) {
            other.call("CONFIG", "SET", "maxmemory", "1").isOk();
            Eventually.becomesTrue("it is evicted", () -> other.call("EXISTS", "a").text().equals("0"));
            other.call("CONFIG", "SET", "maxmemory", "0").isOk();
            redis.call("MULTI").isOk();
            redis.call("SET", "a", "v").is(new Resp.SimpleString("QUEUED"));
            redis.call("EXEC").is(Resp.Null.ARRAY);
            redis.call("EXISTS", "a").is(0);
        }
    }

    // ---- eviction ----

    @ParameterizedTest
    @ValueSource(strings = {"allkeys-lru", "allkeys-random"})
    void withAPolicyForAllKeysNothingIsRefused(String policy) throws IOException {
        long before = evicted();
        policy(policy);
        room(50);
        long limit = Long.parseLong(info("maxmemory"));
        for (int i = 0; i < 300; i++) {
            redis.call("SET", "k" + i, VALUE).isOk();
            if (i % 10 == 0) assertThat(used()).isLessThanOrEqualTo(limit); // INFO makes room, too
        }
        assertThat(Long.parseLong(redis.call("DBSIZE").text())).isBetween(40L, 52L);
        long gone = 300 - Long.parseLong(redis.call("DBSIZE").text());
        assertThat(evicted() - before).isEqualTo(gone);
        assertThat(existing("k", 0, 300)).isEqualTo(300 - gone);
    }

    @ParameterizedTest
    @ValueSource(strings = {"volatile-lru", "volatile-random", "volatile-ttl"})
    void withAPolicyForVolatileKeysTheOthersStay(String policy) throws IOException {
        fill("stays", 0, 10);
        policy(policy);
        room(20);
        fill("goes", 0, 40, "EX", "1000"); // each time another one has to go
        assertThat(existing("stays", 0, 10)).isEqualTo(10);
        assertThat(existing("goes", 0, 40)).isBetween(15L, 22L);
        int i = 10;
        while (i < 100 && isSet("stays" + i)) i++; // until none is left that may go
        redis.call("SET", "stays" + i, VALUE).isError(OOM);
        assertThat(existing("goes", 0, 40)).isZero();
        assertThat(existing("stays", 0, i)).isEqualTo(i);
        redis.call("SET", "goes", VALUE, "EX", "100").isError(OOM);
    }

    @Test
    void whoEndsFirstGoesFirst() throws IOException {
        redis.call("CONFIG", "SET", "maxmemory-samples", "100").isOk(); // more than there are
        policy("volatile-ttl");
        for (int i = 0; i < 20; i++) redis.call("SET", "k" + i, VALUE, "EX", Integer.toString(1_000 + i * 7 % 20)).isOk();
        redis.call("PERSIST", "k0").is(1);
        room(-5);
        redis.call("PING").satisfies(_ -> {});
        var gone = new TreeSet<Integer>();
        for (int i = 0; i < 20; i++) {
            if (existing("k", i, i + 1) == 0) gone.add(i * 7 % 20);
        }
        assertThat(gone).hasSizeBetween(4, 7);
        assertThat(gone.last()).isEqualTo(gone.size()); // from 1 on: 0 lives forever
    }

    /// It takes two seconds, since Redis counts the age of a use in seconds.
    @Test
    void whoHasNotBeenUsedForLongestGoesFirst() throws Exception {
        redis.call("CONFIG", "SET", "maxmemory-samples", "100").isOk();
        policy("allkeys-lru");
        fill("k", 0, 20);
        Eventually.becomesTrue("two seconds have passed", () -> Integer.parseInt(redis.call("OBJECT", "IDLETIME", "k19").text()) >= 2);
        redis.call("GET", "k0").is(VALUE);
        redis.call("MGET", "k1", "k2").satisfies(_ -> {});
        redis.call("TOUCH", "k3", "k4").is(2);
        redis.call("STRLEN", "k5").is(SIZE);
        redis.call("GETRANGE", "k6", "0", "0").is("x");
        redis.call("APPEND", "k7", "y").is(SIZE + 1);
        redis.call("EXPIRE", "k8", "100").is(1);
        redis.call("SETNX", "k9", "v").is(0);
        // these are no use
        for (int i = 10; i < 20; i++) redis.call("EXISTS", "k" + i).is(1);
        redis.call("TTL", "k10").is(-1);
        assertThat(redis.call("TYPE", "k11").text()).isEqualTo("string");
        redis.call("OBJECT", "ENCODING", "k12").is("raw");
        redis.call("MEMORY", "USAGE", "k13").satisfies(_ -> {});
        redis.call("SCAN", "0").satisfies(_ -> {});
        for (int i = 0; i < 20; i++) {
            int idle = Integer.parseInt(redis.call("OBJECT", "IDLETIME", "k" + i).text());
            if (i < 10) assertThat(idle).as("k%d", i).isLessThan(2);
            else assertThat(idle).as("k%d", i).isGreaterThanOrEqualTo(2);
        }
        room(-8);
        redis.call("PING").satisfies(_ -> {});
        assertThat(existing("k", 0, 10)).isEqualTo(10);
        assertThat(existing("k", 10, 20)).isBetween(0L, 3L);
    }

    /// Nobody asks for anything: a message tells.
    @Test
    void aLowerLimitEvictsAtOnce() throws IOException {
        fill("k", 0, 100);
        policy("allkeys-lru");
        redis.call("CONFIG", "SET", "notify-keyspace-events", "Ee").isOk();
        long limit = used() - 50L * SIZE;
        try (var listener = connect()) {
            listener.call("SUBSCRIBE", "__keyevent@0__:evicted").satisfies(_ -> {});
            redis.call("CONFIG", "SET", "maxmemory", Long.toString(limit)).isOk();
            for (int i = 0; i < 45; i++) {
                var message = listener.read().texts();
                assertThat(message.subList(0, 2)).isEqualTo(List.of("message", "__keyevent@0__:evicted"));
                redis.call("EXISTS", message.get(2)).is(0);
            }
        }
        assertThat(used()).isLessThanOrEqualTo(limit);
    }
}
