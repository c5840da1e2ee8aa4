package redis.server;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;

/// The commands that read and write string values.
@Order(1)
class StringsAcceptanceTest extends AcceptanceTest {

    private static final String OVERFLOW = "ERR increment or decrement would overflow";
    private static final String NO_INTEGER = "ERR value is not an integer or out of range";

    @Test
    void whatIsSetCanBeRead() throws IOException {
        redis.call("GET", "k").isNil();
        redis.call("SET", "k", "v").isOk();
        redis.call("GET", "k").is("v");
        redis.call("SET", "k", "").isOk();
        redis.call("GET", "k").is("");
    }

    @Test
    void keysAndValuesAreAnyBytes() throws IOException {
        var bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) i;
        redis.sendRaw("*3\r\n$3\r\nSET\r\n$3\r\n\0\r\n\r\n$256\r\n" + ByteString.of(bytes).toLatin1() + "\r\n").read().isOk();
        redis.sendRaw("*2\r\n$3\r\nGET\r\n$3\r\n\0\r\n\r\n").read().is(ByteString.of(bytes));
        redis.call("SET", "", "empty key").isOk();
        redis.call("GET", "").is("empty key");
    }

    @Test
    void valuesMayBeLarge() throws IOException {
        var value = "0123456789".repeat(300_000);
        redis.call("SET", "k", value).isOk();
        redis.call("STRLEN", "k").is(3_000_000);
        redis.call("GETRANGE", "k", "2999995", "-1").is("56789");
        redis.call("GET", "k").is(value);
        redis.call("MGET", "k", "k").is(List.of(value, value));
    }

    @Test
    void namesOfCommandsAndOptionsComeInAnyCase() throws IOException {
        redis.call("sEt", "k", "v", "nX").isOk();
        redis.call("get", "k").is("v");
        redis.call("GET", "K").isNil();
    }

    // ---- SET and its kin ----

    @Test
    void setOnlyWhereThereIsNothing() throws IOException {
        redis.call("SET", "k", "a", "NX").isOk();
        redis.call("SET", "k", "b", "NX").isNil();
        redis.call("GET", "k").is("a");
    }

    @Test
    void setOnlyWhereThereIsSomething() throws IOException {
        redis.call("SET", "k", "a", "XX").isNil();
        redis.call("EXISTS", "k").is(0);
        redis.call("SET", "k", "a").isOk();
        redis.call("SET", "k", "b", "XX").isOk();
        redis.call("GET", "k").is("b");
    }

    @Test
    void setThatReturnsTheOldValue() throws IOException {
        redis.call("SET", "k", "a", "GET").isNil();
        redis.call("SET", "k", "b", "GET").is("a");
        redis.call("SET", "k", "c", "NX", "GET").is("b");
        redis.call("GET", "k").is("b");
        redis.call("SET", "new", "x", "GET", "NX").isNil();
        redis.call("GET", "new").is("x");
        redis.call("SET", "none", "x", "XX", "GET").isNil();
        redis.call("EXISTS", "none").is(0);
    }

    @Test
    void anOptionMayBeRepeated() throws IOException {
        redis.call("SET", "k", "a", "NX", "nx").isOk();
        redis.call("SET", "k", "b", "GET", "XX", "XX", "GET").is("a");
        redis.call("GET", "k").is("b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NX XX", "xx nx", "NX GET XX", "GET FOO", "FOO", "NXX", "NX 10"})
    void optionsThatMakeNoSenseAreRefused(String options) throws IOException {
        redis.call(("SET k v " + options).split(" ")).isError("ERR syntax error");
        redis.call("EXISTS", "k").is(0);
    }

    @Test
    void olderWaysToSet() throws IOException {
        redis.call("SETNX", "k", "a").is(1);
        redis.call("SETNX", "k", "b").is(0);
        redis.call("GETSET", "k", "c").is("a");
        redis.call("GETSET", "new", "d").isNil();
        redis.call("GETDEL", "k").is("c");
        redis.call("GETDEL", "k").isNil();
    }

    @Test
    void severalKeysAtOnce() throws IOException {
        redis.call("MSET", "a", "1", "b", "2", "a", "3").isOk();
        redis.call("MGET", "a", "none", "b", "a").is(Arrays.asList("3", null, "2", "3"));
        redis.call("MSETNX", "c", "4", "b", "5").is(0);
        redis.call("EXISTS", "c").is(0);
        redis.call("MSETNX", "c", "4", "d", "5").is(1);
        redis.call("MGET", "c", "d").is(List.of("4", "5"));
        redis.call("MSETNX", "e", "6", "e", "7").is(1); // it looks before it sets
        redis.call("GET", "e").is("7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "GET a b", "SET", "SET a", "GETSET a", "GETSET a b c", "SETNX a", "SETNX a b c", "GETDEL", "GETDEL a b", "MGET",
            "MSET", "MSET a", "MSET a 1 b", "MSETNX a", "MSETNX a 1 b", "APPEND a", "APPEND a b c", "STRLEN", "STRLEN a b", "GETRANGE a 1",
            "GETRANGE a 1 2 3", "SETRANGE a 1", "SETRANGE a 1 b c", "INCR", "INCR a 1", "DECR", "DECR a 1", "INCRBY a", "INCRBY a 1 2", "DECRBY a",
            "DECRBY a 1 2", "INCRBYFLOAT a", "INCRBYFLOAT a 1 2"})
    void theNumberOfArgumentsIsChecked(String request) throws IOException {
        var words = request.split(" ");
        redis.call(words).isError("ERR wrong number of arguments for '" + words[0].toLowerCase(Locale.ROOT) + "' command");
        redis.call("DBSIZE").is(0);
    }

    // ---- parts of values ----

    @Test
    void appendAndLength() throws IOException {
        redis.call("STRLEN", "k").is(0);
        redis.call("APPEND", "k", "Hello").is(5);
        redis.call("APPEND", "k", "").is(5);
        redis.call("APPEND", "k", " Wörld").is(12);
        redis.call("STRLEN", "k").is(12);
        redis.call("GET", "k").is("Hello Wörld");
        redis.call("APPEND", "empty", "").is(0);
        redis.call("EXISTS", "empty").is(1);
    }

    @ParameterizedTest
    @CsvSource({"0, 3, This", "-3, -1, ing", "0, -1, This is a string", "10, 100, string", "5, 3, ''", "-1, -5, ''", "-100, 3, This", "100, 200, ''",
            "-100, -50, T", "-50, -100, ''", "0, 0, T", "0, -100, T", "3, -100, ''", "15, 15, g", "16, 16, ''", "-1, -1, g", "-1, 0, ''", "-16, -16, T",
            "0, 9223372036854775807, This is a string", "-9223372036854775808, 3, This", "-9223372036854775808, -9223372036854775808, T",
            "9223372036854775807, 0, ''", "9223372036854775807, -1, ''", "9223372036854775807, 9223372036854775807, ''"})
    void aPartOfAValue(String start, String end, String part) throws IOException {
        redis.call("SET", "k", "This is a string").isOk();
        redis.call("GETRANGE", "k", start, end).is(part);
        redis.call("GETRANGE", "none", start, end).is("");
        redis.call("SET", "empty", "").isOk();
        redis.call("GETRANGE", "empty", start, end).is("");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "", "1.5", "+1", "01", "9223372036854775808", "-9223372036854775809"})
    void aPlaceInAValueIsAnInteger(String place) throws IOException {
        redis.call("GETRANGE", "k", place, "1").isError(NO_INTEGER);
        redis.call("GETRANGE", "k", "0", place).isError(NO_INTEGER);
        redis.call("SETRANGE", "k", place, "a").isError(NO_INTEGER);
        redis.call("EXISTS", "k").is(0);
    }

    @Test
    void overwriteAPart() throws IOException {
        redis.call("SETRANGE", "k", "3", "").is(0);
        redis.call("EXISTS", "k").is(0);
        redis.call("SETRANGE", "k", "3", "abc").is(6);
        redis.call("GET", "k").is("\0\0\0abc");
        redis.call("SETRANGE", "k", "1", "xy").is(6);
        redis.call("GET", "k").is("\0xyabc");
        redis.call("SETRANGE", "k", "100", "").is(6);
        redis.call("SETRANGE", "k", "6", "!").is(7);
        redis.call("SETRANGE", "k", "0", "0123456789").is(10);
        redis.call("GET", "k").is("0123456789");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -1                   | a  | ERR offset is out of range
            -1                   | '' | ERR offset is out of range
            -9223372036854775808 | a  | ERR offset is out of range
            536870911            | ab | ERR string exceeds maximum allowed size (proto-max-bulk-len)
            536870912            | a  | ERR string exceeds maximum allowed size (proto-max-bulk-len)
            2147483647           | a  | ERR string exceeds maximum allowed size (proto-max-bulk-len)
            9223372036854775807  | a  | ERR string exceeds maximum allowed size (proto-max-bulk-len)
            """)
    void aValueEndsWithin512Megabytes(String offset, String part, String error) throws IOException {
        redis.call("SETRANGE", "k", offset, part).isError(error);
        redis.call("EXISTS", "k").is(0);
        redis.call("SET", "k", "abc").isOk();
        redis.call("SETRANGE", "k", offset, part).isError(error);
        redis.call("GET", "k").is("abc");
    }

    // ---- numbers ----

    @Test
    void count() throws IOException {
        redis.call("INCR", "k").is(1);
        redis.call("INCRBY", "k", "41").is(42);
        redis.call("DECR", "k").is(41);
        redis.call("DECRBY", "k", "50").is(-9);
        redis.call("INCRBY", "k", "-1").is(-10);
        redis.call("GET", "k").is("-10");
        redis.call("INCRBY", "zero", "0").is(0);
        redis.call("GET", "zero").is("0");
        redis.call("APPEND", "zero", "7").is(2);
        redis.call("INCR", "zero").isError(NO_INTEGER);
    }

    @Test
    void countingStopsAtTheEndsOfTheRange() throws IOException {
        redis.call("SET", "k", "9223372036854775806").isOk();
        redis.call("INCR", "k").is(Long.MAX_VALUE);
        redis.call("INCR", "k").isError(OVERFLOW);
        redis.call("GET", "k").is("9223372036854775807");
        redis.call("INCRBY", "k", "-9223372036854775808").is(-1);
        redis.call("DECRBY", "k", "9223372036854775807").is(Long.MIN_VALUE);
        redis.call("DECR", "k").isError(OVERFLOW);
        redis.call("INCRBY", "k", "-1").isError(OVERFLOW);
        redis.call("DECRBY", "none", "-9223372036854775808").isError("ERR decrement would overflow");
        redis.call("INCRBY", "none", "9223372036854775808").isError(NO_INTEGER);
        redis.call("EXISTS", "none").is(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 1", "1 ", "+1", "01", "-0", "1.0", "abc", "9223372036854775808", "0x10"})
    void onlyCanonicalIntegersCount(String value) throws IOException {
        redis.call("SET", "k", value).isOk();
        redis.call("INCR", "k").isError(NO_INTEGER);
        redis.call("GET", "k").is(value);
        redis.call("INCRBY", "n", value).isError(NO_INTEGER);
        redis.call("EXISTS", "n").is(0);
    }

    @ParameterizedTest
    @CsvSource({"10.50, 0.1, 10.6", "3200, 0.1, 3200.10000000000000009", "1.5, 1, 2.5", "5.0e3, 2.0e2, 5200", "3, 1.000000000000000005, 4.00000000000000001",
            "-1.5, 1.5, 0", "0, 1e20, 100000000000000000000", "1, -1e-17, 0.99999999999999999", "0, 1e-18, 0", "10, -3, 7",
            "0.1, 0.2, 0.3", "1e17, 0.1, 100000000000000000.1015625", "123456789.123456789, 0.000000001, 123456789.12345678999554366",
            ".5, +.5, 1", "1, 1e-10, 1.0000000001"})
    void countWithFractions(String value, String increment, String sum) throws IOException {
        redis.call("SET", "k", value).isOk();
        redis.call("INCRBYFLOAT", "k", increment).is(sum);
        redis.call("GET", "k").is(sum);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 1", "1 ", "abc", "1e", "nan", "1,5", "0x", "1e5000"})
    void onlyNumbersCountWithFractions(String increment) throws IOException {
        redis.call("INCRBYFLOAT", "k", increment).isError("ERR value is not a valid float");
        redis.call("EXISTS", "k").is(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 1", "1 ", "abc", "1e", "nan"})
    void onlyNumbersCanBeCountedOnWithFractions(String value) throws IOException {
        redis.call("SET", "k", value).isOk();
        redis.call("INCRBYFLOAT", "k", "1").isError("ERR value is not a valid float");
        redis.call("GET", "k").is(value);
    }

    @Test
    void aSumWithoutAFractionIsAnIntegerAgain() throws IOException {
        redis.call("INCRBYFLOAT", "k", "2.5").is("2.5");
        redis.call("INCR", "k").isError(NO_INTEGER);
        redis.call("INCRBYFLOAT", "k", "0.5").is("3");
        redis.call("INCR", "k").is(4);
    }

    @Test
    void aSumMustBeANumber() throws IOException {
        redis.call("INCRBYFLOAT", "k", "inf").isError("ERR increment would produce NaN or Infinity");
        redis.call("INCRBYFLOAT", "k", "-Infinity").isError("ERR increment would produce NaN or Infinity");
    }
}
