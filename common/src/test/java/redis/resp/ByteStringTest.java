package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteStringTest {

    private static ByteString bytes(int... values) {
        var bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) bytes[i] = (byte) values[i];
        return ByteString.of(bytes);
    }

    @Test
    void theSameBytesAreEqualWhereverTheyCameFrom() {
        assertThat(ByteString.of("key")).isEqualTo(bytes('k', 'e', 'y')).hasSameHashCodeAs(bytes('k', 'e', 'y'));
        assertThat(ByteString.of(42)).isEqualTo(ByteString.of("42")).hasSameHashCodeAs(ByteString.of("42"));
        assertThat(ByteString.EMPTY).isEqualTo(ByteString.of("")).hasSameHashCodeAs(ByteString.of(""));
    }

    @Test
    void otherBytesAreNotEqual() {
        assertThat(ByteString.of("key")).isNotEqualTo(ByteString.of("kez")).isNotEqualTo(ByteString.of("ke"))
                .isNotEqualTo(ByteString.of("KEY")).isNotEqualTo("key").isNotEqualTo(null);
    }

    @Test
    void theHashStaysTheSame() {
        var value = ByteString.of("any");
        assertThat(value.hashCode()).isEqualTo(value.hashCode());
    }

    @Test
    void keysThatDifferInOneByteHaveDifferentHashes() {
        assertThat(IntStream.range(0, 256).map(b -> bytes('k', b).hashCode()).distinct()).hasSize(256);
    }

    @Test
    void textIsUtf8() {
        assertThat(ByteString.of("é€").toByteArray()).isEqualTo("é€".getBytes(StandardCharsets.UTF_8));
        assertThat(ByteString.of("é€").length()).isEqualTo(5);
        assertThat(ByteString.of("é€")).hasToString("é€");
        assertThat(bytes(0xff)).hasToString("\ufffd");
    }

    @Test
    void latin1KeepsEveryByte() {
        var all = new byte[256];
        for (int i = 0; i < all.length; i++) all[i] = (byte) i;
        var text = ByteString.of(all).toLatin1();
        assertThat(text).hasSize(256);
        assertThat(text.getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(all);
    }

    @Test
    void aCallersArrayIsCopiedOnItsWayInAndOut() {
        byte[] mine = {'a'};
        var value = ByteString.of(mine);
        mine[0] = 'b';
        value.toByteArray()[0] = 'c';
        assertThat(value).isEqualTo(ByteString.of("a"));
        assertThat(value.array()).isEqualTo(new byte[] {'a'}).isSameAs(value.array());
    }

    @Test
    void bytesCanBeLookedAtOneByOne() {
        var value = bytes(0, 0x80);
        assertThat(value.at(0)).isZero();
        assertThat(value.at(1)).isEqualTo((byte) 0x80);
        assertThatThrownBy(() -> value.at(2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(value.isEmpty()).isFalse();
        assertThat(ByteString.EMPTY.isEmpty()).isTrue();
    }

    @Test
    void concatJoinsAndLeavesBothAsTheyWere() {
        var first = ByteString.of("ab");
        var second = ByteString.of("cd");
        assertThat(first.concat(second)).isEqualTo(ByteString.of("abcd"));
        assertThat(first.concat(ByteString.EMPTY)).isEqualTo(first);
        assertThat(ByteString.EMPTY.concat(second)).isEqualTo(second);
        assertThat(first).isEqualTo(ByteString.of("ab"));
        assertThat(second).isEqualTo(ByteString.of("cd"));
    }

    @Test
    void substringTakesFromIncludedToExcluded() {
        var value = ByteString.of("hello");
        assertThat(value.substring(1, 3)).isEqualTo(ByteString.of("el"));
        assertThat(value.substring(0, 5)).isEqualTo(value);
        assertThat(value.substring(5, 5)).isEqualTo(ByteString.EMPTY);
    }

    @Test
    void overwriteReplacesWithinAndLeavesTheOriginal() {
        var value = ByteString.of("hello world");
        assertThat(value.overwrite(6, ByteString.of("redis"))).isEqualTo(ByteString.of("hello redis"));
        assertThat(value.overwrite(0, ByteString.of("J"))).isEqualTo(ByteString.of("Jello world"));
        assertThat(value.overwrite(3, ByteString.EMPTY)).isEqualTo(value);
        assertThat(value).isEqualTo(ByteString.of("hello world"));
    }

    @Test
    void overwriteGrowsWhereThePatchReachesPastTheEnd() {
        assertThat(ByteString.of("hello").overwrite(4, ByteString.of("ow"))).isEqualTo(ByteString.of("hellow"));
        assertThat(ByteString.of("hello").overwrite(5, ByteString.of("!"))).isEqualTo(ByteString.of("hello!"));
    }

    @Test
    void overwriteFillsAGapWithZeroBytes() {
        assertThat(ByteString.of("a").overwrite(3, ByteString.of("b"))).isEqualTo(bytes('a', 0, 0, 'b'));
        assertThat(ByteString.EMPTY.overwrite(2, ByteString.of("b"))).isEqualTo(bytes(0, 0, 'b'));
    }

    @Test
    void overwriteRefusesToGrowPastAnArraysLimit() {
        assertThatExceptionOfType(ArithmeticException.class)
                .isThrownBy(() -> ByteString.EMPTY.overwrite(Integer.MAX_VALUE, ByteString.of("b")));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 9, 10, -10, 42, 1_000_000_000_000_000_000L, -1_000_000_000_000_000_000L,
        Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MIN_VALUE, Long.MIN_VALUE + 1})
    void aNumberSurvivesItsDecimalForm(long number) {
        assertThat(ByteString.of(number)).hasToString(Long.toString(number));
        assertThat(ByteString.of(number).parseLong()).isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "+", "-0", "00", "01", "-01", "000", "+1", "+0", "--1", "-+1", " 1", "1 ", "1\n",
        "1\0", "1.0", "1e3", "0x10", "1_000", "a", "1a", "a1", "/", ":", "9223372036854775808", "-9223372036854775809",
        "9999999999999999999", "-9999999999999999999", "10000000000000000000", "-10000000000000000000",
        "12345678901234567890", "00000000000000000001", "18446744073709551617",
        "340282366920938463463374607431768211457", "\u0661", "\u00b2"})
    void whatIsNotACanonicalIntegerIsRefused(String text) {
        assertThatExceptionOfType(NumberFormatException.class).isThrownBy(() -> ByteString.of(text).parseLong());
    }

    @Test
    void everyByteThatIsNotADigitIsRefused() {
        for (int b = 0; b < 256; b++) {
            if ('0' <= b && b <= '9') continue;
            var value = bytes('1', b, '1');
            assertThatExceptionOfType(NumberFormatException.class).isThrownBy(value::parseLong);
        }
    }

    @ParameterizedTest
    @CsvSource({"get, true", "GET, true", "gEt, true", "ge, false", "gett, false", "gat, false", "'', false"})
    void commandNamesAreComparedWithoutCase(String text, boolean equal) {
        assertThat(ByteString.of(text).equalsIgnoreCase("GET")).isEqualTo(equal);
    }

    @Test
    void everyLetterHasACase() {
        assertThat(ByteString.of("abcdefghijklmnopqrstuvwxyz").equalsIgnoreCase("ABCDEFGHIJKLMNOPQRSTUVWXYZ")).isTrue();
    }

    @Test
    void onlyLettersHaveACase() {
        assertThat(ByteString.of("@[`{").equalsIgnoreCase("`{@[")).isFalse();
        assertThat(ByteString.of("@").equalsIgnoreCase("`")).isFalse();
        assertThat(ByteString.of("[").equalsIgnoreCase("{")).isFalse();
        assertThat(bytes(0xc9).equalsIgnoreCase("I")).isFalse();
    }

    @Test
    void theOrderIsThatOfUnsignedBytesAndAPrefixComesFirst() {
        var ordered = List.of(ByteString.EMPTY, bytes(0), bytes(0, 0), bytes('a'), bytes('a', 'b'), bytes('b'),
                bytes(0x7f), bytes(0x80), bytes(0xff), bytes(0xff, 0));
        for (int i = 0; i < ordered.size(); i++) {
            for (int j = 0; j < ordered.size(); j++) {
                assertThat(Integer.signum(ordered.get(i).compareTo(ordered.get(j)))).isEqualTo(Integer.compare(i, j));
            }
        }
    }

    /// A `HashMap` sorts an overfull bucket into a tree by the order of the keys, which has to agree with their
    /// equality.
    @Test
    void keysThatShareOneHashAreKeptApart() {
        var keys = keysWithOneHash(10);
        assertThat(keys).extracting(ByteString::hashCode).containsOnly(keys.getFirst().hashCode());

        var map = new HashMap<ByteString, Integer>();
        for (int i = 0; i < keys.size(); i++) map.put(keys.get(i), i);
        assertThat(map).hasSize(1024);
        for (int i = 0; i < keys.size(); i++) {
            assertThat(map).containsEntry(ByteString.of(keys.get(i).toByteArray()), i);
        }
        assertThat(map).doesNotContainKey(ByteString.of("AaAaAaAaAaAaAaAaAaAC"));
    }

    /// "Aa" and "BB" have the same hash, so all words of a length made of them do.
    private static List<ByteString> keysWithOneHash(int pairs) {
        var keys = new ArrayList<ByteString>();
        for (int bits = 0; bits < 1 << pairs; bits++) {
            var key = new StringBuilder();
            for (int i = 0; i < pairs; i++) key.append((bits >> i & 1) == 0 ? "Aa" : "BB");
            keys.add(ByteString.of(key.toString()));
        }
        return keys;
    }
}
