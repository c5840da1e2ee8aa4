package redis.server;

import java.util.Locale;
import redis.resp.ByteString;

/// Something that happens to a key, under Redis's name in lower case: `rename_from`.
enum KeyspaceEvent {
    SET('$'),
    APPEND('$'),
    SETRANGE('$'),
    /// also of DECR and DECRBY
    INCRBY('$'),
    INCRBYFLOAT('$'),
    DEL('g'),
    /// the key has got a deadline
    EXPIRE('g'),
    PERSIST('g'),
    RENAME_FROM('g'),
    RENAME_TO('g'),
    COPY_TO('g'),
    /// the key was over and has been removed, which may be later than its deadline
    EXPIRED('x'),
    /// the key had to make room for others
    EVICTED('e'),
    /// there was none before
    NEW('n'),
    /// somebody wanted to read it, and there is none
    KEYMISS('m');

    private final char type;
    private final ByteString text = ByteString.of(name().toLowerCase(Locale.ROOT));

    /// @param type the letter of its class in `notify-keyspace-events`
    KeyspaceEvent(char type) {
        this.type = type;
    }

    char type() {
        return type;
    }

    ByteString text() {
        return text;
    }
}
