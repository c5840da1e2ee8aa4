package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// The commands that walk through the keyspace: SCAN, RANDOMKEY, and MEMORY USAGE, which `redis-cli --memkeys` calls for each key.
class ScanAcceptanceTest extends AcceptanceTest {

    /// What one SCAN returned.
    private record Part(String cursor, List<String> keys) {

        static Part of(Resp reply) {
            if (reply instanceof Resp.Array(var parts) && parts.size() == 2
                    && parts.getFirst() instanceof Resp.BulkString(var cursor) && parts.getLast() instanceof Resp.Array(var keys)) {
                return new Part(cursor.toString(), keys.stream().map(key -> ((Resp.BulkString) key).value().toString()).toList());
            }
            throw new AssertionError("SCAN returned " + reply + ", which is no array of a cursor and an array of keys");
        }

        boolean isLast() {
            return cursor.equals("0");
        }
    }

    private Part part(String cursor, String... options) throws IOException {
        var request = new ArrayList<>(List.of("SCAN", cursor));
        request.addAll(List.of(options));
        var parts = new ArrayList<Part>();
        redis.call(request.toArray(String[]::new)).satisfies(reply -> parts.add(Part.of(reply)));
        return parts.getFirst();
    }

    /// All parts of a scan from its beginning to its end.
    private List<Part> scan(String... options) throws IOException {
        var parts = new ArrayList<Part>();
        do {
            parts.add(part(parts.isEmpty() ? "0" : parts.getLast().cursor, options));
        } while (!parts.getLast().isLast());
        return parts;
    }

    private static Set<String> keys(List<Part> parts) {
        var keys = new HashSet<String>();
        parts.forEach(part -> keys.addAll(part.keys));
        return keys;
    }

