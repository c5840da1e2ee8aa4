package redis.server;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

/// The commands that treat keys alike whatever their values are, and those about the keyspace as a whole.
@Order(2)
class KeysAcceptanceTest extends AcceptanceTest {

    @ParameterizedTest
    @ValueSource(strings = {"DEL", "UNLINK"})
    void delete(String command) throws IOException {
        redis.call("MSET", "a", "1", "b", "2", "c", "3").isOk();
        redis.call(command, "a", "none", "b", "a").is(2);
        redis.call("KEYS", "*").is(List.of("c"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"EXISTS", "TOUCH"})
    void existingKeysCountAsOftenAsTheyAreNamed(String command) throws IOException {
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call(command, "a", "none", "b", "a").is(3);
        redis.call(command, "none").is(0);
    }

    @Test
    void type() throws IOException {
        redis.call("TYPE", "k").is(new Resp.SimpleString("none"));
        redis.call("SET", "k", "v").isOk();
        redis.call("TYPE", "k").is(new Resp.SimpleString("string"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            *          | hello hallo hxllo hllo heello h*llo h[llo
            h?llo      | hello hallo hxllo h*llo h[llo
            h*llo      | hello hallo hxllo hllo heello h*llo h[llo
            h[ae]llo   | hello hallo
            h[^e]llo   | hallo hxllo h*llo h[llo
            h[!a]llo   | hallo
            h[a-e]llo  | hello hallo
            h[e-a]llo  | hello hallo
            h\\*llo    | h*llo
            h\\[llo    | h[llo
            h[\\[x]llo | hxllo h[llo
            *l?o       | hello hallo hxllo hllo heello h*llo h[llo
            H*         | ''
            h[ae       | ''
            hello*     | hello
            """)
    void keysThatMatchAPattern(String pattern, String matching) throws IOException {
        for (var key : "hello hallo hxllo hllo heello h*llo h[llo".split(" ")) redis.call("SET", key, "v").isOk();
        var expected = matching.isEmpty() ? new String[0] : matching.split(" ");
        redis.call("KEYS", pattern.replace("\\\\", "\\")).isInAnyOrder(expected);
    }

    /// A pattern, keys that it matches, and keys that it does not.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a             | a             | b A aa
            *             | a abc é       |
            a*            | a ab abc      | b ba
            *a            | a ba aa       | ab
            a*c           | ac abc acbc   | a c abcd
            *ab*cd*       | abcd xabxcdx  | xcdxab abc
            a**?          | ab abc        | a
            ?             | a * ?         | ab é
            ??            | ab é          | a abc
            [c-a]         | a b c         | d -
            [^a-c]        | d -           | a b c
            [!a]          | a !           | b
            h[^e]*llo     | hallo         | hello hllo
            [-a]          | - a           | b
            [a-c-e]       | a b - e       | d
            [*?[]         | * ? [         | a
            [abc          | a b c         | d [abc
            [^abc         | d             | a b c
            [a-           | a -           | b
            [a-]          | a ]           | b -
            [^]           | a ]           | ab
            []a]          |               | a ] a] []a]
            [^]a]         | xa] ]a]       | a xa
            [             |               | a [
            [^            | a ^           | aa
            \\*           | *             | a \\*
            \\[a]         | [a]           | a
            \\a           | a             | \\a
            \\\\          | \\            | \\\\
            a\\           | a\\           | a
            [\\]]         | ]             | \\
            [\\^a]        | ^ a           | b \\
            [a\\-c]       | a - c         | b \\
            [a-\\c]       | a c \\        | b -
            """)
    void patternsOfBytes(String pattern, String matching, String others) throws IOException {
        var expected = matching == null ? new String[0] : matching.split(" ");
        for (var key : expected) redis.call("SET", key, "v").isOk();
        if (others != null) for (var key : others.split(" ")) redis.call("SET", key, "v").isOk();
        redis.call("KEYS", pattern).isInAnyOrder(expected);
    }

    @Test
    void theEmptyKeyIsAKey() throws IOException {
        redis.call("MSET", "", "v", "a", "v").isOk();
        redis.call("KEYS", "").is(List.of(""));
        redis.call("KEYS", "?").is(List.of("a"));
        redis.call("KEYS", "*").isInAnyOrder("", "a");
        redis.call("EXISTS", "").is(1);
        redis.call("RENAME", "", "b").isOk();
        redis.call("DEL", "").is(0);
        redis.call("TYPE", "").is(new Resp.SimpleString("none"));
    }

    @Test
    void rename() throws IOException {
        redis.call("RENAME", "a", "b").isError("ERR no such key");
        redis.call("RENAME", "a", "a").isError("ERR no such key");
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call("RENAME", "a", "b").isOk();
        redis.call("GET", "b").is("1");
        redis.call("EXISTS", "a").is(0);
        redis.call("RENAME", "b", "b").isOk();
        redis.call("GET", "b").is("1");
    }

    @Test
    void renameWhereTheNewNameIsFree() throws IOException {
        redis.call("RENAMENX", "a", "b").isError("ERR no such key");
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call("RENAMENX", "a", "b").is(0);
        redis.call("RENAMENX", "a", "a").is(0);
        redis.call("RENAMENX", "a", "c").is(1);
        redis.call("MGET", "b", "c").is(List.of("2", "1"));
    }

    @Test
    void copy() throws IOException {
        redis.call("COPY", "a", "b").is(0);
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call("COPY", "a", "b").is(0);
        redis.call("GET", "b").is("2");
        redis.call("COPY", "a", "b", "replace").is(1);
        redis.call("COPY", "a", "c", "DB", "0").is(1);
        redis.call("MGET", "a", "b", "c").is(List.of("1", "1", "1"));
        redis.call("COPY", "a", "a").isError("ERR source and destination objects are the same");
        redis.call("APPEND", "a", "!").is(2);
        redis.call("GET", "b").is("1"); // a copy has a value of its own
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            COPY a a                | ERR source and destination objects are the same
            COPY a a REPLACE        | ERR source and destination objects are the same
            COPY a a DB 0           | ERR source and destination objects are the same
            COPY none none          | ERR source and destination objects are the same
            COPY a a FOO            | ERR syntax error
            COPY a d FOO            | ERR syntax error
            COPY a d REPLACE FOO    | ERR syntax error
            COPY a d DB             | ERR syntax error
            COPY a d DB x           | ERR value is not an integer or out of range
            COPY a d DB x FOO       | ERR value is not an integer or out of range
            COPY a d DB -1          | ERR DB index is out of range
            COPY a d DB 1000        | ERR DB index is out of range
            COPY a d DB 2147483648  | ERR value is out of range, value must between -2147483648 and 2147483647
            """)
    void copyRefusesWhatMakesNoSense(String request, String error) throws IOException {
        redis.call("SET", "a", "1").isOk();
        redis.call(request.split(" ")).isError(error);
        redis.call("KEYS", "*").is(List.of("a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"DEL", "UNLINK", "EXISTS", "TOUCH", "TYPE", "TYPE a b", "KEYS", "KEYS a b", "RENAME a", "RENAME a b c", "RENAMENX a",
            "RENAMENX a b c", "COPY", "COPY a", "DBSIZE x"})
    void theNumberOfArgumentsIsChecked(String request) throws IOException {
        var words = request.split(" ");
        redis.call(words).isError("ERR wrong number of arguments for '" + words[0].toLowerCase(Locale.ROOT) + "' command");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FLUSHALL", "FLUSHDB", "FLUSHALL ASYNC", "flushdb sync"})
    void flush(String request) throws IOException {
        redis.call("MSET", "a", "1", "b", "2").isOk();
        redis.call("DBSIZE").is(2);
        redis.call(request.split(" ")).isOk();
        redis.call("DBSIZE").is(0);
        redis.call("GET", "a").isNil();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FLUSHALL FOO", "FLUSHDB ASYNC SYNC"})
    void flushWithAnUnknownOptionDoesNothing(String request) throws IOException {
        redis.call("SET", "a", "1").isOk();
        redis.call(request.split(" ")).isError("ERR syntax error");
        redis.call("DBSIZE").is(1);
    }
}
