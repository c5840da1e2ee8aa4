package redis.resp;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;

/// Makes up requests and replies: many small ones, and now and then one that does not fit a buffer.
final class RandomResp {

    private static final int[] SIZES = {0, 1, 3, 10, 10, 10, 30, 100};
    private static final int[] LARGE_SIZES = {500, 600, 8191, 8192, 8193, 16_384, 20_000, 70_000};

    private final Random random;

    RandomResp(Random random) {
        this.random = random;
    }

    List<ByteString> request() {
        int size = random.nextInt(10) == 0 ? 1 + random.nextInt(40) : 1 + random.nextInt(4);
        var words = new ArrayList<ByteString>();
        for (int i = 0; i < size; i++) words.add(bytes());
        return words;
    }

    Resp reply() {
        return reply(4);
    }

    private Resp reply(int depth) {
        return switch (random.nextInt(depth > 0 ? 15 : 10)) {
            case 0 -> new Resp.SimpleString(text());
            case 1 -> new Resp.SimpleError(text());
            case 2 -> Resp.integer(integer());
            case 3 -> Resp.bulk(bytes());
            case 4 -> Resp.Null.values()[random.nextInt(3)];
            case 5 -> new Resp.Boolean(random.nextBoolean());
            case 6 -> new Resp.Double(Double.longBitsToDouble(integer()));
            case 7 -> new Resp.BigNumber(new BigInteger(random.nextInt(300), random).negate());
            case 8 -> new Resp.BulkError(bytes());
            case 9 -> new Resp.VerbatimString("txt", bytes());
            case 10 -> new Resp.Array(elements(depth));
            case 11 -> new Resp.Set(elements(depth));
            case 12 -> new Resp.Push(elements(depth));
            case 13 -> new Resp.Map(entries(depth));
            default -> new Resp.Attribute(entries(depth), reply(depth - 1));
        };
    }

    private List<Resp> elements(int depth) {
        var elements = new ArrayList<Resp>();
        for (int i = random.nextInt(5); i > 0; i--) elements.add(reply(depth - 1));
        return elements;
    }

    private SequencedMap<Resp, Resp> entries(int depth) {
        var entries = new LinkedHashMap<Resp, Resp>();
        for (int i = random.nextInt(4); i > 0; i--) entries.put(reply(depth - 1), reply(depth - 1));
        return entries;
    }

    private ByteString bytes() {
        int[] sizes = random.nextInt(100) == 0 ? LARGE_SIZES : SIZES;
        var bytes = new byte[sizes[random.nextInt(sizes.length)]];
        random.nextBytes(bytes);
        return ByteString.wrap(bytes);
    }

    /// Any Latin-1 but line breaks, and no longer than a line may be.
    private String text() {
        var text = bytes().toLatin1().replaceAll("[\r\n]", "?");
        return text.substring(0, Math.min(text.length(), RespReader.MAX_LINE));
    }

    /// Of any magnitude, the extremes among them.
    private long integer() {
        long number = random.nextLong() >> random.nextInt(64);
        return random.nextInt(20) == 0 ? Long.MIN_VALUE : number;
    }
}