    private static List<String> names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }

    private void set(List<String> keys) throws IOException {
        var request = new ArrayList<>(List.of("MSET"));
        for (var key : keys) request.addAll(List.of(key, "value"));
        redis.call(request.toArray(String[]::new)).isOk();
    }

    private void delete(List<String> keys) throws IOException {
        redis.call(Stream.concat(Stream.of("DEL"), keys.stream()).toArray(String[]::new)).is(keys.size());
    }

    // ---- SCAN ----

    @Test
    void anEmptyKeyspaceIsOneEmptyPart() throws IOException {
        redis.call("SCAN", "0").is(List.of("0", List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "10", "1000", "5000", "9223372036854775807"})
    void findsAllKeysWhateverTheCount(String count) throws IOException {
        set(names("key:", 2_000));
        assertThat(keys(scan("COUNT", count))).containsExactlyInAnyOrderElementsOf(names("key:", 2_000));
    }

    @Test
    void countIsAboutHowManyKeysAPartHas() throws IOException {
        set(names("key:", 2_000));
        assertThat(scan().getFirst().keys.size()).as("keys of a part, 10 unless told otherwise").isBetween(10, 30);
        assertThat(scan("COUNT", "100").getFirst().keys.size()).as("keys of a part, with COUNT 100").isBetween(100, 120);
        assertThat(scan("COUNT", "1").size()).isGreaterThan(500);
        for (var large : List.of("2000000", "9223372036854775807")) assertThat(scan("COUNT", large).size()).as("all at once").isOne();
    }

    @Test
    void matchSelectsByPattern() throws IOException {
        set(List.of("user:1", "user:2", "User:3", "group:1", "u"));
        assertThat(keys(scan("MATCH", "user:*"))).containsExactlyInAnyOrder("user:1", "user:2");
        assertThat(keys(scan("MATCH", "*:[1-2]", "COUNT", "1"))).containsExactlyInAnyOrder("user:1", "user:2", "group:1");
        assertThat(keys(scan("MATCH", "?"))).containsExactly("u");
        assertThat(keys(scan("MATCH", "nothing"))).isEmpty();
        assertThat(keys(scan("match", "user:*", "MATCH", "group:*"))).as("the last one counts").containsExactly("group:1");
    }

    @Test
    void aPartMayBeEmptyAndNotTheLast() throws IOException {
        set(names("key:", 1_000));
        assertThat(scan("MATCH", "key:7", "COUNT", "10").size()).isGreaterThan(50);
        assertThat(keys(scan("MATCH", "key:7", "COUNT", "10"))).containsExactly("key:7");
    }

    @Test
    void typeSelectsByType() throws IOException {
        set(List.of("a", "b"));
        assertThat(keys(scan("TYPE", "string"))).containsExactlyInAnyOrder("a", "b");
        assertThat(keys(scan("type", "STRING", "MATCH", "a", "count", "5"))).containsExactly("a");
        assertThat(keys(scan("TYPE", "list"))).isEmpty();
        assertThat(keys(scan("TYPE", "nonsense"))).isEmpty();
        assertThat(keys(scan("TYPE", "list", "TYPE", "string"))).as("the last one counts").containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void keysMayBeAnyBytes() throws IOException {
        redis.sendRaw("*3\r\n$3\r\nSET\r\n$4\r\n\u0000\r\n\u00ff\r\n$1\r\nv\r\n").read().isOk();
        redis.sendRaw("*2\r\n$4\r\nSCAN\r\n$1\r\n0\r\n").read().satisfies(reply -> {
            var bytes = ((Resp.BulkString) ((Resp.Array) ((Resp.Array) reply).elements().getLast()).elements().getFirst()).value();
            assertThat(bytes.toLatin1()).isEqualTo("\u0000\r\n\u00ff");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "+1", "-1", "4294967296", "18446744073709551615", "-18446744073709551615"})
    void everyNumberIsACursor(String cursor) throws IOException {
        set(names("key:", 100));
        var part = part(cursor, "COUNT", "1");
        assertThat(part.cursor).matches("[0-9]+");
        assertThat(names("key:", 100)).containsAll(part.keys);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            SCAN                              -> ERR wrong number of arguments for 'scan' command
            SCAN x                            -> ERR invalid cursor
            SCAN 1x                           -> ERR invalid cursor
            SCAN 99999999999999999999         -> ERR invalid cursor
            SCAN -99999999999999999999        -> ERR invalid cursor
            SCAN x FOO                        -> ERR invalid cursor
            SCAN 0 FOO                        -> ERR syntax error
            SCAN 0 FOO 1                      -> ERR syntax error
            SCAN 0 COUNT                      -> ERR syntax error
            SCAN 0 MATCH                      -> ERR syntax error
            SCAN 0 TYPE                       -> ERR syntax error
            SCAN 0 MATCH * FOO                -> ERR syntax error
            SCAN 0 COUNT 0                    -> ERR syntax error
            SCAN 0 COUNT -1                   -> ERR syntax error
            SCAN 0 COUNT 5 COUNT 0            -> ERR syntax error
            SCAN 0 COUNT x                    -> ERR value is not an integer or out of range
            SCAN 0 COUNT 9223372036854775808  -> ERR value is not an integer or out of range
            RANDOMKEY x                       -> ERR wrong number of arguments for 'randomkey' command
            MEMORY                            -> ERR wrong number of arguments for 'memory' command
            MEMORY FOO                        -> ERR unknown subcommand 'FOO'. Try MEMORY HELP.
            MEMORY USAGE                      -> ERR wrong number of arguments for 'memory|usage' command
            MEMORY USAGE k FOO                -> ERR syntax error
            MEMORY USAGE k FOO 1              -> ERR syntax error
            MEMORY USAGE k SAMPLES            -> ERR syntax error
            MEMORY USAGE k SAMPLES -1         -> ERR syntax error
            MEMORY USAGE k SAMPLES x          -> ERR value is not an integer or out of range
            """)
    void whatMakesNoSenseIsRefused(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
    }

    @Test
    void aCursorIsGoodOnAnyConnection() throws IOException {
        set(names("key:", 100));
        var found = new HashSet<String>();
        var cursor = "0";
        do {
            try (var other = connect()) {
                var parts = new ArrayList<Part>();
                other.call("SCAN", cursor).satisfies(reply -> parts.add(Part.of(reply)));
                found.addAll(parts.getFirst().keys);
                cursor = parts.getFirst().cursor;
            }
        } while (!cursor.equals("0"));
        assertThat(found).containsExactlyInAnyOrderElementsOf(names("key:", 100));
    }

    // ---- its guarantee: a key that is there from the beginning to the end is found ----

    /// Scans for those that stay, while something else happens between any two parts.
    private void findsAllOf(List<String> staying, int count, Consumer<Integer> meanwhile) throws IOException {
        var found = new TreeSet<String>();
        var cursor = "0";
        int parts = 0;
        do {
            var part = part(cursor, "COUNT", Integer.toString(count));
            found.addAll(part.keys);
            cursor = part.cursor;
            meanwhile.accept(parts++);
        } while (!cursor.equals("0"));
        assertThat(staying.stream().filter(key -> !found.contains(key)).limit(5)).as("what was there all the time, and not found in %d parts", parts).isEmpty();
        assertThat(found).allMatch(key -> key.startsWith("stays:") || key.startsWith("passes:"));
    }

    @Test
    void findsWhatStaysWhileTheTableGrows() throws IOException {
        var staying = names("stays:", 500);
        set(staying);
        findsAllOf(staying, 10, part -> unchecked(() -> {
            if (part < 40) set(names("passes:" + part + ":", 500));
        }));
        redis.call("DBSIZE").satisfies(reply -> assertThat(((Resp.Integer) reply).value()).isGreaterThan(10_000));
    }

    @Test
    void findsWhatStaysWhileTheTableShrinks() throws IOException {
        var staying = names("stays:", 500);
        set(staying);
        for (int i = 0; i < 40; i++) set(names("passes:" + i + ":", 500));
        findsAllOf(staying, 50, part -> unchecked(() -> {
            if (part < 40) delete(names("passes:" + part + ":", 500));
        }));
        redis.call("DBSIZE").is(500);
    }

    @Test
    void findsWhatStaysWhileOthersComeAndGo() throws IOException {
        var staying = names("stays:", 500);
        set(staying);
        for (int round = 0; round < 3; round++) {
            findsAllOf(staying, 25, part -> unchecked(() -> {
                set(names("passes:", part % 2 == 0 ? 2_000 : 50));
                redis.call("SET", "stays:" + part % 500, "another value").isOk();
                delete(names("passes:", 50));
                if (part % 2 == 0) delete(names("passes:", 2_000).subList(50, 2_000));
            }));
        }
    }

    @Test
    void doesNotFindWhatIsGone() throws IOException {
        set(names("key:", 300));
        delete(names("key:", 100));
        redis.call("SET", "key:200", "v", "PXAT", "1").isOk(); // over already
        redis.call("RENAME", "key:201", "another").isOk();
        var expected = new HashSet<>(names("key:", 300).subList(100, 300));
        expected.removeAll(List.of("key:200", "key:201"));
        expected.add("another");
        assertThat(keys(scan())).isEqualTo(expected);
        redis.call("FLUSHALL").isOk();
        assertThat(keys(scan())).isEmpty();
    }

    // ---- RANDOMKEY ----

    @Test
    void randomKeyOfNone() throws IOException {
        redis.call("RANDOMKEY").isNil();
        redis.call("SET", "k", "v", "PXAT", "1").isOk();
        redis.call("RANDOMKEY").isNil();
    }

    @Test
    void randomKeyIsEachOfThemNowAndThen() throws IOException {
        set(names("key:", 20));
        var found = new HashSet<String>();
        for (int i = 0; i < 2_000; i++) found.add(redis.call("RANDOMKEY").text());
        assertThat(found).containsExactlyInAnyOrderElementsOf(names("key:", 20));
    }

    @Test
    void randomKeyFindsTheLastOnesOfALargeTable() throws IOException {
        set(names("key:", 20_000));
        delete(names("key:", 20_000).subList(3, 20_000));
        for (int i = 0; i < 50; i++) assertThat(redis.call("RANDOMKEY").text()).isIn("key:0", "key:1", "key:2");
        delete(names("key:", 3));
        redis.call("RANDOMKEY").isNil();
    }

    // ---- MEMORY USAGE ----

    @Test
    void memoryUsageOfAKeyAndItsValue() throws IOException {
        redis.call("MEMORY", "USAGE", "k").isNil();
        redis.call("SET", "k", "v").isOk();
        long small = Long.parseLong(redis.call("MEMORY", "USAGE", "k").text());
        assertThat(small).isBetween(20L, 200L);
        redis.call("memory", "usage", "k", "samples", "0").is(small);
        redis.call("MEMORY", "USAGE", "k", "SAMPLES", "5").is(small);
        redis.call("MEMORY", "USAGE", "k", "SAMPLES", "5", "SAMPLES", "6").is(small);
        redis.call("SET", "k", "x".repeat(10_000)).isOk();
        redis.call("MEMORY", "USAGE", "k").isBetween(10_000L, 13_000L);
        redis.call("SET", "x".repeat(1_000), "v").isOk();
        redis.call("MEMORY", "USAGE", "x".repeat(1_000)).isBetween(1_000L, 1_400L);
    }

    @FunctionalInterface
    private interface Action {
        void run() throws IOException;
    }

    private static void unchecked(Action action) {
        try {
            action.run();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
