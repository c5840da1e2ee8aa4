package redis.server;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/// Sums as a real redis-server 7.0.15 on x86-64 answered them to INCRBYFLOAT.
class LongDoubleTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0                                | 0.1                              | 0.1
            0.1                              | 0.2                              | 0.3
            0.1                              | -0.3                             | -0.2
            3200                             | 0.1                              | 3200.10000000000000009
            5.0e3                            | 2.0E2                            | 5200
            +1.                              | -.5                              | 0.5
            1.5                              | -1.5                             | 0
            0                                | -0.0                             | 0
            1e-5                             | 1e-7                             | 0.0000101
            3.14159265358979323846           | 2.71828182845904523536           | 5.85987448204883847
            123456789.123456789              | 1e-9                             | 123456789.12345678999554366
            0                                | 123456789.123456789              | 123456789.12345678899873747
            0.333333333333333333333333333333 | 0.666666666666666666666666666667 | 1
            """)
    void addsAsPeopleDoAsFarAsItsBitsGo(String one, String other, String sum) {
        assertThat(add(one, other)).isEqualTo(sum);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1                         | 5e-18                     | 1
            1                         | 6e-18                     | 1.00000000000000001
            0                         | 0.000000000000000005      | 0
            0                         | 0.0000000000000000051     | 0.00000000000000001
            0                         | 0.000000000000000015      | 0.00000000000000002
            -0.00000000000000000499   | 0                         | 0
            -0.0000000000000000051    | 0                         | -0.00000000000000001
            0                         | 2e-4951                   | 0
            """)
    void showsSeventeenDigitsOfTheFraction(String one, String other, String sum) {
        assertThat(add(one, other)).isEqualTo(sum);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            9223372036854775807            | 1        | 9223372036854775808
            9223372036854775807            | 0.5      | 9223372036854775807.5
            9223372036854775807            | 0.25     | 9223372036854775807
            18446744073709551615           | 1        | 18446744073709551616
            18446744073709551616           | 1        | 18446744073709551616
            18446744073709551616           | 3        | 18446744073709551620
            36893488147419103235           | 0        | 36893488147419103236
            1e17                           | 0.1      | 100000000000000000.1015625
            1e18                           | 0.03125  | 1000000000000000000
            1e18                           | 0.046875 | 1000000000000000000.0625
            1e20                           | -1       | 100000000000000000000
            1e30                           | 1        | 1000000000000000000024696061952
            123456789012345678901234567890 | 0        | 123456789012345678899921813504
            99999999999999999.99999        | 0.00001  | 100000000000000000
            """)
    void roundsToSixtyFourBitsAndToTheEvenOneOfTwo(String one, String other, String sum) {
        assertThat(add(one, other)).isEqualTo(sum);
    }

    @Test
    void writesLargeNumbersWithoutAnExponent() {
        var sum = add("1e4932", "1");
        assertThat(sum.length()).isEqualTo(4933);
        assertThat(sum.substring(0, 40)).isEqualTo("1000000000000000000006018949387963891323");
        assertThat(add("1.18973149535723176502e4932", "0").substring(0, 40)).isEqualTo("1189731495357231765021263853030970205169");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "1 ", " 1", "1\n", "1\0", "abc", "1e", "1e+", "e1", ".", "+", "--1", "1,5", "1_0", "1d", "1f", "nan", "-nan", "infinit",
            "\u0661", "1e4933", "-1e5000", "1.18973149535723176509e4932", "1.82e-4951", "1e999999999", "1e-99999999999"})
    void refusesWhatIsNoNumberOrOneOutOfRange(String text) {
        assertThatExceptionOfType(CommandException.class).isThrownBy(() -> LongDouble.parse(ByteString.of(text)))
                .withMessage("ERR value is not a valid float");
    }

    @Test
    void refusesLongTexts() {
        assertThat(add("0".repeat(5118) + "1", "1")).isEqualTo("2");
        assertThatExceptionOfType(CommandException.class).isThrownBy(() -> LongDouble.parse(ByteString.of("0".repeat(5119) + "1")));
    }

    @ParameterizedTest
    @CsvSource({"inf, 1", "1, -INF", "Infinity, -infinity", "1e4932, 1e4932", "-1e4932, -1e4932"})
    void aSumMustBeANumber(String one, String other) {
        assertThatExceptionOfType(CommandException.class).isThrownBy(() -> add(one, other))
                .withMessage("ERR increment would produce NaN or Infinity");
    }

    private static String add(String one, String other) {
        return LongDouble.parse(ByteString.of(one)).add(LongDouble.parse(ByteString.of(other))).toString();
    }
}
