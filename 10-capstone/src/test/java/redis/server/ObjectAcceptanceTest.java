package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// OBJECT and MEMORY: what there is to tell of how values are held.
class ObjectAcceptanceTest extends AcceptanceTest {

    private static final String LONG = "this-text-has-forty-four-bytes,-and-not-more";

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            SET k v                                          -> embstr
            SET k 12345                                      -> int
            SET k -1                                         -> int
            SET k 0                                          -> int
            SET k 9223372036854775807                        -> int
            SET k -9223372036854775808                       -> int
            SET k 9223372036854775808                        -> embstr
            SET k 012                                        -> embstr
            SET k +1                                         -> embstr
            SET k 1.5                                        -> embstr
            SET k LONG                                       -> embstr
            SET k LONGx                                      -> raw
            GETSET k LONGx                                   -> raw
            SETEX k 100 12                                   -> int
            MSET k 12                                        -> int
            SETRANGE k 0 12                                  -> raw
            APPEND k 12                                      -> int
            APPEND k v                                       -> embstr
            APPEND k LONGx                                   -> raw
            INCR k                                           -> int
            SET k 1 ; APPEND k 2                             -> raw
            SET k v ; APPEND k w                             -> raw
            SET k v ; SETRANGE k 0 w                         -> raw
            SET k 1 ; SETRANGE k 5 ''                        -> int
            SET k 1 ; APPEND k 2 ; INCR k                    -> int
            SET k 1 ; APPEND k 2 ; SET k 3                   -> int
            SET k 1 ; APPEND k 2 ; EXPIRE k 100              -> raw
            SET k 1 ; APPEND k 2 ; SET k v KEEPTTL           -> embstr
            SET k 1 ; APPEND k 2 ; GET k ; TOUCH k           -> raw
            SET k 1.5 ; INCRBYFLOAT k 1                      -> embstr
            SET a 12 ; RENAME a k                            -> int
            SET a LONGx ; COPY a k                           -> raw
            """)
    void encoding(String requests, String encoding) throws IOException {
        for (var request : requests.split(" ; ")) {
            var words = Arrays.stream(request.split(" ")).map(word -> word.replace("LONG", LONG).replace("''", "")).toArray(String[]::new);
            redis.call(words).satisfies(value -> assertThat(value).isNotInstanceOf(Resp.SimpleError.class));
        }
        redis.call("OBJECT", "ENCODING", "k").is(encoding);
        redis.call("object", "encoding", "k").is(encoding);
    }

    @Test
    void aKeyThatIsNotThereHasNothingToTell() throws IOException {
        for (var subcommand : List.of("ENCODING", "FREQ", "IDLETIME", "REFCOUNT")) redis.call("OBJECT", subcommand, "none").isNil();
        redis.call("MEMORY", "USAGE", "none").isNil();
    }

    @Test
    void whatWasJustSetIsNotIdle() throws IOException {
        redis.call("SET", "k", "v").isOk();
        assertThat(redis.call("OBJECT", "IDLETIME", "k").text()).isIn("0", "1"); // a clock of seconds may just have moved on
        redis.call("OBJECT", "REFCOUNT", "k").is(1);
        redis.call("OBJECT", "FREQ", "k").isError("ERR An LFU maxmemory policy is not selected, access frequency not tracked. "
                + "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            OBJECT                 -> ERR wrong number of arguments for 'object' command
            OBJECT FOO             -> ERR unknown subcommand 'FOO'. Try OBJECT HELP.
            OBJECT ENCODING        -> ERR wrong number of arguments for 'object|encoding' command
            OBJECT ENCODING k x    -> ERR wrong number of arguments for 'object|encoding' command
            OBJECT IDLETIME        -> ERR wrong number of arguments for 'object|idletime' command
            MEMORY STATS x         -> ERR wrong number of arguments for 'memory|stats' command
            """)
    void whatMakesNoSenseIsRefused(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
    }

    @Test
    void helpListsTheSubcommands() throws IOException {
        assertThat(redis.call("OBJECT", "HELP").texts()).startsWith("OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:").contains("HELP");
        assertThat(redis.call("MEMORY", "HELP").texts()).startsWith("MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:").contains("STATS", "HELP");
    }

    @Test
    void memoryStatsTellsHowMuchAndWhatFor() throws IOException {
        redis.call("MSET", "a", "x".repeat(5_000), "b", "x".repeat(5_000)).isOk();
        redis.call("EXPIRE", "a", "100").is(1);
        var names = new ArrayList<String>();
        var values = new ArrayList<Resp>();
        redis.call("MEMORY", "STATS").satisfies(reply -> {
            var elements = ((Resp.Array) reply).elements();
            for (int i = 0; i < elements.size(); i += 2) {
                names.add(((Resp.BulkString) elements.get(i)).value().toString());
                values.add(elements.get(i + 1));
            }
        });
        assertThat(names).contains("peak.allocated", "total.allocated", "replication.backlog", "db.0", "overhead.total", "keys.count", "keys.bytes-per-key",
                "dataset.bytes", "dataset.percentage", "peak.percentage");
        assertThat(values.get(names.indexOf("keys.count"))).isEqualTo(Resp.integer(2));
        assertThat(((Resp.Integer) values.get(names.indexOf("dataset.bytes"))).value()).isGreaterThan(10_000);
        assertThat(((Resp.Array) values.get(names.indexOf("db.0"))).elements().getFirst()).isEqualTo(Resp.bulk("overhead.hashtable.main"));
        assertThat(Double.parseDouble(((Resp.BulkString) values.get(names.indexOf("peak.percentage"))).value().toString())).isBetween(1.0, 100.0);
    }
}
