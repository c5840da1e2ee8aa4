package redis.server;

import java.time.Duration;

/// A key and its value, as bare bytes: that is two objects for each key less.
///
/// There may be millions of them, so it takes no byte more than it must: a header of 8 bytes and six fields of 4.
final class Value extends Dict.Entry {

    private static final int TICK_BITS = 10; // a tick is 1024 milliseconds

    private static final int TICKS = 25; // bits
    private static final int SIZES = 6;
    private static final int TICKS_MASK = (1 << TICKS) - 1;
    private static final int SIZES_MASK = (1 << SIZES) - 1;
    private static final int RAW = 1 << TICKS + SIZES;

    /// What says that the array has to be asked, being larger than 496 bytes.
    private static final int LARGE = SIZES_MASK;

    /// The longest time without a use that can be told, in ticks: a year. What seems to be longer is in the future, since the clock has been set back.
    private static final int MAX_IDLE = (int) (Duration.ofDays(365).toMillis() >> TICK_BITS);

    private byte[] bytes; // replaced by others, and never written to
    int epoch;            // of the last snapshot that has it, or need not have it; see Snapshot

    /// Three things for which there is room in one field, from the lowest bit on:
    ///
    /// - when the value was last used: the lower 25 bits of the time in ticks, which come round after 13 months;
    /// - how many units of 8 bytes its array takes. The array knows, but is hardly ever in a processor's cache: to ask it would make a `SET` in place of
    ///   another one slower by a third;
    /// - whether Redis would leave room behind it; see [Store#extend].
    private int notes;

    /// @param now in milliseconds since 1970
    Value(byte[] key, byte[] bytes, boolean raw, int epoch, long now) {
        super(key);
        this.epoch = epoch;
        put(bytes, raw, now);
    }

    byte[] bytes() {
        return bytes;
    }

    /// Sets other bytes. That is a use, too.
    ///
    /// @return by how many bytes it has grown
    long set(byte[] bytes, boolean raw, long now) {
        long before = arrayMemory();
        put(bytes, raw, now);
        return arrayMemory() - before;
    }

    private void put(byte[] bytes, boolean raw, long now) {
        this.bytes = bytes;
        notes = (raw ? RAW : 0) | (int) Math.min(Dict.arrayMemory(bytes.length) / 8, LARGE) << TICKS | ticks(now);
    }

    private static int ticks(long now) {
        return (int) (now >>> TICK_BITS) & TICKS_MASK;
    }

    @Override
    long memory() {
        return Store.ENTRY_MEMORY + Dict.arrayMemory(key.length) + arrayMemory();
    }

    private long arrayMemory() {
        int size = notes >>> TICKS & SIZES_MASK;
        return size < LARGE ? 8 * size : Dict.arrayMemory(bytes.length);
    }

    void use(long now) {
        int noted = notes & ~TICKS_MASK | ticks(now);
        if (noted != notes) notes = noted; // what is not written need not go back to memory
    }

    /// @param now in milliseconds since 1970
    /// @return for how long it has not been used, in milliseconds, as far as whole ticks tell: up to a year
    long idle(long now) {
        int ticks = ticks(now) - notes & TICKS_MASK;
        return ticks > MAX_IDLE ? 0 : (long) ticks << TICK_BITS;
    }

    /// @return in milliseconds since 1970; the same whenever one asks
    long lastUse(long now) {
        return (now >>> TICK_BITS << TICK_BITS) - idle(now);
    }

    /// Makes believe that it was used some time ago.
    ///
    /// @param idle in milliseconds; more than a year is a year
    void usedBefore(long idle, long now) {
        use(now - Math.min(idle, (long) MAX_IDLE << TICK_BITS));
    }

    boolean isRaw() {
        return notes < 0;
    }
}
