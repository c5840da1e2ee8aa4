package redis.server;

/// When the log is forced from the system's memory onto the disk: what a power cut can take away. Redis's `appendfsync`.
enum FsyncPolicy {
    /// once a second: up to a second of writes, and as long as that fsync takes
    EVERYSEC,
    /// before the reply to each write: nothing that was acknowledged
    ALWAYS,
    /// when the system likes, on Linux usually within half a minute
    NO
}
