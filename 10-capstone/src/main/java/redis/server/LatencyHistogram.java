package redis.server;

/// How often something took how long, in so little memory that every command can have one, and to within one percent.
///
/// The buckets are those of HdrHistogram with two significant digits, which Redis uses: as wide as their distance from zero allows. Below 256 ns there is
/// one for each nanosecond; from there on, 128 for each doubling, up to a second, beyond which nobody asks for more than that it was slow.
final class LatencyHistogram {

    private static final int HALF_BITS = 7; // 128 buckets for each doubling
    private static final long MAX_NANOS = 1_000_000_000;

    private final long[] counts = new long[indexOf(MAX_NANOS) + 1];
    private long total;

    void record(long nanos) {
        counts[indexOf(Math.clamp(nanos, 1, MAX_NANOS))]++;
        total++;
    }

    private static int indexOf(long nanos) {
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(nanos) - HALF_BITS - 1); // the bits that do not count
        return (shift << HALF_BITS) + (int) (nanos >> shift);
    }

    /// @param percentage of all times that are to be at most as long: 0 to 100
    /// @return in nanoseconds: the longest that would have fallen into the same bucket
    long percentile(double percentage) {
        long wanted = Math.max(1, (long) Math.ceil(percentage / 100 * total));
        long seen = 0;
        int index = 0;
        while ((seen += counts[index]) < wanted) index++;
        return longestOf(index);
    }

    private static long longestOf(int index) {
        int shift = Math.max(0, (index >> HALF_BITS) - 1);
        return ((index - ((long) shift << HALF_BITS) + 1) << shift) - 1;
    }
}
