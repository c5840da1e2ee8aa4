package redis.server;

import java.io.IOException;

/// An RDB file that cannot be loaded: damaged, cut off, or with something in it that this server does not know.
final class RdbException extends IOException {

    private static final long serialVersionUID = 1;

    /// @param message for people: what is wrong, and at which offset in the file, in bytes
    RdbException(String message) {
        super(message);
    }
}
