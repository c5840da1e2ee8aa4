package redis.server;

import java.io.IOException;

/// The client sent bytes that are no request. Nobody can tell where the next request would start, so the connection has to end.
final class ProtocolException extends IOException {

    private static final long serialVersionUID = 1;

    /// @param message what is wrong, in Redis's own words
    ProtocolException(String message) {
        super(message);
    }
}
