package redis.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/// How requests arrive: in pieces of any size, slowly, and larger than any buffer.
class RespReaderStreamTest {

    private static final String PING = "*1\r\n$4\r\nPING\r\n";
    private static final int KIB = 1024;

    /// Streams with all that a request may consist of. One ends well, the others do not.
    static final List<String> STREAMS = List.of(
            PING + "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$6\r\n\r\n*1\r\n\r\n" + PING,
            "PING\r\nSET k \"a\\x41 b\"\n\r\n*0\r\n*-1\r\n" + PING + "\n  \t\r\nECHO 'x'\r\n\r\n",
            "*1\rX$4\rYPINGzz" + PING + "*2\r\n$4\r\nECHO\r\n$3\r\nab",
            PING + "PING\r\n*1\r\n+OK\r\n" + PING,
            PING + "*1\r\n$-1\r\n" + PING,
            PING + "*1x\r\n" + PING,
            PING + "PING \"a\r\n" + PING,
            PING + "PING");

    /// Values around every size at which the reader changes its ways.
    static final List<Integer> SIZES = List.of(
            490, 512, 1023, 8191, 8192, 8193, 16_384, 16_400, 65_535, 65_536, 65_537, 131_072, 300_000);

    private static ByteString value(int size) {
        var bytes = new byte[size];
        for (int i = 0; i < size; i++) bytes[i] = (byte) (i * 31 + i / 256);
        return ByteString.of(bytes);
    }

    private static byte[] encoded(List<ByteString> request) throws IOException {
        var wire = new ByteArrayOutputStream();
        var writer = new RespWriter(wire);
        writer.writeRequest(request);
        writer.flush();
        return wire.toByteArray();
    }

    // ---- pieces ----

