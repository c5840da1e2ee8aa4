package redis.server;

/// How many bytes may wait for a client that does not read them, before it is disconnected.
///
/// @param hard in bytes; 0: no limit
/// @param soft in bytes, for some time; 0: no limit
/// @param softSeconds for how long more than `soft` may wait
record OutputLimit(long hard, long soft, int softSeconds) {

    static final OutputLimit NONE = new OutputLimit(0, 0, 0);
}
