package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// SLOWLOG. Here every command is slow.
class SlowLogAcceptanceTest extends AcceptanceTest {

    @BeforeEach
    void logEveryCommand() throws IOException {
        redis.call("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "128").isOk();
        redis.call("SLOWLOG", "RESET").isOk();
    }

    @AfterEach
    void logSlowOnes() throws IOException {
        try (var client = connect()) { // the test's own may be gone
            client.call("CONFIG", "SET", "slowlog-log-slower-than", "10000", "slowlog-max-len", "128").isOk();
        }
    }

    private List<List<Resp>> entries() throws IOException {
        var entries = new ArrayList<List<Resp>>();
        redis.call("SLOWLOG", "GET", "-1").satisfies(reply ->
                ((Resp.Array) reply).elements().forEach(entry -> entries.add(((Resp.Array) entry).elements())));
        return entries;
    }

    /// The requests of all entries, the last one first, each with spaces in between.
    private List<String> requests() throws IOException {
        return entries().stream().map(SlowLogAcceptanceTest::request).toList();
    }

    private static String request(List<Resp> entry) {
        return String.join(" ", ((Resp.Array) entry.get(3)).elements().stream().map(SlowLogAcceptanceTest::text).toList());
    }

    private static String text(Resp word) {
        return ((Resp.BulkString) word).value().toString();
    }

    @Test
    void anEntryTellsWhatWhenHowLongAndWho() throws IOException {
        redis.call("CLIENT", "SETNAME", "worker-1").isOk();
        redis.call("get", "k").isNil();
        var entries = entries();
        var entry = entries.getFirst();
        assertThat(entry).hasSize(6);
        assertThat(((Resp.Integer) entry.get(1)).value()).isBetween(System.currentTimeMillis() / 1000 - 5, System.currentTimeMillis() / 1000 + 5);
        assertThat(((Resp.Integer) entry.get(2)).value()).isBetween(0L, 1_000_000L);
        assertThat(request(entry)).isEqualTo("get k");
        assertThat(text(entry.get(4))).startsWith("127.0.0.1:");
        assertThat(text(entry.get(5))).isEqualTo("worker-1");
        assertThat(((Resp.Integer) entry.getFirst()).value() - ((Resp.Integer) entries.get(1).getFirst()).value()).as("ids").isEqualTo(1);
    }

    @Test
    void theLastOneComesFirst() throws IOException {
        for (int i = 0; i < 12; i++) redis.call("GET", "k" + i).isNil();
        assertThat(requests()).startsWith("GET k11", "GET k10").endsWith("GET k0", "SLOWLOG RESET");
        redis.call("SLOWLOG", "GET").satisfies(reply -> assertThat(((Resp.Array) reply).elements()).hasSize(10));
        redis.call("SLOWLOG", "GET", "3").satisfies(reply -> assertThat(((Resp.Array) reply).elements()).hasSize(3));
        redis.call("SLOWLOG", "GET", "0").is(List.of());
    }

    @Test
    void idsGoOnAfterAReset() throws IOException {
        long before = ((Resp.Integer) entries().getFirst().getFirst()).value();
        redis.call("SLOWLOG", "RESET").isOk();
        assertThat(((Resp.Integer) entries().getFirst().getFirst()).value()).isEqualTo(before + 2); // GET, and RESET itself
    }

    @Test
    void onlySlowOnesAreLogged() throws IOException {
        redis.call("CONFIG", "SET", "slowlog-log-slower-than", "60000000").isOk();
        redis.call("SLOWLOG", "RESET").isOk();
        redis.call("GET", "k").isNil();
        redis.call("SLOWLOG", "LEN").is(0);
        redis.call("CONFIG", "SET", "slowlog-log-slower-than", "-1").isOk();
        redis.call("GET", "k").isNil();
        redis.call("SLOWLOG", "LEN").is(0);
    }

    @Test
    void thereAreNoMoreThanSoMany() throws IOException {
        for (int i = 0; i < 5; i++) redis.call("GET", "k").isNil();
        redis.call("SLOWLOG", "LEN").is(6);
        redis.call("CONFIG", "SET", "slowlog-max-len", "3").isOk();
        redis.call("SLOWLOG", "LEN").is(3);
        redis.call("SLOWLOG", "LEN").is(3);
        assertThat(requests()).containsExactly("SLOWLOG LEN", "SLOWLOG LEN", "CONFIG SET slowlog-max-len 3");
        redis.call("CONFIG", "SET", "slowlog-max-len", "0").isOk();
        redis.call("SLOWLOG", "LEN").is(0);
    }

    @Test
    void longRequestsAreCutShort() throws IOException {
        redis.call("GET", "a".repeat(128)).isNil();
        redis.call("GET", "b".repeat(129)).isNil();
        redis.call("GET", "c".repeat(1_000)).isNil();
        var keys = Stream.iterate(1, i -> i + 1).map(i -> "k" + i).limit(32).toList();
        redis.call(Stream.concat(Stream.of("MGET"), keys.stream().limit(31)).toArray(String[]::new)).satisfies(_ -> {});
        redis.call(Stream.concat(Stream.of("MGET"), keys.stream()).toArray(String[]::new)).satisfies(_ -> {});
        assertThat(requests()).startsWith(
                "MGET " + String.join(" ", keys.subList(0, 30)) + " ... (2 more arguments)",
                "MGET " + String.join(" ", keys.subList(0, 31)),
                "GET " + "c".repeat(128) + "... (872 more bytes)",
                "GET " + "b".repeat(128) + "... (1 more bytes)",
                "GET " + "a".repeat(128));
    }

    @Test
    void passwordsAreNotShown() throws IOException {
        redis.call("AUTH", "secret");
        redis.call("AUTH", "joe", "secret");
        redis.call("hello", "2", "AUTH", "default", "secret", "setname", "me").satisfies(_ -> {});
        redis.call("CONFIG", "SET", "masterauth", "secret", "maxclients", "10000", "MasterUser", "secret").isOk();
        redis.call("CONFIG", "SET", "masterauth", "", "masteruser", "").isOk();
        assertThat(requests()).startsWith(
                "CONFIG SET masterauth (redacted) masteruser (redacted)",
                "CONFIG SET masterauth (redacted) maxclients 10000 MasterUser (redacted)",
                "hello 2 AUTH (redacted) (redacted) setname me",
                "AUTH (redacted) (redacted)",
                "AUTH (redacted)");
    }

    /// What was not carried out was not slow. EXEC is what its commands are.
    @Test
    void whatWasNotCarriedOutIsNotLogged() throws IOException {
        redis.call("GET");
        redis.call("nope");
        redis.call("SET", "k", "v").isOk();
        redis.call("INCR", "k");
        redis.call("MULTI").isOk();
        redis.call("GET", "k");
        redis.call("EXEC").is(List.of("v"));
        assertThat(requests()).containsExactly("GET k", "MULTI", "INCR k", "SET k v", "SLOWLOG RESET");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            SLOWLOG             -> ERR wrong number of arguments for 'slowlog' command
            SLOWLOG foo         -> ERR unknown subcommand 'foo'. Try SLOWLOG HELP.
            SLOWLOG GET x       -> ERR count should be greater than or equal to -1
            SLOWLOG GET -2      -> ERR count should be greater than or equal to -1
            SLOWLOG GET 1 2     -> ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.
            SLOWLOG LEN x       -> ERR wrong number of arguments for 'slowlog|len' command
            SLOWLOG RESET x     -> ERR wrong number of arguments for 'slowlog|reset' command
            CONFIG SET slowlog-log-slower-than x -> ERR CONFIG SET failed (possibly related to argument 'slowlog-log-slower-than') \
            - argument couldn't be parsed into an integer
            CONFIG SET slowlog-log-slower-than -2 -> ERR CONFIG SET failed (possibly related to argument 'slowlog-log-slower-than') \
            - argument must be between -1 and 9223372036854775807 inclusive
            CONFIG SET slowlog-max-len -1 -> ERR CONFIG SET failed (possibly related to argument 'slowlog-max-len') \
            - argument must be between 0 and 9223372036854775807 inclusive
            """)
    void whatItDoesNotUnderstandIsRefused(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
    }

    @Test
    void hasHelp() throws IOException {
        assertThat(redis.call("SLOWLOG", "HELP").texts()).startsWith("SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
                .contains("LEN", "RESET", "HELP");
    }
}
