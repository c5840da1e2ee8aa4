package redis.resp;

import java.io.IOException;

/// The peer sent bytes that are not RESP. What follows them cannot be understood, so the connection has to end.
public final class ProtocolException extends IOException {

    private static final long serialVersionUID = 1;

    /// @param message what is wrong, in Redis's own words where it has any: `invalid bulk length`
    public ProtocolException(String message) {
        super(message);
    }
}
