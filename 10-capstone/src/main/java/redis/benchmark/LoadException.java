package redis.benchmark;

import java.io.IOException;

/// A server did not do what the load asks of it: an error reply, a lost connection, silence. The message says which, for people.
final class LoadException extends IOException {

    private static final long serialVersionUID = 1;

    LoadException(String message) {
        super(message);
    }
}
