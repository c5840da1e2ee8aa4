package redis.server;

/// How fast a number grows, over the last second and a half: the mean of 16 looks at it, ten a second.
final class Rate {

    private static final int SAMPLES = 16; // as Redis

    private final double[] perSecond = new double[SAMPLES];
    private int next;
    private long before;
    private long then;

    /// @param now System.nanoTime()
    Rate(long now) {
        then = now;
    }

    /// Looks at the number. One that has become smaller began anew.
    ///
    /// @param now System.nanoTime()
    void look(long number, long now) {
        if (now == then) return;
        perSecond[next] = Math.max(0, number - before) * 1e9 / (now - then);
        next = (next + 1) % SAMPLES;
        before = number;
        then = now;
    }

    double perSecond() {
        double sum = 0;
        for (double sample : perSecond) sum += sample;
        return sum / SAMPLES;
    }
}
