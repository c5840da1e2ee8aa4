package redis.benchmark;

import java.io.IOException;

/// How requests follow one another on the connections of a load: after replies, by the clock, one message to many.
///
/// All times are those of System.nanoTime.
interface Traffic {

    /// There is nothing to be done until replies come.
    long ONLY_REPLIES = Long.MAX_VALUE;

    /// Sends the first requests.
    void begin(long now) throws IOException;

    /// Sends what has become due.
    ///
    /// @return in how many nanoseconds there is more to be done; [#ONLY_REPLIES] if that depends on them
    long advance(long now) throws IOException;

    /// Replies have come.
    void replied(Connection connection, int count, long now) throws IOException;

    /// Whether all that was to be sent has been, and been replied to.
    boolean isOver();

    /// What was measured, from the start until now or the end.
    Measurement measurement();
}
