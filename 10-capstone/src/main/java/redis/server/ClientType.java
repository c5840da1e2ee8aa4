package redis.server;

import java.util.Locale;

/// What kind of client a connection is, as CLIENT LIST, CLIENT KILL and `client-output-buffer-limit` distinguish them.
enum ClientType {
    NORMAL,
    /// named `slave`, and in commands also `replica`
    SLAVE,
    /// listens to channels
    PUBSUB,
    MASTER;

    /// @return null if no type has this name
    static ClientType named(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "normal" -> NORMAL;
            case "slave", "replica" -> SLAVE;
            case "pubsub" -> PUBSUB;
            case "master" -> MASTER;
            default -> null;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
