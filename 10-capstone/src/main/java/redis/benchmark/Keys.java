package redis.benchmark;

import java.util.SplittableRandom;

/// Which key each request is about: a sequence of numbers from zero up to the size of the keyspace.
///
/// The numbers are drawn beforehand and reused from the start when they are used up: drawing them is no part of what is measured, and both
/// servers get the same ones. Not for use by several threads at once.
final class Keys {

    private static final int DRAWN = 1 << 20;

    /// The exponent that YCSB made the custom: the first of 100,000 keys gets about 8 % of the requests.
    static final double ZIPF_EXPONENT = 0.99;

    private static final long SEED = 1;

    private final int[] drawn;
    private int position;

    private Keys(int[] drawn) {
        this.drawn = drawn;
    }

    /// All equally often.
    ///
    /// @param keyspace how many keys there are, from 1
    static Keys uniform(int keyspace) {
        var random = new SplittableRandom(SEED);
        var drawn = new int[DRAWN];
        for (int i = 0; i < DRAWN; i++) drawn[i] = random.nextInt(keyspace);
        return new Keys(drawn);
    }

    /// A few very often and most hardly ever: key number k, from 0, with a probability in proportion to 1 / (k + 1)^exponent.
    static Keys zipf(int keyspace, double exponent) {
        var sums = new double[keyspace]; // of the weights of a key and all before it
        double sum = 0;
        for (int i = 0; i < keyspace; i++) sums[i] = sum += Math.pow(i + 1, -exponent);
        var random = new SplittableRandom(SEED);
        var drawn = new int[DRAWN];
        for (int i = 0; i < DRAWN; i++) drawn[i] = firstAbove(random.nextDouble(sum), sums);
        return new Keys(drawn);
    }

    private static int firstAbove(double value, double[] sums) {
        int low = 0;
        int high = sums.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sums[middle] > value) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /// Each once, in order.
    static Keys all(int keyspace) {
        var drawn = new int[keyspace];
        for (int i = 0; i < keyspace; i++) drawn[i] = i;
        return new Keys(drawn);
    }

    int next() {
        int key = drawn[position];
        position = position + 1 == drawn.length ? 0 : position + 1;
        return key;
    }
}
