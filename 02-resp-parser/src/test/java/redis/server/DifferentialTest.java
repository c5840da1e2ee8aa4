package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;
import redis.resp.RespReader;

import static org.assertj.core.api.Assertions.assertThat;

/// Our parser, written to be read, against the one in `common`, written to be fast: two opinions on the same bytes. Wherever they
/// differ, one of them is wrong.
class DifferentialTest {

    private static final int INPUTS = 10_000;

    @Test
    void bothParsersAgree() throws IOException {
        var ends = new HashMap<String, Integer>();
        for (int seed = 0; seed < INPUTS; seed++) {
            var random = new Random(seed);
            var input = new Input(random).bytes();
            var ours = ours(PacketStream.atRandom(input, random));
            var theirs = theirs(PacketStream.atRandom(input, random));
            if (!ours.equals(theirs)) {
                throw new AssertionError("%nSeed:    %d%nInput:   %s%n02:      %s%ncommon:  %s"
                        .formatted(seed, excerpt(Mismatch.escape(input)), excerpt(ours.toString()), excerpt(theirs.toString())));
            }
            ends.merge(ours.end, 1, Integer::sum);
        }
        assertThat(ends).as("the generator reaches every way in which a stream can end").containsKeys(
                "end", "end within a request", "unbalanced quotes in request",
                "invalid multibulk length", "invalid bulk length", "expected '$', got ':'",
                "too big inline request", "too big mbulk count string", "too big bulk count string");
    }

    /// All that a parser makes of a stream.
    ///
    /// @param requests one char for each byte
    /// @param end how it went on after the last request
    private record Outcome(List<List<String>> requests, String end) {}

    private static Outcome ours(PacketStream in) throws IOException {
        var parser = new RespParser(in, () -> {});
        var requests = new ArrayList<List<String>>();
        try {
            List<byte[]> request;
            while ((request = parser.readRequest()) != null) requests.add(request.stream().map(DifferentialTest::text).toList());
            return new Outcome(requests, "end");
        } catch (ProtocolException e) {
            return new Outcome(requests, e.getMessage());
        } catch (EOFException e) {
            return new Outcome(requests, "end within a request");
        }
    }

    private static Outcome theirs(PacketStream in) throws IOException {
        var reader = new RespReader(in);
        var requests = new ArrayList<List<String>>();
        try {
            List<ByteString> request;
            while ((request = reader.readRequest()) != null) requests.add(request.stream().map(ByteString::toLatin1).toList());
            return new Outcome(requests, "end");
        } catch (redis.resp.ProtocolException e) {
            return new Outcome(requests, e.getMessage());
        } catch (EOFException e) {
            return new Outcome(requests, "end within a request");
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String excerpt(String text) {
        return text.length() <= 500 ? text : text.substring(0, 500) + " … (" + text.length() + " chars)";
    }

    /// Makes up a stream of a few requests, and spoils one in two.
    private record Input(Random random, ByteArrayOutputStream out) {

        private static final int MAX_LINE = 64 * 1024;

        /// What the rules on inline requests are about, and a few bytes that they are not about.
        private static final String INLINE = "aAfx0179  \t\\\\\"\"''nrtb\r\u000b\f*$\u0000\u0080\u00ff";

        private static final List<String> NUMBERS = List.of("", "-", "+1", "01", "-0", "-1", "-7", " 1", "1 ", "1x", "2147483647", "2147483648",
                "536870912", "536870913", "-2147483649", "9223372036854775807", "-9223372036854775808", "9223372036854775808");

        Input(Random random) {
            this(random, new ByteArrayOutputStream());
        }

        byte[] bytes() {
            for (int i = random.nextInt(6); i >= 0; i--) addRequest();
            var bytes = out.toByteArray();
            if (random.nextBoolean()) {
                for (int i = random.nextInt(3); i >= 0; i--) bytes = spoil(bytes);
            }
            return bytes;
        }

        private void addRequest() {
            switch (random.nextInt(20)) {
                case 0 -> add(oneOf(List.of("*0\r\n", "*-1\r\n", "\r\n", "\n", " \r\n")));
                case 1 -> add("*" + oneOf(NUMBERS) + "\r\n");
                case 2 -> add("*1\r\n$" + oneOf(NUMBERS) + "\r\n");
                case 3 -> add("*1\r\n:1\r\n");
                case 4 -> addBytes(random.nextInt(40));
                case 5 -> {
                    if (random.nextInt(20) == 0) addLongLine();
                }
                case 6, 7, 8, 9, 10 -> addInline();
                default -> addArray();
            }
        }

        private void addArray() {
            int words = random.nextInt(20) == 0 ? random.nextInt(50) : 1 + random.nextInt(4);
            add("*" + words + "\r\n");
            for (int i = 0; i < words; i++) {
                int size = random.nextInt(100) == 0 ? random.nextInt(40_000) : random.nextInt(20);
                add("$" + size + "\r\n");
                addBytes(size);
                add("\r\n");
            }
        }

        private void addInline() {
            for (int i = random.nextInt(30); i > 0; i--) out.write(INLINE.charAt(random.nextInt(INLINE.length())));
            add(oneOf(List.of("\r\n", "\n")));
        }

        private void addLongLine() {
            add(oneOf(List.of("", "*", "*1\r\n$", "*1\r\n")));
            add("1".repeat(MAX_LINE - 3 + random.nextInt(6)));
            add(oneOf(List.of("\r\n", "\n", "")));
        }

        private byte[] spoil(byte[] bytes) {
            if (bytes.length == 0) return bytes;
            int at = random.nextInt(Math.min(bytes.length, 200)); // near the start, so that it is not always in a value
            var head = Arrays.copyOf(bytes, at);
            var tail = Arrays.copyOfRange(bytes, at, bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> tail[0] = (byte) random.nextInt(256);
                case 1 -> tail[0] ^= (byte) (1 << random.nextInt(8));
                case 2 -> tail = Arrays.copyOfRange(tail, Math.min(tail.length, 1 + random.nextInt(4)), tail.length);
                case 3 -> head = concat(head, new byte[] {(byte) oneOf(List.of("\r", "\n", "*", "$", "0", "9", "-", "\"", " ")).charAt(0)});
                default -> tail = new byte[0];
            }
            return concat(head, tail);
        }

        private void add(String text) {
            out.writeBytes(PacketStream.bytes(text));
        }

        private void addBytes(int size) {
            var bytes = new byte[size];
            random.nextBytes(bytes);
            out.writeBytes(bytes);
        }

        private <T> T oneOf(List<T> choices) {
            return choices.get(random.nextInt(choices.size()));
        }

        private static byte[] concat(byte[] head, byte[] tail) {
            var both = Arrays.copyOf(head, head.length + tail.length);
            System.arraycopy(tail, 0, both, head.length, tail.length);
            return both;
        }
    }
}
