package redis.server;

/// Which of a client's requests get a reply: CLIENT REPLY. Messages come in any case.
///
/// For the thread that holds the store's lock.
final class ReplyMode {

    private boolean off;
    private boolean skip;     // that to the current request
    private boolean skipNext;

    void on() {
        off = false;
        skip = false;
    }

    void off() {
        off = true;
    }

    void skipNext() {
        skipNext = !off;
    }

    /// As if nobody had asked for anything.
    void reset() {
        off = false;
        skipNext = false;
    }

    /// Whether the current request gets none.
    boolean isSilent() {
        return off || skip;
    }

    /// The current request has been carried out.
    void next() {
        skip = skipNext;
        skipNext = false;
    }
}
