package redis.server;

import java.io.IOException;

/// Accepts connections, and sends every client its own bytes back. It is yours to write.
final class RedisServer implements AutoCloseable {

    private final ServerConfig config;

    RedisServer(ServerConfig config) throws IOException {
        this.config = config;
    }

    /// Listens on `config.port()` of `config.bind()`, and returns as soon as clients can connect.
    void start() throws IOException {
        throw new UnsupportedOperationException("RedisServer.start() is still to be written: it listens on " + config.bind() + ", and returns.");
    }

    /// The port it listens on: the configured one, or the one the system chose for port 0.
    int port() {
        throw new UnsupportedOperationException("RedisServer.port() is still to be written.");
    }

    /// Stops listening, and closes every connection.
    @Override
    public void close() throws IOException {
        // yours, too; there is nothing to close yet
    }
}
