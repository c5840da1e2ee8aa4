package redis.benchmark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/// The requests of a load, ready to be sent: a request is the bytes of a template, with the digits of a key written over.
///
/// Not for use by several threads at once.
interface Requests {

    /// What the names of all keys begin with, so that they meet nobody else's on a server that holds other data too.
    String PREFIX = "byor-benchmark:";

    int KEY_DIGITS = 12;

    /// The channel that messages are published on.
    String CHANNEL = "byor-benchmark";

    /// Adds the next request to the buffer, which has room for it.
    void putNext(ByteBuffer out);

    /// The length of the longest request, in bytes.
    int maxLength();

    static Requests get(Keys keys) {
        return new OfKeys(encode("GET", key(0)), keys);
    }

    static Requests set(Keys keys, int dataSize) {
        return new OfKeys(encode("SET", key(0), value(dataSize)), keys);
    }

    /// @param gets the fraction of GETs, from 0 to 1; the others are SETs, mixed among them at random
    static Requests mixed(Keys keys, int dataSize, double gets) {
        return new Mixed(get(keys), set(keys, dataSize), gets, new SplittableRandom(1));
    }

    static Requests publish(int dataSize) {
        return new Same(encode("PUBLISH", CHANNEL, value(dataSize)));
    }

    static Requests subscribe() {
        return new Same(encode("SUBSCRIBE", CHANNEL));
    }

    static String key(int number) {
        var digits = Integer.toString(number);
        return PREFIX + "0".repeat(KEY_DIGITS - digits.length()) + digits;
    }

    /// Letters without a pattern, as a server that compresses its snapshots would gain from one.
    private static String value(int size) {
        var random = new SplittableRandom(2);
        var value = new StringBuilder(size);
        for (int i = 0; i < size; i++) value.append((char) ('a' + random.nextInt(26)));
        return value.toString();
    }

    private static byte[] encode(String... words) {
        var request = new StringBuilder("*" + words.length + "\r\n");
        for (var word : words) request.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        return request.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /// Always the same request.
    record Same(byte[] request) implements Requests {

        @Override
        public void putNext(ByteBuffer out) {
            out.put(request);
        }

        @Override
        public int maxLength() {
            return request.length;
        }
    }

    /// The same command for one key after another. The template is the array itself.
    record OfKeys(byte[] template, int digits, Keys keys) implements Requests {

        OfKeys(byte[] template, Keys keys) {
            this(template, new String(template, StandardCharsets.US_ASCII).indexOf(PREFIX) + PREFIX.length(), keys);
        }

        @Override
        public void putNext(ByteBuffer out) {
            int number = keys.next();
            for (int i = digits + KEY_DIGITS - 1; i >= digits; i--) {
                template[i] = (byte) ('0' + number % 10);
                number /= 10;
            }
            out.put(template);
        }

        @Override
        public int maxLength() {
            return template.length;
        }
    }

    record Mixed(Requests often, Requests seldom, double fraction, SplittableRandom random) implements Requests {

        @Override
        public void putNext(ByteBuffer out) {
            (random.nextDouble() < fraction ? often : seldom).putNext(out);
        }

        @Override
        public int maxLength() {
            return Math.max(often.maxLength(), seldom.maxLength());
        }
    }
}
