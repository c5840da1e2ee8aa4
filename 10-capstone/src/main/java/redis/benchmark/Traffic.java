package redis.benchmark;

import java.io.IOException;

/// How requests follow one another on the connections of a load: after replies, by the clock, one message to many.
///
/// All times are those of System.nanoTime.
interface Traffic {

    /// How often something may become due by the clock, in nanoseconds; 0 if all depends on replies.
    long periodNanos();

    /// Sends the first requests.
    void begin(long now) throws IOException;

    /// Sends what has become due by the clock.
    void advance(long now) throws IOException;

    /// Replies have come.
    void replied(Connection connection, int count, long now) throws IOException;

    /// Whether all that was to be sent has been, and been replied to.
    boolean isOver();

    /// What was measured, from the start until now or the end.
    Measurement measurement();
}
