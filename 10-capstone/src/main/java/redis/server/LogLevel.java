package redis.server;

import java.util.logging.Level;

/// Which messages are logged: those of a level and of the levels behind it. By Redis's names.
enum LogLevel {
    /// everything
    DEBUG(Level.ALL),
    /// also that a client has left
    VERBOSE(Level.FINE),
    NOTICE(Level.INFO),
    WARNING(Level.WARNING);

    final Level level;

    LogLevel(Level level) {
        this.level = level;
    }
}
