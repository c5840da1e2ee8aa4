package redis.benchmark;

import java.time.Duration;

/// How long a run lasts: for a time, or for a number of requests, whichever ends first.
///
/// @param requests Long.MAX_VALUE for any number
/// @param nanos Long.MAX_VALUE for any time
record Extent(long requests, long nanos) {

    static Extent of(Duration duration) {
        return new Extent(Long.MAX_VALUE, duration.toNanos());
    }

    static Extent ofRequests(long requests) {
        return new Extent(requests, Long.MAX_VALUE);
    }
}