    @ParameterizedTest
    @FieldSource("STREAMS")
    void aStreamCutInTwoAnywhereMeansTheSame(String stream) {
        var bytes = PieceStream.bytes(stream);
        var whole = Outcome.ofRequests(PieceStream.of(bytes));
        for (int cut = 1; cut < bytes.length; cut++) {
            assertThat(Outcome.ofRequests(PieceStream.splitAt(cut, bytes))).as("cut at %d", cut).isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @FieldSource("STREAMS")
    void aStreamThatComesByteByByteMeansTheSame(String stream) {
        var bytes = PieceStream.bytes(stream);
        var whole = Outcome.ofRequests(PieceStream.of(bytes));
        assertThat(Outcome.ofRequests(PieceStream.byteByByte(bytes))).isEqualTo(whole);
    }

    @Test
    void aLargeValueCutInTwoAnywhereMeansTheSame() throws IOException {
        var request = List.of(ByteString.of("SET"), value(8200), ByteString.of("k"));
        var bytes = encoded(request);
        for (int cut = 1; cut < bytes.length; cut++) {
            var reader = new RespReader(PieceStream.splitAt(cut, bytes));
            assertThat(reader.readRequest()).as("cut at %d", cut).isEqualTo(request);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 600, 65_530})
    void aLongLineThatComesByteByByteIsOneRequest(int size) throws IOException {
        var word = "x".repeat(size);
        var bytes = PieceStream.bytes("ECHO " + word + "\n" + PING);
        var reader = new RespReader(PieceStream.byteByByte(bytes));
        assertThat(reader.readRequest()).containsExactly(ByteString.of("ECHO"), ByteString.of(word));
        assertThat(reader.readRequest()).containsExactly(ByteString.of("PING"));
    }

    /// The limit is one of the line, not of what a read happened to bring.
    @ParameterizedTest
    @ValueSource(strings = {"x", "*", "*1\r\n$"})
    void aTooLongLineIsRefusedInWhicheverPiecesItComes(String start) {
        for (int length : new int[] {65_535, 65_536, 65_537, 80_000, 140_000}) {
            var bytes = PieceStream.bytes(start + "1".repeat(length - 1) + "\r\n" + PING);
            var whole = Outcome.ofRequests(PieceStream.of(bytes));
            assertThat(Outcome.ofRequests(PieceStream.byteByByte(bytes))).as("length %d", length).isEqualTo(whole);
            for (int cut : new int[] {1, 20_000, 65_536, length - 1, length, length + 1}) {
                assertThat(Outcome.ofRequests(PieceStream.splitAt(cut, bytes)))
                        .as("length %d, cut at %d", length, cut).isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest
    @FieldSource("STREAMS")
    void aReaderThatTimedOutTakesUpWhereItWas(String stream) {
        var bytes = PieceStream.bytes(stream);
        var reader = new RespReader(new Interrupted(PieceStream.byteByByte(bytes)));
        var requests = new ArrayList<Object>();
        for (int attempts = 0; attempts < 2 * bytes.length + 2; attempts++) {
            try {
                var request = reader.readRequest();
                if (request == null) break;
                requests.add(request);
            } catch (SocketTimeoutException e) {
                // try again
            } catch (IOException e) {
                break;
            }
        }
        assertThat(requests).isEqualTo(Outcome.ofRequests(PieceStream.of(bytes)).messages());
    }

    /// Every second read times out, as that of a socket with a timeout may.
    private static final class Interrupted extends InputStream {

        private final InputStream in;
        private boolean ready = true;

        Interrupted(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() {
            throw new AssertionError("a read for a single byte");
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            ready = !ready;
            if (!ready) throw new SocketTimeoutException();
            return in.read(target, offset, length);
        }
    }

    /// The stream plants a line end among bytes that it has handed out before. Who finds it has searched them twice.
    @Test
    void whatHasBeenSearchedForALineEndIsNotSearchedAgain() throws IOException {
        var line = PieceStream.byteByByte(PieceStream.bytes("abcdef\n"));
        var reader = new RespReader(new InputStream() {
            @Override
            public int read() {
                return line.read();
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                if (offset == 4) target[2] = '\n';
                return line.read(target, offset, length);
            }
        });
        assertThat(reader.readRequest()).containsExactly(ByteString.of("ab\ndef"));
    }

    // ---- waiting ----

    @Test
    void whatIsToLeaveIsFlushedBeforeEachReadAndAtNoOtherTime() throws IOException {
        var flushes = new int[1];
        var stream = PieceStream.of(PING + "PI", "NG\r\n*2\r\n$4", "\r\nECHO\r\n$20000\r\n", "x".repeat(19_999),
                "x\r", "\n" + PING);
        stream.beforeRead(() -> assertThat(flushes[0]).isEqualTo(stream.reads() + 1));
        var reader = new RespReader(stream, () -> flushes[0]++);
        for (int i = 0; i < 4; i++) assertThat(reader.readRequest()).isNotNull();
        assertThat(reader.pollRequest()).isNull();
        assertThat(reader.readRequest()).isNull();
        assertThat(flushes[0]).isEqualTo(stream.reads());
    }

    @Test
    void noReadWaitsWhileACompleteRequestIsHere() throws IOException {
        var first = PING + "\r\nECHO a\r\n*0\r\n";
        var second = "*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n";
        var bytes = PieceStream.bytes(first + second + PING);
        var ends = List.of(PING.length(), first.length() - 4, (first + second).length(), bytes.length);
        for (int cut = 1; cut < bytes.length; cut++) {
            var returned = new int[1];
            var stream = PieceStream.splitAt(cut, bytes);
            stream.beforeRead(() -> {
                long complete = ends.stream().filter(end -> end <= stream.delivered()).count();
                assertThat(returned[0]).isEqualTo(complete);
            });
            var reader = new RespReader(stream);
            while (reader.readRequest() != null) returned[0]++;
            assertThat(returned[0]).isEqualTo(4);
        }
    }

    @Test
    void aPollNeverReads() throws IOException {
        var stream = PieceStream.of(PING + "ECHO a\r\n*2\r\n$4\r\nECHO\r\n", "$1\r\nb\r\n");
        var reader = new RespReader(stream, () -> assertThat(stream.reads()).isLessThan(2));
        assertThat(reader.pollRequest()).isNull();
        assertThat(stream.reads()).isZero();

        reader.readRequest();
        assertThat(reader.pollRequest()).containsExactly(ByteString.of("ECHO"), ByteString.of("a"));
        assertThat(reader.pollRequest()).isNull();
        assertThat(reader.pollRequest()).isNull();
        assertThat(stream.reads()).isEqualTo(1);

        assertThat(reader.readRequest()).containsExactly(ByteString.of("ECHO"), ByteString.of("b"));
        assertThat(reader.pollRequest()).isNull();
        assertThat(stream.reads()).isEqualTo(2);
    }

    @Test
    void aFlushThatFailsFailsTheRead() {
        var stream = PieceStream.of(PING);
        var reader = new RespReader(stream, () -> {
            throw new IOException("broken pipe");
        });
        assertThatExceptionOfType(IOException.class).isThrownBy(reader::readRequest).withMessage("broken pipe");
        assertThat(stream.reads()).isZero();
    }

    // ---- large values ----

    @ParameterizedTest
    @FieldSource("SIZES")
    void aValueOfAnySizeArrivesWhole(int size) throws IOException {
        var request = List.of(ByteString.of("SET"), ByteString.of("k"), value(size));
        var bytes = encoded(request);
        var reader = new RespReader(PieceStream.of(bytes, bytes, PieceStream.bytes(PING)));
        assertThat(reader.readRequest()).isEqualTo(request);
        assertThat(reader.bytesConsumed()).isEqualTo(bytes.length);
        assertThat(reader.readRequest()).isEqualTo(request);
        assertThat(reader.bytesConsumed()).isEqualTo(2L * bytes.length);
        assertThat(reader.readRequest()).containsExactly(ByteString.of("PING"));
        assertThat(reader.readRequest()).isNull();
    }

    @ParameterizedTest
    @FieldSource("SIZES")
    void aValueOfAnySizeMayBeCutAtItsEdges(int size) throws IOException {
        var request = List.of(ByteString.of("SET"), value(size), ByteString.of("k"));
        var bytes = encoded(request);
        int start = new String(bytes, 0, 40, StandardCharsets.ISO_8859_1).indexOf("\r\n", 14) + 2;
        for (int edge : new int[] {start, start + size}) {
            for (int cut = edge - 12; cut <= edge + 6; cut++) {
                var reader = new RespReader(PieceStream.splitAt(cut, bytes));
                assertThat(reader.readRequest()).as("cut at %d", cut).isEqualTo(request);
            }
        }
    }

    @Test
    void aRequestMayHaveSeveralLargeValues() throws IOException {
        var request = new ArrayList<ByteString>();
        for (int size : SIZES) request.add(value(size));
        var bytes = encoded(request);
        assertThat(new RespReader(PieceStream.of(bytes)).readRequest()).isEqualTo(request);
        assertThat(new RespReader(PieceStream.byteByByte(bytes)).readRequest()).isEqualTo(request);
    }

    /// The line makes the buffer grow, so that all of the value is in it when its turn comes.
    @ParameterizedTest
    @FieldSource("SIZES")
    void aLargeValueMayFollowALineThatGrewTheBuffer(int size) throws IOException {
        var wire = new ByteArrayOutputStream();
        var request = List.of(ByteString.of("SET"), value(size));
        wire.writeBytes(PieceStream.bytes("ECHO " + "x".repeat(60_000) + "\r\n"));
        wire.writeBytes(encoded(request));
        wire.writeBytes(PieceStream.bytes(PING));
        var reader = new RespReader(PieceStream.of(wire.toByteArray()));
        assertThat(reader.readRequest()).hasSize(2);
        assertThat(reader.readRequest()).isEqualTo(request);
        assertThat(reader.readRequest()).containsExactly(ByteString.of("PING"));
        assertThat(reader.bytesConsumed()).isEqualTo(wire.size());
    }

    @Test
    void aReturnedRequestDoesNotChangeWhenMoreIsRead() throws IOException {
        var bytes = encoded(List.of(ByteString.of("SET"), ByteString.of("k"), value(300)));
        var reader = new RespReader(PieceStream.of(bytes, PieceStream.bytes("x".repeat(400) + "\n")));
        var first = reader.readRequest();
        reader.readRequest();
        assertThat(first).containsExactly(ByteString.of("SET"), ByteString.of("k"), value(300));
    }

    // ---- too large a request ----

    /// With the sizes in which the arguments come.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 10, 8_192, 100_000})
    void aRequestThatGrowsTooLargeIsNotReadToItsEnd(int size) throws IOException {
        var argument = "$" + size + "\r\n" + "x".repeat(size) + "\r\n";
        int arguments = 250_000 / argument.length() + 1;
        var header = "*" + (arguments + 1) + "\r\n";
        var stream = PieceStream.of(PING, header, argument.repeat(arguments), "not read");
        var reader = new RespReader(stream, () -> {}, 250_000);
        assertThat(reader.readRequest()).containsExactly(ByteString.of("PING"));
        for (int i = 0; i < 2; i++) {
            assertThatExceptionOfType(IOException.class).isThrownBy(reader::readRequest)
                    .isExactlyInstanceOf(IOException.class).withMessage("a request of more than 250000 bytes");
        }
        assertThat(stream.delivered()).isBetween(250_000L, (long) PING.length() + header.length() + arguments * argument.length());
        assertThat(reader.pollRequest()).isNull();
        assertThat(reader.bytesConsumed()).isEqualTo(PING.length());
    }

    @Test
    void theLimitIsForOneRequestAlone() throws IOException {
        var line = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n1234\r\n";
        var stream = PieceStream.byteByByte(PieceStream.bytes((line + "\r\n".repeat(20) + "*0\r\n").repeat(10)));
        var reader = new RespReader(stream, () -> {}, line.length() - "*3\r\n".length());
        for (int i = 0; i < 10; i++) assertThat(reader.readRequest()).hasSize(3);
        assertThat(reader.readRequest()).isNull();
    }

    @Test
    void theLimitCountsFromTheFirstByteOfARequest() throws IOException {
        var request = "*2\r\n$4\r\nECHO\r\n$100\r\n" + "x".repeat(100) + "\r\n";
        int limit = request.length() - "*2\r\n".length();
        var fits = new RespReader(PieceStream.of(PING + request.substring(0, 50), request.substring(50)), () -> {}, limit);
        assertThat(fits.readRequest()).hasSize(1);
        assertThat(fits.readRequest()).hasSize(2);

        var tooLarge = new RespReader(PieceStream.of(PING + request.substring(0, 50), request.substring(50, 120), request.substring(120)), () -> {}, 100);
        assertThat(tooLarge.readRequest()).hasSize(1);
        assertThatExceptionOfType(IOException.class).isThrownBy(tooLarge::readRequest).withMessage("a request of more than 100 bytes");
    }

    // ---- memory ----

    @ParameterizedTest
    @ValueSource(strings = {"*1\r\n$536870912\r\n", "*1\r\n$536870912\r\nabc", "*2147483647\r\n",
        "*2147483647\r\n$1\r\nx\r\n", "*2147483647\r\n$536870912\r\n"})
    void anAnnouncementAloneTakesNoMemory(String wire) throws IOException {
        long allocated = Allocation.inSecondRun(() -> assertUnfinished(new RespReader(PieceStream.of(wire))));
        assertThat(allocated).isLessThan(256 * KIB);
    }

    @Test
    void memoryGrowsWithTheBytesThatArrived() throws IOException {
        var bytes = PieceStream.bytes("*1\r\n$536870912\r\n" + "x".repeat(1024 * KIB));
        long allocated = Allocation.inSecondRun(() -> assertUnfinished(new RespReader(PieceStream.of(bytes))));
        assertThat(allocated).isLessThan(5 * 1024 * KIB);
    }

    @Test
    void aLongLineTakesMemoryInProportionHoweverSlowlyItComes() throws IOException {
        var stream = PieceStream.byteByByte(PieceStream.bytes("x".repeat(60_000)));
        long allocated = Allocation.during(() -> assertUnfinished(new RespReader(stream)));
        assertThat(allocated).isLessThan(512 * KIB);
    }

    private static void assertUnfinished(RespReader reader) throws IOException {
        try {
            assertThat(reader.readRequest()).isNull();
            throw new AssertionError("no end within a request");
        } catch (EOFException e) {
            // as it should be
        }
    }

    @Test
    void aLargeValueIsReadPastTheBuffer() throws IOException {
        var bytes = encoded(List.of(ByteString.of("SET"), value(60_000)));
        long allocated = Allocation.inSecondRun(() -> new RespReader(PieceStream.of(bytes)).readRequest());
        assertThat(allocated).isBetween(60_000L, 70_000L);
    }

    @Test
    void aNewReaderStartsSmall() throws IOException {
        var stream = PieceStream.of(PING);
        new RespReader(stream).readRequest();
        assertThat(stream.room()).isEqualTo(512);
    }

    @Test
    void theBufferGrowsWhileMuchArrives() throws IOException {
        var stream = PieceStream.of(PING.repeat(10_000));
        var reader = new RespReader(stream);
        while (reader.readRequest() != null) assertThat(stream.room()).isLessThanOrEqualTo(16 * KIB);
        assertThat(stream.room()).isEqualTo(16 * KIB);
    }

    @Test
    void theBufferFallsBackAfterALongLine() throws IOException {
        var stream = PieceStream.of("ECHO " + "x".repeat(60_000) + "\r\n", PING);
        var reader = new RespReader(stream);
        reader.readRequest();
        reader.readRequest();
        assertThat(stream.room()).isEqualTo(16 * KIB);
    }

    @Test
    void theBufferIsSmallAgainAfterManySmallReads() throws IOException {
        var stream = PieceStream.of(PING.repeat(2_000));
        for (int i = 0; i < 100; i++) stream.add(PieceStream.bytes(PING));
        var reader = new RespReader(stream);
        for (int i = 0; i < 2_010; i++) reader.readRequest();
        assertThat(stream.room()).isEqualTo(16 * KIB);
        while (reader.readRequest() != null) assertThat(stream.room()).isPositive();
        assertThat(stream.room()).isEqualTo(512);
    }

    @Test
    void theBufferStaysWhileALargeReadComesNowAndThen() throws IOException {
        var stream = PieceStream.of(PING.repeat(2_000));
        for (int i = 0; i < 100; i++) {
            stream.add(PieceStream.bytes(PING.repeat(200)));
            for (int j = 0; j < 10; j++) stream.add(PieceStream.bytes(PING));
        }
        var reader = new RespReader(stream);
        for (int i = 0; i < 2_000; i++) reader.readRequest();
        while (reader.readRequest() != null) assertThat(stream.room()).isEqualTo(16 * KIB);
    }
}
