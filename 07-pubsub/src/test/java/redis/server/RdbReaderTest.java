package redis.server;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;
import redis.resp.RespReader;
import redis.server.RdbContent.Entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static redis.server.RdbContent.bytes;
import static redis.server.RdbContent.file;
import static redis.server.RdbContent.littleEndian;
import static redis.server.RdbContent.withChecksum;

class RdbReaderTest {

    private static final byte[] KEY = bytes(0, 1, "k", 1, "v");

    private static Entry entry(String key, String value, long deadline) {
        return new Entry(ByteString.of(bytes(key)), ByteString.of(bytes(value)), deadline);
    }

    /// What a file gives whose only key has a value of these bytes.
    private static String value(Object... encoded) throws IOException {
        return RdbContent.of(file(0, 1, "k", bytes(encoded))).entries().getFirst().value().toLatin1();
    }

    private static void assertRefused(byte[] file, String message) {
        assertThatThrownBy(() -> RdbContent.of(file)).isInstanceOf(RdbException.class).hasMessage(message);
    }

    // ---- what it reads ----

    @Test
    void theSmallestFile() throws IOException {
        var content = RdbContent.of(withChecksum(bytes("REDIS0009", 0xfe, 0, KEY, 0xff)));
        assertThat(content.entries()).containsExactly(entry("k", "v", -1));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 5, 9, 10, 11, 12})
    void everyVersion(int version) throws IOException {
        var file = bytes("REDIS%04d".formatted(version), KEY, 0xff);
        var content = RdbContent.of(version < 5 ? file : withChecksum(file));
        assertThat(content.entries()).containsExactly(entry("k", "v", -1));
    }

    @Test
    void everyEncodingOfAString() throws IOException {
        assertThat(value(0)).isEmpty();
        assertThat(value(0xc0, 0x80)).isEqualTo("-128");
        assertThat(value(0xc1, 0x80, 0)).isEqualTo("128");
        assertThat(value(0xc1, 0, 0x80)).isEqualTo("-32768");
        assertThat(value(0xc2, 0, 0x80, 0, 0)).isEqualTo("32768");
        assertThat(value(0xc2, 0, 0, 0, 0x80)).isEqualTo("-2147483648");
        assertThat(value(0xc3, 6, 21, 1, "aa", 0xe0, 0x0a, 0)).isEqualTo("a".repeat(21));
        assertThat(value(0x40, 64, "x".repeat(64))).isEqualTo("x".repeat(64));
        assertThat(value(0x40, 1, "x")).isEqualTo("x");
        assertThat(value(0x41, 44, "x".repeat(300))).isEqualTo("x".repeat(300));
        assertThat(value(0x7f, 0xff, "x".repeat(16_383))).isEqualTo("x".repeat(16_383));
        assertThat(value(0x80, 0, 0, 0, 1, "\u00ff")).isEqualTo("\u00ff");
        assertThat(value(0x81, 0, 0, 0, 0, 0, 0, 0, 1, "\0")).isEqualTo("\0");
    }

    @Test
    void keysInEveryEncoding() throws IOException {
        var content = RdbContent.of(file(0, 0, 0, 0, 0xc0, 5, 0, 0, 0xc3, 6, 21, 1, "aa", 0xe0, 0x0a, 0, 0));
        assertThat(content.entries()).containsExactly(entry("", "", -1), entry("5", "", -1), entry("a".repeat(21), "", -1));
    }

    @ParameterizedTest
    @ValueSource(ints = {65_000, 65_520, 65_536, 70_000, 1_000_000})
    void stringsLongerThanTheBuffer(int length) throws IOException {
        var noise = new byte[length];
        new Random(length).nextBytes(noise);
        var key = bytes(0x80, littleEndian(Integer.reverseBytes(length), 4), noise);
        var literals = new byte[length / 32 * 33];
        for (int i = 0; i < length / 32; i++) {
            literals[33 * i] = 31;
            System.arraycopy(noise, 32 * i, literals, 33 * i + 1, 32);
        }
        var compressed = bytes(0xc3, 0x80, littleEndian(Integer.reverseBytes(literals.length), 4),
                0x80, littleEndian(Integer.reverseBytes(length / 32 * 32), 4), literals);
        var content = RdbContent.of(file(0, key, compressed, KEY));
        assertThat(content.entries()).containsExactly(
                new Entry(ByteString.of(noise), ByteString.of(Arrays.copyOf(noise, length / 32 * 32)), -1), entry("k", "v", -1));
    }

    @Test
    void bothKindsOfDeadline() throws IOException {
        var content = RdbContent.of(file(
                0xfc, littleEndian(1_700_000_000_123L, 8), 0, 1, "a", 0,
                0xfd, littleEndian(1_700_000_000L, 4), 0, 1, "b", 0,
                0, 1, "c", 0,
                0xfd, littleEndian(-2, 4), 0, 1, "d", 0,
                0xfc, littleEndian(-1, 8), 0, 1, "e", 0));
        assertThat(content.entries()).containsExactly(entry("a", "", 1_700_000_000_123L), entry("b", "", 1_700_000_000_000L),
                entry("c", "", -1), entry("d", "", -2000), entry("e", "", -1));
    }

    @Test
    void howOftenAKeyIsUsedMakesNoDifference() throws IOException {
        var content = RdbContent.of(file(0xfc, littleEndian(5, 8), 0xf8, 0x40, 99, 0, 1, "a", 0, 0xf9, 0xff, 0, 1, "b", 0));
        assertThat(content.entries()).containsExactly(entry("a", "", 5), entry("b", "", -1));
    }

    @Test
    void fieldsAndHints() throws IOException {
        var content = RdbContent.of(file(0xfa, 9, "redis-ver", 6, "7.0.15", 0xfa, 10, "redis-bits", 0xc0, 64, 0xfa, 0, 0,
                0xfe, 0, 0xfb, 0x40, 200, 0x81, 0x7f, "\u00ff".repeat(7), KEY));
        assertThat(content.aux()).containsExactly("redis-ver=7.0.15", "redis-bits=64", "=");
        assertThat(content.resizeHint()).containsExactly(200L, Long.MAX_VALUE);
        assertThat(content.entries()).hasSize(1);
        assertThat(content.skipped()).isEmpty();
    }

    @Test
    void skipsWhatItCanDoWithout() throws IOException {
        long id = 0;
        for (var c : "redismod2".toCharArray()) id = id << 6 | "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(c);
        var module = bytes(0x81, littleEndian(Long.reverseBytes(id << 10 | 3), 8), 2, 1);
        var content = RdbContent.of(file(
                0xf5, 10, "#!lua name",
                0xf4, 1, 0x40, 99, 0x80, 0, 0, 0, 9,
                0xf7, module, 1, 0x81, "\u00ff".repeat(8), 2, 9, 3, "1234", 4, "12345678", 5, 3, "abc", 5, 0xc0, 1, 0,
                0xf7, module, 0,
                KEY));
        assertThat(content.entries()).containsExactly(entry("k", "v", -1));
        assertThat(content.skipped()).containsExactly("a function library at offset 9", "data of the module redismod2 at offset 30",
                "data of the module redismod2 at offset 77");
    }

    @Test
    void aChecksumOfZerosIsNotVerified() throws IOException {
        assertThat(RdbContent.of(bytes("REDIS0010", KEY, 0xff, new byte[8])).entries()).hasSize(1);
    }

    @Test
    void noChecksumIsVerifiedIfTheReaderIsToldSo() throws IOException {
        var file = bytes("REDIS0010", KEY, 0xff, "12345678");
        assertThat(RdbContent.of(new ByteArrayInputStream(file), false).entries()).hasSize(1);
        assertRefused(file, "the checksum at offset 15 is 3837363534333231, that of the bytes before it %016x: the file is damaged"
                .formatted(Crc64.update(0, file, 0, 15)));
    }

    /// An append only file may begin with an RDB file and go on with commands.
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1 << 20})
    void leavesWhatFollows(int piece) throws IOException {
        var rdb = file(KEY);
        var stream = new ByteArrayInputStream(bytes(rdb, "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n")) {
            @Override
            public synchronized int read(byte[] b, int off, int len) {
                return super.read(b, off, Math.min(len, piece));
            }
        };
        var reader = new RdbReader(stream, true);
        reader.read((_, _, _) -> true);
        assertThat(reader.offset()).isEqualTo(rdb.length);
        var commands = new RespReader(reader.rest());
        assertThat(commands.readRequest()).isEqualTo(List.of(ByteString.of("DEL"), ByteString.of("k")));
        assertThat(commands.readRequest()).isNull();
    }

    // ---- what it refuses ----

    @Test
    void whatIsNoRdbFile() {
        assertRefused(bytes(), "the file ends too early at offset 0");
        assertRefused(bytes("REDI"), "the file ends too early at offset 4");
        assertRefused(bytes("*1\r\n$4\r\nPING\r\n"), "not an RDB file: it does not start with REDIS at offset 0");
        assertRefused(bytes("REDIS001"), "the file ends too early at offset 8");
    }

    @ParameterizedTest
    @CsvSource({"0000,0000", "0013,0013", "0020,0020", "1010,1010", "abcd,abcd", "-001,-001", "' 010',' 010'", "001\u00e9,001\\xe9"})
    void otherVersions(String version, String quoted) {
        assertRefused(withChecksum(bytes("REDIS", version, KEY, 0xff)), "RDB version \"" + quoted + "\" at offset 5: this server reads versions 0001 to 0012");
    }

    @Test
    void aFileThatWasCut() {
        var file = file(0xfa, 3, "abc", 0xc3, 6, 21, 1, "aa", 0xe0, 0x0a, 0, 0xfe, 0, 0xfb, 1, 1, 0xfc, littleEndian(5, 8), 0, 0x40, 1, "k", 0xc2, littleEndian(99999, 4));
        for (int length = 0; length < file.length; length++) {
            assertRefused(Arrays.copyOf(file, length), "the file ends too early at offset " + length);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,a list", "2,a set", "3,a sorted set", "4,a hash", "5,a sorted set", "7,a value of a module", "9,a hash", "10,a list", "11,a set", "12,a sorted set",
        "13,a hash", "14,a list", "15,a stream", "16,a hash", "17,a sorted set", "18,a list", "19,a stream", "20,a set", "21,a stream", "22,a hash", "25,a hash"})
    void valuesThatAreNoStrings(int type, String name) {
        assertRefused(file(KEY, type, 6, "\u00e9a\n\"b ", 1, 1, 1),
                "the key \"\\xe9a\\x0a\"b \" is " + name + " (type " + type + " at offset 14): this server knows strings only");
    }

    @Test
    void aLongKeyIsCutInTheMessage() {
        assertRefused(file(18, 0x40, 65, "k".repeat(65)),
                "the key \"" + "k".repeat(64) + "…\" is a list (type 18 at offset 9): this server knows strings only");
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 8, 26, 100, 0xf0, 0xf3})
    void bytesWithoutAMeaning(int type) {
        assertRefused(file(KEY, type), "neither an opcode nor a type of value at offset 14: " + type);
    }

    @Test
    void functionsOfAReleaseCandidate() {
        assertRefused(file(0xf6, 1, "f"), "a function library of a release candidate of Redis 7.0 at offset 9: no later server reads it");
    }

    @Test
    void unknownDataOfAModule() {
        assertRefused(file(0xf7, 0, 2, 1, 6), "unknown data of the module AAAAAAAAA at offset 13: 6");
        assertRefused(file(0xf7, 0, 2, 1, 0x81, "\u00ff".repeat(8)), "unknown data of the module AAAAAAAAA at offset 13: 18446744073709551615");
    }

    @Test
    void anotherDatabase() {
        assertRefused(file(0xfe, 0, KEY, 0xfe, 3, KEY), "database 3 at offset 16: this server has only database 0");
        assertRefused(file(0xfe, 0x81, "\u00ff".repeat(8)), "database 18446744073709551615 at offset 9: this server has only database 0");
    }

    @Test
    void aKeyThatComesTwice() {
        assertRefused(file(KEY, 0, 1, "l", 0, KEY), "the key \"k\" at offset 18: it is there already");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x82, 0xbf, 0xc4, 0xff})
    void bytesThatAreNoLength(int first) {
        assertRefused(file(0, first), "not a length at offset 10: it begins with " + first);
    }

    @Test
    void anEncodedStringWhereALengthBelongs() {
        assertRefused(file(0xfe, 0xc0, 0), "not a length at offset 10: it begins with 192");
        assertRefused(file(0, 0xc3, 6, 0xc0, 21), "not a length at offset 12: it begins with 192");
    }

    @Test
    void lengthsThatNoStringHas() {
        assertRefused(file(0, 0x81, 0x10, new byte[7]), "a length of 1152921504606846976 at offset 10: more than the 2147483639 that are possible");
        assertRefused(file(0, 0x81, 0x80, new byte[7]), "a length of 9223372036854775808 at offset 10: more than the 2147483639 that are possible");
        assertRefused(file(0, 0x80, "\u00ff".repeat(4)), "a length of 4294967295 at offset 10: more than the 2147483639 that are possible");
        assertRefused(file(0, 0xc3, 0x80, 0x80, 0, 0, 0, 5), "a length of 2147483648 at offset 10: more than the 2147483639 that are possible");
        assertRefused(file(0, 0xc3, 5, 0x80, 0x80, 0, 0, 0), "a length of 2147483648 at offset 10: more than the 2147483639 that are possible");
        assertRefused(file(0xfb, 0, 0x81, 0x80, new byte[7]), "a length of 9223372036854775808 at offset 11: more than the 9223372036854775807 that are possible");
    }

    @Test
    void compressedStringsThatAreNone() {
        assertRefused(file(0, 0xc3, 2, 21, 0x20, 0), "a compressed string of 21 bytes at offset 10: it refers to bytes before its start");
        assertRefused(file(0, 0xc3, 2, 0x80, 0x7f, 0, 0, 0, 0, "a"), "a compressed string of 2130706432 bytes at offset 10: it cannot be that long");
    }

    @Test
    void takesNoMemoryForBytesThatDoNotCome() {
        for (var length : List.of(bytes(0x80, 0x7f, 0xff, 0xff, 0xf7), bytes(0xc3, 0x80, 0x7f, 0xff, 0xff, 0xf7, 0x80, 0x7f, 0xff, 0xff, 0xf7))) {
            var file = bytes("REDIS0010", 0, length, new byte[1000]);
            long allocated = allocatedBy(() -> assertRefused(file, "the file ends too early at offset " + file.length));
            assertThat(allocated).isLessThan(5_000_000);
        }
    }

    private static long allocatedBy(Runnable code) {
        var threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
        long before = threads.getCurrentThreadAllocatedBytes();
        code.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
