package redis.server;

import com.sun.management.ThreadMXBean;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RespParserTest {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    @Test
    void readsRequestsOfBothKinds() throws IOException {
        var in = PacketStream.of("*2\r\n$3\r\nGET\r\n$1\r\na\r\nSET \"a b\" c\r\n*1\r\n$4\r\nPING\r\n");
        assertThat(requests(in)).containsExactly(List.of("GET", "a"), List.of("SET", "a b", "c"), List.of("PING"));
    }

    @Test
    void readsBytesOfAnyValue() throws IOException {
        var bytes = new StringBuilder();
        for (char b = 0; b < 256; b++) bytes.append(b);
        assertThat(requests(PacketStream.of("*2\r\n$0\r\n\r\n$256\r\n" + bytes + "\r\n"))).containsExactly(List.of("", bytes.toString()));
    }

    @Test
    void passesOverEmptyRequests() throws IOException {
        assertThat(requests(PacketStream.of("\r\n*0\r\n \t\n*-1\r\n*-9223372036854775808\r\nPING\n*0\r\n"))).containsExactly(List.of("PING"));
    }

    @Test
    void readsTheSameHoweverTheBytesArrive() throws IOException {
        var stream = "*3\r\n$3\r\nSET\r\n$5\r\na\r\nb\n\r\n$0\r\n\r\n*0\r\n\r\nECHO 'a \\' b' \"\\x41\\n\"\r\n*1\r\n$4\r\nPING\r\nQUIT\n";
        var expected = List.of(List.of("SET", "a\r\nb\n", ""), List.of("ECHO", "a ' b", "A\n"), List.of("PING"), List.of("QUIT"));

        assertThat(requests(PacketStream.of(stream))).isEqualTo(expected);
        assertThat(requests(PacketStream.byteByByte(stream))).isEqualTo(expected);
        for (int i = 1; i < stream.length(); i++) {
            for (int j = i + 1; j < stream.length(); j++) {
                var in = PacketStream.of(stream.substring(0, i), stream.substring(i, j), stream.substring(j));
                assertThat(requests(in)).as("cut at %d and %d", i, j).isEqualTo(expected);
            }
        }
    }

    /// A request of each size from one that fits the buffer to some that fill it several times, and their ends at each place in it.
    @ParameterizedTest
    @ValueSource(ints = {1, 16 * KIB - 20, 16 * KIB, 32 * KIB, 64 * KIB, 3 * MIB})
    void readsValuesLargerThanItsBuffer(int about) throws IOException {
        for (int size = about; size < about + 30; size++) {
            var value = "0123456789".repeat(size / 10 + 1).substring(0, size);
            var request = "*2\r\n$4\r\nECHO\r\n$" + size + "\r\n" + value + "\r\n";
            var expected = List.of("ECHO", value);
            assertThat(requests(PacketStream.of(request + "PING\n")).equals(List.of(expected, List.of("PING")))).as("size %d", size).isTrue();
        }
    }

    // ---- the end of the stream ----

    @Test
    void endsBetweenTwoRequests() throws IOException {
        assertThat(requests(PacketStream.of())).isEmpty();
        assertThat(requests(PacketStream.of("PING\r\n"))).hasSize(1);
        assertThat(requests(PacketStream.of("PING\r\n*0\r\n"))).hasSize(1);
    }

    @Test
    void saysThatTheStreamEndedWithinARequest() throws IOException {
        var array = "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n";
        for (int i = 1; i < array.length(); i++) assertEndsWithin(array.substring(0, i));
        assertEndsWithin("PING");
        assertEndsWithin("PING\r");
        assertEndsWithin(" ");
    }

    private static void assertEndsWithin(String torn) throws IOException {
        var parser = new RespParser(PacketStream.of("PING\n" + torn), () -> {});
        assertThat(parser.readRequest()).hasSize(1);
        assertThatThrownBy(parser::readRequest).as(torn).isInstanceOf(EOFException.class);
    }

    // ---- errors ----

    @Test
    void complainsAboutAHeaderOnlyOnceAllOfItIsHere() {
        assertThatThrownBy(() -> requests(PacketStream.of("*x"))).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> requests(PacketStream.of("*x\r"))).isInstanceOf(EOFException.class);
        assertProtocolError("*x\r\n", "invalid multibulk length");
        assertThatThrownBy(() -> requests(PacketStream.of("*1\r\nx\r"))).isInstanceOf(EOFException.class);
        assertProtocolError("*1\r\nx\r\n", "expected '$', got 'x'");
        assertProtocolError("*1\r\n\0\r\n", "expected '$', got '\0'");
        assertProtocolError("*1\r\n\u00ff\r\n", "expected '$', got '\u00ff'");
        assertProtocolError("*1\r\n\r\n", "expected '$', got '\r'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "+1", " 1", "1 ", "01", "-0", "00", "1x", "0x1", "1\n", "\u00b2", "9223372036854775808", "99999999999999999999"})
    void takesANumberInItsCanonicalFormOnly(String number) {
        assertProtocolError("*" + number + "\r\n", "invalid multibulk length");
        assertProtocolError("*1\r\n$" + number + "\r\n", "invalid bulk length");
    }

    @Test
    void limitsLengths() {
        assertProtocolError("*2147483648\r\n", "invalid multibulk length");
        assertProtocolError("*1\r\n$536870913\r\n", "invalid bulk length");
        assertProtocolError("*1\r\n$-1\r\n", "invalid bulk length");
    }

    @Test
    void limitsLines() throws IOException {
        var longest = "1".repeat(64 * KIB);
        assertThat(requests(PacketStream.of(longest + "\n"))).containsExactly(List.of(longest));
        assertProtocolError(longest + "1\n", "too big inline request");
        assertProtocolError("*" + longest.substring(1) + "\r\n", "invalid multibulk length");
        assertProtocolError("*" + longest + "\r\n", "too big mbulk count string");
        assertProtocolError("*1\r\n$" + longest.substring(1) + "\r\n", "invalid bulk length");
        assertProtocolError("*1\r\n$" + longest + "\r\n", "too big bulk count string");
        assertProtocolError("*1\r\nx" + longest + "\r\n", "too big bulk count string");
    }

    private static void assertProtocolError(String bytes, String message) {
        assertThatThrownBy(() -> requests(PacketStream.of(bytes))).isInstanceOf(ProtocolException.class).hasMessage(message);
        assertThatThrownBy(() -> requests(PacketStream.byteByByte(bytes))).isInstanceOf(ProtocolException.class).hasMessage(message);
    }

    // ---- memory ----

    @ParameterizedTest
    @ValueSource(strings = {"*1\r\n$536870912\r\n", "*2147483647\r\n", "*2147483647\r\n$536870912\r\nhello"})
    void takesNoMemoryForWhatIsOnlyAnnounced(String announcement) throws IOException {
        requests(PacketStream.of("*1\r\n$4\r\nPING\r\n")); // classes are loaded now
        var threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> requests(PacketStream.of(announcement))).isInstanceOf(EOFException.class);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MIB);
    }

    // ---- flushing ----

    @Test
    void flushesBeforeItWaitsAndOnlyThen() throws IOException {
        var flushed = new AtomicBoolean();
        var packets = List.of(PacketStream.bytes("PING\nPING\n*1\r\n$4\r\nPI"), PacketStream.bytes("NG\r\nPING\n"));
        var in = new PacketStream(packets, () -> assertThat(flushed.getAndSet(false)).as("flushed before a read").isTrue());
        var parser = new RespParser(in, () -> assertThat(flushed.getAndSet(true)).as("flushed twice before a read").isFalse());
        for (int i = 0; i < 4; i++) {
            assertThat(parser.readRequest()).hasSize(1);
            assertThat(flushed).isFalse();
        }
        assertThat(parser.readRequest()).isNull();
    }

    // ----

    private static List<List<String>> requests(InputStream in) throws IOException {
        var parser = new RespParser(in, () -> {});
        var requests = new ArrayList<List<String>>();
        List<byte[]> request;
        while ((request = parser.readRequest()) != null) {
            requests.add(request.stream().map(word -> new String(word, StandardCharsets.ISO_8859_1)).toList());
        }
        return requests;
    }
}
